"""Reports from the van: facts win, and the plan follows.

Reports may come twice, late and in any order; each id counts once. A report that contradicts what is stored is kept,
and a conflict is raised for somebody to look at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rufbus.dispatch.commit import retrying, save_tours
from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.facts import count_behind, has_room, put_facts_first, with_dropoff
from rufbus.dispatch.planning import Timed, horizon_at, retime
from rufbus.dispatch.progress import drop_expired
from rufbus.dispatch.stop_list import ListedStop, find_listed_stop, list_stops, publish_stop_lists
from rufbus.domain.booking import NEXT_STATES, OPEN_STATES, Leg, LegState
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.errors import FieldError, InvalidInput, NotFound
from rufbus.domain.events import Event, EventKind
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import LedgerEntry, ReadSession

OLDEST_S = 7 * 86_400
"""How old a report can be and still be believed (s)."""


class ReportKind(StrEnum):
    """What a driver can report."""

    ARRIVED = "arrived"
    BOARDED = "boarded"
    NO_SHOW = "no_show"
    ALIGHTED = "alighted"
    DEPARTED = "departed"
    POSITION = "position"
    DELAY = "delay"
    BREAKDOWN = "breakdown"
    BREAK_START = "break_start"
    BREAK_END = "break_end"
    ACK = "ack"


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one van."""

    id: str
    at: Instant
    kind: ReportKind
    stop_key: str | None = None
    """The stop of the list (``v_…``) that the report is about."""
    leg_id: str | None = None
    delay_s: int | None = None
    lon: float | None = None
    lat: float | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        needed = NEEDED_FIELDS.get(self.kind, ())
        missing = tuple(
            FieldError(name, f"a {self.kind.value} report needs {name}") for name in needed if self._lacks(name)
        )
        if missing:
            raise InvalidInput("; ".join(error.detail for error in missing) + ".", errors=missing)

    def _lacks(self, name: str) -> bool:
        return getattr(self, "stop_key" if name == "stop" else name) is None


NEEDED_FIELDS: dict[ReportKind, tuple[str, ...]] = {
    ReportKind.BOARDED: ("leg_id",),
    ReportKind.NO_SHOW: ("leg_id",),
    ReportKind.ALIGHTED: ("leg_id",),
    ReportKind.ARRIVED: ("stop",),
    ReportKind.DEPARTED: ("stop",),
    ReportKind.POSITION: ("lon", "lat"),
    ReportKind.DELAY: ("delay_s",),
    ReportKind.ACK: ("version",),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a batch of reports."""

    accepted: tuple[str, ...]
    known: tuple[str, ...]
    """Ids that had been taken in before."""
    conflicts: tuple[str, ...]
    """Ids of reports that contradict the plan; they count all the same."""


@dataclass(slots=True)
class _Van:
    """The state of one van while a batch is applied."""

    desk: Desk
    vehicle_id: str
    days: dict[str, Day]
    stops: tuple[ListedStop, ...]
    tours: dict[str, Tour]
    legs: dict[str, Leg]
    changed_legs: dict[str, Leg]
    events: list[Event]
    ledger: list[LedgerEntry]
    conflicts: list[str]
    acknowledged: int = 0

    def tour_with(self, leg_id: str) -> Tour | None:
        """Return this van's tour that carries a leg."""
        return next((t for t in self.tours.values() if any(c.leg_id == leg_id for c in t.calls)), None)

    def tour_at(self, at: Instant) -> Tour | None:
        """Return this van's tour whose shift is closest to an instant."""
        shifts = [day.shift_of(tour.shift_id) for tour in self.tours.values() if (day := self.days[tour.service_day])]
        if not shifts:
            return None
        nearest = min(shifts, key=lambda shift: max(shift.start_at - at, at - shift.end_by, 0))
        return self.tours[nearest.id]

    def put(self, tour: Tour) -> None:
        """Keep a changed tour."""
        self.tours[tour.shift_id] = tour

    def put_leg(self, leg: Leg) -> None:
        """Keep a changed leg."""
        self.legs[leg.id] = self.changed_legs[leg.id] = leg


def take_reports(desk: Desk, vehicle_id: str, reports: Sequence[Report]) -> Taken:
    """Take in a batch of reports of one van.

    Raises
    ------
    NotFound
        When the fleet has no such vehicle.
    """
    if all(vehicle.id != vehicle_id for vehicle in desk.service.vehicles):
        raise NotFound(f"There is no vehicle {vehicle_id}.")
    taken = retrying(lambda: _take_once(desk, vehicle_id, reports))
    if taken.accepted:
        publish_stop_lists(desk, [vehicle_id])
    return taken


def _take_once(desk: Desk, vehicle_id: str, reports: Sequence[Report]) -> Taken:
    now = desk.clock.now()
    with desk.store.read() as session:
        known = session.known_reports([report.id for report in reports])
        fresh = {report.id: report for report in reports if report.id not in known}
        ordered = sorted(fresh.values(), key=lambda report: (report.at, list(ReportKind).index(report.kind)))
        van = _look_at(desk, session, vehicle_id, ordered, now)
    before = dict(van.tours)
    for report in ordered:
        at = _when(report, now)
        if report.at < at:
            _conflict(van, report, "the report is older than any that can still come")
        _APPLY[report.kind](van, report, at)
    moved = [_follow(van, tour, now) for tour in van.tours.values() if tour is not before[tour.shift_id]]
    with desk.store.write() as session:
        save_tours(desk, session, moved, now)
        session.put_legs(list(van.changed_legs.values()))
        session.add_reports(vehicle_id, [(r.id, r.at, r.kind.value, _plain(r)) for r in ordered], now)
        session.add_ledger(van.ledger)
        session.add_events(van.events)
        stored = session.find_stop_list(vehicle_id)
        if stored is not None and stored.version >= van.acknowledged > stored.acknowledged:
            session.put_stop_list(replace(stored, acknowledged=van.acknowledged))
    return Taken(tuple(fresh), tuple(sorted(known)), tuple(van.conflicts))


def _look_at(desk: Desk, session: ReadSession, vehicle_id: str, reports: Sequence[Report], now: Instant) -> _Van:
    """Return the van's tours around now and around the reports."""
    dates = set()
    for at in {now, *(report.at for report in reports if abs(report.at - now) < 7 * 86_400)}:
        today = to_local(at, desk.service.zone).date()
        dates |= {today + dt.timedelta(days=n) for n in (-1, 0, 1)}
    days = {date.isoformat(): desk.load_day(session, date.isoformat()) for date in sorted(dates)}
    tours = {t.shift_id: t for day in days.values() for t in day.tours if t.vehicle_id == vehicle_id}
    legs = {leg_id: leg for day in days.values() for leg_id, leg in day.legs.items()}
    stops = tuple(stop for day in days for stop in list_stops(desk, session, vehicle_id, day=day))
    return _Van(desk, vehicle_id, days, stops, tours, legs, {}, [], [], [])


def _follow(van: _Van, tour: Tour, now: Instant) -> Timed:
    """Return a tour with new order and times after facts."""
    day = van.days[tour.service_day]
    calls = put_facts_first(drop_expired(tour.calls, now), van.legs, van.desk.service.vehicle(van.vehicle_id))
    tour = replace(tour, calls=calls, reported_at=max(now, tour.reported_at or now))
    return retime(van.desk, day.shift_of(tour.shift_id), tour, van.legs, horizon_at(van.desk, now))


def _plain(report: Report) -> dict[str, Any]:
    values = {name: getattr(report, name) for name in ("stop_key", "leg_id", "delay_s", "lon", "lat", "version")}
    return {name: value for name, value in values.items() if value is not None}


# --- what each kind of report does -----------------------------------------------------------------------------------


def _sign_of_life(van: _Van, at: Instant) -> None:
    tour = van.tour_at(at)
    if tour is not None:
        van.put(replace(tour, reported_at=max(at, tour.reported_at or at)))


def _conflict(van: _Van, report: Report, what: str) -> None:
    van.conflicts.append(report.id)
    leg_id = report.leg_id if report.leg_id in van.legs else None
    van.events.append(
        Event(
            EventKind.CONFLICT, _when(report, van.desk.clock.now()), vehicle_id=van.vehicle_id, leg_id=leg_id,
            data={"report": report.kind.value, "detail": what},
        )
    )  # fmt: skip


def _when(report: Report, now: Instant) -> Instant:
    """Return the time of a report, within what a device's clock can be wrong about."""
    return min(max(report.at, now - OLDEST_S), now)


def _change_calls(tour: Tour, which: Callable[[Call], bool], change: Callable[[Call], Call]) -> Tour:
    return replace(tour, calls=tuple(change(call) if which(call) else call for call in tour.calls))


def _calls_at(van: _Van, report: Report) -> tuple[Tour, set[tuple[CallKind, str | None, int | None]]] | None:
    """Return the tour and the calls of the stop that a report names."""
    stop = find_listed_stop(van.stops, report.stop_key or "")
    if stop is None:
        return None
    calls = {(c.call.kind, c.call.leg_id, c.call.break_number) for c in stop.calls if c.call is not None}
    return van.tours[stop.shift_id], calls


def _name(call: Call) -> tuple[CallKind, str | None, int | None]:
    return call.kind, call.leg_id, call.break_number


def _apply_arrived(van: _Van, report: Report, at: Instant) -> None:
    found = _calls_at(van, report)
    if found is None:
        _conflict(van, report, "the stop is not on the list")
        _sign_of_life(van, at)
        return
    tour, names = found
    changed = _change_calls(
        tour, lambda c: _name(c) in names and c.arrived_at is None, lambda c: replace(c, arrived_at=at)
    )
    van.put(replace(changed, delay_s=0, reported_at=max(at, tour.reported_at or at)))


def _apply_departed(van: _Van, report: Report, at: Instant) -> None:
    """Note that the van has left; who was to board there and was not reported otherwise is taken to have boarded."""
    found = _calls_at(van, report)
    if found is None:
        _conflict(van, report, "the stop is not on the list")
        _sign_of_life(van, at)
        return
    tour, names = found
    left_behind = {_name(c) for c in tour.calls if _name(c) in names and _is_too_early(van, c, at)}
    if left_behind:
        _conflict(van, report, "the van left before the promised window of somebody who has not boarded")
        names -= left_behind
    for call in tour.calls:
        if _name(call) in names and call.done_at is None and call.leg_id is not None:
            _finish_call(van, report, call, at)
    tour = van.tours[tour.shift_id]
    tour = _change_calls(tour, lambda c: _name(c) in names and c.done_at is None, lambda c: replace(c, done_at=at))
    van.put(replace(tour, departed_at=max(at, tour.departed_at or at), reported_at=max(at, tour.reported_at or at)))


def _is_too_early(van: _Van, call: Call, at: Instant) -> bool:
    """Return whether somebody still to board at a call has a window that opens only after ``at``."""
    waiting = call.kind is CallKind.PICKUP and call.done_at is None and call.leg_id in van.legs
    return waiting and at < van.legs[call.leg_id or ""].promise.pickup_from


def _apply_boarded(van: _Van, report: Report, at: Instant) -> None:
    _apply_to_leg(van, report, CallKind.PICKUP, at)


def _apply_alighted(van: _Van, report: Report, at: Instant) -> None:
    _apply_to_leg(van, report, CallKind.DROPOFF, at)


def _apply_to_leg(van: _Van, report: Report, kind: CallKind, at: Instant) -> None:
    tour = van.tour_with(report.leg_id or "")
    call = next((c for c in tour.calls if c.leg_id == report.leg_id and c.kind is kind), None) if tour else None
    if tour is None or call is None:
        _conflict(van, report, "the ride is not on this van's tours")
        _sign_of_life(van, at)
        return
    _finish_call(van, report, call, at)


def _finish_call(van: _Van, report: Report, call: Call, at: Instant) -> None:
    """Record that a rider boarded or alighted."""
    tour = van.tour_with(call.leg_id or "")
    if tour is None or call.leg_id is None:
        return
    if call.kind is CallKind.DROPOFF:
        pickup = next((c for c in tour.calls if c.leg_id == call.leg_id and c.kind is CallKind.PICKUP), None)
        if pickup is not None and pickup.done_at is None:
            _finish_call(van, report, pickup, min(at, pickup.depart_at))
            tour = van.tour_with(call.leg_id) or tour
    tour = _change_calls(
        tour,
        lambda c: _name(c) == _name(call) and c.done_at is None,
        lambda c: replace(c, done_at=at, arrived_at=c.arrived_at if c.arrived_at is not None else at),
    )
    van.put(replace(tour, reported_at=max(at, tour.reported_at or at), delay_s=0))
    if call.kind is CallKind.PICKUP:
        _board(van, report, call.leg_id, at)
    else:
        _alight(van, report, call.leg_id, at)


def _board(van: _Van, report: Report, leg_id: str, at: Instant) -> None:
    leg = van.legs[leg_id]
    if LegState.ABOARD not in NEXT_STATES[leg.state]:
        if leg.state not in {LegState.ABOARD, LegState.COMPLETED}:
            _conflict(van, report, f"boarded, but the ride is {leg.state.value}")
        return
    if leg.state in {LegState.CANCELLED, LegState.NO_SHOW}:
        _conflict(van, report, f"boarded, although the ride was {leg.state.value}")
        tour = van.tour_with(leg_id)
        if tour is not None:
            van.put(replace(tour, calls=with_dropoff(tour.calls, leg)))
        why = f"boarded after having been {leg.state.value}"
        van.ledger.append(LedgerEntry(leg_id, at, "corrected", f"driver:{van.vehicle_id}", why, {}))
    van.put_leg(replace(leg.with_state(LegState.ABOARD), boarded_at=at))
    aboard = [each.party for each in van.legs.values() if each.state is LegState.ABOARD and van.tour_with(each.id)]
    if not has_room(van.desk.service.vehicle(van.vehicle_id), aboard):
        _conflict(van, replace(report, leg_id=leg_id), "boarded, although the van has no room left")
    van.events.append(Event(EventKind.BOARDED, at, vehicle_id=van.vehicle_id, leg_id=leg_id, booking_id=leg.booking_id))


def _alight(van: _Van, report: Report, leg_id: str, at: Instant) -> None:
    leg = van.legs[leg_id]
    if leg.state is LegState.COMPLETED and leg.assumed:
        _correct(van, leg, at)
        return
    if LegState.COMPLETED not in NEXT_STATES[leg.state]:
        if leg.state is not LegState.COMPLETED:
            _conflict(van, report, f"alighted, but the ride is {leg.state.value}")
        return
    done = replace(leg.with_state(LegState.COMPLETED), alighted_at=at)
    van.put_leg(done)
    van.events.append(
        Event(EventKind.COMPLETED, at, vehicle_id=van.vehicle_id, leg_id=leg_id, booking_id=leg.booking_id)
    )
    _judge(van, done, at)


def _correct(van: _Van, leg: Leg, at: Instant) -> None:
    """Let a late report replace the end that had been taken from the plan."""
    van.put_leg(replace(leg, alighted_at=at, assumed=False))
    why = "reported after the end had been assumed"
    van.ledger.append(LedgerEntry(leg.id, at, "corrected", f"driver:{van.vehicle_id}", why, {"alighted_at": at}))


def _judge(van: _Van, leg: Leg, at: Instant) -> None:
    """Enter into the ledger whether the promise was kept, as the reports have it."""
    tour = van.tour_with(leg.id)
    calls = {call.kind: call for call in tour.calls if call.leg_id == leg.id} if tour is not None else {}
    broken = [
        text
        for kind, bound, text in (
            (CallKind.PICKUP, leg.promise.pickup_to, "picked up late"),
            (CallKind.DROPOFF, leg.promise.dropoff_by, "arrived late"),
        )
        if kind in calls and (calls[kind].arrived_at or at) > bound
    ]
    alighted_at = calls[CallKind.DROPOFF].arrived_at if CallKind.DROPOFF in calls else None
    if leg.boarded_at is not None and (alighted_at or at) - leg.boarded_at > leg.promise.max_ride_s:
        broken.append("rode too long")
    by = f"driver:{van.vehicle_id}"
    if not broken:
        van.ledger.append(LedgerEntry(leg.id, at, "kept", by, "", {}))
        return
    van.ledger.append(LedgerEntry(leg.id, at, "broken", by, " and ".join(broken), {}))
    van.events.append(
        Event(EventKind.PROMISE_BROKEN, at, vehicle_id=van.vehicle_id, leg_id=leg.id, booking_id=leg.booking_id)
    )


def _apply_no_show(van: _Van, report: Report, at: Instant) -> None:
    leg = van.legs.get(report.leg_id or "")
    tour = van.tour_with(report.leg_id or "")
    if leg is None or tour is None or LegState.NO_SHOW not in NEXT_STATES[leg.state]:
        _conflict(van, report, "no-show reported for a ride that is not waiting on this van's tours")
        _sign_of_life(van, at)
        return
    calls = tuple(
        replace(c, done_at=at, arrived_at=c.arrived_at if c.arrived_at is not None else at) if c.leg_id == leg.id else c
        for c in tour.calls
        if not (c.leg_id == leg.id and c.kind is CallKind.DROPOFF)
    )
    van.put(replace(tour, calls=calls, reported_at=max(at, tour.reported_at or at)))
    van.put_leg(leg.with_state(LegState.NO_SHOW))
    van.events.append(Event(EventKind.NO_SHOW, at, vehicle_id=van.vehicle_id, leg_id=leg.id, booking_id=leg.booking_id))
    van.ledger.append(LedgerEntry(leg.id, at, "no_show", f"driver:{van.vehicle_id}", "", {}))


def _apply_position(van: _Van, report: Report, at: Instant) -> None:
    _sign_of_life(van, at)
    data = {"lon": report.lon, "lat": report.lat}
    van.events.append(Event(EventKind.POSITION, at, vehicle_id=van.vehicle_id, data=data))


def _apply_delay(van: _Van, report: Report, at: Instant) -> None:
    """Shift what is to come by the reported delay: the van reaches its next stop that much later than planned."""
    tour = van.tour_at(at)
    if tour is None:
        return
    extra = (report.delay_s or 0) - tour.delay_s
    behind = count_behind(tour.calls)
    calls = tuple(
        replace(call, begin_at=call.begin_at + extra, depart_at=call.depart_at + extra)
        if number >= behind and call.begin_at + max(extra, 0) > at
        else call
        for number, call in enumerate(tour.calls)
    )
    van.put(replace(tour, calls=calls, delay_s=report.delay_s or 0, reported_at=max(at, tour.reported_at or at)))


def _apply_breakdown(van: _Van, _report: Report, at: Instant) -> None:
    tour = van.tour_at(at)
    if tour is not None:
        van.put(replace(tour, out_of_service_from=at, reported_at=max(at, tour.reported_at or at)))
        owed = dict.fromkeys(call.leg_id for call in tour.calls if call.done_at is None and call.held_until is None)
        van.events += [
            Event(
                EventKind.LATE_RISK,
                at,
                vehicle_id=van.vehicle_id,
                leg_id=leg_id,
                booking_id=van.legs[leg_id].booking_id,
            )
            for leg_id in owed
            if leg_id is not None and van.legs[leg_id].state in OPEN_STATES
        ]
    van.events.append(Event(EventKind.BREAKDOWN, at, vehicle_id=van.vehicle_id))


def _apply_break(van: _Van, report: Report, at: Instant) -> None:
    tour = van.tour_at(at)
    if tour is None:
        return
    ended = report.kind is ReportKind.BREAK_END
    due = next((c for c in tour.calls if c.kind is CallKind.BREAK and c.done_at is None), None)
    if due is not None:
        tour = _change_calls(
            tour,
            lambda c: _name(c) == _name(due),
            lambda c: replace(c, done_at=at) if ended else replace(c, arrived_at=at),
        )
    van.put(replace(tour, reported_at=max(at, tour.reported_at or at)))


def _apply_ack(van: _Van, report: Report, at: Instant) -> None:
    van.acknowledged = max(van.acknowledged, report.version or 0)
    _sign_of_life(van, at)


_APPLY: dict[ReportKind, Callable[[_Van, Report, Instant], None]] = {
    ReportKind.ARRIVED: _apply_arrived,
    ReportKind.BOARDED: _apply_boarded,
    ReportKind.NO_SHOW: _apply_no_show,
    ReportKind.ALIGHTED: _apply_alighted,
    ReportKind.DEPARTED: _apply_departed,
    ReportKind.POSITION: _apply_position,
    ReportKind.DELAY: _apply_delay,
    ReportKind.BREAKDOWN: _apply_breakdown,
    ReportKind.BREAK_START: _apply_break,
    ReportKind.BREAK_END: _apply_break,
    ReportKind.ACK: _apply_ack,
}

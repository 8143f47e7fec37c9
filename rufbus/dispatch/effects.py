"""What each kind of report does to the van that sent it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rufbus.dispatch.facts import count_behind, has_room, with_dropoff
from rufbus.dispatch.reports import Report, ReportKind
from rufbus.dispatch.stop_list import find_listed_stop
from rufbus.dispatch.van_state import VanState, raise_conflict, sign_of_life
from rufbus.domain.booking import NEXT_STATES, OPEN_STATES, Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, EventKind
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import LedgerEntry


def _change_calls(tour: Tour, which: Callable[[Call], bool], change: Callable[[Call], Call]) -> Tour:
    return replace(tour, calls=tuple(change(call) if which(call) else call for call in tour.calls))


def _calls_at(van: VanState, report: Report) -> tuple[Tour, set[tuple[CallKind, str | None, int | None]]] | None:
    """Return the tour and the calls of the stop that a report names."""
    stop = find_listed_stop(van.stops, report.stop_key or "")
    if stop is None:
        return None
    calls = {(c.call.kind, c.call.leg_id, c.call.break_number) for c in stop.calls if c.call is not None}
    return van.tours[stop.shift_id], calls


def _name(call: Call) -> tuple[CallKind, str | None, int | None]:
    return call.kind, call.leg_id, call.break_number


def _apply_arrived(van: VanState, report: Report, at: Instant) -> None:
    found = _calls_at(van, report)
    if found is None:
        raise_conflict(van, report, "the stop is not on the list")
        sign_of_life(van, at)
        return
    tour, names = found
    changed = _change_calls(
        tour, lambda c: _name(c) in names and c.arrived_at is None, lambda c: replace(c, arrived_at=at)
    )
    van.put(replace(changed, delay_s=0, reported_at=max(at, tour.reported_at or at)))


def _apply_departed(van: VanState, report: Report, at: Instant) -> None:
    """Note that the van has left; who was to board there and was not reported otherwise is taken to have boarded."""
    found = _calls_at(van, report)
    if found is None:
        raise_conflict(van, report, "the stop is not on the list")
        sign_of_life(van, at)
        return
    tour, names = found
    left_behind = {_name(c) for c in tour.calls if _name(c) in names and _is_too_early(van, c, at)}
    if left_behind:
        raise_conflict(van, report, "the van left before the promised window of somebody who has not boarded")
        names -= left_behind
    for call in tour.calls:
        if _name(call) in names and call.done_at is None and call.leg_id is not None:
            _finish_call(van, report, call, at)
    tour = van.tours[tour.shift_id]
    tour = _change_calls(tour, lambda c: _name(c) in names and c.done_at is None, lambda c: replace(c, done_at=at))
    van.put(replace(tour, departed_at=max(at, tour.departed_at or at), reported_at=max(at, tour.reported_at or at)))


def _is_too_early(van: VanState, call: Call, at: Instant) -> bool:
    """Return whether somebody still to board at a call has a window that opens only after ``at``."""
    waiting = call.kind is CallKind.PICKUP and call.done_at is None and call.leg_id in van.legs
    return waiting and at < van.legs[call.leg_id or ""].promise.pickup_from


def _apply_boarded(van: VanState, report: Report, at: Instant) -> None:
    _apply_to_leg(van, report, CallKind.PICKUP, at)


def _apply_alighted(van: VanState, report: Report, at: Instant) -> None:
    _apply_to_leg(van, report, CallKind.DROPOFF, at)


def _apply_to_leg(van: VanState, report: Report, kind: CallKind, at: Instant) -> None:
    tour = van.tour_with(report.leg_id or "")
    call = next((c for c in tour.calls if c.leg_id == report.leg_id and c.kind is kind), None) if tour else None
    if tour is None or call is None:
        raise_conflict(van, report, "the ride is not on this van's tours")
        sign_of_life(van, at)
        return
    _finish_call(van, report, call, at)


def _finish_call(van: VanState, report: Report, call: Call, at: Instant) -> None:
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


def _board(van: VanState, report: Report, leg_id: str, at: Instant) -> None:
    leg = van.legs[leg_id]
    if LegState.ABOARD not in NEXT_STATES[leg.state]:
        if leg.state not in {LegState.ABOARD, LegState.COMPLETED}:
            raise_conflict(van, report, f"boarded, but the ride is {leg.state.value}")
        return
    if leg.state in {LegState.CANCELLED, LegState.NO_SHOW}:
        raise_conflict(van, report, f"boarded, although the ride was {leg.state.value}")
        tour = van.tour_with(leg_id)
        if tour is not None:
            van.put(replace(tour, calls=with_dropoff(tour.calls, leg)))
        why = f"boarded after having been {leg.state.value}"
        van.ledger.append(LedgerEntry(leg_id, at, "corrected", f"driver:{van.vehicle_id}", why, {}))
    van.put_leg(replace(leg.with_state(LegState.ABOARD), boarded_at=at))
    aboard = [each.party for each in van.legs.values() if each.state is LegState.ABOARD and van.tour_with(each.id)]
    if not has_room(van.desk.service.vehicle(van.vehicle_id), aboard):
        raise_conflict(van, replace(report, leg_id=leg_id), "boarded, although the van has no room left")
    van.events.append(Event(EventKind.BOARDED, at, vehicle_id=van.vehicle_id, leg_id=leg_id, booking_id=leg.booking_id))


def _alight(van: VanState, report: Report, leg_id: str, at: Instant) -> None:
    leg = van.legs[leg_id]
    if leg.state is LegState.COMPLETED and leg.assumed:
        _correct(van, leg, at)
        return
    if LegState.COMPLETED not in NEXT_STATES[leg.state]:
        if leg.state is not LegState.COMPLETED:
            raise_conflict(van, report, f"alighted, but the ride is {leg.state.value}")
        return
    done = replace(leg.with_state(LegState.COMPLETED), alighted_at=at)
    van.put_leg(done)
    van.events.append(
        Event(EventKind.COMPLETED, at, vehicle_id=van.vehicle_id, leg_id=leg_id, booking_id=leg.booking_id)
    )
    _judge(van, done, at)


def _correct(van: VanState, leg: Leg, at: Instant) -> None:
    """Let a late report replace the end that had been taken from the plan."""
    van.put_leg(replace(leg, alighted_at=at, assumed=False))
    why = "reported after the end had been assumed"
    van.ledger.append(LedgerEntry(leg.id, at, "corrected", f"driver:{van.vehicle_id}", why, {"alighted_at": at}))


def _judge(van: VanState, leg: Leg, at: Instant) -> None:
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


def _apply_no_show(van: VanState, report: Report, at: Instant) -> None:
    leg = van.legs.get(report.leg_id or "")
    tour = van.tour_with(report.leg_id or "")
    if leg is None or tour is None or LegState.NO_SHOW not in NEXT_STATES[leg.state]:
        raise_conflict(van, report, "no-show reported for a ride that is not waiting on this van's tours")
        sign_of_life(van, at)
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


def _apply_position(van: VanState, report: Report, at: Instant) -> None:
    sign_of_life(van, at)
    data = {"lon": report.lon, "lat": report.lat}
    van.events.append(Event(EventKind.POSITION, at, vehicle_id=van.vehicle_id, data=data))


def _apply_delay(van: VanState, report: Report, at: Instant) -> None:
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


def _apply_breakdown(van: VanState, _report: Report, at: Instant) -> None:
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


def _apply_break(van: VanState, report: Report, at: Instant) -> None:
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


def _apply_ack(van: VanState, report: Report, at: Instant) -> None:
    van.acknowledged = max(van.acknowledged, report.version or 0)
    sign_of_life(van, at)


EFFECTS: dict[ReportKind, Callable[[VanState, Report, Instant], None]] = {
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

"""The stop list: what the driver sees, and when it counts as changed.

A list covers the shifts of a van that have not ended and begin within the next 24 hours. Held seats are not on it. Its
version counts every change of stops, order, times or riders; states that merely follow the clock do not count.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import groupby, pairwise

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.planning import horizon_at, retime
from rufbus.dispatch.progress import progress_of
from rufbus.domain.booking import Booking, Leg
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.events import Event, EventKind
from rufbus.domain.fleet import Shift
from rufbus.domain.place import Stop
from rufbus.domain.tour import Call, Tour
from rufbus.ports import ReadSession, StopListVersion, WriteSession

AHEAD_S = 86_400
"""How far ahead of its begin a shift appears on the list (s)."""


class StopState(StrEnum):
    """How far a stop of the list has come."""

    PLANNED = "planned"
    FROZEN = "frozen"
    ARRIVED = "arrived"
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class ListedCall:
    """One thing to do at a stop."""

    kind: str
    """``pickup``, ``dropoff``, ``break`` or ``depot``."""
    call: Call | None
    leg: Leg | None


@dataclass(frozen=True, slots=True)
class ListedStop:
    """One line of the list: everything that happens at one place without driving on."""

    id: str
    shift_id: str
    stop: Stop
    arrive_at: Instant
    depart_at: Instant
    state: StopState
    calls: tuple[ListedCall, ...]

    @property
    def service_day(self) -> str:
        """The service day of the shift."""
        return self.shift_id.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class StopList:
    """A van's list as it is now."""

    vehicle_id: str
    version: int
    acknowledged: int
    """Highest version that the driver has confirmed."""
    stops: tuple[ListedStop, ...]
    bookings: Mapping[str, Booking]
    """The bookings of the riders on the list, by id."""


def get_stop_list(desk: Desk, session: ReadSession, vehicle_id: str, *, day: str | None = None) -> StopList:
    """Return the stop list of a vehicle as of now, or that of one service day."""
    stored = session.find_stop_list(vehicle_id) or StopListVersion(vehicle_id, 0, "")
    stops = list_stops(desk, session, vehicle_id, day=day)
    return StopList(vehicle_id, stored.version, stored.acknowledged, stops, _bookings(session, stops))


def list_stops(desk: Desk, session: ReadSession, vehicle_id: str, *, day: str | None = None) -> tuple[ListedStop, ...]:
    """Return the stops of a vehicle's shifts: those within reach of now, or those of one service day."""
    now = desk.clock.now()
    stops: list[ListedStop] = []
    for plan in [desk.load_day(session, day)] if day is not None else days_around(desk, session, now):
        for shift, tour in zip(plan.shifts, plan.tours, strict=True):
            if shift.vehicle_id == vehicle_id and (day is not None or _is_listed(shift, tour, now)):
                stops += _shift_stops(desk, plan, shift, tour)
    return tuple(stops)


def publish_stop_lists(desk: Desk, vehicle_ids: Sequence[str]) -> list[str]:
    """Give a new version to each list that reads differently from its last one; return the vehicles concerned."""
    with desk.store.read() as session:
        listed = _listed_versions(desk, session)
        unlike = [v for v in vehicle_ids if desk.published.get(v) != listed.get(v, ())]
        changed = {v: _content_hash(list_stops(desk, session, v)) for v in unlike}
        stored = {v: session.find_stop_list(v) for v in unlike}
    news = {v: h for v, h in changed.items() if (old := stored[v]) is None or old.content_hash != h}
    if not news:
        desk.published.update({v: listed.get(v, ()) for v in unlike})
        return []
    now = desk.clock.now()
    with desk.store.write() as session:
        current = [v for v in unlike if not _has_moved_on(session, listed.get(v, ()))]
        told = [v for v in sorted(current) if v in news and _publish(session, v, news[v], now)]
    desk.published.update({v: listed.get(v, ()) for v in current})
    return told


def _has_moved_on(session: ReadSession, listed: tuple[tuple[str, int], ...]) -> bool:
    """Tell whether listed tours have changed since they were read: whoever changed them publishes them."""
    versions = {tour.shift_id: tour.version for tour in session.tours([shift_id for shift_id, _ in listed])}
    return any(versions.get(shift_id, 0) != version for shift_id, version in listed)


def _publish(session: WriteSession, vehicle_id: str, content_hash: str, now: Instant) -> bool:
    """Store a new version of a list, unless somebody else has published the same meanwhile."""
    last = session.find_stop_list(vehicle_id) or StopListVersion(vehicle_id, 0, "")
    if last.content_hash == content_hash:
        return False
    version = last.version + 1
    session.put_stop_list(replace(last, version=version, content_hash=content_hash))
    session.add_events([Event(EventKind.STOP_LIST, now, vehicle_id=vehicle_id, data={"version": version})])
    return True


def _listed_versions(desk: Desk, session: ReadSession) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return the listed tours of each vehicle with their versions: all that the content of a list depends on."""
    now = desk.clock.now()
    versions: dict[str, tuple[tuple[str, int], ...]] = {}
    for plan in days_around(desk, session, now):
        for shift, tour in zip(plan.shifts, plan.tours, strict=True):
            if _is_listed(shift, tour, now):
                versions[shift.vehicle_id] = (*versions.get(shift.vehicle_id, ()), (shift.id, tour.version))
    return versions


def days_around(desk: Desk, session: ReadSession, now: Instant) -> list[Day]:
    """Return the service days whose shifts may be under way at ``now`` or begin within a day."""
    today = to_local(now, desk.service.zone).date()
    return [desk.load_day(session, (today + dt.timedelta(days=n)).isoformat()) for n in (-1, 0, 1)]


def _is_listed(shift: Shift, tour: Tour, now: Instant) -> bool:
    end = max([shift.end_by, *(call.depart_at for call in tour.calls[-1:])])
    return end >= now and shift.start_at <= now + AHEAD_S


def _shift_stops(desk: Desk, plan: Day, shift: Shift, tour: Tour) -> list[ListedStop]:
    horizon = horizon_at(desk, desk.clock.now())
    visible = _without_holds(desk, plan, shift, tour)
    calls = list(visible.calls)
    progress = progress_of(visible, shift, horizon, partial(desk.drive_s, shift.service_day))
    legs = {call.leg_id: plan.legs[call.leg_id] for call in calls if call.leg_id is not None}
    stops: list[ListedStop] = []
    for stop_id, group in groupby(enumerate(calls), key=lambda pair: pair[1].stop_id):
        numbered = list(group)
        listed = tuple(_listed_call(call, legs) for _, call in numbered)
        first, last = numbered[0][1], numbered[-1][1]
        state = _state(numbered, progress.done, progress.locked, tour, horizon.now)
        stop = desk.network.stops[desk.place_index(stop_id)]
        stops.append(
            ListedStop(_stop_key(shift.id, first), shift.id, stop, first.begin_at, last.depart_at, state, listed)
        )
    return _with_depot(desk, shift, _with_departures(desk, stops), tour)


def _without_holds(desk: Desk, plan: Day, shift: Shift, tour: Tour) -> Tour:
    """Return the tour as if nothing were held; one without riders has nothing to show."""
    calls = tuple(call for call in tour.calls if call.held_until is None)
    if not any(call.leg_id for call in calls):
        return replace(tour, calls=())
    if len(calls) == len(tour.calls):
        return tour
    return retime(desk, shift, replace(tour, calls=calls), plan.legs, horizon_at(desk, desk.clock.now())).tour


def _listed_call(call: Call, legs: Mapping[str, Leg]) -> ListedCall:
    return ListedCall(call.kind.value, call, legs[call.leg_id] if call.leg_id is not None else None)


def _bookings(session: ReadSession, stops: Sequence[ListedStop]) -> dict[str, Booking]:
    found = {}
    legs = [call.leg for stop in stops for call in stop.calls if call.leg is not None]
    for booking_id in dict.fromkeys(leg.booking_id for leg in legs if leg.booking_id is not None):
        booking = session.find_booking(booking_id)
        if booking is not None:
            found[booking_id] = booking
    return found


def _state(numbered: Sequence[tuple[int, Call]], done: int, locked: int, tour: Tour, now: Instant) -> StopState:
    """Return how far a stop has come: its last call behind the van, the van there, its place fixed, or open."""
    last_number, last = numbered[-1]
    if last_number < done:
        left = last.done_at if last.done_at is not None else last.depart_at
        stands = last_number == done - 1 and (tour.departed_at is None or tour.departed_at < left) and left > now
        return StopState.ARRIVED if stands else StopState.DEPARTED
    if numbered[0][0] < done or any(call.arrived_at is not None for _, call in numbered):
        return StopState.ARRIVED
    return StopState.FROZEN if last_number < done + locked else StopState.PLANNED


def _with_departures(desk: Desk, stops: list[ListedStop]) -> list[ListedStop]:
    """Return the stops with the van waiting where it is until it is time to drive on."""
    waiting = []
    for stop, following in pairwise(stops):
        drive_s = desk.drive_s(stop.service_day, stop.stop.id, following.stop.id) - _dwell_s(desk, stop.stop)
        waiting.append(replace(stop, depart_at=max(stop.depart_at, following.arrive_at - drive_s)))
    return waiting + stops[-1:]


def _dwell_s(desk: Desk, stop: Stop) -> int:
    return 0 if stop.id.startswith("depot:") else desk.service.stops.dwell_s


def _with_depot(desk: Desk, shift: Shift, stops: list[ListedStop], tour: Tour) -> list[ListedStop]:
    """Return the stops between leaving the depot and coming back to it."""
    if not stops:
        return []
    depot = desk.network.stops[desk.place_index(f"depot:{shift.vehicle_id}")]
    leave = stops[0].arrive_at - desk.drive_s(shift.service_day, depot.id, stops[0].stop.id)
    back = stops[-1].depart_at + desk.drive_s(shift.service_day, stops[-1].stop.id, depot.id)
    call = (ListedCall("depot", None, None),)
    now = desk.clock.now()
    out = StopState.DEPARTED if leave <= now or tour.departed_at is not None else StopState.PLANNED
    home = StopState.DEPARTED if stops[-1].state is StopState.DEPARTED and back <= now else StopState.PLANNED
    first = ListedStop(f"v_{_digest(shift.id, 'out')}", shift.id, depot, min(leave, shift.start_at), leave, out, call)
    last = ListedStop(f"v_{_digest(shift.id, 'home')}", shift.id, depot, back, back, home, call)
    return [first, *stops, last]


def _stop_key(shift_id: str, first: Call) -> str:
    """Return a name for a stop that stays while its first call does."""
    what = first.leg_id if first.leg_id is not None else f"break{first.break_number}"
    return f"v_{_digest(shift_id, what, first.kind.value)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _content_hash(stops: Sequence[ListedStop]) -> str:
    """Return a digest of what the driver has to know."""
    content = [
        [s.id, s.stop.id, s.arrive_at, s.depart_at, [[c.kind, c.leg.id if c.leg else None] for c in s.calls]]
        for s in stops
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def find_listed_stop(stops: Sequence[ListedStop], stop_key: str) -> ListedStop | None:
    """Return the stop with that name."""
    return next((stop for stop in stops if stop.id == stop_key), None)

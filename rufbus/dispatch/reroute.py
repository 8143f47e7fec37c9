"""Tours that the roads no longer allow as they stand, because a closure or a slowdown came after the bookings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rufbus.dispatch.commit import retrying, save_tours, vehicles_of
from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.improve import days_in_sight
from rufbus.dispatch.planning import Timed, horizon_at, retime
from rufbus.dispatch.stop_list import publish_stop_lists
from rufbus.domain.booking import OPEN_STATES
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, EventKind
from rufbus.domain.fleet import Shift
from rufbus.domain.place import UNREACHABLE_S
from rufbus.domain.tour import Call, Tour


@dataclass(frozen=True, slots=True)
class Rerouted:
    """What became of the tours in sight."""

    tours: int
    """How many have new times."""
    stranded: tuple[str, ...]
    """Legs with a stop that no road serves on their day; somebody has to decide about them."""


def reroute_tours(desk: Desk) -> Rerouted:
    """Give the tours in sight the times of the roads on their days, where they allow too little for a drive.

    Their order stays. Promises that the longer way breaks are told as being at risk, and so are legs to a stop that no
    road serves any more; a tour with such a stop keeps its times until somebody has decided about it.
    """
    done, vehicles = retrying(lambda: _reroute_once(desk))
    publish_stop_lists(desk, vehicles)
    return done


def _reroute_once(desk: Desk) -> tuple[Rerouted, list[str]]:
    now = desk.clock.now()
    with desk.store.read() as session:
        days = [desk.load_day(session, service_day) for service_day in days_in_sight(desk)]
    changed: list[Timed] = []
    alarms: list[Event] = []
    for day, shift, tour in _each_tour(days):
        drives = list(_short_drives(desk, shift, tour))
        cut_off = [call for needed_s, calls in drives if needed_s >= UNREACHABLE_S for call in calls]
        if cut_off:
            alarms += _alarms(day, tour, cut_off, now)
        elif drives:
            changed.append(retime(desk, shift, tour, day.legs, horizon_at(desk, now)))
    if changed or alarms:
        with desk.store.write() as session:
            save_tours(desk, session, changed, now)
            session.add_events(alarms)
    stranded = tuple(dict.fromkeys(event.leg_id for event in alarms if event.leg_id is not None))
    return Rerouted(len(changed), stranded), vehicles_of(changed)


def _each_tour(days: list[Day]) -> Iterator[tuple[Day, Shift, Tour]]:
    for day in days:
        for shift, tour in zip(day.shifts, day.tours, strict=True):
            yield day, shift, tour


def _short_drives(desk: Desk, shift: Shift, tour: Tour) -> Iterator[tuple[int, tuple[Call, ...]]]:
    """Yield each drive ahead for which a tour allows too little: the seconds it needs, and the calls at its ends."""
    if not tour.calls or not any(call.leg_id for call in tour.calls):
        return
    depot = f"depot:{tour.vehicle_id}"
    first, last = tour.calls[0], tour.calls[-1]
    ends: list[tuple[str, Instant, str, Instant, tuple[Call, ...]]] = []
    if first.done_at is None:
        ends.append((depot, shift.start_at, first.stop_id, first.begin_at, (first,)))
    ends += [
        (before.stop_id, before.depart_at, after.stop_id, after.begin_at, (before, after))
        for before, after in pairwise(tour.calls)
        if after.done_at is None and after.arrived_at is None
    ]
    if last.done_at is None and desk.drive_s(tour.service_day, last.stop_id, depot) >= UNREACHABLE_S:
        ends.append((last.stop_id, last.depart_at, depot, last.depart_at, (last,)))
    for origin, from_at, destination, to_at, calls in ends:
        needed_s = 0 if origin == destination else desk.drive_s(tour.service_day, origin, destination)
        if needed_s > to_at - from_at:
            yield needed_s, calls


def _alarms(day: Day, tour: Tour, calls: list[Call], now: Instant) -> list[Event]:
    """Return an alarm for each open leg with one of the calls still to be done."""
    legs = {call.leg_id: day.legs[call.leg_id] for call in calls if call.leg_id is not None and call.done_at is None}
    return [
        Event(
            EventKind.LATE_RISK,
            now,
            vehicle_id=tour.vehicle_id,
            leg_id=leg.id,
            booking_id=leg.booking_id,
            data={"reason": "no road leads there on that day"},
        )
        for leg in legs.values()
        if leg.state in OPEN_STATES
    ]

"""I4: whether the plan keeps what was promised, in times that the roads allow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from rufbus.checker.finding import Finding, Invariant
from rufbus.checker.state import Standing, State, list_standings, valid_calls
from rufbus.domain.booking import OPEN_STATES, Leg
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import EventKind
from rufbus.domain.leg_time import stretch
from rufbus.domain.request import Party
from rufbus.domain.service import BoardingTimes, Service
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import StopNetwork

EXCUSES = frozenset({EventKind.LATE_RISK, EventKind.PROMISE_BROKEN})
"""Events after which everybody knows that a leg's promise will not, or may not, be kept."""
DEPOT_PREFIX = "depot:"


def find_broken_promises(state: State) -> Iterator[Finding]:
    """Yield open legs whose planned times break their promise, and legs whose promise was moved."""
    standings = list_standings(state)
    excused = excused_legs(state)
    for leg in state.legs:
        if not _is_inside(leg):
            detail = "The promise in force is not inside the one that was booked."
            yield Finding(Invariant.PROMISES, f"leg {leg.id}", detail)
        if leg.state in OPEN_STATES and leg.id not in excused:
            for detail in _promise_faults(leg, standings.get(leg.id, ())):
                yield Finding(Invariant.PROMISES, f"leg {leg.id}", detail)


def excused_legs(state: State) -> frozenset[str]:
    """Return the legs that an event or the ledger names as broken or at risk."""
    told = {stored.event.leg_id for stored in state.events if stored.event.kind in EXCUSES}
    written = {entry.leg_id for entry in state.ledger if entry.entry == "broken"}
    return frozenset(leg_id for leg_id in told | written if leg_id is not None)


def _is_inside(leg: Leg) -> bool:
    now, first = leg.promise, leg.first_promise
    window = first.pickup_from <= now.pickup_from and now.pickup_to <= first.pickup_to
    return window and now.dropoff_by <= first.dropoff_by and now.max_ride_s <= first.max_ride_s


def _promise_faults(leg: Leg, found: tuple[Standing, ...]) -> Iterator[str]:
    promise = leg.promise
    pickup = _only(found, CallKind.PICKUP)
    dropoff = _only(found, CallKind.DROPOFF)
    if pickup is not None and pickup.done_at is None:
        if pickup.depart_at < promise.pickup_from:
            yield f"The van is planned to leave {promise.pickup_from - pickup.depart_at} s before pickup_from."
        if pickup.begin_at > promise.pickup_to:
            yield f"The van is planned to come {pickup.begin_at - promise.pickup_to} s after pickup_to."
    if dropoff is not None:
        if dropoff.begin_at > promise.dropoff_by:
            yield f"The drop-off is planned {dropoff.begin_at - promise.dropoff_by} s after dropoff_by."
        departed_at = _departed_at(leg, pickup)
        if departed_at is not None and dropoff.begin_at - departed_at > promise.max_ride_s:
            yield f"The ride is planned to last {dropoff.begin_at - departed_at} s, longer than {promise.max_ride_s} s."


def _only(found: tuple[Standing, ...], kind: CallKind) -> Call | None:
    calls = [standing.call for standing in found if standing.call.kind is kind]
    return calls[0] if len(calls) == 1 else None


def _departed_at(leg: Leg, pickup: Call | None) -> Instant | None:
    """Return from when the ride counts: who boards early still leaves as planned."""
    known = [at for at in (pickup.depart_at if pickup else None, leg.boarded_at) if at is not None]
    return max(known, default=None)


def find_impossible_times(state: State, service: Service, network: StopNetwork) -> Iterator[Finding]:
    """Yield tours with calls ahead that are too short for their party, or too close together for the roads between.

    What lies before a fact is over, reported or not.
    """
    legs = state.legs_by_id()
    for tour in state.tours:
        calls = valid_calls(tour, state.now)
        done = max((number for number, call in enumerate(calls, start=1) if call.done_at is not None), default=0)
        for call in calls[:done]:
            if call.done_at is None and call.begin_at > state.now:
                detail = f"The {call.kind.value} at {call.stop_id} is still to come, but stands before a fact."
                yield Finding(Invariant.PROMISES, f"tour {tour.shift_id}", detail)
        ahead = calls[done:]
        for call in ahead:
            needed_s = _needed_s(call, legs, service.boarding)
            if call.depart_at - call.begin_at < needed_s:
                took_s = call.depart_at - call.begin_at
                detail = f"The {call.kind.value} at {call.stop_id} is given {took_s} s and needs {needed_s} s."
                yield Finding(Invariant.PROMISES, f"tour {tour.shift_id}", detail)
        for before, after in itertools.pairwise(ahead):
            detail_or_none = _drive_fault(tour, before, after, service, network)
            if detail_or_none is not None:
                yield Finding(Invariant.PROMISES, f"tour {tour.shift_id}", detail_or_none)


def _needed_s(call: Call, legs: Mapping[str, Leg], boarding: BoardingTimes) -> int:
    """Return how long a call must last (s); how long a break must last is judged with the shift."""
    leg = legs.get(call.leg_id or "")
    return 0 if leg is None else _boarding_s(leg.party, boarding)


def _boarding_s(party: Party, boarding: BoardingTimes) -> int:
    people_s = (party.adults + party.companions) * boarding.adult + party.children * boarding.child
    aids_s = party.walkers * boarding.walker + party.prams * boarding.pram
    return people_s + aids_s + party.wheelchairs * boarding.wheelchair


def _drive_fault(tour: Tour, before: Call, after: Call, service: Service, network: StopNetwork) -> str | None:
    needed_s = drive_s(tour, before.stop_id, after.stop_id, service, network)
    if needed_s is None:
        return f"The network does not know both of the stops {before.stop_id} and {after.stop_id}."
    given_s = after.begin_at - before.depart_at
    if given_s >= needed_s:
        return None
    return f"From {before.stop_id} to {after.stop_id} it is given {given_s} s and needs {needed_s} s."


def drive_s(tour: Tour, origin: str, destination: str, service: Service, network: StopNetwork) -> int | None:
    """Return the seconds from the end of a call to the arrival at another stop, the dwell at the first included.

    The roads are those of the tour's service day, the percentile of the time is the service's. A van that only stood in
    its depot has no dwell there. ``None`` when the network does not know one of the stops.
    """
    start, end = network.find_stop(origin), network.find_stop(destination)
    if start is None or end is None:
        return None
    if start == end:
        return 0
    dwell_s = 0 if origin.startswith(DEPOT_PREFIX) else service.stops.dwell_s
    travel_s = int(network.times_on(tour.service_day).travel_s[start, end])
    return stretch(travel_s, service.promise.leg_time_ppm) + dwell_s


def depot_of(tour: Tour) -> str:
    """Return the stop id of the depot of a tour's vehicle."""
    return f"{DEPOT_PREFIX}{tour.vehicle_id}"

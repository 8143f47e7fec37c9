"""I2, I3, I9: what stands in the tours, and what fits into the vans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rufbus.checker.finding import Finding, Invariant
from rufbus.checker.state import Standing, State, list_standings, valid_calls
from rufbus.domain.booking import OPEN_STATES, Leg, LegState
from rufbus.domain.events import EventKind
from rufbus.domain.fleet import Vehicle
from rufbus.domain.request import Party
from rufbus.domain.service import Service
from rufbus.domain.tour import Call, CallKind, Tour

NOTHING_OWED = frozenset({LegState.CANCELLED, LegState.NO_SHOW, LegState.EXPIRED})
"""States in which no van has to drive for the leg any more."""


def find_standing_faults(state: State) -> Iterator[Finding]:
    """Yield I3: calls of nobody, and legs whose calls do not stand as a pair in one tour."""
    legs = state.legs_by_id()
    standings = list_standings(state)
    for leg_id, found in standings.items():
        if leg_id not in legs:
            for standing in found:
                detail = f"A call in tour {standing.tour.shift_id} names a leg that does not exist."
                yield Finding(Invariant.STANDING, f"leg {leg_id}", detail)
    for leg in state.legs:
        fault = _standing_fault(leg, standings.get(leg.id, ()))
        if fault is not None:
            yield Finding(Invariant.STANDING, f"leg {leg.id}", fault)


def _standing_fault(leg: Leg, found: tuple[Standing, ...]) -> str | None:
    pickups = [standing for standing in found if standing.call.kind is CallKind.PICKUP]
    dropoffs = [standing for standing in found if standing.call.kind is CallKind.DROPOFF]
    count = f"It is {leg.state.value}, but has {len(pickups)} pickups and {len(dropoffs)} drop-offs in all tours."
    if leg.state is LegState.HELD:
        if len(pickups) != len(dropoffs) or len(pickups) > 1:
            return count
        if any(standing.call.held_until is None for standing in found):
            return "It is only held, but its calls are shown to the driver."
    elif leg.state in OPEN_STATES:
        needed = 0 if leg.state is LegState.ABOARD else 1
        if not needed <= len(pickups) <= 1 or len(dropoffs) != 1:
            return count
        if any(standing.call.held_until is not None for standing in found):
            return f"It is {leg.state.value}, but its calls are only held: the driver does not see them."
    return _pair_fault(leg, pickups, dropoffs)


def _pair_fault(leg: Leg, pickups: list[Standing], dropoffs: list[Standing]) -> str | None:
    """Judge a pickup and a drop-off; somebody taken over from a broken van is dropped by another."""
    if len(pickups) != 1 or len(dropoffs) != 1 or leg.state in NOTHING_OWED:
        return None
    pickup, dropoff = pickups[0], dropoffs[0]
    if pickup.tour.shift_id == dropoff.tour.shift_id:
        return None if pickup.position < dropoff.position else "Its drop-off comes before its pickup."
    if pickup.call.done_at is not None and pickup.tour.out_of_service_from is not None:
        return None
    return f"It is picked up in tour {pickup.tour.shift_id} and dropped in tour {dropoff.tour.shift_id}."


def find_idle_calls(state: State) -> Iterator[Finding]:
    """Yield I9: calls still to be done for legs to which nothing is owed."""
    legs = state.legs_by_id()
    for tour in state.tours:
        for call in valid_calls(tour, state.now):
            leg = legs.get(call.leg_id or "")
            if leg is not None and call.done_at is None and leg.state in NOTHING_OWED:
                detail = f"Tour {tour.shift_id} still has its {call.kind.value}, though it is {leg.state.value}."
                yield Finding(Invariant.NOTHING_OWED, f"leg {leg.id}", detail)


def find_overloads(state: State, service: Service) -> Iterator[Finding]:
    """Yield I2: for each tour and kind of place, the first call after which more is aboard than fits.

    Somebody of whom a conflict tells boarded in spite of the plan.
    """
    legs = state.legs_by_id()
    told = frozenset(e.event.leg_id for e in state.events if e.event.kind is EventKind.CONFLICT)
    fleet = {vehicle.id: vehicle for vehicle in service.vehicles}
    for tour in state.tours:
        vehicle = fleet.get(tour.vehicle_id)
        if vehicle is None:
            detail = f"Its vehicle {tour.vehicle_id} is not in the service file."
            yield Finding(Invariant.CAPACITY, f"tour {tour.shift_id}", detail)
        else:
            yield from _tour_overloads(tour, valid_calls(tour, state.now), legs, vehicle, told)


def _tour_overloads(
    tour: Tour,
    calls: tuple[Call, ...],
    legs: Mapping[str, Leg],
    vehicle: Vehicle,
    unplanned: frozenset[str | None],
) -> Iterator[Finding]:
    carried = list_carried(calls, legs)
    told: set[str] = set()
    for position, call in enumerate(calls):
        aboard = [ride for ride in carried if ride.is_aboard_after(position)]
        if any(ride.leg.id in unplanned for ride in aboard):
            continue
        parties = [ride.leg.party for ride in aboard]
        for what, used, limit in _use(parties, vehicle):
            if used > limit and what not in told:
                told.add(what)
                detail = (
                    f"After the {call.kind.value} at {call.stop_id} (call {position}) it uses {used} of {limit} {what}."
                )
                yield Finding(Invariant.CAPACITY, f"tour {tour.shift_id}", detail)


def _use(parties: list[Party], vehicle: Vehicle) -> tuple[tuple[str, int, int], ...]:
    """Return what is used and what there is, of each kind of place."""
    wheelchairs = sum(party.wheelchairs for party in parties)
    seated = sum(party.adults + party.children + party.companions for party in parties)
    luggage = sum(party.walkers + party.prams for party in parties)
    return (
        ("seats", seated + vehicle.seats_lost_per_wheelchair * wheelchairs, vehicle.seats),
        ("wheelchair places", wheelchairs, vehicle.wheelchair_places),
        ("luggage places", luggage, vehicle.luggage_places),
    )


@dataclass(frozen=True, slots=True)
class Carried:
    """A leg and the calls, by position, after which it is aboard: from ``boards`` up to, not including, ``alights``."""

    leg: Leg
    boards: int
    alights: int

    def is_aboard_after(self, position: int) -> bool:
        """Return whether the leg is aboard when the van leaves the call at a position."""
        return self.boards <= position < self.alights


def list_carried(calls: tuple[Call, ...], legs: Mapping[str, Leg]) -> list[Carried]:
    """Return the legs that a tour carries from a pickup to a drop-off.

    Somebody aboard whom another tour picked up counts from the first call that is still to be done.
    """
    pickups = {call.leg_id: position for position, call in enumerate(calls) if call.kind is CallKind.PICKUP}
    ahead = next((position for position, call in enumerate(calls) if call.done_at is None), len(calls))
    carried = []
    for position, call in enumerate(calls):
        leg = legs.get(call.leg_id or "")
        if call.kind is not CallKind.DROPOFF or leg is None or leg.state in NOTHING_OWED:
            continue
        if leg.id in pickups:
            carried.append(Carried(leg, pickups[leg.id], position))
        elif leg.state is LegState.ABOARD:
            carried.append(Carried(leg, ahead, position))
    return carried

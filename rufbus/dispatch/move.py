"""Move a ride to another van by hand: the full check first, and a what-if before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rufbus.dispatch.commit import retrying, save_tours, vehicles_of
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import Option, calls_with, horizon_at, list_alternatives, retime, set_up_tours
from rufbus.dispatch.stop_list import publish_stop_lists
from rufbus.domain.booking import Leg, LegState
from rufbus.domain.errors import NotFound, WrongState
from rufbus.domain.events import Event, EventKind


@dataclass(frozen=True, slots=True)
class Move:
    """What moving a ride would mean, or meant."""

    possible: bool
    committed: bool
    cost_s: int | None
    detail: str


def move_ride(desk: Desk, leg_id: str, vehicle_id: str, *, commit: bool) -> Move:
    """Find the best place for a ride on a van, and put it there if ``commit``.

    Raises
    ------
    NotFound
        When there is no such ride or van.
    WrongState
        When the ride has begun or ended.
    """
    if all(vehicle.id != vehicle_id for vehicle in desk.service.vehicles):
        raise NotFound(f"There is no vehicle {vehicle_id}.")
    move, vehicles = retrying(lambda: _move_once(desk, leg_id, vehicle_id, commit=commit))
    publish_stop_lists(desk, vehicles)
    return move


def _move_once(desk: Desk, leg_id: str, vehicle_id: str, *, commit: bool) -> tuple[Move, list[str]]:
    now = desk.clock.now()
    with desk.store.read() as session:
        leg = next(iter(session.legs([leg_id])), None)
        if leg is None:
            raise NotFound(f"There is no ride {leg_id}.")
        day = desk.load_day(session, leg.service_day)
    source = day.find_tour_with(leg_id)
    if source is None or leg.state not in {LegState.PROMISED, LegState.NARROWED}:
        raise WrongState(f"Ride {leg_id} is {leg.state.value} and cannot be moved.")
    horizon = horizon_at(desk, now)
    calls = tuple(call for call in source.calls if call.leg_id != leg_id)
    without = retime(desk, day.shift_of(source.shift_id), replace(source, calls=calls), day.legs, horizon)
    rest = day.with_tour(without.tour, {})
    tours = set_up_tours(desk, rest, horizon, lambda shift: shift.vehicle_id == vehicle_id)
    fit = list_alternatives(desk, leg.service_day, leg.party, [_option(desk, leg)]).find_fit(tours, 0)
    if fit is None:
        detail = f"{vehicle_id} cannot take the ride without breaking a promise or a rule."
        return Move(possible=False, committed=False, cost_s=None, detail=detail), []
    if not commit:
        detail = f"{vehicle_id} can take the ride; nothing has been changed."
        return Move(possible=True, committed=False, cost_s=fit.cost_s, detail=detail), []
    target = replace(rest.tour_of(fit.shift_id), calls=calls_with(fit, leg_id, None))
    moved = retime(desk, day.shift_of(fit.shift_id), target, day.legs, horizon)
    changed = [moved] if fit.shift_id == source.shift_id else [without, moved]
    with desk.store.write() as session:
        save_tours(desk, session, changed, now)
        data = {"moved_to": vehicle_id}
        session.add_events([Event(EventKind.MOVED, now, vehicle_id=vehicle_id, leg_id=leg_id, data=data)])
    move = Move(possible=True, committed=True, cost_s=fit.cost_s, detail=f"{vehicle_id} takes the ride.")
    return move, vehicles_of(changed)


def _option(desk: Desk, leg: Leg) -> Option:
    pickup, dropoff = desk.place_index(leg.pickup.stop_id), desk.place_index(leg.dropoff.stop_id)
    return Option(pickup, dropoff, leg.promise, leg.direct_s)

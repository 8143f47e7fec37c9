"""From the domain to the solver: legs become rides, shifts with their vans become solver shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning.views import ShiftView
from rufbus.domain.booking import Leg
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Vehicle
from rufbus.domain.party_load import boarding_s, capacity_rows, load_of
from rufbus.domain.promise import Promise
from rufbus.domain.tour import CallKind
from solver.problem import Aboard, Break, CapacityRow, Ride, Window
from solver.problem import Shift as SolverShift

MOST_KEPT_RIDES = 50_000
"""How many rides are kept ready before all are forgotten."""


def stored_ride(desk: Desk, leg: Leg, view: ShiftView, shift_number: int, origin: Instant) -> Ride:
    """Return the ride of a leg in a tour; who has boarded has only the drop-off left."""
    ride = waiting_ride(desk, leg, origin)
    behind = [c for c in view.tour.calls[: view.progress.done] if c.leg_id == leg.id]
    if not behind:
        return ride
    boarded_at = behind[0].done_at if behind[0].done_at is not None else behind[0].depart_at
    return replace(ride, aboard=Aboard(shift_number, boarded_at - origin))


def waiting_ride(desk: Desk, leg: Leg, origin: Instant) -> Ride:
    """Return the ride of a leg that waits for its pickup; kept while the leg's promise stays as it is."""
    kept = desk.rides.get(leg.id)
    if isinstance(kept, _KeptRide) and kept.promise == leg.promise:
        return kept.ride
    service_s = boarding_s(leg.party, desk.service.boarding)
    pickup, dropoff = desk.place_index(leg.pickup.stop_id), desk.place_index(leg.dropoff.stop_id)
    ride = solver_ride(pickup, dropoff, leg.promise, load_of(leg.party), service_s, origin, None)
    if len(desk.rides) >= MOST_KEPT_RIDES:
        desk.rides.clear()
    desk.rides[leg.id] = _KeptRide(leg.promise, ride)
    return ride


@dataclass(frozen=True, slots=True)
class _KeptRide:
    promise: Promise
    ride: Ride


def solver_ride(
    pickup: int,
    dropoff: int,
    promise: Promise,
    load: tuple[int, ...],
    service_s: int,
    origin: Instant,
    shifts: frozenset[int] | None,
) -> Ride:
    """Return the solver's ride of a promise: boarding begins within its window, since nobody has to be there before."""
    return Ride(
        pickup=pickup,
        dropoff=dropoff,
        pickup_window=Window(promise.pickup_from - origin, promise.pickup_to - origin),
        dropoff_window=Window(0, promise.dropoff_by - origin),
        max_ride_s=promise.max_ride_s,
        load=load,
        pickup_service_s=service_s,
        dropoff_service_s=service_s,
        shifts=shifts,
    )


def solver_shift(
    desk: Desk,
    view: ShiftView,
    numbers: Mapping[str, int],
    next_break: int,
    origin: Instant,
    aboard: Sequence[tuple[int, ...]],
) -> tuple[SolverShift, tuple[int, ...], int]:
    """Return the shift, its running tour as visit codes, and the code of the next shift's first break."""
    coming = view.tour.calls[view.progress.done :]
    breaks = []
    codes = []
    for call in coming:
        if call.kind is CallKind.BREAK:
            rule = view.shift.breaks[call.break_number or 0]
            latest = max(rule.latest_end - rule.duration_s, rule.earliest)
            breaks.append(Break(Window(rule.earliest - origin, latest - origin), rule.duration_s))
            codes.append(next_break + len(breaks) - 1)
        else:
            codes.append(2 * numbers[call.leg_id or ""] + (call.kind is CallKind.DROPOFF))
    vehicle = desk.service.vehicle(view.shift.vehicle_id)
    depot = desk.place_index(f"depot:{view.shift.vehicle_id}")
    shift = SolverShift(
        start=desk.place_index(view.progress.stop_id),
        end=depot,
        start_at=view.progress.free_at - origin,
        end_by=view.shift.end_by - origin,
        capacity=_capacity(vehicle, aboard),
        breaks=tuple(breaks),
        locked=tuple(codes[: view.progress.locked]),
    )
    return shift, tuple(codes), next_break + len(breaks)


def _capacity(vehicle: Vehicle, aboard: Sequence[tuple[int, ...]]) -> tuple[CapacityRow, ...]:
    """Return the limits of a van, wide enough for those who are aboard by report: they are a fact."""
    together = [sum(amounts) for amounts in zip(*aboard, strict=True)]
    return tuple(
        CapacityRow(row, max(limit, sum(a * b for a, b in zip(row, together, strict=False))))
        for row, limit in capacity_rows(vehicle)
    )

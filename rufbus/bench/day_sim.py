"""Figure 5: a whole day of wishes beside RidePy, on equal stops, travel times, wishes and policy.

RidePy's policy is the equal one: every wish is put at once where it adds the least driving time, or refused; vans drive
on as soon as they can, finish a drive that they have begun, and end wherever they are. There is no ride-time limit in
RidePy other than the drop-off's window. Times are whole thousandths of a second, so that hardly two places cost the
same; where two vans do (a stop that one stands at and another will come by), RidePy takes the first of its list and we
the one that is there first, so from then on the tours differ.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from rufbus.bench.figures import NOT_INSTALLED, Cell, Row, Sample, ratio
from rufbus.bench.peers import find_peer
from solver.arrays import Matrix, pack
from solver.online import NEVER, run_day
from solver.problem import CapacityRow, Problem, Ride, Shift, Window

UNITS = 1000
"""Units of time in a second."""
HOURS = 16
SEATS = 8
LEAST_RATIOS = {"RidePy C++": 15, "RidePy Python": 1000}


@dataclass(frozen=True, slots=True, eq=False)
class DaySim:
    """One day: stops, wishes in the order in which they are asked, and where the vans begin."""

    apart: Matrix
    """Shape (stops, stops): driving times in units, symmetric."""
    asked_at: tuple[int, ...]
    wishes: tuple[tuple[int, int], ...]
    """Stops of pickup and drop-off."""
    begins: tuple[int, ...]
    wait: int
    """How long a rider waits at most, in units."""

    def due(self, number: int) -> tuple[int, int]:
        """Return the latest pickup and the latest drop-off of a wish."""
        picked = self.asked_at[number] + self.wait
        return picked, picked + 3 * int(self.apart[self.wishes[number]]) // 2 + 300 * UNITS

    def first(self, wishes: int) -> DaySim:
        """Return the day until its first ``wishes`` wishes."""
        return DaySim(self.apart, self.asked_at[:wishes], self.wishes[:wishes], self.begins, self.wait)


def draw_day(seed: int, *, wishes: int = 2000, vans: int = 30, stops: int = 100, wait_s: int = 1800) -> DaySim:
    """Return a day of ``HOURS`` hours in a square that takes half an hour to cross."""
    random = Random(seed)  # noqa: S311 — reproducible on purpose
    places = np.random.default_rng(seed).uniform(0, 1800 * UNITS, (stops, 2))
    lengths = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))
    apart: Matrix = (np.ceil(lengths) + 20 * UNITS).astype(np.int32)
    np.fill_diagonal(apart, 0)
    asked = tuple(sorted(random.randrange(HOURS * 3600 * UNITS) for _ in range(wishes)))
    pairs = [tuple(random.sample(range(stops), 2)) for _ in range(wishes)]
    begins = tuple(random.randrange(stops) for _ in range(vans))
    return DaySim(apart, asked, tuple((pickup, dropoff) for pickup, dropoff in pairs), begins, wait_s * UNITS)


def to_problem(day: DaySim) -> Problem:
    """Return the day as the solver's problem; the vans' end place is no drive away from anywhere."""
    stops = len(day.apart)
    travel = np.zeros((stops + 1, stops + 1), dtype=np.int32)
    travel[:stops, :stops] = day.apart
    forever = 2 * HOURS * 3600 * UNITS
    rides = []
    for number, (pickup, dropoff) in enumerate(day.wishes):
        asked, (picked_by, dropped_by) = day.asked_at[number], day.due(number)
        windows = Window(asked, picked_by), Window(asked, dropped_by)
        rides.append(Ride(pickup, dropoff, *windows, forever, (1,)))
    shifts = [Shift(begin, stops, 0, 99 * UNITS * 1000, (CapacityRow((1,), SEATS),)) for begin in day.begins]
    return Problem(travel, tuple(rides), tuple(shifts))


def serve_ours(day: DaySim, repeats: int) -> tuple[set[int], Sample]:
    """Return the wishes that we serve, and wishes per second; packing is done before, as RidePy's objects are."""
    packed, rates = pack(to_problem(day)), []
    log = run_day(packed, day.asked_at)
    for _ in range(repeats):
        started = time.perf_counter()
        log = run_day(packed, day.asked_at)
        rates.append(len(day.wishes) / (time.perf_counter() - started))
    return set(np.flatnonzero(log.shift != NEVER).tolist()), Sample(tuple(rates), "wishes/s")


def serve_ridepy(day: DaySim, repeats: int, *, compiled: bool) -> tuple[set[int], Sample]:
    """Return the wishes that RidePy serves, and wishes per second, in C++ or in Python."""
    ending = "_cython" if compiled else ""
    structures = importlib.import_module(f"ridepy.data_structures{ending}")
    vehicle = importlib.import_module(f"ridepy.vehicle_state{ending}").VehicleState
    stops = range(len(day.apart))
    edges = [(a, b) for a in stops for b in stops if a < b]
    weights = [float(day.apart[edge]) for edge in edges]
    space = importlib.import_module(f"ridepy.util.spaces{ending}").Graph(list(stops), edges, weights)
    dispatchers = importlib.import_module(f"ridepy.util.dispatchers{ending}")
    cheapest = dispatchers.BruteForceTotalTravelTimeMinimizingDispatcher
    requests = [_to_request(structures.TransportationRequest, day, number) for number in range(len(day.wishes))]
    accepted: set[int] = set()
    rates = []
    for _ in range(repeats):
        dispatcher = cheapest(loc_type=structures.LocType.INT) if compiled else cheapest()
        fleet = importlib.import_module("ridepy.fleet_state").SlowSimpleFleetState(
            initial_locations=dict(enumerate(day.begins)),
            vehicle_state_class=vehicle,
            space=space,
            dispatcher=dispatcher,
            seat_capacities=SEATS,
        )
        started = time.perf_counter()
        accepted = _accepted(fleet.simulate(requests))
        rates.append(len(requests) / (time.perf_counter() - started))
    return accepted, Sample(tuple(rates), "wishes/s")


def day_sim_rows(
    seed: int, *, wishes: int, vans: int, stops: int, python_wishes: int, wait_s: int = 1800, repeats: int = 3
) -> list[Row]:
    """Return figure 5: our wishes per second over RidePy's, and whether the same are served."""
    day = draw_day(seed, wishes=wishes, vans=vans, stops=stops, wait_s=wait_s)
    ours, rate = serve_ours(day, repeats)
    if find_peer("ridepy") is None:
        return [Row(f"{wishes} wishes, {vans} vans: {len(ours)} served", rate, {"RidePy C++": NOT_INSTALLED})]
    few = day.first(python_wishes)
    rows = []
    for name, part in (("RidePy C++", day), ("RidePy Python", few)):
        theirs, their_rate = serve_ridepy(part, repeats if part is day else 1, compiled=part is day)
        mine, my_rate = (ours, rate) if part is day else serve_ours(few, repeats)
        times = ratio(my_rate, their_rate)
        what = f"{len(part.wishes)} wishes, {vans} vans: {_same(mine, theirs)}"
        cells: dict[str, Cell] = {name: their_rate}
        aim = LEAST_RATIOS[name]
        rows.append(
            Row(what, my_rate, cells, f"{times:.1f} ×", f"≥ {aim} ×, same served", times >= aim and mine == theirs)
        )
    return rows


def _same(ours: set[int], theirs: set[int]) -> str:
    if ours == theirs:
        return f"the same {len(ours)} served"
    return f"{len(ours)} served, they {len(theirs)}, {len(ours ^ theirs)} by one only"


def _to_request(kind: Any, day: DaySim, number: int) -> Any:
    (pickup, dropoff), asked, (picked_by, dropped_by) = day.wishes[number], day.asked_at[number], day.due(number)
    return kind(
        request_id=number,
        creation_timestamp=asked,
        origin=pickup,
        destination=dropoff,
        pickup_timewindow_min=asked,
        pickup_timewindow_max=picked_by,
        delivery_timewindow_min=asked,
        delivery_timewindow_max=dropped_by,
    )


def _accepted(events: Iterable[dict[str, Any]]) -> set[int]:
    return {event["request_id"] for event in events if event["event_type"] == "RequestAcceptanceEvent"}

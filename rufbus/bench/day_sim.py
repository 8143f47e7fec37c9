"""Figure 5: a whole day of wishes beside RidePy, on equal stops, travel times, wishes and policy.

RidePy's policy is the equal one: every wish is put at once where it adds the least driving time, or refused; vans drive
on as soon as they can, finish a drive that they have begun, and end wherever they are. There is no ride-time limit in
RidePy other than the drop-off's window. Times are whole thousandths of a second. Where two vans still add the same (at
a stop that one stands at and another will come by), RidePy takes the first of its list and so do we here; elsewhere we
take the one that is there first. So every wish gets the same van at the same times from both, or the aim is not met.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from rufbus.bench.figures import NOT_INSTALLED, Row, Sample, ratio
from rufbus.bench.peers import find_peer
from solver.arrays import Matrix, pack
from solver.online import NEVER, run_day
from solver.problem import CapacityRow, Problem, Ride, Shift, Window

UNITS = 1000
"""Units of time in a second."""
HOURS = 16
SEATS = 8
LEAST_RATIOS = {"RidePy C++": 15, "RidePy Python": 1000}
OURS_A_TURN = 5
"""How often our day is run for each of theirs, since ours is over in a moment."""

Served = dict[int, tuple[int, int, int]]
"""By wish: the van, and when pickup and drop-off begin, in units."""


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


def serve_ours(day: DaySim) -> tuple[Served, float]:
    """Return whom we serve, and wishes per second; packing is done before, as RidePy's objects are."""
    packed, asked_at = pack(to_problem(day)), np.array(day.asked_at)
    started_s = time.process_time()
    log = run_day(packed, asked_at, first_shift_wins=True)
    rate = len(day.wishes) / (time.process_time() - started_s)
    figures = zip(log.shift.tolist(), log.picked_at.tolist(), log.dropped_at.tolist(), strict=True)
    return {number: figure for number, figure in enumerate(figures) if figure[0] != NEVER}, rate


def serve_ridepy(day: DaySim, *, compiled: bool) -> tuple[Served, float]:
    """Return whom RidePy serves, and wishes per second, in C++ or in Python."""
    ending = "_cython" if compiled else ""
    structures = importlib.import_module(f"ridepy.data_structures{ending}")
    stops = range(len(day.apart))
    edges = [(a, b) for a in stops for b in stops if a < b]
    weights = [float(day.apart[edge]) for edge in edges]
    dispatchers = importlib.import_module(f"ridepy.util.dispatchers{ending}")
    cheapest = dispatchers.BruteForceTotalTravelTimeMinimizingDispatcher
    fleet = importlib.import_module("ridepy.fleet_state").SlowSimpleFleetState(
        initial_locations=dict(enumerate(day.begins)),
        vehicle_state_class=importlib.import_module(f"ridepy.vehicle_state{ending}").VehicleState,
        space=importlib.import_module(f"ridepy.util.spaces{ending}").Graph(list(stops), edges, weights),
        dispatcher=cheapest(loc_type=structures.LocType.INT) if compiled else cheapest(),
        seat_capacities=SEATS,
    )
    requests = [_to_request(structures.TransportationRequest, day, number) for number in range(len(day.wishes))]
    started_s = time.process_time()
    events = list(fleet.simulate(requests))
    rate = len(requests) / (time.process_time() - started_s)
    return _served(events), rate


def day_sim_rows(
    seed: int, *, wishes: int, vans: int, stops: int, python_wishes: int, wait_s: int = 1800, repeats: int = 5
) -> list[Row]:
    """Return figure 5: our wishes per second over RidePy's, and whether the same are served in the same way."""
    day = draw_day(seed, wishes=wishes, vans=vans, stops=stops, wait_s=wait_s)
    serve_ours(day)
    if find_peer("ridepy") is None:
        rounds = [serve_ours(day) for _ in range(repeats)]
        what = f"{wishes} wishes, {vans} vans: {len(rounds[0][0])} served"
        return [Row(what, _rates(rounds), {"RidePy C++": NOT_INSTALLED})]
    few = day.first(python_wishes)
    return [_row("RidePy C++", day, repeats), _row("RidePy Python", few, max(1, repeats // 2))]


def _row(name: str, day: DaySim, repeats: int) -> Row:
    """Measure turn by turn, so that a busy machine is busy for both."""
    ours, theirs = [], []
    for _ in range(repeats):
        ours += [serve_ours(day) for _ in range(OURS_A_TURN)]
        theirs.append(serve_ridepy(day, compiled=name == "RidePy C++"))
    mine, peer = _rates(ours), _rates(theirs)
    times, aim, is_same = ratio(mine, peer), LEAST_RATIOS[name], ours[0][0] == theirs[0][0]
    what = f"{len(day.wishes)} wishes, {len(day.begins)} vans: {_compared(ours[0][0], theirs[0][0])}"
    return Row(what, mine, {name: peer}, f"{times:.1f} ×", f"≥ {aim} ×, same served", times >= aim and is_same)


def _rates(rounds: Sequence[tuple[Served, float]]) -> Sample:
    return Sample(tuple(rate for _, rate in rounds), "wishes/s")


def _compared(ours: Served, theirs: Served) -> str:
    if ours == theirs:
        return f"the same {len(ours)} served, by the same vans at the same times"
    if ours.keys() == theirs.keys():
        return f"the same {len(ours)} served, {sum(ours[n] != theirs[n] for n in ours)} by other vans or at other times"
    return f"{len(ours)} served, they {len(theirs)}, {len(ours.keys() ^ theirs.keys())} by one only"


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


def _served(events: Sequence[dict[str, Any]]) -> Served:
    """Return what became of the wishes that RidePy served."""
    picked = {e["request_id"]: e for e in events if e["event_type"] == "PickupEvent"}
    dropped = {e["request_id"]: e for e in events if e["event_type"] == "DeliveryEvent"}
    return {
        number: (event["vehicle_id"], round(event["timestamp"]), round(dropped[number]["timestamp"]))
        for number, event in picked.items()
    }

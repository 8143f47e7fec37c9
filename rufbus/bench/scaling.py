"""Cost against size: matrix, insertion, improvement and memory at one, two, four and eight times the home case.

The home case is 24 vans, 3,600 stops and 700 wishes on the roads of one county. Larger cases have more of all three
*on the same roads*: stops are drawn evenly over them, so the region becomes denser, not wider, and a van's day stays as
full. Each size runs in a fresh process, whose peak memory is its own.
"""

from __future__ import annotations

import math
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rufbus.bench.figures import Row, Sample
from rufbus.bench.rural_day import CLOSES_S, OPENS_S, compact, make_ride, make_shift, read_graph
from rufbus.domain.request import Anchor, Party, Wish
from rufbus.roads.graph import RoadGraph
from rufbus.roads.search import Anchor as RoadAnchor
from rufbus.roads.search import build_search
from rufbus.roads.travel_times import NO_ROAD, many_to_many
from solver.arrays import pack
from solver.improve import improve_plan, warm_up_engines
from solver.insertion import cheapest_insertions, pack_plan, repack_plan, with_insertion, without_rides
from solver.plan import Budget, Plan
from solver.problem import UNREACHABLE_S, Problem

VANS, STOPS, RIDES = 24, 3_600, 700
"""The home case."""
FACTORS = (1, 2, 4, 8)
ITERATIONS = 2_000
"""Iterations of the improvement that are timed, after as many that are not."""
PROBES = 200
"""Rides that are taken out and inserted again, one at a time, to time an insertion."""
CHOICES = 96
"""Stops among which a rider's destination is drawn, the nearer the likelier."""
TYPICAL_S = 300
"""Driving time at which a destination has lost two thirds of its pull (s)."""
THEORY = {"matrix": 2.0, "insertion": 1.0, "improvement": 1.0, "memory": 2.0}
"""Exponents that theory gives: times of all pairs and their table grow with the square of the stops; an insertion looks
at every van once, and an iteration makes a number of insertions that does not grow."""
UNITS = {"matrix": "s", "insertion": "µs", "improvement": "µs", "memory": "MB"}
TOLERANCE = 0.15
"""How far a fitted exponent may lie above theory's before it counts as above: caches get smaller by and by."""


@dataclass(frozen=True, slots=True)
class Size:
    """What one size cost."""

    factor: int
    stops: int
    vans: int
    rides: int
    """Wishes that the vans could take in."""
    figures: dict[str, float]
    """By the keys of ``UNITS``."""


def measure_sizes(roads: Path | None, factors: Sequence[int] = FACTORS, seed: int = 0) -> list[Size]:
    """Return what each size costs, each measured in a process of its own, one after the other."""
    context = multiprocessing.get_context("spawn")
    found = []
    for factor in factors:
        with ProcessPoolExecutor(1, mp_context=context) as process:
            found.append(process.submit(measure_size, roads, factor, seed).result())
    return found


def measure_size(roads: Path | None, factor: int, seed: int) -> Size:
    """Return what one size costs; meant to run in a process of its own."""
    warm_up_engines()
    empty_mb = _peak_mb()
    graph = read_graph(roads)
    stops, vans = factor * STOPS, factor * VANS
    travel_s, matrix_s = _travel_times(graph, stops + vans, seed)
    problem, plan = _fill(travel_s, stops, factor * RIDES, seed)
    figures = {"matrix": matrix_s, "insertion": _insertion_us(problem, plan, seed)}
    figures["improvement"] = _iteration_us(problem, plan, seed)
    figures["memory"] = _peak_mb() - empty_mb
    return Size(factor, stops, vans, len(problem.rides) - len(plan.unserved), figures)


def exponent(factors: Sequence[int], values: Sequence[float]) -> float:
    """Return the slope of the straight line through the logarithms, by least squares."""
    return float(np.polyfit(np.log(np.array(factors, dtype=float)), np.log(np.array(values, dtype=float)), 1)[0])


def to_rows(sizes: Sequence[Size]) -> list[Row]:
    """Return a row for each thing that was measured: its figure at each size, and the exponent beside theory's."""
    rows = []
    for name, unit in UNITS.items():
        values = [size.figures[name] for size in sizes]
        peers = {f"{size.factor} ×": Sample((value,), unit) for size, value in zip(sizes[1:], values[1:], strict=True)}
        fitted = exponent([size.factor for size in sizes], values) if len(sizes) > 1 else math.nan
        is_met = fitted <= THEORY[name] + TOLERANCE if len(sizes) > 1 else None
        rows.append(
            Row(name, Sample((values[0],), unit), peers, f"exponent {fitted:.2f}", f"theory {THEORY[name]:g}", is_met)
        )
    return rows


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _travel_times(graph: RoadGraph, places: int, seed: int) -> tuple[NDArray[np.int32], float]:
    """Return driving times (s) between places drawn evenly over the roads, and how long that took (s)."""
    chance = np.random.default_rng(seed)
    edges = chance.integers(0, len(graph.edge_from), places).tolist()
    anchors = [(RoadAnchor(edge, share),) for edge, share in zip(edges, chance.random(places).tolist(), strict=True)]
    search = build_search(graph, anchors)
    started_s = time.perf_counter()
    times_ms, _ = many_to_many(search, search.places)
    taken_s = time.perf_counter() - started_s
    missing = times_ms == NO_ROAD
    times_ms += 999
    times_ms //= 1000
    times_ms[missing] = UNREACHABLE_S
    np.fill_diagonal(times_ms, 0)
    return times_ms, taken_s


def _fill(travel_s: NDArray[np.int32], stops: int, rides: int, seed: int) -> tuple[Problem, Plan]:
    """Return a day with up to ``rides`` rides, each inserted where it was cheapest; who fits nowhere is left out."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    shifts = tuple(make_shift(number, home) for number, home in enumerate(range(stops, len(travel_s))))
    asked = [make_ride(travel_s, *_ends(travel_s, stops, chance), _wish(chance), Party()) for _ in range(rides)]
    problem = Problem(travel_s, tuple(asked), shifts)
    problem = compact(problem)
    plan = Plan(problem.break_codes, tuple(range(rides)))
    state = pack_plan(pack(problem), plan)
    for ride in range(rides):
        found = cheapest_insertions(state.packed, state, ride)
        if found:
            state = repack_plan(state, with_insertion(state.plan, ride, found[0]))
    return problem, state.plan


def _ends(travel_s: NDArray[np.int32], stops: int, chance: random.Random) -> tuple[int, int]:
    while True:
        origin = chance.randrange(stops)
        others = [chance.randrange(stops) for _ in range(CHOICES)]
        pulls = [
            math.exp(-int(travel_s[origin, other]) / TYPICAL_S)
            if other != origin and travel_s[origin, other] < UNREACHABLE_S > travel_s[other, origin]
            else 0.0
            for other in others
        ]
        if any(pulls):
            return origin, chance.choices(others, pulls)[0]


def _wish(chance: random.Random) -> Wish:
    return Wish(Anchor.DEPART_AFTER, int(chance.triangular(OPENS_S, CLOSES_S, OPENS_S + 0.4 * (CLOSES_S - OPENS_S))))


def _insertion_us(problem: Problem, plan: Plan, seed: int) -> float:
    """Return how long the cheapest insertion of one ride takes in the median (µs)."""
    served = sorted(set(range(len(problem.rides))) - set(plan.unserved))
    taken_out = random.Random(seed).sample(served, min(PROBES, len(served)))  # noqa: S311 - reproducible on purpose
    state = pack_plan(pack(problem), without_rides(plan, taken_out))
    times_s = []
    for ride in taken_out:
        started_s = time.perf_counter()
        cheapest_insertions(state.packed, state, ride)
        times_s.append(time.perf_counter() - started_s)
    return 1e6 * float(np.median(times_s))


def _iteration_us(problem: Problem, plan: Plan, seed: int) -> float:
    """Return how long one iteration of ruin and recreate takes (µs), without what is done only once."""
    seconds = []
    for iterations in (ITERATIONS, 2 * ITERATIONS):
        started_s = time.perf_counter()
        improve_plan(problem, plan, Budget(iterations=iterations), seed=seed, engine="ruin-recreate")
        seconds.append(time.perf_counter() - started_s)
    return 1e6 * (seconds[1] - seconds[0]) / ITERATIONS

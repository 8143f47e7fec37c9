"""Ruin and recreate: a plan made better by taking neighbouring rides out and putting them back, many times a second.

The search anneals over plans that are always legal, from the plan given: first it gets everybody in, then it does with
fewer vans where a van costs more than the driving it saves, then it drives less. It runs compiled, in short bursts
between which the clock and the caller are asked; what it finds does not depend on how long the bursts are. A budget
that is large for the rides is spent in several cycles, each from the plan given.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from .arrays import Packed, pack
from .breaks import place_breaks
from .plan import Plan
from .pool import TourPool
from .problem import Problem
from .ruin_model import BEST_COST, BEST_LEFT, ITERATION, Model, Search, build_model, build_search
from .ruin_search import load_plan, run

BURST_S = 0.02
"""How long the search runs between two looks at the clock."""
FIRST_BURST = 32
"""Iterations of the first burst."""
KNOBS = (15.0, 10.0, 0.5, 0.01, 1.5, 0.015, 0.3, 0.5, 0.5)
"""See :mod:`solver.ruin_moves`."""
CYCLE = 4_000
"""Iterations for each ride after which to begin anew from the plan given finds more than to go on: a search that has
cooled down stays where it is, and where that is differs by some percent where the tours are tight."""
MOST_CYCLES = 10
RATED_SHARE = 0.03
"""Share of the seconds after which the speed of the search says how many cycles they are good for."""


def ruin_recreate(
    problem: Problem | Packed,
    plan: Plan,
    *,
    iterations: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
    stopwatch: Callable[[], float] = time.monotonic,
    pool: TourPool | None = None,
    knobs: tuple[float, ...] = KNOBS,
) -> Plan:
    """Return a plan that serves the rides of ``plan`` and more, never at a higher cost for the same rides.

    Parameters
    ----------
    problem
        The problem; packed when it is at hand.
    plan
        A plan to start from. A tour that breaks a rule is emptied first.
    iterations, seconds
        What to spend; the first limit that is reached ends the search. With iterations alone the same arguments give
        the same plan.
    seed
        Decides what is taken out, and in which order it is put back.
    should_stop
        Asked every few hundredths of a second.
    stopwatch
        Where the seconds are read from.
    pool
        Takes the good tours that are found.

    Raises
    ------
    ValueError
        When neither iterations nor seconds are given.
    """
    if iterations is None and seconds is None:
        raise ValueError("ruin and recreate needs iterations, seconds or both")
    began_s = stopwatch()
    packed = problem if isinstance(problem, Packed) else pack(problem)
    start = _legal_part(packed, plan)
    if start is None or not packed.problem.rides:
        return plan
    model = build_model(packed, plan)
    search = build_search(model, start, seed)
    if not _load(model, search, packed, start):
        return plan
    tours = TourPool(packed, tours=0) if pool is None else pool
    pace = _Pace(iterations, seconds, len(packed.problem.rides))
    best, burst, values = _Best(packed, search), FIRST_BURST, np.array(knobs)
    while should_stop is None or not should_stop():
        done, spent_s = int(search.state[ITERATION]), stopwatch() - began_s
        if pace.is_over(done, spent_s):
            break
        if pace.begins_anew(done, spent_s):
            best.take()
            _load(model, search, packed, start)
        offset, rate = pace.share(done, spent_s)
        run(model, search, tours.arrays, values, pace.stop_by(done, burst), offset, rate)
        took_s = stopwatch() - began_s - spent_s
        burst = max(1, min(4 * burst, int(burst * BURST_S / max(took_s, 1e-6))))
    best.take()
    if best.plan is None:
        return plan
    tours.add_plan(best.plan)
    return best.plan


class _Best:
    """The best plan of all cycles."""

    def __init__(self, packed: Packed, search: Search) -> None:
        self._packed, self._search = packed, search
        self._key = self._found()
        self.plan: Plan | None = None
        """``None`` as long as nothing is better than what the search began with."""

    def take(self) -> None:
        """Take what the search has found since it began, if that is better."""
        if self._found() < self._key:
            self._key, self.plan = self._found(), _best_plan(self._packed, self._search)

    def _found(self) -> tuple[int, int]:
        return int(self._search.state[BEST_LEFT]), int(self._search.state[BEST_COST])


class _Pace:
    """How far a search is in its budget, and how often it begins anew."""

    def __init__(self, iterations: int | None, seconds: float | None, rides: int) -> None:
        self._iterations, self._seconds, self._rides = iterations, seconds, rides
        self._cycle = 0
        self._cycles = 1 if iterations is None else self._count_cycles(iterations)

    def is_over(self, done: int, spent_s: float) -> bool:
        """Return whether the budget is spent."""
        has_iterated = self._iterations is not None and done >= self._iterations
        return has_iterated or (self._seconds is not None and spent_s >= self._seconds)

    def begins_anew(self, done: int, spent_s: float) -> bool:
        """Return whether a new cycle begins here; asked before each burst."""
        share = self._share(done, spent_s)
        if self._iterations is None and self._cycle == 0 and share >= RATED_SHARE:
            self._cycles = max(self._cycles, self._count_cycles(int(done / share)))
        if self._cycle + 1 == self._cycles:
            return False
        by_time = self._seconds is not None and share * self._cycles >= self._cycle + 1
        by_count = self._iterations is not None and done * self._cycles >= self._iterations * (self._cycle + 1)
        self._cycle += by_time or by_count
        return by_time or by_count

    def share(self, done: int, spent_s: float) -> tuple[float, float]:
        """Return ``offset`` and ``rate``: iteration ``k`` is at the share ``offset + k * rate`` of its cycle."""
        share = self._share(done, spent_s)
        if self._iterations is not None and share <= done / self._iterations:
            return float(-self._cycle), self._cycles / self._iterations
        return share * self._cycles - self._cycle, 0.0

    def stop_by(self, done: int, burst: int) -> int:
        """Return the iteration at which a burst ends: no later than its cycle, where iterations are counted."""
        if self._iterations is None:
            return done + burst
        return min(done + burst, -(-self._iterations * (self._cycle + 1) // self._cycles))

    def _share(self, done: int, spent_s: float) -> float:
        counted = 0.0 if self._iterations is None else done / self._iterations
        return counted if self._seconds is None else max(counted, spent_s / self._seconds)

    def _count_cycles(self, iterations: int) -> int:
        return max(1, min(MOST_CYCLES, iterations // (CYCLE * self._rides)))


def _legal_part(packed: Packed, plan: Plan) -> Plan | None:
    """Return the plan with all its breaks, without the rides of tours that break rules; ``None`` if none is legal."""
    tours = []
    kept = {code // 2 for shift in packed.problem.shifts for code in shift.locked}
    kept |= {number for number, ride in enumerate(packed.problem.rides) if ride.aboard is not None}
    for shift, tour in enumerate(plan.tours):
        legal = place_breaks(packed, shift, tour)
        if legal is None:
            riders = 2 * len(packed.problem.rides)
            legal = place_breaks(packed, shift, [code for code in tour if code >= riders or code // 2 in kept])
        if legal is None:
            return None
        tours.append(legal)
    served = {code // 2 for tour in tours for code in tour}
    return Plan(tuple(tours), tuple(ride for ride in range(len(packed.problem.rides)) if ride not in served))


def _load(model: Model, search: Search, packed: Packed, plan: Plan) -> bool:
    free = packed.tables.free_breaks
    tours = [[code for code in tour if code not in free[shift]] for shift, tour in enumerate(plan.tours)]
    codes = np.array([code for tour in tours for code in tour], dtype=np.int64)
    begins = np.array([0, *map(len, tours)], dtype=np.int64).cumsum()
    return bool(load_plan(model, search, codes, begins))


def _best_plan(packed: Packed, search: Search) -> Plan:
    tours = []
    for shift, count in enumerate(search.best_counts.tolist()):
        tour = place_breaks(packed, shift, search.best_codes[shift, :count].tolist())
        if tour is None:
            raise RuntimeError(f"the search took an illegal tour of shift {shift} for a legal one")
        tours.append(tour)
    served = {code // 2 for tour in tours for code in tour}
    return Plan(tuple(tours), tuple(ride for ride in range(len(packed.problem.rides)) if ride not in served))

"""Ruin and recreate: a plan made better by taking neighbouring rides out and putting them back, many times a second.

The search anneals over plans that are always legal, from the plan given: first it gets everybody in, then it does with
fewer vans where a van costs more than the driving it saves, then it drives less. It runs compiled, in short bursts
between which the clock and the caller are asked; what it finds does not depend on how long the bursts are.
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
from .ruin_model import GAINS, ITERATION, Model, Search, build_model, build_search
from .ruin_search import load_plan, run

BURST_S = 0.02
"""How long the search runs between two looks at the clock."""
FIRST_BURST = 32
"""Iterations of the first burst."""
KNOBS = (15.0, 10.0, 0.5, 0.01, 1.5, 0.015, 0.3)
"""Mean of visits removed, longest string, share of split strings, share of tours overlooked, temperatures, see
:mod:`solver.ruin_moves`."""


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
    values = np.array(knobs, dtype=np.float64)
    burst = FIRST_BURST
    while should_stop is None or not should_stop():
        done, spent_s = int(search.state[ITERATION]), stopwatch() - began_s
        if (iterations is not None and done >= iterations) or (seconds is not None and spent_s >= seconds):
            break
        offset, rate = 0.0, 1.0 / (iterations or 1)
        if seconds is not None:
            share = spent_s / seconds
            if iterations is None or share > done / iterations:
                offset, rate = share, 0.0
        stop = done + burst if iterations is None else min(done + burst, iterations)
        run(model, search, tours.arrays, values, stop, offset, rate)
        took_s = stopwatch() - began_s - spent_s
        burst = max(1, min(4 * burst, int(burst * BURST_S / max(took_s, 1e-6))))
    if search.state[GAINS] == 0:
        return plan
    found = _best_plan(packed, search)
    tours.add_plan(found)
    return found


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

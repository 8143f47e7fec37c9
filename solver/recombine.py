"""The best plan that the tours of a pool make together: set covering with OR-Tools CP-SAT.

Searches by ruin and recreate leave many good tours behind, and the best of them seldom stand in one plan (Subramanian,
Uchoa and Ochi, *A hybrid algorithm for a class of vehicle routing problems*, 2013; for dial-a-ride Malheiros et al.,
2021). Choosing among them is a set covering: each ride in at least one tour, at most one tour for each shift. A ride
that several tours cover is dropped from all but one, which keeps them legal and makes them no dearer as long as the
triangle inequality holds.

The linear relaxation, solved first, tells what each tour can still bring at best (its reduced cost). Only the tours
that could be part of a better plan, and of these the most promising, are handed to CP-SAT: a tenth of the pool, as a
rule, in a tenth of the time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from .arrays import Ints, Mask
from .cost import plan_cost, tour_cost
from .insertion import without_ride
from .plan import Plan
from .pool import COST, KEY, KIND, LENGTH, STAMP, TourPool

MOST_TOURS = 6_000
"""How many tours of the pool, the newest, are looked at: what the linear relaxation solves in a third of a second."""
CORE_TOURS = 1_500
"""How many of them CP-SAT chooses from."""
WATCH_S = 0.05
"""How often is asked whether to stop (s)."""
DETERMINISTIC_S = 0.5
"""Effort of CP-SAT in its own unit, about a second; the same on every machine."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Choice:
    """The tours to choose from."""

    kinds: Ints
    """For each tour, its kind of shift."""
    costs: Ints
    tours: Sequence[tuple[int, ...]]
    covers: csr_array[np.float64]
    """Shape (rides, tours): 1 where the tour serves the ride."""
    running: Mask
    """The tours of the plan at hand."""
    shifts: Ints
    """For each kind, how many shifts there are."""
    can_idle: Mask
    """For each kind, whether its shifts can do without riders."""
    penalties: Floats
    """For each ride, what leaving it unserved costs; infinite for rides that are served now."""


def recombine(
    plan: Plan,
    pool: TourPool,
    *,
    seconds: float | None = None,
    seed: int = 0,
    is_over: Callable[[], bool] | None = None,
) -> Plan | None:
    """Return the best plan that the tours of ``pool`` and ``plan`` make together, or ``None`` when none is better.

    Fewer unserved rides come before less cost; rides that ``plan`` serves stay served. Without ``seconds`` the same
    arguments give the same plan.

    Parameters
    ----------
    plan
        A legal plan of the pool's problem; its tours are put into the pool.
    seconds
        Wall time that may be spent, besides a limit to the effort that always holds.
    is_over
        Asked now and then; the choice ends when it returns true.
    """
    pool.add_plan(plan)
    if not len(pool):
        return None
    choice = _read_pool(plan, pool)
    bound, reduced = _relax(choice, seconds)
    before = _objective(choice, plan, plan_cost(pool.packed.problem, plan))
    if bound > before - 1 + 1e-6:
        return None
    could_help = reduced <= before - bound
    core = np.argsort(reduced, kind="stable")[:CORE_TOURS]
    core = np.union1d(core[could_help[core]], np.flatnonzero(choice.running))
    chosen = _choose(choice, core, seconds, seed, is_over)
    return None if chosen is None else _build_plan(plan, pool, choice, chosen)


def _read_pool(plan: Plan, pool: TourPool) -> _Choice:
    """Return the newest tours of the pool, those of the plan among them."""
    problem, arrays = pool.packed.problem, pool.arrays
    known = np.flatnonzero(arrays.heads[:, KIND] >= 0)
    running = np.isin(arrays.heads[known, KEY], [_key(pool, shift, tour) for shift, tour in enumerate(plan.tours)])
    rank = arrays.heads[known, STAMP] + running * arrays.clock[0]
    newest = np.sort(np.argsort(rank, kind="stable")[-MOST_TOURS:])
    known, running = known[newest], running[newest]
    codes, lengths = arrays.codes[known], arrays.heads[known, LENGTH]
    within = np.arange(codes.shape[1]) < lengths[:, None]
    number, place = np.nonzero(within & (codes % 2 == 1) & (codes < 2 * len(problem.rides)))
    rides = codes[number, place] // 2
    covers = csr_array((np.ones(len(rides)), (rides, number)), shape=(len(problem.rides), len(known)))
    kinds = 1 + max(pool.kinds)
    shifts = np.bincount(pool.kinds, minlength=kinds)
    idle = [pool.place(shift, problem.shifts[shift].locked) is not None for shift in range(len(problem.shifts))]
    can_idle = np.bincount(pool.kinds, weights=idle, minlength=kinds) == shifts
    costs = arrays.heads[known, COST]
    penalties = np.full(len(problem.rides), np.inf)
    penalties[list(plan.unserved)] = 1 + costs[running].sum() + costs.max(initial=0) * len(problem.shifts)
    tours = [tuple(row[:length].tolist()) for row, length in zip(codes, lengths.tolist(), strict=True)]
    return _Choice(arrays.heads[known, KIND], costs, tours, covers, running, shifts, can_idle, penalties)


def _key(pool: TourPool, shift: int, tour: Sequence[int]) -> int:
    """Return the key of a tour's rides and kind in the pool."""
    key = pool.kinds[shift] + 1
    for code in tour:
        if code % 2 == 1 and code // 2 < len(pool.arrays.ride_keys):
            key ^= int(pool.arrays.ride_keys[code // 2])
    return key


def _objective(choice: _Choice, plan: Plan, cost: int) -> float:
    return cost + float(choice.penalties[list(plan.unserved)].sum())


def _relax(choice: _Choice, seconds: float | None) -> tuple[float, Floats]:
    """Return a lower bound of the objective and the reduced cost of each tour; an infinite bound when there is none."""
    rides, tours = choice.covers.shape
    open_rides = np.flatnonzero(np.isfinite(choice.penalties))
    kinds = csr_array((np.ones(tours), (choice.kinds, np.arange(tours))), shape=(len(choice.shifts), tours))
    refuse = eye_array(rides, format="csr")[:, open_rides]
    nothing = csr_array((len(choice.shifts), len(open_rides)))
    rows = vstack(
        [hstack([-choice.covers, -refuse]), hstack([kinds, nothing]), hstack([-kinds, nothing])], format="csr"
    )
    limits = np.concatenate([np.full(rides, -1), choice.shifts, np.where(choice.can_idle, 0, -choice.shifts)])
    costs = np.concatenate([choice.costs, choice.penalties[open_rides]])
    options: Any = {} if seconds is None else {"time_limit": seconds}
    found = linprog(costs, A_ub=cast("Any", rows), b_ub=limits, method="highs-ds", options=options)
    if found.status != 0 or found.fun is None:
        return np.inf, np.zeros(tours)
    return float(found.fun), (costs - rows.T @ found.ineqlin.marginals)[:tours]


@contextmanager
def _watched(solver: cp_model.CpSolver, is_over: Callable[[], bool] | None) -> Iterator[None]:
    """End the search of ``solver`` soon after ``is_over`` begins to return true."""
    ended = threading.Event()

    def watch(asks: Callable[[], bool]) -> None:
        while not ended.wait(WATCH_S):
            if asks():
                solver.stop_search()

    watcher = None if is_over is None else threading.Thread(target=watch, args=(is_over,), daemon=True)
    if watcher is not None:
        watcher.start()
    try:
        yield
    finally:
        ended.set()
        if watcher is not None:
            watcher.join()


def _choose(
    choice: _Choice, core: Ints, seconds: float | None, seed: int, is_over: Callable[[], bool] | None
) -> Ints | None:
    """Return the numbers of the tours of the best cover by ``core``; ``None`` when nothing better was found."""
    model = cp_model.CpModel()
    used = [model.new_bool_var("") for _ in core]
    refused = {ride: model.new_bool_var("") for ride in np.flatnonzero(np.isfinite(choice.penalties)).tolist()}
    covers = choice.covers[:, core]
    for ride in range(covers.shape[0]):
        by = covers.indices[covers.indptr[ride] : covers.indptr[ride + 1]]
        model.add_bool_or(*(used[n] for n in by), *([refused[ride]] if ride in refused else []))
    for kind, shifts in enumerate(choice.shifts.tolist()):
        of_kind = [used[n] for n in np.flatnonzero(choice.kinds[core] == kind)]
        model.add_linear_constraint(sum(of_kind), 0 if choice.can_idle[kind] else shifts, shifts)
    for variable, runs in zip(used, choice.running[core].tolist(), strict=True):
        model.add_hint(variable, runs)
    for variable in refused.values():
        model.add_hint(variable, True)
    terms = [variable * int(cost) for variable, cost in zip(used, choice.costs[core].tolist(), strict=True)]
    terms += [variable * int(choice.penalties[ride]) for ride, variable in refused.items()]
    model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.linearization_level = 2
    solver.parameters.cp_model_presolve = False
    solver.parameters.max_deterministic_time = DETERMINISTIC_S
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    with _watched(solver, is_over):
        status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return core[[solver.boolean_value(variable) for variable in used]]


def _build_plan(plan: Plan, pool: TourPool, choice: _Choice, chosen: Ints) -> Plan | None:
    """Return the plan of the chosen tours with every ride in one; ``None`` when a shift cannot drive its own."""
    problem = pool.packed.problem
    orders = [shift.locked for shift in problem.shifts]
    for shift, tour in _hand_out(plan, pool, choice, chosen):
        orders[shift] = tour
    for ride in _covered_twice(orders, len(problem.rides)):
        _keep_cheapest(pool, orders, ride)
    placed = [
        tour if tour == old else pool.place(shift, tour)
        for shift, (tour, old) in enumerate(zip(orders, plan.tours, strict=True))
    ]
    tours = tuple(tour for tour in placed if tour is not None)
    served = {code // 2 for code in chain.from_iterable(tours) if code % 2 == 1}
    if len(tours) < len(placed):
        return None
    return Plan(tours, tuple(ride for ride in range(len(problem.rides)) if ride not in served))


def _hand_out(plan: Plan, pool: TourPool, choice: _Choice, chosen: Ints) -> list[tuple[int, tuple[int, ...]]]:
    """Return each chosen tour with a shift of its kind, where possible the one that serves most of its riders now."""
    pairs = [
        (-len(set(choice.tours[number]) & set(plan.tours[shift])), number, shift)
        for number in chosen.tolist()
        for shift in pool.shifts_of(int(choice.kinds[number]))
    ]
    handed: dict[int, int] = {}
    given = set()
    for _, number, shift in sorted(pairs):
        if shift not in handed and number not in given:
            handed[shift] = number
            given.add(number)
    return [(shift, choice.tours[number]) for shift, number in handed.items()]


def _covered_twice(orders: Sequence[tuple[int, ...]], rides: int) -> list[int]:
    """Return the rides whose drop-off stands in several tours."""
    codes = np.array([code for tour in orders for code in tour if code % 2 == 1 and code < 2 * rides], dtype=np.int64)
    return np.flatnonzero(np.bincount(codes // 2, minlength=rides) > 1).tolist()


def _keep_cheapest(pool: TourPool, orders: list[tuple[int, ...]], ride: int) -> None:
    """Take a ride out of all tours but the one that would save least by it, in place."""
    problem = pool.packed.problem
    saved = {}
    for shift, tour in enumerate(orders):
        if 2 * ride + 1 in tour:
            saved[shift] = tour_cost(problem, shift, tour) - tour_cost(problem, shift, without_ride(tour, ride))
    for shift in sorted(saved, key=lambda shift: (saved[shift], shift))[1:]:
        orders[shift] = without_ride(orders[shift], ride)

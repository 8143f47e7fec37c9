"""Improve a whole day: a job for a worker process, and what it found brought onto the day as it is by then."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning.board import Board
from rufbus.dispatch.planning.calls import OrderedCall, Timed, ordered_call, tour_loads, with_times
from rufbus.dispatch.planning.views import break_numbers
from rufbus.domain.clock_time import to_local
from rufbus.domain.fleet import Shift
from rufbus.domain.tour import CallKind
from solver.check import violations
from solver.cost import plan_cost, tour_cost
from solver.improve import improve_plan, warm_up_engines
from solver.insertion import NEW_DROPOFF, NEW_PICKUP, candidate_insertions
from solver.insertion import warm_up as warm_up_kernels
from solver.plan import Budget, Plan
from solver.problem import Problem


@dataclass(frozen=True, slots=True)
class ImproveJob:
    """A problem with its plan, small enough to send to a worker process."""

    problem: Problem
    plan: Plan
    seconds: float
    seed: int
    engine: str
    iterations: int = 0
    """Most iterations of an engine; 0 sets no limit."""


@dataclass(frozen=True, slots=True)
class ImproveResult:
    """What a worker found: the order of legs and breaks per shift."""

    plan: Plan
    cost_before_s: int
    cost_after_s: int


Order = dict[str, tuple[OrderedCall, ...]]
"""Proposed order of the coming calls, by shift id."""


def make_job(board: Board, *, seconds: float, seed: int) -> ImproveJob:
    """Return the improvement job of a board, over just the places it uses."""
    problem = _compact(board.problem)
    rules = board.desk.service.solver
    return ImproveJob(problem, board.plan, seconds, seed, rules.engine, rules.improve_iterations)


def warm_up(desk: Desk) -> None:
    """Compile the kernels and lay out the travel times before the first rider waits for them."""
    warm_up_kernels()
    desk.travel_s_on(to_local(desk.clock.now(), desk.service.zone).date().isoformat())


def run_job(job: ImproveJob) -> ImproveResult:
    """Improve a plan; runs in a worker process, whose kernels are made ready before the time counts."""
    warm_up_engines()
    budget, threads = Budget(seconds=job.seconds), _cores()
    if job.iterations:
        budget, threads = replace(budget, iterations=job.iterations), 1
    found = improve_plan(job.problem, job.plan, budget, job.seed, job.engine, threads=threads)
    return ImproveResult(found.plan, found.cost_before, found.cost_after)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def order_of(board: Board, plan: Plan) -> Order:
    """Return a plan of the board's problem as an order that survives renumbering."""
    return {
        view.shift.id: tuple(ordered_call(board, number, code) for code in plan.tours[number])
        for number, view in enumerate(board.views)
    }


def rebase(board: Board, order: Order) -> Plan | None:
    """Return ``order`` as a plan of ``board``, which may be newer than the one the order was made for.

    What has been done or cancelled since is left out; rides that came since are inserted. Returns ``None`` when that is
    not possible without breaking a promise or a fixed stop, or is no longer cheaper than the running plan.
    """
    legs = {leg_id: number for number, leg_id in enumerate(board.leg_ids)}
    shift_of_aboard = {n: ride.aboard.shift for n, ride in enumerate(board.problem.rides) if ride.aboard is not None}
    tours: list[tuple[int, ...]] = []
    seen: set[int] = set()
    for number, view in enumerate(board.views):
        codes = [c for call in order.get(view.shift.id, ()) if (c := _code(board, number, call, legs)) is not None]
        codes = [c for c in codes if c not in seen and _belongs(board, c, number, shift_of_aboard)]
        seen.update(codes)
        tours.append(tuple(codes))
    plan = _complete(board, tours, seen)
    if plan is None or violations(board.problem, plan):
        return None
    return plan if plan_cost(board.problem, plan) < plan_cost(board.problem, board.plan) else None


def keep_worthwhile(board: Board, plan: Plan, min_gain_s: int, is_listed: Callable[[Shift], bool]) -> Plan:
    """Return ``plan`` without those of its changes that save too little for the stop lists that they change.

    Tours that change riders among each other change together or not at all; whether others do makes no difference to
    them. Each such group must save vehicle time, and ``min_gain_s`` (s) for each of its tours that ``is_listed``.
    """
    for group in _groups(board, plan):
        before, after = (
            sum(tour_cost(board.problem, number, each.tours[number]) for number in group) for each in (board.plan, plan)
        )
        lists = sum(is_listed(board.views[number].shift) for number in group)
        if before - after < max(min_gain_s * lists, 1):
            for number in group:
                plan = plan.with_tour(number, board.plan.tours[number])
    return plan


def _groups(board: Board, plan: Plan) -> list[list[int]]:
    """Return the numbers of the tours that differ from the running plan, those together that change riders."""
    changed = [number for number, tour in enumerate(plan.tours) if tour != board.plan.tours[number]]
    first_with: dict[int, int] = {}
    group_of = {number: number for number in changed}
    for number in changed:
        for code in (*board.plan.tours[number], *plan.tours[number]):
            if code < 2 * len(board.problem.rides):
                joined = first_with.setdefault(code // 2, number)
                old, new = group_of[number], group_of[joined]
                group_of = {each: new if group == old else group for each, group in group_of.items()}
    return [[number for number in changed if group_of[number] == group] for group in dict.fromkeys(group_of.values())]


def changed_tours(board: Board, plan: Plan) -> list[Timed]:
    """Return the tours that differ from the running plan, with their new times."""
    changed = []
    for number, view in enumerate(board.views):
        if plan.tours[number] != board.plan.tours[number]:
            tour = replace(view.tour, calls=with_times(board, number, plan.tours[number]))
            changed.append(Timed(tour, frozenset(), tour_loads(board.desk, tour, board.day.legs)))
    return changed


def _code(board: Board, number: int, call: OrderedCall, legs: Mapping[str, int]) -> int | None:
    """Return the visit code of a proposed call in this board, or ``None`` when it is not to come any more."""
    if call.kind is CallKind.BREAK:
        numbers = break_numbers(board.views[number])
        if call.break_number not in numbers:
            return None
        return board.problem.break_codes[number][numbers.index(call.break_number)]
    ride = legs.get(call.leg_id or "")
    if ride is None:
        return None
    if call.kind is CallKind.PICKUP and board.problem.rides[ride].aboard is not None:
        return None
    return 2 * ride + (call.kind is CallKind.DROPOFF)


def _belongs(board: Board, code: int, number: int, shift_of_aboard: Mapping[int, int]) -> bool:
    """Return whether a visit may stand in a shift: who is aboard stays aboard."""
    if code >= 2 * len(board.leg_ids):
        return True
    return shift_of_aboard.get(code // 2, number) == number


def _complete(board: Board, tours: list[tuple[int, ...]], seen: set[int]) -> Plan | None:
    """Return the tours with everything inserted that came since, or ``None``."""
    tours = list(tours)
    for number, codes in enumerate(board.problem.break_codes):
        if set(codes) - seen:
            tours[number] = board.plan.tours[number]  # a break the order does not know: keep the running tour
    placed = [code for tour in tours for code in tour]
    missing = [
        ride
        for ride in range(len(board.leg_ids))
        if 2 * ride + 1 not in placed and board.problem.rides[ride].aboard is None
    ]
    if len(placed) != len(set(placed)):
        return None
    plan = Plan(tuple(tours), tuple(missing))
    for ride in missing:
        found = candidate_insertions(board.packed, plan, [board.problem.rides[ride]])[0]
        if not found:
            return None
        renamed = tuple({NEW_PICKUP: 2 * ride, NEW_DROPOFF: 2 * ride + 1}.get(code, code) for code in found[0].tour)
        plan = plan.with_tour(found[0].shift, renamed)
    return Plan(plan.tours)


def _compact(problem: Problem) -> Problem:
    """Return the same problem over only the places that it uses; places that are equal in all times become one.

    Vans of one depot are then of one kind to the solver, which may hand any of them the other's tour.
    """
    ends = [place for ride in problem.rides for place in (ride.pickup, ride.dropoff)]
    ends += [place for shift in problem.shifts for place in (shift.start, shift.end)]
    used = np.unique(np.array(ends, dtype=np.intp))
    times = problem.travel_s[np.ix_(used, used)]
    _, first, number = np.unique(np.hstack([times, times.T]), axis=0, return_index=True, return_inverse=True)
    new = dict(zip(used.tolist(), number.reshape(-1).tolist(), strict=True))
    rides = tuple(replace(ride, pickup=new[ride.pickup], dropoff=new[ride.dropoff]) for ride in problem.rides)
    shifts = tuple(replace(shift, start=new[shift.start], end=new[shift.end]) for shift in problem.shifts)
    return Problem(np.ascontiguousarray(times[np.ix_(first, first)]), rides, shifts)

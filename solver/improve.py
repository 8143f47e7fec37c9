"""Make a plan better within a budget, and never worse.

Engines are tried in turn, each from the best plan so far: first ``reinsert``, which is quick and always stays legal,
then the engine asked for. What an engine returns is only a proposal: the checker judges it, and a plan that breaks a
rule, drops a ride that was served or costs more is dropped. An engine that fails costs nothing but its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Packed, pack
from .check import violations
from .cost import plan_cost, tour_cost
from .insertion import cheapest_insertions, with_insertion, without_rides
from .plan import Budget, Plan, Violation
from .problem import Problem, dropoff_of
from .routing_model import check_plan, serves_more_or_costs_less, solve_routing

FIRST_SHARE = 1 / 3
"""Share of a round's seconds that ``reinsert`` may use before another engine."""
SEARCH_SHARE = 0.97
"""Share of the seconds that is used up when the last search ends; ``reinsert`` has the rest."""
ROUND_S = 4.0
"""Seconds of one round; a new round starts from the best plan, in another order and with breaks where they are then."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one engine may spend."""

    iterations: int | None
    seed: int
    asked_to_stop: Callable[[], bool]
    ends_at_s: float | None
    """When the seconds are used up, on the axis of ``stopwatch``."""
    stopwatch: Callable[[], float] = time.monotonic

    @property
    def left_s(self) -> float | None:
        """Seconds that are left; ``None`` without such a limit."""
        return None if self.ends_at_s is None else max(0.0, self.ends_at_s - self.stopwatch())

    def is_spent(self, iterations: int = 0) -> bool:
        """Return whether to stop after so many iterations."""
        has_iterated = self.iterations is not None and iterations >= self.iterations
        return has_iterated or self.left_s == 0.0 or self.asked_to_stop()


Engine = Callable[[Problem, Plan, Effort], Plan | None]
"""Proposes a better plan, or ``None``. Must come back when its effort is spent."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """What became of a plan."""

    plan: Plan
    """The best plan; the one given when nothing better was found."""
    cost_before: int
    cost_after: int
    engine: str | None
    """The engine that found ``plan``; ``None`` when it is the one given."""
    seconds: float
    """Wall time spent (s)."""
    rejected: tuple[Violation, ...] = ()
    """Rules broken by what engines proposed."""
    failed: tuple[str, ...] = ()
    """A sentence per engine that raised an error."""


def improve_plan(
    problem: Problem,
    plan: Plan,
    budget: Budget,
    seed: int = 0,
    engine: str = "or-tools",
    should_stop: Callable[[], bool] | None = None,
) -> Improvement:
    """Return a plan that serves the same rides and more, at no higher cost for the same rides.

    More rides served come before less cost. A plan that breaks rules gives way to any that breaks none and serves its
    rides; when there is none it comes back as it is.

    Parameters
    ----------
    budget
        ``seconds`` of wall time in all; ``iterations`` for each engine: rides tried by ``reinsert``, solutions accepted
        by ``or-tools``. With iterations alone the same arguments give the same plan.
    seed
        Decides the order in which rides are tried.
    engine
        Name of one of ``ENGINES``.
    should_stop
        Asked now and then; when it returns true, the best plan so far is returned.

    Raises
    ------
    ValueError
        When there is no such engine.
    ProblemError
        When ``plan`` cannot belong to ``problem``.
    """
    if engine not in ENGINES:
        raise ValueError(f"there is no engine {engine!r}: choose one of {', '.join(sorted(ENGINES))}")
    check_plan(problem, plan)
    contest = _Contest(problem, plan)
    started_s = time.monotonic()
    for number, (name, share) in enumerate(_turns(engine, budget)):
        ends_at_s = None if budget.seconds is None else started_s + share * budget.seconds
        effort = Effort(budget.iterations, seed + number, should_stop or _never, ends_at_s)
        if effort.is_spent():
            break
        contest.try_engine(name, effort)
    return contest.close(time.monotonic() - started_s)


def _turns(engine: str, budget: Budget) -> list[tuple[str, float]]:
    """Return the engines in turn, each with the share of the seconds that may be used up when it ends."""
    if engine == FIRST_ENGINE:
        return [(engine, 1.0)]
    rounds = 1 if budget.seconds is None else max(1, int(budget.seconds / ROUND_S))
    turns = []
    for number in range(rounds):
        turns += [(FIRST_ENGINE, (number + FIRST_SHARE) / rounds), (engine, SEARCH_SHARE * (number + 1) / rounds)]
    return [*turns, (FIRST_ENGINE, 1.0)]


class _Contest:
    """The best plan so far, and what happened to the others."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.given = plan
        self.best = plan
        self.winner: str | None = None
        self.is_clean = not violations(problem, plan)
        self.rejected: list[Violation] = []
        self.failed: list[str] = []

    def try_engine(self, name: str, effort: Effort) -> None:
        """Run one engine; keep what it proposes if that is right and better."""
        try:
            proposed = ENGINES[name](self.problem, self.best, effort)
            if proposed is not None and self._is_better(proposed):
                self.best, self.winner, self.is_clean = proposed, name, True
        except Exception as error:  # noqa: BLE001 - an engine's fault must not cost the plan
            self.failed.append(f"{name} failed with {type(error).__name__}: {error}")

    def close(self, seconds: float) -> Improvement:
        """Return the outcome."""
        return Improvement(
            self.best,
            plan_cost(self.problem, self.given),
            plan_cost(self.problem, self.best),
            self.winner,
            seconds,
            tuple(self.rejected),
            tuple(self.failed),
        )

    def _is_better(self, proposed: Plan) -> bool:
        faults = (*violations(self.problem, proposed), *_dropped_rides(self.problem, self.given, proposed))
        self.rejected += faults
        if faults:
            return False
        return not self.is_clean or serves_more_or_costs_less(self.problem, proposed, self.best)


def _dropped_rides(problem: Problem, given: Plan, proposed: Plan) -> list[Violation]:
    """Return a violation for each ride that the given plan serves and the proposed one does not."""
    visited = {code for tour in given.tours for code in tour}
    return [
        Violation("dropped-ride", None, None, f"Ride {ride} was served and would not be any more.")
        for ride in sorted(set(proposed.unserved) & set(range(len(problem.rides))))
        if dropoff_of(ride) in visited
    ]


def _never() -> bool:
    return False


def reinsert(problem: Problem, plan: Plan, effort: Effort) -> Plan:
    """Take each ride out and put it back where it costs least, then all rides of each tour, until nothing gains.

    Rides that nobody serves yet are taken in first. Rides aboard and rides with a locked visit keep their places.
    """
    packed = pack(problem)
    locked = {code // 2 for shift in problem.shifts for code in shift.locked}
    order = np.random.default_rng(effort.seed).permutation(len(problem.rides)).tolist()
    free = [ride for ride in order if problem.rides[ride].aboard is None and ride not in locked]
    free.sort(key=lambda ride: ride not in plan.unserved)
    groups = len(free) + len(problem.shifts)
    tried, since_gain = 0, 0
    while since_gain < groups and not effort.is_spent(tried):
        turn = tried % groups
        rides = free[turn : turn + 1]
        if turn >= len(free):
            rides = [ride for ride in free if dropoff_of(ride) in plan.tours[turn - len(free)]]
        moved = _move(packed, plan, rides)
        tried, since_gain = tried + 1, 0 if moved else since_gain + 1
        plan = moved or plan
    return plan


def _move(packed: Packed, plan: Plan, rides: Sequence[int]) -> Plan | None:
    """Return the plan with each of ``rides`` at its cheapest place, or ``None`` when that gains nothing."""
    moved = without_rides(plan, rides)
    saved = sum(
        tour_cost(packed.problem, shift, before) - tour_cost(packed.problem, shift, after)
        for shift, (before, after) in enumerate(zip(plan.tours, moved.tours, strict=True))
        if before != after
    )
    for ride in rides:
        found = cheapest_insertions(packed, moved, ride)
        if not found:
            return None
        saved -= found[0].cost
        moved = with_insertion(moved, ride, found[0])
    return moved if saved > 0 or len(moved.unserved) < len(plan.unserved) else None


def search_routes(problem: Problem, plan: Plan, effort: Effort) -> Plan | None:
    """Search with OR-Tools (see :mod:`.routing_model`)."""
    return solve_routing(
        problem,
        plan,
        seconds=effort.left_s,
        iterations=effort.iterations,
        seed=effort.seed,
        should_stop=effort.asked_to_stop,
    )


ENGINES: Mapping[str, Engine] = {"reinsert": reinsert, "or-tools": search_routes}
"""The engines by name."""
FIRST_ENGINE = "reinsert"
"""The engine that every other one starts after."""

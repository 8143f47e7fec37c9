"""The best plan so far, and the judge between it and what engines propose.

What an engine returns is only a proposal: the checker judges it, and a plan that breaks a rule, drops a ride that was
served or costs more is dropped. An engine that fails costs nothing but its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .arrays import Packed, pack
from .check import violations
from .cost import plan_cost
from .plan import Plan, Violation
from .pool import TourPool
from .problem import Problem, dropoff_of
from .routing_model import serves_more_or_costs_less


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


@dataclass(frozen=True, slots=True)
class Ground:
    """What the engines of one improvement share."""

    packed: Packed
    pool: TourPool
    """All good tours that any engine came by."""
    threads: int = 1
    """How many searches may run side by side."""

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.packed.problem


def make_ground(problem: Problem, threads: int = 1) -> Ground:
    """Return the ground of a problem, with an empty pool."""
    packed = pack(problem)
    return Ground(packed, TourPool(packed), threads)


Engine = Callable[[Ground, Plan, Effort], Plan | None]
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


class Contest:
    """The best plan so far, and what happened to the others."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.given = plan
        self.best = plan
        self.winner: str | None = None
        self.is_clean = not violations(problem, plan)
        self.rejected: list[Violation] = []
        self.failed: list[str] = []

    def try_engine(self, name: str, engine: Engine, ground: Ground, effort: Effort) -> None:
        """Run one engine; keep what it proposes if that is right and better."""
        try:
            proposed = engine(ground, self.best, effort)
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
        if self.is_clean and proposed == self.best:
            return False
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

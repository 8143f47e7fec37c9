"""Solve one instance through the door that the dispatcher uses, and judge the answer twice."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rufbus.bench.best_known import Best
from rufbus.bench.instances.draft import Node
from rufbus.bench.instances.instance import Instance
from rufbus.bench.recompute import recompute
from solver.arrays import pack
from solver.check import violations
from solver.improve import Improvement, improve_plan
from solver.insertion import cheapest_insertions, pack_plan, repack_plan, with_insertion
from solver.plan import Budget, Plan
from solver.problem import Problem


@dataclass(frozen=True, slots=True)
class Effort:
    """What may be spent on each instance."""

    engine: str
    seconds: float | None
    iterations: int | None
    seed: int
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What somebody made of an instance, in the numbers of its file."""

    routes: list[list[int]]
    unserved: list[int]
    """Nodes of requests that are in no route."""
    cost: float
    """Recomputed from the file."""
    vehicles: int
    wall_s: float
    iterations: int | None = None
    faults: tuple[str, ...] = ()
    """What the checker and the recomputation object to; empty when all is right."""
    notes: tuple[str, ...] = ()
    """What went wrong on the way and cost nothing but time."""
    more: Mapping[str, Any] = field(default_factory=dict)

    def gap(self, best: Best | None) -> float | None:
        """Return by what share the cost is above the best known, where that can be said."""
        return None if best is None or self.unserved or self.faults else best.gap(self.cost, self.vehicles)

    def to_text(self, *, with_fleet: bool) -> str:
        """Return vehicles, where they count, and cost; or what is wrong."""
        if self.faults:
            return f"broken: {self.faults[0]}"
        if self.unserved:
            return f"{self.cost:,.2f}, {len(self.unserved) // 2} unserved"
        return f"{self.vehicles} / {self.cost:,.2f}" if with_fleet else f"{self.cost:,.2f}"


def insert_all(problem: Problem) -> Plan:
    """Return a plan by cheapest insertion, the rides whose drop-off closes first first."""
    plan = Plan(((),) * len(problem.shifts), tuple(range(len(problem.rides))))
    state = pack_plan(pack(problem), plan)
    order = sorted(plan.unserved, key=lambda ride: (problem.rides[ride].dropoff_window.latest, ride))
    for ride in order:
        found = cheapest_insertions(state.packed, state, ride)
        if found:
            plan = with_insertion(plan, ride, found[0])
            state = repack_plan(state, plan)
    return plan


def solve(instance: Instance, effort: Effort) -> Outcome:
    """Insert every ride, improve within the effort, and judge the outcome.

    The seconds count from the first insertion on; reading the file and compiling kernels are outside.
    """
    started_s = time.perf_counter()
    plan = insert_all(instance.problem)
    seconds = effort.seconds
    if seconds is not None:
        seconds = max(0.05, seconds - (time.perf_counter() - started_s))
    found = improve(instance.problem, plan, replace(effort, seconds=seconds))
    wall_s = time.perf_counter() - started_s
    return judge(instance, found.plan, wall_s, effort.iterations, notes=found.failed)


def improve(problem: Problem, plan: Plan, effort: Effort) -> Improvement:
    """Improve a plan as the dispatcher does."""
    budget = Budget(effort.seconds, effort.iterations)
    return improve_plan(problem, plan, budget, effort.seed, effort.engine, threads=effort.threads)


def judge(
    instance: Instance, plan: Plan, wall_s: float, iterations: int | None = None, notes: Sequence[str] = ()
) -> Outcome:
    """Return the outcome that a plan is, with what the checker and the recomputation from the file object to."""
    faults = [violation.detail for violation in violations(instance.problem, plan)]
    routes = instance.to_routes(plan)
    unserved = [node.number for ride in plan.unserved for node in _ends(instance, ride)]
    again = recompute(instance.draft.path, routes, unserved=unserved)
    return Outcome(
        routes,
        unserved,
        again.cost,
        again.vehicles,
        wall_s,
        iterations,
        (*faults, *again.faults),
        tuple(notes),
    )


def _ends(instance: Instance, ride: int) -> tuple[Node, Node]:
    pair = instance.draft.pairs[ride]
    return pair.pickup, pair.dropoff

"""Re-optimise a rural day: what the portfolio saves over pure insertion, and what OR-Tools does from the same plan.

``compare_parts`` tells what each part of the portfolio adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rufbus.bench.figures import Row, Sample
from rufbus.bench.rural_day import RuralDay
from solver.check import violations
from solver.cost import plan_cost
from solver.improve import improve_plan, warm_up_engines
from solver.plan import Budget, Plan
from solver.routing_model import solve_routing

LEAST_SAVING = 15.0
"""Vehicle time that the improvement is to save over pure insertion (%)."""
LEAST_RATIO = 5.0
"""How many times what OR-Tools saves, warm, in the same time."""
OR_TOOLS = "or-tools, warm"


@dataclass(frozen=True, slots=True)
class Saving:
    """What one solver made of one day."""

    percent: float
    """Vehicle time saved, of that of pure insertion (%)."""
    broken: int
    """Rules that the new plan breaks: promises, hours, seats, and whatever else the checker knows."""


Solver = Callable[[RuralDay, float, int], Plan | None]
"""Improves the plan of a day within seconds, from a seed."""


def compare_engines(days: Iterable[RuralDay], seconds: float, threads: int = 1) -> list[Row]:
    """Return one row on savings and one on broken rules, for the portfolio beside OR-Tools on each of ``days``."""
    warm_up_engines()
    solvers = {"ours": portfolio(threads), OR_TOOLS: or_tools}
    found: dict[str, list[Saving]] = {name: [] for name in solvers}
    for seed, day in enumerate(days):
        for name, solver in solvers.items():
            found[name].append(run(solver, day, seconds, seed))
    return to_rows(found, seconds)


def run(solver: Solver, day: RuralDay, seconds: float, seed: int) -> Saving:
    """Return what a solver makes of a day; no plan is no saving."""
    plan = solver(day, seconds, seed) or day.plan
    before, after = plan_cost(day.problem, day.plan), plan_cost(day.problem, plan)
    return Saving(100 * (before - after) / before, len(violations(day.problem, plan)) + len(plan.unserved))


def portfolio(threads: int) -> Solver:
    """Return the solver that the dispatcher uses by default."""

    def solve(day: RuralDay, seconds: float, seed: int) -> Plan:
        return improve_plan(day.problem, day.plan, Budget(seconds=seconds), seed=seed, threads=threads).plan

    return solve


def or_tools(day: RuralDay, seconds: float, seed: int) -> Plan | None:
    """Improve with the OR-Tools routing model alone, from the same plan."""
    return solve_routing(day.problem, day.plan, seconds=seconds, seed=seed)


def to_rows(found: dict[str, list[Saving]], seconds: float) -> list[Row]:
    """Return the rows of the table."""
    ours, theirs = (Sample(tuple(each.percent for each in savings), "%") for savings in _both(found))
    times = ours.median / theirs.median if theirs.median > 0 else float("inf")
    broken = {name: f"{sum(each.broken for each in savings)} broken" for name, savings in found.items()}
    return [
        Row(
            f"vehicle time saved in {seconds:g} s over pure insertion",
            ours,
            {OR_TOOLS: theirs},
            f"{times:.2f} ×",
            f"≥ {LEAST_SAVING:g} %, ≥ {LEAST_RATIO:g} ×",
            ours.median >= LEAST_SAVING and times >= LEAST_RATIO,
        ),
        Row(
            "promises and other rules, by the checker",
            broken["ours"],
            {OR_TOOLS: broken[OR_TOOLS]},
            aim="0 broken",
            is_met=broken["ours"] == "0 broken",
        ),
    ]


def _both(found: dict[str, list[Saving]]) -> Sequence[list[Saving]]:
    return found["ours"], found[OR_TOOLS]

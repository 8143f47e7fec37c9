"""What a planner could have made of a day who knew every wish before the first van left.

Every wish becomes one ride whose window spans all the offers that would have counted as wished; the vans start from
their depots. All wishes are planned together, once from a plan that meets them in the order in which they came, all
tours open to the end, and once from none; the better one counts. It is a plan, not a bound: more might be possible.
"""

from __future__ import annotations

from dataclasses import dataclass

from rufbus.bench.open_tours import OpenTours, list_wishes, serve_in_order
from rufbus.bench.tight_day import TightDay
from solver.check import violations
from solver.cost import plan_cost
from solver.improve import improve_plan
from solver.plan import Budget, Plan
from solver.problem import Problem

TURNS = 6
"""How often the search begins anew from the best plan, first with whom it leaves out."""
ENGINE = "portfolio"
ITERATIONS = 100
"""Of ruin and recreate, after each wish, before all are planned together."""


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What could have been made of a day, as far as the search has found."""

    asked: int
    served: int
    drive_s: int
    """Drive seconds plus the dwell at stops, as the solver counts."""
    violations: int
    in_order: int
    """Served when the wishes are met in the order in which they come, and no time is promised within what is wished."""


def plan_in_hindsight(day: TightDay, *, iterations: int) -> Hindsight:
    """Return what the batch engines make of all wishes of a day together, in so many iterations from either start."""
    in_order = serve_in_order(day, iterations=ITERATIONS)
    problem, begun = _all_wishes(day, in_order)
    plans = [_improve(problem, start, iterations) for start in (begun, _without_rides(problem, begun))]
    best = min(plans, key=lambda plan: (len(plan.unserved), plan_cost(problem, plan)))
    return Hindsight(
        asked=len(problem.rides),
        served=len(problem.rides) - len(best.unserved),
        drive_s=plan_cost(problem, best),
        violations=len(violations(problem, best)),
        in_order=len(in_order.met),
    )


def _improve(problem: Problem, plan: Plan, iterations: int) -> Plan:
    for turn in range(TURNS):
        budget = Budget(iterations=-(-iterations // TURNS))
        plan = improve_plan(problem, plan, budget, seed=turn, engine=ENGINE).plan
    return plan


def _without_rides(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with nobody in it, from which a search is free to choose whom to serve."""
    riders = 2 * len(problem.rides)
    tours = tuple(tuple(code for code in tour if code >= riders) for tour in plan.tours)
    return Plan(tours, tuple(range(len(problem.rides))))


def _all_wishes(day: TightDay, start: OpenTours) -> tuple[Problem, Plan]:
    """Return all wishes as a problem, and the plan that meets those which ``start`` has met."""
    problem = start.problem.with_rides(list_wishes(day))
    new = {2 * ride + end: 2 * wish + end for ride, wish in enumerate(start.met) for end in (0, 1)}
    later = 2 * (len(problem.rides) - len(start.met))
    tours = tuple(tuple(new.get(code, code + later) for code in tour) for tour in start.plan.tours)
    return problem, Plan(tours, tuple(sorted(set(range(len(problem.rides))) - set(start.met))))

"""What a plan costs: the one definition that all engines minimise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .plan import Plan
from .problem import Problem


def plan_cost(problem: Problem, plan: Plan) -> int:
    """Return the sum of the costs of all tours (drive seconds, plus the fixed costs of the shifts in use)."""
    return sum(tour_cost(problem, shift, tour) for shift, tour in enumerate(plan.tours))


def tour_cost(problem: Problem, shift: int, tour: Sequence[int]) -> int:
    """Return the driving time of a tour from its start to its end place (s) plus the shift's fixed cost.

    A tour without riders' visits costs nothing: the van stays where it is. Waiting, service and breaks cost nothing.
    """
    places = [
        problem.rides[code // 2].dropoff if code % 2 else problem.rides[code // 2].pickup
        for code in tour
        if code < 2 * len(problem.rides)
    ]
    if not places:
        return 0
    van = problem.shifts[shift]
    legs = pairwise((van.start, *places, van.end))
    return van.fixed_cost + sum(int(problem.travel_s[origin, destination]) for origin, destination in legs)

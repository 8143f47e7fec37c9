"""The cost of a plan is its driving, and nothing for vans that stay at home."""

from hypothesis import given, settings

from solver.cost import plan_cost, tour_cost
from solver.plan import Plan
from solver.problem import Problem

from . import brute_force
from .instances import cases


@settings(max_examples=60, deadline=None)
@given(cases())
def test_the_cost_of_a_plan_is_that_of_the_oracle(case):
    assert plan_cost(case.problem, case.plan) == brute_force.plan_cost(case.problem, case.plan)


@settings(max_examples=50, deadline=None)
@given(cases())
def test_breaks_cost_nothing_wherever_they_are(case):
    for shift, tour in enumerate(case.plan.tours):
        breaks = case.problem.break_codes[shift]
        riders_only = tuple(code for code in tour if code not in breaks)
        assert tour_cost(case.problem, shift, tour) == tour_cost(case.problem, shift, riders_only)
        assert tour_cost(case.problem, shift, breaks) == 0


@settings(max_examples=50, deadline=None)
@given(cases())
def test_the_cost_is_the_driving_of_all_vans_in_use_and_their_fixed_costs(case):
    idle = Plan(tuple(case.problem.break_codes))
    assert plan_cost(case.problem, idle) == 0
    free = Problem(case.problem.travel_s * 0, case.problem.rides, case.problem.shifts)
    used = [n for n, tour in enumerate(case.plan.tours) if set(tour) - set(case.problem.break_codes[n])]
    assert plan_cost(free, case.plan) == sum(case.problem.shifts[shift].fixed_cost for shift in used)

"""Tours that stand in different plans come together into a plan that is legal and better than all of them."""

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from solver.arrays import pack
from solver.check import violations
from solver.cost import plan_cost, tour_cost
from solver.plan import Plan
from solver.pool import TourPool
from solver.problem import Aboard, Break, CapacityRow, Problem, Ride, Shift, Window, dropoff_of
from solver.recombine import recombine

from .instances import LOOSE, SMALL, Case, cases, draw_plan

MINUTE = 60
DAY = Window(0, 600 * MINUTE)
EIGHT = (CapacityRow((1,), 8),)

slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def line(*minutes: int) -> np.ndarray:
    """Places on one straight road, at so many minutes from its beginning."""
    at = np.array(minutes, dtype=np.int32) * MINUTE
    return np.abs(at[:, None] - at[None, :])


def to(place: int, **changes: object) -> Ride:
    return replace(Ride(0, place, DAY, DAY, 600 * MINUTE, (1,)), **changes)


def van(**changes: object) -> Shift:
    return replace(Shift(0, 0, 0, 600 * MINUTE, EIGHT), **changes)


def score(problem: Problem, plan: Plan) -> tuple[int, int]:
    return len(plan.unserved), plan_cost(problem, plan)


def pool_of(problem: Problem, *plans: Plan) -> TourPool:
    pool = TourPool(pack(problem))
    for plan in plans:
        pool.add_plan(plan)
    return pool


def other_plans(case: Case, seed: int) -> list[Plan]:
    """Plans of the case's problem whose tours begin as its locks want."""
    random = Random(seed)
    drawn = [draw_plan(random, case.problem, share=0.9) for _ in range(6)]
    return [plan for plan in drawn if plan is not None and not violations(case.problem, plan)]


# --- for all problems ------------------------------------------------------------------------------------------------


@slow
@given(cases(SMALL), st.integers(0, 1000))
def test_what_comes_together_is_legal_and_never_worse(case: Case, seed: int):
    found = recombine(case.plan, pool_of(case.problem, *other_plans(case, seed)))
    if found is None:
        event("nothing better")
        return
    assert violations(case.problem, found) == ()
    assert set(found.unserved) <= set(case.plan.unserved)
    assert score(case.problem, found) <= score(case.problem, case.plan)
    event("better" if score(case.problem, found) < score(case.problem, case.plan) else "as good")


@slow
@given(cases(replace(LOOSE, locks=False)), st.integers(0, 1000))
def test_no_choice_of_whole_tours_is_better(case: Case, seed: int):
    problem, plan = case.problem, case.plan
    pool = pool_of(problem, plan, *other_plans(case, seed))
    by_shift = [[(), *(t.tour for t in pool if t.kind == kind)] for kind in pool.kinds]
    best = score(problem, plan)
    for tours in product(*by_shift):
        visited = [code for tour in tours for code in tour]
        placed = [pool.place(shift, tour) for shift, tour in enumerate(tours)]
        if len(visited) == len(set(visited)) and None not in placed:
            unserved = tuple(r for r in range(len(problem.rides)) if dropoff_of(r) not in visited)
            whole = Plan(tuple(placed), unserved)
            if set(unserved) <= set(plan.unserved) and not violations(problem, whole):
                best = min(best, score(problem, whole))
    found = recombine(plan, pool) or plan
    assert score(problem, found) <= best


@slow
@given(cases(SMALL), st.integers(0, 1000))
def test_the_same_pool_and_seed_give_the_same_plan(case: Case, seed: int):
    plans = other_plans(case, seed)
    first = recombine(case.plan, pool_of(case.problem, *plans), seed=3)
    assert recombine(case.plan, pool_of(case.problem, *plans), seed=3) == first


# --- single rules ----------------------------------------------------------------------------------------------------


def four_riders_two_ways(**changes: object) -> Problem:
    """Two riders go out to either end of a road from its middle, where two vans stand."""
    at = np.array([0, 30, 40, -30, -40], dtype=np.int32) * MINUTE
    travel_s = np.abs(at[:, None] - at[None, :])
    return Problem(travel_s, (to(1), to(2), to(3), to(4)), (van(**changes), van(**changes)))


def test_two_halves_of_two_plans_make_one_good_plan():
    problem = four_riders_two_ways()
    east = Plan(((0, 2, 1, 3), (4, 5, 6, 7)))
    west = Plan(((0, 1, 2, 3), (4, 6, 5, 7)))
    found = recombine(east, pool_of(problem, west))
    assert found is not None
    assert found.unserved == ()
    assert plan_cost(problem, found) == 160 * MINUTE


def test_a_tour_known_from_one_van_is_driven_by_another_of_its_kind():
    problem = four_riders_two_ways()
    running = Plan(((0, 1, 2, 3), (4, 5, 6, 7)))
    pool = pool_of(problem)
    pool.add(0, (0, 2, 1, 3))
    pool.add(0, (4, 6, 5, 7))
    found = recombine(running, pool)
    assert found is not None
    assert sorted(found.tours) == [(0, 2, 1, 3), (4, 6, 5, 7)]


def test_each_van_keeps_as_many_of_its_riders_as_it_can():
    problem = four_riders_two_ways()
    running = Plan(((4, 5, 6, 7), (0, 1, 2, 3)))
    pool = pool_of(problem)
    pool.add(0, (0, 2, 1, 3))
    pool.add(0, (4, 6, 5, 7))
    found = recombine(running, pool)
    assert found is not None
    assert found.tours == ((4, 6, 5, 7), (0, 2, 1, 3))


def test_vans_of_different_kinds_do_not_swap_tours():
    shifts = (van(), van(capacity=(CapacityRow((1,), 1),)))
    problem = Problem(line(0, 10, 20), (to(1), to(2), to(2)), shifts)
    running = Plan(((0, 1, 2, 3), (4, 5)))
    pool = pool_of(problem)
    pool.add(0, (0, 2, 4, 1, 3, 5))
    found = recombine(running, pool)
    assert found == Plan(((0, 2, 4, 1, 3, 5), ()))


def test_a_ride_that_two_tours_cover_stays_in_the_one_where_it_costs_less():
    problem = Problem(line(0, 10, 20, 40), (to(1), to(2), to(3)), (van(), van(start=3, end=3)))
    running = Plan(((0, 1, 2, 3, 4, 5), ()))
    pool = pool_of(problem)
    pool.add(0, (0, 2, 1, 3))
    pool.add(1, (2, 4, 3, 5))
    found = recombine(running, pool)
    assert found is not None
    assert found.unserved == ()
    assert violations(problem, found) == ()
    assert plan_cost(problem, found) < plan_cost(problem, running)


def test_a_rider_nobody_serves_is_taken_in_though_it_costs():
    problem = four_riders_two_ways()
    running = Plan(((0, 1), (4, 6, 5, 7)), (1,))
    found = recombine(running, pool_of(problem, Plan(((0, 2, 1, 3), ()), (2, 3))))
    assert found == Plan(((0, 2, 1, 3), (4, 6, 5, 7)))


def test_breaks_are_put_where_the_new_tour_leaves_room():
    pause = Break(Window(100 * MINUTE, 200 * MINUTE), 30 * MINUTE)
    problem = four_riders_two_ways(breaks=(pause,))
    running = Plan(((0, 1, 2, 3, 8), (4, 5, 6, 7, 9)))
    pool = pool_of(problem)
    pool.add(0, (0, 2, 1, 3, 8))
    pool.add(1, (4, 6, 5, 7, 9))
    found = recombine(running, pool)
    assert found is not None
    assert violations(problem, found) == ()
    assert plan_cost(problem, found) == 160 * MINUTE


def test_locked_visits_and_riders_aboard_stay_in_their_van():
    aboard = to(2, aboard=Aboard(0, 0))
    shifts = (van(locked=(2,)), van())
    problem = Problem(line(0, 10, 20), (aboard, to(1), to(1)), shifts)
    running = Plan(((2, 3, 1), (4, 5)))
    pool = pool_of(problem)
    pool.add(0, (2, 4, 3, 5, 1))
    assert recombine(running, pool) == Plan(((2, 4, 3, 5, 1), ()))


def test_a_shift_that_cannot_be_without_riders_keeps_a_tour():
    far = van(end=2, end_by=45 * MINUTE)
    problem = Problem(line(0, 10, 60), (to(1, dropoff_window=DAY), to(1)), (van(), far))
    assert tour_cost(problem, 1, ()) == 0
    running = Plan(((0, 1, 2, 3), ()))
    assert recombine(running, pool_of(problem)) is None


def test_nothing_to_choose_from_leaves_the_plan():
    problem = four_riders_two_ways()
    running = Plan(((0, 2, 1, 3), (4, 6, 5, 7)))
    assert recombine(running, pool_of(problem)) is None
    assert recombine(running, pool_of(problem), seconds=0.0) is None


def test_a_problem_without_rides_has_nothing_to_recombine():
    problem = Problem(line(0, 10), (), (van(),))
    assert recombine(Plan(((),)), pool_of(problem)) is None


def test_a_stop_asked_for_during_the_choice_does_no_harm():
    problem = four_riders_two_ways()
    east = Plan(((0, 2, 1, 3), (4, 5, 6, 7)))
    pool = pool_of(problem, Plan(((0, 1, 2, 3), (4, 6, 5, 7))))
    found = recombine(east, pool, is_over=lambda: True)
    assert found is None or score(problem, found) <= score(problem, east)

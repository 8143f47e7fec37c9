"""OR-Tools keeps every rule, whatever the problem, and never returns anything worse."""

import gc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings

from solver import routing_model
from solver.check import violations
from solver.cost import plan_cost
from solver.plan import Plan
from solver.problem import (
    UNREACHABLE_S,
    Aboard,
    Break,
    CapacityRow,
    Problem,
    ProblemError,
    Ride,
    Shift,
    Window,
    dropoff_of,
    pickup_of,
)
from solver.routing_graph import build_graph, build_matrices, read_routes, write_routes
from solver.routing_model import search_model, solve_routing

from . import brute_force
from .instances import CROOKED, LOOSE, SMALL, TINY, Case, cases

MINUTE = 60
DAY = Window(0, 600 * MINUTE)
SEATS = CapacityRow((1, 2), 4)
WHEELCHAIRS = CapacityRow((0, 1), 1)

slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def line(*minutes: int) -> np.ndarray:
    """Places on one straight road, at so many minutes from its beginning."""
    at = np.array(minutes, dtype=np.int32) * MINUTE
    return np.abs(at[:, None] - at[None, :])


def ride(pickup: int, dropoff: int, opens: int = 0, closes: int = 600, **changes: object) -> Ride:
    window = Window(opens * MINUTE, closes * MINUTE)
    return replace(Ride(pickup, dropoff, window, DAY, 600 * MINUTE, (1, 0)), **changes)


def van(at: int = 0, **changes: object) -> Shift:
    return replace(Shift(at, at, 0, 600 * MINUTE, (SEATS, WHEELCHAIRS)), **changes)


def score(problem: Problem, plan: Plan) -> tuple[int, int]:
    return len(plan.unserved), plan_cost(problem, plan)


def solved(problem: Problem, plan: Plan, iterations: int = 100, seed: int = 0) -> Plan:
    found = solve_routing(problem, plan, iterations=iterations, seed=seed)
    assert found is not None
    assert violations(problem, found) == ()
    return found


def raw(problem: Problem, plan: Plan) -> Plan:
    """What the model finds, without the second look at it."""
    assert violations(problem, plan) == ()
    found = search_model(problem, plan, seconds=None, iterations=100, seed=0, should_stop=None)
    assert found is not None
    return found


# --- for all problems ------------------------------------------------------------------------------------------------


@slow
@given(cases(SMALL))
def test_every_plan_is_legal_keeps_its_riders_and_is_never_worse(case: Case):
    found = solved(case.problem, case.plan, iterations=30)
    assert score(case.problem, found) <= score(case.problem, case.plan)
    assert set(found.unserved) <= set(case.plan.unserved)
    event("better" if score(case.problem, found) < score(case.problem, case.plan) else "same")


@pytest.mark.parametrize("size", [SMALL, LOOSE], ids=["tight", "loose"])
def test_the_model_itself_knows_every_rule(size):
    @slow
    @given(cases(size))
    def check(case: Case) -> None:
        found = search_model(case.problem, case.plan, seconds=None, iterations=40, seed=1, should_stop=None)
        assert found is not None
        assert violations(case.problem, found) == ()
        assert score(case.problem, found) <= score(case.problem, case.plan)

    check()


@slow
@given(cases(CROOKED))
def test_without_the_triangle_inequality_plans_stay_legal(case: Case):
    found = solved(case.problem, case.plan, iterations=30)
    assert score(case.problem, found) <= score(case.problem, case.plan)


@slow
@given(cases(TINY))
def test_no_plan_beats_the_best_of_all(case: Case):
    unlocked = Problem(
        case.problem.travel_s, case.problem.rides, tuple(replace(shift, locked=()) for shift in case.problem.shifts)
    )
    best = brute_force.best_plans(unlocked)
    assert best is not None
    found = score(unlocked, solved(unlocked, case.plan, iterations=60))
    assert best <= found
    event("the best" if best == found else "not the best")


@slow
@given(cases(SMALL))
def test_a_plan_costs_in_the_model_what_it_costs_in_truth(case: Case):
    graph = build_graph(case.problem, case.plan, seed=3)
    routes = write_routes(case.problem, graph, case.plan)
    assert routes is not None
    _, cost = build_matrices(case.problem, graph)
    total = 0
    for start, end, route in zip(graph.starts, graph.ends, routes, strict=True):
        nodes = [start, *route, end]
        total += sum(int(cost[a, b]) for a, b in pairwise(nodes)) if route else 0
    assert total == plan_cost(case.problem, case.plan)
    assert read_routes(case.problem, graph, case.plan, routes).tours == case.plan.tours


@slow
@given(cases(SMALL))
def test_the_same_arguments_give_the_same_plan(case: Case):
    first = solve_routing(case.problem, case.plan, iterations=20, seed=5)
    assert solve_routing(case.problem, case.plan, iterations=20, seed=5) == first


# --- single rules ----------------------------------------------------------------------------------------------------


def test_two_riders_of_one_way_come_into_one_van():
    problem = Problem(line(0, 10, 20, 90), (ride(1, 2), ride(1, 2)), (van(0), van(0)))
    apart = Plan(((0, 1), (2, 3)))
    found = solved(problem, apart)
    assert plan_cost(problem, apart) == 80 * MINUTE
    assert plan_cost(problem, found) == 40 * MINUTE


def test_a_rider_nobody_serves_is_taken_in_at_any_cost():
    problem = Problem(line(0, 10, 500), (ride(1, 0), ride(1, 2)), (van(0, end_by=2000 * MINUTE),))
    wide = tuple(replace(value, dropoff_window=Window(0, 2000 * MINUTE)) for value in problem.rides)
    found = solved(problem.with_rides(wide), Plan(((0, 1),), (1,)))
    assert found.unserved == ()


def test_a_rider_no_shift_can_serve_stays_unserved():
    nobody = ride(1, 2, shifts=frozenset())
    too_late = ride(1, 2, opens=700, closes=800)
    problem = Problem(line(0, 10, 20), (ride(1, 2), nobody, too_late), (van(0),))
    assert solved(problem, Plan(((0, 1),), (1, 2))).unserved == (1, 2)


def test_two_wheelchairs_never_share_one_place():
    chair = ride(1, 2, load=(0, 1))
    problem = Problem(line(0, 10, 20), (chair, chair), (van(0),))
    found = solved(problem, Plan(((0, 1, 2, 3),)))
    assert plan_cost(problem, found) == 60 * MINUTE


def test_wheelchairs_cost_seats():
    riders = (ride(1, 2, load=(3, 0)), ride(1, 2, load=(0, 1)))
    problem = Problem(line(0, 10, 20), riders, (van(0, capacity=(SEATS, WHEELCHAIRS)),))
    assert plan_cost(problem, solved(problem, Plan(((0, 1, 2, 3),)))) == 60 * MINUTE
    more_seats = Problem(problem.travel_s, riders, (van(0, capacity=(CapacityRow((1, 2), 5), WHEELCHAIRS)),))
    assert plan_cost(more_seats, solved(more_seats, Plan(((0, 1, 2, 3),)))) == 40 * MINUTE


def test_vans_of_different_kinds_keep_their_own_limits():
    small = van(0, capacity=(CapacityRow((1, 2), 1),))
    large = van(0, capacity=(CapacityRow((1, 3), 4),))
    problem = Problem(line(0, 10, 20), (ride(1, 2), ride(1, 2), ride(1, 2, load=(0, 1))), (small, large))
    found = solved(
        problem,
        Plan(
            ((0, 1), (2, 3, 4, 5)),
        ),
    )
    assert dropoff_of(2) in found.tours[1]
    assert plan_cost(problem, found) == 60 * MINUTE


def test_a_ride_never_lasts_longer_than_its_limit():
    hurried = ride(1, 3, max_ride_s=20 * MINUTE)
    problem = Problem(line(0, 10, 20, 30), (hurried, ride(2, 0)), (van(0),))
    found = solved(problem, Plan(((0, 1, 2, 3),)))
    assert plan_cost(problem, found) == 60 * MINUTE
    assert found.tours[0] == (0, 1, 2, 3)


def test_only_the_shifts_of_a_ride_serve_it():
    bound = ride(1, 2, shifts=frozenset({1}))
    problem = Problem(line(0, 10, 20, 90), (bound,), (van(0), van(3)))
    found = solved(problem, Plan(((), ()), (0,)))
    assert found.tours == ((), (0, 1))


def test_a_fixed_cost_empties_a_van_that_another_can_replace():
    shifts = (van(0), van(0, fixed_cost=30 * MINUTE))
    riders = (ride(1, 2, 0, 20, max_ride_s=900), ride(1, 2, 60, 90, max_ride_s=900))
    problem = Problem(line(0, 10, 20), riders, shifts)
    found = solved(problem, Plan(((0, 1), (2, 3))))
    assert found.tours[1] == ()
    assert plan_cost(problem, found) == 60 * MINUTE


def test_a_rider_aboard_stays_in_the_van():
    aboard = ride(1, 2, aboard=Aboard(0, 0), max_ride_s=100 * MINUTE)
    problem = Problem(line(0, 10, 20), (aboard, ride(1, 2)), (van(1, end=0), van(0)))
    found = solved(problem, Plan(((1,), (2, 3))))
    assert dropoff_of(0) in found.tours[0]
    assert pickup_of(0) not in found.tours[0]
    assert plan_cost(problem, found) == 30 * MINUTE


def test_riders_aboard_take_their_seats_from_the_start():
    aboard = ride(0, 2, aboard=Aboard(0, 0), load=(4, 0))
    problem = Problem(line(0, 10, 20), (aboard, ride(1, 2)), (van(0),))
    found = solved(problem, Plan(((1,),), (1,)))
    assert found.tours == ((1, 2, 3),)


def test_locked_visits_stay_first_and_nothing_comes_between():
    problem = Problem(line(0, 10, 20, 30), (ride(3, 2), ride(1, 3)), (van(0, locked=(0, 1)),))
    found = solved(problem, Plan(((0, 1),), (1,)))
    assert found.tours == ((0, 1, 2, 3),)


def test_a_locked_pickup_lets_its_drop_off_move():
    problem = Problem(line(0, 10, 20, 30), (ride(1, 3), ride(1, 2)), (van(0, locked=(0,)),))
    found = solved(problem, Plan(((0, 1, 2, 3),)))
    assert found.tours[0][0] == 0
    assert plan_cost(problem, found) == 60 * MINUTE


def test_a_van_leaves_later_to_be_back_in_time():
    rides = (ride(1, 2, 100, 100), ride(1, 2, 200, 200))
    problem = Problem(line(0, 10, 20), rides, (van(0, max_duration_s=60 * MINUTE), van(0, max_duration_s=60 * MINUTE)))
    assert raw(problem, Plan(((0, 1), ()), (1,))) == Plan(((0, 1), (2, 3)))


def test_a_longest_duration_of_one_van_does_not_bind_another():
    rides = (ride(1, 2, 100, 100), ride(1, 2, 200, 200))
    problem = Problem(line(0, 10, 20), rides, (van(0), van(0, max_duration_s=30 * MINUTE)))
    found = solved(problem, Plan(((0, 1), ()), (1,)))
    assert (sorted(found.tours[0]), found.tours[1]) == ([0, 1, 2, 3], ())


# --- breaks ----------------------------------------------------------------------------------------------------------


def test_a_break_happens_with_nobody_aboard_within_its_window():
    pause = Break(Window(100 * MINUTE, 140 * MINUTE), 30 * MINUTE)
    riders = (ride(1, 2, 60, 70), ride(1, 2, 90, 100), ride(2, 1, 150, 200))
    problem = Problem(line(0, 10, 40), riders, (van(0, breaks=(pause,)), van(0)))
    found = solved(problem, Plan(((0, 1, 6), (2, 3, 4, 5))))
    assert plan_cost(problem, found) < plan_cost(problem, Plan(((0, 1, 6), (2, 3, 4, 5))))


def test_nobody_is_aboard_while_others_have_left_before_the_break():
    long_ride = ride(0, 1, 5, 6, dropoff_window=Window(60 * MINUTE, 90 * MINUTE))
    pause = Break(Window(20 * MINUTE, 40 * MINUTE), 10 * MINUTE)
    problem = Problem(line(0, 10, 20), (long_ride, ride(0, 2, 5, 10)), (van(0, breaks=(pause,)),))
    assert raw(problem, Plan(((2, 3, 4),), (0,))).unserved == (0,)


def test_waiting_for_a_break_is_no_time_to_drive():
    pause = Break(Window(60 * MINUTE, 95 * MINUTE), 30 * MINUTE)
    riders = (ride(0, 1, 0, 5, max_ride_s=10 * MINUTE), ride(0, 1, 90, 95))
    problem = Problem(line(0, 10), riders, (van(0, breaks=(pause,)),))
    assert raw(problem, Plan(((0, 1, 4),), (1,))).unserved == (1,)


def test_no_break_follows_one_that_the_van_came_to_from_elsewhere():
    pauses = (
        Break(Window(30 * MINUTE, 70 * MINUTE), 10 * MINUTE),
        Break(Window(100 * MINUTE, 140 * MINUTE), 30 * MINUTE),
    )
    problem = Problem(line(0, 20), (ride(0, 1),), (van(0, breaks=pauses),))
    graph = build_graph(problem, Plan(((0, 1, 2, 3),)), seed=0)
    time_s, _ = build_matrices(problem, graph)
    breaks = [number for number, node in enumerate(graph.nodes) if node.is_break]
    wide = [number for number in breaks if graph.nodes[number].lead_s > 0]
    assert wide
    assert (time_s[np.ix_(wide, breaks)] >= UNREACHABLE_S).all()


def test_a_break_at_the_start_place_does_not_make_the_way_home_free():
    pause = Break(Window(0, 600 * MINUTE), 5 * MINUTE)
    problem = Problem(line(0, 10, 20, 15), (ride(1, 0),), (van(0, end=2, breaks=(pause,)), van(3)))
    assert raw(problem, Plan(((2,), (0, 1)))) == Plan(((2,), (0, 1)))


def test_a_shift_with_a_break_costs_nothing_once_it_is_emptied():
    pause = Break(Window(0, 300 * MINUTE), 30 * MINUTE)
    shifts = (van(0), van(0, end=2, breaks=(pause,), fixed_cost=50 * MINUTE))
    problem = Problem(line(0, 10, 20), (ride(1, 2), ride(1, 2)), shifts)
    found = solved(problem, Plan(((0, 1), (4, 2, 3))))
    assert found.tours[1] == (4,)
    assert plan_cost(problem, found) == 40 * MINUTE


def test_an_idle_shift_with_a_break_can_be_put_to_use():
    pause = Break(Window(0, 20 * MINUTE), 15 * MINUTE)
    problem = Problem(line(0, 10, 20, 200), (ride(1, 2),), (van(3), van(0, breaks=(pause,))))
    found = solved(problem, Plan(((0, 1), (2,))))
    assert found.tours == ((), (2, 0, 1))


def test_a_locked_break_stays_where_it_is():
    pause = Break(Window(0, 300 * MINUTE), 30 * MINUTE)
    shift = van(0, breaks=(pause,), locked=(0, 1, 4))
    problem = Problem(line(0, 10, 20), (ride(1, 2), ride(2, 1)), (shift,))
    assert solved(problem, Plan(((0, 1, 4),), (1,))).tours == ((0, 1, 4, 2, 3),)


def test_a_shift_that_cannot_get_home_leaves_the_plan_as_it_is():
    stuck = van(0, end=2, end_by=5 * MINUTE)
    problem = Problem(line(0, 10, 20), (ride(1, 2), ride(1, 2)), (stuck, van(0), van(0)))
    plan = Plan(((), (0, 1), (2, 3)))
    assert solve_routing(problem, plan, iterations=100) == plan


def test_a_search_leaves_no_model_in_memory():
    problem = Problem(line(0, 10, 20), (ride(1, 2), ride(1, 2)), (van(0), van(0)))
    solve_routing(problem, Plan(((0, 1), (2, 3))), iterations=5, should_stop=lambda: False)
    gc.collect()
    assert [found for found in gc.get_objects() if isinstance(found, routing_model._Model)] == []


# --- what cannot be solved -------------------------------------------------------------------------------------------


def test_nothing_to_do_leaves_the_plan():
    problem = Problem(line(0, 10), (), (van(0),))
    assert solve_routing(problem, Plan(((),)), iterations=5) == Plan(((),))


def test_a_promise_that_cannot_be_kept_makes_no_plan():
    late = ride(1, 2, opens=0, closes=5)
    problem = Problem(line(0, 10, 20), (late,), (van(0),))
    assert solve_routing(problem, Plan(((0, 1),)), iterations=5) is None


def test_too_many_aboard_make_no_plan():
    aboard = ride(0, 2, aboard=Aboard(0, 0), load=(5, 0))
    problem = Problem(line(0, 10, 20), (aboard,), (van(0),))
    assert solve_routing(problem, Plan(((1,),)), iterations=5) is None


def test_a_place_without_a_road_is_never_driven_to():
    travel_s = line(0, 10, 20)
    travel_s[:, 2] = travel_s[2, :] = UNREACHABLE_S
    travel_s[2, 2] = 0
    problem = Problem(travel_s, (ride(1, 0), ride(1, 2)), (van(0, end_by=10**12),))
    assert solved(problem, Plan(((0, 1),), (1,))).unserved == (1,)


def test_a_plan_in_disorder_is_put_in_order():
    riders = (ride(1, 2, 0, 30, max_ride_s=900), ride(1, 2, 100, 130, max_ride_s=900))
    problem = Problem(line(0, 10, 20), riders, (van(0),))
    found = solve_routing(problem, Plan(((2, 3, 0, 1),)), iterations=20)
    assert found == Plan(((0, 1, 2, 3),))


def test_a_search_asked_to_stop_comes_back_with_what_it_has():
    problem = Problem(line(0, 10, 20, 90), (ride(1, 2), ride(1, 2)), (van(0), van(0)))
    asked = []
    found = solve_routing(
        problem, Plan(((0, 1), (2, 3))), iterations=10**6, should_stop=lambda: asked.append(1) or True
    )
    assert found is not None
    assert len(asked) >= 1
    assert violations(problem, found) == ()


def test_a_search_without_time_to_begin_leaves_the_plan():
    problem = Problem(line(0, 10, 20, 90), (ride(1, 2), ride(1, 2)), (van(0), van(0)))
    plan = Plan(((0, 1), (2, 3)))
    assert solve_routing(problem, plan, seconds=0.0) == plan


@pytest.mark.parametrize(
    "plan",
    [Plan(()), Plan(((0, 1), ())), Plan(((0, 1, 2),)), Plan(((-1, 0),))],
    ids=["none", "two", "more", "negative"],
)
def test_a_plan_of_another_problem_is_refused(plan: Plan):
    problem = Problem(line(0, 10, 20), (ride(1, 2),), (van(0),))
    with pytest.raises(ProblemError):
        solve_routing(problem, plan, iterations=5)


def test_a_search_without_any_limit_is_refused():
    problem = Problem(line(0, 10, 20), (ride(1, 2),), (van(0),))
    with pytest.raises(ProblemError, match="seconds, iterations or both"):
        solve_routing(problem, Plan(((0, 1),)))

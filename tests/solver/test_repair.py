"""Room is made for one more ride, and nobody who was served loses anything."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver import repair
from solver.arrays import pack
from solver.check import violations
from solver.cost import plan_cost
from solver.insertion import cheapest_insertions, warm_up, with_insertion
from solver.plan import Plan
from solver.problem import Break, CapacityRow, Problem, ProblemError, Ride, Shift, Window
from solver.repair import make_room

from . import brute_force
from .instances import TINY, draw_case

LINE = np.abs(np.subtract.outer(np.arange(7), np.arange(7))).astype(np.int32) * 100
"""Seven places on a line, 100 s from one to the next."""


@pytest.fixture(autouse=True, scope="module")
def _compiled():
    warm_up()


def ride(pickup, dropoff, opens, closes):
    return Ride(pickup, dropoff, Window(opens, closes), Window(0, closes + 700), 700, (1,))


def van(place, **changes):
    return replace(Shift(place, place, 0, 5000, (CapacityRow((1,), 1),)), **changes)


def crowded():
    """Two vans for one rider each: the near one has a ride that the far one could do as well."""
    rides = (ride(2, 3, 300, 420), ride(1, 0, 300, 310))
    return Problem(LINE, rides, (van(1), van(5))), Plan(((0, 1), ()), (1,))


def full():
    """Three vans in a row: the ride of the first fits only into the second, whose own fits only into the third."""
    rides = (ride(2, 1, 300, 380), ride(4, 5, 300, 420), ride(0, 1, 200, 210))
    return Problem(LINE, rides, (van(0), van(3), van(6))), Plan(((0, 1), (2, 3), ()), (2,))


def test_a_ride_gives_its_place_to_one_that_fits_nowhere_else():
    problem, plan = crowded()
    assert cheapest_insertions(problem, plan, 1) == ()
    found = make_room(pack(problem), plan, [1], tries=100)
    assert found.plan.tours == ((2, 3), (0, 1))
    assert found.plan.unserved == ()
    assert found.cost == plan_cost(problem, found.plan) - plan_cost(problem, plan)
    assert violations(problem, found.plan) == ()


def test_a_chain_goes_on_to_a_third_ride():
    problem, plan = full()
    assert cheapest_insertions(problem, plan, 2) == ()
    found = make_room(pack(problem), plan, [2], tries=100)
    assert found.plan.tours == ((4, 5), (0, 1), (2, 3))
    assert found.tries <= 100


def test_what_is_locked_stays():
    problem, plan = crowded()
    locked = Problem(LINE, problem.rides, (replace(problem.shifts[0], locked=(0, 1)), problem.shifts[1]))
    assert make_room(pack(locked), plan, [1], tries=1000) is None


def test_tries_are_a_limit():
    problem, plan = full()
    assert make_room(pack(problem), plan, [2], tries=2) is None


def test_whoever_is_asked_to_stop_stops():
    problem, plan = full()
    assert make_room(pack(problem), plan, [2], tries=100, should_stop=lambda: True) is None


def test_a_ride_that_is_served_already_is_refused():
    problem, plan = crowded()
    with pytest.raises(ProblemError, match="already"):
        make_room(pack(problem), plan, [0], tries=10)


def tight_cases(size, count, seed):
    random = Random(seed)
    for _ in range(count):
        case = draw_case(random, size)
        wanted = [n for n in case.plan.unserved if case.problem.rides[n].aboard is None]
        if wanted and not violations(case.problem, case.plan):
            yield case, wanted


def tight_day(random, pause):
    """A day of three vans, filled one ride after the other as they come, until some find no place."""
    rides = []
    for _ in range(16):
        pickup, dropoff = random.sample(range(7), 2)
        opens = 100 * random.randint(0, 30)
        rides.append(replace(ride(pickup, dropoff, opens, opens + 300), load=(random.randint(1, 2),)))
    breaks = (Break(Window(1000, 2000), 200),) if pause else ()
    shifts = tuple(van(random.randrange(7), capacity=(CapacityRow((1,), 2),), breaks=breaks) for _ in range(3))
    problem = Problem(LINE, tuple(rides), shifts)
    plan = Plan(problem.break_codes, tuple(range(len(rides))))
    for number in range(len(rides)):
        if found := cheapest_insertions(problem, plan, number):
            plan = with_insertion(plan, number, found[0])
    return problem, plan


@pytest.mark.parametrize("pause", [False, True], ids=["without breaks", "with breaks"])
def test_on_tight_days_nobody_loses_a_place_and_no_rule_is_broken(pause):
    random, repaired = Random(5), 0
    for _ in range(40):
        problem, plan = tight_day(random, pause)
        if not plan.unserved:
            continue
        found = make_room(pack(problem), plan, plan.unserved, tries=400)
        if found is None:
            continue
        repaired += 1
        assert violations(problem, found.plan) == ()
        assert set(found.plan.unserved) == set(plan.unserved) - {found.ride}
        assert found.cost == plan_cost(problem, found.plan) - plan_cost(problem, plan)
        assert found == make_room(pack(problem), plan, plan.unserved, tries=400)
    assert repaired >= 10


def test_room_is_found_in_most_cases_in_which_there_is_any():
    """Brute force knows when all can be served; the wanted ride is the last one left out."""
    possible = missed = 0
    for case, wanted in tight_cases(TINY, 500, 9):
        if len(case.plan.unserved) != 1:
            continue
        best = brute_force.best_plans(case.problem)
        if best is None or best[0] > 0:
            continue
        possible += 1
        missed += make_room(pack(case.problem), case.plan, wanted, tries=300) is None
    assert possible > 20
    assert missed <= possible // 10


def test_a_repair_that_breaks_a_rule_is_not_given_out(monkeypatch):
    """A twin that searches without windows finds room where there is none; the checker refuses it."""
    problem, plan = crowded()
    hopeless = Problem(LINE, (problem.rides[0], ride(6, 0, 0, 1)), problem.shifts)

    def anywhere(packed, state, number):
        loose = replace(problem.rides[number], pickup_window=Window(0, 5000), dropoff_window=Window(0, 5000))
        rides = [loose if n == number else each for n, each in enumerate(hopeless.rides)]
        return cheapest_insertions(hopeless.with_rides(rides), state.plan, number)

    assert make_room(pack(hopeless), plan, [1], tries=50) is None
    monkeypatch.setattr(repair, "cheapest_insertions", anywhere)
    assert repair._Search(pack(hopeless), plan, 50, lambda: False).insert([1]) is not None
    assert make_room(pack(hopeless), plan, [1], tries=50) is None

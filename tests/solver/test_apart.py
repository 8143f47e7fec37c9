"""Tours that are packed one by one take a ride where tours that are packed together take it."""

from dataclasses import replace
from random import Random

import pytest

from solver.apart import find_places, pack_candidates
from solver.arrays import FAR, pack
from solver.insertion import candidate_insertions, pack_plan, warm_up
from solver.plan import Plan
from solver.problem import Aboard, Problem, ProblemError

from .instances import CROOKED, SMALL, TIMED, draw_case


@pytest.fixture(autouse=True, scope="module")
def _compiled():
    warm_up()


def alone(problem, plan, shift):
    """The same tour as a problem of its own, its rides numbered as they were."""
    rides = tuple(
        replace(ride, shifts=None, aboard=Aboard(0, ride.aboard.departed_at) if ride.aboard.shift == shift else None)
        if ride.aboard is not None
        else replace(ride, shifts=None)
        for ride in problem.rides
    )
    first, own = problem.break_codes[shift][:1] or (0,), 2 * len(rides)
    moved = tuple(code - first[0] + own if code >= own else code for code in plan.tours[shift])
    locked = tuple(code - first[0] + own if code >= own else code for code in problem.shifts[shift].locked)
    single = Problem(problem.travel_s, rides, (replace(problem.shifts[shift], locked=locked),))
    return pack_plan(pack(single), Plan((moved,)))


@pytest.mark.parametrize("size", [SMALL, CROOKED, TIMED], ids=["small", "crooked", "timed"])
def test_the_best_of_all_tours_apart_is_the_best_of_all_together(size):
    random, possible = Random(11), 0
    for _ in range(60):
        case = draw_case(random, size)
        wanted = [replace(r, shifts=None) for r in case.problem.rides if r.aboard is None]
        if not wanted:
            continue
        together = candidate_insertions(case.problem, case.plan, wanted, k=len(case.problem.shifts))
        apart = [
            find_places(alone(case.problem, case.plan, shift), pack_candidates(wanted))
            for shift in range(len(case.problem.shifts))
        ]
        for number, insertions in enumerate(together):
            by_shift = {one.shift: one for one in insertions}
            for shift, places in enumerate(apart):
                one = by_shift.get(shift)
                assert int(places.added[number]) == (FAR if one is None else one.cost)
                if one is not None:
                    assert int(places.picked[number]) == one.pickup_begin
                    assert len(places.tour_with(number)) == len(one.tour)
                    possible += 1
    assert possible > 50


def test_a_rider_aboard_is_no_candidate():
    case = draw_case(Random(1), SMALL)
    aboard = replace(case.problem.rides[0], aboard=Aboard(0, 0))
    with pytest.raises(ProblemError, match="aboard"):
        pack_candidates([aboard])

"""Breaks find a legal place whenever there is one, and the van is home as soon as it can be."""

from random import Random

import numpy as np
import pytest

from solver.arrays import MOST_FREE_BREAKS, pack
from solver.breaks import place_breaks
from solver.problem import Break, Problem, ProblemError, Ride, Shift, Window

from . import brute_force
from .instances import CROOKED, SMALL, Size, draw_case, draw_problem, draw_tour


@pytest.mark.parametrize(
    "size",
    [SMALL, CROOKED, Size(rides=3, shifts=1, breaks=3), Size(durations=True, tight=False, breaks=3)],
    ids=["small", "crooked", "many", "timed"],
)
def test_breaks_are_placed_like_the_oracle_places_them(size):
    random, with_choice = Random(5), 0
    for _ in range(400):
        asked = draw_problem(random, size)
        tour = draw_tour(random, asked, 0)
        legal = list(brute_force.arrangements(asked, 0, tour))
        placed = place_breaks(pack(asked), 0, tour)
        with_choice += len(legal) > 1
        assert (placed in legal) if legal else placed is None
        if placed is not None:
            assert brute_force.begins(asked, 0, placed)[-1] == min(brute_force.begins(asked, 0, t)[-1] for t in legal)
    assert with_choice > 10, with_choice


def test_locked_breaks_stay_and_missing_ones_are_added():
    random, locked_breaks = Random(6), 0
    for _ in range(150):
        case = draw_case(random)
        for shift, tour in enumerate(case.plan.tours):
            locked = case.problem.shifts[shift].locked
            free = [code for code in case.problem.break_codes[shift] if code not in locked]
            locked_breaks += len(free) < len(case.problem.break_codes[shift])
            placed = place_breaks(pack(case.problem), shift, tuple(code for code in tour if code not in free))
            assert placed is not None
            assert placed[: len(locked)] == locked
            assert sorted(placed) == sorted(tour)
    assert locked_breaks > 5


def test_breaks_are_taken_in_the_order_of_their_windows():
    late, early = Break(Window(600, 700), 60), Break(Window(100, 200), 60)
    asked = Problem(np.zeros((1, 1), dtype=np.int32), (), (Shift(0, 0, 0, 1000, (), (late, early)),))
    assert place_breaks(pack(asked), 0, ()) == (1, 0)


def test_of_equally_good_places_a_break_takes_the_first():
    breaks = (Break(Window(0, 5000), 60),)
    rides = tuple(Ride(0, 0, Window(at, at), Window(at, at), 60, ()) for at in (1000, 2000, 3000))
    asked = Problem(np.zeros((1, 1), dtype=np.int32), rides, (Shift(0, 0, 0, 9000, (), breaks),))
    assert place_breaks(pack(asked), 0, (0, 1, 2, 3, 4, 5)) == (6, 0, 1, 2, 3, 4, 5)


def test_more_breaks_than_the_kernels_can_arrange_are_refused():
    window = Window(0, 10**6)
    ride = Ride(0, 0, window, window, 60, ())
    breaks = tuple(Break(window, 60) for _ in range(MOST_FREE_BREAKS + 1))
    travel_s = np.zeros((1, 1), dtype=np.int32)
    with pytest.raises(ProblemError, match="lock or join some"):
        pack(Problem(travel_s, (ride,), (Shift(0, 0, 0, 10**6, (), breaks),)))
    locked = pack(Problem(travel_s, (ride,), (Shift(0, 0, 0, 10**6, (), breaks, locked=(2,)),)))
    assert place_breaks(locked, 0, (2, 0, 1)) is not None

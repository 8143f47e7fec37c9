"""The pool of tours keeps the cheapest of each set of rides, forgets the oldest, and gives back only legal tours."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings

from solver.arrays import pack
from solver.check import violations
from solver.cost import tour_cost
from solver.plan import Plan
from solver.pool import WAYS, TourPool, shift_kinds
from solver.problem import Break, CapacityRow, Problem, Ride, Shift, Window

from .instances import SMALL, Case, cases

DAY = Window(0, 36_000)


def line(rides: int = 3, *, breaks: tuple[Break, ...] = ()) -> Problem:
    """Two equal vans at one end of a road, and rides along it."""
    at = np.arange(8, dtype=np.int32) * 60
    matrix = np.abs(at[:, None] - at[None, :])
    van = Shift(0, 0, 0, 36_000, (CapacityRow((1,), 4),), breaks=breaks)
    return Problem(matrix, tuple(Ride(k + 1, k + 2, DAY, DAY, 36_000, (1,)) for k in range(rides)), (van, van))


@settings(max_examples=30, deadline=None)
@given(cases(SMALL))
def test_what_goes_in_comes_out_legal_and_at_its_cost(case: Case):
    packed = pack(case.problem)
    pool = TourPool(packed, tours=64)
    pool.add_plan(case.plan)
    for pooled in pool:
        for shift in pool.shifts_of(pooled.kind):
            tour = pool.place(shift, pooled.tour)
            assert tour is not None
            assert tour_cost(case.problem, shift, tour) == pooled.cost
            alone = replace_tour(case, shift, tour)
            assert not [fault for fault in violations(case.problem, alone) if fault.shift == shift]


def replace_tour(case: Case, shift: int, tour: tuple[int, ...]) -> Plan:
    """A plan of nothing but one tour; what the others lack is not asked here."""
    empty = Plan(tuple(() for _ in case.problem.shifts))
    return empty.with_tour(shift, tour)


def test_equal_shifts_share_a_kind_and_their_breaks_are_placed_for_the_one_that_drives():
    problem = line(breaks=(Break(DAY, 600),))
    pool = TourPool(pack(problem))
    assert pool.kinds == (0, 0)
    assert pool.add(0, (0, 1, 6))
    (pooled,) = pool
    assert pooled.tour == (0, 1)
    assert sorted(pool.place(0, pooled.tour) or ()) == [0, 1, 6]
    assert sorted(pool.place(1, pooled.tour) or ()) == [0, 1, 7]


def test_shifts_that_differ_in_anything_are_of_different_kinds():
    problem = line()
    van, ride = problem.shifts[0], problem.rides[0]
    others = (
        replace(van, fixed_cost=1),
        replace(van, max_duration_s=600),
        replace(van, locked=(0,)),
        replace(van, end_by=30_000),
    )
    changed = Problem(problem.travel_s, (replace(ride, shifts=frozenset({0, 2, 3, 4, 5})),), (van, van, *others))
    assert len(set(shift_kinds(pack(changed)))) == 6


def test_of_one_set_of_rides_the_cheapest_order_is_kept():
    pool = TourPool(pack(line()))
    assert pool.add(0, (2, 3, 0, 1))
    assert not pool.add(1, (2, 3, 0, 1))
    assert pool.add(1, (0, 1, 2, 3))
    assert not pool.add(0, (2, 0, 3, 1))
    assert [pooled.tour for pooled in pool] == [(0, 1, 2, 3)]


def test_a_full_pool_forgets_its_oldest_tour():
    pool = TourPool(pack(line(6)), tours=WAYS)
    tours = [(2 * ride, 2 * ride + 1) for ride in range(6)]
    for tour in tours:
        pool.add(0, tour)
    assert [pooled.tour for pooled in pool] == tours[-WAYS:]


def test_a_tour_too_long_for_the_pool_is_left_out():
    pool = TourPool(pack(line()), longest=2)
    assert not pool.add(0, (0, 1, 2, 3))
    assert len(pool) == 0


def test_joined_pools_hold_what_either_held():
    packed = pack(line())
    pools = [TourPool(packed) for _ in range(2)]
    pools[0].add(0, (0, 1))
    pools[1].add(0, (2, 3))
    pools[0].take_in(pools[1])
    assert {pooled.tour for pooled in pools[0]} == {(0, 1), (2, 3)}
    assert all(first.tour != second.tour for first, second in pairwise(pools[0]))

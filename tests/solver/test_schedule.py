"""Times are exact: the oracle, a linear program and the checker agree with the kernel."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solver.arrays import pack
from solver.check import schedule_violations
from solver.insertion import without_ride
from solver.plan import Schedule
from solver.problem import UNREACHABLE_S, Aboard, Break, CapacityRow, Problem, Ride, Shift, Window
from solver.schedule import earliest_schedule

from . import brute_force
from .instances import CROOKED, LOOSE, SMALL, TIMED, TINY, cases, draw_problem, draw_tour

ALWAYS = Window(0, 10**9)
LINE = np.abs(np.subtract.outer(np.arange(5), np.arange(5))).astype(np.int32) * 100
"""Five places on a line, 100 s from one to the next."""


def ride(pickup: int, dropoff: int, **changes: object) -> Ride:
    return replace(Ride(pickup, dropoff, ALWAYS, ALWAYS, 10**6, (1,)), **changes)


def problem(*rides: Ride, **changes: object) -> Problem:
    shift = replace(Shift(0, 0, 0, 10**9, (CapacityRow((1,), 4),)), **changes)
    return Problem(LINE, rides, (shift,))


def times(asked: Problem, tour: tuple[int, ...], shift: int = 0) -> list[int] | None:
    found = earliest_schedule(asked, shift, tour)
    return None if found is None else [*found.begin, found.end_at]


def least_times(asked: Problem, shift: int, tour: tuple[int, ...]) -> list[int] | None:
    """The least sum of all begins under all constraints of time, by linear programming."""
    rows, bounds = [], []
    for a, b, gap in brute_force.constraints(asked, shift, tour):
        row = np.zeros(len(tour) + 2)
        row[a] += 1
        row[b] -= 1
        rows.append(row[1:])
        bounds.append(-gap)
    found = linprog(np.ones(len(tour) + 1), A_ub=np.array(rows), b_ub=bounds, bounds=(None, None))
    return [round(value) for value in found.x] if found.status == 0 else None


@pytest.mark.parametrize(
    "size", [SMALL, LOOSE, TINY, CROOKED, TIMED], ids=["small", "loose", "tiny", "crooked", "timed"]
)
def test_schedules_equal_the_oracle_on_hundreds_of_tours(size):
    random, legal, illegal = Random(11), 0, 0
    for _ in range(250):
        asked = draw_problem(random, size)
        packed = pack(asked)
        for shift in range(len(asked.shifts)):
            tour = draw_tour(random, asked, shift)
            expected = brute_force.begins(asked, shift, tour) if brute_force.is_legal(asked, shift, tour) else None
            found = earliest_schedule(packed, shift, tour)
            assert (None if found is None else [*found.begin, found.end_at]) == expected
            legal += expected is not None
            illegal += expected is None
    assert legal > 50
    assert illegal > 50


@settings(max_examples=80, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([SMALL, LOOSE, CROOKED, TIMED]))
def test_begins_are_the_least_that_the_constraints_allow(random, size):
    asked = draw_problem(random, size)
    tour = draw_tour(random, asked, 0)
    found = times(asked, tour)
    event("legal" if found else "illegal")
    if brute_force.is_well_formed(asked, 0, tour) and brute_force.keeps_capacity_and_breaks(asked, 0, tour):
        assert found == least_times(asked, 0, tour)
    else:
        assert found is None


@settings(max_examples=60, deadline=None)
@given(cases())
def test_the_checker_finds_no_fault_in_a_schedule(case):
    for shift, tour in enumerate(case.plan.tours):
        found = earliest_schedule(case.problem, shift, tour)
        assert found is not None
        assert schedule_violations(case.problem, shift, tour, found) == ()


@settings(max_examples=60, deadline=None)
@given(cases(replace(SMALL, breaks=0, locks=False)))
def test_a_tour_without_breaks_stays_legal_and_gets_no_later_when_a_ride_is_taken_out(case):
    packed = pack(case.problem)
    for shift, tour in enumerate(case.plan.tours):
        whole = earliest_schedule(packed, shift, tour)
        before = dict(zip(tour, whole.begin, strict=True))
        for pickup in (code for code in tour if code % 2 == 0):
            shorter = without_ride(tour, pickup // 2)
            rest = earliest_schedule(packed, shift, shorter)
            assert rest is not None
            assert rest.end_at <= whole.end_at
            assert all(begin <= before[code] for code, begin in zip(shorter, rest.begin, strict=True))


def test_a_ride_taken_out_can_make_a_van_late_that_takes_its_break_further_away():
    pause = Break(Window(500, 500), 60)
    asked = problem(ride(3, 4), ride(4, 4, pickup_window=Window(0, 560)), breaks=(pause,))
    assert times(asked, (0, 1, 4, 2, 3)) == [300, 400, 500, 560, 560, 960]
    assert times(asked, (4, 2, 3)) is None


def test_a_schedule_says_when_each_visit_begins_and_ends():
    asked = problem(ride(1, 3, pickup_service_s=30, dropoff_service_s=20), start_at=1000)
    assert earliest_schedule(asked, 0, (0, 1)) == Schedule((1100, 1330), (1130, 1350), 1650)


def test_a_van_waits_before_a_pickup_rather_than_with_the_rider_aboard():
    late = Window(2000, 3000)
    asked = problem(ride(1, 2, dropoff_window=late, max_ride_s=150))
    assert times(asked, (0, 1)) == [1850, 2000, 2200]


def test_one_wait_can_force_another_further_up_the_tour():
    first = ride(1, 3, max_ride_s=250)
    second = ride(2, 4, dropoff_window=Window(3000, 4000), max_ride_s=300)
    assert times(problem(first, second), (0, 2, 1, 3)) == [2550, 2700, 2800, 3000, 3400]


def test_ride_times_that_contradict_the_distance_are_found_without_counting_seconds():
    asked = problem(ride(1, 4, max_ride_s=299), ride(2, 3))
    assert times(asked, (0, 2, 3, 1)) is None
    assert times(problem(ride(1, 4, max_ride_s=300), ride(2, 3)), (0, 2, 3, 1)) == [100, 200, 300, 400, 800]


def test_a_van_leaves_later_rather_than_be_away_too_long():
    late = Window(2000, 3000)
    for longest, begin in ((None, 100), (2200, 100), (2100, 200), (500, 1800), (400, 1900)):
        asked = problem(ride(1, 2, dropoff_window=late), max_duration_s=longest)
        assert times(asked, (0, 1)) == [begin, 2000, 2200]
    assert times(problem(ride(1, 2, dropoff_window=late), max_duration_s=399), (0, 1)) is None


def test_a_van_that_cannot_leave_later_is_away_too_long():
    early = ride(1, 2, pickup_window=Window(100, 300))
    late = ride(2, 3, pickup_window=Window(900, 950))
    assert times(problem(early, late, max_duration_s=1200), (0, 1, 2, 3)) == [200, 300, 900, 1000, 1300]
    assert times(problem(early, late, max_duration_s=1099), (0, 1, 2, 3)) is None


def test_breaks_and_the_way_home_of_an_empty_van_count_as_time_away():
    pause = Break(Window(500, 900), 60)
    assert times(problem(breaks=(pause,), end=2, max_duration_s=260), (0,)) == [500, 760]
    assert times(problem(breaks=(pause,), end=2, max_duration_s=259), (0,)) is None
    assert times(problem(end=2, max_duration_s=200), ()) == [200]
    assert times(problem(end=2, max_duration_s=199), ()) is None
    assert times(problem(max_duration_s=-1), ()) is None


def test_a_break_is_taken_where_the_van_stands():
    asked = problem(ride(1, 2), breaks=(Break(Window(500, 600), 60),))
    assert times(asked, (2, 0, 1)) == [500, 660, 760, 960]
    assert times(asked, (0, 1, 2)) == [100, 200, 500, 760]
    assert times(asked, (0, 2, 1)) is None


def test_a_rider_aboard_counts_from_the_departure_and_fills_a_seat():
    aboard = ride(0, 3, aboard=Aboard(0, -100), max_ride_s=400)
    assert times(problem(aboard), (1,)) == [300, 600]
    assert times(problem(replace(aboard, max_ride_s=399)), (1,)) is None
    full = problem(aboard, ride(1, 2), capacity=(CapacityRow((1,), 1),))
    assert times(full, (2, 3, 1)) is None
    assert times(full, (1, 2, 3)) is not None


def test_an_unused_shift_still_takes_its_breaks_and_gets_home():
    asked = problem(breaks=(Break(Window(500, 600), 60),), end=2)
    assert times(asked, (0,)) == [500, 760]
    assert times(problem(breaks=(Break(Window(500, 600), 60),), end=2, end_by=759), (0,)) is None
    assert times(problem(), ()) == [0]


@pytest.mark.parametrize(
    ("tour", "fault"),
    [
        ((1, 0, 6), "drop-off before pickup"),
        ((0, 6), "pickup without drop-off"),
        ((1, 6), "drop-off without pickup"),
        ((0, 1), "no break"),
        ((0, 1, 6, 6), "break twice"),
        ((0, 1, 7), "another shift's break"),
        ((0, 1, 0, 1, 6), "ride twice"),
        ((0, 1, 6, 8), "unknown code"),
        ((0, 1, 6, -1), "negative code"),
        ((2, 3, 6), "ride of another shift"),
        ((4, 5, 6), "pickup of a rider aboard elsewhere"),
        ((5, 6), "drop-off of a rider aboard elsewhere"),
    ],
)
def test_a_malformed_tour_has_no_schedule(tour, fault):
    rides = (ride(1, 2), ride(1, 2, shifts=frozenset({1})), ride(1, 2, aboard=Aboard(1, 0)))
    shift = Shift(0, 0, 0, 10**9, (CapacityRow((1,), 4),), (Break(ALWAYS, 60),))
    asked = Problem(LINE, rides, (shift, shift))
    assert earliest_schedule(asked, 0, (0, 1, 6)) is not None
    assert earliest_schedule(asked, 0, tour) is None, fault


def test_a_tour_drops_everyone_aboard_and_begins_with_its_locked_visits():
    aboard = problem(ride(0, 3, aboard=Aboard(0, 0)))
    assert times(aboard, (1,)) is not None
    assert times(aboard, ()) is None
    locked = problem(ride(1, 2), ride(3, 4), locked=(0, 2))
    assert times(locked, (0, 2, 3, 1)) is not None
    assert times(locked, (2, 0, 3, 1)) is None
    assert times(locked, (0,)) is None


def test_no_window_is_wide_enough_for_a_missing_road():
    endless = Window(-(10**30), 10**30)
    travel_s = LINE.copy()
    travel_s[1, 2] = UNREACHABLE_S
    shift = Shift(0, 0, 0, 10**30, ())
    rides = (
        ride(1, 2, pickup_window=endless, dropoff_window=endless, max_ride_s=10**30),
        ride(3, 4, pickup_window=endless, dropoff_window=endless, max_ride_s=10**30),
    )
    asked = Problem(travel_s, rides, (shift,))
    assert times(asked, (0, 1)) is None
    assert times(asked, (2, 3)) == [300, 400, 800]

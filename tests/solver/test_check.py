"""The plan checker passes what is right and names what is wrong."""

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solver import check_times
from solver.check import Rule, schedule_violations, violations
from solver.plan import Plan, Schedule
from solver.problem import (
    UNREACHABLE_S,
    Aboard,
    Break,
    CapacityRow,
    Problem,
    Ride,
    Shift,
    Window,
    dropoff_of,
    pickup_of,
)

MINUTE = 60
DAY = Window(0, 600 * MINUTE)
SEATS = CapacityRow((1, 2), 4)
WHEELCHAIRS = CapacityRow((0, 1), 1)
LINE = np.abs(np.subtract.outer(np.arange(8), np.arange(8))).astype(np.int32) * 5 * MINUTE
"""Eight places on a line, five minutes from one to the next."""


def ride(pickup: int, dropoff: int, **changes: object) -> Ride:
    plain = Ride(
        pickup, dropoff, DAY, DAY, max_ride_s=60 * MINUTE, load=(1, 0), pickup_service_s=30, dropoff_service_s=20
    )
    return replace(plain, **changes)


# Shift 0 has the break 8; ride 2 is aboard it. Ride 3 may only be served by shift 1.
CLEAN_PROBLEM = Problem(
    travel_s=LINE,
    rides=(
        ride(1, 3, pickup_window=Window(10 * MINUTE, 30 * MINUTE)),
        ride(2, 4),
        ride(0, 1, aboard=Aboard(shift=0, departed_at=-10 * MINUTE)),
        ride(5, 6, load=(0, 1), shifts=frozenset({1})),
    ),
    shifts=(
        Shift(0, 0, 0, 120 * MINUTE, (SEATS, WHEELCHAIRS), (Break(Window(0, 60 * MINUTE), 15 * MINUTE),), locked=(5,)),
        Shift(7, 7, 0, 60 * MINUTE, (SEATS, WHEELCHAIRS)),
    ),
)
CLEAN_PLAN = Plan(((5, 0, 2, 1, 3, 8), (6, 7)))


def with_ride(problem: Problem, number: int, **changes: object) -> Problem:
    rides = list(problem.rides)
    rides[number] = replace(rides[number], **changes)
    return Problem(problem.travel_s, tuple(rides), problem.shifts)


def with_shift(problem: Problem, number: int, **changes: object) -> Problem:
    shifts = list(problem.shifts)
    shifts[number] = replace(shifts[number], **changes)
    return Problem(problem.travel_s, problem.rides, tuple(shifts))


def rules(plan: Plan, problem: Problem = CLEAN_PROBLEM) -> list[str]:
    return [violation.rule for violation in violations(problem, plan)]


def test_a_right_plan_has_no_violations():
    assert violations(CLEAN_PROBLEM, CLEAN_PLAN) == ()


def test_an_unserved_ride_is_no_violation():
    assert rules(Plan((CLEAN_PLAN.tours[0], ()), unserved=(3,))) == []


def test_a_plan_without_a_tour_for_each_shift_is_named():
    assert rules(Plan(CLEAN_PLAN.tours[:1])) == ["tour-count"]


def test_a_visit_that_the_problem_does_not_know_is_named():
    assert rules(CLEAN_PLAN.with_tour(1, (6, 7, 9))) == ["unknown-visit"]
    assert rules(CLEAN_PLAN.with_tour(1, (-1, 6, 7))) == ["unknown-visit"]


def test_an_unserved_ride_that_does_not_exist_is_named():
    assert rules(replace(CLEAN_PLAN, unserved=(4,))) == ["unknown-visit"]


def test_a_ride_that_is_forgotten_is_missing():
    assert rules(CLEAN_PLAN.with_tour(1, ())) == ["missing-ride"]


def test_a_ride_without_its_dropoff_is_missing():
    (found,) = violations(CLEAN_PROBLEM, CLEAN_PLAN.with_tour(1, (6,)))
    assert (found.rule, found.shift, found.visit) == ("missing-ride", 1, 7)


def test_a_ride_without_its_pickup_is_missing():
    (found,) = violations(CLEAN_PROBLEM, CLEAN_PLAN.with_tour(1, (7,)))
    assert (found.rule, found.shift, found.visit) == ("missing-ride", 1, 6)


def test_a_rider_aboard_who_is_never_dropped_is_missing():
    problem = with_shift(CLEAN_PROBLEM, 0, locked=(), breaks=())
    assert rules(Plan(((0, 2, 1, 3), (6, 7))), problem) == ["missing-ride"]


def test_a_rider_aboard_cannot_be_left_unserved():
    problem = with_shift(CLEAN_PROBLEM, 0, locked=(), breaks=())
    assert rules(Plan(((0, 2, 1, 3), (6, 7)), unserved=(2,)), problem) == ["missing-ride"]


def test_a_ride_served_twice_is_named():
    assert rules(CLEAN_PLAN.with_tour(1, (6, 7, 6, 7))) == ["ride-twice"]


def test_a_ride_served_and_listed_as_unserved_is_named():
    assert rules(replace(CLEAN_PLAN, unserved=(1,))) == ["ride-twice"]


def test_a_ride_listed_as_unserved_twice_is_named():
    assert rules(Plan((CLEAN_PLAN.tours[0], ()), unserved=(3, 3))) == ["ride-twice"]


def test_a_rider_aboard_dropped_twice_is_named():
    assert rules(CLEAN_PLAN.with_tour(0, (5, 5, 0, 2, 1, 3, 8))) == ["ride-twice"]


def test_a_rider_aboard_who_is_picked_up_again_is_named():
    problem = with_shift(CLEAN_PROBLEM, 0, locked=())
    assert rules(CLEAN_PLAN.with_tour(0, (4, 5, 0, 2, 1, 3, 8)), problem) == ["picked-up-already"]


def test_a_dropoff_before_its_pickup_is_named():
    assert rules(CLEAN_PLAN.with_tour(0, (5, 0, 3, 2, 1, 8))) == ["order", "break-aboard"]
    assert rules(CLEAN_PLAN.with_tour(1, (7, 6))) == ["order"]


def test_a_dropoff_in_the_tour_of_another_shift_is_named():
    problem = with_shift(CLEAN_PROBLEM, 0, breaks=())
    assert rules(Plan(((5, 0, 2, 1), (6, 7, 3))), problem) == ["other-shift"]


def test_a_ride_in_a_shift_that_it_does_not_allow_is_named():
    assert rules(Plan(((5, 0, 2, 1, 3, 8, 6, 7), ()))) == ["other-shift", "other-shift"]


def test_a_rider_aboard_another_shift_is_named():
    problem = with_ride(CLEAN_PROBLEM, 2, aboard=Aboard(1, -10 * MINUTE))
    assert rules(CLEAN_PLAN, problem) == ["other-shift"]


def test_a_break_of_another_shift_is_named_in_both_tours():
    plan = Plan(((5, 0, 2, 1, 3), (6, 7, 8)))
    assert sorted(rules(plan)) == ["break-missing", "other-shift"]


def test_a_missing_break_is_named():
    assert rules(CLEAN_PLAN.with_tour(0, (5, 0, 2, 1, 3))) == ["break-missing"]


def test_a_break_taken_twice_is_named():
    problem = with_shift(CLEAN_PROBLEM, 0, locked=(5, 8))
    assert rules(CLEAN_PLAN.with_tour(0, (5, 8, 0, 2, 1, 3, 8)), problem) == ["break-twice"]


def test_a_break_with_somebody_aboard_is_named():
    (found,) = violations(CLEAN_PROBLEM, CLEAN_PLAN.with_tour(0, (5, 0, 8, 2, 1, 3)))
    assert (found.rule, found.shift, found.visit) == ("break-aboard", 0, 8)


def test_a_break_with_a_rider_of_no_load_aboard_is_named():
    problem = with_ride(CLEAN_PROBLEM, 0, load=(0, 0))
    assert rules(CLEAN_PLAN.with_tour(0, (5, 0, 8, 2, 1, 3)), problem) == ["break-aboard"]


def test_a_break_before_the_rider_aboard_is_dropped_is_named():
    problem = with_shift(CLEAN_PROBLEM, 0, locked=())
    assert rules(CLEAN_PLAN.with_tour(0, (8, 5, 0, 2, 1, 3)), problem) == ["break-aboard"]


def test_a_break_that_begins_too_late_is_named():
    problem = with_shift(CLEAN_PROBLEM, 0, breaks=(Break(Window(0, 20 * MINUTE), 15 * MINUTE),))
    assert rules(CLEAN_PLAN, problem) == ["break-window"]


def test_a_break_is_taken_where_the_van_stands():
    problem = with_ride(CLEAN_PROBLEM, 0, pickup_window=DAY)
    home_s = (5 + 5 + 5 + 5 + 15 + 20) * MINUTE + 20 + 30 + 30 + 20 + 20
    assert rules(CLEAN_PLAN, with_shift(problem, 0, end_by=home_s)) == []
    assert rules(CLEAN_PLAN, with_shift(problem, 0, end_by=home_s - 1)) == ["shift-end"]


def test_a_full_van_is_full():
    problem = with_ride(with_ride(CLEAN_PROBLEM, 0, load=(2, 0)), 1, load=(2, 0))
    assert rules(CLEAN_PLAN, problem) == []


def test_one_rider_more_than_seats_is_named():
    problem = with_ride(with_ride(CLEAN_PROBLEM, 0, load=(2, 0)), 1, load=(3, 0))
    (found,) = violations(problem, CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("capacity", 0, 2)


def test_the_seats_that_a_wheelchair_takes_are_counted():
    problem = with_ride(with_ride(CLEAN_PROBLEM, 0, load=(3, 0)), 1, load=(0, 1))
    assert rules(CLEAN_PLAN, problem) == ["capacity"]


def test_two_wheelchairs_in_one_place_are_named():
    problem = with_ride(with_ride(CLEAN_PROBLEM, 0, load=(0, 1)), 1, load=(0, 1))
    assert rules(CLEAN_PLAN, problem) == ["capacity"]


def test_riders_aboard_from_the_start_count():
    problem = with_shift(with_ride(CLEAN_PROBLEM, 2, load=(4, 0)), 0, locked=())
    assert rules(CLEAN_PLAN, problem) == []
    assert rules(CLEAN_PLAN.with_tour(0, (0, 5, 2, 1, 3, 8)), problem) == ["capacity"]


def test_too_many_aboard_at_the_start_are_named():
    (found,) = violations(with_ride(CLEAN_PROBLEM, 2, load=(5, 0)), CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("capacity", 0, None)


def test_a_visit_before_the_locked_ones_is_named():
    assert rules(CLEAN_PLAN.with_tour(0, (0, 5, 2, 1, 3, 8))) == ["locked"]


def test_a_visit_between_the_locked_ones_is_named():
    problem = with_shift(CLEAN_PROBLEM, 0, locked=(5, 0, 1))
    (found,) = violations(problem, CLEAN_PLAN)
    assert (found.rule, found.visit) == ("locked", 1)


def test_a_locked_visit_that_is_cut_off_is_named():
    problem = with_shift(CLEAN_PROBLEM, 1, locked=(6, 7))
    assert rules(Plan((CLEAN_PLAN.tours[0], ()), unserved=(3,)), problem) == ["locked"]


def test_a_pickup_after_its_window_is_named():
    problem = with_ride(CLEAN_PROBLEM, 0, pickup_window=Window(0, 5 * MINUTE + 19))
    (found,) = violations(problem, CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("time-window", 0, 0)
    assert "1 s after" in found.detail


def test_a_dropoff_after_its_window_is_named():
    begin_s = 10 * MINUTE + 30 + 5 * MINUTE + 30 + 5 * MINUTE
    in_time = with_ride(CLEAN_PROBLEM, 0, dropoff_window=Window(0, begin_s))
    assert rules(CLEAN_PLAN, in_time) == []
    late = with_ride(CLEAN_PROBLEM, 0, dropoff_window=Window(0, begin_s - 1))
    (found,) = violations(late, CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("time-window", 0, 1)


def test_the_drive_from_the_start_place_counts():
    problem = with_ride(CLEAN_PROBLEM, 3, pickup_window=Window(0, 10 * MINUTE))
    assert rules(CLEAN_PLAN, problem) == []
    assert rules(CLEAN_PLAN, with_shift(problem, 1, start_at=1)) == ["time-window"]


def test_a_van_that_comes_home_too_late_is_named():
    home_s = (10 + 5 + 5) * MINUTE + 30 + 20
    assert rules(CLEAN_PLAN, with_shift(CLEAN_PROBLEM, 1, end_by=home_s)) == []
    (found,) = violations(with_shift(CLEAN_PROBLEM, 1, end_by=home_s - 1), CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("shift-end", 1, None)


def test_an_empty_tour_must_be_home_in_time_too():
    problem = with_shift(CLEAN_PROBLEM, 1, end=6, end_by=5 * MINUTE - 1)
    assert rules(Plan((CLEAN_PLAN.tours[0], ()), unserved=(3,)), problem) == ["shift-end"]


def test_a_van_that_is_away_too_long_is_named():
    away_s = (10 + 5 + 5) * MINUTE + 30 + 20
    assert rules(CLEAN_PLAN, with_shift(CLEAN_PROBLEM, 1, max_duration_s=away_s)) == []
    (found,) = violations(with_shift(CLEAN_PROBLEM, 1, max_duration_s=away_s - 1), CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("shift-duration", 1, None)
    assert found.detail == f"The van cannot be back within {away_s - 1} s of leaving, whatever it waits for."


def test_a_van_may_leave_later_so_as_not_to_be_away_too_long():
    problem = with_shift(CLEAN_PROBLEM, 1, max_duration_s=21 * MINUTE)
    assert rules(CLEAN_PLAN, with_ride(problem, 3, pickup_window=Window(30 * MINUTE, DAY.latest))) == []
    late = with_ride(problem, 3, pickup_window=Window(0, 9 * MINUTE + 60), dropoff_window=Window(30 * MINUTE, 3000))
    assert rules(CLEAN_PLAN, late) == ["shift-duration"]


def test_breaks_and_the_way_of_an_empty_van_count_as_time_away():
    empty = Plan((CLEAN_PLAN.tours[0], ()), unserved=(3,))
    assert rules(empty, with_shift(CLEAN_PROBLEM, 1, end=6, max_duration_s=5 * MINUTE)) == []
    assert rules(empty, with_shift(CLEAN_PROBLEM, 1, end=6, max_duration_s=5 * MINUTE - 1)) == ["shift-duration"]
    pause = Break(Window(20 * MINUTE, 30 * MINUTE), 15 * MINUTE)
    alone = Problem(LINE, (), (Shift(0, 1, 0, 120 * MINUTE, (), (pause,), max_duration_s=20 * MINUTE),))
    assert rules(Plan(((0,),)), alone) == []
    assert rules(Plan(((0,),)), with_shift(alone, 0, max_duration_s=20 * MINUTE - 1)) == ["shift-duration"]


def test_a_time_away_is_named_besides_a_late_visit_and_a_long_ride():
    problem = with_ride(CLEAN_PROBLEM, 3, pickup_window=Window(0, 0), max_ride_s=4 * MINUTE)
    assert rules(CLEAN_PLAN, with_shift(problem, 1, max_duration_s=60)) == [
        "time-window",
        "ride-time",
        "shift-duration",
    ]


def test_a_ride_that_lasts_too_long_is_named():
    least_s = 5 * MINUTE + 30 + 5 * MINUTE
    assert rules(CLEAN_PLAN, with_ride(CLEAN_PROBLEM, 0, max_ride_s=least_s)) == []
    (found,) = violations(with_ride(CLEAN_PROBLEM, 0, max_ride_s=least_s - 1), CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("ride-time", 0, 1)


def test_a_ride_time_that_a_later_start_can_keep_is_no_violation():
    """The second pickup opens late: the earliest drive is too long for the first ride, a waiting one is not."""
    problem = with_ride(CLEAN_PROBLEM, 0, max_ride_s=12 * MINUTE)
    problem = with_ride(problem, 1, pickup_window=Window(30 * MINUTE, 90 * MINUTE))
    assert rules(CLEAN_PLAN, problem) == []


def test_a_ride_time_that_the_window_keeps_from_a_later_start_is_named():
    problem = with_ride(CLEAN_PROBLEM, 0, max_ride_s=12 * MINUTE)
    problem = with_ride(problem, 1, pickup_window=Window(40 * MINUTE, 90 * MINUTE))
    (found,) = violations(problem, CLEAN_PLAN)
    assert (found.rule, found.visit) == ("ride-time", 1)


def test_a_rider_aboard_too_long_is_named():
    problem = with_ride(CLEAN_PROBLEM, 2, max_ride_s=15 * MINUTE)
    assert rules(CLEAN_PLAN, problem) == []
    assert rules(CLEAN_PLAN, with_ride(problem, 2, aboard=Aboard(0, -10 * MINUTE - 1))) == ["ride-time"]


def test_two_ride_times_that_only_conflict_together_name_one():
    """Ride 0 spans a wait that ride 1 can only shorten by letting ride 0 wait, and the other way round."""
    problem = Problem(
        travel_s=LINE,
        rides=(
            ride(0, 0, max_ride_s=20 * MINUTE, pickup_service_s=0, dropoff_service_s=0, pickup_window=Window(0, 0)),
            ride(
                0,
                0,
                max_ride_s=20 * MINUTE,
                pickup_service_s=0,
                dropoff_service_s=0,
                dropoff_window=Window(45 * MINUTE, DAY.latest),
            ),
        ),
        shifts=(Shift(0, 0, 0, DAY.latest, (SEATS,)),),
    )
    (found,) = violations(problem, Plan(((0, 2, 1, 3),)))
    assert (found.rule, found.visit) == ("ride-time", 3)
    assert violations(with_ride(problem, 0, max_ride_s=25 * MINUTE), Plan(((0, 2, 1, 3),))) == ()


def test_every_ride_that_lasts_too_long_by_itself_is_named():
    problem = with_ride(with_ride(CLEAN_PROBLEM, 0, max_ride_s=9 * MINUTE), 1, max_ride_s=9 * MINUTE)
    assert [found.visit for found in violations(problem, CLEAN_PLAN)] == [1, 3]


def test_a_place_without_a_road_is_named():
    travel_s = LINE.copy()
    travel_s[5, 6] = UNREACHABLE_S
    problem = Problem(travel_s, CLEAN_PROBLEM.rides, CLEAN_PROBLEM.shifts)
    (found,) = violations(problem, CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("unreachable", 1, 7)


def test_no_road_home_is_named():
    travel_s = LINE.copy()
    travel_s[6, 7] = UNREACHABLE_S
    problem = Problem(travel_s, CLEAN_PROBLEM.rides, CLEAN_PROBLEM.shifts)
    (found,) = violations(problem, CLEAN_PLAN)
    assert (found.rule, found.shift, found.visit) == ("unreachable", 1, None)


def test_every_late_visit_and_a_late_end_are_named_together():
    problem = with_ride(CLEAN_PROBLEM, 3, pickup_window=Window(0, 0), dropoff_window=Window(0, 0))
    assert rules(CLEAN_PLAN, with_shift(problem, 1, end_by=0)) == ["time-window", "time-window", "shift-end"]


def test_a_ride_time_is_named_besides_a_late_visit():
    problem = with_ride(CLEAN_PROBLEM, 3, pickup_window=Window(0, 0), max_ride_s=4 * MINUTE)
    assert rules(CLEAN_PLAN, problem) == ["time-window", "ride-time"]


# --- given times -------------------------------------------------------------------------------------------------------

TOUR = CLEAN_PLAN.tours[1]
SCHEDULE = Schedule(begin=(600, 930), depart=(630, 950), end_at=1250)


def schedule_rules(schedule: Schedule, problem: Problem = CLEAN_PROBLEM) -> list[str]:
    return [violation.rule for violation in schedule_violations(problem, 1, TOUR, schedule)]


def test_the_earliest_schedule_is_right():
    assert schedule_rules(SCHEDULE) == []


def test_a_schedule_with_waits_is_right():
    assert schedule_rules(Schedule((700, 1100), (730, 1120), 2000)) == []


def test_a_schedule_of_another_length_is_named():
    assert schedule_rules(replace(SCHEDULE, begin=(600,))) == ["schedule-length"]
    assert schedule_rules(replace(SCHEDULE, depart=(630, 950, 1000))) == ["schedule-length"]


def test_a_begin_before_the_van_can_be_there_is_named():
    assert schedule_rules(Schedule((599, 930), (629, 950), 1250)) == ["travel-time"]
    assert schedule_rules(Schedule((600, 929), (630, 949), 1250)) == ["travel-time"]
    assert schedule_rules(replace(SCHEDULE, end_at=1249)) == ["travel-time"]


def test_a_service_cut_short_is_named():
    assert schedule_rules(replace(SCHEDULE, depart=(629, 950))) == ["service-time"]


def test_a_begin_outside_its_window_is_named_on_both_sides():
    assert schedule_rules(SCHEDULE, with_ride(CLEAN_PROBLEM, 3, pickup_window=Window(601, 700))) == ["time-window"]
    assert schedule_rules(SCHEDULE, with_ride(CLEAN_PROBLEM, 3, dropoff_window=Window(0, 929))) == ["time-window"]


def test_a_given_ride_time_over_the_limit_is_named():
    problem = with_ride(CLEAN_PROBLEM, 3, max_ride_s=310)
    assert schedule_rules(Schedule((600, 940), (630, 960), 1260), problem) == []
    assert schedule_rules(Schedule((600, 941), (630, 961), 1261), problem) == ["ride-time"]


def test_a_given_time_away_over_the_limit_is_named():
    problem = with_shift(CLEAN_PROBLEM, 1, max_duration_s=1300)
    assert schedule_rules(Schedule((700, 1030), (730, 1050), 1400), problem) == []
    assert schedule_rules(Schedule((700, 1030), (730, 1050), 1401), problem) == ["shift-duration"]


def test_a_given_end_after_the_shift_is_named():
    assert schedule_rules(replace(SCHEDULE, end_at=60 * MINUTE + 1)) == ["shift-end"]


def test_given_times_over_a_missing_road_are_named():
    travel_s = LINE.copy()
    travel_s[5, 6] = UNREACHABLE_S
    problem = Problem(travel_s, CLEAN_PROBLEM.rides, CLEAN_PROBLEM.shifts)
    assert schedule_rules(SCHEDULE, problem) == ["unreachable"]


# --- against a linear program ------------------------------------------------------------------------------------------

TIME_RULES = {Rule.TIME_WINDOW, Rule.BREAK_WINDOW, Rule.SHIFT_END, Rule.SHIFT_DURATION, Rule.RIDE_TIME}


def random_case(seed: int) -> tuple[Problem, Plan]:
    """Return a problem of up to five rides in one shift, and some order of its visits with pickups first."""
    chance = random.Random(seed)
    places = 5
    spots = [(chance.randrange(20), chance.randrange(20)) for _ in range(places)]
    travel_s = np.array([[abs(a - c) + abs(b - d) for c, d in spots] for a, b in spots], dtype=np.int32)
    slack = chance.choice((20, 40, 80, 160))
    order = [code for ride in range(chance.randint(0, 5)) for code in (2 * ride, 2 * ride + 1)]
    count = len(order) // 2
    rides = tuple(random_ride(chance, places, slack, aboard=chance.random() < 0.2) for _ in range(count))
    breaks = (Break(random_window(chance, slack), chance.randrange(10)),) * chance.randint(0, 1)
    shift = Shift(chance.randrange(places), chance.randrange(places), chance.randrange(20), 60 + slack, (), breaks)
    if chance.random() < 0.4:
        shift = replace(shift, max_duration_s=chance.randrange(10, 10 + 2 * slack))
    codes = [code for code in order if code % 2 or rides[code // 2].aboard is None]
    codes += range(2 * count, 2 * count + len(breaks))
    chance.shuffle(codes)
    return Problem(travel_s, rides, (shift,)), Plan((pickups_first(codes, count),))


def random_window(chance: random.Random, slack: int) -> Window:
    opens = chance.randrange(60)
    return Window(opens, opens + chance.randrange(10, 10 + slack))


def random_ride(chance: random.Random, places: int, slack: int, *, aboard: bool) -> Ride:
    return Ride(
        chance.randrange(places),
        chance.randrange(places),
        random_window(chance, slack),
        Window(0, 40 + 2 * slack),
        max_ride_s=chance.randrange(10, 10 + slack),
        load=(),
        pickup_service_s=chance.randrange(4),
        dropoff_service_s=chance.randrange(4),
        aboard=Aboard(0, chance.randrange(-20, 10)) if aboard else None,
    )


def pickups_first(codes: list[int], rides: int) -> tuple[int, ...]:
    for number in range(rides):
        if pickup_of(number) in codes:
            first, second = sorted((codes.index(pickup_of(number)), codes.index(dropoff_of(number))))
            codes[first], codes[second] = pickup_of(number), dropoff_of(number)
    return tuple(codes)


def times_by_linear_program(problem: Problem, tour: tuple[int, ...]) -> np.ndarray | None:
    """Return begin times and the arrival at the end place, latest first in the objective, or ``None``.

    Written as rows of a matrix, from the definition of the timing rules and from nothing in the checker.
    """
    shift = problem.shifts[0]
    count = len(tour)
    rows: list[tuple[Mapping[int, int], int]] = []
    bounds: list[tuple[float | None, float | None]] = []
    place, left = shift.start, None
    at = {code: position for position, code in enumerate(tour)}
    for position, code in enumerate(tour):
        if code >= 2 * len(problem.rides):
            pause = shift.breaks[code - 2 * len(problem.rides)]
            here, service, window = place, pause.duration_s, pause.window
        elif code % 2 == 0:
            asked = problem.rides[code // 2]
            here, service, window = asked.pickup, asked.pickup_service_s, asked.pickup_window
        else:
            asked = problem.rides[code // 2]
            here, service, window = asked.dropoff, asked.dropoff_service_s, asked.dropoff_window
            if asked.aboard is None:
                rows.append(({position: 1, at[code - 1]: -1}, asked.max_ride_s + asked.pickup_service_s))
            else:
                rows.append(({position: 1}, asked.max_ride_s + asked.aboard.departed_at))
        drive = int(problem.travel_s[place, here])
        if position == 0:
            rows.append(({0: -1}, -(shift.start_at + drive)))
        else:
            rows.append(({position - 1: 1, position: -1}, -(left + drive)))
        bounds.append((window.earliest, window.latest))
        place, left = here, service
    home = int(problem.travel_s[place, shift.end])
    rows.append(
        ({count: -1}, -(shift.start_at + home)) if left is None else ({count - 1: 1, count: -1}, -(left + home))
    )
    bounds.append((None, shift.end_by))
    if shift.max_duration_s is not None and tour:
        first = problem.rides[tour[0] // 2] if tour[0] < 2 * len(problem.rides) else None
        stands = shift.start if first is None else first.dropoff if tour[0] % 2 else first.pickup
        rows.append(({count: 1, 0: -1}, shift.max_duration_s - int(problem.travel_s[shift.start, stands])))
    elif shift.max_duration_s is not None and home > shift.max_duration_s:
        return None
    matrix = np.zeros((len(rows), count + 1))
    for number, (terms, _) in enumerate(rows):
        for column, factor in terms.items():
            matrix[number, column] += factor
    answer = linprog(np.ones(count + 1), A_ub=matrix, b_ub=[limit for _, limit in rows], bounds=bounds)
    return answer.x if answer.status == 0 else None


def has_times(problem: Problem, plan: Plan) -> bool:
    return not {violation.rule for violation in violations(problem, plan)} & TIME_RULES


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_tour_breaks_a_time_rule_exactly_when_no_times_exist(seed):
    problem, plan = random_case(seed)
    expected = times_by_linear_program(problem, plan.tours[0]) is not None
    event(f"feasible: {expected}")
    assert has_times(problem, plan) == expected


def test_the_random_tours_are_of_both_kinds():
    """Without either kind the comparison above would show nothing; ride times alone must decide some of them."""
    found = [frozenset(rules(plan, problem)) & TIME_RULES for problem, plan in map(random_case, range(400))]
    assert found.count(frozenset()) >= 40
    assert found.count(frozenset({Rule.RIDE_TIME})) >= 20
    assert all(sum(rule in broken for broken in found) >= 20 for rule in TIME_RULES)


@pytest.mark.parametrize("blind", ["_duration_limit", "_ride_limits", "_limits"])
def test_a_checker_that_overlooks_a_rule_is_told_from_the_linear_program(blind, monkeypatch):
    monkeypatch.setattr(check_times, blind, lambda *_: {} if blind == "_ride_limits" else [])
    cases = [random_case(seed) for seed in range(150)]
    judged = [has_times(problem, plan) for problem, plan in cases]
    assert judged != [times_by_linear_program(problem, plan.tours[0]) is not None for problem, plan in cases]


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_times_found_by_a_linear_program_are_right(seed):
    problem, plan = random_case(seed)
    times = times_by_linear_program(problem, plan.tours[0])
    if times is None:
        return
    begin = tuple(round(at) for at in times[:-1])
    depart = tuple(at + service_s(problem, code) for at, code in zip(begin, plan.tours[0], strict=True))
    assert schedule_violations(problem, 0, plan.tours[0], Schedule(begin, depart, round(times[-1]))) == ()


@given(st.integers(0, 2**32), st.data())
@settings(max_examples=150, deadline=None)
def test_no_times_are_right_for_a_tour_that_has_none(seed, data):
    problem, plan = random_case(seed)
    tour = plan.tours[0]
    if has_times(problem, plan):
        return
    begin = tuple(data.draw(st.integers(0, 200)) for _ in tour)
    depart = tuple(at + service_s(problem, code) for at, code in zip(begin, tour, strict=True))
    schedule = Schedule(begin, depart, data.draw(st.integers(0, 400)))
    assert schedule_violations(problem, 0, tour, schedule) != ()


def service_s(problem: Problem, code: int) -> int:
    if code >= 2 * len(problem.rides):
        return problem.shifts[0].breaks[code - 2 * len(problem.rides)].duration_s
    asked = problem.rides[code // 2]
    return asked.dropoff_service_s if code % 2 else asked.pickup_service_s


@given(st.permutations(CLEAN_PLAN.tours[0]), st.integers(0, 6))
def test_any_order_of_a_clean_tour_is_judged_by_its_structure_alone(order, cut):
    """Windows are wide here, so that only order, break and lock can be wrong; each is recomputed by hand."""
    problem = with_ride(CLEAN_PROBLEM, 0, pickup_window=DAY)
    problem = with_shift(problem, 0, breaks=(Break(DAY, 15 * MINUTE),), end_by=DAY.latest)
    problem = with_ride(
        with_ride(with_ride(problem, 0, max_ride_s=DAY.latest), 1, max_ride_s=DAY.latest), 2, max_ride_s=DAY.latest
    )
    tour = tuple(order[cut:]) + tuple(order[:cut])
    at = {code: position for position, code in enumerate(tour)}
    wrong = set()
    if tour[0] != 5:
        wrong.add("locked")
    if at[1] < at[0] or at[3] < at[2]:
        wrong.add("order")
    before = tour[: at[8]]
    inside = (0 in before and 1 not in before[before.index(0) :]) or (
        2 in before and 3 not in before[before.index(2) :]
    )
    if inside or 5 not in before:
        wrong.add("break-aboard")
    assert set(rules(CLEAN_PLAN.with_tour(0, tour), problem)) == wrong

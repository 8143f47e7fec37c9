"""Insertion finds exactly what trying everything finds."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from solver.arrays import COUNT, FAR, KIND, TO_GAP, pack, pack_ride
from solver.breaks import place_breaks
from solver.check import violations
from solver.cost import plan_cost, tour_cost
from solver.insertion import (
    NEW_DROPOFF,
    NEW_PICKUP,
    SPARE_ROWS,
    PackedPlan,
    candidate_insertions,
    cheapest_insertions,
    make_answers,
    pack_plan,
    repack_plan,
    take_out,
    warm_up,
    with_insertion,
    without_rides,
)
from solver.plan import Insertion, Plan
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
from solver.rows import PICKUP
from solver.scan import KNOWN, PICKUP_FIRST, find_places, make_scratch, price_detours

from . import brute_force
from .instances import CROOKED, LOOSE, SMALL, TIMED, TINY, UNBOUND, Case, Size, cases, draw_case

ALL = 99
DAY = Window(0, 36_000)
LINE = np.abs(np.subtract.outer(np.arange(6), np.arange(6))).astype(np.int32) * 100
"""Six places on a line, 100 s from one to the next."""
MANY_BREAKS = Size(rides=4, shifts=2, breaks=3)
UNBOUND_CROOKED = Size(unbound=True, metric=False)


@pytest.fixture(autouse=True, scope="module")
def _compiled():
    warm_up()


def ride(pickup: int, dropoff: int, **changes: object) -> Ride:
    return replace(Ride(pickup, dropoff, DAY, DAY, 3600, (1,)), **changes)


def van(**changes: object) -> Shift:
    return replace(Shift(0, 0, 0, 36_000, (CapacityRow((1,), 4),)), **changes)


def best_by_trying(problem: Problem, plan: Plan, number: int) -> list[tuple[int, int, int, int]]:
    """The best insertion of each shift as (cost, pickup, shift, drop-off), in their order."""
    best: dict[int, tuple[int, int, int]] = {}
    for found in brute_force.insertions(problem, plan, number):
        key = (found.cost, found.pickup_begin, found.dropoff_begin)
        best[found.shift] = min(best.get(found.shift, key), key)
    return sorted((cost, picked, shift, dropped) for shift, (cost, picked, dropped) in best.items())


def keys(found: tuple[Insertion, ...]) -> list[tuple[int, int, int, int]]:
    return [(one.cost, one.pickup_begin, one.shift, one.dropoff_begin) for one in found]


def renamed(tour: tuple[int, ...], number: int) -> tuple[int, ...]:
    own = {NEW_PICKUP: pickup_of(number), NEW_DROPOFF: dropoff_of(number)}
    return tuple(own.get(code, code) for code in tour)


def open_rides(case: Case) -> list[int]:
    return [number for number in case.plan.unserved if case.problem.rides[number].aboard is None]


# --- against everything there is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size",
    [SMALL, LOOSE, TINY, CROOKED, MANY_BREAKS, TIMED, UNBOUND, UNBOUND_CROOKED],
    ids=["small", "loose", "tiny", "crooked", "many-breaks", "timed", "unbound", "unbound-crooked"],
)
def test_insertions_are_those_of_trying_everything_in_hundreds_of_cases(size):
    random, tried, possible = Random(3), 0, 0
    for _ in range(160):
        case = draw_case(random, size)
        state = pack_plan(pack(case.problem), case.plan)
        for number in open_rides(case):
            expected = best_by_trying(case.problem, case.plan, number)
            assert keys(cheapest_insertions(case.problem, state, number, ALL)) == expected
            tried += 1
            possible += bool(expected)
    assert tried > 100
    assert possible > 40


OVERLOOKED = {
    "ride times": (SMALL, lambda ride: replace(ride, max_ride_s=10**6), lambda shift: shift),
    "wheelchairs": (LOOSE, lambda ride: replace(ride, load=(ride.load[0], 0)), lambda shift: shift),
    "durations": (TIMED, lambda ride: ride, lambda shift: replace(shift, max_duration_s=None)),
    "lengths of breaks": (
        MANY_BREAKS,
        lambda ride: ride,
        lambda shift: replace(shift, breaks=tuple(replace(one, duration_s=0) for one in shift.breaks)),
    ),
}
"""What a twin of the kernels overlooks, and the cases in which that shows."""


@pytest.mark.parametrize("rule", OVERLOOKED)
def test_a_twin_that_overlooks_a_rule_is_told_from_trying_everything(rule):
    size, blind_ride, blind_shift = OVERLOOKED[rule]
    random, wrong = Random(7), 0
    for _ in range(60):
        case = draw_case(random, size)
        rides, shifts = map(blind_ride, case.problem.rides), map(blind_shift, case.problem.shifts)
        blind = Problem(case.problem.travel_s, tuple(rides), tuple(shifts))
        for number in open_rides(case):
            found = keys(cheapest_insertions(blind, case.plan, number, ALL))
            wrong += found != best_by_trying(case.problem, case.plan, number)
    assert wrong > 0


@settings(max_examples=80, deadline=None)
@given(cases(), st.integers(1, 3), st.one_of(st.none(), st.integers(0, 60).map(lambda steps: 30 * steps)))
def test_the_k_best_within_a_limit_are_the_first_of_all(case, k, max_cost):
    for number in open_rides(case):
        every = cheapest_insertions(case.problem, case.plan, number, ALL)
        event(f"{len(every)} shifts")
        within = [one for one in every if max_cost is None or one.cost <= max_cost]
        assert list(cheapest_insertions(case.problem, case.plan, number, k, max_cost=max_cost)) == within[:k]


def test_a_rider_aboard_is_dropped_where_trying_everything_drops_them():
    random, tried, possible = Random(4), 0, 0
    for _ in range(250):
        case = draw_case(random, LOOSE)
        for number, value in enumerate(case.problem.rides):
            if value.aboard is None or dropoff_of(number) in case.problem.shifts[value.aboard.shift].locked:
                continue
            rest = without_rides(case.plan, [number])
            expected = best_by_trying(case.problem, rest, number)
            found = cheapest_insertions(case.problem, rest, number)
            assert keys(found) == expected[:1]
            assert cheapest_insertions(case.problem, rest, number, max_cost=expected[0][0] - 1) == ()
            tried += 1
            possible += not violations(case.problem, with_insertion(rest, number, found[0]))
    assert tried == possible > 30


def test_in_long_tours_the_cost_is_that_of_the_best_of_all_pairs_of_places():
    random, possible = Random(8), 0
    size = Size(places=9, rides=24, shifts=2, breaks=2, aboard=0, locks=False, tight=False)
    for case in (draw_long_case(random, size) for _ in range(25)):
        packed = pack(case.problem)
        for number in open_rides(case)[:4]:
            found = cheapest_insertions(packed, case.plan, number, ALL)
            costs = {one.shift: one.cost for one in found}
            assert costs == cheapest_by_pairs(case, number)
            possible += len(found)
    assert possible > 30


def draw_long_case(random: Random, size: Size) -> Case:
    """Rides over a long day, as many as fit put in one after the other."""
    case = draw_case(random, replace(size, rides=1))
    problem = case.problem
    shifts = tuple(replace(shift, end_by=shift.start_at + 14_400, locked=()) for shift in problem.shifts)
    places = len(problem.travel_s)
    rides = []
    for _ in range(size.rides):
        opens = 30 * random.randint(0, 400)
        pickup, dropoff = random.randrange(places), random.randrange(places)
        longest = int(problem.travel_s[pickup, dropoff]) * 2 + 300
        window = Window(opens, opens + 1200)
        rides.append(Ride(pickup, dropoff, window, Window(0, opens + 1200 + longest), longest, (1, 0), 30, 30))
    long = Problem(problem.travel_s, tuple(rides), shifts)
    plan = Plan(long.break_codes, tuple(range(len(rides))))
    if any(place_breaks(pack(long), shift, tour) is None for shift, tour in enumerate(plan.tours)):
        return draw_long_case(random, size)
    for number in range(len(rides) - 4):
        found = cheapest_insertions(long, plan, number)
        plan = with_insertion(plan, number, found[0]) if found else plan
    return Case(long, Plan(plan.tours, tuple(reversed(plan.unserved))))


def cheapest_by_pairs(case: Case, number: int) -> dict[int, int]:
    """The least added cost per shift, each pair of places judged by ``place_breaks`` alone."""
    best: dict[int, int] = {}
    packed = pack(case.problem)
    for shift, tour in enumerate(case.plan.tours):
        visits = tuple(code for code in tour if code not in case.problem.break_codes[shift])
        for second in range(len(visits) + 1):
            for first in range(second + 1):
                longer = (
                    *visits[:first],
                    pickup_of(number),
                    *visits[first:second],
                    dropoff_of(number),
                    *visits[second:],
                )
                added = tour_cost(case.problem, shift, longer) - tour_cost(case.problem, shift, tour)
                if added < best.get(shift, 10**9) and place_breaks(packed, shift, longer) is not None:
                    best[shift] = added
    return best


# --- what is found ----------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(cases(), st.booleans())
def test_a_plan_with_an_insertion_is_right_and_costs_what_it_says(case, as_candidate):
    for number in open_rides(case):
        if as_candidate:
            (found,) = candidate_insertions(case.problem, case.plan, [case.problem.rides[number]], ALL)
        else:
            found = cheapest_insertions(case.problem, case.plan, number, ALL)
        for one in found:
            plan = with_insertion(case.plan, number, one)
            assert violations(case.problem, plan) == ()
            assert plan_cost(case.problem, plan) == plan_cost(case.problem, case.plan) + one.cost
            times = brute_force.begins(case.problem, one.shift, plan.tours[one.shift])
            begin = dict(zip(plan.tours[one.shift], times, strict=False))
            assert begin[pickup_of(number)] == one.pickup_begin
            assert begin[dropoff_of(number)] == one.dropoff_begin


@settings(max_examples=80, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_many_candidates_at_once_are_answered_like_each_ride_alone(case, random):
    wishes = [case.problem.rides[number] for number in open_rides(case)]
    later = [moved(wish, 30 * random.randint(-20, 20)) for wish in wishes for _ in range(3)]
    answers = candidate_insertions(case.problem, case.plan, [*wishes, *later], ALL)
    for number, answer in zip(open_rides(case), answers, strict=False):
        alone = cheapest_insertions(case.problem, case.plan, number, ALL)
        assert keys(answer) == keys(alone)
        assert [renamed(one.tour, number) for one in answer] == [one.tour for one in alone]
    for wish, answer in zip(later, answers[len(wishes) :], strict=True):
        number = next(n for n, value in enumerate(case.problem.rides) if value.aboard is None)
        if number in case.plan.unserved:
            rides = (*case.problem.rides[:number], wish, *case.problem.rides[number + 1 :])
            assert keys(answer) == best_by_trying(case.problem.with_rides(rides), case.plan, number)


def moved(wish: Ride, by_s: int) -> Ride:
    pickup, dropoff = (Window(w.earliest + by_s, w.latest + by_s) for w in (wish.pickup_window, wish.dropoff_window))
    return replace(wish, pickup_window=pickup, dropoff_window=dropoff)


def test_a_twin_that_prices_every_wish_like_the_first_is_told_from_asking_for_each_alone():
    random, wrong = Random(12), 0
    for _ in range(120):
        case = draw_case(random, LOOSE)
        wishes = [replace(case.problem.rides[number], shifts=None) for number in open_rides(case)]
        if len(wishes) < 2:
            continue
        state = pack_plan(pack(case.problem), case.plan)
        (honest,) = candidate_insertions(case.problem, state, wishes[1:2])
        wrong += keys(honest) != priced_like(state, wishes[0], wishes[1])
    assert wrong > 5


def priced_like(state: PackedPlan, other: Ride, wish: Ride) -> list[tuple[int, int, int, int]]:
    """What the kernels find for a wish with the detours of another one, to where that goes at any time."""
    table = np.array([(*pickup, *dropoff, -1, -2, -1, *wish.load) for pickup, dropoff in map(pack_ride, (wish, other))])
    table[1, 1:3], table[1, 6:8] = (-(10**6), 10**6), (-(10**6), 10**6)
    answers, scratch = make_answers(state, 1, 1), make_scratch(state.loaded)
    price_detours(state.loaded, table[1:], scratch)
    find_places(state.loaded, table[0], np.empty((0, 0), dtype=np.bool_), FAR, PICKUP_FIRST, KNOWN, answers[0], scratch)
    added, picked, dropped, shift = answers[0, 0, :4].tolist()
    return [(added, picked, shift, dropped)] if shift >= 0 else []


def test_what_is_drawn_has_rides_whose_time_binds_and_rides_whose_time_does_not():
    random, inside = Random(3), {True: 0, False: 0}
    for _ in range(160):
        case = draw_case(random, UNBOUND)
        state = pack_plan(pack(case.problem), case.plan)
        for shift, head in enumerate(state.loaded.heads):
            rows = state.loaded.rows[shift, : max(0, head[COUNT])]
            for pickup in np.flatnonzero((rows[:, KIND] == PICKUP) & (np.arange(len(rows)) + 1 < len(rows))):
                inside[bool(rows[pickup + 1, TO_GAP] == pickup + 1)] += 1
    assert min(inside.values()) > 20


@settings(max_examples=60, deadline=None)
@given(cases())
def test_searching_leaves_the_packed_plan_as_it_was(case):
    state = pack_plan(pack(case.problem), case.plan)
    before = state.loaded.rows.copy(), state.loaded.heads.copy()
    first = [cheapest_insertions(case.problem, state, number, ALL) for number in open_rides(case)]
    again = [cheapest_insertions(case.problem, state, number, ALL) for number in reversed(open_rides(case))]
    assert first == again[::-1]
    assert np.array_equal(before[1], state.loaded.heads)
    for shift in range(len(case.problem.shifts)):
        length = len(case.plan.tours[shift]) + 1 - len(case.problem.break_codes[shift])
        assert np.array_equal(before[0][shift, :length], state.loaded.rows[shift, :length])


@settings(max_examples=60, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_a_repacked_plan_answers_like_a_new_one(case, random):
    packed = pack(case.problem)
    plan, state = case.plan, pack_plan(packed, case.plan)
    for _ in range(6):
        served = [n for n, value in enumerate(case.problem.rides) if value.aboard is None and n not in plan.unserved]
        served = [n for n in served if all(pickup_of(n) not in shift.locked for shift in case.problem.shifts)]
        if served and random.random() < 0.5:
            plan = without_rides(plan, random.sample(served, random.randint(1, len(served))))
        elif plan.unserved:
            number = random.choice(plan.unserved)
            found = cheapest_insertions(packed, state, number)
            plan = with_insertion(plan, number, found[0]) if found else plan
        state = repack_plan(state, plan)
        for number in plan.unserved:
            assert cheapest_insertions(packed, state, number, ALL) == cheapest_insertions(packed, plan, number, ALL)


def test_a_repacked_plan_may_have_much_longer_tours():
    rides = tuple(ride(1, 2) for _ in range(SPARE_ROWS + 2))
    problem = Problem(LINE, rides, (van(),))
    packed = pack(problem)
    plan, state = Plan(((),), tuple(range(len(rides)))), pack_plan(packed, Plan(((),), tuple(range(len(rides)))))
    for number in range(len(rides)):
        found = cheapest_insertions(packed, state, number)
        plan = with_insertion(plan, number, found[0])
        state = repack_plan(state, plan)
    assert violations(problem, plan) == ()


@settings(max_examples=60, deadline=None)
@given(cases())
def test_taking_rides_out_undoes_putting_them_in(case):
    for number in open_rides(case):
        for one in cheapest_insertions(case.problem, case.plan, number):
            back = without_rides(with_insertion(case.plan, number, one), [number])
            breaks = {code for codes in case.problem.break_codes for code in codes}
            riders = [[code for code in tour if code not in breaks] for tour in back.tours]
            assert riders == [[code for code in tour if code not in breaks] for tour in case.plan.tours]
            assert back.unserved == tuple(sorted(case.plan.unserved))


# --- examples -----------------------------------------------------------------------------------------------------------


def test_a_break_moves_out_of_the_way():
    breaks = (Break(Window(0, 5000), 1800),)
    rides = (ride(1, 2, pickup_window=Window(4000, 4600)), ride(3, 4, pickup_window=Window(300, 900)))
    problem = Problem(LINE, rides, (van(breaks=breaks),))
    (found,) = cheapest_insertions(problem, Plan(((4, 0, 1),), (1,)), 1)
    assert found == Insertion(0, (2, 3, 4, 0, 1), 1000 - 400, 300, 400)


def test_a_break_before_the_ride_stays_there_where_the_old_tour_would_take_it_later():
    """Without the ride the van is free sooner if it takes the break behind its first rider, whom it need not wait for."""
    first, wish = ride(3, 4, pickup_window=Window(0, 3000)), ride(1, 2, pickup_window=Window(1400, 1450))
    problem = Problem(LINE, (first, wish), (van(end=5, breaks=(Break(Window(1000, 1200), 300),)),))
    (found,) = cheapest_insertions(problem, Plan(((0, 1, 4),), (1,)), 1)
    assert found == Insertion(0, (4, 2, 3, 0, 1), 0, 1400, 1500)


def test_a_ride_whose_windows_keep_its_time_makes_no_block_and_one_whose_windows_do_not_makes_one():
    windows = {"pickup_window": Window(1000, 1300), "dropoff_window": Window(1000, 2000)}
    for longest, quiet in ((1000, True), (999, False)):
        problem = Problem(LINE, (ride(1, 3, max_ride_s=longest, **windows),), (van(),))
        state = pack_plan(pack(problem), Plan(((0, 1),)))
        assert state.loaded.rows[0, 1, TO_GAP] == (1 if quiet else 2)


def test_windows_beyond_what_an_integer_of_the_kernels_holds_are_windows_without_end():
    forever = Window(-(10**30), 10**30)
    problem = Problem(LINE, (), (van(),))
    wish = ride(1, 2, pickup_window=forever, dropoff_window=forever, max_ride_s=10**30)
    assert keys(candidate_insertions(problem, Plan(((),)), [wish])[0]) == [(400, 100, 0, 200)]


def test_a_ride_goes_to_the_van_that_is_there_and_in_a_tie_to_the_first():
    shifts = (van(), van(start=4, end=4), van(start=4, end=4))
    problem = Problem(LINE, (ride(4, 5),), shifts)
    found = cheapest_insertions(problem, Plan(((), (), ()), (0,)), 0, ALL)
    assert [(one.shift, one.cost, one.pickup_begin) for one in found] == [(1, 200, 0), (2, 200, 0), (0, 1000, 400)]


def test_the_first_ride_of_a_van_costs_the_whole_way_and_the_fixed_cost():
    problem = Problem(LINE, (ride(1, 2), ride(1, 2)), (van(end=5, fixed_cost=7000),))
    (first,) = cheapest_insertions(problem, Plan(((),), (0, 1)), 0)
    assert first.cost == 7000 + 500
    (second,) = cheapest_insertions(problem, Plan((first.tour,), (1,)), 1)
    assert second.cost == 0


def test_bounds_may_be_met_to_the_second():
    there_already = Problem(LINE, (ride(1, 2, pickup_window=Window(0, 1000)),), (van(start=1, start_at=1000),))
    (found,) = cheapest_insertions(there_already, Plan(((),), (0,)), 0)
    assert found.pickup_begin == 1000
    just_in_time = ride(2, 4, pickup_window=Window(0, 200), dropoff_window=Window(0, 400), max_ride_s=200)
    wish = ride(1, 3, pickup_window=Window(100, 100), dropoff_window=Window(0, 300), max_ride_s=200)
    problem = Problem(LINE, (just_in_time, wish), (van(end_by=800),))
    (found,) = cheapest_insertions(problem, Plan(((0, 1),), (1,)), 1)
    assert found == Insertion(0, (2, 0, 3, 1), 0, 100, 300)


def test_a_wheelchair_takes_two_seats_and_the_one_place_there_is():
    capacity = (CapacityRow((1, 2), 4), CapacityRow((0, 1), 1))
    first = Ride(0, 5, Window(0, 60), DAY, 600, (2, 0))
    second = Ride(1, 4, Window(0, 160), DAY, 300, (0, 1))
    problem = Problem(LINE, (first, second), (van(capacity=capacity),))
    plan = Plan(((0, 2, 3, 1),))
    one_more = ride(2, 3, pickup_window=Window(0, 260), load=(1, 0))
    assert candidate_insertions(problem, plan, [one_more]) == [()]
    alone = Plan(((0, 1),), (1,))
    answers = candidate_insertions(
        problem, alone, [one_more, replace(one_more, load=(0, 1)), replace(one_more, load=(1, 1))]
    )
    assert [len(answer) for answer in answers] == [1, 1, 0]


def test_nothing_goes_before_or_between_locked_visits():
    problem = Problem(LINE, (ride(1, 4), ride(2, 3)), (van(locked=(0, 1)),))
    (found,) = cheapest_insertions(problem, Plan(((0, 1),), (1,)), 1)
    assert found.tour == (0, 1, 2, 3)


def test_a_tour_that_breaks_a_rule_takes_no_ride():
    rides = (ride(1, 2, max_ride_s=99), ride(3, 4), ride(1, 2, shifts=frozenset()))
    problem = Problem(LINE, rides, (van(), van(start=5, end=5)))
    for broken in ((0, 1), (1, 0), (0,), (4, 5), (9,), (-1,)):
        found = cheapest_insertions(problem, Plan((broken, ()), (1,)), 1, ALL)
        assert [one.shift for one in found] == [1]


def test_a_ride_without_a_road_is_not_inserted():
    travel_s = LINE.copy()
    travel_s[:, 3] = UNREACHABLE_S
    endless = Window(0, 10**18)
    wish = ride(1, 3, pickup_window=endless, dropoff_window=endless, max_ride_s=10**18)
    problem = Problem(travel_s, (), (van(end_by=10**18),))
    assert candidate_insertions(problem, Plan(((),)), [wish, replace(wish, dropoff=2)], 1)[0] == ()
    assert len(candidate_insertions(problem, Plan(((),)), [wish, replace(wish, dropoff=2)], 1)[1]) == 1


def test_without_shifts_or_candidates_nothing_is_found():
    assert candidate_insertions(Problem(LINE, (), ()), Plan(()), [ride(0, 1)]) == [()]
    assert candidate_insertions(Problem(LINE, (), (van(),)), Plan(((),)), []) == []
    anything = Problem(LINE, (), (van(capacity=()),))
    assert len(candidate_insertions(anything, Plan(((),)), [ride(0, 1, load=(1, 2, 3))])[0]) == 1


def test_what_cannot_be_inserted_is_refused_with_what_to_do():
    problem = Problem(LINE, (ride(1, 2), ride(1, 2, aboard=Aboard(0, 0))), (van(),))
    plan = Plan(((0, 1, 3),))
    with pytest.raises(ProblemError, match="take it out with without_rides"):
        cheapest_insertions(problem, plan, 0)
    with pytest.raises(ProblemError, match="give places below 6"):
        candidate_insertions(problem, plan, [ride(1, 6)])
    with pytest.raises(ProblemError, match="give it 1 like the problem"):
        candidate_insertions(problem, plan, [ride(1, 2, load=(1, 0))])
    with pytest.raises(ProblemError, match="use cheapest_insertions"):
        candidate_insertions(problem, plan, [problem.rides[1]])
    with pytest.raises(ProblemError, match="give each shift one"):
        cheapest_insertions(problem, Plan(()), 0)


def test_what_is_left_of_a_tour_drives_to_its_breaks_in_another_order_where_it_must():
    # The short break comes last in its window: taken where the ride ends it costs nothing, taken at the start it is late.
    window, nobody = Window(30, 30), Window(0, 30)
    ride = Ride(0, 0, window, nobody, 0, (1,))
    breaks = (Break(Window(210, 2010), 240), Break(Window(1980, 1980), 30))
    shift = Shift(1, 2, 0, 2340, (CapacityRow((1,), 1),), breaks)
    travel_s = np.array([[0, 30, 90], [30, 0, 120], [90, 120, 0]], dtype=np.int32)
    problem = Problem(travel_s, (ride,), (shift,))
    plan = Plan(((0, 1, 3, 2),))
    assert violations(problem, plan) == ()
    assert violations(problem, without_rides(plan, [0]))
    rest = take_out(pack(problem), plan, [0])
    assert rest == Plan(((2, 3),), (0,))
    assert violations(problem, rest) == ()
    too_short = replace(problem, shifts=(replace(shift, end_by=2129),))
    assert take_out(pack(too_short), plan, [0]) is None

"""A day that is run in one compiled loop is the day that asking for each wish by itself gives."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.arrays import pack
from solver.check import violations
from solver.insertion import cheapest_insertions
from solver.online import MOST_OPEN_VISITS, NEVER, run_day
from solver.plan import Plan
from solver.problem import Aboard, Break, CapacityRow, Problem, ProblemError, Ride, Shift, Window
from solver.schedule import earliest_schedule

HOURS = 4


def draw_day(random: Random, rides: int = 130, binding: float = 0.5) -> tuple[Problem, list[int]]:
    """Wishes over some hours with ride times, wheelchairs and service times, and when each is asked for.

    ``binding`` is the share of rides that could last too long within their windows.
    """
    places = 12
    apart = np.array([[0 if a == b else random.randint(60, 900) for b in range(places)] for a in range(places)])
    for via in range(places):
        apart = np.minimum(apart, apart[:, via : via + 1] + apart[via])
    asked = [random.randrange(HOURS * 3600) for _ in range(rides)]
    wishes = []
    for at in asked:
        pickup, dropoff = random.sample(range(places), 2)
        longest = int(apart[pickup, dropoff]) * 2 + 120
        opens = at + random.choice((0, 0, 900))
        load = random.choice(((1, 0), (1, 0), (2, 0), (0, 1)))
        windows = Window(opens, opens + 1500), Window(opens, opens + 1500 + longest)
        limit = longest if random.random() < binding else 1500 + longest
        wishes.append(Ride(pickup, dropoff, *windows, limit, load, 30, 20))
    capacity = (CapacityRow((1, 2), 4), CapacityRow((0, 1), 1))
    shifts = tuple(Shift(random.randrange(places), 0, 0, (HOURS + 2) * 3600, capacity) for _ in range(3))
    return Problem(apart.astype(np.int32), tuple(wishes), shifts), asked


def test_a_day_is_what_asking_for_each_wish_by_itself_gives():
    random, served, refused = Random(21), 0, 0
    for binding in (0, 0.2, 0.5, 0.5, 0.5, 0.8, 1, 1):
        problem, asked = draw_day(random, binding=binding)
        log = run_day(pack(problem), asked)
        expected = run_plainly(problem, asked)
        found = list(zip(log.shift.tolist(), log.picked_at.tolist(), log.dropped_at.tolist(), strict=True))
        assert found == expected
        served += sum(shift != NEVER for shift, _, _ in found)
        refused += sum(shift == NEVER for shift, _, _ in found)
    assert served > 150
    assert refused > 20


def test_a_twin_that_forgets_the_ride_time_of_those_aboard_is_told_from_asking_for_each_wish():
    random, wrong = Random(25), 0
    for _ in range(4):
        problem, asked = draw_day(random)
        blind = problem.with_rides([replace(ride, max_ride_s=10**6) for ride in problem.rides])
        log = run_day(pack(blind), asked)
        wrong += list(zip(log.shift, log.picked_at, log.dropped_at, strict=True)) != run_plainly(problem, asked)
    assert wrong == 4


def test_of_equal_vans_the_first_gets_the_ride_if_it_shall_and_else_the_one_that_is_there_first():
    apart = np.array([[0, 600, 600, 0], [600, 0, 600, 0], [600, 600, 0, 0], [0, 0, 0, 0]], dtype=np.int32)
    day = Window(0, 10**5)
    rides = (Ride(0, 1, day, day, 10**5, ()), Ride(1, 2, day, day, 10**5, ()))
    packed = pack(Problem(apart, rides, (Shift(0, 3, 0, 10**5, ()), Shift(1, 3, 0, 10**5, ()))))
    there_first, first_listed = run_day(packed, [0, 10]), run_day(packed, [0, 10], first_shift_wins=True)
    assert (there_first.shift.tolist(), there_first.picked_at.tolist()) == ([0, 1], [0, 10])
    assert (first_listed.shift.tolist(), first_listed.picked_at.tolist()) == ([0, 0], [0, 600])


def test_what_is_driven_in_a_day_keeps_every_rule():
    random = Random(22)
    for _ in range(6):
        problem, asked = draw_day(random)
        log = run_day(pack(problem), asked)
        tours = [[] for _ in problem.shifts]
        for ride, shift in enumerate(log.shift.tolist()):
            if shift != NEVER:
                tours[shift] += [(log.picked_at[ride], 2 * ride), (log.dropped_at[ride], 2 * ride + 1)]
        plan = Plan(
            tuple(tuple(code for _, code in sorted(tour)) for tour in tours), tuple(np.flatnonzero(log.shift == NEVER))
        )
        assert violations(problem, plan) == ()


def test_a_day_run_again_is_the_same_and_leaves_its_problem_as_it_was():
    problem, asked = draw_day(Random(23))
    packed = pack(problem)
    first, again = run_day(packed, asked), run_day(packed, asked)
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in first.__slots__)
    fresh = pack(problem).tables
    assert all(np.array_equal(a, b) for a, b in zip(packed.tables, fresh, strict=True))


def test_what_is_not_the_beginning_of_a_day_is_refused_with_what_to_do():
    problem, asked = draw_day(Random(24), rides=2)
    van = problem.shifts[0]
    for other in (replace(van, breaks=(Break(Window(0, 9), 9),)), replace(van, max_duration_s=9)):
        with pytest.raises(ProblemError, match="leave them out"):
            run_day(pack(Problem(problem.travel_s, problem.rides, (other,))), asked)
    aboard = replace(problem.rides[0], aboard=Aboard(0, 0))
    with pytest.raises(ProblemError, match="leave out the rides"):
        run_day(pack(problem.with_rides((aboard, problem.rides[1]))), asked)
    with pytest.raises(ProblemError, match="say when each is asked for"):
        run_day(pack(problem), asked[:1])


def test_a_tour_that_grows_beyond_its_room_is_told():
    day = Window(0, 10**6)
    rides = tuple(Ride(0, 1, day, day, 10**6, ()) for _ in range(MOST_OPEN_VISITS))
    problem = Problem(np.array([[0, 60], [60, 0]], dtype=np.int32), rides, (Shift(0, 0, 0, 10**6, ()),))
    with pytest.raises(ProblemError, match="narrower windows"):
        run_day(pack(problem), [0] * len(rides))


# --- the same, slowly -------------------------------------------------------------------------------------------------


def run_plainly(problem: Problem, asked: list[int]) -> list[tuple[int, int, int]]:
    """The day in plain Python: a new problem of what is left for every wish."""
    log = [[NEVER, NEVER, NEVER] for _ in problem.rides]
    shifts, rides = list(problem.shifts), list(problem.rides)
    tours: list[tuple[int, ...]] = [() for _ in shifts]
    for ride in sorted(range(len(asked)), key=lambda number: asked[number]):
        for number in range(len(shifts)):
            advance(problem, rides, shifts, tours, log, number, asked[ride])
        now = Problem(problem.travel_s, tuple(rides), tuple(shifts))
        for found in cheapest_insertions(now, Plan(tuple(tours)), ride):
            log[ride][0] = found.shift
            tours[found.shift] = found.tour
    for number in range(len(shifts)):
        advance(problem, rides, shifts, tours, log, number, 10**9)
    return [tuple(entry) for entry in log]


def advance(problem, rides, shifts, tours, log, number, now) -> None:
    van, tour = shifts[number], tours[number]
    if van.start_at >= now:
        return
    times = earliest_schedule(Problem(problem.travel_s, tuple(rides), tuple(shifts)), number, tour)
    place, free_at, done = van.start, van.start_at, 0
    for code, begin, depart in zip(tour, times.begin, times.depart, strict=True):
        if begin > now:
            break
        ride = rides[code // 2]
        log[code // 2][1 + code % 2] = begin
        if code % 2:
            place = ride.dropoff
            rides[code // 2] = replace(ride, aboard=None)
        else:
            place = ride.pickup
            rides[code // 2] = replace(ride, aboard=Aboard(number, depart))
        free_at, done = depart, done + 1
    tours[number] = tour[done:]
    if free_at < now and tours[number]:
        ride = problem.rides[tours[number][0] // 2]
        following = ride.dropoff if tours[number][0] % 2 else ride.pickup
        free_at = max(now, free_at + int(problem.travel_s[place, following]))
        place = following
    shifts[number] = replace(van, start=place, start_at=max(free_at, now))

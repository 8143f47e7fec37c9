"""Small random problems with everything in them: ride times, breaks, wheelchairs, aboard riders, locks, restricted shifts.

All figures are multiples of thirty seconds, so that bounds are met exactly as often as they are missed. Every function
takes a ``random.Random``: a seeded one repeats itself, hypothesis' own (``problems()``, ``cases()``) shrinks.
"""

from dataclasses import dataclass, replace
from random import Random

import numpy as np
from hypothesis import strategies as st

from solver.plan import Plan
from solver.problem import Aboard, Break, CapacityRow, Problem, Ride, Shift, Window, dropoff_of, pickup_of

from . import brute_force

STEP_S = 30


@dataclass(frozen=True)
class Size:
    """Upper limits of what is drawn; ``metric`` keeps the triangle inequality."""

    places: int = 6
    rides: int = 5
    shifts: int = 3
    breaks: int = 2
    aboard: int = 2
    metric: bool = True
    locks: bool = True
    tight: bool = True
    """Whether windows and ride times are narrow enough to matter."""
    durations: bool = False
    """Whether most shifts have a longest duration."""
    unbound: bool = False
    """Whether two rides in three have windows in which they cannot last too long."""


SMALL = Size()
TINY = Size(places=4, rides=3, shifts=2, breaks=1, aboard=1)
LOOSE = Size(tight=False, aboard=1)
CROOKED = Size(metric=False)
TIMED = Size(durations=True, tight=False)
UNBOUND = Size(unbound=True, tight=False)


@dataclass(frozen=True)
class Case:
    """A problem, a plan that is legal for it, and the rides that the plan leaves out (also in ``plan.unserved``)."""

    problem: Problem
    plan: Plan


def draw_matrix(random: Random, places: int, *, metric: bool = True) -> np.ndarray:
    """Asymmetric whole seconds with a zero diagonal; some places coincide in time."""
    direct = [[0 if a == b else STEP_S * random.randint(0, 12) for b in range(places)] for a in range(places)]
    if metric:
        for via in range(places):
            for a in range(places):
                for b in range(places):
                    direct[a][b] = min(direct[a][b], direct[a][via] + direct[via][b])
    return np.array(direct, dtype=np.int32)


def draw_window(random: Random, opens: int, closes: int, width_steps: int) -> Window:
    """A window that begins between two instants and is at most ``width_steps`` wide."""
    earliest = STEP_S * random.randint(opens // STEP_S, max(opens, closes) // STEP_S)
    return Window(earliest, earliest + STEP_S * random.randint(0, width_steps))


def draw_shift(random: Random, places: int, size: Size) -> Shift:
    """A van for eight minutes to an hour and a half, with one or two rows of capacity."""
    start_at = STEP_S * random.randint(0, 20)
    end_by = start_at + STEP_S * random.randint(40, 180)
    rows = (CapacityRow((1, 2), random.randint(2, 4)), CapacityRow((0, 1), random.randint(0, 1)))
    breaks = tuple(
        Break(draw_window(random, start_at, end_by, 60), STEP_S * random.randint(1, 10))
        for _ in range(random.choice((0, 0, 1, size.breaks)) if size.breaks else 0)
    )
    start = random.randrange(places)
    return Shift(
        start=start,
        end=random.choice((start, random.randrange(places))),
        start_at=start_at,
        end_by=end_by,
        capacity=rows,
        breaks=breaks,
        fixed_cost=random.choice((0, 0, 900)),
        max_duration_s=random.choice((None, *[STEP_S * random.randint(20, 90)] * 3)) if size.durations else None,
    )


def draw_ride(random: Random, travel_s: np.ndarray, shifts: tuple[Shift, ...], size: Size) -> Ride:
    """A ride of one or two people, one in four in a wheelchair, one in four tied to some of the shifts."""
    places = len(travel_s)
    pickup, dropoff = random.randrange(places), random.randrange(places)
    direct = int(travel_s[pickup, dropoff])
    width = 40 if size.tight else 200
    opens = draw_window(random, 0, STEP_S * 120, width)
    limit = direct + STEP_S * random.randint(0, 12 if size.tight else 200)
    closes = opens.latest + limit + STEP_S * random.randint(0, 10)
    earliest = random.choice((0, opens.earliest, closes - STEP_S * random.randint(0, width)))
    if size.unbound and random.randint(0, 2):
        limit = max(0, closes - opens.earliest)
    seated, wheelchairs = random.choice(((1, 0), (1, 0), (2, 0), (0, 1)))
    some = frozenset(number for number in range(len(shifts)) if random.randint(0, 1))
    return Ride(
        pickup=pickup,
        dropoff=dropoff,
        pickup_window=opens,
        dropoff_window=Window(min(earliest, closes), closes),
        max_ride_s=limit,
        load=(seated, wheelchairs),
        pickup_service_s=STEP_S * random.randint(0, 3),
        dropoff_service_s=STEP_S * random.randint(0, 2),
        shifts=random.choice((None, None, None, some)),
    )


def put_aboard(random: Random, ride: Ride, shift_number: int, shift: Shift) -> Ride:
    """The same ride after its pickup: aboard a shift since shortly before the shift's next start."""
    departed_at = shift.start_at - STEP_S * random.randint(0, 5)
    closes = departed_at + ride.max_ride_s + STEP_S * random.randint(0, 20)
    return replace(
        ride,
        dropoff_window=Window(min(ride.dropoff_window.earliest, closes), closes),
        shifts=None,
        aboard=Aboard(shift_number, departed_at),
    )


def draw_problem(random: Random, size: Size = SMALL) -> Problem:
    """A whole problem without locks; it may well have no legal plan."""
    places = random.randint(2, size.places)
    travel_s = draw_matrix(random, places, metric=size.metric)
    shifts = tuple(draw_shift(random, places, size) for _ in range(random.randint(1, size.shifts)))
    rides = [draw_ride(random, travel_s, shifts, size) for _ in range(random.randint(1, size.rides))]
    for number in range(random.randint(0, min(size.aboard, len(rides) - 1))):
        shift = random.randrange(len(shifts))
        rides[number] = put_aboard(random, rides[number], shift, shifts[shift])
    return Problem(travel_s, tuple(rides), shifts)


def draw_plan(random: Random, problem: Problem, *, share: float = 0.7) -> Plan | None:
    """A legal plan with about ``share`` of the rides, each at a random legal place; ``None`` when there is none at all."""
    tours: list[tuple[int, ...]] = []
    for number in range(len(problem.shifts)):
        due = [
            dropoff_of(ride)
            for ride, value in enumerate(problem.rides)
            if value.aboard and value.aboard.shift == number
        ]
        random.shuffle(due)
        legal = list(brute_force.arrangements(problem, number, tuple(due)))
        if not legal:
            return None
        tours.append(random.choice(legal))
    plan = Plan(tuple(tours), tuple(r for r, ride in enumerate(problem.rides) if ride.aboard is None))
    for ride in plan.unserved:
        if random.random() < share:
            plan = _with_ride_anywhere(random, problem, plan, ride)
    return plan


def draw_locks(random: Random, problem: Problem, plan: Plan) -> Problem:
    """The same problem in which some shifts are locked to a beginning of their tours in ``plan``."""
    shifts = tuple(
        replace(shift, locked=tour[: random.choice((0, random.randint(0, len(tour))))])
        for shift, tour in zip(problem.shifts, plan.tours, strict=True)
    )
    return Problem(problem.travel_s, problem.rides, shifts)


def draw_case(random: Random, size: Size = SMALL) -> Case:
    """A problem with a legal plan, and locks where the size allows them."""
    while True:
        problem = draw_problem(random, size)
        plan = draw_plan(random, problem)
        if plan is not None:
            return Case(draw_locks(random, problem, plan) if size.locks else problem, plan)


def draw_tour(random: Random, problem: Problem, shift: int) -> tuple[int, ...]:
    """A tour of one shift in a random order, well formed but as likely as not against the clock or the capacity."""
    tour: list[int] = []
    for ride, value in enumerate(problem.rides):
        if value.aboard is not None:
            if value.aboard.shift == shift:
                tour.insert(random.randint(0, len(tour)), dropoff_of(ride))
        elif random.randint(0, 1) and (value.shifts is None or shift in value.shifts):
            first, second = sorted((random.randint(0, len(tour)), random.randint(0, len(tour))))
            tour.insert(second, dropoff_of(ride))
            tour.insert(first, pickup_of(ride))
    for code in problem.break_codes[shift]:
        tour.insert(random.randint(0, len(tour)), code)
    return tuple(tour)


def _with_ride_anywhere(random: Random, problem: Problem, plan: Plan, ride: int) -> Plan:
    legal = list(brute_force.insertions(problem, plan, ride))
    if not legal:
        return plan
    found = random.choice(legal)
    left = tuple(other for other in plan.unserved if other != ride)
    return Plan(plan.with_tour(found.shift, found.tour).tours, left)


def problems(size: Size = SMALL) -> st.SearchStrategy[Problem]:
    """Problems without locks."""
    return st.randoms(use_true_random=False).map(lambda random: draw_problem(random, size))


@st.composite
def cases(draw, size: Size = SMALL) -> Case:
    """Problems with a legal plan each."""
    random = draw(st.randoms(use_true_random=False))
    for _ in range(20):
        problem = draw_problem(random, size)
        plan = draw_plan(random, problem)
        if plan is not None:
            return Case(draw_locks(random, problem, plan) if size.locks else problem, plan)
    return draw(st.nothing())

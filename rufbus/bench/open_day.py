"""A day with many vans and open bookings, drawn from a seed: what insertions are measured on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from solver.arrays import Matrix, pack
from solver.insertion import PackedPlan, cheapest_insertions, pack_plan, repack_plan, with_insertion
from solver.plan import Plan
from solver.problem import Break, CapacityRow, Problem, Ride, Shift, Window

SIDE_S = 2600
"""Driving time along one side of the square in which the stops lie."""
PLACES = 300


@dataclass(frozen=True, slots=True, eq=False)
class OpenDay:
    """Tours that serve the open bookings, and more wishes that each are to be put into them."""

    state: PackedPlan
    wishes: tuple[Ride, ...]
    open_bookings: int
    """How many rides the tours serve."""


def draw_open_day(seed: int, *, vans: int = 50, open_bookings: int = 500, wishes: int = 500) -> OpenDay:
    """Return a day whose tours serve ``open_bookings`` rides, each put in at its cheapest place.

    Vans work ten hours with one break of half an hour, and have eight seats and two wheelchair places that cost two
    seats each. Pickup windows last half an hour; a ride may last half as long again as the direct way and ten minutes.
    """
    random = Random(seed)  # noqa: S311 — reproducible on purpose
    travel_s = _draw_travel_times(seed)
    shifts = tuple(_draw_shift(random) for _ in range(vans))
    tours = pack(Problem(travel_s, (), shifts)).problem.break_codes
    plan, booked = Plan(tours), list[Ride]()
    while len(booked) < open_bookings:
        more = [_draw_wish(random, travel_s) for _ in range(open_bookings)]
        plan, booked = _book(Problem(travel_s, tuple(more), shifts), plan, booked, open_bookings)
    state = pack_plan(pack(Problem(travel_s, tuple(booked), shifts)), plan)
    return OpenDay(state, tuple(_draw_wish(random, travel_s) for _ in range(wishes)), len(booked))


def list_alternatives(wish: Ride, *, windows: int = 24, step_s: int = 600) -> list[Ride]:
    """Return the same wish at ``windows`` other times of the day, ``step_s`` from one to the next, as long each."""
    shifts_s = [step_s * (number - windows // 2) for number in range(windows)]
    return [
        replace(
            wish,
            pickup_window=Window(wish.pickup_window.earliest + by, wish.pickup_window.earliest + by + step_s),
            dropoff_window=Window(0, wish.dropoff_window.latest + by),
        )
        for by in shifts_s
    ]


def _book(problem: Problem, plan: Plan, booked: list[Ride], most: int) -> tuple[Plan, list[Ride]]:
    """Put the rides of a problem into tours that serve ``booked``, up to ``most`` in all."""
    rides = (*booked, *problem.rides)
    whole = Problem(problem.travel_s, rides, problem.shifts)
    plan = _renumbered(plan, len(booked), len(rides))
    state, served = pack_plan(pack(whole), plan), list(range(len(booked)))
    for number in range(len(booked), len(rides)):
        found = cheapest_insertions(state.packed, state, number) if len(served) < most else ()
        if found:
            plan = with_insertion(plan, number, found[0])
            state = repack_plan(state, plan)
            served.append(number)
    new = {old: number for number, old in enumerate(served)}
    moved = {2 * old + end: 2 * number + end for old, number in new.items() for end in (0, 1)}
    shift = 2 * (len(rides) - len(served))
    tours = tuple(tuple(moved.get(code, code - shift) for code in tour) for tour in plan.tours)
    return Plan(tours), [rides[number] for number in served]


def _renumbered(plan: Plan, before: int, after: int) -> Plan:
    """Return the plan for a problem of ``after`` rides: the codes of breaks come behind those of the rides."""
    by = 2 * (after - before)
    return Plan(tuple(tuple(code + by * (code >= 2 * before) for code in tour) for tour in plan.tours))


def _draw_travel_times(seed: int) -> Matrix:
    """Straight lines, and half a minute for each stop: no detour is shorter."""
    places = np.random.default_rng(seed).uniform(0, SIDE_S, (PLACES, 2))
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))
    travel_s: Matrix = (np.ceil(apart) + 30).astype(np.int32)
    np.fill_diagonal(travel_s, 0)
    return travel_s


def _draw_shift(random: Random) -> Shift:
    depot, start_at = random.randrange(PLACES), 3600 * random.randint(5, 8)
    pause = Break(Window(start_at + 3 * 3600, start_at + 6 * 3600), 1800)
    capacity = (CapacityRow((1, 2), 8), CapacityRow((0, 1), 2))
    return Shift(depot, depot, start_at, start_at + 10 * 3600, capacity, (pause,))


def _draw_wish(random: Random, travel_s: Matrix) -> Ride:
    pickup, dropoff = random.sample(range(PLACES), 2)
    from_s = 60 * random.randrange(6 * 60, 17 * 60)
    longest = int(travel_s[pickup, dropoff]) * 3 // 2 + 600
    return Ride(
        pickup,
        dropoff,
        Window(from_s, from_s + 1800),
        Window(0, from_s + 1800 + 60 + longest),
        longest,
        random.choice([(1, 0)] * 8 + [(2, 0), (0, 1)]),
        pickup_service_s=60,
        dropoff_service_s=30,
    )

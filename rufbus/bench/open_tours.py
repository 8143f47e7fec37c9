"""How many riders a day serves when each wish is answered as it comes, but no van ever leaves.

All tours stay open to the end of the day, and all of it may be planned anew with each wish. What is lost against the
plan in hindsight is lost by promising; what the live day loses beside this is lost by driving off, waiting at the wrong
place, or planning too little. No rule on when to drive and where to wait can gain more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rufbus.bench.tight_day import TightDay, list_widest
from rufbus.clocks import ManualClock
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import horizon_at, set_up_board
from rufbus.dispatch.planning.rides import solver_ride
from rufbus.dispatch.planning.views import day_origin
from rufbus.dispatch.search import STEP_S
from rufbus.domain.ids import seeded_chance
from rufbus.domain.party_load import boarding_s, load_of
from rufbus.store.memory import MemoryStore
from rufbus.workers import InlineWorkers
from solver.arrays import pack
from solver.check import violations
from solver.improve import improve_plan
from solver.insertion import cheapest_insertions, pack_plan, with_insertion
from solver.plan import Budget, Plan
from solver.problem import Problem, Ride, Window, pickup_of
from solver.schedule import earliest_schedule

SEARCHES = 5
"""How many times as long is searched for a ride that does not fit at once."""


@dataclass(frozen=True, slots=True)
class OpenTours:
    """A day's wishes, those of them that were met, and how."""

    problem: Problem
    """The wishes that were met, as rides under what they were promised."""
    plan: Plan
    met: tuple[int, ...]
    """The number of each of these wishes among all."""


def serve_in_order(day: TightDay, *, iterations: int, window_s: int | None = None) -> OpenTours:
    """Return what becomes of the wishes of a day when they are met, or not, in the order in which they come.

    Parameters
    ----------
    day
        The day.
    iterations
        Of ruin and recreate, after each wish.
    window_s
        Width of the pickup window that a rider is promised at once; by default all of the accepted wait.
    """
    problem, plan = _list_shifts(day)
    met = []
    for number, ride in enumerate(list_wishes(day)):
        wider, wished = _with_wish(problem, plan, ride)
        found = _insert(wider, wished)
        spent = iterations * (SEARCHES if found.unserved else 1)
        found = improve_plan(wider, found, Budget(iterations=spent), number, "ruin-recreate").plan
        if found.unserved or violations(wider, found):
            continue
        promised = ride if window_s is None else _promise(ride, _pickup_at(wider, found), window_s)
        problem, plan = wider.with_rides((*problem.rides, promised)), found
        met.append(number)
    return OpenTours(problem, plan, tuple(met))


def list_wishes(day: TightDay) -> list[Ride]:
    """Return all wishes as rides, each with a window that spans all the offers that would count as wished."""
    origin, rides = day_origin(day.date.isoformat()), []
    for one, widest in zip(day.asked, list_widest(day), strict=True):
        if widest is not None:
            pair, promise = widest
            service_s, load = boarding_s(one.request.party, day.service.boarding), load_of(one.request.party)
            rides.append(solver_ride(pair.pickup.stop, pair.dropoff.stop, promise, load, service_s, origin, None))
    return rides


def _list_shifts(day: TightDay) -> tuple[Problem, Plan]:
    """Return the day's shifts as a problem without rides, and the plan of their breaks alone."""
    desk = Desk(
        day.service, day.network, MemoryStore(), ManualClock(day.asked[0].at), seeded_chance(0), InlineWorkers()
    )
    with desk.store.read() as session:
        empty = desk.load_day(session, day.date.isoformat())
    board = set_up_board(desk, empty, horizon_at(desk, day.asked[0].at))
    return board.problem, board.plan


def _with_wish(problem: Problem, plan: Plan, ride: Ride) -> tuple[Problem, Plan]:
    """Return the problem with one more ride, the last, and the plan that leaves it unserved."""
    first_break = 2 * len(problem.rides)
    tours = tuple(tuple(code + 2 * (code >= first_break) for code in tour) for tour in plan.tours)
    return problem.with_rides((*problem.rides, ride)), Plan(tours, (len(problem.rides),))


def _insert(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with its last ride at its cheapest place, or as it is."""
    packed, ride = pack(problem), len(problem.rides) - 1
    places = cheapest_insertions(packed, pack_plan(packed, plan), ride)
    return with_insertion(plan, ride, places[0]) if places else plan


def _pickup_at(problem: Problem, plan: Plan) -> int:
    """Return when the last ride is picked up."""
    pickup = pickup_of(len(problem.rides) - 1)
    shift = next(number for number, tour in enumerate(plan.tours) if pickup in tour)
    schedule = earliest_schedule(problem, shift, plan.tours[shift])
    if schedule is None:
        raise AssertionError("a plan without violations has a schedule")
    return schedule.begin[plan.tours[shift].index(pickup)]


def _promise(ride: Ride, pickup_at: int, window_s: int) -> Ride:
    """Return the ride with the window of the grid of offers in whose middle the pickup lies best."""
    widest = ride.pickup_window
    opens = min(
        range(widest.earliest, widest.latest - window_s + 1, STEP_S),
        key=lambda at: abs(at + window_s / 2 - pickup_at),
    )
    dropoff_by = ride.dropoff_window.latest - (widest.latest - opens - window_s)
    return replace(
        ride,
        pickup_window=Window(opens, opens + window_s),
        dropoff_window=Window(ride.dropoff_window.earliest, dropoff_by),
    )

"""What a planner could have made of a day who knew every wish before the first van left.

Every wish becomes one ride whose window spans all the offers that would have counted as wished; the vans start from
their depots. Rides are inserted, room is made for those left over, and the whole is improved, in turns. It is a plan,
not a bound: more might be possible still.
"""

from __future__ import annotations

from dataclasses import dataclass

from rufbus.bench.tight_day import TightDay, list_widest
from rufbus.clocks import ManualClock
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import Board, horizon_at, set_up_board
from rufbus.dispatch.planning.rides import solver_ride
from rufbus.dispatch.planning.views import day_origin
from rufbus.domain.ids import seeded_chance
from rufbus.domain.party_load import boarding_s, load_of
from rufbus.store.memory import MemoryStore
from rufbus.workers import InlineWorkers
from solver.check import violations
from solver.cost import plan_cost
from solver.improve import improve_plan
from solver.insertion import cheapest_insertions, pack_plan, repack_plan, with_insertion
from solver.plan import Budget, Plan
from solver.repair import make_room

TURNS = 6
"""How often making room and improving take turns."""
TRIES = 4000
"""Insertions tried for one ride in one turn."""


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What could have been made of a day, as far as the search has found."""

    asked: int
    served: int
    drive_s: int
    """Drive seconds plus the dwell at stops, as the solver counts."""
    violations: int


def plan_in_hindsight(day: TightDay, *, seconds: float, engine: str) -> Hindsight:
    """Return what the batch engines make of all wishes of a day together.

    Parameters
    ----------
    day
        The day.
    seconds
        Wall time for improvement, shared by its turns; making room takes as long as its tries take.
    engine
        Name of an engine of the solver.
    """
    board = _board(day)
    problem = board.problem
    plan = _inserted(board)
    for turn in range(TURNS):
        plan = _with_room(board, plan, turn)
        plan = improve_plan(problem, plan, Budget(seconds=seconds / TURNS), seed=turn, engine=engine).plan
        if not plan.unserved:
            break
    plan = _with_room(board, plan, TURNS)
    served = len(problem.rides) - len(plan.unserved)
    return Hindsight(len(problem.rides), served, plan_cost(problem, plan), len(violations(problem, plan)))


def _board(day: TightDay) -> Board:
    """Return the day's shifts with nothing in them, and all wishes as wanted rides."""
    desk = Desk(
        day.service, day.network, MemoryStore(), ManualClock(day.asked[0].at), seeded_chance(0), InlineWorkers()
    )
    with desk.store.read() as session:
        empty = desk.load_day(session, day.date.isoformat())
    origin, rides = day_origin(empty.service_day), []
    for one, widest in zip(day.asked, list_widest(day), strict=True):
        if widest is not None:
            pair, promise = widest
            service_s, load = boarding_s(one.request.party, day.service.boarding), load_of(one.request.party)
            rides.append(solver_ride(pair.pickup.stop, pair.dropoff.stop, promise, load, service_s, origin, None))
    return set_up_board(desk, empty, horizon_at(desk, day.asked[0].at), wanted=rides)


def _inserted(board: Board) -> Plan:
    """Return the plan with every ride that fits inserted where it costs least, the earliest first."""
    problem = board.problem
    state = pack_plan(board.packed, board.plan)
    for ride in sorted(board.plan.unserved, key=lambda number: problem.rides[number].pickup_window.earliest):
        if found := cheapest_insertions(board.packed, state, ride):
            state = repack_plan(state, with_insertion(state.plan, ride, found[0]))
    return state.plan


def _with_room(board: Board, plan: Plan, seed: int) -> Plan:
    """Return the plan with every ride for which room can be made."""
    for ride in plan.unserved:
        found = make_room(board.packed, plan, [ride], tries=TRIES, seed=seed)
        plan = plan if found is None else found.plan
    return plan

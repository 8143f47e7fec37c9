"""A service day from one moment, as a problem with its running plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.planning.relaxing import relax, with_breaks_in_place
from rufbus.dispatch.planning.rides import solver_shift, stored_ride
from rufbus.dispatch.planning.views import ShiftView, day_origin, view_of
from rufbus.dispatch.progress import Horizon
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Shift
from solver.arrays import Packed, pack
from solver.cost import plan_cost
from solver.plan import Plan
from solver.problem import Problem, Ride
from solver.problem import Shift as SolverShift


@dataclass(frozen=True, slots=True)
class Board:
    """A day from one moment, as a problem with its plan."""

    desk: Desk
    day: Day
    horizon: Horizon
    origin: Instant
    views: tuple[ShiftView, ...]
    leg_ids: tuple[str, ...]
    """The leg of each ride of the problem; wanted rides without a leg follow."""
    problem: Problem
    packed: Packed
    plan: Plan
    late: frozenset[str]


def set_up_board(
    desk: Desk,
    day: Day,
    horizon: Horizon,
    shifts: Callable[[Shift], bool] = lambda _: True,
    wanted: Sequence[Ride] = (),
) -> Board:
    """Return the day as a problem, with the tours of the shifts that ``shifts`` lets through.

    ``wanted`` are rides that no leg stands for yet; they follow those of the legs, and the plan leaves them unserved.
    """
    views = tuple(
        view_of(desk, shift, tour, horizon) for shift, tour in zip(day.shifts, day.tours, strict=True) if shifts(shift)
    )
    return make_board(desk, day, horizon, views, wanted)


def make_board(
    desk: Desk, day: Day, horizon: Horizon, views: tuple[ShiftView, ...], wanted: Sequence[Ride] = ()
) -> Board:
    """Return the shifts of ``views`` as a problem, with what they are doing as its plan."""
    origin = day_origin(day.service_day)
    leg_ids = tuple(leg_id for view in views for leg_id in view.rides)
    numbers = {leg_id: number for number, leg_id in enumerate(leg_ids)}
    rides: list[Ride] = []
    for number, view in enumerate(views):
        own = [stored_ride(desk, day.legs[leg_id], view, number, origin) for leg_id in view.rides]
        rides += _in_service(own, number, views)
    rides += wanted
    shifts: list[SolverShift] = []
    next_break = 2 * len(rides)
    plans = []
    for view in views:
        aboard = [ride.load for ride in rides if ride.aboard is not None and ride.aboard.shift == len(shifts)]
        shift, plan, next_break = solver_shift(desk, view, numbers, next_break, origin, aboard)
        shifts.append(shift)
        plans.append(plan)
    problem = Problem(desk.travel_s_on(day.service_day), tuple(rides), tuple(shifts))
    packed = pack(problem)
    running = with_breaks_in_place(packed, Plan(tuple(plans), tuple(range(len(leg_ids), len(rides)))))
    packed, late = relax(packed, running, leg_ids)
    return Board(desk, day, horizon, origin, views, leg_ids, packed.problem, packed, running, late)


def _in_service(rides: list[Ride], number: int, views: tuple[ShiftView, ...]) -> list[Ride]:
    """Return the rides of a tour, barred from the other vans that have broken down."""
    broken = {n for n, view in enumerate(views) if view.tour.out_of_service_from is not None} - {number}
    if not broken:
        return rides
    allowed = frozenset(range(len(views))) - broken
    return [replace(ride, shifts=allowed) for ride in rides]


def board_cost_s(board: Board, plan: Plan | None = None) -> int:
    """Return the vehicle time of a plan of the board, by default the running one (s)."""
    return plan_cost(board.problem, plan or board.plan)

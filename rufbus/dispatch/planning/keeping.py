"""Boards of single tours, kept between quotes: only what changed is made again.

A kept board is good for exactly one tour, as one version of it was read, with exactly its legs, seen from a moment at
which the van is where it was. All of these are compared each time; nobody has to remember to throw a board away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.planning.board import Board, make_board
from rufbus.dispatch.planning.views import ShiftView, view_of
from rufbus.dispatch.progress import Horizon
from rufbus.domain.booking import Leg
from rufbus.domain.fleet import Shift
from rufbus.domain.tour import Tour
from solver.insertion import PackedPlan, pack_plan


@dataclass(frozen=True, slots=True, eq=False)
class TourBoard:
    """One tour as a problem of one shift, packed for insertions."""

    tour: Tour
    """As it was read; held against the one that is asked for."""
    horizon: Horizon
    legs: tuple[Leg, ...]
    board: Board
    state: PackedPlan

    @property
    def view(self) -> ShiftView:
        """The shift as the solver sees it."""
        return self.board.views[0]


def set_up_tours(
    desk: Desk, day: Day, horizon: Horizon, shifts: Callable[[Shift], bool] = lambda _: True
) -> tuple[TourBoard, ...]:
    """Return a board for each shift that ``shifts`` lets through and whose van takes riders."""
    return tuple(
        _tour_board(desk, shift, tour, day.legs, horizon)
        for shift, tour in zip(day.shifts, day.tours, strict=True)
        if tour.out_of_service_from is None and shifts(shift)
    )


def _tour_board(desk: Desk, shift: Shift, tour: Tour, legs: Mapping[str, Leg], horizon: Horizon) -> TourBoard:
    kept = desk.boards.get(shift.id)
    if isinstance(kept, TourBoard) and is_same_tour(kept, tour, legs):
        if kept.horizon == horizon:
            return kept
        view = view_of(desk, shift, tour, horizon)
        if is_same_view(kept.view, view):
            desk.boards[shift.id] = made = replace(kept, horizon=horizon)
            return made
    else:
        view = view_of(desk, shift, tour, horizon)
    day = Day(shift.service_day, (shift,), (tour,), legs)
    board = make_board(desk, day, horizon, (view,))
    own = tuple(legs[leg_id] for leg_id in view.rides)
    desk.boards[shift.id] = made = TourBoard(tour, horizon, own, board, pack_plan(board.packed, board.plan))
    return made


def is_same_tour(kept: TourBoard, tour: Tour, legs: Mapping[str, Leg]) -> bool:
    """Return whether a board was made from just this tour with just these legs.

    Tours and legs are immutable and read anew for each version, so the same object means the same version; a tour that
    a search has changed and nobody has stored yet keeps its version, but is another object.
    """
    return kept.tour is tour and all(legs.get(leg.id) is leg for leg in kept.legs)


def is_same_view(kept: ShiftView, view: ShiftView) -> bool:
    """Return whether a van is where it was, with the same still to come and the same of it fixed."""
    return kept.progress == view.progress and kept.tour.calls == view.tour.calls

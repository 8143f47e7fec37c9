"""Make room for a wish that fits nowhere as the tours stand, by moving others within what they were promised."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.planning import rides
from rufbus.dispatch.planning.board import Board, set_up_board
from rufbus.dispatch.planning.calls import Option, decode
from rufbus.dispatch.planning.views import day_origin
from rufbus.dispatch.progress import Horizon
from rufbus.domain.fleet import Shift
from rufbus.domain.party_load import boarding_s, load_of
from rufbus.domain.request import Party
from rufbus.domain.tour import Tour
from solver.insertion import NEW_DROPOFF, NEW_PICKUP
from solver.problem import dropoff_of, pickup_of
from solver.repair import Repair, make_room


@dataclass(frozen=True, slots=True)
class Room:
    """What has to change for one option of a wish to be met."""

    option: int
    """Index of the option."""
    cost_s: int
    """Vehicle time that it adds (s)."""
    tours: tuple[Tour, ...]
    """The tours that change, ``NEW_LEG`` standing for the wish; their times are still to be computed."""


def find_room(
    desk: Desk, day: Day, horizon: Horizon, party: Party, options: Sequence[Option], shifts: Callable[[Shift], bool]
) -> Room | None:
    """Return how one of ``options`` can be met when riders not yet fixed change their places, or ``None``.

    All promises stay as they are. The search ends with the tries or the seconds that the service allows.
    """
    rules = desk.service.solver
    if rules.repair_tries == 0 or not options:
        return None
    service_s, load, origin = boarding_s(party, desk.service.boarding), load_of(party), day_origin(day.service_day)
    wanted = [
        rides.solver_ride(each.pickup, each.dropoff, each.promise, load, service_s, origin, None) for each in options
    ]
    in_service = {tour.shift_id for tour in day.tours if tour.out_of_service_from is None}
    board = set_up_board(desk, day, horizon, lambda s: s.id in in_service and shifts(s), wanted)
    first = len(board.leg_ids)
    ends_at_s = time.monotonic() + rules.repair_seconds
    found = make_room(
        board.packed,
        board.plan,
        range(first, first + len(wanted)),
        tries=rules.repair_tries,
        should_stop=lambda: time.monotonic() > ends_at_s,
    )
    return None if found is None else Room(found.ride - first, found.cost, _changed(board, found, options))


def _changed(board: Board, found: Repair, options: Sequence[Option]) -> tuple[Tour, ...]:
    option = options[found.ride - len(board.leg_ids)]
    new = {pickup_of(found.ride): NEW_PICKUP, dropoff_of(found.ride): NEW_DROPOFF}
    return tuple(
        replace(view.tour, calls=decode(board, number, [new.get(code, code) for code in tour], option))
        for number, (view, tour) in enumerate(zip(board.views, found.plan.tours, strict=True))
        if tour != board.plan.tours[number]
    )

"""From the solver back to the domain: visit codes become calls, and calls get their times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.facts import count_behind
from rufbus.dispatch.planning.board import Board, make_board
from rufbus.dispatch.planning.views import break_numbers, view_of
from rufbus.dispatch.progress import Horizon, drop_expired
from rufbus.domain.booking import Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Shift
from rufbus.domain.party_load import load_of
from rufbus.domain.promise import Promise
from rufbus.domain.tour import Call, CallKind, Tour
from solver.insertion import NEW_DROPOFF, NEW_PICKUP
from solver.schedule import earliest_schedule

NEW_LEG = "new"
"""Id of the leg of an option in the calls of a :class:`Fit`."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way a wish could be met: from stop to stop under one promise."""

    pickup: int
    dropoff: int
    promise: Promise
    direct_s: int


@dataclass(frozen=True, slots=True)
class Timed:
    """A tour with fresh times."""

    tour: Tour
    late: frozenset[str]
    """Legs whose promise these times break; facts have made it impossible."""
    loads: tuple[tuple[int, int, int, int], ...]
    """After each call: seats used, seats, wheelchair places used, wheelchair places."""


@dataclass(frozen=True, slots=True)
class OrderedCall:
    """One call of a proposed order: a leg's pickup or drop-off, or a break."""

    kind: CallKind
    leg_id: str | None
    break_number: int | None


def retime(desk: Desk, shift: Shift, tour: Tour, legs: Mapping[str, Leg], horizon: Horizon) -> Timed:
    """Return ``tour`` with the earliest times that its order allows from ``horizon.now`` on."""
    tour = replace(tour, calls=drop_expired(tour.calls, horizon.now))
    day = Day(shift.service_day, (shift,), (tour,), legs)
    board = make_board(desk, day, horizon, (view_of(desk, shift, tour, horizon),))
    calls = with_times(board, 0, board.plan.tours[0])
    timed = replace(tour, calls=calls)
    return Timed(timed, board.late, tour_loads(desk, timed, legs))


def tour_loads(desk: Desk, tour: Tour, legs: Mapping[str, Leg]) -> tuple[tuple[int, int, int, int], ...]:
    """Return what is aboard after each call: seats used, seats, wheelchair places used, wheelchair places.

    Those who are aboard by report are a fact: as long as nobody else is to board, they never use more than there is.
    """
    vehicle = desk.service.vehicle(tour.vehicle_id)
    seated = wheelchairs = 0
    rows = []
    behind = count_behind(tour.calls)
    planned = False
    for number, call in enumerate(tour.calls):
        planned |= number >= behind and call.kind is CallKind.PICKUP
        if call.leg_id is not None and legs[call.leg_id].state is not LegState.NO_SHOW:
            sign = 1 if call.kind is CallKind.PICKUP else -1
            load = load_of(legs[call.leg_id].party)
            seated += sign * load[0]
            wheelchairs += sign * load[1]
        used = seated + vehicle.seats_lost_per_wheelchair * wheelchairs
        row = (used, vehicle.seats, wheelchairs, vehicle.wheelchair_places)
        rows.append(row if planned else (min(used, row[1]), row[1], min(wheelchairs, row[3]), row[3]))
    return tuple(rows)


def decode(board: Board, number: int, codes: Iterable[int], option: Option | None = None) -> tuple[Call, ...]:
    """Return a tour's calls in the order of ``codes``, behind those that lie behind the van; times as they were."""
    view = board.views[number]
    known = {(call.kind, call.leg_id, call.break_number): call for call in view.tour.calls}
    for other in board.views:
        if other is not view:
            known |= {(c.kind, c.leg_id, c.break_number): c for c in other.tour.calls if c.leg_id is not None}
    calls = list(view.tour.calls[: view.progress.done])
    here = view.progress.stop_id
    for code in codes:
        if option is not None and code in (NEW_PICKUP, NEW_DROPOFF):
            call = _new_call(board, code, option)
        else:
            ordered = ordered_call(board, number, code)
            call = known[ordered.kind, ordered.leg_id, ordered.break_number]
            if ordered.kind is CallKind.BREAK:
                call = replace(call, stop_id=here)
        here = call.stop_id
        calls.append(call)
    return tuple(calls)


def _new_call(board: Board, code: int, option: Option) -> Call:
    place, kind = (option.pickup, CallKind.PICKUP) if code == NEW_PICKUP else (option.dropoff, CallKind.DROPOFF)
    at = option.promise.pickup_from
    return Call(kind, board.desk.network.stops[place].id, at, at, leg_id=NEW_LEG)


def with_new_leg(calls: Sequence[Call], leg_id: str, held_until: Instant | None) -> tuple[Call, ...]:
    """Return calls in which a leg with an id stands where :data:`NEW_LEG` stood."""
    return tuple(
        replace(call, leg_id=leg_id, held_until=held_until) if call.leg_id == NEW_LEG else call for call in calls
    )


def with_times(board: Board, number: int, codes: tuple[int, ...]) -> tuple[Call, ...]:
    """Return the calls of a tour with the earliest times."""
    schedule = earliest_schedule(board.packed, number, codes)
    if schedule is None:
        raise AssertionError("only feasible tours are timed")
    calls = decode(board, number, codes)
    done = board.views[number].progress.done
    timed = [
        replace(call, begin_at=begin + board.origin, depart_at=depart + board.origin)
        for call, begin, depart in zip(calls[done:], schedule.begin, schedule.depart, strict=True)
    ]
    return (*calls[:done], *timed)


def ordered_call(board: Board, number: int, code: int) -> OrderedCall:
    """Return what a visit code of a shift's tour stands for."""
    if code < 2 * len(board.leg_ids):
        kind = CallKind.DROPOFF if code % 2 else CallKind.PICKUP
        return OrderedCall(kind, board.leg_ids[code // 2], None)
    position = board.problem.break_codes[number].index(code)
    return OrderedCall(CallKind.BREAK, None, break_numbers(board.views[number])[position])

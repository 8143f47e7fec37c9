"""A whole day of wishes that come one by one, while the vans drive: each is put in at its cheapest place or refused.

The loop is compiled around the search of :mod:`solver.scan`. A van serves its visits at their earliest times. A drive
that has begun is finished: until then the van counts as being where it drives to, from the moment it will be there.
What may still be put before the visit there is up to the windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import (
    ABOARD,
    ARC,
    AT_PLACE,
    BEGIN,
    BINDS,
    CLEAR,
    CODE,
    COUNT,
    EARLY,
    EXTRA,
    FAR,
    FIXED_COST,
    FROM_GAP,
    FROM_PLACE,
    GAP_ARC,
    GAP_FREE,
    GAP_FROM,
    LATEST,
    LIMIT,
    LOCKED,
    PAIR,
    SERVES,
    SHUTS,
    START,
    START_AT,
    STATES_AT,
    Ints,
    Packed,
    Tables,
    bare_kernel,
    inner_kernel,
    kernel,
)
from .breaks import row_width, start_states
from .problem import ProblemError
from .scan import (
    PICKUP_FIRST,
    SHIFT_FIRST,
    UNKNOWN,
    find_places,
    load_shift,
    make_scratch,
    write_candidate,
)
from .schedule import settle_earliest
from .trial import FOUND_COLUMNS, LENGTH, RIDE, SHIFT, Loaded, Scratch

MOST_OPEN_VISITS = 120
"""Visits that a tour may have before it at one time."""
NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class DayLog:
    """What became of the wishes, one entry per ride."""

    shift: Ints
    """The shift that served the ride, ``NEVER`` for a refused one."""
    picked_at: Ints
    """Begin of the pickup (s), ``NEVER`` for a refused ride."""
    dropped_at: Ints
    """Begin of the drop-off (s), ``NEVER`` for a refused ride."""


def run_day(packed: Packed, asked_at: Sequence[int] | Ints, *, first_shift_wins: bool = False) -> DayLog:
    """Return what becomes of the rides of a problem when each is known from ``asked_at`` on, and none before.

    Parameters
    ----------
    packed
        Shifts without breaks, locks and longest durations, nobody aboard: the beginning of a day.
    asked_at
        When each ride is asked for (s), on the problem's axis; of equal ones the first ride is the first asked for.
    first_shift_wins
        Of shifts that ask the same for a ride, whether the one with the lowest number gets it, not the one that is
        there first.

    Raises
    ------
    ProblemError
        When the problem is not the beginning of a day, or a tour grows beyond ``MOST_OPEN_VISITS``.
    """
    problem, tables = packed.problem, packed.tables
    if any(shift.breaks or shift.locked or shift.max_duration_s is not None for shift in problem.shifts):
        raise ProblemError("a day is run with shifts that have no breaks, locks or longest duration: leave them out")
    if any(ride.aboard is not None for ride in problem.rides):
        raise ProblemError("a day is run from its beginning: leave out the rides that are aboard")
    if len(asked_at) != len(problem.rides):
        raise ProblemError(f"{len(asked_at)} moments for {len(problem.rides)} rides: say when each is asked for")
    asked = np.asarray(asked_at, dtype=np.int64)
    order = np.argsort(asked, kind="stable")
    own = tables._replace(visits=tables.visits.copy(), rides=tables.rides.copy(), heads=tables.heads.copy())
    shifts, stride = len(problem.shifts), MOST_OPEN_VISITS + 3
    rows = np.empty((shifts, stride, row_width(packed)), dtype=np.int64)
    gaps = np.empty((shifts, GAP_FREE + tables.capacity.shape[1], stride), dtype=np.int64)
    log = np.full((len(problem.rides), 3), NEVER, dtype=np.int64)
    tie = SHIFT_FIRST if first_shift_wins else PICKUP_FIRST
    if not _run(own, order, asked, tie, rows, gaps, log):
        raise ProblemError(f"a tour has more than {MOST_OPEN_VISITS} visits before it: use narrower windows")
    return DayLog(log[:, 0], log[:, 1], log[:, 2])


@kernel
def _run(tables: Tables, order: Ints, asked_at: Ints, tie: int, rows: Ints, gaps: Ints, log: Ints) -> bool:
    heads = tables.heads
    loaded = Loaded(tables.travel_s, tables.visits, tables.free_breaks, tables.capacity, heads, rows, gaps)
    scratch = make_scratch(loaded)
    found_at = np.full(len(tables.visits), -1, dtype=np.int64)
    wish = np.empty(RIDE + tables.rides.shape[1], dtype=np.int64)
    answer = np.empty((1, FOUND_COLUMNS + rows.shape[1] + 1), dtype=np.int64)
    for shift in range(len(heads)):
        _load(tables, loaded, shift, answer[0, :0], found_at, scratch)
    for ride in order:
        for shift in range(len(heads)):
            if heads[shift, START_AT] < asked_at[ride]:
                if heads[shift, LOCKED] == heads[shift, COUNT]:
                    _idle(loaded, shift, asked_at[ride])
                else:
                    _advance(tables, loaded, shift, asked_at[ride], log)
        write_candidate(tables, ride, wish)
        find_places(loaded, wish, tables.allowed[ride : ride + 1], FAR, tie, UNKNOWN, answer, scratch)
        shift = answer[0, SHIFT]
        if shift >= 0:
            log[ride, 0], passed = shift, heads[shift, LOCKED]
            if answer[0, LENGTH] - passed > MOST_OPEN_VISITS:
                return False
            tour = answer[0, FOUND_COLUMNS + passed : FOUND_COLUMNS + answer[0, LENGTH]]
            _load(tables, loaded, shift, tour, found_at, scratch)
    for shift in range(len(heads)):
        _advance(tables, loaded, shift, FAR, log)
    return True


@bare_kernel
def _load(tables: Tables, loaded: Loaded, shift: int, tour: Ints, found_at: Ints, scratch: Scratch) -> None:
    """Load what a van has before it, and settle when that will be."""
    head, rows, offset = loaded.heads[shift], loaded.rows[shift], shift * loaded.rows.shape[1]
    head[LOCKED] = 0
    for code in tour:
        found_at[code] = -1
    load_shift(tables, shift, tour, head, rows, loaded.gaps[shift], found_at, offset, scratch.free_by)
    settle_earliest(rows, 0, head[COUNT], head[START_AT])


@inner_kernel
def _idle(loaded: Loaded, shift: int, now: int) -> None:
    """Let a van with nothing before it wait until ``now``: of all that is loaded only these moments change."""
    heads, rows, gaps, gap = loaded.heads, loaded.rows, loaded.gaps, loaded.heads[shift, COUNT]
    heads[shift, START_AT] = rows[shift, gap, heads[shift, STATES_AT]] = now
    gaps[shift, EARLY, gap] = gaps[shift, CLEAR, gap] = now


@bare_kernel
def _advance(tables: Tables, loaded: Loaded, shift: int, now: int, log: Ints) -> None:
    """Let a van drive until ``now``: log what is served, and put its start to where it is or is driving to.

    Visits that are passed stay loaded in front of the first gap that is left, as locked visits do. What comes behind
    happens when it would have happened, so nothing of it has to be loaded anew.
    """
    head, rows = loaded.heads[shift], loaded.rows[shift]
    first, count = head[LOCKED], head[COUNT]
    place, free_at = head[START], head[START_AT]
    while first < count and rows[first, BEGIN] <= now:
        _serve(tables, head, shift, rows, first, log)
        place, free_at = rows[first, AT_PLACE], rows[first, BEGIN] + rows[first, SERVES]
        first += 1
    if first < count and free_at < now:
        place, free_at = rows[first, AT_PLACE], max(now, free_at + rows[first, ARC])
    _start_from(loaded, shift, first, place, max(now, free_at))


@inner_kernel
def _start_from(loaded: Loaded, shift: int, first: int, place: int, free_at: int) -> None:
    """Make the gap in front of visit ``first`` the one in which the van is, with no ride before it to be looked at."""
    heads, rows, gaps = loaded.heads, loaded.rows, loaded.gaps
    heads[shift, LOCKED], heads[shift, START], heads[shift, START_AT] = first, place, free_at
    arc = loaded.travel_s[place, rows[shift, first, AT_PLACE]]
    rows[shift, first, FROM_PLACE], rows[shift, first, ARC] = place, arc
    start_states(heads[shift], loaded.free_breaks[shift], rows[shift, first], 0, free_at)
    gaps[shift, EARLY, first] = gaps[shift, CLEAR, first] = free_at
    gaps[shift, GAP_FROM, first], gaps[shift, GAP_ARC, first] = place, arc
    if first == heads[shift, COUNT]:
        heads[shift, EXTRA] = heads[shift, FIXED_COST] + arc
    gap = first
    while gap <= heads[shift, COUNT] and rows[shift, gap, FROM_GAP] < first:
        rows[shift, gap, FROM_GAP] = first
        gap += 1


@bare_kernel
def _serve(tables: Tables, head: Ints, shift: int, rows: Ints, first: int, log: Ints) -> None:
    """Log one visit; a rider who boards is aboard from now on, with the time of the ride counting."""
    code, begin, visits = rows[first, CODE], rows[first, BEGIN], tables.visits
    if code % 2 == 1:
        log[code // 2, 2] = begin
        head[ABOARD] -= 1
        return
    log[code // 2, 1] = begin
    tables.rides[code // 2, 0] = shift
    head[ABOARD] += 1
    by = begin + rows[first, SERVES] + visits[code + 1, LIMIT]
    visits[code + 1, LATEST] = min(visits[code + 1, LATEST], by)
    if rows[first, BINDS] == 1:
        dropoff = first + 1
        while rows[dropoff, PAIR] != first:
            dropoff += 1
        rows[dropoff, PAIR], rows[dropoff, SHUTS] = -1, visits[code + 1, LATEST]

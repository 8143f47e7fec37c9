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
    CLEAR,
    CODE,
    COUNT,
    EARLY,
    FAR,
    GAP_FREE,
    LATEST,
    LIMIT,
    SERVES,
    START,
    START_AT,
    STATES_AT,
    Ints,
    Packed,
    Tables,
    inner_kernel,
    kernel,
)
from .breaks import row_width
from .problem import ProblemError
from .scan import find_ride, load_shift
from .schedule import settle_earliest
from .trial import FOUND_COLUMNS, LENGTH, SHIFT

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


def run_day(packed: Packed, asked_at: Sequence[int] | Ints) -> DayLog:
    """Return what becomes of the rides of a problem when each is known from ``asked_at`` on, and none before.

    Parameters
    ----------
    packed
        Shifts without breaks, locks and longest durations, nobody aboard: the beginning of a day.
    asked_at
        When each ride is asked for (s), on the problem's axis; of equal ones the first ride is the first asked for.

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
    if not _run(own, order, asked, rows, gaps, log):
        raise ProblemError(f"a tour has more than {MOST_OPEN_VISITS} visits before it: use narrower windows")
    return DayLog(log[:, 0], log[:, 1], log[:, 2])


@kernel
def _run(tables: Tables, order: Ints, asked_at: Ints, rows: Ints, gaps: Ints, log: Ints) -> bool:
    heads = tables.heads
    tours = np.empty((len(heads), rows.shape[1]), dtype=np.int64)
    found_at = np.full(len(tables.visits), -1, dtype=np.int64)
    found = np.empty((1, 1, FOUND_COLUMNS), dtype=np.int64)
    codes = np.empty((1, 1, rows.shape[1] + 1), dtype=np.int64)
    for shift in range(len(heads)):
        heads[shift, COUNT] = 0
        _load(tables, shift, tours[shift, :0], rows, gaps, found_at)
    for ride in order:
        for shift in range(len(heads)):
            if heads[shift, START_AT] >= asked_at[ride]:
                continue
            if heads[shift, COUNT] == 0:
                _idle(heads[shift], asked_at[ride], rows[shift, 0], gaps[shift])
            else:
                _advance(tables, shift, asked_at[ride], tours[shift], rows, gaps, found_at, log)
        find_ride(tables, heads, rows, gaps, ride, FAR, found, codes)
        shift = found[0, 0, SHIFT]
        if shift >= 0:
            count = found[0, 0, LENGTH]
            if count > MOST_OPEN_VISITS:
                return False
            tours[shift, :count] = codes[0, 0, :count]
            log[ride, 0] = shift
            _load(tables, shift, tours[shift, :count], rows, gaps, found_at)
    for shift in range(len(heads)):
        _advance(tables, shift, FAR, tours[shift], rows, gaps, found_at, log)
    return True


@kernel
def _load(tables: Tables, shift: int, tour: Ints, rows: Ints, gaps: Ints, found_at: Ints) -> None:
    head = tables.heads[shift]
    for code in tour:
        found_at[code] = -1
    offset = shift * rows.shape[1]
    head[COUNT] = load_shift(tables, shift, tour, head, rows[shift], gaps[shift], found_at, offset)


@inner_kernel
def _idle(head: Ints, now: int, row: Ints, gaps: Ints) -> None:
    """Let an empty van wait until ``now``: of all that is loaded only these moments change."""
    head[START_AT] = row[head[STATES_AT]] = gaps[EARLY, 0] = gaps[CLEAR, 0] = now


@kernel
def _advance(
    tables: Tables, shift: int, now: int, tour: Ints, rows: Ints, gaps: Ints, found_at: Ints, log: Ints
) -> None:
    """Let a van drive until ``now``: log what is served, and put its start to where it is or is driving to."""
    head, row = tables.heads[shift], rows[shift]
    count, done = head[COUNT], 0
    settle_earliest(row, 0, count, head[START_AT])
    place, free_at = head[START], head[START_AT]
    while done < count and row[done, BEGIN] <= now:
        _serve(tables, head, shift, row[done], log)
        found_at[row[done, CODE]] = -1
        place, free_at = row[done, AT_PLACE], row[done, BEGIN] + row[done, SERVES]
        done += 1
    if free_at < now and done < count:
        place, free_at = row[done, AT_PLACE], max(now, free_at + row[done, ARC])
    head[START], head[START_AT] = place, free_at if free_at >= now or now >= FAR else now
    if now < FAR:
        for k in range(done, count):
            tour[k - done] = row[k, CODE]
        _load(tables, shift, tour[: count - done], rows, gaps, found_at)


@kernel
def _serve(tables: Tables, head: Ints, shift: int, row: Ints, log: Ints) -> None:
    """Log one visit; a rider who boards is aboard from now on, with the time of the ride counting."""
    ride, visits = row[CODE] // 2, tables.visits
    if row[CODE] % 2 == 0:
        log[ride, 1] = row[BEGIN]
        tables.rides[ride, 0] = shift
        head[ABOARD] += 1
        by = row[BEGIN] + row[SERVES] + visits[row[CODE] + 1, LIMIT]
        visits[row[CODE] + 1, LATEST] = min(visits[row[CODE] + 1, LATEST], by)
    else:
        log[ride, 2] = row[BEGIN]
        head[ABOARD] -= 1

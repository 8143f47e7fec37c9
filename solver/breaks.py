"""Where the free breaks of a tour go: exact, for all places and orders at once.

Breaks are taken with nobody aboard, hence in quiet gaps (see :mod:`solver.rows`), where only the time at which the van
is free matters. So the least such time for each gap and each set of breaks taken so far, found from block to block,
decides everything; and so does, from the other end, the latest begin of the visit after the gap. A break does not move
the van and therefore costs nothing.

A set of breaks is a bit mask over ``free_breaks``. Its state in a gap stands in three columns of its row: when the
van is free, the breaks of the gap included; by when the visit after the gap must begin; and the last break if it was
taken in this gap, counted from 1, else 0. The columns of all sets together begin at ``heads[STATES_AT]``.

A longest duration of the shift ties the departure to the arrival, across all quiet gaps. The least arrival over all
places of the breaks grows with the departure; so the departure is put off to the arrival less the duration until that
moves it no more (:func:`drive_within`), and no departure before that one would do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import (
    ARC,
    AT_PLACE,
    CLEAR,
    CLOSE,
    CODE,
    EARLIEST,
    EARLY,
    FAR,
    FREE,
    FREE_BREAKS,
    FROM_GAP,
    FROM_PLACE,
    GAP_ARC,
    GAP_AT,
    GAP_FREE,
    GAP_FROM,
    GAP_OPENS,
    GAP_SERVES,
    LATEST,
    LOCKED,
    LONGEST,
    MAY_BREAK,
    OPENS,
    REACH,
    SERVES,
    SERVICE,
    SHUTS,
    START_AT,
    STATES_AT,
    TO_GAP,
    Ints,
    Packed,
    Tables,
    bare_kernel,
    inner_kernel,
    kernel,
)
from .rows import link_tour, load_free, load_tour
from .schedule import settle_earliest, settle_latest


def row_width(packed: Packed) -> int:
    """Return how many columns the rows of a tour have."""
    return FREE + int(packed.tables.capacity.shape[1]) + 3 * (1 << int(packed.tables.free_breaks.shape[1]))


@bare_kernel
def run_forward(visits: Ints, head: Ints, breaks: Ints, rows: Ints, count: int, first: int) -> None:
    """Fill in when the van is free in all quiet gaps after ``first``, whose own states are given."""
    at, sets = head[STATES_AT], 1 << head[FREE_BREAKS]
    taken = at + 2 * (1 << len(breaks))
    gap = first
    _take_breaks(visits, head, breaks, rows[gap])
    while gap < count:
        following = rows[gap + 1, TO_GAP]
        for done in range(sets):
            free_at = rows[gap, at + done]
            if following == gap + 1:
                begin = max(free_at + rows[gap, ARC], rows[gap, OPENS])
                free_at = begin + rows[gap, SERVES] if begin <= rows[gap, SHUTS] else FAR
            elif free_at < FAR:
                free_at = settle_earliest(rows, gap, following, free_at)
            rows[following, at + done] = free_at
            rows[following, taken + done] = 0
        gap = following
        _take_breaks(visits, head, breaks, rows[gap])


@bare_kernel
def start_states(head: Ints, breaks: Ints, row: Ints, taken_before: int, free_at: int) -> None:
    """Write the states of a gap before which the one set of breaks is taken and the van free at ``free_at``."""
    at = head[STATES_AT]
    taken = at + 2 * (1 << len(breaks))
    for done in range(1 << head[FREE_BREAKS]):
        row[at + done] = FAR
        row[taken + done] = 0
    row[at + taken_before] = free_at


@inner_kernel
def _take_breaks(visits: Ints, head: Ints, breaks: Ints, row: Ints) -> None:
    """Take breaks in one gap wherever that leads to a set sooner, and drop the states that have missed one."""
    at, number = head[STATES_AT], head[FREE_BREAKS]
    taken = at + 2 * (1 << len(breaks))
    for done in range(1 << number):
        for bit in range(number):
            if (done >> bit) & 1 or row[at + done] >= FAR:
                continue
            pause = visits[breaks[bit]]
            begin = max(row[at + done], pause[EARLIEST])
            more = at + (done | (1 << bit))
            if begin > pause[LATEST]:
                row[at + done] = FAR
            elif row[MAY_BREAK] == 1 and begin + pause[SERVICE] < row[more]:
                row[more] = begin + pause[SERVICE]
                row[taken + (done | (1 << bit))] = bit + 1


@bare_kernel
def run_backward(visits: Ints, head: Ints, breaks: Ints, rows: Ints, count: int, free_by: Ints) -> None:
    """Fill in by when the visit after each quiet gap must begin; ``free_by`` is room for one moment per set."""
    sets = 1 << head[FREE_BREAKS]
    latest = head[STATES_AT] + (1 << len(breaks))
    for done in range(sets):
        rows[count, latest + done] = -FAR
    rows[count, latest + sets - 1] = rows[count, SHUTS]
    gap = count
    while gap > 0:
        before = rows[gap - 1, FROM_GAP]
        leave_by(visits, head, breaks, rows[gap], rows[gap, ARC], free_by)
        for done in range(sets):
            by = free_by[done]
            if before == gap - 1:
                by = min(by - rows[before, SERVES], rows[before, SHUTS])
                by = by if by >= rows[before, OPENS] else -FAR
            elif by > -FAR:
                by = settle_latest(rows, before, gap, by)
            rows[before, latest + done] = by
        gap = before


@inner_kernel
def leave_by(visits: Ints, head: Ints, breaks: Ints, row: Ints, arc: int, free_by: Ints) -> None:
    """Write by when the van must be free in a gap, for each set of breaks taken before it.

    ``arc`` is the driving time from where the van then is to the visit after the gap.
    """
    number = head[FREE_BREAKS]
    latest = head[STATES_AT] + (1 << len(breaks))
    for done in range((1 << number) - 1, -1, -1):
        by = row[latest + done]
        if by > -FAR:
            by -= arc
        for bit in range(number):
            if row[MAY_BREAK] == 1 and (done >> bit) & 1 == 0:
                pause = visits[breaks[bit]]
                begin = min(pause[LATEST], free_by[done | (1 << bit)] - pause[SERVICE])
                if begin >= pause[EARLIEST]:
                    by = max(by, begin)
        free_by[done] = by


@bare_kernel
def write_gaps(visits: Ints, head: Ints, breaks: Ints, rows: Ints, count: int, gaps: Ints, free_by: Ints) -> None:
    """Write the lines of a tour whose states are known; the bounds among them hold whatever is inserted elsewhere."""
    _bound_forward(head, rows, count, gaps)
    _bound_backward(visits, head, breaks, rows, count, gaps, free_by)
    for k in range(count + 1):
        row = rows[k]
        gaps[GAP_ARC, k] = row[ARC]
        gaps[GAP_FROM, k] = row[FROM_PLACE]
        gaps[GAP_AT, k] = row[AT_PLACE]
        gaps[GAP_OPENS, k] = row[OPENS]
        gaps[GAP_SERVES, k] = row[SERVES]
        for number in range(len(gaps) - GAP_FREE):
            gaps[GAP_FREE + number, k] = row[FREE + number]


@inner_kernel
def _bound_forward(head: Ints, rows: Ints, count: int, gaps: Ints) -> None:
    at, sets = head[STATES_AT], 1 << head[FREE_BREAKS]
    early, clear = FAR, head[START_AT]
    for k in range(count + 1):
        row = rows[k]
        if row[TO_GAP] == k:
            early = row[at]
            for done in range(1, sets):
                early = min(early, row[at + done])
        gaps[EARLY, k] = early
        gaps[CLEAR, k] = clear
        begin = max(early + row[ARC], row[OPENS])
        early = begin + row[SERVES] if begin <= row[SHUTS] else FAR
        clear = max(clear, row[OPENS]) + row[SERVES]


@inner_kernel
def _bound_backward(visits: Ints, head: Ints, breaks: Ints, rows: Ints, count: int, gaps: Ints, free_by: Ints) -> None:
    sets = 1 << head[FREE_BREAKS]
    latest = head[STATES_AT] + (1 << len(breaks))
    gaps[CLOSE, count] = gaps[REACH, count] = rows[count, SHUTS]
    for k in range(count - 1, -1, -1):
        row, following = rows[k], rows[k + 1]
        gaps[CLOSE, k] = min(row[SHUTS], gaps[CLOSE, k + 1] - row[SERVES])
        by = gaps[REACH, k + 1] - following[ARC]
        if following[TO_GAP] == k + 1:
            leave_by(visits, head, breaks, following, following[ARC], free_by)
            by = free_by[0]
            for done in range(1, sets):
                by = max(by, free_by[done])
        gaps[REACH, k] = min(row[SHUTS], by - row[SERVES])
        if row[TO_GAP] == k:
            gaps[REACH, k] = row[latest]
            for done in range(1, sets):
                gaps[REACH, k] = max(gaps[REACH, k], row[latest + done])


@bare_kernel
def write_tour(
    head: Ints, breaks: Ints, rows: Ints, gap: int, done: int, first: int, done_before: int, codes: Ints, position: int
) -> int:
    """Write the codes of a tour backwards, its free breaks where that set of them is taken soonest.

    From ``gap`` with the set ``done`` taken, the last code just before ``position``, back to the quiet gap ``first``
    with ``done_before`` taken. Returns the position of the first code.
    """
    taken = head[STATES_AT] + 2 * (1 << len(breaks))
    while gap > first or done != done_before:
        last = rows[gap, taken + done]
        if last > 0:
            position -= 1
            codes[position] = breaks[last - 1]
            done ^= 1 << (last - 1)
            continue
        before = rows[gap - 1, FROM_GAP]
        for k in range(gap - 1, before - 1, -1):
            position -= 1
            codes[position] = rows[k, CODE]
        gap = before
    return position


@bare_kernel
def drive_within(
    visits: Ints, head: Ints, breaks: Ints, rows: Ints, count: int, first: int, stop: int, done: int
) -> int:
    """Fill in when the van is free in all quiet gaps if it leaves as early as the longest duration allows.

    Of the places of the breaks only those count where the set ``done`` is taken before the quiet gap ``first`` and no
    break between that and the quiet gap ``stop``. Returns the arrival at the end place, ``FAR`` when there is none.
    """
    longest, depart = head[LONGEST], head[START_AT]
    if longest < FAR and _least_duration(visits, head, breaks, rows, count) > longest:
        return FAR
    while True:
        start_states(head, breaks, rows[0], 0, depart)
        run_forward(visits, head, breaks, rows, count, 0)
        free_at = rows[first, head[STATES_AT] + done]
        if first < stop:
            free_at = settle_earliest(rows, first, stop, free_at) if free_at < FAR else FAR
            start_states(head, breaks, rows[stop], done, free_at)
            run_forward(visits, head, breaks, rows, count, stop)
        end_at = rows[count, head[STATES_AT] + (1 << head[FREE_BREAKS]) - 1] + rows[count, ARC]
        if end_at > rows[count, SHUTS]:
            return FAR
        if end_at - depart <= longest:
            return int(end_at)
        depart = end_at - longest


@bare_kernel
def _least_duration(visits: Ints, head: Ints, breaks: Ints, rows: Ints, count: int) -> int:
    """Return how long a tour lasts without any waiting."""
    lasts = rows[count, ARC] + rows[:count, ARC].sum() + rows[:count, SERVES].sum()
    for bit in range(head[FREE_BREAKS]):
        lasts += visits[breaks[bit], SERVICE]
    return int(lasts)


@kernel
def _place_breaks(tables: Tables, shift: int, codes: Ints, rows: Ints, placed: Ints) -> int:
    head, breaks = tables.heads[shift], tables.free_breaks[shift]
    found_at = np.full(len(tables.visits), -1, dtype=np.int64)
    count = load_tour(tables, shift, codes, head[LOCKED], found_at, 0, rows)
    if count < 0 or not link_tour(tables.travel_s, head, rows, count) or not load_free(tables, shift, rows, count):
        return -1
    if drive_within(tables.visits, head, breaks, rows, count, 0, 0, 0) >= FAR:
        return -1
    length = count + int(head[FREE_BREAKS])
    write_tour(head, breaks, rows, count, (1 << head[FREE_BREAKS]) - 1, 0, 0, placed, length)
    return length


def place_breaks(packed: Packed, shift: int, tour: Sequence[int]) -> tuple[int, ...] | None:
    """Return ``tour`` with the breaks of ``shift`` where the van is home soonest, or ``None`` if no places are legal.

    Breaks among the locked visits stay; others may move, or be missing in ``tour``. The riders' visits keep order.
    """
    rows = np.empty((len(tour) + 1, row_width(packed)), dtype=np.int64)
    placed = np.empty(len(tour) + packed.tables.free_breaks.shape[1], dtype=np.int64)
    length = _place_breaks(packed.tables, shift, np.array(tour, dtype=np.int64), rows, placed)
    return None if length < 0 else tuple(placed[:length].tolist())

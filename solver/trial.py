"""Whether one more ride can be kept in one pair of gaps, exactly; and the tour with it.

Asked over the blocks that the new ride joins to one, from the states of the quiet gap before to those of the quiet gap
behind. A shift with a longest duration is driven as a whole instead.
"""

from __future__ import annotations

from .arrays import (
    ARC,
    AT_PLACE,
    BEGIN,
    COUNT,
    EARLIEST,
    FAR,
    FREE_BREAKS,
    FROM_GAP,
    FROM_PLACE,
    LATEST,
    LIMIT,
    LONGEST,
    OPENS,
    PAIR,
    PLACE,
    SERVES,
    SERVICE,
    SHUTS,
    STATES_AT,
    TO_GAP,
    VISIT_COLUMNS,
    WITHIN,
    Ints,
    Matrix,
    kernel,
)
from .breaks import drive_within, leave_by, write_tour
from .rows import DROPOFF, PICKUP, link_tour, write_visit
from .schedule import settle_earliest

DROP = VISIT_COLUMNS
"""A candidate's row: the visit of its pickup, from ``DROP`` on that of its drop-off, the two codes, a row of rides."""
PICKUP_CODE = 2 * VISIT_COLUMNS
DROPOFF_CODE = PICKUP_CODE + 1
RIDE = PICKUP_CODE + 2

ADDED, PICKED, DROPPED, SHIFT, PICKUP_GAP, DROPOFF_GAP, DONE, LENGTH = range(8)
"""Columns of what is found; ``DONE`` is the set of breaks taken before the pickup."""
FOUND_COLUMNS = 8


@kernel
def try_pair(
    travel_s: Matrix, visits: Ints, breaks: Ints, head: Ints, rows: Ints, ride: Ints, free_by: Ints, block: Ints,
    best: Ints, pickup_gap: int, dropoff_gap: int, added: int,
) -> None:  # fmt: skip
    """Make the pair the best of its shift if it can be kept and is better."""
    if head[LONGEST] < FAR:
        _try_pair_within(travel_s, visits, breaks, head, rows, ride, block, best, pickup_gap, dropoff_gap, added)
        return
    first, stop = rows[pickup_gap, FROM_GAP], rows[dropoff_gap, TO_GAP]
    length = _join_block(travel_s, rows, ride, first, stop, pickup_gap, dropoff_gap, block)
    arc = rows[stop, ARC]
    if stop == dropoff_gap:
        arc = travel_s[ride[DROP + PLACE], rows[stop, AT_PLACE]]
    leave_by(visits, head, breaks, rows[stop], arc, free_by)
    pickup, dropoff = pickup_gap - first, dropoff_gap - first + 1
    for done in range(1 << head[FREE_BREAKS]):
        free_at = rows[first, head[STATES_AT] + done]
        if free_at >= FAR or settle_earliest(block, 0, length, free_at) > free_by[done]:
            continue
        _keep_better(best, added, block[pickup, BEGIN], block[dropoff, BEGIN], pickup_gap, dropoff_gap, done)


@kernel
def _try_pair_within(
    travel_s: Matrix, visits: Ints, breaks: Ints, head: Ints, rows: Ints, ride: Ints, longer: Ints,
    best: Ints, pickup_gap: int, dropoff_gap: int, added: int,
) -> None:  # fmt: skip
    """Do the same where a longest duration ties the whole tour together: drive all of it."""
    pickup, dropoff, count = pickup_gap, dropoff_gap + 1, head[COUNT] + 2
    _write_longer(travel_s, head, rows, ride, pickup_gap, dropoff_gap, longer)
    first, stop = longer[pickup, FROM_GAP], longer[dropoff + 1, TO_GAP]
    for done in range(1 << head[FREE_BREAKS]):
        if drive_within(visits, head, breaks, longer, count, first, stop, done) < FAR:
            _keep_better(best, added, longer[pickup, BEGIN], longer[dropoff, BEGIN], pickup_gap, dropoff_gap, done)


@kernel
def is_less(first: int, second: int, other_first: int, other_second: int) -> bool:
    """Compare two pairs."""
    return first < other_first or (first == other_first and second < other_second)


@kernel
def _keep_better(
    best: Ints, added: int, picked: int, dropped: int, pickup_gap: int, dropoff_gap: int, done: int
) -> None:
    if added < best[ADDED] or is_less(picked, dropped, best[PICKED], best[DROPPED]):
        best[ADDED], best[PICKED], best[DROPPED] = added, picked, dropped
        best[PICKUP_GAP], best[DROPOFF_GAP], best[DONE] = pickup_gap, dropoff_gap, done


@kernel
def _join_block(
    travel_s: Matrix, rows: Ints, ride: Ints, first: int, stop: int, pickup_gap: int, dropoff_gap: int, block: Ints
) -> int:
    """Write rows ``first`` to ``stop - 1`` and the new visits among them into ``block``, ready to be settled."""
    position, place = 0, rows[first, FROM_PLACE]
    pickup = pickup_gap - first
    for k in range(first, stop + 1):
        if k == pickup_gap:
            _write_new(block[position], ride[:DROP], travel_s[place, ride[PLACE]], -1)
            position, place = position + 1, ride[PLACE]
        if k == dropoff_gap:
            _write_new(block[position], ride[DROP:PICKUP_CODE], travel_s[place, ride[DROP + PLACE]], pickup)
            position, place = position + 1, ride[DROP + PLACE]
        if k < stop:
            row = rows[k]
            for column in range(OPENS, WITHIN + 1):
                block[position, column] = row[column]
            block[position, PAIR] = _moved(row[PAIR], pickup_gap, dropoff_gap) - first if row[PAIR] >= 0 else -1
            block[position, ARC] = travel_s[place, row[AT_PLACE]]
            position, place = position + 1, row[AT_PLACE]
    return position


@kernel
def _moved(position: int, pickup_gap: int, dropoff_gap: int) -> int:
    """Return where a visit stands after the insertion."""
    return position + (position >= pickup_gap) + (position >= dropoff_gap)


@kernel
def _write_new(row: Ints, visit: Ints, arc: int, pair: int) -> None:
    row[ARC] = arc
    row[OPENS] = visit[EARLIEST]
    row[SHUTS] = visit[LATEST]
    row[SERVES] = visit[SERVICE]
    row[PAIR] = pair
    row[WITHIN] = visit[LIMIT]


@kernel
def _write_longer(
    travel_s: Matrix, head: Ints, rows: Ints, ride: Ints, pickup_gap: int, dropoff_gap: int, longer: Ints
) -> None:
    """Write a whole tour with the new visits in it."""
    pickup, dropoff = pickup_gap, dropoff_gap + 1
    for k in range(head[COUNT] + 1):
        row = longer[_moved(k, pickup_gap, dropoff_gap)]
        row[:] = rows[k]
        if row[PAIR] >= 0:
            row[PAIR] = _moved(row[PAIR], pickup_gap, dropoff_gap)
    write_visit(longer[pickup], ride[:DROP], ride[PICKUP_CODE], PICKUP, -1)
    write_visit(longer[dropoff], ride[DROP:PICKUP_CODE], ride[DROPOFF_CODE], DROPOFF, pickup)
    link_tour(travel_s, head, longer, head[COUNT] + 2)


@kernel
def write_insertion(
    travel_s: Matrix, visits: Ints, breaks: Ints, head: Ints, rows: Ints, ride: Ints, found: Ints, longer: Ints,
    codes: Ints,
) -> int:  # fmt: skip
    """Write the whole tour that was found; return its length."""
    count = head[COUNT] + 2
    _write_longer(travel_s, head, rows, ride, found[PICKUP_GAP], found[DROPOFF_GAP], longer)
    first, stop = longer[found[PICKUP_GAP], FROM_GAP], longer[found[DROPOFF_GAP] + 2, TO_GAP]
    drive_within(visits, head, breaks, longer, count, first, stop, found[DONE])
    return write_tour(head, breaks, longer, count, codes)

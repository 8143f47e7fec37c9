"""Whether one more ride can be kept in one pair of gaps, exactly; and the tour with it.

Asked over the blocks that the new ride joins to one, from the states of the quiet gap before to those of the quiet gap
behind. A shift with a longest duration is driven as a whole instead.
"""

from __future__ import annotations

from typing import NamedTuple

from .arrays import (
    ARC,
    AT_PLACE,
    BEGIN,
    BOUND,
    CODE,
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
    bare_kernel,
    inner_kernel,
)
from .breaks import drive_within, leave_by, run_forward, start_states, write_tour
from .rows import DROPOFF, PICKUP, link_tour, pair_up, write_visit
from .schedule import settle_earliest

DROP = VISIT_COLUMNS
"""A candidate's row: the visit of its pickup, from ``DROP`` on that of its drop-off, the two codes, a row of rides."""
PICKUP_CODE = 2 * VISIT_COLUMNS
DROPOFF_CODE = PICKUP_CODE + 1
RIDE = PICKUP_CODE + 2

ADDED, PICKED, DROPPED, SHIFT, PICKUP_GAP, DROPOFF_GAP, DONE, LENGTH = range(8)
"""Columns of what is found; ``DONE`` is the set of breaks taken before the pickup."""
FOUND_COLUMNS = 8
"""From here on, the codes of the tour."""

PRICED_FROM, FIRST, STOP = range(3)
"""Columns of ``Scratch.spans``: the first gap whose detours are priced for a group of rides; and of one ride the first
gap in which it can be picked up, and the one from which on it can neither be picked up nor dropped."""
SPAN_COLUMNS = 3

BLOCK_COLUMNS = BOUND + 1
"""The first columns of a tour's rows, all that is needed to settle a block."""


class Loaded(NamedTuple):
    """What a search reads: the tours of a plan, and of the problem what is asked again and again."""

    travel_s: Matrix
    visits: Ints
    free_breaks: Ints
    capacity: Ints
    heads: Ints
    """As ``Tables.heads``, with the figures of the tours."""
    rows: Ints
    """Shape (shifts, longest tour + 1, columns), see :mod:`solver.rows`."""
    gaps: Ints
    """Shape (shifts, lines, longest tour + 1), see :mod:`solver.rows`."""


class Scratch(NamedTuple):
    """Room for what a search works out; made once for many rides."""

    spans: Ints
    """Shape (shifts, ``SPAN_COLUMNS``)."""
    detours: Ints
    """Shape (shifts, lines, longest tour + 1), see :mod:`solver.scan`."""
    picks: Ints
    """Shape (lines, longest tour + 1): the same for one shift at one time."""
    bounds: Ints
    """For each shift, the least that a ride can add, ``FAR`` where it cannot be."""
    taken: Ints
    """For each capacity row, what a ride takes of it."""
    free_by: Ints
    """For each set of free breaks, by when the van must be free."""
    block: Ints
    """Shape (longest tour + 2, ``BLOCK_COLUMNS``)."""
    longer: Ints
    """Shape (longest tour + 2, columns)."""
    best: Ints
    """One row of what is found."""


@bare_kernel
def try_pair(loaded: Loaded, ride: Ints, scratch: Scratch, pickup_gap: int, dropoff_gap: int, added: int) -> None:
    """Make the pair the best of its shift if it can be kept and is better."""
    best, block, shift = scratch.best, scratch.block, scratch.best[SHIFT]
    head, rows, breaks = loaded.heads[shift], loaded.rows[shift], loaded.free_breaks[shift]
    if head[LONGEST] < FAR:
        _try_pair_within(loaded, ride, scratch, pickup_gap, dropoff_gap, added)
        return
    first, stop = rows[pickup_gap, FROM_GAP], rows[dropoff_gap, TO_GAP]
    length = _join_block(loaded.travel_s, rows, ride, first, stop, pickup_gap, dropoff_gap, block)
    arc = rows[stop, ARC]
    if stop == dropoff_gap:
        arc = loaded.travel_s[ride[DROP + PLACE], rows[stop, AT_PLACE]]
    leave_by(loaded.visits, head, breaks, rows[stop], arc, scratch.free_by)
    pickup, dropoff = pickup_gap - first, dropoff_gap - first + 1
    for done in range(1 << head[FREE_BREAKS]):
        free_at = rows[first, head[STATES_AT] + done]
        if free_at >= FAR or settle_earliest(block, 0, length, free_at) > scratch.free_by[done]:
            continue
        _keep_better(best, added, block[pickup, BEGIN], block[dropoff, BEGIN], pickup_gap, dropoff_gap, done)


@bare_kernel
def _try_pair_within(
    loaded: Loaded, ride: Ints, scratch: Scratch, pickup_gap: int, dropoff_gap: int, added: int
) -> None:
    """Do the same where a longest duration ties the whole tour together: drive all of it."""
    best, longer, shift = scratch.best, scratch.longer, scratch.best[SHIFT]
    head, breaks = loaded.heads[shift], loaded.free_breaks[shift]
    pickup, dropoff, count = pickup_gap, dropoff_gap + 1, head[COUNT] + 2
    _write_longer(loaded.travel_s, head, loaded.rows[shift], ride, pickup_gap, dropoff_gap, longer)
    first, stop = longer[pickup, FROM_GAP], longer[dropoff + 1, TO_GAP]
    for done in range(1 << head[FREE_BREAKS]):
        if drive_within(loaded.visits, head, breaks, longer, count, first, stop, done) < FAR:
            _keep_better(best, added, longer[pickup, BEGIN], longer[dropoff, BEGIN], pickup_gap, dropoff_gap, done)


@inner_kernel
def is_less(first: int, second: int, other_first: int, other_second: int) -> bool:
    """Compare two pairs."""
    return first < other_first or (first == other_first and second < other_second)


@inner_kernel
def _keep_better(
    best: Ints, added: int, picked: int, dropped: int, pickup_gap: int, dropoff_gap: int, done: int
) -> None:
    if added < best[ADDED] or is_less(picked, dropped, best[PICKED], best[DROPPED]):
        best[ADDED], best[PICKED], best[DROPPED] = added, picked, dropped
        best[PICKUP_GAP], best[DROPOFF_GAP], best[DONE] = pickup_gap, dropoff_gap, done


@bare_kernel
def _join_block(
    travel_s: Matrix, rows: Ints, ride: Ints, first: int, stop: int, pickup_gap: int, dropoff_gap: int, block: Ints
) -> int:
    """Write rows ``first`` to ``stop - 1`` and the new visits among them into ``block``, ready to be settled."""
    position, place = 0, rows[first, FROM_PLACE]
    pickup = pickup_gap - first
    for k in range(first, stop + 1):
        if k == pickup_gap:
            _write_new(block, position, ride, 0, travel_s[place, ride[PLACE]])
            position, place = position + 1, ride[PLACE]
        if k == dropoff_gap:
            _write_new(block, position, ride, DROP, travel_s[place, ride[DROP + PLACE]])
            if ride[DROP + LATEST] - ride[EARLIEST] - ride[SERVICE] > ride[DROP + LIMIT]:
                block[position, PAIR] = pickup
            position, place = position + 1, ride[DROP + PLACE]
        if k < stop:
            for column in range(OPENS, WITHIN + 1):
                block[position, column] = rows[k, column]
            if rows[k, PAIR] >= 0:
                block[position, PAIR] = _moved(rows[k, PAIR], pickup_gap, dropoff_gap) - first
            block[position, ARC] = travel_s[place, rows[k, AT_PLACE]]
            position, place = position + 1, rows[k, AT_PLACE]
    return position


@inner_kernel
def _moved(position: int, pickup_gap: int, dropoff_gap: int) -> int:
    """Return where a visit stands after the insertion."""
    return position + (position >= pickup_gap) + (position >= dropoff_gap)


@inner_kernel
def _write_new(block: Ints, position: int, ride: Ints, visit: int, arc: int) -> None:
    block[position, ARC] = arc
    block[position, OPENS] = ride[visit + EARLIEST]
    block[position, SHUTS] = ride[visit + LATEST]
    block[position, SERVES] = ride[visit + SERVICE]
    block[position, PAIR] = -1
    block[position, WITHIN] = ride[visit + LIMIT]


@bare_kernel
def _write_longer(
    travel_s: Matrix, head: Ints, rows: Ints, ride: Ints, pickup_gap: int, dropoff_gap: int, longer: Ints
) -> None:
    """Write a whole tour with the new visits in it."""
    pickup, dropoff = pickup_gap, dropoff_gap + 1
    for k in range(head[COUNT] + 1):
        position = _moved(k, pickup_gap, dropoff_gap)
        for column in range(rows.shape[1]):
            longer[position, column] = rows[k, column]
        if rows[k, PAIR] >= 0:
            longer[position, PAIR] = _moved(rows[k, PAIR], pickup_gap, dropoff_gap)
    write_visit(longer[pickup], ride[:DROP], ride[PICKUP_CODE], PICKUP)
    write_visit(longer[dropoff], ride[DROP:PICKUP_CODE], ride[DROPOFF_CODE], DROPOFF)
    pair_up(longer, pickup, dropoff)
    link_tour(travel_s, head, longer, head[COUNT] + 2)


@bare_kernel
def write_insertion(loaded: Loaded, ride: Ints, found: Ints, scratch: Scratch) -> None:
    """Write the whole tour behind what was found, its free breaks where the van is home soonest."""
    shift, first, stop = found[SHIFT], found[PICKUP_GAP], found[DROPOFF_GAP]
    head, rows, breaks = loaded.heads[shift], loaded.rows[shift], loaded.free_breaks[shift]
    count, whole = head[COUNT], (1 << head[FREE_BREAKS]) - 1
    codes, length = found[FOUND_COLUMNS:], count + 2 + head[FREE_BREAKS]
    found[LENGTH] = length
    if head[LONGEST] < FAR:
        longer = scratch.longer
        _write_longer(loaded.travel_s, head, rows, ride, first, stop, longer)
        first, stop = longer[first, FROM_GAP], longer[stop + 2, TO_GAP]
        drive_within(loaded.visits, head, breaks, longer, count + 2, first, stop, found[DONE])
        write_tour(head, breaks, longer, count + 2, whole, 0, 0, codes, length)
        return
    first, stop = rows[first, FROM_GAP], rows[stop, TO_GAP]
    position, behind = length, count
    if found[DONE] < whole:
        _drive_on(loaded, ride, found, scratch, first, stop)
        position = write_tour(head, breaks, scratch.longer, count, whole, stop, found[DONE], codes, length)
        behind = stop
    for k in range(behind, first - 1, -1):
        if k < behind:
            position -= 1
            codes[position] = rows[k, CODE]
        if k == found[DROPOFF_GAP]:
            position -= 1
            codes[position] = ride[DROPOFF_CODE]
        if k == found[PICKUP_GAP]:
            position -= 1
            codes[position] = ride[PICKUP_CODE]
    write_tour(head, breaks, rows, first, found[DONE], 0, 0, codes, position)


@bare_kernel
def _drive_on(loaded: Loaded, ride: Ints, found: Ints, scratch: Scratch, first: int, stop: int) -> None:
    """Write into ``longer`` how the tour goes on after the block of what was found, the breaks left included."""
    shift, longer, done = found[SHIFT], scratch.longer, found[DONE]
    head, rows, breaks = loaded.heads[shift], loaded.rows[shift], loaded.free_breaks[shift]
    length = _join_block(loaded.travel_s, rows, ride, first, stop, found[PICKUP_GAP], found[DROPOFF_GAP], scratch.block)
    free_at = settle_earliest(scratch.block, 0, length, rows[first, head[STATES_AT] + done])
    for k in range(stop, head[COUNT] + 1):
        for column in range(rows.shape[1]):
            longer[k, column] = rows[k, column]
    if stop == found[DROPOFF_GAP]:
        longer[stop, ARC] = loaded.travel_s[ride[DROP + PLACE], rows[stop, AT_PLACE]]
    start_states(head, breaks, longer[stop], done, free_at)
    run_forward(loaded.visits, head, breaks, longer, head[COUNT], stop)

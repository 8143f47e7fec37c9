"""The kernels of :mod:`solver.insertion`: every place for one more ride in every tour.

For each pair of gaps the added driving time is a handful of look-ups, wherever the breaks are, since they move nobody.
What costs time is whether the pair can be kept, so that is asked last and only of pairs that could become the answer:
first by bounds that hold whatever the ride times say (``CLOSE`` on the way from pickup to drop-off, ``REACH`` behind
it), then exactly, over the blocks that the new ride joins to one, from the states of the quiet gap before to those of
the quiet gap behind. None of it leans on the triangle inequality.
"""

from __future__ import annotations

import numpy as np

from .arrays import (
    ARC,
    AT_PLACE,
    BEGIN,
    CLOSE,
    COUNT,
    EARLIEST,
    EARLY,
    EXTRA,
    FAR,
    FIXED_COST,
    FREE,
    FREE_BREAKS,
    FROM_GAP,
    FROM_PLACE,
    KIND,
    LATEST,
    LIMIT,
    LOCKED,
    OPENS,
    PAIR,
    PLACE,
    REACH,
    SERVES,
    SERVICE,
    SHUTS,
    STATES_AT,
    TO_GAP,
    VISIT_COLUMNS,
    WITHIN,
    Ints,
    Mask,
    Tables,
    kernel,
)
from .breaks import bound_tour, leave_by, run_backward, run_forward, start_states, write_tour
from .rows import BREAK, DROPOFF, PICKUP, link_tour, load_free, load_tour, taken_by, write_visit
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
def load_plan(tables: Tables, codes: Ints, begins: Ints, heads: Ints, rows: Ints, found_at: Ints) -> None:
    """Write all tours into ``rows``; tour ``s`` is ``codes[begins[s] : begins[s + 1]]``."""
    for shift in range(len(heads)):
        tour = codes[begins[shift] : begins[shift + 1]]
        heads[shift, COUNT] = load_shift(
            tables, shift, tour, heads[shift], rows[shift], found_at, shift * rows.shape[1]
        )


@kernel
def load_shift(tables: Tables, shift: int, codes: Ints, head: Ints, rows: Ints, found_at: Ints, offset: int) -> int:
    """Write one tour into ``rows``, its free breaks in all places at once; return its length, -1 if it is illegal."""
    count = load_tour(tables, shift, codes, head[LOCKED], found_at, offset, rows)
    if count < 0 or not link_tour(tables, shift, rows, count) or not load_free(tables, shift, rows, count):
        return -1
    breaks = tables.free_breaks[shift]
    start_states(head, breaks, rows[0])
    run_forward(tables.visits, head, breaks, rows, count, 0)
    run_backward(tables.visits, head, breaks, rows, count)
    bound_tour(tables.visits, head, breaks, rows, count)
    is_used = (rows[:count, KIND] != BREAK).any()
    head[EXTRA] = 0 if is_used else head[FIXED_COST] + rows[count, ARC]
    return count


@kernel
def find_insertions(
    tables: Tables, heads: Ints, rows: Ints, candidates: Ints, allowed: Mask, most: int, found: Ints, codes: Ints
) -> None:
    """Write the best insertions of each candidate, cheapest first, one per shift, into ``found`` and ``codes``."""
    longer = np.empty((rows.shape[1] + 2, rows.shape[2]), dtype=np.int64)
    taken = np.empty(tables.capacity.shape[1], dtype=np.int64)
    free_by = np.empty(1 << tables.free_breaks.shape[1], dtype=np.int64)
    best = np.empty(FOUND_COLUMNS, dtype=np.int64)
    found[:, :, SHIFT] = -1
    for number in range(len(candidates)):
        ride, ranks = candidates[number], found[number]
        for shift in range(len(heads)):
            if heads[shift, COUNT] < 0 or not allowed[number, shift]:
                continue
            for row in range(len(taken)):
                taken[row] = taken_by(ride[RIDE:], tables.capacity[shift, row])
            best[SHIFT] = shift
            best[ADDED] = min(most, ranks[-1, ADDED]) if ranks[-1, SHIFT] >= 0 else most
            best[PICKED] = FAR
            _scan_shift(tables, heads[shift], rows[shift], ride, taken, free_by, longer, best)
            if best[PICKED] < FAR:
                _rank(ranks, best)
        for rank in range(len(ranks)):
            shift = ranks[rank, SHIFT]
            if shift >= 0:
                ranks[rank, LENGTH] = _write_insertion(
                    tables, heads[shift], rows[shift], ride, ranks[rank], longer, codes[number, rank]
                )


@kernel
def _rank(ranks: Ints, best: Ints) -> None:
    """Put ``best`` among the ranks by cost and pickup; the shift that came first stays before its equals."""
    position = len(ranks)
    while position > 0:
        other = ranks[position - 1]
        if other[SHIFT] >= 0 and not _is_less(best[ADDED], best[PICKED], other[ADDED], other[PICKED]):
            break
        position -= 1
    if position < len(ranks):
        for rank in range(len(ranks) - 1, position, -1):
            ranks[rank] = ranks[rank - 1]
        ranks[position] = best


@kernel
def _is_less(first: int, second: int, other_first: int, other_second: int) -> bool:
    return first < other_first or (first == other_first and second < other_second)


@kernel
def _scan_shift(
    tables: Tables, head: Ints, rows: Ints, ride: Ints, taken: Ints, free_by: Ints, block: Ints, best: Ints
) -> None:
    for gap in range(head[LOCKED], head[COUNT] + 1):
        row = rows[gap]
        if row[EARLY] > ride[LATEST]:
            return
        if ride[EARLIEST] + ride[SERVICE] > row[CLOSE] or not _fits(row, taken):
            continue
        begin = max(ride[EARLIEST], row[EARLY] + tables.travel_s[row[FROM_PLACE], ride[PLACE]])
        if begin <= ride[LATEST] and begin + ride[SERVICE] <= row[CLOSE]:
            ready = begin + ride[SERVICE]
            _scan_dropoffs(tables, head, rows, ride, taken, free_by, block, best, gap, ready)


@kernel
def _fits(row: Ints, taken: Ints) -> bool:
    for number in range(len(taken)):  # noqa: SIM110 — Numba compiles no generator expressions
        if taken[number] > row[FREE + number]:
            return False
    return True


@kernel
def _scan_dropoffs(
    tables: Tables, head: Ints, rows: Ints, ride: Ints, taken: Ints, free_by: Ints, block: Ints, best: Ints,
    pickup_gap: int, ready: int,
) -> None:  # fmt: skip
    """Try all drop-offs of a pickup in one gap, after which the van is free at ``ready`` at the earliest."""
    travel_s = tables.travel_s
    place, ridden = ride[PLACE], 0
    added = head[EXTRA] + travel_s[rows[pickup_gap, FROM_PLACE], place] - rows[pickup_gap, ARC]
    for gap in range(pickup_gap, head[COUNT] + 1):
        row = rows[gap]
        saved = row[ARC] if gap > pickup_gap else 0
        there, on = travel_s[place, ride[DROP + PLACE]], travel_s[ride[DROP + PLACE], row[AT_PLACE]]
        begin = max(ride[DROP + EARLIEST], ready + there)
        if (
            added + there + on - saved <= best[ADDED]
            and begin <= ride[DROP + LATEST]
            and ridden + there <= ride[DROP + LIMIT]
            and begin + ride[DROP + SERVICE] + on <= row[REACH]
        ):
            _try_pair(tables, head, rows, ride, free_by, block, best, pickup_gap, gap, added + there + on - saved)
        if gap == head[COUNT] or not _fits(rows[gap + 1], taken):
            return
        arc = travel_s[place, row[AT_PLACE]]
        begin = max(row[OPENS], ready + arc)
        ready = begin + row[SERVES]
        ridden += arc + row[SERVES]
        if begin > row[CLOSE] or ready > ride[DROP + LATEST] or ridden > ride[DROP + LIMIT]:
            return
        if gap == pickup_gap:
            added += arc
        place = row[AT_PLACE]


@kernel
def _try_pair(
    tables: Tables, head: Ints, rows: Ints, ride: Ints, free_by: Ints, block: Ints, best: Ints,
    pickup_gap: int, dropoff_gap: int, added: int,
) -> None:  # fmt: skip
    """Make the pair the best of its shift if it can be kept and is better."""
    first, stop = rows[pickup_gap, FROM_GAP], rows[dropoff_gap, TO_GAP]
    length = _join_block(tables, rows, ride, first, stop, pickup_gap, dropoff_gap, block)
    arc = rows[stop, ARC]
    if stop == dropoff_gap:
        arc = tables.travel_s[ride[DROP + PLACE], rows[stop, AT_PLACE]]
    breaks = tables.free_breaks[best[SHIFT]]
    leave_by(tables.visits, head, breaks, rows[stop], arc, free_by)
    pickup, dropoff = pickup_gap - first, dropoff_gap - first + 1
    for done in range(1 << head[FREE_BREAKS]):
        free_at = rows[first, head[STATES_AT] + done]
        if free_at >= FAR or settle_earliest(block, 0, length, free_at) > free_by[done]:
            continue
        picked, dropped = block[pickup, BEGIN], block[dropoff, BEGIN]
        if added < best[ADDED] or _is_less(picked, dropped, best[PICKED], best[DROPPED]):
            best[ADDED], best[PICKED], best[DROPPED] = added, picked, dropped
            best[PICKUP_GAP], best[DROPOFF_GAP], best[DONE] = pickup_gap, dropoff_gap, done


@kernel
def _join_block(
    tables: Tables, rows: Ints, ride: Ints, first: int, stop: int, pickup_gap: int, dropoff_gap: int, block: Ints
) -> int:
    """Write rows ``first`` to ``stop - 1`` and the new visits among them into ``block``, ready to be settled."""
    travel_s = tables.travel_s
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
def _write_insertion(tables: Tables, head: Ints, rows: Ints, ride: Ints, found: Ints, longer: Ints, codes: Ints) -> int:
    """Write the whole tour that was found; return its length."""
    shift, done = found[SHIFT], found[DONE]
    pickup, dropoff = found[PICKUP_GAP], found[DROPOFF_GAP] + 1
    count = head[COUNT] + 2
    for k in range(head[COUNT] + 1):
        row = longer[_moved(k, found[PICKUP_GAP], found[DROPOFF_GAP])]
        row[:] = rows[k]
        if row[PAIR] >= 0:
            row[PAIR] = _moved(row[PAIR], found[PICKUP_GAP], found[DROPOFF_GAP])
    write_visit(longer[pickup], ride[:DROP], ride[PICKUP_CODE], PICKUP, -1)
    write_visit(longer[dropoff], ride[DROP:PICKUP_CODE], ride[DROPOFF_CODE], DROPOFF, pickup)
    link_tour(tables, shift, longer, count)
    breaks = tables.free_breaks[shift]
    start_states(head, breaks, longer[0])
    run_forward(tables.visits, head, breaks, longer, count, 0)
    first, stop = longer[pickup, FROM_GAP], longer[dropoff + 1, TO_GAP]
    free_at = settle_earliest(longer, first, stop, longer[first, head[STATES_AT] + done])
    start_states(head, breaks, longer[stop])
    longer[stop, head[STATES_AT]] = FAR
    longer[stop, head[STATES_AT] + done] = free_at
    run_forward(tables.visits, head, breaks, longer, count, stop)
    return write_tour(head, breaks, longer, count, codes)

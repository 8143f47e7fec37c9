"""The kernels of :mod:`solver.insertion`: every place for one more ride in every tour.

For each pair of gaps the added driving time is a handful of look-ups, wherever the breaks are, since they move nobody.
It is the detour to the pickup plus the detour to the drop-off, unless both are in one gap. So the least that a shift
can ask is known before any of its pairs is looked at; the shifts are taken in that order and the search ends when no
shift left can be better than what is found.

What costs time is whether a pair can be kept, so that is asked last and only of pairs that could become the answer:
first by bounds that hold whatever the ride times say (``CLOSE`` on the way from pickup to drop-off, ``REACH`` behind
it), then exactly (:mod:`solver.trial`). None of it leans on the triangle inequality: in front of a gap driving counts
only where nothing can have been inserted before it, and behind a gap only where nothing can follow.
"""

from __future__ import annotations

import numpy as np

from .arrays import (
    ARC,
    CLEAR,
    CLOSE,
    COUNT,
    EARLIEST,
    EARLY,
    EXTRA,
    FAR,
    FIXED_COST,
    GAP_ARC,
    GAP_AT,
    GAP_FREE,
    GAP_FROM,
    GAP_OPENS,
    GAP_SERVES,
    KIND,
    LATEST,
    LIMIT,
    LOCKED,
    PLACE,
    REACH,
    SERVICE,
    START_AT,
    Ints,
    Mask,
    Matrix,
    Tables,
    inner_kernel,
    kernel,
)
from .breaks import run_backward, run_forward, start_states, write_gaps
from .rows import BREAK, link_tour, load_free, load_tour
from .trial import (
    ADDED,
    DROP,
    DROPOFF_CODE,
    FOUND_COLUMNS,
    LENGTH,
    PICKED,
    PICKUP_CODE,
    RIDE,
    SHIFT,
    is_less,
    try_pair,
    write_insertion,
)

TO_PICKUP, READY, TO_NEXT, TO_DROPOFF, ON, LEAST = range(6)
"""Lines of what is priced in one tour, per gap.

The driving time to the new pickup, the end of its service (``FAR`` where the pickup is out of the question), the
driving time on to the next visit (``FAR`` where a later drop-off is); the driving times to a drop-off later than the
pickup (``FAR`` where it is out of the question) and on from it; and the least detour to a drop-off in any later gap.
"""
PRICE_LINES = 6


@kernel
def load_plan(tables: Tables, codes: Ints, begins: Ints, heads: Ints, rows: Ints, gaps: Ints, found_at: Ints) -> None:
    """Write all tours into ``rows`` and ``gaps``; tour ``s`` is ``codes[begins[s] : begins[s + 1]]``."""
    for shift in range(len(heads)):
        tour = codes[begins[shift] : begins[shift + 1]]
        offset = shift * rows.shape[1]
        heads[shift, COUNT] = load_shift(tables, shift, tour, heads[shift], rows[shift], gaps[shift], found_at, offset)


@kernel
def load_shift(
    tables: Tables, shift: int, codes: Ints, head: Ints, rows: Ints, gaps: Ints, found_at: Ints, offset: int
) -> int:
    """Write one tour, its free breaks in all places at once; return its length, -1 if it is illegal."""
    count = load_tour(tables, shift, codes, head[LOCKED], found_at, offset, rows)
    if count < 0 or not link_tour(tables.travel_s, head, rows, count) or not load_free(tables, shift, rows, count):
        return -1
    breaks = tables.free_breaks[shift]
    start_states(head, breaks, rows[0], 0, head[START_AT])
    run_forward(tables.visits, head, breaks, rows, count, 0)
    run_backward(tables.visits, head, breaks, rows, count)
    write_gaps(tables.visits, head, breaks, rows, count, gaps)
    is_used = (rows[:count, KIND] != BREAK).any()
    head[EXTRA] = 0 if is_used else head[FIXED_COST] + rows[count, ARC]
    return count


@kernel
def find_insertions(
    tables: Tables, heads: Ints, rows: Ints, gaps: Ints, candidates: Ints, allowed: Mask, most: int,
    found: Ints, codes: Ints,
) -> None:  # fmt: skip
    """Write the best insertions of each candidate, cheapest first, one per shift, into ``found`` and ``codes``."""
    travel_s, visits, free_breaks, capacity = tables.travel_s, tables.visits, tables.free_breaks, tables.capacity
    longer = np.empty((rows.shape[1] + 2, rows.shape[2]), dtype=np.int64)
    prices = np.empty((PRICE_LINES, rows.shape[1]), dtype=np.int64)
    bounds = np.empty(len(heads), dtype=np.int64)
    taken = np.empty(capacity.shape[1], dtype=np.int64)
    free_by = np.empty(1 << free_breaks.shape[1], dtype=np.int64)
    best = np.empty(FOUND_COLUMNS, dtype=np.int64)
    found[:, :, SHIFT] = -1
    for number in range(len(candidates)):
        ride, ranks = candidates[number], found[number]
        _price_shifts(travel_s, capacity, heads, gaps, ride, allowed[number], taken, prices, bounds)
        while True:
            shift = _cheapest(bounds)
            limit = min(most, ranks[-1, ADDED]) if ranks[-1, SHIFT] >= 0 else most
            if shift < 0 or bounds[shift] > limit:
                break
            bounds[shift] = FAR
            _take(capacity, shift, ride, taken)
            _price_shift(travel_s, heads[shift], gaps[shift], ride, taken, prices)
            best[SHIFT], best[ADDED], best[PICKED] = shift, limit, FAR
            _scan_shift(
                travel_s, visits, free_breaks[shift], heads[shift], rows[shift], gaps[shift], ride, taken, prices,
                free_by, longer, best,
            )  # fmt: skip
            if best[PICKED] < FAR:
                _rank(ranks, best)
        for rank in range(len(ranks)):
            shift = ranks[rank, SHIFT]
            if shift >= 0:
                ranks[rank, LENGTH] = write_insertion(
                    travel_s, visits, free_breaks[shift], heads[shift], rows[shift], ride, ranks[rank], longer,
                    codes[number, rank],
                )  # fmt: skip


@kernel
def find_ride(
    tables: Tables, heads: Ints, rows: Ints, gaps: Ints, number: int, most: int, found: Ints, codes: Ints
) -> None:
    """Do the same for one ride of the problem."""
    candidate = np.empty((1, RIDE + tables.rides.shape[1]), dtype=np.int64)
    candidate[0, :DROP] = tables.visits[2 * number]
    candidate[0, DROP:PICKUP_CODE] = tables.visits[2 * number + 1]
    candidate[0, PICKUP_CODE] = 2 * number
    candidate[0, DROPOFF_CODE] = 2 * number + 1
    candidate[0, RIDE:] = tables.rides[number]
    allowed = tables.allowed[number : number + 1]
    find_insertions(tables, heads, rows, gaps, candidate, allowed, most, found, codes)


@kernel
def _rank(ranks: Ints, best: Ints) -> None:
    """Put ``best`` among the ranks by cost, pickup and shift."""
    position = len(ranks)
    while position > 0:
        other = ranks[position - 1]
        if other[SHIFT] >= 0 and (
            is_less(other[ADDED], other[PICKED], best[ADDED], best[PICKED])
            or (other[ADDED] == best[ADDED] and other[PICKED] == best[PICKED] and other[SHIFT] < best[SHIFT])
        ):
            break
        position -= 1
    if position < len(ranks):
        for rank in range(len(ranks) - 1, position, -1):
            ranks[rank] = ranks[rank - 1]
        ranks[position] = best


@kernel
def _cheapest(bounds: Ints) -> int:
    """Return the first shift with the least bound, -1 when none is below ``FAR``."""
    cheapest, least = -1, FAR
    for shift in range(len(bounds)):
        if bounds[shift] < least:
            cheapest, least = shift, bounds[shift]
    return int(cheapest)


@inner_kernel
def _first_gap(head: Ints, gaps: Ints, ride: Ints) -> int:
    """Return the first gap from which the pickup can still be made before the later windows close."""
    ready = ride[EARLIEST] + ride[SERVICE]
    low, high = head[LOCKED], head[COUNT] + 1
    while low < high:
        middle = (low + high) >> 1
        if gaps[CLOSE, middle] < ready:
            low = middle + 1
        else:
            high = middle
    return int(low)


@inner_kernel
def _last_gap(gaps: Ints, line: int, first: int, stop: int, moment: int) -> int:
    """Return the last gap from ``first`` to ``stop - 1`` whose entry is not after a moment; or ``first - 1``."""
    low, high = first, stop
    while low < high:
        middle = (low + high) >> 1
        if gaps[line, middle] <= moment:
            low = middle + 1
        else:
            high = middle
    return low - 1


@inner_kernel
def _take(capacity: Ints, shift: int, ride: Ints, taken: Ints) -> None:
    """Write what a ride takes of each capacity row of a shift."""
    for number in range(len(taken)):
        taken[number] = 0
        for kind in range(1, capacity.shape[2]):
            taken[number] += ride[RIDE + kind] * capacity[shift, number, kind]


@kernel
def _price_shifts(
    travel_s: Matrix, capacity: Ints, heads: Ints, gaps: Ints, ride: Ints, allowed: Mask,
    taken: Ints, prices: Ints, bounds: Ints,
) -> None:  # fmt: skip
    """Write a lower bound for each shift, ``FAR`` for those that cannot take the ride."""
    for shift in range(len(heads)):
        bounds[shift] = FAR
        if heads[shift, COUNT] >= 0 and allowed[shift]:
            _take(capacity, shift, ride, taken)
            bounds[shift] = _price_shift(travel_s, heads[shift], gaps[shift], ride, taken, prices)


@inner_kernel
def _price_shift(travel_s: Matrix, head: Ints, gaps: Ints, ride: Ints, taken: Ints, prices: Ints) -> int:
    """Write what the pickup and the drop-off cost in each gap that is not out of the question.

    Returns a lower bound of what the ride adds to the tour, ``FAR`` when it cannot be there.
    """
    first, stop = _first_gap(head, gaps, ride), head[COUNT] + 1
    last = _last_gap(gaps, EARLY, first, stop, ride[LATEST])
    if last < first:
        return FAR
    pickup, earliest, latest, service = ride[PLACE], ride[EARLIEST], ride[LATEST], ride[SERVICE]
    dropoff, opens, shuts, serves = ride[DROP + PLACE], ride[DROP + EARLIEST], ride[DROP + LATEST], ride[DROP + SERVICE]
    direct, least, bound = travel_s[pickup, dropoff], FAR, FAR
    same = direct if direct <= ride[DROP + LIMIT] else FAR
    for gap in range(_last_gap(gaps, CLEAR, last, stop, shuts), first - 1, -1):
        if not _fits(gaps, gap, taken):
            prices[READY, gap] = prices[TO_DROPOFF, gap] = prices[LEAST, gap] = least = FAR
            continue
        here, there, arc, by = gaps[GAP_FROM, gap], gaps[GAP_AT, gap], gaps[GAP_ARC, gap], gaps[REACH, gap]
        on = travel_s[dropoff, there]
        ready = to_next = FAR
        if gap <= last:
            to_pickup = travel_s[here, pickup]
            ready = max(earliest, gaps[EARLY, gap] + to_pickup) + service
            if ready <= min(latest + service, gaps[CLOSE, gap]):
                prices[TO_PICKUP, gap] = to_pickup
                dropped = max(opens, ready + same)
                if dropped <= min(shuts, by - on - serves):
                    bound = min(bound, to_pickup + same + on - arc)
                onward = travel_s[pickup, there]
                if max(gaps[GAP_OPENS, gap], ready + onward) <= gaps[CLOSE, gap]:
                    to_next = onward
                    bound = min(bound, to_pickup + onward - arc + least)
            else:
                ready = FAR
        prices[READY, gap], prices[TO_NEXT, gap], prices[LEAST, gap] = ready, to_next, least
        to_dropoff = travel_s[here, dropoff]
        begin = max(opens, gaps[CLEAR, gap] + to_dropoff)
        is_late = begin > min(shuts, by - on - serves)
        prices[TO_DROPOFF, gap], prices[ON, gap] = FAR if is_late else to_dropoff, on
        if not is_late:
            least = min(least, to_dropoff + on - arc)
    return int(bound + head[EXTRA]) if bound < FAR else FAR


@inner_kernel
def _fits(gaps: Ints, gap: int, taken: Ints) -> bool:
    for number in range(len(taken)):  # noqa: SIM110 — Numba compiles no generator expressions
        if taken[number] > gaps[GAP_FREE + number, gap]:
            return False
    return True


@inner_kernel
def _is_in_time(gaps: Ints, gap: int, ride: Ints, ready: int, ridden: int, there: int, on: int) -> bool:
    """Whether a drop-off may be kept ``there`` seconds after ``ready``, by bounds."""
    begin = max(ride[DROP + EARLIEST], ready + there)
    return bool(
        begin <= ride[DROP + LATEST]
        and ridden + there <= ride[DROP + LIMIT]
        and begin + ride[DROP + SERVICE] + on <= gaps[REACH, gap]
    )


@kernel
def _scan_shift(
    travel_s: Matrix, visits: Ints, breaks: Ints, head: Ints, rows: Ints, gaps: Ints, ride: Ints, taken: Ints,
    prices: Ints, free_by: Ints, block: Ints, best: Ints,
) -> None:  # fmt: skip
    """Try the pairs of a priced shift that cost no more than ``best``."""
    first, stop = _first_gap(head, gaps, ride), head[COUNT] + 1
    last = _last_gap(gaps, EARLY, first, stop, ride[LATEST])
    end = _last_gap(gaps, CLEAR, last, stop, ride[DROP + LATEST])
    direct = travel_s[ride[PLACE], ride[DROP + PLACE]]
    for gap in range(first, min(last, end) + 1):
        ready = prices[READY, gap]
        if ready >= FAR:
            continue
        added = head[EXTRA] + prices[TO_PICKUP, gap] - gaps[GAP_ARC, gap]
        cost = added + direct + prices[ON, gap]
        if cost <= best[ADDED] and _is_in_time(gaps, gap, ride, ready, 0, direct, prices[ON, gap]):
            try_pair(travel_s, visits, breaks, head, rows, ride, free_by, block, best, gap, gap, cost)
        to_next = prices[TO_NEXT, gap]
        if to_next < FAR and prices[LEAST, gap] < FAR and added + to_next + prices[LEAST, gap] <= best[ADDED]:
            _scan_later(travel_s, visits, breaks, head, rows, gaps, ride, taken, prices, free_by, block, best, gap, end)


@kernel
def _scan_later(
    travel_s: Matrix, visits: Ints, breaks: Ints, head: Ints, rows: Ints, gaps: Ints, ride: Ints, taken: Ints,
    prices: Ints, free_by: Ints, block: Ints, best: Ints, pickup_gap: int, end: int,
) -> None:  # fmt: skip
    """Try the drop-offs in later gaps of a pickup in one gap."""
    arc, ready, ridden = prices[TO_NEXT, pickup_gap], prices[READY, pickup_gap], 0
    added = head[EXTRA] + prices[TO_PICKUP, pickup_gap] + arc - gaps[GAP_ARC, pickup_gap]
    for gap in range(pickup_gap + 1, end + 1):
        begin = max(gaps[GAP_OPENS, gap - 1], ready + arc)
        ready = begin + gaps[GAP_SERVES, gap - 1]
        ridden += arc + gaps[GAP_SERVES, gap - 1]
        if begin > gaps[CLOSE, gap - 1] or ready > ride[DROP + LATEST] or ridden > ride[DROP + LIMIT]:
            return
        if not _fits(gaps, gap, taken):
            return
        arc, there = gaps[GAP_ARC, gap], prices[TO_DROPOFF, gap]
        if there < FAR:
            cost = added + there + prices[ON, gap] - arc
            if cost <= best[ADDED] and _is_in_time(gaps, gap, ride, ready, ridden, there, prices[ON, gap]):
                try_pair(travel_s, visits, breaks, head, rows, ride, free_by, block, best, pickup_gap, gap, cost)
        if prices[LEAST, gap] >= FAR or added + prices[LEAST, gap] > best[ADDED]:
            return

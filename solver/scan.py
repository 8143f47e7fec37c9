"""The kernels of :mod:`solver.insertion`: every place for one more ride in every tour.

For each pair of gaps the added driving time is a handful of look-ups, wherever the breaks are, since they move nobody.
It is the detour to the pickup plus the detour to the drop-off, unless both are in one gap. These detours do not depend
on the time: rides between the same two places, one wish at many times, share them. So the least that a shift can ask is
known before any of its pairs is looked at; the shifts are taken in that order and the search ends when no shift left
can be better than what is found.

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
    FARTHEST_INPUT,
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
    bare_kernel,
    inner_kernel,
    kernel,
)
from .breaks import run_backward, run_forward, start_states, write_gaps
from .rows import BREAK, link_tour, load_free, load_tour
from .trial import (
    ADDED,
    BLOCK_COLUMNS,
    DROP,
    DROPOFF_CODE,
    FIRST,
    FOUND_COLUMNS,
    PICKED,
    PICKUP_CODE,
    PRICED_FROM,
    RIDE,
    SHIFT,
    SPAN_COLUMNS,
    STOP,
    Loaded,
    Scratch,
    try_pair,
    write_insertion,
)

TO_PICKUP, TO_NEXT, TO_DROPOFF, ON = range(4)
"""Lines of ``Scratch.detours``: driving times to a pickup in the gap and on from it, to a drop-off and on from it."""
DETOUR_LINES = 4

READY, LEAST = range(2)
"""Lines of ``Scratch.picks``.

The end of the pickup's service, ``FAR`` where the pickup is out of the question; and the least detour to a drop-off in
any later gap, ``FAR`` where there is none.
"""
PICK_LINES = 2

UNKNOWN, KNOWN = range(2)
"""Whether the detours of a ride are priced already, with those of others between the same places."""

PICKUP_FIRST, SHIFT_FIRST = range(2)
"""What decides between shifts that cost the same: the earlier pickup, then the number of the shift; or that alone."""


@kernel
def load_plan(tables: Tables, codes: Ints, begins: Ints, heads: Ints, rows: Ints, gaps: Ints, found_at: Ints) -> None:
    """Write all tours into ``rows`` and ``gaps``; tour ``s`` is ``codes[begins[s] : begins[s + 1]]``."""
    free_by = np.empty(1 << tables.free_breaks.shape[1], dtype=np.int64)
    for shift in range(len(heads)):
        tour = codes[begins[shift] : begins[shift + 1]]
        load_shift(
            tables, shift, tour, heads[shift], rows[shift], gaps[shift], found_at, shift * rows.shape[1], free_by
        )


@bare_kernel
def load_shift(
    tables: Tables, shift: int, codes: Ints, head: Ints, rows: Ints, gaps: Ints, found_at: Ints, offset: int,
    free_by: Ints,
) -> None:  # fmt: skip
    """Write one tour, its free breaks in all places at once; its ``COUNT`` is -1 if it is illegal."""
    count = load_tour(tables, shift, codes, head[LOCKED], found_at, offset, rows)
    head[COUNT] = -1
    if count < 0 or not link_tour(tables.travel_s, head, rows, count) or not load_free(tables, shift, rows, count):
        return
    breaks = tables.free_breaks[shift]
    start_states(head, breaks, rows[0], 0, head[START_AT])
    run_forward(tables.visits, head, breaks, rows, count, 0)
    run_backward(tables.visits, head, breaks, rows, count, free_by)
    write_gaps(tables.visits, head, breaks, rows, count, gaps, free_by)
    head[COUNT], head[EXTRA] = count, head[FIXED_COST] + rows[count, ARC]
    for k in range(count):
        if rows[k, KIND] != BREAK:
            head[EXTRA] = 0


@kernel
def find_insertions(
    travel_s: Matrix, visits: Ints, free_breaks: Ints, capacity: Ints, heads: Ints, rows: Ints, gaps: Ints,
    candidates: Ints, allowed: Mask, most: int, answers: Ints,
) -> None:  # fmt: skip
    """Write the best insertions of each candidate into ``answers``, cheapest first, one per shift.

    The first arguments are those of :class:`.trial.Loaded`, one by one because handing over a tuple takes longer than
    a small search. ``allowed`` has a row per candidate, or none when all shifts may serve all of them. An answer is a
    row of what is found and the codes of the tour behind it. Candidates between the same places are best given one
    after the other; their windows may be cut to what they allow each other.
    """
    loaded = Loaded(travel_s, visits, free_breaks, capacity, heads, rows, gaps)
    scratch = make_scratch(loaded)
    for number in range(len(candidates)):
        _tighten(candidates[number])
    first = 0
    while first < len(candidates):
        stop = first + 1
        while stop < len(candidates) and _goes_the_same_way(candidates, first, stop):
            stop += 1
        prices = UNKNOWN
        if stop > first + 1:
            price_detours(loaded, candidates[first:stop], scratch)
            prices = KNOWN
        for number in range(first, stop):
            may = allowed[number : number + 1]
            find_places(loaded, candidates[number], may, most, PICKUP_FIRST, prices, answers[number], scratch)
        first = stop


@inner_kernel
def _tighten(ride: Ints) -> None:
    """Cut each window of a ride to what the other allows, as :func:`.arrays.pack_ride` does."""
    for column in range(PICKUP_CODE):
        ride[column] = min(max(ride[column], -FARTHEST_INPUT), FARTHEST_INPUT)
    served, limit = ride[SERVICE], ride[DROP + LIMIT]
    earliest, latest, opens, shuts = ride[EARLIEST], ride[LATEST], ride[DROP + EARLIEST], ride[DROP + LATEST]
    ride[EARLIEST] = max(earliest, opens - limit - served)
    ride[LATEST] = min(latest, shuts - served)
    ride[DROP + EARLIEST] = max(opens, earliest + served)
    ride[DROP + LATEST] = min(shuts, latest + served + limit)


@inner_kernel
def _goes_the_same_way(candidates: Ints, one: int, other: int) -> bool:
    return bool(
        candidates[one, PLACE] == candidates[other, PLACE]
        and candidates[one, DROP + PLACE] == candidates[other, DROP + PLACE]
    )


@kernel
def make_scratch(loaded: Loaded) -> Scratch:
    """Return room for any search in the same tours."""
    shifts, stride, columns = loaded.rows.shape
    return Scratch(
        np.empty((shifts, SPAN_COLUMNS), dtype=np.int64),
        np.empty((shifts, DETOUR_LINES, stride), dtype=np.int64),
        np.empty((PICK_LINES, stride), dtype=np.int64),
        np.empty(shifts, dtype=np.int64),
        np.empty(loaded.capacity.shape[1], dtype=np.int64),
        np.empty(1 << loaded.free_breaks.shape[1], dtype=np.int64),
        np.empty((stride + 2, BLOCK_COLUMNS), dtype=np.int64),
        np.empty((stride + 2, columns), dtype=np.int64),
        np.empty(FOUND_COLUMNS, dtype=np.int64),
    )


@kernel
def find_ride(tables: Tables, heads: Ints, rows: Ints, gaps: Ints, number: int, most: int, answers: Ints) -> None:
    """Do the same for one ride of the problem."""
    candidate = np.empty((1, RIDE + tables.rides.shape[1]), dtype=np.int64)
    write_candidate(tables, number, candidate[0])
    find_insertions(
        tables.travel_s, tables.visits, tables.free_breaks, tables.capacity, heads, rows, gaps, candidate,
        tables.allowed[number : number + 1], most, answers,
    )  # fmt: skip


@bare_kernel
def write_candidate(tables: Tables, number: int, candidate: Ints) -> None:
    """Write a ride of the problem as a candidate."""
    for column in range(DROP):
        candidate[column] = tables.visits[2 * number, column]
        candidate[DROP + column] = tables.visits[2 * number + 1, column]
    candidate[PICKUP_CODE] = 2 * number
    candidate[DROPOFF_CODE] = 2 * number + 1
    for column in range(tables.rides.shape[1]):
        candidate[RIDE + column] = tables.rides[number, column]


@bare_kernel
def find_places(
    loaded: Loaded, ride: Ints, allowed: Mask, most: int, tie: int, prices: int, ranks: Ints, scratch: Scratch
) -> None:
    """Write the best insertions of one ride into ``ranks``, one answer a row; where there is none, ``SHIFT`` is -1."""
    bounds, best = scratch.bounds, scratch.best
    for rank in range(len(ranks)):
        ranks[rank, SHIFT], ranks[rank, ADDED], ranks[rank, PICKED] = -1, FAR, FAR
    _bound_shifts(loaded, ride, allowed, prices, scratch)
    while True:
        shift = _cheapest(bounds)
        limit = min(most, ranks[-1, ADDED]) if ranks[-1, SHIFT] >= 0 else most
        if shift < 0 or bounds[shift] > limit:
            break
        bounds[shift] = FAR
        best[SHIFT], best[ADDED], best[PICKED] = shift, limit, FAR
        _scan_shift(loaded, ride, scratch)
        if best[PICKED] < FAR:
            _rank(ranks, best, tie)
    for rank in range(len(ranks)):
        if ranks[rank, SHIFT] >= 0:
            write_insertion(loaded, ride, ranks[rank], scratch)


@inner_kernel
def _rank(ranks: Ints, best: Ints, tie: int) -> None:
    """Put ``best`` among the ranks by cost and by what decides between equal ones."""
    position = len(ranks)
    while position > 0:
        if ranks[position - 1, SHIFT] >= 0 and not _is_better(best, ranks, position - 1, tie):
            break
        position -= 1
    if position < len(ranks):
        for rank in range(len(ranks) - 1, position - 1, -1):
            for column in range(FOUND_COLUMNS):
                ranks[rank, column] = ranks[rank - 1, column] if rank > position else best[column]


@inner_kernel
def _is_better(best: Ints, ranks: Ints, rank: int, tie: int) -> bool:
    """Whether ``best`` comes before what is ranked already."""
    if best[ADDED] != ranks[rank, ADDED]:
        return bool(best[ADDED] < ranks[rank, ADDED])
    if tie == PICKUP_FIRST and best[PICKED] != ranks[rank, PICKED]:
        return bool(best[PICKED] < ranks[rank, PICKED])
    return bool(best[SHIFT] < ranks[rank, SHIFT])


@inner_kernel
def _cheapest(bounds: Ints) -> int:
    """Return the first shift with the least bound, -1 when none is below ``FAR``."""
    cheapest, least = -1, FAR
    for shift in range(len(bounds)):
        if bounds[shift] < least:
            cheapest, least = shift, bounds[shift]
    return cheapest


@inner_kernel
def _first_gap(gaps: Ints, shift: int, first: int, count: int, ready: int) -> int:
    """Return the first gap from ``first`` on from which what is ready then can be before the later windows close."""
    size = count + 1 - first
    while size > 0:
        half = (size + 1) >> 1
        first += half * (gaps[shift, CLOSE, first + half - 1] < ready)
        size -= half
    return first


@bare_kernel
def price_detours(loaded: Loaded, group: Ints, scratch: Scratch) -> None:
    """Write the driving times of rides between the same places for all gaps in which one of them can have a visit."""
    heads, gaps, spans = loaded.heads, loaded.gaps, scratch.spans
    pickup, dropoff = group[0, PLACE], group[0, DROP + PLACE]
    ready, shuts = FAR, -FAR
    for number in range(len(group)):
        ready = min(ready, group[number, EARLIEST] + group[number, SERVICE])
        shuts = max(shuts, group[number, DROP + LATEST])
    for shift in range(len(heads)):
        count = heads[shift, COUNT]
        if count >= 0:
            gap = spans[shift, PRICED_FROM] = _first_gap(gaps, shift, heads[shift, LOCKED], count, ready)
            while gap <= count and gaps[shift, CLEAR, gap] <= shuts:
                _price(loaded.travel_s, gaps, shift, gap, pickup, dropoff, scratch.detours)
                gap += 1


@inner_kernel
def _price(travel_s: Matrix, gaps: Ints, shift: int, gap: int, pickup: int, dropoff: int, detours: Ints) -> None:
    here, there = gaps[shift, GAP_FROM, gap], gaps[shift, GAP_AT, gap]
    detours[shift, TO_PICKUP, gap] = travel_s[here, pickup]
    detours[shift, TO_NEXT, gap] = travel_s[pickup, there]
    detours[shift, TO_DROPOFF, gap] = travel_s[here, dropoff]
    detours[shift, ON, gap] = travel_s[dropoff, there]


@inner_kernel
def _take(capacity: Ints, shift: int, ride: Ints, taken: Ints) -> None:
    """Write what a ride takes of each capacity row of a shift."""
    for number in range(len(taken)):
        taken[number] = 0
        for kind in range(1, capacity.shape[2]):
            taken[number] += ride[RIDE + kind] * capacity[shift, number, kind]


@inner_kernel
def _fits(gaps: Ints, shift: int, gap: int, taken: Ints) -> bool:
    fits = True
    for number in range(len(taken)):
        fits &= taken[number] <= gaps[shift, GAP_FREE + number, gap]
    return fits


@bare_kernel
def _bound_shifts(loaded: Loaded, ride: Ints, allowed: Mask, prices: int, scratch: Scratch) -> None:
    """Write a lower bound of what a ride adds for each shift, ``FAR`` for those that cannot take it; and its gaps."""
    heads, gaps, detours, bounds, taken = loaded.heads, loaded.gaps, scratch.detours, scratch.bounds, scratch.taken
    pickup, dropoff = ride[PLACE], ride[DROP + PLACE]
    earliest, latest, service = ride[EARLIEST], ride[LATEST], ride[SERVICE]
    opens, shuts, serves = ride[DROP + EARLIEST], ride[DROP + LATEST], ride[DROP + SERVICE]
    direct = loaded.travel_s[pickup, dropoff]
    same = direct if direct <= ride[DROP + LIMIT] else FAR
    for shift in range(len(heads)):
        bounds[shift] = FAR
        count = heads[shift, COUNT]
        if count < 0 or (len(allowed) > 0 and not allowed[0, shift]):
            continue
        _take(loaded.capacity, shift, ride, taken)
        bound = least = FAR
        first = heads[shift, LOCKED] if prices == UNKNOWN else scratch.spans[shift, PRICED_FROM]
        first = gap = _first_gap(gaps, shift, first, count, earliest + service)
        while gap <= count:
            clear, early = gaps[shift, CLEAR, gap], gaps[shift, EARLY, gap]
            if clear > shuts or (early > latest and least >= FAR):
                break
            if prices == UNKNOWN:
                _price(loaded.travel_s, gaps, shift, gap, pickup, dropoff, detours)
            if not _fits(gaps, shift, gap, taken):
                least = FAR
                gap += 1
                continue
            to_pickup, to_next = detours[shift, TO_PICKUP, gap], detours[shift, TO_NEXT, gap]
            to_dropoff, on = detours[shift, TO_DROPOFF, gap], detours[shift, ON, gap]
            arc, close = gaps[shift, GAP_ARC, gap], gaps[shift, CLOSE, gap]
            by = min(shuts, gaps[shift, REACH, gap] - on - serves)
            later = least + to_dropoff + on - arc
            bound = min(bound, later if max(opens, clear + to_dropoff) <= by else FAR)
            ready = max(earliest, early + to_pickup) + service
            picks = ready <= min(latest + service, close)
            here = to_pickup + same + on - arc
            bound = min(bound, here if picks and max(opens, ready + same) <= by else FAR)
            goes_on = picks and max(gaps[shift, GAP_OPENS, gap], ready + to_next) <= close
            least = min(least, to_pickup + to_next - arc if goes_on else FAR)
            gap += 1
        scratch.spans[shift, FIRST], scratch.spans[shift, STOP] = first, gap
        if bound < FARTHEST_INPUT:
            bounds[shift] = bound + heads[shift, EXTRA]


@inner_kernel
def _is_in_time(gaps: Ints, shift: int, gap: int, ride: Ints, ready: int, ridden: int, there: int, on: int) -> bool:
    """Whether a drop-off may be kept ``there`` seconds after ``ready``, by bounds."""
    begin = max(ride[DROP + EARLIEST], ready + there)
    return bool(
        begin <= ride[DROP + LATEST]
        and ridden + there <= ride[DROP + LIMIT]
        and begin + ride[DROP + SERVICE] + on <= gaps[shift, REACH, gap]
    )


@bare_kernel
def _scan_shift(loaded: Loaded, ride: Ints, scratch: Scratch) -> None:
    """Try the pairs of a shift that cost no more than ``best``."""
    shift, detours, picks, best = scratch.best[SHIFT], scratch.detours, scratch.picks, scratch.best
    gaps, head = loaded.gaps, loaded.heads[shift]
    _take(loaded.capacity, shift, ride, scratch.taken)
    first, stop = scratch.spans[shift, FIRST], scratch.spans[shift, STOP]
    _look_ahead(loaded, ride, scratch, first, stop)
    direct = loaded.travel_s[ride[PLACE], ride[DROP + PLACE]]
    for gap in range(first, stop):
        ready, on = picks[READY, gap], detours[shift, ON, gap]
        if ready >= FAR:
            continue
        added = head[EXTRA] + detours[shift, TO_PICKUP, gap] - gaps[shift, GAP_ARC, gap]
        cost = added + direct + on
        if cost <= best[ADDED] and _is_in_time(gaps, shift, gap, ride, ready, 0, direct, on):
            try_pair(loaded, ride, scratch, gap, gap, cost)
        added += detours[shift, TO_NEXT, gap]
        if picks[LEAST, gap] < FAR and added + picks[LEAST, gap] <= best[ADDED]:
            _scan_later(loaded, ride, scratch, gap, stop, added)


@inner_kernel
def _look_ahead(loaded: Loaded, ride: Ints, scratch: Scratch, first: int, stop: int) -> None:
    """Write the lines of ``picks`` for some gaps of one shift."""
    shift, detours, picks, gaps = scratch.best[SHIFT], scratch.detours, scratch.picks, loaded.gaps
    opens, shuts, serves = ride[DROP + EARLIEST], ride[DROP + LATEST], ride[DROP + SERVICE]
    least = FAR
    for gap in range(stop - 1, first - 1, -1):
        picks[LEAST, gap], picks[READY, gap] = least, FAR
        if not _fits(gaps, shift, gap, scratch.taken):
            picks[LEAST, gap] = least = FAR
            continue
        ready = max(ride[EARLIEST], gaps[shift, EARLY, gap] + detours[shift, TO_PICKUP, gap]) + ride[SERVICE]
        if ready <= min(ride[LATEST] + ride[SERVICE], gaps[shift, CLOSE, gap]):
            picks[READY, gap] = ready
        there, on = detours[shift, TO_DROPOFF, gap], detours[shift, ON, gap]
        if max(opens, gaps[shift, CLEAR, gap] + there) <= min(shuts, gaps[shift, REACH, gap] - on - serves):
            least = min(least, there + on - gaps[shift, GAP_ARC, gap])


@bare_kernel
def _scan_later(loaded: Loaded, ride: Ints, scratch: Scratch, pickup_gap: int, stop: int, added: int) -> None:
    """Try the drop-offs in later gaps of a pickup in one gap, which itself adds ``added``."""
    gaps, shift, detours, picks, best = loaded.gaps, scratch.best[SHIFT], scratch.detours, scratch.picks, scratch.best
    arc, ready, ridden = detours[shift, TO_NEXT, pickup_gap], picks[READY, pickup_gap], 0
    for gap in range(pickup_gap + 1, stop):
        begin, served = max(gaps[shift, GAP_OPENS, gap - 1], ready + arc), gaps[shift, GAP_SERVES, gap - 1]
        ready = begin + served
        ridden += arc + served
        if begin > gaps[shift, CLOSE, gap - 1] or ready > ride[DROP + LATEST] or ridden > ride[DROP + LIMIT]:
            return
        if not _fits(gaps, shift, gap, scratch.taken):
            return
        arc, there, on = gaps[shift, GAP_ARC, gap], detours[shift, TO_DROPOFF, gap], detours[shift, ON, gap]
        cost = added + there + on - arc
        if cost <= best[ADDED] and _is_in_time(gaps, shift, gap, ride, ready, ridden, there, on):
            try_pair(loaded, ride, scratch, pickup_gap, gap, cost)
        if picks[LEAST, gap] >= FAR or added + picks[LEAST, gap] > best[ADDED]:
            return

"""The best place for a ride in one tour of a slot: bounds first, the exact test only for what would win."""

from __future__ import annotations

from .arrays import (
    EARLIEST,
    FAR,
    FIXED_COST,
    FREE_BREAKS,
    LATEST,
    LIMIT,
    LOCKED,
    LONGEST,
    PLACE,
    SERVICE,
    Ints,
    bare_kernel,
)
from .ruin_model import (
    AHEAD,
    AT,
    BINDS,
    CLOSE,
    CODE,
    COST,
    COUNT,
    EARLY,
    FREE,
    FROM,
    FROM_GAP,
    HOME,
    LEAVE,
    LEG,
    OPENS,
    PAIR,
    REACH,
    RIDERS,
    SERVES,
    SHUTS,
    SPENT,
    TO_GAP,
    WITHIN,
    Model,
    Search,
)
from .ruin_tour import leave_by, load_tour, settle, settle_back

GAPS = 1 << 20
"""Two gaps are kept in one number: ``pickup gap * GAPS + drop-off gap``."""


@bare_kernel
def scan_tour(model: Model, search: Search, shift: int, slot: int, ride: int, most: int) -> tuple[int, int]:
    """Return what the cheapest insertion into a tour adds, and its gaps; ``most`` and -1 when none adds less."""
    rows, count = search.rows[slot], search.slots[slot, COUNT]
    visits, pick = model.visits, 2 * ride
    place, opens, shuts, serves = (
        visits[pick, PLACE],
        visits[pick, EARLIEST],
        visits[pick, LATEST],
        visits[pick, SERVICE],
    )
    best, gaps, extra = most, -1, 0
    if count + 2 >= rows.shape[0]:
        return FAR, gaps
    if search.slots[slot, RIDERS] == 0:
        extra = model.heads[shift, FIXED_COST] + rows[count, LEG]
    _write_detours(model, search, rows, count, pick + 1)
    for gap in range(model.heads[shift, LOCKED], count + 1):
        early = rows[gap, EARLY]
        if early > shuts:
            break
        if opens + serves > rows[gap, CLOSE] or not _has_room(model, rows, gap, ride, shift):
            continue
        leg = model.back[place, rows[gap, FROM]]
        begin = max(opens, early + leg)
        if begin > shuts or begin + serves > rows[gap, CLOSE]:
            continue
        added = extra + leg - rows[gap, LEG]
        best, gaps = _scan_dropoffs(model, search, shift, slot, ride, gap, begin + serves, added, best, gaps)
    return best, gaps


@bare_kernel
def _scan_dropoffs(
    model: Model, search: Search, shift: int, slot: int, ride: int, first: int, ready: int, added: int,
    best: int, gaps: int,
) -> tuple[int, int]:  # fmt: skip
    """Try all drop-offs of a pickup in gap ``first``, after which the van is free at ``ready``; return the better."""
    rows, travel, count, drop = search.rows[slot], model.travel, search.slots[slot, COUNT], 2 * ride + 1
    shuts, limit = model.visits[drop, LATEST], model.visits[drop, LIMIT] + model.slack[0]
    place, target, ridden = model.visits[drop - 1, PLACE], model.visits[drop, PLACE], 0
    there = travel[place, target]
    total = added + there + travel[target, rows[first, AT]]
    if (
        total < best
        and _may_drop(model, rows, first, drop, ready + there, there)
        and _is_legal(model, search, shift, slot, ride, first, first)
    ):
        best, gaps = total, first * GAPS + first
    leg = travel[place, rows[first, AT]]
    added += leg
    least = search.detours[1]
    for gap in range(first, count):
        last = gap + 1
        if added + least[last] >= best or not _has_room(model, rows, last, ride, shift):
            break
        begin = max(rows[gap, OPENS], ready + leg)
        ready = begin + rows[gap, SERVES]
        ridden += leg + rows[gap, SERVES]
        if begin > rows[gap, CLOSE] or ready > shuts or ridden > limit:
            break
        total = added + search.detours[0, last]
        there = model.back[target, rows[gap, AT]]
        if (
            total < best
            and _may_drop(model, rows, last, drop, ready + there, ridden + there)
            and _is_legal(model, search, shift, slot, ride, first, last)
        ):
            best, gaps = total, first * GAPS + last
        leg = rows[last, LEG]
    return best, gaps


@bare_kernel
def _may_drop(model: Model, rows: Ints, gap: int, drop: int, arrives: int, ridden: int) -> bool:
    """Return whether a drop-off before row ``gap`` keeps all bounds when the van ``arrives``, so long ``ridden``."""
    visits = model.visits
    begin = max(visits[drop, EARLIEST], arrives)
    by = rows[gap, REACH] - model.travel[visits[drop, PLACE], rows[gap, AT]]
    is_in_time = begin <= visits[drop, LATEST] and begin + visits[drop, SERVICE] <= by
    return bool(is_in_time and ridden <= visits[drop, LIMIT] + model.slack[0])


@bare_kernel
def _write_detours(model: Model, search: Search, rows: Ints, count: int, drop: int) -> None:
    """Write what a drop-off in each gap adds, and the least of that from each gap on."""
    place, opens, shuts = model.visits[drop, PLACE], model.visits[drop, EARLIEST], model.visits[drop, LATEST]
    detours, least = search.detours[0], search.detours[1]
    lowest = FAR
    for gap in range(count, -1, -1):
        detour = model.back[place, rows[gap, FROM]] + model.travel[place, rows[gap, AT]] - rows[gap, LEG]
        detours[gap] = detour
        if rows[gap, EARLY] <= shuts and opens <= rows[gap, CLOSE]:
            lowest = min(lowest, detour)
        least[gap] = lowest


@bare_kernel
def _has_room(model: Model, rows: Ints, gap: int, ride: int, shift: int) -> bool:
    kind = model.kinds[shift]
    for number in range(model.left.shape[1]):  # noqa: SIM110 — Numba compiles no generator expressions
        if model.taken[ride, kind, number] > rows[gap, FREE + number]:
            return False
    return True


@bare_kernel
def _is_legal(
    model: Model, search: Search, shift: int, slot: int, ride: int, pickup_gap: int, dropoff_gap: int
) -> bool:
    """Return whether an insertion that keeps all bounds keeps every rule."""
    rows, visits = search.rows[slot], model.visits
    free_breaks, longest = model.heads[shift, FREE_BREAKS], model.heads[shift, LONGEST]
    first, stop = rows[pickup_gap, FROM_GAP], rows[dropoff_gap, TO_GAP]
    binds = rows[stop, BINDS] - rows[first, BINDS] + (visits[2 * ride + 1, LIMIT] < FAR)
    if free_breaks == 0 and longest >= FAR and binds == 0:
        return True
    if free_breaks > 0 and longest < FAR:
        return _is_legal_whole(model, search, shift, slot, ride, pickup_gap, dropoff_gap)
    block = search.block
    length = _join_block(model, rows, block, ride, first, stop, pickup_gap, dropoff_gap)
    leg = rows[stop, LEG]
    if stop == dropoff_gap:
        leg = model.travel[visits[2 * ride + 1, PLACE], rows[stop, AT]]
    if free_breaks > 0:
        return _fits_breaks(model, shift, rows, block, first, stop, length, leg, binds)
    by = rows[stop, REACH] - leg
    free_at = settle(block, 0, length, rows[first, EARLY], binds)
    if free_at > by or longest >= FAR:
        return bool(free_at <= by)
    return _fits_duration(rows, block, first, stop, length, leg - rows[stop, LEG], free_at, longest, binds)


@bare_kernel
def _fits_duration(
    rows: Ints, block: Ints, first: int, stop: int, length: int, longer_leg: int, free_at: int, longest: int, binds: int
) -> bool:
    """Return whether a tour with ``block``, free after it at ``free_at``, keeps its longest duration."""
    ahead, spent = rows[stop, AHEAD] + longer_leg, rows[first, SPENT]
    total = spent + ahead
    for k in range(length):
        total += block[k, LEG] + block[k, SERVES]
    arrival = max(free_at + ahead, rows[stop, HOME])
    if total > longest or arrival - rows[first, LEAVE] > longest:
        return False
    by = rows[stop, REACH] - rows[stop, LEG] - longer_leg
    start = settle_back(block, 0, length, by, binds) - block[0, LEG]
    return bool(arrival - min(rows[first, LEAVE], start - spent) <= longest)


@bare_kernel
def _fits_breaks(
    model: Model, shift: int, rows: Ints, block: Ints, first: int, stop: int, length: int, leg: int, binds: int
) -> bool:
    at, width = FREE + model.left.shape[1], 1 << model.breaks.shape[1]
    leave_by(model, shift, rows, stop, leg)
    for done in range(1 << model.heads[shift, FREE_BREAKS]):
        free_at = rows[first, at + done]
        if free_at < FAR and settle(block, 0, length, free_at, binds) <= rows[stop, at + 2 * width + done]:
            return True
    return False


@bare_kernel
def _is_legal_whole(
    model: Model, search: Search, shift: int, slot: int, ride: int, pickup_gap: int, dropoff_gap: int
) -> bool:
    """Return the same where breaks and a longest duration tie the whole tour together."""
    count = write_longer(search, slot, ride, pickup_gap, dropoff_gap)
    return load_tour(model, shift, search.codes, count, search.block, search.where) >= 0


@bare_kernel
def write_longer(search: Search, slot: int, ride: int, pickup_gap: int, dropoff_gap: int) -> int:
    """Write the visits of a tour with a ride in it into ``search.codes``; return their number."""
    rows, codes, position = search.rows[slot], search.codes, 0
    for k in range(search.slots[slot, COUNT] + 1):
        if k == pickup_gap:
            codes[position] = 2 * ride
            position += 1
        if k == dropoff_gap:
            codes[position] = 2 * ride + 1
            position += 1
        if k < search.slots[slot, COUNT]:
            codes[position] = rows[k, CODE]
            position += 1
    return position


@bare_kernel
def _join_block(
    model: Model, rows: Ints, block: Ints, ride: int, first: int, stop: int, pickup_gap: int, dropoff_gap: int
) -> int:
    """Write rows ``first`` to ``stop - 1`` and the ride's visits among them into ``block``; return how many."""
    visits, travel = model.visits, model.travel
    position, place, pickup = 0, rows[first, FROM], -1
    for k in range(first, stop + 1):
        if k == pickup_gap:
            pickup = position
            _write_visit(block, position, visits[2 * ride], travel[place, visits[2 * ride, PLACE]], -1)
            position, place = position + 1, visits[2 * ride, PLACE]
        if k == dropoff_gap:
            _write_visit(block, position, visits[2 * ride + 1], travel[place, visits[2 * ride + 1, PLACE]], pickup)
            position, place = position + 1, visits[2 * ride + 1, PLACE]
        if k < stop:
            pair = rows[k, PAIR]
            block[position, OPENS], block[position, SHUTS] = rows[k, OPENS], rows[k, SHUTS]
            block[position, SERVES], block[position, WITHIN] = rows[k, SERVES], rows[k, WITHIN]
            block[position, PAIR] = pair - first + (pair >= pickup_gap) + (pair >= dropoff_gap) if pair >= 0 else -1
            block[position, LEG] = travel[place, rows[k, AT]]
            position, place = position + 1, rows[k, AT]
    return position


@bare_kernel
def _write_visit(block: Ints, position: int, visit: Ints, leg: int, pair: int) -> None:
    block[position, LEG], block[position, PAIR] = leg, pair
    block[position, OPENS], block[position, SHUTS] = visit[EARLIEST], visit[LATEST]
    block[position, SERVES], block[position, WITHIN] = visit[SERVICE], visit[LIMIT] if pair >= 0 else FAR


@bare_kernel
def write_slot(model: Model, search: Search, shift: int, slot: int, count: int) -> bool:
    """Load ``search.codes[:count]`` into a slot as the tour of ``shift``; return whether it keeps all rules."""
    cost = load_tour(model, shift, search.codes, count, search.rows[slot], search.where)
    if cost < 0:
        return False
    riders = 0
    for k in range(count):
        riders += search.codes[k] < 2 * len(model.taken)
    slots = search.slots
    slots[slot, COUNT], slots[slot, COST], slots[slot, RIDERS] = count, cost, riders
    return True

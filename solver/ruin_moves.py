"""The moves of ruin and recreate: take strings of visits out of neighbouring tours, put the rides back greedily.

Source: Christiaens and Vanden Berghe, *Slack induction by string removals for vehicle routing problems*, 2020, carried
over to pairs: a ride goes when either of its visits lies in a string.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arrays import FAR, bare_kernel
from .ruin_model import (
    ABSENT,
    ABSENT_BEFORE,
    CODE,
    COST,
    COST_BEFORE,
    COUNT,
    CUR_COST,
    ITERATION,
    RIDERS,
    SEEN,
    SPARE,
    TOUCHED,
    VERSION,
    VERSIONS,
    Model,
    Search,
)
from .ruin_scan import GAPS, scan_tour, write_longer, write_slot

REMOVED, STRING, SPLIT, BLINK, HOT, COLD, SERVE_SHARE, FOCUS, REGRET = range(9)
"""Knobs: mean of visits removed, longest string, share of split strings, share of tours overlooked; temperatures at the
begin and the end of driving less, in mean legs; the share of a cycle at which that begins at the latest; how often
the strings lie around a ride that is left out; and how often rides are put back in the order of their regret."""

BEST, SECOND = range(2)
"""Up to which shift :func:`find_place` looks for the exact costs."""


@bare_kernel
def draw(random: NDArray[np.uint64]) -> int:
    """Return the next of a row of random numbers below 2**53 (splitmix64, Steele et al. 2014)."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = random[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int(np.int64((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)))


@bare_kernel
def draw_below(random: NDArray[np.uint64], bound: int) -> int:
    """Return a random number from 0 to ``bound - 1``."""
    return draw(random) % bound


@bare_kernel
def draw_share(random: NDArray[np.uint64]) -> float:
    """Return a random number from 0 up to but not 1."""
    return draw(random) * 2.0**-53


@bare_kernel
def begin_move(search: Search) -> None:
    """Note what to go back to."""
    state = search.state
    state[TOUCHED], state[COST_BEFORE], state[ABSENT_BEFORE] = 0, state[CUR_COST], state[ABSENT]
    for k in range(state[ABSENT]):
        search.absent_before[k] = search.absent[k]


@bare_kernel
def change_tour(model: Model, search: Search, shift: int, count: int) -> bool:
    """Let ``search.codes[:count]`` be the tour of a shift until further notice; return whether it is legal."""
    state, before = search.state, search.slot_of[shift]
    if search.kept[shift] < 0:
        search.kept[shift] = before
        state[SPARE] -= 1
        search.slot_of[shift] = search.spare[state[SPARE]]
        search.touched[state[TOUCHED]] = shift
        state[TOUCHED] += 1
    slot = search.slot_of[shift]
    cost_before = search.slots[before, COST]
    if not write_slot(model, search, shift, slot, count):
        return False
    state[VERSIONS] += 1
    search.slots[slot, VERSION] = state[VERSIONS]
    state[CUR_COST] += search.slots[slot, COST] - cost_before
    return True


@bare_kernel
def keep_move(search: Search) -> None:
    """Accept what was changed."""
    state = search.state
    for k in range(state[TOUCHED]):
        shift = search.touched[k]
        search.spare[state[SPARE]] = search.kept[shift]
        state[SPARE] += 1
        search.kept[shift] = -1


@bare_kernel
def undo_move(search: Search) -> None:
    """Take back what was changed."""
    state = search.state
    for k in range(state[TOUCHED]):
        shift = search.touched[k]
        search.spare[state[SPARE]] = search.slot_of[shift]
        state[SPARE] += 1
        slot = search.kept[shift]
        search.slot_of[shift], search.kept[shift] = slot, -1
        for position in range(search.slots[slot, COUNT]):
            ride = search.rows[slot, position, CODE] // 2
            if ride < len(search.tour_of):
                search.tour_of[ride] = shift
    state[CUR_COST], state[ABSENT] = state[COST_BEFORE], state[ABSENT_BEFORE]
    for k in range(state[ABSENT]):
        search.absent[k] = search.absent_before[k]
        search.tour_of[search.absent[k]] = -1


@bare_kernel
def mark_ride(model: Model, search: Search, ride: int) -> None:
    """Mark a ride for removal, if it may move and is served."""
    if model.movable[ride] and search.tour_of[ride] >= 0 and search.marks[0, ride] != search.state[ITERATION]:
        search.marks[0, ride] = search.state[ITERATION]
        search.absent[search.state[ABSENT]] = ride
        search.state[ABSENT] += 1


@bare_kernel
def mark_strings(model: Model, search: Search, knobs: NDArray[np.float64], used: int, visits: int) -> None:
    """Mark strings of visits in neighbouring tours; ``used`` tours have ``visits`` in all."""
    random, iteration = search.random, search.state[ITERATION]
    rides = len(search.tour_of)
    longest = min(knobs[STRING], visits / used)
    most = 4.0 * knobs[REMOVED] / (1.0 + longest) - 1.0
    strings = int(1.0 + draw_share(random) * max(0.0, most))
    seed = draw_below(random, 2 * rides)
    if search.state[ABSENT_BEFORE] > 0 and draw_share(random) < knobs[FOCUS]:
        seed = 2 * search.absent_before[draw_below(random, search.state[ABSENT_BEFORE])] + draw_below(random, 2)
    for neighbour in range(model.near.shape[1]):
        code = model.near[seed, neighbour]
        ride = code // 2
        shift = search.tour_of[ride]
        if shift < 0 or not model.movable[ride]:
            continue
        if search.marks[0, ride] == iteration or search.marks[1, shift] == iteration:
            continue
        search.marks[1, shift] = iteration
        slot = search.slot_of[shift]
        length = int(1.0 + draw_share(random) * min(float(search.slots[slot, COUNT]), longest))
        _mark_string(model, search, knobs, slot, code, length)
        strings -= 1
        if strings <= 0:
            return


@bare_kernel
def _mark_string(model: Model, search: Search, knobs: NDArray[np.float64], slot: int, code: int, length: int) -> None:
    """Mark ``length`` visits in a row with ``code`` among them, or around a stretch that stays."""
    random, count = search.random, search.slots[slot, COUNT]
    length = min(length, count)
    position = 0
    while search.rows[slot, position, CODE] != code:
        position += 1
    stays = 0
    if length > 1 and length < count and draw_share(random) < knobs[SPLIT]:
        stays = 1
        while length + stays < count and draw_share(random) > 0.01 * 50:
            stays += 1
    whole = length + stays
    begin = max(0, position - whole + 1)
    begin += draw_below(random, min(position, count - whole) - begin + 1)
    gap = begin + 1 + draw_below(random, length - 1) if stays > 0 else begin + whole
    for k in range(begin, begin + whole):
        if gap <= k < gap + stays:
            continue
        ride = search.rows[slot, k, CODE] // 2
        if ride < len(search.tour_of):
            mark_ride(model, search, ride)


@bare_kernel
def remove_marked(model: Model, search: Search) -> bool:
    """Take the marked rides out of their tours; return whether all tours are still legal."""
    state, first = search.state, search.state[ABSENT_BEFORE]
    for number in range(first, state[ABSENT]):
        shift = search.tour_of[search.absent[number]]
        if shift < 0:
            continue
        slot, count = search.slot_of[shift], 0
        for k in range(search.slots[slot, COUNT]):
            code = search.rows[slot, k, CODE]
            if code // 2 < len(search.tour_of) and search.marks[0, code // 2] == state[ITERATION]:
                search.tour_of[code // 2] = -1
            else:
                search.codes[count] = code
                count += 1
        if not change_tour(model, search, shift, count):
            return False
    return True


@bare_kernel
def sort_absent(model: Model, search: Search) -> None:
    """Bring the rides to be put back into a random order, or one by a property."""
    random, absent, count = search.random, search.absent, search.state[ABSENT]
    for k in range(count - 1, 0, -1):
        other = draw_below(random, k + 1)
        absent[k], absent[other] = absent[other], absent[k]
    which = draw_below(random, 16)
    if which < 4:
        return
    key = 0 if which < 6 else 1 if which < 8 else 2 if which < 9 else 3 if which < 12 else 4 if which < 14 else 5
    keys = model.keys[key]
    for k in range(1, count):
        ride, place = absent[k], k
        while place > 0 and keys[absent[place - 1]] > keys[ride]:
            absent[place] = absent[place - 1]
            place -= 1
        absent[place] = ride


@bare_kernel
def put_back(model: Model, search: Search, blink: float) -> bool:
    """Insert each absent ride where it costs least; return whether all went well, though rides may stay absent."""
    state, left = search.state, 0
    for number in range(state[ABSENT]):
        ride = search.absent[number]
        shift, gaps, _, _ = find_place(model, search, ride, blink, BEST)
        if shift < 0:
            search.absent[left] = ride
            left += 1
        elif not _serve(model, search, ride, shift, gaps):
            return False
    state[ABSENT] = left
    return True


@bare_kernel
def put_back_by_regret(model: Model, search: Search, blink: float) -> bool:
    """Do the same in another order: next is always the ride whose second best tour would cost the most more."""
    state = search.state
    left = state[ABSENT]
    while left > 0:
        most, chosen, shift, gaps = -1, -1, -1, -1
        for number in range(left):
            in_shift, in_gaps, best, second = find_place(model, search, search.absent[number], blink, SECOND)
            if in_shift >= 0 and second - best > most:
                most, chosen, shift, gaps = second - best, number, in_shift, in_gaps
        if chosen < 0:
            break
        left -= 1
        ride = search.absent[chosen]
        search.absent[chosen], search.absent[left] = search.absent[left], ride
        if not _serve(model, search, ride, shift, gaps):
            return False
    state[ABSENT] = left
    return True


@bare_kernel
def _serve(model: Model, search: Search, ride: int, shift: int, gaps: int) -> bool:
    count = write_longer(search, search.slot_of[shift], ride, gaps // GAPS, gaps % GAPS)
    search.tour_of[ride] = shift
    return change_tour(model, search, shift, count)


@bare_kernel
def find_place(model: Model, search: Search, ride: int, blink: float, rank: int) -> tuple[int, int, int, int]:
    """Return the shift and the gaps where a ride costs least, and what it costs there and in the second best shift.

    Shift and gaps are -1 where it fits nowhere, and the costs ``FAR``. The second cost is exact with the
    ``rank`` ``SECOND``, and with ``BEST`` a bound from above. A share ``blink`` of the tours is overlooked.
    """
    state, cache = search.state, search.cache
    state[SEEN] += 1
    best, second, best_shift, best_gaps, unsure = FAR, FAR, -1, -1, 0
    for shift in range(len(search.slot_of)):
        if not search.is_open[shift] or not model.allowed[ride, shift]:
            continue
        slot = search.slot_of[shift]
        if not _is_first_look(model, search, shift, slot):
            continue
        if cache[ride, slot, 0] != search.slots[slot, VERSION]:
            cache[ride, slot, 0], cache[ride, slot, 1], cache[ride, slot, 2] = search.slots[slot, VERSION], -FAR, -1
        added = cache[ride, slot, 1]
        if added >= (best, second)[rank] or (blink > 0.0 and draw_share(search.random) < blink):
            continue
        if cache[ride, slot, 2] < 0:
            search.unsure[unsure] = shift
            unsure += 1
        elif added < best:
            best, second, best_shift, best_gaps = added, best, shift, cache[ride, slot, 2]
        else:
            second = added
    for number in range(unsure):
        shift = search.unsure[number]
        slot = search.slot_of[shift]
        bound = (best, second)[rank]
        if cache[ride, slot, 1] >= bound:
            continue
        added, gaps = scan_tour(model, search, shift, slot, ride, bound)
        cache[ride, slot, 1], cache[ride, slot, 2] = added, gaps
        if gaps >= 0 and added < best:
            best, second, best_shift, best_gaps = added, best, shift, gaps
        elif gaps >= 0:
            second = added
    return best_shift, best_gaps, best, second


@bare_kernel
def _is_first_look(model: Model, search: Search, shift: int, slot: int) -> bool:
    """Return whether a shift is in use or the first unused one of its kind that is looked at."""
    if search.slots[slot, RIDERS] > 0:
        return True
    kind = model.kinds[shift]
    if search.seen[kind] == search.state[SEEN]:
        return False
    search.seen[kind] = search.state[SEEN]
    return True

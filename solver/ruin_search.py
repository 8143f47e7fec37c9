"""The loop of ruin and recreate: annealing over moves, first to serve everybody, then with fewer vans, then cheaper.

Whom to leave out is decided by how often each ride was left out before: a plan is better when its absent rides were
missed less often, so the hard ones get their turn (Christiaens and Vanden Berghe 2020).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .arrays import ABOARD, FIXED_COST, LOCKED, Ints, bare_free_kernel, bare_kernel
from .pool import PoolArrays, remember_tour
from .ruin_model import (
    ABSENT,
    ABSENT_BEFORE,
    BEST_COST,
    BEST_LEFT,
    CHEAPER,
    CODE,
    COST,
    COST_BEFORE,
    COUNT,
    CUR_COST,
    FEWER,
    ITERATION,
    LEG,
    PHASE,
    RIDERS,
    SERVE,
    START,
    TOUCHED,
    VERSION,
    VERSIONS,
    Model,
    Search,
)
from .ruin_moves import (
    BLINK,
    COLD,
    HOT,
    REGRET,
    SERVE_SHARE,
    begin_move,
    change_tour,
    draw_share,
    keep_move,
    mark_ride,
    mark_strings,
    put_back,
    put_back_by_regret,
    remove_marked,
    sort_absent,
    undo_move,
)
from .ruin_scan import write_slot

LEFT_OUT = 1 << 44
"""What a ride that is left out counts; one that must not be left out counts ``OWED``."""
OWED = 1 << 50


@bare_kernel
def load_plan(model: Model, search: Search, codes: Ints, begins: Ints) -> bool:
    """Begin, or begin anew, with a plan without free breaks; return whether its tours are legal."""
    state = search.state
    state[CUR_COST], state[PHASE] = 0, START
    search.tour_of[:] = -1
    for shift in range(len(search.slot_of)):
        count = begins[shift + 1] - begins[shift]
        for k in range(count):
            search.codes[k] = codes[begins[shift] + k]
            if search.codes[k] // 2 < len(search.tour_of):
                search.tour_of[search.codes[k] // 2] = shift
        slot = search.slot_of[shift]
        if not write_slot(model, search, shift, slot, count):
            return False
        state[VERSIONS] += 1
        search.slots[slot, VERSION] = state[VERSIONS]
        state[CUR_COST] += search.slots[slot, COST]
    _list_absent(search)
    search.is_open[:] = True
    state[BEST_LEFT], state[BEST_COST] = left_out(model, search), state[CUR_COST]
    _keep_best(search)
    return True


@bare_kernel
def _list_absent(search: Search) -> None:
    state = search.state
    state[ABSENT] = 0
    for ride in range(len(search.tour_of)):
        if search.tour_of[ride] < 0:
            search.absent[state[ABSENT]] = ride
            state[ABSENT] += 1


@bare_kernel
def left_out(model: Model, search: Search) -> int:
    """Return the weight of the rides that are left out."""
    weight = 0
    for k in range(search.state[ABSENT]):
        weight += OWED if model.required[search.absent[k]] else LEFT_OUT
    return weight


@bare_kernel
def _keep_best(search: Search) -> None:
    for shift in range(len(search.slot_of)):
        slot = search.slot_of[shift]
        search.best_counts[shift] = search.slots[slot, COUNT]
        for k in range(search.slots[slot, COUNT]):
            search.best_codes[shift, k] = search.rows[slot, k, CODE]


@bare_kernel
def _return_to_best(model: Model, search: Search) -> None:
    begin_move(search)
    search.tour_of[:] = -1
    for shift in range(len(search.slot_of)):
        slot, count = search.slot_of[shift], search.best_counts[shift]
        is_same = search.slots[slot, COUNT] == count
        for k in range(count):
            code = search.best_codes[shift, k]
            search.codes[k] = code
            is_same = is_same and search.rows[slot, k, CODE] == code
            if code // 2 < len(search.tour_of):
                search.tour_of[code // 2] = shift
        if not is_same:
            change_tour(model, search, shift, count)
    keep_move(search)
    _list_absent(search)


@bare_free_kernel
def run(
    model: Model, search: Search, pool: PoolArrays, knobs: NDArray[np.float64], stop: int, offset: float, rate: float
) -> None:
    """Search until iteration ``stop``; iteration ``k`` is at the share ``offset + k * rate`` of the budget."""
    state = search.state
    while state[ITERATION] < stop:
        share = offset + state[ITERATION] * rate
        _enter_phases(model, search, knobs, share)
        before = left_out(model, search)
        begin_move(search)
        _mark(model, search, knobs)
        is_whole = remove_marked(model, search)
        if is_whole:
            is_whole = _put_back(model, search, knobs)
        if is_whole and _accepts(model, search, knobs, share, before):
            _note(model, search, pool)
            keep_move(search)
        else:
            undo_move(search)
        state[ITERATION] += 1


@bare_kernel
def _mark(model: Model, search: Search, knobs: NDArray[np.float64]) -> None:
    used, visits = 0, 0
    for shift in range(len(search.slot_of)):
        slot = search.slot_of[shift]
        if search.slots[slot, RIDERS] > 0:
            used += 1
            visits += search.slots[slot, RIDERS]
    if used > 0:
        mark_strings(model, search, knobs, used, visits)


@bare_kernel
def _put_back(model: Model, search: Search, knobs: NDArray[np.float64]) -> bool:
    if draw_share(search.random) < knobs[REGRET]:
        return put_back_by_regret(model, search, knobs[BLINK])
    sort_absent(model, search)
    return put_back(model, search, knobs[BLINK])


@bare_kernel
def _temperature(search: Search, knobs: NDArray[np.float64], share: float) -> float:
    begun = search.begun[0]
    done = min(1.0, max(0.0, (share - begun) / max(1e-9, 1.0 - begun))) if search.state[PHASE] == CHEAPER else 0.0
    return float(search.begun[1] * knobs[HOT] * (knobs[COLD] / knobs[HOT]) ** done)


@bare_kernel
def _accepts(model: Model, search: Search, knobs: NDArray[np.float64], share: float, before: int) -> bool:
    """Return whether to go on from the changed plan; ``before`` is the weight of those left out of the old one."""
    state, after = search.state, left_out(model, search)
    change = state[CUR_COST] - state[COST_BEFORE]
    if state[PHASE] == CHEAPER:
        if after != before:
            return after < before
    elif after > 0 or before > 0:
        missed, missed_before = 0, 0
        for k in range(state[ABSENT]):
            missed += search.misses[search.absent[k]] + 1
        for k in range(state[ABSENT_BEFORE]):
            missed_before += search.misses[search.absent_before[k]] + 1
        for k in range(state[ABSENT]):
            search.misses[search.absent[k]] += 1
        if after == 0 or missed != missed_before:
            return after == 0 or missed < missed_before
    return bool(change < -_temperature(search, knobs, share) * math.log(1.0 - draw_share(search.random)))


@bare_kernel
def _note(model: Model, search: Search, pool: PoolArrays) -> None:
    """Remember the best plan, and the tours of plans that became better."""
    state = search.state
    weight = left_out(model, search)
    if weight < state[BEST_LEFT] or (weight == state[BEST_LEFT] and state[CUR_COST] < state[BEST_COST]):
        state[BEST_LEFT], state[BEST_COST] = weight, state[CUR_COST]
        _keep_best(search)
    elif state[CUR_COST] >= state[COST_BEFORE]:
        return
    for k in range(state[TOUCHED]):
        shift = search.touched[k]
        slot = search.slot_of[shift]
        count = search.slots[slot, COUNT]
        if search.slots[slot, RIDERS] > 0:
            for position in range(count):
                search.codes[position] = search.rows[slot, position, CODE]
            remember_tour(pool, model.kinds[shift], search.slots[slot, COST], search.codes, count)


@bare_kernel
def _enter_phases(model: Model, search: Search, knobs: NDArray[np.float64], share: float) -> None:
    """Go on to the next phase, or to the next van to do without."""
    state = search.state
    if state[PHASE] == START:
        state[PHASE] = SERVE if state[ABSENT] > 0 else FEWER
        search.begun[1] = _mean_leg(search)
        if state[ABSENT] == 0 and not _close_tour(model, search):
            _go_for_less(model, search, share)
    elif state[PHASE] != CHEAPER:
        if state[ABSENT] == 0:
            state[PHASE] = FEWER
            search.begun[1] = _mean_leg(search)
            if share >= knobs[SERVE_SHARE] or not _close_tour(model, search):
                _go_for_less(model, search, share)
        elif share >= knobs[SERVE_SHARE]:
            _go_for_less(model, search, share)


@bare_kernel
def _go_for_less(model: Model, search: Search, share: float) -> None:
    search.state[PHASE] = CHEAPER
    search.is_open[:] = True
    _return_to_best(model, search)
    search.begun[0], search.begun[1] = share, _mean_leg(search)


@bare_kernel
def _mean_leg(search: Search) -> float:
    """Return the mean driving time of the legs of all tours in use (s), at least 1."""
    driven, legs = 0, 1
    for shift in range(len(search.slot_of)):
        slot = search.slot_of[shift]
        if search.slots[slot, RIDERS] > 0:
            for k in range(search.slots[slot, COUNT] + 1):
                driven += search.rows[slot, k, LEG]
                legs += 1
    return max(1.0, driven / legs)


@bare_kernel
def _close_tour(model: Model, search: Search) -> bool:
    """Close the shift whose rides were missed least, and all unused ones; return whether one is worth closing."""
    total, used, closed, fewest = 0, 0, -1, 0
    for shift in range(len(search.slot_of)):
        slot = search.slot_of[shift]
        search.is_open[shift] = search.slots[slot, RIDERS] > 0
        if search.slots[slot, RIDERS] == 0:
            continue
        used += 1
        total += search.slots[slot, COST] - model.heads[shift, FIXED_COST]
        if model.heads[shift, LOCKED] + model.heads[shift, ABOARD] > 0 or model.heads[shift, FIXED_COST] <= 0:
            continue
        missed = 0
        for k in range(search.slots[slot, COUNT]):
            ride = search.rows[slot, k, CODE] // 2
            if ride < len(search.misses):
                missed += search.misses[ride] + 1
        if closed < 0 or missed < fewest:
            closed, fewest = shift, missed
    if closed < 0 or used < 2 or model.heads[closed, FIXED_COST] * used < total:
        search.is_open[:] = True
        return False
    begin_move(search)
    slot = search.slot_of[closed]
    for k in range(search.slots[slot, COUNT]):
        ride = search.rows[slot, k, CODE] // 2
        if ride < len(search.misses):
            mark_ride(model, search, ride)
    if not remove_marked(model, search):
        undo_move(search)
        search.is_open[:] = True
        return False
    keep_move(search)
    search.is_open[closed] = False
    return True

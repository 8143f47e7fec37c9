"""Times and loads of one tour in a slot (see :mod:`solver.ruin_model`): exact for every rule of the problem.

The rules are those of :mod:`solver.schedule` and :mod:`solver.breaks`. New is how a longest duration is judged without
driving the whole tour. The least solution of difference constraints, as a function of the time ``t`` at which the van
is free before a block, is ``max(t + c, e)`` for all ``t`` up to some latest one, where ``c`` is driving and service in
the block and ``e`` what its windows alone demand. Such functions join to another of their kind, so a tour that leaves
at its latest departure ``L`` lasts ``max(C, A - L)``, where ``A`` is its earliest arrival (compare the time window
segments of Vidal et al., *A unified solution framework for multi-attribute vehicle routing problems*, 2014).
"""

from __future__ import annotations

from .arrays import (
    ABOARD,
    EARLIEST,
    END,
    END_BY,
    FAR,
    FIXED_COST,
    FREE_BREAKS,
    LATEST,
    LIMIT,
    LOCKED,
    LONGEST,
    PLACE,
    SERVICE,
    START,
    START_AT,
    Ints,
    bare_kernel,
)
from .ruin_model import (
    AHEAD,
    ALONE,
    AT,
    BEGIN,
    BINDS,
    BOUND,
    CLOSE,
    CODE,
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
    SERVES,
    SHUTS,
    SPENT,
    TO_GAP,
    WITHIN,
    Model,
)


@bare_kernel
def load_tour(model: Model, shift: int, codes: Ints, count: int, rows: Ints, where: Ints) -> int:
    """Write ``codes[:count]``, without free breaks, into ``rows``; return its cost, -1 when it breaks a rule."""
    if not _link(model, shift, codes, count, rows, where):
        return -1
    if model.heads[shift, FREE_BREAKS] == 0:
        if not _time_plain(model, shift, count, rows):
            return -1
    elif not _time_breaks(model, shift, count, rows):
        return -1
    return _cost(model, shift, codes, count, rows)


@bare_kernel
def _cost(model: Model, shift: int, codes: Ints, count: int, rows: Ints) -> int:
    cost, riders = model.heads[shift, FIXED_COST], 0
    for k in range(count + 1):
        cost += rows[k, LEG]
        if k < count and codes[k] < 2 * len(model.taken):
            riders += 1
    return cost if riders > 0 else 0


@bare_kernel
def _link(model: Model, shift: int, codes: Ints, count: int, rows: Ints, where: Ints) -> bool:
    """Write all that does not depend on the clock; return whether loads, order and locked breaks are right."""
    visits, left, breaks_from = model.visits, model.left, 2 * len(model.taken)
    place, aboard, spanning, binding = model.heads[shift, START], model.heads[shift, ABOARD], 0, 0
    locked = model.heads[shift, LOCKED]
    for number in range(left.shape[1]):
        rows[0, FREE + number] = left[shift, number]
        if left[shift, number] < 0:
            return False
    for k in range(count):
        code = codes[k]
        at = visits[code, PLACE]
        if code >= breaks_from:
            if spanning + aboard > 0:
                return False
            at = place
        rows[k, CODE], rows[k, AT], rows[k, FROM], rows[k, LEG] = code, at, place, model.travel[place, at]
        rows[k, OPENS], rows[k, SHUTS] = visits[code, EARLIEST], visits[code, LATEST]
        rows[k, SERVES], rows[k, PAIR], rows[k, WITHIN], rows[k, BINDS] = visits[code, SERVICE], -1, FAR, binding
        rows[k, FROM_GAP] = k if spanning == 0 else rows[k - 1, FROM_GAP]
        rows[k, TO_GAP] = k if spanning == 0 else -1
        rows[k, ALONE] = 1 if spanning + aboard == 0 and k >= locked else 0
        place = at
        if not _link_load(model, shift, rows, k):
            return False
        if code >= breaks_from:
            continue
        if code % 2 == 0:
            where[code] = k
            spanning += 1
        elif where[code - 1] >= 0:
            rows[k, PAIR], rows[k, WITHIN] = where[code - 1], visits[code, LIMIT]
            binding += visits[code, LIMIT] < FAR
            spanning -= 1
        else:
            aboard -= 1
    _link_end(model, shift, count, rows, place, binding)
    for k in range(count - 1, -1, -1):
        if rows[k, TO_GAP] < 0:
            rows[k, TO_GAP] = rows[k + 1, TO_GAP]
    return bool(spanning == 0 and aboard == 0)


@bare_kernel
def _link_load(model: Model, shift: int, rows: Ints, k: int) -> bool:
    """Write what is left of each capacity row after row ``k``; return whether nothing is exceeded."""
    code, kind = rows[k, CODE], model.kinds[shift]
    sign = 2 * (code % 2) - 1 if code < 2 * len(model.taken) else 0
    for number in range(model.left.shape[1]):
        left = rows[k, FREE + number]
        if sign != 0:
            left += sign * model.taken[code // 2, kind, number]
        rows[k + 1, FREE + number] = left
        if left < 0:
            return False
    return True


@bare_kernel
def _link_end(model: Model, shift: int, count: int, rows: Ints, place: int, binding: int) -> None:
    at = model.heads[shift, END]
    rows[count, CODE], rows[count, AT], rows[count, FROM] = -1, at, place
    rows[count, LEG] = model.travel[place, at]
    rows[count, OPENS], rows[count, SHUTS], rows[count, SERVES] = -FAR, model.heads[shift, END_BY], 0
    rows[count, PAIR], rows[count, WITHIN], rows[count, BINDS] = -1, FAR, binding
    rows[count, FROM_GAP], rows[count, TO_GAP] = count, count
    rows[count, ALONE] = 1 if count >= model.heads[shift, LOCKED] else 0


@bare_kernel
def settle(rows: Ints, first: int, stop: int, free_at: int, binds: int) -> int:
    """Write the earliest ``BEGIN`` of rows ``first`` to ``stop - 1``; return when the van is free, or ``FAR``.

    As :func:`solver.schedule.settle_earliest`; one pass suffices where no ride time binds.
    """
    ready = free_at
    for k in range(first, stop):
        begin = max(ready + rows[k, LEG], rows[k, OPENS])
        if begin > rows[k, SHUTS]:
            return FAR
        rows[k, BEGIN] = begin
        rows[k, BOUND] = rows[k, OPENS]
        ready = begin + rows[k, SERVES]
    if binds == 0:
        return ready
    for _ in range((stop - first) // 2 + 1):
        restart = stop
        for k in range(first, stop):
            pickup = rows[k, PAIR]
            if pickup >= 0:
                least = rows[k, BEGIN] - rows[k, WITHIN] - rows[pickup, SERVES]
                if least > rows[pickup, BEGIN]:
                    if least > rows[pickup, SHUTS]:
                        return FAR
                    rows[pickup, BOUND] = least
                    restart = min(restart, pickup)
        if restart == stop:
            return ready
        ready = free_at if restart == first else rows[restart - 1, BEGIN] + rows[restart - 1, SERVES]
        for k in range(restart, stop):
            begin = max(ready + rows[k, LEG], rows[k, BOUND])
            if begin > rows[k, SHUTS]:
                return FAR
            rows[k, BEGIN] = begin
            ready = begin + rows[k, SERVES]
    return FAR


@bare_kernel
def settle_back(rows: Ints, first: int, stop: int, free_by: int, binds: int) -> int:
    """Write the latest ``BEGIN`` of the rows so that the van is free at ``free_by``; return the first, or ``-FAR``."""
    done = free_by
    for k in range(stop - 1, first - 1, -1):
        begin = min(done - rows[k, SERVES], rows[k, SHUTS])
        if begin < rows[k, OPENS]:
            return -FAR
        rows[k, BEGIN] = begin
        rows[k, BOUND] = rows[k, SHUTS]
        done = begin - rows[k, LEG]
    if binds == 0:
        return int(rows[first, BEGIN])
    for _ in range((stop - first) // 2 + 1):
        restart = first - 1
        for k in range(first, stop):
            pickup = rows[k, PAIR]
            if pickup >= 0:
                most = rows[pickup, BEGIN] + rows[pickup, SERVES] + rows[k, WITHIN]
                if most < rows[k, BEGIN]:
                    rows[k, BOUND] = most
                    restart = max(restart, k)
        if restart < first:
            return int(rows[first, BEGIN])
        done = free_by if restart == stop - 1 else rows[restart + 1, BEGIN] - rows[restart + 1, LEG]
        for k in range(restart, first - 1, -1):
            begin = min(done - rows[k, SERVES], rows[k, BOUND])
            if begin < rows[k, OPENS]:
                return -FAR
            rows[k, BEGIN] = begin
            done = begin - rows[k, LEG]
    return -FAR


@bare_kernel
def _time_plain(model: Model, shift: int, count: int, rows: Ints) -> bool:
    """Write the times of a tour without free breaks; return whether they can be kept."""
    is_smooth = model.slack[1] == 1
    free_at, gap = model.heads[shift, START_AT], 0
    rows[0, EARLY] = free_at
    while gap < count:
        stop = rows[gap + 1, TO_GAP]
        binds = rows[stop, BINDS] - rows[gap, BINDS]
        if binds > 0 and not is_smooth:
            _bound_early(rows, gap, stop)
        free_at = settle(rows, gap, stop, free_at, binds)
        if free_at >= FAR:
            return False
        if is_smooth or binds == 0:
            for k in range(gap + 1, stop):
                rows[k, EARLY] = rows[k - 1, BEGIN] + rows[k - 1, SERVES]
        rows[stop, EARLY] = free_at
        gap = stop
    if free_at + rows[count, LEG] > rows[count, SHUTS]:
        return False
    rows[count, REACH] = rows[count, SHUTS]
    while gap > 0:
        first = rows[gap - 1, FROM_GAP]
        binds = rows[gap, BINDS] - rows[first, BINDS]
        by = rows[gap, REACH] - rows[gap, LEG]
        if settle_back(rows, first, gap, by, binds) == -FAR:
            return False
        for k in range(first, gap):
            rows[k, REACH] = rows[k, BEGIN]
        if binds > 0 and not is_smooth:
            _bound_reach(rows, first + 1, gap, by)
        gap = first
    _bound_close(model, count, rows)
    if model.heads[shift, LONGEST] < FAR:
        return _time_duration(model, shift, count, rows)
    return True


@bare_kernel
def _bound_early(rows: Ints, gap: int, stop: int) -> None:
    """Write ``EARLY`` inside a block as if its ride times did not count."""
    ready = rows[gap, EARLY]
    for k in range(gap, stop - 1):
        ready = max(ready + rows[k, LEG], rows[k, OPENS]) + rows[k, SERVES]
        rows[k + 1, EARLY] = ready


@bare_kernel
def _bound_reach(rows: Ints, first: int, stop: int, by: int) -> None:
    """Write ``REACH`` inside a block as if its ride times did not count."""
    done = by
    for k in range(stop - 1, first - 1, -1):
        rows[k, REACH] = min(done - rows[k, SERVES], rows[k, SHUTS])
        done = rows[k, REACH] - rows[k, LEG]


@bare_kernel
def _bound_close(model: Model, count: int, rows: Ints) -> None:
    if model.slack[1] == 1:
        for k in range(count + 1):
            rows[k, CLOSE] = rows[k, REACH] + model.slack[0]
        return
    rows[count, CLOSE] = rows[count, SHUTS]
    for k in range(count - 1, -1, -1):
        rows[k, CLOSE] = min(rows[k, SHUTS], rows[k + 1, CLOSE] - rows[k, SERVES])


@bare_kernel
def _time_duration(model: Model, shift: int, count: int, rows: Ints) -> bool:
    """Write what a longest duration needs at the quiet gaps; return whether the tour keeps it."""
    rows[0, SPENT], rows[0, LEAVE] = 0, FAR
    gap = 0
    while gap < count:
        stop, spent = rows[gap + 1, TO_GAP], rows[gap, SPENT]
        binds = rows[stop, BINDS] - rows[gap, BINDS]
        by = settle_back(rows, gap, stop, FAR, binds) - rows[gap, LEG]
        rows[stop, LEAVE] = min(rows[gap, LEAVE], by - spent)
        for k in range(gap, stop):
            spent += rows[k, LEG] + rows[k, SERVES]
        rows[stop, SPENT] = spent
        gap = stop
    rows[count, AHEAD], rows[count, HOME] = rows[count, LEG], -FAR
    total = rows[count, SPENT] + rows[count, LEG]
    while gap > 0:
        first = rows[gap - 1, FROM_GAP]
        binds = rows[gap, BINDS] - rows[first, BINDS]
        free_at = settle(rows, first, gap, -FAR, binds)
        rows[first, AHEAD] = total - rows[first, SPENT]
        rows[first, HOME] = max(free_at + rows[gap, AHEAD], rows[gap, HOME])
        gap = first
    arrival = rows[count, EARLY] + rows[count, LEG]
    leave = rows[0, REACH] - rows[0, LEG]
    return bool(max(total, arrival - leave) <= model.heads[shift, LONGEST])


@bare_kernel
def _time_breaks(model: Model, shift: int, count: int, rows: Ints) -> bool:
    """Write the times of a tour with free breaks; return whether they can be kept."""
    sets = 1 << model.heads[shift, FREE_BREAKS]
    at = FREE + model.left.shape[1]
    latest = at + (1 << model.breaks.shape[1])
    if not _lasts(model, shift, count, rows):
        return False
    _run_forward(model, shift, count, rows, model.heads[shift, START_AT])
    if rows[count, at + sets - 1] + rows[count, LEG] > rows[count, SHUTS]:
        return False
    _run_backward(model, shift, count, rows)
    early = FAR
    for k in range(count + 1):
        if rows[k, TO_GAP] == k:
            early = FAR
            for done in range(sets):
                early = min(early, rows[k, at + done])
        rows[k, EARLY] = early
        early = max(early + rows[k, LEG], rows[k, OPENS]) + rows[k, SERVES]
    by = FAR
    for k in range(count, -1, -1):
        if rows[k, TO_GAP] == k:
            by = -FAR
            for done in range(sets):
                by = max(by, rows[k, latest + done])
        rows[k, REACH] = min(rows[k, SHUTS], by)
        if k > 0:
            is_quiet = rows[k, TO_GAP] == k
            by = leave_by(model, shift, rows, k, rows[k, LEG]) if is_quiet else rows[k, REACH] - rows[k, LEG]
            by -= rows[k - 1, SERVES]
    _bound_close(model, count, rows)
    return True


@bare_kernel
def leave_by(model: Model, shift: int, rows: Ints, gap: int, leg: int) -> int:
    """Write by when the van must be free in a quiet gap for each set of breaks taken before; return the latest of all.

    ``leg`` is the driving time from where the van then stands to the visit after the gap.
    """
    width, number = 1 << model.breaks.shape[1], model.heads[shift, FREE_BREAKS]
    latest = FREE + model.left.shape[1] + width
    leave, last = latest + width, -FAR
    for done in range((1 << number) - 1, -1, -1):
        by = rows[gap, latest + done]
        if by > -FAR:
            by -= leg
        if rows[gap, ALONE] == 1:
            for bit in range(number):
                if (done >> bit) & 1 == 0:
                    pause = model.breaks[shift, bit]
                    later = rows[gap, leave + (done | (1 << bit))]
                    begin = min(model.visits[pause, LATEST], later - model.visits[pause, SERVICE])
                    if begin >= model.visits[pause, EARLIEST]:
                        by = max(by, begin)
        rows[gap, leave + done] = by
        last = max(last, by)
    return int(last)


@bare_kernel
def _run_forward(model: Model, shift: int, count: int, rows: Ints, depart: int) -> None:
    at, sets = FREE + model.left.shape[1], 1 << model.heads[shift, FREE_BREAKS]
    for done in range(sets):
        rows[0, at + done] = FAR
    rows[0, at] = depart
    _take_breaks(model, shift, rows, 0)
    gap = 0
    while gap < count:
        stop = rows[gap + 1, TO_GAP]
        binds = rows[stop, BINDS] - rows[gap, BINDS]
        for done in range(sets):
            free_at = rows[gap, at + done]
            rows[stop, at + done] = settle(rows, gap, stop, free_at, binds) if free_at < FAR else FAR
        gap = stop
        _take_breaks(model, shift, rows, gap)


@bare_kernel
def _take_breaks(model: Model, shift: int, rows: Ints, gap: int) -> None:
    at, number = FREE + model.left.shape[1], model.heads[shift, FREE_BREAKS]
    for done in range(1 << number):
        for bit in range(number):
            if (done >> bit) & 1 or rows[gap, at + done] >= FAR:
                continue
            pause = model.breaks[shift, bit]
            begin = max(rows[gap, at + done], model.visits[pause, EARLIEST])
            more = at + (done | (1 << bit))
            if begin > model.visits[pause, LATEST]:
                rows[gap, at + done] = FAR
            elif rows[gap, ALONE] == 1:
                rows[gap, more] = min(rows[gap, more], begin + model.visits[pause, SERVICE])


@bare_kernel
def _run_backward(model: Model, shift: int, count: int, rows: Ints) -> None:
    sets, width = 1 << model.heads[shift, FREE_BREAKS], 1 << model.breaks.shape[1]
    latest = FREE + model.left.shape[1] + width
    for done in range(sets):
        rows[count, latest + done] = -FAR
    rows[count, latest + sets - 1] = rows[count, SHUTS]
    gap = count
    while gap > 0:
        first = rows[gap - 1, FROM_GAP]
        binds = rows[gap, BINDS] - rows[first, BINDS]
        leave_by(model, shift, rows, gap, rows[gap, LEG])
        for done in range(sets):
            by = rows[gap, latest + width + done]
            rows[first, latest + done] = settle_back(rows, first, gap, by, binds) if by > -FAR else -FAR
        gap = first


@bare_kernel
def _lasts(model: Model, shift: int, count: int, rows: Ints) -> bool:
    """Return whether a tour with free breaks keeps its longest duration, wherever the breaks best go."""
    longest = model.heads[shift, LONGEST]
    if longest >= FAR:
        return True
    total = rows[count, LEG]
    for k in range(count):
        total += rows[k, LEG] + rows[k, SERVES]
    sets = 1 << model.heads[shift, FREE_BREAKS]
    for bit in range(model.heads[shift, FREE_BREAKS]):
        total += model.visits[model.breaks[shift, bit], SERVICE]
    if total > longest:
        return False
    depart, at = model.heads[shift, START_AT], FREE + model.left.shape[1]
    while True:
        _run_forward(model, shift, count, rows, depart)
        arrival = rows[count, at + sets - 1] + rows[count, LEG]
        if arrival > rows[count, SHUTS]:
            return False
        if arrival - depart <= longest:
            return True
        depart = arrival - longest

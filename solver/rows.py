"""A tour as rows of integers: one row per visit, the last one for the end place.

Row ``k`` describes visit ``k`` and the *gap* before it. The time of a ride *binds* when its windows alone allow it to
last too long. A *quiet* gap is one that no such ride of the tour spans from pickup to drop-off: what happens before it
bears on what comes after only through the time at which the van is free. The visits between one quiet gap and the next
are a *block*.

======================  ================================================================================================
``ARC``                 driving time to the visit from the one before
``OPENS``, ``SHUTS``    the window
``SERVES``              the service time
``PAIR``, ``WITHIN``    at a drop-off: the row of its pickup, or -1 when that is past or the ride's time does not bind,
                        and the longest ride time
``BEGIN``, ``BOUND``    what :mod:`solver.schedule` finds, and what it needs to do so
``FROM_PLACE``          where the van stands at the gap
``AT_PLACE``            where it is during the visit
``CODE``, ``KIND``      the visit
``FROM_GAP``            the last quiet gap at or before this one, or the start
``TO_GAP``              the first quiet gap at or after this one
``MAY_BREAK``           1 where a free break may be taken in the gap
``BINDS``               1 at the pickup and -1 at the drop-off of a ride whose time binds, else 0
``FREE`` ...            one column per capacity row: what is left of it in the gap
``heads[STATES_AT]`` .. three times one column per set of free breaks, see :mod:`solver.breaks`
======================  ================================================================================================

What a search looks at first stands apart, in *lines* that are as long as the tour:

======================  ================================================================================================
``EARLY``               when the van is free at the gap at the earliest, ride times of the block not counted
``CLEAR``               the same if only windows and services are counted, no driving
``CLOSE``               when the visit must begin so that all later windows can be met, driving not counted
``REACH``               when the visit must begin so that the rest of the tour can be kept, ride times of the block not
                        counted
``GAP_ARC`` ...         the columns ``ARC``, ``FROM_PLACE``, ``AT_PLACE``, ``OPENS``, ``SERVES`` and ``FREE`` once more
======================  ================================================================================================

The first three never fall from one gap to the next.
"""

from __future__ import annotations

from .arrays import (
    ABOARD,
    ARC,
    AT_PLACE,
    BINDS,
    BREAKS,
    CODE,
    EARLIEST,
    END,
    END_BY,
    FAR,
    FIRST_BREAK,
    FREE,
    FROM_GAP,
    FROM_PLACE,
    KIND,
    LATEST,
    LIMIT,
    LOCKED,
    MAY_BREAK,
    OPENS,
    PAIR,
    PLACE,
    SERVES,
    SERVICE,
    SHUTS,
    START,
    TO_GAP,
    WITHIN,
    Ints,
    Matrix,
    Tables,
    bare_kernel,
    inner_kernel,
)

PICKUP, DROPOFF, LAST_DROPOFF, BREAK, FINISH = range(5)
"""Kinds of rows; a ``LAST_DROPOFF`` is that of a rider who was aboard at the start."""


@bare_kernel
def load_tour(tables: Tables, shift: int, codes: Ints, pinned: int, found_at: Ints, offset: int, rows: Ints) -> int:
    """Write the visits of a tour into ``rows`` and return their number, or -1 when the tour is malformed.

    Breaks after the first ``pinned`` visits are left out. ``found_at`` holds where each code was met in the plan, or
    -1; the first visit of this tour counts as ``offset``.
    """
    head, lock = tables.heads[shift], tables.locks[shift]
    if len(codes) < head[LOCKED]:
        return -1
    count = 0
    for position in range(len(codes)):
        code = codes[position]
        if position < head[LOCKED] and code != lock[position]:
            return -1
        if not 0 <= code < len(tables.visits) or found_at[code] >= 0:
            return -1
        kind = _kind_of(tables, shift, code)
        pair = found_at[code - 1] - offset if kind == DROPOFF else -1
        if kind < 0 or (kind == DROPOFF and not 0 <= pair < count):
            return -1
        found_at[code] = offset + count
        if kind != BREAK or position < pinned:
            write_visit(rows[count], tables.visits[code], code, kind)
            if kind == DROPOFF:
                pair_up(rows, pair, count)
            count += 1
    _write_finish(rows[count], head)
    return count


@inner_kernel
def _kind_of(tables: Tables, shift: int, code: int) -> int:
    head, ride = tables.heads[shift], code // 2
    if ride >= len(tables.rides):
        return BREAK if head[FIRST_BREAK] <= code < head[FIRST_BREAK] + head[BREAKS] else -1
    if not tables.allowed[ride, shift]:
        return -1
    is_aboard = tables.rides[ride, 0] >= 0
    if code % 2 == 0:
        return -1 if is_aboard else PICKUP
    return LAST_DROPOFF if is_aboard else DROPOFF


@inner_kernel
def write_visit(row: Ints, visit: Ints, code: int, kind: int) -> None:
    """Write what a visit is in itself into its row."""
    row[AT_PLACE] = visit[PLACE]
    row[OPENS] = visit[EARLIEST]
    row[SHUTS] = visit[LATEST]
    row[SERVES] = visit[SERVICE]
    row[WITHIN] = visit[LIMIT]
    row[CODE] = code
    row[KIND] = kind
    row[PAIR] = -1
    row[BINDS] = 0


@inner_kernel
def pair_up(rows: Ints, pickup: int, dropoff: int) -> None:
    """Tie the two visits of a ride together if its time can bind."""
    if rows[dropoff, SHUTS] - rows[pickup, OPENS] - rows[pickup, SERVES] > rows[dropoff, WITHIN]:
        rows[dropoff, PAIR] = pickup
        rows[pickup, BINDS] = 1
        rows[dropoff, BINDS] = -1


@inner_kernel
def _write_finish(row: Ints, head: Ints) -> None:
    row[AT_PLACE] = head[END]
    row[OPENS] = -FAR
    row[SHUTS] = head[END_BY]
    row[SERVES] = 0
    row[WITHIN] = 0
    row[CODE] = -1
    row[KIND] = FINISH
    row[PAIR] = -1
    row[BINDS] = 0


@bare_kernel
def link_tour(travel_s: Matrix, head: Ints, rows: Ints, count: int) -> bool:
    """Complete loaded rows with driving times and gaps.

    Returns whether everyone is dropped in the end and every break is taken with nobody aboard.
    """
    bound, aboard = 0, head[ABOARD]
    place = head[START]
    for k in range(count + 1):
        row = rows[k]
        if row[KIND] == BREAK:
            row[AT_PLACE] = place
            if aboard > 0:
                return False
        row[FROM_PLACE] = place
        row[ARC] = travel_s[place, row[AT_PLACE]]
        place = row[AT_PLACE]
        row[FROM_GAP] = k if bound == 0 else rows[k - 1, FROM_GAP]
        row[TO_GAP] = k if bound == 0 else -1
        row[MAY_BREAK] = 1 if aboard == 0 and k >= head[LOCKED] else 0
        bound += row[BINDS]
        if row[KIND] == PICKUP:
            aboard += 1
        elif row[KIND] in (DROPOFF, LAST_DROPOFF):
            aboard -= 1
    for k in range(count - 1, -1, -1):
        if rows[k, TO_GAP] < 0:
            rows[k, TO_GAP] = rows[k + 1, TO_GAP]
    return bool(aboard == 0)


@bare_kernel
def load_free(tables: Tables, shift: int, rows: Ints, count: int) -> bool:
    """Write what is left of each capacity row in each gap; return whether nothing is ever exceeded."""
    for number in range(tables.capacity.shape[1]):
        capacity = tables.capacity[shift, number]
        left = capacity[0] - _taken_at_start(tables.rides, rows, count, capacity)
        for k in range(count + 1):
            if left < 0:
                return False
            rows[k, FREE + number] = left
            kind = rows[k, KIND]
            if kind == PICKUP:
                left -= taken_by(tables.rides[rows[k, CODE] // 2], capacity)
            elif kind in (DROPOFF, LAST_DROPOFF):
                left += taken_by(tables.rides[rows[k, CODE] // 2], capacity)
    return True


@inner_kernel
def _taken_at_start(rides: Ints, rows: Ints, count: int, capacity: Ints) -> int:
    """Return what those take who are aboard at the start; a linked tour drops all of them."""
    taken = 0
    for k in range(count):
        if rows[k, KIND] == LAST_DROPOFF:
            taken += taken_by(rides[rows[k, CODE] // 2], capacity)
    return taken


@inner_kernel
def taken_by(ride: Ints, capacity: Ints) -> int:
    """Return what a ride takes of a capacity row; the first column of both is something else."""
    taken = 0
    for kind in range(1, len(capacity)):
        taken += ride[kind] * capacity[kind]
    return taken

"""When the visits of a tour happen: exact begin times under windows and ride times.

The times of a tour are a system of difference constraints. Those that bound a begin from below have a least solution,
which forward passes reach: a pass drives through the visits as early as it can, and a ride that then lasts too long
pushes the begin of its pickup later for the next pass. A longest path in the constraint graph leaves each drop-off for
its pickup at most once, so after as many pushing passes as there are rides only a cycle of positive length can still
push, and the tour is infeasible (Cormen et al., *Introduction to Algorithms*, on difference constraints; Firat and
Woeginger, *Analysis of the dial-a-ride problem of Hunsaker and Savelsbergh*, 2011). The latest times are its mirror.

The longest duration of a shift is one constraint more, from the arrival at the end place back to the departure from the
start place. A longest path follows it at most once: the departure that it asks for is the arrival of a drive without
it less the duration, and the tour is feasible if the arrival then is still the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import (
    ARC,
    BEGIN,
    BOUND,
    BREAKS,
    FAR,
    FIRST_BREAK,
    LONGEST,
    OPENS,
    PAIR,
    SERVES,
    SHUTS,
    START_AT,
    STATES_AT,
    WITHIN,
    Ints,
    Packed,
    Tables,
    bare_kernel,
    inner_kernel,
    kernel,
    pack,
)
from .plan import Schedule
from .problem import Problem
from .rows import link_tour, load_free, load_tour


@bare_kernel
def settle_earliest(rows: Ints, first: int, stop: int, free_at: int) -> int:
    """Write the earliest ``BEGIN`` of rows ``first`` to ``stop - 1`` for a van that is free at ``free_at``.

    No ride may span an end of the range. Returns when the van is free afterwards, ``FAR`` when there is no solution.
    """
    for k in range(first, stop):
        rows[k, BOUND] = rows[k, OPENS]
    restart = first
    for _ in range((stop - first) // 2 + 1):
        ready = free_at if restart == first else rows[restart - 1, BEGIN] + rows[restart - 1, SERVES]
        for k in range(restart, stop):
            begin = max(ready + rows[k, ARC], rows[k, BOUND])
            if begin > rows[k, SHUTS]:
                return FAR
            rows[k, BEGIN] = begin
            ready = begin + rows[k, SERVES]
        restart = _push_pickups(rows, first, stop)
        if restart == stop:
            return ready
    return FAR


@inner_kernel
def _push_pickups(rows: Ints, first: int, stop: int) -> int:
    """Raise the bound of each pickup whose ride lasts too long; return the first of them, or ``stop``."""
    restart = stop
    for k in range(first, stop):
        pickup = rows[k, PAIR]
        if pickup >= 0:
            least = rows[k, BEGIN] - rows[k, WITHIN] - rows[pickup, SERVES]
            if least > rows[pickup, BEGIN]:
                rows[pickup, BOUND] = least
                restart = min(restart, pickup)
    return restart


@bare_kernel
def settle_latest(rows: Ints, first: int, stop: int, free_by: int) -> int:
    """Return the latest begin of row ``first`` so that the van is free after row ``stop - 1`` at ``free_by``.

    No ride may span an end of the range. Returns ``-FAR`` when there is no solution.
    """
    for k in range(first, stop):
        rows[k, BOUND] = rows[k, SHUTS]
    restart = stop - 1
    for _ in range((stop - first) // 2 + 1):
        done = free_by if restart == stop - 1 else rows[restart + 1, BEGIN] - rows[restart + 1, ARC]
        for k in range(restart, first - 1, -1):
            begin = min(done - rows[k, SERVES], rows[k, BOUND])
            if begin < rows[k, OPENS]:
                return -FAR
            rows[k, BEGIN] = begin
            done = begin - rows[k, ARC]
        restart = _pull_dropoffs(rows, first, stop)
        if restart < first:
            return int(rows[first, BEGIN])
    return -FAR


@inner_kernel
def _pull_dropoffs(rows: Ints, first: int, stop: int) -> int:
    """Lower the bound of each drop-off whose ride lasts too long; return the last of them, or ``first - 1``."""
    restart = first - 1
    for k in range(first, stop):
        pickup = rows[k, PAIR]
        if pickup >= 0:
            most = rows[pickup, BEGIN] + rows[pickup, SERVES] + rows[k, WITHIN]
            if most < rows[k, BEGIN]:
                rows[k, BOUND] = most
                restart = max(restart, k)
    return restart


@kernel
def _time_tour(tables: Tables, shift: int, codes: Ints, rows: Ints) -> int:
    """Write the earliest times of a whole tour into ``rows``; return the arrival at the end place, or ``FAR``."""
    head = tables.heads[shift]
    found_at = np.full(len(tables.visits), -1, dtype=np.int64)
    count = load_tour(tables, shift, codes, len(codes), found_at, 0, rows)
    if count < 0 or (found_at[head[FIRST_BREAK] : head[FIRST_BREAK] + head[BREAKS]] < 0).any():
        return FAR
    if not link_tour(tables.travel_s, head, rows, count) or not load_free(tables, shift, rows, count):
        return FAR
    arrival = settle_earliest(rows, 0, count, head[START_AT]) + rows[count, ARC]
    depart = arrival - head[LONGEST]
    if arrival <= rows[count, SHUTS] and depart > head[START_AT]:
        later = settle_earliest(rows, 0, count, depart) + rows[count, ARC]
        return arrival if later == arrival else FAR
    return arrival if arrival <= rows[count, SHUTS] else FAR


def earliest_schedule(problem: Problem | Packed, shift: int, tour: Sequence[int]) -> Schedule | None:
    """Return the earliest times of a tour of ``shift``, or ``None`` when it breaks any rule.

    All begins are the earliest at once: no other schedule of the tour begins any visit earlier. With a longest duration
    the van may have to leave after ``start_at``; it leaves just in time for the first visit. Besides the times, the
    tour must begin with the locked visits, hold all breaks of the shift, pairs in their order that the shift may serve,
    drop everyone aboard, and never exceed the capacity.

    Parameters
    ----------
    problem
        The problem; packed when several tours of it are looked at, because packing reads all rides.
    shift
        Number of the shift.
    tour
        Visit codes.
    """
    packed = problem if isinstance(problem, Packed) else pack(problem)
    rows = np.empty((len(tour) + 1, int(packed.tables.heads[shift, STATES_AT])), dtype=np.int64)
    end_at = _time_tour(packed.tables, shift, np.array(tour, dtype=np.int64), rows)
    if end_at >= FAR:
        return None
    begin = rows[:-1, BEGIN]
    return Schedule(tuple(begin.tolist()), tuple((begin + rows[:-1, SERVES]).tolist()), int(end_at))

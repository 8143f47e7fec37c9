"""The problem as a few arrays of integers, in the form that the kernels read.

Numba compiles each kernel once and keeps the machine code in ``__pycache__`` beside the source or, where that cannot be
written, in the user's cache folder; ``NUMBA_CACHE_DIR`` names another one. :func:`solver.insertion.warm_up` compiles
everything ahead of the first request.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from .problem import UNREACHABLE_S, Problem, ProblemError, Ride, Shift

P = ParamSpec("P")
R = TypeVar("R")

Ints = NDArray[np.int64]
Matrix = NDArray[np.int32]
Mask = NDArray[np.bool_]

FAR = 2**60
"""A moment that never comes; adding durations to it stays within int64."""
FARTHEST_INPUT = 2**50
"""Moments and durations beyond this are cut to it."""
MOST_FREE_BREAKS = 8
"""Breaks of one shift that are not locked; the kernels keep a state for each subset of them."""

PLACE, EARLIEST, LATEST, SERVICE, LIMIT = range(5)
"""Columns of ``Tables.visits``: ``LIMIT`` is a drop-off's longest ride time, ``PLACE`` is -1 for a break."""
VISIT_COLUMNS = 5

START, END, START_AT, END_BY, FIXED_COST, LOCKED, ABOARD, FIRST_BREAK, BREAKS, FREE_BREAKS, STATES_AT, COUNT, EXTRA = (
    range(13)
)
"""Columns of ``Tables.heads``, one row per shift.

``FIRST_BREAK`` is a code; ``LOCKED`` and ``ABOARD`` count visits and riders, ``BREAKS`` and ``FREE_BREAKS`` breaks.
``STATES_AT`` is the first row column of the break states. ``COUNT`` and ``EXTRA`` describe a loaded tour: its visits,
-1 for a tour that no insertion makes legal, and what one more ride costs besides the detour.
"""
HEAD_COLUMNS = 13


EARLY, CLOSE, REACH, ARC, OPENS, SHUTS, SERVES, PAIR, WITHIN, BEGIN, BOUND, FROM_PLACE, AT_PLACE = range(13)
CODE, KIND, FROM_GAP, TO_GAP, MAY_BREAK, FREE = range(13, 19)
"""Columns of a loaded tour, one row per visit and one for the end place; see :mod:`solver.rows`."""


def _kernel_sources() -> str:
    """Return a digest of all modules with kernels: a kernel's machine code contains that of the kernels it calls."""
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(source for source in sources if b"@kernel" in source)).hexdigest()


_SOURCES = _kernel_sources()


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with Numba, cached on disk and with exact arithmetic.

    By itself Numba's cache notices only changes of the file in which a kernel stands, and would go on running old code
    of the kernels that it calls from other files; so the cache is stamped with all of them.
    """
    compiled = numba.njit(cache=True)(function)
    file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is not None:
        file._source_stamp = _SOURCES  # noqa: SLF001
    return cast("Callable[P, R]", compiled)


class Tables(NamedTuple):
    """The arrays of a problem."""

    travel_s: Matrix
    visits: Ints
    """Shape (visit codes, ``VISIT_COLUMNS``)."""
    rides: Ints
    """Shape (rides, 1 + kinds of load): the shift the rider is aboard of, or -1, then the load."""
    allowed: Mask
    """Shape (rides, shifts)."""
    capacity: Ints
    """Shape (shifts, capacity rows, 1 + kinds of load): the limit, then the coefficients; padded with zeros."""
    heads: Ints
    """Shape (shifts, ``HEAD_COLUMNS``)."""
    free_breaks: Ints
    """Shape (shifts, most free breaks): codes of the breaks that are not locked, padded with -1."""
    locks: Ints
    """Shape (shifts, longest lock): the locked codes, padded with -1."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A problem and its arrays. Build it once per problem with :func:`pack` and hand it to every call."""

    problem: Problem
    tables: Tables


def pack(problem: Problem) -> Packed:
    """Return a problem in arrays.

    Raises
    ------
    ProblemError
        When a shift has more unlocked breaks than the kernels can arrange.
    """
    free = [
        [code for code in codes if code not in shift.locked]
        for shift, codes in zip(problem.shifts, problem.break_codes, strict=True)
    ]
    most = max(map(len, free), default=0)
    if most > MOST_FREE_BREAKS:
        raise ProblemError(f"a shift has {most} breaks to place, more than {MOST_FREE_BREAKS}: lock or join some")
    capacity = _pack_capacity(problem)
    tables = Tables(
        travel_s=np.ascontiguousarray(problem.travel_s, dtype=np.int32),
        visits=_pack_visits(problem),
        rides=_pack_rides(problem.rides, capacity.shape[2]),
        allowed=allowed_shifts(problem.rides, len(problem.shifts)),
        capacity=capacity,
        heads=_pack_heads(problem, free, capacity.shape[1]),
        free_breaks=_padded(free),
        locks=_padded([shift.locked for shift in problem.shifts]),
    )
    return Packed(problem, tables)


def pack_ride(ride: Ride) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the visit rows of a ride's pickup and drop-off, each window cut to what the other allows.

    The cuts follow from the ride itself, so they change neither which tours are legal nor their earliest times.
    """
    limit = _cut(ride.max_ride_s)
    pickup = (_cut(ride.pickup_window.earliest), _cut(ride.pickup_window.latest))
    dropoff = (_cut(ride.dropoff_window.earliest), _cut(ride.dropoff_window.latest))
    if ride.aboard is not None:
        dropoff = (dropoff[0], min(dropoff[1], _cut(ride.aboard.departed_at) + limit))
    else:
        served = ride.pickup_service_s
        pickup, dropoff = (
            (max(pickup[0], dropoff[0] - limit - served), min(pickup[1], dropoff[1] - served)),
            (max(dropoff[0], pickup[0] + served), min(dropoff[1], pickup[1] + served + limit)),
        )
    return (
        (ride.pickup, *pickup, _cut(ride.pickup_service_s), 0),
        (ride.dropoff, *dropoff, _cut(ride.dropoff_service_s), limit),
    )


def allowed_shifts(rides: Sequence[Ride], shifts: int) -> Mask:
    """Return which shifts may serve which rides, shape (rides, shifts); a rider aboard has one shift only."""
    allowed = np.ones((len(rides), shifts), dtype=np.bool_)
    for number, ride in enumerate(rides):
        some = ride.shifts if ride.aboard is None else (ride.aboard.shift,)
        if some is not None:
            allowed[number] = False
            allowed[number, [shift for shift in some if 0 <= shift < shifts]] = True
    return allowed


def _cut(value: int) -> int:
    return max(-FARTHEST_INPUT, min(FARTHEST_INPUT, value))


def _pack_visits(problem: Problem) -> Ints:
    rows = [row for ride in problem.rides for row in pack_ride(ride)]
    rows += [
        (-1, _cut(pause.window.earliest), _cut(pause.window.latest), _cut(pause.duration_s), 0)
        for shift in problem.shifts
        for pause in shift.breaks
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), VISIT_COLUMNS)


def _pack_rides(rides: Sequence[Ride], columns: int) -> Ints:
    values = [(-1 if ride.aboard is None else ride.aboard.shift, *ride.load) for ride in rides]
    return np.array(values, dtype=np.int64).reshape(len(rides), columns)


def _pack_capacity(problem: Problem) -> Ints:
    most = max((len(shift.capacity) for shift in problem.shifts), default=0)
    capacity = np.zeros((len(problem.shifts), most, 1 + _kinds_of_load(problem)), dtype=np.int64)
    for number, shift in enumerate(problem.shifts):
        for row, limit in enumerate(shift.capacity):
            capacity[number, row] = (limit.limit, *limit.coefficients)
    return capacity


def _kinds_of_load(problem: Problem) -> int:
    kinds = [len(ride.load) for ride in problem.rides[:1]]
    kinds += [len(row.coefficients) for shift in problem.shifts for row in shift.capacity]
    return kinds[0] if kinds else 0


def _pack_heads(problem: Problem, free: Sequence[Sequence[int]], capacity_rows: int) -> Ints:
    aboard = Counter(ride.aboard.shift for ride in problem.rides if ride.aboard is not None)
    heads = np.zeros((len(problem.shifts), HEAD_COLUMNS), dtype=np.int64)
    first_break = 2 * len(problem.rides)
    for number, shift in enumerate(problem.shifts):
        heads[number, :COUNT] = (
            *_ends(shift),
            len(shift.locked),
            aboard[number],
            first_break,
            len(shift.breaks),
            len(free[number]),
            FREE + capacity_rows,
        )
        first_break += len(shift.breaks)
    return heads


def _ends(shift: Shift) -> tuple[int, int, int, int, int]:
    """Cut the end so that no arc without a road can be driven before it."""
    start_at = _cut(shift.start_at)
    return shift.start, shift.end, start_at, min(_cut(shift.end_by), start_at + UNREACHABLE_S - 1), shift.fixed_cost


def _padded(lists: Iterable[Sequence[int]]) -> Ints:
    rows = [list(row) for row in lists]
    width = max(map(len, rows), default=0)
    return np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int64).reshape(len(rows), width)

"""The problem as a few arrays of integers, in the form that the kernels read.

Numba compiles each kernel once and keeps the machine code in ``__pycache__`` beside the source or, where that cannot be
written, in the user's cache folder; ``NUMBA_CACHE_DIR`` names another one. :func:`solver.insertion.warm_up` compiles
everything ahead of the first request.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

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

START, END, START_AT, END_BY, LONGEST, FIXED_COST, LOCKED, ABOARD, FIRST_BREAK, BREAKS, FREE_BREAKS = range(11)
STATES_AT, COUNT, EXTRA = range(11, 14)
"""Columns of ``Tables.heads``, one row per shift.

``LONGEST`` is the longest time from leaving the start place to reaching the end place, ``FAR`` when there is no limit.

``FIRST_BREAK`` is a code; ``LOCKED`` and ``ABOARD`` count visits and riders, ``BREAKS`` and ``FREE_BREAKS`` breaks.
``STATES_AT`` is the first row column of the break states. ``COUNT`` and ``EXTRA`` describe a loaded tour: its visits,
-1 for a tour that no insertion makes legal, and what one more ride costs besides the detour.
"""
HEAD_COLUMNS = 14


ARC, OPENS, SHUTS, SERVES, PAIR, WITHIN, BEGIN, BOUND, FROM_PLACE, AT_PLACE = range(10)
CODE, KIND, FROM_GAP, TO_GAP, MAY_BREAK, BINDS, FREE = range(10, 17)
"""Columns of a loaded tour, one row per visit and one for the end place; see :mod:`solver.rows`."""

EARLY, CLEAR, CLOSE, REACH, GAP_ARC, GAP_FROM, GAP_AT, GAP_OPENS, GAP_SERVES, GAP_FREE = range(10)
"""Lines of the gaps of a loaded tour, one entry per row, so that a search reads few of them; see :mod:`solver.rows`."""


@cache
def _imported_by(file: Path) -> frozenset[Path]:
    """Return the files of this package that a file imports, itself and those further down included."""
    names = [
        name
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for name in ([node.module] if node.module else [alias.name for alias in node.names])
    ]
    return frozenset({file}).union(*(_imported_by(file.with_name(f"{name}.py")) for name in names))


@cache
def _sources_of(file: Path) -> str:
    """Return a digest of all that the kernels of a file are compiled from: their code contains what they call."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_imported_by(file)))).hexdigest()


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with Numba, cached on disk and with exact arithmetic.

    By itself Numba's cache notices only changes of the file in which a kernel stands, and would go on running old code
    of the kernels that it calls from other files; so the cache is stamped with all that the file imports.
    """
    return _compile(function, numba.njit(cache=True))


def free_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like :func:`kernel`, but let other threads run meanwhile: for calls that last milliseconds and more."""
    return _compile(function, numba.njit(cache=True, nogil=True))


def bare_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that makes no arrays without counting who holds those that it is given: its caller does.

    Each view of an array is counted up and down otherwise, which costs more than what a short function does with it.
    """
    uncounted: dict[str, Any] = {"_nrt": False}
    return _compile(function, numba.njit(cache=True, **uncounted))


def bare_free_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like :func:`bare_kernel` and :func:`free_kernel` at once."""
    uncounted: dict[str, Any] = {"_nrt": False}
    return _compile(function, numba.njit(cache=True, nogil=True, **uncounted))


def inner_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function into those that call it: for innermost loops, whose work is less than a call."""
    return _compile(function, numba.njit(cache=True, inline="always"))


def _compile(function: Callable[P, R], jit: Callable[[Callable[P, R]], object]) -> Callable[P, R]:
    compiled = jit(function)
    file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is not None:
        file._source_stamp = _sources_of(Path(function.__code__.co_filename))  # noqa: SLF001
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
    return repack(_NOTHING, problem)


def repack(packed: Packed, problem: Problem) -> Packed:
    """Return another problem in arrays, at the cost of what is new in it.

    What was packed of a ride is taken from ``packed`` wherever the very same object stands in both problems, whatever
    its number in each; so keep the rides that do not change. The result equals that of :func:`pack`.

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
    visits, rides, allowed = _pack_rides(packed, problem, capacity.shape[2])
    tables = Tables(
        travel_s=np.ascontiguousarray(problem.travel_s, dtype=np.int32),
        visits=visits,
        rides=rides,
        allowed=allowed,
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
    limit, served = _cut(ride.max_ride_s), _cut(ride.pickup_service_s)
    window, due = ride.pickup_window, ride.dropoff_window
    earliest, latest, opens, shuts = _cut(window.earliest), _cut(window.latest), _cut(due.earliest), _cut(due.latest)
    if ride.aboard is not None:
        shuts = min(shuts, _cut(ride.aboard.departed_at) + limit)
    else:
        earliest, latest, opens, shuts = (
            max(earliest, opens - limit - served),
            min(latest, shuts - served),
            max(opens, earliest + served),
            min(shuts, latest + served + limit),
        )
    return (
        (ride.pickup, earliest, latest, served, 0),
        (ride.dropoff, opens, shuts, _cut(ride.dropoff_service_s), limit),
    )


def allowed_shifts(rides: Sequence[Ride], shifts: int) -> Mask:
    """Return which shifts may serve which rides, shape (rides, shifts); a rider aboard has one shift only."""
    allowed = np.empty((len(rides), shifts), dtype=np.bool_)
    allowed.fill(True)
    for number, ride in enumerate(rides):
        some = ride.shifts if ride.aboard is None else (ride.aboard.shift,)
        if some is not None:
            allowed[number] = False
            allowed[number, [shift for shift in some if 0 <= shift < shifts]] = True
    return allowed


def _cut(value: int) -> int:
    if -FARTHEST_INPUT <= value <= FARTHEST_INPUT:
        return value
    return FARTHEST_INPUT if value > 0 else -FARTHEST_INPUT


def _pack_rides(packed: Packed, problem: Problem, columns: int) -> tuple[Ints, Ints, Mask]:
    """Return ``Tables.visits``, ``Tables.rides`` and ``Tables.allowed``."""
    known = packed.tables
    places = {id(ride): number for number, ride in enumerate(packed.problem.rides)}
    if known.rides.shape[1] != columns or known.allowed.shape[1] != len(problem.shifts):
        places = {}
    kept = [places.get(id(ride), -1) for ride in problem.rides]
    new = [number for number, place in enumerate(kept) if place < 0]
    fresh = [problem.rides[number] for number in new]
    pairs = np.empty((len(kept), 2 * VISIT_COLUMNS), dtype=np.int64)
    rides = np.empty((len(kept), columns), dtype=np.int64)
    allowed = np.empty((len(kept), len(problem.shifts)), dtype=np.bool_)
    if len(new) < len(kept):
        pairs[:] = known.visits[: 2 * len(known.rides)].reshape(-1, 2 * VISIT_COLUMNS)[kept]
        rides[:] = known.rides[kept]
        allowed[:] = known.allowed[kept]
    if new:
        pairs[new] = [(*pickup, *dropoff) for pickup, dropoff in map(pack_ride, fresh)]
        rides[new] = [(-1 if ride.aboard is None else ride.aboard.shift, *ride.load) for ride in fresh]
        allowed[new] = allowed_shifts(fresh, len(problem.shifts))
    breaks = _pack_breaks(problem.shifts)
    return np.concatenate((pairs.reshape(-1, VISIT_COLUMNS), breaks)), rides, allowed


def _pack_breaks(shifts: Sequence[Shift]) -> Ints:
    rows = [
        (-1, _cut(pause.window.earliest), _cut(pause.window.latest), _cut(pause.duration_s), 0)
        for shift in shifts
        for pause in shift.breaks
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), VISIT_COLUMNS)


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


def _ends(shift: Shift) -> tuple[int, int, int, int, int, int]:
    """Cut the end so that no arc without a road can be driven before it."""
    start_at = _cut(shift.start_at)
    end_by = min(_cut(shift.end_by), start_at + UNREACHABLE_S - 1)
    longest = FAR if shift.max_duration_s is None else _cut(shift.max_duration_s)
    return shift.start, shift.end, start_at, end_by, longest, shift.fixed_cost


def _padded(lists: Iterable[Sequence[int]]) -> Ints:
    rows = [list(row) for row in lists]
    width = max(map(len, rows), default=0)
    return np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int64).reshape(len(rows), width)


def _nothing() -> Packed:
    no_rows = np.empty((0, 0), dtype=np.int64)
    no_shifts = np.empty((0, 0), dtype=np.bool_)
    no_matrix = np.empty((0, 0), dtype=np.int32)
    tables = Tables(no_matrix, no_rows, no_rows, no_shifts, no_rows, no_rows, no_rows, no_rows)
    return Packed(Problem(no_matrix, (), ()), tables)


_NOTHING = _nothing()
"""What :func:`pack` begins with."""

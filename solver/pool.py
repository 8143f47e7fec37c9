"""Tours worth remembering, of whatever plan: what a search leaves behind for recombining.

A tour is kept per *kind* of shift (shifts that differ in nothing but their number are of one kind) and set of rides:
the cheapest one seen. The pool is bounded: a bucket that is full forgets its oldest tour. Free breaks are left out of
the tours, since they cost nothing and their codes belong to one shift; :meth:`TourPool.place` puts them in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from .arrays import FREE_BREAKS, Ints, Packed, bare_kernel
from .breaks import place_breaks
from .cost import tour_cost
from .plan import Plan

WAYS = 4
"""Tours in a bucket."""
KIND, COST, LENGTH, STAMP, KEY = range(5)
"""Columns of ``PoolArrays.heads``."""


class PoolArrays(NamedTuple):
    """The pool as the kernels see it."""

    heads: Ints
    """Shape (tours, 5): kind of shift or -1, cost, visits, age, and the key of the set of rides."""
    codes: NDArray[np.int32]
    """Shape (tours, longest tour)."""
    ride_keys: Ints
    """A random number for each ride; those of a set are joined by exclusive or."""
    clock: Ints
    """One number: how many tours were put in."""


@dataclass(frozen=True, slots=True)
class PooledTour:
    """One tour of the pool."""

    kind: int
    cost: int
    """As :func:`solver.cost.tour_cost`, the fixed cost included."""
    tour: tuple[int, ...]
    """Visit codes without the free breaks; the locked visits come first."""


@bare_kernel
def remember_tour(pool: PoolArrays, kind: int, cost: int, codes: Ints, count: int) -> bool:
    """Put ``codes[:count]`` into the pool unless a tour as cheap is there; return whether it is new or cheaper."""
    if count == 0 or count > pool.codes.shape[1]:
        return False
    key = kind + 1
    for k in range(count):
        ride = codes[k] // 2
        if codes[k] % 2 == 1 and ride < len(pool.ride_keys):
            key ^= int(pool.ride_keys[ride])
    bucket = key % (len(pool.heads) // WAYS) * WAYS
    target = bucket
    for place in range(bucket, bucket + WAYS):
        if pool.heads[place, KIND] == kind and pool.heads[place, KEY] == key:
            if pool.heads[place, COST] <= cost:
                return False
            target = place
            break
        if pool.heads[place, STAMP] < pool.heads[target, STAMP]:
            target = place
    pool.clock[0] += 1
    pool.heads[target, KIND] = kind
    pool.heads[target, COST] = cost
    pool.heads[target, LENGTH] = count
    pool.heads[target, STAMP] = pool.clock[0]
    pool.heads[target, KEY] = key
    for k in range(count):
        pool.codes[target, k] = codes[k]
    return True


class TourPool:
    """A bounded set of good tours of one problem; searches fill it while they run.

    Use one pool per thread and :meth:`take_in` to join them.
    """

    def __init__(self, packed: Packed, tours: int = 16_384, longest: int | None = None) -> None:
        """Make an empty pool.

        Parameters
        ----------
        packed
            The problem.
        tours
            How many tours are kept at most.
        longest
            Visits of the longest tour that is kept; by default as many as there are, at most 256.
        """
        rides = len(packed.problem.rides)
        locked = max((len(shift.locked) for shift in packed.problem.shifts), default=0)
        width = min(2 * rides, 256) + locked if longest is None else longest
        buckets = max(1, tours // WAYS)
        heads = np.full((buckets * WAYS, KEY + 1), -1, dtype=np.int64)
        heads[:, STAMP] = 0
        keys = np.random.default_rng(rides).integers(1, 2**62, rides, dtype=np.int64)
        codes = np.full((len(heads), width), -1, dtype=np.int32)
        self.packed = packed
        self.arrays = PoolArrays(heads, codes, keys, np.zeros(1, dtype=np.int64))
        self.kinds = shift_kinds(packed)
        """For each shift, its kind."""

    def __len__(self) -> int:
        """Return how many tours there are."""
        return int((self.arrays.heads[:, KIND] >= 0).sum())

    def __iter__(self) -> Iterator[PooledTour]:
        """Return the tours, the oldest first."""
        heads = self.arrays.heads
        for place in np.argsort(heads[:, STAMP], kind="stable").tolist():
            kind, cost, length = heads[place, :STAMP].tolist()
            if kind >= 0:
                yield PooledTour(kind, cost, tuple(self.arrays.codes[place, :length].tolist()))

    def shifts_of(self, kind: int) -> tuple[int, ...]:
        """Return the shifts of a kind."""
        return tuple(shift for shift, other in enumerate(self.kinds) if other == kind)

    def place(self, shift: int, tour: Sequence[int]) -> tuple[int, ...] | None:
        """Return a tour with the free breaks of ``shift`` in it, ``None`` when the shift cannot drive it."""
        return place_breaks(self.packed, shift, tour)

    def add(self, shift: int, tour: Sequence[int]) -> bool:
        """Put a legal tour of ``shift`` into the pool; return whether it is new or cheaper than the one known."""
        free = set(self.packed.tables.free_breaks[shift].tolist())
        codes = np.array([code for code in tour if code not in free], dtype=np.int64)
        cost = tour_cost(self.packed.problem, shift, tour)
        return bool(remember_tour(self.arrays, self.kinds[shift], cost, codes, len(codes)))

    def add_plan(self, plan: Plan) -> None:
        """Put all tours of a legal plan into the pool."""
        for shift, tour in enumerate(plan.tours):
            self.add(shift, tour)

    def take_in(self, other: TourPool) -> None:
        """Put all tours of another pool of the same problem into this one."""
        for pooled in other:
            codes = np.array(pooled.tour, dtype=np.int64)
            remember_tour(self.arrays, pooled.kind, pooled.cost, codes, len(codes))


def shift_kinds(packed: Packed) -> tuple[int, ...]:
    """Return for each shift its kind: shifts of one kind can drive the same tours at the same cost."""
    problem, tables = packed.problem, packed.tables
    aboard = {ride.aboard.shift for ride in problem.rides if ride.aboard is not None}
    known: dict[object, int] = {}
    kinds = []
    for number, shift in enumerate(problem.shifts):
        is_apart = bool(shift.locked) or number in aboard
        ends = (shift.start, shift.end, shift.start_at, shift.end_by, shift.fixed_cost, shift.max_duration_s)
        rules = (shift.capacity, shift.breaks, int(tables.heads[number, FREE_BREAKS]))
        key = number if is_apart else (*ends, *rules, tables.allowed[:, number].tobytes())
        kinds.append(known.setdefault(key, len(known)))
    return cast("tuple[int, ...]", tuple(kinds))

"""Driving times and lengths between all places of a search graph, exact to the millisecond and the decimetre."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from rufbus.domain.place import UNREACHABLE_S
from rufbus.roads.hierarchy import Hierarchy, build_hierarchy
from rufbus.roads.search import MS_UNIT, SearchGraph
from rufbus.roads.sweeps import COLUMNS, build_sweep, matrix_columns

NO_ROAD = -1
"""Milliseconds and decimetres of a pair without a road between."""
UNREACHABLE_M = 100_000_000
"""Length of a pair without a road between (m)."""
CHUNK = COLUMNS // 4
"""Places between two reports of progress."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with ``(done, total)``; whatever it raises ends the work."""


def many_to_many(
    search: SearchGraph,
    places: NDArray[np.int32],
    *,
    hierarchy: Hierarchy | None = None,
    progress: Progress | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return driving times (ms) and lengths (dm) from each of ``places`` to each, along the fastest ways.

    Of equally fast ways the shortest counts. Both arrays have shape (places, places) and hold ``NO_ROAD`` where no way
    leads. ``places`` are nodes of ``search``; ``hierarchy`` is that of ``search``, if there is one already.
    """
    size = len(places)
    times_ms = np.empty((size, size), dtype=np.int32)
    lengths_dm = np.empty((size, size), dtype=np.int32)
    sweep = build_sweep(hierarchy or build_hierarchy(search), places)
    chunk = CHUNK if progress else max(size, 1)
    for begin in range(0, size, chunk):
        end = min(begin + chunk, size)
        matrix_columns(sweep, begin, end, times_ms, lengths_dm)
        if progress is not None:
            progress(end, size)
    return times_ms, lengths_dm


def as_matrix(search: SearchGraph) -> csr_array[np.float64]:
    """Return the arcs as a sparse matrix; a stored zero is an arc that takes no time."""
    size = search.node_count
    return csr_array((search.arc_cost, search.arc_head, search.arc_start), shape=(size, size))


def split_cost(costs: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the milliseconds and the decimetres of costs; both ``NO_ROAD`` where a cost is infinite."""
    missing = ~np.isfinite(costs)
    whole = np.where(missing, 0, costs).astype(np.int64)
    ms, dm = whole // MS_UNIT, whole % MS_UNIT
    ms[missing] = dm[missing] = NO_ROAD
    return ms.astype(np.int32), dm.astype(np.int32)


def join_cost(times_ms: NDArray[np.int32], lengths_dm: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the costs that :func:`split_cost` takes apart."""
    return np.where(times_ms == NO_ROAD, np.inf, times_ms * float(MS_UNIT) + lengths_dm)


def to_seconds(times_ms: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return times rounded up to whole seconds, which keeps the triangle inequality; ``UNREACHABLE_S`` for no road."""
    return np.where(times_ms == NO_ROAD, UNREACHABLE_S, -(-times_ms // 1000)).astype(np.int32)


def to_metres(lengths_dm: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return lengths rounded to whole metres; ``UNREACHABLE_M`` for no road."""
    return np.where(lengths_dm == NO_ROAD, UNREACHABLE_M, (lengths_dm + 5) // 10).astype(np.int32)

"""How the roads are for a while: which edges are closed, and how long each of the others takes.

A closed edge is as good as torn out of its junctions. Turn restrictions along it stay in force: whoever starts on the
middle of one counts as having come along it (see :mod:`rufbus.roads.search`), even where nobody can come that way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from rufbus.domain.place import Place
from rufbus.roads.graph import RoadGraph


@dataclass(frozen=True, slots=True, eq=False)
class RoadState:
    """One entry per edge of a road graph."""

    closed: NDArray[np.bool_]
    """No van may drive on the edge, nor stop there."""
    edge_ms: NDArray[np.int32]
    """How long the whole edge takes while it is open."""


def open_roads(graph: RoadGraph) -> RoadState:
    """Return the state in which all roads are open and as fast as the graph says."""
    return RoadState(np.zeros(graph.edge_count, dtype=np.bool_), graph.edge_ms)


def close_edges(state: RoadState, edges: Iterable[int]) -> RoadState:
    """Return the state with more edges closed."""
    closed = state.closed.copy()
    closed[np.fromiter(edges, dtype=np.int64)] = True
    return RoadState(closed, state.edge_ms)


def slow_down(state: RoadState, graph: RoadGraph, speed_factor: Mapping[int, float]) -> RoadState:
    """Return the state with roads slowed to a share of their speed, by the index of their class.

    Times are those of the graph divided by the factor, rounded up to whole milliseconds. Where an edge is slowed more
    than once, the slowest counts.
    """
    factor = np.ones(256)
    factor[list(speed_factor)] = list(speed_factor.values())
    slowed = np.ceil(graph.edge_ms / factor[graph.edge_class]).astype(np.int32)
    return RoadState(state.closed, np.maximum(state.edge_ms, slowed))


def edges_of_way(graph: RoadGraph, way_id: int) -> NDArray[np.int64]:
    """Return the edges, in both directions, along which an OpenStreetMap way lies, even if only in part."""
    found = np.flatnonzero(graph.way_id == way_id)
    return np.unique(np.searchsorted(graph.way_start, found, side="right") - 1)


def edges_across(graph: RoadGraph, line: Sequence[Place]) -> NDArray[np.int64]:
    """Return the edges, in both directions, that a line crosses or touches; straight in degrees from point to point."""
    points = np.array([(place.lon, place.lat) for place in line])
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    first, lon, lat = graph.shape_start[:-1], graph.shape_lon, graph.shape_lat
    near = (np.minimum.reduceat(lon, first) <= east) & (np.maximum.reduceat(lon, first) >= west)
    near &= (np.minimum.reduceat(lat, first) <= north) & (np.maximum.reduceat(lat, first) >= south)
    drawn = shapely.LineString(points)
    return np.array([edge for edge in np.flatnonzero(near).tolist() if drawn.intersects(_shape(graph, edge))], np.int64)


def _shape(graph: RoadGraph, edge: int) -> shapely.LineString:
    span = slice(int(graph.shape_start[edge]), int(graph.shape_start[edge + 1]))
    return shapely.LineString(np.column_stack([graph.shape_lon[span], graph.shape_lat[span]]))

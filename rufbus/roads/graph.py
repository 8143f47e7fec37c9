"""The road graph: junctions, directed edges between them, forbidden turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STOPPABLE = 1
"""Flag of an edge: a van may pull up there and let riders in and out."""
FERRY = 2
"""Flag of an edge: a ferry."""
BOTH_SIDES = 4
"""Flag of an edge: quiet enough that riders may cross it, so that a stop serves both directions."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Junctions and directed edges as arrays; one entry per node or edge.

    Everything lies in one strongly connected part. Travel times are whole milliseconds, so that sums are exact. Every
    edge has one speed, class, name and set of flags along its whole length. Edges may run parallel, or lead from a node
    back to itself. Their order means nothing.
    """

    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    node_osm_id: NDArray[np.int64]
    """OpenStreetMap id; where a closed barrier divides a road, the node is there twice, once with its id negated."""
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_ms: NDArray[np.int32]
    edge_length_m: NDArray[np.float32]
    edge_class: NDArray[np.uint8]
    """Index into ``profile.ROAD_CLASSES``."""
    edge_flags: NDArray[np.uint8]
    edge_name: NDArray[np.int32]
    """Index into ``names``; 0 is the empty name."""
    way_start: NDArray[np.int64]
    """Length edges + 1: the ways along edge ``e``, in its direction, are ``way_id[way_start[e]:way_start[e+1]]``."""
    way_id: NDArray[np.int64]
    """OpenStreetMap ids."""
    edge_twin: NDArray[np.int32]
    """The edge in the opposite direction on the same road, -1 where there is none."""
    shape_start: NDArray[np.int64]
    """Length edges + 1: the points of edge ``e``, its ends too, are ``shape_lon[shape_start[e]:shape_start[e+1]]``."""
    shape_lon: NDArray[np.float64]
    shape_lat: NDArray[np.float64]
    names: tuple[str, ...]
    forbidden: tuple[tuple[int, ...], ...]
    """Sequences of two or more edges that may not be driven one after the other: turn restrictions."""
    source: str = ""
    """What the graph was made from, for people."""

    @property
    def node_count(self) -> int:
        """Number of junctions."""
        return len(self.node_lon)

    @property
    def edge_count(self) -> int:
        """Number of directed edges."""
        return len(self.edge_from)

    @property
    def edge_way(self) -> NDArray[np.int64]:
        """The OpenStreetMap id of the first way of each edge."""
        return self.way_id[self.way_start[:-1]]

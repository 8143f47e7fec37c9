"""Which stops are near on foot: along the roads, in either direction, never across water."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.place import Place, StopWalk, distance_m
from rufbus.roads.graph import RoadGraph
from rufbus.roads.search import Anchor
from rufbus.roads.snap import MAX_SNAP_M, RoadIndex, place_on_edge, walkable_edges

ROUNDING_M = 1e-6


@dataclass(frozen=True, slots=True)
class _Link:
    """How a place is tied to the roads: straight to a point of one, then along it."""

    road: int
    """The lower of the numbers of an edge and its twin."""
    nodes: tuple[int, int]
    """Tail and head of ``road``."""
    away_m: tuple[float, float]
    """Metres along the road from the point to its tail and to its head."""
    straight_m: float


class Walking:
    """Walking distances from any place to the stops of a network."""

    def __init__(self, graph: RoadGraph, stops: Sequence[tuple[Place, Sequence[Anchor]]]) -> None:
        """Tie ``stops``, each a place and its anchors, to the roads for walking."""
        walkable = walkable_edges(graph)
        self._graph = graph
        self._index = RoadIndex(graph, walkable)
        self._neighbours = _Neighbours(graph, walkable)
        self._places = [place for place, _ in stops]
        links = enumerate(self._link_stop(place, anchors, walkable) for place, anchors in stops)
        self._links = {number: link for number, link in links if link is not None}
        self._by_road: dict[int, list[int]] = {}
        for number, link in self._links.items():
            self._by_road.setdefault(link.road, []).append(number)
        self._numbers = np.array(list(self._links), dtype=np.int64)
        self._nodes = np.array([link.nodes for link in self._links.values()], dtype=np.int64).reshape(-1, 2)
        self._away_m = np.array([link.away_m for link in self._links.values()], dtype=np.float64).reshape(-1, 2)
        self._straight_m = np.array([link.straight_m for link in self._links.values()], dtype=np.float64)

    def list_near(self, place: Place, max_m: int) -> list[StopWalk]:
        """Return the stops within ``max_m`` metres on foot, nearest first; none when no road is that near."""
        link = self._link(place, float(max_m))
        if link is None:
            return []
        reached = self._neighbours.reach(link.nodes, link.away_m, max_m - link.straight_m)
        walks = link.straight_m + (reached[self._nodes] + self._away_m).min(axis=1) + self._straight_m
        near = {int(self._numbers[row]): float(walks[row]) for row in np.flatnonzero(walks <= max_m)}
        for stop in self._by_road.get(link.road, ()):
            near[stop] = min(near.get(stop, math.inf), self._along_one_road(place, link, stop))
        found = [StopWalk(stop, math.ceil(walk_m - ROUNDING_M)) for stop, walk_m in near.items()]
        return sorted((walk for walk in found if walk.walk_m <= max_m), key=lambda walk: (walk.walk_m, walk.stop))

    def _along_one_road(self, place: Place, link: _Link, stop: int) -> float:
        """Return the walk (m) to a stop tied to the same road; beside the road it is straight."""
        other = self._links[stop]
        direct_m = distance_m(place, self._places[stop])
        if direct_m <= max(link.straight_m, other.straight_m):
            return direct_m
        return link.straight_m + abs(link.away_m[0] - other.away_m[0]) + other.straight_m

    def _link_stop(self, place: Place, anchors: Sequence[Anchor], walkable: NDArray[np.bool_]) -> _Link | None:
        """Return the link of a stop: to its own road where people may walk there, else to the nearest such road."""
        for anchor in anchors:
            if walkable[anchor.edge]:
                straight_m = distance_m(place, place_on_edge(self._graph, anchor))
                return self._to_road(anchor.edge, anchor.fraction, straight_m)
        return self._link(place, MAX_SNAP_M)

    def _link(self, place: Place, max_m: float) -> _Link | None:
        near = self._index.nearest([place], max_m)[0]
        spot = min(near, key=lambda spot: spot.edge, default=None)
        return None if spot is None else self._to_road(spot.edge, spot.fraction, spot.distance_m)

    def _to_road(self, edge: int, fraction: float, straight_m: float) -> _Link:
        graph = self._graph
        twin = int(graph.edge_twin[edge])
        if 0 <= twin < edge:
            edge, fraction = twin, 1.0 - fraction
        length_m = float(graph.edge_length_m[edge])
        nodes = (int(graph.edge_from[edge]), int(graph.edge_to[edge]))
        return _Link(edge, nodes, (fraction * length_m, (1.0 - fraction) * length_m), straight_m)


class _Neighbours:
    """The junctions that each junction is joined to on foot."""

    def __init__(self, graph: RoadGraph, walkable: NDArray[np.bool_]) -> None:
        edges = np.flatnonzero(walkable)
        tail = np.concatenate([graph.edge_from[edges], graph.edge_to[edges]])
        head = np.concatenate([graph.edge_to[edges], graph.edge_from[edges]])
        order = np.argsort(tail, kind="stable")
        self._start = np.searchsorted(tail[order], np.arange(graph.node_count + 1))
        self._head = head[order]
        self._length_m = np.concatenate([graph.edge_length_m[edges]] * 2)[order].astype(np.float64)

    def reach(self, nodes: Sequence[int], away_m: Sequence[float], limit_m: float) -> NDArray[np.float64]:
        """Return the metres from the nearest of ``nodes``, each so far away at first, to every node within a limit.

        Shape (nodes of the graph,); infinite beyond the limit.
        """
        best = np.full(len(self._start) - 1, np.inf)
        settled: set[int] = set()
        queue = sorted(zip(away_m, nodes, strict=True))
        while queue:
            at_m, node = heapq.heappop(queue)
            if at_m > limit_m or node in settled:
                continue
            settled.add(node)
            best[node] = at_m
            span = slice(int(self._start[node]), int(self._start[node + 1]))
            for head, length_m in zip(self._head[span].tolist(), self._length_m[span].tolist(), strict=True):
                if head not in settled and at_m + length_m <= limit_m:
                    heapq.heappush(queue, (at_m + length_m, head))
        return best

"""The way from one place to another: its line on the map and the names of its streets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from rufbus.domain.errors import NotFound
from rufbus.ports import RoadLeg
from rufbus.roads.graph import RoadGraph
from rufbus.roads.metres import from_sheet, lengths_along, to_sheet
from rufbus.roads.search import SearchGraph
from rufbus.roads.travel_times import as_matrix, split_cost, to_metres, to_seconds

Piece = tuple[int, float, float]
"""A stretch of an edge: the edge, and where the stretch begins and ends as fractions of the edge's length."""
LEGS_KEPT = 4096
ORIGINS_KEPT = 128
SAME_POINT = 1e-9
DIGITS = 7
"""Decimals of degrees kept: a centimetre."""


class LegFinder:
    """Finds legs on demand, by the same search as the matrix of times."""

    def __init__(self, graph: RoadGraph, search: SearchGraph) -> None:
        """Prepare for the places of ``search``."""
        self._graph = graph
        self._search = search
        self._matrix = as_matrix(search)
        self._from_origin = lru_cache(ORIGINS_KEPT)(self._search_from)
        self._leg = lru_cache(LEGS_KEPT)(self._find_leg)

    def get_leg(self, origin: int, destination: int) -> RoadLeg:
        """Return the fastest way between two places.

        Raises
        ------
        NotFound
            When no road leads from the one to the other.
        """
        return self._leg(origin, destination)

    def _find_leg(self, origin: int, destination: int) -> RoadLeg:
        cost, before = self._from_origin(origin)
        times_ms, lengths_dm = split_cost(cost[[destination]])
        if not np.isfinite(cost[destination]):
            raise NotFound(f"No road leads from place {origin} to place {destination}.")
        pieces = self._pieces(before, int(self._search.places[destination]))
        if not pieces:
            pieces = [self._standing(int(self._search.places[origin]))]
        return RoadLeg(
            travel_s=int(to_seconds(times_ms)[0]),
            length_m=int(to_metres(lengths_dm)[0]),
            coordinates=_line(self._graph, pieces),
            streets=_streets(self._graph, pieces),
        )

    def _search_from(self, origin: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return the cost to every place, and the node before every node."""
        places = self._search.places
        source = places[origin : origin + 1]
        cost, before = dijkstra(self._matrix, directed=True, indices=source, return_predecessors=True)
        return cost[0, places], before[0]

    def _pieces(self, before: NDArray[np.int32], node: int) -> list[Piece]:
        """Return the stretches of the way that ends at ``node``; those of one edge in one."""
        arcs: list[int] = []
        while before[node] >= 0:
            tail = int(before[node])
            arcs.append(self._search.find_arc(tail, node))
            node = tail
        pieces: list[Piece] = []
        for arc in reversed(arcs):
            edge, begin, end = self._stretch(arc)
            if pieces and pieces[-1][0] == edge and pieces[-1][2] == begin:
                begin = pieces.pop()[1]
            pieces.append((edge, begin, end))
        return pieces

    def _stretch(self, arc: int) -> Piece:
        search = self._search
        return int(search.arc_edge[arc]), float(search.arc_from[arc]), float(search.arc_to[arc])

    def _standing(self, node: int) -> Piece:
        """Return the stretch without length at a place."""
        edge, begin, _ = self._stretch(int(self._search.arc_start[node]))
        return edge, begin, begin


def _line(graph: RoadGraph, pieces: Sequence[Piece]) -> tuple[tuple[float, float], ...]:
    """Return the joined (lon, lat) points of the stretches: two or more, none twice in a row if the way is long."""
    points: list[tuple[float, float]] = []
    for piece in pieces:
        for point in _clip(graph, piece):
            if not points or point != points[-1]:
                points.append(point)
    return tuple(points) if len(points) > 1 else (points[0], points[0])


def _clip(graph: RoadGraph, piece: Piece) -> list[tuple[float, float]]:
    """Return the (lon, lat) points of a stretch, its two ends included."""
    edge, begin, end = piece
    span = slice(int(graph.shape_start[edge]), int(graph.shape_start[edge + 1]))
    lon, lat = graph.shape_lon[span], graph.shape_lat[span]
    if (begin, end) != (0.0, 1.0):
        sheet = to_sheet(lon, lat)
        along = lengths_along(sheet)
        cuts = np.array([begin, end]) * along[-1]
        inner = sheet[(along > cuts[0] + SAME_POINT) & (along < cuts[1] - SAME_POINT)]
        ends = np.stack([np.interp(cuts, along, sheet[:, 0]), np.interp(cuts, along, sheet[:, 1])], axis=1)
        lon, lat = from_sheet(np.concatenate([ends[:1], inner, ends[1:]]))
    return list(zip(np.round(lon, DIGITS).tolist(), np.round(lat, DIGITS).tolist(), strict=True))


def _streets(graph: RoadGraph, pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Return the names of the streets along the way, without nameless ones, each once in a row."""
    names: list[str] = []
    for edge, begin, end in pieces:
        name = graph.names[graph.edge_name[edge]]
        if name and (end > begin or len(pieces) == 1) and name != (names[-1] if names else ""):
            names.append(name)
    return tuple(names)

"""Putting stops and depots onto the roads: which directed edge a van stands on when it serves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from rufbus.domain.place import Place, Stop
from rufbus.roads.graph import BOTH_SIDES, FERRY, STOPPABLE, RoadGraph
from rufbus.roads.metres import from_sheet, ground_m_per_unit, lengths_along, to_sheet
from rufbus.roads.profile import ROAD_CLASSES
from rufbus.roads.search import Anchor

DriveOn: TypeAlias = Literal["right", "left"]
"""The side of the road that traffic keeps to."""
MAX_SNAP_M = 150.0
ON_THE_LINE_M = 0.5
"""A stop mapped this close to the middle of its road says nothing about its side."""
TIE_M = 0.01
AT_THE_SIGN_M = 25.0
"""A sign this close to a road shows that one may stop there, whatever the road is like."""
NOT_ON_FOOT = ("motorway", "trunk")
"""Beginnings of the names of road classes that nobody walks along, links included."""


@dataclass(frozen=True, slots=True)
class RoadSpot:
    """The point of an edge that is nearest to a place."""

    edge: int
    fraction: float
    """Of the edge's length, from its tail."""
    distance_m: float
    right_m: float
    """How far to the right of the edge's direction the place lies; negative: to the left."""


@dataclass(frozen=True, slots=True)
class SnappedPlace:
    """A place on the roads."""

    anchors: tuple[Anchor, ...]
    """One for each direction from which the place is served, never none."""
    distance_m: float


@dataclass(frozen=True, slots=True)
class RejectedStop:
    """A stop that is not in the network, and why."""

    stop: Stop
    reason: str


@dataclass(frozen=True, slots=True)
class SnapReport:
    """What became of the stops."""

    snapped: int
    rejected: tuple[RejectedStop, ...] = ()
    cut_off: tuple[str, ...] = ()
    """Ids of stops in the network that forbidden turns cut off from most others, there or back."""


class RoadIndex:
    """Finds the nearest of some edges of a graph."""

    def __init__(self, graph: RoadGraph, allowed: NDArray[np.bool_]) -> None:
        self.graph = graph
        self.allowed = allowed
        self.sheet = to_sheet(graph.shape_lon, graph.shape_lat)
        numbers = np.arange(graph.edge_count)
        has_listed_twin = (graph.edge_twin >= 0) & (graph.edge_twin < numbers) & allowed[graph.edge_twin]
        self.edges = np.flatnonzero(allowed & ~has_listed_twin)
        self.tree = shapely.STRtree(edge_lines(graph, self.edges))

    def nearest(self, places: Sequence[Place], max_m: float) -> list[list[RoadSpot]]:
        """Return for each place its nearest point on the roads within ``max_m``; one per road when several tie."""
        found: list[list[RoadSpot]] = [[] for _ in places]
        if not places or not len(self.edges):
            return found
        units = np.array([1 / ground_m_per_unit(place.lat) for place in places])
        sheet = to_sheet([place.lon for place in places], [place.lat for place in places])
        points = np.asarray(shapely.points(sheet), dtype=np.object_)
        (hit, _), distances = self.tree.query_nearest(points, all_matches=False, return_distance=True)
        near = np.flatnonzero(distances <= max_m * units[hit])
        reach: NDArray[np.float64] = distances[near] + TIE_M * units[hit[near]]
        pairs = self.tree.query(points[hit[near]], predicate="dwithin", distance=reach)
        for number, line in sorted(zip(hit[near][pairs[0]].tolist(), self.edges[pairs[1]].tolist(), strict=True)):
            found[number].append(self.locate(line, places[number]))
        return found

    def locate(self, edge: int, place: Place) -> RoadSpot:
        """Return the point of ``edge`` nearest to ``place``."""
        points = shape_points(self.graph, edge, self.sheet)
        ground = ground_m_per_unit(place.lat)
        target = to_sheet(place.lon, place.lat)
        steps = np.diff(points, axis=0)
        squares = np.maximum(np.einsum("ij,ij->i", steps, steps), 1e-12)
        share = np.clip(np.einsum("ij,ij->i", target - points[:-1], steps) / squares, 0.0, 1.0)
        feet = points[:-1] + share[:, None] * steps
        away = np.hypot(*(target - feet).T)
        piece = int(np.argmin(away))
        along = lengths_along(points)
        measure = along[piece] + share[piece] * (along[piece + 1] - along[piece])
        heading = _heading(steps, piece, float(share[piece]))
        offset = target - feet[piece]
        right = float(offset[0] * heading[1] - offset[1] * heading[0])
        fraction = min(1.0, float(measure / along[-1])) if along[-1] > 0 else 0.0
        return RoadSpot(edge, fraction, float(away[piece]) * ground, right * ground)

    def opposite(self, spot: RoadSpot, place: Place) -> RoadSpot | None:
        """Return the same spot on the edge in the opposite direction, if the road has one."""
        twin = int(self.graph.edge_twin[spot.edge])
        return self.locate(twin, place) if twin >= 0 else None


def walkable_edges(graph: RoadGraph) -> NDArray[np.bool_]:
    """Return which edges people may walk along; shape (edges,)."""
    fast = [number for number, each in enumerate(ROAD_CLASSES) if each.name.startswith(NOT_ON_FOOT)]
    walkable: NDArray[np.bool_] = ~np.isin(graph.edge_class, fast) & ((graph.edge_flags & FERRY) == 0)
    return walkable


def shape_points(graph: RoadGraph, edge: int, sheet: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rows of ``sheet`` that are the shape of ``edge``."""
    return sheet[graph.shape_start[edge] : graph.shape_start[edge + 1]]


def edge_lines(graph: RoadGraph, edges: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the shapes of ``edges`` on the Mercator sheet; shape (edges,)."""
    counts = np.diff(graph.shape_start)[edges]
    owner = np.repeat(np.arange(len(edges)), counts)
    inside = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.repeat(graph.shape_start[edges], counts) + inside
    points = to_sheet(graph.shape_lon[rows], graph.shape_lat[rows])
    return np.asarray(shapely.linestrings(points, indices=owner), dtype=np.object_)


def place_on_edge(graph: RoadGraph, anchor: Anchor) -> Place:
    """Return the point of the road at an anchor."""
    span = slice(int(graph.shape_start[anchor.edge]), int(graph.shape_start[anchor.edge + 1]))
    points = to_sheet(graph.shape_lon[span], graph.shape_lat[span])
    along = lengths_along(points)
    at = anchor.fraction * along[-1]
    spot = np.array([[np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])]])
    lon, lat = from_sheet(spot)
    return Place(float(lon[0]), float(lat[0]))


def snap_stops(
    graph: RoadGraph, stops: Sequence[Stop], *, drive_on: DriveOn = "right", max_m: float = MAX_SNAP_M
) -> list[SnappedPlace | RejectedStop]:
    """Return for each stop where it lies on the nearest road that a van may stop on, or why it lies on none.

    A stop is served from the lane on its side; from both where riders may cross (``BOTH_SIDES``) and where the stop is
    mapped on the middle of the road. On a one-way road its direction counts, whatever the side. A stop with a sign
    close to a road without ``STOPPABLE`` is served there all the same, unless that is a motorway, a trunk road or a
    ferry.
    """
    places = [stop.place for stop in stops]
    usual = RoadIndex(graph, (graph.edge_flags & STOPPABLE) > 0)
    signed = RoadIndex(graph, ((graph.edge_flags & STOPPABLE) > 0) | walkable_edges(graph))
    snapped: list[SnappedPlace | RejectedStop] = []
    for stop, near, at_sign in zip(
        stops, usual.nearest(places, max_m), signed.nearest(places, min(max_m, AT_THE_SIGN_M)), strict=True
    ):
        if at_sign and not stop.virtual and not (near and near[0].distance_m <= AT_THE_SIGN_M):
            snapped.append(_served_from(signed, stop.place, at_sign, drive_on))
        else:
            snapped.append(_served_from(usual, stop.place, near, drive_on) if near else _rejected(stop, max_m))
    return snapped


def snap_depots(
    graph: RoadGraph, depots: Sequence[Place], allowed: NDArray[np.bool_], *, max_m: float
) -> list[SnappedPlace | None]:
    """Return where each depot lies on the nearest of the ``allowed`` edges, entered and left in both directions."""
    index = RoadIndex(graph, allowed)
    snapped: list[SnappedPlace | None] = []
    for depot, near in zip(depots, index.nearest(depots, max_m), strict=True):
        spot = min(near, key=lambda spot: spot.edge, default=None)
        snapped.append(None if spot is None else _on(spot, index.opposite(spot, depot)))
    return snapped


def _served_from(index: RoadIndex, place: Place, near: Sequence[RoadSpot], drive_on: DriveOn) -> SnappedPlace:
    graph = index.graph
    spot = min(near, key=lambda spot: (not graph.edge_flags[spot.edge] & BOTH_SIDES, spot.edge))
    other = index.opposite(spot, place)
    if other is None or not index.allowed[other.edge]:
        return _on(spot)
    both = graph.edge_flags[spot.edge] & graph.edge_flags[other.edge] & BOTH_SIDES
    if both or abs(spot.right_m) <= ON_THE_LINE_M:
        return _on(spot, other)
    return _on(spot if (spot.right_m > 0) == (drive_on == "right") else other)


def _on(spot: RoadSpot, other: RoadSpot | None = None) -> SnappedPlace:
    spots = [spot] if other is None else [spot, other]
    return SnappedPlace(tuple(Anchor(each.edge, each.fraction) for each in spots), spot.distance_m)


def _rejected(stop: Stop, max_m: float) -> RejectedStop:
    return RejectedStop(
        stop,
        f"No road on which a van may stop lies within {max_m:.0f} m of lon {stop.place.lon:.5f}, "
        f"lat {stop.place.lat:.5f}. "
        "Move the stop to such a road, or take a road extract that covers it.",
    )


def _heading(steps: NDArray[np.float64], piece: int, share: float) -> NDArray[np.float64]:
    """Return the unit direction of a polyline at a point; at a bend, midway between its two arms."""
    lengths = np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)
    heading = steps[piece] / lengths[piece]
    if share >= 1.0 and piece + 1 < len(steps):
        heading = heading + steps[piece + 1] / lengths[piece + 1]
    elif share <= 0.0 and piece > 0:
        heading = heading + steps[piece - 1] / lengths[piece - 1]
    norm = np.hypot(*heading)
    unit: NDArray[np.float64] = heading / norm if norm > 1e-9 else steps[piece] / lengths[piece]
    return unit

"""Stops where no sign stands: safe points of named streets, never two within the spacing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product

import numpy as np
from scipy.spatial import cKDTree

from rufbus.domain.place import Place, Stop, distance_m
from rufbus.roads.graph import BOTH_SIDES, STOPPABLE, RoadGraph
from rufbus.roads.metres import from_sheet, ground_m_per_unit, to_sheet
from rufbus.roads.search import Anchor
from rufbus.roads.snap import MAX_SNAP_M, DriveOn, RoadIndex, place_on_edge

FROM_JUNCTION_M = 12.0
"""How far into the quiet street a stop at a junction lies: clear of the 5 m in which nobody may park (StVO §12)."""
BESIDE_ROAD_M = 3.0
"""How far beside its middle a stop lies on a road that riders should not have to cross."""
STEPS_A_SPACING = 3
"""Points along a street that are tried, per spacing."""
MAX_VIRTUAL_STOPS = 4000


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A point that could become a stop; the least ``rank`` is preferred."""

    rank: tuple[bool, bool, int, str]
    stop: Stop
    anchor: Anchor


def virtual_stops(
    graph: RoadGraph,
    existing: Sequence[Stop],
    spacing_m: int,
    *,
    villages: Sequence[tuple[str, Place]] = (),
    drive_on: DriveOn = "right",
    max_count: int = MAX_VIRTUAL_STOPS,
) -> list[Stop]:
    """Return virtual stops for the streets that have no stop within ``spacing_m`` (straight line), ordered by id.

    Tried in turn: quiet streets at junctions, where junctions are densest first, then points along quiet streets, then
    the same on other roads with ``STOPPABLE``, there beside the lane so that nobody has to cross. Nameless roads get
    none: a rider could not be told where to go. The result depends on nothing but the arguments.

    Parameters
    ----------
    graph, existing
        The roads, and the stops that are there already.
    spacing_m
        No virtual stop lies closer to another stop, virtual or not.
    villages
        Names of villages with their centres: "Dorfstraße" becomes "Altheim, Dorfstraße".
    drive_on
        The side of the road that traffic keeps to.
    max_count
        How many stops at most; the least settled places go without.
    """
    streets = _Streets(graph)
    candidates = [*streets.at_junctions(spacing_m), *streets.along(spacing_m)]
    lats = [stop.place.lat for stop in existing] + [candidate.stop.place.lat for candidate in candidates]
    taken = _Taken(spacing_m, [stop.place for stop in existing], max(map(abs, lats), default=0.0))
    index = RoadIndex(graph, (graph.edge_flags & STOPPABLE) > 0)
    chosen: list[Stop] = []
    for candidate in sorted(candidates, key=lambda candidate: candidate.rank):
        if len(chosen) >= max_count:
            break
        stop = _beside(graph, candidate, drive_on)
        if taken.is_free(stop.place) and _is_clear(index, stop.place, candidate.anchor.edge):
            taken.add(stop.place)
            chosen.append(stop)
    return _named_apart(chosen, existing, villages)


class _Taken:
    """Places by squares at least as wide as the spacing, so that only neighbouring squares need a look."""

    def __init__(self, spacing_m: float, existing: Sequence[Place], max_lat: float) -> None:
        self._spacing_m = spacing_m
        self._width = spacing_m / ground_m_per_unit(max_lat)
        self._squares: dict[tuple[int, int], list[Place]] = {}
        for place in existing:
            self.add(place)

    def add(self, place: Place) -> None:
        """Take a place."""
        self._squares.setdefault(self._square(place), []).append(place)

    def is_free(self, place: Place) -> bool:
        """Return whether no taken place is closer than the spacing."""
        column, row = self._square(place)
        squares = product((column - 1, column, column + 1), (row - 1, row, row + 1))
        near = chain.from_iterable(self._squares.get(square, ()) for square in squares)
        return all(distance_m(place, other) >= self._spacing_m for other in near)

    def _square(self, place: Place) -> tuple[int, int]:
        x, y = to_sheet(place.lon, place.lat)
        return int(x // self._width), int(y // self._width)


class _Streets:
    """The named roads on which a van may stop, each once, and the junctions between all roads."""

    def __init__(self, graph: RoadGraph) -> None:
        numbers = np.arange(graph.edge_count)
        self.graph = graph
        self.roads = np.flatnonzero((graph.edge_twin < 0) | (graph.edge_twin > numbers))
        self.stoppable = ((graph.edge_flags & STOPPABLE) > 0) & (graph.edge_name > 0)
        self.quiet = self.stoppable & ((graph.edge_flags & BOTH_SIDES) > 0)
        self.at_node: dict[int, list[int]] = {}
        for road in self.roads.tolist():
            for node in (int(graph.edge_from[road]), int(graph.edge_to[road])):
                self.at_node.setdefault(node, []).append(road)

    def at_junctions(self, spacing_m: float) -> Iterator[_Candidate]:
        """Yield a point in the quietest street at every junction; crossings and dead ends have a density."""
        graph, density = self.graph, self._density(spacing_m)
        for node in sorted(self.at_node):
            roads = [road for road in self.at_node[node] if self.stoppable[road]]
            if not roads:
                continue
            road = min(roads, key=lambda road: (not self.quiet[road], -int(graph.edge_class[road]), road))
            inward = min(FROM_JUNCTION_M / max(float(graph.edge_length_m[road]), 1.0), 0.5)
            fraction = inward if graph.edge_from[road] == node else 1.0 - inward
            stop_id = f"virtual:n{graph.node_osm_id[node]}"
            yield self._candidate(stop_id, self._crossing_name(node, road), road, fraction, density.get(node))

    def along(self, spacing_m: float) -> Iterator[_Candidate]:
        """Yield points between the junctions of long streets."""
        graph = self.graph
        for road in self.roads[self.stoppable[self.roads]].tolist():
            length_m = float(graph.edge_length_m[road])
            count = int(length_m * STEPS_A_SPACING / spacing_m)
            for number in range(count):
                at_m = (number + 0.5) * length_m / count
                stop_id = f"virtual:w{graph.edge_way[road]}:n{graph.node_osm_id[graph.edge_from[road]]}:{at_m:.0f}"
                yield self._candidate(stop_id, self._name(road), road, at_m / length_m, None)

    def _candidate(self, stop_id: str, name: str, road: int, fraction: float, density: int | None) -> _Candidate:
        anchor = Anchor(road, fraction)
        place = place_on_edge(self.graph, anchor)
        rank = (not self.quiet[road], density is None, -(density or 0), stop_id)
        return _Candidate(rank, Stop(stop_id, name, place, virtual=True), anchor)

    def _density(self, spacing_m: float) -> dict[int, int]:
        """Return how many crossings and dead ends lie within the spacing of each."""
        nodes = np.array([node for node, roads in self.at_node.items() if len(roads) != 2], dtype=np.int64)
        if not len(nodes):
            return {}
        lat = self.graph.node_lat[nodes]
        points = to_sheet(self.graph.node_lon[nodes], lat)
        reach = spacing_m / np.array([ground_m_per_unit(each) for each in lat.tolist()])
        counts = cKDTree(points).query_ball_point(points, reach, return_length=True)
        return dict(zip(nodes.tolist(), np.asarray(counts).tolist(), strict=True))

    def _crossing_name(self, node: int, road: int) -> str:
        """Return the street's name with that of the most important other street at the junction."""
        graph, own = self.graph, self._name(road)
        others = [other for other in self.at_node[node] if self._name(other) not in ("", own)]
        cross = min(others, key=lambda other: (int(graph.edge_class[other]), self._name(other)), default=None)
        return own if cross is None else f"{own} / {self._name(cross)}"

    def _name(self, road: int) -> str:
        return self.graph.names[int(self.graph.edge_name[road])]


def _is_clear(index: RoadIndex, place: Place, edge: int) -> bool:
    """Return whether no other road is as near to a place as the one it was chosen for."""
    near = {spot.edge for spot in index.nearest([place], MAX_SNAP_M)[0]}
    return bool(near) and near <= {edge, int(index.graph.edge_twin[edge])}


def _beside(graph: RoadGraph, candidate: _Candidate, drive_on: DriveOn) -> Stop:
    """Return the stop moved off the middle of a two-way road that riders should not have to cross."""
    anchor, stop = candidate.anchor, candidate.stop
    if graph.edge_flags[anchor.edge] & BOTH_SIDES or graph.edge_twin[anchor.edge] < 0:
        return stop
    step = 1.0 / max(float(graph.edge_length_m[anchor.edge]), 2.0)
    ends = [min(max(anchor.fraction + way, 0.0), 1.0) for way in (-step, step)]
    behind, ahead = (place_on_edge(graph, Anchor(anchor.edge, end)) for end in ends)
    heading = to_sheet(ahead.lon, ahead.lat) - to_sheet(behind.lon, behind.lat)
    aside = np.array([heading[1], -heading[0]]) / max(float(np.hypot(*heading)), 1e-9)
    offset = aside * (BESIDE_ROAD_M if drive_on == "right" else -BESIDE_ROAD_M) / ground_m_per_unit(stop.place.lat)
    lon, lat = from_sheet(to_sheet(stop.place.lon, stop.place.lat) + offset)
    return replace(stop, place=Place(float(lon), float(lat)))


def _named_apart(stops: Sequence[Stop], existing: Sequence[Stop], villages: Sequence[tuple[str, Place]]) -> list[Stop]:
    """Return the stops ordered by id, named after their village and, where names still repeat, numbered."""
    ordered = sorted(stops, key=lambda stop: stop.id)
    names = [stop.name for stop in ordered]
    if villages and ordered:
        tree = cKDTree(to_sheet([place.lon for _, place in villages], [place.lat for _, place in villages]))
        _, nearest = tree.query(to_sheet([stop.place.lon for stop in ordered], [stop.place.lat for stop in ordered]))
        rows = np.asarray(nearest).tolist()
        names = [f"{villages[row][0]}, {name}" for row, name in zip(rows, names, strict=True)]
    seen = Counter(stop.name for stop in existing)
    named: list[Stop] = []
    for stop, name in zip(ordered, names, strict=True):
        seen[name] += 1
        named.append(replace(stop, name=name if seen[name] == 1 else f"{name} ({seen[name]})"))
    return named

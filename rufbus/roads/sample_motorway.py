"""The motorway of the sample region: two carriageways, bridges over them, exits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rufbus.roads.sample_layout import INTERCHANGES
from rufbus.roads.sample_net import Tags
from rufbus.roads.sample_plane import (
    Point,
    ahead,
    between,
    cosine,
    direction,
    distance_m,
    point_gap_m,
    right_of,
    to_plane,
)
from rufbus.roads.sample_roads import STEP_M, Region

RAMP_M = 330.0
"""How far before and behind the crossing road its ramps leave and join the motorway."""
CARRIAGEWAY_M = 13.0
"""From the motorway's centre line to the middle of one carriageway."""


@dataclass(frozen=True, slots=True)
class _Station:
    """A node of a carriageway."""

    along_m: float
    bridge: int = -1
    """The bridge whose ramp begins or ends here."""
    leaving: bool = False
    """The ramp is an exit."""
    exit_name: str = ""


def draw_motorway(region: Region) -> None:
    """Draw both carriageways with their exits, and the bridges over them."""
    _draw_bridges(region)
    bridges = [_find_bridge(region, to_plane(lon, lat)) for _, lon, lat in INTERCHANGES]
    marks = sorted(
        (_along_m(region.motorway, _middle(region, key)), name, key)
        for key, (name, _, _) in zip(bridges, INTERCHANGES, strict=True)
    )
    total_m = _along_m(region.motorway, region.motorway[-1])
    _draw_carriageway(region, region.motorway, marks)
    _draw_carriageway(region, region.motorway[::-1], [(total_m - mark_m, name, key) for mark_m, name, key in marks])


def _draw_bridges(region: Region) -> None:
    """Mark the streets over the motorway as bridges."""
    for m, n in pairwise(region.motorway):
        for _, key, _ in region.net.crossings(m, n, frozenset()):
            tags = region.net.streets[key].tags
            if ("bridge", "yes") not in tags:
                region.net.retag(key, (*tags, ("bridge", "yes"), ("layer", "1")))


def _middle(region: Region, key: int) -> Point:
    return between(*region.net.ends(key), 0.5)


def _find_bridge(region: Region, near: Point) -> int:
    """Return the bridge over the motorway nearest to a point."""
    bridges = [key for key, street in region.net.streets.items() if ("bridge", "yes") in street.tags]
    return min(
        (key for key in bridges if key not in region.crossing_keys), key=lambda k: distance_m(near, _middle(region, k))
    )


def _along_m(line: list[Point], point: Point) -> float:
    """Return how far along a line the point of it nearest to ``point`` lies (m)."""
    best, passed_m, found_m = float("inf"), 0.0, 0.0
    for a, b in pairwise(line):
        gap_m = point_gap_m(point, a, b)
        if gap_m < best:
            best, found_m = gap_m, passed_m + cosine(direction(a, b), (point[0] - a[0], point[1] - a[1]))
        passed_m += distance_m(a, b)
    return found_m


def _at_m(line: list[Point], along_m: float) -> tuple[Point, Point]:
    """Return the point at a distance along a line, and the direction there."""
    for a, b in pairwise(line):
        length_m = distance_m(a, b)
        if along_m <= length_m:
            return ahead(a, direction(a, b), along_m), direction(a, b)
        along_m -= length_m
    return line[-1], direction(line[-2], line[-1])


def _draw_carriageway(region: Region, line: list[Point], marks: list[tuple[float, str, int]]) -> None:
    """Draw one carriageway to the right of the centre line, its exits and entries."""
    before = -1
    for station in _stations(line, marks):
        point, way = _at_m(line, station.along_m)
        node = region.net.add_node(ahead(point, right_of(way), CARRIAGEWAY_M))
        if before >= 0:
            region.net.add_street(before, node, _motorway_tags(station.along_m), aloft=True)
        before = node
        if station.bridge >= 0:
            _draw_ramp(region, node, station, way)
        if station.leaving:
            region.exits.append((station.exit_name, node))


def _stations(line: list[Point], marks: list[tuple[float, str, int]]) -> list[_Station]:
    """Return the nodes of a carriageway in the direction of travel."""
    ramps = [
        _Station(mark_m + (-RAMP_M if leaving else RAMP_M), bridge, leaving, name)
        for mark_m, name, bridge in marks
        for leaving in (True, False)
    ]
    total_m = _along_m(line, line[-1])
    steps = int(total_m / STEP_M)
    plain = [_Station(total_m * i / steps) for i in range(steps + 1)]
    plain = [s for s in plain if all(abs(s.along_m - ramp.along_m) > 60.0 for ramp in ramps)]
    return sorted(plain + ramps, key=lambda station: station.along_m)


def _motorway_tags(along_m: float) -> Tags:
    """Return the tags of the motorway; its middle third has a speed limit."""
    limit = (("maxspeed", "120"),) if 18_000 < along_m < 30_000 else (("maxspeed", "none"),)
    return (("highway", "motorway"), ("ref", "A 7"), ("oneway", "yes"), *limit, ("surface", "asphalt"))


def _draw_ramp(region: Region, node: int, station: _Station, way: Point) -> None:
    """Draw an exit or entry between the motorway and the crossing road, on the right-hand side."""
    terminal = _find_terminal(region, station.bridge, right_of(way))
    a, b = region.net.points[node], region.net.points[terminal]
    bend = region.net.add_node(ahead(between(a, b, 0.55), right_of(way), 25.0))
    tags = (("highway", "motorway_link"), ("oneway", "yes"), ("surface", "asphalt"))
    order = (node, bend, terminal) if station.leaving else (terminal, bend, node)
    for first, second in pairwise(order):
        region.net.add_street(first, second, tags, aloft=True)


def _find_terminal(region: Region, bridge: int, side: Point) -> int:
    """Return the node of the crossing road next to the bridge on one side of the motorway."""
    street, middle = region.net.streets[bridge], _middle(region, bridge)
    abutment = max((street.a, street.b), key=lambda n: cosine(side, direction(middle, region.net.points[n])))
    outward = direction(middle, region.net.points[abutment])
    beyond = [n for n in region.net.neighbours(abutment) if n != street.other(abutment)]
    return max(beyond, key=lambda n: cosine(outward, direction(region.net.points[abutment], region.net.points[n])))

"""The roads between the places of the sample region: through roads, country roads, the motorway, the crossings."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.sample_facts import Settlement, list_settlements
from rufbus.roads.sample_layout import CROSSINGS, ROUTES, WAYPOINTS
from rufbus.roads.sample_net import StreetNet, Tags
from rufbus.roads.sample_plane import (
    Point,
    ahead,
    between,
    cosine,
    crossing,
    direction,
    distance_m,
    left_of,
    to_plane,
)
from rufbus.roads.sample_water import Obstacles, landings, motorway_line

STEP_M = 260.0
"""Length of the straight pieces of a country road."""
MAX_COUNTRY_ROAD_M = 8500.0
MIN_LEAVING_COSINE = 0.85
"""Country roads leave a place at more than some 30 degrees from any other."""
SHORE_M = 25.0
BRIDGE_M, TERMINAL_M = 40.0, 120.0
"""Half the length of a bridge over the motorway; where its ramps join the crossing road."""
RANKS = ("primary", "secondary", "tertiary", "unclassified")


def chance_for(*names: str) -> random.Random:
    """Return the source of chance of one thing that is drawn; only its ``random()`` is the same in every Python."""
    return random.Random("/".join(names))  # noqa: S311 — a reproducible drawing, never a secret


@dataclass(slots=True)
class Region:
    """The sample region while it is being drawn."""

    settlements: tuple[Settlement, ...]
    motorway: list[Point]
    land: Obstacles
    net: StreetNet = field(default_factory=StreetNet)
    nodes: dict[str, int] = field(default_factory=dict)
    """Node of each place, waypoint and landing by name."""
    crossing_keys: list[int] = field(default_factory=list)
    """The streets that are the crossings of the Schlei."""
    exits: list[tuple[str, int]] = field(default_factory=list)
    """Nodes of the motorway where an exit begins, with the exit's name."""

    def centre(self, index: int) -> Point:
        """Return the centre of a settlement."""
        return self.net.points[self.nodes[self.settlements[index].name]]


def draw_roads() -> Region:
    """Return the region with the roads between the places drawn, but the motorway, and nothing in them."""
    motorway = motorway_line()
    region = Region(list_settlements(), motorway, Obstacles(motorway))
    for settlement in region.settlements:
        region.nodes[settlement.name] = region.net.add_node(to_plane(settlement.lon, settlement.lat))
    for name, (lon, lat) in WAYPOINTS.items():
        region.nodes[name] = region.net.add_node(to_plane(lon, lat))
    for way_over in CROSSINGS:
        for landing in landings(way_over):
            region.nodes[landing.name] = region.net.add_node(landing.point)
    _draw_routes(region)
    _draw_country_roads(region)
    _draw_crossings(region)
    return region


def _draw_routes(region: Region) -> None:
    """Draw the through roads; a pair of places on several routes belongs to the first."""
    drawn: set[tuple[str, str]] = set()
    for rank in RANKS:
        for highway, ref, names in ROUTES:
            for pair in pairwise(names):
                if highway != rank or pair in drawn or (pair[1], pair[0]) in drawn:
                    continue
                drawn.add(pair)
                bends = _find_bends(region, *pair)
                if bends is None:
                    raise InvalidRoads(
                        f"The road from {pair[0]} to {pair[1]} runs into the water: add a waypoint between."
                    )
                region.net.lay(region.nodes[pair[0]], bends, region.nodes[pair[1]], _road_tags(rank, ref, pair))


def _road_tags(highway: str, ref: str, pair: tuple[str, str]) -> Tags:
    """Return the tags of a road outside places; as in real extracts most speeds are left to the defaults."""
    chance = chance_for("tags", *pair)
    tags = [("highway", highway)]
    if ref:
        tags.append(("ref", ref))
    if highway == "primary":
        tags.append(("maxspeed", ("100", "100", "80", "70")[int(4.0 * chance.random())]))
    elif chance.random() < 0.25:
        tags.append(("maxspeed", "70" if highway == "tertiary" else "80"))
    narrow = highway == "unclassified" and chance.random() < 0.25
    tags.append(("surface", "concrete:plates" if narrow else "asphalt"))
    return tuple(tags)


def _find_bends(region: Region, start: str, end: str) -> list[Point] | None:
    """Return the points of a winding road between two places; ``None`` when even the straight one meets water."""
    a, b = region.net.points[region.nodes[start]], region.net.points[region.nodes[end]]
    for sway in (1.0, 0.6, 0.3, 0.0, -0.5, -1.0):
        bends = _with_bridge(_sway(a, b, sway, chance_for("road", start, end)), a, b, region.motorway)
        line = [a, *bends, b]
        if all(region.land.is_dry(p, q, SHORE_M) for p, q in pairwise(line)):
            return bends
    return None


def _sway(a: Point, b: Point, sway: float, chance: random.Random) -> list[Point]:
    """Return points from ``a`` to ``b`` that swing sideways by up to some 8 % of the distance."""
    length_m = distance_m(a, b)
    sideways = left_of(direction(a, b))
    bow, wave = (chance.random() - 0.5) * 0.12 * length_m, (chance.random() - 0.5) * 0.34 * length_m
    count = max(1, int(length_m / STEP_M))
    points = []
    for i in range(1, count):
        t = i / count
        hump = 4.0 * t * (1.0 - t)
        shift_m = sway * hump * (bow + wave * (2.0 * t - 1.0) + (chance.random() - 0.5) * 30.0)
        points.append(ahead(between(a, b, t), sideways, shift_m))
    return points


def _with_bridge(bends: list[Point], a: Point, b: Point, motorway: list[Point]) -> list[Point]:
    """Return the bends with a straight run of fixed length wherever the road crosses the motorway."""
    line = [a, *bends, b]
    straight: list[Point] = []
    spans: list[Point] = []
    for p, q in pairwise(line):
        hits = [hit for m, n in pairwise(motorway) if (hit := crossing(p, q, m, n))]
        if hits:
            centre, way = between(p, q, hits[0][0]), direction(p, q)
            spans.append(centre)
            straight += [ahead(centre, way, reach_m) for reach_m in (-TERMINAL_M, -BRIDGE_M, BRIDGE_M, TERMINAL_M)]
        straight.append(q)
    return [p for p in straight[:-1] if all(_keeps_off(p, centre) for centre in spans)]


def _keeps_off(point: Point, centre: Point) -> bool:
    """Tell whether a bend is one of the bridge's own or far enough from it."""
    gap_m = distance_m(point, centre)
    return abs(gap_m - BRIDGE_M) < 1e-6 or abs(gap_m - TERMINAL_M) < 1e-6 or gap_m > 1.6 * TERMINAL_M


def _draw_country_roads(region: Region) -> None:
    """Join neighbouring places: the Gabriel graph, less what meets water, motorway ends or a road too alike."""
    names = [name for name in region.nodes if not name.startswith("Rand ")]
    for start, end in _gabriel_pairs(region, names):
        if _is_wanted(region, start, end) and (bends := _find_bends(region, start, end)) is not None:
            rank = _country_rank(region, start, end)
            tags = _road_tags(rank, "", (start, end))
            region.net.lay(region.nodes[start], bends, region.nodes[end], tags)


def _gabriel_pairs(region: Region, names: list[str]) -> list[tuple[str, str]]:
    """Return the pairs whose circle over the connecting line holds no third place, shortest first."""
    at = {name: region.net.points[region.nodes[name]] for name in names}
    pairs = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            length_m = distance_m(at[a], at[b])
            if length_m <= MAX_COUNTRY_ROAD_M:
                middle = between(at[a], at[b], 0.5)
                inside = (n for n in names if n not in {a, b} and distance_m(at[n], middle) < length_m / 2)
                if next(inside, None) is None:
                    pairs.append((length_m, a, b))
    return [(a, b) for _, a, b in sorted(pairs)]


def _is_wanted(region: Region, start: str, end: str) -> bool:
    """Tell whether a country road would add something to the roads that are there."""
    a, b = region.nodes[start], region.nodes[end]
    p, q = region.net.points[a], region.net.points[b]
    way, back = direction(p, q), direction(q, p)
    if not region.net.leaves_well(a, way, MIN_LEAVING_COSINE) or not region.net.leaves_well(
        b, back, MIN_LEAVING_COSINE
    ):
        return False
    steep = all(abs(cosine(way, direction(m, n))) < 0.8 for m, n in pairwise(region.motorway) if crossing(p, q, m, n))
    alike = any(
        abs(cosine(way, direction(*region.net.ends(key)))) > 0.8
        for _, key, _ in region.net.crossings(p, q, frozenset({a, b}))
    )
    return steep and not alike


def _country_rank(region: Region, start: str, end: str) -> str:
    """Return the class of a country road: tertiary between larger places."""
    size = {s.name: s.size for s in region.settlements}
    smaller, larger = sorted((size.get(start, 0), size.get(end, 0)))
    return "tertiary" if smaller >= 600 or larger >= 2500 else "unclassified"


def _draw_crossings(region: Region) -> None:
    for way_over in CROSSINGS:
        first, second = (region.nodes[name] for name in way_over.banks)
        region.crossing_keys.append(region.net.add_street(first, second, way_over.tags, aloft=True))

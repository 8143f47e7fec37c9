"""The streets inside the places of the sample region: grown outwards from the main roads, one street at a time."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from rufbus.roads.sample_net import RURAL, Tags
from rufbus.roads.sample_plane import (
    Point,
    ahead,
    between,
    cosine,
    direction,
    distance_m,
    left_of,
    right_of,
    turned,
)
from rufbus.roads.sample_roads import Region, chance_for

GAP_M = 34.0
"""Streets that do not meet keep this far apart."""
SNAP_M = 40.0
"""A street that ends this near to another goes on to meet it."""
MIN_STREET_M = 45.0
MAX_COSINE = 0.72
"""Streets meet at more than some 44 degrees."""
MAIN_STEP_M = 105.0
SHORE_M = 45.0
MOTORWAY_M = 170.0

STEMS = (
    "Birken", "Eichen", "Buchen", "Linden", "Kastanien", "Ahorn", "Erlen", "Flieder", "Rosen", "Tulpen", "Lerchen",
    "Amsel", "Drossel", "Möwen", "Schwalben", "Kiebitz", "Fasanen", "Wiesen", "Feld", "Wald", "Mühlen", "Bach",
    "Teich", "Moor", "Heide", "Koppel", "Hasel", "Weiden", "Holunder", "Ginster", "Reiher", "Storchen", "Ziegelei",
    "Meierei", "Garten", "Kirschen", "Apfel", "Schlehen", "Finken", "Meisen", "Stein", "Sand", "Knick", "Hünen",
)  # fmt: skip
ENDINGS = ("weg", "straße", "ring", "kamp", "stieg", "allee", "redder", "gang", "winkel", "bogen")
FIRST_NAMES = ("Schulstraße", "Kirchenweg", "Mühlenstraße", "Am Sportplatz", "Neue Straße", "Zum Dorfteich")


@dataclass(order=True, slots=True)
class _Shoot:
    """A street that may grow on from a node."""

    rank: float
    number: int
    node: int = field(compare=False)
    way: Point = field(compare=False)
    name: str = field(compare=False)


def radius_m(size: int) -> float:
    """Return how far a place of ``size`` inhabitants reaches from its centre (m)."""
    return 130.0 + 8.5 * math.sqrt(size)


def street_count(size: int) -> int:
    """Return how many pieces of street a place of ``size`` inhabitants has besides its main roads."""
    return int(3.0 + 0.55 * math.sqrt(size) + size / 75.0)


def draw_streets(region: Region) -> None:
    """Draw the streets of all places, then those of scattered farms and hamlets."""
    for index in range(len(region.settlements)):
        _name_main_roads(region, index)
    for index in range(len(region.settlements)):
        _Growth(region, index).grow()
    _draw_outliers(region)


def _name_main_roads(region: Region, index: int) -> None:
    """Give the roads through a place names and a speed limit, and cut them to where side streets can begin."""
    settlement, centre = region.settlements[index], region.centre(index)
    reach_m = 0.85 * radius_m(settlement.size)
    inside = [
        key
        for key in region.net.near(centre, centre, reach_m)
        if distance_m(between(*region.net.ends(key), 0.5), centre) < reach_m + 60.0
        and region.net.streets[key].place == RURAL
        and ("bridge", "yes") not in region.net.streets[key].tags
    ]
    for key in inside:
        street = region.net.streets[key]
        kept = tuple(tag for tag in street.tags if tag[0] not in {"maxspeed", "surface", "name"})
        name = _main_name(region, index, between(*region.net.ends(key), 0.5))
        tags = (*kept, ("name", name), ("maxspeed", "50"), ("surface", "asphalt"))
        region.net.retag(key, tags, index)
        _cut(region, key)


def _cut(region: Region, key: int) -> None:
    """Cut a street into pieces of at most some 100 m."""
    a, b = region.net.ends(key)
    pieces = max(1, round(distance_m(a, b) / MAIN_STEP_M))
    for i in range(1, pieces):
        node = region.net.split(key, between(a, b, i / pieces))
        key = region.net.at[node][-1]


def _main_name(region: Region, index: int, point: Point) -> str:
    """Return the name of a main road: after the town that lies in its direction, in small places one name for all."""
    size, centre = region.settlements[index].size, region.centre(index)
    if size < 900:
        return "Dorfstraße"
    way = direction(centre, point)
    if cosine(way, (0.8, 0.6)) > 0.55:
        return "Hauptstraße"
    far = [
        s.name
        for s in region.settlements
        if s.size > 2000 and "-" not in s.name and distance_m(centre, region.net.points[region.nodes[s.name]]) > 2500.0
    ]
    town = max(far, key=lambda name: _pull(centre, way, region.net.points[region.nodes[name]]))
    return f"{town_adjective(town)} Straße"


def _pull(centre: Point, way: Point, town: Point) -> float:
    """Return how well a town lies in a direction, near ones first."""
    return cosine(way, direction(centre, town)) - distance_m(centre, town) / 40_000.0


def town_adjective(town: str) -> str:
    """Return the form of a town's name before *Straße*."""
    return f"{town}r" if town.endswith("e") else f"{town}er"


def _names(region: Region, index: int) -> Iterator[str]:
    """Yield street names of a place, each once."""
    chance = chance_for("names", region.settlements[index].name)
    yield from sorted(FIRST_NAMES, key=lambda _: chance.random())
    pairs = [(chance.random(), stem + ending) for stem in STEMS for ending in ENDINGS]
    yield from (name for _, name in sorted(pairs))
    number = 1
    while True:
        yield f"Straße {number}"
        number += 1


class _Growth:
    """The streets of one place while they grow."""

    def __init__(self, region: Region, index: int) -> None:
        self.region, self.net, self.index = region, region.net, index
        self.centre, self.size = region.centre(index), region.settlements[index].size
        self.chance = chance_for("streets", region.settlements[index].name)
        self.names = _names(region, index)
        self.shoots: list[_Shoot] = []
        self.numbers = 0

    def grow(self) -> None:
        """Draw streets, the innermost first, until the place has as many as its size asks for."""
        for node in self._main_nodes():
            self._sprout_from_main(node)
        wanted = street_count(self.size)
        while self.shoots and wanted > 0:
            shoot = heapq.heappop(self.shoots)
            known, length_m = len(self.net.points), 75.0 + 65.0 * self.chance.random()
            tags = self._tags(shoot)
            reached = draw_street(self.region, shoot.node, shoot.way, length_m, tags=tags, place=self.index)
            if reached is None:
                continue
            wanted -= 1
            if reached >= known and len(self.net.at[reached]) == 1:
                self._go_on(reached, shoot)

    def _main_nodes(self) -> list[int]:
        keys = self.net.near(self.centre, self.centre, radius_m(self.size))
        nodes = {n: None for k in keys if self.net.streets[k].place == self.index for n in self._ends(k)}
        return [n for n in sorted(nodes) if distance_m(self.net.points[n], self.centre) > 50.0]

    def _ends(self, key: int) -> tuple[int, int]:
        return self.net.streets[key].a, self.net.streets[key].b

    def _sprout_from_main(self, node: int) -> None:
        along = direction(self.net.points[node], self.net.points[self.net.neighbours(node)[0]])
        for side in (left_of(along), right_of(along)):
            self._push(node, turned(side, 0.3 * (self.chance.random() - 0.5)), next(self.names))

    def _go_on(self, node: int, shoot: _Shoot) -> None:
        """Let a street grow straight on, and side streets out of it."""
        if self.chance.random() < 0.88:
            self._push(node, turned(shoot.way, 0.5 * (self.chance.random() - 0.5)), shoot.name)
        for side in (left_of(shoot.way), right_of(shoot.way)):
            if self.chance.random() < 0.5:
                self._push(node, turned(side, 0.3 * (self.chance.random() - 0.5)), next(self.names))

    def _push(self, node: int, way: Point, name: str) -> None:
        goal = ahead(self.net.points[node], way, 100.0)
        rank = distance_m(goal, self.centre) + 0.5 * radius_m(self.size) * self.chance.random()
        self.numbers += 1
        heapq.heappush(self.shoots, _Shoot(rank, self.numbers, node, way, name))

    def _tags(self, shoot: _Shoot) -> Tags:
        slow = chance_for("zone", self.region.settlements[self.index].name, shoot.name).random() < 0.45
        speed = (("maxspeed", "30"),) if slow else ()
        return (("highway", "residential"), ("name", shoot.name), *speed)


def draw_street(region: Region, start: int, way: Point, length_m: float, *, tags: Tags, place: int) -> int | None:
    """Draw one piece of street from a node if there is room; return the node where it ends.

    It goes on a little to meet a street or junction ahead, and keeps its distance from all others.
    """
    net, here = region.net, region.net.points[start]
    if not net.leaves_well(start, way, MAX_COSINE):
        return None
    goal = ahead(here, way, length_m)
    target = _find_junction(region, start, goal)
    if target is None:
        hits = net.crossings(here, ahead(here, way, length_m + SNAP_M), frozenset({start}))
        if hits:
            return _draw_up_to(region, start, way, hits[0], tags=tags, place=place)
    elif not _meets_well(region, start, target):
        return None
    end = goal if target is None else net.points[target]
    skip = frozenset({start} if target is None else {start, target})
    if not _has_room(region, here, end, skip):
        return None
    target = net.add_node(end) if target is None else target
    net.add_street(start, target, tags, place)
    return target


def _find_junction(region: Region, start: int, goal: Point) -> int | None:
    """Return the junction nearest to where a street would end, or ``None``."""
    net = region.net
    nodes = {n for key in net.near(goal, goal, SNAP_M) for n in (net.streets[key].a, net.streets[key].b)}
    gaps = [(distance_m(goal, net.points[n]), n) for n in nodes - {start}]
    gap_m, node = min(gaps, default=(SNAP_M, start))
    return node if gap_m < SNAP_M else None


def _meets_well(region: Region, start: int, target: int) -> bool:
    net = region.net
    way = direction(net.points[start], net.points[target])
    return (
        target not in net.neighbours(start)
        and distance_m(net.points[start], net.points[target]) >= MIN_STREET_M
        and net.leaves_well(start, way, MAX_COSINE)
        and net.leaves_well(target, (-way[0], -way[1]), MAX_COSINE)
    )


def _draw_up_to(
    region: Region, start: int, way: Point, hit: tuple[float, int, float], *, tags: Tags, place: int
) -> int | None:
    """Draw a street that ends in a junction on a street ahead."""
    net, key = region.net, hit[1]
    a, b = net.ends(key)
    point, here = between(a, b, hit[2]), net.points[start]
    street = net.streets[key]
    near_end = min((street.a, street.b), key=lambda n: distance_m(point, net.points[n]))
    if distance_m(here, point) < MIN_STREET_M or "bridge" in dict(street.tags):
        return None
    if distance_m(point, net.points[near_end]) < GAP_M:
        if not _meets_well(region, start, near_end):
            return None
        end, skip = net.points[near_end], frozenset({start, near_end})
    else:
        if abs(cosine(way, direction(a, b))) > MAX_COSINE:
            return None
        end, skip = point, frozenset({start, street.a, street.b})
        near_end = -1
    if not _has_room(region, here, end, skip):
        return None
    target = net.split(key, end) if near_end < 0 else near_end
    net.add_street(start, target, tags, place)
    return target


def _has_room(region: Region, a: Point, b: Point, skip: frozenset[int]) -> bool:
    """Tell whether a street would keep off the water, the motorway and all streets it does not meet."""
    return (
        region.land.is_dry(a, b, SHORE_M)
        and region.land.is_off_motorway(a, b, MOTORWAY_M)
        and region.net.is_clear(a, b, GAP_M, skip)
    )


def _draw_outliers(region: Region) -> None:
    """Draw hamlets, farm roads and field tracks along the country roads."""
    chance = chance_for("outliers")
    for node in range(len(region.net.at)):
        keys = region.net.at[node]
        rural = all(region.net.streets[k].place == RURAL and _is_plain(region, k) for k in keys)
        if len(keys) == 2 and rural and chance.random() < 0.24:
            _draw_outlier(region, node, chance)


def _is_plain(region: Region, key: int) -> bool:
    """Tell whether farm roads may leave a street."""
    street = region.net.streets[key]
    return street.get("highway") in {"secondary", "tertiary", "unclassified"} and not street.get("bridge")


def _draw_outlier(region: Region, node: int, chance: random.Random) -> None:
    along = direction(region.net.points[node], region.net.points[region.net.neighbours(node)[0]])
    way = turned(left_of(along) if chance.random() < 0.5 else right_of(along), 0.8 * (chance.random() - 0.5))
    kinds: tuple[Tags, ...] = (
        (("highway", "track"), ("tracktype", "grade3"), ("surface", "gravel")),
        (("highway", "track"), ("tracktype", "grade2"), ("surface", "compacted")),
        (("highway", "service"), ("service", "driveway")),
        (("highway", "unclassified"), ("surface", "asphalt")),
    )
    tags = kinds[int(chance.random() * len(kinds))]
    here = node
    for _ in range(1 + int(chance.random() * 3)):
        known = len(region.net.points)
        reached = draw_street(region, here, way, 90.0 + 120.0 * chance.random(), tags=tags, place=RURAL)
        if reached is None or reached < known or len(region.net.at[reached]) != 1:
            return
        here, way = reached, turned(way, 0.6 * (chance.random() - 0.5))

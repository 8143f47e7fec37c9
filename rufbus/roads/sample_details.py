"""What makes the sample's roads awkward, as real ones are: roundabouts, one-ways, closures, forbidden turns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from rufbus.roads.sample_layout import ROUNDABOUTS
from rufbus.roads.sample_net import RURAL, Tags
from rufbus.roads.sample_plane import Point, ahead, bearing, between, cosine, direction, distance_m
from rufbus.roads.sample_roads import RANKS, Region

RING_M = 19.0
ONE_WAYS = {"Flensburg": 5, "Flensburg-Nordstadt": 3, "Schleswig": 4, "Kappeln": 2, "Süderbrarup": 1}
PEDESTRIAN = {"Flensburg": "Holm", "Schleswig": "Stadtweg"}
BOLLARDS = ("Tarp", "Kropp", "Harrislee", "Schleswig-Friedrichsberg")
TURNS = ("Schleswig", "Flensburg-Weiche", "Flensburg-Engelsby", "Kappeln", "Süderbrarup", "Harrislee", "Tarp", "Sörup")
DRIVABLE = frozenset((*RANKS, "residential", "living_street"))
MAX_ROUND_M = 900.0


@dataclass(frozen=True, slots=True)
class Restriction:
    """A forbidden turn."""

    kind: str
    from_street: int
    via_node: int
    to_street: int


@dataclass(slots=True)
class Details:
    """What lies on the roads besides their shape."""

    barriers: dict[int, Tags] = field(default_factory=dict)
    """Tags of nodes."""
    restrictions: list[Restriction] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)
    """Streets that must stay open both ways, because a closure elsewhere relies on them."""


def add_details(region: Region) -> Details:
    """Change the finished net and return what lies on it; every place stays within reach of every other."""
    details = Details()
    index = {settlement.name: i for i, settlement in enumerate(region.settlements)}
    for name in ROUNDABOUTS:
        _build_roundabout(region, region.nodes[name])
    _mark_quiet_streets(region)
    for name, street_name in PEDESTRIAN.items():
        for key in _closable(region, details, index[name])[:1]:
            _close(region, details, key, (("highway", "pedestrian"), ("name", street_name), ("surface", "sett")))
    for name, count in ONE_WAYS.items():
        _make_one_ways(region, details, index[name], count)
    for name in BOLLARDS:
        _set_bollard(region, details, index[name])
    for name in TURNS:
        _forbid_turn(region, details, index[name])
    _set_gates(region, details)
    return details


def _build_roundabout(region: Region, node: int) -> None:
    """Replace a junction by a ring, driven counter-clockwise."""
    net, centre = region.net, region.net.points[node]
    ranks = [net.streets[key].get("highway") for key in net.at[node]]
    highway = next(rank for rank in RANKS if rank in ranks)
    arms: list[tuple[float, int]] = []
    for key in list(net.at[node]):
        way = direction(centre, net.points[net.streets[key].other(node)])
        arms.append((bearing(way), net.split(key, ahead(centre, way, RING_M))))
    for key in list(net.at[node]):
        net.remove(key)
    arms.sort()
    tags = (("highway", highway), ("junction", "roundabout"), ("oneway", "yes"), ("surface", "asphalt"))
    place = next(i for i, s in enumerate(region.settlements) if region.nodes[s.name] == node)
    for (_, first), (_, second) in zip(arms, [*arms[1:], arms[0]], strict=True):
        here = first
        for way in _arc(direction(centre, net.points[first]), direction(centre, net.points[second])):
            bend = net.add_node(ahead(centre, way, RING_M))
            net.add_street(here, bend, tags, place)
            here = bend
        net.add_street(here, second, tags, place)


def _arc(first: Point, second: Point) -> list[Point]:
    """Return unit vectors between two others, counter-clockwise, so that neighbours are less than 60 degrees apart."""
    turn = first[0] * second[1] - first[1] * second[0]
    if turn > 0.0 and cosine(first, second) > 0.5:
        return []
    half = direction((0.0, 0.0), (first[0] + second[0], first[1] + second[1]))
    if abs(turn) < 0.05:
        half = (-first[1], first[0])
    elif turn < 0.0:
        half = (-half[0], -half[1])
    return [*_arc(first, half), half, *_arc(half, second)]


def _mark_quiet_streets(region: Region) -> None:
    """Make every fourth dead end a living street."""
    net, count = region.net, 0
    for key, street in list(net.streets.items()):
        if street.get("highway") == "residential" and (len(net.at[street.a]) == 1 or len(net.at[street.b]) == 1):
            count += 1
            if count % 4 == 0:
                net.retag(key, (("highway", "living_street"), ("name", street.get("name"))))


def _closable(region: Region, details: Details, place: int) -> list[int]:
    """Return the residential streets of a place that can be closed, those nearest to its centre first."""
    net, centre = region.net, region.centre(place)
    own = [key for key, street in net.streets.items() if street.place == place and key not in details.kept]
    own = [
        key
        for key in own
        if net.streets[key].get("highway") == "residential"
        and not net.streets[key].get("oneway")
        and min(len(net.at[net.streets[key].a]), len(net.at[net.streets[key].b])) >= 3
        and find_way_round(region, details, key) is not None
    ]
    return sorted(own, key=lambda key: (distance_m(centre, between(*net.ends(key), 0.5)), key))


def find_way_round(region: Region, details: Details, closed: int) -> list[int] | None:
    """Return two-way streets that join the ends of a street without it, ``None`` when there are none nearby."""
    net, start, goal = region.net, region.net.streets[closed].a, region.net.streets[closed].b
    came: dict[int, tuple[int, int]] = {start: (-1, -1)}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        if node == goal:
            return _trace(came, goal)
        for key in net.at[node]:
            street = net.streets[key]
            after = street.other(node)
            open_both_ways = street.get("highway") in DRIVABLE and not street.get("oneway")
            near = distance_m(net.points[start], net.points[after]) < MAX_ROUND_M
            if key != closed and after not in came and open_both_ways and near and after not in details.barriers:
                came[after] = (node, key)
                queue.append(after)
    return None


def _trace(came: dict[int, tuple[int, int]], goal: int) -> list[int]:
    keys = []
    node, key = came[goal]
    while key >= 0:
        keys.append(key)
        node, key = came[node]
    return keys


def _close(region: Region, details: Details, key: int, tags: Tags) -> None:
    """Give a street other tags and keep a way round it open."""
    details.kept.update(find_way_round(region, details, key) or [])
    details.kept.add(key)
    region.net.retag(key, tags)


def _make_one_ways(region: Region, details: Details, place: int, count: int) -> None:
    """Make some streets of a place one-way, one of them against the order of its nodes."""
    for i in range(count):
        key = _closable(region, details, place)[0]
        value = "-1" if i == 1 else "yes"
        _close(region, details, key, (*region.net.streets[key].tags, ("oneway", value)))


def _set_bollard(region: Region, details: Details, place: int) -> None:
    """Put a bollard in the middle of a street."""
    key = _closable(region, details, place)[0]
    details.kept.update(find_way_round(region, details, key) or [])
    node = region.net.split(key, between(*region.net.ends(key), 0.5))
    details.barriers[node] = (("barrier", "bollard"), ("motor_vehicle", "no"), ("foot", "yes"), ("bicycle", "yes"))
    details.kept.update(region.net.at[node])


def _forbid_turn(region: Region, details: Details, place: int) -> None:
    """Forbid the turn out of a main road into a side street that can be reached otherwise."""
    net = region.net
    for key in _closable(region, details, place):
        street = net.streets[key]
        for via in (street.a, street.b):
            main = [k for k in net.at[via] if net.streets[k].get("highway") in RANKS]
            if len(main) == 2 and not any(net.streets[k].get("oneway") for k in main):
                details.kept.update([*(find_way_round(region, details, key) or []), *main, key])
                details.restrictions.append(Restriction(_turn_kind(region, main[0], via, key), main[0], via, key))
                return


def _turn_kind(region: Region, first: int, via: int, second: int) -> str:
    net, at = region.net, region.net.points[via]
    into = direction(net.points[net.streets[first].other(via)], at)
    out = direction(at, net.points[net.streets[second].other(via)])
    return "no_left_turn" if into[0] * out[1] - into[1] * out[0] > 0.0 else "no_right_turn"


def _set_gates(region: Region, details: Details) -> None:
    """Put a gate on every third field track, and close every second driveway to strangers."""
    net = region.net
    tracks = [key for key, street in net.streets.items() if street.get("highway") == "track"]
    for key in _dead_ends(region, tracks)[::3]:
        node = net.split(key, between(*net.ends(key), 0.3))
        details.barriers[node] = (("barrier", "gate"), ("access", "private"))
    drives = [key for key, street in net.streets.items() if street.get("service") == "driveway"]
    for key in _dead_ends(region, drives)[::2]:
        net.retag(key, (*net.streets[key].tags, ("access", "private")))


def _dead_ends(region: Region, keys: Iterable[int]) -> list[int]:
    """Return those of the rural streets that lead nowhere."""
    streets = region.net.streets
    return [k for k in keys if len(region.net.at[streets[k].b]) == 1 and streets[k].place == RURAL]

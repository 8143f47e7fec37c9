"""The sample region as an OpenStreetMap file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from rufbus.roads.sample_details import Details
from rufbus.roads.sample_facts import CAPITALS, OTHER_NAMES, TOWN_PARTS
from rufbus.roads.sample_net import StreetNet, Tags
from rufbus.roads.sample_plane import Point, cosine, degrees, direction, to_micro
from rufbus.roads.sample_roads import Region
from rufbus.roads.sample_stops import Landmark, SampleStop
from rufbus.roads.sample_water import coasts, schlei_ring

LABEL = (
    "Synthetic sketch, not survey data. Streets, stops and landmarks are invented by rufbus.roads.sample around "
    "rounded facts; nothing here is copied from OpenStreetMap. Never use it to find a way."
)
STRAIGHT = 0.3
"""A way goes on through a junction where it turns by less than some 70 degrees."""


class _Writer:
    """Numbers the objects and collects their lines."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.ways: list[str] = []
        self.relations: list[str] = []

    def add_node(self, point: Point, tags: Iterable[tuple[str, str]] = ()) -> int:
        lon, lat = to_micro(point)
        number = len(self.nodes) + 1
        head = f'<node id="{number}" lat="{degrees(lat)}" lon="{degrees(lon)}"'
        self.nodes.append(_element(head, _tag_lines(tags), "node"))
        return number

    def add_way(self, refs: Iterable[int], tags: Iterable[tuple[str, str]]) -> int:
        number = len(self.ways) + 1
        lines = [f'<nd ref="{ref}"/>' for ref in refs]
        self.ways.append(_element(f'<way id="{number}"', lines + _tag_lines(tags), "way"))
        return number

    def add_restriction(self, kind: str, from_way: int, via: int, to_way: int) -> None:
        lines = [
            f'<member type="way" ref="{from_way}" role="from"/>',
            f'<member type="node" ref="{via}" role="via"/>',
            f'<member type="way" ref="{to_way}" role="to"/>',
            *_tag_lines((("type", "restriction"), ("restriction", kind))),
        ]
        number = len(self.relations) + 1
        self.relations.append(_element(f'<relation id="{number}"', lines, "relation"))

    def text(self) -> str:
        head = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<!-- {LABEL} -->",
            '<osm version="0.6" generator="rufbus.roads.sample (synthetic sketch, not survey data)">',
            f"<note>{LABEL}</note>",
        ]
        return "\n".join([*head, *self.nodes, *self.ways, *self.relations, "</osm>", ""])


def _element(head: str, lines: list[str], name: str) -> str:
    return "\n".join([f"{head}>", *lines, f"</{name}>"]) if lines else f"{head}/>"


def _tag_lines(tags: Iterable[tuple[str, str]]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags]


def to_osm(region: Region, details: Details, stops: list[SampleStop], landmarks: list[Landmark]) -> str:
    """Return the region as OpenStreetMap XML."""
    writer = _Writer()
    ways = list(_ways(region.net, {restriction.via_node for restriction in details.restrictions}))
    ids = _write_road_nodes(writer, region, details, ways)
    way_of: dict[int, int] = {}
    for keys, nodes in ways:
        number = writer.add_way([ids[node] for node in nodes], region.net.streets[keys[0]].tags)
        way_of.update(dict.fromkeys(keys, number))
    for one in details.restrictions:
        writer.add_restriction(one.kind, way_of[one.from_street], ids[one.via_node], way_of[one.to_street])
    _write_places(writer, region)
    for stop in stops:
        writer.add_node(stop.point, _stop_tags(stop))
    for landmark in landmarks:
        writer.add_node(landmark.point, (*landmark.tags, ("name", landmark.name)))
    _write_water(writer)
    return writer.text()


def _stop_tags(stop: SampleStop) -> Tags:
    name = stop.name.removesuffix(" (gegenüber)")
    return (("highway", "bus_stop"), ("public_transport", "platform"), ("bus", "yes"), ("name", name), ("ref", stop.id))


def _write_road_nodes(
    writer: _Writer, region: Region, details: Details, ways: list[tuple[list[int], list[int]]]
) -> dict[int, int]:
    """Write the nodes of all ways; return their numbers."""
    tags = dict(details.barriers)
    tags |= {node: (("highway", "motorway_junction"), ("name", name)) for name, node in region.exits}
    used = sorted({node for _, nodes in ways for node in nodes})
    return {node: writer.add_node(region.net.points[node], tags.get(node, ())) for node in used}


def _ways(net: StreetNet, breaks: set[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the streets strung together to ways, as their keys and nodes; a way ends at each node in ``breaks``."""
    used: set[int] = set()
    for key in net.streets:
        if key in used:
            continue
        used.add(key)
        keys, nodes = [key], [net.streets[key].a, net.streets[key].b]
        _extend(net, keys, nodes, used, breaks, forward=True)
        _extend(net, keys, nodes, used, breaks, forward=False)
        yield keys, nodes


def _extend(
    net: StreetNet, keys: list[int], nodes: list[int], used: set[int], breaks: set[int], *, forward: bool
) -> None:
    """Lengthen a way at one end while a street with the same tags goes on."""
    while True:
        end, before, last = (nodes[-1], nodes[-2], keys[-1]) if forward else (nodes[0], nodes[1], keys[0])
        following = None if end in breaks else _next_street(net, last, end, before, used, forward=forward)
        if following is None or net.streets[following].other(end) in nodes:
            return
        used.add(following)
        position = len(keys) if forward else 0
        keys.insert(position, following)
        nodes.insert(len(nodes) if forward else 0, net.streets[following].other(end))


def _next_street(net: StreetNet, last: int, end: int, before: int, used: set[int], *, forward: bool) -> int | None:
    """Return the unused street with the same tags that goes on straightest, or ``None``."""
    way, best, straightest = direction(net.points[before], net.points[end]), None, STRAIGHT
    for key in net.at[end]:
        street = net.streets[key]
        if key in used or street.tags != net.streets[last].tags:
            continue
        if street.get("oneway") and (street.a if forward else street.b) != end:
            continue
        ring = bool(street.get("junction"))
        bend = 1.0 if ring else cosine(way, direction(net.points[end], net.points[street.other(end)]))
        if bend > straightest:
            best, straightest = key, bend
    return best


def _write_places(writer: _Writer, region: Region) -> None:
    parts = {row[0]: town for town, rows in TOWN_PARTS.items() for row in rows}
    for index, settlement in enumerate(region.settlements):
        kind = _place_kind(settlement.name, settlement.size, is_part=parts.get(settlement.name, "") != "")
        tags = [("place", kind), ("name", settlement.name)]
        if settlement.name in OTHER_NAMES:
            danish, low_german = OTHER_NAMES[settlement.name]
            tags += [("name:da", danish), ("name:nds", low_german)]
        if settlement.inside and settlement.name not in parts:
            tags.append(("population", str(settlement.size)))
        writer.add_node(region.centre(index), tags)


def _place_kind(name: str, size: int, *, is_part: bool) -> str:
    if name == "Flensburg":
        return "city"
    if name in CAPITALS or (size >= 5000 and not is_part):
        return "town"
    if is_part and name != "Handewitt":
        return "suburb"
    return "village" if size >= 200 else "hamlet"


def _write_water(writer: _Writer) -> None:
    ring = [writer.add_node(point) for point in schlei_ring()]
    writer.add_way([*ring, ring[0]], (("natural", "water"), ("water", "fjord"), ("name", "Schlei")))
    for line in coasts():
        writer.add_way([writer.add_node(point) for point in line], (("natural", "coastline"),))

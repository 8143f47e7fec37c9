"""Small OpenStreetMap files written by hand, for tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from rufbus.domain.place import EARTH_RADIUS_M
from rufbus.roads.graph import RoadGraph
from rufbus.roads.osm import read_roads
from rufbus.roads.report import ImportReport

DEGREES_PER_M = 180 / 3.141592653589793 / EARTH_RADIUS_M


@dataclass
class OsmText:
    """Collects nodes (placed in metres around lon 0, lat 0), ways and relations."""

    nodes: dict[int, tuple[float, float, dict[str, str]]] = field(default_factory=dict)
    ways: dict[int, tuple[Sequence[int], dict[str, str]]] = field(default_factory=dict)
    relations: dict[int, tuple[Sequence[tuple[str, int, str]], dict[str, str]]] = field(default_factory=dict)

    def node(self, number: int, x_m: float, y_m: float, **tags: str) -> int:
        self.nodes[number] = (x_m, y_m, tags)
        return number

    def way(self, number: int, nodes: Sequence[int], tags: dict[str, str]) -> int:
        self.ways[number] = (nodes, tags)
        return number

    def relation(self, members: Sequence[tuple[str, int, str]], tags: dict[str, str]) -> int:
        number = 900 + len(self.relations)
        self.relations[number] = (members, tags)
        return number

    def restriction(self, kind: str, start: int, via: int | Sequence[int], end: int, **tags: str) -> int:
        """Add a restriction between ways; ``via`` is a node, or a sequence of ways."""
        middle = [("node", via, "via")] if isinstance(via, int) else [("way", way, "via") for way in via]
        members = [("way", start, "from"), *middle, ("way", end, "to")]
        return self.relation(members, {"type": "restriction", "restriction": kind, **tags})

    def text(self) -> str:
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="hand">']
        for number, (x_m, y_m, tags) in sorted(self.nodes.items()):
            place = f'lat="{y_m * DEGREES_PER_M:.7f}" lon="{x_m * DEGREES_PER_M:.7f}"'
            lines += [f'<node id="{number}" version="1" {place}>', *_tags(tags), "</node>"]
        for number, (refs, tags) in sorted(self.ways.items()):
            lines += [
                f'<way id="{number}" version="1">',
                *(f'<nd ref="{ref}"/>' for ref in refs),
                *_tags(tags),
                "</way>",
            ]
        for number, (members, tags) in sorted(self.relations.items()):
            inside = [f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members]
            lines += [f'<relation id="{number}" version="1">', *inside, *_tags(tags), "</relation>"]
        return "\n".join([*lines, "</osm>"])

    def write(self, folder: Path, name: str = "map.osm") -> Path:
        path = folder / name
        path.write_text(self.text(), encoding="utf-8")
        return path

    def read(self, folder: Path, reference: dt.datetime | None = None) -> tuple[RoadGraph, ImportReport]:
        return read_roads(self.write(folder), reference=reference)


def _tags(tags: dict[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def ring() -> OsmText:
    """A square of 1 km, nodes 1 to 4, that is always open: way 10."""
    text = OsmText()
    for number, (x_m, y_m) in enumerate([(0, 0), (1000, 0), (1000, 1000), (0, 1000)], 1):
        text.node(number, x_m, y_m)
    text.way(10, [1, 2, 3, 4, 1], {"highway": "unclassified"})
    return text


def drives(graph: RoadGraph, way: int | None = None) -> list[tuple[int, int]]:
    """The directed edges of a way, or of all, as pairs of OpenStreetMap nodes."""
    ids = graph.node_osm_id
    return sorted(
        (int(ids[graph.edge_from[edge]]), int(ids[graph.edge_to[edge]]))
        for edge in range(graph.edge_count)
        if way is None or graph.edge_way[edge] == way
    )


def node_paths(graph: RoadGraph) -> set[tuple[int, ...]]:
    """The forbidden sequences as the OpenStreetMap nodes they pass."""
    ids = graph.node_osm_id
    return {
        (int(ids[graph.edge_from[path[0]]]), *(int(ids[graph.edge_to[edge]]) for edge in path))
        for path in graph.forbidden
    }


def kmh_of(graph: RoadGraph, way: int) -> list[float]:
    """The driven speeds of a way's edges, rounded to tenths."""
    edges = [edge for edge in range(graph.edge_count) if graph.edge_way[edge] == way]
    return [round(float(graph.edge_length_m[edge]) / float(graph.edge_ms[edge]) * 3600, 1) for edge in edges]

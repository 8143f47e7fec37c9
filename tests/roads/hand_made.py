"""Road graphs made by hand or by chance, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from rufbus.domain.place import EARTH_RADIUS_M, Place
from rufbus.roads.graph import BOTH_SIDES, STOPPABLE, RoadGraph
from rufbus.roads.profile import ROAD_CLASSES

QUIET = STOPPABLE | BOTH_SIDES
ORIGIN = Place(9.55, 54.5)
CLASS_OF = {each.name: number for number, each in enumerate(ROAD_CLASSES)}


def at(x_m: float, y_m: float) -> Place:
    """The place so many metres east and north of the origin."""
    lat = ORIGIN.lat + np.degrees(y_m / EARTH_RADIUS_M)
    lon = ORIGIN.lon + np.degrees(x_m / EARTH_RADIUS_M) / np.cos(np.radians(ORIGIN.lat))
    return Place(float(lon), float(lat))


@dataclass
class RoadBuilder:
    """Collects roads between junctions given in metres."""

    nodes: list[tuple[float, float]] = field(default_factory=list)
    edges: list[dict] = field(default_factory=list)
    names: list[str] = field(default_factory=lambda: [""])
    forbidden: list[tuple[int, ...]] = field(default_factory=list)

    def node(self, x_m: float, y_m: float) -> int:
        self.nodes.append((x_m, y_m))
        return len(self.nodes) - 1

    def road(
        self,
        a: int,
        b: int,
        *,
        via: Sequence[tuple[float, float]] = (),
        name: str = "",
        flags: int = QUIET,
        road_class: str = "residential",
        ms: int | None = None,
        oneway: bool = False,
    ) -> int:
        """Add a road and return the edge from ``a`` to ``b``; the edge back is the next one."""
        if name not in self.names:
            self.names.append(name)
        points = [self.nodes[a], *via, self.nodes[b]]
        length = float(sum(np.hypot(q[0] - p[0], q[1] - p[1]) for p, q in pairwise(points)))
        edge = {
            "points": points,
            "from": a,
            "to": b,
            "length": length,
            "name": self.names.index(name),
            "flags": flags,
            "class": CLASS_OF[road_class],
            "ms": ms if ms is not None else max(1, round(length * 100)),
            "twin": -1,
            "way": 1000 + len(self.edges),
        }
        number = len(self.edges)
        self.edges.append(edge)
        if not oneway:
            edge["twin"] = number + 1
            self.edges.append({**edge, "points": points[::-1], "from": b, "to": a, "twin": number})
        return number

    def build(self) -> RoadGraph:
        nodes = [at(*node) for node in self.nodes]
        shapes = [[at(*point) for point in edge["points"]] for edge in self.edges]
        column = lambda name, dtype: np.array([edge[name] for edge in self.edges], dtype=dtype)  # noqa: E731
        return RoadGraph(
            node_lon=np.array([p.lon for p in nodes]),
            node_lat=np.array([p.lat for p in nodes]),
            node_osm_id=np.arange(len(nodes), dtype=np.int64) + 1,
            edge_from=column("from", np.int32),
            edge_to=column("to", np.int32),
            edge_ms=column("ms", np.int32),
            edge_length_m=column("length", np.float32),
            edge_class=column("class", np.uint8),
            edge_flags=column("flags", np.uint8),
            edge_name=column("name", np.int32),
            way_start=np.arange(len(self.edges) + 1, dtype=np.int64),
            way_id=column("way", np.int64),
            edge_twin=column("twin", np.int32),
            shape_start=np.concatenate([[0], np.cumsum([len(shape) for shape in shapes])]).astype(np.int64),
            shape_lon=np.array([p.lon for shape in shapes for p in shape]),
            shape_lat=np.array([p.lat for shape in shapes for p in shape]),
            names=tuple(self.names),
            forbidden=tuple(self.forbidden),
            source="hand-made",
        )


def grid(columns: int, rows: int, step_m: float = 200.0, *, flags: int = QUIET) -> RoadBuilder:
    """A grid of two-way streets with names, ``A-Straße`` running east, ``1. Weg`` running north."""
    builder = RoadBuilder()
    for row in range(rows):
        for column in range(columns):
            builder.node(column * step_m, row * step_m)
    for row in range(rows):
        for column in range(columns):
            here = row * columns + column
            if column + 1 < columns:
                builder.road(here, here + 1, name=f"{chr(65 + row)}-Straße", flags=flags)
            if row + 1 < rows:
                builder.road(here, here + columns, name=f"{column + 1}. Weg", flags=flags)
    return builder


def walks_over(builder: RoadBuilder, lengths: Iterable[int], draw) -> list[tuple[int, ...]]:
    """Sequences of edges that follow each other."""
    found = []
    for length in lengths:
        walk = [draw(st.integers(0, len(builder.edges) - 1))]
        while len(walk) < length:
            onward = [n for n, edge in enumerate(builder.edges) if edge["from"] == builder.edges[walk[-1]]["to"]]
            if not onward:
                break
            walk.append(draw(st.sampled_from(onward)))
        if len(walk) >= 2:
            found.append(tuple(walk))
    return found


@st.composite
def road_graphs(draw) -> RoadGraph:
    """Small tangled graphs: one-way streets, parallel roads, loops, forbidden turns of two to four edges."""
    builder = RoadBuilder()
    count = draw(st.integers(2, 7))
    for number in range(count):
        builder.node(draw(st.integers(-9, 9)) * 50.0 + number, draw(st.integers(-9, 9)) * 50.0 + number * 3)
    ring = list(range(count))
    pairs = [(a, ring[(a + 1) % count]) for a in ring]
    pairs += draw(st.lists(st.tuples(st.sampled_from(ring), st.sampled_from(ring)), max_size=8))
    for a, b in pairs:
        via = (
            [(draw(st.integers(-500, 500)) + 0.5, draw(st.integers(-500, 500)) + 0.5)]
            if a == b or draw(st.booleans())
            else []
        )
        builder.road(
            a,
            b,
            via=via,
            oneway=draw(st.booleans()),
            ms=draw(st.integers(1, 5000)),
            flags=draw(st.sampled_from([STOPPABLE, QUIET])),
            name=draw(st.sampled_from(["", "Dorfstraße", "Bergweg"])),
        )
    builder.forbidden = walks_over(builder, draw(st.lists(st.integers(2, 4), max_size=8)), draw)
    return builder.build()

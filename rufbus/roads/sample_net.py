"""A street net that is being drawn: junctions, straight streets between them, no two crossing without a junction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from rufbus.roads.sample_plane import (
    Point,
    SegmentGrid,
    between,
    cosine,
    crossing,
    direction,
    distance_m,
    gap_m,
)

Tags: TypeAlias = tuple[tuple[str, str], ...]
RURAL = -1
"""Place of a street outside all places."""
JOIN_M = 18.0
"""A crossing this near to a junction uses the junction."""


@dataclass(frozen=True, slots=True)
class Street:
    """A straight piece of street from node ``a`` to node ``b``."""

    a: int
    b: int
    tags: Tags
    place: int = RURAL
    """Index of the settlement it lies in."""

    def other(self, node: int) -> int:
        """Return the end that is not ``node``."""
        return self.b if node == self.a else self.a

    def get(self, key: str) -> str:
        """Return the value of a tag, empty where there is none."""
        return dict(self.tags).get(key, "")


class StreetNet:
    """Nodes and streets; keys are numbers in the order of drawing."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.streets: dict[int, Street] = {}
        self.at: list[list[int]] = []
        self._grid = SegmentGrid()
        self._next = 0

    def add_node(self, point: Point) -> int:
        """Return a new node."""
        self.points.append(point)
        self.at.append([])
        return len(self.points) - 1

    def add_street(self, a: int, b: int, tags: Tags, place: int = RURAL, *, aloft: bool = False) -> int:
        """Return a new street; one ``aloft`` is never crossed at grade."""
        key, self._next = self._next, self._next + 1
        self.streets[key] = Street(a, b, tags, place)
        self.at[a].append(key)
        self.at[b].append(key)
        if not aloft:
            self._grid.add(key, self.points[a], self.points[b])
        return key

    def remove(self, key: int) -> Street:
        """Take out a street that is not aloft."""
        street = self.streets.pop(key)
        self.at[street.a].remove(key)
        self.at[street.b].remove(key)
        self._grid.remove(key, self.points[street.a], self.points[street.b])
        return street

    def retag(self, key: int, tags: Tags, place: int | None = None) -> None:
        """Give a street other tags, and another place when one is given."""
        street = self.streets[key]
        self.streets[key] = replace(street, tags=tags, place=street.place if place is None else place)

    def split(self, key: int, point: Point) -> int:
        """Cut a street in two at a point; return the node there."""
        street = self.remove(key)
        node = self.add_node(point)
        self.add_street(street.a, node, street.tags, street.place)
        self.add_street(node, street.b, street.tags, street.place)
        return node

    def ends(self, key: int) -> tuple[Point, Point]:
        """Return the two end points of a street."""
        street = self.streets[key]
        return self.points[street.a], self.points[street.b]

    def near(self, a: Point, b: Point, margin_m: float) -> list[int]:
        """Return the streets that may lie within ``margin_m`` of a segment, in the order of drawing."""
        return self._grid.near(a, b, margin_m)

    def neighbours(self, node: int) -> list[int]:
        """Return the nodes one street away."""
        return [self.streets[key].other(node) for key in self.at[node]]

    def leaves_well(self, node: int, way: Point, max_cosine: float) -> bool:
        """Tell whether a direction keeps away from all streets that leave a node already."""
        here = self.points[node]
        return all(cosine(direction(here, self.points[other]), way) <= max_cosine for other in self.neighbours(node))

    def crossings(self, a: Point, b: Point, skip: frozenset[int]) -> list[tuple[float, int, float]]:
        """Return ``(fraction along ab, street, fraction along it)`` of all crossings, leaving out nodes in ``skip``."""
        found = []
        for key in self.near(a, b, 0.0):
            street = self.streets[key]
            if street.a in skip or street.b in skip:
                continue
            hit = crossing(a, b, *self.ends(key))
            if hit is not None:
                found.append((hit[0], key, hit[1]))
        return sorted(found)

    def is_clear(self, a: Point, b: Point, margin_m: float, skip: frozenset[int]) -> bool:
        """Tell whether a segment keeps ``margin_m`` from all streets that do not touch a node in ``skip``."""
        return all(
            self.streets[key].a in skip or self.streets[key].b in skip or gap_m(a, b, *self.ends(key)) >= margin_m
            for key in self.near(a, b, margin_m)
        )

    def junction_on(self, key: int, fraction: float) -> int:
        """Return the node at a fraction of a street: one of its ends where that is near, else a new one."""
        street, (a, b) = self.streets[key], self.ends(key)
        point = between(a, b, fraction)
        if distance_m(a, point) <= JOIN_M:
            return street.a
        if distance_m(b, point) <= JOIN_M:
            return street.b
        return self.split(key, point)

    def lay(self, start: int, bends: list[Point], end: int, tags: Tags) -> None:
        """Draw a road from node to node over bends, with a junction at each crossing of what is there."""
        here = start
        for i, goal in enumerate([*bends, self.points[end]]):
            final = end if i == len(bends) else None
            here = self._lay_straight(here, goal, final, tags)

    def _lay_straight(self, here: int, goal: Point, final: int | None, tags: Tags) -> int:
        """Draw one straight piece; return the node at its end."""
        visited = {here} if final is None else {here, final}
        while hits := self.crossings(self.points[here], goal, frozenset(visited)):
            _, key, fraction = hits[0]
            node = self.junction_on(key, fraction)
            visited.add(node)
            self._link(here, node, tags)
            here = node
        target = self.add_node(goal) if final is None else final
        self._link(here, target, tags)
        return target

    def _link(self, a: int, b: int, tags: Tags) -> None:
        if a != b and b not in self.neighbours(a):
            self.add_street(a, b, tags)

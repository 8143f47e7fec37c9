"""Plane geometry for drawing the sample region, the same bit for bit on every machine.

Points are ``(x, y)`` in metres east and north of a fixed origin. Only ``+ - * /`` and square roots are used, whose
results IEEE 754 fixes; no sine, no ``hypot``, no ``sum`` of floats, which may differ between builds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
"""Metres east and north of the origin."""

ORIGIN_LON, ORIGIN_LAT = 9.5, 54.6
M_PER_LON, M_PER_LAT = 64_480.0, 111_320.0
CELL_M = 250.0


def to_plane(lon: float, lat: float) -> Point:
    """Return the plane point of a place."""
    return (lon - ORIGIN_LON) * M_PER_LON, (lat - ORIGIN_LAT) * M_PER_LAT


def to_micro(point: Point) -> tuple[int, int]:
    """Return longitude and latitude of a point in whole millionths of a degree."""
    return (
        round(ORIGIN_LON * 1e6 + point[0] * 1e6 / M_PER_LON),
        round(ORIGIN_LAT * 1e6 + point[1] * 1e6 / M_PER_LAT),
    )


def degrees(micro: int) -> str:
    """Return millionths of a degree as text with six decimals."""
    sign = "-" if micro < 0 else ""
    return f"{sign}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d}"


def distance_m(a: Point, b: Point) -> float:
    """Return the distance of two points (m)."""
    return math.sqrt((b[0] - a[0]) * (b[0] - a[0]) + (b[1] - a[1]) * (b[1] - a[1]))


def between(a: Point, b: Point, t: float) -> Point:
    """Return the point at fraction ``t`` of the way from ``a`` to ``b``."""
    return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])


def ahead(a: Point, direction: Point, length_m: float) -> Point:
    """Return the point ``length_m`` from ``a`` in a unit direction."""
    return a[0] + direction[0] * length_m, a[1] + direction[1] * length_m


def direction(a: Point, b: Point) -> Point:
    """Return the unit vector from ``a`` to ``b``; east for equal points."""
    length_m = distance_m(a, b)
    if length_m == 0.0:
        return 1.0, 0.0
    return (b[0] - a[0]) / length_m, (b[1] - a[1]) / length_m


def turned(unit: Point, sideways: float) -> Point:
    """Return a unit vector bent to the left by ``sideways`` (the tangent of the angle)."""
    return direction((0.0, 0.0), (unit[0] - sideways * unit[1], unit[1] + sideways * unit[0]))


def left_of(unit: Point) -> Point:
    """Return the unit vector a quarter turn to the left."""
    return -unit[1], unit[0]


def right_of(unit: Point) -> Point:
    """Return the unit vector a quarter turn to the right."""
    return unit[1], -unit[0]


def cosine(a: Point, b: Point) -> float:
    """Return the cosine of the angle between two unit vectors."""
    return a[0] * b[0] + a[1] * b[1]


def bearing(unit: Point) -> float:
    """Return a number in [0, 4) that grows counter-clockwise with the direction, starting in the east."""
    share = unit[1] / (abs(unit[0]) + abs(unit[1]))
    if unit[0] < 0.0:
        return 2.0 - share
    return share if share >= 0.0 else 4.0 + share


def crossing(a: Point, b: Point, c: Point, d: Point) -> tuple[float, float] | None:
    """Return the fractions along ``ab`` and ``cd`` where the segments cross, or ``None``."""
    ab, cd = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1])
    scale = ab[0] * cd[1] - ab[1] * cd[0]
    if scale == 0.0:
        return None
    t = ((c[0] - a[0]) * cd[1] - (c[1] - a[1]) * cd[0]) / scale
    u = ((c[0] - a[0]) * ab[1] - (c[1] - a[1]) * ab[0]) / scale
    return (t, u) if 0.0 <= t <= 1.0 and 0.0 <= u <= 1.0 else None


def point_gap_m(p: Point, a: Point, b: Point) -> float:
    """Return the distance of a point from a segment (m)."""
    along = (b[0] - a[0], b[1] - a[1])
    length2 = along[0] * along[0] + along[1] * along[1]
    if length2 == 0.0:
        return distance_m(p, a)
    t = ((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1]) / length2
    return distance_m(p, between(a, b, min(1.0, max(0.0, t))))


def gap_m(a: Point, b: Point, c: Point, d: Point) -> float:
    """Return the distance between two segments (m); 0 where they cross."""
    if crossing(a, b, c, d) is not None:
        return 0.0
    return min(point_gap_m(a, c, d), point_gap_m(b, c, d), point_gap_m(c, a, b), point_gap_m(d, a, b))


def smoothed(ring: list[Point]) -> list[Point]:
    """Return a closed ring with its corners cut (Chaikin's rule)."""
    cut: list[Point] = []
    for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
        cut += [between(a, b, 0.25), between(a, b, 0.75)]
    return cut


class SegmentGrid:
    """Finds segments by where they are."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], dict[int, None]] = {}

    def add(self, key: int, a: Point, b: Point) -> None:
        """Enter a segment."""
        for cell in _cells(a, b, 0.0):
            self._cells.setdefault(cell, {})[key] = None

    def remove(self, key: int, a: Point, b: Point) -> None:
        """Take out a segment that was entered with the same ends."""
        for cell in _cells(a, b, 0.0):
            del self._cells[cell][key]

    def near(self, a: Point, b: Point, margin_m: float) -> list[int]:
        """Return the keys of all segments that may lie within ``margin_m`` of ``ab``, in ascending order."""
        found: dict[int, None] = {}
        for cell in _cells(a, b, margin_m):
            found.update(self._cells.get(cell, {}))
        return sorted(found)


def _cells(a: Point, b: Point, margin_m: float) -> Iterator[tuple[int, int]]:
    """Yield the grid cells that the box around a segment touches."""
    x_low, x_high = min(a[0], b[0]) - margin_m, max(a[0], b[0]) + margin_m
    y_low, y_high = min(a[1], b[1]) - margin_m, max(a[1], b[1]) + margin_m
    for column in range(math.floor(x_low / CELL_M), math.floor(x_high / CELL_M) + 1):
        for row in range(math.floor(y_low / CELL_M), math.floor(y_high / CELL_M) + 1):
            yield column, row

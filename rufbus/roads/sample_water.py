"""The water of the sample region: the Schlei, the sea, and where they can be crossed."""

from __future__ import annotations

from dataclasses import dataclass

from rufbus.roads.sample_layout import COAST_EDGE, CROSSINGS, MOTORWAY, SCHLEI, SEA, Crossing
from rufbus.roads.sample_plane import (
    Point,
    SegmentGrid,
    ahead,
    direction,
    distance_m,
    gap_m,
    left_of,
    right_of,
    smoothed,
    to_plane,
)

LANDING_M = 40.0
"""How far from the water's edge a landing lies."""
NARROWS_M = 160.0
"""How far the Schlei keeps its width on both sides of a crossing."""


@dataclass(frozen=True, slots=True)
class Landing:
    """One end of a crossing."""

    name: str
    point: Point


def centre_line() -> list[Point]:
    """Return the centre line of the Schlei, from Schleswig to the sea."""
    return [to_plane(lon, lat) for lon, lat, _ in SCHLEI]


def schlei_ring() -> list[Point]:
    """Return the banks of the Schlei as a closed ring without repeated end, the Angeln side first."""
    points, halves = _banked_line()
    angeln, schwansen = [], []
    for i, point in enumerate(points):
        flow = direction(points[max(0, i - 1)], points[min(len(points) - 1, i + 1)])
        angeln.append(ahead(point, left_of(flow), halves[i]))
        schwansen.append(ahead(point, right_of(flow), halves[i]))
    return smoothed(smoothed([*angeln, *reversed(schwansen)]))


def _banked_line() -> tuple[list[Point], list[float]]:
    """Return the centre line with points added around the crossings, and half the width at each."""
    points: list[Point] = []
    halves: list[float] = []
    narrow = {crossing.at for crossing in CROSSINGS}
    line = centre_line()
    for i, point in enumerate(line):
        around = [point]
        if i in narrow:
            before, after = direction(point, line[i - 1]), direction(point, line[i + 1])
            around = [ahead(point, before, NARROWS_M), point, ahead(point, after, NARROWS_M)]
        points += around
        halves += [SCHLEI[i][2] / 2] * len(around)
    return points, halves


def landings(crossing: Crossing) -> tuple[Landing, Landing]:
    """Return the two ends of a crossing, the Angeln side first."""
    line = centre_line()
    flow = direction(line[crossing.at - 1], line[crossing.at + 1])
    reach_m = SCHLEI[crossing.at][2] / 2 + LANDING_M
    centre = line[crossing.at]
    return (
        Landing(crossing.banks[0], ahead(centre, left_of(flow), reach_m)),
        Landing(crossing.banks[1], ahead(centre, right_of(flow), reach_m)),
    )


def sea_ring() -> list[Point]:
    """Return the edge of Flensburger Förde and Baltic as a closed ring without repeated end."""
    return [to_plane(lon, lat) for lon, lat in SEA]


def coasts() -> tuple[list[Point], list[Point]]:
    """Return the shore south and north of the sea, each with the water on its right, as OpenStreetMap wants it."""
    ring = sea_ring()
    first, last = COAST_EDGE
    return list(reversed(ring[: first + 1])), list(reversed([*ring[last:], ring[0]]))


class Obstacles:
    """Where no street may be drawn: in the water, and in villages along the motorway too."""

    def __init__(self, motorway: list[Point]) -> None:
        self._water = _Lines([schlei_ring(), sea_ring()], closed=True)
        self._motorway = _Lines([motorway], closed=False)

    def is_dry(self, a: Point, b: Point, margin_m: float) -> bool:
        """Tell whether a segment keeps ``margin_m`` from the water; one end must be known to be on land."""
        return self._water.is_clear(a, b, margin_m)

    def is_off_motorway(self, a: Point, b: Point, margin_m: float) -> bool:
        """Tell whether a segment keeps ``margin_m`` from the motorway's centre line."""
        return self._motorway.is_clear(a, b, margin_m)


class _Lines:
    """Lines to keep away from."""

    def __init__(self, lines: list[list[Point]], *, closed: bool) -> None:
        self._segments: list[tuple[Point, Point]] = []
        for line in lines:
            ends = [*line[1:], line[0]] if closed else line[1:]
            self._segments += list(zip(line, ends, strict=False))
        self._grid = SegmentGrid()
        for key, (a, b) in enumerate(self._segments):
            self._grid.add(key, a, b)

    def is_clear(self, a: Point, b: Point, margin_m: float) -> bool:
        return all(gap_m(a, b, *self._segments[key]) >= margin_m for key in self._grid.near(a, b, margin_m))


def motorway_line(step_m: float = 400.0) -> list[Point]:
    """Return the centre line of the motorway with its bends rounded."""
    line = [to_plane(lon, lat) for lon, lat in MOTORWAY]
    rounded = [line[0]]
    for before, bend, after in zip(line, line[1:], line[2:], strict=False):
        reach_m = min(2 * step_m, 0.4 * distance_m(before, bend), 0.4 * distance_m(bend, after))
        entry, leave = ahead(bend, direction(bend, before), reach_m), ahead(bend, direction(bend, after), reach_m)
        rounded += [_curve(entry, bend, leave, t) for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    return [*rounded, line[-1]]


def _curve(a: Point, corner: Point, b: Point, t: float) -> Point:
    """Return a point of the quadratic Bézier curve from ``a`` to ``b``."""
    s = 1.0 - t
    return (
        s * s * a[0] + 2.0 * s * t * corner[0] + t * t * b[0],
        s * s * a[1] + 2.0 * s * t * corner[1] + t * t * b[1],
    )

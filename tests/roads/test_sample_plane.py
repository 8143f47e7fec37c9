"""Plane geometry of the sample region, against Shapely."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import LineString
from shapely.geometry import Point as Spot

from rufbus.roads.sample_plane import (
    SegmentGrid,
    bearing,
    crossing,
    degrees,
    direction,
    distance_m,
    gap_m,
    left_of,
    point_gap_m,
    right_of,
    smoothed,
    to_micro,
    to_plane,
    turned,
)

metres = st.integers(-3000, 3000).map(float)
points = st.tuples(metres, metres)
segments = st.tuples(points, points).filter(lambda segment: segment[0] != segment[1])


@given(st.integers(-180_000_000, 180_000_000))
def test_degrees_are_written_exactly(micro: int) -> None:
    text = degrees(micro)
    assert round(float(text) * 1e6) == micro
    assert len(text.split(".")[1]) == 6


@given(st.integers(9_000_000, 10_100_000), st.integers(54_200_000, 54_950_000))
def test_a_place_survives_the_way_into_the_plane_and_back(lon: int, lat: int) -> None:
    assert to_micro(to_plane(lon / 1e6, lat / 1e6)) == (lon, lat)


@given(segments, segments)
def test_gaps_are_those_that_shapely_finds(first: tuple, second: tuple) -> None:
    a, b = LineString(first), LineString(second)
    assert math.isclose(gap_m(*first, *second), a.distance(b), abs_tol=1e-6)
    assert math.isclose(point_gap_m(first[0], *second), Spot(first[0]).distance(b), abs_tol=1e-6)


@given(segments, segments)
def test_a_crossing_is_where_shapely_finds_it(first: tuple, second: tuple) -> None:
    hit = crossing(*first, *second)
    (a, b), (c, d) = first, second
    if hit is None:
        parallel = (b[0] - a[0]) * (d[1] - c[1]) == (b[1] - a[1]) * (d[0] - c[0])
        assert parallel or not LineString(first).crosses(LineString(second))
    else:
        on_first = (a[0] + hit[0] * (b[0] - a[0]), a[1] + hit[0] * (b[1] - a[1]))
        on_second = (c[0] + hit[1] * (d[0] - c[0]), c[1] + hit[1] * (d[1] - c[1]))
        assert distance_m(on_first, on_second) < 1e-6


@given(st.floats(0.0, 2 * math.pi - 1e-6), st.floats(0.0, 2 * math.pi - 1e-6))
def test_bearings_sort_as_angles_do(first: float, second: float) -> None:
    assume(abs(first - second) > 1e-6)
    one, other = (bearing((math.cos(angle), math.sin(angle))) for angle in (first, second))
    assert (one < other) == (first < second)
    assert 0.0 <= one < 4.0


@given(segments, st.floats(-1.0, 1.0))
def test_turning_keeps_the_length_and_goes_to_the_named_side(segment: tuple, sideways: float) -> None:
    way = direction(*segment)
    bent = turned(way, sideways)
    assert math.isclose(bent[0] * bent[0] + bent[1] * bent[1], 1.0)
    assert math.isclose(
        way[0] * bent[1] - way[1] * bent[0], sideways / math.sqrt(1 + sideways * sideways), abs_tol=1e-9
    )
    assert (-left_of(way)[0], -left_of(way)[1]) == right_of(way)


@given(st.lists(segments, max_size=20), segments, st.floats(0.0, 500.0))
def test_the_grid_finds_every_segment_within_reach(stored: list, asked: tuple, margin_m: float) -> None:
    grid = SegmentGrid()
    for key, segment in enumerate(stored):
        grid.add(key, *segment)
    found = grid.near(*asked, margin_m)
    assert found == sorted(set(found))
    assert {key for key, segment in enumerate(stored) if gap_m(*segment, *asked) <= margin_m} <= set(found)
    for key, segment in enumerate(stored):
        grid.remove(key, *segment)
    assert grid.near(*asked, margin_m) == []


def test_cutting_corners_doubles_the_points_and_stays_inside() -> None:
    square = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    cut = smoothed(square)
    assert len(cut) == 8
    assert all(0.0 <= x <= 100.0 and 0.0 <= y <= 100.0 and (x, y) not in square for x, y in cut)

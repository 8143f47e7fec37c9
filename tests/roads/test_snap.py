"""Putting stops and depots onto the roads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rufbus.domain.place import Place, Stop, distance_m
from rufbus.roads.graph import STOPPABLE
from rufbus.roads.snap import RejectedStop, RoadIndex, place_on_edge, snap_depots, snap_stops

from .hand_made import ORIGIN, QUIET, RoadBuilder, at, grid, road_graphs


def stop_at(x_m: float, y_m: float) -> Stop:
    return Stop("s", "Stop", at(x_m, y_m))


def one_road(*, flags=STOPPABLE, bearing=0.0, oneway=False):
    """A straight road of 1 km from the origin; bearing in radians, anticlockwise from east."""
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(1000 * np.cos(bearing), 1000 * np.sin(bearing))
    builder.road(a, b, flags=flags, oneway=oneway)
    return builder.build()


def beside(bearing: float, along_m: float, left_m: float) -> Stop:
    x = along_m * np.cos(bearing) - left_m * np.sin(bearing)
    y = along_m * np.sin(bearing) + left_m * np.cos(bearing)
    return stop_at(float(x), float(y))


BEARINGS = st.floats(0, 2 * np.pi)


@given(BEARINGS, st.floats(5, 995), st.floats(1, 100), st.booleans(), st.sampled_from(["right", "left"]))
def test_a_stop_is_served_from_the_lane_on_its_side(bearing, along_m, away_m, left, drive_on):
    graph = one_road(bearing=bearing)
    (snapped,) = snap_stops(graph, [beside(bearing, along_m, away_m if left else -away_m)], drive_on=drive_on)
    (anchor,) = snapped.anchors
    forward = left == (drive_on == "left")
    assert anchor.edge == (0 if forward else 1)
    expected = along_m / 1000 if forward else 1 - along_m / 1000
    assert anchor.fraction == pytest.approx(expected, abs=0.001)
    assert snapped.distance_m == pytest.approx(away_m, rel=0.005, abs=0.05)


@given(BEARINGS, st.floats(5, 995), st.floats(-100, 100))
def test_where_riders_may_cross_a_stop_serves_both_directions(bearing, along_m, left_m):
    (snapped,) = snap_stops(one_road(flags=QUIET, bearing=bearing), [beside(bearing, along_m, left_m)])
    assert sorted(anchor.edge for anchor in snapped.anchors) == [0, 1]
    assert sum(anchor.fraction for anchor in snapped.anchors) == pytest.approx(1)


def test_a_stop_on_the_middle_of_the_road_says_nothing_about_its_side():
    (snapped,) = snap_stops(one_road(), [stop_at(500, 0.2)])
    assert len(snapped.anchors) == 2


@given(BEARINGS, st.floats(-100, 100))
def test_on_a_one_way_road_its_direction_counts_whatever_the_side(bearing, left_m):
    (snapped,) = snap_stops(one_road(bearing=bearing, oneway=True), [beside(bearing, 300, left_m)])
    (anchor,) = snapped.anchors
    assert anchor.edge == 0
    assert anchor.fraction == pytest.approx(0.3, abs=0.001)


def test_outside_a_sharp_bend_the_side_is_that_of_the_bend():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(0, 20)
    builder.road(a, b, via=[(500, 10)], flags=STOPPABLE)
    graph = builder.build()
    for y in (8.0, 10.0, 12.0):
        (snapped,) = snap_stops(graph, [stop_at(530, y)])
        assert [anchor.edge for anchor in snapped.anchors] == [0], y


def test_a_stop_takes_the_nearest_road_on_which_a_van_may_stop():
    builder = RoadBuilder()
    nodes = [builder.node(x, y) for y in (0, 40, 60) for x in (0, 100)]
    builder.road(nodes[0], nodes[1], flags=0)
    builder.road(nodes[2], nodes[3], flags=STOPPABLE)
    builder.road(nodes[4], nodes[5], flags=STOPPABLE)
    (snapped,) = snap_stops(builder.build(), [Stop("s", "Stop", at(50, 5), virtual=True)])
    assert [anchor.edge for anchor in snapped.anchors] == [2]
    assert snapped.distance_m == pytest.approx(35, abs=0.1)


@pytest.mark.parametrize(
    ("virtual", "road_class", "taken"), [(False, "primary", 0), (True, "primary", 2), (False, "trunk", 2)]
)
def test_a_sign_shows_that_one_may_stop_on_a_road_that_is_not_a_motorway_or_trunk_road(virtual, road_class, taken):
    builder = RoadBuilder()
    nodes = [builder.node(x, y) for y in (0, 100) for x in (0, 100)]
    builder.road(nodes[0], nodes[1], flags=0, road_class=road_class)
    builder.road(nodes[2], nodes[3], flags=STOPPABLE)
    (snapped,) = snap_stops(builder.build(), [Stop("s", "S", at(50, -5), virtual=virtual)])
    assert [anchor.edge for anchor in snapped.anchors] == [taken]


def test_at_a_corner_the_street_where_riders_may_cross_is_preferred():
    builder = RoadBuilder()
    corner = builder.node(0, 0)
    builder.road(corner, builder.node(100, 0), flags=STOPPABLE)
    quiet = builder.road(corner, builder.node(0, 100), flags=QUIET)
    (snapped,) = snap_stops(builder.build(), [stop_at(-5, -5)])
    assert {anchor.edge for anchor in snapped.anchors} == {quiet, quiet + 1}


def test_a_stop_too_far_away_is_rejected_with_its_reason():
    near, far = snap_stops(one_road(), [stop_at(500, -149), stop_at(500, -151)])
    assert not isinstance(near, RejectedStop)
    assert isinstance(far, RejectedStop)
    assert "within 150 m" in far.reason


@settings(deadline=None)
@given(road_graphs(), st.integers(-600, 600), st.integers(-600, 600))
def test_no_road_is_nearer_than_the_one_that_was_found(graph, x_m, y_m):
    place = at(x_m, y_m)
    index = RoadIndex(graph, np.ones(graph.edge_count, dtype=bool))
    (near,) = index.nearest([place], 5000)
    everywhere = [index.locate(edge, place).distance_m for edge in range(graph.edge_count)]
    assert near[0].distance_m == pytest.approx(min(everywhere), abs=0.02)
    for spot in near:
        foot = place_on_edge(graph, spot)
        assert distance_m(place, foot) == pytest.approx(spot.distance_m, rel=0.002, abs=0.02)


@given(st.floats(-179, 179), st.floats(-80, 80))
def test_distances_are_true_everywhere_on_the_earth(lon, lat):
    assume(abs(lon) < 178)
    graph = one_road()
    shift = {
        "node_lon": lon - ORIGIN.lon,
        "shape_lon": lon - ORIGIN.lon,
        "node_lat": lat - ORIGIN.lat,
        "shape_lat": lat - ORIGIN.lat,
    }
    for name, by in shift.items():
        object.__setattr__(graph, name, getattr(graph, name) + by)
    place = Place(float(graph.node_lon.mean()), lat + 0.001)
    (snapped,) = snap_stops(graph, [Stop("s", "S", place)])
    assert snapped.distance_m == pytest.approx(distance_m(place, Place(place.lon, lat)), rel=0.001)


def test_a_depot_is_entered_and_left_in_both_directions():
    graph = one_road()
    near, far = snap_depots(graph, [at(300, -80), at(300, 5000)], np.ones(2, dtype=bool), max_m=500)
    assert sorted(anchor.edge for anchor in near.anchors) == [0, 1]
    assert far is None


def test_without_roads_to_stop_on_every_stop_is_rejected():
    graph = grid(2, 2, flags=0).build()
    assert all(isinstance(result, RejectedStop) for result in snap_stops(graph, [stop_at(0, -26), stop_at(90, 90)]))

"""Roads and stops for the map page."""

from __future__ import annotations

import json

import pytest
import shapely
from hypothesis import given, settings

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import Stop
from rufbus.roads.geojson import stops_geojson, to_geojson_roads
from rufbus.roads.graph import FERRY, STOPPABLE
from rufbus.roads.network import build_network

from .hand_made import RoadBuilder, at, grid, road_graphs


def points_in(collection):
    return sum(len(feature["geometry"]["coordinates"]) for feature in collection["features"])


def mixed_roads():
    """A primary road, a wiggling residential one, a ferry."""
    builder = RoadBuilder()
    nodes = [builder.node(x, 0) for x in (0, 1000, 2000, 3000)]
    builder.road(nodes[0], nodes[1], name="Hauptstraße", road_class="primary", flags=STOPPABLE)
    builder.road(nodes[1], nodes[2], via=[(1000 + 10 * n, 8 * (n % 2)) for n in range(1, 99)], name="Bergweg")
    builder.road(nodes[2], nodes[3], name="Fähre", road_class="ferry", flags=FERRY)
    return builder.build()


@settings(max_examples=50, deadline=None)
@given(road_graphs())
def test_every_road_is_drawn_once_as_a_valid_line(graph):
    collection = to_geojson_roads(graph, simplify_m=0)
    both_ways = int((graph.edge_twin >= 0).sum()) // 2
    assert len(collection["features"]) == graph.edge_count - both_ways
    for feature in collection["features"]:
        assert shapely.from_geojson(json.dumps(feature["geometry"])).is_valid
        assert all(round(x, 5) == x for point in feature["geometry"]["coordinates"] for x in point)


def test_a_road_tells_its_class_and_its_name():
    features = to_geojson_roads(mixed_roads())["features"]
    assert [feature["properties"] for feature in features] == [
        {"class": "primary", "name": "Hauptstraße"},
        {"class": "residential", "name": "Bergweg"},
        {"class": "ferry", "name": "Fähre"},
    ]


def test_less_important_roads_are_left_out_but_never_ferries():
    features = to_geojson_roads(mixed_roads(), "secondary")["features"]
    assert [feature["properties"]["class"] for feature in features] == ["primary", "ferry"]


def test_simplifying_leaves_fewer_points():
    assert points_in(to_geojson_roads(mixed_roads(), simplify_m=0)) == 104
    assert points_in(to_geojson_roads(mixed_roads(), simplify_m=10)) < 10


@pytest.mark.parametrize(("max_points", "classes"), [(104, 3), (20, 3), (5, 2), (2, 1), (0, 0)])
def test_a_limit_of_points_is_kept_by_drawing_coarser_and_then_less(max_points, classes):
    collection = to_geojson_roads(mixed_roads(), max_points=max_points)
    assert points_in(collection) <= max_points
    assert len(collection["features"]) == classes


def test_an_unknown_class_is_refused():
    with pytest.raises(InvalidRoads, match="no class of road"):
        to_geojson_roads(mixed_roads(), "boulevard")


def test_stops_are_points_without_the_depots():
    stops = [Stop("a", "Kirche", at(10, 5)), Stop("b", "Weg", at(200, 5), virtual=True)]
    network, _ = build_network(grid(3, 3).build(), stops, [("bus-1", at(0, 0))])
    collection = stops_geojson(network)
    assert [feature["id"] for feature in collection["features"]] == ["a", "b"]
    assert collection["features"][1]["properties"] == {"name": "Weg", "virtual": True}
    lon, lat = collection["features"][0]["geometry"]["coordinates"]
    assert (lon, lat) == pytest.approx((stops[0].place.lon, stops[0].place.lat), abs=1e-6)

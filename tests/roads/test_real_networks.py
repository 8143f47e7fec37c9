"""Networks on real extracts of OpenStreetMap."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rufbus.domain.place import UNREACHABLE_S, Place
from rufbus.roads.geojson import to_geojson_roads
from rufbus.roads.network import build_network, load_network, save_network
from rufbus.roads.osm import read_roads
from rufbus.roads.search import build_search
from rufbus.roads.stops import stops_from_osm, virtual_stops
from rufbus.roads.travel_times import many_to_many

from .slow_ways import slow_ways

REGIONS = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data")) / "osm" / "regions"
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not REGIONS.is_dir(), reason=f"no road extracts in {REGIONS}: set RUFBUS_DATA"),
]


@cache
def network_of(name):
    graph, _ = read_roads(REGIONS / name)
    stops = stops_from_osm(REGIONS / name)
    stops += virtual_stops(graph, stops, 300)
    depot = Place(float(graph.node_lon[0]), float(graph.node_lat[0]))
    return *build_network(graph, stops, [("bus-1", depot)]), stops


@pytest.mark.parametrize("name", ["hoyerswerda.osm.pbf", "kiel-nordost_2025-01-27.osm.pbf"])
def test_times_on_real_roads_equal_the_search_over_whole_histories(name):
    network, _, _ = network_of(name)
    anchors = network.anchors[:: max(1, len(network.anchors) // 12)]
    search = build_search(network.graph, anchors)
    times_ms, lengths_dm = many_to_many(search, search.places)
    slow = slow_ways(network.graph, anchors)
    assert network.graph.forbidden
    assert [list(zip(*rows, strict=True)) for rows in zip(times_ms.tolist(), lengths_dm.tolist(), strict=True)] == slow


def test_every_stop_is_in_the_network_or_in_the_report():
    network, report, stops = network_of("liechtenstein_2013-08-03.osm.pbf")
    kept = {stop.id for stop in network.stops[: network.stop_count]}
    assert kept | {each.stop.id for each in report.rejected} == {stop.id for stop in stops}
    assert report.snapped == network.stop_count > 0.95 * len(stops)
    assert report.cut_off == ()


def test_real_times_obey_the_triangle_inequality_and_reach_everything():
    travel_s = network_of("liechtenstein_2013-08-03.osm.pbf")[0].travel_s
    assert travel_s.max() < UNREACHABLE_S
    for middle in range(len(travel_s)):
        assert (travel_s <= travel_s[:, [middle]] + travel_s[[middle], :]).all()


def test_real_legs_agree_with_the_matrix_after_loading(tmp_path):
    network, _, _ = network_of("liechtenstein_2013-08-03.osm.pbf")
    save_network(network, tmp_path / "network")
    loaded = load_network(tmp_path / "network", network.graph)
    assert (loaded.travel_s == network.travel_s).all()
    for i, j in np.random.default_rng(7).integers(0, len(network.stops), (40, 2)).tolist():
        leg = loaded.get_leg(i, j, "2026-11-25")
        assert (leg.travel_s, leg.length_m) == (network.travel_s[i, j], network.length_m[i, j])
        assert len(leg.coordinates) >= 2


def test_a_place_at_a_stop_has_that_stop_near():
    network, _, _ = network_of("liechtenstein_2013-08-03.osm.pbf")
    for number in range(0, network.stop_count, 10):
        walks = {walk.stop: walk.walk_m for walk in network.list_near(network.stops[number].place, 300)}
        assert walks[number] <= 1


def test_virtual_stops_of_a_real_region_do_not_depend_on_chance():
    network, _, stops = network_of("hoyerswerda.osm.pbf")
    signed = [stop for stop in stops if not stop.virtual]
    assert virtual_stops(network.graph, signed, 300) == [stop for stop in stops if stop.virtual]


def test_the_map_of_a_real_region_stays_within_its_points():
    collection = to_geojson_roads(network_of("liechtenstein_2013-08-03.osm.pbf")[0].graph, max_points=5000)
    assert 0 < sum(len(feature["geometry"]["coordinates"]) for feature in collection["features"]) <= 5000

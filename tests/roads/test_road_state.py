"""Roads in other states: as if the closed edges were not there and the slowed ones had always been slow."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from rufbus.domain.place import UNREACHABLE_S, Stop
from rufbus.roads.elimination import eliminate
from rufbus.roads.graph import RoadGraph
from rufbus.roads.hierarchy import weigh
from rufbus.roads.network import build_network, cut_off_stops
from rufbus.roads.osm import read_roads
from rufbus.roads.road_state import RoadState, close_edges, edges_across, edges_of_way, open_roads, slow_down
from rufbus.roads.search import Anchor, build_frame, build_search, lay_on
from rufbus.roads.travel_times import as_matrix, many_to_many, split_cost
from rufbus.roads.virtual_stops import virtual_stops

from .hand_made import CLASS_OF, RoadBuilder, at, grid, road_graphs
from .test_travel_times import places_on

REGIONS = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data")) / "osm" / "regions"
DAY = "2026-11-25"


def rebuilt(graph: RoadGraph, gone: set[int], factor: dict[int, float]) -> tuple[RoadGraph, dict[int, int]]:
    """The graph with edges really removed and the others really slowed, and the new number of each edge that is left."""
    left = [edge for edge in range(graph.edge_count) if edge not in gone]
    number = {edge: n for n, edge in enumerate(left)}
    points = [range(graph.shape_start[edge], graph.shape_start[edge + 1]) for edge in left]
    ways = [range(graph.way_start[edge], graph.way_start[edge + 1]) for edge in left]
    ms = [math.ceil(int(graph.edge_ms[edge]) / factor.get(int(graph.edge_class[edge]), 1.0)) for edge in left]
    columns = {
        name: getattr(graph, name)[left]
        for name in ("edge_from", "edge_to", "edge_length_m", "edge_class", "edge_flags", "edge_name")
    }
    flat = [point for each in points for point in each]
    return (
        replace(
            graph,
            **columns,
            edge_ms=np.array(ms, np.int32),
            edge_twin=np.array([number.get(int(graph.edge_twin[edge]), -1) for edge in left], np.int32),
            way_start=np.cumsum([0, *map(len, ways)]).astype(np.int64),
            way_id=graph.way_id[[way for each in ways for way in each]],
            shape_start=np.cumsum([0, *map(len, points)]).astype(np.int64),
            shape_lon=graph.shape_lon[flat],
            shape_lat=graph.shape_lat[flat],
            forbidden=tuple(
                tuple(number[edge] for edge in sequence)
                for sequence in graph.forbidden
                if all(edge in number for edge in sequence)
            ),
        ),
        number,
    )


def torn_out(graph: RoadGraph, gone: set[int]) -> RoadGraph:
    """The graph with edges torn out of their junctions: each leads from a node that nobody reaches to a dead end."""
    tail, head = graph.edge_from.copy(), graph.edge_to.copy()
    for number, edge in enumerate(sorted(gone)):
        tail[edge] = graph.node_count + 2 * number
        head[edge] = tail[edge] + 1
    more = np.zeros(2 * len(gone))
    return replace(
        graph,
        edge_from=tail,
        edge_to=head,
        node_lon=np.append(graph.node_lon, more),
        node_lat=np.append(graph.node_lat, more),
        node_osm_id=np.append(graph.node_osm_id, more.astype(np.int64)),
    )


def in_long_sequences(graph: RoadGraph) -> set[int]:
    """The edges of restrictions with a middle, which outlast the closing of their first edge."""
    return {edge for sequence in graph.forbidden if len(sequence) > 2 for edge in sequence}


def by_scipy(graph, places) -> tuple[np.ndarray, np.ndarray]:
    search = build_search(graph, places)
    return split_cost(dijkstra(as_matrix(search), directed=True, indices=search.places)[:, search.places])


def in_state(graph, places, state: RoadState) -> tuple[np.ndarray, np.ndarray]:
    """The matrix of a state over the frame and in the order of the open roads."""
    frame = build_frame(graph, places)
    order = eliminate(frame.arc_start, frame.arc_head)
    search = lay_on(frame, graph, state)
    return many_to_many(search, search.places, hierarchy=weigh(order, search))


def assert_as_rebuilt(graph, places, state, gone, factor) -> None:
    other, number = rebuilt(graph, gone, factor)
    moved = [tuple(Anchor(number[a.edge], a.fraction) for a in anchors if a.edge in number) for anchors in places]
    for mine, theirs in zip(in_state(graph, places, state), by_scipy(other, moved), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def state_with(graph, gone, factor) -> RoadState:
    return slow_down(close_edges(open_roads(graph), gone), graph, factor)


FACTORS = st.dictionaries(st.just(CLASS_OF["residential"]), st.sampled_from([0.1, 0.3, 0.7, 0.85, 0.999, 1.0]))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_state_equals_scipy_on_roads_rebuilt_without_the_closed_and_with_the_slowed_edges(data):
    graph = data.draw(road_graphs())
    places = data.draw(places_on(graph))
    gone = data.draw(st.sets(st.integers(0, graph.edge_count - 1), max_size=graph.edge_count // 2))
    gone -= in_long_sequences(graph)
    factor = data.draw(FACTORS)
    assert_as_rebuilt(graph, places, state_with(graph, gone, factor), gone, factor)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_restrictions_along_a_closed_road_stay_in_force_for_who_starts_on_their_middle(data):
    graph = data.draw(road_graphs())
    places = data.draw(places_on(graph))
    gone = data.draw(st.sets(st.integers(0, graph.edge_count - 1), max_size=graph.edge_count // 2))
    left = [tuple(a for a in anchors if a.edge not in gone) for anchors in places]
    mine = in_state(graph, places, close_edges(open_roads(graph), gone))
    for ours, theirs in zip(mine, by_scipy(torn_out(graph, gone), left), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_state_that_leaves_one_closed_edge_open_is_told_from_the_right_one():
    """The broken twin: wherever a closed road matters to anybody, forgetting it shows."""
    graph = grid(4, 4).build()
    places = [(Anchor(edge, 0.5), Anchor(edge + 1, 0.5)) for edge in range(0, graph.edge_count, 2)]
    gone = {0, 1, 10, 11, 20, 21}
    assert_as_rebuilt(graph, places, state_with(graph, gone, {}), gone, {})
    for forgotten in gone:
        with pytest.raises(AssertionError):
            assert_as_rebuilt(graph, places, state_with(graph, gone - {forgotten}, {}), gone, {})


def test_the_state_of_open_roads_is_the_graph_as_it_is():
    graph = grid(4, 3).build()
    places = [(Anchor(edge, 0.4),) for edge in range(0, graph.edge_count, 3)]
    assert_as_rebuilt(graph, places, open_roads(graph), set(), {})


def test_of_parallel_roads_the_other_one_is_taken_when_the_first_is_closed():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(1000, 0)
    short = builder.road(a, b, ms=10_000)
    builder.road(a, b, via=[(500, 400)], ms=30_000)
    builder.road(builder.node(-100, 0), a, ms=1000)
    builder.road(b, builder.node(1100, 0), ms=1000)
    graph = builder.build()
    places = [(Anchor(4, 0.0),), (Anchor(6, 1.0),)]
    assert in_state(graph, places, open_roads(graph))[0][0, 1] == 12_000
    assert in_state(graph, places, close_edges(open_roads(graph), [short]))[0][0, 1] == 32_000


def test_where_roads_are_slowed_twice_the_slowest_counts():
    graph = grid(2, 2).build()
    residential = CLASS_OF["residential"]
    once = slow_down(open_roads(graph), graph, {residential: 0.5})
    twice = slow_down(once, graph, {residential: 0.8})
    np.testing.assert_array_equal(twice.edge_ms, once.edge_ms)
    assert (once.edge_ms == 2 * graph.edge_ms).all()


# --- what is closed --------------------------------------------------------------------------------------------------


def test_a_way_closes_its_edges_in_both_directions_and_nothing_else():
    graph = grid(3, 3).build()
    way = int(graph.way_id[4])
    assert edges_of_way(graph, way).tolist() == [4, 5]
    assert edges_of_way(graph, 7).tolist() == []


def test_a_line_closes_every_road_that_it_crosses():
    graph = grid(3, 3).build()
    across = edges_across(graph, [at(100, -50), at(100, 450)]).tolist()
    assert (
        sorted(graph.names[graph.edge_name[edge]] for edge in across)
        == ["A-Straße"] * 2 + ["B-Straße"] * 2 + ["C-Straße"] * 2
    )
    assert edges_across(graph, [at(50, 50), at(150, 50), at(150, 150)]).tolist() == []


def test_a_line_with_corners_crosses_where_its_corners_lead():
    graph = grid(3, 3).build()
    around = edges_across(graph, [at(50, 50), at(50, 250), at(150, 250)]).tolist()
    assert {graph.names[graph.edge_name[edge]] for edge in around} == {"B-Straße"}


# --- networks --------------------------------------------------------------------------------------------------------


def two_shores():
    """Two streets that only a bridge joins, with two stops on either side."""
    builder = RoadBuilder()
    west = [builder.node(0, y) for y in (0, 300, 600)]
    east = [builder.node(500, y) for y in (0, 300, 600)]
    for shore, name in ((west, "Westufer"), (east, "Ostufer")):
        builder.road(shore[0], shore[1], name=name)
        builder.road(shore[1], shore[2], name=name)
    bridge = builder.road(west[1], east[1], name="Brücke", flags=0)
    far = builder.road(west[2], east[2], via=[(250, 3000)], name="Umweg", flags=0)
    graph = builder.build()
    stops = [Stop("W1", "", at(3, 100)), Stop("W2", "", at(3, 500)), Stop("E1", "", at(503, 100))]
    return graph, build_network(graph, stops, [("bus-1", at(0, 20))])[0], bridge, far


def test_a_network_in_a_state_has_the_matrix_and_the_ways_of_that_state():
    graph, network, bridge, _ = two_shores()
    closed = network.in_state(close_edges(open_roads(graph), [bridge, bridge + 1]))
    assert (closed.times.travel_s >= network.times.travel_s).all()
    assert closed.times.travel_s[0, 2] > network.times.travel_s[0, 2]
    assert "Brücke" in network.get_leg(0, 2, DAY).streets
    leg = closed.get_leg(0, 2, DAY)
    assert "Umweg" in leg.streets
    assert "Brücke" not in leg.streets
    for one in (network, closed):
        for i in range(4):
            for j in range(4):
                leg = one.get_leg(i, j, DAY)
                assert (leg.travel_s, leg.length_m) == (one.times.travel_s[i, j], one.times.length_m[i, j])


def test_a_network_in_a_state_takes_addresses_and_new_stops_as_one_built_with_it():
    graph, network, bridge, _ = two_shores()
    closed = network.in_state(close_edges(open_roads(graph), [bridge, bridge + 1]))
    ways = closed.find_ways(network.anchors[1])
    np.testing.assert_array_equal(ways.away_s, closed.times.travel_s[1])
    np.testing.assert_array_equal(ways.back_s, closed.times.travel_s[:, 1])
    on_bridge = closed.find_ways((Anchor(bridge, 0.5), Anchor(bridge + 1, 0.5)))
    assert (on_bridge.away_s == UNREACHABLE_S).all()
    grown = closed.with_stop(Stop("E2", "Ost", at(503, 500)), network.anchors[2])
    assert grown.times.travel_s[0, 3] == closed.times.travel_s[0, 2]


def test_stops_that_a_state_cuts_off_are_named():
    graph, network, bridge, far = two_shores()
    shut = network.in_state(close_edges(open_roads(graph), [bridge, bridge + 1, far, far + 1]))
    assert cut_off_stops(network) == ()
    assert cut_off_stops(shut) == ("E1",)
    assert shut.times.travel_s[0, 2] == UNREACHABLE_S


@pytest.mark.data
@pytest.mark.skipif(not REGIONS.is_dir(), reason=f"no road extracts in {REGIONS}: set RUFBUS_DATA")
@pytest.mark.parametrize("region", ["liechtenstein_2013-08-03.osm.pbf", "kiel-nordost_2025-01-27.osm.pbf"])
def test_states_of_a_real_region_equal_scipy_on_the_roads_rebuilt(region):
    graph, _ = read_roads(REGIONS / region)
    network = build_network(graph, virtual_stops(graph, [], 400, max_count=150), [])[0]
    busy = np.random.default_rng(5).choice(graph.edge_count, graph.edge_count // 50, replace=False)
    line = [network.stops[0].place, network.stops[network.stop_count // 2].place]
    gone = {int(edge) for edge in busy} | {int(edge) for edge in edges_across(graph, line)}
    gone -= in_long_sequences(graph)
    factor = {CLASS_OF["residential"]: 0.7, CLASS_OF["secondary"]: 0.85, CLASS_OF["ferry"]: 0.5}
    assert len(gone) > len(busy)
    assert_as_rebuilt(graph, network.anchors, state_with(graph, gone, factor), gone, factor)

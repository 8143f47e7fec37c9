"""Contraction changes how a network is written down, not what it is."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import Place, distance_m
from rufbus.roads.graph import RoadGraph
from rufbus.roads.profile import profile_way
from rufbus.roads.road_state import edges_of_way

from .osm_text import DEGREES_PER_M, OsmText, drives, ring

TAGS = st.sampled_from(
    [{"highway": "residential"}, {"highway": "residential", "name": "Dorfstraße"}, {"highway": "primary"},
     {"highway": "residential", "oneway": "yes"}, {"highway": "residential", "oneway": "-1"},
     {"highway": "residential", "maxspeed": "20"}, {"highway": "tertiary", "bridge": "yes"},
     {"highway": "tertiary", "maxspeed:forward": "30", "maxspeed:backward": "50"}]
)  # fmt: skip


@st.composite
def maps(draw) -> OsmText:
    """A handful of nodes with ways through them at random."""
    count = draw(st.integers(3, 9))
    places = draw(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=count, max_size=count, unique=True)
    )
    text = OsmText()
    for number, (x, y) in enumerate(places, 1):
        text.node(number, 100.0 * x, 100.0 * y)
    for way in range(draw(st.integers(1, 6))):
        refs = draw(st.lists(st.integers(1, count), min_size=2, max_size=6))
        text.way(100 + way, refs, draw(TAGS))
    return text


def network_by_hand(text: OsmText) -> nx.DiGraph:
    """Every segment as an edge with its time (ms), the fastest of parallel ones; the largest part by length."""
    place = {
        number: Place(round(x * DEGREES_PER_M, 7), round(y * DEGREES_PER_M, 7))
        for number, (x, y, _) in text.nodes.items()
    }
    whole, lengths = nx.DiGraph(), []
    for refs, tags in text.ways.values():
        profile = profile_way(tags)
        for a, b in itertools.pairwise(refs):
            if a == b:
                continue
            length = distance_m(place[a], place[b])
            lengths.append((a, b, length))
            for tail, head, kmh in ((a, b, profile.forward_kmh), (b, a, profile.backward_kmh)):
                if kmh:
                    ms = min(length / kmh * 3600, whole.get_edge_data(tail, head, {"ms": np.inf})["ms"])
                    whole.add_edge(tail, head, ms=ms)
    parts = list(nx.strongly_connected_components(whole))
    inside = {i: sum(m for a, b, m in lengths if a in part and b in part) for i, part in enumerate(parts)}
    ranked = sorted(inside.values())
    assume(ranked and ranked[-1] > 0 and (len(ranked) < 2 or ranked[-2] < ranked[-1] - 1))
    return whole.subgraph(parts[max(inside, key=inside.__getitem__)])


def times_ms(graph: RoadGraph) -> np.ndarray:
    table = np.full((graph.node_count, graph.node_count), np.inf)
    np.minimum.at(table, (graph.edge_from, graph.edge_to), graph.edge_ms)
    return dijkstra(csr_array(np.where(np.isinf(table), 0, table)))


@settings(deadline=None, max_examples=40)
@given(maps())
def test_times_between_junctions_are_those_of_the_whole_network(text):
    expected = network_by_hand(text)
    with tempfile.TemporaryDirectory() as folder:
        graph, _ = text.read(Path(folder))
    ids = graph.node_osm_id.tolist()
    assert set(ids) <= set(expected)
    times = times_ms(graph)
    for row, start in enumerate(ids):
        by_hand = nx.single_source_dijkstra_path_length(expected, start, weight="ms")
        for column, end in enumerate(ids):
            assert times[row, column] == pytest.approx(by_hand[end], abs=0.51 * graph.edge_count + 0.01)


@settings(deadline=None, max_examples=40)
@given(maps())
def test_every_graph_keeps_its_promises(text):
    network_by_hand(text)
    with tempfile.TemporaryDirectory() as folder:
        graph, report = text.read(Path(folder))
    check_promises(graph)
    assert report.nodes == graph.node_count
    assert report.edges == graph.edge_count


def check_promises(graph: RoadGraph) -> None:
    """What the graph's description says, edge by edge."""
    edges = np.arange(graph.edge_count)
    first, last = graph.shape_start[:-1], graph.shape_start[1:] - 1
    assert (np.diff(graph.shape_start) >= 2).all()
    assert graph.shape_start[-1] == len(graph.shape_lon) == len(graph.shape_lat)
    for ends, nodes in ((first, graph.edge_from), (last, graph.edge_to)):
        assert (graph.shape_lon[ends] == graph.node_lon[nodes]).all()
        assert (graph.shape_lat[ends] == graph.node_lat[nodes]).all()
    paired = graph.edge_twin >= 0
    twins = graph.edge_twin[paired]
    assert (graph.edge_twin[twins] == edges[paired]).all()
    assert (twins != edges[paired]).all()
    assert (graph.edge_from[twins] == graph.edge_to[paired]).all()
    for edge in edges[paired].tolist():
        twin = int(graph.edge_twin[edge])
        there = graph.shape_lon[graph.shape_start[edge] : graph.shape_start[edge + 1]]
        back = graph.shape_lon[graph.shape_start[twin] : graph.shape_start[twin + 1]]
        assert (there == back[::-1]).all()
    assert (np.diff(graph.edge_from) >= 0).all()
    assert (graph.edge_ms > 0).all()
    assert graph.names[0] == ""
    assert set(range(1, len(graph.names))) == set(graph.edge_name.tolist()) - {0}
    for edge in edges.tolist():
        points = slice(int(graph.shape_start[edge]), int(graph.shape_start[edge + 1]))
        places = [Place(*both) for both in zip(graph.shape_lon[points], graph.shape_lat[points], strict=True)]
        length = sum(distance_m(a, b) for a, b in itertools.pairwise(places))
        assert graph.edge_length_m[edge] == pytest.approx(length, rel=1e-5)


def test_a_long_road_of_many_ways_is_one_edge_each_way(tmp_path):
    text = ring()
    for number in range(20, 30):
        text.node(number, 100.0 * (number - 19), 500)
    for number in range(20, 29):
        ends = [number, number + 1] if number % 2 else [number + 1, number]
        text.way(number, ends, {"highway": "residential", "name": "Lange Reihe"})
    text.way(40, [1, 20], {"highway": "residential", "name": "Lange Reihe"})
    text.way(41, [29, 3], {"highway": "residential", "name": "Lange Reihe"})
    graph, _ = text.read(tmp_path)
    assert sorted(set(drives(graph))) == [(1, 3), (3, 1)]
    assert graph.edge_count == 6
    assert "Lange Reihe" in graph.names


@pytest.mark.parametrize(
    "change",
    [{"name": "Ostweg"}, {"highway": "tertiary"}, {"maxspeed": "20"}, {"bridge": "yes"}, {"oneway": "yes"}],
)
def test_an_edge_ends_where_the_road_changes(tmp_path, change):
    text = ring()
    text.node(5, 500, 480)
    text.way(20, [1, 5], {"highway": "residential", "name": "Westweg"})
    text.way(21, [5, 3], {"highway": "residential", "name": "Westweg", **change})
    graph, _ = text.read(tmp_path)
    assert (1, 5) in drives(graph, 20)
    assert (5, 3) in drives(graph, 21)


def test_an_edge_knows_every_way_along_it_in_its_own_direction(tmp_path):
    text = ring()
    for node in (5, 6, 7):
        text.node(node, 200 * (node - 4), 200 * (node - 4) - 20)
    for way, nodes in ((20, [1, 5]), (21, [6, 5]), (22, [6, 7, 3])):
        text.way(way, nodes, {"highway": "residential"})
    graph, _ = text.read(tmp_path)
    ways = {
        pair: graph.way_id[graph.way_start[edge] : graph.way_start[edge + 1]].tolist()
        for pair in ((1, 3), (3, 1))
        for edge in range(graph.edge_count)
        if graph.edge_way[edge] in (20, 22) and drives(graph, int(graph.edge_way[edge])) == [pair]
    }
    assert ways == {(1, 3): [20, 21, 22], (3, 1): [22, 21, 20]}
    assert edges_of_way(graph, 21).tolist() == edges_of_way(graph, 20).tolist() == edges_of_way(graph, 22).tolist()


def test_a_number_stands_in_for_a_missing_name(tmp_path):
    text = ring()
    text.way(20, [1, 3], {"highway": "primary", "ref": "B 199"})
    graph, _ = text.read(tmp_path)
    assert "B 199" in graph.names


def test_a_ring_without_any_junction_is_cut_somewhere(tmp_path):
    graph, _ = ring().read(tmp_path)
    assert graph.node_count == 1
    assert graph.edge_count == 2
    check_promises(graph)


def test_a_one_way_ring_without_any_junction_has_one_edge(tmp_path):
    text = ring()
    text.ways[10] = ([1, 2], {"highway": "residential", "oneway": "yes"})
    text.way(11, [2, 3, 4, 1], {"highway": "residential", "oneway": "yes"})
    graph, _ = text.read(tmp_path)
    assert (graph.node_count, graph.edge_count) == (1, 1)
    check_promises(graph)


def test_a_roundabout_is_driven_one_way_between_its_arms(tmp_path):
    text = OsmText()
    for number, (x, y) in enumerate([(0, -20), (20, 0), (0, 20), (-20, 0)], 1):
        text.node(number, x, y)
        text.node(10 + number, 10.0 * x, 10.0 * y)
        text.way(20 + number, [number, 10 + number], {"highway": "residential"})
    text.way(30, [1, 2, 3, 4, 1], {"highway": "residential", "junction": "roundabout"})
    graph, _ = text.read(tmp_path)
    assert drives(graph, 30) == [(1, 2), (2, 3), (3, 4), (4, 1)]
    assert all(graph.edge_twin[edge] < 0 for edge in range(graph.edge_count) if graph.edge_way[edge] == 30)


def test_a_road_without_return_is_no_network(tmp_path):
    text = OsmText()
    text.node(1, 0, 0)
    text.node(2, 100, 0)
    text.way(10, [1, 2], {"highway": "residential", "oneway": "yes"})
    with pytest.raises(InvalidRoads, match="none that leads anywhere and back"):
        text.read(tmp_path)

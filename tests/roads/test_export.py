"""The graph as NetworkX and OSMnx see it."""

from __future__ import annotations

import networkx as nx
import osmnx as ox
import pytest

from rufbus.roads.export import to_networkx

from .osm_text import ring


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A ring, a named one-way street across it, and a second one with a closed barrier."""
    text = ring()
    text.node(5, 500, 480)
    text.way(20, [1, 5, 3], {"highway": "residential", "name": "Querweg", "oneway": "yes", "maxspeed": "30"})
    text.node(6, 500, 600, barrier="bollard")
    text.way(21, [2, 6, 4], {"highway": "service"})
    graph, _ = text.read(tmp_path_factory.mktemp("map"))
    return graph, to_networkx(graph)


def test_nodes_and_edges_are_those_of_the_graph(small):
    graph, network = small
    assert set(network) == set(graph.node_osm_id.tolist())
    assert network.number_of_edges() == graph.edge_count
    assert network.graph["crs"] == "epsg:4326"
    assert network.nodes[3] == {
        "x": pytest.approx(0.0089932, abs=1e-6),
        "y": pytest.approx(0.0089932, abs=1e-6),
        "street_count": 3,
    }


def test_an_edge_carries_what_osmnx_calls_it(small):
    _, network = small
    edge = network.edges[1, 3, 0]
    assert (edge["osmid"], edge["highway"], edge["name"], edge["oneway"]) == (20, "residential", "Querweg", True)
    assert edge["length"] == pytest.approx(1414, abs=1)
    assert edge["speed_kph"] == pytest.approx(25.5, abs=0.01)
    assert edge["travel_time"] == pytest.approx(edge["length"] / 25.5 * 3.6, abs=0.001)
    assert edge["geometry"].coords[0] == (0, 0)
    assert len(edge["geometry"].coords) == 3
    assert not network.edges[1, 2, 0]["oneway"]
    assert "name" not in network.edges[1, 2, 0]


def test_the_halves_of_a_divided_node_are_told_apart(small):
    _, network = small
    assert {6, -6} <= set(network)
    assert network.nodes[6]["street_count"] == network.nodes[-6]["street_count"] == 1


def test_osmnx_keeps_it_in_a_file(small, tmp_path):
    _, network = small
    ox.save_graphml(network, tmp_path / "roads.graphml")
    again = ox.load_graphml(tmp_path / "roads.graphml")
    assert set(again) == set(network)
    assert nx.utils.misc.edges_equal(
        again.edges(data="travel_time", keys=True), network.edges(data="travel_time", keys=True), directed=True
    )


def test_osmnx_finds_ways_in_it(small):
    _, network = small
    assert ox.routing.shortest_path(network, 3, 1, weight="travel_time") in ([3, 2, 1], [3, 4, 1])
    assert ox.routing.shortest_path(network, 1, 3, weight="length") == [1, 3]
    flat = ox.projection.project_graph(network)
    places = [(flat.nodes[node]["x"] + 3, flat.nodes[node]["y"] - 3) for node in flat]
    found = ox.distance.nearest_nodes(flat, *zip(*places, strict=True))
    assert [abs(node) for node in found] == [abs(node) for node in flat]


def test_osmnx_describes_it(small):
    graph, network = small
    stats = ox.stats.basic_stats(network)
    assert stats["n"] == graph.node_count
    assert stats["m"] == graph.edge_count
    assert stats["edge_length_total"] == pytest.approx(float(graph.edge_length_m.sum()), rel=1e-5)
    assert stats["street_segment_count"] == 4 + 1 + 2


def test_osmnx_turns_it_into_tables_and_streets(small):
    graph, network = small
    nodes, edges = ox.graph_to_gdfs(network)
    assert (len(nodes), len(edges)) == (graph.node_count, graph.edge_count)
    assert ox.convert.to_undirected(network).number_of_edges() == 7
    assert nx.is_strongly_connected(network)

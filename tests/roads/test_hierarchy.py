"""The hierarchy and its sweeps, against SciPy's Dijkstra: equal to the bit, on chance and on real roads."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from rufbus.roads.elimination import DEGREE_WEIGHT, QUEUES, eliminate
from rufbus.roads.hierarchy import build_hierarchy, weigh
from rufbus.roads.osm import read_roads
from rufbus.roads.search import MS_UNIT, SearchGraph, build_search
from rufbus.roads.snap import SnappedPlace, snap_stops
from rufbus.roads.sweeps import build_sweep, costs_from, costs_to
from rufbus.roads.travel_times import as_matrix, many_to_many, split_cost
from rufbus.roads.virtual_stops import virtual_stops

from .hand_made import grid

REGIONS = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data")) / "osm" / "regions"
COSTS = st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 3000 * MS_UNIT))


def search_of(count, arcs) -> SearchGraph:
    """A search graph of ``{(tail, head): cost}``; every node is a place."""
    ordered = sorted((tail, head, cost) for (tail, head), cost in arcs.items() if tail != head)
    tails, heads, costs = np.array(ordered, dtype=np.float64).reshape(-1, 3).T
    return SearchGraph(
        arc_start=np.searchsorted(tails, np.arange(count + 1)).astype(np.int32),
        arc_head=heads.astype(np.int32),
        arc_cost=costs,
        arc_edge=np.zeros(len(ordered), np.int32),
        arc_from=np.zeros(len(ordered)),
        arc_to=np.ones(len(ordered)),
        places=np.arange(count, dtype=np.int32),
    )


@st.composite
def tangles(draw) -> SearchGraph:
    """Graphs with arcs that cost nothing, ties, one-way arcs, and parts that cannot be reached."""
    count = draw(st.integers(1, 12))
    node = st.integers(0, count - 1)
    return search_of(count, draw(st.dictionaries(st.tuples(node, node), COSTS, max_size=40)))


def by_scipy(search, nodes) -> np.ndarray:
    return dijkstra(as_matrix(search), directed=True, indices=nodes)[:, nodes]


def assert_equals_scipy(search, nodes, hierarchy=None) -> None:
    ours = many_to_many(search, nodes, hierarchy=hierarchy)
    for mine, theirs in zip(ours, split_cost(by_scipy(search, nodes)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_all_costs_equal_those_of_scipy(data):
    search = data.draw(tangles())
    everything = np.arange(search.node_count, dtype=np.int32)
    assert_equals_scipy(search, everything)
    some = np.array(data.draw(st.lists(st.sampled_from(everything.tolist()), max_size=8)), dtype=np.int32)
    assert_equals_scipy(search, some)


@settings(max_examples=150, deadline=None)
@given(tangles(), st.data())
def test_a_single_search_from_or_to_several_nodes_equals_the_best_of_each(search, data):
    nodes = np.arange(search.node_count, dtype=np.int32)
    ends = np.array(data.draw(st.lists(st.sampled_from(nodes.tolist()), min_size=1, max_size=3)), dtype=np.int32)
    offsets = np.array([data.draw(COSTS) for _ in ends], dtype=np.float64)
    hierarchy = build_hierarchy(search)
    sweep = build_sweep(hierarchy, nodes)
    costs = by_scipy(search, nodes)
    out, back = (f(hierarchy, sweep, ends, offsets)[sweep.place_node] for f in (costs_from, costs_to))
    np.testing.assert_array_equal(out, (costs[ends] + offsets[:, None]).min(axis=0))
    np.testing.assert_array_equal(back, (costs[:, ends] + offsets).min(axis=1))


@settings(max_examples=150, deadline=None)
@given(tangles(), st.data())
def test_other_weights_in_the_same_order_give_their_own_times(search, data):
    order = eliminate(search.arc_start, search.arc_head)
    kept = [n for n in range(len(search.arc_head)) if data.draw(st.booleans())]
    tails = np.repeat(search.places, np.diff(search.arc_start)).tolist()
    other = search_of(search.node_count, {(tails[n], int(search.arc_head[n])): data.draw(COSTS) for n in kept})
    assert_equals_scipy(other, other.places, weigh(order, other))


def test_places_at_one_spot_reach_each_other_at_no_cost_and_all_else_as_well():
    spot = {(a, b): 0 for a in range(4) for b in range(4)}
    search = search_of(7, {**spot, (0, 4): 5, (4, 1): 5, (4, 5): 0, (5, 4): 0, (5, 6): 1, (6, 2): 1})
    assert_equals_scipy(search, search.places)


def test_hubs_with_more_neighbours_than_there_are_queues_have_their_true_times():
    """Two hubs share all their neighbours; a node waits in a queue by how many it has left."""
    chance, ends = np.random.default_rng(5), range(2, QUEUES // DEGREE_WEIGHT + 50)
    pairs = [pair for end in ends for hub in (0, 1) for pair in ((hub, end), (end, hub))]
    costs = chance.integers(1, 10**6, len(pairs)).tolist()
    search = search_of(ends.stop, dict(zip(pairs, costs, strict=True)))
    assert_equals_scipy(search, np.array([0, 1, *ends[::40]], dtype=np.int32))


def test_every_kept_arc_is_needed_somewhere():
    """The broken twin: without one of its arcs, the hierarchy must be told from a whole one."""
    search = chance_grid()
    whole = build_hierarchy(search)
    assert_equals_scipy(search, search.places, whole)
    for name in ("up_kept", "down_kept"):
        for arc in np.flatnonzero(getattr(whole, name))[::7]:
            kept = getattr(whole, name).copy()
            kept[arc] = False
            with pytest.raises(AssertionError):
                assert_equals_scipy(search, search.places, replace(whole, **{name: kept}))


def chance_grid() -> SearchGraph:
    """A grid whose arcs cost so different that no two ways tie."""
    graph = grid(5, 5).build()
    costs = np.random.default_rng(7).integers(1, 10**6, graph.edge_count)
    arcs = zip(graph.edge_from.tolist(), graph.edge_to.tolist(), costs.tolist(), strict=True)
    return search_of(graph.node_count, {(tail, head): cost * MS_UNIT for tail, head, cost in arcs})


def test_the_same_graph_gives_the_same_hierarchy():
    one, other = build_hierarchy(chance_grid()), build_hierarchy(chance_grid())
    for name in ("rank", "up_start", "up_head"):
        np.testing.assert_array_equal(getattr(one.order, name), getattr(other.order, name))
    for name in ("up_cost", "down_cost", "up_kept", "down_kept"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.data
@pytest.mark.skipif(not REGIONS.is_dir(), reason=f"no road extracts in {REGIONS}: set RUFBUS_DATA")
@pytest.mark.parametrize(
    "region",
    ["liechtenstein_2013-08-03.osm.pbf", "north-bayreuth_2014-11-04.osm.gz", "kiel-nordost_2025-01-27.osm.pbf"],
)
def test_all_pairs_of_a_real_region_equal_those_of_scipy(region):
    graph, _ = read_roads(REGIONS / region)
    snapped = snap_stops(graph, virtual_stops(graph, [], 200, max_count=500))
    search = build_search(graph, [each.anchors for each in snapped if isinstance(each, SnappedPlace)])
    assert len(search.places) >= 70
    assert_equals_scipy(search, search.places)

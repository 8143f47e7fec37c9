"""The line of a leg and its street names."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rufbus.domain.errors import NotFound
from rufbus.domain.place import Place, distance_m
from rufbus.roads.geometry import LegFinder
from rufbus.roads.search import Anchor, build_search
from rufbus.roads.snap import place_on_edge

from .hand_made import RoadBuilder, grid, road_graphs


def finder_for(graph, *places):
    return LegFinder(graph, build_search(graph, places))


def line_m(coordinates):
    return sum(distance_m(Place(*a), Place(*b)) for a, b in pairwise(coordinates))


@settings(max_examples=100, deadline=None)
@given(road_graphs(), st.data())
def test_the_line_runs_from_anchor_to_anchor_and_is_as_long_as_the_leg(graph, data):
    anchors = [Anchor(data.draw(st.integers(0, graph.edge_count - 1)), data.draw(st.floats(0, 1))) for _ in range(4)]
    finder = finder_for(graph, *[(anchor,) for anchor in anchors])
    for i, origin in enumerate(anchors):
        for j, destination in enumerate(anchors):
            try:
                leg = finder.get_leg(i, j)
            except NotFound:
                continue
            for end, anchor in ((leg.coordinates[0], origin), (leg.coordinates[-1], destination)):
                assert distance_m(Place(*end), place_on_edge(graph, anchor)) < 0.2
            assert line_m(leg.coordinates) == pytest.approx(leg.length_m, rel=0.002, abs=2)


def test_streets_are_named_in_order_each_once_in_a_row():
    graph = grid(4, 4).build()
    start, end = 0, next(e for e in range(graph.edge_count) if graph.edge_from[e] == 11 and graph.edge_to[e] == 15)
    leg = finder_for(graph, (Anchor(start, 0.5),), (Anchor(end, 0.5),)).get_leg(0, 1)
    assert leg.streets[0] == "A-Straße"
    assert leg.streets[-1] == "4. Weg"
    assert all(a != b for a, b in pairwise(leg.streets))


def test_nameless_roads_do_not_interrupt_a_street():
    builder = RoadBuilder()
    nodes = [builder.node(100 * n, 0) for n in range(4)]
    for n, name in enumerate(["Dorfstraße", "", "Dorfstraße"]):
        builder.road(nodes[n], nodes[n + 1], name=name)
    leg = finder_for(builder.build(), (Anchor(0, 0.5),), (Anchor(4, 0.5),)).get_leg(0, 1)
    assert leg.streets == ("Dorfstraße",)
    assert len(leg.coordinates) == 4


def test_the_bends_of_a_road_are_kept_and_its_ends_cut_off():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(300, 0)
    builder.road(a, b, via=[(100, 100), (200, 100)])
    graph = builder.build()
    forward = finder_for(graph, (Anchor(0, 0.2),), (Anchor(0, 0.8),)).get_leg(0, 1)
    back = finder_for(graph, (Anchor(1, 0.2),), (Anchor(1, 0.8),)).get_leg(0, 1)
    assert len(forward.coordinates) == 4
    assert forward.coordinates == tuple(reversed(back.coordinates))


def test_a_leg_to_where_it_begins_has_a_line_without_length():
    leg = finder_for(grid(2, 2).build(), (Anchor(0, 0.5),)).get_leg(0, 0)
    assert (leg.travel_s, leg.length_m) == (0, 0)
    assert leg.coordinates[0] == leg.coordinates[1]
    assert leg.streets == ("A-Straße",)


def test_a_leg_turns_round_at_a_place_served_from_both_sides():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(1000, 0)
    builder.road(a, b, name="Dorfstraße")
    graph = builder.build()
    both = (Anchor(0, 0.5), Anchor(1, 0.5))
    leg = finder_for(graph, (Anchor(0, 0.4),), (Anchor(1, 0.6),), both).get_leg(0, 1)
    assert leg.length_m == 200
    assert line_m(leg.coordinates) == pytest.approx(200, abs=0.5)
    assert leg.streets == ("Dorfstraße",)


def test_a_leg_without_a_road_is_not_found():
    builder = RoadBuilder()
    a, b, c = (builder.node(100 * n, 0) for n in range(3))
    builder.road(a, b)
    far = builder.road(b, c, oneway=True)
    finder = finder_for(builder.build(), (Anchor(0, 0.5),), (Anchor(far, 0.5),))
    assert finder.get_leg(0, 1).travel_s == 10
    with pytest.raises(NotFound, match="No road leads"):
        finder.get_leg(1, 0)

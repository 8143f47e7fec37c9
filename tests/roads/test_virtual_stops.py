"""Stops where no sign stands."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rufbus.domain.place import Place, Stop, distance_m
from rufbus.roads.graph import STOPPABLE
from rufbus.roads.search import Anchor
from rufbus.roads.snap import place_on_edge, snap_stops
from rufbus.roads.virtual_stops import virtual_stops

from .hand_made import QUIET, RoadBuilder, at, grid, road_graphs

EXISTING = st.lists(st.builds(at, st.integers(-500, 500), st.integers(-500, 500)), max_size=4)


def as_stops(places):
    return [Stop(f"s{number}", "Kirche", place) for number, place in enumerate(places)]


@settings(max_examples=60, deadline=None)
@given(road_graphs(), EXISTING, st.integers(50, 600))
def test_no_virtual_stop_lies_within_the_spacing_of_another_stop(graph, places, spacing_m):
    virtual = virtual_stops(graph, as_stops(places), spacing_m)
    fixed = [(stop.place, place) for stop in virtual for place in places]
    for a, b in [*fixed, *((a.place, b.place) for a, b in combinations(virtual, 2))]:
        assert distance_m(a, b) >= spacing_m
    assert len({stop.id for stop in virtual}) == len({stop.name for stop in virtual}) == len(virtual)
    assert all(stop.virtual and stop.name for stop in virtual)


@st.composite
def streets(draw):
    """Part of a grid, so that no two roads lie on top of each other."""
    builder = grid(5, 5, draw(st.integers(60, 400)))
    kept = draw(st.lists(st.integers(0, len(builder.edges) // 2 - 1), min_size=1, unique=True))
    part = RoadBuilder(nodes=builder.nodes)
    for road in kept:
        edge = builder.edges[2 * road]
        flags = draw(st.sampled_from([STOPPABLE, QUIET]))
        part.road(edge["from"], edge["to"], name=builder.names[edge["name"]], flags=flags)
    return part.build()


@settings(max_examples=60, deadline=None)
@given(streets(), EXISTING, st.integers(50, 600))
def test_every_point_of_a_named_street_has_a_stop_near(graph, places, spacing_m):
    stops = [*as_stops(places), *virtual_stops(graph, as_stops(places), spacing_m)]
    for edge in range(graph.edge_count):
        for fraction in (0.0, 0.25, 0.5, 0.75, 1.0) if graph.edge_name[edge] else ():
            spot = place_on_edge(graph, Anchor(edge, fraction))
            assert min(distance_m(spot, stop.place) for stop in stops) <= spacing_m * 4 / 3 + 16


@given(road_graphs())
@settings(max_examples=30, deadline=None)
def test_every_virtual_stop_snaps_to_a_road(graph):
    virtual = virtual_stops(graph, [], 100)
    assert all(result.distance_m < 4 for result in snap_stops(graph, virtual))


def test_at_a_junction_a_stop_is_named_after_both_streets_and_lies_in_the_quiet_one():
    builder = RoadBuilder()
    middle = builder.node(0, 0)
    for x in (-400, 400):
        builder.road(middle, builder.node(x, 0), name="Hauptstraße", flags=STOPPABLE, road_class="primary")
    builder.road(middle, builder.node(0, 400), name="Bergweg", flags=QUIET)
    stops = virtual_stops(builder.build(), [], 300)
    (junction,) = [stop for stop in stops if stop.id == "virtual:n1"]
    assert junction.name == "Bergweg / Hauptstraße"
    assert distance_m(junction.place, at(0, 12)) < 0.1


def test_along_a_busy_road_a_stop_lies_beside_the_lane_and_serves_one_direction():
    builder = RoadBuilder()
    builder.road(builder.node(0, 0), builder.node(1000, 0), name="Hauptstraße", flags=STOPPABLE, road_class="primary")
    graph = builder.build()
    stops = virtual_stops(graph, [], 300)
    assert [len(result.anchors) for result in snap_stops(graph, stops)] == [1] * len(stops)
    assert {stop.name for stop in stops} == {"Hauptstraße", "Hauptstraße (2)", "Hauptstraße (3)", "Hauptstraße (4)"}


def test_nameless_roads_and_roads_to_keep_moving_on_get_none():
    builder = RoadBuilder()
    nodes = [builder.node(0, y) for y in (0, 1000, 2000)]
    builder.road(nodes[0], nodes[1])
    builder.road(nodes[1], nodes[2], name="Bundesstraße 201", flags=0)
    assert virtual_stops(builder.build(), [], 300) == []


def test_the_most_settled_places_come_first_when_there_are_too_many():
    builder = RoadBuilder()
    lone = [builder.node(5000 + 2000 * n, 0) for n in range(4)]
    for a, b in pairwise(lone):
        builder.road(a, b, name="Landweg")
    village = [builder.node(60 * n, 0) for n in range(9)]
    for a, b in pairwise(village):
        builder.road(a, b, name="Dorfstraße")
        builder.road(b, builder.node(builder.nodes[b][0], 60), name="Stichweg")
    (stop,) = virtual_stops(builder.build(), [], 300, max_count=1)
    assert distance_m(stop.place, at(240, 0)) < 150


def test_names_begin_with_the_village_where_villages_are_known():
    stops = virtual_stops(grid(2, 2).build(), [], 1000, villages=[("Altheim", at(0, 0)), ("Neudorf", at(9000, 0))])
    assert [stop.name.startswith("Altheim, ") for stop in stops] == [True]


@pytest.mark.parametrize("drive_on", ["right", "left"])
def test_the_same_roads_give_the_same_stops(drive_on):
    graph = grid(5, 5, flags=STOPPABLE).build()
    existing = [Stop("s", "A-Straße", Place(9.551, 54.5))]
    assert virtual_stops(graph, existing, 250, drive_on=drive_on) == virtual_stops(
        graph, existing, 250, drive_on=drive_on
    )

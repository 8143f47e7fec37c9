"""Which stops are near on foot."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rufbus.domain.place import Place, Stop, distance_m
from rufbus.roads.graph import FERRY
from rufbus.roads.snap import RoadIndex, SnappedPlace, snap_stops, walkable_edges
from rufbus.roads.walking import Walking

from .hand_made import RoadBuilder, at, grid, road_graphs


def walking_to(graph, places) -> Walking:
    stops = [Stop(f"s{number}", "", place) for number, place in enumerate(places)]
    snapped = snap_stops(graph, stops, max_m=5000)
    assert all(isinstance(result, SnappedPlace) for result in snapped)
    return Walking(graph, [(stop.place, result.anchors) for stop, result in zip(stops, snapped, strict=True)])


def slow_walk_m(graph, origin: Place, destination: Place) -> float:
    """The walk along the nearest roads, by a graph that has both places as nodes."""
    index = RoadIndex(graph, walkable_edges(graph))
    ways = nx.MultiGraph()
    cuts = {}
    for node, place in (("origin", origin), ("destination", destination)):
        spot = min(index.nearest([place], 5000)[0], key=lambda spot: spot.edge)
        cuts.setdefault(spot.edge, []).append((spot.fraction, node))
        ways.add_edge(node, (node, "road"), weight=spot.distance_m)
    for edge in range(graph.edge_count):
        points = [(0.0, int(graph.edge_from[edge]))]
        points += [(fraction, (node, "road")) for fraction, node in sorted(cuts.get(edge, []))]
        points += [(1.0, int(graph.edge_to[edge]))]
        for (begin, a), (end, b) in pairwise(points):
            ways.add_edge(a, b, weight=(end - begin) * float(graph.edge_length_m[edge]))
    return nx.dijkstra_path_length(ways, "origin", "destination")


COORDINATES = st.tuples(st.integers(-500, 500), st.integers(-500, 500))


@settings(max_examples=100, deadline=None)
@given(road_graphs(), COORDINATES, st.lists(COORDINATES, min_size=1, max_size=5), st.integers(1, 2500))
def test_walks_follow_the_roads_in_either_direction(graph, origin, destinations, max_m):
    place, stops = at(*origin), [at(*each) for each in destinations]
    found = {walk.stop: walk.walk_m for walk in walking_to(graph, stops).list_near(place, max_m)}
    for number, stop in enumerate(stops):
        expected, direct = slow_walk_m(graph, place, stop), distance_m(place, stop)
        if number in found:
            assert found[number] <= max_m
            assert found[number] == pytest.approx(expected, abs=1.1) or found[number] == pytest.approx(direct, abs=1.1)
        else:
            assert expected > max_m - 0.1


@settings(max_examples=50, deadline=None)
@given(COORDINATES, st.integers(100, 1500))
def test_the_nearest_stop_comes_first(origin, max_m):
    graph = grid(4, 4).build()
    walks = walking_to(graph, [at(150 * n, 210 * (n % 3)) for n in range(5)]).list_near(at(*origin), max_m)
    assert [walk.walk_m for walk in walks] == sorted(walk.walk_m for walk in walks)


def two_shores(*, link_class="ferry", link_flags=FERRY):
    """Two streets 300 m apart with water between, joined at their far ends and by something in the middle."""
    builder = RoadBuilder()
    south = [builder.node(x, 0) for x in (0, 2000, 4000)]
    north = [builder.node(x, 300) for x in (0, 2000, 4000)]
    for row in (south, north):
        builder.road(row[0], row[1])
        builder.road(row[1], row[2])
    builder.road(south[2], north[2])
    builder.road(south[0], north[0], road_class=link_class, flags=link_flags)
    return builder.build()


def test_nobody_walks_across_water():
    walking = walking_to(two_shores(), [at(100, -5), at(100, 305)])
    walks = walking.list_near(at(120, 305), 3000)
    assert [walk.stop for walk in walks] == [1]
    assert walks[0].walk_m == 30


@pytest.mark.parametrize("road_class", ["motorway", "motorway_link", "trunk", "trunk_link"])
def test_nobody_walks_along_a_fast_road(road_class):
    walking = walking_to(two_shores(link_class=road_class, link_flags=0), [at(100, -5)])
    assert walking.list_near(at(100, 305), 3000) == []


def test_along_any_other_road_people_walk_against_the_one_way():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(1000, 0)
    builder.road(a, b, oneway=True)
    (walk,) = walking_to(builder.build(), [at(100, 0)]).list_near(at(500, 0), 500)
    assert walk.walk_m == pytest.approx(400, abs=1)


def test_a_place_at_a_stop_is_there():
    walking = walking_to(grid(3, 3).build(), [at(100, 12)])
    assert [walk.walk_m for walk in walking.list_near(at(100, 12), 100)] == [0]
    assert [walk.walk_m for walk in walking.list_near(at(104, 15), 100)] == [5]


def test_a_place_farther_from_every_road_than_the_limit_is_near_nothing():
    walking = walking_to(grid(3, 3).build(), [at(0, 5)])
    assert walking.list_near(at(0, -301), 300) == []
    assert len(walking.list_near(at(0, -301), 310)) == 1


def test_without_stops_nothing_is_near():
    assert walking_to(grid(2, 2).build(), []).list_near(at(0, 0), 500) == []

"""The street net that the sample region is drawn on."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString

from rufbus.roads.sample_net import StreetNet
from rufbus.roads.sample_plane import distance_m

TAGS = (("highway", "residential"),)
grid_points = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda p: (100.0 * p[0], 100.0 * p[1] + 7.0 * p[0]))
roads = st.lists(grid_points, min_size=2, max_size=5, unique=True)


def lay(net: StreetNet, road: list[tuple[float, float]]) -> tuple[int, int]:
    start, end = net.add_node(road[0]), net.add_node(road[-1])
    net.lay(start, road[1:-1], end, TAGS)
    return start, end


def has_path(net: StreetNet, start: int, end: int) -> bool:
    seen, front = {start}, [start]
    while front:
        front = [other for node in front for other in net.neighbours(node) if other not in seen]
        seen.update(front)
    return end in seen


@given(st.lists(roads, min_size=1, max_size=4))
def test_every_laid_road_leads_from_its_start_to_its_end(drawn: list) -> None:
    net = StreetNet()
    ends = [lay(net, road) for road in drawn]
    assert all(has_path(net, start, end) for start, end in ends)


@given(st.lists(st.lists(grid_points, min_size=2, max_size=2, unique=True), min_size=1, max_size=5))
def test_streets_know_their_nodes_and_nodes_their_streets(drawn: list) -> None:
    net = StreetNet()
    for road in drawn:
        lay(net, road)
    for key, street in net.streets.items():
        assert key in net.at[street.a]
        assert key in net.at[street.b]
        assert street.a != street.b
    assert sorted(key for keys in net.at for key in keys) == sorted(2 * list(net.streets))


def test_two_roads_that_cross_share_a_junction() -> None:
    net = StreetNet()
    lay(net, [(0.0, 0.0), (1000.0, 0.0)])
    lay(net, [(500.0, -300.0), (500.0, 300.0)])
    assert len(net.streets) == 4
    assert sorted(len(keys) for keys in net.at) == [1, 1, 1, 1, 4]
    for first, second in itertools.combinations(net.streets, 2):
        a, b = LineString(net.ends(first)), LineString(net.ends(second))
        assert not a.crosses(b)


def test_a_crossing_next_to_a_junction_uses_it() -> None:
    net = StreetNet()
    lay(net, [(0.0, 0.0), (490.0, 0.0), (1000.0, 0.0)])
    lay(net, [(500.0, -300.0), (500.0, 300.0)])
    assert max(len(keys) for keys in net.at) == 4
    assert len(net.streets) == 4


def test_splitting_keeps_tags_place_and_length() -> None:
    net = StreetNet()
    a, b = net.add_node((0.0, 0.0)), net.add_node((300.0, 400.0))
    key = net.add_street(a, b, TAGS, place=3)
    node = net.split(key, (150.0, 200.0))
    assert key not in net.streets
    assert [net.streets[k].tags for k in net.at[node]] == [TAGS, TAGS]
    assert {net.streets[k].place for k in net.at[node]} == {3}
    assert sum(distance_m(*net.ends(k)) for k in net.streets) == 500.0


def test_what_is_aloft_is_not_crossed_at_grade() -> None:
    net = StreetNet()
    a, b = net.add_node((0.0, 0.0)), net.add_node((1000.0, 0.0))
    net.add_street(a, b, TAGS, aloft=True)
    lay(net, [(500.0, -300.0), (500.0, 300.0)])
    assert len(net.streets) == 2

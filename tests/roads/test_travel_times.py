"""Times and lengths between places, compared with an exhaustive search over histories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import UNREACHABLE_S
from rufbus.roads.geometry import LegFinder
from rufbus.roads.search import Anchor, build_search
from rufbus.roads.travel_times import NO_ROAD, UNREACHABLE_M, many_to_many, to_metres, to_seconds

from .hand_made import RoadBuilder, grid, road_graphs
from .slow_ways import slow_ways

FRACTIONS = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))


@st.composite
def places_on(draw, graph):
    """A few places, each on one edge or on both edges of a road."""
    places = []
    for _ in range(draw(st.integers(1, 6))):
        edge, fraction = draw(st.integers(0, graph.edge_count - 1)), draw(FRACTIONS)
        twin = int(graph.edge_twin[edge])
        both = twin >= 0 and draw(st.booleans())
        places.append((Anchor(edge, fraction), Anchor(twin, 1 - fraction)) if both else (Anchor(edge, fraction),))
    return places


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_times_and_lengths_equal_an_exhaustive_search_over_histories(data):
    graph = data.draw(road_graphs())
    places = data.draw(places_on(graph))
    search = build_search(graph, places)
    times_ms, lengths_dm = many_to_many(search, search.places)
    slow = slow_ways(graph, places)
    for i in range(len(places)):
        for j in range(len(places)):
            expected = slow[i][j] or (NO_ROAD, NO_ROAD)
            assert (times_ms[i, j], lengths_dm[i, j]) == expected, (i, j)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_stopping_on_the_way_never_makes_it_shorter(data):
    graph = data.draw(road_graphs())
    search = build_search(graph, data.draw(places_on(graph)))
    travel_s = to_seconds(many_to_many(search, search.places)[0]).astype(np.int64)
    detours = travel_s[:, :, None] + travel_s[None, :, :]
    assert (np.diag(travel_s) == 0).all()
    reachable = detours < UNREACHABLE_S
    assert (np.broadcast_to(travel_s[:, None, :], detours.shape)[reachable] <= detours[reachable]).all()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_leg_has_the_time_and_the_length_of_the_matrix(data):
    graph = data.draw(road_graphs())
    search = build_search(graph, data.draw(places_on(graph)))
    times_ms, lengths_dm = many_to_many(search, search.places)
    finder = LegFinder(graph, search)
    for i, j in zip(*np.nonzero(times_ms != NO_ROAD), strict=True):
        leg = finder.get_leg(int(i), int(j))
        assert (leg.travel_s, leg.length_m) == (to_seconds(times_ms)[i, j], to_metres(lengths_dm)[i, j])


def crossing():
    """A cross of four two-way streets around junction 0; returns the builder and the edges into it."""
    builder = RoadBuilder()
    builder.node(0, 0)
    into = []
    for x, y in ((-100, 0), (100, 0), (0, 100), (0, -100)):
        arm = builder.node(x, y)
        into.append(builder.road(arm, 0, ms=10_000))
    return builder, into


def ms_between(graph, *anchors):
    search = build_search(graph, [(anchor,) for anchor in anchors])
    return many_to_many(search, search.places)[0]


def test_a_forbidden_turn_is_driven_round_by_turning_at_the_next_junction():
    builder, (west, east, north, _) = crossing()
    free = ms_between(builder.build(), Anchor(west, 0.5), Anchor(north + 1, 0.5))[0, 1]
    builder.forbidden = [(west, north + 1)]
    detour = ms_between(builder.build(), Anchor(west, 0.5), Anchor(north + 1, 0.5))[0, 1]
    assert (free, detour) == (10_000, 10_000 + 2 * 10_000), east


def test_the_start_edge_and_the_target_edge_take_part_in_a_restriction_over_three_edges():
    builder, (west, east, north, _) = crossing()
    builder.forbidden = [(west, east + 1, east), (west, north + 1, north)]
    graph = builder.build()
    times = ms_between(graph, Anchor(west, 0.5), Anchor(east, 0.5), Anchor(west, 0.0))
    assert times[0, 1] > 5_000 + 10_000 + 5_000
    assert times[2, 1] == times[0, 1] + 5_000


def test_a_stop_on_the_way_does_not_make_a_forbidden_sequence_legal():
    builder, (west, east, _, _) = crossing()
    builder.road(2, 3, ms=30_000)
    builder.forbidden = [(west, east + 1, east)]
    times = ms_between(builder.build(), Anchor(west, 0.5), Anchor(east + 1, 0.5), Anchor(east, 0.5))
    assert times[0, 1] == 5_000 + 5_000
    assert times[1, 2] > 5_000 + 5_000
    assert times[0, 2] <= times[0, 1] + times[1, 2]


def test_a_place_ahead_on_the_same_edge_is_reached_directly_and_one_behind_only_round_about():
    builder, (west, *_) = crossing()
    times = ms_between(builder.build(), Anchor(west, 0.25), Anchor(west, 0.75))
    assert times[0, 1] == 5_000
    assert times[1, 0] == 2_500 + 10_000 + 2_500


def test_a_place_served_from_both_sides_is_where_a_van_may_turn_round():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(1000, 0)
    road = builder.road(a, b, ms=100_000)
    graph = builder.build()
    both = (Anchor(road, 0.5), Anchor(road + 1, 0.5))
    search = build_search(graph, [(Anchor(road, 0.4),), (Anchor(road + 1, 0.6),), both])
    times = many_to_many(search, search.places)[0]
    assert times[0, 1] == 20_000
    assert times[0, 2] == times[2, 1] == 10_000


def test_of_equally_fast_ways_the_shortest_gives_the_length():
    builder = RoadBuilder()
    a, b, c, d = builder.node(0, 0), builder.node(100, 0), builder.node(200, 0), builder.node(300, 0)
    first = builder.road(a, b, ms=1000)
    builder.road(b, c, via=[(150, 90)], ms=5000)
    builder.road(b, c, ms=5000)
    last = builder.road(c, d, ms=1000)
    search = build_search(builder.build(), [(Anchor(first, 0.0),), (Anchor(last, 1.0),)])
    times_ms, lengths_dm = many_to_many(search, search.places)
    assert (times_ms[0, 1], lengths_dm[0, 1]) == (7000, 3000)


def test_what_no_road_leads_to_is_unreachable_in_seconds_and_metres():
    builder, (west, east, north, south) = crossing()
    builder.forbidden = [(edge, east + 1) for edge in (west, east, north, south)]
    times = ms_between(builder.build(), Anchor(west, 0.5), Anchor(east + 1, 0.5))
    assert times[0, 1] == NO_ROAD
    assert to_seconds(times)[0, 1] == UNREACHABLE_S
    assert to_metres(times)[0, 1] == UNREACHABLE_M


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_seconds_are_rounded_up_so_that_sums_never_get_smaller(a, b):
    whole = to_seconds(np.array([a, b, a + b], dtype=np.int32))
    assert whole[0] * 1000 >= a > (whole[0] - 1) * 1000
    assert whole[2] <= whole[0] + whole[1]


def test_progress_is_told_and_ends_the_work_by_raising():
    graph = grid(5, 5).build()
    search = build_search(graph, [(Anchor(edge, 0.5),) for edge in range(graph.edge_count)] * 14)
    told = []
    many_to_many(search, search.places, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (1120, 1120)
    assert len(told) == 3

    def cancel(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        many_to_many(search, search.places, progress=cancel)


def test_an_edge_that_takes_no_time_is_refused():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(100, 0)
    builder.road(a, b, ms=0)
    with pytest.raises(InvalidRoads, match="takes no time"):
        build_search(builder.build(), [])

"""Addresses against a search graph in which they are places themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rufbus.roads.addresses import AddressSearch, add_place
from rufbus.roads.hierarchy import build_hierarchy
from rufbus.roads.road_state import open_roads
from rufbus.roads.search import MS_UNIT, Anchor, build_search
from rufbus.roads.travel_times import many_to_many, split_cost

from .hand_made import RoadBuilder, road_graphs
from .test_travel_times import places_on


def costs_between(graph, places):
    search = build_search(graph, places)
    ms, dm = many_to_many(search, search.places)
    return np.where(ms < 0, np.inf, ms * float(MS_UNIT) + dm)


def address_costs(graph, places, address):
    search = build_search(graph, places)
    return AddressSearch(graph, open_roads(graph), places, search, build_hierarchy(search)).find_costs(address)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_an_address_has_the_ways_of_a_place_and_a_place_added_gives_the_matrix_built_anew(data):
    graph = data.draw(road_graphs())
    places = data.draw(places_on(graph))
    address = data.draw(places_on(graph))[0]
    if data.draw(st.booleans()):
        beside = data.draw(st.sampled_from(places))[0]
        address = (Anchor(beside.edge, data.draw(st.sampled_from([beside.fraction, 0.5]))),)
    at = data.draw(st.integers(0, len(places)))
    whole = costs_between(graph, [*places[:at], address, *places[at:]])
    others = np.delete(np.arange(len(whole)), at)
    away, back = address_costs(graph, places, address)
    np.testing.assert_array_equal(away, whole[at, others])
    np.testing.assert_array_equal(back, whole[others, at])
    np.testing.assert_array_equal(add_place(costs_between(graph, places), at, away, back), whole)


def test_a_new_place_where_a_van_may_turn_shortens_ways_that_do_not_stop_there():
    builder = RoadBuilder()
    a, b = builder.node(0, 0), builder.node(1000, 0)
    road = builder.road(a, b, ms=100_000)
    graph = builder.build()
    places = [(Anchor(road, 0.4),), (Anchor(road + 1, 0.6),)]
    address = (Anchor(road, 0.5), Anchor(road + 1, 0.5))
    before = costs_between(graph, places)
    away, back = address_costs(graph, places, address)
    after = add_place(before, 2, away, back)
    assert split_cost(before)[0][0, 1] == 120_000
    assert split_cost(after)[0][0, 1] == 20_000
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(after[:2, :2], before)

"""Wishes are drawn from a seed, and look like the shares they are drawn from."""

from __future__ import annotations

import pytest

from rufbus.domain.place import distance_m
from rufbus.domain.request import Anchor
from rufbus.simulation.demand import SHORTEST_M, Mix, draw_requests, weigh_stops

from ..dispatch.little_town import TownNetwork, instant

FIRST, LAST = instant("2026-11-25", "06:00"), instant("2026-11-25", "19:00")


@pytest.fixture(scope="module")
def network():
    return TownNetwork()


def draw(network, seed=1, count=300, **changes):
    return draw_requests(network, count=count, first_at=FIRST, last_at=LAST, seed=seed, **changes)


def test_the_same_seed_asks_the_same(network):
    assert draw(network) == draw(network)
    assert draw(network) != draw(network, seed=2)


def test_requests_come_in_order_and_before_their_wish(network):
    asked = draw(network)
    assert [one.at for one in asked] == sorted(one.at for one in asked)
    assert all(one.at <= one.request.outward.at for one in asked)
    assert all(FIRST - 300 <= one.request.outward.at <= LAST for one in asked)


def test_nobody_rides_where_walking_is_quicker_or_no_road_leads(network):
    for one in draw(network):
        origin, destination = network.find_stop(one.request.origin), network.find_stop(one.request.destination)
        assert network.times_on("2026-11-25").travel_s[origin, destination] < 7200
        assert distance_m(network.stops[origin].place, network.stops[destination].place) >= SHORTEST_M


def test_the_shares_are_those_of_the_mix(network):
    asked = draw(network, count=2000, mix=Mix(arrive_by=0.5, with_return=0.25, walkers=0.2, wheelchairs=0.1))
    share = lambda true: sum(map(true, asked)) / len(asked)  # noqa: E731
    assert share(lambda one: one.request.outward.anchor is Anchor.ARRIVE_BY) == pytest.approx(0.5, abs=0.05)
    assert share(lambda one: one.request.party.wheelchairs > 0) == pytest.approx(0.1, abs=0.03)
    assert 0.1 < share(lambda one: one.request.inward is not None) <= 0.28
    assert all(one.request.inward.at > one.request.outward.at for one in asked if one.request.inward)


def test_stops_of_a_place_share_its_people(network):
    stops = network.stops[: network.stop_count]
    people = [(stops[0].place, 100.0), (stops[-1].place, 300.0)]
    assert sum(weigh_stops(network, people)) == pytest.approx(400)
    assert set(weigh_stops(network, [])) == {1.0}

"""Places and distances."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidInput
from rufbus.domain.place import EARTH_RADIUS_M, Place, distance_m

PLACES = st.builds(Place, st.floats(-180, 180), st.floats(-90, 90))


@given(PLACES, PLACES)
def test_a_distance_is_the_same_both_ways_and_at_most_half_round_the_earth(a, b):
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert 0 <= distance_m(a, b) <= math.pi * EARTH_RADIUS_M + 1e-3


@given(PLACES, PLACES, PLACES)
def test_no_way_round_is_shorter_than_the_direct_one(a, b, c):
    assert distance_m(a, c) <= distance_m(a, b) + distance_m(b, c) + 0.5


@given(PLACES)
def test_a_place_is_nowhere_but_at_itself(place):
    assert distance_m(place, place) == 0


def test_schleswig_and_flensburg_lie_thirty_two_kilometres_apart():
    assert distance_m(Place(9.5695, 54.5154), Place(9.4370, 54.7937)) == pytest.approx(32_100, abs=400)


@pytest.mark.parametrize(("lon", "lat"), [(math.nan, 54.0), (9.0, math.inf), (-math.inf, 0.0)])
def test_a_place_needs_finite_numbers(lon, lat):
    with pytest.raises(InvalidInput, match="finite numbers"):
        Place(lon, lat)


@pytest.mark.parametrize(("lon", "lat"), [(180.1, 0.0), (0.0, 90.1), (9.5, -91.0)])
def test_a_place_off_the_earth_is_refused_with_the_order_of_the_numbers(lon, lat):
    with pytest.raises(InvalidInput, match="lon comes first"):
        Place(lon, lat)

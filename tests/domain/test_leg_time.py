"""How long a drive may take, and the time that plans allow for."""

import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.leg_time import MILLION, draw_factor, leg_time_factor_ppm, stretch
from rufbus.domain.place import UNREACHABLE_S

PERCENTILES, VARIATIONS = st.integers(50, 99), st.floats(0, 1)


@given(VARIATIONS)
def test_the_median_is_the_time_of_the_roads(variation):
    assert leg_time_factor_ppm(50, variation) == MILLION


@given(PERCENTILES)
def test_without_variation_every_percentile_is_the_median(percentile):
    assert leg_time_factor_ppm(percentile, 0.0) == MILLION


@given(PERCENTILES, VARIATIONS)
def test_a_higher_percentile_never_allows_less(percentile, variation):
    assert leg_time_factor_ppm(percentile + 1 if percentile < 99 else 99, variation) >= leg_time_factor_ppm(
        percentile, variation
    )


@given(PERCENTILES, VARIATIONS, st.integers(0, 10**6), st.integers(0, 10**6), st.data())
def test_times_that_obey_the_triangle_inequality_still_do_when_stretched(percentile, variation, one, other, data):
    direct = data.draw(st.integers(0, one + other))
    factor = leg_time_factor_ppm(percentile, variation)
    assert stretch(direct, factor) <= stretch(one, factor) + stretch(other, factor)


def test_nearest_rounding_would_not_keep_the_triangle_inequality():
    """The broken twin: rounded to the nearest second, two legs can come out shorter than the way through."""
    factor = 1.2
    assert round(factor * 4) > round(factor * 2) + round(factor * 2)
    assert stretch(4, 1_200_000) <= 2 * stretch(2, 1_200_000)


@given(PERCENTILES, VARIATIONS, st.lists(st.integers(0, UNREACHABLE_S), min_size=1))
def test_a_whole_matrix_is_stretched_as_each_of_its_entries(percentile, variation, seconds):
    factor = leg_time_factor_ppm(percentile, variation)
    assert stretch(np.array(seconds, dtype=np.int64), factor).tolist() == [stretch(each, factor) for each in seconds]
    assert stretch(UNREACHABLE_S, factor) == UNREACHABLE_S


@pytest.mark.parametrize("percentile", [50, 75, 90])
def test_so_many_drives_keep_the_time_of_a_percentile_as_it_says(percentile):
    chance = random.Random(7)
    drawn = [draw_factor(0.15, chance) for _ in range(20_000)]
    kept = sum(factor * MILLION <= leg_time_factor_ppm(percentile, 0.15) for factor in drawn) / len(drawn)
    assert kept == pytest.approx(percentile / 100, abs=0.01)


def test_drawn_times_vary_as_much_as_is_said():
    chance = random.Random(3)
    drawn = [draw_factor(0.3, chance) for _ in range(40_000)]
    assert statistics.stdev(drawn) / statistics.fmean(drawn) == pytest.approx(0.3, abs=0.01)
    assert statistics.median(drawn) == pytest.approx(1.0, abs=0.01)
    assert math.isclose(draw_factor(0.0, chance), 1.0)

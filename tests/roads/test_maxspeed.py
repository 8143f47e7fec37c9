"""Speed limits in all the forms that mappers write."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rufbus.roads.maxspeed import HIGHEST_KMH, LOWEST_KMH, find_limits, parse_maxspeed

FRAGMENTS = st.sampled_from(
    [
        "DE",
        ":",
        "zone",
        "urban",
        "rural",
        " ",
        ";",
        "30",
        "50",
        "mph",
        "knots",
        "walk",
        "none",
        ".",
        "-",
        "٣",
        "km/h",
        "",
    ]
)


@given(st.one_of(st.text(max_size=30), st.lists(FRAGMENTS, max_size=6).map("".join)))
@example("9" * 400)
@example("٣٠")
@example("0")
@example("-50")
def test_any_text_is_a_sensible_limit_or_none_at_all(text):
    limit = parse_maxspeed(text)
    assert limit is None or LOWEST_KMH <= limit <= HIGHEST_KMH


@given(st.integers(1, 300))
def test_a_plain_number_is_km_per_hour(kmh):
    assert parse_maxspeed(str(kmh)) == kmh
    assert parse_maxspeed(f" {kmh} km/h ") == kmh
    assert parse_maxspeed(f"{kmh} mph") == pytest.approx(kmh * 1.609344) or kmh * 1.609344 > HIGHEST_KMH


@given(st.lists(st.integers(5, 130), min_size=1, max_size=4))
def test_of_several_limits_the_lowest_counts(limits):
    assert parse_maxspeed(";".join(map(str, limits))) == min(limits)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("30 mph", 48.3),
        ("30mph", 48.3),
        ("10 knots", 18.5),
        ("walk", 7),
        ("none", 130),
        ("DE:urban", 50),
        ("de:urban", 50),
        ("DE:rural", 100),
        ("FR:rural", 80),
        ("XX:rural", 90),
        ("DE:motorway", 130),
        ("CH:motorway", 120),
        ("DE:living_street", 7),
        ("DE:zone:30", 30),
        ("DE:zone30", 30),
        ("DE:zone 30", 30),
        ("DE:30", 30),
        ("zone:30", 30),
        ("DE:bicycle_road", 30),
        ("GB:20", 32.2),
        ("7.5", 7.5),
    ],
)
def test_known_forms_are_read(text, kmh):
    assert parse_maxspeed(text) == pytest.approx(kmh, abs=0.05)


@pytest.mark.parametrize(
    "text", [None, "", "signals", "variable", "DE:unknown", "fast", "1000", "50 60", "0", "-30", "NaN"]
)
def test_what_names_no_fixed_limit_is_none(text):
    assert parse_maxspeed(text) is None


def test_directions_have_their_own_limits():
    assert find_limits({"maxspeed": "70", "maxspeed:backward": "50"}) == (70, 50)
    assert find_limits({"maxspeed:forward": "30"}) == (30, None)


def test_signals_leave_the_limit_to_the_kind_of_place():
    assert find_limits({"maxspeed": "signals", "maxspeed:type": "DE:rural"}) == (100, 100)


@pytest.mark.parametrize("key", ["maxspeed:type", "source:maxspeed", "zone:traffic"])
def test_the_kind_of_place_counts_where_no_limit_is_given(key):
    assert find_limits({key: "DE:urban"}) == (50, 50)
    assert find_limits({key: "DE:urban", "maxspeed": "30"}) == (30, 30)

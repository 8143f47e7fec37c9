"""Breaks are legal wherever within their windows they are taken."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.work_time import (
    LONGEST_STRETCH_S,
    SHORTEST_PART_S,
    place_break,
    required_break_s,
    spread_breaks,
)

H = 3600
STARTS = st.integers(0, 2**31)
LENGTHS = st.integers(1, 24 * H)


def stretches(start, end, breaks, begins):
    """Lengths of work between the breaks when they begin at ``begins``."""
    points = [start]
    for rule, begin in zip(breaks, begins, strict=True):
        points += [begin, begin + rule.duration_s]
    points.append(end)
    return [later - earlier for earlier, later in zip(points[::2], points[1::2], strict=True)]


@pytest.mark.parametrize(
    ("shift_s", "break_s"),
    [(6 * H, 0), (6 * H + 1, 1800), (9 * H, 1800), (9 * H + 1, 2700), (12 * H, 2700)],
)
def test_the_law_asks_for_breaks_by_the_length_of_the_shift(shift_s, break_s):
    assert required_break_s(shift_s) == break_s


@pytest.mark.parametrize("longer_s", [1, 2, 900])
def test_a_break_that_is_longer_than_its_shift_has_no_place(longer_s):
    assert spread_breaks(0, 65, 65 + longer_s) == ()


@given(STARTS, LENGTHS, st.integers(1, 4 * H), st.data())
def test_spread_breaks_keep_every_stretch_of_work_within_six_hours_wherever_they_fall(start, length, break_s, data):
    end = start + length
    breaks = spread_breaks(start, end, break_s)
    begins = [data.draw(st.integers(rule.earliest, rule.latest_end - rule.duration_s)) for rule in breaks]
    if breaks:
        assert sum(rule.duration_s for rule in breaks) == break_s
        work = stretches(start, end, breaks, begins)
        assert min(work) >= 0
        assert max(work) <= LONGEST_STRETCH_S
        assert len(breaks) == 1 or min(rule.duration_s for rule in breaks) >= SHORTEST_PART_S


@given(STARTS, st.integers(1, 12 * H + 2700))
def test_the_break_that_the_law_asks_for_can_always_be_spread_over_an_ordinary_shift(start, length):
    needed_s = required_break_s(length)
    breaks = spread_breaks(start, start + length, needed_s)
    assert sum(rule.duration_s for rule in breaks) == needed_s


@given(STARTS, LENGTHS, st.integers(1, 4 * H), st.tuples(STARTS, STARTS).map(sorted))
def test_a_placed_break_lies_in_its_window_and_in_the_shift(start, length, break_s, window):
    rule = place_break(start, start + length, break_s, *window)
    if rule is not None:
        assert max(start, window[0]) <= rule.earliest
        assert rule.earliest + break_s <= rule.latest_end <= min(start + length, window[1])


@given(STARTS, LENGTHS, st.integers(1, 4 * H), st.data())
def test_a_placed_break_keeps_both_stretches_within_six_hours(start, length, break_s, data):
    end = start + length
    rule = place_break(start, end, break_s, start, end)
    if rule is None:
        assert length < break_s or length > 2 * LONGEST_STRETCH_S + break_s
    else:
        begin = data.draw(st.integers(rule.earliest, rule.latest_end - break_s))
        assert max(stretches(start, end, [rule], [begin])) <= LONGEST_STRETCH_S


def test_a_break_of_an_eight_hour_shift_falls_into_its_middle_half():
    (rule,) = spread_breaks(0, 8 * H, 1800)
    assert (rule.earliest, rule.latest_end) == (6750, 8 * H - 6750)


def test_a_long_shift_splits_its_break():
    breaks = spread_breaks(0, 16 * H, 3600)
    assert len(breaks) > 1
    assert all(early.latest_end <= late.earliest for early, late in itertools.pairwise(breaks))


def test_a_break_too_short_for_a_long_shift_is_not_spread():
    assert spread_breaks(0, 16 * H, 1500) == ()
    assert spread_breaks(0, 16 * H, 0) == ()

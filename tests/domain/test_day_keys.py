"""Days and spans as the service file writes them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.day_keys import WEEKDAYS, format_window, parse_days, parse_window
from rufbus.domain.errors import InvalidTime
from rufbus.domain.service import DayWindow

H = 3600


@pytest.mark.parametrize(
    ("text", "weekdays"),
    [
        ("mon", {0}),
        ("mon-thu", {0, 1, 2, 3}),
        ("sat,sun", {5, 6}),
        ("mon, wed-fri", {0, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("mon-sun", set(range(7))),
    ],
)
def test_weekdays_are_named_singly_in_ranges_and_in_lists(text, weekdays):
    assert parse_days(text).weekdays == weekdays
    assert parse_days(text).dates == frozenset()


@given(st.lists(st.dates(dt.date(2000, 1, 1)), min_size=1, max_size=4, unique=True))
def test_dates_are_named_in_iso_form(dates):
    assert parse_days(", ".join(date.isoformat() for date in dates)).dates == set(dates)


def test_weekdays_and_dates_may_stand_in_one_key():
    days = parse_days("sun,2026-12-24")
    assert (days.weekdays, days.dates) == ({6}, {dt.date(2026, 12, 24)})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "which is no day"),
        ("mo-do", 'Did you mean "mon"'),
        ("di", 'Did you mean "tue"'),
        ("Mon", 'Did you mean "mon"'),
        ("monday", 'Did you mean "mon"'),
        ("mon-mon", "from a day to itself"),
        ("mon-wed,tue", "names a day twice"),
        ("2026-12-24,2026-12-24", "names a day twice"),
        ("2026-02-29", "a date that no calendar has"),
        ("mon--thu", "which is no day"),
        ("mon-thu-sat", "which is no day"),
    ],
)
def test_a_key_that_names_no_day_is_refused_with_a_hint(text, reason):
    with pytest.raises(InvalidTime) as caught:
        parse_days(text)
    assert reason in caught.value.detail


def test_the_leap_day_exists_in_leap_years_only():
    assert parse_days("2028-02-29").dates == {dt.date(2028, 2, 29)}


@given(st.text(alphabet="montuewdhfrisa-,0123456789 é\x00٣", max_size=24))
def test_any_text_is_days_or_refused(text):
    try:
        days = parse_days(text)
    except InvalidTime:
        return
    assert days.weekdays | days.dates
    assert days.weekdays <= set(range(len(WEEKDAYS)))


@pytest.mark.parametrize(
    ("text", "start_h", "end_h"),
    [
        ("05:00-21:00", 5, 21),
        ("05:00-24:00", 5, 24),
        ("18:00-02:00", 18, 26),
        ("18:00-26:00", 18, 26),
        ("00:00-24:00", 0, 24),
        ("05:00 - 21:00", 5, 21),
    ],
)
def test_an_end_at_or_before_the_begin_lies_on_the_next_day(text, start_h, end_h):
    assert parse_window(text) == DayWindow(start_h * H, end_h * H)


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_a_window_comes_back_from_its_text(start, length):
    window = DayWindow(start * 60, (start + length) * 60)
    assert parse_window(format_window(window)) == window


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5:00-21:00", "is not a span of time"),
        ("05:00", "is not a span of time"),
        ("٠٥:00-21:00", "is not a span of time"),
        ("05:60-21:00", "no clock shows"),
        ("05:00-49:00", "no clock shows"),
        ("05:00-05:00", "is empty"),
        ("05:00-29:30", "longer than 24 hours"),
        ("24:00-26:00", "begins on the next day"),
    ],
)
def test_a_span_that_cannot_be_is_refused_with_the_reason(text, reason):
    with pytest.raises(InvalidTime, match=reason):
        parse_window(text)


def test_a_break_may_be_written_with_hours_beyond_midnight():
    assert parse_window("24:30-25:30", may_start_next_day=True) == DayWindow(24 * H + 1800, 25 * H + 1800)

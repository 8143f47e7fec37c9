"""Instants and wall clocks, over both clock changes of Europe/Berlin."""

import datetime as dt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rufbus.domain.clock_time import (
    ceil_minute,
    floor_minute,
    from_datetime,
    local_instant,
    to_local,
    to_rfc3339,
)
from rufbus.domain.errors import InvalidTime

INSTANTS = st.integers(0, 4_000_000_000)


@given(INSTANTS)
def test_an_instant_comes_back_from_its_local_datetime_and_from_its_text(berlin, at):
    assert from_datetime(to_local(at, berlin), berlin) == at
    assert from_datetime(dt.datetime.fromisoformat(to_rfc3339(at, berlin)), berlin) == at


@given(INSTANTS)
def test_a_naive_time_is_local_unless_the_clock_shows_it_twice(berlin, at):
    local = to_local(at, berlin)
    wall = local.replace(tzinfo=None, fold=0)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        assert from_datetime(wall, berlin) == at
    else:
        with pytest.raises(InvalidTime, match="exists twice"):
            from_datetime(wall, berlin)


@given(INSTANTS)
def test_floor_and_ceiling_enclose_an_instant_within_a_minute(at):
    assert floor_minute(at) <= at <= ceil_minute(at)
    assert ceil_minute(at) - floor_minute(at) in {0, 60}
    assert floor_minute(at) % 60 == ceil_minute(at) % 60 == 0


def test_half_past_two_does_not_exist_when_the_clocks_go_forward(berlin):
    with pytest.raises(InvalidTime, match="2027-03-28 02:30 does not exist in Europe/Berlin"):
        from_datetime(dt.datetime.fromisoformat("2027-03-28T02:30"), berlin)


def test_half_past_two_exists_twice_when_the_clocks_go_back(berlin):
    with pytest.raises(InvalidTime, match="2026-10-25 02:30 exists twice") as caught:
        from_datetime(dt.datetime.fromisoformat("2026-10-25T02:30"), berlin)
    assert "2026-10-25T02:30:00+02:00" in caught.value.detail
    assert "2026-10-25T02:30:00+01:00" in caught.value.detail


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00+00:00"),
        ("2027-03-28T03:00:00+02:00", "2027-03-28T01:00:00+00:00"),
        ("2028-02-29T12:00:00+01:00", "2028-02-29T11:00:00+00:00"),
        ("2027-01-01T00:00:00+01:00", "2026-12-31T23:00:00+00:00"),
    ],
)
def test_an_offset_settles_which_time_is_meant(berlin, text, utc):
    at = from_datetime(dt.datetime.fromisoformat(text), berlin)
    assert at == int(dt.datetime.fromisoformat(utc).timestamp())
    assert to_rfc3339(at, berlin) == text


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-10-25", 25), ("2027-03-28", 23), ("2028-02-29", 24), ("2026-12-31", 24)]
)
def test_a_service_day_lasts_as_long_as_its_clocks_say(berlin, day, hours):
    date = dt.date.fromisoformat(day)
    assert local_instant(date, 86_400, berlin) - local_instant(date, 0, berlin) == hours * 3600


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 47 * 3600))
def test_a_wall_clock_time_past_midnight_is_one_of_the_next_date(berlin, day, second):
    assert local_instant(day, second + 86_400, berlin) == local_instant(day + dt.timedelta(days=1), second, berlin)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 86_399))
def test_a_wall_clock_time_that_exists_shows_on_the_clock(berlin, day, second):
    shown = to_local(local_instant(day, second, berlin), berlin).replace(tzinfo=None)
    wanted = dt.datetime.combine(day, dt.time.min) + dt.timedelta(seconds=second)
    assume(shown - wanted != dt.timedelta(hours=1))
    assert shown == wanted


def test_the_first_of_two_equal_times_is_meant(berlin):
    assert to_rfc3339(local_instant(dt.date(2026, 10, 25), 9000, berlin), berlin) == "2026-10-25T02:30:00+02:00"


def test_a_skipped_time_is_as_long_after_the_change_as_the_clock_says(berlin):
    assert to_rfc3339(local_instant(dt.date(2027, 3, 28), 9000, berlin), berlin) == "2027-03-28T03:30:00+02:00"

"""Hours and shifts as instants: holidays, clock changes, nights past midnight."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rufbus.domain.calendar import (
    Span,
    hindered_days,
    hindrances_on,
    hours_on,
    is_holiday,
    next_opening,
    service_day_of,
    shifts_on,
    wall_instant,
)
from rufbus.domain.service import Closure, DayWindow, Hours, ShiftRule, Slowdown
from rufbus.domain.work_time import LONGEST_STRETCH_S, required_break_s

H = 3600
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2030, 12, 31))
WINDOWS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda t: DayWindow(t[0] * 60, (t[0] + t[1]) * 60))
DARK_DAYS = (dt.date(2026, 10, 24), dt.date(2026, 10, 25), dt.date(2027, 3, 27), dt.date(2027, 3, 28))


def with_hours(service, *windows):
    return replace(service, hours=Hours((windows,) * 7, {}, None))


def with_shift(service, window, break_s=0, break_window=None):
    rule = ShiftRule("bus-1", frozenset(range(7)), frozenset(), window, break_s, break_window)
    return replace(service, shifts=(rule,))


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2026-11-25", "2026-11-25T05:00", "2026-11-25T21:00"),
        ("2026-11-27", "2026-11-27T05:00", "2026-11-28T00:00"),
        ("2026-11-28", "2026-11-28T06:00", "2026-11-29T02:00"),
        ("2026-11-29", "2026-11-29T09:00", "2026-11-29T20:00"),
        ("2028-02-29", "2028-02-29T05:00", "2028-02-29T21:00"),
        ("2026-12-31", "2026-12-31T05:00", "2026-12-31T21:00"),
    ],
)
def test_a_day_has_the_hours_of_its_weekday(service, at, day, start, end):
    assert hours_on(service, dt.date.fromisoformat(day)) == (Span(at(start), at(end)),)


def test_reformation_day_is_served_as_a_sunday_in_schleswig_holstein(service, at):
    day = dt.date(2026, 10, 31)
    assert is_holiday(service.hours, day)
    assert hours_on(service, day) == (Span(at("2026-10-31T09:00"), at("2026-10-31T20:00")),)
    assert [shift.start_at for shift in shifts_on(service, day)] == [at("2026-10-31T09:00")]


def test_the_same_saturday_is_no_holiday_where_no_region_is_named(service, at):
    plain = replace(service, hours=replace(service.hours, holidays=None))
    assert hours_on(plain, dt.date(2026, 10, 31))[0].start_at == at("2026-10-31T06:00")


def test_a_date_with_hours_of_its_own_keeps_them_even_on_a_holiday(service, at):
    assert hours_on(service, dt.date(2026, 12, 24)) == (Span(at("2026-12-24T08:00"), at("2026-12-24T14:00")),)
    assert is_holiday(service.hours, dt.date(2027, 1, 1))
    assert hours_on(service, dt.date(2027, 1, 1)) == ()


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2027-03-28", 23), ("2026-11-25", 24)])
def test_a_whole_day_of_service_lasts_as_long_as_the_day(service, day, hours):
    (span,) = hours_on(with_hours(service, DayWindow(0, 24 * H)), dt.date.fromisoformat(day))
    assert span.end_at - span.start_at == hours * H


def test_service_hours_keep_their_wall_clock_times_over_both_clock_changes(service, at):
    for day in ("2026-10-25", "2027-03-28"):
        assert hours_on(service, dt.date.fromisoformat(day)) == (Span(at(f"{day}T09:00"), at(f"{day}T20:00")),)


def test_hours_that_the_clock_change_swallows_are_none_that_day(service):
    swallowed = with_hours(service, DayWindow(2 * H, 3 * H), DayWindow(8 * H, 9 * H))
    assert len(hours_on(swallowed, dt.date(2027, 3, 28))) == 1
    assert len(hours_on(swallowed, dt.date(2027, 3, 27))) == 2


def test_touching_hours_are_one_span(service, at):
    split = with_hours(service, DayWindow(5 * H, 12 * H), DayWindow(12 * H, 20 * H))
    assert hours_on(split, dt.date(2026, 11, 25)) == (Span(at("2026-11-25T05:00"), at("2026-11-25T20:00")),)


@given(DAYS, st.lists(WINDOWS, max_size=4))
@example(dt.date(2027, 3, 28), [DayWindow(2 * H, 3 * H), DayWindow(9000, 3 * H + 900)])
@example(dt.date(2026, 10, 24), [DayWindow(18 * H, 26 * H + 1800)])
def test_spans_are_in_order_and_apart(service, day, windows):
    spans = hours_on(with_hours(service, *windows), day)
    bounds = [bound for span in spans for bound in (span.start_at, span.end_at)]
    assert bounds == sorted(set(bounds))


@given(st.sampled_from(DARK_DAYS), st.integers(0, 48 * H), st.integers(0, 48 * H))
def test_later_wall_times_never_come_out_earlier(berlin, day, first, second):
    early, late = sorted((first, second))
    assert wall_instant(day, early, berlin) <= wall_instant(day, late, berlin)


def test_a_skipped_wall_time_is_the_moment_of_the_change(berlin, at):
    for second in (2 * H, 2 * H + 1800, 3 * H - 1, 3 * H):
        assert wall_instant(dt.date(2027, 3, 28), second, berlin) == at("2027-03-28T03:00")


@given(st.integers(1_790_000_000, 1_860_000_000))
def test_an_instant_within_hours_belongs_to_a_service_day_that_holds_it(service, instant):
    days = service_day_of(service, instant)
    assert 1 <= len(days) == len(set(days)) <= 2
    near = [days[0] + dt.timedelta(days=offset) for offset in (-1, 0, 1)]
    holding = {day for day in near if any(span.contains(instant) for span in hours_on(service, day))}
    assert holding == set(days) or not holding


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ("2026-11-28T23:00", ["2026-11-28"]),
        ("2026-11-29T01:00", ["2026-11-28"]),
        ("2026-11-29T03:00", ["2026-11-29", "2026-11-28"]),
        ("2026-11-29T10:00", ["2026-11-29"]),
        ("2026-11-26T03:00", ["2026-11-26"]),
        ("2027-01-01T10:00", ["2027-01-01"]),
    ],
)
def test_after_midnight_the_evening_before_goes_on(service, at, when, days):
    assert [day.isoformat() for day in service_day_of(service, at(when))] == days


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        ("2026-11-25T03:00", "2026-11-25T05:00"),
        ("2026-11-25T05:00", "2026-11-26T05:00"),
        ("2026-11-28T23:00", "2026-11-29T09:00"),
        ("2026-12-31T22:00", "2027-01-02T06:00"),
    ],
)
def test_the_next_opening_skips_days_without_service(service, at, after, opens):
    assert next_opening(service, at(after)) == at(opens)


def test_a_service_that_never_opens_has_no_next_opening(service, at):
    assert next_opening(with_hours(service), at("2026-11-25T03:00")) is None


def test_shifts_are_numbered_by_vehicle_and_begin(service, at):
    shifts = shifts_on(service, dt.date(2026, 11, 25))
    assert [shift.id for shift in shifts] == ["2026-11-25/bus-1/1", "2026-11-25/bus-1/2", "2026-11-25/bus-2/1"]
    assert [shift.vehicle_id for shift in shifts] == ["bus-1", "bus-1", "bus-2"]
    assert (shifts[0].start_at, shifts[0].end_by) == (at("2026-11-25T05:00"), at("2026-11-25T13:00"))
    assert {shift.service_day for shift in shifts} == {"2026-11-25"}


def test_a_break_has_the_window_of_the_file_or_the_middle_of_the_shift(service, at):
    first, second, third = shifts_on(service, dt.date(2026, 11, 25))
    assert [(rule.duration_s, rule.earliest, rule.latest_end) for rule in first.breaks] == [
        (1800, at("2026-11-25T08:00"), at("2026-11-25T11:00"))
    ]
    assert second.breaks[0].earliest == at("2026-11-25T16:00")
    (rule,) = third.breaks
    assert rule.earliest - third.start_at == third.end_by - rule.latest_end > H


def test_on_a_date_that_its_shifts_name_a_vehicle_drives_only_those(service, at):
    shifts = shifts_on(service, dt.date(2026, 12, 24))
    assert [(shift.id, shift.start_at) for shift in shifts] == [
        ("2026-12-24/bus-1/1", at("2026-12-24T08:00")),
        ("2026-12-24/bus-2/1", at("2026-12-24T13:00")),
    ]


@pytest.mark.parametrize(("day", "hours"), [("2026-10-24", 9), ("2027-03-27", 7), ("2026-11-28", 8)])
def test_a_night_shift_lasts_an_hour_more_or_less_over_a_clock_change(service, day, hours):
    (shift,) = shifts_on(with_shift(service, DayWindow(22 * H, 30 * H), 1800), dt.date.fromisoformat(day))
    assert shift.end_by - shift.start_at == hours * H


def test_a_longer_night_gets_the_longer_break_that_it_makes_due(service):
    night = with_shift(service, DayWindow(22 * H, 28 * H))
    assert shifts_on(night, dt.date(2026, 11, 28))[0].breaks == ()
    assert [rule.duration_s for rule in shifts_on(night, dt.date(2026, 10, 24))[0].breaks] == [1800]


def test_a_shift_of_twenty_four_hours_gets_one_break_more_when_it_lasts_twenty_five(service):
    whole_day = with_shift(service, DayWindow(0, 24 * H), 2700)
    assert len(shifts_on(whole_day, dt.date(2026, 11, 28))[0].breaks) == 3
    assert len(shifts_on(whole_day, dt.date(2026, 10, 25))[0].breaks) == 4


def test_a_break_whose_window_the_clock_change_swallows_is_taken_all_the_same(service):
    night = with_shift(service, DayWindow(20 * H, 28 * H), 1800, DayWindow(26 * H, 27 * H))
    (rule,) = shifts_on(night, dt.date(2027, 3, 27))[0].breaks
    assert rule.duration_s == 1800
    assert rule.latest_end - rule.earliest >= 1800


def test_a_shift_until_a_skipped_time_ends_where_the_next_begins(service):
    late = ShiftRule("bus-1", frozenset({5}), frozenset(), DayWindow(21 * H, 26 * H + 1800))
    early = ShiftRule("bus-1", frozenset({6}), frozenset(), DayWindow(3 * H, 8 * H))
    both = replace(service, shifts=(late, early))
    (night,), (morning,) = shifts_on(both, dt.date(2027, 3, 27)), shifts_on(both, dt.date(2027, 3, 28))
    assert night.end_by == morning.start_at


@given(
    DAYS | st.sampled_from(DARK_DAYS),
    st.integers(0, 23 * 60),
    st.integers(1, 12 * 60),
    st.integers(0, 90),
)
def test_every_dated_shift_has_the_breaks_that_the_law_asks_for_inside_it(service, day, start, length, extra):
    window = DayWindow(start * 60, (start + length) * 60)
    break_s = required_break_s(length * 60) and required_break_s(length * 60) + extra * 60
    for shift in shifts_on(with_shift(service, window, break_s), day):
        lasting = shift.end_by - shift.start_at
        assert sum(rule.duration_s for rule in shift.breaks) >= required_break_s(lasting)
        reach = shift.start_at
        for rule in shift.breaks:
            assert reach <= rule.earliest
            assert rule.latest_end - rule.duration_s - shift.start_at <= LONGEST_STRETCH_S or len(shift.breaks) > 1
            assert rule.earliest + rule.duration_s <= rule.latest_end
            reach = rule.latest_end
        assert reach <= shift.end_by


# --- hindrances ------------------------------------------------------------------------------------------------------


def test_a_closure_of_a_minute_counts_for_its_whole_service_day(service, at):
    closed = replace(service, closures=(Closure("c", at("2026-11-26T10:00"), at("2026-11-26T10:01"), ways=(1,)),))
    assert hindered_days(closed) == [dt.date(2026, 11, 26)]
    assert hindrances_on(closed, dt.date(2026, 11, 26)) == {"c"}


def test_a_closure_after_midnight_counts_for_the_night_shift_that_still_runs(service, at):
    night = with_shift(service, DayWindow(18 * H, 26 * H), 1800)
    closed = replace(night, closures=(Closure("c", at("2026-11-27T01:00"), at("2026-11-27T01:30"), ways=(1,)),))
    assert hindered_days(closed) == [dt.date(2026, 11, 26), dt.date(2026, 11, 27)]
    after = replace(night, closures=(Closure("c", at("2026-11-27T02:00"), at("2026-11-27T02:30"), ways=(1,)),))
    assert hindered_days(after) == [dt.date(2026, 11, 27)]


def test_what_ends_at_midnight_leaves_the_next_day_alone(service, at):
    slow = replace(service, slowdowns=(Slowdown("s", at("2026-11-25T00:00"), at("2026-11-26T00:00"), 0.5),))
    assert hindered_days(slow) == [dt.date(2026, 11, 25)]
    assert hindered_days(service) == []


@given(st.data())
def test_the_hindered_days_are_exactly_those_with_a_hindrance(service, data):
    day = data.draw(DAYS)
    begin = wall_instant(day, data.draw(st.integers(0, 86_399)), service.zone)
    closure = Closure("c", begin, begin + data.draw(st.integers(1, 6 * 86_400)), ways=(1,))
    hindered = replace(service, closures=(closure,))
    around = [day + dt.timedelta(days=n) for n in range(-4, 12)]
    assert hindered_days(hindered) == [each for each in around if hindrances_on(hindered, each)]
    for shift in (shift for each in around for shift in shifts_on(service, each)):
        if shift.start_at < closure.end_at and closure.start_at < shift.end_by:
            assert dt.date.fromisoformat(shift.service_day) in hindered_days(hindered)

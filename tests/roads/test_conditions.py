"""Conditional tags: simple ones are evaluated, others are said to be unread."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.roads.conditions import Verdict, evaluate

MONDAY_8 = dt.datetime(2026, 11, 23, 8, 0)
UNREAD = Verdict(None, understood=False)
TIMES = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31))


@given(st.text(max_size=40), TIMES)
def test_any_text_gets_a_verdict(text, at):
    verdict = evaluate(text, at)
    assert verdict.understood or verdict.value is None


@given(TIMES, st.integers(0, 6), st.integers(0, 6), st.integers(0, 23), st.integers(1, 24))
def test_a_weekday_span_holds_exactly_in_its_hours(at, first, last, start, length):
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    end = (start + length) % 24
    text = f"no_left_turn @ ({names[first]}-{names[last]} {start:02}:00-{end:02}:00)"
    days = {(first + offset) % 7 for offset in range((last - first) % 7 + 1)}
    minutes = {(day * 1440 + start * 60 + minute) % 10080 for day in days for minute in range(length * 60)}
    holds = at.weekday() * 1440 + at.hour * 60 + at.minute in minutes
    assert evaluate(text, at) == Verdict("no_left_turn" if holds else None, understood=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no_left_turn @ (Mo-Fr 07:00-09:00)", "no_left_turn"),
        ("no_left_turn @ Mo-Fr 07:00-09:00", "no_left_turn"),
        ("no_left_turn @ (07:00-08:00)", None),
        ("no_left_turn @ (07:00-08:00,08:00-08:30)", "no_left_turn"),
        ("no_left_turn @ (Sa,Su)", None),
        ("no_left_turn @ (Mo,We)", "no_left_turn"),
        ("no_left_turn @ (Sa 07:00-12:00; Mo 07:30-08:30)", "no_left_turn"),
        ("no @ (24/7)", "no"),
        ("no @ (22:00-06:00)", None),
        ("no_left_turn @ (06:00-10:00); no_right_turn @ (07:00-09:00)", "no_right_turn"),
        ("no_left_turn @ (06:00-10:00); no_right_turn @ (17:00-19:00)", "no_left_turn"),
        ("no @ (weight>7.5)", None),
        ("no @ (weight>=3.5)", "no"),
    ],
)
def test_simple_conditions_are_evaluated(text, value):
    assert evaluate(text, MONDAY_8) == Verdict(value, understood=True)


@pytest.mark.parametrize(
    "text",
    [
        "no @ (sunrise-sunset)",
        "no @ (PH)",
        "no @ (Apr-Oct 07:00-09:00)",
        "no @ (07:00-09:00 AND weight>3)",
        "no @ (winter)",
        "no @ ()",
        "no",
        "no @ (07:99-09:00)",
        "no @ (25:00-26:00)",
    ],
)
def test_other_conditions_are_unread(text):
    assert evaluate(text, MONDAY_8) == UNREAD


def test_without_a_time_only_weights_are_read():
    assert evaluate("no @ (Mo-Fr 07:00-09:00)", None) == UNREAD
    assert evaluate("no @ (weight>7.5)", None) == Verdict(None, understood=True)

"""How the service file writes days and times of day: ``mon-thu``, ``sat,sun``, ``2026-12-24``; ``18:00-02:00``."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass

from rufbus.domain.errors import InvalidTime
from rufbus.domain.service import DayWindow

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GERMAN_WEEKDAYS = {"mo": "mon", "di": "tue", "mi": "wed", "do": "thu", "fr": "fri", "sa": "sat", "so": "sun"}
DAY_S = 86_400

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPAN = re.compile(r"([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Days:
    """Weekdays (0 is Monday) and single dates."""

    weekdays: frozenset[int]
    dates: frozenset[dt.date]


def parse_days(text: str) -> Days:
    """Return the days that a key names: weekdays, ranges of them and dates, separated by commas.

    Raises
    ------
    InvalidTime
        When a part is none of these, or a day is named twice.
    """
    weekdays: list[int] = []
    dates: list[dt.date] = []
    for part in (part.strip() for part in text.split(",")):
        if _DATE.fullmatch(part):
            dates.append(_parse_date(part))
        else:
            weekdays.extend(_parse_range(part))
    if len(set(weekdays)) < len(weekdays) or len(set(dates)) < len(dates):
        raise InvalidTime("names a day twice. Name each day once.")
    return Days(frozenset(weekdays), frozenset(dates))


def parse_window(text: str, *, may_start_next_day: bool = False) -> DayWindow:
    """Return a span of times of day; an end at or before the start lies on the next day.

    Raises
    ------
    InvalidTime
        When it is not written as two times, is empty, or longer than a day.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise InvalidTime('is not a span of time. Write two times, such as "05:00-13:00" or "18:00-02:00".')
    start_h, start_min, end_h, end_min = (int(part) for part in match.groups())
    if start_min > 59 or end_min > 59 or start_h >= 48 or end_h > 48:
        raise InvalidTime("has a time that no clock shows. Minutes run to 59; an end after midnight may be 26:00.")
    start_s, end_s = start_h * 3600 + start_min * 60, end_h * 3600 + end_min * 60
    if start_s >= DAY_S and not may_start_next_day:
        raise InvalidTime("begins on the next day. Write it under that day.")
    if start_s == end_s:
        raise InvalidTime('is empty. For a whole day write "00:00-24:00".')
    if end_s < start_s:
        end_s += DAY_S
    if end_s - start_s > DAY_S:
        raise InvalidTime("is longer than 24 hours. Split it.")
    return DayWindow(start_s, end_s)


def format_window(window: DayWindow) -> str:
    """Return a window as the service file writes it, with hours beyond 24 after midnight."""
    return f"{_format_time(window.start_s)}-{_format_time(window.end_s)}"


def _format_time(second_of_day: int) -> str:
    """Return a wall-clock time as hours and minutes."""
    return f"{second_of_day // 3600:02d}:{second_of_day // 60 % 60:02d}"


def _parse_date(text: str) -> dt.date:
    """Return an ISO date."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidTime(f'names "{text}", a date that no calendar has. Write year-month-day.') from None


def _parse_range(text: str) -> list[int]:
    """Return the weekdays of one name or one range, which may run over the end of the week."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    begin = _parse_weekday(first)
    if not dash:
        return [begin]
    end = _parse_weekday(last)
    if end == begin:
        raise InvalidTime(f'has the range "{text}" from a day to itself. Write the day alone.')
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _parse_weekday(text: str) -> int:
    """Return a weekday by its name."""
    if text in WEEKDAYS:
        return WEEKDAYS.index(text)
    raise InvalidTime(
        f'names "{text[:20]}", which is no day.{_hint(text)} '
        "Write mon, tue, wed, thu, fri, sat, sun, a range such as mon-thu, or a date such as 2026-12-24."
    )


def _hint(text: str) -> str:
    """Return which weekday was probably meant."""
    lowered = text.lower()
    near = difflib.get_close_matches(lowered[:20], WEEKDAYS, n=1) or [
        name for name in WEEKDAYS if lowered.startswith(name)
    ]
    meant = GERMAN_WEEKDAYS.get(lowered) or next(iter(near), None)
    return f' Did you mean "{meant}"?' if meant else ""

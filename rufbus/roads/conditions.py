"""Conditional tags such as ``no_left_turn @ (Mo-Fr 07:00-09:00)``, as far as they are simple.

Understood are weekdays, times of day, ``24/7``, several of them with ``;``, and weights. What is not understood is said
to be so, and never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

VAN_WEIGHT_T = 3.5
"""Gross weight of the van, for conditions such as ``weight>7.5``."""

WEEKDAYS = {"mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6}

_CLAUSE = re.compile(r"\s*([^@;]+?)\s*@\s*(\([^()]*\)|[^;()]+)\s*(?:;|$)")
_DAYS = re.compile(r"(mo|tu|we|th|fr|sa|su)(?:\s*-\s*(mo|tu|we|th|fr|sa|su))?")
_TIMES = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_WEIGHT = re.compile(r"(?:max)?weight(?:rating)?\s*(>=|<=|>|<)\s*(\d{1,3}(?:\.\d+)?)\s*(?:t)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a conditional tag says at one time."""

    value: str | None
    """The value in force, ``None`` when no clause holds."""
    understood: bool
    """False when a clause is not simple, or no time was given: the value is then ``None``."""


_UNKNOWN = Verdict(None, understood=False)


def evaluate(text: str, at: dt.datetime | None) -> Verdict:
    """Return the value of a conditional tag at a local time; later clauses win over earlier ones."""
    value, position = None, 0
    text = text.strip()
    while position < len(text):
        match = _CLAUSE.match(text, position)
        if match is None or match.end() == position:
            return _UNKNOWN
        holds = _holds(match[2].strip("() "), at)
        if holds is None:
            return _UNKNOWN
        value = match[1] if holds else value
        position = match.end()
    return Verdict(value, understood=True)


def _holds(condition: str, at: dt.datetime | None) -> bool | None:
    if match := _WEIGHT.fullmatch(condition.lower()):
        return _compare(VAN_WEIGHT_T, match[1], float(match[2]))
    if at is None:
        return None
    rules = [_rule_holds(rule, at) for rule in condition.lower().split(";") if rule.strip()]
    if not rules or None in rules:
        return None
    return any(rules)


def _compare(have: float, sign: str, limit: float) -> bool:
    return {">": have > limit, ">=": have >= limit, "<": have < limit, "<=": have <= limit}[sign]


def _rule_holds(rule: str, at: dt.datetime) -> bool | None:
    rule = rule.strip()
    if rule == "24/7":
        return True
    times = _TIMES.findall(rule)
    days_text = _TIMES.sub("", rule)
    days = _DAYS.findall(days_text)
    if (not times and not days) or _DAYS.sub("", days_text).strip(" ,:"):
        return None
    weekdays = _weekdays(days)
    spans = [_span(*map(int, time)) for time in times] or [(0, 1440)]
    if None in spans:
        return None
    return any(_inside(span, weekdays, at) for span in spans if span is not None)


def _weekdays(days: list[tuple[str, str]]) -> frozenset[int]:
    if not days:
        return frozenset(range(7))
    found: set[int] = set()
    for first, last in days:
        start, end = WEEKDAYS[first], WEEKDAYS[last or first]
        found.update(day % 7 for day in range(start, end + 1 if end >= start else end + 8))
    return frozenset(found)


def _span(start_h: int, start_min: int, end_h: int, end_min: int) -> tuple[int, int] | None:
    start, end = start_h * 60 + start_min, end_h * 60 + end_min
    if start_min > 59 or end_min > 59 or start >= 1440 or end > 2880:
        return None
    return start, end if end > start else end + 1440


def _inside(span: tuple[int, int], weekdays: frozenset[int], at: dt.datetime) -> bool:
    minute, day = at.hour * 60 + at.minute, at.weekday()
    today = day in weekdays and span[0] <= minute < span[1]
    yesterday = (day - 1) % 7 in weekdays and minute < span[1] - 1440
    return today or yesterday

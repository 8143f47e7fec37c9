"""Breaks that the law asks for: Arbeitszeitgesetz (ArbZG) section 4.

Whoever works more than six hours rests for 30 minutes, more than nine hours for 45; the rest may be split into parts
of at least 15 minutes, and nobody works longer than six hours without one. Rufbus measures the whole shift, break
included, and so never asks for less than the law. All functions count seconds on any one axis: instants, or seconds of
a day.
"""

from __future__ import annotations

from rufbus.domain.fleet import BreakRule

LONGEST_STRETCH_S = 6 * 3600
"""Longest time at work without a break."""
SHORTEST_PART_S = 15 * 60
"""Shortest pause that counts as a part of a break."""
EASY_STRETCH_S = LONGEST_STRETCH_S - 30 * 60
"""A plan with stretches up to this length leaves the break half an hour of freedom."""


def required_break_s(shift_s: int) -> int:
    """Return how long the breaks of a shift of ``shift_s`` must be at least (s)."""
    if shift_s > 9 * 3600:
        return 45 * 60
    if shift_s > 6 * 3600:
        return 30 * 60
    return 0


def spread_breaks(start: int, end: int, break_s: int) -> tuple[BreakRule, ...]:
    """Return breaks around the middle of a shift, split where one alone would leave too long a stretch.

    Each window is as wide as leaves every stretch of work within the law wherever the breaks fall, and no wider than
    half a stretch to either side. Empty when ``break_s`` is 0, longer than the shift, or too short for the parts that
    the shift needs.
    """
    if break_s <= 0:
        return ()
    most = max(1, break_s // SHORTEST_PART_S)
    parts = next((n for n in range(1, most) if _stretch_s(start, end, break_s, n) <= EASY_STRETCH_S), most)
    stretch = _stretch_s(start, end, break_s, parts)
    if end - start < break_s or stretch > LONGEST_STRETCH_S:
        return ()
    sides = 1 if parts == 1 else 2
    play = min((LONGEST_STRETCH_S - stretch) // sides, (end - start - break_s) // (parts + 1) // 2)
    return _windows(start, end, break_s, parts, play)


def place_break(start: int, end: int, break_s: int, earliest: int, latest_end: int) -> BreakRule | None:
    """Return one break within a window chosen by the planner, cut to what the law leaves of it.

    ``None`` when no such break lets every stretch of work stay within six hours.
    """
    earliest = max(earliest, start, end - LONGEST_STRETCH_S - break_s)
    latest_end = min(latest_end, end, start + LONGEST_STRETCH_S + break_s)
    if latest_end - earliest < break_s:
        return None
    return BreakRule(break_s, earliest, latest_end)


def _stretch_s(start: int, end: int, break_s: int, parts: int) -> int:
    """Return the longest stretch of work when ``parts`` breaks are spread evenly, rounded up (s)."""
    return -((start + break_s - end) // (parts + 1))


def _windows(start: int, end: int, break_s: int, parts: int, play: int) -> tuple[BreakRule, ...]:
    """Return ``parts`` breaks evenly spread, each free to move by ``play`` to either side."""
    part_s, rest_s = divmod(break_s, parts)
    breaks = []
    worked = end - start - break_s
    rested = 0
    for number in range(parts):
        length = part_s + (1 if number < rest_s else 0)
        begin = start + worked * (number + 1) // (parts + 1) + rested
        breaks.append(BreakRule(length, begin - play, begin + length + play))
        rested += length
    return tuple(breaks)

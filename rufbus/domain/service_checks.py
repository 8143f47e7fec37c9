"""What must agree within a service file: figures with each other, shifts with each other and with the law."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from rufbus.domain.calendar import SUNDAY, shift_rules_on
from rufbus.domain.day_keys import WEEKDAYS, format_window
from rufbus.domain.leg_time import MILLION
from rufbus.domain.place import Place
from rufbus.domain.service import BookingRules, DayWindow, Hours, PromiseRules, ShiftRule
from rufbus.domain.toml_table import Faults
from rufbus.domain.work_time import place_break, required_break_s

DAY_S = 86_400
FAR_FROM_ZONE_DEG = 30.0
NEAR_ZONE_DEG = 22.5
NEAR_DEPOT_DEG = 3.0
LAW = "ArbZG section 4"


# --- figures ---------------------------------------------------------------------------------------------------------


def check_figures(booking: BookingRules, promise: PromiseRules, faults: Faults) -> None:
    """Note figures that contradict each other."""

    def at_most(key: str, value: int, other_key: str, other: int, advice: str) -> None:
        if value > other:
            faults.add(key, f"is more than {other_key} = {other}. {advice}", value)

    at_most(
        "promise.narrowed_window_s", promise.narrowed_window_s, "promise.pickup_window_s", promise.pickup_window_s,
        "A narrowed window lies inside the first one; make it shorter.",
    )  # fmt: skip
    at_most(
        "promise.late_detour_lock_s", promise.late_detour_lock_s, "promise.freeze_s", promise.freeze_s,
        "The last minutes before a stop are locked after the freeze, not before; make it shorter.",
    )  # fmt: skip
    if promise.leg_time_ppm > MILLION * promise.max_ride_factor:
        faults.add(
            "promise.leg_time_percentile",
            f"makes plans allow {promise.leg_time_ppm / MILLION:.2f} times the median for each drive, more than the "
            f"{promise.max_ride_factor:g} times of the longest ride. Nobody could ride far; lower it, or raise "
            "max_ride_factor.",
            promise.leg_time_percentile,
        )
    at_most(
        "booking.hold_s", booking.hold_s, "promise.freeze_s", promise.freeze_s,
        "An offer must not be held longer than promises stay open to change; make it shorter.",
    )  # fmt: skip
    at_most(
        "booking.max_wait_s", booking.max_wait_s, "booking.alternatives_within_s", booking.alternatives_within_s,
        "Alternatives lie farther from the wish than what still counts as wished; make it shorter.",
    )  # fmt: skip
    at_most(
        "booking.min_notice_s", booking.min_notice_s, "the booking period (earliest_days + 1 days)",
        (booking.earliest_days + 1) * DAY_S, "Nothing could ever be booked; shorten the notice.",
    )  # fmt: skip


# --- shifts ----------------------------------------------------------------------------------------------------------


def check_shifts(rules: Sequence[tuple[str, ShiftRule]], hours: Hours, faults: Faults) -> None:
    """Note breaks that do not fit or break the law, and shifts of one vehicle that overlap; rules come with paths."""
    for path, rule in rules:
        _check_break(path, rule, faults)
    by_vehicle: dict[str, list[tuple[str, ShiftRule]]] = {}
    for path, rule in rules:
        by_vehicle.setdefault(rule.vehicle, []).append((path, rule))
    for own in by_vehicle.values():
        _check_overlaps(own, hours, faults)


def _check_break(path: str, rule: ShiftRule, faults: Faults) -> None:
    """Note a break that cannot be taken, or is less than the law asks for."""
    start, end = rule.window.start_s, rule.window.end_s
    needed_s = required_break_s(end - start)
    if rule.break_s < needed_s:
        faults.add(
            f"{path}.break_s",
            f"is too short a break for a shift of {_hours(end - start)}: {LAW} asks for at least {needed_s}. "
            "Plan a longer break or a shorter shift.",
            rule.break_s,
        )
    elif rule.break_window is not None:
        _check_break_window(path, rule, rule.break_window, faults)
    elif rule.break_s >= end - start:
        faults.add(
            f"{path}.break_s", f"is no shorter than the shift of {_hours(end - start)}. Shorten it.", rule.break_s
        )


def _check_break_window(path: str, rule: ShiftRule, pause: DayWindow, faults: Faults) -> None:
    """Note a break's window that is outside the shift, too short, or leaves too long a stretch of work."""
    shift = rule.window
    key, shown = f"{path}.break_window", format_window(pause)
    if rule.break_s == 0:
        faults.add(key, "belongs to no break. Add break_s, or remove it.", shown)
    elif pause.start_s < shift.start_s or pause.end_s > shift.end_s:
        faults.add(key, f"is not inside the shift {format_window(shift)}. Move it.", shown)
    elif pause.end_s - pause.start_s < rule.break_s:
        faults.add(key, f"is shorter than the break of {rule.break_s} s. Widen it.", shown)
    elif place_break(shift.start_s, shift.end_s, rule.break_s, pause.start_s, pause.end_s) is None:
        faults.add(
            key,
            f"leaves more than six hours of work in the shift {format_window(shift)} without a break ({LAW}). "
            "Move it towards the middle, or leave it out to have the break spread.",
            shown,
        )


def _check_overlaps(own: Sequence[tuple[str, ShiftRule]], hours: Hours, faults: Faults) -> None:
    """Note each pair of shifts of one vehicle that overlap on some day, once."""
    noted: set[tuple[str, str]] = set()
    pairs = itertools.chain(_weekly_overlaps(own, hours), _dated_overlaps(own, hours))
    for first, second, when in pairs:
        pair = (min(first, second), max(first, second))
        if pair in noted:
            continue
        noted.add(pair)
        rule = next(rule for path, rule in own if path == pair[1])
        faults.add(
            f"{pair[1]}.time",
            f"overlaps {pair[0]} of the same vehicle {rule.vehicle} {when}. One van has one driver at a time: "
            "move one, or name another vehicle.",
            format_window(rule.window),
        )


def _weekly_overlaps(own: Sequence[tuple[str, ShiftRule]], hours: Hours) -> Iterable[tuple[str, str, str]]:
    """Yield overlapping shifts of a usual week, and of holidays, which count as Sundays, between any two days."""
    for (path, rule), (other_path, other) in itertools.combinations(own, 2):
        shared = rule.weekdays & other.weekdays
        if shared and _overlap(rule.window, other.window, 0):
            yield path, other_path, f"on {WEEKDAYS[min(shared)]}"
    for (path, rule), (other_path, other) in itertools.product(own, repeat=2):
        following = _following(rule, other, hours)
        if path != other_path and following is not None and _overlap(rule.window, other.window, DAY_S):
            yield path, other_path, f"in the night from {following[0]} to {following[1]}"


def _following(rule: ShiftRule, other: ShiftRule, hours: Hours) -> tuple[str, str] | None:
    """Return a day of ``rule`` that can be followed by one of ``other``, as words, or ``None``."""
    for day in sorted(rule.weekdays):
        if (day + 1) % 7 in other.weekdays:
            return WEEKDAYS[day], WEEKDAYS[(day + 1) % 7]
    if hours.holidays is None:
        return None
    if rule.weekdays and SUNDAY in other.weekdays:
        return WEEKDAYS[min(rule.weekdays)], "a holiday"
    if SUNDAY in rule.weekdays and other.weekdays:
        return "a holiday", WEEKDAYS[min(other.weekdays)]
    return None


def _dated_overlaps(own: Sequence[tuple[str, ShiftRule]], hours: Hours) -> Iterable[tuple[str, str, str]]:
    """Yield overlapping shifts on and around every date that a rule names."""
    paths = {id(rule): path for path, rule in own}
    rules = tuple(rule for _, rule in own)
    for date in sorted({date for rule in rules for date in rule.dates}):
        dated = [
            (offset * DAY_S, rule)
            for offset in (-1, 0, 1)
            for rule in shift_rules_on(hours, rules, date + dt.timedelta(days=offset))
        ]
        for (shift_s, rule), (other_shift_s, other) in itertools.combinations(dated, 2):
            if rule is not other and _overlap(rule.window, other.window, other_shift_s - shift_s):
                yield paths[id(rule)], paths[id(other)], f"around {date.isoformat()}"


def _overlap(window: DayWindow, other: DayWindow, later_s: int) -> bool:
    """Return whether two windows overlap when the other's day begins ``later_s`` after the first's."""
    return window.start_s < other.end_s + later_s and other.start_s + later_s < window.end_s


# --- places ----------------------------------------------------------------------------------------------------------


def swapped_fault(lon: float, lat: float, zone: ZoneInfo | None, depots: Sequence[Place]) -> str | None:
    """Return why a place looks as if lon and lat were exchanged, or ``None``.

    It does when the other way round it lies near a depot or near the meridian of the time zone, and as written far from
    both. Zones without a region, such as UTC, say nothing about places.
    """
    meridian = _meridian_deg(zone)
    by_zone = meridian is not None and abs(lon - meridian) > FAR_FROM_ZONE_DEG and abs(lat - meridian) < NEAR_ZONE_DEG
    by_depot = _near_any(lat, lon, depots) and not _near_any(lon, lat, depots)
    if not by_zone and not by_depot:
        return None
    return (
        f"looks as if longitude and latitude were exchanged: it lies at lon {lon:.6g}, lat {lat:.6g}. "
        f"Write longitude first: [{lat:.6g}, {lon:.6g}]."
    )


def _meridian_deg(zone: ZoneInfo | None) -> float | None:
    """Return the meridian (degrees) of a zone's winter time, or ``None`` for a zone that is no region."""
    if zone is None or "/" not in zone.key or zone.key.startswith("Etc/"):
        return None
    offset = zone.utcoffset(dt.datetime(2026, 1, 1))  # noqa: DTZ001 — local time on purpose
    return None if offset is None else offset.total_seconds() / 240


def _near_any(lon: float, lat: float, places: Sequence[Place]) -> bool:
    """Return whether some place lies within a few degrees."""
    return any(abs(lon - place.lon) < NEAR_DEPOT_DEG and abs(lat - place.lat) < NEAR_DEPOT_DEG for place in places)


def _hours(seconds: int) -> str:
    """Return a duration as hours and minutes."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d} h"

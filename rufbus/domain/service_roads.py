"""What the service file says about the roads: closures and slowdowns, and from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rufbus.domain.clock_time import Instant, from_datetime, local_instant
from rufbus.domain.errors import InvalidInput
from rufbus.domain.place import Place
from rufbus.domain.service import Closure, Slowdown
from rufbus.domain.service_checks import swapped_fault
from rufbus.domain.service_keys import ID_FORM, ID_PATTERN, SPEED_FACTOR, keys_of
from rufbus.domain.toml_table import TomlTable, refuse_duplicate_ids

LONGEST_S = 10 * 366 * 86_400
"""Longest closure or slowdown (s): what lasts longer belongs into the map."""
MOST_POINTS = 1000
"""Most points of a line, and most ways of a closure."""
MOMENT_FORM = (
    "Write a date such as 2026-11-26, or a date with a time such as 2026-11-26T08:00:00, without quotation marks."
)


def read_closures(root: TomlTable, zone: ZoneInfo, depots: Sequence[Place]) -> tuple[Closure, ...]:
    """Return the closures; those with a fault are left out."""
    read = [_read_closure(table, zone, depots) for table in root.tables("closures")]
    return tuple(closure for closure in read if closure is not None)


def read_slowdowns(root: TomlTable, zone: ZoneInfo) -> tuple[Slowdown, ...]:
    """Return the slowdowns; those with a fault are left out. No closure may have the id of one."""
    tables = root.tables("slowdowns")
    read = [_read_slowdown(table, zone) for table in tables]
    refuse_duplicate_ids((*root.tables("closures"), *tables))
    return tuple(slowdown for slowdown in read if slowdown is not None)


def _read_closure(table: TomlTable, zone: ZoneInfo, depots: Sequence[Place]) -> Closure | None:
    table.refuse_unknown(keys_of("closures"))
    closure_id = table.text("id", pattern=ID_PATTERN, form=ID_FORM)
    start_at, end_at = _read_span(table, zone)
    ways, line = _read_ways(table), _read_line(table, zone, depots)
    if not ways and not line and table.sound:
        table.fault("ways", "is missing, and line as well. Say what is closed: OpenStreetMap ways, a line, or both.")
    return Closure(closure_id, start_at, end_at, ways, line) if table.sound else None


def _read_slowdown(table: TomlTable, zone: ZoneInfo) -> Slowdown | None:
    table.refuse_unknown(keys_of("slowdowns"))
    slowdown_id = table.text("id", pattern=ID_PATTERN, form=ID_FORM)
    start_at, end_at = _read_span(table, zone)
    if isinstance(table.values.get("factor"), dict):
        classes = table.table("factor")
        by_class = tuple((name, classes.number(name, None, SPEED_FACTOR)) for name in classes.values)
        return Slowdown(slowdown_id, start_at, end_at, by_class=by_class) if table.sound else None
    factor = table.number("factor", None, SPEED_FACTOR)
    return Slowdown(slowdown_id, start_at, end_at, factor=factor) if table.sound else None


# --- from when to when -----------------------------------------------------------------------------------------------


def _read_span(table: TomlTable, zone: ZoneInfo) -> tuple[Instant, Instant]:
    """Return the begin and the end; a date ends with its last second."""
    start_at, end_at = _read_moment(table, "from", zone, 0), _read_moment(table, "to", zone, 86_400)
    if start_at is None or end_at is None:
        return 0, 0
    if end_at <= start_at:
        table.fault("to", "is not later than from. Exchange them, or correct one.")
    elif end_at - start_at > LONGEST_S:
        table.fault(
            "to", "is more than ten years after from. Shorten it; what is closed for good belongs into the map."
        )
    return start_at, end_at


def _read_moment(table: TomlTable, key: str, zone: ZoneInfo, second_of_day: int) -> Instant | None:
    """Return an instant; of a date without a time, the one so many seconds after its midnight."""
    value = table.values.get(key)
    if value is None:
        table.fault(key, f"is missing. {MOMENT_FORM}")
        return None
    try:
        if isinstance(value, dt.datetime):
            return from_datetime(value, zone)
        if isinstance(value, dt.date):
            return local_instant(value, second_of_day, zone)
    except InvalidInput as error:
        table.fault(key, f"cannot be used: {error.detail}")
        return None
    except (OverflowError, ValueError):
        table.fault(key, "lies beyond the calendar. Choose a year of this century.")
        return None
    table.fault(key, f"is not a date. {MOMENT_FORM}")
    return None


# --- what ------------------------------------------------------------------------------------------------------------


def _read_ways(table: TomlTable) -> tuple[int, ...]:
    """Return the OpenStreetMap ids of ways."""
    value = table.values.get("ways", [])
    whole = isinstance(value, list) and all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in value)
    if not whole or len(value) > MOST_POINTS or ("ways" in table.values and not value):
        table.fault("ways", f"is not a list of 1 to {MOST_POINTS} OpenStreetMap way ids. Write [4711, 4712].")
        return ()
    return tuple(dict.fromkeys(value))


def _read_line(table: TomlTable, zone: ZoneInfo, depots: Sequence[Place]) -> tuple[Place, ...]:
    """Return the points of a line."""
    value = table.values.get("line", [])
    places = [_read_point(point) for point in value] if isinstance(value, list) else []
    line = tuple(place for place in places if place is not None)
    if "line" in table.values and (len(line) != len(places) or not 2 <= len(line) <= MOST_POINTS):
        form = "[[9.93, 54.66], [9.94, 54.66]]"
        table.fault("line", f"is not a line of 2 to {MOST_POINTS} points. Write [lon, lat] pairs: {form}.")
        return ()
    for place in line:
        fault = swapped_fault(place.lon, place.lat, zone, depots)
        if fault is not None:
            table.fault("line", fault)
            return ()
    return line


def _read_point(value: Any) -> Place | None:
    numeric = isinstance(value, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
    if not numeric or len(value) != 2:
        return None
    try:
        return Place(float(value[0]), float(value[1]))
    except (InvalidInput, OverflowError):
        return None

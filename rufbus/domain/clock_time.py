"""Instants, local times and service days.

Inside, an instant is an ``int``: whole seconds since 1970-01-01T00:00:00Z. Outside it is RFC 3339 with the offset of
the service's time zone. A *service day* is the local date on which a day's shifts begin; its hours may run past
midnight.
"""

from __future__ import annotations

import datetime as dt
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from rufbus.domain.errors import InvalidTime

Instant: TypeAlias = int
"""Whole seconds since 1970-01-01T00:00:00Z."""


class Clock(Protocol):
    """Tells the time in force; the only source of "now"."""

    def now(self) -> Instant:
        """Return the current instant (s)."""
        ...


def to_local(at: Instant, zone: ZoneInfo) -> dt.datetime:
    """Return ``at`` as an aware local datetime."""
    return dt.datetime.fromtimestamp(at, zone)


def to_rfc3339(at: Instant, zone: ZoneInfo) -> str:
    """Return ``at`` as RFC 3339 with the zone's offset."""
    return to_local(at, zone).isoformat(timespec="seconds")


def from_datetime(when: dt.datetime, zone: ZoneInfo) -> Instant:
    """Return the instant of ``when``.

    An aware datetime is taken at its offset. A naive one is local time in ``zone``.

    Raises
    ------
    InvalidTime
        When a naive time falls into the hour that a clock change skips, or into the one it repeats.
    """
    if when.tzinfo is not None:
        return int(when.timestamp())
    first = when.replace(tzinfo=zone, fold=0)
    second = when.replace(tzinfo=zone, fold=1)
    text = when.strftime("%Y-%m-%d %H:%M")
    if first.utcoffset() == second.utcoffset():
        return int(first.timestamp())
    if dt.datetime.fromtimestamp(first.timestamp(), zone).replace(tzinfo=None) != when:
        raise InvalidTime(
            f"{text} does not exist in {zone.key}: the clocks are put forward then. "
            "Choose a time before or after the change, or give the offset from UTC."
        )
    raise InvalidTime(
        f"{text} exists twice in {zone.key}: the clocks are put back then. "
        f"Give the offset from UTC: {first.isoformat()} or {second.isoformat()}."
    )


def local_instant(day: dt.date, second_of_day: int, zone: ZoneInfo) -> Instant:
    """Return the instant of a wall-clock time on a service day, which may lie past midnight.

    ``second_of_day`` counts wall-clock seconds from 00:00 of ``day``; 86,400 and more fall on the next date. A wall
    time that a clock change skips is taken as long after the last one before it as the clock says (PEP 495, fold 0); of
    a repeated one the first is meant.
    """
    days, rest = divmod(second_of_day, 86_400)
    date = day + dt.timedelta(days=days)
    wall = dt.datetime.combine(date, dt.time.min) + dt.timedelta(seconds=rest)
    return int(wall.replace(tzinfo=zone, fold=0).timestamp())


def floor_minute(at: Instant) -> Instant:
    """Return the last whole minute at or before ``at``."""
    return at - at % 60


def ceil_minute(at: Instant) -> Instant:
    """Return the first whole minute at or after ``at``."""
    return at + -at % 60

"""What holds on a given day: hours and shifts as instants, with holidays, clock changes and nights past midnight."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import holidays

from rufbus.domain.clock_time import Instant, local_instant, to_local
from rufbus.domain.fleet import BreakRule, Shift
from rufbus.domain.service import DayWindow, Hours, Service, ShiftRule
from rufbus.domain.work_time import SHORTEST_PART_S, place_break, required_break_s, spread_breaks

SUNDAY = 6
DAY_S = 86_400
LOOK_AHEAD_DAYS = 60
"""How far ahead the next opening is looked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """A closed span of instants."""

    start_at: Instant
    end_at: Instant

    def contains(self, at: Instant) -> bool:
        """Return whether an instant lies in the span, its ends included."""
        return self.start_at <= at <= self.end_at


def is_holiday(hours: Hours, day: dt.date) -> bool:
    """Return whether a day is a public holiday in the service's region."""
    return hours.holidays is not None and day in _holidays(hours.holidays, day.year)


def weekday_of(hours: Hours, day: dt.date) -> int:
    """Return the weekday (0 is Monday) whose timetable holds; a holiday counts as Sunday."""
    return SUNDAY if is_holiday(hours, day) else day.weekday()


def windows_on(hours: Hours, day: dt.date) -> tuple[DayWindow, ...]:
    """Return a day's hours as wall-clock windows: those of the date itself, else of its weekday."""
    if day in hours.dates:
        return hours.dates[day]
    return hours.weekdays[weekday_of(hours, day)]


def hours_on(service: Service, day: dt.date) -> tuple[Span, ...]:
    """Return a service day's hours as instants, in order, touching windows joined."""
    return _spans_on(service.hours, service.zone, day)


@functools.lru_cache(maxsize=1024)
def _spans_on(hours: Hours, zone: ZoneInfo, day: dt.date) -> tuple[Span, ...]:
    spans: list[Span] = []
    for window in sorted(windows_on(hours, day), key=lambda window: window.start_s):
        start_at = wall_instant(day, window.start_s, zone)
        end_at = wall_instant(day, window.end_s, zone)
        if end_at <= start_at:
            continue  # swallowed by the hour that the clock change skips
        if spans and start_at <= spans[-1].end_at:
            spans[-1] = Span(spans[-1].start_at, max(end_at, spans[-1].end_at))
        else:
            spans.append(Span(start_at, end_at))
    return tuple(spans)


def service_day_of(service: Service, at: Instant) -> list[dt.date]:
    """Return the service days that an instant may belong to, the likeliest first.

    Those whose hours contain it; when none does, its local date, and the date before if that day's hours ran past
    midnight.
    """
    date = to_local(at, service.zone).date()
    before = date - dt.timedelta(days=1)
    holding = [day for day in (date, before) if any(span.contains(at) for span in hours_on(service, day))]
    if holding:
        return holding
    midnight = local_instant(date, 0, service.zone)
    ran_on = any(span.end_at > midnight for span in hours_on(service, before))
    return [date, before] if ran_on else [date]


def next_opening(service: Service, after: Instant) -> Instant | None:
    """Return the next instant later than ``after`` at which hours begin, or ``None`` within the next two months."""
    date = to_local(after, service.zone).date()
    for offset in range(LOOK_AHEAD_DAYS):
        for span in hours_on(service, date + dt.timedelta(days=offset)):
            if span.start_at > after:
                return span.start_at
    return None


def shift_rules_on(hours: Hours, rules: tuple[ShiftRule, ...], day: dt.date) -> tuple[ShiftRule, ...]:
    """Return the rules that hold on a day, in their order.

    A vehicle for which a rule names the date itself drives only such rules then; every other drives those of the
    weekday, on holidays those of Sunday.
    """
    dated = {rule.vehicle for rule in rules if day in rule.dates}
    weekday = weekday_of(hours, day)
    return tuple(rule for rule in rules if (day in rule.dates if rule.vehicle in dated else weekday in rule.weekdays))


def shifts_on(service: Service, day: dt.date) -> tuple[Shift, ...]:
    """Return the dated shifts of a service day, by vehicle in the order of the fleet, then by begin."""
    rules = shift_rules_on(service.hours, service.shifts, day)
    shifts: list[Shift] = []
    for vehicle in service.vehicles:
        own = sorted((rule for rule in rules if rule.vehicle == vehicle.id), key=lambda rule: rule.window.start_s)
        dated = [_dated(rule, day, number, service.zone) for number, rule in enumerate(own, 1)]
        shifts.extend(shift for shift in dated if shift.end_by > shift.start_at)
    return tuple(shifts)


def hindrances_on(service: Service, day: dt.date) -> frozenset[str]:
    """Return the ids of the closures and slowdowns that touch a service day.

    A day reaches from its midnight to the next one, or to the end of its last shift. What touches it for a minute
    counts for all of it: no promise ever relies on a road that may be closed.
    """
    begins_at, ends_at = (local_instant(day, seconds, service.zone) for seconds in (0, DAY_S))
    ahead = [each for each in service.hindrances if begins_at < each.end_at]
    if any(ends_at <= each.start_at < ends_at + 2 * DAY_S for each in ahead):
        ends_at = max([ends_at, *(shift.end_by for shift in shifts_on(service, day))])
    return frozenset(each.id for each in ahead if each.start_at < ends_at)


def hindered_days(service: Service) -> list[dt.date]:
    """Return the service days that some closure or slowdown touches, in order."""
    days: set[dt.date] = set()
    for each in service.hindrances:
        first, last = (to_local(at, service.zone).date() for at in (each.start_at, each.end_at))
        days |= {first + dt.timedelta(days=n) for n in range(-2, (last - first).days + 1)}
    return sorted(day for day in days if hindrances_on(service, day))


def wall_instant(day: dt.date, second_of_day: int, zone: ZoneInfo) -> Instant:
    """Return the instant of a wall-clock time on a service day; later wall times never come out earlier.

    As :func:`~rufbus.domain.clock_time.local_instant`, but a wall time that a clock change skips is the moment of the
    change: a shift until 02:30 then ends where one from 03:00 begins.
    """
    at = local_instant(day, second_of_day, zone)
    wanted = dt.datetime.combine(day, dt.time.min) + dt.timedelta(seconds=second_of_day)

    def wall(instant: Instant) -> dt.datetime:
        return to_local(instant, zone).replace(tzinfo=None)

    skipped_s = int((wall(at) - wanted).total_seconds())
    if skipped_s == 0:
        return at
    candidates = range(at - skipped_s, at + 1)
    return candidates[bisect.bisect_left(candidates, wanted, key=wall)]


def _dated(rule: ShiftRule, day: dt.date, number: int, zone: ZoneInfo) -> Shift:
    """Return the shift of a rule on a day."""
    start_at = wall_instant(day, rule.window.start_s, zone)
    end_by = wall_instant(day, rule.window.end_s, zone)
    return Shift(
        id=f"{day.isoformat()}/{rule.vehicle}/{number}",
        service_day=day.isoformat(),
        vehicle_id=rule.vehicle,
        start_at=start_at,
        end_by=end_by,
        breaks=_breaks(rule, day, start_at, end_by, zone),
    )


def _breaks(rule: ShiftRule, day: dt.date, start_at: Instant, end_by: Instant, zone: ZoneInfo) -> tuple[BreakRule, ...]:
    """Return the breaks of a dated shift, at least those that the law asks for in the hours that really pass.

    A clock change can make a night shift an hour longer than its wall times say, or take away its break's window; the
    break is then lengthened, or spread around the middle of the shift, in one part more where that is needed.
    """
    break_s = max(rule.break_s, required_break_s(end_by - start_at))
    if end_by <= start_at or break_s == 0:
        return ()
    if rule.break_window is not None:
        earliest = wall_instant(day, rule.break_window.start_s, zone)
        latest_end = wall_instant(day, rule.break_window.end_s, zone)
        placed = place_break(start_at, end_by, break_s, earliest, latest_end)
        if placed is not None:
            return (placed,)
    return spread_breaks(start_at, end_by, break_s) or spread_breaks(start_at, end_by, break_s + SHORTEST_PART_S)


@functools.lru_cache(maxsize=256)
def _holidays(region: str, year: int) -> frozenset[dt.date]:
    """Return the public holidays of a region such as ``DE-SH`` in one year."""
    country, _, subdivision = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))

"""One shift as the solver sees it: where its van is, what is still to come, and which legs that concerns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.progress import Horizon, Progress, drop_expired, progress_of
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Shift
from rufbus.domain.tour import CallKind, Tour

EPOCH_DAY = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One shift as the solver sees it."""

    shift: Shift
    tour: Tour
    progress: Progress
    rides: tuple[str, ...]
    """Legs that are still to be picked up or dropped, in order of appearance."""


def horizon_at(desk: Desk, now: Instant, extra_lock_s: int = 0) -> Horizon:
    """Return the planning horizon at ``now``; ``extra_lock_s`` fixes the order further ahead."""
    rules = desk.service.promise
    lock_s, silent_after_s = rules.late_detour_lock_s + extra_lock_s, desk.service.solver.silent_after_s
    return Horizon(now, lock_s, silent_after_s, desk.service.stops.dwell_s)


def day_origin(service_day: str) -> Instant:
    """Return the instant from which the seconds of a day's problem count: early enough for any time zone."""
    days = dt.date.fromisoformat(service_day).toordinal() - EPOCH_DAY
    return (days - 2) * 86_400


def view_of(desk: Desk, shift: Shift, tour: Tour, horizon: Horizon) -> ShiftView:
    """Return a shift with its tour as they look from the horizon's moment."""
    calls = drop_expired(tour.calls, horizon.now)
    tour = tour if len(calls) == len(tour.calls) else replace(tour, calls=calls)
    progress = progress_of(tour, shift, horizon, partial(desk.drive_s, shift.service_day))
    coming = tour.calls[progress.done :]
    rides = tuple(dict.fromkeys(call.leg_id for call in coming if call.leg_id is not None))
    return ShiftView(shift, tour, progress, rides)


def break_numbers(view: ShiftView) -> list[int]:
    """Return the numbers of the breaks that are still to come, in the order of the problem's codes."""
    coming = view.tour.calls[view.progress.done :]
    return [call.break_number or 0 for call in coming if call.kind is CallKind.BREAK]

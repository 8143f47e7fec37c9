"""Where a van is on its tour: what lies behind it, where it is free next, and what it can no longer change.

Facts that the driver reported win. A van that has not reported for a while is taken to follow its plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Shift
from rufbus.domain.tour import Call, CallKind, Tour

PATIENCE_S = 120
"""How long a report may be on its way before the van counts as late (s)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A tour cut at one moment."""

    done: int
    """How many calls lie behind the van."""
    stop_id: str
    """Where the van stands, or which stop or depot it left last."""
    free_at: Instant
    """When it can leave that place, or when it left."""
    locked: int
    """How many of the following calls keep their place and order."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The moment of looking, and how far ahead the order of calls is fixed."""

    now: Instant
    lock_s: int
    silent_after_s: int
    dwell_s: int = 0
    """Time that each stop costs, which lies behind a van that has left it."""

    def reports(self, tour: Tour) -> bool:
        """Return whether the van has given a sign of life lately."""
        return tour.reported_at is not None and self.now - tour.reported_at <= self.silent_after_s


def drop_expired(calls: tuple[Call, ...], now: Instant) -> tuple[Call, ...]:
    """Return the calls without those whose hold has run out."""
    return tuple(call for call in calls if call.held_until is None or call.held_until > now)


def progress_of(tour: Tour, shift: Shift, horizon: Horizon, drive_s: Callable[[str, str], int]) -> Progress:
    """Return where the van of ``tour`` is at ``horizon.now``.

    Parameters
    ----------
    tour
        Without expired holds.
    shift
        The tour's shift.
    horizon
        The moment of looking.
    drive_s
        Dwell plus driving time between two stops (s).
    """
    reports = horizon.reports(tour)
    done = _count_done(tour.calls, reports, horizon.now)
    depot = f"depot:{shift.vehicle_id}"
    if done:
        last = tour.calls[done - 1]
        stop_id, left_at, departed = last.stop_id, _left_at(tour, last, horizon.dwell_s), _has_departed(tour, last)
    else:
        stop_id, left_at, departed = depot, shift.start_at, tour.departed_at is not None
        left_at = tour.departed_at if tour.departed_at is not None else left_at
    if done == len(tour.calls):
        return Progress(done, stop_id, max(left_at, horizon.now), 0)
    following = tour.calls[done]
    delayed = tour.delay_s > 0
    stop_id, free_at, bound = _next_start(following, stop_id, left_at, departed, delayed, reports, horizon.now, drive_s)
    locked = _count_locked(tour.calls[done:], horizon, bound)
    return Progress(done, stop_id, free_at, locked)


def _count_done(calls: tuple[Call, ...], reports: bool, now: Instant) -> int:  # noqa: FBT001
    """Return how many calls lie behind: up to the last fact, and as planned from there for a silent van."""
    done = max((number + 1 for number, call in enumerate(calls) if call.done_at is not None), default=0)
    while done < len(calls) and calls[done].begin_at <= now and (not reports or calls[done].kind is CallKind.BREAK):
        done += 1
    return done


def _left_at(tour: Tour, last: Call, dwell_s: int) -> Instant:
    """Return when the van was free to leave its last finished call; the dwell follows, then the drive."""
    if tour.departed_at is not None and _has_departed(tour, last):
        return tour.departed_at - (0 if last.stop_id.startswith("depot:") else dwell_s)
    return last.done_at if last.done_at is not None else last.depart_at


def _has_departed(tour: Tour, last: Call) -> bool:
    return tour.departed_at is not None and last.done_at is not None and tour.departed_at >= last.done_at


def _next_start(
    following: Call,
    stop_id: str,
    left_at: Instant,
    departed: bool,  # noqa: FBT001
    delayed: bool,  # noqa: FBT001
    reports: bool,  # noqa: FBT001
    now: Instant,
    drive_s: Callable[[str, str], int],
) -> tuple[str, Instant, bool]:
    """Return from where and when the following call is reached, and whether the van is bound to it already."""
    if following.arrived_at is not None:
        service_s = following.depart_at - following.begin_at
        overdue_from = now - PATIENCE_S - service_s
        arrived_at = max(left_at, following.arrived_at)  # while at the stop, the break before it comes first
        return following.stop_id, max(arrived_at, overdue_from) if reports else arrived_at, True
    if following.kind is CallKind.BREAK or following.stop_id == stop_id:
        return stop_id, max(left_at, now, following.begin_at if delayed else 0), delayed
    drive = drive_s(stop_id, following.stop_id)
    planned_departure = following.begin_at - drive
    if departed:
        return stop_id, max(left_at, now - PATIENCE_S - drive) if reports else left_at, True
    if planned_departure <= now or delayed:
        start = max(left_at, planned_departure)
        return stop_id, max(start, now - PATIENCE_S - drive) if reports else start, True
    return stop_id, max(left_at, now), False


def _count_locked(calls: tuple[Call, ...], horizon: Horizon, bound: bool) -> int:  # noqa: FBT001
    """Return how many of the coming calls are fixed: those that begin soon, and the one the van is bound to."""
    locked = 0
    while locked < len(calls) and calls[locked].begin_at <= horizon.now + horizon.lock_s:
        locked += 1
    return max(locked, 1) if bound else locked

"""Commit against a version: the short transaction at the end of every verb.

The thinking is done on a snapshot. What it found is written only if no tour it touches has changed meanwhile; otherwise
the verb thinks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import Timed
from rufbus.domain.booking import Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import StalePlan, Unavailable
from rufbus.domain.events import Event, EventKind
from rufbus.domain.tour import CallKind, Tour
from rufbus.ports import LedgerEntry, WriteSession

T = TypeVar("T")

ATTEMPTS = 20
"""How often a verb thinks again when others were faster."""


def retrying(attempt: Callable[[], T]) -> T:
    """Return what ``attempt`` returns, calling it again while the plan changes under it.

    Raises
    ------
    Unavailable
        When others were faster every time.
    """
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except StalePlan:
            continue
    raise Unavailable("Too many changes at once; nothing was changed. Try again in a moment.")


def save_tours(desk: Desk, session: WriteSession, tours: Iterable[Timed], now: Instant) -> None:
    """Write tours as the next version of the one each was read as, and raise the alarm for what they make late.

    Raises
    ------
    StalePlan
        When one of them has changed since.
    """
    for timed in sorted(tours, key=lambda timed: timed.tour.shift_id):
        alarms = _alarms(desk, session, timed, now) if timed.late or is_overtime(desk, timed.tour) else []
        session.put_tour(timed.tour, expected_version=timed.tour.version, loads=timed.loads)
        session.add_events(alarms)


def _alarms(desk: Desk, session: WriteSession, timed: Timed, now: Instant) -> list[Event]:
    """Return an event for each promise, and for the shift, that the new times break and the stored ones did not."""
    tour = timed.tour
    stored = session.tours([tour.shift_id])
    legs = {leg.id: leg for leg in session.legs(timed.late) if leg.state is not LegState.HELD}
    before = {leg_id for old in stored for leg_id, leg in legs.items() if is_late(old, leg)}
    alarms = [
        Event(EventKind.LATE_RISK, now, vehicle_id=tour.vehicle_id, leg_id=leg.id, booking_id=leg.booking_id)
        for leg_id, leg in sorted(legs.items())
        if leg_id not in before
    ]
    if is_overtime(desk, tour) and not any(is_overtime(desk, old) for old in stored):
        data = {"shift_id": tour.shift_id}
        alarms.append(Event(EventKind.LATE_RISK, now, vehicle_id=tour.vehicle_id, data=data))
    return alarms


def is_late(tour: Tour, leg: Leg) -> bool:
    """Return whether the times of a tour break a leg's promise."""
    calls = {call.kind: call for call in tour.calls if call.leg_id == leg.id}
    pickup, dropoff = calls.get(CallKind.PICKUP), calls.get(CallKind.DROPOFF)
    if pickup is not None and pickup.begin_at > leg.promise.pickup_to:
        return True
    if dropoff is None:
        return False
    if pickup is not None:
        departed_at = max(pickup.depart_at, pickup.done_at or pickup.depart_at)
        if dropoff.begin_at - departed_at > leg.promise.max_ride_s:
            return True
    return dropoff.begin_at > leg.promise.dropoff_by


def is_overtime(desk: Desk, tour: Tour) -> bool:
    """Return whether the times of a tour end its shift or one of its breaks too late."""
    shift = next((shift for shift in desk.shifts_on(tour.service_day) if shift.id == tour.shift_id), None)
    if shift is None or not tour.calls:
        return False
    last = tour.calls[-1]
    if last.depart_at + desk.drive_s(tour.service_day, last.stop_id, f"depot:{tour.vehicle_id}") > shift.end_by:
        return True
    breaks = {call.break_number: call.depart_at for call in tour.calls if call.break_number is not None}
    return any(breaks.get(number, 0) > rule.latest_end for number, rule in enumerate(shift.breaks))


def vehicles_of(tours: Iterable[Timed | Tour]) -> list[str]:
    """Return the vehicles that run the tours."""
    return sorted({(timed.tour if isinstance(timed, Timed) else timed).vehicle_id for timed in tours})


def ledger_entries(leg_ids: Sequence[str], at: Instant, entry: str, by: str, reason: str = "") -> list[LedgerEntry]:
    """Return one ledger entry per leg."""
    return [LedgerEntry(leg_id, at, entry, by, reason, {}) for leg_id in leg_ids]

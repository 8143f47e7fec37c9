"""Simulated drivers: every van reports every call just as planned."""

from __future__ import annotations

import uuid

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.drive import take_reports
from rufbus.dispatch.reports import Report, ReportKind
from rufbus.dispatch.stop_list import ListedStop, days_around, list_stops
from rufbus.domain.clock_time import Instant
from rufbus.domain.tour import CallKind
from rufbus.ports import ReadSession

NAMES = uuid.UUID("8f4d6f5e-6a64-5f0a-9b55-2d7f1f7f2c10")
"""Namespace of report ids, so that a repeated report is known as such."""


def report_as_planned(desk: Desk) -> None:
    """Send what each driver would have reported by now."""
    now = desk.clock.now()
    with desk.store.read() as session:
        stops = {vehicle_id: list_stops(desk, session, vehicle_id) for vehicle_id in _with_news(desk, session, now)}
    for vehicle_id, listed in stops.items():
        reports = [report for stop in listed for report in _due(stop, now)]
        if reports:
            take_reports(desk, vehicle_id, reports)


def _with_news(desk: Desk, session: ReadSession, now: Instant) -> list[str]:
    """Return the vehicles that have begun or ended a call without reporting it."""
    return sorted(
        {
            tour.vehicle_id
            for day in days_around(desk, session, now)
            for tour in day.tours
            if any(call.leg_id is not None for call in tour.calls)
            and any(
                call.held_until is None
                and call.done_at is None
                and (call.depart_at <= now or (call.begin_at <= now and call.arrived_at is None))
                for call in tour.calls
            )
        }
    )


def _due(stop: ListedStop, now: Instant) -> list[Report]:
    """Return the reports of one stop that are due and not yet given."""
    calls = [listed.call for listed in stop.calls if listed.call is not None]
    if not calls or stop.arrive_at > now:
        return []
    reports = []
    if all(call.arrived_at is None and call.done_at is None for call in calls):
        reports.append(_report(stop, ReportKind.ARRIVED, stop.arrive_at))
    due = (call for call in calls if call.done_at is None and call.depart_at <= now)
    return reports + [_report(stop, _KINDS[call.kind], call.depart_at, call.leg_id) for call in due]


_KINDS = {
    CallKind.PICKUP: ReportKind.BOARDED,
    CallKind.DROPOFF: ReportKind.ALIGHTED,
    CallKind.BREAK: ReportKind.BREAK_END,
}


def _report(stop: ListedStop, kind: ReportKind, at: Instant, leg_id: str | None = None) -> Report:
    name = f"{stop.id}/{kind.value}/{leg_id}/{at}"
    return Report(str(uuid.uuid5(NAMES, name)), at, kind, stop_key=stop.id, leg_id=leg_id)

"""Reports from the van: facts win, and the plan follows.

Reports may come twice, late and in any order; each id counts once. A report that contradicts what is stored is kept,
and a conflict is raised for somebody to look at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rufbus.dispatch.commit import retrying, save_tours
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.effects import EFFECTS
from rufbus.dispatch.facts import put_facts_first
from rufbus.dispatch.planning import Timed, horizon_at, retime
from rufbus.dispatch.progress import drop_expired
from rufbus.dispatch.reports import Report, ReportKind, Taken
from rufbus.dispatch.stop_list import list_stops, publish_stop_lists
from rufbus.dispatch.van_state import VanState, raise_conflict, time_of
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.errors import NotFound
from rufbus.domain.tour import Tour
from rufbus.ports import ReadSession


def take_reports(desk: Desk, vehicle_id: str, reports: Sequence[Report]) -> Taken:
    """Take in a batch of reports of one van.

    Raises
    ------
    NotFound
        When the fleet has no such vehicle.
    """
    if all(vehicle.id != vehicle_id for vehicle in desk.service.vehicles):
        raise NotFound(f"There is no vehicle {vehicle_id}.")
    taken = retrying(lambda: _take_once(desk, vehicle_id, reports))
    if taken.accepted:
        publish_stop_lists(desk, [vehicle_id])
    return taken


def _take_once(desk: Desk, vehicle_id: str, reports: Sequence[Report]) -> Taken:
    now = desk.clock.now()
    with desk.store.read() as session:
        known = session.known_reports([report.id for report in reports])
        fresh = {report.id: report for report in reports if report.id not in known}
        ordered = sorted(fresh.values(), key=lambda report: (report.at, list(ReportKind).index(report.kind)))
        van = _look_at(desk, session, vehicle_id, ordered, now)
    before = dict(van.tours)
    for report in ordered:
        at = time_of(report, now)
        if report.at < at:
            raise_conflict(van, report, "the report is older than any that can still come")
        EFFECTS[report.kind](van, report, at)
    moved = [_follow(van, tour, now) for tour in van.tours.values() if tour is not before[tour.shift_id]]
    with desk.store.write() as session:
        save_tours(desk, session, moved, now)
        session.put_legs(list(van.changed_legs.values()))
        session.add_reports(vehicle_id, [(r.id, r.at, r.kind.value, _plain(r)) for r in ordered], now)
        session.add_ledger(van.ledger)
        session.add_events(van.events)
        stored = session.find_stop_list(vehicle_id)
        if stored is not None and stored.version >= van.acknowledged > stored.acknowledged:
            session.put_stop_list(replace(stored, acknowledged=van.acknowledged))
    return Taken(tuple(fresh), tuple(sorted(known)), tuple(van.conflicts))


def _look_at(desk: Desk, session: ReadSession, vehicle_id: str, reports: Sequence[Report], now: Instant) -> VanState:
    """Return the van's tours around now and around the reports."""
    dates = set()
    for at in {now, *(report.at for report in reports if abs(report.at - now) < 7 * 86_400)}:
        today = to_local(at, desk.service.zone).date()
        dates |= {today + dt.timedelta(days=n) for n in (-1, 0, 1)}
    days = {date.isoformat(): desk.load_day(session, date.isoformat()) for date in sorted(dates)}
    tours = {t.shift_id: t for day in days.values() for t in day.tours if t.vehicle_id == vehicle_id}
    legs = {leg_id: leg for day in days.values() for leg_id, leg in day.legs.items()}
    stops = tuple(stop for day in days for stop in list_stops(desk, session, vehicle_id, day=day))
    return VanState(desk, vehicle_id, days, stops, tours, legs, {}, [], [], [])


def _follow(van: VanState, tour: Tour, now: Instant) -> Timed:
    """Return a tour with new order and times after facts."""
    day = van.days[tour.service_day]
    calls = put_facts_first(drop_expired(tour.calls, now), van.legs, van.desk.service.vehicle(van.vehicle_id))
    tour = replace(tour, calls=calls, reported_at=max(now, tour.reported_at or now))
    return retime(van.desk, day.shift_of(tour.shift_id), tour, van.legs, horizon_at(van.desk, now))


def _plain(report: Report) -> dict[str, Any]:
    values = {name: getattr(report, name) for name in ("stop_key", "leg_id", "delay_s", "lon", "lat", "version")}
    return {name: value for name, value in values.items() if value is not None}

"""Simulated drivers: every van reports every call just as planned, or after drives that take as long as is drawn."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.drive import take_reports
from rufbus.dispatch.reports import Report, ReportKind
from rufbus.dispatch.stop_list import ListedStop, days_around, list_stops
from rufbus.domain.clock_time import Instant
from rufbus.domain.leg_time import draw_factor
from rufbus.domain.tour import CallKind, Tour
from rufbus.ports import ReadSession

NAMES = uuid.UUID("8f4d6f5e-6a64-5f0a-9b55-2d7f1f7f2c10")
"""Namespace of report ids, so that a repeated report is known as such."""
SIGN_OF_LIFE_S = 300
"""How often a van on a long drive reports where it is (s)."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How long drives really take: the median of the roads times a factor drawn for each pair of stops and shift.

    Days that are planned differently meet the same traffic.
    """

    variation: float
    """Coefficient of variation of a drive's time, as :mod:`rufbus.domain.leg_time` has it."""
    seed: int

    def drive_s(self, desk: Desk, tour: Tour, origin: str, destination: str) -> int:
        """Return how long the van of a tour drives from stop to stop (s)."""
        ends = desk.place_index(origin), desk.place_index(destination)
        median_s = int(desk.network.times_on(tour.service_day).travel_s[ends])
        chance = Random(f"{self.seed} {tour.shift_id} {origin} {destination}")  # noqa: S311 — reproducible on purpose
        return math.ceil(median_s * draw_factor(self.variation, chance))


def report_as_driven(desk: Desk, traffic: Traffic) -> None:
    """Send what each driver would have reported by now: off as planned, there as soon as the traffic allows."""
    now = desk.clock.now()
    with desk.store.read() as session:
        tours = [tour for day in days_around(desk, session, now) for tour in day.tours]
        listed = [(tour, _listed(desk, session, tour)) for tour in tours if _has_news(desk, traffic, tour, now)]
    for tour, stops in listed:
        reports = list(_driven(desk, traffic, tour, stops, now))
        if reports:
            take_reports(desk, tour.vehicle_id, reports)


def _listed(desk: Desk, session: ReadSession, tour: Tour) -> list[ListedStop]:
    """Return the stops of a tour as its driver sees them."""
    stops = list_stops(desk, session, tour.vehicle_id, day=tour.service_day)
    return [stop for stop in stops if stop.shift_id == tour.shift_id]


def _has_news(desk: Desk, traffic: Traffic, tour: Tour, now: Instant) -> bool:
    """Return whether the driver of a tour may have something to report."""
    calls = [call for call in tour.calls if call.held_until is None]
    done = max((n for n, call in enumerate(calls, 1) if call.done_at is not None), default=0)
    if done == len(calls) or all(call.leg_id is None for call in calls):
        return False
    following = calls[done]
    here = calls[done - 1].stop_id if done else f"depot:{tour.vehicle_id}"
    if following.arrived_at is not None:
        return following.depart_at <= now
    if following.stop_id == here:
        return following.begin_at <= now
    if tour.departed_at is None or not _has_left(tour):
        return following.begin_at - desk.drive_s(tour.service_day, here, following.stop_id) <= now
    arrives_at = tour.departed_at + traffic.drive_s(desk, tour, here, following.stop_id)
    return min(arrives_at, (tour.reported_at or 0) + SIGN_OF_LIFE_S) <= now


def _driven(desk: Desk, traffic: Traffic, tour: Tour, stops: list[ListedStop], now: Instant) -> Iterator[Report]:
    """Yield what is due at the first stop of a tour that is not done, or on the way to it."""
    for previous, stop in pairwise(stops):
        calls = [listed.call for listed in stop.calls if listed.call is not None]
        if not calls or all(call.done_at is not None for call in calls):
            continue
        if previous.stop.id == stop.stop.id or any((call.arrived_at or call.done_at) is not None for call in calls):
            yield from _due(stop, now)
        elif not _has_left(tour):
            if previous.depart_at <= now:
                yield _report(previous, ReportKind.DEPARTED, previous.depart_at)
        elif tour.departed_at is not None:
            drive_s = traffic.drive_s(desk, tour, previous.stop.id, stop.stop.id)
            if tour.departed_at + drive_s <= now:
                yield _report(stop, ReportKind.ARRIVED, tour.departed_at + drive_s)
            elif now - (tour.reported_at or 0) >= SIGN_OF_LIFE_S:
                place = previous.stop.place
                name = str(uuid.uuid5(NAMES, f"{stop.id}/position/{now}"))
                yield Report(name, now, ReportKind.POSITION, lon=place.lon, lat=place.lat)
        return


def _has_left(tour: Tour) -> bool:
    """Return whether the van has left the place of the last thing done."""
    done = max((call.done_at for call in tour.calls if call.done_at is not None), default=0)
    return tour.departed_at is not None and tour.departed_at >= done


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

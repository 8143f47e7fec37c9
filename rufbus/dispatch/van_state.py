"""One van while a batch of its reports is applied."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.reports import Report
from rufbus.dispatch.stop_list import ListedStop
from rufbus.domain.booking import Leg
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, EventKind
from rufbus.domain.tour import Tour
from rufbus.ports import LedgerEntry

OLDEST_S = 7 * 86_400
"""How old a report can be and still be believed (s)."""


@dataclass(slots=True)
class VanState:
    """The state of one van while a batch is applied."""

    desk: Desk
    vehicle_id: str
    days: dict[str, Day]
    stops: tuple[ListedStop, ...]
    tours: dict[str, Tour]
    legs: dict[str, Leg]
    changed_legs: dict[str, Leg]
    events: list[Event]
    ledger: list[LedgerEntry]
    conflicts: list[str]
    acknowledged: int = 0

    def tour_with(self, leg_id: str) -> Tour | None:
        """Return this van's tour that carries a leg."""
        return next((t for t in self.tours.values() if any(c.leg_id == leg_id for c in t.calls)), None)

    def tour_at(self, at: Instant) -> Tour | None:
        """Return this van's tour whose shift is closest to an instant."""
        shifts = [day.shift_of(tour.shift_id) for tour in self.tours.values() if (day := self.days[tour.service_day])]
        if not shifts:
            return None
        nearest = min(shifts, key=lambda shift: max(shift.start_at - at, at - shift.end_by, 0))
        return self.tours[nearest.id]

    def put(self, tour: Tour) -> None:
        """Keep a changed tour."""
        self.tours[tour.shift_id] = tour

    def put_leg(self, leg: Leg) -> None:
        """Keep a changed leg."""
        self.legs[leg.id] = self.changed_legs[leg.id] = leg


def sign_of_life(van: VanState, at: Instant) -> None:
    """Note that the van has been heard of."""
    tour = van.tour_at(at)
    if tour is not None:
        van.put(replace(tour, reported_at=max(at, tour.reported_at or at)))


def raise_conflict(van: VanState, report: Report, what: str) -> None:
    """Note that a report contradicts the plan, for somebody to look at."""
    van.conflicts.append(report.id)
    leg_id = report.leg_id if report.leg_id in van.legs else None
    van.events.append(
        Event(
            EventKind.CONFLICT, time_of(report, van.desk.clock.now()), vehicle_id=van.vehicle_id, leg_id=leg_id,
            data={"report": report.kind.value, "detail": what},
        )
    )  # fmt: skip


def time_of(report: Report, now: Instant) -> Instant:
    """Return the time of a report, within what a device's clock can be wrong about."""
    return min(max(report.at, now - OLDEST_S), now)

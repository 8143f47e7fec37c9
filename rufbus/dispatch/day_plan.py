"""All tours of a service day, with what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.stop_list import ListedStop, list_stops
from rufbus.domain.fleet import Shift
from rufbus.ports import ReadSession


@dataclass(frozen=True, slots=True)
class TourPlan:
    """One shift with the stops of its tour."""

    shift: Shift
    version: int
    stops: tuple[ListedStop, ...]


@dataclass(frozen=True, slots=True)
class DayPlan:
    """All tours of a day."""

    service_day: str
    version: int
    """Counts up with every change of any tour."""
    tours: tuple[TourPlan, ...]
    drive_s: int
    """Driving time of all vans, stopping times left out (s)."""
    length_m: int


def get_day_plan(desk: Desk, session: ReadSession, service_day: str) -> DayPlan:
    """Return the tours of a service day."""
    day = desk.load_day(session, service_day)
    stops_of = {vehicle.id: list_stops(desk, session, vehicle.id, day=service_day) for vehicle in desk.service.vehicles}
    tours = tuple(
        TourPlan(shift, tour.version, tuple(s for s in stops_of[shift.vehicle_id] if s.shift_id == shift.id))
        for shift, tour in zip(day.shifts, day.tours, strict=True)
    )
    drive_s, length_m = _totals(desk, service_day, tours)
    return DayPlan(service_day, sum(tour.version for tour in day.tours), tours, drive_s, length_m)


def _totals(desk: Desk, service_day: str, tours: tuple[TourPlan, ...]) -> tuple[int, int]:
    """Return driving time (s) and distance (m) along all tours."""
    times = desk.network.times_on(service_day)
    drive_s = length_m = 0
    for tour in tours:
        places = [desk.place_index(stop.stop.id) for stop in tour.stops]
        for origin, destination in pairwise(places):
            drive_s += int(times.travel_s[origin, destination])
            length_m += int(times.length_m[origin, destination])
    return drive_s, length_m

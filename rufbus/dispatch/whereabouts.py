"""Where the vans are: as reported lately, or as the plan has it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.stop_list import ListedStop, StopState, list_stops
from rufbus.domain.booking import LegState
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.place import Place, distance_m
from rufbus.domain.tour import Tour
from rufbus.ports import ReadSession


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A van at one moment."""

    vehicle_id: str
    state: str
    """``off``, ``waiting``, ``driving``, ``at-stop``, ``silent`` or ``out-of-service``."""
    place: Place | None
    aboard: int
    """Riders in the van."""


def list_whereabouts(desk: Desk, session: ReadSession) -> list[Whereabouts]:
    """Return where every van of the fleet is now."""
    return [_of_vehicle(desk, session, vehicle.id, vehicle.depot) for vehicle in desk.service.vehicles]


def _of_vehicle(desk: Desk, session: ReadSession, vehicle_id: str, depot: Place) -> Whereabouts:
    now = desk.clock.now()
    stops = [stop for stop in list_stops(desk, session, vehicle_id) if _is_current(desk, stop.shift_id, now)]
    tour = _tour(session, stops)
    if not stops:
        return Whereabouts(vehicle_id, "waiting" if _is_on_duty(desk, vehicle_id, now) else "off", depot, 0)
    aboard = _aboard(stops, now)
    state, place = _on_the_way(desk, stops, now)
    if tour is not None and tour.out_of_service_from is not None:
        state = "out-of-service"
    elif tour is not None and _is_silent(desk, tour, now):
        state = "silent"
    return Whereabouts(vehicle_id, state, place, aboard)


def _is_on_duty(desk: Desk, vehicle_id: str, now: Instant) -> bool:
    """Return whether a van has a shift now."""
    today = to_local(now, desk.service.zone).date()
    days = [(today - dt.timedelta(days=n)).isoformat() for n in (0, 1)]
    shifts = [shift for day in days for shift in desk.shifts_on(day)]
    return any(shift.vehicle_id == vehicle_id and shift.start_at <= now <= shift.end_by for shift in shifts)


def _is_current(desk: Desk, shift_id: str, now: Instant) -> bool:
    shift = next(shift for shift in desk.shifts_on(shift_id.split("/", 1)[0]) if shift.id == shift_id)
    return shift.start_at <= now <= shift.end_by


def _tour(session: ReadSession, stops: list[ListedStop]) -> Tour | None:
    found = session.tours([stops[0].shift_id]) if stops else ()
    return found[0] if found else None


def _is_silent(desk: Desk, tour: Tour, now: Instant) -> bool:
    """Return whether a call should have been reported long since."""
    return any(
        call.leg_id is not None
        and call.held_until is None
        and call.done_at is None
        and call.depart_at + desk.service.solver.silent_after_s < now
        for call in tour.calls
    )


def _aboard(stops: list[ListedStop], now: Instant) -> int:
    """Return how many riders are in the van, by report or else by plan."""
    inside: dict[str, int] = {}
    for stop in stops:
        for listed in stop.calls:
            call, leg = listed.call, listed.leg
            if call is None or leg is None or leg.state is LegState.NO_SHOW:
                continue
            if call.done_at is not None or call.depart_at <= now:
                people = leg.party.seated + leg.party.wheelchairs
                inside[leg.id] = people if listed.kind == "pickup" else 0
    return sum(inside.values())


def _on_the_way(desk: Desk, stops: list[ListedStop], now: Instant) -> tuple[str, Place]:
    """Return what a van does between two stops of its list, and where."""
    previous = stops[0]
    for stop in stops:
        if stop.arrive_at > now and stop.state is not StopState.DEPARTED:
            if previous.depart_at >= now:
                state = "waiting" if previous.state is StopState.DEPARTED or previous is stops[0] else "at-stop"
                return state, previous.stop.place
            return "driving", _between(desk, previous, stop, now)
        previous = stop
    return "waiting", previous.stop.place


def _between(desk: Desk, previous: ListedStop, following: ListedStop, now: Instant) -> Place:
    """Return the point on the road that a van has reached, at even speed."""
    origin, destination = desk.place_index(previous.stop.id), desk.place_index(following.stop.id)
    leg = desk.network.get_leg(origin, destination, following.service_day)
    span = max(following.arrive_at - previous.depart_at, 1)
    share = min(max((now - previous.depart_at) / span, 0.0), 1.0)
    return point_along(leg.coordinates, share)


def point_along(coordinates: tuple[tuple[float, float], ...], share: float) -> Place:
    """Return the point at ``share`` (0 to 1) of the length of a line."""
    places = [Place(lon, lat) for lon, lat in coordinates]
    steps = [distance_m(a, b) for a, b in pairwise(places)]
    left = share * sum(steps)
    for start, end, step in zip(places[:-1], places[1:], steps, strict=True):
        if left <= step and step > 0:
            part = left / step
            return Place(start.lon + part * (end.lon - start.lon), start.lat + part * (end.lat - start.lat))
        left -= step
    return places[-1]

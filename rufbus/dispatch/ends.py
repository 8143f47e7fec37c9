"""The two ends of a ride as stops: which are near enough on foot, and which pairs of them a van can serve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rufbus.dispatch.desk import Desk
from rufbus.domain.calendar import service_day_of
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.errors import FieldError, InvalidInput
from rufbus.domain.place import Place, StopWalk
from rufbus.domain.request import Direction, Refusal, Request
from rufbus.domain.rules import check_reachable, check_stops, refuse_closed

AROUND_DEG = 0.5
"""How far around the stops a place may lie and still be meant (degrees)."""
STOPS_PER_END = 3
"""How many of the nearest stops are tried at each end."""


@dataclass(frozen=True, slots=True)
class StopPair:
    """A stop to board at and a stop to alight at, with the walks to and from them."""

    pickup: StopWalk
    dropoff: StopWalk

    def turned(self) -> StopPair:
        """Return the pair for the way back."""
        return StopPair(self.dropoff, self.pickup)


def place_of(desk: Desk, end: Place | str, field: str) -> Place:
    """Return where an end of a request lies.

    Raises
    ------
    InvalidInput
        When it names a stop that does not exist.
    """
    if isinstance(end, Place):
        _check_order(desk, end, field)
        return end
    index = desk.network.find_stop(end)
    if index is None or index >= desk.network.stop_count:
        raise InvalidInput(
            f"There is no stop {end}. Look stops up under /api/v1/stops, or give lon and lat.",
            errors=(FieldError(f"{field}.stop_id", "unknown stop"),),
        )
    return desk.network.stops[index].place


def _check_order(desk: Desk, place: Place, field: str) -> None:
    """Refuse a place whose lon and lat are taken for each other: turned round it would lie among the stops."""
    stops = [stop.place for stop in desk.network.stops[: desk.network.stop_count]]
    west, east = min(p.lon for p in stops) - AROUND_DEG, max(p.lon for p in stops) + AROUND_DEG
    south, north = min(p.lat for p in stops) - AROUND_DEG, max(p.lat for p in stops) + AROUND_DEG

    def inside(lon: float, lat: float) -> bool:
        return west <= lon <= east and south <= lat <= north

    if not inside(place.lon, place.lat) and inside(place.lat, place.lon):
        raise InvalidInput(
            f"lon {place.lon} and lat {place.lat} seem to be swapped: lon is east, lat is north.",
            errors=(FieldError(f"{field}.lon", "swapped with lat"),),
        )


def list_pairs(desk: Desk, request: Request) -> tuple[tuple[StopPair, ...], Refusal | None]:
    """Return the stop pairs that could serve a request, shortest walks first, or why there is none.

    A road must lead from stop to stop on the day of the wish, the day before or the day after.
    """
    origins, destinations = _near(desk, request.origin), _near(desk, request.destination)
    refusal = check_stops(origins, destinations, desk.service)
    if refusal is not None:
        return (), refusal
    date = to_local(request.outward.at, desk.service.zone).date()
    days = [(date + dt.timedelta(days=n)).isoformat() for n in (0, 1, -1)]
    pairs = [
        StopPair(origin, destination)
        for origin in origins[:STOPS_PER_END]
        for destination in destinations[:STOPS_PER_END]
        if origin.stop != destination.stop
        and any(desk.find_direct_s(day, origin.stop, destination.stop) is not None for day in days)
    ]
    if not pairs:
        return (), check_reachable(None)
    return tuple(sorted(pairs, key=lambda pair: pair.pickup.walk_m + pair.dropoff.walk_m)), None


def check_roads(
    desk: Desk, pairs: Sequence[StopPair], at: Instant, direction: Direction = Direction.OUTWARD
) -> Refusal | None:
    """Return why no road leads between any of the pairs at the time of a wish, or ``None``."""
    days = [day.isoformat() for day in service_day_of(desk.service, at)]
    ways = (desk.find_direct_s(day, pair.pickup.stop, pair.dropoff.stop) for day in days for pair in pairs)
    return None if any(way is not None for way in ways) else refuse_closed(desk.service, at, direction)


def _near(desk: Desk, end: Place | str) -> list[StopWalk]:
    if isinstance(end, Place):
        return list(desk.network.list_near(end, desk.service.walking.max_m))
    return [StopWalk(desk.place_index(end), 0)]

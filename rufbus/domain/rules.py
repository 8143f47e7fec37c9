"""The rules by which a wish is refused, and the arithmetic of promises. Pure functions over the service's figures."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from rufbus.domain.calendar import hindrances_on, hours_on, next_opening, service_day_of, windows_on
from rufbus.domain.clock_time import Instant, ceil_minute, floor_minute, local_instant, to_local, to_rfc3339
from rufbus.domain.day_keys import format_window
from rufbus.domain.errors import FieldError, InvalidInput
from rufbus.domain.fleet import Vehicle
from rufbus.domain.party_load import fits
from rufbus.domain.place import Place, StopWalk
from rufbus.domain.promise import Promise
from rufbus.domain.request import Anchor, Direction, Party, Refusal, RefusalReason, Request, Wish
from rufbus.domain.service import PromiseRules, Service

# --- refusals --------------------------------------------------------------------------------------------------------


def check_request(
    request: Request, service: Service, now: Instant, *, origin: Place, destination: Place
) -> Refusal | None:
    """Return why a request cannot be met whatever the vans are doing, or ``None``.

    ``origin`` and ``destination`` are the request's ends as places. The order is that in which a rider can act on it:
    party, area, then the times of the way out and of the return.

    Raises
    ------
    InvalidInput
        When the return is wished for before the way out.
    """
    check_order(request)
    refusal = (
        check_party(request.party, service.vehicles)
        or check_area(service, origin, destination)
        or check_wish(request.outward, service, now)
    )
    if refusal is None and request.inward is not None:
        refusal = check_wish(request.inward, service, now, direction=Direction.RETURN)
    return refusal


def check_order(request: Request) -> None:
    """Refuse a return that lies before the way out.

    Raises
    ------
    InvalidInput
        When it does.
    """
    if request.inward is not None and request.inward.at < request.outward.at:
        raise InvalidInput(
            "The return is wished for before the way out. Give it a later time, or ask for two rides.",
            errors=(FieldError(f"return.{request.inward.anchor.value}", "earlier than the way out"),),
        )


def check_wish(
    wish: Wish, service: Service, now: Instant, *, direction: Direction = Direction.OUTWARD, lead_s: int = 0
) -> Refusal | None:
    """Return why the wished time of one direction cannot be met, or ``None``.

    ``lead_s`` is the time that lies between pickup and the wish at least, when an arrival is wished and it is known.
    """
    return (
        check_past(wish, service, now, direction)
        or check_horizon(wish, service, now, direction)
        or check_hours(wish, service, direction)
        or check_notice(wish, service, now, direction, lead_s=lead_s)
    )


def check_past(wish: Wish, service: Service, now: Instant, direction: Direction = Direction.OUTWARD) -> Refusal | None:
    """Refuse a wish that lies before now."""
    if wish.at >= now:
        return None
    return Refusal(
        RefusalReason.IN_THE_PAST,
        f"{_say(wish.at, service)} has passed: it is {_say(now, service)}. Choose a later time.",
        direction,
        {"rule": "clock", "now": to_rfc3339(now, service.zone)},
    )


def check_horizon(
    wish: Wish, service: Service, now: Instant, direction: Direction = Direction.OUTWARD
) -> Refusal | None:
    """Refuse a wish for a date that cannot be booked yet; booking opens at midnight, a number of local dates before."""
    days = service.booking.earliest_days
    date = to_local(wish.at, service.zone).date()
    if (date - to_local(now, service.zone).date()).days <= days:
        return None
    opens_at = local_instant(date, -days * 86_400, service.zone)
    return Refusal(
        RefusalReason.TOO_FAR_AHEAD,
        f"Rides on {date.isoformat()} can be booked from {_say(opens_at, service)} on, {days} days ahead.",
        direction,
        {"rule": "booking.earliest_days", "value": days, "opens_at": to_rfc3339(opens_at, service.zone)},
    )


def check_notice(
    wish: Wish, service: Service, now: Instant, direction: Direction = Direction.OUTWARD, *, lead_s: int = 0
) -> Refusal | None:
    """Refuse a wish that leaves too little time before the pickup."""
    notice_s = service.booking.min_notice_s
    earliest_at = now + notice_s + (lead_s if wish.anchor is Anchor.ARRIVE_BY else 0)
    if wish.at >= earliest_at:
        return None
    verb = "arrival" if wish.anchor is Anchor.ARRIVE_BY else "departure"
    return Refusal(
        RefusalReason.TOO_SHORT_NOTICE,
        f"A ride is booked at least {_minutes(notice_s)} ahead: the earliest {verb} is now "
        f"{_say(ceil_minute(earliest_at), service)}.",
        direction,
        {
            "rule": "booking.min_notice_s",
            "value": notice_s,
            "earliest_at": to_rfc3339(ceil_minute(earliest_at), service.zone),
        },
    )


def check_hours(wish: Wish, service: Service, direction: Direction = Direction.OUTWARD) -> Refusal | None:
    """Refuse a departure or an arrival outside the hours; nobody departs as they end or arrives as they begin."""
    days = service_day_of(service, wish.at)
    spans = [span for day in days for span in hours_on(service, day)]
    if wish.anchor is Anchor.DEPART_AFTER:
        inside = any(span.start_at <= wish.at < span.end_at for span in spans)
    else:
        inside = any(span.start_at < wish.at <= span.end_at for span in spans)
    if inside:
        return None
    opens_at = next_opening(service, wish.at)
    windows = [format_window(window) for window in windows_on(service.hours, days[0])]
    return Refusal(
        RefusalReason.OUTSIDE_HOURS,
        f"There is no service at {_say(wish.at, service)}. {_hours_sentence(days[0].isoformat(), windows)} "
        f"{_opening_sentence(opens_at, service)}",
        direction,
        {
            "rule": "hours",
            "service_day": days[0].isoformat(),
            "hours": windows,
            "opens_at": None if opens_at is None else to_rfc3339(opens_at, service.zone),
        },
    )


def check_area(service: Service, origin: Place, destination: Place) -> Refusal | None:
    """Refuse a ride with an end in none of the service's areas; a place on the border is inside."""
    for name, place in (("origin", origin), ("destination", destination)):
        if not in_area(service, place):
            areas = [area.id for area in service.areas]
            return Refusal(
                RefusalReason.OUTSIDE_AREA,
                f"The {name} lies outside the area that {service.name} serves. Choose a place inside.",
                binding={"rule": "areas", "end": name, "areas": areas},
            )
    return None


def in_area(service: Service, place: Place) -> bool:
    """Return whether a place lies in one of the service's areas; a service without areas is everywhere."""
    if not service.areas:
        return True
    point = shapely.Point(place.lon, place.lat)
    return any(area.polygon is None or bool(area.polygon.covers(point)) for area in service.areas)


def check_party(party: Party, vehicles: Sequence[Vehicle]) -> Refusal | None:
    """Refuse a party that fits into none of the vehicles even when they are empty."""
    if any(fits(vehicle, party) for vehicle in vehicles):
        return None
    places = max((vehicle.wheelchair_places for vehicle in vehicles), default=0)
    if party.wheelchairs > places:
        return Refusal(
            RefusalReason.NO_WHEELCHAIR_PLACE,
            f"No vehicle has {party.wheelchairs} wheelchair places; the most is {places}. "
            "Split the party into several bookings, or ask the control room.",
            binding={"rule": "vehicles.wheelchair_places", "value": places},
        )
    seats = max((vehicle.seats for vehicle in vehicles), default=0)
    return Refusal(
        RefusalReason.PARTY_TOO_LARGE,
        f"The party does not fit into any one vehicle; the largest has {seats} seats, and wheelchairs, walkers and "
        "prams need room besides. Split the party into several bookings.",
        binding={"rule": "vehicles.seats", "value": seats},
    )


def check_stops(
    near_origin: Sequence[StopWalk], near_destination: Sequence[StopWalk], service: Service
) -> Refusal | None:
    """Refuse a ride with an end that no stop is near to, or both of whose ends have only the same stop."""
    max_m = service.walking.max_m
    for name, walks in (("origin", near_origin), ("destination", near_destination)):
        if not walks:
            return Refusal(
                RefusalReason.NO_STOP_NEAR,
                f"No stop lies within {max_m} m of the {name}. Choose a place nearer to a stop.",
                binding={"rule": "walking.max_m", "value": max_m, "end": name},
            )
    if len({walk.stop for walk in near_origin} | {walk.stop for walk in near_destination}) == 1:
        return Refusal(
            RefusalReason.SAME_STOP,
            "Origin and destination have the same stop, and are near enough to walk.",
            binding={"rule": "stops"},
        )
    return None


def check_reachable(direct_s: int | None) -> Refusal | None:
    """Refuse a pair of stops without a road between them, which have ``None`` for the direct time."""
    if direct_s is not None:
        return None
    return Refusal(
        RefusalReason.UNREACHABLE,
        "No road or ferry that the vans may use leads from the origin to the destination. Choose other places.",
        binding={"rule": "roads"},
    )


def refuse_closed(service: Service, at: Instant, direction: Direction = Direction.OUTWARD) -> Refusal:
    """Return the refusal of a ride that closures leave no road for on the day of a wish, though another day may."""
    day = service_day_of(service, at)[0]
    return Refusal(
        RefusalReason.UNREACHABLE,
        f"On {day.isoformat()} closed roads leave no way from the origin to the destination. Choose another day.",
        direction,
        {"rule": "closures", "service_day": day.isoformat(), "closures": sorted(hindrances_on(service, day))},
    )


# --- promises --------------------------------------------------------------------------------------------------------


def promise_window(
    pickup_from: Instant, *, direct_s: int, boarding_s: int, dwell_s: int, rules: PromiseRules
) -> Promise:
    """Return the promise whose window opens at ``pickup_from``, rounded up to a whole minute.

    ``boarding_s`` is the party's time to board, ``direct_s`` the ride without detour. The latest arrival leaves room
    for the longest ride after the latest pickup, rounded up to a whole minute.
    """
    opens_at = ceil_minute(pickup_from)
    closes_at = opens_at + rules.pickup_window_s
    max_ride_s = rules.max_ride_s(direct_s)
    dropoff_by = ceil_minute(closes_at + boarding_s + dwell_s + max_ride_s)
    return Promise(opens_at, closes_at, dropoff_by, max_ride_s)


def promise_before(arrive_by: Instant, *, direct_s: int, boarding_s: int, dwell_s: int, rules: PromiseRules) -> Promise:
    """Return the latest promise that arrives at the drop-off stop by ``arrive_by``, rounded down to a whole minute.

    ``arrive_by`` is the wish less the walk from the stop. The inverse of :func:`promise_window`.
    """
    dropoff_by = floor_minute(arrive_by)
    max_ride_s = rules.max_ride_s(direct_s)
    closes_at = floor_minute(dropoff_by - boarding_s - dwell_s - max_ride_s)
    return Promise(closes_at - rules.pickup_window_s, closes_at, dropoff_by, max_ride_s)


def narrow(promise: Promise, planned_departure: Instant, planned_arrival: Instant, rules: PromiseRules) -> Promise:
    """Return the promise with its pickup window narrowed around the plan, in whole minutes, never outside the first.

    The window opens in the minute in which the van is to arrive, earlier where it would otherwise reach beyond the
    first one; it is as wide as the rules say or as the first one allows. Arrival and departure both keep it if they
    keep the first promise. For a van that is late already it is the last one possible: the promise does not move.

    Raises
    ------
    InvalidInput
        When the departure lies before the arrival.
    """
    if planned_departure < planned_arrival:
        raise InvalidInput(
            f"A van cannot depart at {planned_departure} before it arrives at {planned_arrival}. Give the end of the "
            "call first, then its begin."
        )
    width_s = min(rules.narrowed_window_s, promise.pickup_to - promise.pickup_from)
    opens_at = max(promise.pickup_from, min(floor_minute(planned_arrival), promise.pickup_to - width_s))
    return promise.with_window(opens_at, opens_at + width_s)


# --- wording ---------------------------------------------------------------------------------------------------------


def _say(at: Instant, service: Service) -> str:
    """Return an instant as local date and time."""
    return to_local(at, service.zone).strftime("%Y-%m-%d %H:%M")


def _minutes(seconds: int) -> str:
    """Return a duration in words: whole hours, else minutes rounded up."""
    if seconds >= 3600 and seconds % 3600 == 0:
        return "1 hour" if seconds == 3600 else f"{seconds // 3600} hours"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _hours_sentence(day: str, windows: Sequence[str]) -> str:
    """Return the hours of a day as a sentence."""
    return f"On {day} it runs {' and '.join(windows)}." if windows else f"On {day} it does not run."


def _opening_sentence(opens_at: Instant | None, service: Service) -> str:
    """Return when the service opens next as a sentence."""
    return "No later opening is planned." if opens_at is None else f"It next opens at {_say(opens_at, service)}."

"""From domain values to what goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rufbus.dispatch.book import Booked, PlannedLeg
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.quote import Offer, Offered
from rufbus.dispatch.stop_list import ListedCall, ListedStop, StopList
from rufbus.domain.booking import Booking, Leg, StopPoint
from rufbus.domain.clock_time import Instant, to_rfc3339
from rufbus.domain.promise import Promise
from rufbus.domain.request import Party

from . import schemas


def render_time(desk: Desk, at: Instant) -> str:
    """Return an instant in RFC 3339 with the service's offset."""
    return to_rfc3339(at, desk.service.zone)


def render_offer(desk: Desk, offer: Offer) -> schemas.OfferOut:
    """Return an offer."""
    refusal = offer.refusal
    shown = None if refusal is None else schemas.RefusalOut(
        reason=refusal.reason.value, detail=refusal.detail, direction=refusal.direction.value, binding=refusal.binding
    )  # fmt: skip
    return schemas.OfferOut(quotes=[_quote(desk, offered) for offered in offer.quotes], refusal=shown)


def _quote(desk: Desk, offered: Offered) -> schemas.QuoteOut:
    quote = offered.quote
    return schemas.QuoteOut(
        id=quote.id,
        held_until=render_time(desk, quote.held_until),
        legs=[_quote_leg(desk, leg) for leg in offered.legs],
        price_ct=quote.price_ct,
        alternative=quote.alternative,
    )


def _quote_leg(desk: Desk, leg: Leg) -> schemas.QuoteLegOut:
    return schemas.QuoteLegOut(
        direction=leg.direction.value,
        pickup=render_point(desk, leg.pickup),
        dropoff=render_point(desk, leg.dropoff),
        promise=render_promise(desk, leg.promise),
        direct_s=leg.direct_s,
        max_ride_s=leg.promise.max_ride_s,
    )


def render_point(desk: Desk, point: StopPoint) -> schemas.StopPointOut:
    """Return one end of a leg."""
    stop = desk.network.stops[desk.place_index(point.stop_id)]
    place = stop.place
    return schemas.StopPointOut(stop_id=stop.id, name=stop.name, lon=place.lon, lat=place.lat, walk_m=point.walk_m)


def render_promise(desk: Desk, promise: Promise) -> schemas.PromiseOut:
    """Return a promise."""
    return schemas.PromiseOut(
        pickup_from=render_time(desk, promise.pickup_from),
        pickup_to=render_time(desk, promise.pickup_to),
        dropoff_by=render_time(desk, promise.dropoff_by),
    )


def render_party(party: Party) -> schemas.PartyOut:
    """Return a party."""
    return schemas.PartyOut(**asdict(party))


def render_booking(desk: Desk, booked: Booked) -> schemas.BookingOut:
    """Return a booking with its legs as planned."""
    booking = booked.booking
    return schemas.BookingOut(
        id=booking.id,
        code=booking.code,
        state=booking.state.value,
        rider=schemas.RiderOut(name=booking.rider.name, phone=booking.rider.phone),
        note=booking.note,
        party=render_party(booking.party),
        legs=[_booking_leg(desk, planned) for planned in booked.legs],
        price_ct=booking.price_ct,
        booked_at=render_time(desk, booking.booked_at),
    )


def _booking_leg(desk: Desk, planned: PlannedLeg) -> schemas.BookingLegOut:
    leg = planned.leg
    return schemas.BookingLegOut(
        id=leg.id,
        direction=leg.direction.value,
        state=leg.state.value,
        pickup=render_point(desk, leg.pickup),
        dropoff=render_point(desk, leg.dropoff),
        promise=render_promise(desk, leg.promise),
        first_promise=render_promise(desk, leg.first_promise),
        direct_s=leg.direct_s,
        max_ride_s=leg.promise.max_ride_s,
        vehicle_id=planned.vehicle_id,
        planned=schemas.PlannedOut(
            pickup_at=None if planned.pickup_at is None else render_time(desk, planned.pickup_at),
            dropoff_at=None if planned.dropoff_at is None else render_time(desk, planned.dropoff_at),
        ),
    )


def render_stop_list(desk: Desk, found: StopList) -> schemas.StopListOut:
    """Return a van's stop list."""
    return schemas.StopListOut(
        vehicle_id=found.vehicle_id, version=found.version, stops=render_stops(desk, found.stops, found.bookings)
    )


def render_stops(
    desk: Desk, stops: Sequence[ListedStop], bookings: Mapping[str, Booking]
) -> list[schemas.ListedStopOut]:
    """Return the lines of a stop list; without ``bookings``, nobody is named."""
    return [
        schemas.ListedStopOut(
            id=stop.id,
            stop_id=stop.stop.id,
            name=stop.stop.name,
            lon=stop.stop.place.lon,
            lat=stop.stop.place.lat,
            arrive_at=render_time(desk, stop.arrive_at),
            depart_at=render_time(desk, stop.depart_at),
            state=stop.state.value,
            calls=[_call(desk, call, bookings) for call in stop.calls],
        )
        for stop in stops
    ]


def _call(desk: Desk, listed: ListedCall, bookings: Mapping[str, Booking]) -> schemas.CallOut:
    call, leg = listed.call, listed.leg
    booking = bookings.get(leg.booking_id or "") if leg is not None else None
    return schemas.CallOut(
        leg_id=leg.id if leg is not None else None,
        kind=listed.kind,  # type: ignore[arg-type]  # the literal's values are those of CallKind, and "depot"
        begin_at=render_time(desk, call.begin_at) if call is not None else None,
        end_at=render_time(desk, call.depart_at) if call is not None else None,
        name=booking.rider.name if booking is not None else None,
        party=render_party(leg.party) if leg is not None else None,
        state=leg.state.value if leg is not None else None,
        note=(booking.note or None) if booking is not None else None,
    )

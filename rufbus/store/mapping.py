"""Domain values to rows and back.

Structured values are compact JSON. A party is an object; a tour's calls are arrays of the fields of
:class:`~rufbus.domain.tour.Call` in their order, because a day's tours are read more often than anything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from rufbus.domain.booking import Booking, BookingState, Leg, LegState, Quote, Rider, StopPoint
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, EventKind, StoredEvent
from rufbus.domain.promise import Promise
from rufbus.domain.request import Direction, Party
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import AccessKey, KeyedAnswer, LedgerEntry, StopListVersion, StoredAnswer, StoredReport

Values = dict[str, Any]
"""One row to be written, by column."""

CALL_KINDS = {kind.value: kind for kind in CallKind}


def to_json(value: Any) -> str:
    """Return compact JSON.

    Raises
    ------
    ValueError
        When the value holds a NaN or an infinity, which JSON does not know.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy as JSON would give it back: tuples become lists, enumerations their values."""
    plain: dict[str, Any] = json.loads(to_json(dict(data)))
    return plain


def tour_row(tour: Tour, version: int) -> Values:
    """Return a tour's columns."""
    return {
        "shift_id": tour.shift_id,
        "service_day": tour.service_day,
        "vehicle_id": tour.vehicle_id,
        "version": version,
        "calls": to_json([_call_fields(call) for call in tour.calls]),
        "delay_s": tour.delay_s,
        "departed_at": tour.departed_at,
        "reported_at": tour.reported_at,
        "out_of_service_from": tour.out_of_service_from,
    }


def tour_from(row: Any) -> Tour:
    """Return the tour of a row."""
    return Tour(
        shift_id=row.shift_id,
        service_day=row.service_day,
        vehicle_id=row.vehicle_id,
        version=row.version,
        calls=tuple(Call(CALL_KINDS[kind], *rest) for kind, *rest in json.loads(row.calls)),
        delay_s=row.delay_s,
        departed_at=row.departed_at,
        reported_at=row.reported_at,
        out_of_service_from=row.out_of_service_from,
    )


def load_rows(shift_id: str, loads: Any) -> list[Values]:
    """Return the columns of what is aboard after each call."""
    return [
        {
            "shift_id": shift_id,
            "seq": seq,
            "seats_used": seats_used,
            "seats": seats,
            "wheelchairs_used": wheelchairs_used,
            "wheelchair_places": wheelchair_places,
        }
        for seq, (seats_used, seats, wheelchairs_used, wheelchair_places) in enumerate(loads)
    ]


def leg_row(leg: Leg) -> Values:
    """Return a leg's columns."""
    return {
        "id": leg.id,
        "booking_id": leg.booking_id,
        "quote_id": leg.quote_id,
        "direction": leg.direction.value,
        "service_day": leg.service_day,
        "pickup_stop_id": leg.pickup.stop_id,
        "pickup_walk_m": leg.pickup.walk_m,
        "dropoff_stop_id": leg.dropoff.stop_id,
        "dropoff_walk_m": leg.dropoff.walk_m,
        "party": _party_text(leg.party),
        "pickup_from": leg.promise.pickup_from,
        "pickup_to": leg.promise.pickup_to,
        "dropoff_by": leg.promise.dropoff_by,
        "max_ride_s": leg.promise.max_ride_s,
        "first_pickup_from": leg.first_promise.pickup_from,
        "first_pickup_to": leg.first_promise.pickup_to,
        "first_dropoff_by": leg.first_promise.dropoff_by,
        "first_max_ride_s": leg.first_promise.max_ride_s,
        "direct_s": leg.direct_s,
        "state": leg.state.value,
        "held_until": leg.held_until,
        "boarded_at": leg.boarded_at,
        "alighted_at": leg.alighted_at,
        "assumed": leg.assumed,
    }


def leg_from(row: Any) -> Leg:
    """Return the leg of a row."""
    return Leg(
        id=row.id,
        booking_id=row.booking_id,
        quote_id=row.quote_id,
        direction=Direction(row.direction),
        service_day=row.service_day,
        pickup=StopPoint(row.pickup_stop_id, row.pickup_walk_m),
        dropoff=StopPoint(row.dropoff_stop_id, row.dropoff_walk_m),
        party=_party_from(row.party),
        promise=Promise(row.pickup_from, row.pickup_to, row.dropoff_by, row.max_ride_s),
        first_promise=Promise(row.first_pickup_from, row.first_pickup_to, row.first_dropoff_by, row.first_max_ride_s),
        direct_s=row.direct_s,
        state=LegState(row.state),
        held_until=row.held_until,
        boarded_at=row.boarded_at,
        alighted_at=row.alighted_at,
        assumed=row.assumed,
    )


def quote_row(quote: Quote) -> Values:
    """Return a quote's columns."""
    return {
        "id": quote.id,
        "request_id": quote.request_id,
        "party": _party_text(quote.party),
        "price_ct": quote.price_ct,
        "held_until": quote.held_until,
        "alternative": quote.alternative,
    }


def quote_from(row: Any) -> Quote:
    """Return the quote of a row."""
    return Quote(row.id, row.request_id, _party_from(row.party), row.price_ct, row.held_until, row.alternative)


def booking_row(booking: Booking, version: int) -> Values:
    """Return a booking's columns."""
    return {
        "id": booking.id,
        "code": booking.code,
        "quote_id": booking.quote_id,
        "rider_name": booking.rider.name,
        "rider_phone": booking.rider.phone,
        "note": booking.note,
        "party": _party_text(booking.party),
        "price_ct": booking.price_ct,
        "state": booking.state.value,
        "booked_at": booking.booked_at,
        "version": version,
        "booked_by": booking.booked_by,
    }


def booking_from(row: Any) -> Booking:
    """Return the booking of a row."""
    return Booking(
        id=row.id,
        code=row.code,
        quote_id=row.quote_id,
        rider=Rider(row.rider_name, row.rider_phone),
        note=row.note,
        party=_party_from(row.party),
        price_ct=row.price_ct,
        state=BookingState(row.state),
        booked_at=row.booked_at,
        version=row.version,
        booked_by=row.booked_by,
    )


def stop_list_row(stop_list: StopListVersion) -> Values:
    """Return a stop list's columns."""
    return asdict(stop_list)


def stop_list_from(row: Any) -> StopListVersion:
    """Return the stop list of a row."""
    return StopListVersion(row.vehicle_id, row.version, row.content_hash, row.acknowledged)


def event_row(seq: int, event: Event) -> Values:
    """Return an event's columns."""
    return {
        "seq": seq,
        "kind": event.kind.value,
        "at": event.at,
        "vehicle_id": event.vehicle_id,
        "leg_id": event.leg_id,
        "booking_id": event.booking_id,
        "data": to_json(dict(event.data)),
    }


def event_from(row: Any) -> StoredEvent:
    """Return the event of a row with its number."""
    event = Event(EventKind(row.kind), row.at, row.vehicle_id, row.leg_id, row.booking_id, json.loads(row.data))
    return StoredEvent(row.seq, event)


def ledger_row(entry: LedgerEntry) -> Values:
    """Return a ledger entry's columns."""
    return {
        "leg_id": entry.leg_id,
        "at": entry.at,
        "entry": entry.entry,
        "by": entry.by,
        "reason": entry.reason,
        "data": to_json(dict(entry.data)),
    }


def ledger_from(row: Any) -> LedgerEntry:
    """Return the ledger entry of a row."""
    return LedgerEntry(row.leg_id, row.at, row.entry, row.by, row.reason, json.loads(row.data))


def report_row(vehicle_id: str, report: tuple[str, Instant, str, Mapping[str, Any]], now: Instant) -> Values:
    """Return a driver report's columns."""
    report_id, at, kind, data = report
    return {
        "id": report_id,
        "vehicle_id": vehicle_id,
        "at": at,
        "kind": kind,
        "data": to_json(dict(data)),
        "taken_at": now,
    }


def report_from(row: Any) -> StoredReport:
    """Return the driver report of a row."""
    return StoredReport(row.id, row.vehicle_id, row.at, row.kind, json.loads(row.data), row.taken_at)


def answer_row(scope: str, key: str, answer: StoredAnswer, now: Instant) -> Values:
    """Return the columns of an answer to an idempotency key."""
    return {"scope": scope, "key": key, "answered_at": now, **asdict(answer)}


def answer_from(row: Any) -> StoredAnswer:
    """Return the answer of a row."""
    return StoredAnswer(row.body_hash, row.status, row.body)


def keyed_answer_from(row: Any) -> KeyedAnswer:
    """Return the answer of a row with its key."""
    return KeyedAnswer(row.scope, row.key, answer_from(row), row.answered_at)


def key_row(key: AccessKey) -> Values:
    """Return an access key's columns."""
    return asdict(key)


def key_from(row: Any) -> AccessKey:
    """Return the access key of a row."""
    return AccessKey(row.id, row.token_hash, row.role, row.vehicle_id, row.created_at, row.revoked)


def _call_fields(call: Call) -> tuple[Any, ...]:
    return (
        call.kind.value,
        call.stop_id,
        call.begin_at,
        call.depart_at,
        call.leg_id,
        call.break_number,
        call.held_until,
        call.arrived_at,
        call.done_at,
    )


@lru_cache(maxsize=1024)
def _party_text(party: Party) -> str:
    return to_json(asdict(party))


@lru_cache(maxsize=1024)
def _party_from(text: str) -> Party:
    return Party(**json.loads(text))

"""I1, I5, I7, L1: whether answers, keys, rows and the ledger say each thing once, and the same thing."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rufbus.checker.finding import Finding, Invariant
from rufbus.checker.state import State
from rufbus.domain.booking import Booking, BookingState, Leg
from rufbus.domain.events import EventKind
from rufbus.ports import KeyedAnswer

CREATED = 201
SINGLE_KINDS = frozenset(
    {
        EventKind.BOOKED,
        EventKind.CANCELLED,
        EventKind.NARROWED,
        EventKind.BOARDED,
        EventKind.NO_SHOW,
        EventKind.COMPLETED,
    }
)
"""Events that can happen once to a leg or a booking."""
FINAL_ENTRIES = frozenset({"kept", "broken", "cancelled", "no_show"})
PROMISED_TIMES = ("pickup_from", "pickup_to", "dropoff_by")


def find_answer_faults(state: State) -> Iterator[Finding]:
    """Yield I1: answered bookings that do not exist, or not as they were answered."""
    bookings = {booking.id: booking for booking in state.bookings}
    of_booking = state.legs_by_booking()
    for answer in created_answers(state):
        told = _read_body(answer)
        booking = bookings.get(str(told.get("id")))
        if booking is None:
            detail = f"The answer to key {answer.key} tells of a booking that does not exist."
            yield Finding(Invariant.ANSWERS, f"booking {told.get('id')}", detail)
            continue
        for name in _differences(told, booking, of_booking.get(booking.id, ())):
            detail = f"The answer to key {answer.key} and the booking differ in {name}."
            yield Finding(Invariant.ANSWERS, f"booking {booking.id}", detail)


def created_answers(state: State) -> Iterator[KeyedAnswer]:
    """Yield the answers that told of a new booking."""
    return (answer for answer in state.answers if answer.answer.status == CREATED)


def _read_body(answer: KeyedAnswer) -> Mapping[str, Any]:
    """Return the answered object, empty when it is not one."""
    try:
        body = json.loads(answer.answer.body)
    except ValueError:
        return {}
    return _fields(body)


def _fields(value: Any) -> Mapping[str, Any]:
    """Return a JSON object as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def _differences(told: Mapping[str, Any], booking: Booking, legs: tuple[Leg, ...]) -> Iterator[str]:
    """Yield the names of the fields in which an answer differs from what is stored."""
    for name in ("code", "price_ct"):
        if told.get(name) != getattr(booking, name):
            yield name
    for name, amount in _fields(told.get("party")).items():
        if amount != getattr(booking.party, name, amount):
            yield f"party.{name}"
    answered = told.get("legs")
    told_legs = {str(_fields(part).get("id")): part for part in answered} if isinstance(answered, list) else {}
    stored = {leg.id: leg for leg in legs}
    if told_legs.keys() != stored.keys():
        yield "legs"
        return
    for leg_id, part in told_legs.items():
        yield from (f"{name} of leg {leg_id}" for name in _leg_differences(part, stored[leg_id]))


def _leg_differences(told: Mapping[str, Any], leg: Leg) -> Iterator[str]:
    if told.get("direction") != leg.direction.value:
        yield "direction"
    for name, point in (("pickup", leg.pickup), ("dropoff", leg.dropoff)):
        if _fields(told.get(name)).get("stop_id") != point.stop_id:
            yield f"{name}.stop_id"
    promise = _fields(told.get("promise"))
    for name in PROMISED_TIMES:
        if _instant(promise.get(name)) != getattr(leg.first_promise, name):
            yield f"promise.{name}"


def _instant(text: Any) -> int | None:
    """Return the instant of an RFC 3339 text, or ``None`` when it is not one."""
    try:
        return int(dt.datetime.fromisoformat(str(text)).timestamp())
    except ValueError:
        return None


def find_double_bookings(state: State) -> Iterator[Finding]:
    """Yield I5: keys, quotes and requests that were booked more than once."""
    keys = ((answer.scope, answer.key) for answer in state.answers)
    for scope, key in _repeated(keys):
        yield Finding(Invariant.ONCE, f"key {key}", f"It was answered more than once in the scope {scope}.")
    for booking_id in _repeated(str(_read_body(answer).get("id")) for answer in created_answers(state)):
        yield Finding(Invariant.ONCE, f"booking {booking_id}", "It was answered as new to more than one key.")
    active = [booking for booking in state.bookings if booking.state is BookingState.PROMISED]
    for quote_id in _repeated(booking.quote_id for booking in active):
        yield Finding(Invariant.ONCE, f"quote {quote_id}", "It has more than one active booking.")
    request_of = {quote.id: quote.request_id for quote in state.quotes}
    booked = {booking.quote_id for booking in active if booking.quote_id in request_of}
    for request_id in _repeated(request_of[quote_id] for quote_id in sorted(booked)):
        yield Finding(Invariant.ONCE, f"request {request_id}", "More than one of its quotes has an active booking.")


def find_repeated_rows(state: State) -> Iterator[Finding]:
    """Yield I7: events and reports that tell the same change twice."""
    changes = (
        (stored.event.kind.value, stored.event.booking_id, stored.event.leg_id)
        for stored in state.events
        if stored.event.kind in SINGLE_KINDS
    )
    for kind, booking_id, leg_id in _repeated(changes):
        subject = f"booking {booking_id}" if leg_id is None else f"leg {leg_id}"
        yield Finding(Invariant.ONE_EVENT, subject, f"It has more than one event {kind}.")
    for report_id in _repeated(report.id for report in state.reports):
        yield Finding(Invariant.ONE_EVENT, f"report {report_id}", "It was taken in more than once.")


def _repeated(values: Iterable[Any]) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]


def find_ledger_faults(state: State) -> Iterator[Finding]:
    """Yield L1: booked legs without their one ``made`` entry, or with more ends than corrections allow."""
    entries: dict[str, Counter[str]] = {leg.id: Counter() for leg in state.legs if leg.booking_id is not None}
    for entry in state.ledger:
        if entry.leg_id in entries:
            entries[entry.leg_id][entry.entry] += 1
        else:
            yield Finding(Invariant.LEDGER, f"leg {entry.leg_id}", f"The entry {entry.entry} is of no booked leg.")
    for leg_id, counts in entries.items():
        if counts["made"] != 1:
            yield Finding(Invariant.LEDGER, f"leg {leg_id}", f"It has {counts['made']} entries made instead of one.")
        ends = sum(counts[name] for name in FINAL_ENTRIES)
        if ends > 1 + counts["corrected"]:
            detail = f"It has {ends} final entries and {counts['corrected']} corrections."
            yield Finding(Invariant.LEDGER, f"leg {leg_id}", detail)

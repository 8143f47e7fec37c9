"""A day of two vans, right in everything, and ways to plant a fault into it."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from rufbus.checker.state import State
from rufbus.checker.verify import find_faults
from rufbus.domain.booking import Booking, BookingState, Leg, LegState, Quote, Rider, StopPoint
from rufbus.domain.events import Event, EventKind, StoredEvent
from rufbus.domain.fleet import BreakRule, Shift, Vehicle
from rufbus.domain.place import Place, Stop
from rufbus.domain.promise import Promise
from rufbus.domain.request import Direction, Party
from rufbus.domain.service import Hours, Regime, Service
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import KeyedAnswer, LedgerEntry, RoadTimes, StopListVersion, StoredAnswer, StoredReport

DAY = "2026-11-25"
BERLIN = ZoneInfo("Europe/Berlin")
SIX = int(dt.datetime(2026, 11, 25, 6, tzinfo=BERLIN).timestamp())
DEPOT = Place(9.5, 54.5)


def at(minutes: int, seconds: int = 0) -> int:
    """Return an instant counted from six in the morning."""
    return SIX + 60 * minutes + seconds


NOW = at(25)


class LineNetwork:
    """Four stops A to D on a line behind the depots, five minutes from one to the next."""

    stops = tuple(Stop(stop_id, stop_id, DEPOT) for stop_id in ("A", "B", "C", "D", "depot:bus-1", "depot:bus-2"))
    stop_count = 4
    _positions = np.array([1, 2, 3, 4, 0, 0])
    travel_s = np.abs(np.subtract.outer(_positions, _positions)).astype(np.int32) * 300
    times = RoadTimes(travel_s, travel_s * 15)

    def times_on(self, service_day: str) -> RoadTimes:
        return self.times

    def find_stop(self, stop_id: str) -> int | None:
        ids = [stop.id for stop in self.stops]
        return ids.index(stop_id) if stop_id in ids else None


NETWORK = LineNetwork()


def vehicle(vehicle_id: str) -> Vehicle:
    return Vehicle(vehicle_id, vehicle_id, 4, 1, 2, 1, DEPOT)


SERVICE = Service(
    "test", "Test", Regime.LINIENBEDARFSVERKEHR, BERLIN, "+49 4621 000000", Hours(((),) * 7, {}, None),
    vehicles=(vehicle("bus-1"), vehicle("bus-2")), shifts=(),
)  # fmt: skip
FIRST, SECOND = f"{DAY}/bus-1/1", f"{DAY}/bus-2/1"
SHIFTS = (
    Shift(FIRST, DAY, "bus-1", at(0), at(120), (BreakRule(900, at(30), at(70)),)),
    Shift(SECOND, DAY, "bus-2", at(0), at(120)),
)


def leg(
    leg_id: str, booking: str | None, quote: str, way: str, state: LegState, *, pickup_from: int, **more: Any
) -> Leg:
    """Return a leg that is promised within 20 minutes from an instant, and a ride of 30 minutes at most."""
    promise = Promise(pickup_from, pickup_from + 1200, pickup_from + 2700, 1800)
    plain = Leg(
        leg_id, booking, quote, Direction.OUTWARD, DAY, StopPoint(way[0]), StopPoint(way[1]), Party(),
        promise, promise, 300, state,
    )  # fmt: skip
    return replace(plain, **more)


LEGS = (
    leg("l1", "b1", "q1", "AB", LegState.COMPLETED, pickup_from=at(5), boarded_at=at(10), alighted_at=at(20)),
    leg("l2", "b2", "q2", "BD", LegState.ABOARD, pickup_from=at(15), party=Party(adults=2), boarded_at=at(20, 20)),
    leg("l3", "b3", "q3", "CD", LegState.NARROWED, pickup_from=at(20), promise=Promise(at(25), at(35), at(65), 1800)),
    leg("l4", None, "q4", "DC", LegState.HELD, pickup_from=at(45), held_until=at(27)),
    leg(
        "l5",
        "b5",
        "q5",
        "DA",
        LegState.PROMISED,
        pickup_from=at(45),
        party=Party(adults=0, wheelchairs=1, companions=1),
    ),
    leg("l6", None, "q6", "CB", LegState.EXPIRED, pickup_from=at(50), held_until=at(20)),
    leg("l7", "b1", "q1", "BA", LegState.PROMISED, pickup_from=at(50), direction=Direction.RETURN),
    leg("l8", "b8", "q8", "AD", LegState.CANCELLED, pickup_from=at(30)),
    leg("l9", "b9", "q9", "AB", LegState.NO_SHOW, pickup_from=at(5)),
)


def call(kind: str, stop: str, leg_id: str | None, begin: int, lasts_s: int, **more: Any) -> Call:
    return replace(Call(CallKind(kind), stop, begin, begin + lasts_s, leg_id), **more)


TOURS = (
    Tour(
        FIRST, DAY, "bus-1", 7,
        (
            call("pickup", "A", "l9", at(9), 10, done_at=at(9, 30)),
            call("pickup", "A", "l1", at(10), 10, done_at=at(10)),
            call("dropoff", "B", "l1", at(20), 10, done_at=at(20)),
            call("pickup", "B", "l2", at(20, 10), 20, done_at=at(20, 20)),
            call("pickup", "C", "l3", at(30), 10),
            call("dropoff", "D", "l2", at(36), 20),
            call("dropoff", "D", "l3", at(36, 20), 10),
            call("break", "D", None, at(37), 900, break_number=0),
            call("pickup", "D", "l4", at(52), 10, held_until=at(27)),
            call("pickup", "D", "l5", at(52, 10), 190),
            call("dropoff", "C", "l4", at(61), 10, held_until=at(27)),
            call("pickup", "C", "l6", at(61), 10, held_until=at(20)),
            call("dropoff", "B", "l6", at(61), 10, held_until=at(20)),
            call("dropoff", "A", "l5", at(72), 190),
        ),
    ),
    Tour(SECOND, DAY, "bus-2", 1, (call("pickup", "B", "l7", at(60), 10), call("dropoff", "A", "l7", at(66), 10))),
)  # fmt: skip


def booking(booking_id: str, quote: str, name: str, phone: str, state: BookingState = BookingState.PROMISED) -> Booking:
    return Booking(booking_id, f"CODE-{booking_id}", quote, Rider(name, phone), "", Party(), 350, state, at(0))


BOOKINGS = (
    booking("b1", "q1", "Anna Petersen", "+49 4621 111222"),
    booking("b2", "q2", "Bo Hansen", "04621 333444"),
    booking("b3", "q3", "", ""),
    booking("b5", "q5", "Dörte Jöns", "0151 5556667"),
    booking("b8", "q8", "Enno Lass", "04621 777888", BookingState.CANCELLED),
    booking("b9", "q9", "Frauke Groß", "04621 999000"),
)
QUOTES = tuple(
    Quote(f"q{number}", f"r{number}", Party(), 350, at(27), alternative=False) for number in (1, 2, 3, 4, 5, 6, 8, 9)
)
K = EventKind


def numbered(events: Iterable[Event]) -> tuple[StoredEvent, ...]:
    return tuple(StoredEvent(seq, event) for seq, event in enumerate(events, start=1))


EVENTS = numbered(
    (
        Event(K.BOOKED, at(0), booking_id="b1"),
        Event(K.STOP_LIST, at(0), vehicle_id="bus-1", data={"version": 3}),
        Event(K.BOOKED, at(0), booking_id="b2", leg_id="l2"),
        Event(K.BOOKED, at(0), booking_id="b3"),
        Event(K.BOOKED, at(0), booking_id="b5", data={"stops": ["D", "A"], "at": "2026-11-25T06:45:00+01:00"}),
        Event(K.BOOKED, at(0), booking_id="b8"),
        Event(K.BOOKED, at(0), booking_id="b9"),
        Event(K.NARROWED, at(1), booking_id="b3", leg_id="l3"),
        Event(K.CANCELLED, at(2), booking_id="b8"),
        Event(K.NO_SHOW, at(9, 30), vehicle_id="bus-1", leg_id="l9"),
        Event(K.BOARDED, at(10), vehicle_id="bus-1", leg_id="l1"),
        Event(K.COMPLETED, at(20), vehicle_id="bus-1", leg_id="l1"),
        Event(K.BOARDED, at(20, 20), vehicle_id="bus-1", leg_id="l2"),
    )
)


def entry(leg_id: str, kind: str, **more: Any) -> LedgerEntry:
    return replace(LedgerEntry(leg_id, at(0), kind, "system", "", {}), **more)


LEDGER = (
    *(entry(leg_id, "made") for leg_id in ("l1", "l2", "l3", "l5", "l7", "l8", "l9")),
    entry("l3", "narrowed"),
    entry("l8", "cancelled"),
    entry("l9", "no_show"),
    entry("l1", "kept"),
)


def rfc3339(instant: int) -> str:
    return dt.datetime.fromtimestamp(instant, BERLIN).isoformat()


def answered(leg: Leg) -> dict[str, Any]:
    promise = leg.first_promise
    return {
        "id": leg.id,
        "direction": leg.direction.value,
        "pickup": {"stop_id": leg.pickup.stop_id, "name": "…"},
        "dropoff": {"stop_id": leg.dropoff.stop_id, "name": "…"},
        "promise": {
            "pickup_from": rfc3339(promise.pickup_from),
            "pickup_to": rfc3339(promise.pickup_to),
            "dropoff_by": rfc3339(promise.dropoff_by),
        },
    }


def answer_of(booking_id: str, key: str, **changes: Any) -> KeyedAnswer:
    (stored,) = (booking for booking in BOOKINGS if booking.id == booking_id)
    legs = [answered(leg) for leg in LEGS if leg.booking_id == booking_id]
    body = {"id": stored.id, "code": stored.code, "price_ct": 350, "party": {"adults": 1}, "legs": legs} | changes
    return KeyedAnswer("POST /bookings", key, StoredAnswer("hash", 201, json.dumps(body)), at(0))


ANSWERS = (
    answer_of("b1", "key-1"),
    answer_of("b3", "key-3"),
    KeyedAnswer("POST /bookings/b8/cancel", "key-8", StoredAnswer("hash", 200, "{}"), at(2)),
    KeyedAnswer("POST /bookings", "key-9", StoredAnswer("hash", 409, "{}"), at(2)),
)
REPORTS = (StoredReport("u1", "bus-1", at(10), "boarded", {"leg_id": "l1"}, at(11)),)
CLEAN = State(
    NOW, TOURS, LEGS, BOOKINGS, QUOTES, EVENTS, LEDGER, ANSWERS, REPORTS, (StopListVersion("bus-1", 3, "hash", 2),)
)


def broken(state: State, shifts: tuple[Shift, ...] = SHIFTS) -> list[tuple[str, str]]:
    """Return what is found, each as invariant and subject."""
    return [(found.invariant.value, found.subject) for found in find_faults(state, SERVICE, NETWORK, shifts)]


def with_leg(day: State, leg_id: str, **changes: Any) -> State:
    assert any(leg.id == leg_id for leg in day.legs)
    return replace(day, legs=tuple(replace(leg, **changes) if leg.id == leg_id else leg for leg in day.legs))


def with_booking(day: State, booking_id: str, **changes: Any) -> State:
    bookings = tuple(replace(each, **changes) if each.id == booking_id else each for each in day.bookings)
    assert bookings != day.bookings
    return replace(day, bookings=bookings)


def with_calls(state: State, shift_id: str, change: Callable[[Call], Call | None]) -> State:
    def changed(tour: Tour) -> Tour:
        calls = tuple(call for call in map(change, tour.calls) if call is not None)
        assert calls != tour.calls
        return replace(tour, calls=calls)

    return replace(state, tours=tuple(changed(tour) if tour.shift_id == shift_id else tour for tour in state.tours))


def with_call(state: State, shift_id: str, leg_id: str | None, kind: str, **changes: Any) -> State:
    """Return the state with one call changed; ``shift_s`` moves it, and ``drop`` takes it out."""
    drop, shift_s = changes.pop("drop", False), changes.pop("shift_s", 0)

    def change(call: Call) -> Call | None:
        if (call.leg_id, call.kind.value) != (leg_id, kind):
            return call
        moved = replace(call, begin_at=call.begin_at + shift_s, depart_at=call.depart_at + shift_s)
        return None if drop else replace(moved, **changes)

    return with_calls(state, shift_id, change)


def with_tour(state: State, shift_id: str, **changes: Any) -> State:
    return replace(
        state, tours=tuple(replace(tour, **changes) if tour.shift_id == shift_id else tour for tour in state.tours)
    )


def with_events(state: State, change: Callable[[list[Event]], list[Event]]) -> State:
    return replace(state, events=numbered(change([stored.event for stored in state.events])))


def without_event(state: State, kind: EventKind, subject: str) -> State:
    kept = [
        each
        for each in EVENTS
        if each.event.kind is not kind or subject not in (each.event.leg_id, each.event.booking_id)
    ]
    assert len(kept) == len(EVENTS) - 1
    return with_events(state, lambda _: [each.event for each in kept])


def excused(state: State, kind: EventKind, leg_id: str) -> State:
    return with_events(state, lambda events: [*events, Event(kind, at(24), leg_id=leg_id)])


def later(call: Call, shift_s: int) -> Call:
    return replace(call, begin_at=call.begin_at + shift_s, depart_at=call.depart_at + shift_s)

"""I6: whether the events tell how every booking and leg came into its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rufbus.checker.finding import Finding, Invariant
from rufbus.checker.state import State
from rufbus.domain.booking import NEXT_STATES, BookingState, Leg, LegState
from rufbus.domain.events import Event, EventKind

STATE_AFTER: Mapping[EventKind, LegState] = {
    EventKind.BOOKED: LegState.PROMISED,
    EventKind.NARROWED: LegState.NARROWED,
    EventKind.BOARDED: LegState.ABOARD,
    EventKind.NO_SHOW: LegState.NO_SHOW,
    EventKind.COMPLETED: LegState.COMPLETED,
    EventKind.CANCELLED: LegState.CANCELLED,
}
"""The state into which an event puts a leg, where the table of states allows the step."""


def find_gaps(state: State) -> Iterator[Finding]:
    """Yield events whose number is not the next one, and events of nothing that is stored."""
    legs, bookings = state.legs_by_id(), {booking.id for booking in state.bookings}
    for expected, stored in enumerate(state.events, start=1):
        if stored.seq != expected:
            detail = f"Its number should be {expected}: the sequence has a gap or a repetition."
            yield Finding(Invariant.REPLAY, f"event {stored.seq}", detail)
            break
    for stored in state.events:
        if stored.event.leg_id is not None and stored.event.leg_id not in legs:
            yield Finding(Invariant.REPLAY, f"event {stored.seq}", f"There is no leg {stored.event.leg_id}.")
        if stored.event.booking_id is not None and stored.event.booking_id not in bookings:
            yield Finding(Invariant.REPLAY, f"event {stored.seq}", f"There is no booking {stored.event.booking_id}.")


def find_replay_faults(state: State) -> Iterator[Finding]:
    """Yield bookings and legs whose state is not what the events made of them."""
    by_leg = _events_by_leg(state)
    for leg in state.legs:
        if leg.booking_id is not None:
            for detail in _leg_faults(leg, by_leg[leg.id]):
                yield Finding(Invariant.REPLAY, f"leg {leg.id}", detail)
    yield from _booking_faults(state)
    yield from _stop_list_faults(state)


def _events_by_leg(state: State) -> Mapping[str, list[Event]]:
    """Return the events of each leg in order; those of a booking as a whole are events of all its legs."""
    of_booking = state.legs_by_booking()
    found: dict[str, list[Event]] = {leg.id: [] for leg in state.legs}
    for stored in state.events:
        event = stored.event
        if event.leg_id is not None:
            found.get(event.leg_id, []).append(event)
        elif event.booking_id is not None:
            for leg in of_booking.get(event.booking_id, ()):
                found[leg.id].append(event)
    return found


def _leg_faults(leg: Leg, events: list[Event]) -> Iterator[str]:
    kinds = {event.kind for event in events}
    if EventKind.BOOKED not in kinds:
        yield "It was booked without an event."
        return
    if leg.promise != leg.first_promise and EventKind.NARROWED not in kinds:
        yield "Its promise was narrowed without an event."
    elif leg.state is LegState.BROKEN:
        if EventKind.PROMISE_BROKEN not in kinds:
            yield "Its promise was broken without an event."
    elif replay(events) is not leg.state:
        yield f"It is {leg.state.value}; by the events it should be {replay(events).value}."


def replay(events: list[Event]) -> LegState:
    """Return the state into which events, in order, bring a held leg.

    A broken promise alone does not end a leg, so a leg declared broken is told only by what comes after.
    """
    state = LegState.HELD
    for event in events:
        after = STATE_AFTER.get(event.kind, state)
        if after in NEXT_STATES[state]:
            state = after
    return state


def _booking_faults(state: State) -> Iterator[Finding]:
    of_booking = state.legs_by_booking()
    cancelling = [stored.event for stored in state.events if stored.event.kind is EventKind.CANCELLED]
    cancelled = {event.booking_id for event in cancelling}
    cancelled_whole = {event.booking_id for event in cancelling if event.leg_id is None}
    for booking in state.bookings:
        subject = f"booking {booking.id}"
        if booking.id not in of_booking:
            yield Finding(Invariant.REPLAY, subject, "It has no legs.")
        if booking.state is BookingState.CANCELLED and booking.id not in cancelled:
            yield Finding(Invariant.REPLAY, subject, "It was cancelled without an event.")
        if booking.state is BookingState.PROMISED and booking.id in cancelled_whole:
            yield Finding(Invariant.REPLAY, subject, "An event cancelled it, but it is still promised.")
    known = {booking.id for booking in state.bookings}
    for booking_id in sorted(of_booking.keys() - known):
        yield Finding(Invariant.REPLAY, f"booking {booking_id}", "It has legs, but does not exist.")


def _stop_list_faults(state: State) -> Iterator[Finding]:
    """Judge the published versions: confirmed ones were published, and the newest one was told."""
    told: dict[str, int] = {}
    for stored in state.events:
        version = stored.event.data.get("version")
        if stored.event.kind is EventKind.STOP_LIST and stored.event.vehicle_id and isinstance(version, int):
            told[stored.event.vehicle_id] = max(version, told.get(stored.event.vehicle_id, 0))
    for stop_list in state.stop_lists:
        subject = f"stop list {stop_list.vehicle_id}"
        if stop_list.acknowledged > stop_list.version:
            detail = f"Version {stop_list.acknowledged} was confirmed, but {stop_list.version} is the newest."
            yield Finding(Invariant.REPLAY, subject, detail)
        if told.get(stop_list.vehicle_id, stop_list.version) != stop_list.version:
            detail = f"Version {told[stop_list.vehicle_id]} was told, but {stop_list.version} is stored."
            yield Finding(Invariant.REPLAY, subject, detail)

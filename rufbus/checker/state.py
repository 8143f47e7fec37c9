"""A plain copy of everything stored that the checker judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rufbus.domain.booking import Booking, Leg, Quote
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import StoredEvent
from rufbus.domain.tour import Call, Tour
from rufbus.ports import AuditSession, KeyedAnswer, LedgerEntry, StopListVersion, StoredReport


@dataclass(frozen=True, slots=True)
class State:
    """Everything stored at one moment."""

    now: Instant
    tours: tuple[Tour, ...] = ()
    legs: tuple[Leg, ...] = ()
    bookings: tuple[Booking, ...] = ()
    quotes: tuple[Quote, ...] = ()
    events: tuple[StoredEvent, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    answers: tuple[KeyedAnswer, ...] = ()
    reports: tuple[StoredReport, ...] = ()
    stop_lists: tuple[StopListVersion, ...] = ()

    def legs_by_id(self) -> Mapping[str, Leg]:
        """Return the legs by their ids."""
        return {leg.id: leg for leg in self.legs}

    def legs_by_booking(self) -> Mapping[str, tuple[Leg, ...]]:
        """Return the booked legs by the ids of their bookings."""
        found: dict[str, tuple[Leg, ...]] = {}
        for leg in self.legs:
            if leg.booking_id is not None:
                found[leg.booking_id] = (*found.get(leg.booking_id, ()), leg)
        return found


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands."""

    tour: Tour
    position: int
    """Among the tour's valid calls."""
    call: Call


def read_state(session: AuditSession, now: Instant) -> State:
    """Return everything that a session sees, to be judged as of ``now``."""
    return State(
        now=now,
        tours=tuple(session.all_tours()),
        legs=tuple(session.all_legs()),
        bookings=tuple(session.all_bookings()),
        quotes=tuple(session.all_quotes()),
        events=tuple(session.all_events()),
        ledger=tuple(session.all_ledger()),
        answers=tuple(session.all_answers()),
        reports=tuple(session.all_reports()),
        stop_lists=tuple(session.all_stop_lists()),
    )


def valid_calls(tour: Tour, now: Instant) -> tuple[Call, ...]:
    """Return a tour's calls without those that were only held and whose hold has run out."""
    return tuple(call for call in tour.calls if call.held_until is None or call.held_until > now)


def list_standings(state: State) -> Mapping[str, tuple[Standing, ...]]:
    """Return where the valid calls of each leg stand, by the id of the leg."""
    found: dict[str, tuple[Standing, ...]] = {}
    for tour in state.tours:
        for position, call in enumerate(valid_calls(tour, state.now)):
            if call.leg_id is not None:
                found[call.leg_id] = (*found.get(call.leg_id, ()), Standing(tour, position, call))
    return found

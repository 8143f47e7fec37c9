"""What is booked: legs with their promises, and the states they pass through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import WrongState
from rufbus.domain.promise import Promise
from rufbus.domain.request import Direction, Party


class LegState(StrEnum):
    """The states of a leg, from quote to end."""

    HELD = "held"
    PROMISED = "promised"
    NARROWED = "narrowed"
    ABOARD = "aboard"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    BROKEN = "broken"
    EXPIRED = "expired"


NEXT_STATES: dict[LegState, frozenset[LegState]] = {
    LegState.HELD: frozenset({LegState.PROMISED, LegState.EXPIRED}),
    LegState.PROMISED: frozenset(
        {
            LegState.NARROWED,
            LegState.ABOARD,
            LegState.COMPLETED,
            LegState.CANCELLED,
            LegState.NO_SHOW,
            LegState.BROKEN,
        }
    ),
    LegState.NARROWED: frozenset(
        {LegState.ABOARD, LegState.COMPLETED, LegState.CANCELLED, LegState.NO_SHOW, LegState.BROKEN}
    ),
    LegState.ABOARD: frozenset({LegState.COMPLETED, LegState.BROKEN}),
    LegState.NO_SHOW: frozenset({LegState.ABOARD, LegState.COMPLETED}),  # the driver corrects the report
    LegState.COMPLETED: frozenset(),
    LegState.CANCELLED: frozenset(
        {LegState.ABOARD, LegState.COMPLETED}
    ),  # boarded before the cancellation reached the van
    LegState.BROKEN: frozenset({LegState.ABOARD, LegState.COMPLETED}),
    LegState.EXPIRED: frozenset(),
}

OPEN_STATES = frozenset({LegState.PROMISED, LegState.NARROWED, LegState.ABOARD})
"""States in which a tour still owes the leg something."""


@dataclass(frozen=True, slots=True)
class StopPoint:
    """One end of a leg."""

    stop_id: str
    walk_m: int = 0


@dataclass(frozen=True, slots=True)
class Leg:
    """One ride in one direction."""

    id: str
    booking_id: str | None
    """``None`` while the leg is only held for a quote."""
    quote_id: str
    direction: Direction
    service_day: str
    """ISO date of the service day whose shifts can carry the leg."""
    pickup: StopPoint
    dropoff: StopPoint
    party: Party
    promise: Promise
    """The promise in force; narrowing replaces it."""
    first_promise: Promise
    """The promise as booked."""
    direct_s: int
    state: LegState
    held_until: Instant | None = None
    boarded_at: Instant | None = None
    alighted_at: Instant | None = None
    assumed: bool = False
    """The end was taken from the plan because the van did not report."""

    def with_state(self, state: LegState) -> Leg:
        """Return the leg in another state.

        Raises
        ------
        WrongState
            When the table of states has no such step.
        """
        if state not in NEXT_STATES[self.state]:
            raise WrongState(f"Leg {self.id} is {self.state.value} and cannot become {state.value}.")
        return replace(self, state=state)


@dataclass(frozen=True, slots=True)
class Rider:
    """Who to tell."""

    name: str
    phone: str


class BookingState(StrEnum):
    """The states of a booking."""

    PROMISED = "promised"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    """An accepted quote: one or two legs, booked all or nothing."""

    id: str
    code: str
    """Spoken to the rider; short, without look-alike letters."""
    quote_id: str
    rider: Rider
    note: str
    party: Party
    price_ct: int
    state: BookingState
    booked_at: Instant
    version: int = 1
    booked_by: str = ""
    """The key under which it was booked; a rider's key sees only its own."""


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer whose seats are held until ``held_until``."""

    id: str
    request_id: str
    """Quotes of one request exclude each other: booking one releases the others."""
    party: Party
    price_ct: int
    held_until: Instant
    alternative: bool
    """Not as wished: the nearest that can be done."""

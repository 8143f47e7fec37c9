"""The refusals that every store words alike, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence

from rufbus.domain.booking import NEXT_STATES, Leg, LegState
from rufbus.domain.errors import KeyRunning, NotFound, RufbusError, StalePlan
from rufbus.domain.tour import Tour


def _reachable_from(state: LegState) -> frozenset[LegState]:
    """Return the states that a leg can come to from one, by any number of steps, and that one itself."""
    found, new = {state}, {state}
    while new:
        new = {after for before in new for after in NEXT_STATES[before]} - found
        found |= new
    return frozenset(found)


REACHABLE = {state: _reachable_from(state) for state in LegState}
"""One commit may take a leg several steps, never back: whoever tries has read it before somebody else changed it."""


def check_loads(tour: Tour, loads: Sequence[tuple[int, int, int, int]]) -> None:
    """Check that a tour comes with what is aboard after each of its calls.

    Raises
    ------
    ValueError
        When it does not.
    """
    if len(loads) != len(tour.calls):
        raise ValueError(f"Tour {tour.shift_id} has {len(tour.calls)} calls but {len(loads)} loads: give one per call.")


def stale_tour(shift_id: str, expected_version: int) -> StalePlan:
    """Return the error of a tour that changed since it was read."""
    return StalePlan(f"Tour {shift_id} is no longer version {expected_version}. Read it again, then plan again.")


def stale_booking(booking_id: str, expected_version: int) -> StalePlan:
    """Return the error of a booking that changed since it was read."""
    return StalePlan(f"Booking {booking_id} is no longer version {expected_version}. Read it again, then try again.")


def find_leg_refusal(leg: Leg, stored: LegState | None) -> RufbusError | None:
    """Return why a leg in state ``stored`` cannot be replaced by ``leg``, or ``None`` when it can."""
    if stored is None:
        return NotFound(f"Leg {leg.id} should be replaced but is not stored. Read the legs again.")
    if leg.state not in REACHABLE[stored]:
        return StalePlan(f"Leg {leg.id} is {stored.value} by now and cannot become {leg.state.value}. Read it again.")
    return None


def key_running() -> KeyRunning:
    """Return the error of an idempotency key that another writer answered first."""
    return KeyRunning("The same idempotency key was answered meanwhile. Ask again to get that answer.")


def no_key(key_id: str) -> NotFound:
    """Return the error of an access key that is not there."""
    return NotFound(f"There is no access key {key_id}. List the keys to see their ids.")

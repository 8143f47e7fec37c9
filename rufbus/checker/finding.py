"""What the checker says about a stored state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Invariant(StrEnum):
    """What must hold of everything stored; the values are stable."""

    ANSWERS = "I1"
    """Every booking that was answered exists, as it was answered."""
    CAPACITY = "I2"
    """No van ever has more aboard than fits, held seats included."""
    STANDING = "I3"
    """Every open leg stands in one tour, its pickup before its drop-off."""
    PROMISES = "I4"
    """The plan keeps every promise that nobody declared broken or at risk, in times that the roads allow."""
    ONCE = "I5"
    """One booking per idempotency key, one active booking per quote and per request."""
    REPLAY = "I6"
    """The events have no gaps and tell how every booking and leg came into its state."""
    ONE_EVENT = "I7"
    """Every change has one row, not two."""
    SHIFTS = "I8"
    """Every tour keeps its shift and its driver's breaks."""
    NOTHING_OWED = "I9"
    """No van drives to a leg that is cancelled, not shown or expired."""
    PRIVACY = "I10"
    """No rider's name or telephone number stands where it does not belong."""
    LEDGER = "L1"
    """The ledger has one ``made`` entry per booked leg, and one final entry at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant."""

    invariant: Invariant
    subject: str
    """The tour, leg, booking, event, … that is wrong, as ``<kind> <id>``."""
    detail: str
    """A sentence for a person."""

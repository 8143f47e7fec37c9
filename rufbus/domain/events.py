"""What happened: rows of the same commit as the change itself, delivered afterwards.

``kind`` is stable; ``data`` is plain JSON without a rider's name, phone or address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rufbus.domain.clock_time import Instant


class EventKind(StrEnum):
    """The kinds of event."""

    STOP_LIST = "stop-list"
    """A van's stop list has a new version."""
    BOOKED = "booked"
    CANCELLED = "cancelled"
    NARROWED = "narrowed"
    BOARDED = "boarded"
    NO_SHOW = "no-show"
    COMPLETED = "completed"
    LATE_RISK = "late-risk"
    """A promise will be broken if nothing is done; without a leg, a shift or one of its breaks will end too late."""
    PROMISE_BROKEN = "promise-broken"
    """A fact (a report) or a named person broke a promise."""
    BREAKDOWN = "breakdown"
    POSITION = "position"
    IMPROVED = "improved"
    MOVED = "moved"
    """The control room gave a ride to another van."""
    CONFLICT = "conflict"
    """A report and the plan disagree; somebody must look."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event before it has a number."""

    kind: EventKind
    at: Instant
    vehicle_id: str | None = None
    leg_id: str | None = None
    booking_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place in the one sequence: without gaps, in the order of commits."""

    seq: int
    event: Event

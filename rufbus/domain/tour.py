"""What a van does on one shift: calls in order, with times and what has come of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rufbus.domain.clock_time import Instant


class CallKind(StrEnum):
    """What happens at a call."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Call:
    """One pickup, drop-off or break of one tour."""

    kind: CallKind
    stop_id: str
    """The stop, or the depot's id; a break is taken where the van stands."""
    begin_at: Instant
    """Planned arrival or begin."""
    depart_at: Instant
    """Planned end of the call: boarding done, break over."""
    leg_id: str | None = None
    break_number: int | None = None
    held_until: Instant | None = None
    """Set while the leg is only held: hidden from the driver, void when it passes."""
    arrived_at: Instant | None = None
    """Fact, as reported."""
    done_at: Instant | None = None
    """Fact, as reported: boarded, alighted, not shown, break ended."""


@dataclass(frozen=True, slots=True)
class Tour:
    """The calls of one shift, in order; the unit that is compared and set."""

    shift_id: str
    service_day: str
    vehicle_id: str
    version: int
    """Counts every change, held seats included; a writer must know the one it read."""
    calls: tuple[Call, ...]
    delay_s: int = 0
    """How much later than planned the van says it is."""
    departed_at: Instant | None = None
    """When the van left the last finished stop, as reported."""
    reported_at: Instant | None = None
    """Last sign of life."""
    out_of_service_from: Instant | None = None
    """Set by a breakdown: nothing is added from then on."""

"""What is asked: a party that wishes to ride from one point to another, and perhaps back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import FieldError, InvalidInput
from rufbus.domain.place import Place


@dataclass(frozen=True, slots=True)
class Party:
    """Who rides together, and what they bring."""

    adults: int = 1
    children: int = 0
    wheelchairs: int = 0
    """Riders who stay in their wheelchair; not counted among the adults."""
    walkers: int = 0
    """Rollators brought along, by riders counted elsewhere."""
    prams: int = 0
    companions: int = 0
    """Attendants who ride free, besides the adults."""

    def __post_init__(self) -> None:
        for name in ("adults", "children", "wheelchairs", "walkers", "prams", "companions"):
            if getattr(self, name) < 0:
                raise InvalidInput(f"{name} must not be negative.", errors=(FieldError(f"party.{name}", "negative"),))
        if self.seated + self.wheelchairs < 1:
            raise InvalidInput(
                "A party has at least one person. Give adults, children, wheelchairs or companions.",
                errors=(FieldError("party", "empty"),),
            )

    @property
    def seated(self) -> int:
        """Number of people who take a seat."""
        return self.adults + self.children + self.companions


class Anchor(StrEnum):
    """Which end of the ride the wished time fixes."""

    DEPART_AFTER = "depart_after"
    ARRIVE_BY = "arrive_by"


@dataclass(frozen=True, slots=True)
class Wish:
    """One direction of a request: the time that matters and what it means."""

    anchor: Anchor
    at: Instant


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a ride, and perhaps the ride back."""

    origin: Place | str
    """A place, or the id of a stop."""
    destination: Place | str
    outward: Wish
    inward: Wish | None = None
    """The return ride, from the destination back to the origin."""
    party: Party = field(default_factory=Party)


class Direction(StrEnum):
    """Which way a leg goes."""

    OUTWARD = "outward"
    RETURN = "return"


class RefusalReason(StrEnum):
    """Why a wish cannot be met; the values are stable."""

    NO_VEHICLE = "no-vehicle"
    OUTSIDE_HOURS = "outside-hours"
    OUTSIDE_AREA = "outside-area"
    TOO_SHORT_NOTICE = "too-short-notice"
    TOO_FAR_AHEAD = "too-far-ahead"
    IN_THE_PAST = "in-the-past"
    UNREACHABLE = "unreachable"
    PARTY_TOO_LARGE = "party-too-large"
    NO_WHEELCHAIR_PLACE = "no-wheelchair-place"
    NO_STOP_NEAR = "no-stop-near"
    SAME_STOP = "same-stop"
    LINE_BUS = "line-bus"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A "no" with its reason."""

    reason: RefusalReason
    detail: str
    """A sentence for the caller."""
    direction: Direction = Direction.OUTWARD
    binding: dict[str, object] = field(default_factory=dict)
    """The rule or figure that stood in the way, e.g. ``{"rule": "booking.min_notice_s", "value": 3600}``."""

"""Vehicles, the rule by which shifts recur, and the dated shift that a tour belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from rufbus.domain.clock_time import Instant
from rufbus.domain.place import Place


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A van and what fits into it."""

    id: str
    name: str
    seats: int
    wheelchair_places: int
    seats_lost_per_wheelchair: int
    luggage_places: int
    """Walkers and prams that fit besides the riders."""
    depot: Place


@dataclass(frozen=True, slots=True)
class BreakRule:
    """A break on one dated shift: its length and the window in which it must lie, begin and end."""

    duration_s: int
    earliest: Instant
    latest_end: Instant


@dataclass(frozen=True, slots=True)
class Shift:
    """One driver with one van on one service day."""

    id: str
    """``<service day>/<vehicle>/<number on that day>``."""
    service_day: str
    vehicle_id: str
    start_at: Instant
    end_by: Instant
    breaks: tuple[BreakRule, ...] = ()

"""The question: places, rides and shifts as integers.

All instants are whole seconds on one common axis, all durations whole seconds. A *visit* is one pickup, one
drop-off or one break, and is named by a code: ride ``r`` is picked up at visit ``2 * r`` and dropped at
``2 * r + 1``; the breaks of all shifts follow, numbered in the order of the shifts.

The timing rules are those of the dial-a-ride problem (Cordeau & Laporte 2003). A visit *begins* within its window and
lasts its service time; a ride's time counts from the end of its pickup service to the begin of its drop-off. The time a
stop costs whoever stops there (doors, pulling in) belongs into ``travel_s``, on every arc that leaves the place for
another one, so that riders who board together share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNREACHABLE_S = 10**8
"""Travel time of a pair without a road between (s); larger than any horizon, small enough to add up in int64."""


class ProblemError(ValueError):
    """The question itself is malformed; the message says where."""


@dataclass(frozen=True, slots=True)
class Window:
    """A closed window of seconds for the begin of a service."""

    earliest: int
    latest: int

    def __post_init__(self) -> None:
        if self.earliest > self.latest:
            raise ProblemError(f"window closes before it opens: {self.earliest} > {self.latest}")


@dataclass(frozen=True, slots=True)
class Aboard:
    """A rider who has boarded already: only the drop-off is left, and only this shift can do it."""

    shift: int
    departed_at: int
    """End of the pickup service, from which the ride time counts."""


@dataclass(frozen=True, slots=True)
class Ride:
    """One pickup–drop-off pair."""

    pickup: int
    dropoff: int
    pickup_window: Window
    dropoff_window: Window
    max_ride_s: int
    load: tuple[int, ...]
    """Amount taken of each kind of load, the same kinds in the same order for all rides."""
    pickup_service_s: int = 0
    dropoff_service_s: int = 0
    shifts: frozenset[int] | None = None
    """The shifts that may serve the ride; ``None`` means any."""
    aboard: Aboard | None = None

    def __post_init__(self) -> None:
        if self.max_ride_s < 0 or self.pickup_service_s < 0 or self.dropoff_service_s < 0:
            raise ProblemError("a ride's limit and service times must not be negative")
        if any(amount < 0 for amount in self.load):
            raise ProblemError(f"a load must not be negative: {self.load}")


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """One linear limit on what is aboard: ``sum(coefficients * load) <= limit`` at every moment.

    Eight seats, of which each wheelchair takes two, and one wheelchair place are the two rows
    ``CapacityRow((1, 2), 8)`` and ``CapacityRow((0, 1), 1)`` over the load kinds (seated, wheelchairs).
    """

    coefficients: tuple[int, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of the driver, begun within its window with nobody aboard, wherever the van then stands."""

    window: Window
    duration_s: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One van with one driver from a place and a time to a place and a time."""

    start: int
    end: int
    start_at: int
    end_by: int
    capacity: tuple[CapacityRow, ...]
    breaks: tuple[Break, ...] = ()
    locked: tuple[int, ...] = ()
    """Visits that the tour must begin with, in this order: nothing may come before or between them."""
    fixed_cost: int = 0
    """Cost of using the shift at all, in the unit of the objective (drive seconds)."""
    max_duration_s: int | None = None
    """Longest time between leaving the start place, which may be later than ``start_at``, and reaching the end place.

    ``None``: as long as ``start_at`` and ``end_by`` allow.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything a plan is judged by."""

    travel_s: NDArray[np.int32]
    """Shape (places, places): seconds from row to column, zero on the diagonal, triangle inequality expected."""
    rides: tuple[Ride, ...]
    shifts: tuple[Shift, ...]
    break_codes: tuple[tuple[int, ...], ...] = field(init=False)
    """For each shift, the codes of its break visits."""

    def __post_init__(self) -> None:
        size = self.travel_s.shape[0]
        if self.travel_s.shape != (size, size):
            raise ProblemError(f"travel_s must be square, not {self.travel_s.shape}")
        for number, ride in enumerate(self.rides):
            if not (0 <= ride.pickup < size and 0 <= ride.dropoff < size):
                raise ProblemError(f"ride {number} names a place outside the matrix of {size}")
        for number, shift in enumerate(self.shifts):
            if not (0 <= shift.start < size and 0 <= shift.end < size):
                raise ProblemError(f"shift {number} names a place outside the matrix of {size}")
        kinds = {len(ride.load) for ride in self.rides}
        kinds |= {len(row.coefficients) for shift in self.shifts for row in shift.capacity}
        if len(kinds) > 1:
            raise ProblemError(f"rides and capacity rows count different kinds of load: {sorted(kinds)}")
        code = 2 * len(self.rides)
        codes = []
        for shift in self.shifts:
            codes.append(tuple(range(code, code + len(shift.breaks))))
            code += len(shift.breaks)
        object.__setattr__(self, "break_codes", tuple(codes))

    def with_rides(self, rides: Sequence[Ride]) -> Problem:
        """Return the same problem with ``rides`` in place of its own.

        Break codes move when the number of rides changes: plans must be renumbered by the caller.
        """
        return Problem(self.travel_s, tuple(rides), self.shifts)


def pickup_of(ride: int) -> int:
    """Return the visit code of the pickup of ride number ``ride``."""
    return 2 * ride


def dropoff_of(ride: int) -> int:
    """Return the visit code of the drop-off of ride number ``ride``."""
    return 2 * ride + 1

"""What was told to a rider, and binds."""

from __future__ import annotations

from dataclasses import dataclass

from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Promise:
    """A pickup window and a latest arrival.

    The van departs from the pickup stop not before ``pickup_from``, arrives there not after ``pickup_to``, and arrives
    at the drop-off stop not after ``dropoff_by``; from departure to arrival the ride takes at most ``max_ride_s``.
    """

    pickup_from: Instant
    pickup_to: Instant
    dropoff_by: Instant
    max_ride_s: int

    def __post_init__(self) -> None:
        if not self.pickup_from <= self.pickup_to <= self.dropoff_by:
            raise InvalidInput(
                f"A promise needs pickup_from <= pickup_to <= dropoff_by, not "
                f"{self.pickup_from}, {self.pickup_to}, {self.dropoff_by}."
            )

    def with_window(self, pickup_from: Instant, pickup_to: Instant) -> Promise:
        """Return the promise narrowed to a window inside its own.

        Raises
        ------
        InvalidInput
            When the new window is not inside the old one: a promise never moves.
        """
        if not self.pickup_from <= pickup_from <= pickup_to <= self.pickup_to:
            raise InvalidInput("A narrowed window must lie inside the promised one.")
        return Promise(pickup_from, pickup_to, self.dropoff_by, self.max_ride_s)

"""Clocks: the only module that reads the time of day.

The system's clock for live use, and two that are injected: one that moves only when told, for tests and simulation, and
one that runs at a chosen speed, for demonstrations. All may be asked from several threads.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import FieldError, InvalidInput


class SystemClock:
    """The operating system's time of day."""

    def now(self) -> Instant:
        """Return the current instant (s)."""
        return int(time.time())


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, start: Instant) -> None:
        self._at = start
        self._lock = threading.Lock()

    def now(self) -> Instant:
        """Return the instant at which the clock stands (s)."""
        with self._lock:
            return self._at

    def advance(self, seconds: int) -> Instant:
        """Move the clock forward by ``seconds``; return the new instant.

        Raises
        ------
        InvalidInput
            When ``seconds`` is negative; use :meth:`set` to put the clock back.
        """
        _check_forward(seconds)
        with self._lock:
            self._at += seconds
            return self._at

    def set(self, at: Instant) -> None:
        """Put the clock to an instant, earlier or later."""
        with self._lock:
            self._at = at


class ScaledClock:
    """Starts at a chosen instant and runs ``speed`` times as fast as the world; at speed 0 it stands until advanced."""

    def __init__(self, start: Instant, speed: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not (math.isfinite(speed) and speed >= 0):
            raise InvalidInput(
                f"A clock cannot run at speed {speed}. Give 0 to let it stand still, 1 for real time, 60 for a minute "
                "a second.",
                errors=(FieldError("speed", "must be a finite number, not negative"),),
            )
        self.speed = speed
        self._monotonic = monotonic
        self._start = start
        self._started_at = monotonic()
        self._lock = threading.Lock()

    def now(self) -> Instant:
        """Return the scaled instant (s); it never goes back by itself."""
        with self._lock:
            return self._now()

    def advance(self, seconds: int) -> Instant:
        """Move the clock forward by ``seconds``; return the new instant.

        Raises
        ------
        InvalidInput
            When ``seconds`` is negative; use :meth:`set` to put the clock back.
        """
        _check_forward(seconds)
        with self._lock:
            self._start += seconds
            return self._now()

    def set(self, at: Instant) -> None:
        """Put the clock to an instant, earlier or later, from which it runs on."""
        with self._lock:
            self._start = at
            self._started_at = self._monotonic()

    def _now(self) -> Instant:
        """Return the scaled instant; the caller holds the lock."""
        return self._start + math.floor((self._monotonic() - self._started_at) * self.speed)


def _check_forward(seconds: int) -> None:
    """Refuse to advance backwards."""
    if seconds < 0:
        raise InvalidInput(
            f"A clock is advanced by a number of seconds that is not negative, not by {seconds}.",
            errors=(FieldError("advance_s", "must not be negative"),),
        )

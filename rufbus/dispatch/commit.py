"""Commit against a version: the short transaction at the end of every verb.

The thinking is done on a snapshot. What it found is written only if no tour it touches has changed meanwhile; otherwise
the verb thinks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from rufbus.dispatch.planning import Timed
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import StalePlan, Unavailable
from rufbus.domain.tour import Tour
from rufbus.ports import LedgerEntry, WriteSession

T = TypeVar("T")

ATTEMPTS = 20
"""How often a verb thinks again when others were faster."""


def retrying(attempt: Callable[[], T]) -> T:
    """Return what ``attempt`` returns, calling it again while the plan changes under it.

    Raises
    ------
    Unavailable
        When others were faster every time.
    """
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except StalePlan:
            continue
    raise Unavailable("Too many changes at once; nothing was changed. Try again in a moment.")


def save_tours(session: WriteSession, tours: Iterable[Timed]) -> None:
    """Write tours as the next version of the one each was read as.

    Raises
    ------
    StalePlan
        When one of them has changed since.
    """
    for timed in sorted(tours, key=lambda timed: timed.tour.shift_id):
        session.put_tour(timed.tour, expected_version=timed.tour.version, loads=timed.loads)


def vehicles_of(tours: Iterable[Timed | Tour]) -> list[str]:
    """Return the vehicles that run the tours."""
    return sorted({(timed.tour if isinstance(timed, Timed) else timed).vehicle_id for timed in tours})


def ledger_entries(leg_ids: Sequence[str], at: Instant, entry: str, by: str, reason: str = "") -> list[LedgerEntry]:
    """Return one ledger entry per leg."""
    return [LedgerEntry(leg_id, at, entry, by, reason, {}) for leg_id in leg_ids]

"""What the in-memory store holds at one moment, and drafts of the next one."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any, Generic, TypeVar

from rufbus.domain.booking import Booking, Leg, Quote
from rufbus.domain.events import StoredEvent
from rufbus.domain.tour import Tour
from rufbus.ports import AccessKey, KeyedAnswer, LedgerEntry, StopListVersion, StoredReport

T = TypeVar("T")


class Log(Generic[T]):
    """Entries in the order they were added; the log of an earlier moment ends earlier in the same list."""

    __slots__ = ("entries", "length")

    def __init__(self, entries: list[T], length: int) -> None:
        self.entries = entries
        self.length = length

    def __iter__(self) -> Iterator[T]:
        return islice(self.entries, self.length)

    def since(self, position: int) -> Iterator[T]:
        """Yield the entries after the first ``position``."""
        return islice(self.entries, max(position, 0), self.length)

    def with_added(self, entries: Sequence[T]) -> Log[T]:
        """Return the log with more entries; what a discarded draft had added is overwritten."""
        self.entries[self.length :] = entries
        return Log(self.entries, self.length + len(entries))


def _log() -> Log[Any]:
    return Log([], 0)


@dataclass(slots=True)
class Moment:
    """Everything that is stored at one moment."""

    tours: MutableMapping[str, Tour] = field(default_factory=dict)
    legs: MutableMapping[str, Leg] = field(default_factory=dict)
    quote_leg_ids: MutableMapping[str, tuple[str, ...]] = field(default_factory=dict)
    booking_leg_ids: MutableMapping[str, tuple[str, ...]] = field(default_factory=dict)
    quotes: MutableMapping[str, Quote] = field(default_factory=dict)
    bookings: MutableMapping[str, Booking] = field(default_factory=dict)
    booking_codes: MutableMapping[str, str] = field(default_factory=dict)
    booked_quotes: MutableMapping[str, str] = field(default_factory=dict)
    stop_lists: MutableMapping[str, StopListVersion] = field(default_factory=dict)
    reports: MutableMapping[str, StoredReport] = field(default_factory=dict)
    answers: MutableMapping[tuple[str, str], KeyedAnswer] = field(default_factory=dict)
    keys: MutableMapping[str, AccessKey] = field(default_factory=dict)
    settings: MutableMapping[str, str] = field(default_factory=dict)
    events: Log[StoredEvent] = field(default_factory=_log)
    ledger: Log[LedgerEntry] = field(default_factory=_log)

    def draft(self) -> Moment:
        """Return a moment laid over this one, whose changes leave this one as it is."""
        layers: dict[str, Any] = {name: ChainMap({}, getattr(self, name)) for name in TABLES}
        return replace(self, **layers)

    def take(self, draft: Moment) -> None:
        """Make the changes of a draft over this moment one's own."""
        for name in TABLES:
            getattr(self, name).update(getattr(draft, name).maps[0])
        self.events, self.ledger = draft.events, draft.ledger

    def copy(self) -> Moment:
        """Return a moment of its own with the same content."""
        tables: dict[str, Any] = {name: dict(getattr(self, name)) for name in TABLES}
        return replace(self, **tables)


TABLES = tuple(one.name for one in fields(Moment) if one.name not in {"events", "ledger"})

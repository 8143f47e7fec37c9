"""What dispatch needs from the outside world, as protocols; the real ones meet it in :mod:`rufbus.bootstrap`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.booking import Booking, Leg, Quote
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, StoredEvent
from rufbus.domain.place import Place, Stop, StopWalk
from rufbus.domain.tour import Tour

P = ParamSpec("P")
R = TypeVar("R")


# --- roads -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoadLeg:
    """The way from one stop to another."""

    travel_s: int
    length_m: int
    coordinates: tuple[tuple[float, float], ...]
    """(lon, lat) along the roads, from stop to stop."""
    streets: tuple[str, ...]
    """Street names in order, each once in a row."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadTimes:
    """Times and lengths between all places while the roads are in one state; both arrays have a row for each origin."""

    travel_s: NDArray[np.int32]
    """Shape (places, places): driving seconds without dwell; ``UNREACHABLE_S`` where no road leads."""
    length_m: NDArray[np.int32]
    """Shape (places, places): metres along the fastest way."""


class StopNetwork(Protocol):
    """The stops and depots of a service, and the times between them on each service day.

    Places are indices: the stops in the order of ``stops``, then one depot per vehicle, in the service file's order.
    There are no times and no ways but those of a service day: roads close.
    """

    @property
    def stops(self) -> Sequence[Stop]:
        """All stops, then one ``Stop`` per depot with id ``depot:<vehicle id>``."""
        ...

    @property
    def stop_count(self) -> int:
        """How many of ``stops`` are real stops; the rest are depots."""
        ...

    def times_on(self, service_day: str) -> RoadTimes:
        """Return times and lengths on a service day; the same object for days on which the roads are the same."""
        ...

    def find_stop(self, stop_id: str) -> int | None:
        """Return the index of a stop or depot id, or ``None``."""
        ...

    def list_near(self, place: Place, max_m: int) -> Sequence[StopWalk]:
        """Return the stops within ``max_m`` metres on foot, nearest first; depots are not among them."""
        ...

    def get_leg(self, origin: int, destination: int, service_day: str) -> RoadLeg:
        """Return the way between two places on a service day with its geometry and street names."""
        ...


# --- store -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered to an idempotency key."""

    body_hash: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A bearer key; only the hash of its token is stored."""

    id: str
    token_hash: str
    role: str
    vehicle_id: str | None
    created_at: Instant
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class StopListVersion:
    """The last published stop list of a vehicle."""

    vehicle_id: str
    version: int
    content_hash: str
    acknowledged: int = 0
    """Highest version that the driver has confirmed."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What became of one promise; entries are added, never changed."""

    leg_id: str
    at: Instant
    entry: str
    """``made``, ``narrowed``, ``kept``, ``broken``, ``cancelled``, ``no_show`` or ``corrected``."""
    by: str
    """Who: ``system``, ``driver:<vehicle>`` or a key's id."""
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """An idempotency key with what was answered to it."""

    scope: str
    key: str
    answer: StoredAnswer
    at: Instant


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A driver's report as it was taken in."""

    id: str
    vehicle_id: str
    at: Instant
    """When it happened, by the van."""
    kind: str
    data: Mapping[str, Any]
    taken_at: Instant


class ReadSession(Protocol):
    """A consistent view of the stored state."""

    def tour_versions(self, service_day: str) -> Mapping[str, int]:
        """Return the version of every tour of a day, by shift id."""
        ...

    def tours(self, shift_ids: Collection[str]) -> Sequence[Tour]:
        """Return the tours that exist among ``shift_ids``, in the order of their ids."""
        ...

    def legs(self, leg_ids: Collection[str]) -> Sequence[Leg]:
        """Return the legs that exist among ``leg_ids``, in any order."""
        ...

    def find_booking(self, booking_id: str) -> Booking | None:
        """Return a booking."""
        ...

    def find_booking_by_code(self, code: str) -> Booking | None:
        """Return the booking with that code."""
        ...

    def list_bookings(self, *, phone: str | None = None, limit: int = 100) -> Sequence[Booking]:
        """Return bookings, newest first; those of a phone number when one is given."""
        ...

    def booking_legs(self, booking_ids: Collection[str]) -> Sequence[Leg]:
        """Return the legs of bookings, outward before return."""
        ...

    def find_quote(self, quote_id: str) -> Quote | None:
        """Return a quote."""
        ...

    def quote_legs(self, quote_id: str) -> Sequence[Leg]:
        """Return the legs of a quote, outward before return."""
        ...

    def request_quotes(self, request_id: str) -> Sequence[Quote]:
        """Return all quotes of one request."""
        ...

    def legs_to_narrow(self, pickup_before: Instant) -> Sequence[Leg]:
        """Return promised legs whose pickup window opens before an instant, earliest first."""
        ...

    def open_legs_due(self, due_before: Instant) -> Sequence[Leg]:
        """Return open legs (promised, narrowed, aboard) whose ``dropoff_by`` lies before an instant, earliest first."""
        ...

    def expired_legs(self, now: Instant, limit: int = 500) -> Sequence[Leg]:
        """Return legs still ``held`` whose ``held_until`` has come, earliest first."""
        ...

    def find_stop_list(self, vehicle_id: str) -> StopListVersion | None:
        """Return the last published version of a vehicle's stop list."""
        ...

    def events_after(self, seq: int, *, vehicle_id: str | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        """Return events with a higher number, in order; only a vehicle's when one is given."""
        ...

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 before the first."""
        ...

    def ledger(self, *, leg_id: str | None = None, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Return ledger entries in the order they were written."""
        ...

    def ledger_counts(self) -> Mapping[str, int]:
        """Return how many entries of each kind the ledger holds."""
        ...

    def known_reports(self, report_ids: Collection[str]) -> frozenset[str]:
        """Return those of ``report_ids`` that were taken in already."""
        ...

    def find_answer(self, scope: str, key: str) -> StoredAnswer | None:
        """Return what was answered to an idempotency key."""
        ...

    def find_key(self, token_hash: str) -> AccessKey | None:
        """Return the access key with that token hash."""
        ...

    def list_keys(self) -> Sequence[AccessKey]:
        """Return all access keys."""
        ...

    def find_setting(self, name: str) -> str | None:
        """Return a stored setting of the home, such as the seed of the identifiers or the clock's last time."""
        ...


class WriteSession(ReadSession, Protocol):
    """One short transaction: committed when its context ends, rolled back when it raises.

    Writers come one after the other, and each sees the newest state. A refused change spoils the whole transaction,
    also when the caller catches the error: it is raised again at the end.
    """

    def put_tour(self, tour: Tour, *, expected_version: int, loads: Sequence[tuple[int, int, int, int]]) -> None:
        """Store a tour as version ``expected_version + 1`` (0 expected: a new tour).

        ``loads`` has one ``(seats used, seats, wheelchairs used, wheelchair places)`` per call, after that call; the
        database refuses a row that uses more than there is.

        Raises
        ------
        StalePlan
            When the stored version is another one.
        Conflict
            When a load exceeds what there is: planning again on the same state would not help.
        """
        ...

    def add_legs(self, legs: Sequence[Leg]) -> None:
        """Store new legs."""
        ...

    def put_legs(self, legs: Sequence[Leg]) -> None:
        """Replace stored legs.

        Raises
        ------
        NotFound
            When one of them is not stored.
        StalePlan
            When the stored state of one does not lead to the new one: it has moved on since it was read.
        """
        ...

    def add_quotes(self, quotes: Sequence[Quote]) -> None:
        """Store new quotes."""
        ...

    def add_booking(self, booking: Booking) -> None:
        """Store a new booking; raises ``Conflict`` when its id, its code or its quote is taken."""
        ...

    def put_booking(self, booking: Booking, *, expected_version: int) -> None:
        """Replace a booking, as version ``expected_version + 1``; raises ``StalePlan`` when it is another one."""
        ...

    def put_stop_list(self, stop_list: StopListVersion) -> None:
        """Store a vehicle's published version."""
        ...

    def add_events(self, events: Sequence[Event]) -> Sequence[int]:
        """Append events; return their numbers, which have no gaps and follow the order of commits."""
        ...

    def add_ledger(self, entries: Sequence[LedgerEntry]) -> None:
        """Append ledger entries."""
        ...

    def add_reports(
        self, vehicle_id: str, reports: Sequence[tuple[str, Instant, str, Mapping[str, Any]]], now: Instant
    ) -> None:
        """Record driver reports as ``(id, at, kind, data)`` taken in at ``now``; an id counts once."""
        ...

    def add_answer(self, scope: str, key: str, answer: StoredAnswer, now: Instant) -> None:
        """Record the answer to an idempotency key; raises ``KeyRunning`` when another writer was faster."""
        ...

    def add_key(self, key: AccessKey) -> None:
        """Store an access key."""
        ...

    def revoke_key(self, key_id: str) -> None:
        """Revoke an access key; raises ``NotFound`` when there is none."""
        ...

    def put_setting(self, name: str, value: str) -> None:
        """Store a setting of the home."""
        ...


class AuditSession(ReadSession, Protocol):
    """A reading session that can also go through everything there is, for the checker and for exports.

    The iterators may be lazy: they are read before the session ends.
    """

    def all_tours(self) -> Iterator[Tour]:
        """Return every tour, in the order of shift ids."""
        ...

    def all_legs(self) -> Iterator[Leg]:
        """Return every leg in every state, in the order of ids."""
        ...

    def all_bookings(self) -> Iterator[Booking]:
        """Return every booking, in the order of ids."""
        ...

    def all_quotes(self) -> Iterator[Quote]:
        """Return every quote, in the order of ids."""
        ...

    def all_events(self) -> Iterator[StoredEvent]:
        """Return every event, in the order of their numbers."""
        ...

    def all_ledger(self) -> Iterator[LedgerEntry]:
        """Return every ledger entry, in the order they were written."""
        ...

    def all_answers(self) -> Iterator[KeyedAnswer]:
        """Return every answered idempotency key, in the order of scope and key."""
        ...

    def all_reports(self) -> Iterator[StoredReport]:
        """Return every driver report, in the order they were taken in."""
        ...

    def all_stop_lists(self) -> Iterator[StopListVersion]:
        """Return the last published version of every vehicle, in the order of vehicle ids."""
        ...


class Store(Protocol):
    """The database, or the in-memory fake that obeys the same contract."""

    def read(self) -> AbstractContextManager[ReadSession]:
        """Open a reading session; it sees one moment."""
        ...

    def audit(self) -> AbstractContextManager[AuditSession]:
        """Open a reading session over everything; it sees one moment."""
        ...

    def write(self) -> AbstractContextManager[WriteSession]:
        """Open a writing transaction.

        Raises
        ------
        Unavailable
            When the storage is full or out of reach; nothing was changed.
        """
        ...


# --- work elsewhere --------------------------------------------------------------------------------------------------


class Workers(Protocol):
    """Runs a pure function in another process, so that thinking never delays an answer."""

    def submit(self, job: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Start ``job``; a dead worker shows as an exception of the future."""
        ...

    def close(self) -> None:
        """End the workers, busy or not; the next job starts new ones."""
        ...

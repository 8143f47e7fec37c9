"""The store without a database: the same contract, for tests and simulations.

A reader holds a *moment*, which no commit changes: a commit that finds its moment in a reader's hands makes a new one,
otherwise it writes on. A writer works on a draft, laid over the moment, that is thrown away when it raises.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any, NoReturn, TypeVar

from rufbus.domain.booking import OPEN_STATES, Booking, Leg, LegState, Quote
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import Conflict, RufbusError, Unavailable
from rufbus.domain.events import Event, StoredEvent
from rufbus.domain.tour import Tour
from rufbus.ports import AccessKey, KeyedAnswer, LedgerEntry, StopListVersion, StoredAnswer, StoredReport
from rufbus.store.mapping import to_plain
from rufbus.store.moment import Moment
from rufbus.store.refusals import check_loads, find_leg_refusal, key_running, no_key, stale_booking, stale_tour

T = TypeVar("T")
WAIT_S = 5


class MemoryReadSession:
    """A :class:`rufbus.ports.AuditSession` over one moment."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def tour_versions(self, service_day: str) -> Mapping[str, int]:
        """Return the version of every tour of a day, by shift id."""
        tours = self._moment.tours.values()
        return {tour.shift_id: tour.version for tour in tours if tour.service_day == service_day}

    def tours(self, shift_ids: Collection[str]) -> Sequence[Tour]:
        """Return the tours that exist among ``shift_ids``, in the order of their ids."""
        return _among(self._moment.tours, sorted(set(shift_ids)))

    def legs(self, leg_ids: Collection[str]) -> Sequence[Leg]:
        """Return the legs that exist among ``leg_ids``, in any order."""
        return _among(self._moment.legs, set(leg_ids))

    def find_booking(self, booking_id: str) -> Booking | None:
        """Return a booking."""
        return self._moment.bookings.get(booking_id)

    def find_booking_by_code(self, code: str) -> Booking | None:
        """Return the booking with that code."""
        booking_id = self._moment.booking_codes.get(code)
        return None if booking_id is None else self._moment.bookings[booking_id]

    def list_bookings(self, *, phone: str | None = None, limit: int = 100) -> Sequence[Booking]:
        """Return bookings, newest first; those of a phone number when one is given."""
        found = [one for one in self._moment.bookings.values() if phone is None or one.rider.phone == phone]
        return sorted(found, key=lambda one: (one.booked_at, one.id), reverse=True)[:limit]

    def booking_legs(self, booking_ids: Collection[str]) -> Sequence[Leg]:
        """Return the legs of bookings, booking by booking, outward before return."""
        found = [self._legs_of(self._moment.booking_leg_ids, one) for one in sorted(set(booking_ids))]
        return [leg for legs in found for leg in legs]

    def find_quote(self, quote_id: str) -> Quote | None:
        """Return a quote."""
        return self._moment.quotes.get(quote_id)

    def quote_legs(self, quote_id: str) -> Sequence[Leg]:
        """Return the legs of a quote, outward before return."""
        return self._legs_of(self._moment.quote_leg_ids, quote_id)

    def request_quotes(self, request_id: str) -> Sequence[Quote]:
        """Return all quotes of one request, in the order of their ids."""
        found = [quote for quote in self._moment.quotes.values() if quote.request_id == request_id]
        return sorted(found, key=lambda quote: quote.id)

    def legs_to_narrow(self, pickup_before: Instant) -> Sequence[Leg]:
        """Return promised legs whose pickup window opens before an instant, earliest first."""
        found = [
            leg
            for leg in self._moment.legs.values()
            if leg.state is LegState.PROMISED and leg.promise.pickup_from < pickup_before
        ]
        return sorted(found, key=lambda leg: (leg.promise.pickup_from, leg.id))

    def open_legs_due(self, due_before: Instant) -> Sequence[Leg]:
        """Return open legs (promised, narrowed, aboard) whose ``dropoff_by`` lies before an instant, earliest first."""
        found = [
            leg
            for leg in self._moment.legs.values()
            if leg.state in OPEN_STATES and leg.promise.dropoff_by < due_before
        ]
        return sorted(found, key=lambda leg: (leg.promise.dropoff_by, leg.id))

    def expired_legs(self, now: Instant, limit: int = 500) -> Sequence[Leg]:
        """Return legs still ``held`` whose ``held_until`` has come, earliest first."""
        found = [
            (leg.held_until, leg.id, leg)
            for leg in self._moment.legs.values()
            if leg.state is LegState.HELD and leg.held_until is not None and leg.held_until <= now
        ]
        return [leg for _, _, leg in sorted(found, key=lambda one: one[:2])[:limit]]

    def find_stop_list(self, vehicle_id: str) -> StopListVersion | None:
        """Return the last published version of a vehicle's stop list."""
        return self._moment.stop_lists.get(vehicle_id)

    def events_after(self, seq: int, *, vehicle_id: str | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        """Return events with a higher number, in order; only a vehicle's when one is given."""
        later = self._moment.events.since(seq)
        return list(islice((one for one in later if vehicle_id in {None, one.event.vehicle_id}), limit))

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 before the first."""
        return self._moment.events.length

    def ledger(self, *, leg_id: str | None = None, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Return ledger entries in the order they were written."""
        return list(islice((one for one in self._moment.ledger if leg_id in {None, one.leg_id}), limit))

    def ledger_counts(self) -> Mapping[str, int]:
        """Return how many entries of each kind the ledger holds."""
        counts: dict[str, int] = {}
        for one in self._moment.ledger:
            counts[one.entry] = counts.get(one.entry, 0) + 1
        return counts

    def known_reports(self, report_ids: Collection[str]) -> frozenset[str]:
        """Return those of ``report_ids`` that were taken in already."""
        return frozenset(one for one in report_ids if one in self._moment.reports)

    def find_answer(self, scope: str, key: str) -> StoredAnswer | None:
        """Return what was answered to an idempotency key."""
        found = self._moment.answers.get((scope, key))
        return None if found is None else found.answer

    def find_key(self, token_hash: str) -> AccessKey | None:
        """Return the access key with that token hash, revoked or not."""
        return next((key for key in self._moment.keys.values() if key.token_hash == token_hash), None)

    def list_keys(self) -> Sequence[AccessKey]:
        """Return all access keys, oldest first."""
        return sorted(self._moment.keys.values(), key=lambda key: (key.created_at, key.id))

    def find_setting(self, name: str) -> str | None:
        """Return a stored setting of the home."""
        return self._moment.settings.get(name)

    def all_tours(self) -> Iterator[Tour]:
        """Return every tour, in the order of shift ids."""
        return _in_order(self._moment.tours)

    def all_legs(self) -> Iterator[Leg]:
        """Return every leg in every state, in the order of ids."""
        return _in_order(self._moment.legs)

    def all_bookings(self) -> Iterator[Booking]:
        """Return every booking, in the order of ids."""
        return _in_order(self._moment.bookings)

    def all_quotes(self) -> Iterator[Quote]:
        """Return every quote, in the order of ids."""
        return _in_order(self._moment.quotes)

    def all_events(self) -> Iterator[StoredEvent]:
        """Return every event, in the order of their numbers."""
        return iter(self._moment.events)

    def all_ledger(self) -> Iterator[LedgerEntry]:
        """Return every ledger entry, in the order they were written."""
        return iter(self._moment.ledger)

    def all_answers(self) -> Iterator[KeyedAnswer]:
        """Return every answered idempotency key, in the order of scope and key."""
        return _in_order(self._moment.answers)

    def all_reports(self) -> Iterator[StoredReport]:
        """Return every driver report, in the order they were taken in."""
        return iter(list(self._moment.reports.values()))

    def all_stop_lists(self) -> Iterator[StopListVersion]:
        """Return the last published version of every vehicle, in the order of vehicle ids."""
        return _in_order(self._moment.stop_lists)

    def _legs_of(self, index: Mapping[str, tuple[str, ...]], owner_id: str) -> list[Leg]:
        found = _among(self._moment.legs, index.get(owner_id, ()))
        return sorted(found, key=lambda leg: leg.direction.value)


class MemoryWriteSession(MemoryReadSession):
    """A :class:`rufbus.ports.WriteSession` on a draft; a refused change spoils the whole of it."""

    def __init__(self, draft: Moment) -> None:
        super().__init__(draft)
        self._refusal: RufbusError | None = None

    def check_sound(self) -> None:
        """Check that no change was refused; raises the last refusal again."""
        if self._refusal is not None:
            raise self._refusal

    def put_tour(self, tour: Tour, *, expected_version: int, loads: Sequence[tuple[int, int, int, int]]) -> None:
        """Store a tour as version ``expected_version + 1``; raises ``StalePlan``, or ``Conflict`` when overfull."""
        check_loads(tour, loads)
        stored = self._moment.tours.get(tour.shift_id)
        if (stored.version if stored else 0) != expected_version:
            self._refuse(stale_tour(tour.shift_id, expected_version))
        if not all(0 <= seated <= seats and 0 <= chairs <= places for seated, seats, chairs, places in loads):
            self._refuse(Conflict(f"Tour {tour.shift_id} would carry more than there is room for. Plan again."))
        self._moment.tours[tour.shift_id] = replace(tour, version=expected_version + 1)

    def add_legs(self, legs: Sequence[Leg]) -> None:
        """Store new legs."""
        for leg in legs:
            self._add(self._moment.legs, leg.id, leg)
            self._index(leg)

    def put_legs(self, legs: Sequence[Leg]) -> None:
        """Replace stored legs; raises ``NotFound``, or ``StalePlan`` when the state of one has moved on."""
        for leg in legs:
            stored = self._moment.legs.get(leg.id)
            refusal = find_leg_refusal(leg, None if stored is None else stored.state)
            if refusal is not None:
                self._refuse(refusal)
            self._unindex(self._moment.legs[leg.id])
            self._moment.legs[leg.id] = leg
            self._index(leg)

    def add_quotes(self, quotes: Sequence[Quote]) -> None:
        """Store new quotes."""
        for quote in quotes:
            self._add(self._moment.quotes, quote.id, quote)

    def add_booking(self, booking: Booking) -> None:
        """Store a new booking; raises ``Conflict`` when its id, code or quote is taken."""
        self._add(self._moment.bookings, booking.id, booking)
        self._add(self._moment.booking_codes, booking.code, booking.id)
        self._add(self._moment.booked_quotes, booking.quote_id, booking.id)

    def put_booking(self, booking: Booking, *, expected_version: int) -> None:
        """Replace a booking, as version ``expected_version + 1``; raises ``StalePlan`` when it is another one."""
        stored = self._moment.bookings.get(booking.id)
        same = (booking.code, booking.quote_id, expected_version)
        if stored is None or (stored.code, stored.quote_id, stored.version) != same:
            self._refuse(stale_booking(booking.id, expected_version))
        self._moment.bookings[booking.id] = replace(booking, version=expected_version + 1)

    def put_stop_list(self, stop_list: StopListVersion) -> None:
        """Store a vehicle's published version."""
        self._moment.stop_lists[stop_list.vehicle_id] = stop_list

    def add_events(self, events: Sequence[Event]) -> Sequence[int]:
        """Append events; return their numbers, which have no gaps and follow the order of commits."""
        first = self._moment.events.length + 1
        numbered = [
            StoredEvent(seq, replace(event, data=to_plain(event.data))) for seq, event in enumerate(events, first)
        ]
        self._moment.events = self._moment.events.with_added(numbered)
        return range(first, first + len(numbered))

    def add_ledger(self, entries: Sequence[LedgerEntry]) -> None:
        """Append ledger entries."""
        plain = [replace(entry, data=to_plain(entry.data)) for entry in entries]
        self._moment.ledger = self._moment.ledger.with_added(plain)

    def add_reports(
        self, vehicle_id: str, reports: Sequence[tuple[str, Instant, str, Mapping[str, Any]]], now: Instant
    ) -> None:
        """Record driver reports as ``(id, at, kind, data)`` taken in at ``now``; an id counts once."""
        for report_id, at, kind, data in reports:
            if report_id not in self._moment.reports:
                report = StoredReport(report_id, vehicle_id, at, kind, to_plain(data), now)
                self._moment.reports[report_id] = report

    def add_answer(self, scope: str, key: str, answer: StoredAnswer, now: Instant) -> None:
        """Record the answer to an idempotency key; raises ``KeyRunning`` when another writer was faster."""
        if (scope, key) in self._moment.answers:
            self._refuse(key_running())
        self._moment.answers[scope, key] = KeyedAnswer(scope, key, answer, now)

    def add_key(self, key: AccessKey) -> None:
        """Store an access key."""
        if self.find_key(key.token_hash) is not None:
            self._refuse(_taken(key.id))
        self._add(self._moment.keys, key.id, key)

    def revoke_key(self, key_id: str) -> None:
        """Revoke an access key; raises ``NotFound`` when there is none."""
        if key_id not in self._moment.keys:
            self._refuse(no_key(key_id))
        self._moment.keys[key_id] = replace(self._moment.keys[key_id], revoked=True)

    def put_setting(self, name: str, value: str) -> None:
        """Store a setting of the home."""
        self._moment.settings[name] = value

    def _index(self, leg: Leg) -> None:
        _append(self._moment.quote_leg_ids, leg.quote_id, leg.id)
        if leg.booking_id is not None:
            _append(self._moment.booking_leg_ids, leg.booking_id, leg.id)

    def _unindex(self, leg: Leg) -> None:
        _remove(self._moment.quote_leg_ids, leg.quote_id, leg.id)
        if leg.booking_id is not None:
            _remove(self._moment.booking_leg_ids, leg.booking_id, leg.id)

    def _add(self, table: MutableMapping[str, T], key: str, value: T) -> None:
        if key in table:
            self._refuse(_taken(key))
        table[key] = value

    def _refuse(self, refusal: RufbusError) -> NoReturn:
        self._refusal = refusal
        raise refusal


class MemoryStore:
    """A :class:`rufbus.ports.Store` that lasts as long as its process; safe to use from many threads."""

    def __init__(self) -> None:
        self._moment = Moment()
        self._readers = 0
        """How many sessions hold the present moment."""
        self._turn = threading.Lock()
        self._change = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[MemoryReadSession]:
        """Open a reading session; it sees one moment."""
        with self._change:
            moment = self._moment
            self._readers += 1
        try:
            yield MemoryReadSession(moment)
        finally:
            with self._change:
                if moment is self._moment:
                    self._readers -= 1

    def audit(self) -> AbstractContextManager[MemoryReadSession]:
        """Open a reading session over everything; it sees one moment."""
        return self.read()

    @contextmanager
    def write(self) -> Iterator[MemoryWriteSession]:
        """Open a writing transaction: committed when its context ends, forgotten when it raises."""
        if not self._turn.acquire(timeout=WAIT_S):
            raise Unavailable("Other changes hold the store for too long. Try again.")
        try:
            draft = self._moment.draft()
            session = MemoryWriteSession(draft)
            yield session
            session.check_sound()
            self._commit(draft)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def _commit(self, draft: Moment) -> None:
        with self._change:
            if self._readers:
                self._moment, self._readers = self._moment.copy(), 0
            self._moment.take(draft)


def _among(table: Mapping[str, T], keys: Collection[str]) -> list[T]:
    return [table[key] for key in keys if key in table]


def _in_order(table: Mapping[Any, T]) -> Iterator[T]:
    return iter([table[key] for key in sorted(table)])


def _append(index: MutableMapping[str, tuple[str, ...]], owner_id: str, leg_id: str) -> None:
    index[owner_id] = (*index.get(owner_id, ()), leg_id)


def _remove(index: MutableMapping[str, tuple[str, ...]], owner_id: str, leg_id: str) -> None:
    index[owner_id] = tuple(one for one in index[owner_id] if one != leg_id)


def _taken(key: str) -> Conflict:
    return Conflict(f"{key} is stored already. Read again what is stored, then try again.")

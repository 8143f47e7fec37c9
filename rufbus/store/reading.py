"""Questions to the database: rows in, domain values out, no objects of the database in between."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Column, Connection, CursorResult, Executable, Select, func, select

from rufbus.domain.booking import OPEN_STATES, Booking, Leg, LegState, Quote
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import RufbusError
from rufbus.domain.events import StoredEvent
from rufbus.domain.tour import Tour
from rufbus.ports import AccessKey, KeyedAnswer, LedgerEntry, StopListVersion, StoredAnswer, StoredReport
from rufbus.store import mapping, tables
from rufbus.store.failures import find_refusal

T = TypeVar("T")

TOURS = tables.table_of(tables.TourRow)
LEGS = tables.table_of(tables.LegRow)
QUOTES = tables.table_of(tables.QuoteRow)
BOOKINGS = tables.table_of(tables.BookingRow)
STOP_LISTS = tables.table_of(tables.StopListRow)
COUNTERS = tables.table_of(tables.CounterRow)
EVENTS = tables.table_of(tables.EventRow)
LEDGER = tables.table_of(tables.LedgerRow)
REPORTS = tables.table_of(tables.ReportRow)
ANSWERS = tables.table_of(tables.AnswerRow)
ACCESS_KEYS = tables.table_of(tables.AccessKeyRow)
SETTINGS = tables.table_of(tables.SettingRow)

EVENT_COUNTER = "events"
CHUNK = 500
"""How many values one ``IN`` holds; both engines take many more."""
BATCH = 1000
"""How many rows of a whole table are in memory at once."""


class SqlReadSession:
    """A :class:`rufbus.ports.ReadSession` on one connection; its moment is that of its first question."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tour_versions(self, service_day: str) -> Mapping[str, int]:
        """Return the version of every tour of a day, by shift id."""
        found = self._run(select(TOURS.c.shift_id, TOURS.c.version).where(TOURS.c.service_day == service_day))
        return {row.shift_id: row.version for row in found}

    def tours(self, shift_ids: Collection[str]) -> Sequence[Tour]:
        """Return the tours that exist among ``shift_ids``, in the order of their ids."""
        found = (mapping.tour_from(row) for row in self._among(select(TOURS), TOURS.c.shift_id, shift_ids))
        return sorted(found, key=lambda tour: tour.shift_id)

    def legs(self, leg_ids: Collection[str]) -> Sequence[Leg]:
        """Return the legs that exist among ``leg_ids``, in any order."""
        return [mapping.leg_from(row) for row in self._among(select(LEGS), LEGS.c.id, leg_ids)]

    def find_booking(self, booking_id: str) -> Booking | None:
        """Return a booking."""
        return self._find(select(BOOKINGS).where(BOOKINGS.c.id == booking_id), mapping.booking_from)

    def find_booking_by_code(self, code: str) -> Booking | None:
        """Return the booking with that code."""
        return self._find(select(BOOKINGS).where(BOOKINGS.c.code == code), mapping.booking_from)

    def list_bookings(self, *, phone: str | None = None, limit: int = 100) -> Sequence[Booking]:
        """Return bookings, newest first; those of a phone number when one is given."""
        question = select(BOOKINGS).order_by(BOOKINGS.c.booked_at.desc(), BOOKINGS.c.id.desc()).limit(limit)
        if phone is not None:
            question = question.where(BOOKINGS.c.rider_phone == phone)
        return self._list(question, mapping.booking_from)

    def booking_legs(self, booking_ids: Collection[str]) -> Sequence[Leg]:
        """Return the legs of bookings, booking by booking, outward before return."""
        found = (mapping.leg_from(row) for row in self._among(select(LEGS), LEGS.c.booking_id, booking_ids))
        return sorted(found, key=lambda leg: (leg.booking_id, leg.direction.value))

    def find_quote(self, quote_id: str) -> Quote | None:
        """Return a quote."""
        return self._find(select(QUOTES).where(QUOTES.c.id == quote_id), mapping.quote_from)

    def quote_legs(self, quote_id: str) -> Sequence[Leg]:
        """Return the legs of a quote, outward before return."""
        question = select(LEGS).where(LEGS.c.quote_id == quote_id).order_by(LEGS.c.direction)
        return self._list(question, mapping.leg_from)

    def request_quotes(self, request_id: str) -> Sequence[Quote]:
        """Return all quotes of one request, in the order of their ids."""
        question = select(QUOTES).where(QUOTES.c.request_id == request_id).order_by(QUOTES.c.id)
        return self._list(question, mapping.quote_from)

    def legs_to_narrow(self, pickup_before: Instant) -> Sequence[Leg]:
        """Return promised legs whose pickup window opens before an instant, earliest first."""
        question = (
            select(LEGS)
            .where(LEGS.c.state == LegState.PROMISED.value, LEGS.c.pickup_from < pickup_before)
            .order_by(LEGS.c.pickup_from, LEGS.c.id)
        )
        return self._list(question, mapping.leg_from)

    def open_legs_due(self, due_before: Instant) -> Sequence[Leg]:
        """Return open legs (promised, narrowed, aboard) whose ``dropoff_by`` lies before an instant, earliest first."""
        states = sorted(state.value for state in OPEN_STATES)
        question = (
            select(LEGS)
            .where(LEGS.c.state.in_(states), LEGS.c.dropoff_by < due_before)
            .order_by(LEGS.c.dropoff_by, LEGS.c.id)
        )
        return self._list(question, mapping.leg_from)

    def expired_legs(self, now: Instant, limit: int = 500) -> Sequence[Leg]:
        """Return legs still ``held`` whose ``held_until`` has come, earliest first."""
        question = (
            select(LEGS)
            .where(LEGS.c.state == LegState.HELD.value, LEGS.c.held_until <= now)
            .order_by(LEGS.c.held_until, LEGS.c.id)
            .limit(limit)
        )
        return self._list(question, mapping.leg_from)

    def find_stop_list(self, vehicle_id: str) -> StopListVersion | None:
        """Return the last published version of a vehicle's stop list."""
        return self._find(select(STOP_LISTS).where(STOP_LISTS.c.vehicle_id == vehicle_id), mapping.stop_list_from)

    def events_after(self, seq: int, *, vehicle_id: str | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        """Return events with a higher number, in order; only a vehicle's when one is given."""
        question = select(EVENTS).where(EVENTS.c.seq > seq).order_by(EVENTS.c.seq).limit(limit)
        if vehicle_id is not None:
            question = question.where(EVENTS.c.vehicle_id == vehicle_id)
        return self._list(question, mapping.event_from)

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 before the first."""
        number: int = self._run(select(COUNTERS.c.value).where(COUNTERS.c.name == EVENT_COUNTER)).scalar_one()
        return number

    def ledger(self, *, leg_id: str | None = None, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Return ledger entries in the order they were written."""
        question = select(LEDGER).order_by(LEDGER.c.position).limit(limit)
        if leg_id is not None:
            question = question.where(LEDGER.c.leg_id == leg_id)
        return self._list(question, mapping.ledger_from)

    def ledger_counts(self) -> Mapping[str, int]:
        """Return how many entries of each kind the ledger holds."""
        found = self._run(select(LEDGER.c.entry, func.count().label("entries")).group_by(LEDGER.c.entry))
        return {row.entry: row.entries for row in found}

    def known_reports(self, report_ids: Collection[str]) -> frozenset[str]:
        """Return those of ``report_ids`` that were taken in already."""
        return frozenset(row.id for row in self._among(select(REPORTS.c.id), REPORTS.c.id, report_ids))

    def find_answer(self, scope: str, key: str) -> StoredAnswer | None:
        """Return what was answered to an idempotency key."""
        question = select(ANSWERS).where(ANSWERS.c.scope == scope, ANSWERS.c.key == key)
        return self._find(question, mapping.answer_from)

    def find_key(self, token_hash: str) -> AccessKey | None:
        """Return the access key with that token hash, revoked or not."""
        return self._find(select(ACCESS_KEYS).where(ACCESS_KEYS.c.token_hash == token_hash), mapping.key_from)

    def list_keys(self) -> Sequence[AccessKey]:
        """Return all access keys, oldest first."""
        return self._list(select(ACCESS_KEYS).order_by(ACCESS_KEYS.c.created_at, ACCESS_KEYS.c.id), mapping.key_from)

    def find_setting(self, name: str) -> str | None:
        """Return a stored setting of the home."""
        value: str | None = self._run(select(SETTINGS.c.value).where(SETTINGS.c.name == name)).scalar()
        return value

    def _run(self, statement: Executable, rows: Any = None) -> CursorResult[Any]:
        try:
            return self._connection.execute(statement, rows)
        except Exception as error:
            refusal = find_refusal(error)
            if refusal is None:
                raise
            self._refuse(refusal, error)

    def _refuse(self, refusal: RufbusError, cause: Exception | None = None) -> NoReturn:
        raise refusal from cause

    def _find(self, question: Select[Any], to_value: Callable[[Any], T]) -> T | None:
        row = self._run(question).first()
        return None if row is None else to_value(row)

    def _list(self, question: Select[Any], to_value: Callable[[Any], T]) -> list[T]:
        return [to_value(row) for row in self._run(question)]

    def _among(self, question: Select[Any], column: Column[Any], values: Collection[str]) -> Iterator[Any]:
        """Yield the rows whose ``column`` is one of ``values``, asked for in chunks."""
        wanted = sorted(set(values))
        for start in range(0, len(wanted), CHUNK):
            yield from self._run(question.where(column.in_(wanted[start : start + CHUNK])))


class SqlAuditSession(SqlReadSession):
    """A :class:`rufbus.ports.AuditSession`: whole tables, read as a stream."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._streams: list[CursorResult[Any]] = []

    def close(self) -> None:
        """Close the streams that nobody read to their end."""
        for stream in self._streams:
            stream.close()

    def all_tours(self) -> Iterator[Tour]:
        """Return every tour, in the order of shift ids."""
        return self._stream(select(TOURS).order_by(TOURS.c.shift_id), mapping.tour_from)

    def all_legs(self) -> Iterator[Leg]:
        """Return every leg in every state, in the order of ids."""
        return self._stream(select(LEGS).order_by(LEGS.c.id), mapping.leg_from)

    def all_bookings(self) -> Iterator[Booking]:
        """Return every booking, in the order of ids."""
        return self._stream(select(BOOKINGS).order_by(BOOKINGS.c.id), mapping.booking_from)

    def all_quotes(self) -> Iterator[Quote]:
        """Return every quote, in the order of ids."""
        return self._stream(select(QUOTES).order_by(QUOTES.c.id), mapping.quote_from)

    def all_events(self) -> Iterator[StoredEvent]:
        """Return every event, in the order of their numbers."""
        return self._stream(select(EVENTS).order_by(EVENTS.c.seq), mapping.event_from)

    def all_ledger(self) -> Iterator[LedgerEntry]:
        """Return every ledger entry, in the order they were written."""
        return self._stream(select(LEDGER).order_by(LEDGER.c.position), mapping.ledger_from)

    def all_answers(self) -> Iterator[KeyedAnswer]:
        """Return every answered idempotency key, in the order of scope and key."""
        return self._stream(select(ANSWERS).order_by(ANSWERS.c.scope, ANSWERS.c.key), mapping.keyed_answer_from)

    def all_reports(self) -> Iterator[StoredReport]:
        """Return every driver report, in the order they were taken in."""
        return self._stream(select(REPORTS).order_by(REPORTS.c.position), mapping.report_from)

    def all_stop_lists(self) -> Iterator[StopListVersion]:
        """Return the last published version of every vehicle, in the order of vehicle ids."""
        return self._stream(select(STOP_LISTS).order_by(STOP_LISTS.c.vehicle_id), mapping.stop_list_from)

    def _stream(self, question: Select[Any], to_value: Callable[[Any], T]) -> Iterator[T]:
        with self._run(question.execution_options(yield_per=BATCH)) as rows:
            self._streams.append(rows)
            for row in rows:
                yield to_value(row)

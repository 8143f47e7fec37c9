"""Changes to the database, inside the one transaction that a unit of work opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from rufbus.domain.booking import Booking, Leg, LegState, Quote
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import Conflict, RufbusError, StalePlan
from rufbus.domain.events import Event
from rufbus.domain.tour import Tour
from rufbus.ports import AccessKey, LedgerEntry, StopListVersion, StoredAnswer
from rufbus.store import mapping, tables
from rufbus.store.reading import (
    ACCESS_KEYS,
    ANSWERS,
    BOOKINGS,
    COUNTERS,
    EVENT_COUNTER,
    EVENTS,
    LEDGER,
    LEGS,
    QUOTES,
    REPORTS,
    SETTINGS,
    STOP_LISTS,
    TOURS,
    SqlReadSession,
)
from rufbus.store.refusals import check_loads, find_leg_refusal, key_running, no_key, stale_booking, stale_tour

TOUR_LOADS = tables.table_of(tables.TourLoadRow)

REPLACE_LEG = (
    update(LEGS)
    .where(LEGS.c.id == bindparam("leg_id"))
    .values({column.name: bindparam(column.name) for column in LEGS.c if column.name != "id"})
)


class SqlWriteSession(SqlReadSession):
    """A :class:`rufbus.ports.WriteSession` on one connection.

    A refused change spoils the whole transaction, also when the caller catches the error: PostgreSQL takes nothing more
    after one, and half a change is worse than none.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._refusal: RufbusError | None = None

    def check_sound(self) -> None:
        """Check that no change was refused; raises the last refusal again."""
        if self._refusal is not None:
            raise self._refusal

    def put_tour(self, tour: Tour, *, expected_version: int, loads: Sequence[tuple[int, int, int, int]]) -> None:
        """Store a tour as version ``expected_version + 1`` (0 expected: a new tour).

        Raises
        ------
        StalePlan
            When the stored version is another one.
        Conflict
            When a load exceeds what there is.
        """
        check_loads(tour, loads)
        row = mapping.tour_row(tour, expected_version + 1)
        if expected_version == 0:
            self._add_tour(row)
        else:
            self._replace_tour(row, expected_version)
        if loads:
            self._run(insert(TOUR_LOADS), mapping.load_rows(tour.shift_id, loads))

    def add_legs(self, legs: Sequence[Leg]) -> None:
        """Store new legs."""
        self._add(LEGS, [mapping.leg_row(leg) for leg in legs])

    def put_legs(self, legs: Sequence[Leg]) -> None:
        """Replace stored legs.

        Raises
        ------
        NotFound
            When one of them is not stored.
        StalePlan
            When the state of one has moved on to where the new one does not lead.
        """
        if not legs:
            return
        question = select(LEGS.c.id, LEGS.c.state)
        stored = {row.id: LegState(row.state) for row in self._among(question, LEGS.c.id, [leg.id for leg in legs])}
        for leg in legs:
            refusal = find_leg_refusal(leg, stored.get(leg.id))
            if refusal is not None:
                self._refuse(refusal)
        rows = [mapping.leg_row(leg) for leg in legs]
        self._run(REPLACE_LEG, [{"leg_id": row.pop("id"), **row} for row in rows])

    def add_quotes(self, quotes: Sequence[Quote]) -> None:
        """Store new quotes."""
        self._add(QUOTES, [mapping.quote_row(quote) for quote in quotes])

    def add_booking(self, booking: Booking) -> None:
        """Store a new booking; raises ``Conflict`` when its id, code or quote is taken."""
        self._add(BOOKINGS, [mapping.booking_row(booking, booking.version)])

    def put_booking(self, booking: Booking, *, expected_version: int) -> None:
        """Replace a booking, as version ``expected_version + 1``; raises ``StalePlan`` when it is another one."""
        row = mapping.booking_row(booking, expected_version + 1)
        same = (
            BOOKINGS.c.id == booking.id,
            BOOKINGS.c.code == booking.code,
            BOOKINGS.c.quote_id == booking.quote_id,
            BOOKINGS.c.version == expected_version,
        )
        if self._run(update(BOOKINGS).where(*same).values(row)).rowcount != 1:
            self._refuse(stale_booking(booking.id, expected_version))

    def put_stop_list(self, stop_list: StopListVersion) -> None:
        """Store a vehicle's published version."""
        self._put(STOP_LISTS, "vehicle_id", mapping.stop_list_row(stop_list))

    def add_events(self, events: Sequence[Event]) -> Sequence[int]:
        """Append events; return their numbers, which have no gaps and follow the order of commits."""
        if not events:
            return ()
        count = (
            update(COUNTERS)
            .where(COUNTERS.c.name == EVENT_COUNTER)
            .values(value=COUNTERS.c.value + len(events))
            .returning(COUNTERS.c.value)
        )
        last: int = self._run(count).scalar_one()
        numbers = range(last - len(events) + 1, last + 1)
        self._add(EVENTS, [mapping.event_row(seq, event) for seq, event in zip(numbers, events, strict=True)])
        return numbers

    def add_ledger(self, entries: Sequence[LedgerEntry]) -> None:
        """Append ledger entries."""
        self._add(LEDGER, [mapping.ledger_row(entry) for entry in entries])

    def add_reports(
        self, vehicle_id: str, reports: Sequence[tuple[str, Instant, str, Mapping[str, Any]]], now: Instant
    ) -> None:
        """Record driver reports as ``(id, at, kind, data)`` taken in at ``now``; an id counts once."""
        known = self.known_reports([report[0] for report in reports])
        new = {report[0]: report for report in reversed(reports) if report[0] not in known}
        self._add(REPORTS, [mapping.report_row(vehicle_id, report, now) for report in reversed(new.values())])

    def add_answer(self, scope: str, key: str, answer: StoredAnswer, now: Instant) -> None:
        """Record the answer to an idempotency key; raises ``KeyRunning`` when another writer was faster."""
        self._add(ANSWERS, [mapping.answer_row(scope, key, answer, now)], taken=key_running())

    def add_key(self, key: AccessKey) -> None:
        """Store an access key."""
        self._add(ACCESS_KEYS, [mapping.key_row(key)])

    def revoke_key(self, key_id: str) -> None:
        """Revoke an access key; raises ``NotFound`` when there is none."""
        changed = self._run(update(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key_id).values(revoked=True))
        if changed.rowcount != 1:
            self._refuse(no_key(key_id))

    def put_setting(self, name: str, value: str) -> None:
        """Store a setting of the home."""
        self._put(SETTINGS, "name", {"name": name, "value": value})

    def _add_tour(self, row: mapping.Values) -> None:
        self._add(TOURS, [row], taken=stale_tour(row["shift_id"], 0))

    def _replace_tour(self, row: mapping.Values, expected_version: int) -> None:
        """Compare and set: the one statement on which every seat depends."""
        same = (TOURS.c.shift_id == row["shift_id"], TOURS.c.version == expected_version)
        if self._run(update(TOURS).where(*same).values(row)).rowcount != 1:
            self._refuse(stale_tour(row["shift_id"], expected_version))
        self._run(delete(TOUR_LOADS).where(TOUR_LOADS.c.shift_id == row["shift_id"]))

    def _add(self, table: Table, rows: list[mapping.Values], *, taken: RufbusError | None = None) -> None:
        """Insert rows; ``taken`` is what it means when a key is not free."""
        if not rows:
            return
        try:
            self._run(insert(table), rows)
        except Conflict as error:
            if taken is None or isinstance(error, StalePlan):
                raise
            self._refuse(taken, error)

    def _put(self, table: Table, key: str, row: mapping.Values) -> None:
        """Replace the row with that key, or insert it."""
        if self._run(update(table).where(table.c[key] == row[key]).values(row)).rowcount == 0:
            self._add(table, [row])

    def _refuse(self, refusal: RufbusError, cause: Exception | None = None) -> NoReturn:
        self._refusal = refusal
        raise refusal from cause

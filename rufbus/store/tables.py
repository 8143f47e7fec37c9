"""The tables. They describe rows and nothing else: what is read becomes a domain value in :mod:`rufbus.store.mapping`.

Instants are whole seconds since 1970-01-01T00:00:00Z in 64 bits. Structured values that no query looks into are compact
JSON text, the same on both engines. The figures that no bug may exceed stand in columns under a ``CHECK``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, MetaData, String, Table, Text
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a migration can change it."""

POSITION = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up; SQLite does so only for the type ``INTEGER``."""

NAME = String().with_variant(String(collation="C"), "postgresql")
"""An identifier by which rows are put in order: by code points, as Python and SQLite do it."""


class Row(SQLModel):
    """The root of all tables."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class TourRow(Row, table=True):
    """One tour: all that one shift does, and the version that writers compare."""

    __tablename__ = "tours"
    __table_args__ = (CheckConstraint("version >= 1", name="version"),)

    shift_id: str = Field(primary_key=True, sa_type=NAME)
    service_day: str = Field(index=True)
    vehicle_id: str
    version: int = Field(sa_type=BigInteger)
    calls: str = Field(sa_type=Text)
    delay_s: int
    departed_at: int | None = Field(sa_type=BigInteger)
    reported_at: int | None = Field(sa_type=BigInteger)
    out_of_service_from: int | None = Field(sa_type=BigInteger)


class TourLoadRow(Row, table=True):
    """What is aboard after one call of a tour, and what there is: the last word on every seat."""

    __tablename__ = "tour_loads"
    __table_args__ = (
        CheckConstraint("seats_used >= 0 AND seats_used <= seats", name="seats"),
        CheckConstraint("wheelchairs_used >= 0 AND wheelchairs_used <= wheelchair_places", name="wheelchairs"),
    )

    shift_id: str = Field(primary_key=True, sa_type=NAME, foreign_key="tours.shift_id", ondelete="CASCADE")
    seq: int = Field(primary_key=True)
    seats_used: int
    seats: int
    wheelchairs_used: int
    wheelchair_places: int


class LegRow(Row, table=True):
    """One leg, with the promise in force and the promise as booked."""

    __tablename__ = "legs"
    __table_args__ = (
        CheckConstraint("pickup_from <= pickup_to AND pickup_to <= dropoff_by", name="promise"),
        Index(None, "state", "pickup_from"),
        Index(None, "state", "dropoff_by"),
        Index(None, "state", "held_until"),
    )

    id: str = Field(primary_key=True, sa_type=NAME)
    booking_id: str | None = Field(index=True)
    quote_id: str = Field(index=True)
    direction: str
    service_day: str
    pickup_stop_id: str
    pickup_walk_m: int
    dropoff_stop_id: str
    dropoff_walk_m: int
    party: str
    pickup_from: int = Field(sa_type=BigInteger)
    pickup_to: int = Field(sa_type=BigInteger)
    dropoff_by: int = Field(sa_type=BigInteger)
    max_ride_s: int
    first_pickup_from: int = Field(sa_type=BigInteger)
    first_pickup_to: int = Field(sa_type=BigInteger)
    first_dropoff_by: int = Field(sa_type=BigInteger)
    first_max_ride_s: int
    direct_s: int
    state: str
    held_until: int | None = Field(sa_type=BigInteger)
    boarded_at: int | None = Field(sa_type=BigInteger)
    alighted_at: int | None = Field(sa_type=BigInteger)
    assumed: bool


class QuoteRow(Row, table=True):
    """One offer."""

    __tablename__ = "quotes"

    id: str = Field(primary_key=True, sa_type=NAME)
    request_id: str = Field(index=True)
    party: str
    price_ct: int
    held_until: int = Field(sa_type=BigInteger)
    alternative: bool


class BookingRow(Row, table=True):
    """One booking; the only table with a rider's name and telephone number."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        Index(None, "rider_phone", "booked_at"),
    )

    id: str = Field(primary_key=True, sa_type=NAME)
    code: str = Field(unique=True)
    quote_id: str = Field(unique=True)
    rider_name: str
    rider_phone: str
    note: str = Field(sa_type=Text)
    party: str
    price_ct: int
    state: str
    booked_at: int = Field(sa_type=BigInteger, index=True)
    version: int
    booked_by: str


class StopListRow(Row, table=True):
    """The last published stop list of one vehicle."""

    __tablename__ = "stop_lists"

    vehicle_id: str = Field(primary_key=True, sa_type=NAME)
    version: int
    content_hash: str
    acknowledged: int


class CounterRow(Row, table=True):
    """The last number given; the row is also what writers on PostgreSQL queue for."""

    __tablename__ = "counters"

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class EventRow(Row, table=True):
    """One event, numbered by the counter of the same commit."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "vehicle_id", "seq"),)

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: str
    at: int = Field(sa_type=BigInteger)
    vehicle_id: str | None
    leg_id: str | None
    booking_id: str | None
    data: str = Field(sa_type=Text)


class LedgerRow(Row, table=True):
    """What became of a promise; only ever added to."""

    __tablename__ = "ledger"
    __table_args__ = (Index(None, "leg_id", "position"),)

    position: int | None = Field(default=None, primary_key=True, sa_type=POSITION)
    leg_id: str
    at: int = Field(sa_type=BigInteger)
    entry: str = Field(index=True)
    by: str
    reason: str = Field(sa_type=Text)
    data: str = Field(sa_type=Text)


class ReportRow(Row, table=True):
    """One report of a driver; its id counts once."""

    __tablename__ = "reports"
    __table_args__ = (Index(None, "vehicle_id", "at"),)

    position: int | None = Field(default=None, primary_key=True, sa_type=POSITION)
    id: str = Field(unique=True)
    vehicle_id: str
    at: int = Field(sa_type=BigInteger)
    kind: str
    data: str = Field(sa_type=Text)
    taken_at: int = Field(sa_type=BigInteger)


class AnswerRow(Row, table=True):
    """What was answered to an idempotency key."""

    __tablename__ = "answers"

    scope: str = Field(primary_key=True, sa_type=NAME)
    key: str = Field(primary_key=True, sa_type=NAME)
    body_hash: str
    status: int
    body: str = Field(sa_type=Text)
    answered_at: int = Field(sa_type=BigInteger, index=True)


class AccessKeyRow(Row, table=True):
    """One bearer key; the token itself is never stored."""

    __tablename__ = "access_keys"

    id: str = Field(primary_key=True, sa_type=NAME)
    token_hash: str = Field(unique=True)
    role: str
    vehicle_id: str | None
    created_at: int = Field(sa_type=BigInteger)
    revoked: bool


class SettingRow(Row, table=True):
    """One stored setting of the home."""

    __tablename__ = "settings"

    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


def table_of(row: type[Row]) -> Table:
    """Return the table behind a row class, for statements that need no objects."""
    table: Any = getattr(row, "__table__")  # noqa: B009 — SQLModel does not declare the attribute
    if not isinstance(table, Table):
        raise TypeError(f"{row.__name__} is not a table.")
    return table

"""What a failing database means in the words of the domain.

====================================================  ================
the row or the value breaks a constraint              ``Conflict``
serialization failure, deadlock                       ``StalePlan``
full, read-only, locked too long, out of reach        ``Unavailable``
a value that the database cannot hold                 ``InvalidInput``
anything else                                         stays what it is: a bug
====================================================  ================
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc

from rufbus.domain.errors import Conflict, InvalidInput, RufbusError, StalePlan, Unavailable

SCHEMA_MISSING = "The database has no tables of this version: run `rufbus migrate --home …`."

SQLITE_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: "The disk or the database is full. Free some space, then try again.",
    sqlite3.SQLITE_READONLY: "The database is read-only. Give the service the right to write to its home.",
    sqlite3.SQLITE_IOERR: "The disk reports an error. Check the disk that holds the home.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened. Check that it exists and may be read.",
    sqlite3.SQLITE_BUSY: "Another process holds the database for too long. Try again.",
    sqlite3.SQLITE_LOCKED: "Another connection holds the database for too long. Try again.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Restore the last backup.",
    sqlite3.SQLITE_NOTADB: "The file is not a database. Check the path, or restore the last backup.",
    sqlite3.SQLITE_PERM: "The database file may not be opened. Give the service the right to its home.",
}
"""By primary result code."""

POSTGRES_UNAVAILABLE = {
    "08": "The connection to the database is lost. Try again.",
    "25": "The database takes no changes now: it is read-only, or the change took too long. Try again.",
    "28": "The database does not let the service in. Check the user and the password of its address.",
    "3D": "There is no such database on the server. Check its address.",
    "53": "The database server is full: its disk, its memory or its connections. Free some, then try again.",
    "55": "Another process holds the database for too long. Try again.",
    "57": "The database server is going down or coming up. Try again.",
    "58": "The database server reports an error of its system. Check its disk.",
    "42P01": SCHEMA_MISSING,
}
"""By SQLSTATE or its class."""

UNREACHABLE = "The database cannot be reached. Check that it runs, then try again."
UNKNOWN_COMMIT = (
    "The database was lost while it committed; the change may or may not have been kept. Ask again with the same "
    "idempotency key."
)


def find_refusal(error: BaseException) -> RufbusError | None:
    """Return what an exception of the database layer means, or ``None`` when it is a bug."""
    if isinstance(error, exc.TimeoutError):
        return Unavailable("All connections to the database are in use. Try again.")
    if isinstance(error, exc.DBAPIError) and isinstance(error.orig, Exception):
        return _of_driver(error.orig)
    if isinstance(error, (OverflowError, UnicodeError)):
        return InvalidInput(f"A value cannot be stored: {error}.")
    return None


@contextmanager
def speaking_plainly() -> Iterator[None]:
    """Turn the failures of the database inside the block into domain errors."""
    try:
        yield
    except Exception as error:
        refusal = find_refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def is_lost_connection(error: BaseException) -> bool:
    """Return whether the connection broke, so that nobody knows what became of the statement."""
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def _of_driver(error: Exception) -> RufbusError | None:
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, psycopg.Error):
        return _of_postgres(error)
    return None


def _of_sqlite(error: sqlite3.Error) -> RufbusError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT:
        return _refused_row(str(error))
    if code == sqlite3.SQLITE_TOOBIG:
        return InvalidInput("A value is too large to be stored. Send less.")
    if code in SQLITE_UNAVAILABLE:
        return Unavailable(SQLITE_UNAVAILABLE[code])
    if str(error).startswith("no such table"):
        return Unavailable(SCHEMA_MISSING)
    return None


def _of_postgres(error: psycopg.Error) -> RufbusError | None:
    state = error.sqlstate or ""
    family = state[:2]
    if family == "40":
        return StalePlan("Another change was committed first. Read again, then try again.")
    if family == "23":
        return _refused_row(error.diag.constraint_name or str(error))
    if family == "22" or isinstance(error, psycopg.DataError):
        return InvalidInput(f"A value cannot be stored: {error.diag.message_primary or error}.")
    sentence = POSTGRES_UNAVAILABLE.get(state) or POSTGRES_UNAVAILABLE.get(family)
    if sentence is not None:
        return Unavailable(sentence)
    if not state and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return Unavailable(UNREACHABLE)
    return None


def _refused_row(what: str) -> Conflict:
    return Conflict(f"The database refuses the change ({what}). Read again what is stored, then try again.")

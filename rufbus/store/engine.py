"""Connections to SQLite and PostgreSQL, set up so that an acknowledged seat is neither lost nor sold twice.

The drivers' defaults do both: Python's ``sqlite3`` opens its transaction only at the first change, so that two writers
read the same free seat. Here every transaction begins with a statement of our own: ``BEGIN IMMEDIATE`` for writers,
``BEGIN`` for readers, who thus never wait for a writer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from rufbus.domain.errors import InvalidInput

WAIT_S = 5
"""How long anything waits for a connection, a lock or a server."""

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={WAIT_S * 1000}",
)

POSTGRES_SETTINGS = (
    f"SET lock_timeout = '{WAIT_S}s'",
    f"SET idle_in_transaction_session_timeout = '{3 * WAIT_S}s'",
    "SET synchronous_commit = on",
)
"""A writer that stands still in its transaction is cut off before it holds up the others for long."""

POSTGRES_CONNECT = {
    "connect_timeout": WAIT_S,
    "client_encoding": "utf8",
    "application_name": "rufbus",
    "keepalives_idle": 10,
    "keepalives_interval": WAIT_S,
    "keepalives_count": 2,
    "tcp_user_timeout": 2 * WAIT_S * 1000,
}


def parse_url(text: str) -> URL:
    """Return the address of a database with the driver that Rufbus uses for it.

    Raises
    ------
    InvalidInput
        When it is neither ``sqlite:///path`` nor ``postgresql://…``.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is not None and url.get_backend_name() in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    if url is not None and url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url.set(drivername="sqlite")
    raise InvalidInput("A database address is sqlite:///path/to/file or postgresql://user@host/name.")


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite address, ``None`` for a server's."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    return Path(url.database)


def make_engine(url: URL) -> Engine:
    """Return an engine with the recipe of its database; nothing is connected yet."""
    return _postgres_engine(url) if sqlite_path(url) is None else _sqlite_engine(url)


def for_reading(engine: Engine) -> Engine:
    """Return the engine as readers use it: the same connections, one moment per transaction, no lock."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(rw=False)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_size=20, max_overflow=20, pool_timeout=WAIT_S)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Take the transactions into our own hands and make every commit durable."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("rw", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=WAIT_S,
        pool_pre_ping=True,
        connect_args={key: value for key, value in POSTGRES_CONNECT.items() if key not in url.query},
    )
    event.listen(engine, "connect", _set_up_postgres)
    return engine


def _set_up_postgres(connection: Any, _record: object) -> None:
    """Bound every wait on the server; outside a transaction, so that no rollback undoes it."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting in POSTGRES_SETTINGS:
            cursor.execute(setting)
    connection.autocommit = False

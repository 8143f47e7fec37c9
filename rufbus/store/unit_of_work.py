"""The store on SQLite or PostgreSQL: short transactions, one writer at a time, readers who never wait.

Writers queue: first for a lock of this process, so that waiting costs no connection; then for the database, with
``BEGIN IMMEDIATE`` on SQLite and the row of the event counter on PostgreSQL. A writer thus sees the newest state and
nobody changes it before the commit. The versions it compares are those that an earlier, unlocked reading returned.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection, Engine, select, text

from rufbus.domain.errors import Unavailable
from rufbus.store.engine import WAIT_S, for_reading, make_engine, parse_url
from rufbus.store.failures import SCHEMA_MISSING, UNKNOWN_COMMIT, is_lost_connection, speaking_plainly
from rufbus.store.migrate import check_revision
from rufbus.store.reading import COUNTERS, EVENT_COUNTER, SqlAuditSession, SqlReadSession
from rufbus.store.writing import SqlWriteSession

QUEUE = select(COUNTERS.c.value).where(COUNTERS.c.name == EVENT_COUNTER).with_for_update()


def open_store(url: str) -> SqlStore:
    """Open the store at ``sqlite:///path`` or ``postgresql://user@host/name``.

    Raises
    ------
    InvalidInput
        When the address is of another kind.
    Unavailable
        When there is no database, or one of another revision than this code.
    """
    check_revision(url)
    return SqlStore(make_engine(parse_url(url)))


class SqlStore:
    """A :class:`rufbus.ports.Store` on a database; safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._writers = engine
        self._readers = for_reading(engine)
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[SqlReadSession]:
        """Open a reading session; it sees one moment."""
        with speaking_plainly(), self._readers.connect() as connection:
            connection.begin()
            yield SqlReadSession(connection)

    @contextmanager
    def audit(self) -> Iterator[SqlAuditSession]:
        """Open a reading session over everything; it sees one moment."""
        with self.snapshot() as connection, closing(SqlAuditSession(connection)) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a reading connection that sees one moment and may take its time."""
        with speaking_plainly(), self._readers.connect() as connection:
            connection.begin()
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield connection

    @contextmanager
    def write(self) -> Iterator[SqlWriteSession]:
        """Open a writing transaction: committed when its context ends, rolled back when it raises.

        Closing a connection rolls back what was not committed.

        Raises
        ------
        Unavailable
            When the storage is full or out of reach, or other writers hold it for too long.
        """
        with self._my_turn(), speaking_plainly(), self._writers.connect() as connection:
            connection.begin()
            self._queue(connection)
            session = SqlWriteSession(connection)
            yield session
            session.check_sound()
            _commit(connection)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._writers.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=WAIT_S):
            raise Unavailable("Other changes hold the database for too long. Try again.")
        try:
            yield
        finally:
            self._turn.release()

    def _queue(self, connection: Connection) -> None:
        """Wait for the writers of other processes; SQLite did so when the transaction began."""
        if connection.dialect.name != "postgresql":
            return
        if connection.execute(QUEUE).first() is None:
            raise Unavailable(SCHEMA_MISSING)


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except Exception as error:
        if is_lost_connection(error):
            raise Unavailable(UNKNOWN_COMMIT) from error
        raise

"""What goes wrong below comes up in the words of the domain, and leaves no half change."""

# ruff: noqa: PT012 — a refusal must come out of the whole session, not only of one call

import sqlite3
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import create_engine, event, exc
from sqlalchemy.pool import QueuePool

from rufbus.domain.errors import Conflict, InvalidInput, StalePlan, Unavailable
from rufbus.store.engine import make_engine, parse_url
from rufbus.store.failures import find_refusal
from rufbus.store.unit_of_work import SqlStore, open_store

from .values import EIGHT, make_booking, make_event, make_leg, make_quote


@contextmanager
def every_connection(store, *statements):
    """Run statements on each connection that is taken from the pool while the context lasts."""

    def prepare(connection, _record, _proxy):
        for statement in statements:
            connection.execute(statement)
        connection.commit()

    event.listen(store._writers, "checkout", prepare)
    yield
    event.remove(store._writers, "checkout", prepare)


def store_nothing(store):
    with store.write():
        pass


def sqlite_error(code):
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    return exc.OperationalError("SELECT", {}, error)


def postgres_error(kind):
    return exc.DBAPIError("SELECT", {}, kind("made up"))


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (sqlite3.SQLITE_FULL, Unavailable),
        (sqlite3.SQLITE_READONLY, Unavailable),
        (sqlite3.SQLITE_READONLY | 8 << 8, Unavailable),
        (sqlite3.SQLITE_IOERR | 2 << 8, Unavailable),
        (sqlite3.SQLITE_CANTOPEN, Unavailable),
        (sqlite3.SQLITE_BUSY, Unavailable),
        (sqlite3.SQLITE_CORRUPT, Unavailable),
        (sqlite3.SQLITE_NOTADB, Unavailable),
        (sqlite3.SQLITE_CONSTRAINT | 1 << 8, Conflict),
        (sqlite3.SQLITE_TOOBIG, InvalidInput),
    ],
)
def test_each_code_of_sqlite_has_its_meaning(code, meaning):
    refusal = find_refusal(sqlite_error(code))
    assert type(refusal) is meaning
    assert refusal.detail.endswith(".")


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        (psycopg.errors.SerializationFailure, StalePlan),
        (psycopg.errors.DeadlockDetected, StalePlan),
        (psycopg.errors.UniqueViolation, Conflict),
        (psycopg.errors.CheckViolation, Conflict),
        (psycopg.errors.DiskFull, Unavailable),
        (psycopg.errors.TooManyConnections, Unavailable),
        (psycopg.errors.OutOfMemory, Unavailable),
        (psycopg.errors.ReadOnlySqlTransaction, Unavailable),
        (psycopg.errors.IdleInTransactionSessionTimeout, Unavailable),
        (psycopg.errors.LockNotAvailable, Unavailable),
        (psycopg.errors.AdminShutdown, Unavailable),
        (psycopg.errors.CannotConnectNow, Unavailable),
        (psycopg.errors.ConnectionFailure, Unavailable),
        (psycopg.errors.IoError, Unavailable),
        (psycopg.errors.UndefinedTable, Unavailable),
        (psycopg.OperationalError, Unavailable),
        (psycopg.errors.NumericValueOutOfRange, InvalidInput),
    ],
)
def test_each_state_of_postgres_has_its_meaning(kind, meaning):
    refusal = find_refusal(postgres_error(kind))
    assert type(refusal) is meaning
    assert refusal.detail.endswith(".")


def test_a_bug_stays_a_bug(sql_store):
    assert find_refusal(sqlite_error(sqlite3.SQLITE_ERROR)) is None
    assert find_refusal(postgres_error(psycopg.errors.SyntaxError)) is None
    assert find_refusal(ZeroDivisionError()) is None
    with pytest.raises(ZeroDivisionError), sql_store.write():
        raise ZeroDivisionError


def test_on_a_full_disk_nothing_changes_reading_goes_on_and_it_recovers(sqlite_url):
    store = open_store(sqlite_url)
    with store.write() as session:
        session.add_quotes([make_quote("q_0")])
    with store.read() as session:
        pages = session._connection.exec_driver_sql("PRAGMA page_count").scalar()
    large = [make_event(data={"text": "x" * 4000}) for _ in range(200)]
    with every_connection(store, f"PRAGMA max_page_count = {pages + 2}"):
        with pytest.raises(Unavailable, match="full"), store.write() as session:
            session.add_quotes([make_quote("q_1")])
            session.add_events(large)
        with store.read() as session:
            assert (session.find_quote("q_0") is None, session.find_quote("q_1")) == (False, None)
            assert session.last_seq() == 0
    with every_connection(store, "PRAGMA max_page_count = 1000000"), store.write() as session:
        assert list(session.add_events(large)) == list(range(1, 201))
    store.close()


def test_a_read_only_database_is_unavailable_to_writers_alone(url):
    store = open_store(url)
    statement = "PRAGMA query_only = 1" if "sqlite" in url else "SET default_transaction_read_only = on"
    with every_connection(store, statement):
        with pytest.raises(Unavailable, match="read-only"), store.write() as session:
            session.add_quotes([make_quote()])
        with store.read() as session:
            assert session.find_quote("q_1") is None
    store.close()


def test_a_database_that_another_process_holds_is_unavailable(sqlite_url):
    store = open_store(sqlite_url)
    holder = sqlite3.connect(parse_url(sqlite_url).database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with every_connection(store, "PRAGMA busy_timeout = 20"):
        with pytest.raises(Unavailable, match="Another process"):
            store_nothing(store)
        with store.read() as session:
            assert session.last_seq() == 0
    holder.execute("ROLLBACK")
    holder.close()
    store_nothing(store)
    store.close()


@pytest.mark.postgres
def test_a_postgres_that_another_process_holds_is_unavailable(postgres_url):
    store, holder = open_store(postgres_url), open_store(postgres_url)
    with every_connection(store, "SET lock_timeout = '20ms'"), holder.write():
        with pytest.raises(Unavailable, match="Another process"):
            store_nothing(store)
        with store.read() as session:
            assert session.last_seq() == 0
    with every_connection(store, "SET lock_timeout = '5s'"):
        store_nothing(store)
    store.close()
    holder.close()


def test_a_writer_that_waits_too_long_for_others_of_its_process_is_told(store, monkeypatch):
    monkeypatch.setattr("rufbus.store.unit_of_work.WAIT_S", 0.02)
    monkeypatch.setattr("rufbus.store.memory.WAIT_S", 0.02)
    with store.write() as session:
        with pytest.raises(Unavailable, match="Try again"):
            store_nothing(store)
        session.put_setting("seed", "1")
    with store.read() as session:
        assert session.find_setting("seed") == "1"


def test_a_pool_without_a_free_connection_is_unavailable(sqlite_url):
    pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 0.02}
    store = SqlStore(create_engine(parse_url(sqlite_url), **pool))
    with store.read(), pytest.raises(Unavailable, match="connections"), store.read():
        pass
    store.close()


def cut_all_connections(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_a_cut_connection_is_unavailable_and_the_next_one_works(postgres_url):
    store = open_store(postgres_url)
    with pytest.raises(Unavailable), store.write() as session:
        session.add_quotes([make_quote("q_1")])
        cut_all_connections(postgres_url)
        session.add_quotes([make_quote("q_2")])
    with pytest.raises(Unavailable), store.read() as session:
        cut_all_connections(postgres_url)
        session.last_seq()
    cut_all_connections(postgres_url)
    with store.write() as session:
        assert session.find_quote("q_1") is None
        session.add_quotes([make_quote("q_1")])
    store.close()


@pytest.mark.postgres
def test_a_connection_that_is_cut_before_the_commit_leaves_the_caller_in_no_false_certainty(postgres_url):
    store = open_store(postgres_url)
    with pytest.raises(Unavailable, match="may or may not"), store.write() as session:
        session.add_quotes([make_quote("q_1")])
        cut_all_connections(postgres_url)
    with store.read() as session:
        assert session.find_quote("q_1") is None
    store.close()


@pytest.mark.postgres
def test_a_server_that_does_not_answer_is_unavailable():
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_store("postgresql://nobody@127.0.0.1:1/nothing")


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "text.sqlite").write_text("Fahrplan " * 1000)
    with pytest.raises(Unavailable, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'text.sqlite'}")


def test_a_database_without_tables_is_unavailable(new_url):
    engine = make_engine(parse_url(new_url))
    store = SqlStore(engine)
    with pytest.raises(Unavailable, match="rufbus migrate"), store.read() as session:
        session.last_seq()
    with pytest.raises(Unavailable, match="rufbus migrate"), store.write() as session:
        session.add_quotes([make_quote()])
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.add_booking(make_booking(note="\ud800")),
        lambda session: session.add_legs([make_leg(held_until=2**70)]),
        lambda session: session.add_quotes([make_quote(held_until=-(2**64))]),
    ],
)
def test_a_value_that_no_database_holds_is_the_callers_mistake(sql_store, change):
    with pytest.raises(InvalidInput, match="cannot be stored"), sql_store.write() as session:
        change(session)
    with sql_store.read() as session:
        assert list(session.list_bookings()) == list(session.legs(["l_1"])) == []


@pytest.mark.parametrize("name", ["'; DROP TABLE bookings; --", "%s %(id)s :id {0}", "\u202eNaN\u200f", "🚐" * 500])
def test_hostile_text_is_only_text(store, name):
    with store.write() as session:
        session.add_booking(make_booking("b_1", note=name, code=name, booked_at=EIGHT))
    with store.read() as session:
        assert session.find_booking_by_code(name) == make_booking("b_1", note=name, code=name)

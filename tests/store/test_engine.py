"""Connections follow the recipe: durable commits, explicit transactions, bounded waits."""

import sqlite3

import pytest
from sqlalchemy import create_engine

from rufbus.domain.errors import InvalidInput
from rufbus.store.engine import for_reading, make_engine, parse_url, sqlite_path
from rufbus.store.unit_of_work import open_store


@pytest.fixture
def engine(url):
    made = make_engine(parse_url(url))
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////srv/rufbus/rufbus.sqlite", "sqlite"),
        ("sqlite+pysqlite:///rufbus.sqlite", "sqlite"),
        ("postgresql://rufbus@db/rufbus", "postgresql+psycopg"),
        ("postgresql+psycopg://rufbus:geheim@db:5433/rufbus?sslmode=require", "postgresql+psycopg"),
        ("postgresql+psycopg2://rufbus@db/rufbus", "postgresql+psycopg"),
    ],
)
def test_an_address_gets_the_driver_of_its_database(given, driver):
    url = parse_url(given)
    assert url.drivername == driver
    assert url.render_as_string(hide_password=False).split("://")[1] == given.split("://")[1]


@pytest.mark.parametrize(
    "given", ["", "rufbus.sqlite", "sqlite://", "sqlite:///:memory:", "mysql://db/rufbus", "a b://"]
)
def test_another_address_is_refused_with_those_that_are_taken(given):
    with pytest.raises(InvalidInput, match=r"sqlite:///path/to/file or postgresql://"):
        parse_url(given)


def test_only_sqlite_has_a_file():
    assert str(sqlite_path(parse_url("sqlite:////srv/a.sqlite"))) == "/srv/a.sqlite"
    assert sqlite_path(parse_url("postgresql://db/rufbus")) is None


def test_every_sqlite_connection_is_durable_and_checks_foreign_keys(sqlite_url):
    engine = make_engine(parse_url(sqlite_url))
    connections = [engine.connect() for _ in range(3)]
    for connection in connections:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas] == ["wal", 2, 1, 5000]
        connection.close()
    engine.dispose()


@pytest.mark.postgres
def test_every_postgres_connection_bounds_its_waits_and_commits_durably(postgres_url):
    engine = make_engine(parse_url(postgres_url))
    names = ("lock_timeout", "idle_in_transaction_session_timeout", "synchronous_commit", "client_encoding")
    with engine.connect() as connection:
        connection.rollback()
        assert [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names] == ["5s", "15s", "on", "UTF8"]
    engine.dispose()


@pytest.mark.postgres
def test_postgres_readers_see_one_moment_and_leave_nothing_behind_on_the_connection(postgres_url):
    engine = make_engine(parse_url(postgres_url))
    asked = ("transaction_isolation", "transaction_read_only")
    for used, expected in [
        (for_reading(engine), ["repeatable read", "on"]),
        (engine, ["read committed", "off"]),
        (for_reading(engine), ["repeatable read", "on"]),
    ]:
        with used.connect() as connection:
            assert [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in asked] == expected
    engine.dispose()


def may_write(path):
    """Return whether a stranger could write to the file now."""
    stranger = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        stranger.execute("BEGIN IMMEDIATE")
        stranger.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    else:
        return True
    finally:
        stranger.close()


def test_on_sqlite_readers_leave_the_write_lock_alone_and_writers_take_it_at_once(sqlite_url):
    path = sqlite_path(parse_url(sqlite_url))
    store = open_store(sqlite_url)
    with store.read() as session:
        assert session.last_seq() == 0
        assert may_write(path)
    with store.audit() as session:
        assert list(session.all_legs()) == []
        assert may_write(path)
    with store.write():
        assert not may_write(path)
    assert may_write(path)
    store.close()


def test_the_default_engine_takes_the_lock_only_at_its_first_change(sqlite_url):
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT value FROM counters")
        assert may_write(sqlite_path(parse_url(sqlite_url)))
    engine.dispose()

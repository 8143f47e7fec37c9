"""What holds for all tests, and a store of each kind: in memory, on a fresh SQLite file, on a PostgreSQL database.

No test asserts wall-clock time, so hypothesis must not either.
"""

import os
import secrets
import shutil

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from rufbus.store.engine import make_engine, parse_url
from rufbus.store.memory import MemoryStore
from rufbus.store.migrate import migrate
from rufbus.store.tables import Row
from rufbus.store.unit_of_work import open_store

settings.register_profile("rufbus", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("rufbus")

SERVER = os.environ.get("RUFBUS_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
EMPTYING = [f"DELETE FROM {table.name}" for table in reversed(Row.metadata.sorted_tables) if table.name != "counters"]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_file, tmp_path):
    shutil.copy(migrated_file, tmp_path / "store.sqlite")
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def new_sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'new.sqlite'}"


@pytest.fixture(scope="session")
def make_database():
    """Return a function that makes a PostgreSQL database and returns its address."""
    names = []
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL answers at {SERVER} (set RUFBUS_TEST_POSTGRES): {str(error).splitlines()[0]}")

    def make():
        names.append(f"rufbus_test_{secrets.token_hex(6)}")
        server.execute(f"CREATE DATABASE {names[-1]}")
        return make_url(SERVER).set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    for name in names:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.fixture(scope="session")
def blank_database(make_database):
    return make_database()


@pytest.fixture
def new_postgres_url(blank_database):
    with psycopg.connect(blank_database) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return blank_database


@pytest.fixture(scope="session")
def migrated_database(make_database):
    url = make_database()
    migrate(url)
    engine = make_engine(parse_url(url))
    yield url, engine
    engine.dispose()


@pytest.fixture(scope="session")
def empty_database(migrated_database):
    """Return a function that empties the migrated PostgreSQL database."""
    _, engine = migrated_database

    def empty():
        with engine.begin() as connection:
            for statement in EMPTYING:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("UPDATE counters SET value = 0")

    return empty


@pytest.fixture
def postgres_url(migrated_database, empty_database):
    empty_database()
    return migrated_database[0]


KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def url(request):
    """The address of an empty, migrated database of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=KINDS)
def new_url(request):
    """The address of a database without tables, of each kind."""
    return request.getfixturevalue(f"new_{request.param}_url")


@pytest.fixture
def sql_store(url):
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture(params=["memory", *KINDS])
def store(request):
    """An empty store of each kind: the contract is the same for all."""
    opened = MemoryStore() if request.param == "memory" else open_store(request.getfixturevalue(f"{request.param}_url"))
    yield opened
    opened.close()

"""Bring a database to the revision of the code, and refuse to work on another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, text

from rufbus.domain.errors import Unavailable
from rufbus.store.engine import make_engine, parse_url, sqlite_path
from rufbus.store.failures import speaking_plainly

REVISION = "0001"
"""The revision that this code works with: the newest in ``migrations/versions``."""

KNOWN = ("0001",)
"""All revisions from which this code can migrate."""

LOCK = 0x52554642
"""One migration at a time on a PostgreSQL server: the key of its advisory lock."""


def migrate(url: str) -> str:
    """Bring a database to :data:`REVISION`, making it where there is none; return the revision it had before.

    All steps are one transaction: a migration that is cut off leaves the database as it was.

    Raises
    ------
    Unavailable
        When the database is out of reach, or newer than this code.
    """
    with _engine(url) as engine, speaking_plainly(), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        before = find_revision(connection)
        if before is not None and before not in KNOWN:
            raise Unavailable(_newer(before))
        command.upgrade(alembic_config(connection), "head")
    return before or ""


def check_revision(url: str) -> None:
    """Check that a database is at the revision of the code.

    Raises
    ------
    Unavailable
        When it is not, or when there is no database; the sentence says what to run.
    """
    path = sqlite_path(parse_url(url))
    if path is not None and not path.exists():
        raise Unavailable(f"There is no database at {path}: run `rufbus init`, or restore a backup.")
    with _engine(url) as engine:
        check_engine(engine)


def check_engine(engine: Engine) -> None:
    """Check the revision of an engine's database, as :func:`check_revision` does."""
    with speaking_plainly(), engine.connect().execution_options(rw=False) as connection:
        revision = find_revision(connection)
    if revision == REVISION:
        return
    if revision is not None and revision not in KNOWN:
        raise Unavailable(_newer(revision))
    found = f"at revision {revision}" if revision else "without tables"
    raise Unavailable(
        f"The database is {found}, this version of Rufbus needs {REVISION}: run `rufbus migrate --home …`."
    )


def find_revision(connection: Connection) -> str | None:
    """Return the revision of a database, ``None`` for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, which lies inside the package and is installed with it."""
    config = Config(Path(__file__).with_name("alembic.ini"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = make_engine(parse_url(url))
    try:
        yield engine
    finally:
        engine.dispose()


def _newer(revision: str) -> str:
    return (
        f"The database is at revision {revision}, which this version of Rufbus ({REVISION}) does not know: "
        "install the version that wrote it, or restore a backup."
    )

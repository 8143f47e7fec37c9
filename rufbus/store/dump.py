"""All rows of a database as text, and back: the same on SQLite and PostgreSQL, so that one can follow the other.

A line is a JSON object with the columns of a row. Tables come in an order in which no row refers to a later table, the
rows of a table in the order of its primary key: equal contents make equal text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, Table, func, insert, select, text

from rufbus.domain.errors import InvalidInput, WrongState
from rufbus.store.engine import make_engine, parse_url
from rufbus.store.failures import speaking_plainly
from rufbus.store.migrate import check_engine
from rufbus.store.tables import Row

TABLES: Mapping[str, Table] = {table.name: table for table in Row.metadata.sorted_tables}
"""All tables by name, in the order in which they are written and read."""
BATCH = 1000


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {
        name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in TABLES.items()
    }


def dump_table(connection: Connection, name: str) -> Iterator[str]:
    """Yield the rows of a table, a line each without its end."""
    table = TABLES[name]
    rows = connection.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key.columns))
    for row in rows.mappings():
        yield json.dumps(dict(row), ensure_ascii=False, separators=(",", ":"))


def load_tables(url: str, tables: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Write the lines of all tables into an empty database, all or nothing; return how many rows each table got.

    Raises
    ------
    WrongState
        When the database holds anything already.
    InvalidInput
        When a table or a line is not one of a dump.
    Unavailable
        When the database is out of reach, or of another revision than this code.
    """
    odd = sorted(set(tables) ^ set(TABLES))
    if odd:
        raise InvalidInput(f"These tables are missing, or are not of this version of Rufbus: {', '.join(odd)}.")
    engine = make_engine(parse_url(url))
    try:
        check_engine(engine)
        with speaking_plainly(), engine.begin() as connection:
            _check_empty(connection)
            for name in TABLES:
                _load_table(connection, TABLES[name], tables[name])
            return count_rows(connection)
    finally:
        engine.dispose()


def _check_empty(connection: Connection) -> None:
    full = [name for name, rows in count_rows(connection).items() if rows and name != "counters"]
    if full:
        raise WrongState(
            f"The database holds something already, in {', '.join(full)}. Restore into an empty one, "
            "so that nothing is overwritten."
        )


def _load_table(connection: Connection, table: Table, lines: Iterable[str]) -> None:
    connection.execute(table.delete())
    batch: list[dict[str, object]] = []
    for number, line in enumerate(lines, start=1):
        batch.append(_read_line(table, number, line))
        if len(batch) == BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)
    counted = table.autoincrement_column
    if counted is not None and connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, :column), :next, false)"),
            {
                "name": table.name,
                "column": counted.name,
                "next": 1 + (connection.execute(select(func.max(counted))).scalar_one() or 0),
            },
        )


def _read_line(table: Table, number: int, line: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or set(row) != set(table.columns.keys()):
        raise InvalidInput(f"Line {number} of the table {table.name} is not a row of this version of Rufbus.")
    return row

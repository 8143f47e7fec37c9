"""Run by Alembic: connects the steps with a database."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from rufbus.store.engine import make_engine, parse_url
from rufbus.store.tables import Row


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        compare_type=True,
        compare_server_default=True,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(parse_url(context.get_x_argument(as_dictionary=True)["url"]))
    with engine.begin() as own:
        run(own)
    engine.dispose()

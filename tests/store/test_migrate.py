"""Databases come to the revision of the code, or are refused with a sentence that says what to run."""

from pathlib import Path

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, inspect, text

from rufbus.domain.errors import Unavailable
from rufbus.store.engine import make_engine, parse_url
from rufbus.store.migrate import KNOWN, REVISION, alembic_config, check_revision, migrate
from rufbus.store.tables import Row
from rufbus.store.unit_of_work import open_store


@pytest.fixture
def new_engine(new_url):
    engine = make_engine(parse_url(new_url))
    yield engine
    engine.dispose()


def differences(connection, metadata):
    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def description(connection):
    """Return all that the database says about its tables, the migration's own left out."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": sorted(
                (each["name"], repr(each["type"]), each["nullable"]) for each in inspector.get_columns(table)
            ),
            "key": inspector.get_pk_constraint(table),
            "foreign": inspector.get_foreign_keys(table),
            "unique": sorted(inspector.get_unique_constraints(table), key=str),
            "check": sorted(inspector.get_check_constraints(table), key=str),
            "indices": sorted(inspector.get_indexes(table), key=str),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_a_new_database_gets_all_tables_and_can_be_opened(new_url):
    assert migrate(new_url) == ""
    assert migrate(new_url) == REVISION
    check_revision(new_url)
    store = open_store(new_url)
    with store.write() as session:
        session.put_setting("seed", "1")
    with store.read() as session:
        assert (session.find_setting("seed"), session.last_seq()) == ("1", 0)
    store.close()


def test_migrating_again_keeps_what_is_stored(new_url):
    migrate(new_url)
    store = open_store(new_url)
    with store.write() as session:
        session.put_setting("seed", "1")
    migrate(new_url)
    with store.read() as session:
        assert session.find_setting("seed") == "1"
    store.close()


def test_migrations_and_models_agree(new_url, new_engine):
    migrate(new_url)
    with new_engine.connect() as connection:
        assert differences(connection, Row.metadata) == []


def test_a_model_that_ran_ahead_of_the_migrations_is_noticed(new_url, new_engine):
    migrate(new_url)
    ahead = MetaData()
    for table in Row.metadata.sorted_tables:
        table.to_metadata(ahead)
    ahead.tables["tours"].append_column(Column("colour", Integer))
    with new_engine.connect() as connection:
        assert [step[0] for step in differences(connection, ahead)] == ["add_column"]


def test_migrations_build_what_the_models_would_build_down_to_the_checks(new_url, new_engine):
    with new_engine.begin() as connection:
        Row.metadata.create_all(connection)
    with new_engine.begin() as connection:
        by_models = description(connection)
        Row.metadata.drop_all(connection)
    migrate(new_url)
    with new_engine.connect() as connection:
        assert description(connection) == by_models
    assert by_models["tour_loads"]["check"]


def test_a_migration_that_is_cut_off_leaves_the_database_as_it_was(new_url, new_engine, monkeypatch):
    def cut_off(_statement):
        raise KeyboardInterrupt

    monkeypatch.setattr(op, "execute", cut_off)
    with pytest.raises(KeyboardInterrupt):
        migrate(new_url)
    monkeypatch.undo()
    with new_engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    assert migrate(new_url) == ""


def test_the_way_back_leaves_no_table(new_url, new_engine):
    migrate(new_url)
    with new_engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with new_engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}


def test_the_code_names_the_newest_revision_and_knows_the_whole_way_to_it():
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [REVISION]
    assert tuple(step.revision for step in reversed(list(script.walk_revisions()))) == KNOWN


@pytest.mark.parametrize("use", [check_revision, open_store])
def test_a_database_without_tables_is_refused(new_url, new_engine, use):
    with new_engine.begin() as connection:
        connection.execute(text("CREATE TABLE something (id INTEGER)"))
    with pytest.raises(Unavailable, match="run `rufbus migrate --home …`"):
        use(new_url)


@pytest.mark.parametrize("use", [check_revision, open_store, migrate])
def test_a_database_of_a_newer_version_is_refused(new_url, new_engine, use):
    migrate(new_url)
    with new_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match=r"9999.*install the version that wrote it"):
        use(new_url)


def test_a_missing_file_is_named_and_not_made(new_sqlite_url):
    path = Path(parse_url(new_sqlite_url).database)
    with pytest.raises(Unavailable, match=r"no database at .*new\.sqlite.*rufbus init"):
        open_store(new_sqlite_url)
    assert not path.exists()


def test_what_migrations_need_is_installed_with_the_package():
    config = alembic_config()
    scripts = Path(ScriptDirectory.from_config(config).versions)
    package = Path(migrate.__code__.co_filename).parent
    assert Path(config.config_file_name).parent == package
    assert scripts == package / "migrations" / "versions"
    assert all((folder / "__init__.py").is_file() for folder in (scripts, scripts.parent))

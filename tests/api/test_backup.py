"""A backup is one moment of a living service, and a home again anywhere else, on either database."""

import itertools
import json
import threading
import zipfile
from contextlib import contextmanager

import pytest

from rufbus.backup import MANIFEST, back_up, restore
from rufbus.bootstrap import check_home
from rufbus.domain.errors import InvalidInput, Unavailable, WrongState
from rufbus.domain.events import Event, EventKind
from rufbus.home import DATABASE_FILE, Home
from rufbus.settings import Settings
from rufbus.store import dump
from rufbus.store.unit_of_work import SqlStore, open_store

from .small_town import NOW_S, booking, open_doors, wish

SQLITE = Settings()


def keep_quiet(_what, _done):
    pass


def book(doors, number):
    """Book a ride, or find no more room; return whether it was booked."""
    asked = wish(depart_after=f"2026-11-{25 + number % 3}T{8 + number % 9:02}:00:00+01:00")
    offers = doors.post("/quotes", json=asked).json().get("quotes")
    if not offers:
        return False
    taken = booking(offers[0]["id"])
    return doors.post("/bookings", json=taken, headers={"Idempotency-Key": f"k{number}"}).status_code == 201


@pytest.fixture
def booked_home(home):
    with open_doors(home) as doors:
        assert sum(book(doors, number) for number in range(6)) >= 3
    return home


@pytest.fixture
def backup_file(booked_home, tmp_path):
    out = tmp_path / "backups" / "one.zip"
    back_up(booked_home, SQLITE, out, NOW_S, keep_quiet)
    return out


def text_of(url):
    """Return all that a database holds as text."""
    store = open_store(url)
    try:
        with store.snapshot() as connection:
            return {name: list(dump.dump_table(connection, name)) for name in dump.TABLES}
    finally:
        store.close()


def settings_of(url):
    return Settings(database_url=url)


# --- there and back --------------------------------------------------------------------------------------------------


def test_what_comes_back_is_equal_and_sound(booked_home, backup_file, tmp_path):
    restored = Home(tmp_path / "else" / "where")
    done = restore(backup_file, restored.path, SQLITE, keep_quiet)
    assert done.bookings >= 3
    assert text_of(restored.database_url(SQLITE)) == text_of(booked_home.database_url(SQLITE))
    names = {path.relative_to(restored.path) for path in restored.path.rglob("*") if path.is_file()}
    own = {path.relative_to(booked_home.path) for path in booked_home.path.rglob("*") if path.is_file()}
    assert {name for name in own if DATABASE_FILE not in str(name)} <= names
    assert check_home(restored, SQLITE, NOW_S).findings == ()
    with open_doors(restored) as doors:
        assert book(doors, 6)


def test_only_its_owner_may_read_it(backup_file):
    assert backup_file.stat().st_mode & 0o077 == 0


@pytest.mark.postgres
def test_it_moves_to_postgresql_and_back_and_rows_are_numbered_on(booked_home, backup_file, postgres_url, tmp_path):
    there = Home(tmp_path / "there")
    restore(backup_file, there.path, settings_of(postgres_url), keep_quiet)
    assert text_of(postgres_url) == text_of(booked_home.database_url(SQLITE))
    assert not (there.path / DATABASE_FILE).exists()
    store = open_store(postgres_url)
    with store.write() as session:
        session.add_reports("bus-1", [("new", NOW_S, "position", {})], NOW_S)
    store.close()
    back_up(there, settings_of(postgres_url), tmp_path / "two.zip", NOW_S, keep_quiet)
    home = Home(tmp_path / "back")
    restore(tmp_path / "two.zip", home.path, SQLITE, keep_quiet)
    assert text_of(home.database_url(SQLITE)) == text_of(postgres_url)


# --- under load ------------------------------------------------------------------------------------------------------


class DriftingStore(SqlStore):
    """The broken twin: every table is read at another moment, and something is written between two of them."""

    @contextmanager
    def snapshot(self):
        with self._readers.connect() as connection:
            yield Drifting(self, connection)


class Drifting:
    def __init__(self, store, connection):
        self._store, self._connection = store, connection

    def execution_options(self, **_options):
        return self

    def execute(self, statement):
        self._connection.rollback()
        with self._store.write() as session:
            session.add_events([Event(EventKind.IMPROVED, NOW_S, data={})])
        return self._connection.execute(statement)


def back_up_under_load(home, out):
    """Take a backup while bookings and events come in; return what is stored in the end."""
    with open_doors(home) as doors:
        ended = threading.Event()

        def write():
            for number in itertools.takewhile(lambda _: not ended.is_set(), itertools.count()):
                with doors.running.store.write() as session:
                    session.add_events([Event(EventKind.IMPROVED, NOW_S, data={"saved_s": number})])
                book(doors, number)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            while len(text_of(home.database_url(SQLITE))["bookings"]) < 3:
                pass
            back_up(home, SQLITE, out, NOW_S, keep_quiet)
            assert thread.is_alive()
        finally:
            ended.set()
            thread.join(60)
    return text_of(home.database_url(SQLITE))


def prefix_faults(part, whole):
    """Return why one state is no earlier moment of another."""
    logs = ("events", "ledger")
    faults = [f"{name} is no prefix" for name in logs if part[name] != whole[name][: len(part[name])]]
    counted = [json.loads(line)["value"] for line in part["counters"]]
    if counted != [max((json.loads(line)["seq"] for line in part["events"]), default=0)]:
        faults.append("the counter of events does not fit the events")
    booked = {json.loads(line)["id"] for line in part["bookings"]}
    told = {json.loads(line)["booking_id"] for line in part["events"]} - {None}
    if booked != told:
        faults.append("bookings and events do not fit each other")
    return faults


def test_under_load_it_is_a_prefix_of_the_log_and_sound(home, tmp_path):
    out = tmp_path / "loaded.zip"
    whole = back_up_under_load(home, out)
    restored = Home(tmp_path / "restored")
    restore(out, restored.path, SQLITE, keep_quiet)
    assert prefix_faults(text_of(restored.database_url(SQLITE)), whole) == []
    assert check_home(restored, SQLITE, NOW_S).findings == ()


def test_a_backup_of_several_moments_is_found_out(booked_home, tmp_path, monkeypatch):
    monkeypatch.setattr("rufbus.store.unit_of_work.SqlStore", DriftingStore)
    back_up(booked_home, SQLITE, tmp_path / "drifting.zip", NOW_S, keep_quiet)
    with zipfile.ZipFile(tmp_path / "drifting.zip") as archive:
        part = {name: archive.read(f"tables/{name}.jsonl").decode().splitlines() for name in dump.TABLES}
    assert "the counter of events does not fit the events" in prefix_faults(part, part)


# --- refusals --------------------------------------------------------------------------------------------------------


def rewritten(source, target, change):
    """Write a backup anew, with each member as ``change(name, content)`` has it; ``None`` leaves it out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(*(content if isinstance(content, tuple) else (name, content)))
    return target


def with_manifest(**changes):
    def change(name, content):
        return json.dumps(json.loads(content) | changes) if name == MANIFEST else content

    return change


DAMAGES = {
    "another revision": (with_manifest(revision="9999"), Unavailable, "restore it with Rufbus"),
    "another format": (with_manifest(format=2), InvalidInput, "can read"),
    "no manifest": (lambda name, content: None if name == MANIFEST else content, InvalidInput, "can read"),
    "a table is missing": (lambda name, content: None if "legs" in name else content, InvalidInput, "lacks tables/legs"),
    "rows are missing": (
        lambda name, content: b"" if name == "tables/ledger.jsonl" else content, InvalidInput, "damaged",
    ),
    "a row is cut": (
        lambda name, content: content[:-9] if name == "tables/bookings.jsonl" else content, InvalidInput, "not a row",
    ),
    "a name leads away": (
        lambda name, content: ("home/../../evil", content) if name == "home/service.toml" else content,
        InvalidInput, "belongs to no home",
    ),
    "no service": (lambda name, content: None if name == "home/service.toml" else content, InvalidInput, "missing"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_makes_nothing(damage, backup_file, tmp_path):
    change, kind, words = DAMAGES[damage]
    bad = rewritten(backup_file, tmp_path / "bad.zip", change)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(kind, match=words):
        restore(bad, tmp_path / "made", SQLITE, keep_quiet)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kept", [0, 100, 0.5, -1])
def test_a_cut_off_file_is_told(kept, backup_file, tmp_path):
    content = backup_file.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(InvalidInput, match="not a backup"):
        restore(cut, tmp_path / "made", SQLITE, keep_quiet)


@pytest.mark.parametrize("made", [lambda path: None, lambda path: path.mkdir()], ids=["none", "a folder"])
def test_what_is_no_file_is_told(made, tmp_path):
    made(tmp_path / "no.zip")
    with pytest.raises(InvalidInput, match="cannot be read"):
        restore(tmp_path / "no.zip", tmp_path / "made", SQLITE, keep_quiet)


def test_a_flipped_bit_is_found(backup_file, tmp_path):
    content = bytearray(backup_file.read_bytes())
    with zipfile.ZipFile(backup_file) as archive:
        at = archive.getinfo("home/network.rufbus").header_offset + 200
    content[at] ^= 1
    flipped = tmp_path / "flipped.zip"
    flipped.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"damaged|not a backup"):
        restore(flipped, tmp_path / "made", SQLITE, keep_quiet)


def test_nothing_is_overwritten(booked_home, backup_file, tmp_path):
    content = backup_file.read_bytes()
    with pytest.raises(WrongState, match="exists already"):
        back_up(booked_home, SQLITE, backup_file, NOW_S, keep_quiet)
    with pytest.raises(WrongState, match="something at"):
        restore(backup_file, booked_home.path, SQLITE, keep_quiet)
    other = settings_of(booked_home.database_url(SQLITE))
    with pytest.raises(WrongState, match="holds something already"):
        restore(backup_file, tmp_path / "made", other, keep_quiet)
    assert backup_file.read_bytes() == content
    assert not (tmp_path / "made").exists()


def test_a_backup_that_is_cut_off_leaves_no_file(booked_home, tmp_path, monkeypatch):
    def fail(_connection, name):
        yield "{}"
        raise KeyboardInterrupt

    monkeypatch.setattr("rufbus.backup.dump_table", fail)
    (tmp_path / "backups").mkdir()
    with pytest.raises(KeyboardInterrupt):
        back_up(booked_home, SQLITE, tmp_path / "backups" / "one.zip", NOW_S, keep_quiet)
    assert list((tmp_path / "backups").iterdir()) == []

"""A whole home in one file, taken while it is served, and a home made from such a file.

The file is a ZIP: ``manifest.json``, the files of the home under ``home/``, each table under ``tables/`` as JSON lines
of one moment. It holds names and telephone numbers: only its owner may read it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from rufbus import __version__
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import InvalidInput, Unavailable, WrongState
from rufbus.home import Home, Progress, hold_home, list_home_files
from rufbus.settings import Settings
from rufbus.store.dump import TABLES, count_rows, dump_table, load_tables
from rufbus.store.migrate import REVISION, migrate
from rufbus.store.unit_of_work import open_store

MANIFEST = "manifest.json"
FORMAT = 1
"""The form of the file; it changes when an older Rufbus could not read it any more."""
PROGRESS_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    taken_at: Instant
    revision: str
    rows: dict[str, int]
    """Rows by table."""

    @property
    def bookings(self) -> int:
        """How many bookings there are."""
        return self.rows["bookings"]


def back_up(home: Home, settings: Settings, out: Path, now: Instant, progress: Progress) -> Backup:
    """Write everything that a home is into one new file, whole or not at all; the service may go on meanwhile.

    Raises
    ------
    InvalidInput
        When the folder is not a home.
    WrongState
        When ``out`` exists already.
    Unavailable
        When the database is out of reach, or the file cannot be written.
    """
    home.check()
    if out.exists():
        raise WrongState(f"{out} exists already. Give each backup a name of its own.")
    store = open_store(home.database_url(settings))
    try:
        with (
            hold_home(home.path, alone=False),
            _whole_file(out) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            with store.snapshot() as connection:
                backup = Backup(now, REVISION, count_rows(connection))
                total, done = max(1, sum(backup.rows.values())), 0
                for name in TABLES:
                    with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as member:
                        for line in dump_table(connection, name):
                            member.write(line.encode() + b"\n")
                            done += 1
                            if done % PROGRESS_EVERY == 0:
                                progress("Writing what is stored", done / total)
            for path in list_home_files(home):
                progress("Writing roads and service", 0.0)
                archive.write(path, f"home/{path.relative_to(home.path).as_posix()}")
            archive.writestr(MANIFEST, json.dumps(_to_manifest(backup), indent=2))
    finally:
        store.close()
    return backup


def restore(source: Path, path: Path, settings: Settings, progress: Progress) -> Backup:
    """Make a home at ``path`` from a backup, whole or not at all.

    With a database of its own (``RUFBUS_DATABASE_URL``) the rows go there; it must be empty.

    Raises
    ------
    InvalidInput
        When the file is not a backup, or is damaged.
    WrongState
        When there is something at ``path`` or in the database already.
    Unavailable
        When the backup is of another revision, or the database is out of reach.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise WrongState(f"There is something at {path} already. Restore into a new folder, then move it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _open_archive(source) as archive, tempfile.TemporaryDirectory(prefix=".restoring-", dir=path.parent) as name:
        backup = _read_manifest(source, archive)
        scratch = Home(Path(name) / "home")
        scratch.path.mkdir(mode=0o700)
        progress("Putting roads and service in place", 0.0)
        for member in archive.namelist():
            if member.startswith("home/"):
                _extract(archive, member, scratch.path)
        scratch.check()
        progress("Putting back what was stored", 0.0)
        url = scratch.database_url(settings)
        migrate(url)
        restored = load_tables(url, {name: _lines(archive, f"tables/{name}.jsonl") for name in backup.rows})
        if restored != backup.rows:
            raise InvalidInput(f"{source} is damaged: it does not hold the rows that it says it holds.")
        if path.exists():
            path.rmdir()
        scratch.path.replace(path)
    return backup


@contextmanager
def _whole_file(out: Path) -> Iterator[Any]:
    """Open a file that gets its name only when all is written and on disk."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}.") from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _open_archive(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            broken = archive.testzip()
            if broken is not None:
                raise InvalidInput(f"{source} is damaged at {broken}. Take an older backup.")
            yield archive
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise InvalidInput(f"{source} is not a backup of Rufbus, or only a part of one: {error}.") from error
    except OSError as error:
        if error.filename != str(source):
            raise
        raise InvalidInput(f"{source} cannot be read: {error.strerror}.") from error


def _to_manifest(backup: Backup) -> dict[str, object]:
    about = {"format": FORMAT, "rufbus": __version__, "revision": backup.revision}
    return {**about, "taken_at": backup.taken_at, "rows": backup.rows}


def _read_manifest(source: Path, archive: zipfile.ZipFile) -> Backup:
    found: Any = None
    with suppress(KeyError, ValueError):
        found = json.loads(archive.read(MANIFEST))
    if not isinstance(found, dict) or found.get("format") != FORMAT or not isinstance(found.get("rows"), dict):
        raise InvalidInput(f"{source} is not a backup that this version of Rufbus ({__version__}) can read.")
    if found.get("revision") != REVISION:
        raise Unavailable(
            f"{source} is of revision {found.get('revision')}, this version of Rufbus needs {REVISION}: "
            f"restore it with Rufbus {found.get('rufbus')}, then run `rufbus migrate` with this one."
        )
    return Backup(found.get("taken_at", 0), REVISION, found["rows"])


def _extract(archive: zipfile.ZipFile, member: str, folder: Path) -> None:
    """Write one file of the home; its name leads nowhere else."""
    parts = PurePosixPath(member).parts[1:]
    if not parts or ".." in parts:
        raise InvalidInput(f"The backup holds a file {member}, which belongs to no home.")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("wb") as written:
        shutil.copyfileobj(packed, written)


def _lines(archive: zipfile.ZipFile, member: str) -> Iterator[str]:
    try:
        packed = archive.open(member)
    except KeyError:
        raise InvalidInput(f"The backup lacks {member}.") from None
    with packed:
        for line in packed:
            yield line.decode()

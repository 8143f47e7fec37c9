"""Run a command, usually the tests, with the servers that tests want: PostgreSQL and a browser.

Usage: ``python tools/with_servers.py pytest …``. What is there already is used. A private PostgreSQL is started where
its programs are installed, and stopped at the end. Both are installed where we may (``apt-get`` as root; not with
``RUFBUS_NO_INSTALL=1``). What stays missing is said, and its tests skip.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

USUAL = "postgresql://postgres@127.0.0.1:5432/test"
"""Where a server is looked for when RUFBUS_TEST_POSTGRES names none; the same as in the tests of the store."""
MAY_MAKE_DATABASES = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
USERS = ("postgres", "nobody")
"""Whom root becomes to run PostgreSQL, which refuses root; the first that exists."""
START_S = 60
"""How long a private server may take to start or stop (s)."""


def main(command: Sequence[str]) -> int:
    """Run ``command`` with the servers and return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    environment = dict(os.environ)
    with _postgres() as url:
        if url is not None:
            environment["RUFBUS_TEST_POSTGRES"] = url
        if _find_or_install(_find_browser, "chromium") is None:
            _say("No Chromium: its tests are skipped. Install one (Debian: apt-get install chromium).")
        try:
            return subprocess.run(command, env=environment, check=False).returncode
        except KeyboardInterrupt:
            return 130


@contextmanager
def _postgres() -> Iterator[str | None]:
    """Yield the address of a server that answers, or ``None``."""
    url = os.environ.get("RUFBUS_TEST_POSTGRES", USUAL)
    if _answers(url):
        yield url
        return
    if url != USUAL:
        _say("No PostgreSQL answers at RUFBUS_TEST_POSTGRES; looking for another.")
    programs = _find_or_install(_find_postgres, "postgresql")
    if programs is None:
        _say("No PostgreSQL: its tests are skipped. Install one (Debian: apt-get install postgresql),")
        _say("or name a server whose user may create databases in RUFBUS_TEST_POSTGRES.")
        yield None
        return
    with _private_postgres(programs) as private:
        yield private


@contextmanager
def _private_postgres(programs: Path) -> Iterator[str | None]:
    """Run a server of our own: in a folder that every user can reach, on a free port, with a password of its own."""
    folder = Path(tempfile.mkdtemp(prefix="rufbus-postgres-"))
    port, password = _free_port(), secrets.token_urlsafe(18)
    (folder / "password").write_text(password, encoding="utf-8")
    as_user = _give_away(folder)
    try:
        failure = _start(programs, folder, as_user, port)
        if failure:
            _say(f"The private PostgreSQL did not start, so its tests are skipped:\n{failure}")
        yield None if failure else f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            _run([*as_user, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"], folder)
        shutil.rmtree(folder, ignore_errors=True)


def _start(programs: Path, folder: Path, as_user: Sequence[str], port: int) -> str:
    """Make a database cluster and start its server; return what went wrong, or nothing."""
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    steps: tuple[tuple[str | Path, ...], ...] = (
        (
            "initdb",
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "--pwfile",
            folder / "password",
            "-E",
            "UTF8",
            "--locale=C",
        ),
        ("pg_ctl", "-l", folder / "log", "-w", "-t", str(START_S), "-o", settings, "start"),
    )
    for name, *options in steps:
        done = _run([*as_user, programs / name, "-D", folder / "data", *options], folder)
        if done.returncode:
            return done.stdout.strip()
    return ""


def _give_away(folder: Path) -> list[str]:
    """Give a folder to a user who may run PostgreSQL; return the words that make a command theirs, none if it is us."""
    if os.geteuid() != 0:
        return []
    user = next(name for name in USERS if _is_user(name))
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, user)
    return ["runuser", "-u", user, "--"]


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _answers(url: str) -> bool:
    """Tell whether a server answers and lets us make databases."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(MAY_MAKE_DATABASES).fetchone()
    except psycopg.Error:
        return False
    return row is not None and bool(row[0])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _find_postgres() -> Path | None:
    """Find the folder of PostgreSQL's programs: on the path, or the newest where Debian puts them."""
    found = shutil.which("initdb")
    if found is not None and Path(found).resolve().with_name("pg_ctl").exists():
        return Path(found).resolve().parent
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(debian, key=lambda path: int(path.parent.name), default=None)


def _find_browser() -> Path | None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return Path(found) if found else None


def _find_or_install(find: Callable[[], Path | None], package: str) -> Path | None:
    """Find something, or install Debian's package of it where we may and look again."""
    found = find()
    if found is not None or os.geteuid() != 0 or not shutil.which("apt-get") or os.environ.get("RUFBUS_NO_INSTALL"):
        return found
    _say(f"Installing {package} …")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        done = _run(["apt-get", *step], Path("/"), environment)
        if done.returncode:
            _say(f"apt-get {step[0]} failed:\n{done.stdout.strip()}")
    return find()


def _run(
    command: Sequence[str | Path], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with what it says on both streams in ``stdout``."""
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The command line: ``rufbus …``."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape

from rufbus import __version__
from rufbus.backup import back_up, restore
from rufbus.bench.command import app as bench
from rufbus.bootstrap import ClockChoice, check_home
from rufbus.clocks import SystemClock
from rufbus.domain.clock_time import Instant, from_datetime, to_rfc3339
from rufbus.domain.errors import InvalidInput, RufbusError
from rufbus.home import Home, make_home, read_service
from rufbus.roads.fetch import fetch_osm
from rufbus.settings import Settings
from rufbus.store.migrate import migrate
from rufbus.store.unit_of_work import open_store

from .auth import add_key
from .demo import run_demo
from .progress import ProgressBars
from .serving import serve_home

app = typer.Typer(
    help="Rufbus: rural on-demand mobility. Requests in, tours on OpenStreetMap roads out, stop lists to the vans.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Access keys.", no_args_is_help=True)
app.add_typer(keys, name="key")
app.add_typer(bench, name="bench")
console = Console(stderr=True)

HomeOption = Annotated[Path, typer.Option("--home", help="The folder that `rufbus init` has made.")]


def main() -> None:
    """Run the command line; our own errors end with a sentence and exit code 1."""
    logging.basicConfig(level=os.environ.get("RUFBUS_LOG", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except RufbusError as error:
        console.print(f"[bold red]Error:[/] {escape(error.detail)}", highlight=False, soft_wrap=True)
        for each in error.errors:
            if each.detail not in error.detail:
                console.print(f"  {each.location}: {each.detail}", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Cancelled; nothing half-written is left behind.")
        sys.exit(130)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rufbus {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """Take the options of every command."""


@app.command()
def init(
    home: Annotated[Path, typer.Argument(help="The folder to make.")],
    osm: Annotated[Path, typer.Option(help="OpenStreetMap extract: .osm.pbf, .osm, .osm.gz or .osm.bz2.")],
    service: Annotated[Path | None, typer.Option(help="The service file; a starter is written when left out.")] = None,
    stops: Annotated[
        Path | None, typer.Option(help="Stops as CSV (id,name,lon,lat); from the map when left out.")
    ] = None,
) -> None:
    """Make a home: read the roads, snap the stops, check the service file, create the database."""
    with ProgressBars(console) as bars:
        made = make_home(home, osm, service=service, stops=stops, progress=bars.update)
    typer.echo(made.roads.to_text())
    typer.echo(
        f"Stops: {made.stops.snapped} in the network, {len(made.stops.rejected)} left out (see import-report.txt)"
    )
    for warning in made.warnings:
        typer.echo(f"Warning: {warning}")
    typer.echo(f"Made {home}: {made.service.name}, {len(made.service.vehicles)} vehicles.")
    typer.echo(f"Next: rufbus key add --home {home} --role operator; rufbus serve --home {home}")


@app.command("fetch-osm")
def fetch(
    home: Annotated[Path, typer.Argument(help="The folder to put the extract into.")],
    place: Annotated[str | None, typer.Option(help='A place by name, e.g. "Kreis Schleswig-Flensburg".')] = None,
    url: Annotated[str | None, typer.Option(help="An extract to download instead.")] = None,
) -> None:
    """Download roads: by place through OSMnx, or an extract from an address; a broken download is resumed."""
    home.mkdir(parents=True, exist_ok=True)
    with ProgressBars(console) as bars:
        got = fetch_osm(home, place=place, url=url, progress=bars.update)
    typer.echo(f"Downloaded {got}. Next: rufbus init {home} --osm {got}")


@app.command()
def serve(
    home: HomeOption,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen at.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    clock: Annotated[
        str | None, typer.Option(help="Start an injected clock here, e.g. 2026-11-25T05:00:00+01:00.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="Speed of the injected clock; 0 stands still until advanced.")
    ] = 0.0,
    autopilot: Annotated[
        bool, typer.Option("--autopilot", help="Simulated drivers report every call as planned.")
    ] = False,
    no_improve: Annotated[
        bool, typer.Option("--no-improve", help="Insert rides only, never improve the tours.")
    ] = False,
) -> None:
    """Serve the API, the pages and the dispatcher."""
    Home(home).check()
    service = read_service(Home(home).service_file)
    start = None if clock is None else parse_clock(clock, service.zone.key)
    choice = ClockChoice(start, speed, autopilot)
    serve_home(Home(home), choice, host=host, port=port, workers=workers, improves=not no_improve)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen at.")] = 8000,
    speed: Annotated[float, typer.Option(min=0, help="How fast the day runs.")] = 10.0,
    home: Annotated[
        Path | None, typer.Option(help="Where to keep the demo; a folder in the user's cache by default.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Run a day on the embedded sample region, with simulated riders and drivers."""
    run_demo(home, port=port, speed=speed, console=console, browser=not no_browser)


@keys.command("add")
def add(
    home: HomeOption,
    role: Annotated[str, typer.Option(help="rider, operator, driver, control, planner, admin or machine.")],
    vehicle: Annotated[str | None, typer.Option(help="The van of a driver's key.")] = None,
) -> None:
    """Make an access key and print its token, this once."""
    opened = Home(home)
    service = read_service(opened.service_file)
    store = open_store(opened.database_url(Settings()))
    _, token = add_key(store, role, vehicle, SystemClock().now(), frozenset(v.id for v in service.vehicles))
    store.close()
    typer.echo(token)


@app.command()
def check(home: HomeOption) -> None:
    """Check everything stored, independently of the dispatcher; exit 1 and a list if anything is wrong."""
    checked = check_home(Home(home), Settings(), SystemClock().now())
    for warning in checked.warnings:
        typer.echo(f"Warning: {warning}", err=True)
    for finding in checked.findings:
        typer.echo(f"{finding.invariant} {finding.subject}: {finding.detail}")
    typer.echo(f"{len(checked.findings)} findings", err=True)
    if checked.findings:
        raise typer.Exit(1)


@app.command("migrate")
def migrate_home(home: HomeOption) -> None:
    """Bring the database to the revision that this version needs."""
    opened = Home(home)
    opened.check()
    before = migrate(opened.database_url(Settings()))
    typer.echo(f"The database is up to date (was: {before or 'empty'}).")


@app.command()
def backup(
    home: HomeOption,
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist yet.")],
) -> None:
    """Write the whole home, database included, into one file; the service may go on meanwhile."""
    with ProgressBars(console) as bars:
        done = back_up(Home(home), Settings(), out, SystemClock().now(), bars.update)
    typer.echo(f"{out}: {done.bookings} bookings, {sum(done.rows.values())} rows in all. It holds personal data.")


@app.command("restore")
def restore_home(
    source: Annotated[Path, typer.Argument(help="A file that `rufbus backup` has written.")],
    home: Annotated[Path, typer.Option(help="The folder to make; it must not exist yet, or be empty.")],
) -> None:
    """Make a home from a backup and check what it holds; exit 1 if the check finds anything."""
    with ProgressBars(console) as bars:
        done = restore(source, home, Settings(), bars.update)
    typer.echo(f"{home}: {done.bookings} bookings, {sum(done.rows.values())} rows in all.")
    check(home)


def parse_clock(text: str, zone: str) -> Instant:
    """Return the instant that ``--clock`` names.

    Raises
    ------
    InvalidInput
        When it is not a time.
    """
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as error:
        example = to_rfc3339(1_795_579_200, ZoneInfo(zone))
        raise InvalidInput(f"--clock {text} is not a time. Give it like {example}.") from error
    return from_datetime(when, ZoneInfo(zone))

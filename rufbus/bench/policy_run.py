"""The command ``rufbus bench policy``: read what is asked for, run it, show it, keep it."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console

from rufbus.bench.figures import show, to_table
from rufbus.bench.machine import describe_run
from rufbus.bench.outcome import check_out, write_json
from rufbus.bench.plots import check_plot, plot_shares
from rufbus.bench.policy import (
    list_policies,
    list_refused_shares,
    run_level,
    say_what_limits,
    to_records,
    to_rows,
)
from rufbus.bench.road_service import make_road_service
from rufbus.bench.tight_day import draw_day
from rufbus.domain.errors import InvalidInput
from rufbus.domain.service import Service, SolverRules
from rufbus.home import Home, load_roads, make_home, read_service
from rufbus.ports import StopNetwork
from rufbus.roads.sample import OSM_FILE, write_sample

RULES = SolverRules(
    engine="ruin-recreate", improve_every_s=900, improve_seconds=5.0, improve_iterations=300, repair_seconds=60.0
)
"""What is fixed for all services: short improvements, often; what is tried, not the machine, ends them and repairs."""


def read_numbers(option: str, text: str) -> list[int]:
    """Return the whole numbers of a list with commas.

    Raises
    ------
    InvalidInput
        When it is something else.
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInput(f"{option} {text} is not a list of whole numbers: write them like 10,12,14.") from None


def run_tight_days(
    source: tuple[Path | None, Path | None],
    levels: tuple[list[int], list[int]],
    wishes: int,
    date: str,
    hindsight_iterations: int,
    files: tuple[Path | None, Path | None],
    console: Console,
) -> None:
    """Run the days of each tightness, print the table and what limits it, write the outcome and draw the plot.

    Parameters
    ----------
    source
        The folder of a service, or a road extract; with neither it is the sample region.
    levels
        Numbers of vans, and seeds.
    wishes, date, hindsight_iterations
        How many rides are asked for, on which day, and for how many iterations is planned in hindsight.
    files
        Where the outcome goes as JSON, and the plot as SVG.
    console
        Shows what is being done.

    Raises
    ------
    InvalidInput
        When an option cannot be followed.
    """
    out, plot = files
    check_out(out)
    check_plot(plot)
    day = _read_date(date)
    vans, seeds = levels
    service, network = _read_source(*source)
    rules = replace(RULES, repair_tries=service.solver.repair_tries)
    header = describe_run(seeds[0])
    typer.echo(header.to_text())
    found = []
    for count in vans:
        days = [draw_day(service, network, day, vans=count, wishes=wishes, seed=seed) for seed in seeds]
        policies = list_policies(rules)
        found.append(run_level(days, policies, hindsight_iterations=hindsight_iterations, progress=console.print))
    show(to_table("A tight day", [row for level in found for row in to_rows(level)]))
    for level in found:
        typer.echo(say_what_limits(level))
    if out is not None:
        write_json(out, {"run": header.to_record(), "levels": to_records(found)})
    if plot is not None:
        plot_shares({f"{level.vans} vans": list_refused_shares(level) for level in found}, "refused (%)", plot)


def _read_source(home: Path | None, roads: Path | None) -> tuple[Service, StopNetwork]:
    """Return the service of a folder, one on the roads of an extract, or that of the sample region."""
    if home is not None and roads is not None:
        raise InvalidInput("--home and --roads both say where the vans drive. Give one of them.")
    if roads is not None:
        return make_road_service(roads)
    if home is not None:
        return read_service(Home(home).service_file), load_roads(Home(home))
    with tempfile.TemporaryDirectory(prefix="rufbus-policy-") as folder:
        sample = Path(folder) / "sample"
        write_sample(sample)
        made = make_home(Path(folder), sample / OSM_FILE, service=sample / "service.toml", stops=sample / "stops.csv")
        return made.service, load_roads(made.home)


def _read_date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--date {text} is not a date: write it like 2026-11-25.") from None

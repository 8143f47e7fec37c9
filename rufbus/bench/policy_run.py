"""The command ``rufbus bench policy``: read what is asked for, run it, show it, keep it."""

from __future__ import annotations

import datetime as dt
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console

from rufbus.bench.figures import show, to_table
from rufbus.bench.machine import describe_run
from rufbus.bench.outcome import check_out, write_json
from rufbus.bench.policy import list_policies, run_level, to_records, to_rows
from rufbus.bench.tight_day import draw_day
from rufbus.domain.errors import InvalidInput
from rufbus.domain.service import SolverRules
from rufbus.home import Home, load_roads, make_home, read_service
from rufbus.roads.sample import OSM_FILE, write_sample

RULES = SolverRules(improve_every_s=900, improve_seconds=0.5, repair_seconds=5.0)
"""What is fixed for all services: short improvements, often; the tries, not the machine, end a repair."""


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
    home: Path | None,
    levels: tuple[list[int], list[int]],
    wishes: int,
    date: str,
    hindsight_s: float,
    out: Path | None,
    console: Console,
) -> None:
    """Run the days of each tightness (vans, seeds), print the table and write the outcome."""
    check_out(out)
    day = _read_date(date)
    vans, seeds = levels
    with ExitStack() as stack:
        source = Home(home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rufbus-policy-"))))
        if home is None:
            write_sample(source.path / "sample")
            sample = source.path / "sample"
            make_home(source.path, sample / OSM_FILE, service=sample / "service.toml", stops=sample / "stops.csv")
        network, service = load_roads(source), read_service(source.service_file)
    rules = replace(RULES, engine=service.solver.engine, repair_tries=service.solver.repair_tries)
    header = describe_run(seeds[0])
    typer.echo(header.to_text())
    found = []
    for count in vans:
        days = [draw_day(service, network, day, vans=count, wishes=wishes, seed=seed) for seed in seeds]
        policies = list_policies(rules)
        found.append(run_level(days, policies, hindsight_s=hindsight_s, progress=console.print))
    show(to_table("A tight day", [row for level in found for row in to_rows(level)]))
    if out is not None:
        write_json(out, {"run": header.to_record(), "levels": to_records(found)})


def _read_date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--date {text} is not a date: write it like 2026-11-25.") from None

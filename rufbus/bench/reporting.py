"""Run a benchmark that gives rows, and show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from rufbus.bench.figures import Row, show, to_records, to_table
from rufbus.bench.machine import describe_run
from rufbus.bench.outcome import check_out, write_json


def report_rows(title: str, run: Callable[[], Sequence[Row]], seed: int, out: Path | None) -> None:
    """Run a benchmark and show its rows below the circumstances of the run, also into ``out`` as JSON.

    Raises
    ------
    InvalidInput
        When ``out`` cannot be written; said before anything is measured where that can be known.
    """
    report_tables(lambda: {title: run()}, seed, out)


def report_tables(
    run: Callable[[], Mapping[str, Sequence[Row]]], seed: int, out: Path | None
) -> Mapping[str, Sequence[Row]]:
    """Run a benchmark that gives rows by the titles of their tables, show and write them, and return them.

    Raises
    ------
    InvalidInput
        As :func:`report_rows`.
    """
    check_out(out)
    header = describe_run(seed)
    tables = run()
    typer.echo(header.to_text())
    for title, rows in tables.items():
        show(to_table(title, rows))
    if out is not None:
        records = to_records([row for rows in tables.values() for row in rows])
        write_json(out, {"run": header.to_record(), "rows": records})
    return tables

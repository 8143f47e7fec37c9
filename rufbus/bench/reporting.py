"""Run a benchmark that gives rows, and show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    check_out(out)
    header = describe_run(seed)
    rows = run()
    typer.echo(header.to_text())
    show(to_table(title, rows))
    if out is not None:
        write_json(out, {"run": header.to_record(), "rows": to_records(rows)})

"""The commands over public instances: read all, solve each, show, write, and end with 1 if an answer is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.console import Console

from rufbus.bench.figures import show, to_table
from rufbus.bench.instances.instance import Instance, find_files, read_instances
from rufbus.bench.machine import describe_run
from rufbus.bench.outcome import check_out, write_json
from rufbus.bench.pdptw_peers import SOLVERS
from rufbus.bench.plots import check_plot, plot_gaps
from rufbus.bench.public_sets import Result, run_set, to_rows
from rufbus.bench.solving import Effort, Outcome, solve
from rufbus.bench.tracking import track
from rufbus.domain.errors import InvalidInput
from solver.improve import RECIPES, warm_up_engines

DEFAULT_SECONDS = 10.0
TITLES = {
    "darp": "Dial-a-ride: cost",
    "pdptw": "Pickup and delivery: vehicles / cost",
    "ddarp": "Dial-a-ride, requests known by and by: cost",
}
Asked = tuple[float | None, int | None, int, int, str]
"""Seconds, iterations, seed, threads, engine."""


def run_public(
    kind: str,
    paths: Sequence[Path],
    asked: Asked,
    best_known: Path | None,
    peers: Sequence[str],
    files_out: tuple[Path | None, Path | None],
    console: Console,
    solver: Callable[[Instance, Effort], Outcome] = solve,
) -> None:
    """Run a benchmark over public instances; ``files_out`` are those for JSON and for the plot.

    Raises
    ------
    InvalidInput
        When an option or an instance cannot be used; then nothing was solved.
    typer.Exit
        With 1, when an answer broke a rule.
    """
    effort = _to_effort(asked)
    _check_peers(peers)
    out, plot = files_out
    check_out(out)
    check_plot(plot)
    files, left_out = find_files(paths, kind)
    if left_out:
        console.print(f"Left out, no instances: {', '.join(file.name for file in left_out)}", markup=False)
    instances = read_instances(files, kind)
    typer.echo(describe_run(effort.seed).to_text())
    typer.echo(_describe(effort))
    warm_up_engines()
    followed = track(instances, lambda instance: instance.name, console)
    results = run_set(followed, effort, best_known=best_known, peers=peers, solver=solver)
    show(to_table(TITLES[kind], to_rows(results)))
    if out is not None:
        write_json(out, [result.to_record() for result in results])
    if plot is not None:
        plot_gaps(results, f"{TITLES[kind]}: {_describe(effort)}", plot)
    _tell_faults(results, console)


def _to_effort(asked: Asked) -> Effort:
    seconds, iterations, seed, threads, engine = asked
    if engine not in RECIPES:
        raise InvalidInput(f"There is no engine {engine!r}: choose one of {', '.join(RECIPES)}.")
    if seconds is None and iterations is None:
        seconds = DEFAULT_SECONDS
    return Effort(engine, seconds, iterations, seed, threads)


def _check_peers(peers: Sequence[str]) -> None:
    for name in peers:
        if name not in SOLVERS:
            raise InvalidInput(
                f"{name!r} is no peer that can model pickup and delivery: choose from {', '.join(SOLVERS)}."
            )


def _describe(effort: Effort) -> str:
    limits = [] if effort.seconds is None else [f"{effort.seconds:g} s"]
    if effort.iterations is not None:
        limits.append(f"{effort.iterations:,} iterations")
    threads = "1 thread" if effort.threads == 1 else f"{effort.threads} threads"
    return f"engine {effort.engine}, {' and '.join(limits)} an instance, {threads}"


def _tell_faults(results: Sequence[Result], console: Console) -> None:
    """Name every broken answer, ours and the peers', and every engine that failed; end with 1 if ours is broken."""
    for result in results:
        for name, outcome in (("ours", result.ours), *result.peers.items()):
            for sentence in (*outcome.faults, *outcome.notes) if outcome else ():
                console.print(f"{result.instance.name}, {name}: {sentence}", highlight=False, markup=False)
    if any(result.ours.faults for result in results):
        raise typer.Exit(1)

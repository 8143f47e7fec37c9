"""``rufbus bench …``: one command per benchmark.

Every benchmark's own module is imported inside its command, so that no other command of ``rufbus`` waits for it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Measure the kernel and the roads, beside what else could be used.", no_args_is_help=True)
console = Console(stderr=True)
DEFAULT_ENGINE = "portfolio"


PathsArgument = Annotated[
    list[Path], typer.Argument(metavar="PATH…", help="Instance files, or folders that hold some.")
]
SecondsOption = Annotated[
    float | None,
    typer.Option(min=0.1, help="Wall time for each instance; 10 without --iterations.", show_default=False),
]
IterationsOption = Annotated[
    int | None, typer.Option(min=1, help="A budget of iterations instead of time: the same seed, the same routes.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Decides everything that is drawn.")]
ThreadsOption = Annotated[int, typer.Option(min=1, max=64, help="Threads that the engine may use.")]
EngineOption = Annotated[str, typer.Option(help="The engine of solver.improve that is measured.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write everything measured to this JSON file.")]
PlotOption = Annotated[Path | None, typer.Option("--plot", help="Draw the gaps into this SVG file.")]
BestOption = Annotated[
    Path | None,
    typer.Option(help="CSV with instance, cost and perhaps vehicles; else best_known.csv beside or above an instance."),
]


@app.callback()
def _bench() -> None:
    """Measure the kernel and the roads, beside what else could be used."""


@app.command("peers")
def list_peers() -> None:
    """Tell the machine, the versions, and which peers are installed."""
    from rufbus.bench.figures import NOT_INSTALLED, show
    from rufbus.bench.machine import describe_run
    from rufbus.bench.peers import PEERS

    table = Table(title="Peers", title_justify="left")
    for heading in ("peer", "measured at", "version"):
        table.add_column(heading)
    for name, peer in PEERS.items():
        table.add_row(name, peer.does, peer.version or NOT_INSTALLED)
    typer.echo(describe_run(0).to_text())
    show(table)


@app.command("darp")
def run_darp(
    paths: PathsArgument,
    seconds: SecondsOption = None,
    iterations: IterationsOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    engine: EngineOption = DEFAULT_ENGINE,
    best_known: BestOption = None,
    out: OutOption = None,
    plot: PlotOption = None,
) -> None:
    """Solve instances of the dial-a-ride problem (Cordeau's formats)."""
    from rufbus.bench.public_runs import run_public

    run_public("darp", paths, (seconds, iterations, seed, threads, engine), best_known, (), (out, plot), console)


@app.command("pdptw")
def run_pdptw(
    paths: PathsArgument,
    seconds: SecondsOption = None,
    iterations: IterationsOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    engine: EngineOption = DEFAULT_ENGINE,
    best_known: BestOption = None,
    peers: Annotated[str, typer.Option(help="Run these too, at equal time on one thread: pyvrp,vroom,or-tools.")] = "",
    out: OutOption = None,
    plot: PlotOption = None,
) -> None:
    """Solve instances of pickup and delivery with time windows (Li & Lim, Sartori & Buriol)."""
    from rufbus.bench.public_runs import run_public

    names = tuple(name.strip() for name in peers.split(",") if name.strip())
    run_public("pdptw", paths, (seconds, iterations, seed, threads, engine), best_known, names, (out, plot), console)


@app.command("ddarp")
def run_ddarp(
    paths: PathsArgument,
    seconds: SecondsOption = None,
    iterations: Annotated[
        int | None,
        typer.Option(
            min=1, help="Iterations whenever a request becomes known; 200 without --seconds.", show_default=False
        ),
    ] = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    engine: EngineOption = DEFAULT_ENGINE,
    leaving: Annotated[
        str, typer.Option("--leave", help="When a van leaves for its next visit: earliest or latest in time for it.")
    ] = "earliest",
    best_known: BestOption = None,
    out: OutOption = None,
    plot: PlotOption = None,
) -> None:
    """Replay dynamic dial-a-ride instances: insert each request when it becomes known, and improve in between."""
    from rufbus.bench.public_runs import run_public
    from rufbus.bench.replay import DEFAULT_ITERATIONS, make_replay

    replay = make_replay(leaving)
    if seconds is None and iterations is None:
        iterations = DEFAULT_ITERATIONS
    run_public(
        "ddarp", paths, (seconds, iterations, seed, threads, engine), best_known, (), (out, plot), console, replay
    )


VansOption = Annotated[int, typer.Option(min=1, help="How many vans are on their way.")]
BookingsOption = Annotated[int, typer.Option(min=1, help="How many rides are in their tours.")]
WishesOption = Annotated[int, typer.Option(min=2, help="How many wishes are measured.")]


@app.command("insertion")
def measure_insertion(
    vans: VansOption = 50,
    bookings: BookingsOption = 500,
    wishes: WishesOption = 500,
    seed: SeedOption = 1,
    out: OutOption = None,
) -> None:
    """Measure the exact cheapest place of one more ride, beside plain Python that must say the same."""
    from rufbus.bench.insertion import insertion_rows
    from rufbus.bench.reporting import report_rows

    report_rows("Insertion", lambda: insertion_rows(seed, vans=vans, open_bookings=bookings, wishes=wishes), seed, out)


@app.command("alternatives")
def measure_alternatives(
    vans: VansOption = 50,
    bookings: BookingsOption = 500,
    wishes: WishesOption = 200,
    windows: Annotated[int, typer.Option(min=1, help="How many times of day each wish is asked for.")] = 24,
    seed: SeedOption = 1,
    out: OutOption = None,
) -> None:
    """Measure one call that asks for a wish at many times, beside plain Python that must say the same."""
    from rufbus.bench.insertion import alternatives_rows
    from rufbus.bench.reporting import report_rows

    report_rows(
        "Alternatives",
        lambda: alternatives_rows(seed, vans=vans, open_bookings=bookings, wishes=wishes, windows=windows),
        seed,
        out,
    )


@app.command("policy")
def run_policy(
    home: Annotated[Path | None, typer.Option(help="The folder of a service; by default the sample region.")] = None,
    roads: Annotated[Path | None, typer.Option(help="A road extract instead; the service is made up.")] = None,
    vans: Annotated[str, typer.Option(help="How many of the service's vans drive, one tightness each.")] = "10,12,14",
    wishes: Annotated[int, typer.Option(min=20, help="How many rides are asked for on the day.")] = 250,
    seeds: Annotated[str, typer.Option(help="One day each.")] = "1,2,3",
    date: Annotated[str, typer.Option(help="The day, YYYY-MM-DD.")] = "2026-11-25",
    hindsight_iterations: Annotated[int, typer.Option(min=1, help="Iterations for planning in hindsight.")] = 120_000,
    out: OutOption = None,
    plot: PlotOption = None,
) -> None:
    """Dispatch tight days under several policies, and set them beside the plan in hindsight (figure 11)."""
    from rufbus.bench.policy_run import read_numbers, run_tight_days

    levels = read_numbers("--vans", vans), read_numbers("--seeds", seeds)
    run_tight_days((home, roads), levels, wishes, date, hindsight_iterations, (out, plot), console)


@app.command("robustness")
def run_robustness(
    home: Annotated[Path | None, typer.Option(help="The folder of a service; by default the sample region.")] = None,
    percentiles: Annotated[str, typer.Option(help="What plans allow for each drive, 50 to 99.")] = "50,75,90",
    variation: Annotated[float, typer.Option(min=0, max=1, help="How much the time of a drive varies.")] = 0.15,
    vans: Annotated[int, typer.Option(min=1, help="How many of the service's vans drive.")] = 12,
    wishes: Annotated[int, typer.Option(min=20, help="How many rides are asked for on a day.")] = 250,
    seeds: Annotated[str, typer.Option(help="One day each.")] = "1,2,3",
    date: Annotated[dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="The day.")] = dt.datetime(2026, 11, 25),  # noqa: DTZ001
    out: OutOption = None,
) -> None:
    """Drive days in drawn traffic, planned at several percentiles: promises at risk and broken, riders served."""
    from rufbus.bench.policy_run import read_numbers
    from rufbus.bench.robustness import run_robustness

    shares, days = read_numbers("--percentiles", percentiles), read_numbers("--seeds", seeds)
    run_robustness(home, shares, variation, (vans, wishes), days, date.date(), out, console)


RoadsArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Road extract; without one, the sample region.")
]


@app.command("improve")
def run_improve(
    roads: RoadsArgument = None,
    vans: Annotated[int, typer.Option(min=1, help="Vans in shifts with breaks.")] = 20,
    rides: Annotated[int, typer.Option(min=2, help="Rides that were promised by pure insertion.")] = 160,
    stops: Annotated[int, typer.Option(min=10, help="Stops at most.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time for each improvement.")] = 1.0,
    seeds: Annotated[int, typer.Option(min=1, help="How many days are drawn.")] = 5,
    threads: ThreadsOption = 1,
    out: OutOption = None,
) -> None:
    """Re-optimise a rural day in a second, beside OR-Tools from the same plan (figure 10)."""
    from rufbus.bench.improve import compare_engines
    from rufbus.bench.reporting import report_rows
    from rufbus.bench.rural_day import draw_days

    report_rows(
        f"A rural day: {vans} vans, {rides} rides",
        lambda: compare_engines(draw_days(roads, stops, vans, rides, seeds), seconds, threads),
        0,
        out,
    )


@app.command("parts")
def run_parts(
    roads: RoadsArgument = None,
    vans: Annotated[int, typer.Option(min=1, help="Vans in shifts with breaks.")] = 20,
    rides: Annotated[int, typer.Option(min=2, help="Rides that were promised by pure insertion.")] = 160,
    stops: Annotated[int, typer.Option(min=10, help="Stops at most.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time for each improvement.")] = 1.0,
    seeds: Annotated[int, typer.Option(min=1, help="How many days are drawn.")] = 3,
    out: OutOption = None,
) -> None:
    """Tell what each part of the portfolio adds on a rural day."""
    from rufbus.bench.parts import compare_parts
    from rufbus.bench.reporting import report_rows
    from rufbus.bench.rural_day import draw_days

    report_rows(
        f"Parts of the portfolio: {vans} vans, {rides} rides",
        lambda: compare_parts(draw_days(roads, stops, vans, rides, seeds), seconds),
        0,
        out,
    )


@app.command("roads")
def run_roads(
    roads: RoadsArgument = None,
    stops: Annotated[int, typer.Option(min=2, help="Stops drawn on the roads, from each to each.")] = 2000,
    seed: SeedOption = 0,
    out: OutOption = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw ours beside the peers into this SVG file.")] = None,
) -> None:
    """Measure matrix, single addresses and the import of an extract, beside peers (figures 1, 2, 3)."""
    from rufbus.bench.roads import run_roads

    run_roads(roads, stops, seed, out, plot)


@app.command("scaling")
def run_scaling(
    roads: RoadsArgument = None,
    largest: Annotated[int, typer.Option(min=1, help="Largest multiple of the home case; 8 needs some 12 GB.")] = 8,
    seed: SeedOption = 0,
    out: OutOption = None,
) -> None:
    """Measure cost against size at 1, 2, 4 and 8 times the home case (figure 12)."""
    from rufbus.bench.reporting import report_rows
    from rufbus.bench.scaling import FACTORS, measure_sizes, to_rows

    report_rows(
        "Cost against size: more stops, vans and wishes on the same roads",
        lambda: to_rows(measure_sizes(roads, [factor for factor in FACTORS if factor <= largest], seed)),
        seed,
        out,
    )


@app.command("day-sim")
def measure_day_sim(
    wishes: Annotated[int, typer.Option(min=1, help="How many wishes come in the day.")] = 2000,
    vans: Annotated[int, typer.Option(min=1, help="How many vans drive.")] = 30,
    stops: Annotated[int, typer.Option(min=2, help="How many stops there are.")] = 100,
    python_wishes: Annotated[
        int, typer.Option(min=1, help="How many wishes RidePy's Python gets: the first ones.")
    ] = 500,
    wait_minutes: Annotated[int, typer.Option(min=1, help="How long a rider waits at most.")] = 30,
    seed: SeedOption = 1,
    out: OutOption = None,
) -> None:
    """Measure a whole day of insertions beside RidePy, on equal stops, times, wishes and policy."""
    from rufbus.bench.day_sim import day_sim_rows
    from rufbus.bench.reporting import report_rows

    report_rows(
        "A day of wishes",
        lambda: day_sim_rows(
            seed, wishes=wishes, vans=vans, stops=stops, python_wishes=python_wishes, wait_s=60 * wait_minutes
        ),
        seed,
        out,
    )

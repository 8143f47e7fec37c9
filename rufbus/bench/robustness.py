"""How many promises are kept when drives take as long as is drawn, by the percentile that plans allow for.

The dispatcher plans the same day at each percentile. Its simulated drivers meet the same traffic: every drive takes the
median time of the roads times a lognormal factor, drawn for the pair of stops and the shift.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from rufbus.bench.figures import show
from rufbus.bench.machine import describe_run
from rufbus.bench.outcome import check_out, write_json
from rufbus.bench.tight_day import TightDay, draw_day
from rufbus.checker.state import read_state
from rufbus.checker.verify import find_faults
from rufbus.clocks import ManualClock
from rufbus.dispatch.book import book_ride
from rufbus.dispatch.day_plan import get_day_plan
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import warm_up
from rufbus.dispatch.quote import quote_ride
from rufbus.domain.booking import Rider
from rufbus.domain.clock_time import Instant, local_instant
from rufbus.domain.errors import InvalidInput
from rufbus.domain.events import EventKind
from rufbus.domain.ids import seeded_chance
from rufbus.home import Home, load_day_network, make_home, read_service
from rufbus.roads.sample import OSM_FILE, write_sample
from rufbus.running import Runner
from rufbus.simulation.autopilot import Traffic, report_as_driven
from rufbus.store.memory import MemoryStore
from rufbus.workers import InlineWorkers

NIGHT_S = 26 * 3600
"""Wall-clock seconds at which a day is over."""


@dataclass(frozen=True, slots=True)
class DrivenDay:
    """What became of one day that was planned at one percentile."""

    percentile: int
    seed: int
    asked: int
    served: int
    at_risk: int
    """Riders whose promise was in danger at some time: the dispatcher raised an alarm."""
    kept: int
    broken: int
    drive_s: int
    findings: int
    """What the independent checker finds wrong in what is stored."""


def drive_day(day: TightDay, percentile: int, variation: float) -> DrivenDay:
    """Return what becomes of a day's wishes when plans allow for a percentile and drives take what they take.

    Parameters
    ----------
    day
        The day; its seed also draws the traffic.
    percentile
        What plans allow for each drive, 50 to 99.
    variation
        Coefficient of variation of the time of a drive, in the plan's model as on the road.
    """
    promise = replace(day.service.promise, leg_time_percentile=percentile, leg_time_variation=variation)
    service = replace(day.service, promise=promise, solver=replace(day.service.solver, repair_seconds=60.0))
    clock = ManualClock(day.asked[0].at)
    desk = Desk(service, day.network, MemoryStore(), clock, seeded_chance(day.seed), InlineWorkers())
    warm_up(desk)
    runner = Runner(desk, partial(report_as_driven, traffic=Traffic(variation, day.seed)), improves=False)
    served = 0
    for number, one in enumerate(day.asked):
        _advance(runner, clock, one.at)
        offer = quote_ride(desk, one.request)
        if offer.refusal is None:
            book_ride(desk, offer.quotes[0].quote.id, Rider(f"Rider {number}", f"+49 4621 {number:06d}"))
            served += 1
    _advance(runner, clock, local_instant(day.date, NIGHT_S, service.zone))
    return _outcome(desk, day, percentile, served)


def _advance(runner: Runner, clock: ManualClock, at: Instant) -> None:
    def move(seconds: int) -> None:
        clock.advance(seconds)

    if at > clock.now():
        runner.advance(at - clock.now(), move)


def _outcome(desk: Desk, day: TightDay, percentile: int, served: int) -> DrivenDay:
    with desk.store.audit() as session:
        state = read_state(session, desk.clock.now())
        drive_s = get_day_plan(desk, session, day.date.isoformat()).drive_s
        ledger = session.ledger_counts()
    alarmed = {each.event.leg_id for each in state.events if each.event.kind is EventKind.LATE_RISK}
    shifts = [shift for each in sorted({t.service_day for t in state.tours}) for shift in desk.shifts_on(each)]
    return DrivenDay(
        percentile=percentile,
        seed=day.seed,
        asked=len(day.asked),
        served=served,
        at_risk=len(alarmed - {None}),
        kept=ledger.get("kept", 0),
        broken=ledger.get("broken", 0),
        drive_s=drive_s,
        findings=len(find_faults(state, desk.service, desk.network, shifts)),
    )


def to_robustness_table(days: Sequence[DrivenDay], variation: float) -> Table:
    """Return the sums over all days of each percentile as a table."""
    table = Table(title=f"Drives that vary by {100 * variation:.0f} %", title_justify="left")
    for heading in ("percentile", "served", "refused", "at risk", "broken", "kept", "driven a rider", "findings"):
        table.add_column(heading, justify="right")
    for percentile in dict.fromkeys(day.percentile for day in days):
        own = [day for day in days if day.percentile == percentile]
        asked, served, kept = (sum(getattr(day, name) for day in own) for name in ("asked", "served", "kept"))
        table.add_row(
            str(percentile),
            f"{served} of {asked}",
            str(asked - served),
            _share(sum(day.at_risk for day in own), served),
            _share(sum(day.broken for day in own), served),
            _share(kept, served),
            f"{sum(day.drive_s for day in own) / 60 / max(served, 1):.1f} min",
            str(sum(day.findings for day in own)),
        )
    return table


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / max(whole, 1):.1f} %)"


def run_robustness(
    home: Path | None,
    percentiles: Sequence[int],
    variation: float,
    fleet: tuple[int, int],
    seeds: Sequence[int],
    date: dt.date,
    out: Path | None,
    console: Console,
) -> None:
    """Drive the days of all seeds at all percentiles, print the table and write the outcome.

    ``fleet`` is how many vans drive, and how many rides are asked for on a day.
    """
    check_out(out)
    for percentile in percentiles:
        if not 50 <= percentile <= 99:
            raise InvalidInput(f"--percentiles {percentile} is none that plans can allow for: choose from 50 to 99.")
    vans, wishes = fleet
    with ExitStack() as stack:
        source = Home(home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rufbus-robustness-"))))
        if home is None:
            sample = source.path / "sample"
            write_sample(sample)
            make_home(source.path, sample / OSM_FILE, service=sample / "service.toml", stops=sample / "stops.csv")
        service = read_service(source.service_file)
        network = load_day_network(source, service)
    header = describe_run(seeds[0])
    typer.echo(header.to_text())
    days = [draw_day(service, network, date, vans=vans, wishes=wishes, seed=seed) for seed in seeds]
    driven = _drive_all(days, percentiles, variation, console.print)
    show(to_robustness_table(driven, variation))
    if out is not None:
        write_json(out, {"run": header.to_record(), "variation": variation, "days": [asdict(each) for each in driven]})


def _drive_all(
    days: Sequence[TightDay], percentiles: Sequence[int], variation: float, progress: Callable[[str], None]
) -> list[DrivenDay]:
    driven = []
    for percentile in percentiles:
        for day in days:
            progress(f"percentile {percentile}, seed {day.seed}")
            driven.append(drive_day(day, percentile, variation))
    return driven

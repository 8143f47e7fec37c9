"""Where dispatch meets the world: everything is made here and handed in; nothing is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from rufbus.checker.finding import Finding
from rufbus.checker.state import read_state
from rufbus.checker.verify import find_faults
from rufbus.clocks import ScaledClock, SystemClock
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.idempotency import KeysAtWork
from rufbus.dispatch.planning import warm_up
from rufbus.domain.calendar import shifts_on
from rufbus.domain.clock_time import Clock, Instant, to_local
from rufbus.domain.errors import WrongState
from rufbus.domain.ids import Chance, system_chance
from rufbus.home import Home, hold_home, load_day_network, read_service
from rufbus.lease import Lease
from rufbus.roads.day_network import DayNetwork
from rufbus.running import Runner
from rufbus.settings import Settings
from rufbus.simulation.autopilot import report_as_planned
from rufbus.store.unit_of_work import SqlStore, open_store
from rufbus.workers import InlineWorkers, ProcessWorkers

CLOCK_SETTING = "injected_clock"
"""Setting that holds the last time on an injected clock (s); absent where the time of day is in force."""


@dataclass(frozen=True, slots=True)
class ClockChoice:
    """Which clock a process runs on."""

    start: Instant | None = None
    """``None``: the time of day. Otherwise where an injected clock starts."""
    speed: float = 0.0
    """How fast an injected clock runs; 0 stands still until advanced."""
    autopilot: bool = False
    """Simulated drivers report every call as planned; only on an injected clock."""

    def make(self) -> Clock:
        """Return the clock."""
        return SystemClock() if self.start is None else ScaledClock(self.start, self.speed)


@dataclass(slots=True, eq=False)
class Running:
    """A service at work, as the doors see it."""

    desk: Desk
    network: DayNetwork
    store: SqlStore
    runner: Runner
    workers: ProcessWorkers | InlineWorkers
    clock_choice: ClockChoice
    home: Home
    held: ExitStack
    """Keeps the home from being made anew while it is served."""
    demo: bool = False
    """Every visitor may look and book; for demonstrations on the sample region."""
    keys_at_work: KeysAtWork = field(default_factory=KeysAtWork)
    drawn: dict[str, str] = field(default_factory=dict)
    """Map layers as JSON text, drawn when first asked for."""

    def advance(self, seconds: int) -> None:
        """Move the injected clock, doing on the way what falls due.

        Raises
        ------
        WrongState
            When the process runs on the time of day.
        """
        clock = self.desk.clock
        if not isinstance(clock, ScaledClock):
            raise WrongState("The clock can only be moved when the server was started with --clock.")
        self.runner.advance(seconds, lambda step: _move(clock, step))
        self.keep_clock()

    def keep_clock(self) -> None:
        """Store the injected clock's time, by which `rufbus check` judges what is stored."""
        if self.clock_choice.start is not None:
            with self.store.write() as session:
                session.put_setting(CLOCK_SETTING, str(self.desk.clock.now()))

    def close(self) -> None:
        """End everything that was started."""
        self.runner.stop()
        self.keep_clock()
        self.workers.close()
        self.store.close()
        self.held.close()


def _move(clock: ScaledClock, seconds: int) -> None:
    clock.advance(seconds)


def open_home(
    home: Home,
    *,
    settings: Settings | None = None,
    clock: ClockChoice | None = None,
    chance: Chance | None = None,
    inline: bool = False,
    improves: bool = True,
    demo: bool = False,
) -> Running:
    """Return the service of a home, ready to answer; ``start`` its runner to let time work on it.

    Raises
    ------
    InvalidInput
        When the folder is not a home.
    Unavailable
        When the database is missing or of another revision.
    """
    settings = settings or Settings()
    clock = clock or ClockChoice()
    if clock.autopilot and clock.start is None:
        raise WrongState("--autopilot simulates drivers and needs --clock.")
    home.check()
    held = ExitStack()
    held.enter_context(hold_home(home.path, alone=False))
    service = read_service(home.service_file)
    network = load_day_network(home, service)
    store = open_store(home.database_url(settings))
    workers = InlineWorkers() if inline else ProcessWorkers(settings.solver_processes)
    speed = clock.speed if clock.start is not None else 1.0
    desk = Desk(service, network, store, clock.make(), chance or system_chance(), workers, speed)
    warm_up(desk)
    network.warm_up(to_local(desk.clock.now(), service.zone).date().isoformat())
    autopilot: Callable[[Desk], None] | None = report_as_planned if clock.autopilot else None
    lease = Lease(store) if clock.start is None else None
    runner = Runner(desk, autopilot=autopilot, improves=improves, lease=lease)
    return Running(desk, network, store, runner, workers, clock, home, held, demo)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a home found."""

    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    """What is no fault but should be known: stops that closures cut off."""


def check_home(home: Home, settings: Settings, now: Instant) -> Checked:
    """Return everything that is wrong with what a home has stored, as the independent checker sees it.

    A home that runs on an injected clock is judged as of the last time on that clock.
    """
    service = read_service(home.service_file)
    network = load_day_network(home, service)
    store = open_store(home.database_url(settings))
    try:
        with store.audit() as session:
            stored = session.find_setting(CLOCK_SETTING)
            state = read_state(session, int(stored) if stored is not None else now)
    finally:
        store.close()
    days = sorted({tour.service_day for tour in state.tours})
    shifts = [shift for day in days for shift in shifts_on(service, dt.date.fromisoformat(day))]
    return Checked(find_faults(state, service, network, shifts), tuple(network.list_warnings()))

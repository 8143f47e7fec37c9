"""A tight day through the real dispatcher: seeded wishes, simulated drivers, a store in memory, a standing clock.

Nothing here decides anything: quotes, bookings, improvement and the passing of time are those of a server, only without
HTTP and with workers in line. The same wishes are put to several policies, and to a planner who knew them all before.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rufbus.checker.state import read_state
from rufbus.checker.verify import find_faults
from rufbus.clocks import ManualClock
from rufbus.dispatch.book import book_ride
from rufbus.dispatch.day_plan import get_day_plan
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.ends import StopPair, list_pairs
from rufbus.dispatch.planning import warm_up
from rufbus.dispatch.quote import quote_ride
from rufbus.dispatch.search import STEP_S, Workings, grid, list_candidates
from rufbus.domain.booking import Rider
from rufbus.domain.clock_time import Instant, local_instant
from rufbus.domain.errors import InvalidInput
from rufbus.domain.events import EventKind
from rufbus.domain.ids import seeded_chance
from rufbus.domain.promise import Promise
from rufbus.domain.request import RefusalReason, Request
from rufbus.domain.rules import check_wish
from rufbus.domain.service import Service, SolverRules
from rufbus.ports import StopNetwork
from rufbus.running import Runner
from rufbus.simulation.autopilot import report_as_planned
from rufbus.simulation.demand import Asked, Mix, draw_requests
from rufbus.store.memory import MemoryStore
from rufbus.workers import InlineWorkers

OPENS_S, CLOSES_S = 6 * 3600 + 1800, 18 * 3600
"""Wall-clock seconds between which rides are wished for."""


@dataclass(frozen=True, slots=True)
class TightDay:
    """A service, its roads, and what is asked for on one day."""

    service: Service
    network: StopNetwork
    date: dt.date
    asked: tuple[Asked, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Policy:
    """How a day is dispatched."""

    name: str
    solver: SolverRules
    improves: bool
    tells_whole_wait: bool = False
    """Riders are told one window that is as wide as all offers that would count as wished, and narrowed later."""

    def service_of(self, day: TightDay) -> Service:
        """Return the day's service under this policy."""
        service = replace(day.service, solver=self.solver)
        if not self.tells_whole_wait:
            return service
        booking, promise = service.booking, service.promise
        width_s = promise.pickup_window_s + booking.max_wait_s // STEP_S * STEP_S
        return replace(
            service,
            booking=replace(booking, max_wait_s=0),
            promise=replace(promise, pickup_window_s=width_s),
        )


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """What one policy made of one day."""

    policy: str
    asked: int
    served: int
    refused: int
    drive_s: int
    lists: int
    """Changed stop lists that drivers were sent."""
    kept: int
    broken: int
    findings: int
    """What the independent checker finds wrong in what is stored."""
    quote_s: tuple[float, ...]
    """How long each quote took (s)."""


def draw_day(service: Service, network: StopNetwork, date: dt.date, *, vans: int, wishes: int, seed: int) -> TightDay:
    """Return a day on which the first ``vans`` vehicles are asked for ``wishes`` single rides.

    Wishes that the rules forbid, whatever the vans do, are left out.

    Raises
    ------
    InvalidInput
        When the service has fewer vehicles.
    """
    if not 1 <= vans <= len(service.vehicles):
        raise InvalidInput(f"{vans} vans were asked for: the service has 1 to {len(service.vehicles)}. Choose as many.")
    fleet = service.vehicles[:vans]
    ids = {vehicle.id for vehicle in fleet}
    smaller = replace(service, vehicles=fleet, shifts=tuple(rule for rule in service.shifts if rule.vehicle in ids))
    opens, closes = (local_instant(date, seconds, service.zone) for seconds in (OPENS_S, CLOSES_S))
    notice_s = service.booking.min_notice_s
    asked = draw_requests(
        network,
        count=wishes,
        first_at=opens,
        last_at=closes,
        seed=seed,
        mix=Mix(with_return=0.0),
        min_notice_s=notice_s,
    )
    day = TightDay(smaller, network, date, tuple(asked), seed)
    return replace(day, asked=tuple(one for one, widest in zip(asked, list_widest(day), strict=True) if widest))


def list_widest(day: TightDay) -> list[tuple[StopPair, Promise] | None]:
    """Return for each wish its stops and the promise that spans all offers as wished; ``None`` where there are none."""
    clock = ManualClock(day.asked[0].at)
    desk = Desk(day.service, day.network, MemoryStore(), clock, seeded_chance(0), InlineWorkers())
    with desk.store.read() as session:
        return [_widest(Workings(desk, session, one.at, one.at), one.request) for one in day.asked]


def _widest(workings: Workings, request: Request) -> tuple[StopPair, Promise] | None:
    desk = workings.desk
    if check_wish(request.outward, desk.service, workings.now) is not None:
        return None
    pairs, _ = list_pairs(desk, request)
    offsets = grid(desk.service.booking.max_wait_s, STEP_S, both_ways=False)
    promises = [c.promise for c in list_candidates(workings, request.outward, pairs[:1], offsets, request.party)]
    if not promises:
        return None
    widest = Promise(
        min(promise.pickup_from for promise in promises),
        max(promise.pickup_to for promise in promises),
        max(promise.dropoff_by for promise in promises),
        promises[0].max_ride_s,
    )
    return pairs[0], widest


def dispatch_day(day: TightDay, policy: Policy, stopwatch: Callable[[], float]) -> DayOutcome:
    """Return what becomes of the wishes when each is answered as it comes."""
    service = policy.service_of(day)
    clock = ManualClock(day.asked[0].at)
    desk = Desk(service, day.network, MemoryStore(), clock, seeded_chance(day.seed), InlineWorkers())
    warm_up(desk)
    runner = Runner(desk, report_as_planned, policy.improves)
    refused: Counter[RefusalReason] = Counter()
    quote_s = []
    for number, one in enumerate(day.asked):
        _advance(runner, clock, one.at)
        began_s = stopwatch()
        offer = quote_ride(desk, one.request)
        quote_s.append(stopwatch() - began_s)
        if offer.refusal is not None:
            refused[offer.refusal.reason] += 1
        else:
            book_ride(desk, offer.quotes[0].quote.id, Rider(f"Rider {number}", f"+49 4621 {number:06d}"))
    _advance(runner, clock, local_instant(day.date, 86_400 + 7200, service.zone))
    return _outcome(desk, day, policy.name, refused, quote_s)


def _advance(runner: Runner, clock: ManualClock, at: Instant) -> None:
    def move(seconds: int) -> None:
        clock.advance(seconds)

    if at > clock.now():
        runner.advance(at - clock.now(), move)


def _outcome(
    desk: Desk, day: TightDay, name: str, refused: Counter[RefusalReason], quote_s: Sequence[float]
) -> DayOutcome:
    with desk.store.audit() as session:
        state = read_state(session, desk.clock.now())
        events = [stored.event.kind for stored in session.all_events()]
        drive_s = get_day_plan(desk, session, day.date.isoformat()).drive_s
        counts = session.ledger_counts()
    shifts = [shift for each in sorted({t.service_day for t in state.tours}) for shift in desk.shifts_on(each)]
    return DayOutcome(
        policy=name,
        asked=len(day.asked),
        served=len(day.asked) - refused.total(),
        refused=refused.total(),
        drive_s=drive_s,
        lists=events.count(EventKind.STOP_LIST),
        kept=counts.get("kept", 0),
        broken=counts.get("broken", 0),
        findings=len(find_faults(state, desk.service, desk.network, shifts)),
        quote_s=tuple(quote_s),
    )

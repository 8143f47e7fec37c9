"""A machine that does to a desk whatever can be done to it, in any order, and looks after every step."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rufbus.clocks import ManualClock
from rufbus.dispatch import improve
from rufbus.dispatch.book import book_ride
from rufbus.dispatch.cancel import cancel_booking
from rufbus.dispatch.drive import take_reports
from rufbus.dispatch.improve import improve_day
from rufbus.dispatch.move import move_ride
from rufbus.dispatch.planning import ImproveJob, ImproveResult
from rufbus.dispatch.quote import Offer, quote_ride
from rufbus.dispatch.reports import Report, ReportKind
from rufbus.dispatch.stop_list import ListedStop, StopState, get_stop_list, list_stops
from rufbus.dispatch.tick import tick
from rufbus.domain.booking import LegState, Rider
from rufbus.domain.errors import OfferGone, WrongState
from rufbus.domain.promise import Promise
from rufbus.domain.request import Anchor, Party, Request, Wish
from rufbus.ports import Store
from rufbus.simulation.autopilot import report_as_planned
from rufbus.store.memory import MemoryStore
from solver.improve import improve_plan
from solver.plan import Budget

from .little_town import HALLIG, NAMES, faults_of, instant, open_desk, spot, state_of

DAY = "2026-11-25"
"""A Wednesday with all three vans."""
PARTIES = (
    Party(),
    Party(adults=2),
    Party(adults=1, walkers=1),
    Party(adults=0, wheelchairs=1),
    Party(adults=0, wheelchairs=1, companions=1),
    Party(adults=1, children=2, prams=1),
)
ENDS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from((*NAMES, HALLIG)),
    st.builds(spot, st.floats(-0.1, 3.1), st.floats(-0.1, 2.1)),
)
VANS = st.sampled_from(("bus-1", "bus-2", "bus-3"))
PICK = st.integers(0, 10**6)
FINAL_STATES = {LegState.COMPLETED, LegState.CANCELLED, LegState.NO_SHOW}
FINAL_ENTRIES = {"kept", "broken", "cancelled", "no_show"}


@dataclass
class KnownQuote:
    """An offer as it was told."""

    held_until: int
    request: int
    promises: dict[str, Promise]
    sure: bool = True
    """Nothing has happened on the road since it was made."""
    gone: bool = False
    """Booked, or released by the booking of another offer of its request."""


def improve_by_iterations(job: ImproveJob, meanwhile=lambda: None) -> ImproveResult:
    """Improve as a worker does, but as long as it takes to try so many moves: reproducible."""
    found = improve_plan(job.problem, job.plan, Budget(iterations=40), seed=job.seed, engine="reinsert")
    meanwhile()
    return ImproveResult(found.plan, found.cost_before, found.cost_after)


class DeskMachine(RuleBasedStateMachine):
    """Riders, drivers, the control room and time, each doing what they like."""

    longest_step_s = 120
    """How far the clock is moved between two ticks (s), where drivers are not honest."""

    def open_desk(self, at, seed):
        return open_desk(at, store=self.make_store(), seed=seed)

    def make_store(self) -> Store:
        return MemoryStore()

    @initialize(
        seed=st.integers(0, 2**16), hour=st.sampled_from(("05:00", "06:30", "08:00", "11:30")), honest=st.booleans()
    )
    def open(self, seed, hour, honest):
        self.desk = self.open_desk(instant(DAY, hour), seed)
        self.clock: ManualClock = self.desk.clock
        self.honest = honest
        """Drivers report everything as planned, and nothing else."""
        self.quotes: dict[str, KnownQuote] = {}
        self.bookings: list[str] = []
        self.requests = 0
        self.promises: dict[str, Promise] = {}
        self.list_versions: dict[str, int] = {}
        self.tour_versions: dict[str, int] = {}
        self.events = ()
        self.ledger = ()
        self.sent: list[tuple[str, Report]] = []
        self.report_numbers = itertools.count()

    # --- riders ------------------------------------------------------------------------------------------------------

    @rule(
        ends=st.tuples(ENDS, ENDS),
        minutes=st.integers(-30, 480),
        back=st.none() | st.integers(0, 240),
        anchors=st.tuples(st.sampled_from(Anchor), st.sampled_from(Anchor)),
        party=st.sampled_from(PARTIES),
    )
    def quote(self, ends, minutes, back, anchors, party):
        at = self.clock.now() + 3600 + 60 * minutes
        inward = Wish(anchors[1], at + 60 * back) if back is not None else None
        self.ask(Request(*ends, Wish(anchors[0], at), inward, party))

    @rule(party=st.sampled_from(PARTIES[:4]), to=st.sampled_from(NAMES[1:]), minutes=st.integers(0, 12))
    def quote_in_the_rush(self, party, to, minutes):
        """Ask for what many others ask for, too: seats and time get scarce."""
        at = max(self.clock.now() + 3600, instant(DAY, "08:00")) + 300 * minutes
        self.ask(Request("Kirche", to, Wish(Anchor.DEPART_AFTER, at), None, party))

    @rule(seed=st.integers(0, 2**16), count=st.integers(2, 8))
    def many_ask_and_book(self, seed, count):
        """Much is asked for at once, and most of it booked."""
        chance = random.Random(seed)
        for _ in range(count):
            at = self.clock.now() + 3600 + chance.randrange(0, 9000)
            back = Wish(Anchor.DEPART_AFTER, at + chance.randrange(3600, 9000)) if chance.random() < 0.2 else None
            anchor = Anchor.DEPART_AFTER if back or chance.random() < 0.7 else Anchor.ARRIVE_BY
            offer = self.ask(Request(*chance.sample(NAMES, 2), Wish(anchor, at), back, chance.choice(PARTIES)))
            if offer.quotes and chance.random() < 0.8:
                self.take(chance.choice(offer.quotes).quote.id)

    def ask(self, request: Request) -> Offer:
        now = self.clock.now()
        offer = quote_ride(self.desk, request)
        self.requests += 1
        assert len({offered.quote.request_id for offered in offer.quotes}) <= 1
        for offered in offer.quotes:
            assert offered.quote.held_until == now + self.desk.service.booking.hold_s
            assert len(offered.legs) == (2 if request.inward else 1)
            assert offered.quote.alternative == (offer.refusal is not None)
            if not offered.quote.alternative:
                self.check_as_wished(request, offered.legs)
            told = {leg.id: leg.promise for leg in offered.legs}
            self.quotes[offered.quote.id] = KnownQuote(offered.quote.held_until, self.requests, told)
        assert offer.quotes or offer.refusal is not None
        return offer

    def check_as_wished(self, request, legs):
        rules = self.desk.service.promise
        for leg, wish in zip(legs, (request.outward, request.inward), strict=False):
            promise, walk = leg.promise, self.desk.service.walking.walk_s
            assert promise.pickup_to - promise.pickup_from <= rules.pickup_window_s
            assert promise.max_ride_s == rules.max_ride_s(leg.direct_s)
            if wish.anchor is Anchor.DEPART_AFTER:
                assert promise.pickup_from >= wish.at + walk(leg.pickup.walk_m)
            else:
                assert promise.dropoff_by + walk(leg.dropoff.walk_m) <= wish.at
        if len(legs) == 2:
            assert legs[0].promise.dropoff_by <= legs[1].promise.pickup_from

    @precondition(lambda self: self.quotes)
    @rule(pick=PICK, newest=st.booleans())
    def book(self, pick, newest):
        ids = list(self.quotes)
        self.take(ids[-1 - pick % min(len(ids), 3)] if newest else ids[pick % len(ids)])

    def take(self, quote_id: str) -> None:
        known = self.quotes[quote_id]
        held = known.held_until > self.clock.now() and not known.gone
        try:
            booked = book_ride(self.desk, quote_id, Rider("Ada Jensen", "04621 555"), by="test")
        except OfferGone:
            assert not (held and known.sure), "a held offer could not be booked"
            return
        assert held
        assert {each.leg.id: each.leg.first_promise for each in booked.legs} == known.promises
        assert all(each.vehicle_id is not None for each in booked.legs)
        self.bookings.append(booked.booking.id)
        for other in self.quotes.values():
            other.gone |= other.request == known.request

    @precondition(lambda self: self.bookings)
    @rule(pick=PICK)
    def cancel(self, pick):
        booking_id = self.bookings[pick % len(self.bookings)]
        before = {leg.id: leg.state for leg in self.legs_of(booking_id)}
        try:
            cancelled = cancel_booking(self.desk, booking_id, by="test")
        except WrongState:
            return
        for each in cancelled.legs:
            if each.leg.state is not before[each.leg.id]:
                assert before[each.leg.id] in {LegState.PROMISED, LegState.NARROWED}
                assert each.leg.state is LegState.CANCELLED

    def legs_of(self, booking_id):
        with self.desk.store.read() as session:
            return session.booking_legs([booking_id])

    # --- time --------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((20, 60, 170, 300, 900)))
    def let_time_pass(self, seconds):
        self.pass_time(seconds)

    @rule(minutes=st.sampled_from((30, 60, 180)))
    def let_much_time_pass(self, minutes):
        self.pass_time(60 * minutes)

    @precondition(lambda self: not self.honest)
    @rule(hours=st.sampled_from((1, 5, 20)))
    def sleep(self, hours):
        """The machine was off: nothing ticks meanwhile."""
        self.shake()
        self.clock.advance(3600 * hours)
        tick(self.desk)

    def pass_time(self, seconds):
        while seconds > 0:
            step = min(30 if self.honest else self.longest_step_s, seconds)
            self.clock.advance(step)
            if self.honest:
                report_as_planned(self.desk)
            tick(self.desk)
            seconds -= step
        if any(self.is_reporting(vehicle.id) for vehicle in self.desk.service.vehicles):
            self.shake()

    def is_reporting(self, vehicle_id):
        """Return whether a van that has reported now is silent, and so may have fallen behind."""
        return not self.honest and any(van == vehicle_id for van, _ in self.sent)

    def shake(self):
        for known in self.quotes.values():
            known.sure = False

    # --- drivers -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.honest)
    @rule(van=VANS, late_s=st.sampled_from((-120, 0, 0, 60, 600, 1500)), departs=st.booleans(), show=st.integers(0, 5))
    def driver_goes_on(self, van, late_s, departs, show):
        """The driver does what comes next on the list, sooner or later than planned, and reports it."""
        stop = next((s for s in self.stops(van) if self.open_calls(s)), None)
        if stop is None:
            return
        self.pass_time(max(0, stop.arrive_at + late_s - self.clock.now()))
        now = self.clock.now()
        reports = [self.report(ReportKind.ARRIVED, now, stop_key=stop.id)]
        for listed in self.open_calls(stop):
            if listed.kind == "break":
                reports.append(self.report(ReportKind.BREAK_START, now))
            elif listed.kind == "pickup" and show == 0:
                reports.append(self.report(ReportKind.NO_SHOW, now, leg_id=listed.leg.id))
            elif not departs:
                kind = ReportKind.BOARDED if listed.kind == "pickup" else ReportKind.ALIGHTED
                reports.append(self.report(kind, now, leg_id=listed.leg.id))
        if departs:
            reports.append(self.report(ReportKind.DEPARTED, now, stop_key=stop.id))
        self.send(van, reports)

    @precondition(lambda self: not self.honest)
    @rule(seed=st.integers(0, 2**16), minutes=st.sampled_from((10, 60, 120)), van=VANS | st.none())
    def drivers_drive(self, seed, minutes, van):
        """Drivers follow their lists as men do, a little early or late; their reports come in batches."""
        chance = random.Random(seed)
        for _ in range(minutes // 5):
            self.pass_time(300)
            for vehicle in self.desk.service.vehicles:
                if van in {None, vehicle.id}:
                    self.send(vehicle.id, self.due_reports(vehicle.id, chance))

    def due_reports(self, van, chance):
        """Return what a driver has to report by now, shuffled, sometimes with a slip."""
        now, reports = self.clock.now(), []
        for stop in self.stops(van):
            at = stop.arrive_at + chance.randrange(-60, 180)
            open_calls = self.open_calls(stop)
            if at > now or not open_calls:
                continue
            reports.append(self.report(ReportKind.ARRIVED, at, stop_key=stop.id))
            for listed in open_calls:
                if listed.kind == "break":
                    reports.append(self.report(ReportKind.BREAK_START, at))
                    if listed.call.depart_at <= now:
                        reports.append(self.report(ReportKind.BREAK_END, listed.call.depart_at))
                    continue
                kind = ReportKind.BOARDED if listed.kind == "pickup" else ReportKind.ALIGHTED
                if kind is ReportKind.BOARDED and chance.random() < 0.1:
                    kind = ReportKind.NO_SHOW
                if chance.random() < 0.95:
                    reports.append(self.report(kind, min(now, at + chance.randrange(0, 120)), leg_id=listed.leg.id))
            if stop.depart_at <= now and chance.random() < 0.7:
                reports.append(self.report(ReportKind.DEPARTED, max(at, stop.depart_at), stop_key=stop.id))
        chance.shuffle(reports)
        return reports

    @precondition(lambda self: not self.honest)
    @rule(van=VANS, seed=st.integers(0, 2**16), count=st.integers(1, 4))
    def driver_reports_anything(self, van, seed, count):
        """Any reports about anything on the list, for any time, in any order."""
        chance = random.Random(seed)
        stops = [stop for stop in self.stops(van) if stop.calls[0].call is not None]
        reports = [self.any_report(chance, stops) for _ in range(count)]
        self.send(van, [report for report in reports if report is not None])

    def any_report(self, chance: random.Random, stops: Sequence[ListedStop]) -> Report | None:
        kind = chance.choice(list(ReportKind))
        at = self.clock.now() + chance.choice((0, 0, -30, -600, -3600, -7200, 120))
        stop = chance.choice(stops[:3] if chance.random() < 0.8 else stops) if stops else None
        leg_ids = [listed.leg.id for listed in stop.calls if listed.leg is not None] if stop else []
        details = {
            ReportKind.POSITION: {"lon": 9.5, "lat": 54.6},
            ReportKind.DELAY: {"delay_s": chance.choice((0, 300, 1200))},
            ReportKind.ACK: {"version": chance.choice((0, 1, 5, 99))},
            ReportKind.BREAK_START: {},
            ReportKind.BREAK_END: {},
            ReportKind.BREAKDOWN: {} if chance.random() < 0.3 else None,
            ReportKind.ARRIVED: {"stop_key": stop.id} if stop else None,
            ReportKind.DEPARTED: {"stop_key": stop.id} if stop else None,
        }.get(kind, {"leg_id": chance.choice(leg_ids)} if leg_ids else None)
        return None if details is None else self.report(kind, at, **details)

    @precondition(lambda self: self.sent)
    @rule(pick=PICK)
    def driver_repeats_a_report(self, pick):
        van, report = self.sent[pick % len(self.sent)]
        before = state_of(self.desk)
        taken = take_reports(self.desk, van, [report])
        assert taken.accepted == ()
        assert taken.known == (report.id,)
        assert state_of(self.desk) == before

    @precondition(lambda self: not self.honest)
    @rule(van=VANS, delay_s=st.sampled_from((120, 600, 1200, 2400)))
    def van_is_late(self, van, delay_s):
        self.send(van, [self.report(ReportKind.DELAY, self.clock.now(), delay_s=delay_s)])

    @precondition(lambda self: not self.honest)
    @rule(van=VANS, really=st.integers(0, 4))
    def van_breaks_down(self, van, really):
        if really == 0:
            self.send(van, [self.report(ReportKind.BREAKDOWN, self.clock.now())])

    def report(self, kind, at, **details):
        return Report(f"report-{next(self.report_numbers)}", at, kind, **details)

    def send(self, van, reports):
        if reports:
            self.shake()
            taken = take_reports(self.desk, van, reports)
            assert set(taken.accepted) == {report.id for report in reports}
            self.sent += [(van, report) for report in reports]

    def stops(self, van) -> tuple[ListedStop, ...]:
        with self.desk.store.read() as session:
            return list_stops(self.desk, session, van)

    def open_calls(self, stop):
        if stop.state is StopState.DEPARTED:
            return []
        return [listed for listed in stop.calls if listed.call is not None and listed.call.done_at is None]

    # --- the control room --------------------------------------------------------------------------------------------

    @rule(seed=st.integers(0, 99))
    def improve(self, seed):
        with mock.patch.object(improve, "run_job", improve_by_iterations):
            improve_day(self.desk, DAY, seed=seed)

    @rule(seed=st.integers(0, 99), pick=PICK)
    def improve_while_others_book_and_cancel(self, seed, pick):
        def meanwhile():
            self.quote_in_the_rush(PARTIES[pick % 4], NAMES[1 + pick % 11], pick % 13)
            if self.quotes:
                self.book(pick, newest=True)
            if self.bookings and pick % 3 == 0:
                self.cancel(pick)

        with mock.patch.object(improve, "run_job", lambda job: improve_by_iterations(job, meanwhile)):
            improve_day(self.desk, DAY, seed=seed)

    @precondition(lambda self: self.bookings)
    @rule(pick=PICK, van=VANS, commit=st.booleans())
    def move(self, pick, van, commit):
        legs = [leg for booking_id in self.bookings for leg in self.legs_of(booking_id)]
        leg = legs[pick % len(legs)]
        before = state_of(self.desk)
        try:
            move = move_ride(self.desk, leg.id, van, commit=commit)
        except WrongState:
            assert leg.state not in {LegState.PROMISED, LegState.NARROWED} or not self.honest
            return
        assert move.committed == (move.possible and commit)
        if move.committed:
            tour = next(t for t in state_of(self.desk).tours if any(c.leg_id == leg.id for c in t.calls))
            assert tour.vehicle_id == van
        else:
            assert state_of(self.desk) == before

    # --- what must always hold ---------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong(self):
        state = state_of(self.desk)
        faults = faults_of(self.desk, state)
        assert not faults, "; ".join(f"{fault.invariant.value} {fault.subject}: {fault.detail}" for fault in faults)
        self.check_promises(state)
        self.check_history(state)
        self.check_ends(state)
        self.check_lists()

    def check_promises(self, state):
        told = {leg_id: p for known in self.quotes.values() for leg_id, p in known.promises.items()}
        for leg in state.legs:
            if leg.id not in told:
                continue
            last = self.promises.get(leg.id, told[leg.id])
            assert leg.first_promise == told[leg.id]
            assert last.pickup_from <= leg.promise.pickup_from <= leg.promise.pickup_to <= last.pickup_to
            assert (leg.promise.dropoff_by, leg.promise.max_ride_s) == (last.dropoff_by, last.max_ride_s)
            self.promises[leg.id] = leg.promise

    def check_history(self, state):
        """What was written once stays: events, ledger, versions that only grow."""
        assert state.events[: len(self.events)] == self.events
        assert [stored.seq for stored in state.events] == list(range(1, len(state.events) + 1))
        assert state.ledger[: len(self.ledger)] == self.ledger
        self.events, self.ledger = state.events, state.ledger
        versions = {tour.shift_id: tour.version for tour in state.tours}
        assert all(versions.get(shift_id, 0) >= version for shift_id, version in self.tour_versions.items())
        self.tour_versions = versions

    def check_ends(self, state):
        """Every ride that has ended has its end in the ledger."""
        ends = {}
        for entry in state.ledger:
            if entry.entry in FINAL_ENTRIES:
                ends.setdefault(entry.leg_id, []).append(entry.entry)
        for leg in state.legs:
            if leg.booking_id is not None:
                assert bool(ends.get(leg.id)) or leg.state not in FINAL_STATES

    def check_lists(self):
        with self.desk.store.read() as session:
            for vehicle in self.desk.service.vehicles:
                listed = get_stop_list(self.desk, session, vehicle.id)
                assert listed.version >= self.list_versions.get(vehicle.id, 0)
                self.list_versions[vehicle.id] = listed.version
                calls = [c for stop in listed.stops for c in stop.calls if c.leg is not None]
                assert all(c.leg.state is not LegState.HELD for c in calls), "a held seat is shown to the driver"

    def teardown(self):
        store = getattr(getattr(self, "desk", None), "store", None)
        if store is not None:
            store.close()

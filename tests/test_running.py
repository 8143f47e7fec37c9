"""Time works on the desk: step by step on a standing clock, and in a thread beside the doors."""

import time

from rufbus.dispatch.book import book_ride
from rufbus.dispatch.quote import quote_ride
from rufbus.domain.booking import LegState, Rider
from rufbus.domain.request import Anchor, Request, Wish
from rufbus.running import Runner
from rufbus.simulation.autopilot import report_as_planned

from .dispatch.little_town import faults_of, instant, open_desk, state_of

DAY = "2026-11-25"


def booked_desk():
    desk = open_desk(instant(DAY, "08:00"))
    stops = desk.network.stops
    wish = Wish(Anchor.DEPART_AFTER, instant(DAY, "10:00"))
    offer = quote_ride(desk, Request(stops[0].id, stops[7].id, wish))
    booked = book_ride(desk, offer.quotes[0].quote.id, Rider("Grete", "+49 4621 1"))
    return desk, booked.legs[0].leg


def advance(runner, seconds):
    runner.advance(seconds, runner.desk.clock.advance)


def leg_of(desk, leg):
    return state_of(desk).legs_by_id()[leg.id]


def test_moving_the_clock_narrows_at_the_freeze_time_and_not_before():
    desk, leg = booked_desk()
    runner = Runner(desk, improves=False)
    freeze_at = leg.promise.pickup_from - desk.service.promise.freeze_s
    advance(runner, freeze_at - 60 - desk.clock.now())
    assert leg_of(desk, leg).state is LegState.PROMISED
    advance(runner, 120)
    assert leg_of(desk, leg).state is LegState.NARROWED


def test_a_day_in_one_jump_ends_with_the_promise_kept():
    desk, leg = booked_desk()
    advance(Runner(desk, autopilot=report_as_planned, improves=False), 12 * 3600)
    assert leg_of(desk, leg).state is LegState.COMPLETED
    assert not leg_of(desk, leg).assumed
    assert {entry.entry for entry in state_of(desk).ledger} == {"made", "narrowed", "kept"}
    assert faults_of(desk) == ()


def test_without_reports_the_plan_is_taken_for_the_fact():
    desk, leg = booked_desk()
    advance(Runner(desk, improves=False), 12 * 3600)
    assert leg_of(desk, leg).state is LegState.COMPLETED
    assert leg_of(desk, leg).assumed


def test_the_thread_ticks_and_stops():
    desk, leg = booked_desk()
    desk.clock.set(leg.promise.pickup_from - 600)
    runner = Runner(desk, improves=False)
    runner.start()
    for _ in range(100):
        if leg_of(desk, leg).state is LegState.NARROWED:
            break
        time.sleep(0.1)
    runner.stop()
    assert leg_of(desk, leg).state is LegState.NARROWED
    assert runner.problem is None


def test_a_failing_step_is_told_and_does_not_end_the_thread(monkeypatch):
    desk, _ = booked_desk()
    runner = Runner(desk, improves=False)
    monkeypatch.setattr("rufbus.running.tick", lambda _: 1 / 0)
    runner.start()
    for _ in range(100):
        if runner.problem is not None:
            break
        time.sleep(0.1)
    assert runner.problem == "ZeroDivisionError"
    monkeypatch.undo()
    for _ in range(100):
        if runner.problem is None:
            break
        time.sleep(0.1)
    runner.stop()
    assert runner.problem is None

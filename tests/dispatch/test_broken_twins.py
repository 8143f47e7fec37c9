"""Dispatchers that are broken on purpose: each must be found out, or the tests prove nothing."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from rufbus.dispatch import book, cancel, commit, drive, improve, narrow
from rufbus.dispatch.improve import improve_day
from rufbus.dispatch.planning import keeping, repairs, rides
from rufbus.dispatch.van_state import VanState
from rufbus.domain.promise import Promise
from rufbus.store.memory import MemoryWriteSession
from solver.problem import Window

from .desk_machine import DeskMachine, improve_by_iterations
from .little_town import faults_of, one_van, state_of
from .test_scenarios import crowded
from .timeline import WEDNESDAY, Day

SEARCH = settings(
    max_examples=60,
    stateful_step_count=15,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def without_windows(ride=rides.solver_ride):
    """Every ride may be picked up at any time of the day."""

    def loose(*args):
        kept = ride(*args)
        whole_day = Window(kept.pickup_window.earliest - 3600, kept.pickup_window.latest + 7200)
        return replace(kept, pickup_window=whole_day, dropoff_window=Window(0, kept.dropoff_window.latest + 7200))

    return loose


def without_rivals(read=book._read_held):
    """Booking forgets the other offers of the same request."""
    return lambda *args: replace(read(*args), rivals=())


def widening(promise, departure, arrival, rules):
    """Narrowing gives the van ten minutes more."""
    return Promise(promise.pickup_from - 600, promise.pickup_to, promise.dropoff_by, promise.max_ride_s)


def moving(promise, departure, arrival, rules):
    """Narrowing also promises an earlier arrival than the plan has."""
    return replace(promise, dropoff_by=promise.dropoff_by + 60)


def forgetting_a_version(is_same=keeping.is_same_tour):
    """A kept board of one van is good for ever, whatever version of its tour came since."""
    return lambda kept, tour, legs: kept.tour.vehicle_id == "bus-1" or is_same(kept, tour, legs)


def forgetting_the_moment(is_same=keeping.is_same_view):
    """A kept board of one van does not notice that the van has moved on."""
    return lambda kept, view: kept.shift.vehicle_id == "bus-1" or is_same(kept, view)


def losing_who_moved(changed=repairs._changed):
    """Room is made by putting somebody out."""
    return lambda *args: changed(*args)[:1]


TWINS = [
    pytest.param(rides, "solver_ride", without_windows(), id="plans without windows"),
    pytest.param(keeping, "is_same_tour", forgetting_a_version(), id="keeps a board beyond its version"),
    pytest.param(keeping, "is_same_view", forgetting_the_moment(), id="keeps a board beyond its moment"),
    pytest.param(repairs, "_changed", losing_who_moved(), id="makes room at somebody's cost"),
    pytest.param(book, "_read_held", without_rivals(), id="books without releasing rivals"),
    pytest.param(narrow, "narrow", widening, id="widens when it narrows"),
    pytest.param(narrow, "narrow", moving, id="moves the arrival when it narrows"),
    pytest.param(cancel, "without_legs", lambda *args: [], id="cancels without freeing the seat"),
    pytest.param(book, "ledger_entries", lambda *args: [], id="books without a line in the ledger"),
    pytest.param(VanState, "put_leg", lambda van, leg: None, id="hears reports and forgets them"),
]


@pytest.mark.parametrize(("room", "name", "twin"), TWINS)
def test_the_machine_finds_a_desk_that(room, name, twin, monkeypatch):
    monkeypatch.setattr(room, name, twin)
    for number in range(1, 13):
        try:
            run_state_machine_as_test(seed(number)(type("Twin", (DeskMachine,), {})), settings=SEARCH)
        except Exception:  # noqa: BLE001 — an invariant, or whatever the broken state leads to
            return
    pytest.fail("the machine has not noticed")


def test_a_driver_who_changes_the_order_is_followed_or_it_is_found(monkeypatch):
    monkeypatch.setattr(drive, "put_facts_first", lambda calls, legs, vehicle: calls)
    day = Day(one_van("bus-1"))
    day.at("05:30").books("Kirche", "Hafen", after="08:00")
    second = day.books("Moor", "Klinik", after="10:00")
    with pytest.raises(AssertionError):
        day.at("07:50").reports("bus-1", "boarded", about=second)


def test_a_late_van_without_an_alarm_is_found(monkeypatch):
    monkeypatch.setattr(commit, "_alarms", lambda *args: [])
    day = Day(one_van("bus-1"))
    day.at("05:30").books("Kirche", "Hafen", after="08:00")
    with pytest.raises(AssertionError):
        day.at("07:45").reports("bus-1", "delay", delay_s=1800)


def improve_while_somebody_books(monkeypatch):
    """Let somebody book between the last look of an improvement and its commit."""
    day, _ = crowded()
    rebase = improve.rebase

    def slow(board, order):
        plan = rebase(board, order)
        for after in ("08:00", "08:20", "08:40", "09:00"):
            day.books("Mühle", "Schule", after=after)
        return plan

    monkeypatch.setattr(improve, "run_job", improve_by_iterations)
    monkeypatch.setattr(improve, "rebase", slow)
    done = improve_day(day.desk, WEDNESDAY)
    return day, done


def test_an_improvement_that_was_overtaken_changes_nothing(monkeypatch):
    day, done = improve_while_somebody_books(monkeypatch)
    assert (done.applied, done.reason) == (False, "overtaken")
    assert faults_of(day.desk) == ()


def test_an_improvement_that_does_not_look_at_versions_is_found(monkeypatch):
    put_tour = MemoryWriteSession.put_tour

    def careless(self, tour, *, expected_version, loads):
        stored = self._moment.tours.get(tour.shift_id)
        put_tour(self, tour, expected_version=stored.version if stored else 0, loads=loads)

    monkeypatch.setattr(MemoryWriteSession, "put_tour", careless)
    day, done = improve_while_somebody_books(monkeypatch)
    assert done.applied
    assert {fault.invariant.value for fault in faults_of(day.desk)} >= {"I3"}


def test_an_improvement_that_is_not_checked_is_found(monkeypatch):
    """Neither the rules nor the cost are asked, and the tours are driven backwards."""
    day, _ = crowded()
    before = state_of(day.desk)

    def unchecked(board, order):
        turned = [board.plan.tours[n][::-1] for n in range(len(board.views))]
        return replace(board.plan, tours=tuple(turned))

    monkeypatch.setattr(improve, "run_job", improve_by_iterations)
    monkeypatch.setattr(improve, "rebase", unchecked)
    monkeypatch.setattr(improve, "board_cost_s", lambda board, plan=None: 0 if plan else 10**6)
    with pytest.raises(AssertionError):
        improve_day(day.desk, WEDNESDAY)
    assert state_of(day.desk) == before

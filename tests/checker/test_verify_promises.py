"""I4: broken promises and times that the roads do not allow are found."""

from dataclasses import replace

import pytest

from rufbus.checker.finding import Invariant
from rufbus.checker.state import State
from rufbus.checker.verify import find_faults
from rufbus.domain.booking import LegState
from rufbus.domain.events import Event
from rufbus.domain.promise import Promise
from rufbus.domain.service import Service

from .day_of_two_vans import (
    BOOKINGS,
    CLEAN,
    FIRST,
    LEDGER,
    LEGS,
    NETWORK,
    NOW,
    SECOND,
    SERVICE,
    SHIFTS,
    TOURS,
    K,
    at,
    broken,
    entry,
    excused,
    later,
    with_call,
    with_events,
    with_leg,
    with_tour,
)


def narrowed_to(promise: Promise) -> State:
    state = with_leg(CLEAN, "l7", promise=promise, state=LegState.NARROWED)
    return with_events(state, lambda events: [*events, Event(K.NARROWED, at(24), booking_id="b1", leg_id="l7")])


def moved(pickup_s: int, dropoff_s: int) -> State:
    """Return the state with leg l7 moved: planned from 07:00 to 07:06, promised from 06:50 to 07:10."""
    calls = zip(TOURS[1].calls, (pickup_s, dropoff_s), strict=True)
    return with_tour(CLEAN, SECOND, calls=tuple(later(call, shift_s) for call, shift_s in calls))


BROKEN_PROMISES = [
    (moved(601, 601), "1 s after pickup_to"),
    (moved(-611, 0), "1 s before pickup_from"),
    (narrowed_to(Promise(at(50), at(60), at(65, 59), 1800)), "1 s after dropoff_by"),
    (narrowed_to(Promise(at(50), at(60), at(95), 349)), "last 350 s, longer than 349 s"),
]


@pytest.mark.parametrize(("state", "word"), BROKEN_PROMISES)
def test_a_plan_that_breaks_a_promise_is_found(state, word):
    (found,) = find_faults(state, SERVICE, NETWORK, SHIFTS)
    assert (found.invariant, found.subject) == (Invariant.PROMISES, "leg l7")
    assert word in found.detail


@pytest.mark.parametrize(
    "state",
    [
        moved(600, 600),
        moved(-610, 0),
        narrowed_to(Promise(at(50), at(60), at(66), 1800)),
        narrowed_to(Promise(at(50), at(60), at(95), 350)),
    ],
)
def test_a_plan_at_the_limit_of_a_promise_keeps_it(state):
    assert broken(state) == []


@pytest.mark.parametrize("state", [state for state, _ in BROKEN_PROMISES])
def test_a_promise_declared_at_risk_or_broken_is_no_fault(state):
    assert broken(excused(state, K.LATE_RISK, "l7")) == []
    assert broken(excused(state, K.PROMISE_BROKEN, "l7")) == []
    assert broken(replace(state, ledger=(*LEDGER, entry("l7", "broken")))) == []
    assert broken(excused(state, K.LATE_RISK, "l5")) == [("I4", "leg l7")]


@pytest.mark.parametrize(("max_ride_s", "found"), [(930, []), (929, [("I4", "leg l2")])])
def test_the_ride_of_somebody_aboard_counts_from_departure(max_ride_s, found):
    """The party of l2 boarded until 06:20:30 and is planned to arrive at 06:36."""
    promise = Promise(at(15), at(35), at(60), max_ride_s)
    assert broken(with_leg(CLEAN, "l2", promise=promise, first_promise=promise)) == found


def test_a_pickup_that_is_done_is_a_fact_and_breaks_no_promise_in_the_plan():
    assert broken(with_call(CLEAN, FIRST, "l2", "pickup", begin_at=at(14), depart_at=at(14, 20))) == []


def test_who_boards_after_the_planned_departure_rides_from_then():
    short = Promise(at(15), at(35), at(60), 900)
    state = with_leg(CLEAN, "l2", promise=short, first_promise=short, boarded_at=at(21))
    assert broken(state) == []
    assert broken(with_leg(state, "l2", boarded_at=at(20, 59))) == [("I4", "leg l2")]


@pytest.mark.parametrize(
    "promise",
    [
        Promise(at(49, 59), at(60), at(95), 1800),
        Promise(at(50), at(70, 1), at(95), 1800),
        Promise(at(50), at(60), at(95, 1), 1800),
        Promise(at(50), at(60), at(95), 1801),
    ],
)
def test_a_promise_that_moved_is_found_even_when_the_plan_keeps_it(promise):
    assert broken(narrowed_to(promise)) == [("I4", "leg l7")]
    assert broken(excused(narrowed_to(promise), K.LATE_RISK, "l7")) == [("I4", "leg l7")]


@pytest.mark.parametrize("dwell_s", [30, 50])
def test_the_drive_between_two_stops_needs_the_road_time_and_the_dwell(dwell_s):
    """From B, left at 07:00:10, to A, reached at 07:06: 350 s for 300 s of road."""
    service = replace(SERVICE, stops=replace(SERVICE.stops, dwell_s=dwell_s))
    alone = State(NOW, tours=TOURS[1:], legs=(LEGS[6],), bookings=BOOKINGS[:1])
    assert _impossible(alone, service) == []
    assert _impossible(alone, replace(service, stops=replace(SERVICE.stops, dwell_s=51))) == [f"tour {SECOND}"]


def _impossible(state: State, service: Service) -> list[str]:
    found = find_faults(state, service, NETWORK, SHIFTS)
    return [each.subject for each in found if each.invariant is Invariant.PROMISES]


def test_calls_at_one_stop_need_no_drive_but_their_order_in_time():
    assert broken(with_call(CLEAN, FIRST, "l3", "dropoff", shift_s=-1)) == [("I4", f"tour {FIRST}")]


def test_a_call_too_short_to_board_is_found():
    assert broken(with_call(CLEAN, FIRST, "l5", "pickup", depart_at=at(55, 19))) == [("I4", f"tour {FIRST}")]


def test_done_calls_are_facts_and_not_judged_by_the_roads():
    assert broken(with_call(CLEAN, FIRST, "l1", "dropoff", shift_s=-580)) == []


def test_a_stop_that_the_network_does_not_know_is_found():
    stops = [("I4", f"tour {FIRST}"), ("I4", f"tour {FIRST}")]
    assert broken(with_call(CLEAN, FIRST, "l3", "pickup", stop_id="X")) == stops[:1]
    assert broken(with_call(CLEAN, FIRST, None, "break", stop_id="X")) == stops

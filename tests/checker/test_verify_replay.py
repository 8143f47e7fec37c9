"""I6: events with gaps, and states that the events do not explain, are found."""

from dataclasses import replace

import pytest

from rufbus.checker.replay import replay
from rufbus.domain.booking import BookingState, LegState
from rufbus.domain.events import Event
from rufbus.domain.promise import Promise
from rufbus.ports import StopListVersion

from .day_of_two_vans import (
    BOOKINGS,
    CLEAN,
    EVENTS,
    FIRST,
    SECOND,
    K,
    at,
    booking,
    broken,
    excused,
    with_booking,
    with_calls,
    with_events,
    with_leg,
    with_tour,
    without_event,
)


def test_a_gap_in_the_numbers_is_found():
    gap = replace(EVENTS[-1], seq=len(EVENTS) + 1)
    assert broken(replace(CLEAN, events=(*EVENTS[:-1], gap))) == [("I6", f"event {len(EVENTS) + 1}")]


def test_a_number_given_twice_is_found():
    twice = replace(EVENTS[-1], seq=len(EVENTS) - 1)
    assert broken(replace(CLEAN, events=(*EVENTS[:-1], twice))) == [("I6", f"event {len(EVENTS) - 1}")]


@pytest.mark.parametrize("reference", [{"leg_id": "l99"}, {"booking_id": "b99"}])
def test_an_event_of_nothing_that_exists_is_found(reference):
    state = with_events(CLEAN, lambda events: [*events, Event(K.CONFLICT, at(24), **reference)])
    assert broken(state) == [("I6", f"event {len(EVENTS) + 1}")]


@pytest.mark.parametrize(
    ("kind", "subject", "found"),
    [
        (K.BOOKED, "b5", {"leg l5"}),
        (K.BOOKED, "b1", {"leg l1", "leg l7"}),
        (K.NARROWED, "l3", {"leg l3"}),
        (K.CANCELLED, "b8", {"booking b8", "leg l8"}),
        (K.NO_SHOW, "l9", {"leg l9"}),
        (K.BOARDED, "l2", {"leg l2"}),
        (K.COMPLETED, "l1", {"leg l1"}),
    ],
)
def test_a_change_without_its_event_is_found(kind, subject, found):
    assert set(broken(without_event(CLEAN, kind, subject))) == {("I6", each) for each in found}


def test_a_change_that_only_the_events_know_is_found():
    told = with_events(CLEAN, lambda events: [*events, Event(K.CANCELLED, at(24), booking_id="b5")])
    assert set(broken(told)) == {("I6", "booking b5"), ("I6", "leg l5")}


def test_a_promise_narrowed_without_an_event_is_found():
    narrowed = Promise(at(50), at(60), at(95), 1800)
    assert broken(with_leg(CLEAN, "l7", promise=narrowed)) == [("I6", "leg l7")]


def test_a_leg_declared_broken_needs_its_event():
    """l5 was given up; its calls left the tour with it."""
    state = with_calls(CLEAN, FIRST, lambda call: None if call.leg_id == "l5" else call)
    state = with_leg(state, "l5", state=LegState.BROKEN)
    assert broken(state) == [("I6", "leg l5")]
    assert broken(excused(state, K.PROMISE_BROKEN, "l5")) == []


def test_a_late_promise_does_not_end_its_leg():
    assert broken(excused(CLEAN, K.PROMISE_BROKEN, "l5")) == []


def test_cancelling_a_booking_leaves_what_was_ridden():
    """The outward leg l1 is completed; only the return l7 is cancelled."""
    state = with_booking(CLEAN, "b1", state=BookingState.CANCELLED)
    state = with_leg(with_tour(state, SECOND, calls=()), "l7", state=LegState.CANCELLED)
    state = with_events(state, lambda events: [*events, Event(K.CANCELLED, at(24), booking_id="b1")])
    assert broken(state) == []


def test_a_booking_lives_on_when_only_one_of_its_legs_is_cancelled():
    state = with_leg(with_tour(CLEAN, SECOND, calls=()), "l7", state=LegState.CANCELLED)
    cancelled = Event(K.CANCELLED, at(24), booking_id="b1", leg_id="l7")
    assert broken(with_events(state, lambda events: [*events, cancelled])) == []


def test_the_driver_corrects_a_no_show():
    events = [Event(kind, at(1), leg_id="l9") for kind in (K.BOOKED, K.NO_SHOW, K.BOARDED, K.COMPLETED)]
    assert [replay(events[:count]) for count in range(5)] == ["held", "promised", "no_show", "aboard", "completed"]


def test_a_booking_without_legs_is_found():
    state = replace(CLEAN, bookings=(*BOOKINGS, booking("b10", "q10", "", "")))
    assert broken(state) == [("I6", "booking b10")]


def test_legs_without_their_booking_are_found():
    state = replace(CLEAN, bookings=BOOKINGS[:-1])
    assert ("I6", "booking b9") in broken(state)
    assert {invariant for invariant, _ in broken(state)} == {"I6"}


@pytest.mark.parametrize("stop_list", [StopListVersion("bus-1", 3, "hash", 4), StopListVersion("bus-1", 2, "hash", 2)])
def test_a_stop_list_that_disagrees_with_what_was_told_is_found(stop_list):
    assert broken(replace(CLEAN, stop_lists=(stop_list,))) == [("I6", "stop list bus-1")]

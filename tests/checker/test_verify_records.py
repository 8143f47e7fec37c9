"""I1, I5, I7, L1: answers, double bookings, repeated rows and the ledger."""

from dataclasses import replace
from typing import Any

import pytest

from rufbus.checker.state import State
from rufbus.domain.booking import BookingState, LegState, Quote
from rufbus.domain.events import Event
from rufbus.domain.request import Party
from rufbus.ports import KeyedAnswer, StoredAnswer

from .day_of_two_vans import (
    ANSWERS,
    BOOKINGS,
    CLEAN,
    LEDGER,
    LEGS,
    QUOTES,
    REPORTS,
    K,
    answer_of,
    answered,
    at,
    broken,
    entry,
    excused,
    leg,
    with_events,
)


def changed_leg(leg_id: str, **changes: Any) -> list[dict[str, Any]]:
    return [answered(leg) | (changes if leg.id == leg_id else {}) for leg in LEGS if leg.booking_id == "b1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "OTHER"},
        {"price_ct": 351},
        {"party": {"adults": 2}},
        {"legs": []},
        {"legs": changed_leg("l7", id="l99")},
        {"legs": changed_leg("l7", direction="outward")},
        {"legs": changed_leg("l7", pickup={"stop_id": "C"})},
        {"legs": changed_leg("l7", dropoff={"stop_id": "C"})},
        {"legs": changed_leg("l7", promise=answered(LEGS[0])["promise"])},
        {"legs": changed_leg("l7", promise=answered(LEGS[6])["promise"] | {"dropoff_by": "soon"})},
        {"legs": "none"},
    ],
)
def test_a_booking_that_differs_from_its_answer_is_found(changes):
    found = broken(replace(CLEAN, answers=(answer_of("b1", "key-1", **changes),)))
    assert set(found) == {("I1", "booking b1")}


def test_an_answered_booking_that_does_not_exist_is_found():
    assert broken(replace(CLEAN, answers=(answer_of("b1", "key-1", id="b99"),))) == [("I1", "booking b99")]


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"legs": [1, null]}'])
def test_an_answer_that_tells_no_booking_is_found(body):
    lost = KeyedAnswer("POST /bookings", "key-1", StoredAnswer("hash", 201, body), at(0))
    assert broken(replace(CLEAN, answers=(lost,))) == [("I1", "booking None")]


def test_a_narrowed_promise_is_no_difference():
    """The answer told the first promise; leg l3 of booking b3 was narrowed since."""
    assert LEGS[2].promise != LEGS[2].first_promise
    assert broken(replace(CLEAN, answers=(answer_of("b3", "key-3"),))) == []


def booked_twice(booking_id: str, quote_id: str) -> State:
    """Return the state with a second booking of a quote, in itself complete."""
    twin = replace(BOOKINGS[4], id="b10", code="CODE-b10", quote_id=quote_id, state=BookingState.PROMISED)
    ride = leg("l10", "b10", quote_id, "AB", LegState.COMPLETED, pickup_from=at(5))
    state = replace(CLEAN, bookings=(*BOOKINGS, twin), legs=(*LEGS, ride), ledger=(*LEDGER, entry("l10", "made")))
    told = [Event(K.BOOKED, at(0), booking_id="b10"), Event(K.COMPLETED, at(20), leg_id="l10")]
    return with_events(state, lambda events: [*events, *told])


def test_two_active_bookings_of_one_quote_are_found():
    assert broken(booked_twice("b10", "q3")) == [("I5", "quote q3")]


def test_a_second_booking_of_a_quote_whose_first_is_cancelled_is_no_fault():
    assert broken(booked_twice("b10", "q8")) == []


def test_two_active_bookings_of_one_request_are_found():
    sibling = Quote("q10", "r3", Party(), 350, at(27), alternative=True)
    state = replace(booked_twice("b10", "q10"), quotes=(*QUOTES, sibling))
    assert broken(state) == [("I5", "request r3")]


def test_a_key_answered_twice_is_found():
    again = replace(ANSWERS[2], answer=StoredAnswer("hash", 409, "{}"))
    assert broken(replace(CLEAN, answers=(*ANSWERS, again))) == [("I5", "key key-8")]


def test_one_key_in_two_scopes_is_no_fault():
    assert broken(replace(CLEAN, answers=(*ANSWERS, replace(ANSWERS[2], scope="POST /bookings/b9/cancel")))) == []


def test_a_booking_answered_to_two_keys_is_found():
    assert broken(replace(CLEAN, answers=(*ANSWERS, answer_of("b1", "key-2")))) == [("I5", "booking b1")]


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (Event(K.BOOKED, at(24), booking_id="b1"), "booking b1"),
        (Event(K.CANCELLED, at(24), booking_id="b8"), "booking b8"),
        (Event(K.NARROWED, at(24), booking_id="b3", leg_id="l3"), "leg l3"),
        (Event(K.COMPLETED, at(24), leg_id="l1"), "leg l1"),
    ],
)
def test_a_change_told_twice_is_found(event, subject):
    assert broken(with_events(CLEAN, lambda events: [*events, event])) == [("I7", subject)]


def test_a_report_taken_in_twice_is_found():
    assert broken(replace(CLEAN, reports=REPORTS * 2)) == [("I7", "report u1")]


def test_a_risk_may_be_told_more_than_once():
    assert broken(excused(excused(CLEAN, K.LATE_RISK, "l5"), K.LATE_RISK, "l5")) == []


@pytest.mark.parametrize(
    ("ledger", "leg_id"),
    [
        (LEDGER[1:], "l1"),
        ((*LEDGER, entry("l5", "made")), "l5"),
        ((*LEDGER, entry("l1", "broken")), "l1"),
        ((*LEDGER, entry("l4", "made")), "l4"),
        ((*LEDGER, entry("l99", "made")), "l99"),
    ],
)
def test_a_ledger_that_does_not_add_up_is_found(ledger, leg_id):
    assert broken(replace(CLEAN, ledger=ledger)) == [("L1", f"leg {leg_id}")]


def test_a_correction_allows_another_end():
    assert broken(replace(CLEAN, ledger=(*LEDGER, entry("l9", "corrected"), entry("l9", "kept")))) == []

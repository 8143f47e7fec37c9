"""I10: riders who can be recognised where they do not belong are found."""

from dataclasses import replace

import pytest

from rufbus.checker.verify import find_faults
from rufbus.domain.events import Event

from .day_of_two_vans import (
    ANSWERS,
    CLEAN,
    EVENTS,
    LEDGER,
    NETWORK,
    SERVICE,
    SHIFTS,
    K,
    at,
    broken,
    entry,
    with_events,
)


@pytest.mark.parametrize(
    "data",
    [
        {"note": "for Anna Petersen"},
        {"note": "ANNA  PETERSEN, please"},
        {"who": ["x", {"name": "dörte jöns"}]},
        {"Bo Hansen": 1},
        {"tel": "+494621111222"},
        {"tel": "04621 / 111-222"},
        {"tel": "04621333444"},
        {"tel": "+49 4621 333444"},
        {"note": "FRAUKE GROSS"},
        {"tel": "0151-555 66 67"},
    ],
)
def test_a_rider_who_can_be_recognised_in_an_event_is_found(data):
    state = with_events(CLEAN, lambda events: [*events, Event(K.CONFLICT, at(24), data=data)])
    assert broken(state) == [("I10", f"event {len(EVENTS) + 1}")]


@pytest.mark.parametrize(
    "data",
    [
        {"note": "Anna and Petersen"},
        {"stop": "Hansenstraße", "boat": "Bo"},
        {"at": "2026-11-25T06:46:21+01:00", "n": 4621111222},
        {"tel": "111222"},
    ],
)
def test_what_only_resembles_a_rider_is_no_fault(data):
    assert broken(with_events(CLEAN, lambda events: [*events, Event(K.CONFLICT, at(24), data=data)])) == []


@pytest.mark.parametrize(
    "more", [{"reason": "Bo Hansen rang"}, {"by": "04621 333444"}, {"data": {"tel": "04621333444"}}]
)
def test_a_rider_who_can_be_recognised_in_the_ledger_is_found(more):
    state = replace(CLEAN, ledger=(entry("l1", "made", **more), *LEDGER[1:]))
    assert broken(state) == [("I10", "ledger entry 1")]


def test_a_rider_who_can_be_recognised_in_a_key_is_found():
    assert broken(replace(CLEAN, answers=(replace(ANSWERS[0], key="anna petersen 1"),))) == [("I10", "answer 1")]
    assert broken(replace(CLEAN, answers=(replace(ANSWERS[0], scope="bookings:04621111222"),))) == [("I10", "answer 1")]


def test_a_leak_is_reported_without_repeating_it():
    state = with_events(CLEAN, lambda events: [*events, Event(K.CONFLICT, at(24), data={"note": "Anna Petersen"})])
    (found,) = find_faults(state, SERVICE, NETWORK, SHIFTS)
    assert "Anna" not in found.detail

"""I8: tours outside their shift or without their breaks are found."""

from dataclasses import replace

import pytest

from rufbus.domain.fleet import BreakRule

from .day_of_two_vans import (
    CLEAN,
    FIRST,
    SECOND,
    SHIFTS,
    TOURS,
    at,
    broken,
    call,
    later,
    with_call,
    with_calls,
    with_tour,
)

IN_FIRST = [("I8", f"tour {FIRST}")]
IN_SECOND = [("I8", f"tour {SECOND}")]


def test_a_tour_without_a_shift_is_found():
    assert broken(CLEAN, SHIFTS[:1]) == IN_SECOND


def test_a_tour_of_another_vehicle_is_found():
    assert broken(CLEAN, (SHIFTS[0], replace(SHIFTS[1], vehicle_id="bus-1"))) == IN_SECOND


def test_a_missing_break_is_found_unless_the_van_broke_down():
    state = with_call(CLEAN, FIRST, None, "break", drop=True)
    assert broken(state) == IN_FIRST
    assert broken(with_tour(state, FIRST, out_of_service_from=at(24))) == []


@pytest.mark.parametrize(
    "changes", [{"shift_s": 1, "depart_at": at(52)}, {"depart_at": at(51, 59)}], ids=["begun late", "ended early"]
)
def test_a_break_too_short_is_found(changes):
    assert broken(with_call(CLEAN, FIRST, None, "break", **changes)) == IN_FIRST


@pytest.mark.parametrize("window", [(at(37, 1), at(70)), (at(30), at(51, 59))])
def test_a_break_outside_its_window_is_found(window):
    assert broken(CLEAN, (replace(SHIFTS[0], breaks=(BreakRule(900, *window),)), SHIFTS[1])) == IN_FIRST


def test_a_late_van_may_end_its_break_as_much_later():
    shifts = (replace(SHIFTS[0], breaks=(BreakRule(900, at(30), at(51)),)), SHIFTS[1])
    assert broken(with_tour(CLEAN, FIRST, delay_s=60), shifts) == []
    assert broken(with_tour(CLEAN, FIRST, delay_s=59), shifts) == IN_FIRST


def test_a_break_with_somebody_aboard_is_found():
    """The drop-off of l3 moves behind the break, still in time."""
    calls = list(TOURS[0].calls)
    dropoff = calls.pop(6)
    calls.insert(7, later(dropoff, at(52) - dropoff.begin_at))
    calls = [later(call, 10) if call.leg_id in ("l4", "l5", "l6") else call for call in calls]
    assert broken(with_tour(CLEAN, FIRST, calls=tuple(calls))) == IN_FIRST


def test_two_breaks_are_told_apart_by_their_numbers():
    shifts = (replace(SHIFTS[0], breaks=(BreakRule(600, at(30), at(50)), BreakRule(300, at(40), at(55)))), SHIFTS[1])
    parts = (
        call("break", "D", None, at(37), 600, break_number=1),
        call("break", "D", None, at(47), 300, break_number=2),
    )
    calls = (*TOURS[0].calls[:7], *parts, *TOURS[0].calls[8:])
    assert broken(with_tour(CLEAN, FIRST, calls=calls), shifts) == []
    swapped = tuple(replace(each, break_number=3 - each.break_number) if each.break_number else each for each in calls)
    assert set(broken(with_tour(CLEAN, FIRST, calls=swapped), shifts)) == set(IN_FIRST)


def test_a_first_call_before_the_van_can_be_there_is_found():
    """From the depot to B the van drives ten minutes and is there at seven."""
    assert broken(CLEAN, (SHIFTS[0], replace(SHIFTS[1], start_at=at(50)))) == []
    assert broken(CLEAN, (SHIFTS[0], replace(SHIFTS[1], start_at=at(50, 1)))) == IN_SECOND


def test_a_van_that_comes_home_after_its_shift_is_found():
    """It leaves A at 07:06:10 and needs the dwell and five minutes."""
    assert broken(CLEAN, (SHIFTS[0], replace(SHIFTS[1], end_by=at(71, 40)))) == []
    ends = (SHIFTS[0], replace(SHIFTS[1], end_by=at(71, 39)))
    assert broken(CLEAN, ends) == IN_SECOND
    assert broken(with_tour(CLEAN, SECOND, delay_s=1), ends) == []


def test_what_is_done_is_a_fact_and_needs_no_shift():
    """The van left its depot early, paused too early and too short, and came home late."""
    done = with_calls(CLEAN, FIRST, lambda call: replace(call, done_at=call.done_at or call.depart_at))
    done = with_call(done, FIRST, None, "break", shift_s=-60, depart_at=at(40))
    shift = replace(SHIFTS[0], start_at=at(9), end_by=at(60), breaks=(BreakRule(900, at(37), at(70)),))
    assert broken(done, (shift, SHIFTS[1])) == []
    begun = with_call(done, FIRST, "l5", "dropoff", done_at=None)
    assert broken(begun, (shift, SHIFTS[1])) == IN_FIRST
    assert broken(begun, (replace(shift, end_by=at(120)), SHIFTS[1])) == []

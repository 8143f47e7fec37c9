"""The table of a leg's states."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.booking import NEXT_STATES, OPEN_STATES, Leg, LegState, StopPoint
from rufbus.domain.errors import WrongState
from rufbus.domain.promise import Promise
from rufbus.domain.request import Direction, Party

PROMISE = Promise(0, 1200, 3600, 1800)


def leg_in(state):
    return Leg(
        "l_1",
        "b_1",
        "q_1",
        Direction.OUTWARD,
        "2026-11-25",
        StopPoint("A"),
        StopPoint("B"),
        Party(),
        PROMISE,
        PROMISE,
        900,
        state,
    )


def test_the_table_knows_every_state():
    assert set(NEXT_STATES) == set(LegState)


@pytest.mark.parametrize(("state", "following"), list(itertools.product(LegState, LegState)))
def test_a_leg_takes_exactly_the_steps_of_the_table(state, following):
    leg = leg_in(state)
    if following in NEXT_STATES[state]:
        assert leg.with_state(following).state is following
    else:
        with pytest.raises(WrongState, match=f"is {state.value} and cannot become {following.value}"):
            leg.with_state(following)


@given(st.lists(st.sampled_from(LegState)))
def test_no_walk_through_the_table_leads_back_to_a_promise_once_the_leg_has_ended(wishes):
    leg = leg_in(LegState.HELD)
    ended = False
    for wish in wishes:
        if wish in NEXT_STATES[leg.state]:
            leg = leg.with_state(wish)
        ended = ended or leg.state in {LegState.COMPLETED, LegState.EXPIRED}
        assert not (ended and leg.state in OPEN_STATES)


def test_a_completed_leg_and_an_expired_one_stay_as_they_are():
    assert NEXT_STATES[LegState.COMPLETED] == NEXT_STATES[LegState.EXPIRED] == frozenset()


def test_whoever_is_aboard_can_no_longer_cancel():
    assert LegState.CANCELLED not in NEXT_STATES[LegState.ABOARD]


def test_what_the_driver_reports_wins_over_a_cancellation_and_a_no_show():
    for state in (LegState.CANCELLED, LegState.NO_SHOW, LegState.BROKEN):
        assert LegState.ABOARD in NEXT_STATES[state]


def test_a_held_leg_owes_nobody_a_ride_yet():
    assert LegState.HELD not in OPEN_STATES
    assert {LegState.PROMISED, LegState.NARROWED, LegState.ABOARD} == OPEN_STATES

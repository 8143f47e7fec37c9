"""The memory of forbidden turns, compared with looking at everything driven so far."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rufbus.roads.turns import build_turns

EDGES = 3
SEQUENCES = st.lists(st.lists(st.integers(0, EDGES - 1), min_size=2, max_size=5).map(tuple), max_size=8)
DRIVES = st.lists(st.integers(0, EDGES - 1), max_size=12)


@settings(max_examples=500)
@given(SEQUENCES, DRIVES)
def test_an_edge_is_forbidden_when_it_completes_a_sequence(forbidden, drive):
    turns = build_turns(forbidden, EDGES)
    state, driven = 0, ()
    for edge in drive:
        following = turns.step(state, edge)
        completed = any((*driven, edge)[-len(each) :] == each for each in forbidden)
        assert (following is None) == completed
        if following is not None:
            state, driven = following, (*driven, edge)
            assert state == 0 or turns.last_edge[state] == edge


@settings(max_examples=500)
@given(SEQUENCES, st.integers(0, EDGES - 1), DRIVES)
def test_a_van_that_stood_on_an_edge_may_have_come_by_anything_before(forbidden, start, drive):
    turns = build_turns(forbidden, EDGES, [start])
    state, driven = turns.start_within(start), (start,)
    for edge in drive:
        following = turns.step(state, edge)
        longer = (*driven, edge)
        within = any(longer[-len(each) :] == each for each in forbidden)
        with_a_past = any(each[-len(longer) :] == longer for each in forbidden)
        assert (following is None) == (within or with_a_past)
        if following is not None:
            state, driven = following, longer


@given(SEQUENCES)
def test_without_a_start_nothing_is_remembered_for_it(forbidden):
    turns = build_turns(forbidden, EDGES)
    assert all(symbol < EDGES for children in turns.children for symbol in children)


@pytest.mark.parametrize("edge", range(EDGES))
def test_without_restrictions_nothing_is_remembered(edge):
    turns = build_turns([], EDGES, [edge])
    assert (turns.state_count, turns.step(0, edge), turns.start_within(edge)) == (1, 0, 0)

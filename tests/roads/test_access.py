"""Barriers on the road: which of them the van gets past."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.roads.access import CHAIN, OPENERS, VALUES, Access, find_access, is_passable

from .osm_text import drives, ring

PASSABLE = [
    {"barrier": "gate"},
    {"barrier": "lift_gate"},
    {"barrier": "cattle_grid"},
    {"barrier": "toll_booth"},
    {"barrier": "border_control"},
    {"barrier": "height_restrictor"},
    {"barrier": "kerb"},
    {"barrier": "gate", "access": "destination"},
    {"barrier": "gate", "access": "no", "psv": "yes"},
    {"barrier": "swing_gate", "access": "yes"},
    {"barrier": "bollard", "motor_vehicle": "yes"},
    {"barrier": "bollard", "access": "no", "bus": "yes"},
    {"barrier": "bus_trap", "motor_vehicle": "yes"},
]
CLOSED = [
    {"barrier": "bollard"},
    {"barrier": "bollard", "access": "yes"},
    {"barrier": "block"},
    {"barrier": "chain"},
    {"barrier": "swing_gate"},
    {"barrier": "cycle_barrier", "bicycle": "yes"},
    {"barrier": "gate", "access": "private"},
    {"barrier": "gate", "motor_vehicle": "no"},
    {"barrier": "gate", "locked": "yes"},
    {"barrier": "lift_gate", "motorcar": "permit"},
    {"barrier": "bus_trap"},
    {"barrier": "bus_trap", "bus": "yes"},
    {"barrier": "sump_buster", "psv": "yes"},
    {"barrier": "yes"},
    {"barrier": "made-up"},
]
SOME_TAGS = st.dictionaries(st.sampled_from((*CHAIN, *OPENERS)), st.sampled_from(sorted(VALUES)))


def with_barrier(tags):
    """A ring, and across it a street with a barrier in its middle, node 5."""
    text = ring()
    text.node(5, 500, 500, **tags)
    text.way(20, [1, 5, 3], {"highway": "residential"})
    return text


@pytest.mark.parametrize("tags", PASSABLE)
def test_the_van_drives_past_barriers_that_open(tmp_path, tags):
    graph, report = with_barrier(tags).read(tmp_path)
    assert drives(graph, 20) == [(1, 3), (3, 1)]
    assert report.left_out == ()


@pytest.mark.parametrize("tags", CLOSED)
def test_a_closed_barrier_makes_two_dead_ends_of_a_street(tmp_path, tags):
    graph, report = with_barrier(tags).read(tmp_path)
    assert drives(graph, 20) == [(-5, 1), (1, -5), (3, 5), (5, 3)]
    (part,) = report.left_out
    assert (part.reason, part.nodes) == ("passages closed by a barrier", 1)


def test_a_barrier_at_a_junction_closes_nothing_and_is_noted(tmp_path):
    text = with_barrier({"barrier": "bollard"})
    text.way(21, [5, 2], {"highway": "residential"})
    graph, report = text.read(tmp_path)
    assert drives(graph, 20) == [(1, 5), (3, 5), (5, 1), (5, 3)]
    assert [count for note, count in report.notes.items() if "barriers at a junction" in note] == [1]


def test_a_barrier_at_the_end_of_a_street_closes_nothing(tmp_path):
    text = ring()
    text.node(5, 500, 500, barrier="bollard")
    text.way(20, [1, 5], {"highway": "residential"})
    graph, report = text.read(tmp_path)
    assert drives(graph, 20) == [(1, 5), (5, 1)]
    assert report.left_out == ()


def test_a_conditional_barrier_opens_at_its_time(tmp_path):
    text = with_barrier({"barrier": "bollard", "bus:conditional": "yes @ (Mo-Fr 06:00-20:00)"})
    graph, _ = text.read(tmp_path, dt.datetime(2026, 11, 23, 8, 0))
    assert drives(graph, 20) == [(1, 3), (3, 1)]
    graph, _ = text.read(tmp_path, dt.datetime(2026, 11, 22, 8, 0))
    assert len(drives(graph, 20)) == 4


@given(SOME_TAGS, st.sampled_from(OPENERS), st.sampled_from(sorted(VALUES)))
def test_exceptions_for_buses_never_close_anything(tags, key, value):
    without = {name: text for name, text in tags.items() if name != key}
    before = find_access(without, default=Access.OPEN)
    assert find_access({**without, key: value}, default=Access.OPEN) >= before


@given(SOME_TAGS)
def test_a_road_open_to_public_service_vehicles_is_open(tags):
    assert find_access({**tags, "psv": "yes"}) is Access.OPEN
    assert is_passable({**tags, "barrier": "gate", "psv": "yes"})

"""Turn restrictions of every form, on a crossing and on two crossings with a way between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from .osm_text import OsmText, node_paths

MONDAY_8 = dt.datetime(2026, 11, 23, 8, 0)
ROAD = {"highway": "residential"}
C, D, W, E, N, S = 50, 60, 1, 2, 3, 4


def crossing() -> OsmText:
    """Arms W, E, N, S (ways 11 to 14) around node C, and a ring road so that every arm has a way out."""
    text = OsmText()
    for number, (x_m, y_m) in {C: (0, 0), W: (-300, 0), E: (300, 0), N: (0, 300), S: (0, -300)}.items():
        text.node(number, x_m, y_m)
    for way, arm in ((11, W), (12, E), (13, N), (14, S)):
        text.way(way, [arm, C], ROAD)
    text.way(20, [W, N, E, S, W], {"highway": "tertiary"})
    return text


def two_crossings() -> OsmText:
    """As one crossing, but the eastern and southern arms begin at D, and way 30 leads there from C."""
    text = crossing()
    text.node(D, 150, -50)
    text.way(12, [D, E], ROAD)
    text.way(14, [S, D], ROAD)
    text.way(30, [C, D], {"highway": "unclassified"})
    return text


def forbidden(text: OsmText, tmp_path, reference=None):
    return node_paths(text.read(tmp_path, reference)[0])


def ignored(text: OsmText, tmp_path, reference=None) -> dict[str, int]:
    graph, report = text.read(tmp_path, reference)
    assert graph.forbidden == ()
    assert report.restrictions_applied == 0
    return dict(report.restrictions_ignored)


def with_turn(kind: str, start: int, via: int | Sequence[int], end: int, **tags: str) -> OsmText:
    text = crossing() if isinstance(via, int) else two_crossings()
    text.restriction(kind, start, via, end, **tags)
    return text


# --- at a node ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["no_left_turn", "no_right_turn", "no_straight_on", "no_entry", "no_exit", "no_u_turn"]
)
def test_a_forbidden_turn_is_forbidden_and_no_other(tmp_path, kind):
    graph, report = with_turn(kind, 11, C, 13).read(tmp_path)
    assert node_paths(graph) == {(W, C, N)}
    assert (report.restrictions_applied, report.forbidden_sequences) == (1, 1)


def test_turning_back_may_be_forbidden(tmp_path):
    assert forbidden(with_turn("no_u_turn", 11, C, 11), tmp_path) == {(W, C, W)}


def test_turning_back_on_a_way_that_runs_through_is_forbidden_both_ways(tmp_path):
    text = crossing()
    text.way(11, [W, C, E], ROAD)
    del text.ways[12]
    text.restriction("no_u_turn", 11, C, 11)
    assert forbidden(text, tmp_path) == {(W, C, W), (E, C, E)}


@pytest.mark.parametrize("kind", ["only_left_turn", "only_right_turn", "only_straight_on"])
def test_a_demanded_turn_forbids_all_others_turning_back_included(tmp_path, kind):
    assert forbidden(with_turn(kind, 11, C, 12), tmp_path) == {(W, C, W), (W, C, N), (W, C, S)}


def test_entry_may_be_forbidden_from_several_ways(tmp_path):
    text = crossing()
    members = [("way", 11, "from"), ("way", 13, "from"), ("node", C, "via"), ("way", 12, "to")]
    text.relation(members, {"type": "restriction", "restriction": "no_entry"})
    assert forbidden(text, tmp_path) == {(W, C, E), (N, C, E)}


def test_exit_may_be_forbidden_to_several_ways(tmp_path):
    text = crossing()
    members = [("way", 11, "from"), ("node", C, "via"), ("way", 12, "to"), ("way", 14, "to")]
    text.relation(members, {"type": "restriction", "restriction": "no_exit"})
    assert forbidden(text, tmp_path) == {(W, C, E), (W, C, S)}


def test_the_via_node_of_a_restriction_survives_the_contraction(tmp_path):
    text = crossing()
    del text.ways[13], text.ways[14]
    assert C not in text.read(tmp_path)[0].node_osm_id
    text.restriction("no_u_turn", 11, C, 11)
    graph, _ = text.read(tmp_path)
    assert C in graph.node_osm_id
    assert node_paths(graph) == {(W, C, W)}


def test_roads_of_several_ways_are_found_by_the_way_at_the_via(tmp_path):
    text = crossing()
    text.node(71, -150, 10)
    text.way(11, [71, C], ROAD)
    text.way(41, [W, 71], ROAD)
    text.restriction("no_left_turn", 11, C, 13)
    assert forbidden(text, tmp_path) == {(W, C, N)}
    text.ways[11] = ([C, 71], ROAD)
    assert forbidden(text, tmp_path) == {(W, C, N)}


# --- along ways ---------------------------------------------------------------------------------------------------


def test_a_turn_over_a_way_is_forbidden_as_a_whole(tmp_path):
    graph, report = with_turn("no_u_turn", 11, [30], 14).read(tmp_path)
    assert node_paths(graph) == {(W, C, D, S)}
    assert report.restrictions_applied == 1


def test_a_turn_over_several_ways_in_any_order_is_forbidden_as_a_whole(tmp_path):
    text = two_crossings()
    text.node(72, 70, -20)
    text.way(30, [C, 72], {"highway": "unclassified"})
    text.way(31, [D, 72], {"highway": "unclassified"})
    text.restriction("no_u_turn", 11, [31, 30], 14)
    assert forbidden(text, tmp_path) == {(W, C, 72, D, S)}


def test_a_via_way_with_a_junction_in_its_middle_is_followed_through(tmp_path):
    text = two_crossings()
    text.node(72, 70, -20)
    text.way(30, [C, 72, D], {"highway": "unclassified"})
    text.way(33, [72, N], ROAD)
    text.restriction("no_u_turn", 11, [30], 14)
    assert forbidden(text, tmp_path) == {(W, C, 72, D, S)}


def test_the_ends_of_via_ways_survive_the_contraction(tmp_path):
    text = two_crossings()
    text.way(30, [C, D], ROAD)
    text.ways[12] = ([E, N], ROAD)
    assert D not in text.read(tmp_path)[0].node_osm_id
    text.restriction("no_u_turn", 11, [30], 14)
    graph, _ = text.read(tmp_path)
    assert D in graph.node_osm_id
    assert node_paths(graph) == {(W, C, D, S)}


def test_a_demanded_turn_over_a_way_forbids_leaving_it_anywhere(tmp_path):
    turns = forbidden(with_turn("only_straight_on", 11, [30], 12), tmp_path)
    assert turns == {(W, C, W), (W, C, N), (W, C, D, S), (W, C, D, C)}


# --- whom and when it binds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("vehicles", ["psv", "bus", "motorcar", "bicycle;bus", "hgv; psv"])
def test_the_van_uses_exceptions_for_cars_and_buses(tmp_path, vehicles):
    text = with_turn("no_left_turn", 11, C, 13, **{"except": vehicles})
    assert ignored(text, tmp_path) == {"for other vehicles, or the van is excepted": 1}


@pytest.mark.parametrize("vehicles", ["bicycle", "hgv", "emergency"])
def test_exceptions_for_others_do_not_free_the_van(tmp_path, vehicles):
    assert forbidden(with_turn("no_left_turn", 11, C, 13, **{"except": vehicles}), tmp_path) == {(W, C, N)}


def turn_with_tags(**tags: str) -> OsmText:
    text = crossing()
    members = [("way", 11, "from"), ("node", C, "via"), ("way", 13, "to")]
    text.relation(members, {"type": "restriction", **{key.replace("__", ":"): value for key, value in tags.items()}})
    return text


@pytest.mark.parametrize("key", ["restriction__motorcar", "restriction__motor_vehicle", "restriction__psv"])
def test_restrictions_for_cars_bind_the_van(tmp_path, key):
    assert forbidden(turn_with_tags(**{key: "no_left_turn"}), tmp_path) == {(W, C, N)}


@pytest.mark.parametrize("key", ["restriction__hgv", "restriction__bicycle", "restriction__bus"])
def test_restrictions_for_others_do_not_bind_the_van(tmp_path, key):
    text = turn_with_tags(**{key: "no_left_turn"})
    assert ignored(text, tmp_path) == {"for other vehicles, or the van is excepted": 1}


def test_the_more_specific_restriction_wins(tmp_path):
    tags = {"restriction": "no_left_turn", "restriction__motorcar": "none"}
    assert ignored(turn_with_tags(**tags), tmp_path) == {"for other vehicles, or the van is excepted": 1}


IN_FORCE = "no_left_turn @ (Mo-Fr 07:00-09:00)"
NO_TIME = {"conditional, and there is no reference time or the condition is not simple": 1}


def test_a_conditional_restriction_counts_at_its_time_only(tmp_path):
    text = turn_with_tags(restriction__conditional=IN_FORCE)
    assert forbidden(text, tmp_path, MONDAY_8) == {(W, C, N)}
    assert ignored(text, tmp_path, MONDAY_8.replace(hour=9)) == {
        "conditional and not in force at the reference time": 1
    }
    assert ignored(text, tmp_path) == NO_TIME


def test_a_condition_may_lift_a_restriction(tmp_path):
    text = turn_with_tags(restriction="no_left_turn", restriction__conditional="none @ (Mo-Fr 07:00-09:00)")
    assert ignored(text, tmp_path, MONDAY_8) == {"conditional and not in force at the reference time": 1}
    assert forbidden(text, tmp_path, MONDAY_8.replace(hour=12)) == {(W, C, N)}
    assert forbidden(text, tmp_path) == {(W, C, N)}


@pytest.mark.parametrize(
    "tags",
    [
        {"restriction__conditional": "no_left_turn @ (winter)"},
        {"restriction__motorcar__conditional": "no_left_turn @ (PH)"},
        {"restriction": "no_left_turn", "hour_on": "07:00", "hour_off": "09:00"},
    ],
)
def test_conditions_that_are_not_simple_are_reported_and_not_applied(tmp_path, tags):
    assert ignored(turn_with_tags(**tags), tmp_path, MONDAY_8) == NO_TIME


# --- malformed ----------------------------------------------------------------------------------------------------

FROM, VIA, TO = ("way", 11, "from"), ("node", C, "via"), ("way", 13, "to")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([VIA, TO], "no from member, or several where one is needed"),
        ([FROM, ("way", 12, "from"), VIA, TO], "no from member, or several where one is needed"),
        ([FROM, VIA], "no to member, or several where one is needed"),
        ([FROM, VIA, TO, ("way", 12, "to")], "no to member, or several where one is needed"),
        ([FROM, TO], "no via member, or both nodes and ways, or several nodes"),
        ([FROM, VIA, ("node", D, "via"), TO], "no via member, or both nodes and ways, or several nodes"),
        ([FROM, VIA, ("way", 12, "via"), TO], "no via member, or both nodes and ways, or several nodes"),
        ([FROM, ("relation", 5, "via"), TO], "no via member, or both nodes and ways, or several nodes"),
        ([("node", W, "from"), VIA, TO], "from or to is not a way"),
        ([FROM, VIA, ("way", 999, "to")], "a member is not in the graph"),
        ([FROM, ("node", 999, "via"), TO], "a member is not in the graph"),
        ([FROM, ("node", N, "via"), TO], "members do not meet at the via, or are one-way against the turn"),
        (
            [FROM, ("way", 12, "via"), ("way", 14, "via"), TO],
            "via ways do not lead from the from member on, or run beyond it",
        ),
    ],
)
def test_malformed_restrictions_are_counted_with_the_reason(tmp_path, members, why):
    text = crossing()
    text.relation(members, {"type": "restriction", "restriction": "no_left_turn"})
    assert ignored(text, tmp_path) == {why: 1}


@pytest.mark.parametrize("tags", [{"restriction": "no_right_turn_on_red"}, {"restriction": "give_way"}, {}])
def test_unknown_kinds_are_counted(tmp_path, tags):
    assert ignored(turn_with_tags(**tags), tmp_path) == {"kind of restriction is unknown": 1}


def test_a_member_that_is_not_split_at_the_via_is_ambiguous(tmp_path):
    text = crossing()
    text.way(11, [W, C, E], ROAD)
    del text.ways[12]
    text.restriction("no_left_turn", 11, C, 13)
    assert ignored(text, tmp_path) == {"a member runs through the via and is not split there": 1}


def test_a_turn_against_a_one_way_is_moot(tmp_path):
    text = crossing()
    text.way(13, [N, C], {**ROAD, "oneway": "yes"})
    text.restriction("no_left_turn", 11, C, 13)
    assert ignored(text, tmp_path) == {"members do not meet at the via, or are one-way against the turn": 1}


def test_a_restriction_on_a_footway_is_moot(tmp_path):
    text = crossing()
    text.way(15, [C, 73], {"highway": "footway"})
    text.node(73, 200, 200)
    text.restriction("no_left_turn", 11, C, 15)
    assert ignored(text, tmp_path) == {"a member is not in the graph": 1}


def test_relations_of_other_types_are_not_restrictions(tmp_path):
    text = crossing()
    text.relation([FROM, VIA, TO], {"type": "route", "restriction": "no_left_turn"})
    assert ignored(text, tmp_path) == {}


# --- restrictions that would cut roads off ------------------------------------------------------------------------


def test_a_restriction_that_leaves_a_road_without_entry_is_given_up_and_reported(tmp_path):
    text = crossing()
    text.node(80, 0, 900)
    text.way(40, [N, 80], ROAD)
    text.ways[13] = ([N, C], ROAD)
    text.ways[20] = ([W, E, S, W], {"highway": "tertiary"})
    text.restriction("no_straight_on", 13, N, 40)
    kept = text.read(tmp_path)
    assert kept[0].forbidden == ()
    assert kept[1].restrictions_ignored == {"would leave roads unreachable or without a way out": 1}


def test_only_the_offending_restriction_is_given_up(tmp_path):
    text = crossing()
    text.node(80, 0, 900)
    text.way(40, [N, 80], ROAD)
    text.ways[20] = ([W, E, S, W], {"highway": "tertiary"})
    text.restriction("no_straight_on", 13, N, 40)
    text.restriction("no_left_turn", 11, C, 13)
    graph, report = text.read(tmp_path)
    assert node_paths(graph) == {(W, C, N)}
    assert (report.restrictions_applied, sum(report.restrictions_ignored.values())) == (1, 1)

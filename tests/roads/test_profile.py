"""What the van may drive, which way and how fast: every rule on a small map of its own."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.roads.graph import BOTH_SIDES, FERRY, STOPPABLE
from rufbus.roads.profile import (
    CLASS_INDEX,
    DESTINATION_FACTOR,
    KEYS,
    LOWEST_KMH,
    ROAD_CLASSES,
    SPEED_FACTOR,
    LeftOut,
    parse_duration_s,
    profile_way,
)

from .osm_text import OsmText, drives, kmh_of, ring

BOTH, ALONG, AGAINST, CLOSED = [(1, 3), (3, 1)], [(1, 3)], [(3, 1)], []
MONDAY_8 = dt.datetime(2026, 11, 23, 8, 0)


def across(**tags: str) -> OsmText:
    """A ring with one more way from node 1 to node 3; ``__`` stands for a colon in its keys."""
    text = ring()
    text.node(5, 500, 480)
    text.way(20, [1, 5, 3], {key.replace("__", ":"): value for key, value in tags.items()})
    return text


def directions(tmp_path, reference=None, **tags):
    graph, _ = across(**tags).read(tmp_path, reference)
    return drives(graph, 20)


def reason(tmp_path, **tags):
    _, report = across(**tags).read(tmp_path)
    return [part.reason for part in report.left_out]


VALUES = st.sampled_from(
    ["yes", "no", "private", "destination", "-1", "1", "50", "DE:urban", "gate", "roundabout", "asphalt", "ferry", "track",
     "residential", "motorway", "grade1", "service", "00:20", "reversible", "no @ (Mo-Fr 07:00-09:00)"]
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), st.one_of(VALUES, st.text(max_size=12))))
def test_any_tags_have_a_profile_with_speeds_in_bounds(tags):
    profile = profile_way(tags, MONDAY_8)
    highest = ROAD_CLASSES[profile.road_class].highest_kmh
    for kmh in (profile.forward_kmh, profile.backward_kmh):
        assert kmh == 0 or LOWEST_KMH <= kmh <= highest
    assert (profile.left_out is not None) == (profile.forward_kmh == profile.backward_kmh == 0)


@pytest.mark.parametrize("road", [road for road in ROAD_CLASSES if road.open_default and road.name != "ferry"])
def test_every_class_of_road_is_driven_at_its_share_of_the_limit(tmp_path, road):
    firm = {"surface": "asphalt"} if road.name == "track" else {}
    graph, _ = across(highway=road.name, oneway="no", **firm).read(tmp_path)
    expected = min(SPEED_FACTOR * road.limit_kmh, road.highest_kmh)
    assert drives(graph, 20) == BOTH
    assert kmh_of(graph, 20) == pytest.approx([expected, expected], abs=0.15)
    assert {int(graph.edge_class[e]) for e in range(graph.edge_count) if graph.edge_way[e] == 20} == {
        CLASS_INDEX[road.name]
    }


# --- access -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, BOTH),
        ({"access": "no"}, CLOSED),
        ({"access": "private"}, CLOSED),
        ({"access": "permissive"}, BOTH),
        ({"access": "destination"}, BOTH),
        ({"access": "customers"}, BOTH),
        ({"access": "permit"}, CLOSED),
        ({"access": "residents"}, CLOSED),
        ({"access": "delivery"}, CLOSED),
        ({"access": "agricultural"}, CLOSED),
        ({"access": "agricultural;forestry"}, CLOSED),
        ({"access": "private;customers"}, BOTH),
        ({"access": "unknown"}, BOTH),
        ({"access": "no", "vehicle": "yes"}, BOTH),
        ({"vehicle": "no"}, CLOSED),
        ({"vehicle": "no", "motor_vehicle": "yes"}, BOTH),
        ({"motor_vehicle": "no"}, CLOSED),
        ({"motor_vehicle": "no", "motorcar": "yes"}, BOTH),
        ({"motor_vehicle": "yes", "motorcar": "no"}, CLOSED),
        ({"access": "yes", "motor_vehicle": "forestry"}, CLOSED),
        ({"motor_vehicle": "no", "psv": "yes"}, BOTH),
        ({"motor_vehicle": "no", "bus": "yes"}, BOTH),
        ({"motor_vehicle": "no", "bus": "designated"}, BOTH),
        ({"motor_vehicle": "no", "minibus": "yes"}, BOTH),
        ({"motor_vehicle": "no", "taxi": "yes"}, CLOSED),
        ({"motor_vehicle": "no", "psv": "no"}, CLOSED),
        ({"psv": "no"}, CLOSED),
        ({"bus": "no"}, BOTH),
        ({"hgv": "no"}, BOTH),
        ({"foot": "no", "bicycle": "no"}, BOTH),
    ],
)
def test_the_most_specific_access_tag_counts_and_a_rufbus_is_a_public_service_vehicle(tmp_path, tags, expected):
    assert directions(tmp_path, highway="residential", **tags) == expected


def test_a_road_for_destinations_only_is_slower_than_an_open_one(tmp_path):
    open_graph, _ = across(highway="residential").read(tmp_path)
    graph, _ = across(highway="residential", motor_vehicle="destination").read(tmp_path)
    assert kmh_of(graph, 20) == pytest.approx([DESTINATION_FACTOR * kmh for kmh in kmh_of(open_graph, 20)], abs=0.1)


def test_a_conditional_closure_counts_at_its_time_only(tmp_path):
    tags = {"highway": "residential", "motor_vehicle__conditional": "no @ (Mo-Fr 07:00-09:00)"}
    assert directions(tmp_path, MONDAY_8, **tags) == CLOSED
    assert directions(tmp_path, MONDAY_8.replace(hour=10), **tags) == BOTH
    assert directions(tmp_path, None, **tags) == BOTH


def test_a_conditional_opening_for_buses_counts_at_its_time_only(tmp_path):
    tags = {"highway": "residential", "motor_vehicle": "no", "bus__conditional": "yes @ (Mo-Fr 07:00-09:00)"}
    assert directions(tmp_path, MONDAY_8, **tags) == BOTH
    assert directions(tmp_path, MONDAY_8.replace(hour=10), **tags) == CLOSED


def test_conditions_that_are_not_applied_are_noted(tmp_path):
    _, report = across(highway="residential", access__conditional="no @ (winter)").read(tmp_path, MONDAY_8)
    assert [count for note, count in report.notes.items() if "conditional" in note] == [1]


# --- kinds of way -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"highway": "footway"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "cycleway"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "path", "motor_vehicle": "yes"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "steps"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "bus_guideway"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "ferry"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "pedestrian"}, LeftOut.NOT_FOR_CARS),
        ({"highway": "pedestrian", "motor_vehicle": "delivery"}, LeftOut.NO_ACCESS),
        ({"highway": "construction", "construction": "primary"}, LeftOut.PLANNED),
        ({"highway": "proposed"}, LeftOut.PLANNED),
        ({"highway": "primary", "construction": "yes"}, LeftOut.PLANNED),
        ({"highway": "busway"}, LeftOut.NO_ACCESS),
        ({"highway": "service", "service": "emergency_access"}, LeftOut.NO_ACCESS),
        ({"highway": "service", "area": "yes"}, LeftOut.AREA),
        ({"highway": "residential", "oneway": "reversible"}, LeftOut.REVERSIBLE),
        ({"highway": "residential", "smoothness": "impassable"}, LeftOut.IMPASSABLE),
        ({"highway": "residential", "maxheight": "2.2"}, LeftOut.TOO_SMALL),
        ({"highway": "residential", "maxwidth": "1.9 m"}, LeftOut.TOO_SMALL),
        ({"highway": "residential", "maxweight": "2,8 t"}, LeftOut.TOO_SMALL),
        ({"highway": "track"}, LeftOut.TRACK),
        ({"highway": "track", "tracktype": "grade3"}, LeftOut.TRACK),
        ({"highway": "track", "surface": "grass"}, LeftOut.TRACK),
        ({"highway": "track", "tracktype": "grade1", "motor_vehicle": "agricultural"}, LeftOut.NO_ACCESS),
        ({"route": "ferry"}, LeftOut.FERRY_WITHOUT_CARS),
        ({"route": "ferry", "motor_vehicle": "no", "foot": "yes"}, LeftOut.FERRY_WITHOUT_CARS),
        ({"route": "ferry", "access": "yes"}, LeftOut.FERRY_WITHOUT_CARS),
        ({"route": "ferry", "motor_vehicle": "yes", "construction": "yes"}, LeftOut.PLANNED),
    ],
)
def test_ways_that_are_no_roads_for_the_van_are_left_out_and_counted(tmp_path, tags, why):
    graph, report = across(**tags).read(tmp_path)
    assert drives(graph, 20) == CLOSED
    (part,) = report.left_out
    assert (part.reason, part.ways) == (why.value, 1)
    assert part.km == pytest.approx(1.414, abs=0.01)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "track", "tracktype": "grade1"},
        {"highway": "track", "tracktype": "grade2"},
        {"highway": "track", "surface": "asphalt"},
        {"highway": "track", "tracktype": "grade4", "motor_vehicle": "yes"},
        {"highway": "pedestrian", "psv": "yes"},
        {"highway": "pedestrian", "motor_vehicle": "destination"},
        {"highway": "busway", "bus": "designated"},
        {"highway": "service", "service": "driveway"},
        {"highway": "service", "service": "parking_aisle"},
        {"highway": "living_street"},
        {"highway": "residential", "construction": "minor"},
        {"highway": "residential", "maxheight": "default"},
        {"highway": "residential", "maxheight": "3.5"},
        {"highway": "residential", "maxweight": "7.5"},
    ],
)
def test_roads_that_the_van_can_use_are_kept(tmp_path, tags):
    assert directions(tmp_path, **tags) == BOTH


def test_other_routes_are_not_even_counted(tmp_path):
    assert reason(tmp_path, route="hiking") == []


# --- one-ways -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"oneway": "yes"}, ALONG),
        ({"oneway": "true"}, ALONG),
        ({"oneway": "1"}, ALONG),
        ({"oneway": "-1"}, AGAINST),
        ({"oneway": "reverse"}, AGAINST),
        ({"oneway": "no"}, BOTH),
        ({"oneway": "alternating"}, BOTH),
        ({"oneway": "yes", "oneway__psv": "no"}, BOTH),
        ({"oneway": "yes", "oneway__bus": "no"}, BOTH),
        ({"oneway": "-1", "oneway__bus": "no"}, BOTH),
        ({"oneway": "yes", "busway": "opposite_lane"}, BOTH),
        ({"oneway": "yes", "oneway__bicycle": "no"}, ALONG),
        ({"oneway": "yes", "oneway__motor_vehicle": "no"}, BOTH),
        ({"oneway__motor_vehicle": "yes"}, ALONG),
        ({"junction": "roundabout"}, ALONG),
        ({"junction": "circular"}, ALONG),
        ({"junction": "roundabout", "oneway": "-1"}, AGAINST),
        ({"junction": "roundabout", "oneway": "no"}, BOTH),
    ],
)
def test_one_ways_are_driven_their_way(tmp_path, tags, expected):
    assert directions(tmp_path, highway="residential", **tags) == expected


@pytest.mark.parametrize(("highway", "expected"), [("motorway", ALONG), ("motorway_link", BOTH), ("trunk", BOTH)])
def test_only_a_motorway_is_one_way_without_a_tag(tmp_path, highway, expected):
    assert directions(tmp_path, highway=highway) == expected


# --- speeds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({"highway": "primary", "maxspeed": "70"}, 59.5, 59.5),
        ({"highway": "primary", "maxspeed": "100"}, 85, 85),
        ({"highway": "primary", "maxspeed": "120"}, 85, 85),
        ({"highway": "primary", "maxspeed": "DE:zone:30"}, 25.5, 25.5),
        ({"highway": "primary", "maxspeed": "30 mph"}, 41, 41),
        ({"highway": "primary", "zone:traffic": "DE:urban"}, 42.5, 42.5),
        ({"highway": "primary", "maxspeed": "signals"}, 72.2, 72.2),
        ({"highway": "primary", "maxspeed:forward": "50", "maxspeed:backward": "70"}, 42.5, 59.5),
        ({"highway": "unclassified", "maxspeed": "100"}, 60, 60),
        ({"highway": "residential", "maxspeed": "50"}, 40, 40),
        ({"highway": "living_street", "maxspeed": "walk"}, 6, 6),
        ({"highway": "service", "service": "driveway"}, 8.5, 8.5),
        ({"highway": "service", "service": "parking_aisle", "maxspeed": "50"}, 10, 10),
        ({"highway": "tertiary", "surface": "gravel"}, 40, 40),
        ({"highway": "tertiary", "surface": "unhewn_cobblestone"}, 20, 20),
        ({"highway": "tertiary", "smoothness": "bad"}, 40, 40),
        ({"highway": "tertiary", "tracktype": "grade2"}, 25, 25),
        ({"highway": "track", "tracktype": "grade2", "surface": "mud"}, 8, 8),
        ({"highway": "tertiary", "ford": "yes"}, 10, 10),
        ({"highway": "pedestrian", "psv": "yes", "maxspeed": "2"}, 5, 5),
    ],
)
def test_the_van_drives_what_limit_class_and_surface_allow(tags, forward, backward):
    profile = profile_way(tags)
    assert (profile.forward_kmh, profile.backward_kmh) == pytest.approx((forward, backward), abs=0.06)


def test_different_speeds_each_way_are_different_times(tmp_path):
    graph, _ = across(highway="primary", maxspeed__forward="50", maxspeed__backward="100").read(tmp_path)
    assert sorted(kmh_of(graph, 20)) == pytest.approx([42.5, 85], abs=0.1)


# --- ferries ------------------------------------------------------------------------------------------------------


def test_a_ferry_takes_the_time_it_says(tmp_path):
    graph, _ = across(route="ferry", motor_vehicle="yes", duration="00:12").read(tmp_path)
    edges = [edge for edge in range(graph.edge_count) if graph.edge_way[edge] == 20]
    assert drives(graph, 20) == BOTH
    assert [int(graph.edge_ms[edge]) for edge in edges] == pytest.approx([720_000, 720_000], abs=2)
    assert all(graph.edge_flags[edge] == FERRY for edge in edges)


@pytest.mark.parametrize("duration", [None, "soon", "00:00:05", "100:00"])
def test_a_ferry_without_a_sensible_duration_goes_at_its_usual_speed(tmp_path, duration):
    tags = {"duration": duration} if duration else {}
    graph, _ = across(route="ferry", motorcar="yes", **tags).read(tmp_path)
    assert kmh_of(graph, 20) == pytest.approx([15, 15], abs=0.1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:20", 1200), ("1:05:30", 3930), ("20", 1200), ("90", 5400), ("PT20M", 1200), ("PT1H5M", 3900), ("pt45s", 45),
     ("", None), (None, None), ("20 min", None), ("0", None), ("PT", None), ("٢٠", None)],
)  # fmt: skip
def test_durations_are_read_in_their_usual_forms(text, seconds):
    assert parse_duration_s(text) == seconds


# --- flags --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "stops", "crosses"),
    [
        ({"highway": "residential"}, True, True),
        ({"highway": "residential", "bridge": "yes"}, False, True),
        ({"highway": "residential", "tunnel": "building_passage"}, False, True),
        ({"highway": "residential", "junction": "roundabout"}, False, False),
        ({"highway": "residential", "lanes": "3"}, True, False),
        ({"highway": "residential", "lanes": "many"}, True, True),
        ({"highway": "living_street"}, True, True),
        ({"highway": "service"}, True, True),
        ({"highway": "unclassified"}, True, True),
        ({"highway": "unclassified", "maxspeed": "100"}, True, False),
        ({"highway": "tertiary", "maxspeed": "50"}, True, True),
        ({"highway": "tertiary", "maxspeed": "70"}, True, False),
        ({"highway": "tertiary"}, True, False),
        ({"highway": "secondary", "maxspeed": "50"}, True, False),
        ({"highway": "primary", "maxspeed": "50"}, True, False),
        ({"highway": "primary", "maxspeed": "70"}, False, False),
        ({"highway": "trunk", "maxspeed": "50"}, False, False),
        ({"highway": "motorway"}, False, False),
        ({"highway": "motorway_link"}, False, False),
    ],
)
def test_where_the_van_stops_and_where_riders_may_cross(tags, stops, crosses):
    flags = profile_way(tags).flags
    assert (bool(flags & STOPPABLE), bool(flags & BOTH_SIDES), bool(flags & FERRY)) == (stops, crosses, False)

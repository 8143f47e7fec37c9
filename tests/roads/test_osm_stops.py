"""Bus stops of an OpenStreetMap extract."""

from __future__ import annotations

import pytest

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.osm_stops import stops_from_osm

from .hand_made import at

POLE = {"highway": "bus_stop"}
PLATFORM = {"public_transport": "platform", "bus": "yes"}


@pytest.fixture
def read(tmp_path):
    """Read an extract of nodes ``(x_m, y_m, tags)`` and ways ``(numbers of nodes, tags)``."""

    def read_objects(nodes, ways=()):
        lines = ["<osm version='0.6' generator='test'>"]
        for number, (x, y, tags) in enumerate(nodes, 1):
            place = at(x, y)
            lines.append(f"<node id='{number}' version='1' lat='{place.lat}' lon='{place.lon}'>{tagged(tags)}</node>")
        for number, (refs, tags) in enumerate(ways, 1):
            inside = "".join(f"<nd ref='{ref}'/>" for ref in refs)
            lines.append(f"<way id='{number}' version='1'>{inside}{tagged(tags)}</way>")
        path = tmp_path / "extract.osm"
        path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
        return stops_from_osm(path)

    return read_objects


def tagged(tags):
    return "".join(f"<tag k='{key}' v='{value}'/>" for key, value in tags.items())


def names_of(stops):
    return {stop.id: stop.name for stop in stops}


def test_poles_and_platforms_are_stops_as_nodes_and_as_ways(read):
    nodes = [(0, 0, {**POLE, "name": "Kirche"}), (500, 0, {**PLATFORM, "name": "Markt"})]
    nodes += [(x, y, {}) for x, y in ((900, 0), (920, 0), (920, 4), (900, 4))]
    stops = read(nodes, [((3, 4, 5, 6, 3), {**PLATFORM, "name": "Schule"}), ((3, 4), {"highway": "service"})])
    assert names_of(stops) == {"osm:n1": "Kirche", "osm:n2": "Markt", "osm:w1": "Schule"}
    centre = at(910, 2)
    assert (stops[2].place.lon, stops[2].place.lat) == pytest.approx((centre.lon, centre.lat), abs=1e-7)


def test_a_pole_and_its_platform_are_one_stop_and_the_two_sides_of_a_street_stay_two(read):
    nodes = [(0, 5, {**POLE, "name": "Kirche"}), (3, -5, {**POLE, "name": "Kirche"})]
    nodes += [(2, 7, PLATFORM), (2, -7, PLATFORM)]
    assert names_of(read(nodes)) == {"osm:n1": "Kirche", "osm:n2": "Kirche"}


def test_a_pole_takes_only_the_nearer_of_two_platforms(read):
    nodes = [(0, 0, {**POLE, "name": "Kirche"}), (0, 6, PLATFORM), (0, -8, PLATFORM)]
    assert names_of(read(nodes)) == {"osm:n1": "Kirche", "osm:n3": "Kirche"}


def test_neighbours_of_different_names_stay_two(read):
    assert len(read([(0, 0, {**POLE, "name": "A"}), (5, 0, {**PLATFORM, "name": "B"})])) == 2


def test_a_stop_mapped_twice_on_the_same_spot_is_one(read):
    assert names_of(read([(0, 0, {**POLE, "name": "A"}), (1, 0, {**POLE, "name": "a"})])) == {"osm:n1": "A"}


def test_a_nameless_pole_takes_the_name_of_its_platform_or_of_its_counterpart(read):
    nodes = [(0, 5, POLE), (4, 8, {**PLATFORM, "name": "Mühle"}), (10, -30, POLE), (900, 0, POLE)]
    assert names_of(read(nodes)) == {"osm:n1": "Mühle", "osm:n3": "Mühle", "osm:n4": ""}


@pytest.mark.parametrize(
    "tags",
    [
        {"public_transport": "platform", "railway": "platform"},
        {"public_transport": "platform", "train": "yes"},
        {"public_transport": "platform", "tram": "yes"},
        {"public_transport": "platform", "ferry": "yes"},
        {"highway": "bus_stop", "access": "private"},
        {"public_transport": "stop_position", "bus": "yes"},
        {"disused:highway": "bus_stop"},
    ],
)
def test_what_is_not_for_buses_is_no_stop(read, tags):
    assert read([(0, 0, tags)]) == []


def test_a_platform_of_trams_and_buses_is_a_stop(read):
    assert len(read([(0, 0, {**PLATFORM, "tram": "yes"})])) == 1


def test_a_way_whose_nodes_are_missing_is_left_out(read):
    assert read([(0, 0, {})], [((7, 8), PLATFORM)]) == []


def test_a_file_that_is_no_extract_is_refused(tmp_path):
    path = tmp_path / "extract.osm"
    with pytest.raises(InvalidRoads, match="no such file"):
        stops_from_osm(path)
    path.write_text("id,name\n")
    with pytest.raises(InvalidRoads, match="cannot be read"):
        stops_from_osm(path)

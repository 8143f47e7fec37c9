"""The sample region: what it promises about itself, and that the committed files are what it writes."""

import bz2
import csv
import datetime as dt
import io
import itertools
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
import osmium
import pytest
from shapely import STRtree
from shapely.geometry import LineString, Point, Polygon, shape

from rufbus.domain.calendar import shift_rules_on, windows_on
from rufbus.domain.service import Service
from rufbus.domain.service_file import parse_service
from rufbus.roads.network import Network, build_network
from rufbus.roads.osm import read_roads
from rufbus.roads.report import ImportReport
from rufbus.roads.sample import FILES, make_sample
from rufbus.roads.sample_layout import SCHLEI
from rufbus.roads.snap import SnapReport
from rufbus.roads.stops import stops_from_csv

COMMITTED = Path(__file__).parents[2] / "data" / "osm"
WRITTEN_BY_HAND = {"README.md", ".gitattributes"}
LABEL = "Synthetic sketch, not survey data"
CROSSINGS = {"Fähre Missunde", "Fähre Arnis", "Klappbrücke Kappeln"}
DRIVABLE = {
    "motorway", "motorway_link", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street",
    "service", "track",
}  # fmt: skip
M_PER_LON, M_PER_LAT = 64_480, 111_320


@dataclass
class Sketch:
    """The OSM file as read by osmium."""

    nodes: dict[int, tuple[float, float]] = field(default_factory=dict)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    relations: list[tuple[dict[str, str], dict[str, int]]] = field(default_factory=list)

    def plane(self, node: int) -> tuple[float, float]:
        lon, lat = self.nodes[node]
        return lon * M_PER_LON, lat * M_PER_LAT

    def drivable(self) -> list[tuple[int, dict[str, str], LineString]]:
        """Return way, tags and line (m) of every straight piece that a van could drive."""
        return [
            (way, tags, LineString([self.plane(a), self.plane(b)]))
            for way, (refs, tags) in self.ways.items()
            if tags.get("highway") in DRIVABLE or tags.get("route") == "ferry"
            for a, b in itertools.pairwise(refs)
        ]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return make_sample()


@pytest.fixture(scope="module")
def sketch(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Sketch:
    path = tmp_path_factory.mktemp("sketch") / "schlei-sketch.osm.bz2"
    path.write_bytes(files["schlei-sketch.osm.bz2"])
    found = Sketch()
    for one in osmium.FileProcessor(str(path)):
        tags = {tag.k: tag.v for tag in one.tags}
        if one.is_node():
            assert one.id not in found.nodes
            found.nodes[one.id] = (one.location.lon, one.location.lat)
            found.node_tags[one.id] = tags
        elif one.is_way():
            assert one.id not in found.ways
            found.ways[one.id] = ([node.ref for node in one.nodes], tags)
        else:
            found.relations.append((tags, {member.role: member.ref for member in one.members}))
    return found


@pytest.fixture(scope="module")
def service(files: dict[str, bytes]) -> Service:
    def no_polygons(name: str) -> str:
        raise OSError(name)

    return parse_service(files["service.toml"].decode(), file_name="service.toml", read_polygon=no_polygons)


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode())))


def in_metres(row: dict[str, str]) -> Point:
    return Point(float(row["lon"]) * M_PER_LON, float(row["lat"]) * M_PER_LAT)


def waters(files: dict[str, bytes]) -> dict[str, Polygon]:
    """Return the water polygons by name (m)."""
    found = json.loads(files["water.geojson"])["features"]
    return {
        one["properties"]["name"]: Polygon(
            [(lon * M_PER_LON, lat * M_PER_LAT) for lon, lat in shape(one["geometry"]).exterior.coords]
        )
        for one in found
    }


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_committed_files_are_what_the_generator_writes(files: dict[str, bytes]) -> None:
    assert set(files) == set(FILES)
    assert {path.name for path in COMMITTED.iterdir()} == set(FILES) | WRITTEN_BY_HAND
    changed = [name for name in FILES if files[name] != (COMMITTED / name).read_bytes()]
    assert changed == [], "run: python -m rufbus.roads.sample data/osm"


def test_another_process_with_another_hash_seed_writes_the_same_bytes(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    command = [sys.executable, "-m", "rufbus.roads.sample", str(folder)]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "4711"}, cwd=Path(__file__).parents[2])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_the_command_without_a_folder_says_what_it_needs() -> None:
    command = [sys.executable, "-m", "rufbus.roads.sample"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 1
    assert "python -m rufbus.roads.sample FOLDER" in done.stderr


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) <= 1_500_000


def test_the_sketch_says_plainly_that_it_is_one(files: dict[str, bytes]) -> None:
    text = bz2.decompress(files["schlei-sketch.osm.bz2"]).decode()
    assert LABEL in text[: text.index("<node")].split("<note>")[1]
    assert LABEL in text.split("<osm")[0]
    assert LABEL in json.loads(files["water.geojson"])["note"]
    assert "not survey data" in (COMMITTED / "README.md").read_text(encoding="utf-8").splitlines()[0]


# --- the road extract ------------------------------------------------------------------------------------------------


def test_every_way_and_every_relation_refers_to_what_is_there(sketch: Sketch) -> None:
    assert 6_000 <= len(sketch.nodes) <= 20_000
    for refs, _ in sketch.ways.values():
        assert len(refs) >= 2
        assert all(ref in sketch.nodes for ref in refs)
        assert all(a != b for a, b in itertools.pairwise(refs))
    assert list(sketch.nodes) == sorted(sketch.nodes)
    assert list(sketch.ways) == sorted(sketch.ways)


def test_forbidden_turns_lead_from_the_end_of_a_way_to_the_end_of_another(sketch: Sketch) -> None:
    assert len(sketch.relations) >= 6
    for tags, members in sketch.relations:
        assert tags["type"] == "restriction"
        assert tags["restriction"] in {"no_left_turn", "no_right_turn"}
        for role in ("from", "to"):
            refs, way_tags = sketch.ways[members[role]]
            assert members["via"] in (refs[0], refs[-1])
            assert way_tags["highway"] in DRIVABLE


def test_the_sketch_has_what_makes_real_extracts_awkward(sketch: Sketch) -> None:
    tags = [tags for _, tags in sketch.ways.values()]
    assert {one["highway"] for one in tags if "highway" in one} >= DRIVABLE | {"pedestrian", "construction"}
    assert {"yes", "-1"} <= {one["oneway"] for one in tags if "oneway" in one}
    assert any(one.get("junction") == "roundabout" for one in tags)
    assert any(one.get("natural") == "coastline" for one in tags)
    points = sketch.node_tags.values()
    assert {one["barrier"] for one in points if "barrier" in one} == {"bollard", "gate"}
    assert {one["amenity"] for one in points if "amenity" in one} >= {"hospital", "doctors", "school"}
    assert sum(one.get("railway") == "station" for one in points) >= 7
    tagged = sum("maxspeed" in one for one in tags if one.get("highway") in DRIVABLE)
    assert 0.1 < tagged / len(tags) < 0.9


def test_the_schlei_is_crossed_where_it_can_be_and_nowhere_else(sketch: Sketch) -> None:
    line = [(lon * M_PER_LON, lat * M_PER_LAT) for lon, lat, _ in SCHLEI]
    centre = LineString(line)
    crossing = [tags.get("name", "") for _, tags, piece in sketch.drivable() if piece.intersects(centre)]
    assert sorted(crossing) == sorted(CROSSINGS)
    closed = [tags for _, tags in sketch.ways.values() if tags.get("name") == "Lindaunisbrücke"]
    assert [tags["highway"] for tags in closed] == ["construction"]
    assert [tags["motor_vehicle"] for tags in closed] == ["no"]


def test_ferries_take_cars_and_tell_their_hours_and_duration(sketch: Sketch) -> None:
    ferries = {tags["name"]: tags for _, tags in sketch.ways.values() if tags.get("route") == "ferry"}
    assert set(ferries) == {"Fähre Missunde", "Fähre Arnis"}
    assert all(tags["motor_vehicle"] == "yes" and tags["duration"] == "00:05" for tags in ferries.values())
    assert ferries["Fähre Arnis"]["opening_hours"] == "Mar-Oct 10:00-18:00"


def test_no_road_lies_in_the_water(sketch: Sketch, files: dict[str, bytes]) -> None:
    tree_of = {name: polygon.buffer(-1) for name, polygon in waters(files).items()}
    assert set(tree_of) == {"Schlei", "Flensburger Förde und Ostsee"}
    wet = {
        tags.get("name", str(way))
        for way, tags, piece in sketch.drivable()
        for polygon in tree_of.values()
        if polygon.intersects(piece)
    }
    assert wet == CROSSINGS


def road_graph(sketch: Sketch) -> nx.DiGraph:
    graph = nx.DiGraph()
    for refs, tags in sketch.ways.values():
        if tags.get("highway") not in DRIVABLE and tags.get("route") != "ferry":
            continue
        for a, b in itertools.pairwise(refs):
            length_m = Point(sketch.plane(a)).distance(Point(sketch.plane(b)))
            if tags.get("oneway") != "-1":
                graph.add_edge(a, b, length_m=length_m)
            if tags.get("oneway") != "yes":
                graph.add_edge(b, a, length_m=length_m)
    return graph


def test_nearly_all_roads_hang_together(sketch: Sketch) -> None:
    graph = road_graph(sketch)
    largest = max(nx.strongly_connected_components(graph), key=len)
    total_m = sum(length_m for _, _, length_m in graph.edges(data="length_m"))
    joined_m = sum(length_m for a, b, length_m in graph.edges(data="length_m") if a in largest and b in largest)
    assert joined_m > 0.95 * total_m
    cut_off = {
        tags["highway"] for refs, tags in sketch.ways.values() for ref in refs if ref in graph and ref not in largest
    }
    assert cut_off == {"motorway", "motorway_link"}, "only the motorway's ends beyond the last exits lead nowhere"
    junctions = sum(len({*graph.successors(n), *graph.predecessors(n)}) > 2 for n in graph)
    assert 2_500 <= junctions <= 6_000


@pytest.mark.parametrize(
    ("start", "end", "least_km", "most_km"),
    [
        ("Schleswig", "Kappeln", 28, 42),
        ("Schleswig", "Flensburg", 30, 45),
        ("Missunde", "Brodersby-Goltoft", 2, 6),
        ("Arnis", "Winnemark", 2, 6),
        ("Boren", "Rieseby", 15, 60),
    ],
)
def test_ways_are_about_as_long_as_one_expects(
    sketch: Sketch, start: str, end: str, least_km: int, most_km: int
) -> None:
    graph = road_graph(sketch)
    named = {t["name"]: sketch.nodes[n] for n, t in sketch.node_tags.items() if "place" in t}

    def nearest(name: str) -> int:
        lon, lat = named[name]
        at = Point(lon * M_PER_LON, lat * M_PER_LAT)
        return min(graph, key=lambda node: at.distance(Point(sketch.plane(node))))

    length_m = nx.shortest_path_length(graph, nearest(start), nearest(end), weight="length_m")
    assert least_km <= length_m / 1000 <= most_km


# --- stops, places, service ------------------------------------------------------------------------------------------


def test_stops_have_names_of_their_own_and_stand_beside_a_street(sketch: Sketch, files: dict[str, bytes]) -> None:
    stops = rows(files, "stops.csv")
    assert 250 <= len(stops) <= 450
    assert len({stop["id"] for stop in stops}) == len({stop["name"] for stop in stops}) == len(stops)
    pieces = [
        (tags["highway"], line)
        for _, tags, line in sketch.drivable()
        if tags.get("highway") in DRIVABLE - {"motorway", "motorway_link", "service", "track"}
    ]
    tree = STRtree([line for _, line in pieces])
    for stop in stops:
        gap_m = pieces[tree.nearest(in_metres(stop))][1].distance(in_metres(stop))
        assert 3 <= gap_m <= 6, stop["name"]


def test_stops_of_the_table_are_the_bus_stops_of_the_map(sketch: Sketch, files: dict[str, bytes]) -> None:
    mapped = {
        (tags["ref"], *sketch.nodes[node])
        for node, tags in sketch.node_tags.items()
        if tags.get("highway") == "bus_stop"
    }
    assert {(stop["id"], float(stop["lon"]), float(stop["lat"])) for stop in rows(files, "stops.csv")} == mapped


def test_every_place_has_a_stop_within_a_short_walk_of_its_centre(files: dict[str, bytes]) -> None:
    tree = STRtree([in_metres(stop) for stop in rows(files, "stops.csv")])
    places = rows(files, "places.csv")
    far = [place["place"] for place in places if tree.query_nearest(in_metres(place), max_distance=400).size == 0]
    assert far == []


def test_places_hold_the_people_of_the_kreis_and_flensburg_and_are_dry(files: dict[str, bytes]) -> None:
    places = rows(files, "places.csv")
    assert len({place["place"] for place in places}) == len(places)
    assert 285_000 <= sum(int(place["population"]) for place in places) <= 297_000
    assert not [p["place"] for p in places for water in waters(files).values() if water.contains(in_metres(p))]


def test_landmarks_have_ids_names_and_kinds(files: dict[str, bytes]) -> None:
    landmarks = rows(files, "pois.csv")
    assert len({one["id"] for one in landmarks}) == len(landmarks)
    kinds = {one["kind"] for one in landmarks}
    assert {"hospital", "station", "school", "doctors", "townhall", "supermarket"} <= kinds
    assert {one["name"] for one in landmarks if one["kind"] == "hospital"} == {
        "Krankenhaus Flensburg",
        "Krankenhaus Schleswig",
    }


def test_the_service_has_24_vans_with_depots_on_roads(sketch: Sketch, service: Service) -> None:
    assert service.id == "sl-fl"
    assert [van.id for van in service.vehicles] == [f"bus-{number}" for number in range(1, 25)]
    assert {(van.seats, van.wheelchair_places, van.seats_lost_per_wheelchair) for van in service.vehicles} == {
        (8, 1, 2)
    }
    lines = [line for _, tags, line in sketch.drivable() if tags.get("highway") == "residential"]
    tree = STRtree(lines)
    for van in service.vehicles:
        at = Point(van.depot.lon * M_PER_LON, van.depot.lat * M_PER_LAT)
        assert lines[tree.nearest(at)].distance(at) < 1, van.id


def test_some_van_is_on_duty_whenever_riders_are_carried(service: Service) -> None:
    for offset in range(7):
        day = dt.date(2026, 11, 23) + dt.timedelta(days=offset)
        duties = [rule.window for rule in shift_rules_on(service.hours, service.shifts, day)]
        for window in windows_on(service.hours, day):
            for second in range(window.start_s, window.end_s, 900):
                on_duty = sum(duty.start_s <= second < duty.end_s for duty in duties)
                assert on_duty >= 4, (day, second)


# --- imported as any extract is ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def imported(service: Service) -> tuple[Network, SnapReport, ImportReport]:
    graph, report = read_roads(COMMITTED / "schlei-sketch.osm.bz2")
    depots = [(van.id, van.depot) for van in service.vehicles]
    network, snapped = build_network(graph, stops_from_csv(COMMITTED / "stops.csv", graph), depots)
    return network, snapped, report


def test_the_import_keeps_nearly_all_roads_and_every_forbidden_turn(
    imported: tuple[Network, SnapReport, ImportReport],
) -> None:
    report = imported[2]
    assert report.km > 0.95 * (report.km + sum(island.km for island in report.islands))
    assert report.restrictions_applied >= 6
    assert not report.restrictions_ignored


def test_every_stop_is_reached_from_every_depot_and_every_stop(
    imported: tuple[Network, SnapReport, ImportReport],
) -> None:
    network, snapped, _ = imported
    assert snapped.rejected == ()
    assert network.travel_s.shape == (len(network.stops), len(network.stops))
    assert network.travel_s.max() < 2 * 3600


@pytest.mark.parametrize(
    ("start", "end", "least_min", "most_min"),
    [
        ("Schleswig, Markt", "Kappeln, Markt", 25, 45),
        ("Schleswig, Markt", "Flensburg, Markt", 20, 45),
        ("Arnis, Feuerwehr", "Karby, Kirche", 6, 15),
        ("Boren, Kirche", "Rieseby, Bahnhof", 20, 60),
    ],
)
def test_drives_take_about_as_long_as_one_expects(
    imported: tuple[Network, SnapReport, ImportReport], start: str, end: str, least_min: int, most_min: int
) -> None:
    network = imported[0]
    at = {stop.name: number for number, stop in enumerate(network.stops)}
    assert least_min <= network.travel_s[at[start], at[end]] / 60 <= most_min

"""Areas as GeoJSON: taken, or refused with the place of the fault."""

import json
import os
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidInput
from rufbus.domain.polygon import MOST_VERTICES, read_geojson_polygon

SQUARE = [[9.4, 54.4], [9.7, 54.4], [9.7, 54.6], [9.4, 54.6], [9.4, 54.4]]
HOLE = [[9.5, 54.45], [9.6, 54.45], [9.6, 54.5], [9.5, 54.45]]
FAR = [[10.0, 54.0], [10.1, 54.0], [10.1, 54.1], [10.0, 54.0]]
DATA = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data"))


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def read(value):
    return read_geojson_polygon(json.dumps(value))


@pytest.mark.parametrize(
    "value",
    [
        polygon(SQUARE),
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        {"type": "Feature", "properties": {}, "geometry": polygon(SQUARE)},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": polygon(SQUARE)}]},
        {"type": "GeometryCollection", "geometries": [polygon(SQUARE)]},
        polygon([[*position, 12.5] for position in SQUARE]),
    ],
)
def test_every_way_to_write_a_polygon_gives_the_same_area(value):
    assert read(value).equals(shapely.Polygon(SQUARE))


def test_several_polygons_are_joined_and_holes_are_kept():
    joined = read({"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [FAR]]})
    assert joined.is_valid
    assert joined.covers(shapely.Point(10.08, 54.02))
    assert not joined.covers(shapely.Point(9.58, 54.46))


def test_a_byte_order_mark_does_no_harm():
    assert read_geojson_polygon("\ufeff" + json.dumps(polygon(SQUARE))).area > 0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            polygon([[9.4, 54.4], [9.7, 54.6], [9.7, 54.4], [9.4, 54.6], [9.4, 54.4]]),
            "self-intersection at lon 9.55, lat 54.5",
        ),
        (polygon(SQUARE, FAR), "hole lies outside shell at lon 10"),
        (polygon(SQUARE[:-1]), r"not closed at lon 9.4, lat 54.4"),
        (polygon([SQUARE[0]] * 4), "not a valid polygon"),
        (polygon([[9, 54], [10, 54], [9, 54], [9, 54]]), "not a valid polygon|encloses no area"),
        (polygon([[540000, 6040000]] * 4), "WGS84 degrees"),
        (polygon([["9", "54"]] * 4), r"not \[lon, lat\]"),
        (polygon([[9, True]] * 4), r"not \[lon, lat\]"),
        (polygon([9, 54]), r"not \[lon, lat\]"),
        (polygon([]), "empty or missing list"),
        ({"type": "Polygon"}, "empty or missing list"),
        ({"type": "FeatureCollection", "features": []}, "empty or missing list"),
        ({"type": "LineString", "coordinates": SQUARE}, "'LineString' where a polygon belongs"),
        ({"type": "Feature", "geometry": None}, "where a polygon belongs"),
        ([1, 2], "where a polygon belongs"),
    ],
)
def test_what_is_no_area_is_refused_with_its_fault(value, reason):
    with pytest.raises(InvalidInput, match=reason):
        read(value)


@pytest.mark.parametrize(
    "text", ["", "{", '{"type": "Polygon", "coordinates": [[[NaN, 54]]]}', "[" * 100_000, "9" * 5000, "\x00"]
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(InvalidInput, match="is not GeoJSON"):
        read_geojson_polygon(text)


@pytest.mark.parametrize(("spare", "taken"), [(0, True), (1, False)])
def test_two_thousand_vertices_are_the_most(spare, taken):
    ring = list(shapely.Point(9.5, 54.5).buffer(0.1, quad_segs=499 + spare).exterior.coords)
    ring += [ring[0]] * (MOST_VERTICES + spare - len(ring))
    if taken:
        assert read(polygon(ring)).area > 0
    else:
        with pytest.raises(InvalidInput, match="2,000 are the most"):
            read(polygon(ring))


def test_a_file_beyond_measure_is_not_even_parsed():
    with pytest.raises(InvalidInput, match="longer than"):
        read_geojson_polygon(" " * 1_000_001)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometry", "features"]), inner)
    ),
)
KINDS = st.sampled_from(["Polygon", "MultiPolygon", "Feature", "FeatureCollection"])


@given(KINDS, JSON)
def test_any_json_is_an_area_or_refused(kind, value):
    fuzzed = {"type": kind, "coordinates": value, "geometry": value, "features": value}
    try:
        area = read(fuzzed)
    except InvalidInput:
        return
    assert area.is_valid
    assert area.area > 0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8))
def test_a_ring_of_any_points_is_a_valid_area_or_refused(points):
    try:
        area = read(polygon([*points, points[0]]))
    except InvalidInput:
        return
    assert area.is_valid
    assert area.area > 0


@pytest.mark.data
def test_a_real_district_is_an_area():
    path = DATA / "kreis" / "kreis_01059.geojson"
    if not path.exists():
        pytest.skip(f"needs {path.name} in the folder of real data (RUFBUS_DATA)")
    area = read_geojson_polygon(path.read_text())
    assert area.covers(shapely.Point(9.55, 54.52))
    assert not area.covers(shapely.Point(10.13, 54.32))

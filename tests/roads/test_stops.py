"""Stop lists as tables."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import Place, Stop
from rufbus.roads.stops import stops_from_csv

from .hand_made import grid

GRAPH = grid(3, 3).build()
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=12)
STOPS = st.lists(
    st.builds(
        Stop,
        TEXT.filter(lambda text: not text.startswith("depot:") and text.strip() == text and text[0] != "\ufeff"),
        TEXT.filter(lambda text: text.strip() == text),
        st.builds(Place, st.floats(9, 10), st.floats(54, 55)),
    ),
    min_size=1,
    unique_by=lambda stop: stop.id,
)


@pytest.fixture
def read(tmp_path):
    def read_text(text: str | bytes, graph=None):
        path = tmp_path / "stops.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return stops_from_csv(path, graph)

    return read_text


def refusal(read, text, graph=None):
    with pytest.raises(InvalidRoads) as caught:
        read(text, graph)
    return caught.value


@given(stops=STOPS, delimiter=st.sampled_from([",", ";"]), bom=st.booleans(), newline=st.sampled_from(["\n", "\r\n"]))
def test_what_was_written_is_read(tmp_path_factory, stops, delimiter, bom, newline):
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=delimiter, lineterminator=newline)
    writer.writerow(["lat", "note", "name", "ID", "lon"])
    for stop in stops:
        writer.writerow([repr(stop.place.lat), "x", stop.name, stop.id, repr(stop.place.lon)])
    path = tmp_path_factory.mktemp("csv") / "stops.csv"
    path.write_bytes(("\ufeff" if bom else "").encode() + table.getvalue().encode())
    assert stops_from_csv(path) == stops


def test_with_semicolons_a_decimal_comma_is_understood(read):
    assert read("id;name;lon;lat\n1;Kirche;9,55;54,5\n") == [Stop("1", "Kirche", Place(9.55, 54.5))]


def test_blank_lines_are_skipped_but_counted(read):
    assert "line 4" in str(refusal(read, "id,name,lon,lat\n\n1,a,9.55,54.5\n,b,9.55,54.5\n"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",a,9.55,54.5", "id is empty"),
        ("1,,9.55,54.5", "name is empty"),
        ("1,a,,54.5", "lon is empty"),
        ("1,a,9.55", "lat is empty"),
        ("1,a,nan,54.5", "not a finite number"),
        ("1,a,9.55,inf", "not a finite number"),
        ("1,a,east,54.5", "not a number"),
        ("1,a,9.55,95", "beyond 90 degrees"),
        ("1,a,190,54.5", "beyond 180 degrees"),
        ("depot:1,a,9.55,54.5", "must not begin"),
        ("0,a,9.55,54.5", "stands in line 2 already"),
        ("1,a,54.5,9.55", "Exchange the two columns"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(read, row, words):
    error = refusal(read, f"id,name,lon,lat\n0,first,9.55,54.5\n{row}\n", GRAPH)
    assert "line 3" in error.detail
    assert words in error.detail
    assert [fault.location for fault in error.errors] == ["line 3"]


def test_all_wrong_lines_are_told(read):
    error = refusal(read, "id,name,lon,lat\n1,a,x,54.5\n2,b,9.55,54.5\n3,c,9.55,y\n")
    assert [fault.location for fault in error.errors] == ["line 2", "line 4"]
    assert "One more line is wrong" in error.detail


def test_a_stop_far_from_the_roads_either_way_round_is_left_to_snapping(read):
    assert read("id,name,lon,lat\n1,a,20,30\n", GRAPH) == [Stop("1", "a", Place(20, 30))]


def test_a_missing_column_is_named(read):
    assert "column name and lat is missing" in str(refusal(read, "id,lon\n1,9.55\n"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"id,name,lon,lat\n", "has no stops"),
        ("id,name,lon,lat\n1,Mühle,9.55,54.5\n".encode("cp1252"), "not UTF-8"),
        (b"id,name,lon,lat\n1," + b"x" * 200_000 + b",9.55,54.5\n", "not a table"),
    ],
)
def test_a_useless_file_is_refused(read, content, words):
    assert words in str(refusal(read, content))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidRoads, match="no such file"):
        stops_from_csv(tmp_path / "none.csv")

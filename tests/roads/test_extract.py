"""Reading extracts: every format alike, and clear words for what cannot be read."""

from __future__ import annotations

import bz2
import gzip

import numpy as np
import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.extract import FORMATS, parse_tags, read_extract
from rufbus.roads.osm import read_roads

from .osm_text import OsmText, drives, ring

KEYS = frozenset(("highway", "surface"))


def street_map() -> OsmText:
    text = ring()
    text.node(5, 500, 480, barrier="gate", note="Größe, x=1 @ 100 %")
    text.way(20, [1, 5, 3], {"highway": "residential", "name": "Straße, Nr. 5 = ü@%", "surface": "a,b=c d"})
    text.restriction("no_left_turn", 10, 1, 20)
    return text


def write_as(text: OsmText, folder, ending: str):
    """Write a map in the format that a file name's ending names."""
    path = folder / f"map{ending}"
    content = text.text().encode()
    if "pbf" in ending:
        with (
            osmium.SimpleWriter(osmium.io.File(str(path), "pbf")) as writer,
            osmium.io.Reader(str(text.write(folder, "source.osm"))) as reader,
        ):
            osmium.apply(reader, writer)
    elif ending.endswith(".gz"):
        path.write_bytes(gzip.compress(content))
    elif ending.endswith(".bz2"):
        path.write_bytes(bz2.compress(content))
    else:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize("ending", sorted(FORMATS))
def test_every_format_holds_the_same_roads(tmp_path, ending):
    extract = read_extract(write_as(street_map(), tmp_path, ending), KEYS)
    assert extract.way_id.tolist() == [10, 20]
    assert [parse_tags(kind) for kind in extract.kinds] == [
        {"highway": "unclassified"},
        {"highway": "residential", "surface": "a,b=c d"},
    ]
    assert [extract.names[name] for name in extract.way_name] == ["", "Straße, Nr. 5 = ü@%"]
    assert extract.refs.tolist() == [1, 2, 3, 4, 1, 1, 5, 3]
    assert extract.ref_start.tolist() == [0, 5, 8]
    assert extract.node_id.tolist() == [1, 2, 3, 4, 5]
    assert extract.node_x[[0, 1]].tolist() == [0, round(1e7 * 180 / np.pi * 1000 / 6_371_008.8)]
    assert extract.barriers == {5: {"barrier": "gate", "note": "Größe, x=1 @ 100 %"}}
    (relation,) = extract.relations
    assert [(member.kind, member.ref, member.role) for member in relation.members] == [
        ("w", 10, "from"),
        ("n", 1, "via"),
        ("w", 20, "to"),
    ]


@given(st.dictionaries(st.text("abü ,=@%:\n", min_size=1), st.text("xyß ,=@%:\n"), max_size=4))
def test_tags_survive_their_notation(tags):
    def escape(text: str) -> str:
        return "".join(letter if letter.isalpha() and letter.isascii() else f"%{ord(letter):x}%" for letter in text)

    assert parse_tags(",".join(f"{escape(key)}={escape(value)}" for key, value in tags.items())) == tags


def test_objects_may_come_in_any_order_and_the_last_version_of_a_node_counts(tmp_path):
    path = tmp_path / "map.osm"
    head, *blocks = street_map().text().replace("<way", "<!-- --><way").split("<!-- -->")
    nodes = head[head.index("<node") :]
    start, ways = head[: head.index("<node")], "".join(blocks).replace("</osm>", "")
    older = nodes.replace('lon="0.0', 'lon="0.1')
    path.write_text(f"{start}{ways}{older}{nodes}</osm>", encoding="utf-8")
    assert read_extract(path, KEYS).node_x[0] == 0
    assert drives(read_roads(path)[0]) == drives(street_map().read(tmp_path)[0])


def test_ways_without_tags_or_nodes_do_no_harm(tmp_path):
    text = ring()
    text.way(30, [], {"highway": "residential"})
    text.way(31, [1], {"highway": "residential"})
    text.way(32, [1, 1], {"highway": "residential"})
    text.way(33, [1, 3], {})
    text.relation([], {"type": "restriction"})
    text.relation([], {})
    graph, report = text.read(tmp_path)
    assert drives(graph) == drives(ring().read(tmp_path)[0])
    assert sum(report.restrictions_ignored.values()) == 1


def test_the_folder_for_scratch_files_is_left_clean(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    street_map().read(tmp_path)
    with pytest.raises(InvalidRoads):
        read_roads(cut_short(tmp_path, ".osm.gz"))
    assert list(scratch.iterdir()) == []


# --- what cannot be read ------------------------------------------------------------------------------------------


def cut_short(folder, ending):
    path = write_as(street_map(), folder, ending)
    path.write_bytes(path.read_bytes()[:-60])
    return path


@pytest.mark.parametrize("ending", sorted(FORMATS))
def test_a_file_that_was_cut_off_is_refused(tmp_path, ending):
    with pytest.raises(InvalidRoads, match=r"cannot be read as OpenStreetMap data .* download it again"):
        read_roads(cut_short(tmp_path, ending))


@pytest.mark.parametrize("ending", sorted(FORMATS))
@pytest.mark.parametrize("content", [b"<html><body>Please sign in</body></html>", b"\0" * 500, bytes(range(256))])
def test_what_is_no_openstreetmap_data_is_refused(tmp_path, ending, content):
    path = tmp_path / f"map{ending}"
    path.write_bytes(content)
    with pytest.raises(InvalidRoads, match="cannot be read as OpenStreetMap data"):
        read_roads(path)


@pytest.mark.parametrize("ending", sorted(FORMATS))
def test_an_empty_file_is_refused(tmp_path, ending):
    path = tmp_path / f"map{ending}"
    path.write_bytes(b"")
    with pytest.raises(InvalidRoads, match="map"):
        read_roads(path)


def test_a_file_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InvalidRoads, match=r"nowhere\.osm\.pbf does not exist: give the path"):
        read_roads(tmp_path / "nowhere.osm.pbf")


def test_a_folder_is_no_extract(tmp_path):
    with pytest.raises(InvalidRoads, match="does not exist"):
        read_roads(tmp_path)


@pytest.mark.parametrize("name", ["map.zip", "map.geojson", "map", "map.gz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path, name):
    (tmp_path / name).write_text(street_map().text(), encoding="utf-8")
    with pytest.raises(InvalidRoads, match=r"ending that is not read.*\.osm\.pbf"):
        read_roads(tmp_path / name)

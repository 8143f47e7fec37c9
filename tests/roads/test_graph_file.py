"""The file of a road graph: what was written comes back, and nothing else is taken for it."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.graph import RoadGraph
from rufbus.roads.graph_file import COLUMNS, MAGIC, load_graph, save_graph

from .hand_made import grid

GRAPH = replace(grid(3, 3).build(), forbidden=((0, 2), (4, 1, 3)), source="Straßen.osm")
reuse_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def assert_same(one: RoadGraph, other: RoadGraph) -> None:
    for name in COLUMNS:
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype, name
        assert np.array_equal(left, right), name
    assert (one.names, one.forbidden, one.source) == (other.names, other.forbidden, other.source)


@reuse_folder
@given(
    forbidden=st.lists(st.lists(st.integers(0, 20), min_size=2, max_size=5).map(tuple), max_size=5).map(tuple),
    source=st.text(st.characters(codec="utf-8"), max_size=20),
    names=st.lists(st.text(st.characters(codec="utf-8")), max_size=4).map(tuple),
)
def test_what_was_written_comes_back(tmp_path, forbidden, source, names):
    graph = replace(GRAPH, forbidden=forbidden, source=source, names=names)
    save_graph(graph, tmp_path / "roads")
    assert_same(load_graph(tmp_path / "roads"), graph)


def test_the_same_graph_is_the_same_file(tmp_path):
    save_graph(GRAPH, tmp_path / "a")
    save_graph(load_graph(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_graph_without_anything_comes_back(tmp_path):
    columns = {name: getattr(GRAPH, name)[:0] for name in COLUMNS}
    empty = RoadGraph(**columns, names=("",), forbidden=())
    save_graph(empty, tmp_path / "roads")
    assert_same(load_graph(tmp_path / "roads"), empty)


@reuse_folder
@given(st.data())
def test_a_changed_byte_anywhere_is_noticed(tmp_path, data):
    path = tmp_path / "roads"
    save_graph(GRAPH, path)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(InvalidRoads, match="Import the road extract again"):
        load_graph(path)


@reuse_folder
@given(st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_off_is_noticed(tmp_path, share):
    path = tmp_path / "roads"
    save_graph(GRAPH, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InvalidRoads, match="Import the road extract again"):
        load_graph(path)


def test_another_version_is_refused_by_its_number(tmp_path):
    path = tmp_path / "roads"
    save_graph(GRAPH, path)
    checked = path.read_bytes()[len(MAGIC) + 8 :].replace(b'"version": 2', b'"version": 7')
    path.write_bytes(MAGIC + zlib.crc32(checked).to_bytes(8, "little") + checked)
    with pytest.raises(InvalidRoads, match="has version 7; this Rufbus reads version 2"):
        load_graph(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidRoads, match="roads: there is no such file"):
        load_graph(tmp_path / "roads")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "roads"
    save_graph(GRAPH, path)

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_graph(replace(GRAPH, source="new"), path)
    assert load_graph(path).source == GRAPH.source
    assert [each.name for each in tmp_path.iterdir()] == ["roads"]

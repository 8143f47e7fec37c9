"""The whole import: progress, report, the largest part, and extracts without roads."""

from __future__ import annotations

import pytest

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.osm import read_roads

from .osm_text import OsmText, drives, ring


def test_progress_runs_from_nothing_to_all(tmp_path):
    told = []
    read_roads(ring().write(tmp_path), progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    assert [what for what, _ in told] == ["reading", "roads", "network", "junctions", "restrictions", "done"]


def test_what_the_progress_raises_ends_the_import(tmp_path):
    def stop(what: str, _share: float) -> None:
        if what == "network":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_roads(ring().write(tmp_path), progress=stop)


def test_the_report_counts_and_times_the_import(tmp_path):
    graph, report = ring().read(tmp_path)
    assert (report.source, report.nodes, report.edges) == ("map.osm", graph.node_count, graph.edge_count)
    assert report.km == pytest.approx(4, rel=1e-3)
    assert list(report.seconds) == ["reading", "roads", "network", "junctions", "restrictions"]
    assert all(seconds >= 0 for seconds in report.seconds.values())


def test_reading_twice_gives_the_same_graph(tmp_path):
    text = ring()
    text.way(20, [1, 3], {"highway": "residential"})
    first, second = text.read(tmp_path)[0], text.read(tmp_path)[0]
    assert first.edge_ms.tolist() == second.edge_ms.tolist()
    assert first.node_osm_id.tolist() == second.node_osm_id.tolist()


# --- the largest part ---------------------------------------------------------------------------------------------


def with_island() -> OsmText:
    text = ring()
    text.node(6, 5000, 0)
    text.node(7, 5000, 300)
    text.node(8, 5000, 900)
    text.way(20, [6, 7], {"highway": "residential"})
    text.way(21, [7, 8], {"highway": "residential"})
    return text


def test_an_island_is_left_out_and_described(tmp_path):
    graph, report = with_island().read(tmp_path)
    assert drives(graph, 20) == []
    (island,) = report.islands
    assert (island.nodes, island.touches_main) == (3, False)
    assert island.km == pytest.approx(0.9, rel=1e-3)
    assert island.lon == pytest.approx(0.045, abs=0.001)


def test_a_ferry_for_cars_joins_an_island_and_one_without_does_not(tmp_path):
    text = with_island()
    text.way(22, [2, 6], {"route": "ferry", "motor_vehicle": "yes"})
    graph, report = text.read(tmp_path)
    assert drives(graph, 20)
    assert report.islands == ()
    text.way(22, [2, 6], {"route": "ferry", "foot": "yes"})
    graph, report = text.read(tmp_path)
    assert not drives(graph, 20)
    assert len(report.islands) == 1


def test_ferries_do_not_make_a_part_the_largest(tmp_path):
    text = ring()
    for number, x_m in ((6, 5000), (7, 90_000), (8, 99_000)):
        text.node(number, x_m, 0)
    text.way(20, [6, 7, 8], {"route": "ferry", "motor_vehicle": "yes"})
    graph, report = text.read(tmp_path)
    assert drives(graph, 10)
    assert not drives(graph, 20)
    assert report.islands[0].km == pytest.approx(94, rel=1e-3)


def test_a_one_way_dead_end_is_left_out_as_such(tmp_path):
    text = ring()
    text.node(6, -500, 0)
    text.way(20, [1, 6], {"highway": "residential", "oneway": "yes"})
    graph, report = text.read(tmp_path)
    assert drives(graph, 20) == []
    (island,) = report.islands
    assert (island.nodes, island.touches_main) == (1, True)


def test_islands_are_told_largest_first(tmp_path):
    text = with_island()
    text.node(9, 9000, 0)
    text.node(11, 9000, 2000)
    text.way(23, [9, 11], {"highway": "residential"})
    _, report = text.read(tmp_path)
    assert [round(island.km, 1) for island in report.islands] == [2.0, 0.9]


# --- what an extract lacks ----------------------------------------------------------------------------------------


def test_nodes_beyond_the_extract_cut_a_road_and_are_counted(tmp_path):
    text = ring()
    text.way(20, [1, 777, 778, 3], {"highway": "residential"})
    text.way(21, [777, 2], {"highway": "footway"})
    text.node(5, 500, 500)
    text.way(22, [1, 5, 777], {"highway": "residential"})
    text.way(23, [1, 3], {"highway": "residential"})
    text.way(24, [2, 4], {"highway": "residential"})
    graph, report = text.read(tmp_path)
    assert drives(graph, 20) == []
    assert drives(graph, 22) == [(1, 5), (5, 1)]
    missing = [part for part in report.left_out if part.nodes]
    assert [(part.ways, part.nodes) for part in missing] == [(2, 3)]


def test_an_extract_without_any_node_says_so(tmp_path):
    text = ring()
    text.nodes.clear()
    with pytest.raises(InvalidRoads, match=r"1 ways but none of their nodes.*complete ways"):
        text.read(tmp_path)


def test_an_extract_without_the_nodes_of_its_roads_says_so(tmp_path):
    text = ring()
    text.way(20, [1, 777, 3], {"highway": "residential"})
    with pytest.raises(InvalidRoads, match=r"lacks nodes of 1 of its 2 roads.*complete ways"):
        text.read(tmp_path)


def test_an_extract_without_roads_for_cars_says_what_it_has(tmp_path):
    text = ring()
    text.way(10, [1, 2, 3], {"highway": "footway"})
    text.way(11, [1, 3], {"highway": "service", "access": "private"})
    with pytest.raises(InvalidRoads, match=r"1 not for cars .*; 1 closed to the van by access tags. Choose an extract"):
        text.read(tmp_path)


def test_an_extract_without_any_way_says_so(tmp_path):
    text = ring()
    text.ways.clear()
    with pytest.raises(InvalidRoads, match="it has no roads at all"):
        text.read(tmp_path)

"""The roads benchmark compares like with like, tells a wrong answer from a right one, and names who is missing."""

import importlib.util
import itertools
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from api import cli
from rufbus.bench import import_once, road_import, roads
from rufbus.bench.figures import NOT_INSTALLED, Row, Sample
from rufbus.bench.plots import plot_bars
from rufbus.bench.road_import import Imports, import_rows, measure_in_turns, to_rows, write_ways
from rufbus.bench.road_peers import PlainRoads, make_peers, plain_roads
from rufbus.bench.roads import (
    MATRIX_PEERS,
    Turn,
    address_rows,
    difference_row,
    draw_places,
    largest_difference,
    matrix_rows,
    race_row,
    run_peer,
)
from rufbus.domain.errors import InvalidInput
from rufbus.roads.osm import read_roads
from rufbus.roads.search import Anchor, build_search
from rufbus.roads.travel_times import NO_ROAD, many_to_many

from ..roads.hand_made import grid
from ..roads.osm_text import OsmText

INSTALLED = [name for name in MATRIX_PEERS if importlib.util.find_spec(name)]


@pytest.fixture
def few_rounds(monkeypatch):
    for name in ("ROUNDS", "OURS_A_TURN", "ADDRESSES"):
        monkeypatch.setattr(roads, name, 1)


@pytest.fixture
def village(tmp_path):
    """The file of four streets around a square with a one-way street and a footway, which is not for the van."""
    text = OsmText()
    for number, (x_m, y_m) in enumerate([(0, 0), (500, 0), (500, 500), (0, 500), (900, 0)], 1):
        text.node(number, x_m, y_m)
    text.way(10, [1, 2, 3, 4, 1], {"highway": "residential", "name": "Ring"})
    text.way(11, [1, 3], {"highway": "residential", "name": "Diagonale", "oneway": "yes"})
    text.way(12, [2, 5], {"highway": "footway"})
    return text.write(tmp_path)


def search_and_times():
    """A grid with a forbidden turn, places on it, and our times between them."""
    builder = grid(4, 4)
    builder.forbidden = [(0, next(n for n, edge in enumerate(builder.edges) if edge["from"] == builder.edges[0]["to"]))]
    graph = builder.build()
    chance = np.random.default_rng(2)
    edges = chance.integers(0, graph.edge_count, 9).tolist()
    search = build_search(graph, [(Anchor(edge, share),) for edge, share in zip(edges, chance.random(9), strict=True)])
    return search, many_to_many(search, search.places)[0]


@pytest.mark.parametrize("name", INSTALLED)
def test_every_peer_finds_our_times_there_and_back_and_keeps_quiet(name, capfd):
    search, ours_ms = search_and_times()
    (peer,) = make_peers([name], plain_roads(search)).values()
    assert capfd.readouterr().out == ""
    np.testing.assert_array_equal(peer.times_from(search.places, search.places), ours_ms)
    np.testing.assert_array_equal(peer.times_to(int(search.places[3]), search.places), ours_ms[:, 3])


@pytest.mark.parametrize("name", INSTALLED)
def test_every_peer_knows_that_no_way_leads_back_and_what_an_arc_costs_that_takes_no_time(name):
    """Pandana knows no arcs below a millisecond."""
    apart = PlainRoads(*(np.array(row, np.int32) for row in ([0, 1, 1, 2], [0, 2], [1, 1])), np.array([5.0, 0.0]))
    (peer,) = make_peers([name], apart).values()
    nodes, least = np.arange(3, dtype=np.int32), int(name == "pandana")
    times = peer.times_from(nodes, nodes)
    np.testing.assert_array_equal(times, [[0, 5, np.inf], [np.inf, 0, np.inf], [np.inf, least, 0]])


@pytest.mark.parametrize("name", INSTALLED)
def test_a_matrix_of_ours_that_is_wrong_in_one_pair_is_found_out(name):
    search, ours_ms = search_and_times()
    (peer,) = make_peers([name], plain_roads(search)).values()

    def difference(times_ms):
        chance = np.random.default_rng(1)
        return run_peer(peer, search.places, times_ms, count=len(ours_ms), chance=chance).difference_ms

    slower, blind = ours_ms.copy(), ours_ms.copy()
    slower[4, 7] += 11
    blind[4, 7] = NO_ROAD
    assert [difference(each) for each in (ours_ms, slower, blind)] == [0, 11, np.inf]


def test_two_who_both_know_no_way_do_not_differ():
    assert largest_difference(np.array([[np.inf, 3.0]]), np.array([[NO_ROAD, 5]])) == 2


def test_only_an_oracle_within_ten_milliseconds_meets_the_aim():
    def judged(difference_ms):
        return difference_row({"scipy": Turn((1.0,), difference_ms), "igraph": Turn((1.0,), 99.0)}, ["scipy", "igraph"])

    assert [judged(each).is_met for each in (0, 10, 10.5, np.inf)] == [True, True, False, False]


def test_a_race_is_won_only_against_every_peer_that_has_an_aim():
    turns = {"ours": Turn((2.0, 3.0, 4.0)), "scipy": Turn((600.0,)), "networkx": Turn((9000.0,))}
    row = race_row("x", turns, "ours", ["scipy", "networkx", "pandana"], {"scipy": 100, "networkx": 3000})
    assert (row.compared, row.is_met) == ("200 × scipy, 3,000 × networkx", True)
    assert row.peers["pandana"] == NOT_INSTALLED
    assert not race_row("x", turns, "ours", ["scipy", "networkx"], {"scipy": 201}).is_met
    assert race_row("x", turns, "ours", ["pandana"], {"pandana": 2}).is_met is None


def test_the_time_of_a_sample_of_origins_is_told_for_all_of_them_and_in_the_heading(few_rounds, monkeypatch):
    monkeypatch.setattr(roads, "NETWORKX_ORIGINS", 5)
    graph = grid(4, 4).build()
    race, both, alone, difference = matrix_rows(graph, draw_places(graph, 20, seed=1), seed=1)
    heading = "networkx, from 5 of 20 origins"
    assert list(race.peers) == ["scipy", heading, "igraph", "pandana"]
    assert race.aim == both.aim == "≥ 4,000 × networkx, ≥ 250 × scipy"
    assert difference.is_met
    assert (difference.peers["scipy"], difference.peers[heading]) == ("0 ms", "0 ms")
    assert alone.is_met is None


def test_a_sample_counts_as_often_as_it_fits_into_all_stops(monkeypatch):
    class Nowhere:
        def times_from(self, origins, destinations):
            return np.zeros((len(origins), len(destinations)))

    ticks = itertools.count()
    monkeypatch.setattr(roads.time, "process_time", lambda: next(ticks))
    nodes, chance = np.arange(8, dtype=np.int32), np.random.default_rng(1)
    turn = run_peer(Nowhere(), nodes, np.zeros((8, 8), np.int32), count=2, chance=chance)
    assert turn.values_ms == (4000,)


def test_ways_of_an_address_equal_those_of_every_peer(few_rounds):
    graph = grid(5, 5).build()
    places = draw_places(graph, 24, seed=4)
    race, difference = address_rows(graph, places[:20], places[20:])
    assert race.figure == "20 stops and back, 4 addresses"
    assert {cell for cell in difference.peers.values() if cell != NOT_INSTALLED} == {"0 ms"}


def test_ways_of_an_address_that_are_wrong_are_found_out(few_rounds, monkeypatch):
    honest = roads.Network.find_ways

    def late(network, anchors):
        ways = honest(network, anchors)
        return replace(ways, back_s=ways.back_s + 1)

    monkeypatch.setattr(roads.Network, "find_ways", late)
    graph = grid(5, 5).build()
    _, difference = address_rows(graph, draw_places(graph, 12, seed=4), draw_places(graph, 2, seed=5))
    assert difference.peers["scipy"] == "1000 ms"
    assert difference.is_met is False


def test_places_are_drawn_by_length_on_roads_where_a_van_may_stop_and_the_same_for_the_same_seed():
    builder = grid(2, 2, step_m=200)
    far = builder.node(0, 9000)
    builder.road(0, far)
    builder.road(1, builder.node(9000, 0), flags=0)
    graph = builder.build()
    drawn = draw_places(graph, 200, seed=1)
    assert draw_places(graph, 200, seed=1) == drawn != draw_places(graph, 200, seed=2)
    assert sum(place.lat > graph.node_lat[:4].max() for place in drawn) > 150
    assert max(place.lon for place in drawn) <= graph.node_lon[:4].max() + 1e-9


def test_roads_on_which_no_van_may_stop_are_refused():
    with pytest.raises(InvalidInput, match="no road on which a van may stop"):
        draw_places(grid(2, 2, flags=0).build(), 3, seed=1)


def test_one_import_tells_what_it_made_and_what_it_took(village):
    found = import_once.measure("ours", str(village))
    assert (found["nodes"], found["edges"]) == (2, 5)
    assert found["peak_mb"] > 10
    assert found["s"] > 0 <= found["busy_s"]


def test_both_importers_are_measured_in_fresh_processes_and_may_be_handed_the_same_ways(village, tmp_path):
    graph, _ = read_roads(village)
    kept = tmp_path / "kept.osm"
    write_ways(village, kept, lambda way: way.id in set(graph.way_id.tolist()))
    assert "footway" in village.read_text()
    assert "footway" not in kept.read_text()
    found = measure_in_turns({"ours": kept, "osmnx": kept}, rounds=1)
    assert (found["ours"].nodes, found["ours"].edges) == (graph.node_count, graph.edge_count)
    assert found["osmnx"].edges == 5
    assert found["osmnx"].peak.median > found["ours"].peak.median


def test_an_importer_that_fails_says_why(tmp_path):
    broken = tmp_path / "broken.osm"
    broken.write_text("<osm>")
    with pytest.raises(InvalidInput, match=r"ours could not make a graph of broken\.osm: .*cannot be read"):
        measure_in_turns({"ours": broken}, rounds=1)


def test_time_and_memory_have_aims_of_their_own():
    def took(s, mb):
        return Imports(Sample((s,), "s"), Sample((s,), "s"), Sample((mb,), "MB"), 3, 4)

    rows = to_rows("x", {"ours": took(1.0, 100.0), "osmnx": took(44.0, 400.0)})
    assert [row.is_met for row in rows] == [False, None, True]


@pytest.fixture
def without_some(monkeypatch):
    """As on a machine on which some peers are not installed."""
    there, gone = importlib.util.find_spec, {"igraph", "pandana", "osmnx"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in gone else there(name))


def test_missing_peers_are_named_and_left_out(few_rounds, without_some, village):
    graph, _ = read_roads(village)
    race, *_ = matrix_rows(graph, draw_places(graph, 6, seed=1), seed=1)
    assert {name for name, cell in race.peers.items() if cell == NOT_INSTALLED} == {"igraph", "pandana"}
    (imported,) = import_rows(village, graph, rounds=1)
    assert imported.peers == {"osmnx": NOT_INSTALLED}


def test_the_command_shows_three_tables_and_writes_rows_and_a_plot(
    few_rounds, without_some, village, tmp_path, monkeypatch, capfd
):
    pytest.importorskip("matplotlib")
    out, plot = tmp_path / "roads.json", tmp_path / "roads.svg"
    words = ["rufbus", "bench", "roads", str(village), "--stops", "8", "--out", str(out), "--plot", str(plot)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    told = capfd.readouterr().out
    for title in ("Times between all stops", "From an address to all stops", "From the extract to the graph"):
        assert title in told
    found = json.loads(out.read_text())
    assert found["run"]["seed"] == 0
    assert [row["met"] for row in found["rows"] if "difference" in row["figure"]] == [True, True]
    assert plot.read_text().lstrip().startswith("<?xml")


@pytest.mark.parametrize("text", ["", "<osm>", None])
def test_a_file_that_is_no_extract_ends_with_a_sentence(text, tmp_path, monkeypatch, capsys):
    path = tmp_path / "region.osm"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(sys, "argv", ["rufbus", "bench", "roads", str(path)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert "region.osm" in capsys.readouterr().err


def test_a_plot_leaves_out_what_is_compared_with_nobody(tmp_path):
    pytest.importorskip("matplotlib")
    second = Sample((1.0,), "s")
    rows = [
        Row("raced", second, {"they": Sample((50.0,), "s")}),
        Row("alone", second),
        Row("absent", second, {"x": ""}),
    ]
    plot_bars(rows, "Title", tmp_path / "bars.svg")
    drawn = (tmp_path / "bars.svg").read_text()
    assert "<!-- raced -->" in drawn
    assert "<!-- 50 s -->" in drawn
    assert "<!-- alone -->" not in drawn
    assert "<!-- absent -->" not in drawn


def test_the_peak_of_memory_is_that_of_the_measured_program_alone(village):
    held = b"x" * 300_000_000
    found = road_import.measure_in_turns({"ours": village}, rounds=1)["ours"]
    assert found.peak.median < len(held) / 1e6 < import_once.peak_mb()

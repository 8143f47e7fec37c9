"""The stops and depots of a service on their roads, built, kept and read again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import UNREACHABLE_S, Place, Stop
from rufbus.ports import StopNetwork
from rufbus.roads.network import Network, build_network, load_network, save_network
from solver.problem import UNREACHABLE_S as SOLVER_UNREACHABLE_S

from .hand_made import RoadBuilder, at, grid

GRAPH = grid(6, 6).build()
DAY = "2026-11-25"
STOPS = [Stop(f"S{n}", f"Stop {n}", at(190 * n + 20, 200 * (n % 4) + 6)) for n in range(5)]
DEPOTS = [("bus-1", at(300, -40)), ("bus-2", at(300, -40))]


def built(stops=STOPS, depots=DEPOTS, graph=GRAPH, **kwargs) -> Network:
    return build_network(graph, stops, depots, **kwargs)[0]


def as_port(network: StopNetwork) -> StopNetwork:
    """Checked by mypy: a network is what dispatch asks for."""
    return network


def test_the_network_is_what_dispatch_asks_for():
    network = as_port(built())
    wanted = {name for name in vars(StopNetwork) if not name.startswith("_")}
    assert wanted <= set(dir(network))
    assert network.travel_s.dtype == network.length_m.dtype == np.int32
    assert network.travel_s.shape == network.length_m.shape == (7, 7)


def test_the_solver_and_the_roads_mean_the_same_by_unreachable():
    assert UNREACHABLE_S == SOLVER_UNREACHABLE_S


def test_depots_follow_the_stops_in_the_order_of_the_vehicles():
    network = built()
    assert network.stop_count == 5
    assert [stop.id for stop in network.stops[5:]] == ["depot:bus-1", "depot:bus-2"]
    assert network.find_stop("S3") == 3
    assert network.find_stop("depot:bus-2") == 6
    assert network.find_stop("nowhere") is None
    assert network.travel_s[5, 6] == 0


def test_depots_are_not_near_on_foot():
    walks = built().list_near(DEPOTS[0][1], 2000)
    assert {walk.stop for walk in walks} == set(range(5))


def test_legs_agree_with_the_matrix():
    network = built()
    for i in range(7):
        for j in range(7):
            leg = network.get_leg(i, j, DAY)
            assert (leg.travel_s, leg.length_m) == (network.travel_s[i, j], network.length_m[i, j])


def test_a_stop_off_the_roads_is_reported_and_the_others_keep_their_order():
    far = Stop("far", "Insel", at(0, -2000))
    network, report = build_network(GRAPH, [STOPS[0], far, STOPS[1]], DEPOTS)
    assert [stop.id for stop in network.stops[:2]] == ["S0", "S1"]
    assert (report.snapped, [each.stop.id for each in report.rejected]) == (2, ["far"])


def test_a_nameless_stop_is_called_after_its_street():
    assert built([Stop("x", "", at(90, 5))]).stops[0].name == "A-Straße"


def test_stops_that_forbidden_turns_cut_off_are_reported():
    builder = RoadBuilder()
    nodes = [builder.node(400 * n, 0) for n in range(4)]
    first, second, third = (builder.road(nodes[n], nodes[n + 1]) for n in range(3))
    builder.forbidden = [(second, third), (second + 1, third)]
    graph = replace(builder.build(), edge_twin=np.array([-1] * 6, dtype=np.int32))
    places = {"a": first, "b": first + 1, "c": second, "d": third}
    stops = [Stop(name, name, Place(*_middle(graph, edge))) for name, edge in places.items()]
    _, report = build_network(graph, stops, [])
    assert report.cut_off == ("d",)


def _middle(graph, edge):
    span = slice(graph.shape_start[edge], graph.shape_start[edge + 1])
    return float(graph.shape_lon[span].mean()), float(graph.shape_lat[span].mean())


def test_a_depot_off_the_roads_is_refused_with_its_vehicle():
    with pytest.raises(InvalidRoads, match=r"depot of vehicle “bus-9”.*Move it to a road"):
        built(depots=[("bus-9", at(0, -600))])


def test_stops_of_another_region_are_refused():
    with pytest.raises(InvalidRoads, match="None of the 1 stops"):
        built([Stop("x", "X", Place(0, 0))])


@pytest.mark.parametrize("stop_id", ["S0", "depot:bus-1"])
def test_ids_must_be_free(stop_id):
    with pytest.raises(InvalidRoads, match="used twice or begins"):
        built([STOPS[0], Stop(stop_id, "X", at(0, 0))])


def test_what_was_saved_is_loaded(tmp_path):
    network = built()
    save_network(network, tmp_path / "network")
    loaded = load_network(tmp_path / "network", GRAPH)
    assert tuple(loaded.stops) == tuple(network.stops)
    assert loaded.stop_count == network.stop_count
    assert loaded.anchors == network.anchors
    for name in ("travel_s", "length_m"):
        assert (getattr(loaded, name) == getattr(network, name)).all()
        assert getattr(loaded, name).dtype == np.int32
    assert loaded.get_leg(0, 3, DAY) == network.get_leg(0, 3, DAY)
    assert loaded.list_near(at(100, 100), 800) == network.list_near(at(100, 100), 800)
    assert [path.name for path in tmp_path.iterdir()] == ["network"]


def test_a_loaded_matrix_cannot_be_changed(tmp_path):
    save_network(built(), tmp_path / "network")
    with pytest.raises(ValueError, match="read-only"):
        load_network(tmp_path / "network", GRAPH).travel_s[0, 0] = 1


def test_a_network_without_stops_and_depots_is_kept_too(tmp_path):
    save_network(built([], []), tmp_path / "network")
    assert load_network(tmp_path / "network", GRAPH).travel_s.shape == (0, 0)


@pytest.mark.parametrize("change", [{"edge_ms": GRAPH.edge_ms + 1}, {"forbidden": ((0, 2),)}, {"names": ("", "x")}])
def test_a_network_of_other_roads_is_refused(tmp_path, change):
    save_network(built(), tmp_path / "network")
    with pytest.raises(InvalidRoads, match="other roads"):
        load_network(tmp_path / "network", replace(GRAPH, **change))


def test_the_description_of_the_roads_does_not_matter(tmp_path):
    save_network(built(), tmp_path / "network")
    assert load_network(tmp_path / "network", replace(GRAPH, source="again")).stop_count == 5


@pytest.mark.parametrize("length", [0, 5, 17, 60, 1000, -1])
def test_a_cut_file_is_refused(tmp_path, length):
    path = tmp_path / "network"
    save_network(built(), path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InvalidRoads, match="Build the network again"):
        load_network(path, GRAPH)


def test_a_file_with_something_behind_it_is_refused(tmp_path):
    path = tmp_path / "network"
    save_network(built(), path)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InvalidRoads, match="incomplete"):
        load_network(path, GRAPH)


def test_a_missing_file_and_another_version_are_refused(tmp_path):
    path = tmp_path / "network"
    with pytest.raises(InvalidRoads, match="no such file"):
        load_network(path, GRAPH)
    save_network(built(), path)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 7'))
    with pytest.raises(InvalidRoads, match="version 7"):
        load_network(path, GRAPH)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "network"
    save_network(built(), path)
    before = path.read_bytes()

    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr("rufbus.roads.network_file.os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save_network(built(STOPS[:2]), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["network"]


def test_progress_is_told_in_rows():
    told = []
    built(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (7, 7)


def test_a_network_with_one_more_stop_is_the_one_built_with_it():
    grown = built(STOPS[:2])
    for number, stop in enumerate(STOPS[2:], start=2):
        smaller, grown = grown, grown.with_stop(stop, built(STOPS).anchors[number])
        anew = built(STOPS[: number + 1])
        assert smaller.stop_count == number
        assert (tuple(grown.stops), grown.stop_count, grown.anchors) == (tuple(anew.stops), number + 1, anew.anchors)
        np.testing.assert_array_equal(grown.travel_s, anew.travel_s)
        np.testing.assert_array_equal(grown.length_m, anew.length_m)
        assert grown.get_leg(number, 0, DAY) == anew.get_leg(number, 0, DAY)


def test_a_stop_whose_id_is_taken_is_not_added():
    network = built()
    with pytest.raises(InvalidRoads, match="used twice"):
        network.with_stop(STOPS[0], network.anchors[0])


def test_an_address_at_a_stop_has_its_row_and_column():
    network = built()
    ways = network.find_ways(network.anchors[3])
    for mine, theirs in (
        (ways.away_s, network.travel_s[3]),
        (ways.away_m, network.length_m[3]),
        (ways.back_s, network.travel_s[:, 3]),
        (ways.back_m, network.length_m[:, 3]),
    ):
        np.testing.assert_array_equal(mine, theirs)

"""The network of a service on its days: one state of the roads each, kept in one file for all processes."""

from __future__ import annotations

import datetime as dt
import mmap
import multiprocessing
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rufbus.domain.errors import InvalidServiceFile
from rufbus.domain.place import Stop
from rufbus.domain.service import Closure, Hours, Regime, Service, Slowdown
from rufbus.ports import StopNetwork
from rufbus.roads import day_network
from rufbus.roads.day_network import DayNetwork, list_road_states, open_day_network
from rufbus.roads.network import build_network
from rufbus.roads.road_state import close_edges, open_roads

from .hand_made import at, grid

ZONE = ZoneInfo("Europe/Berlin")
SERVICE = Service("s", "S", Regime.LINIENBEDARFSVERKEHR, ZONE, "", Hours(((),) * 7, {}, None), (), ())
GRAPH = grid(5, 5).build()
STOPS = [Stop(f"S{n}", f"Stop {n}", at(190 * n + 20, 200 * (n % 4) + 6)) for n in range(5)]
NETWORK = build_network(GRAPH, STOPS, [("bus-1", at(300, -40))])[0]
OPEN_DAY, MONDAY, TUESDAY = "2026-11-29", "2026-11-30", "2026-12-01"


def hour(day, begin=8, lasts=1):
    start = int(dt.datetime.fromisoformat(f"{day}T{begin:02d}:00").replace(tzinfo=ZONE).timestamp())
    return start, start + 3600 * lasts


def ways_of(stop):
    """The ways on which a stop lies."""
    return tuple({int(GRAPH.edge_way[anchor.edge]) for anchor in NETWORK.anchors[stop]})


def service_with(*hindrances):
    return replace(
        SERVICE,
        closures=tuple(each for each in hindrances if isinstance(each, Closure)),
        slowdowns=tuple(each for each in hindrances if isinstance(each, Slowdown)),
    )


WORKS = Closure("works", *hour(MONDAY), ways=ways_of(1))
FAIR = Closure("fair", *hour(MONDAY, lasts=40), line=(at(100, -50), at(100, 150)))
ICE = Slowdown("ice", *hour(TUESDAY), factor=0.5)


def opened(path, *hindrances, network=NETWORK):
    service = service_with(*hindrances)
    return open_day_network(network, service, list_road_states(network.graph, service, "service.toml"), path)


def as_port(network: StopNetwork) -> StopNetwork:
    """Checked by mypy: it is what dispatch asks for."""
    return network


def test_a_day_network_is_what_dispatch_asks_for(tmp_path):
    network: DayNetwork = opened(tmp_path / "states")
    wanted = {name for name in vars(StopNetwork) if not name.startswith("_")}
    assert wanted <= set(dir(as_port(network)))
    assert network.stops == NETWORK.stops
    assert network.find_stop("S3") == 3
    assert network.list_near(at(100, 100), 800) == NETWORK.list_near(at(100, 100), 800)


def test_each_day_has_the_times_of_its_own_state(tmp_path):
    network = opened(tmp_path / "states", WORKS, FAIR, ICE)
    assert network.times_on(OPEN_DAY) is NETWORK.times
    shut = [edge for each in (WORKS, FAIR) for edge in day_network._closed_edges(GRAPH, each, "", [])]
    monday = NETWORK.in_state(close_edges(open_roads(GRAPH), shut)).times
    np.testing.assert_array_equal(network.times_on(MONDAY).travel_s, monday.travel_s)
    np.testing.assert_array_equal(network.times_on(MONDAY).length_m, monday.length_m)
    tuesday = network.times_on(TUESDAY)
    assert (tuesday.travel_s >= network.times_on(OPEN_DAY).travel_s).all()
    assert tuesday.travel_s[0, 3] >= 2 * NETWORK.times.travel_s[0, 3] - 1


def test_without_closures_there_is_no_file(tmp_path):
    assert opened(tmp_path / "states").times_on(MONDAY) is NETWORK.times
    assert list(tmp_path.iterdir()) == []


def test_the_times_of_states_are_measured_once_and_mapped_from_the_file(tmp_path, monkeypatch):
    first = opened(tmp_path / "states", WORKS, ICE)
    monkeypatch.setattr(NETWORK._shared, "measure", lambda *_: pytest.fail("measured again"))
    again = opened(tmp_path / "states", WORKS, ICE)
    assert [path.name for path in tmp_path.iterdir()] == ["states"]
    for network in (first, again):
        times = network.times_on(MONDAY).travel_s
        assert isinstance(bottom(times), mmap.mmap)
        with pytest.raises(ValueError, match="read-only"):
            times[0, 0] = 1
    np.testing.assert_array_equal(first.times_on(TUESDAY).travel_s, again.times_on(TUESDAY).travel_s)


def bottom(array):
    """What an array's numbers lie in at last."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def test_another_closure_under_the_same_name_is_measured_anew(tmp_path):
    before = opened(tmp_path / "states", WORKS).times_on(MONDAY)
    after = opened(tmp_path / "states", replace(WORKS, ways=ways_of(3))).times_on(MONDAY)
    assert (before.travel_s != after.travel_s).any()


def test_the_times_of_another_network_are_not_taken(tmp_path):
    opened(tmp_path / "states", WORKS)
    other = build_network(GRAPH, STOPS[::-1], [("bus-1", at(300, -40))])[0]
    turned = opened(tmp_path / "states", WORKS, network=other).times_on(MONDAY).travel_s
    fresh = opened(tmp_path / "fresh", WORKS, network=other).times_on(MONDAY).travel_s
    np.testing.assert_array_equal(turned, fresh)


@pytest.mark.parametrize("damage", [lambda old: b"", lambda old: old[:-64], lambda old: b"x" + old[1:]])
def test_a_damaged_file_is_made_anew(tmp_path, damage):
    path = tmp_path / "states"
    times = opened(path, WORKS).times_on(MONDAY).travel_s.copy()
    path.write_bytes(damage(path.read_bytes()))
    np.testing.assert_array_equal(opened(path, WORKS).times_on(MONDAY).travel_s, times)


def test_a_folder_that_cannot_be_written_to_costs_only_the_sharing(tmp_path, caplog):
    network = opened(tmp_path / "nowhere" / "states", WORKS)
    np.testing.assert_array_equal(
        network.times_on(MONDAY).travel_s, opened(tmp_path / "states", WORKS).times_on(MONDAY).travel_s
    )
    assert "each process keeps its own" in caplog.text


def open_and_sum(path):
    return int(opened(path, WORKS, FAIR, ICE).times_on(MONDAY).travel_s.sum(dtype=np.int64))


def test_several_processes_may_open_it_at_once(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        sums = pool.map(open_and_sum, [tmp_path / "states"] * 8)
    assert set(sums) == {open_and_sum(tmp_path / "fresh")}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "states"]


# --- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hindrance", "location", "reason"),
    [
        (Closure("x", *hour(MONDAY), ways=(1000, 4711)), "closures[0].ways[1]", "4711 is the id of no way that a van drives"),
        (Closure("x", *hour(MONDAY), line=(at(20, 20), at(90, 90))), "closures[0].line", "crosses no road"),
        (Slowdown("x", *hour(MONDAY), by_class=(("tertary", 0.5),)), "slowdowns[0].factor.tertary", 'Did you mean "tertiary"?'),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_roads_is_refused_with_file_key_and_reason(hindrance, location, reason):
    with pytest.raises(InvalidServiceFile) as caught:
        list_road_states(GRAPH, service_with(hindrance), "town.toml")
    (fault,) = caught.value.errors
    assert fault.location == location
    assert reason in fault.detail
    assert caught.value.detail.startswith(f"town.toml: {location}: ")


def test_stops_that_a_closure_cuts_off_are_named_with_the_day_and_the_closure(tmp_path):
    warnings = opened(tmp_path / "states", WORKS, ICE).list_warnings()
    (warning,) = warnings
    assert "2026-11-30" in warning
    assert "(works)" in warning
    assert "Stop 1" in warning
    assert "Stop 3" not in warning
    assert opened(tmp_path / "other", ICE).list_warnings() == []


def test_only_the_classes_that_are_named_are_slowed_and_ferries_only_by_name():
    service = service_with(replace(ICE, factor=1.0, by_class=(("ferry", 0.5),)))
    (state,) = list_road_states(GRAPH, service, "service.toml").values()
    np.testing.assert_array_equal(state.edge_ms, GRAPH.edge_ms)

"""Figures 1, 2 and 3: all travel times between stops, those of one address, and an extract's import, beside peers.

Everybody gets the same search graph, the stops as nodes in it, and one thread. Contenders take turns, and what counts
is the processor's time, so that whoever else is at work on the machine slows nobody more than the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rufbus.bench.figures import NOT_INSTALLED, Cell, Row, Sample, ratio
from rufbus.bench.plots import check_plot, plot_bars
from rufbus.bench.reporting import report_tables
from rufbus.bench.road_import import import_rows
from rufbus.bench.road_peers import Nodes, RoadPeer, Times, make_peers, plain_roads
from rufbus.bench.rural_day import extract_file
from rufbus.bench.timing import measure
from rufbus.domain.errors import InvalidInput
from rufbus.domain.place import Place, Stop
from rufbus.roads.graph import STOPPABLE, RoadGraph
from rufbus.roads.hierarchy import build_hierarchy
from rufbus.roads.network import Network, build_network
from rufbus.roads.osm import read_roads
from rufbus.roads.search import Anchor, build_search
from rufbus.roads.snap import SnappedPlace, place_on_edge, snap_stops
from rufbus.roads.travel_times import NO_ROAD, many_to_many, to_seconds

MATRIX_PEERS = ("scipy", "networkx", "igraph", "pandana")
ADDRESS_PEERS = ("scipy", "networkx", "igraph")
MATRIX_AIMS = {"networkx": 4000, "scipy": 250}
ADDRESS_AIMS = {"networkx": 400}
"""How many times what ours takes a peer should take."""
ORACLE = "scipy"
MOST_DIFFERENCE_MS = 10
ROUNDS = 3
OURS_A_TURN = 7
"""How often ours is measured in a turn; it takes a hundredth of what the others take."""
NETWORKX_ORIGINS = 40
"""From so many stops NetworkX searches in a turn; the time for all is taken as proportional."""
ORIGINS_AT_ONCE = 250
"""Origins that a peer gets in one call, as SciPy's answer holds the times to all nodes."""
ADDRESS_STOPS = 1000
ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """What one contender did when its turn came."""

    values_ms: tuple[float, ...]
    """How long the job took, each time."""
    difference_ms: float = 0.0
    """How far its driving times are from ours, at most; infinite where only one of the two knows a way."""


def run_roads(roads: Path | None, stops: int, seed: int, out: Path | None, plot: Path | None) -> None:
    """Measure figures 1, 2 and 3, show and write them.

    Raises
    ------
    InvalidInput
        When the extract, ``out`` or ``plot`` cannot be used.
    """
    check_plot(plot)
    tables = report_tables(lambda: road_tables(roads, stops, seed), seed, out)
    if plot is not None:
        plot_bars([row for rows in tables.values() for row in rows], "Roads, ours beside peers", plot)


def road_tables(roads: Path | None, stops: int, seed: int) -> dict[str, list[Row]]:
    """Return figures 1, 2 and 3 by their titles, for an extract or for the sample region."""
    with extract_file(roads) as path:
        graph, _ = read_roads(path)
        places = draw_places(graph, stops + ADDRESSES, seed)
        served, addresses = places[:stops], places[stops:]
        return {
            "Times between all stops, one thread": matrix_rows(graph, served, seed),
            "From an address to all stops, and back": address_rows(graph, served[:ADDRESS_STOPS], addresses),
            "From the extract to the graph, a fresh process each": import_rows(path, graph, ROUNDS),
        }


def draw_places(graph: RoadGraph, count: int, seed: int) -> list[Place]:
    """Return places drawn evenly along the roads on which a van may stop.

    Raises
    ------
    InvalidInput
        When there are none.
    """
    edges = np.flatnonzero((graph.edge_flags & STOPPABLE) > 0)
    if not len(edges):
        raise InvalidInput("The extract has no road on which a van may stop: choose one of a whole region.")
    length_m = graph.edge_length_m[edges].astype(np.float64)
    chance = np.random.default_rng(seed)
    chosen = chance.choice(edges, count, p=length_m / length_m.sum()).tolist()
    return [place_on_edge(graph, Anchor(*at)) for at in zip(chosen, chance.random(count).tolist(), strict=True)]


def matrix_rows(graph: RoadGraph, places: Sequence[Place], seed: int) -> list[Row]:
    """Return figure 1: without and with the making of the hierarchy, and how far each peer's times are from ours.

    Ours are times and lengths, those of the peers only times.
    """
    search = build_search(graph, _snap(graph, places))
    stops = search.places
    hierarchy = build_hierarchy(search)
    ours_ms, _ = many_to_many(search, stops, hierarchy=hierarchy)
    names = {name: _heading(name, len(stops)) for name in MATRIX_PEERS}
    contenders: dict[str, Callable[[], Turn]] = {
        "matrix": lambda: _time(lambda: many_to_many(search, stops, hierarchy=hierarchy)),
        "both": lambda: _time(lambda: many_to_many(search, stops)),
        "hierarchy": lambda: _time(lambda: build_hierarchy(search)),
    }
    chance = np.random.default_rng(seed)
    for name, peer in make_peers(MATRIX_PEERS, plain_roads(search)).items():
        count = _origin_count(name, len(stops))
        contenders[names[name]] = partial(run_peer, peer, stops, ours_ms, count=count, chance=chance)
    turns = _merge([{name: run() for name, run in contenders.items()} for _ in range(ROUNDS)])
    aims = {names[name]: aim for name, aim in MATRIX_AIMS.items()}
    what = f"{len(stops):,} × {len(stops):,}"
    return [
        race_row(what, turns, "matrix", tuple(names.values()), aims),
        race_row(f"{what}, the hierarchy made for it", turns, "both", tuple(names.values()), aims),
        Row("the hierarchy alone", _sample(turns["hierarchy"])),
        difference_row(turns, tuple(names.values())),
    ]


def run_peer(
    peer: RoadPeer, stops: Nodes, ours_ms: NDArray[np.int32], *, count: int, chance: np.random.Generator
) -> Turn:
    """Return how long a peer takes from all stops, judged by ``count`` of them, and how far it is from ours.

    ``stops`` are nodes, ``ours_ms`` our times between them.
    """
    origins = chance.choice(len(stops), count, replace=False)
    taken_s = difference_ms = 0.0
    for begin in range(0, count, ORIGINS_AT_ONCE):
        rows = origins[begin : begin + ORIGINS_AT_ONCE]
        started_s = time.process_time()
        times_ms = peer.times_from(stops[rows], stops)
        taken_s += time.process_time() - started_s
        difference_ms = max(difference_ms, largest_difference(times_ms, ours_ms[rows]))
    return Turn((1000 * taken_s * len(stops) / count,), difference_ms)


def largest_difference(times: Times, ours: NDArray[np.int32]) -> float:
    """Return how far a peer's times are from ours at most; infinite where only one of the two knows a way."""
    expected = np.where(ours == NO_ROAD, np.inf, ours)
    differences = np.subtract(times, expected, where=times != expected, out=np.zeros(times.shape))
    return float(np.abs(differences).max(initial=0.0))


def address_rows(graph: RoadGraph, places: Sequence[Place], addresses: Sequence[Place]) -> list[Row]:
    """Return figure 2; a peer gets each address as a node in a graph of its own, which is made outside its time."""
    network, _ = build_network(graph, _as_stops(places), [])
    network.warm_up()
    turns = _merge([_measure_address(network, anchors) for anchors in _snap(graph, addresses)])
    what = f"{len(network.stops):,} stops and back, {len(addresses)} addresses"
    return [race_row(what, turns, "ours", ADDRESS_PEERS, ADDRESS_AIMS), difference_row(turns, ADDRESS_PEERS)]


def _measure_address(network: Network, anchors: tuple[Anchor, ...]) -> dict[str, Turn]:
    """Return everybody's turn; times are compared as ours are given, in seconds rounded up."""
    turns = {"ours": _time(lambda: network.find_ways(anchors))}
    ways = network.find_ways(anchors)
    search = build_search(network.graph, [*network.anchors, anchors])
    stops, address = search.places[:-1], search.places[-1:]
    for name, peer in make_peers(ADDRESS_PEERS, plain_roads(search)).items():
        started_s = time.process_time()
        away_ms = peer.times_from(address, stops)[0]
        back_ms = peer.times_to(int(address[0]), stops)
        taken_s = time.process_time() - started_s
        apart_s = (_apart_s(away_ms, ways.away_s), _apart_s(back_ms, ways.back_s))
        turns[name] = Turn((1000 * taken_s,), 1000.0 * max(apart_s))
    return turns


def _apart_s(times_ms: Times, ours_s: NDArray[np.int32]) -> int:
    rounded_s = to_seconds(np.where(np.isfinite(times_ms), times_ms, NO_ROAD).astype(np.int32))
    return int(np.abs(rounded_s.astype(np.int64) - ours_s).max())


def race_row(figure: str, turns: Mapping[str, Turn], ours: str, peers: Sequence[str], aims: Mapping[str, float]) -> Row:
    """Return ours beside every peer; met when each peer with an aim takes so many times as long."""
    mine = _sample(turns[ours])
    theirs = {name: _sample(turns[name]) for name in peers if name in turns}
    times = {name: ratio(sample, mine) for name, sample in theirs.items()}
    cells: dict[str, Cell] = {name: theirs.get(name, NOT_INSTALLED) for name in peers}
    return Row(
        figure,
        mine,
        cells,
        ", ".join(f"{times[name]:,.0f} × {_short(name)}" for name in times),
        ", ".join(f"≥ {aim:,} × {_short(name)}" for name, aim in aims.items()),
        all(times[name] >= aim for name, aim in aims.items()) if set(aims) <= set(times) else None,
    )


def difference_row(turns: Mapping[str, Turn], peers: Sequence[str]) -> Row:
    """Return how far each peer's times are from ours; met when those of the oracle are near enough."""
    differences_ms = {name: turns[name].difference_ms for name in peers if name in turns}
    cells: dict[str, Cell] = {
        name: f"{differences_ms[name]:g} ms" if name in differences_ms else NOT_INSTALLED for name in peers
    }
    is_met = differences_ms[ORACLE] <= MOST_DIFFERENCE_MS if ORACLE in differences_ms else None
    return Row(
        "largest difference from ours, of all that they found",
        "",
        cells,
        aim=f"{ORACLE} ≤ {MOST_DIFFERENCE_MS} ms",
        is_met=is_met,
    )


def _time(work: Callable[[], object]) -> Turn:
    return Turn(measure(work, repeats=OURS_A_TURN, unit="ms", clock=time.process_time).values)


def _merge(rounds: Sequence[Mapping[str, Turn]]) -> dict[str, Turn]:
    """Return for each contender its turns as one."""
    merged = {}
    for name in rounds[0]:
        turns = [each[name] for each in rounds]
        values_ms = tuple(value for turn in turns for value in turn.values_ms)
        merged[name] = Turn(values_ms, max(turn.difference_ms for turn in turns))
    return merged


def _sample(turn: Turn) -> Sample:
    return Sample(turn.values_ms, "ms")


def _origin_count(name: str, stops: int) -> int:
    return min(NETWORKX_ORIGINS, stops) if name == "networkx" else stops


def _heading(name: str, stops: int) -> str:
    """Return a peer's name, with how many origins its time is extrapolated from, where it is."""
    count = _origin_count(name, stops)
    return name if count == stops else f"{name}, from {count} of {stops:,} origins"


def _short(heading: str) -> str:
    return heading.partition(",")[0]


def _snap(graph: RoadGraph, places: Sequence[Place]) -> list[tuple[Anchor, ...]]:
    found = snap_stops(graph, _as_stops(places))
    return [each.anchors for each in found if isinstance(each, SnappedPlace)]


def _as_stops(places: Sequence[Place]) -> list[Stop]:
    return [Stop(f"stop-{number}", f"Halt {number}", place) for number, place in enumerate(places)]

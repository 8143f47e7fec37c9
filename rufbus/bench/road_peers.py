"""Strangers that work out driving times on the search graph that ours are worked out on."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from rufbus.bench.peers import find_peer
from rufbus.roads.search import MS_UNIT, SearchGraph

Nodes = NDArray[np.int32]
Times = NDArray[np.float64]
"""Milliseconds; infinite where no way leads."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainRoads:
    """A directed graph with whole milliseconds on its arcs, which stand in the order of their tails."""

    start: Nodes
    """Length nodes + 1 (CSR)."""
    tail: Nodes
    head: Nodes
    ms: Times

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.start) - 1


class RoadPeer(Protocol):
    """A library that was handed the roads in the form that it likes best."""

    def times_from(self, origins: Nodes, destinations: Nodes) -> Times:
        """Return times from each origin to each destination; shape (origins, destinations)."""

    def times_to(self, destination: int, origins: Nodes) -> Times:
        """Return times from each origin to one destination."""


def plain_roads(search: SearchGraph) -> PlainRoads:
    """Return the roads of a search graph without lengths, which strangers do not add up in the same search."""
    tail = np.repeat(np.arange(search.node_count, dtype=np.int32), np.diff(search.arc_start))
    return PlainRoads(search.arc_start, tail, search.arc_head, np.floor(search.arc_cost / MS_UNIT))


def make_peers(names: Sequence[str], roads: PlainRoads) -> dict[str, RoadPeer]:
    """Return each of the named peers that is installed, with the roads in it."""
    peers = {}
    for name in names:
        with _one_thread():
            module = find_peer(name)
        if module is not None:
            peers[name] = _PEERS[name](module, roads)
    return peers


class _Scipy:
    """SciPy's Dijkstra on sparse rows, one call for all origins."""

    def __init__(self, _module: ModuleType, roads: PlainRoads) -> None:
        self._matrix = csr_array((roads.ms, roads.head, roads.start), shape=(roads.node_count, roads.node_count))
        self._turned = self._matrix.T.tocsr()

    def times_from(self, origins: Nodes, destinations: Nodes) -> Times:
        times: Times = dijkstra(self._matrix, directed=True, indices=origins)[:, destinations]
        return times

    def times_to(self, destination: int, origins: Nodes) -> Times:
        times: Times = dijkstra(self._turned, directed=True, indices=np.array([destination]))[0, origins]
        return times


class _Networkx:
    """NetworkX's Dijkstra over dictionaries, origin by origin."""

    def __init__(self, module: Any, roads: PlainRoads) -> None:
        self._dijkstra = module.single_source_dijkstra_path_length
        self._graph = module.DiGraph()
        self._graph.add_nodes_from(range(roads.node_count))
        arcs = zip(roads.tail.tolist(), roads.head.tolist(), roads.ms.tolist(), strict=True)
        self._graph.add_weighted_edges_from(arcs, weight="ms")
        self._turned = self._graph.reverse()

    def times_from(self, origins: Nodes, destinations: Nodes) -> Times:
        rows = [self._search(self._graph, origin, destinations) for origin in origins.tolist()]
        return np.array(rows).reshape(len(origins), len(destinations))

    def times_to(self, destination: int, origins: Nodes) -> Times:
        return np.array(self._search(self._turned, destination, origins))

    def _search(self, graph: Any, begin: int, ends: Nodes) -> list[float]:
        times = self._dijkstra(graph, begin, weight="ms")
        return [times.get(end, np.inf) for end in ends.tolist()]


class _Igraph:
    """igraph's Dijkstra in C, one call for all origins."""

    def __init__(self, module: Any, roads: PlainRoads) -> None:
        self._graph = module.Graph(n=roads.node_count, edges=np.column_stack((roads.tail, roads.head)), directed=True)
        self._graph.es["ms"] = roads.ms.tolist()

    def times_from(self, origins: Nodes, destinations: Nodes) -> Times:
        return np.array(self._graph.distances(origins.tolist(), destinations.tolist(), weights="ms", mode="out"))

    def times_to(self, destination: int, origins: Nodes) -> Times:
        return np.array(self._graph.distances([destination], origins.tolist(), weights="ms", mode="in")[0])


class _Pandana:
    """Pandana's contraction hierarchy, pair by pair; making it is not part of what is measured."""

    def __init__(self, module: Any, roads: PlainRoads) -> None:
        nowhere = pd.Series(np.zeros(roads.node_count))
        seconds = pd.DataFrame({"s": (roads.ms + 0.5) / 1000})  # it cuts to whole milliseconds
        with _quiet_stdout():
            tails, heads = pd.Series(roads.tail.astype(np.int64)), pd.Series(roads.head.astype(np.int64))
            self._network = module.Network(nowhere, nowhere, tails, heads, seconds, twoway=False)

    def times_from(self, origins: Nodes, destinations: Nodes) -> Times:
        pairs = np.repeat(origins, len(destinations)), np.tile(destinations, len(origins))
        return self._lengths(*pairs).reshape(len(origins), len(destinations))

    def times_to(self, destination: int, origins: Nodes) -> Times:
        return self._lengths(origins, np.full(len(origins), destination, dtype=np.int32))

    def _lengths(self, origins: Nodes, destinations: Nodes) -> Times:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it lists every pair without a way
            found = self._network.shortest_path_lengths(origins.astype(np.int64), destinations.astype(np.int64))
        ms = np.rint(np.array(found) * 1000)
        return np.where(ms >= _PANDANA_NO_WAY_MS, np.inf, ms)


_PANDANA_NO_WAY_MS = 2**32 - 1
_PEERS: Mapping[str, Any] = {"igraph": _Igraph, "networkx": _Networkx, "pandana": _Pandana, "scipy": _Scipy}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenMP, where a library brings it, see one thread; it looks when it is loaded."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


@contextmanager
def _quiet_stdout() -> Iterator[None]:
    """Swallow what compiled code writes to the standard output."""
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, no path of ours
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)

"""Travel times on our graph against two strangers: NetworkX on its export, and OSMnx on the same extract.

For each region, random pairs of junctions from one seed:

* plain Dijkstra on the arrays (SciPy) against NetworkX's on ``to_networkx``: the largest difference;
* the same times against the graph that OSMnx builds from the extract, with our speeds on its edges: the share of pairs
  within 3 %, and for every other pair what explains it. Topology, directions, lengths and reachability are OSMnx's own.
  OSMnx knows no barriers, so the comparison is made twice: as it is, and with the passages that we close cut in it too.

Run as ``python bench/oracles.py [PAIRS] [REGION ...]``; the data lies in ``RUFBUS_DATA``. The three regions with a
thousand pairs each took 140 s of processor time (7.5 minutes on a machine that was busy fourfold), mostly the county's.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import osmnx
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from rufbus.roads.export import to_networkx
from rufbus.roads.extract import Extract, parse_tags, read_extract
from rufbus.roads.graph import RoadGraph
from rufbus.roads.osm import read_roads
from rufbus.roads.profile import KEYS, WayProfile, profile_way
from rufbus.roads.segments import cut_segments, split_at_barriers

DATA = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[2] / "shared" / "data")) / "osm" / "regions"
REGIONS = (
    "addison-county-vt_2020-05-25.osm.gz",
    "liechtenstein_2013-08-03.osm.pbf",
    "north-bayreuth_2014-11-04.osm.gz",
)
SEED = 20261123
TOLERANCE = 0.03
"""Share by which times may differ."""

Pair = tuple[int, int]


def draw_pairs(graph: RoadGraph, count: int, closed: Collection[int] = (), seed: int = SEED) -> list[Pair]:
    """Return random pairs of junctions (indices), none of them at a closed barrier."""
    rng = np.random.default_rng(seed)
    nodes = np.flatnonzero(~np.isin(np.abs(graph.node_osm_id), sorted(closed)))
    return [(int(a), int(b)) for a, b in rng.choice(nodes, (count, 2))]


def fastest(count: int, tails: NDArray[np.int64], heads: NDArray[np.int64], costs: NDArray[np.float64]) -> csr_array:
    """Return a matrix with the smallest cost of parallel edges."""
    order = np.lexsort((costs, heads, tails))
    tails, heads, costs = tails[order], heads[order], costs[order]
    first = np.concatenate(([True], (np.diff(tails) != 0) | (np.diff(heads) != 0)))
    return csr_array((costs[first], (tails[first], heads[first])), shape=(count, count))


def our_matrix(graph: RoadGraph) -> csr_array:
    """Return the travel times (s) of our edges."""
    return fastest(graph.node_count, graph.edge_from, graph.edge_to, graph.edge_ms / 1000)


# --- NetworkX on the export ---------------------------------------------------------------------------------------


def networkx_differences(graph: RoadGraph, pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """Return how far NetworkX's times on the export differ from SciPy's on the arrays (s), pair by pair."""
    network, matrix = to_networkx(graph), our_matrix(graph)
    ids = graph.node_osm_id
    differences = []
    for start, end in pairs:
        theirs = nx.dijkstra_path_length(network, int(ids[start]), int(ids[end]), weight="travel_time")
        differences.append(abs(theirs - dijkstra(matrix, indices=start)[end]))
    return np.array(differences)


# --- OSMnx on the extract -----------------------------------------------------------------------------------------


@dataclass
class Comparison:
    """How our times compare with OSMnx's."""

    pairs: int
    within: int = 0
    """Pairs within the tolerance, against OSMnx as it is."""
    within_cut: int = 0
    """The same, against OSMnx with our closed barriers."""
    reasons: Counter[str] = field(default_factory=Counter)
    """What explains each of the other pairs; ``unexplained`` is the only bad one."""
    examples: dict[str, str] = field(default_factory=dict)


class OsmnxRoads:
    """OSMnx's graph of an extract as arrays, with our speed for each way."""

    def __init__(self, path: Path) -> None:
        self.extract = read_extract(path, KEYS)
        self.network = build_osmnx(path)
        self.ids = list(self.network)
        self.index = {osm_id: number for number, osm_id in enumerate(self.ids)}
        self.profiles = profiles_by_way(self.extract)
        self.way_m = self._measure_ways()
        edges = [edge for edge in self.network.edges(keys=True, data=True) if self._is_road(edge[3]["osmid"])]
        self.way_of = {(self.index[u], self.index[v]): data["osmid"] for u, v, _, data in edges}
        tails = np.array([self.index[u] for u, _, _, _ in edges])
        heads = np.array([self.index[v] for _, v, _, _ in edges])
        costs = np.array([data["length"] / self._kmh(data) * 3.6 for _, _, _, data in edges])
        self.matrix = fastest(len(self.ids), tails, heads, costs)
        self.closed = closed_barriers(self.extract)
        leaves_barrier = np.isin(np.array(self.ids)[tails], sorted(self.closed))
        self.cut_matrix = fastest(len(self.ids), tails[~leaves_barrier], heads[~leaves_barrier], costs[~leaves_barrier])

    def _is_road(self, way: int) -> bool:
        return self.profiles[way].left_out is None

    def _measure_ways(self) -> dict[int, float]:
        metres: dict[int, float] = {}
        for _, _, data in self.network.edges(data=True):
            if not data["reversed"]:
                metres[data["osmid"]] = metres.get(data["osmid"], 0.0) + data["length"]
        return metres

    def _kmh(self, data: dict) -> float:
        """Return our speed in the edge's direction; where we do not drive it, that of the other direction."""
        profile = self.profiles[data["osmid"]]
        if profile.duration_s:
            return self.way_m[data["osmid"]] / profile.duration_s * 3.6
        there, back = profile.forward_kmh, profile.backward_kmh
        return (back or there) if data["reversed"] else (there or back)


def closed_barriers(extract: Extract) -> set[int]:
    """Return the nodes at which the importer divides a road."""
    segments, _, _ = cut_segments(extract, None)
    divided, _, _ = split_at_barriers(segments, extract.barriers, None)
    return {-int(node) for node in divided.node_id if node < 0}


def profiles_by_way(extract: Extract) -> dict[int, WayProfile]:
    """Return our profile of every way."""
    profiles = [profile_way(parse_tags(kind)) for kind in extract.kinds]
    ways = zip(extract.way_id.tolist(), extract.way_kind.tolist(), strict=True)
    return {way: profiles[kind] for way, kind in ways}


def build_osmnx(path: Path) -> nx.MultiDiGraph:
    """Return OSMnx's graph of the roads and ferries of an extract, not simplified."""
    with tempfile.TemporaryDirectory() as folder:
        roads = str(Path(folder, "roads.osm"))
        keep = osmium.filter.KeyFilter("highway", "route")
        with osmium.BackReferenceWriter(roads, ref_src=str(path), overwrite=True) as writer:
            for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(keep):
                if "highway" in way.tags or way.tags.get("route") == "ferry":
                    writer.add(way)
        return osmnx.graph_from_xml(roads, bidirectional=False, simplify=False, retain_all=True)


def compare_with_osmnx(theirs: OsmnxRoads, graph: RoadGraph, pairs: Sequence[Pair]) -> Comparison:
    """Compare our times with OSMnx's for pairs of junctions."""
    ours = our_matrix(graph)
    explainer = Explainer(graph, theirs)
    result = Comparison(len(pairs))
    for start, end in pairs:
        our_s, our_way = dijkstra(ours, indices=start, return_predecessors=True)
        far_start, far_end = (theirs.index[int(graph.node_osm_id[node])] for node in (start, end))
        their_s, their_way = dijkstra(theirs.matrix, indices=far_start, return_predecessors=True)
        ours_s, theirs_s = our_s[end], their_s[far_end]
        result.within_cut += agree(ours_s, dijkstra(theirs.cut_matrix, indices=far_start)[far_end])
        if agree(ours_s, theirs_s):
            result.within += 1
            continue
        slower = ours_s > theirs_s
        reason = explainer.explain_theirs(their_way, far_end) if slower else explainer.explain_ours(our_way, end)
        result.reasons[reason] += 1
        ids = f"{graph.node_osm_id[start]} to {graph.node_osm_id[end]}"
        result.examples.setdefault(reason, f"{ids}: {ours_s:.1f} s with us, {theirs_s:.1f} s with OSMnx")
    return result


def agree(ours_s: float, theirs_s: float) -> bool:
    """Return whether two times are within the tolerance; an unreachable end never is."""
    return bool(abs(ours_s - theirs_s) <= TOLERANCE * max(min(ours_s, theirs_s), 1.0))


class Explainer:
    """Finds on the faster of two ways what the other graph does not allow."""

    def __init__(self, graph: RoadGraph, theirs: OsmnxRoads) -> None:
        self.graph, self.theirs = graph, theirs
        places = zip(theirs.extract.node_x.tolist(), theirs.extract.node_y.tolist(), strict=True)
        self.at_place = dict(zip(places, theirs.extract.node_id.tolist(), strict=True))
        self.steps = set(zip(theirs.matrix.tocoo().row.tolist(), theirs.matrix.tocoo().col.tolist(), strict=True))
        self.edge_between: dict[Pair, int] = {}
        for edge in np.argsort(-graph.edge_ms, kind="stable").tolist():
            self.edge_between[int(graph.edge_from[edge]), int(graph.edge_to[edge])] = edge

    def explain_theirs(self, before: NDArray[np.int32], end: int) -> str:
        """Return what on OSMnx's way is closed to us."""
        path = follow(before, end)
        ids = [self.theirs.ids[node] for node in path]
        for tail, head in itertools.pairwise(path):
            way = self.theirs.way_of[tail, head]
            profile = self.theirs.profiles[way]
            reversed_ = self._is_against(way, self.theirs.ids[tail], self.theirs.ids[head])
            if not (profile.backward_kmh if reversed_ else profile.forward_kmh):
                return "one-way for us, not for OSMnx (junction=circular, motorway, oneway:motor_vehicle)"
        if self.theirs.closed & set(ids):
            return "through a barrier that is closed to the van; OSMnx knows no barriers"
        return "unexplained"

    def explain_ours(self, before: NDArray[np.int32], end: int) -> str:
        """Return what on our way OSMnx does not have."""
        for tail, head in itertools.pairwise(follow(before, end)):
            nodes = self._shape_nodes(self.edge_between[tail, head])
            for a, b in itertools.pairwise(nodes):
                if (self.theirs.index.get(a), self.theirs.index.get(b)) not in self.steps:
                    return "against a one-way that is open to buses, or oneway:motor_vehicle=no; OSMnx knows neither"
        return "unexplained"

    def _shape_nodes(self, edge: int) -> list[int]:
        points = slice(int(self.graph.shape_start[edge]), int(self.graph.shape_start[edge + 1]))
        x = np.rint(self.graph.shape_lon[points] * 1e7).astype(int).tolist()
        y = np.rint(self.graph.shape_lat[points] * 1e7).astype(int).tolist()
        return [self.at_place[place] for place in zip(x, y, strict=True)]

    def _is_against(self, way: int, tail: int, head: int) -> bool:
        extract = self.theirs.extract
        (number,) = np.flatnonzero(extract.way_id == way)
        refs = extract.refs[extract.ref_start[number] : extract.ref_start[number + 1]].tolist()
        return (tail, head) not in set(itertools.pairwise(refs))


def follow(before: NDArray[np.int32], end: int) -> list[int]:
    """Return the nodes of a shortest way from its predecessors."""
    path = [end]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path[::-1]


def main(count: int, regions: Sequence[str]) -> int:
    """Print the table; return the number of pairs that nothing explains."""
    began = time.perf_counter()
    unexplained = 0
    print(f"{'region':37} {'pairs':>6} {'NetworkX, max':>14} {'OSMnx within 3 %':>17} {'with barriers':>14}  seconds")
    for region in regions:
        since = time.perf_counter()
        graph, _ = read_roads(DATA / region)
        theirs = OsmnxRoads(DATA / region)
        pairs = draw_pairs(graph, count, theirs.closed)
        difference = networkx_differences(graph, pairs).max()
        found = compare_with_osmnx(theirs, graph, pairs)
        unexplained += found.reasons["unexplained"]
        seconds = time.perf_counter() - since
        shares = f"{found.within / count:17.1%} {found.within_cut / count:14.1%}"
        print(f"{region:37} {count:6} {difference:12.6f} s {shares}  {seconds:7.0f}", flush=True)
        for reason, number in found.reasons.most_common():
            if number:
                print(f"    {number:5} {reason}; {found.examples[reason]}")
    print(f"Took {time.perf_counter() - began:.0f} s in all.")
    return unexplained


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    names = [word for word in sys.argv[1:] if not word.isdigit()]
    sys.exit(main(numbers[0] if numbers else 1000, names or REGIONS) != 0)

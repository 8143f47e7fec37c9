"""The graph that is searched: the road graph times the memory of forbidden turns, with the stops as nodes in it.

Nodes are numbered: junctions without a memory first, then one node per state of the turn automaton (it stands at the
end of the state's last edge), then one node per place. A place lies on its road: arcs lead to it along the edge from
the edge's tail, and from it along the rest of the edge. A place with anchors in both directions is also where a van may
turn round, so stopping on the way never makes a way shorter: the times obey the triangle inequality.

Costs are whole milliseconds times ``MS_UNIT`` plus decimetres, exact in a float64: of the fastest ways the shortest
wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.graph import RoadGraph
from rufbus.roads.road_state import RoadState, open_roads
from rufbus.roads.turns import TurnAutomaton, build_turns

MS_UNIT = 1 << 25
"""One millisecond; below it is room for 3,355 km in decimetres."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a place lies on the roads: on a directed edge, a fraction of its length from its tail."""

    edge: int
    fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class SearchFrame:
    """Which pieces of edges join which nodes, whatever they cost; all road states have the same."""

    arc_start: NDArray[np.int32]
    """Length nodes + 1 (CSR); arcs are sorted by tail and head, one per pair."""
    arc_head: NDArray[np.int32]
    piece_start: NDArray[np.int64]
    """Length arcs + 1: the parallel pieces of arc ``a`` are those from ``piece_start[a]`` to ``piece_start[a + 1]``."""
    piece_edge: NDArray[np.int32]
    piece_from: NDArray[np.float64]
    """Where on the edge the piece begins, as a fraction of its length."""
    piece_to: NDArray[np.float64]
    places: NDArray[np.int32]
    """The node of each place."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchGraph:
    """Arcs sorted by tail and head, at most one per pair (CSR); each is a piece of one edge."""

    arc_start: NDArray[np.int32]
    """Length nodes + 1."""
    arc_head: NDArray[np.int32]
    arc_cost: NDArray[np.float64]
    """Milliseconds times ``MS_UNIT`` plus decimetres; infinite where the road is closed."""
    arc_edge: NDArray[np.int32]
    arc_from: NDArray[np.float64]
    """Where on the edge the arc begins, as a fraction of its length."""
    arc_to: NDArray[np.float64]
    places: NDArray[np.int32]
    """The node of each place."""

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.arc_start) - 1

    def find_arc(self, tail: int, head: int) -> int:
        """Return the arc between two neighbouring nodes."""
        first, end = self.arc_start[tail], self.arc_start[tail + 1]
        return int(first + np.searchsorted(self.arc_head[first:end], head))


@dataclass(frozen=True, slots=True, eq=False)
class EdgeEnds:
    """From which nodes of a search graph a van drives into an edge, and where it leaves it when it starts within."""

    entry_start: NDArray[np.int32]
    """Length edges + 1 (CSR)."""
    entry: NDArray[np.int32]
    exit: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Arcs before they are sorted."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    edge: NDArray[np.int64]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]


def build_search(graph: RoadGraph, places: Sequence[Sequence[Anchor]]) -> SearchGraph:
    """Return the search graph of ``graph`` with a node for each of ``places``, all roads open.

    Raises
    ------
    InvalidRoads
        When an edge is longer than the exact arithmetic allows.
    """
    return lay_on(build_frame(graph, places), graph, open_roads(graph))


def build_frame(graph: RoadGraph, places: Sequence[Sequence[Anchor]]) -> SearchFrame:
    """Return the frame of ``graph`` with a node for each of ``places``, each given by its anchors.

    Raises
    ------
    InvalidRoads
        When an edge is longer than the exact arithmetic allows.
    """
    _check_range(graph)
    turns = _turns(graph)
    first_place = graph.node_count + turns.state_count - 1
    whole = _whole_arcs(graph, turns)
    along = _arcs_at_places(graph, turns, whole, places, first_place)
    nodes = np.arange(first_place, first_place + len(places), dtype=np.int32)
    return _sorted([whole, along], nodes, first_place + len(places))


def lay_on(frame: SearchFrame, graph: RoadGraph, state: RoadState) -> SearchGraph:
    """Return the search graph of a road state: of parallel pieces the cheapest, closed ones at infinite cost."""
    cost = piece_cost(graph, state, frame.piece_edge, frame.piece_from, frame.piece_to)
    first = frame.piece_start[:-1]
    least = np.minimum.reduceat(cost, first) if len(first) else cost
    arc = np.repeat(np.arange(len(first)), np.diff(frame.piece_start))
    best = np.flatnonzero(cost == least[arc])
    chosen = best[np.searchsorted(arc[best], np.arange(len(first)))]
    return SearchGraph(
        arc_start=frame.arc_start,
        arc_head=frame.arc_head,
        arc_cost=least,
        arc_edge=frame.piece_edge[chosen],
        arc_from=frame.piece_from[chosen],
        arc_to=frame.piece_to[chosen],
        places=frame.places,
    )


def edge_ends(graph: RoadGraph) -> EdgeEnds:
    """Return the nodes at the ends of every edge; the same nodes for any places."""
    turns = _turns(graph)
    whole = _whole_arcs(graph, turns)
    order = np.argsort(whole.edge, kind="stable")
    exits = graph.edge_to.astype(np.int32)
    for symbol in turns.children[0]:
        edge = symbol % graph.edge_count
        exits[edge] = _node_after(graph, turns.start_within(edge), edge)
    start = np.searchsorted(whole.edge[order], np.arange(graph.edge_count + 1))
    return EdgeEnds(start.astype(np.int32), whole.tail[order].astype(np.int32), exits)


def _turns(graph: RoadGraph) -> TurnAutomaton:
    """Return the automaton of the forbidden turns for starts on any edge, so that nodes do not depend on places."""
    inner = {edge for sequence in graph.forbidden for edge in sequence[1:-1]}
    return build_turns(graph.forbidden, graph.edge_count, inner)


def _check_range(graph: RoadGraph) -> None:
    if graph.edge_count and (int(graph.edge_ms.min()) < 1 or float(graph.edge_length_m.max()) > 1e6):
        raise InvalidRoads(
            "The road graph has an edge that takes no time or is longer than 1,000 km. "
            "Import the OpenStreetMap extract again."
        )


def _node_after(graph: RoadGraph, state: int, edge: int) -> int:
    """Return the node of a van that has driven ``edge`` and remembers ``state``."""
    return graph.node_count + state - 1 if state else int(graph.edge_to[edge])


def _whole_arcs(graph: RoadGraph, turns: TurnAutomaton) -> _Arcs:
    """Return one arc per edge from its junction, and per state one for each edge allowed after it."""
    head = graph.edge_to.astype(np.int64)
    allowed = np.ones(graph.edge_count, dtype=bool)
    for symbol, state in turns.children[0].items():
        if symbol < graph.edge_count:
            head[symbol] = _node_after(graph, state, symbol)
            allowed[symbol] = not turns.complete[state]
    edges = np.flatnonzero(allowed)
    rows = list(zip(graph.edge_from[edges].tolist(), head[edges].tolist(), edges.tolist(), strict=True))
    rows += _arcs_of_states(graph, turns)
    tails, heads, edge_of = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return _Arcs(tails, heads, edge_of, np.zeros(len(rows)), np.ones(len(rows)))


def _arcs_of_states(graph: RoadGraph, turns: TurnAutomaton) -> list[tuple[int, int, int]]:
    order = np.argsort(graph.edge_from, kind="stable")
    start = np.searchsorted(graph.edge_from[order], np.arange(graph.node_count + 1))
    rows: list[tuple[int, int, int]] = []
    for state in range(1, turns.state_count):
        if turns.complete[state]:
            continue
        junction = graph.edge_to[turns.last_edge[state]]
        for edge in order[start[junction] : start[junction + 1]].tolist():
            following = turns.step(state, edge)
            if following is not None:
                rows.append((graph.node_count + state - 1, _node_after(graph, following, edge), edge))
    return rows


def _arcs_at_places(
    graph: RoadGraph, turns: TurnAutomaton, whole: _Arcs, places: Sequence[Sequence[Anchor]], first_place: int
) -> _Arcs:
    """Return the arcs to, between and from the places, edge by edge in the direction of travel."""
    on_edge: dict[int, list[tuple[float, int]]] = {}
    for number, anchors in enumerate(places):
        for anchor in anchors:
            on_edge.setdefault(anchor.edge, []).append((anchor.fraction, first_place + number))
    order = np.argsort(whole.edge, kind="stable")
    start = np.searchsorted(whole.edge[order], np.arange(graph.edge_count + 1))
    rows: list[tuple[int, int, int, float, float]] = []
    for edge, passed in sorted(on_edge.items()):
        passed.sort()
        tails = whole.tail[order[start[edge] : start[edge + 1]]].tolist()
        rows += [(tail, passed[0][1], edge, 0.0, passed[0][0]) for tail in tails]
        rows += [(a, b, edge, from_, to) for (from_, a), (to, b) in pairwise(passed)]
        rows += [(b, a, edge, from_, to) for (from_, a), (to, b) in pairwise(passed) if from_ == to]
        end = _node_after(graph, turns.start_within(edge), edge)
        rows.append((passed[-1][1], end, edge, passed[-1][0], 1.0))
    table = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return _Arcs(table[0].astype(np.int64), table[1].astype(np.int64), table[2].astype(np.int64), table[3], table[4])


def _sorted(parts: Sequence[_Arcs], places: NDArray[np.int32], node_count: int) -> SearchFrame:
    """Return the pieces by tail, head and edge."""
    tail, head, edge = (np.concatenate([getattr(part, name) for part in parts]) for name in ("tail", "head", "edge"))
    begin, end = (np.concatenate([getattr(part, name) for part in parts]) for name in ("begin", "end"))
    order = np.lexsort((edge, head, tail))
    order = order[tail[order] != head[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    arcs = np.flatnonzero(first)
    return SearchFrame(
        arc_start=np.searchsorted(tail[order][arcs], np.arange(node_count + 1)).astype(np.int32),
        arc_head=head[order][arcs].astype(np.int32),
        piece_start=np.append(arcs, len(order)),
        piece_edge=edge[order].astype(np.int32),
        piece_from=begin[order],
        piece_to=end[order],
        places=places,
    )


def piece_cost(
    graph: RoadGraph,
    state: RoadState,
    edge: NDArray[np.int32],
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the cost of stretches of edges from one fraction of their length to another, in the unit of the arcs."""
    whole_dm = np.rint(graph.edge_length_m[edge].astype(np.float64) * 10)
    ms = np.rint(state.edge_ms[edge] * end) - np.rint(state.edge_ms[edge] * begin)
    decimetres = np.rint(whole_dm * end) - np.rint(whole_dm * begin)
    return np.where(state.closed[edge], np.inf, ms * MS_UNIT + decimetres)

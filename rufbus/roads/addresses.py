"""Ways between one address and all places, both ways, without building anything anew.

An address lies on its road as a place does (see :mod:`rufbus.roads.search`): the way from it leads to the next place
ahead on the edge or, without one, out of the edge's end; the way to it comes from the place behind or from wherever a
van may drive into the edge. From there on the hierarchy knows the ways.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rufbus.roads.graph import RoadGraph
from rufbus.roads.hierarchy import Hierarchy
from rufbus.roads.road_state import RoadState
from rufbus.roads.search import Anchor, SearchGraph, edge_ends, piece_cost
from rufbus.roads.sweeps import build_sweep, costs_from, costs_to
from rufbus.roads.travel_times import split_cost, to_metres, to_seconds

Costs: TypeAlias = NDArray[np.float64]
Ends: TypeAlias = tuple[list[int], list[float]]
"""Nodes, and the cost between each and the address."""


@dataclass(frozen=True, slots=True, eq=False)
class AddressWays:
    """The ways between an address and all places; each array has one entry per place, as in the network's matrices."""

    away_s: NDArray[np.int32]
    """Driving seconds from the address, rounded up; ``UNREACHABLE_S`` where no road leads."""
    away_m: NDArray[np.int32]
    back_s: NDArray[np.int32]
    """The same to the address."""
    back_m: NDArray[np.int32]


class AddressSearch:
    """Finds the ways of addresses to and from the places of a search graph."""

    def __init__(
        self,
        graph: RoadGraph,
        state: RoadState,
        places: Sequence[Sequence[Anchor]],
        search: SearchGraph,
        hierarchy: Hierarchy,
    ) -> None:
        """Prepare for ``places``, from which ``search`` and ``hierarchy`` were built in a road state."""
        self._graph = graph
        self._state = state
        self._ends = edge_ends(graph)
        self._hierarchy = hierarchy
        self._sweep = build_sweep(hierarchy, search.places)
        self._on_edge: dict[int, list[tuple[float, int]]] = {}
        for node, anchors in zip(search.places.tolist(), places, strict=True):
            for anchor in anchors:
                self._on_edge.setdefault(anchor.edge, []).append((anchor.fraction, node))
        for passed in self._on_edge.values():
            passed.sort()

    def find_costs(self, anchors: Sequence[Anchor]) -> tuple[Costs, Costs]:
        """Return what the fastest ways from an address to each place cost, and from each place to the address.

        Milliseconds times ``MS_UNIT`` plus decimetres; infinite where no way leads.
        """
        place = self._sweep.place_node
        away = costs_from(self._hierarchy, self._sweep, *_as_arrays(self._exits(anchors)))
        back = costs_to(self._hierarchy, self._sweep, *_as_arrays(self._entries(anchors)))
        return away[place], back[place]

    def find_ways(self, anchors: Sequence[Anchor]) -> AddressWays:
        """Return seconds and metres of the fastest ways from an address to each place, and back."""
        away, back = (split_cost(costs) for costs in self.find_costs(anchors))
        return AddressWays(to_seconds(away[0]), to_metres(away[1]), to_seconds(back[0]), to_metres(back[1]))

    def _exits(self, anchors: Sequence[Anchor]) -> Ends:
        nodes, costs = list[int](), list[float]()
        for anchor in anchors:
            passed = self._on_edge.get(anchor.edge, [])
            ahead = bisect_left(passed, (anchor.fraction, -1))
            fraction, node = passed[ahead] if ahead < len(passed) else (1.0, int(self._ends.exit[anchor.edge]))
            nodes.append(node)
            costs.append(self._between(anchor.edge, anchor.fraction, fraction))
        return nodes, costs

    def _entries(self, anchors: Sequence[Anchor]) -> Ends:
        nodes, costs = list[int](), list[float]()
        for anchor in anchors:
            passed = self._on_edge.get(anchor.edge, [])
            behind = bisect_right(passed, (anchor.fraction, self._hierarchy.order.node_count)) - 1
            if behind >= 0:
                fraction, node = passed[behind]
                nodes.append(node)
            else:
                fraction = 0.0
                first, end = self._ends.entry_start[anchor.edge : anchor.edge + 2]
                nodes += self._ends.entry[first:end].tolist()
            cost = self._between(anchor.edge, fraction, anchor.fraction)
            costs += [cost] * (len(nodes) - len(costs))
        return nodes, costs

    def _between(self, edge: int, begin: float, end: float) -> float:
        one = np.array([edge], dtype=np.int32)
        return float(piece_cost(self._graph, self._state, one, np.array([begin]), np.array([end]))[0])


def add_place(costs: Costs, at: int, away: Costs, back: Costs) -> Costs:
    """Return a matrix of costs with one more place, in row and column ``at``, as if built with it from the start.

    Ways over the new place may be faster than before, because a van may turn round there: the matrix is closed by
    taking the way over it wherever that is better.

    Parameters
    ----------
    costs
        Shape (places, places), closed under the triangle inequality.
    at
        The number of the new place; places from there on move up by one.
    away, back
        Shape (places,): the costs from the new place to each of the others, and to it.
    """
    size = len(costs) + 1
    others = np.delete(np.arange(size), at)
    grown = np.empty((size, size))
    grown[np.ix_(others, others)] = np.minimum(costs, back[:, None] + away[None, :])
    grown[at, others], grown[others, at] = away, back
    grown[at, at] = 0.0
    return grown


def _as_arrays(ends: Ends) -> tuple[NDArray[np.int32], Costs]:
    return np.array(ends[0], dtype=np.int32), np.array(ends[1], dtype=np.float64)

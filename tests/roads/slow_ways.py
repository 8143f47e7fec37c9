"""Fastest ways by another road: whole histories of edges as states, every rule checked by looking."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np

from rufbus.roads.graph import RoadGraph
from rufbus.roads.search import Anchor

START = -1
"""Marks in a history that the van stood on the edge that follows."""
BIG = 10**9


def is_forbidden(history: tuple[int, ...], forbidden: Sequence[tuple[int, ...]]) -> bool:
    """Whether the last edge of the history completes a forbidden sequence.

    A van that stood on the first edge of its history may have come by anything before.
    """
    driven = tuple(edge for edge in history if edge != START)
    if any(driven[-len(each) :] == each for each in forbidden):
        return True
    return history[0] == START and len(driven) >= 2 and any(each[-len(driven) :] == driven for each in forbidden)


def slow_ways(graph: RoadGraph, places: Sequence[Sequence[Anchor]]) -> list[list[tuple[int, int] | None]]:
    """Milliseconds and decimetres between all places, ``None`` where no way leads."""
    memory = max((len(each) for each in graph.forbidden), default=2)
    ways = nx.DiGraph()
    ways.add_nodes_from(("place", number) for number in range(len(places)))
    on_edge = [(anchor, ("place", n)) for n, anchors in enumerate(places) for anchor in anchors]

    def add(tail, head, cost):
        if tail != head and cost < ways.get_edge_data(tail, head, {"cost": BIG**3})["cost"]:
            ways.add_edge(tail, head, cost=cost)

    onward = [np.flatnonzero(graph.edge_from == node).tolist() for node in range(graph.node_count)]
    ending: dict[int, list[tuple[int, ...]]] = {}
    for each in graph.forbidden:
        ending.setdefault(each[-1], []).append(each)
    queue = []
    for anchor, node in on_edge:
        state = (START, anchor.edge)
        add(node, state, _cost(graph, anchor.edge, 1.0) - _cost(graph, anchor.edge, anchor.fraction))
        queue.append(state)
        for other, other_node in on_edge:
            if other.edge == anchor.edge and other.fraction >= anchor.fraction:
                way = _cost(graph, anchor.edge, other.fraction) - _cost(graph, anchor.edge, anchor.fraction)
                add(node, other_node, way)
    seen = set(queue)
    while queue:
        state = queue.pop()
        for edge in onward[graph.edge_to[state[-1]]]:
            if is_forbidden((*state, edge), ending.get(edge, [])):
                continue
            following = (*state, edge)[-memory - 1 :]
            add(state, following, _cost(graph, edge, 1.0))
            for anchor, node in on_edge:
                if anchor.edge == edge:
                    add(state, node, _cost(graph, edge, anchor.fraction))
            if following not in seen:
                seen.add(following)
                queue.append(following)
    answers: list[list[tuple[int, int] | None]] = []
    for origin in range(len(places)):
        costs = nx.single_source_dijkstra_path_length(ways, ("place", origin), weight="cost")
        found = [costs.get(("place", destination)) for destination in range(len(places))]
        answers.append([None if cost is None else divmod(cost, BIG) for cost in found])
    return answers


def _cost(graph: RoadGraph, edge: int, fraction: float) -> int:
    decimetres = round(float(graph.edge_length_m[edge]) * 10)
    return round(int(graph.edge_ms[edge]) * fraction) * BIG + round(decimetres * fraction)

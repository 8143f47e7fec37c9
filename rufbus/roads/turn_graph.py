"""The turn-expanded graph: driving as a walk over edges that never completes a forbidden sequence.

A state is an edge together with what matters of the way one came: the longest beginning of a forbidden sequence that
the drive ends with (an automaton after Aho and Corasick 1975). Most states are just edges; only sequences of three and
more add further ones.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rufbus.roads.graph import RoadGraph
from rufbus.roads.restrictions import Applied, Sequence


@dataclass(frozen=True, slots=True, eq=False)
class TurnGraph:
    """States and the moves between them; state ``s < edges`` is the edge ``s`` without a past."""

    state_edge: NDArray[np.int32]
    """The edge that each state drives."""
    move_from: NDArray[np.int32]
    move_to: NDArray[np.int32]
    barred: tuple[tuple[int, int, Sequence], ...]
    """Moves that would be there without restrictions: state, next edge, and the sequence that bars it."""


def expand_turns(graph: RoadGraph, forbidden: Collection[Sequence]) -> TurnGraph:
    """Return the turn-expanded graph for forbidden sequences of edges; turning back is allowed unless forbidden."""
    special = _build_states(graph.edge_count, forbidden)
    final = set(forbidden)
    by_node = np.argsort(graph.edge_from, kind="stable").astype(np.int32)
    first_out = np.searchsorted(graph.edge_from[by_node], np.arange(graph.node_count + 1)).astype(np.int32)
    move_from, move_to = _plain_moves(graph, by_node, first_out)
    kept = ~np.isin(move_from, np.array([path[0] for path in special if len(path) == 1], np.int64))
    moves: list[tuple[int, int]] = []
    barred: list[tuple[int, int, Sequence]] = []
    for path in sorted(special):
        node = int(graph.edge_to[path[-1]])
        for edge in by_node[first_out[node] : first_out[node + 1]].tolist():
            state, bar = _follow((*path, edge), special, final)
            if bar is None:
                moves.append((special[path], state))
            else:
                barred.append((special[path], edge, bar))
    extra = np.array(moves, np.int32).reshape(-1, 2)
    last = [path[-1] for path, _ in sorted(special.items(), key=lambda item: item[1]) if len(path) > 1]
    return TurnGraph(
        state_edge=np.concatenate((np.arange(graph.edge_count, dtype=np.int32), np.array(last, np.int32))),
        move_from=np.concatenate((move_from[kept], extra[:, 0])),
        move_to=np.concatenate((move_to[kept], extra[:, 1])),
        barred=tuple(barred),
    )


def _build_states(edge_count: int, forbidden: Collection[Sequence]) -> dict[Sequence, int]:
    """Return the number of the state of every proper beginning of a forbidden sequence."""
    longer = {path[:length] for path in forbidden for length in range(2, len(path))}
    states = {path[:1]: path[0] for path in forbidden}
    states.update({path: number for number, path in enumerate(sorted(longer), edge_count)})
    return states


def _follow(path: Sequence, states: dict[Sequence, int], final: set[Sequence]) -> tuple[int, Sequence | None]:
    """Return the state after a drive, or the forbidden sequence that the drive completes."""
    tails = [path[start:] for start in range(len(path))]
    bar = next((tail for tail in tails if tail in final), None)
    return next((states[tail] for tail in tails if tail in states), path[-1]), bar


def _plain_moves(
    graph: RoadGraph, by_node: NDArray[np.int32], first_out: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    begin = first_out[graph.edge_to]
    count = first_out[graph.edge_to + 1] - begin
    total = int(count.sum())
    offset = np.arange(total, dtype=np.int32) - np.repeat((np.cumsum(count) - count).astype(np.int32), count)
    return np.repeat(np.arange(graph.edge_count, dtype=np.int32), count), by_node[np.repeat(begin, count) + offset]


def drop_cutting(graph: RoadGraph, applied: list[Applied]) -> tuple[list[Applied], list[Applied]]:
    """Return the restrictions under which every edge still reaches every other, and those given up for it.

    Such restrictions are mistakes in the map, or right but with their way out beyond the extract's border.
    """
    kept, dropped = list(applied), list[Applied]()
    while kept:
        cutting = _find_cutting(graph, kept)
        if not cutting:
            break
        dropped += [one for one in kept if cutting & set(one.sequences)]
        kept = [one for one in kept if not cutting & set(one.sequences)]
    return kept, dropped


def _find_cutting(graph: RoadGraph, applied: list[Applied]) -> set[Sequence]:
    """Return the forbidden sequences that part some edges from the largest part."""
    turns = expand_turns(graph, {sequence for one in applied for sequence in one.sequences})
    count = len(turns.state_edge)
    matrix = coo_array((np.ones(len(turns.move_from), np.int8), (turns.move_from, turns.move_to)), shape=(count, count))
    _, part = connected_components(matrix.tocsr(), directed=True, connection="strong")
    largest = int(np.argmax(np.bincount(part)))
    covered = np.zeros(graph.edge_count, np.bool_)
    covered[turns.state_edge[part == largest]] = True
    if covered.all():
        return set()
    crossing = [
        (covered[turns.state_edge[state]].item() + covered[edge].item(), bar) for state, edge, bar in turns.barred
    ]
    at_border = {bar for sides, bar in crossing if sides == 1}
    return at_border or {bar for sides, bar in crossing if sides == 0} or {bar for _, bar in crossing}

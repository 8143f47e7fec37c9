"""The turn-expanded graph allows exactly the drives without a forbidden sequence."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rufbus.roads.graph import RoadGraph
from rufbus.roads.restrictions import Applied
from rufbus.roads.turn_graph import TurnGraph, drop_cutting, expand_turns

from .hand_made import grid

LONGEST = 5


def followers(graph: RoadGraph, edge: int) -> list[int]:
    return [other for other in range(graph.edge_count) if graph.edge_from[other] == graph.edge_to[edge]]


def drives_by_hand(graph: RoadGraph, forbidden) -> set[tuple[int, ...]]:
    """All drives of ``LONGEST`` edges in which no forbidden sequence occurs."""
    drives = [(edge,) for edge in range(graph.edge_count)]
    for _ in range(LONGEST - 1):
        longer = [(*drive, edge) for drive in drives for edge in followers(graph, drive[-1])]
        drives = [drive for drive in longer if not any(drive[-len(bar) :] == bar for bar in forbidden)]
    return set(drives)


def drives_by_states(graph: RoadGraph, turns: TurnGraph) -> set[tuple[int, ...]]:
    following: dict[int, list[int]] = {}
    for state, after in zip(turns.move_from.tolist(), turns.move_to.tolist(), strict=True):
        following.setdefault(state, []).append(after)
    drives = [(edge,) for edge in range(graph.edge_count)]
    for _ in range(LONGEST - 1):
        drives = [(*drive, after) for drive in drives for after in following.get(drive[-1], [])]
    return {tuple(int(turns.state_edge[state]) for state in drive) for drive in drives}


@st.composite
def graphs_with_bars(draw):
    graph = grid(2, draw(st.integers(2, 3))).build()
    bars = set()
    for _ in range(draw(st.integers(0, 4))):
        path = [draw(st.integers(0, graph.edge_count - 1))]
        for _ in range(draw(st.integers(1, 3))):
            path.append(draw(st.sampled_from(followers(graph, path[-1]))))
        bars.add(tuple(path))
    return graph, bars


@given(graphs_with_bars())
def test_drives_over_states_are_the_drives_without_forbidden_sequences(case):
    graph, bars = case
    assert drives_by_states(graph, expand_turns(graph, bars)) == drives_by_hand(graph, bars)


@given(graphs_with_bars())
def test_under_the_kept_restrictions_every_edge_reaches_every_other(case):
    graph, bars = case
    applied = [Applied(number, (bar,)) for number, bar in enumerate(sorted(bars))]
    kept, dropped = drop_cutting(graph, applied)
    assert sorted(one.id for one in kept + dropped) == [one.id for one in applied]
    turns = expand_turns(graph, {bar for one in kept for bar in one.sequences})
    reach = [edges_of(turns, states_from(turns, edge)) for edge in range(graph.edge_count)]
    assert all(len(edges) == graph.edge_count for edges in reach)


def states_from(turns: TurnGraph, start: int) -> set[int]:
    seen, queue = {start}, [start]
    while queue:
        state = queue.pop()
        for after in turns.move_to[turns.move_from == state].tolist():
            if after not in seen:
                seen.add(after)
                queue.append(after)
    return seen


def edges_of(turns: TurnGraph, states: set[int]) -> set[int]:
    return {int(edge) for edge in np.unique(turns.state_edge[sorted(states)])}


TRAP = {(0, 1), (1, 0, 4), (3, 0)}
"""On a square: edge 0 leads everywhere for who begins there, nowhere for who came over edge 1, as everybody else must."""


@given(graphs_with_bars())
@example((grid(2, 2).build(), TRAP))
def test_nothing_is_given_up_without_need(case):
    graph, bars = case
    turns = expand_turns(graph, bars)
    reach = [states_from(turns, state) for state in range(len(turns.state_edge))]
    mutual = [{other for other in each if state in reach[other]} for state, each in enumerate(reach)]
    whole = any(len(edges_of(turns, states)) == graph.edge_count for states in mutual)
    _, dropped = drop_cutting(graph, [Applied(number, (bar,)) for number, bar in enumerate(sorted(bars))])
    assert (not dropped) == whole

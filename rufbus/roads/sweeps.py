"""Costs of fastest ways between many places at once, by one walk through a hierarchy.

Every destination has a label: what the way down to it costs from each node above it. A row is what the ways from one
node to all destinations cost; it follows from the rows of the nodes above, one vector instruction for many destinations
(RPHAST, Delling, Goldberg and Werneck 2011, turned round so that rows of the matrix are written as they lie), and from
the labels at the node. Nodes are visited in preorder of the elimination tree. All nodes above one lie on its path to
the root, so a row is kept at the node's depth only, and the few rows that are alive stay in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rufbus.roads.elimination import Ints
from rufbus.roads.hierarchy import Costs, Hierarchy, Mask
from rufbus.roads.kernels import kernel
from rufbus.roads.search import MS_UNIT

COLUMNS = 2048
"""Destinations of one walk; with a row of so many at each depth the rows fill about a megabyte."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaceSweep:
    """The part of a hierarchy above some places, its nodes numbered in preorder (CSR)."""

    nodes: Ints
    """The rank of each node."""
    depth: Ints
    """How many nodes stand above each on its path to the root."""
    first: Ints
    """Length nodes + 1: below and at node ``v`` lie the places ``order[first[v]:first[v] + below[v]]``."""
    below: Ints
    order: Ints
    """The places as they lie in preorder."""
    at: Ints
    """How many of the places lie at each node itself."""
    place_node: Ints
    """The number of each place."""
    climb_start: Ints
    climb_head: Ints
    climb_cost: Costs
    fall_start: Ints
    fall_tail: Ints
    """The higher ends of the arcs that descend to a node."""
    fall_cost: Costs
    label_start: NDArray[np.int64]
    labels: Costs
    """What the way down costs from each node to each place below it, laid out as ``order``."""


def build_sweep(hierarchy: Hierarchy, places: Ints) -> PlaceSweep:
    """Return what the ways between ``places`` (nodes of the search graph) need of a hierarchy."""
    order = hierarchy.order
    ranks = order.rank[places]
    above = _above(order.up_start, order.up_head, hierarchy.up_kept, hierarchy.down_kept, ranks)
    number, size, depth_of = _preorder(order.up_start, order.up_head, above)
    nodes = np.argsort(number)[len(number) - int(above.sum()) :].astype(np.int32)
    sorted_places = np.argsort(number[ranks], kind="stable").astype(np.int32)
    position = number[ranks][sorted_places]
    numbers = np.arange(len(nodes))
    first = np.searchsorted(position, numbers)
    below = np.searchsorted(position, numbers + size[nodes]) - first
    at = np.searchsorted(position, numbers, side="right") - first
    label_start = np.cumsum(below) - below
    climb = _rows(nodes, number, order.up_start, order.up_head, hierarchy.up_cost, hierarchy.up_kept)
    fall = _rows(nodes, number, order.up_start, order.up_head, hierarchy.down_cost, hierarchy.down_kept)
    return PlaceSweep(
        nodes=nodes,
        depth=depth_of[nodes],
        first=first.astype(np.int32),
        below=below.astype(np.int32),
        order=sorted_places,
        at=at.astype(np.int32),
        place_node=number[ranks],
        climb_start=climb[0],
        climb_head=climb[1],
        climb_cost=climb[2],
        fall_start=fall[0],
        fall_tail=fall[1],
        fall_cost=fall[2],
        label_start=label_start,
        labels=_labels(*fall, first, below, at, label_start),
    )


def matrix_columns(
    sweep: PlaceSweep, begin: int, end: int, times_ms: NDArray[np.int32], lengths_dm: NDArray[np.int32]
) -> None:
    """Write the columns from ``begin`` to ``end`` of the matrices of times and lengths; -1 where no way leads."""
    heads = sweep.depth[sweep.climb_head]
    for column in range(begin, end, COLUMNS):
        _walk(
            sweep.depth,
            sweep.climb_start,
            heads,
            sweep.climb_cost,
            sweep.first,
            sweep.below,
            sweep.at,
            sweep.order,
            sweep.label_start,
            sweep.labels,
            column,
            min(column + COLUMNS, end),
            times_ms,
            lengths_dm,
        )


def costs_from(hierarchy: Hierarchy, sweep: PlaceSweep, sources: Ints, offsets: Costs) -> Costs:
    """Return the cost of the fastest way from any of ``sources`` to every node of a sweep.

    Parameters
    ----------
    hierarchy, sweep
        Weights, and the part of them to descend to.
    sources, offsets
        Nodes of the search graph at which ways begin, and what each costs to begin with.
    """
    order = hierarchy.order
    climbed = _climb(
        order.up_start, order.up_head, hierarchy.up_cost, hierarchy.up_kept, order.rank[sources], offsets, sweep.nodes
    )
    return _descend(climbed, sweep.fall_start, sweep.fall_tail, sweep.fall_cost)


def costs_to(hierarchy: Hierarchy, sweep: PlaceSweep, targets: Ints, offsets: Costs) -> Costs:
    """Return the cost of the fastest way from every node of a sweep to any of ``targets``, as :func:`costs_from`."""
    order = hierarchy.order
    climbed = _climb(
        order.up_start,
        order.up_head,
        hierarchy.down_cost,
        hierarchy.down_kept,
        order.rank[targets],
        offsets,
        sweep.nodes,
    )
    return _descend(climbed, sweep.climb_start, sweep.climb_head, sweep.climb_cost)


@kernel
def _above(up_start: Ints, up_head: Ints, up_kept: Mask, down_kept: Mask, ranks: Ints) -> Mask:
    """Return which ranks the ways from and to some ranks pass over, themselves included."""
    above = np.zeros(len(up_start) - 1, np.bool_)
    for rank in ranks:
        above[rank] = True
    for low in range(len(above)):
        if above[low]:
            for arc in range(up_start[low], up_start[low + 1]):
                if up_kept[arc] or down_kept[arc]:
                    above[up_head[arc]] = True
    return above


@kernel
def _rows(
    nodes: Ints, number: Ints, up_start: Ints, up_head: Ints, costs: Costs, kept: Mask
) -> tuple[Ints, Ints, Costs]:
    """Return the kept arcs of some nodes to the nodes above them, as CSR."""
    start, used = np.zeros(len(nodes) + 1, np.int32), 0
    for row, low in enumerate(nodes):
        used += kept[up_start[low] : up_start[low + 1]].sum()
        start[row + 1] = used
    heads, chosen, used = np.empty(used, np.int32), np.empty(used, np.float64), 0
    for low in nodes:
        for arc in range(up_start[low + 1] - 1, up_start[low] - 1, -1):
            if kept[arc]:
                heads[used], chosen[used] = number[up_head[arc]], costs[arc]
                used += 1
    return start, heads, chosen


@kernel
def _preorder(up_start: Ints, up_head: Ints, above: Mask) -> tuple[Ints, Ints, Ints]:
    """Return number (-1 for ranks left out), size of the subtree and depth of the chosen ranks, in preorder."""
    count = len(above)
    parent, number = np.full(count, count, np.int32), np.full(count, -1, np.int32)
    size, depth = np.ones(count, np.int32), np.zeros(count + 1, np.int32)
    following = np.zeros(count + 1, np.int32)
    for low in range(count):
        if above[low]:
            high = low
            while up_start[high] < up_start[high + 1]:
                high = up_head[up_start[high]]
                if above[high]:
                    parent[low] = high
                    size[high] += size[low]
                    break
    depth[count] = -1
    for low in range(count - 1, -1, -1):
        if above[low]:
            number[low] = following[parent[low]]
            following[parent[low]] += size[low]
            following[low] = number[low] + 1
            depth[low] = depth[parent[low]] + 1
    return number, size, depth


@kernel
def _labels(
    fall_start: Ints,
    fall_tail: Ints,
    fall_cost: Costs,
    first: NDArray[np.int64],
    below: NDArray[np.int64],
    at: NDArray[np.int64],
    label_start: NDArray[np.int64],
) -> Costs:
    """Return the labels: rows of nodes in turn, one entry per place below the node."""
    labels = np.full(below.sum(), np.inf)
    for node in range(len(below) - 1, -1, -1):
        mine = labels[label_start[node] : label_start[node] + below[node]]
        mine[: at[node]] = 0.0
        for arc in range(fall_start[node], fall_start[node + 1]):
            tail = fall_tail[arc]
            begin = label_start[tail] + first[node] - first[tail]
            theirs, cost = labels[begin : begin + below[node]], fall_cost[arc]
            for place in range(len(mine)):
                theirs[place] = min(theirs[place], mine[place] + cost)
    return labels


@kernel
def _walk(
    depth: Ints,
    climb_start: Ints,
    head_depth: Ints,
    climb_cost: Costs,
    first: Ints,
    below: Ints,
    at: Ints,
    order: Ints,
    label_start: NDArray[np.int64],
    labels: Costs,
    begin: int,
    end: int,
    times_ms: NDArray[np.int32],
    lengths_dm: NDArray[np.int32],
) -> None:
    """Write some columns of the matrices."""
    if len(depth) == 0:
        return
    rows = np.empty((depth.max() + 1, end - begin))
    for node in range(len(depth)):
        row = rows[depth[node]]
        _relax(row, rows, head_depth, climb_cost, climb_start[node], climb_start[node + 1])
        for entry in range(below[node]):
            column = order[first[node] + entry] - begin
            if 0 <= column < len(row):
                row[column] = min(row[column], labels[label_start[node] + entry])
        for entry in range(at[node]):
            origin = order[first[node] + entry]
            _write(row, times_ms[origin, begin:end], lengths_dm[origin, begin:end])


@kernel
def _relax(row: Costs, rows: NDArray[np.float64], head: Ints, cost: Costs, arc: int, stop: int) -> None:
    """Set a row to the best ways over the rows above, up to four of them at a time."""
    if arc == stop:
        row[:] = np.inf
        return
    if arc + 1 == stop:
        _over_one(row, rows[head[arc]], cost[arc])
        return
    _over_two(row, rows[head[arc]], cost[arc], rows[head[arc + 1]], cost[arc + 1])
    arc += 2
    while arc + 1 < stop:
        _also_over_two(row, rows[head[arc]], cost[arc], rows[head[arc + 1]], cost[arc + 1])
        arc += 2
    if arc < stop:
        _also_over_two(row, rows[head[arc]], cost[arc], rows[head[arc]], cost[arc])


@kernel
def _over_one(row: Costs, above: Costs, cost: float) -> None:
    for place in range(len(row)):
        row[place] = above[place] + cost


@kernel
def _over_two(row: Costs, above: Costs, cost: float, other: Costs, more: float) -> None:
    for place in range(len(row)):
        one, two = above[place] + cost, other[place] + more
        row[place] = min(one, two)


@kernel
def _also_over_two(row: Costs, above: Costs, cost: float, other: Costs, more: float) -> None:
    for place in range(len(row)):
        one, two = above[place] + cost, other[place] + more
        row[place] = min(row[place], one, two)


@kernel
def _write(row: Costs, times_ms: Ints, lengths_dm: Ints) -> None:
    for place in range(len(row)):
        known = row[place] < np.inf
        cost = row[place] if known else 0.0
        ms = np.floor(cost * (1.0 / MS_UNIT))
        times_ms[place] = np.int32(ms) if known else np.int32(-1)
        lengths_dm[place] = np.int32(cost - ms * MS_UNIT) if known else np.int32(-1)


@kernel
def _climb(
    up_start: Ints, up_head: Ints, climb: Costs, kept: Mask, sources: Ints, offsets: Costs, nodes: Ints
) -> Costs:
    """Return what ways cost that only climb, from any of the sources to each of ``nodes`` (ranks)."""
    costs = np.full(len(up_start) - 1, np.inf)
    for number in range(len(sources)):
        low = sources[number]
        costs[low] = min(costs[low], offsets[number])
        while up_start[low] < up_start[low + 1]:
            for arc in range(up_start[low], up_start[low + 1]):
                if kept[arc]:
                    costs[up_head[arc]] = min(costs[up_head[arc]], costs[low] + climb[arc])
            low = up_head[up_start[low]]
    return costs[nodes]


@kernel
def _descend(costs: Costs, start: Ints, tail: Ints, cost: Costs) -> Costs:
    """Return the costs with those of ways that also descend; nodes above come before those below."""
    for node in range(len(costs)):
        best = costs[node]
        for arc in range(start[node], start[node + 1]):
            best = min(best, costs[tail[arc]] + cost[arc])
        costs[node] = best
    return costs

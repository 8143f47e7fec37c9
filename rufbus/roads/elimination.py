"""The order in which a hierarchy takes nodes away, and the arcs that this leaves: topology without weights.

Taking a node away joins its remaining neighbours with each other. Whatever the weights are, a fastest way then climbs
along remaining arcs to its highest node and descends again (Dibbelt, Strasser and Wagner 2014: customizable contraction
hierarchies). The node with the fewest remaining neighbours goes first (minimum degree, Rose 1972); of those that cost
little the one with the least below it, which keeps the hierarchy low. On rural roads that leaves little more than two
arcs a node.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rufbus.roads.kernels import kernel

Ints = NDArray[np.int32]

DEGREE_WEIGHT = 4
"""How many levels of height one more neighbour is worth."""
QUEUES = 4096
"""One for each cost of a node; what costs more waits in the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """Nodes by rank, lowest first, and for each its arcs to higher ranks (CSR, ascending)."""

    rank: Ints
    """The rank of each node."""
    up_start: Ints
    """Length nodes + 1, by rank."""
    up_head: Ints
    """Ranks. The first of a row is the row's parent in the elimination tree, on whose path upwards all others lie."""

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.rank)


def eliminate(arc_start: Ints, arc_head: Ints) -> Elimination:
    """Return an elimination of the nodes of a directed graph (CSR); the same for the same graph."""
    start, neighbour = _without_direction(arc_start, arc_head)
    rank, up_start, up = _eliminate(start, neighbour)
    return Elimination(rank, up_start, _ranked(rank, up_start, up))


@kernel
def _without_direction(arc_start: Ints, arc_head: Ints) -> tuple[NDArray[np.int64], Ints]:
    """Return the neighbours of every node, ascending, each once."""
    back_start, back_tail = _turned(arc_start, arc_head)
    both_start = arc_start + back_start
    both = np.empty(2 * len(arc_head), np.int32)
    used = 0
    for node in range(len(arc_start) - 1):
        for at in range(arc_start[node], arc_start[node + 1]):
            both[used] = arc_head[at]
            used += 1
        for at in range(back_start[node], back_start[node + 1]):
            both[used] = back_tail[at]
            used += 1
    both_start, both = _turned(both_start, both)
    start, used = np.zeros(len(arc_start), np.int64), 0
    for node in range(len(arc_start) - 1):
        last = node
        for at in range(both_start[node], both_start[node + 1]):
            if both[at] != last and both[at] != node:
                last = both[at]
                both[used] = last
                used += 1
        start[node + 1] = used
    return start, both[:used]


@kernel
def _turned(start: Ints, head: Ints) -> tuple[Ints, Ints]:
    """Return for every head the rows in which it stands, ascending (CSR); turned twice, every row is in order."""
    turned_start = np.zeros(len(start), np.int32)
    for each in head:
        turned_start[each + 1] += 1
    turned_start = np.cumsum(turned_start).astype(np.int32)
    following, rows = turned_start[:-1].copy(), np.empty(len(head), np.int32)
    for row in range(len(start) - 1):
        for at in range(start[row], start[row + 1]):
            rows[following[head[at]]] = row
            following[head[at]] += 1
    return turned_start, rows


@kernel
def _eliminate(start: NDArray[np.int64], neighbour: Ints) -> tuple[Ints, Ints, Ints]:
    """Return ranks, and by rank the remaining neighbours (nodes) at the moment each node went.

    Nodes wait in queues by what they cost. Who has become cheaper changes its queue at once, who has become dearer only
    when its turn comes.
    """
    count = len(start) - 1
    size, begin = start[1:] - start[:-1], start[:-1].copy()
    room = size.copy()
    pool = np.concatenate((neighbour, np.empty(4 * len(neighbour) + 64, np.int32)))
    used = len(neighbour)
    level = np.zeros(count, np.int64)
    seen = np.full(count, -1, np.int64)
    rank = np.full(count, -1, np.int32)
    up_start = np.zeros(count + 1, np.int32)
    up = np.empty(2 * len(neighbour) + 64, np.int32)
    links = _empty_queues(count)
    waits = np.empty(count, np.int64)
    for node in range(count):
        waits[node] = _cost(size[node], 0)
        _enqueue(links, node, count + waits[node])
    taken, filled, stamp, cheapest = 0, 0, 0, 0
    while taken < count:
        node = links[count + cheapest, 1]
        if node >= count:
            cheapest += 1
            continue
        _dequeue(links, node)
        waits[node] = _cost(size[node], level[node])
        if waits[node] > cheapest:
            _enqueue(links, node, count + waits[node])
            continue
        if filled + size[node] > len(up):
            up = np.concatenate((up, np.empty(len(up) + size[node], np.int32)))
        around = up[filled : filled + size[node]]
        for at in range(len(around)):
            around[at] = pool[begin[node] + at]
        filled += len(around)
        rank[node] = taken
        taken += 1
        up_start[taken] = filled
        for other in around:
            level[other] = max(level[other], level[node] + 1)
            most = size[other] + len(around)
            if most > room[other]:
                if used + most > len(pool):
                    pool = np.concatenate((pool, np.empty(len(pool) + most, np.int32)))
                for at in range(size[other]):
                    pool[used + at] = pool[begin[other] + at]
                begin[other], room[other] = used, most
                used += most
            stamp += 1
            size[other] = _join(pool, begin[other], size[other], node, around, other, seen, stamp)
            cost = _cost(size[other], level[other])
            if cost < waits[other]:
                _dequeue(links, other)
                _enqueue(links, other, count + cost)
                waits[other] = cost
                cheapest = min(cheapest, cost)
    return rank, up_start, up[:filled]


@kernel
def _cost(size: int, level: int) -> int:
    """Return the queue in which a node with so many remaining neighbours waits."""
    return min(size * DEGREE_WEIGHT + level, QUEUES - 1)


@kernel
def _empty_queues(count: int) -> Ints:
    """Return who stands before and after each node, and behind the nodes the last and the first of each queue.

    A queue is a ring through its own entry.
    """
    links = np.empty((count + QUEUES, 2), np.int32)
    for each in range(len(links)):
        links[each, 0] = links[each, 1] = each
    return links


@kernel
def _enqueue(links: Ints, node: int, queue: int) -> None:
    before = links[queue, 0]
    links[node, 0], links[node, 1] = before, queue
    links[before, 1] = links[queue, 0] = node


@kernel
def _dequeue(links: Ints, node: int) -> None:
    before, after = links[node, 0], links[node, 1]
    links[before, 1], links[after, 0] = after, before


@kernel
def _join(
    pool: Ints, begin: int, size: int, gone: int, around: Ints, other: int, seen: NDArray[np.int64], stamp: int
) -> int:
    """Drop the node that went from a neighbour's list and add those around it; return the list's new length."""
    seen[other] = seen[gone] = stamp
    end = begin
    for at in range(begin, begin + size):
        if pool[at] != gone:
            pool[end] = pool[at]
            seen[pool[at]] = stamp
            end += 1
    for node in around:
        if seen[node] != stamp:
            pool[end] = node
            end += 1
    return end - begin


@kernel
def _ranked(rank: Ints, up_start: Ints, up: Ints) -> Ints:
    """Return the neighbours as ranks, ascending in each row."""
    _, heads = _turned(*_turned(up_start, rank[up]))
    return heads

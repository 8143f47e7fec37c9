"""A contraction hierarchy: an elimination with weights, of which only the arcs that matter are used.

The weights of arcs come from the arcs below (customization) and are then lowered to the true distances of their ends.
An arc is dropped when a way over a third node is as good. That keeps a fastest way that climbs and descends for every
pair of nodes, even where arcs cost nothing: let ``top`` be the highest node on any fastest way from ``s`` to ``t``. On
the climb at ``v`` take, of the arcs to a higher ``x`` on a fastest way to ``top`` with only lower nodes between, the
one that costs least. Were it dropped for a ``y`` with ``y → x`` above zero, the first node above ``v`` on the way to
``y`` would cost less still. The descent is the mirror image. Therefore ties drop an arc only where the rest of the
detour costs something.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rufbus.roads.elimination import Elimination, Ints, eliminate
from rufbus.roads.kernels import kernel
from rufbus.roads.search import SearchGraph

Costs = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Weights of an elimination's arcs, in the unit of the search graph; infinite where no way leads."""

    order: Elimination
    up_cost: Costs
    """The true distance from the lower to the higher end of each arc."""
    down_cost: Costs
    """The same from the higher to the lower end."""
    up_kept: Mask
    """Whether the arc is needed when climbing."""
    down_kept: Mask


def build_hierarchy(search: SearchGraph) -> Hierarchy:
    """Return a hierarchy of a search graph."""
    return weigh(eliminate(search.arc_start, search.arc_head), search)


def weigh(order: Elimination, search: SearchGraph) -> Hierarchy:
    """Return the hierarchy of a search graph in a given order.

    ``order`` is the elimination of a graph with the same nodes and at least the same arcs, whatever their costs.
    """
    up, down = _place(order.rank, order.up_start, order.up_head, search.arc_start, search.arc_head, search.arc_cost)
    _customize(order.up_start, order.up_head, up, down)
    up_kept, down_kept = np.isfinite(up), np.isfinite(down)
    _perfect(order.up_start, order.up_head, up, down, up_kept, down_kept)
    return Hierarchy(order, up, down, up_kept, down_kept)


@kernel
def _place(
    rank: Ints, up_start: Ints, up_head: Ints, arc_start: Ints, arc_head: Ints, arc_cost: Costs
) -> tuple[Costs, Costs]:
    """Return the costs of the arcs as they are, upwards and downwards."""
    up, down = np.full(len(up_head), np.inf), np.full(len(up_head), np.inf)
    for tail in range(len(arc_start) - 1):
        for arc in range(arc_start[tail], arc_start[tail + 1]):
            one, other = rank[tail], rank[arc_head[arc]]
            low, high = min(one, other), max(one, other)
            slot = up_start[low] + np.searchsorted(up_head[up_start[low] : up_start[low + 1]], high)
            if one < other:
                up[slot] = min(up[slot], arc_cost[arc])
            else:
                down[slot] = min(down[slot], arc_cost[arc])
    return up, down


@kernel
def _customize(up_start: Ints, up_head: Ints, up: Costs, down: Costs) -> None:
    """Lower each arc to the best way over lower nodes, lowest nodes first."""
    for low in range(len(up_start) - 1):
        for one in range(up_start[low], up_start[low + 1]):
            slot = up_start[up_head[one]]
            for other in range(one + 1, up_start[low + 1]):
                while up_head[slot] != up_head[other]:
                    slot += 1
                up[slot] = min(up[slot], down[one] + up[other])
                down[slot] = min(down[slot], down[other] + up[one])


@kernel
def _perfect(up_start: Ints, up_head: Ints, up: Costs, down: Costs, up_kept: Mask, down_kept: Mask) -> None:
    """Lower each arc to the true distance of its ends, highest nodes first, and drop those not needed.

    There is nothing to predict in which arcs are lowered, so nothing here is done only on a condition.
    """
    closing = np.empty(_most_triangles(up_start), np.int32)
    for low in range(len(up_start) - 2, -1, -1):
        end, found = up_start[low + 1], 0
        for one in range(up_start[low], end):
            slot = up_start[up_head[one]]
            for other in range(one + 1, end):
                while up_head[slot] != up_head[other]:
                    slot += 1
                closing[found] = slot
                found += 1
                climb, descend = up[slot], down[slot]
                _lower(up, up_kept, other, up[one] + climb)
                _lower(up, up_kept, one, up[other] + descend)
                _lower(down, down_kept, other, descend + down[one])
                _lower(down, down_kept, one, climb + down[other])
        found = 0
        for one in range(up_start[low], end):
            for other in range(one + 1, end):
                climb, descend = up[closing[found]], down[closing[found]]
                found += 1
                _keep(up, up_kept, other, up[one] + climb, climb)
                _keep(up, up_kept, one, up[other] + descend, descend)
                _keep(down, down_kept, other, descend + down[one], descend)
                _keep(down, down_kept, one, climb + down[other], climb)


@kernel
def _most_triangles(up_start: Ints) -> int:
    """Return how many pairs of arcs a row has at most."""
    most = 0
    for low in range(len(up_start) - 1):
        size = up_start[low + 1] - up_start[low]
        most = max(most, size * (size - 1) // 2)
    return most


@kernel
def _lower(costs: Costs, kept: Mask, arc: int, cost: float) -> None:
    kept[arc] &= cost >= costs[arc]
    costs[arc] = min(costs[arc], cost)


@kernel
def _keep(costs: Costs, kept: Mask, arc: int, detour: float, rest: float) -> None:
    """Drop an arc if the detour is as good and its rest costs something."""
    kept[arc] &= (rest <= 0) | (detour > costs[arc])

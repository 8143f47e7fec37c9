"""From decimals to the solver's integers, so that what is feasible in integers is feasible in the file's numbers.

Travel and service times are rounded up, windows inwards. The times of an integer schedule, divided by the scale, are
then times that keep every rule exactly; nothing hangs on a tolerance. Rounding up keeps the triangle inequality, and
what is lost is below one unit an arc: a solution in the file's numbers is kept if it has that much slack, or if its
tight arcs are whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rufbus.bench.instances.draft import Draft, Node
from solver.problem import UNREACHABLE_S

FINEST = 10**5
"""Units in one of the file's, at most."""


def choose_scale(draft: Draft) -> int:
    """Return how many of the solver's units make one of the file's: a power of ten, 1 for whole travel times.

    The kernels take ``UNREACHABLE_S`` and more for a way without a road, so all moments must lie below it.
    """
    if draft.matrix is not None:
        return 1
    nodes = list_nodes(draft)
    sides = [max(values) - min(values) for values in ([node.x for node in nodes], [node.y for node in nodes])]
    latest = max(abs(value) for node in nodes for value in (node.earliest, node.latest))
    most = max(latest, 2 * max(sides), Decimal(1))
    scale = FINEST
    while scale > 1 and most * scale >= UNREACHABLE_S:
        scale //= 10
    return scale


def list_nodes(draft: Draft) -> list[Node]:
    """Return the nodes by number; the end depot, when it is not the start, comes last."""
    nodes = [draft.start, *(node for pair in draft.pairs for node in (pair.pickup, pair.dropoff))]
    if draft.end.number != draft.start.number:
        nodes.append(draft.end)
    return sorted(nodes, key=lambda node: node.number)


def scale_up(value: Decimal, scale: int) -> int:
    """Return a number in the solver's units, rounded up."""
    return math.ceil(Fraction(value) * scale)


def scale_down(value: Decimal, scale: int) -> int:
    """Return a number in the solver's units, rounded down."""
    return math.floor(Fraction(value) * scale)


def measure_plane(nodes: Sequence[Node], scale: int) -> NDArray[np.int32]:
    """Return the Euclidean travel times between all nodes in the solver's units, rounded up from exact roots."""
    decimals = max(-int(value.as_tuple().exponent) for node in nodes for value in (node.x, node.y))
    per_unit = 10 ** max(0, decimals)
    points = [(int(node.x * per_unit), int(node.y * per_unit)) for node in nodes]
    times = np.zeros((len(points), len(points)), dtype=np.int32)
    for row, (x, y) in enumerate(points):
        for column in range(row):
            square = (x - points[column][0]) ** 2 + (y - points[column][1]) ** 2
            times[row, column] = times[column, row] = _root_up(square * scale**2, per_unit**2)
    return times


def _root_up(numerator: int, denominator: int) -> int:
    """Return the least whole number whose square is at least the fraction."""
    root = math.isqrt(numerator // denominator)
    return root if root * root * denominator >= numerator else root + 1

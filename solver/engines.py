"""The engines that take turns, each behind the same few arguments."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, zip_longest

import numpy as np

from .check import violations
from .contest import Effort, Ground
from .cost import plan_cost
from .plan import Plan
from .pool import TourPool, remember_tour
from .recombine import MOST_TOURS, recombine
from .routing_model import solve_routing
from .ruin_recreate import ruin_recreate

SEED_STRIDE = 1_000_003
"""Between the seeds of searches side by side, so that they do not meet those of the next turn."""


def search_routes(ground: Ground, plan: Plan, effort: Effort) -> Plan | None:
    """Search with OR-Tools (see :mod:`.routing_model`)."""
    return solve_routing(
        ground.problem,
        plan,
        seconds=effort.left_s,
        iterations=effort.iterations,
        seed=effort.seed,
        should_stop=effort.asked_to_stop,
    )


def recombine_tours(ground: Ground, plan: Plan, effort: Effort) -> Plan | None:
    """Choose among all tours that were found so far (see :mod:`.recombine`)."""
    if violations(ground.problem, plan):
        return None
    return recombine(plan, ground.pool, seconds=effort.left_s, seed=effort.seed, is_over=effort.asked_to_stop)


def ruin_and_recreate(ground: Ground, plan: Plan, effort: Effort) -> Plan | None:
    """Search by ruin and recreate (see :mod:`.ruin_recreate`), with as many searches side by side as there are threads.

    A search that fails costs only what it would have found, as long as another one comes back.
    """
    if ground.threads == 1:
        return _search(ground, plan, effort, effort.seed, ground.pool)
    pools = [TourPool(ground.packed) for _ in range(ground.threads)]
    with ThreadPoolExecutor(ground.threads) as threads:
        searches = [
            threads.submit(_search, ground, plan, effort, effort.seed + number * SEED_STRIDE, pool)
            for number, pool in enumerate(pools)
        ]
    found = [search.result() for search in searches if search.exception() is None]
    if not found:
        return searches[0].result()
    join_pools(ground.pool, pools)
    return min(found, key=lambda each: (len(each.unserved), plan_cost(ground.problem, each)))


def _search(ground: Ground, plan: Plan, effort: Effort, seed: int, pool: TourPool) -> Plan:
    return ruin_recreate(
        ground.packed,
        plan,
        iterations=effort.iterations,
        seconds=effort.left_s,
        seed=seed,
        should_stop=effort.asked_to_stop,
        stopwatch=effort.stopwatch,
        pool=pool,
    )


def join_pools(pool: TourPool, others: Sequence[TourPool]) -> None:
    """Put the newest tours of other pools into ``pool``, in turn, so that none of them makes all others look old."""
    newest = [reversed(list(other)[-(MOST_TOURS // len(others)) :]) for other in others]
    for pooled in reversed(list(chain.from_iterable(zip_longest(*newest)))):
        if pooled is not None:
            codes = np.array(pooled.tour, dtype=np.int64)
            remember_tour(pool.arrays, pooled.kind, pooled.cost, codes, len(codes))

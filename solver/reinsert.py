"""Quick, simple improvement: rides and whole tours are taken out and put back where they cost least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Packed
from .contest import Effort, Ground
from .cost import tour_cost
from .insertion import cheapest_insertions, take_out, with_insertion
from .plan import Plan
from .problem import dropoff_of


def reinsert(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    """Take each ride out and put it back where it costs least, then all rides of each tour, until nothing gains.

    Rides that nobody serves yet are taken in first. Rides aboard and rides with a locked visit keep their places.
    """
    packed, problem = ground.packed, ground.problem
    locked = {code // 2 for shift in problem.shifts for code in shift.locked}
    order = np.random.default_rng(effort.seed).permutation(len(problem.rides)).tolist()
    free = [ride for ride in order if problem.rides[ride].aboard is None and ride not in locked]
    free.sort(key=lambda ride: ride not in plan.unserved)
    groups = len(free) + len(problem.shifts)
    tried, since_gain = 0, 0
    while since_gain < groups and not effort.is_spent(tried):
        turn = tried % groups
        rides = free[turn : turn + 1]
        if turn >= len(free):
            rides = [ride for ride in free if dropoff_of(ride) in plan.tours[turn - len(free)]]
        moved = _move(packed, plan, rides)
        tried, since_gain = tried + 1, 0 if moved else since_gain + 1
        plan = moved or plan
    return plan


def _move(packed: Packed, plan: Plan, rides: Sequence[int]) -> Plan | None:
    """Return the plan with each of ``rides`` at its cheapest place, or ``None`` when that gains nothing."""
    moved = take_out(packed, plan, rides)
    if moved is None:
        return None
    saved = sum(
        tour_cost(packed.problem, shift, before) - tour_cost(packed.problem, shift, after)
        for shift, (before, after) in enumerate(zip(plan.tours, moved.tours, strict=True))
        if before != after
    )
    for ride in rides:
        found = cheapest_insertions(packed, moved, ride)
        if not found:
            return None
        saved -= found[0].cost
        moved = with_insertion(moved, ride, found[0])
    return moved if saved > 0 or len(moved.unserved) < len(plan.unserved) else None

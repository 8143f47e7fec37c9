"""Make room for one more ride where no plain insertion does: others change their places, nobody loses one.

First ejection chains: a ride gives up its place to the new one and is inserted elsewhere, if need be in the place of a
third. Then ruin and recreate around the new ride: some neighbours in time are taken out together, the new ride goes in
first and the others after it, in an order drawn by chance. Bounds stay bounds: every ride that was served is served
within its windows, locked visits stay locked, and the checker has the last word.

Ejection chains follow Glover (*Ejection chains, reference structures and alternating path methods*, 1996); for requests
with pickup and delivery see Nagata and Kobayashi (*A memetic algorithm for the pickup and delivery problem with time
windows*, 2010), who eject to save vehicles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Packed
from .check import violations
from .cost import tour_cost
from .insertion import cheapest_insertions, pack_plan, repack_plan, with_insertion, without_ride
from .plan import Plan
from .problem import Problem, ProblemError, pickup_of

CHAIN_WIDTH = 24
"""How many half-done chains are followed to a third ride."""
LEAST_RUINED, MOST_RUINED = 2, 8
"""How many neighbours are taken out together."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A plan with one more ride."""

    plan: Plan
    ride: int
    """The one of the wanted rides that it serves."""
    cost: int
    """What it adds to the plan's cost."""
    tries: int
    """Insertions tried until it was found."""


def make_room(
    packed: Packed,
    plan: Plan,
    wanted: Sequence[int],
    *,
    tries: int,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Repair | None:
    """Return a plan that serves one of ``wanted`` and every ride that ``plan`` serves, or ``None``.

    Parameters
    ----------
    packed, plan
        A plan without violations.
    wanted
        Numbers of rides that the plan leaves unserved; one of them is to be served, they are alternatives.
    tries
        How many insertions may be tried. With the same number the same arguments give the same plan.
    seed
        Decides what is ruined.
    should_stop
        Asked before each try; when it returns true, what has been found by then counts.

    Raises
    ------
    ProblemError
        When a wanted ride is served already.
    """
    if set(wanted) - set(plan.unserved):
        raise ProblemError(
            f"rides {sorted(set(wanted) - set(plan.unserved))} are served already: ask for unserved ones"
        )
    search = _Search(packed, plan, tries, should_stop)
    try:
        found = search.insert(wanted) or search.chain(plan, wanted, frozenset(wanted), depth=2)
        found = found or search.ruin_and_recreate(wanted, np.random.default_rng(seed))
    except _OutOfTries:
        found = search.best
    if found is None or violations(packed.problem, found):
        return None
    ride = next(ride for ride in wanted if ride not in found.unserved)
    return Repair(found, ride, _added(packed.problem, plan, found), tries - search.tries_left)


class _OutOfTries(Exception):
    """No try is left."""


class _Search:
    """One search for room; it keeps the plan that was looked at last in packed form."""

    def __init__(self, packed: Packed, plan: Plan, tries: int, should_stop: Callable[[], bool]) -> None:
        self.problem = packed.problem
        self.given = plan
        self.tries_left = tries
        self.best: Plan | None = None
        self._should_stop = should_stop
        self._state = pack_plan(packed, plan)
        self._fixed = {code // 2 for shift in self.problem.shifts for code in shift.locked}
        self._fixed |= {number for number, ride in enumerate(self.problem.rides) if ride.aboard is not None}

    def insert(self, wanted: Sequence[int]) -> Plan | None:
        """Return the given plan with the wanted ride that costs least where it fits as it is."""
        for ride in wanted:
            self._keep(self._place(self.given, ride))
        return self.best

    def chain(self, plan: Plan, wanted: Sequence[int], barred: frozenset[int], depth: int) -> Plan | None:
        """Return the cheapest plan in which one ride makes room, or else the first in which a second one does."""
        half_done: list[tuple[Plan, int]] = []
        for out in self._neighbours(plan, wanted, barred):
            rest = _without(plan, out)
            for ride in wanted:
                taken = self._place(rest, ride)
                if taken is None:
                    continue
                whole = self._place(taken, out)
                self._keep(whole)
                half_done += [(taken, out)] if whole is None else []
        if self.best is not None or depth == 1:
            return self.best
        for taken, out in half_done[:CHAIN_WIDTH]:
            if (found := self.chain(taken, [out], barred | {out}, depth - 1)) is not None:
                return found
        return None

    def ruin_and_recreate(self, wanted: Sequence[int], chance: np.random.Generator) -> Plan | None:
        """Return the first plan in which some neighbours, taken out together, leave room for all."""
        around = list(self._neighbours(self.given, wanted, frozenset(wanted)))
        while len(around) >= LEAST_RUINED:
            count = int(chance.integers(LEAST_RUINED, min(MOST_RUINED, len(around)) + 1))
            pull = 1 / (1 + np.arange(len(around)))
            ruined = chance.choice(len(around), size=count, replace=False, p=pull / pull.sum()).tolist()
            rest = self.given
            for number in ruined:
                rest = _without(rest, around[number])
            wish = wanted[int(chance.integers(len(wanted)))]
            order = [around[ruined[n]] for n in chance.permutation(count)]
            if (found := self._place_all(rest, [wish, *order])) is not None:
                return found
        return None

    def _place_all(self, plan: Plan, rides: Sequence[int]) -> Plan | None:
        for ride in rides:
            placed = self._place(plan, ride)
            if placed is None:
                return None
            plan = placed
        return plan

    def _place(self, plan: Plan, ride: int) -> Plan | None:
        """Return the plan with a ride at its cheapest place."""
        if self.tries_left <= 0 or self._should_stop():
            raise _OutOfTries
        self.tries_left -= 1
        self._state = repack_plan(self._state, plan)
        found = cheapest_insertions(self._state.packed, self._state, ride)
        return with_insertion(plan, ride, found[0]) if found else None

    def _keep(self, plan: Plan | None) -> None:
        if plan is not None and (
            self.best is None or _added(self.problem, self.given, plan) < _added(self.problem, self.given, self.best)
        ):
            self.best = plan

    def _neighbours(self, plan: Plan, wanted: Sequence[int], barred: Collection[int]) -> Iterator[int]:
        """Yield the rides that can change their place and are under way when a wanted one would be, nearest first."""
        wishes = [self.problem.rides[ride] for ride in wanted]
        opens = min(wish.pickup_window.earliest for wish in wishes)
        shuts = max(min(wish.dropoff_window.latest, wish.pickup_window.latest + wish.max_ride_s) for wish in wishes)
        ranked = []
        for ride in (
            code // 2 for tour in plan.tours for code in tour if code % 2 and code < 2 * len(self.problem.rides)
        ):
            each = self.problem.rides[ride]
            if ride in barred or ride in self._fixed:
                continue
            if each.pickup_window.earliest <= shuts and each.dropoff_window.latest >= opens:
                ranked.append((abs(each.pickup_window.earliest - opens), ride))
        return (ride for _, ride in sorted(ranked))


def _without(plan: Plan, ride: int) -> Plan:
    """Return the plan without a ride that it serves; tours that do not have it stay the same objects."""
    shift = next(number for number, tour in enumerate(plan.tours) if pickup_of(ride) in tour)
    rest = plan.with_tour(shift, without_ride(plan.tours[shift], ride))
    return Plan(rest.tours, (*rest.unserved, ride))


def _added(problem: Problem, before: Plan, after: Plan) -> int:
    """Return what a change adds to the cost of a plan."""
    return sum(
        tour_cost(problem, shift, new) - tour_cost(problem, shift, old)
        for shift, (old, new) in enumerate(zip(before.tours, after.tours, strict=True))
        if old is not new
    )

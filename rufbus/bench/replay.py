"""A dynamic dial-a-ride day, replayed: each request is inserted when it becomes known, and the rest improved after it.

A van waits where it is and leaves for its next visit just in time for the earliest begin, or for the latest; what it
has left for is done. Everything else may still change. At each moment the solver gets the day that is left: vans from
where they are free, riders aboard.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from rufbus.bench.instances.instance import Instance
from rufbus.bench.instances.scale import scale_up
from rufbus.bench.recompute import recompute
from rufbus.bench.solving import Effort, Outcome, improve
from rufbus.domain.errors import InvalidInput
from solver.check import violations
from solver.insertion import cheapest_insertions, with_insertion
from solver.plan import Plan
from solver.problem import Aboard, CapacityRow, Problem, Shift
from solver.schedule import earliest_schedule

DEFAULT_ITERATIONS = 200
"""Iterations of the engine after each moment at which requests become known."""
NEVER = 2**40


class Leaving(StrEnum):
    """When a van leaves for its next visit."""

    EARLIEST = "earliest"
    """Just in time for the earliest begin that its tour allows."""
    LATEST = "latest"
    """As late as its tour allows, so that as much as possible is known by then."""


@dataclass(slots=True)
class _Van:
    """Where one van is, what it has done, and what it is to do."""

    place: int
    free_at: int
    end_by: int
    left_at: int | None = None
    """When it left the depot."""
    aboard: dict[int, int] = field(default_factory=dict)
    """End of the pickup service by ride."""
    done: list[tuple[int, int]] = field(default_factory=list)
    """Visit codes of the whole instance with the begins of their services."""
    tour: tuple[int, ...] = ()


def replay(instance: Instance, effort: Effort, leaving: Leaving = Leaving.EARLIEST) -> Outcome:
    """Return what becomes of a day; without seconds it is the same for the same seed.

    ``effort`` is for each moment at which requests become known; its seconds are those of the whole instance.
    """
    started_s = time.perf_counter()
    day = _Day(instance, effort, leaving)
    moments = sorted(set(day.known_at))
    for now in moments:
        day.advance(now)
        day.take_in([ride for ride, known_at in enumerate(day.known_at) if known_at == now], now, len(moments))
    day.advance(NEVER)
    return day.close(time.perf_counter() - started_s)


def make_replay(leaving: str) -> Callable[[Instance, Effort], Outcome]:
    """Return :func:`replay` with vans that leave as ``leaving`` says.

    Raises
    ------
    InvalidInput
        When that is no such word.
    """
    if leaving not in set(Leaving):
        raise InvalidInput(f"--leave {leaving}: choose one of {', '.join(Leaving)}.")
    return partial(replay, leaving=Leaving(leaving))


class _Day:
    def __init__(self, instance: Instance, effort: Effort, leaving: Leaving) -> None:
        self.instance, self.problem, self.effort = instance, instance.problem, effort
        self.find_begin = self._find_earliest if leaving is Leaving.EARLIEST else self._find_latest
        self.known_at = [scale_up(pair.known_at, instance.scale) for pair in instance.draft.pairs]
        self.vans = [_Van(shift.start, shift.start_at, shift.end_by) for shift in instance.problem.shifts]
        self.planned_at = 0
        """When the tours were made."""
        self.refused: list[int] = []
        self.faults: list[str] = []
        self.notes: list[str] = []

    def advance(self, now: int) -> None:
        """Let every van begin the visits for which it has to leave before ``now``."""
        for number, van in enumerate(self.vans):
            while van.tour and (begin := self.find_begin(number, now)) is not None:
                self._visit(van, van.tour[0], begin)

    def take_in(self, new: Sequence[int], now: int, moments: int) -> None:
        """Insert what has become known, improve all tours, and refuse what even then has no place."""
        rides = sorted({*new, *(code // 2 for van in self.vans for code in van.tour)})
        self.planned_at = now
        left = self._problem_left(rides, now)
        local = {ride: number for number, ride in enumerate(rides)}
        tours = tuple(tuple(2 * local[code // 2] + code % 2 for code in van.tour) for van in self.vans)
        plan = Plan(tours, tuple(local[ride] for ride in new))
        for ride in plan.unserved:
            found = cheapest_insertions(left, plan, ride)
            plan = with_insertion(plan, ride, found[0]) if found else plan
        improved = improve(left, plan, self._effort(now, moments))
        self.notes += improved.failed
        self.faults += [f"at {now}: {violation.detail}" for violation in violations(left, improved.plan)]
        self.refused += [rides[ride] for ride in improved.plan.unserved]
        for van, tour in zip(self.vans, improved.plan.tours, strict=True):
            van.tour = tuple(2 * rides[code // 2] + code % 2 for code in tour)

    def close(self, wall_s: float) -> Outcome:
        """Return the day in the numbers of the file, judged from the file with the times it really had."""
        pairs, scale = self.instance.draft.pairs, self.instance.scale
        routes = self.instance.to_routes(Plan(tuple(tuple(code for code, _ in van.done) for van in self.vans)))
        begins = [[begin / scale for _, begin in van.done] for van in self.vans if van.done]
        unserved = [node.number for ride in self.refused for node in (pairs[ride].pickup, pairs[ride].dropoff)]
        again = recompute(self.instance.draft.path, routes, unserved=unserved, begins=begins)
        return Outcome(
            routes,
            unserved,
            again.cost,
            again.vehicles,
            wall_s,
            self.effort.iterations,
            (*self.faults, *again.faults),
            tuple(self.notes),
            more={"begins": begins, "served": len(pairs) - len(self.refused), "requests": len(pairs)},
        )

    def _effort(self, now: int, moments: int) -> Effort:
        seconds = None if self.effort.seconds is None else self.effort.seconds / moments
        return replace(self.effort, seconds=seconds, seed=self.effort.seed + now)

    def _place(self, code: int) -> int:
        ride = self.problem.rides[code // 2]
        return ride.dropoff if code % 2 else ride.pickup

    def _find_earliest(self, number: int, now: int) -> int | None:
        """Return when the next visit of a van begins that leaves just in time, ``None`` when it leaves after now."""
        van = self.vans[number]
        begin = self._begin_from(number, max(van.free_at, self.planned_at))
        if begin is None or begin - int(self.problem.travel_s[van.place, self._place(van.tour[0])]) >= now:
            return None
        return begin

    def _find_latest(self, number: int, now: int) -> int | None:
        """Return when the next visit of a van begins that leaves as late as it can, ``None`` when that is after now."""
        van = self.vans[number]
        waits_from, leaves_by = max(van.free_at, self.planned_at), min(now, van.end_by)
        if now <= waits_from or (now == leaves_by and self._begin_from(number, now) is not None):
            return None
        latest = bisect_left(
            range(waits_from + 1, leaves_by + 1), x=True, key=lambda at: self._begin_from(number, at) is None
        )
        return self._begin_from(number, waits_from + latest)

    def _begin_from(self, number: int, start_at: int) -> int | None:
        """Return when the next visit of a van begins if it stays until ``start_at``, ``None`` if that is too late."""
        van = self.vans[number]
        rides = sorted({code // 2 for code in van.tour})
        local = {ride: n for n, ride in enumerate(rides)}
        left = [replace(self.problem.rides[r], aboard=_aboard(0, van.aboard.get(r)), shifts=None) for r in rides]
        shift = replace(self._shift_left(van, self.problem.shifts[number], self.planned_at), start_at=start_at)
        tour = tuple(2 * local[code // 2] + code % 2 for code in van.tour)
        times = earliest_schedule(Problem(self.problem.travel_s, tuple(left), (shift,)), 0, tour)
        return None if times is None else times.begin[0]

    def _visit(self, van: _Van, code: int, begin: int) -> None:
        ride = self.problem.rides[code // 2]
        leaves_at = begin - int(self.problem.travel_s[van.place, self._place(code)])
        van.free_at = begin + (ride.dropoff_service_s if code % 2 else ride.pickup_service_s)
        van.place = self._place(code)
        if code % 2:
            del van.aboard[code // 2]
        else:
            van.aboard[code // 2] = van.free_at
        longest = self.problem.shifts[0].max_duration_s
        if van.left_at is None:
            van.left_at = leaves_at
            van.end_by = van.end_by if longest is None else min(van.end_by, leaves_at + longest)
        van.done.append((code, begin))
        van.tour = van.tour[1:]

    def _problem_left(self, rides: Sequence[int], now: int) -> Problem:
        """Return the problem of what is left to do."""
        boarded = {ride: (number, at) for number, van in enumerate(self.vans) for ride, at in van.aboard.items()}
        left = tuple(replace(self.problem.rides[ride], aboard=_aboard(*boarded.get(ride, (0, None)))) for ride in rides)
        vans = zip(self.vans, self.problem.shifts, strict=True)
        return Problem(self.problem.travel_s, left, tuple(self._shift_left(van, shift, now) for van, shift in vans))

    def _shift_left(self, van: _Van, shift: Shift, now: int) -> Shift:
        """Return what is left of a shift; a van that must have gone home by now takes nobody any more."""
        start_at = max(van.free_at, now)
        if not van.tour and start_at + int(self.problem.travel_s[van.place, shift.end]) > van.end_by:
            closed = tuple(CapacityRow(row.coefficients, 0) for row in shift.capacity)
            return replace(
                shift, start=shift.end, start_at=start_at, end_by=start_at, capacity=closed, max_duration_s=None
            )
        longest = shift.max_duration_s if van.left_at is None else None
        return replace(shift, start=van.place, start_at=start_at, end_by=van.end_by, max_duration_s=longest)


def _aboard(shift: int, boarded_at: int | None) -> Aboard | None:
    return None if boarded_at is None else Aboard(shift, boarded_at)

"""A dynamic dial-a-ride day, replayed: each request is inserted when it becomes known, and the rest improved after it.

A van waits where it is and leaves for its next visit just in time; what it has left for is done. Everything else may
still change. At each moment the solver gets the day that is left: vans from where they are free, riders aboard.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rufbus.bench.instances.instance import Instance
from rufbus.bench.instances.scale import scale_up
from rufbus.bench.recompute import recompute
from rufbus.bench.solving import Effort, Outcome, improve
from solver.check import violations
from solver.insertion import cheapest_insertions, with_insertion
from solver.plan import Plan
from solver.problem import Aboard, CapacityRow, Problem, Shift
from solver.schedule import earliest_schedule

DEFAULT_ITERATIONS = 200
"""Iterations of the engine after each moment at which requests become known."""
NEVER = 2**40


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
    begins: tuple[int, ...] = ()


def replay(instance: Instance, effort: Effort) -> Outcome:
    """Return what becomes of a day; without seconds it is the same for the same seed.

    ``effort`` is for each moment at which requests become known; its seconds are those of the whole instance.
    """
    started_s = time.perf_counter()
    day = _Day(instance, effort)
    moments = sorted(set(day.known_at))
    for now in moments:
        day.advance(now)
        day.take_in([ride for ride, known_at in enumerate(day.known_at) if known_at == now], now, len(moments))
    day.advance(NEVER)
    return day.close(time.perf_counter() - started_s)


class _Day:
    def __init__(self, instance: Instance, effort: Effort) -> None:
        self.instance, self.problem, self.effort = instance, instance.problem, effort
        self.known_at = [scale_up(pair.known_at, instance.scale) for pair in instance.draft.pairs]
        self.vans = [_Van(shift.start, shift.start_at, shift.end_by) for shift in instance.problem.shifts]
        self.refused: list[int] = []
        self.faults: list[str] = []
        self.notes: list[str] = []

    def advance(self, now: int) -> None:
        """Let every van begin the visits for which it has left before ``now``."""
        for van in self.vans:
            while van.tour:
                code, begin = van.tour[0], van.begins[0]
                leaves_at = begin - int(self.problem.travel_s[van.place, self._place(code)])
                if leaves_at >= now:
                    break
                self._visit(van, code, begin, leaves_at)

    def take_in(self, new: Sequence[int], now: int, moments: int) -> None:
        """Insert what has become known, improve all tours, and refuse what even then has no place."""
        rides = sorted({*new, *(code // 2 for van in self.vans for code in van.tour)})
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
        for number, (van, tour) in enumerate(zip(self.vans, improved.plan.tours, strict=True)):
            times = earliest_schedule(left, number, tour)
            van.tour = tuple(2 * rides[code // 2] + code % 2 for code in tour)
            van.begins = () if times is None else times.begin

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

    def _visit(self, van: _Van, code: int, begin: int, leaves_at: int) -> None:
        ride = self.problem.rides[code // 2]
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
        van.tour, van.begins = van.tour[1:], van.begins[1:]

    def _problem_left(self, rides: Sequence[int], now: int) -> Problem:
        """Return the problem of what is left to do."""
        boarded = {ride: Aboard(number, at) for number, van in enumerate(self.vans) for ride, at in van.aboard.items()}
        left = tuple(replace(self.problem.rides[ride], aboard=boarded.get(ride)) for ride in rides)
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

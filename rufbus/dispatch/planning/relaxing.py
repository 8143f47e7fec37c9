"""What facts have made impossible.

A promise that cannot be kept any more (the van is late) must not stop everything else from being planned: for that ride
alone the bounds are moved to the earliest that is still possible, and the ride is reported as late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from solver.arrays import Packed, pack
from solver.breaks import place_breaks
from solver.plan import Plan
from solver.problem import UNREACHABLE_S, Break, Problem, Ride, Window
from solver.problem import Shift as SolverShift
from solver.schedule import earliest_schedule

FOREVER_S = 10 * UNREACHABLE_S
"""A bound that never binds (s)."""


def with_breaks_in_place(packed: Packed, plan: Plan) -> Plan:
    """Return the plan with the breaks moved in tours that are not feasible as they stand.

    A break is taken where the van stands. When the ride before it is cancelled the van stands elsewhere, and the drive
    that lay before the break comes behind it; another place for the break may then be needed.
    """
    for number, tour in enumerate(plan.tours):
        if earliest_schedule(packed, number, tour) is None:
            moved = place_breaks(packed, number, tour)
            plan = plan if moved is None else plan.with_tour(number, moved)
    return plan


def relax(packed: Packed, plan: Plan, leg_ids: Sequence[str]) -> tuple[Packed, frozenset[str]]:
    """Return the problem with the bounds of late rides moved to what is still possible, and the late legs."""
    problem = packed.problem
    troubled = [n for n, tour in enumerate(plan.tours) if earliest_schedule(packed, n, tour) is None]
    if not troubled:
        return packed, frozenset()
    rides = list(problem.rides)
    shifts = list(problem.shifts)
    late: set[str] = set()
    for number in troubled:
        _relax_tour(problem, plan, number, rides, shifts)
    for number, (old, new) in enumerate(zip(problem.rides, rides, strict=True)):
        if old != new:
            late.add(leg_ids[number])
    return pack(Problem(problem.travel_s, tuple(rides), tuple(shifts))), frozenset(late)


def _relax_tour(problem: Problem, plan: Plan, number: int, rides: list[Ride], shifts: list[SolverShift]) -> None:
    """Move the bounds that one tour cannot keep, in place: windows and shift end first, ride times if need be."""
    tour = plan.tours[number]
    mine = {code // 2 for code in tour if code < 2 * len(rides)}
    for keep_ride_times in (True, False):
        loose = list(problem.rides)
        for ride in mine:
            loose[ride] = _without_bounds(loose[ride], keep_ride_time=keep_ride_times)
        open_shift = replace(
            problem.shifts[number],
            end_by=FOREVER_S,
            breaks=tuple(
                Break(Window(b.window.earliest, FOREVER_S), b.duration_s) for b in problem.shifts[number].breaks
            ),
        )
        freed = [*problem.shifts[:number], open_shift, *problem.shifts[number + 1 :]]
        schedule = earliest_schedule(Problem(problem.travel_s, tuple(loose), tuple(freed)), number, tour)
        if schedule is not None:
            break
    else:
        raise AssertionError("a tour without bounds has a schedule")
    begin = dict(zip(tour, schedule.begin, strict=True))
    depart = dict(zip(tour, schedule.depart, strict=True))
    for ride in mine:
        rides[ride] = _with_reachable_bounds(problem.rides[ride], ride, begin, depart)
    shift = problem.shifts[number]
    breaks = tuple(
        Break(Window(b.window.earliest, max(b.window.latest, begin[code])), b.duration_s)
        for b, code in zip(shift.breaks, problem.break_codes[number], strict=True)
    )
    shifts[number] = replace(shift, end_by=max(shift.end_by, schedule.end_at), breaks=breaks)


def _without_bounds(ride: Ride, *, keep_ride_time: bool) -> Ride:
    return replace(
        ride,
        pickup_window=Window(ride.pickup_window.earliest, FOREVER_S),
        dropoff_window=Window(ride.dropoff_window.earliest, FOREVER_S),
        max_ride_s=ride.max_ride_s if keep_ride_time else FOREVER_S,
    )


def _with_reachable_bounds(ride: Ride, number: int, begin: Mapping[int, int], depart: Mapping[int, int]) -> Ride:
    """Return the ride with each bound that ``begin`` exceeds moved out to it."""
    pickup, dropoff = 2 * number, 2 * number + 1
    pickup_window = ride.pickup_window
    boarded = ride.aboard.departed_at if ride.aboard is not None else depart[pickup]
    if pickup in begin:
        pickup_window = Window(pickup_window.earliest, max(pickup_window.latest, begin[pickup]))
    window = Window(ride.dropoff_window.earliest, max(ride.dropoff_window.latest, begin[dropoff]))
    longest = max(ride.max_ride_s, begin[dropoff] - boarded)
    return replace(ride, pickup_window=pickup_window, dropoff_window=window, max_ride_s=longest)

"""Whether begin times exist for a tour, and whether given ones are right.

The times of a tour are a system of difference constraints. It has a solution exactly when its constraint graph has no
cycle of positive length (Cormen et al., *Introduction to Algorithms*, "Difference constraints and shortest paths"),
which Bellman's and Ford's relaxation of the longest paths from one origin decides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .check_rules import Rule, Visit, list_visits
from .plan import Schedule, Violation
from .problem import UNREACHABLE_S, Problem, dropoff_of


@dataclass(frozen=True, slots=True)
class _Constraint:
    """``moment[later] >= moment[earlier] + gap_s``; the gap may be negative."""

    earlier: int
    later: int
    gap_s: int


_ORIGIN = 0
"""The node whose moment is the zero of the axis; visit ``i`` of a tour is node ``i + 1``, the end place the last."""
_NOT_YET = -(10**18)


def schedule_violations(problem: Problem, shift: int, tour: Sequence[int], schedule: Schedule) -> tuple[Violation, ...]:
    """Return every timing rule that the given times break; the tour's visits must be known ones."""
    if not len(schedule.begin) == len(schedule.depart) == len(tour):
        detail = f"{len(tour)} visits have {len(schedule.begin)} begins and {len(schedule.depart)} ends."
        return (Violation(Rule.SCHEDULE_LENGTH, shift, None, detail),)
    visits = list_visits(problem, shift, tuple(tour))
    unreachable = unreachable_legs(problem, shift, visits)
    if unreachable:
        return tuple(unreachable)
    found = list(_service_faults(shift, visits, schedule))
    found += _drive_faults(problem, shift, visits, schedule)
    found += _late_visits(shift, visits, schedule.begin)
    found += _early_visits(shift, visits, schedule.begin)
    found += _late_end(problem, shift, schedule.end_at)
    found += _long_shift(problem, shift, visits, schedule)
    found += _long_rides(problem, shift, visits, schedule)
    return tuple(found)


def _travel_s(problem: Problem, origin: int, destination: int) -> int:
    return int(problem.travel_s[origin, destination])


def _legs(problem: Problem, shift: int, visits: list[Visit]) -> list[int]:
    """Return the driving time (s) to each visit and, last, to the end place."""
    places = [problem.shifts[shift].start, *(visit.place for visit in visits), problem.shifts[shift].end]
    return [_travel_s(problem, origin, destination) for origin, destination in itertools.pairwise(places)]


def unreachable_legs(problem: Problem, shift: int, visits: list[Visit]) -> list[Violation]:
    """Name the visits, or the end place, to which no road leads from where the van is before."""
    found = []
    for position, travel_s in enumerate(_legs(problem, shift, visits)):
        if travel_s >= UNREACHABLE_S:
            visit = visits[position] if position < len(visits) else None
            detail = f"No road leads to the {visit.name if visit else 'end place'} from where the van is before."
            found.append(Violation(Rule.UNREACHABLE, shift, visit.code if visit else None, detail))
    return found


def time_faults(problem: Problem, shift: int, visits: list[Visit]) -> list[Violation]:
    """Name what keeps the tour from having begin times; nothing when it has some."""
    drive, limits = _drive(problem, shift, visits), _limits(problem, shift, visits)
    ride_limits, duration = _ride_limits(problem, visits), _duration_limit(problem, shift, visits)
    nodes = len(visits) + 2
    if _has_solution(nodes, [*drive, *limits, *ride_limits.values(), *duration]):
        return []
    earliest = _earliest(problem, shift, visits)
    late = [*_late_visits(shift, visits, earliest), *_late_end(problem, shift, earliest[-1])]
    kept = [limit for limit in limits if earliest[limit.earlier - 1] <= -limit.gap_s]
    found = late + _ride_time_culprits(shift, nodes, [*drive, *kept], ride_limits)
    if found and _has_solution(nodes, [*drive, *kept, *duration]):
        return found
    return [*found, _too_long_away(problem, shift)]


def _drive(problem: Problem, shift: int, visits: list[Visit]) -> list[_Constraint]:
    """Return what bounds the moments from below: the start, the driving, the services, the opening windows."""
    legs = _legs(problem, shift, visits)
    constraints = [_Constraint(_ORIGIN, 1, problem.shifts[shift].start_at + legs[0])]
    for node, visit in enumerate(visits, start=1):
        constraints.append(_Constraint(_ORIGIN, node, visit.window.earliest))
        constraints.append(_Constraint(node, node + 1, visit.service_s + legs[node]))
    return constraints


def _limits(problem: Problem, shift: int, visits: list[Visit]) -> list[_Constraint]:
    """Return what bounds single moments from above: the closing windows and the shift's end."""
    closing = [_Constraint(node, _ORIGIN, -visit.window.latest) for node, visit in enumerate(visits, start=1)]
    return [*closing, _Constraint(len(visits) + 1, _ORIGIN, -problem.shifts[shift].end_by)]


def _ride_limits(problem: Problem, visits: list[Visit]) -> dict[int, _Constraint]:
    """Return the limit of each ride's time, by the number of the ride, for pairs that stand in their order."""
    limits: dict[int, _Constraint] = {}
    picked_up: dict[int, tuple[int, int]] = {}
    for node, visit in enumerate(visits, start=1):
        if visit.ride is None:
            continue
        if visit.is_pickup:
            picked_up[visit.ride] = (node, visit.service_s)
            continue
        ride = problem.rides[visit.ride]
        if ride.aboard is not None:
            limits[visit.ride] = _Constraint(node, _ORIGIN, -(ride.aboard.departed_at + ride.max_ride_s))
        elif visit.ride in picked_up:
            pickup, service_s = picked_up[visit.ride]
            limits[visit.ride] = _Constraint(node, pickup, -(service_s + ride.max_ride_s))
    return limits


def _duration_limit(problem: Problem, shift: int, visits: list[Visit]) -> list[_Constraint]:
    """Return the limit from leaving the start place to reaching the end place; none where the shift has none."""
    longest_s = problem.shifts[shift].max_duration_s
    if longest_s is None:
        return []
    return [_Constraint(len(visits) + 1, 1, _legs(problem, shift, visits)[0] - longest_s)]


def _has_solution(nodes: int, constraints: Sequence[_Constraint]) -> bool:
    """Return whether moments exist that keep all constraints, by relaxing until nothing moves."""
    moment = [_NOT_YET] * nodes
    moment[_ORIGIN] = 0
    for _ in range(nodes):
        moved = False
        for constraint in constraints:
            least = moment[constraint.earlier] + constraint.gap_s
            if least > moment[constraint.later]:
                if constraint.later == _ORIGIN:
                    return False
                moment[constraint.later] = least
                moved = True
        if not moved:
            return True
    return False


def _earliest(problem: Problem, shift: int, visits: list[Visit]) -> list[int]:
    """Return when each visit begins, and the end place is reached, on a drive without any unneeded wait."""
    moments = []
    free_at = problem.shifts[shift].start_at
    legs = _legs(problem, shift, visits)
    for visit, travel_s in zip(visits, legs, strict=False):
        moments.append(max(free_at + travel_s, visit.window.earliest))
        free_at = moments[-1] + visit.service_s
    return [*moments, free_at + legs[-1]]


def _ride_time_culprits(
    shift: int, nodes: int, others: Sequence[_Constraint], ride_limits: dict[int, _Constraint]
) -> list[Violation]:
    """Name the rides whose time alone cannot be kept, or else the first that cannot be kept besides the ones before."""
    alone = [ride for ride, limit in ride_limits.items() if not _has_solution(nodes, [*others, limit])]
    if alone:
        return [_too_long(shift, ride, "whatever the van waits for") for ride in alone]
    taken = list(others)
    for ride, limit in ride_limits.items():
        taken.append(limit)
        if not _has_solution(nodes, taken):
            return [_too_long(shift, ride, "besides the ride times of those dropped before it")]
    return []


def _too_long(shift: int, ride: int, why: str) -> Violation:
    detail = f"The longest allowed time of ride {ride} cannot be kept, {why}."
    return Violation(Rule.RIDE_TIME, shift, dropoff_of(ride), detail)


def _too_long_away(problem: Problem, shift: int) -> Violation:
    longest_s = problem.shifts[shift].max_duration_s
    detail = f"The van cannot be back within {longest_s} s of leaving, whatever it waits for."
    return Violation(Rule.SHIFT_DURATION, shift, None, detail)


def _late_visits(shift: int, visits: list[Visit], begin: Iterable[int]) -> Iterator[Violation]:
    for visit, at in zip(visits, begin, strict=False):
        if at > visit.window.latest:
            late_s = at - visit.window.latest
            detail = f"The {visit.name} begins at {at}, {late_s} s after its window closes."
            yield Violation(_window_rule(visit), shift, visit.code, detail)


def _early_visits(shift: int, visits: list[Visit], begin: Iterable[int]) -> Iterator[Violation]:
    for visit, at in zip(visits, begin, strict=True):
        if at < visit.window.earliest:
            early_s = visit.window.earliest - at
            detail = f"The {visit.name} begins at {at}, {early_s} s before its window opens."
            yield Violation(_window_rule(visit), shift, visit.code, detail)


def _window_rule(visit: Visit) -> Rule:
    return Rule.BREAK_WINDOW if visit.ride is None else Rule.TIME_WINDOW


def _late_end(problem: Problem, shift: int, end_at: int) -> Iterator[Violation]:
    end_by = problem.shifts[shift].end_by
    if end_at > end_by:
        detail = f"The van is back at {end_at}, {end_at - end_by} s after the shift's end."
        yield Violation(Rule.SHIFT_END, shift, None, detail)


def _long_shift(problem: Problem, shift: int, visits: list[Visit], schedule: Schedule) -> Iterator[Violation]:
    """Judge the time away, taking it that the van leaves just in time for its first visit."""
    moment = [0, *schedule.begin, schedule.end_at]
    for limit in _duration_limit(problem, shift, visits):
        over_s = moment[limit.earlier] + limit.gap_s - moment[limit.later]
        if over_s > 0:
            detail = f"The van is back {over_s} s later than the shift may last."
            yield Violation(Rule.SHIFT_DURATION, shift, None, detail)


def _service_faults(shift: int, visits: list[Visit], schedule: Schedule) -> Iterator[Violation]:
    for visit, begin, depart in zip(visits, schedule.begin, schedule.depart, strict=True):
        if depart != begin + visit.service_s:
            detail = f"The {visit.name} lasts {depart - begin} s instead of {visit.service_s} s."
            yield Violation(Rule.SERVICE_TIME, shift, visit.code, detail)


def _drive_faults(problem: Problem, shift: int, visits: list[Visit], schedule: Schedule) -> Iterator[Violation]:
    free_at = [problem.shifts[shift].start_at, *schedule.depart]
    there_at = [*schedule.begin, schedule.end_at]
    for position, travel_s in enumerate(_legs(problem, shift, visits)):
        if there_at[position] < free_at[position] + travel_s:
            visit = visits[position] if position < len(visits) else None
            detail = (
                f"The van cannot be at the {visit.name if visit else 'end place'} at {there_at[position]}: "
                f"it leaves at {free_at[position]} and drives {travel_s} s."
            )
            yield Violation(Rule.TRAVEL_TIME, shift, visit.code if visit else None, detail)


def _long_rides(problem: Problem, shift: int, visits: list[Visit], schedule: Schedule) -> Iterator[Violation]:
    moment = [0, *schedule.begin]
    for ride, limit in _ride_limits(problem, visits).items():
        over_s = moment[limit.earlier] + limit.gap_s - moment[limit.later]
        if over_s > 0:
            detail = f"Ride {ride} lasts {over_s} s longer than allowed."
            yield Violation(Rule.RIDE_TIME, shift, dropoff_of(ride), detail)

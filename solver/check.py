"""Whether a plan is right: every rule of the problem in plain Python, sharing nothing with the engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .check_rules import Rule, Visit, is_known, list_visits
from .check_times import schedule_violations, time_faults, unreachable_legs
from .plan import Plan, Violation
from .problem import Problem, dropoff_of, pickup_of

__all__ = ["Rule", "schedule_violations", "violations"]


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule that ``plan`` breaks; empty when it is right.

    A tour is feasible in time when begin times exist that keep all its windows, ride times and the shift's end. When
    none do, the visits that even the earliest drive reaches too late are named, then the shift's end, then the ride
    times that no waiting can keep.
    """
    if len(plan.tours) != len(problem.shifts):
        detail = f"The plan has {len(plan.tours)} tours for {len(problem.shifts)} shifts."
        return (Violation(Rule.TOUR_COUNT, None, None, detail),)
    found = [*_unknown_visits(problem, plan), *_ride_faults(problem, plan)]
    for shift, tour in enumerate(plan.tours):
        visits = list_visits(problem, shift, tour)
        found += _break_faults(problem, shift, tour)
        found += _shift_faults(problem, shift, visits)
        found += _locked_faults(problem, shift, tour)
        found += _load_faults(problem, shift, visits)
        found += unreachable_legs(problem, shift, visits) or time_faults(problem, shift, visits)
    return tuple(found)


def _unknown_visits(problem: Problem, plan: Plan) -> Iterator[Violation]:
    for shift, tour in enumerate(plan.tours):
        for code in tour:
            if not is_known(problem, code):
                yield Violation(Rule.UNKNOWN_VISIT, shift, code, f"No visit has the code {code}.")
    for ride in plan.unserved:
        if not 0 <= ride < len(problem.rides):
            yield Violation(
                Rule.UNKNOWN_VISIT, None, None, f"The plan does not serve ride {ride}, which does not exist."
            )


def _ride_faults(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Judge which tours serve each ride, and in which order."""
    where: dict[int, list[tuple[int, int]]] = {}
    for shift, tour in enumerate(plan.tours):
        for position, code in enumerate(tour):
            where.setdefault(code, []).append((shift, position))
    refused = Counter(plan.unserved)
    for ride in range(len(problem.rides)):
        pickups, dropoffs = where.get(pickup_of(ride), []), where.get(dropoff_of(ride), [])
        if problem.rides[ride].aboard is None:
            yield from _waiting_ride(ride, pickups, dropoffs, refused[ride])
        else:
            yield from _aboard_ride(ride, pickups, dropoffs, refused[ride])


def _waiting_ride(
    ride: int, pickups: list[tuple[int, int]], dropoffs: list[tuple[int, int]], refused: int
) -> Iterator[Violation]:
    if max(len(pickups), len(dropoffs)) + refused > 1:
        yield _twice(ride, pickups or dropoffs)
    elif refused == 0 and not (pickups and dropoffs):
        code = dropoff_of(ride) if pickups else pickup_of(ride)
        shift = next((shift for shift, _ in [*pickups, *dropoffs]), None)
        detail = f"Ride {ride} is neither served whole nor listed as unserved: visit {code} is missing."
        yield Violation(Rule.MISSING_RIDE, shift, code, detail)
    elif pickups and dropoffs:
        yield from _pair_faults(ride, pickups[0], dropoffs[0])


def _pair_faults(ride: int, pickup: tuple[int, int], dropoff: tuple[int, int]) -> Iterator[Violation]:
    if pickup[0] != dropoff[0]:
        detail = f"Ride {ride} is picked up in shift {pickup[0]} and dropped in shift {dropoff[0]}."
        yield Violation(Rule.OTHER_SHIFT, dropoff[0], dropoff_of(ride), detail)
    elif pickup[1] > dropoff[1]:
        yield Violation(Rule.ORDER, dropoff[0], dropoff_of(ride), f"Ride {ride} is dropped before it is picked up.")


def _aboard_ride(
    ride: int, pickups: list[tuple[int, int]], dropoffs: list[tuple[int, int]], refused: int
) -> Iterator[Violation]:
    for shift, _ in pickups:
        detail = f"Ride {ride} is aboard already and cannot be picked up again."
        yield Violation(Rule.PICKED_UP_ALREADY, shift, pickup_of(ride), detail)
    if len(dropoffs) + refused > 1:
        yield _twice(ride, dropoffs)
    elif not dropoffs:
        yield Violation(
            Rule.MISSING_RIDE, None, dropoff_of(ride), f"Ride {ride} is aboard and is not dropped anywhere."
        )


def _twice(ride: int, places: list[tuple[int, int]]) -> Violation:
    shift, _ = places[-1] if places else (None, None)
    detail = f"Ride {ride} is served more than once, or served and listed as unserved, or listed twice."
    return Violation(Rule.RIDE_TWICE, shift, pickup_of(ride), detail)


def _break_faults(problem: Problem, shift: int, tour: tuple[int, ...]) -> Iterator[Violation]:
    for code in problem.break_codes[shift]:
        times = tour.count(code)
        if times == 0:
            yield Violation(Rule.BREAK_MISSING, shift, code, f"Break {code} is missing in its tour.")
        elif times > 1:
            yield Violation(Rule.BREAK_TWICE, shift, code, f"Break {code} stands {times} times in its tour.")


def _shift_faults(problem: Problem, shift: int, visits: list[Visit]) -> Iterator[Violation]:
    """Judge whether each visit may stand in this shift."""
    for visit in visits:
        if not _may_stand_in(problem, shift, visit):
            detail = f"The {visit.name} does not belong into shift {shift}."
            yield Violation(Rule.OTHER_SHIFT, shift, visit.code, detail)


def _may_stand_in(problem: Problem, shift: int, visit: Visit) -> bool:
    if visit.ride is None:
        return visit.code in problem.break_codes[shift]
    ride = problem.rides[visit.ride]
    if ride.aboard is not None:
        return ride.aboard.shift == shift
    return ride.shifts is None or shift in ride.shifts


def _locked_faults(problem: Problem, shift: int, tour: tuple[int, ...]) -> Iterator[Violation]:
    locked = problem.shifts[shift].locked
    for position, code in enumerate(locked):
        if tour[position : position + 1] != (code,):
            detail = f"The tour must begin with {list(locked)}, not with {list(tour[: len(locked)])}."
            yield Violation(Rule.LOCKED, shift, code, detail)
            return


def _load_faults(problem: Problem, shift: int, visits: list[Visit]) -> Iterator[Violation]:
    """Judge the capacity at the start and after every visit, and that breaks are taken alone."""
    aboard = {
        number for number, ride in enumerate(problem.rides) if ride.aboard is not None and ride.aboard.shift == shift
    }
    yield from _overloads(problem, shift, aboard, None)
    for visit in visits:
        if visit.ride is None:
            if aboard:
                detail = f"Rides {sorted(aboard)} are aboard during {visit.name}."
                yield Violation(Rule.BREAK_ABOARD, shift, visit.code, detail)
        elif visit.is_pickup:
            aboard.add(visit.ride)
            yield from _overloads(problem, shift, aboard, visit.code)
        else:
            aboard.discard(visit.ride)


def _overloads(problem: Problem, shift: int, aboard: set[int], code: int | None) -> Iterator[Violation]:
    for number, row in enumerate(problem.shifts[shift].capacity):
        used = sum(
            coefficient * amount
            for ride in aboard
            for coefficient, amount in zip(row.coefficients, problem.rides[ride].load, strict=True)
        )
        if used > row.limit:
            detail = f"Rides {sorted(aboard)} together use {used} of {row.limit} in capacity row {number}."
            yield Violation(Rule.CAPACITY, shift, code, detail)

"""The names of the rules, and what the codes of a tour mean to the checker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .problem import Problem, Window


class Rule(StrEnum):
    """The stable names of the rules."""

    TOUR_COUNT = "tour-count"
    """There is one tour per shift."""
    UNKNOWN_VISIT = "unknown-visit"
    """Every code names a visit of the problem, every unserved number a ride."""
    MISSING_RIDE = "missing-ride"
    """A ride is served whole or listed as unserved; a rider aboard is dropped."""
    RIDE_TWICE = "ride-twice"
    """A ride is served once, and not listed as unserved besides."""
    PICKED_UP_ALREADY = "picked-up-already"
    """A rider aboard is not picked up again."""
    ORDER = "order"
    """A ride's pickup comes before its drop-off."""
    OTHER_SHIFT = "other-shift"
    """A visit stands in a shift that may have it, a drop-off in the tour of its pickup."""
    CAPACITY = "capacity"
    BREAK_MISSING = "break-missing"
    BREAK_TWICE = "break-twice"
    BREAK_ABOARD = "break-aboard"
    """Nobody is aboard during a break."""
    BREAK_WINDOW = "break-window"
    LOCKED = "locked"
    """A tour begins with its locked visits."""
    UNREACHABLE = "unreachable"
    """A road leads from each visit to the next."""
    TIME_WINDOW = "time-window"
    RIDE_TIME = "ride-time"
    SHIFT_END = "shift-end"
    SHIFT_DURATION = "shift-duration"
    """From leaving the start place to reaching the end place it takes no longer than the shift may last."""
    SCHEDULE_LENGTH = "schedule-length"
    """A schedule has a begin and an end for every visit."""
    SERVICE_TIME = "service-time"
    """A visit ends its service time after it began."""
    TRAVEL_TIME = "travel-time"
    """A visit begins when the van can be there, or later."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a tour with all that the rules ask about it."""

    code: int
    ride: int | None
    """``None`` for a break."""
    is_pickup: bool
    place: int
    window: Window
    service_s: int
    name: str


def _code_count(problem: Problem) -> int:
    return 2 * len(problem.rides) + sum(len(shift.breaks) for shift in problem.shifts)


def is_known(problem: Problem, code: int) -> bool:
    """Return whether a code names a visit of the problem."""
    return 0 <= code < _code_count(problem)


def list_visits(problem: Problem, shift: int, tour: tuple[int, ...]) -> list[Visit]:
    """Return the known visits of a tour; a break is taken where the van stands."""
    place = problem.shifts[shift].start
    visits = []
    for code in tour:
        if is_known(problem, code):
            visits.append(_visit(problem, code, place))
            place = visits[-1].place
    return visits


def _visit(problem: Problem, code: int, stands_at: int) -> Visit:
    number, is_dropoff = divmod(code, 2)
    if number >= len(problem.rides):
        pause = [pause for shift in problem.shifts for pause in shift.breaks][code - 2 * len(problem.rides)]
        return Visit(code, None, False, stands_at, pause.window, pause.duration_s, f"break {code}")
    ride = problem.rides[number]
    if is_dropoff:
        name = f"drop-off of ride {number}"
        return Visit(code, number, False, ride.dropoff, ride.dropoff_window, ride.dropoff_service_s, name)
    return Visit(code, number, True, ride.pickup, ride.pickup_window, ride.pickup_service_s, f"pickup of ride {number}")

"""Figure 4: the exact cheapest place of one more ride, and of one wish at many times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rufbus.bench.figures import Row, Sample
from rufbus.bench.open_day import OpenDay, draw_open_day, list_alternatives
from rufbus.bench.plain_insertion import Found, insert, read_tours
from solver.insertion import candidate_insertions, warm_up
from solver.plan import Insertion

LEAST_RATIO = 60
MOST_P99 = 4
"""The aim for the 99th percentile, in medians."""
ALTERNATIVES_MS = 0.2
PLAIN = "plain Python"
REPEATS = 3
A = TypeVar("A")
T = TypeVar("T")


class DifferentAnswersError(Exception):
    """The kernel and the plain reference disagree; whatever was measured is worth nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Times of the same questions, asked one by one."""

    ours_us: tuple[float, ...]
    plain_us: tuple[float, ...]


def measure_insertions(day: OpenDay) -> Measured:
    """Time each wish of a day by the kernel and in plain Python.

    Raises
    ------
    DifferentAnswersError
        When they do not find the same cost and the same times.
    """
    warm_up()
    problem = day.state.packed.problem
    travel_s, tours = problem.travel_s.tolist(), read_tours(problem, day.state.plan)
    _timed(lambda ride: candidate_insertions(problem, day.state, [ride]), day.wishes[:20])
    ours_us, ours = _timed(lambda ride: candidate_insertions(problem, day.state, [ride])[0], day.wishes)
    plain_us, plain = _timed(lambda ride: insert(travel_s, tours, ride), day.wishes)
    for number, (found, expected) in enumerate(zip(ours, plain, strict=True)):
        if _key(found) != expected:
            raise DifferentAnswersError(f"wish {number}: the kernel says {_key(found)}, plain Python {expected}")
    return Measured(tuple(ours_us), tuple(plain_us))


def insertion_rows(seed: int, *, vans: int, open_bookings: int, wishes: int) -> list[Row]:
    """Return figure 4 for one drawn day: the ratio of the medians, and how far the slowest are from the median."""
    day = draw_open_day(seed, vans=vans, open_bookings=open_bookings, wishes=wishes)
    measured = measure_insertions(day)
    ours, plain = Sample(measured.ours_us, "µs"), Sample(measured.plain_us, "µs")
    times, p99 = plain.median / ours.median, _percentile_99(measured.ours_us)
    what = f"one ride, {vans} vans, {day.open_bookings} open bookings"
    return [
        Row(what, ours, {PLAIN: plain}, f"{times:.0f} ×", f"≥ {LEAST_RATIO} ×", times >= LEAST_RATIO),
        Row(
            "its slowest in a hundred (p99)",
            Sample((p99,), "µs"),
            {PLAIN: Sample((_percentile_99(measured.plain_us),), "µs")},
            f"{p99 / ours.median:.1f} × the median",
            f"≤ {MOST_P99} × the median",
            p99 <= MOST_P99 * ours.median,
        ),
    ]


def alternatives_rows(seed: int, *, vans: int, open_bookings: int, wishes: int, windows: int) -> list[Row]:
    """Return the time of one call that asks for one wish at many times, beside as many calls of plain Python."""
    day = draw_open_day(seed, vans=vans, open_bookings=open_bookings, wishes=wishes)
    warm_up()
    problem = day.state.packed.problem
    travel_s, tours = problem.travel_s.tolist(), read_tours(problem, day.state.plan)
    asked = [list_alternatives(wish, windows=windows) for wish in day.wishes]
    _timed(lambda rides: candidate_insertions(problem, day.state, rides), asked[:5])
    ours_us, ours = _timed(lambda rides: candidate_insertions(problem, day.state, rides), asked)
    fewer = asked[: max(1, wishes // 10)]
    plain_us, plain = _timed(lambda rides: [insert(travel_s, tours, ride) for ride in rides], fewer)
    for number, (answers, expected) in enumerate(zip(ours, plain, strict=False)):
        if [_key(found) for found in answers] != expected:
            raise DifferentAnswersError(f"wish {number}: {[_key(found) for found in answers]}, not {expected}")
    mine = Sample(tuple(each / 1000 for each in ours_us), "ms")
    theirs = Sample(tuple(each / 1000 for each in plain_us), "ms")
    compared = f"{theirs.median / mine.median:.0f} ×"
    what = f"one wish at {windows} times, {vans} vans, {day.open_bookings} open bookings"
    return [Row(what, mine, {PLAIN: theirs}, compared, f"≤ {ALTERNATIVES_MS} ms", mine.median <= ALTERNATIVES_MS)]


def _timed(work: Callable[[A], T], questions: Sequence[A]) -> tuple[list[float], list[T]]:
    """Return the processor's time for each question (µs), and the answers.

    The fastest of three counts: others use the machine, too, and empty its caches. A clock on the wall would moreover
    count their turns, which come while a slow answer is worked out rather than a quick one.
    """
    taken_us, answers = [], []
    for question in questions:
        fastest_us = float("inf")
        for _ in range(REPEATS):
            started = time.process_time_ns()
            answer = work(question)
            fastest_us = min(fastest_us, (time.process_time_ns() - started) / 1000)
        taken_us.append(fastest_us)
        answers.append(answer)
    return taken_us, answers


def _percentile_99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]


def _key(found: tuple[Insertion, ...]) -> Found | None:
    return (found[0].cost, found[0].pickup_begin, found[0].shift, found[0].dropoff_begin) if found else None

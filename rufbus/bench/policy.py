"""How many riders a tight day serves under several policies, beside what could have been done in hindsight."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rufbus.bench.figures import Row, Sample
from rufbus.bench.hindsight import ITERATIONS, Hindsight, plan_in_hindsight
from rufbus.bench.open_tours import serve_in_order
from rufbus.bench.tight_day import DayOutcome, Policy, TightDay, dispatch_day
from rufbus.domain.service import SolverRules

INSERTION, IMPROVEMENT, REPAIR, ALL = "insertion", "improvement", "repair", "repair + improvement"
"""The policies: the cheapest insertion alone, as prima does it, and what is added to it."""
WHOLE_WAIT = "whole wait told"
"""All of it, with one wide window told at booking instead of a choice of narrow ones."""
OPEN_TOURS = "no van leaves"
"""What could be done under the same promises if all tours stayed open, see :mod:`rufbus.bench.open_tours`."""
IN_HINDSIGHT = "in hindsight"
FEWER_REFUSALS = 0.30
"""Share of the refusals of plain insertion that are to be spared."""
GAP_TO_HINDSIGHT = 0.05
"""Largest share of the riders served in hindsight that may be missing."""


@dataclass(frozen=True, slots=True)
class Level:
    """What became of several days of one tightness."""

    vans: int
    wishes: int
    days: tuple[dict[str, DayOutcome], ...]
    """One per seed, by policy."""
    hindsight: tuple[Hindsight, ...]
    open_tours: tuple[int, ...]
    """Served while all tours stay open, one per day."""

    def sample(self, policy: str, figure: Callable[[DayOutcome], float], unit: str = "") -> Sample:
        """Return one figure of a policy over all days."""
        return Sample(tuple(float(figure(day[policy])) for day in self.days), unit)

    def total(self, policy: str, figure: Callable[[DayOutcome], float]) -> float:
        """Return the sum of one figure of a policy over all days."""
        return sum(figure(day[policy]) for day in self.days)


def list_policies(rules: SolverRules) -> tuple[Policy, ...]:
    """Return the policies to compare, ``rules`` being those of the fullest."""
    at_once = replace(rules, repair_tries=0)
    return (
        Policy(INSERTION, at_once, improves=False),
        Policy(IMPROVEMENT, at_once, improves=True),
        Policy(REPAIR, rules, improves=False),
        Policy(ALL, rules, improves=True),
        Policy(WHOLE_WAIT, rules, improves=True, tells_whole_wait=True),
    )


def run_level(
    days: Sequence[TightDay],
    policies: Sequence[Policy],
    *,
    hindsight_iterations: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Level:
    """Return what the policies make of days of one tightness, and what could have been made of them in hindsight."""
    outcomes, hindsight, open_tours = [], [], []
    for day in days:
        by_policy = {}
        for policy in policies:
            progress(f"seed {day.seed}, {len(day.service.vehicles)} vans: {policy.name}")
            by_policy[policy.name] = dispatch_day(day, policy, time.perf_counter)
        progress(f"seed {day.seed}, {len(day.service.vehicles)} vans: in hindsight")
        hindsight.append(plan_in_hindsight(day, iterations=hindsight_iterations))
        width_s = day.service.promise.pickup_window_s
        open_tours.append(len(serve_in_order(day, iterations=ITERATIONS, window_s=width_s).met))
        outcomes.append(by_policy)
    wishes = round(statistics.mean(len(day.asked) for day in days))
    return Level(len(days[0].service.vehicles), wishes, tuple(outcomes), tuple(hindsight), tuple(open_tours))


def to_rows(level: Level) -> list[Row]:
    """Return the figures of one tightness as rows."""
    name = f"{level.vans} vans, {level.wishes} wishes"
    refused, fewest = level.total(INSERTION, _refused), level.total(ALL, _refused)
    fewer = 1 - fewest / refused if refused else 0.0
    gap = gap_to_hindsight(level, ALL)
    faults = sum(outcome.broken + outcome.findings for day in level.days for outcome in day.values())
    served = _row(level, f"{name}: served", _served)
    wished = _row(level, f"{name}: refused", _refused)
    return [
        replace(
            served,
            peers={
                **served.peers,
                OPEN_TOURS: Sample(tuple(map(float, level.open_tours)), ""),
                IN_HINDSIGHT: Sample(tuple(float(each.served) for each in level.hindsight), ""),
            },
            compared=f"{100 * gap:.1f} % below hindsight",
            aim=f"≤ {100 * GAP_TO_HINDSIGHT:.0f} %",
            is_met=gap <= GAP_TO_HINDSIGHT,
        ),
        replace(
            wished,
            compared=f"{100 * fewer:.0f} % fewer than insertion",
            aim=f"≥ {100 * FEWER_REFUSALS:.0f} %",
            is_met=fewer >= FEWER_REFUSALS,
        ),
        _row(level, f"{name}: vehicle time per rider", lambda o: o.drive_s / 60 / max(o.served, 1), "min"),
        _row(level, f"{name}: changed stop lists", lambda o: o.lists),
        _row(level, f"{name}: quote, p50", lambda o: 1000 * statistics.median(o.quote_s), "ms"),
        _row(level, f"{name}: quote, p95", lambda o: 1000 * statistics.quantiles(o.quote_s, n=20)[18], "ms"),
        replace(
            _row(level, f"{name}: promises broken, findings", lambda o: o.broken + o.findings),
            aim="0",
            is_met=faults == 0,
        ),
    ]


def gap_to_hindsight(level: Level, policy: str) -> float:
    """Return the share of the riders served in hindsight that a policy does not serve."""
    return 1 - level.total(policy, _served) / sum(each.served for each in level.hindsight)


def say_what_limits(level: Level) -> str:
    """Return where the riders are lost that hindsight would serve, in a sentence."""
    possible = sum(each.served for each in level.hindsight)
    by_order = 1 - sum(each.in_order for each in level.hindsight) / possible
    by_promise = 1 - by_order - sum(level.open_tours) / possible
    ours = gap_to_hindsight(level, ALL)
    shares = (ours, by_order, by_promise, ours - by_order - by_promise, gap_to_hindsight(level, WHOLE_WAIT))
    lost, order, promise, road, wider = (f"{100 * share:.1f} %" for share in shares)
    return (
        f"{level.vans} vans: ours loses {lost} of the riders served in hindsight: {order} by meeting wishes in the "
        f"order in which they come, {promise} by promising a window at once, {road} by what happens after that. "
        f"Where the whole accepted wait is told first and narrowed later, {wider} are lost."
    )


def list_refused_shares(level: Level) -> dict[str, float]:
    """Return the share of the wishes that each policy refuses, and that hindsight would (%)."""
    asked = level.total(ALL, lambda outcome: outcome.asked)
    refused = {policy: level.total(policy, _refused) for policy in level.days[0]}
    refused[OPEN_TOURS] = asked - sum(level.open_tours)
    refused[IN_HINDSIGHT] = asked - sum(each.served for each in level.hindsight)
    return {name: 100 * count / asked for name, count in refused.items()}


def to_records(levels: Sequence[Level]) -> list[dict[str, Any]]:
    """Return every outcome as plain JSON."""
    return [
        {
            "vans": level.vans,
            "wishes": level.wishes,
            "days": [{name: asdict(outcome) for name, outcome in day.items()} for day in level.days],
            "hindsight": [asdict(each) for each in level.hindsight],
            "open_tours": list(level.open_tours),
        }
        for level in levels
    ]


def _row(level: Level, figure: str, of: Callable[[DayOutcome], float], unit: str = "") -> Row:
    peers = {policy: level.sample(policy, of, unit) for policy in (INSERTION, IMPROVEMENT, REPAIR, WHOLE_WAIT)}
    return Row(figure, level.sample(ALL, of, unit), peers)


def _refused(outcome: DayOutcome) -> float:
    return outcome.refused


def _served(outcome: DayOutcome) -> float:
    return outcome.served

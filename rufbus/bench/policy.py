"""How many riders a tight day serves under several policies, beside what could have been done in hindsight."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rufbus.bench.figures import Row, Sample
from rufbus.bench.hindsight import Hindsight, plan_in_hindsight
from rufbus.bench.tight_day import DayOutcome, Policy, TightDay, dispatch_day
from rufbus.domain.service import SolverRules

INSERTION, IMPROVEMENT, REPAIR, ALL = "insertion", "improvement", "repair", "repair + improvement"
"""The policies: the cheapest insertion alone, as prima does it, and what is added to it."""
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
    )


def run_level(
    days: Sequence[TightDay],
    policies: Sequence[Policy],
    *,
    hindsight_s: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Level:
    """Return what the policies make of days of one tightness, and what could have been made of them in hindsight."""
    outcomes, hindsight = [], []
    for day in days:
        by_policy = {}
        for policy in policies:
            progress(f"seed {day.seed}, {len(day.service.vehicles)} vans: {policy.name}")
            by_policy[policy.name] = dispatch_day(day, policy, time.perf_counter)
        progress(f"seed {day.seed}, {len(day.service.vehicles)} vans: in hindsight")
        engine = policies[-1].solver.engine
        hindsight.append(plan_in_hindsight(day, seconds=hindsight_s, engine=engine))
        outcomes.append(by_policy)
    wishes = round(statistics.mean(len(day.asked) for day in days))
    return Level(len(days[0].service.vehicles), wishes, tuple(outcomes), tuple(hindsight))


def to_rows(level: Level) -> list[Row]:
    """Return the figures of one tightness as rows."""
    name = f"{level.vans} vans, {level.wishes} wishes"
    refused, fewest = level.total(INSERTION, _refused), level.total(ALL, _refused)
    fewer = 1 - fewest / refused if refused else 0.0
    possible = sum(each.served for each in level.hindsight)
    gap = 1 - level.total(ALL, _served) / possible
    faults = sum(outcome.broken + outcome.findings for day in level.days for outcome in day.values())
    served = _row(level, f"{name}: served", _served)
    wished = _row(level, f"{name}: refused", _refused)
    return [
        replace(
            served,
            peers={**served.peers, "in hindsight": Sample(tuple(float(each.served) for each in level.hindsight), "")},
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


def to_records(levels: Sequence[Level]) -> list[dict[str, Any]]:
    """Return every outcome as plain JSON."""
    return [
        {
            "vans": level.vans,
            "wishes": level.wishes,
            "days": [{name: asdict(outcome) for name, outcome in day.items()} for day in level.days],
            "hindsight": [asdict(each) for each in level.hindsight],
        }
        for level in levels
    ]


def _row(level: Level, figure: str, of: Callable[[DayOutcome], float], unit: str = "") -> Row:
    peers = {policy: level.sample(policy, of, unit) for policy in (INSERTION, IMPROVEMENT, REPAIR)}
    return Row(figure, level.sample(ALL, of, unit), peers)


def _refused(outcome: DayOutcome) -> float:
    return outcome.refused


def _served(outcome: DayOutcome) -> float:
    return outcome.served

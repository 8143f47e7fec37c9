"""What each part of the portfolio adds: the same days, the same seconds, with one part more or less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rufbus.bench.figures import Row, Sample
from rufbus.bench.improve import Solver, run
from rufbus.bench.rural_day import RuralDay
from solver.improve import improve_by, warm_up_engines
from solver.plan import Budget, Plan
from solver.recipes import RECIPES, Recipe, Turn


@dataclass(frozen=True, slots=True)
class Part:
    """A recipe that is measured, and on how many threads."""

    recipe: Recipe
    threads: int = 1


def _first(engine: str, share: float, recipe: Recipe) -> Recipe:
    """Return a recipe that begins with an engine for a share of the budget."""
    return lambda budget: [Turn(engine, share), *_squeezed(recipe(budget), share, 1.0)]


def _then(engine: str, share: float, recipe: Recipe) -> Recipe:
    """Return a recipe that leaves a share of the budget to an engine at the end."""
    return lambda budget: [*_squeezed(recipe(budget), 0.0, 1.0 - share), Turn(engine, 1.0)]


def _squeezed(turns: list[Turn], begin: float, end: float) -> list[Turn]:
    return [Turn(turn.engine, begin + turn.until * (end - begin), turn.parts) for turn in turns]


def _only(engine: str) -> Recipe:
    return lambda _: [Turn(engine, 1.0)]


PARTS: Mapping[str, Part] = {
    "reinsert": Part(_only("reinsert")),
    "or-tools": Part(_only("or-tools")),
    "reinsert, or-tools, reinsert": Part(RECIPES["or-tools"]),
    "ruin-recreate": Part(_only("ruin-recreate")),
    "portfolio": Part(RECIPES["portfolio"]),
    "reinsert, portfolio": Part(_first("reinsert", 0.15, RECIPES["portfolio"])),
    "portfolio, or-tools": Part(_then("or-tools", 0.3, RECIPES["portfolio"])),
    "portfolio, two threads": Part(RECIPES["portfolio"], 2),
}
"""What is measured, the least first; insertion alone saves nothing by definition."""


def compare_parts(days: Iterable[RuralDay], seconds: float) -> list[Row]:
    """Return a row for each part: the vehicle time that it saves over pure insertion."""
    warm_up_engines()
    found: dict[str, list[float]] = {name: [] for name in PARTS}
    for seed, day in enumerate(days):
        for name, part in PARTS.items():
            saving = run(_solver(part), day, seconds, seed)
            if saving.broken:
                raise AssertionError(f"{name} broke {saving.broken} rules")
            found[name].append(saving.percent)
    return [Row(f"{name}, {seconds:g} s", Sample(tuple(values), "%")) for name, values in found.items()]


def _solver(part: Part) -> Solver:
    def solve(day: RuralDay, seconds: float, seed: int) -> Plan:
        budget = Budget(seconds=seconds)
        return improve_by(part.recipe, day.problem, day.plan, budget, seed, threads=part.threads).plan

    return solve

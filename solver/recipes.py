"""Which engines take turns on a plan, in which order, and with how much of the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .plan import Budget

ROUND_S = 4.0
"""Seconds of one round of OR-Tools; a new round starts from the best plan, with breaks where they are then."""
SEARCH_SHARE = 0.97
"""Share of the seconds that is used up when the last search of OR-Tools ends; ``reinsert`` has the rest."""
CHOICE_SHARE, CHOICE_S = 0.08, 0.8
"""Share of the seconds, and seconds at most, that are left for recombining."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One engine's turn."""

    engine: str
    until: float
    """Share of the budget's seconds that may be used up when the turn ends."""
    parts: int = 1
    """How many turns share the budget's iterations."""


Recipe = Callable[[Budget], list[Turn]]
"""Lists the turns that a budget is spent on."""


def _or_tools(budget: Budget) -> list[Turn]:
    rounds = 1 if budget.seconds is None else max(1, int(budget.seconds / ROUND_S))
    turns = []
    for number in range(rounds):
        turns += [
            Turn("reinsert", (number + 1 / 3) / rounds),
            Turn("or-tools", SEARCH_SHARE * (number + 1) / rounds),
        ]
    return [*turns, Turn("reinsert", 1.0)]


def _portfolio(budget: Budget) -> list[Turn]:
    reserve = CHOICE_SHARE if budget.seconds is None else min(CHOICE_SHARE, CHOICE_S / max(budget.seconds, CHOICE_S))
    return [Turn("ruin-recreate", 1.0 - reserve), Turn("recombine", 1.0)]


RECIPES: Mapping[str, Recipe] = {
    "portfolio": _portfolio,
    "or-tools": _or_tools,
    "ruin-recreate": lambda _: [Turn("ruin-recreate", 1.0)],
    "reinsert": lambda _: [Turn("reinsert", 1.0)],
}
"""The recipes by name; a service file may ask for the first three."""

"""Make a plan better within a budget, and never worse.

Which engines take turns, and for how long, is the *recipe* of the engine asked for (see :mod:`.recipes`). Each turn
begins with the best plan so far, and what it proposes is judged (see :mod:`.contest`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from .contest import Contest, Effort, Engine, Improvement, make_ground
from .engines import recombine_tours, ruin_and_recreate, search_routes
from .insertion import warm_up
from .plan import Budget, Plan
from .problem import CapacityRow, Problem, Ride, Shift, Window
from .recipes import RECIPES, Recipe, Turn
from .reinsert import reinsert
from .routing_model import check_plan

__all__ = ["ENGINES", "RECIPES", "Improvement", "improve_by", "improve_plan", "warm_up_engines"]

ENGINES: Mapping[str, Engine] = {
    "or-tools": search_routes,
    "recombine": recombine_tours,
    "reinsert": reinsert,
    "ruin-recreate": ruin_and_recreate,
}
"""The engines that take turns, by name."""


def improve_plan(
    problem: Problem,
    plan: Plan,
    budget: Budget,
    seed: int = 0,
    engine: str = "portfolio",
    should_stop: Callable[[], bool] | None = None,
    threads: int = 1,
) -> Improvement:
    """Return a plan that serves the same rides and more, at no higher cost for the same rides.

    More rides served come before less cost. A plan that breaks rules gives way to any that breaks none and serves its
    rides; when there is none it comes back as it is.

    Parameters
    ----------
    budget
        ``seconds`` of wall time in all; ``iterations`` for each engine: plans ruined and recreated by
        ``ruin-recreate``, solutions accepted by ``or-tools``. With iterations alone the same arguments give the same
        plan.
    seed
        Decides everything that is left to chance.
    engine
        Name of one of ``RECIPES``.
    should_stop
        Asked now and then; when it returns true, the best plan so far is returned.
    threads
        How many searches may run side by side; another number gives another plan.

    Raises
    ------
    ValueError
        When there is no such engine.
    ProblemError
        When ``plan`` cannot belong to ``problem``.
    """
    if engine not in RECIPES:
        raise ValueError(f"there is no engine {engine!r}: choose one of {', '.join(RECIPES)}")
    return improve_by(RECIPES[engine], problem, plan, budget, seed, should_stop, threads)


def improve_by(
    recipe: Recipe,
    problem: Problem,
    plan: Plan,
    budget: Budget,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
    threads: int = 1,
) -> Improvement:
    """Do what :func:`improve_plan` does, by any recipe."""
    check_plan(problem, plan)
    started_s = time.monotonic()
    contest = Contest(problem, plan)
    ground = make_ground(problem, max(1, threads))
    for number, turn in enumerate(recipe(budget)):
        effort = _effort(turn, budget, started_s, seed + number, should_stop or _never)
        if effort.is_spent():
            break
        contest.try_engine(turn.engine, ENGINES[turn.engine], ground, effort)
    return contest.close(time.monotonic() - started_s)


def _effort(turn: Turn, budget: Budget, started_s: float, seed: int, should_stop: Callable[[], bool]) -> Effort:
    ends_at_s = None if budget.seconds is None else started_s + turn.until * budget.seconds
    iterations = None if budget.iterations is None else -(-budget.iterations // turn.parts)
    return Effort(iterations, seed, should_stop, ends_at_s)


def warm_up_engines() -> None:
    """Compile all kernels, or load them from Numba's cache, so that no budget is spent on it."""
    warm_up()
    window = Window(0, 3600)
    ride = Ride(0, 1, window, window, 3600, (1,))
    shift = Shift(0, 0, 0, 3600, (CapacityRow((1,), 2),))
    problem = Problem(np.array([[0, 60], [60, 0]], dtype=np.int32), (ride, ride), (shift,))
    improve_plan(problem, Plan(((0, 1, 2, 3),)), Budget(iterations=2))


def _never() -> bool:
    return False

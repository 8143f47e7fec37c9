"""The turns of a recipe fit into the budget, and all that is decided by a seed stays so after a restart."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest

from rufbus.domain.service_keys import ENGINES as SERVICE_FILE_ENGINES
from solver import engines, improve
from solver.contest import Effort, Ground, make_ground
from solver.engines import SEED_STRIDE, join_pools
from solver.improve import ENGINES, RECIPES, improve_plan
from solver.plan import Budget, Plan
from solver.pool import TourPool
from solver.problem import dropoff_of, pickup_of
from solver.ruin_recreate import ruin_recreate

from .instances import Case, Size, draw_case

BUDGETS = (Budget(seconds=0.5), Budget(seconds=1.0), Budget(seconds=30.0), Budget(iterations=100))
MANY = Size(places=12, rides=14, shifts=5, tight=False, aboard=1)
AGAIN = """
import pickle, sys
from solver.improve import improve_plan
from solver.plan import Budget
problem, plan, engine, threads = pickle.load(sys.stdin.buffer)
found = improve_plan(problem, plan, Budget(iterations=300), seed=7, engine=engine, threads=threads)
sys.stdout.write(repr((found.plan, found.cost_after, found.engine)))
"""


def some_case() -> Case:
    return draw_case(Random(5), MANY)


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
@pytest.mark.parametrize("engine", RECIPES)
def test_turns_name_engines_and_use_up_the_budget_in_order(engine: str, budget: Budget):
    turns = RECIPES[engine](budget)
    shares = [turn.until for turn in turns]
    assert {turn.engine for turn in turns} <= set(ENGINES)
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] == 1.0


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", RECIPES)
def test_the_same_seed_and_iterations_give_the_same_plan_after_a_restart(engine: str, threads: int):
    case = some_case()
    here = improve_plan(case.problem, case.plan, Budget(iterations=300), seed=7, engine=engine, threads=threads)
    asked = pickle.dumps((case.problem, case.plan, engine, threads))
    root = Path(improve.__file__).parent.parent
    restarted = [
        subprocess.run(
            [sys.executable, "-c", AGAIN],
            input=asked,
            capture_output=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert restarted[0] == restarted[1] == repr((here.plan, here.cost_after, here.engine)).encode()


# --- side by side ----------------------------------------------------------------------------------------------------


def test_searches_side_by_side_fill_one_pool():
    case = some_case()
    together = make_ground(case.problem, threads=2)
    ENGINES["ruin-recreate"](together, case.plan, Effort(200, 1, lambda: False, None))
    kept = {(tour.kind, frozenset(tour.tour)) for tour in together.pool}
    for seed in (1, 1 + SEED_STRIDE):
        alone = make_ground(case.problem)
        ENGINES["ruin-recreate"](alone, case.plan, Effort(200, seed, lambda: False, None))
        assert len(alone.pool) > 0
        assert {(tour.kind, frozenset(tour.tour)) for tour in alone.pool} <= kept


def test_a_search_that_fails_beside_another_costs_only_what_it_would_have_found(monkeypatch: pytest.MonkeyPatch):
    def fails_for_one_seed(*args, seed: int, **kwargs):
        if seed != 4:
            raise MemoryError("no memory is left")
        return ruin_recreate(*args, seed=seed, **kwargs)

    monkeypatch.setattr(engines, "ruin_recreate", fails_for_one_seed)
    case = some_case()
    outcome = improve_plan(case.problem, case.plan, Budget(iterations=300), seed=4, engine="ruin-recreate", threads=2)
    assert outcome.failed == ()
    assert outcome.engine == "ruin-recreate"


def test_searches_that_all_fail_cost_nothing_but_the_improvement(monkeypatch: pytest.MonkeyPatch):
    def fails(*_: object, **__: object):
        raise MemoryError("no memory is left")

    monkeypatch.setattr(engines, "ruin_recreate", fails)
    case = some_case()
    outcome = improve_plan(case.problem, case.plan, Budget(iterations=300), seed=4, threads=2)
    assert outcome.plan is case.plan
    assert outcome.failed == ("ruin-recreate failed with MemoryError: no memory is left",)


def test_the_newest_tours_of_each_pool_stay_the_newest():
    case = some_case()
    packed = make_ground(case.problem).packed
    pools = [TourPool(packed), TourPool(packed)]
    for seed, pool in enumerate(pools):
        ruin_recreate(packed, case.plan, iterations=200, seed=seed, pool=pool)
    joined = TourPool(packed)
    join_pools(joined, pools)
    newest = {(tour.kind, frozenset(tour.tour)) for tour in list(joined)[-4:]}
    assert {(tour.kind, frozenset(tour.tour)) for pool in pools for tour in list(pool)[-1:]} <= newest


@pytest.mark.parametrize("engine", RECIPES)
def test_a_stop_asked_for_during_the_search_keeps_what_was_found(engine: str):
    case = some_case()
    answers = iter([False] * 5)
    outcome = improve_plan(
        case.problem, case.plan, Budget(iterations=10**9), engine=engine, should_stop=lambda: next(answers, True)
    )
    assert len(outcome.plan.unserved) <= len(case.plan.unserved)
    assert outcome.failed == ()


def test_a_service_file_offers_no_engine_that_is_not_there():
    assert set(SERVICE_FILE_ENGINES) <= set(RECIPES)


# --- broken twins ----------------------------------------------------------------------------------------------------


def forgets_a_ride(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    """A recombiner that chooses tours without looking whether everybody is in one of them."""
    served = next(ride for ride in range(len(ground.problem.rides)) if dropoff_of(ride) in plan.tours[0])
    codes = (pickup_of(served), dropoff_of(served))
    return plan.with_tour(0, tuple(code for code in plan.tours[0] if code not in codes))


def lists_it_as_unserved(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    """The same, and it says so."""
    shorter = forgets_a_ride(ground, plan, effort)
    left = {code for tour in shorter.tours for code in tour}
    gone = [ride for ride in range(len(ground.problem.rides)) if dropoff_of(ride) not in left]
    return Plan(shorter.tours, tuple(gone))


def serves_a_ride_twice(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    """A recombiner that leaves a ride in both tours that cover it."""
    return plan.with_tour(1, (*plan.tours[1], *plan.tours[0]))


def breaks_a_promise(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    """An engine that drives backwards: drop-offs before pickups, windows missed."""
    return Plan(tuple(tour[::-1] for tour in plan.tours), plan.unserved)


@pytest.mark.parametrize("twin", [forgets_a_ride, lists_it_as_unserved, serves_a_ride_twice, breaks_a_promise])
@pytest.mark.parametrize("place", ["recombine", "or-tools", "reinsert"])
def test_a_broken_twin_of_an_engine_changes_nothing_and_is_told(monkeypatch: pytest.MonkeyPatch, twin, place: str):
    monkeypatch.setattr(improve, "ENGINES", MappingProxyType(dict.fromkeys(ENGINES, lambda *_: None) | {place: twin}))
    random = Random(11)
    size = Size(places=8, rides=8, shifts=3, tight=False, aboard=0, locks=False, breaks=0)
    case = next(
        case
        for case in iter(lambda: draw_case(random, size), None)
        if len(case.plan.tours) > 1 < len(case.plan.tours[0])
    )
    for engine in RECIPES:
        outcome = improve_plan(case.problem, case.plan, Budget(iterations=5), engine=engine)
        used = place in {turn.engine for turn in RECIPES[engine](Budget(iterations=5))}
        assert outcome.plan is case.plan
        assert bool(outcome.rejected) == used

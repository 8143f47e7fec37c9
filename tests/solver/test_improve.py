"""An improvement is never worse, never wrong, and never at a rider's expense."""

import pickle
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings

from solver import improve
from solver.check import violations
from solver.contest import Effort, Engine, Ground, Improvement, make_ground
from solver.cost import plan_cost
from solver.improve import ENGINES, RECIPES, improve_plan
from solver.insertion import cheapest_insertions, with_insertion
from solver.plan import Budget, Plan
from solver.problem import Aboard, Break, CapacityRow, Problem, ProblemError, Ride, Shift, Window, dropoff_of

from . import brute_force
from .instances import CROOKED, LOOSE, SMALL, TINY, Case, cases, problems

MINUTE = 60
DAY = Window(0, 600 * MINUTE)
ONE_SEAT = CapacityRow((1,), 1)
FEW = Budget(iterations=30)

slow = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def score(problem: Problem, plan: Plan) -> tuple[int, int]:
    return len(plan.unserved), plan_cost(problem, plan)


def line(*minutes: int) -> np.ndarray:
    """Places on one straight road, at so many minutes from its beginning."""
    at = np.array(minutes, dtype=np.int32) * MINUTE
    return np.abs(at[:, None] - at[None, :])


def two_vans_one_way() -> tuple[Problem, Plan]:
    """Two riders whom two vans carry along one way, though one van would do."""
    ride = Ride(1, 2, DAY, DAY, 600 * MINUTE, (1,))
    van = Shift(0, 0, 0, 600 * MINUTE, (CapacityRow((1,), 4),))
    return Problem(line(0, 10, 20), (ride, ride), (van, van)), Plan(((0, 1), (2, 3)))


def inserted_one_by_one(problem: Problem) -> Plan | None:
    """The plan of a greedy dispatcher; ``None`` when the riders aboard cannot all be brought home."""
    plan = Plan(problem.break_codes, tuple(range(len(problem.rides))))
    for ride in sorted(plan.unserved, key=lambda number: problem.rides[number].aboard is None):
        found = cheapest_insertions(problem, plan, ride)
        if found:
            plan = with_insertion(plan, ride, found[0])
    return None if violations(problem, plan) else plan


# --- for all problems ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", sorted(RECIPES))
@pytest.mark.parametrize("size", [SMALL, LOOSE, CROOKED], ids=["tight", "loose", "crooked"])
def test_an_improvement_is_legal_and_never_worse(engine: str, size):
    @slow
    @given(cases(size))
    def check(case: Case) -> None:
        outcome = improve_plan(case.problem, case.plan, FEW, engine=engine)
        assert violations(case.problem, outcome.plan) == ()
        assert score(case.problem, outcome.plan) <= score(case.problem, case.plan)
        assert set(outcome.plan.unserved) <= set(case.plan.unserved)
        assert outcome.cost_before == plan_cost(case.problem, case.plan)
        assert outcome.cost_after == plan_cost(case.problem, outcome.plan)
        assert (outcome.engine is None) == (outcome.plan == case.plan)
        assert (outcome.rejected, outcome.failed) == ((), ())
        event(f"found by {outcome.engine}")

    check()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_by_itself_proposes_nothing_worse(engine: str):
    @slow
    @given(cases(LOOSE))
    def check(case: Case) -> None:
        proposed = ENGINES[engine](make_ground(case.problem), case.plan, Effort(30, 2, lambda: False, None))
        if proposed is None:
            return
        assert violations(case.problem, proposed) == ()
        assert score(case.problem, proposed) <= score(case.problem, case.plan)

    check()


@slow
@given(problems(replace(TINY, locks=False)))
def test_brute_force_beats_or_equals_improvement_beats_or_equals_insertion(problem: Problem):
    inserted = inserted_one_by_one(problem)
    if inserted is None:
        return
    best = brute_force.best_plans(problem)
    assert best is not None
    improved = score(problem, improve_plan(problem, inserted, Budget(iterations=60)).plan)
    assert best <= improved <= score(problem, inserted)
    event("the best" if improved == best else "not the best")


@slow
@given(cases(SMALL))
def test_what_is_locked_or_aboard_stays(case: Case):
    plan = improve_plan(case.problem, case.plan, FEW).plan
    for number, shift in enumerate(case.problem.shifts):
        assert plan.tours[number][: len(shift.locked)] == shift.locked
    for number, ride in enumerate(case.problem.rides):
        if ride.aboard is not None:
            assert dropoff_of(number) in plan.tours[ride.aboard.shift]


@pytest.mark.parametrize("engine", sorted(RECIPES))
def test_the_same_seed_and_iterations_give_the_same_plan(engine: str):
    @slow
    @given(cases(SMALL))
    def check(case: Case) -> None:
        first = improve_plan(case.problem, case.plan, FEW, seed=4, engine=engine)
        again = improve_plan(case.problem, case.plan, FEW, seed=4, engine=engine)
        assert replace(again, seconds=first.seconds) == first

    check()


# --- what it finds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", sorted(RECIPES))
def test_two_vans_for_one_way_become_one(engine: str):
    problem, plan = two_vans_one_way()
    outcome = improve_plan(problem, plan, FEW, engine=engine)
    assert (outcome.cost_before, outcome.cost_after) == (80 * MINUTE, 40 * MINUTE)
    assert outcome.engine in ENGINES


@pytest.mark.parametrize("engine", sorted(RECIPES))
def test_a_rider_whom_nobody_serves_is_taken_in_though_it_costs(engine: str):
    problem, _ = two_vans_one_way()
    outcome = improve_plan(problem, Plan(((0, 1), ()), (1,)), FEW, engine=engine)
    assert outcome.plan.unserved == ()
    assert outcome.cost_after >= outcome.cost_before


def test_a_tour_of_several_riders_moves_as_a_whole():
    ride = Ride(1, 2, DAY, DAY, 600 * MINUTE, (1,))
    seats = (CapacityRow((1,), 8),)
    pause = Break(Window(0, 300 * MINUTE), 30 * MINUTE)
    shifts = (
        Shift(0, 0, 0, 600 * MINUTE, seats),
        Shift(0, 2, 0, 600 * MINUTE, seats, (pause,), fixed_cost=30 * MINUTE),
    )
    problem = Problem(line(0, 10, 20), (ride, ride, ride), shifts)
    outcome = improve_plan(problem, Plan(((0, 1), (2, 4, 3, 5, 6))), FEW, engine="reinsert")
    assert outcome.plan.tours[1] == (6,)
    assert outcome.cost_after == 40 * MINUTE


def test_reinserting_ends_when_nothing_gains_any_more():
    problem, plan = two_vans_one_way()
    asked: list[int] = []
    improve_plan(problem, plan, Budget(iterations=10**6), engine="reinsert", should_stop=lambda: bool(asked.append(1)))
    assert len(asked) < 20


def test_or_tools_finds_the_swap_that_no_single_rider_can_make():
    soon = Window(20 * MINUTE, 20 * MINUTE)
    rides = (Ride(2, 3, soon, DAY, 30 * MINUTE, (1,)), Ride(0, 1, soon, DAY, 30 * MINUTE, (1,)))
    vans = (Shift(0, 0, 0, 60 * MINUTE, (ONE_SEAT,)), Shift(3, 3, 0, 60 * MINUTE, (ONE_SEAT,)))
    problem = Problem(line(0, 6, 14, 20), rides, vans)
    crossed = Plan(((0, 1), (2, 3)))
    assert improve_plan(problem, crossed, FEW, engine="reinsert").plan is crossed
    assert improve_plan(problem, crossed, FEW).plan.tours == ((2, 3), (0, 1))


# --- what it is spared -----------------------------------------------------------------------------------------------


def test_a_plan_that_breaks_rules_comes_back_as_it_is_when_nothing_helps():
    late = Ride(1, 2, Window(0, 5 * MINUTE), DAY, 600 * MINUTE, (1,))
    van = Shift(0, 0, 0, 600 * MINUTE, (ONE_SEAT,))
    problem = Problem(line(0, 10, 20), (late, replace(late, pickup_window=DAY)), (van,))
    plan = Plan(((0, 1),), (1,))
    outcome = improve_plan(problem, plan, FEW)
    assert outcome.plan is plan
    assert outcome.engine is None


def test_a_plan_that_breaks_rules_gives_way_to_one_that_keeps_them():
    early = Ride(1, 2, Window(0, 30 * MINUTE), DAY, 20 * MINUTE, (1,))
    later = replace(early, pickup_window=Window(100 * MINUTE, 130 * MINUTE))
    problem = Problem(line(0, 10, 20), (early, later), (Shift(0, 0, 0, 600 * MINUTE, (ONE_SEAT,)),))
    assert improve_plan(problem, Plan(((2, 3, 0, 1),)), FEW).plan == Plan(((0, 1, 2, 3),))


def test_an_overfull_van_does_not_stop_the_improvement_from_answering():
    aboard = Ride(0, 2, DAY, DAY, 600 * MINUTE, (2,), aboard=Aboard(0, 0))
    problem = Problem(line(0, 10, 20), (aboard,), (Shift(0, 0, 0, 600 * MINUTE, (ONE_SEAT,)),))
    outcome = improve_plan(problem, Plan(((1,),)), FEW)
    assert outcome.plan == Plan(((1,),))


def broken(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    raise MemoryError("no memory is left")


def nonsense(ground: Ground, plan: Plan, effort: Effort) -> Plan:
    return "not a plan"  # type: ignore[return-value]


@pytest.mark.parametrize("engine", [broken, nonsense])
def test_an_engine_that_fails_costs_only_its_improvement(monkeypatch: pytest.MonkeyPatch, engine: Engine):
    monkeypatch.setattr(improve, "ENGINES", MappingProxyType({**ENGINES, "or-tools": engine}))
    problem, plan = two_vans_one_way()
    outcome = improve_plan(problem, plan, FEW, engine="or-tools")
    assert outcome.cost_after == 40 * MINUTE
    assert outcome.engine == "reinsert"
    assert len(outcome.failed) == 1
    assert outcome.failed[0].startswith("or-tools failed with ")


@pytest.mark.parametrize(
    ("proposal", "rule"),
    [
        (Plan(((1, 0, 2, 3), ())), "order"),
        (Plan(((0, 1), ()), (1,)), "dropped-ride"),
        (Plan(((0, 1, 2, 3),)), "tour-count"),
    ],
    ids=["backwards", "a rider left behind", "a tour missing"],
)
def test_a_proposal_that_breaks_a_rule_is_rejected_by_name(monkeypatch: pytest.MonkeyPatch, proposal: Plan, rule: str):
    monkeypatch.setattr(improve, "ENGINES", MappingProxyType({"reinsert": lambda *_: proposal}))
    problem, plan = two_vans_one_way()
    outcome = improve_plan(problem, plan, FEW, engine="reinsert")
    assert outcome.plan == plan
    assert rule in {found.rule for found in outcome.rejected}


def test_a_rider_nobody_promised_never_takes_the_place_of_one_who_was(monkeypatch: pytest.MonkeyPatch):
    problem, _ = two_vans_one_way()
    swapped = Plan(((2, 3), ()), (0,))
    monkeypatch.setattr(improve, "ENGINES", MappingProxyType({"reinsert": lambda *_: swapped}))
    outcome = improve_plan(problem, Plan(((0, 1), ()), (1,)), FEW, engine="reinsert")
    assert outcome.plan.tours == ((0, 1), ())
    assert [found.rule for found in outcome.rejected] == ["dropped-ride"] * len(outcome.rejected) != []


def test_a_dearer_proposal_is_not_taken(monkeypatch: pytest.MonkeyPatch):
    problem, apart = two_vans_one_way()
    monkeypatch.setattr(improve, "ENGINES", MappingProxyType({"reinsert": lambda *_: apart}))
    together = Plan(((0, 2, 1, 3), ()))
    assert improve_plan(problem, together, FEW, engine="reinsert").plan is together


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_a_stop_asked_for_at_once_leaves_the_plan():
    problem, plan = two_vans_one_way()
    assert improve_plan(problem, plan, FEW, should_stop=lambda: True).plan is plan


def test_no_seconds_leave_the_plan():
    problem, plan = two_vans_one_way()
    assert improve_plan(problem, plan, Budget(seconds=0.0)).plan is plan


def test_seconds_alone_are_budget_enough():
    problem, plan = two_vans_one_way()
    outcome = improve_plan(problem, plan, Budget(seconds=0.5))
    assert outcome.cost_after <= outcome.cost_before
    assert outcome.seconds > 0


def test_an_outcome_travels_between_processes():
    problem, plan = two_vans_one_way()
    outcome = improve_plan(*pickle.loads(pickle.dumps((problem, plan, FEW))))
    back: Improvement = pickle.loads(pickle.dumps(outcome))
    assert back == outcome


def test_an_unknown_engine_is_refused_with_the_known_ones():
    problem, plan = two_vans_one_way()
    with pytest.raises(ValueError, match="'magic': choose one of portfolio, or-tools, "):
        improve_plan(problem, plan, FEW, engine="magic")


def test_a_plan_of_another_problem_is_refused():
    problem, _ = two_vans_one_way()
    with pytest.raises(ProblemError, match="1 tours for 2 shifts"):
        improve_plan(problem, Plan(((),)), FEW)

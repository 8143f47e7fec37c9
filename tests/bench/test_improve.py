"""The day that is re-optimised is a right one, and what is said of it is what was measured."""

from dataclasses import replace

import numpy as np
import pytest

from rufbus.bench.improve import OR_TOOLS, Saving, compare_engines, run, to_rows
from rufbus.bench.rural_day import compact, draw_day, spread_places
from rufbus.domain.place import Place, Stop
from rufbus.ports import RoadTimes
from solver.check import violations
from solver.cost import plan_cost
from solver.plan import Plan
from solver.problem import ProblemError


class Plain:
    """Stops on a grid a kilometre apart, and vans at its corners, on a plane without roads."""

    def __init__(self, side: int = 6, vans: int = 4):
        at = [(x, y) for x in range(side) for y in range(side)]
        homes = [(x, y) for x in (0, side - 1) for y in (0, side - 1)]
        at += [homes[number % 4] for number in range(vans)]
        self.stop_count = side * side
        self.stops = [Stop(f"s{n}", f"Halt {n}", Place(9 + x * 0.0155, 54 + y * 0.009)) for n, (x, y) in enumerate(at)]
        where = np.array(at)
        travel_s = (90 * np.abs(where[:, None] - where[None]).sum(axis=2)).astype(np.int32)
        self.times = RoadTimes(travel_s, 10 * travel_s)

    def times_on(self, service_day):
        return self.times

    def find_stop(self, stop_id):
        return next((n for n, stop in enumerate(self.stops) if stop.id == stop_id), None)


@pytest.fixture(scope="module")
def day():
    return draw_day(Plain(), 20, seed=3)


def test_a_day_is_legal_and_serves_all_its_rides(day):
    assert violations(day.problem, day.plan) == ()
    assert len(day.problem.rides) == 20
    assert day.plan.unserved == ()


def test_the_same_seed_draws_the_same_day(day):
    again = draw_day(Plain(), 20, seed=3)
    assert (again.plan, again.problem.rides, again.problem.shifts) == (day.plan, day.problem.rides, day.problem.shifts)
    assert draw_day(Plain(), 20, seed=4).problem.rides != day.problem.rides


def test_more_rides_than_the_vans_can_serve_are_refused_with_what_helps():
    with pytest.raises(ProblemError, match="add vans"):
        draw_day(Plain(vans=1), 200, seed=1)


def test_a_problem_over_fewer_places_costs_the_same(day):
    network = Plain()
    wide = np.zeros((200, 200), dtype=np.int32)
    wide[: len(day.problem.travel_s), : len(day.problem.travel_s)] = day.problem.travel_s
    small = compact(type(day.problem)(wide, day.problem.rides, day.problem.shifts))
    assert len(small.travel_s) <= len(network.stops)
    assert plan_cost(small, day.plan) == plan_cost(day.problem, day.plan)


def test_places_are_spread_to_the_corners():
    network = Plain()
    chosen = spread_places(network.stops[: network.stop_count], 4, seed=1)
    assert len({(round(place.lon, 4), round(place.lat, 4)) for place in chosen}) == 4


def test_savings_are_counted_from_pure_insertion_and_faults_by_the_checker(day):
    assert run(lambda *_: None, day, 1.0, 0) == Saving(0.0, 0)
    backwards = Plan(tuple(tour[::-1] for tour in day.plan.tours))
    assert run(lambda *_: backwards, day, 1.0, 0).broken > 0
    nobody = Plan(day.problem.break_codes, tuple(range(20)))
    assert run(lambda *_: nobody, day, 1.0, 0) == Saving(100.0, 20)


def test_the_aim_is_met_only_with_both_the_saving_and_the_ratio():
    def met(ours: float, theirs: float) -> bool | None:
        return to_rows({"ours": [Saving(ours, 0)], OR_TOOLS: [Saving(theirs, 0)]}, 1.0)[0].is_met

    assert met(15.0, 3.0) is True
    assert met(15.0, 3.1) is False
    assert met(14.9, 1.0) is False
    assert met(15.0, 0.0) is True


def test_one_broken_promise_is_one_too_many():
    rows = to_rows({"ours": [Saving(20.0, 0), Saving(20.0, 1)], OR_TOOLS: [Saving(1.0, 0)]}, 1.0)
    assert rows[1].is_met is False


def test_both_solvers_run_on_the_same_days(day):
    saving, broken = compare_engines([day, replace(day)], seconds=0.2)
    assert len(saving.ours.values) == len(saving.peers[OR_TOOLS].values) == 2
    assert min(saving.ours.values) >= 0
    assert broken.is_met is True

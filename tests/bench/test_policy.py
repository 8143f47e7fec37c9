"""A tight day is dispatched by the dispatcher itself, and its figures can be checked."""

import datetime as dt
from dataclasses import replace

import pytest
from rich.console import Console

from rufbus.bench.hindsight import plan_in_hindsight
from rufbus.bench.open_tours import list_wishes, serve_in_order
from rufbus.bench.plots import plot_shares
from rufbus.bench.policy import (
    ALL,
    IMPROVEMENT,
    IN_HINDSIGHT,
    INSERTION,
    OPEN_TOURS,
    REPAIR,
    WHOLE_WAIT,
    gap_to_hindsight,
    list_policies,
    list_refused_shares,
    run_level,
    say_what_limits,
    to_records,
    to_rows,
)
from rufbus.bench.policy_run import read_numbers, run_tight_days
from rufbus.bench.road_service import DEPOTS, VANS, make_road_service
from rufbus.bench.tight_day import dispatch_day, draw_day
from rufbus.domain.errors import InvalidInput
from rufbus.domain.service import SolverRules
from rufbus.roads.sample import OSM_FILE, make_sample
from solver.check import violations

from ..dispatch.little_town import NETWORK, SERVICE

DAY = dt.date(2026, 11, 25)
RULES = SolverRules(engine="reinsert", improve_every_s=3600, improve_seconds=0.1, repair_tries=300, repair_seconds=60.0)
TOWN = replace(SERVICE, booking=replace(SERVICE.booking, min_notice_s=1800))


@pytest.fixture(scope="module")
def level():
    days = [draw_day(TOWN, NETWORK, DAY, vans=2, wishes=45, seed=seed) for seed in (1, 2)]
    return run_level(days, list_policies(RULES), hindsight_iterations=600)


def test_every_wish_is_served_or_refused_and_no_promise_is_broken(level):
    for day in level.days:
        assert set(day) == {INSERTION, IMPROVEMENT, REPAIR, ALL, WHOLE_WAIT}
        for outcome in day.values():
            assert outcome.served + outcome.refused == outcome.asked == len(outcome.quote_s)
            assert (outcome.kept, outcome.broken, outcome.findings) == (outcome.served, 0, 0)


def test_repair_serves_more_and_hindsight_most(level):
    def served(policy):
        return sum(day[policy].served for day in level.days)

    assert served(REPAIR) > served(INSERTION)
    assert sum(each.served for each in level.hindsight) >= sum(each.in_order for each in level.hindsight)
    assert sum(each.in_order for each in level.hindsight) >= sum(level.open_tours)
    assert all(
        each.violations == 0 and each.asked == day[ALL].asked
        for each, day in zip(level.hindsight, level.days, strict=True)
    )


def test_the_table_judges_refusals_gap_and_promises(level):
    rows = {row.figure.split(": ")[1]: row for row in to_rows(level)}
    refused, served = rows["refused"], rows["served"]
    inserted, fewest = sum(refused.peers[INSERTION].values), sum(refused.ours.values)
    assert refused.is_met == (fewest <= 0.7 * inserted)
    assert set(served.peers) == {INSERTION, IMPROVEMENT, REPAIR, WHOLE_WAIT, OPEN_TOURS, IN_HINDSIGHT}
    assert rows["promises broken, findings"].is_met
    assert to_records([level])[0]["days"][0][ALL]["served"] == level.days[0][ALL].served


def test_a_broken_promise_is_not_met(level):
    broken = [{**day, REPAIR: replace(day[REPAIR], broken=1)} for day in level.days]
    rows = {row.figure.split(": ")[1]: row for row in to_rows(replace(level, days=tuple(broken)))}
    assert not rows["promises broken, findings"].is_met


def test_the_same_day_goes_the_same_way_again():
    day = draw_day(TOWN, NETWORK, DAY, vans=2, wishes=40, seed=3)
    rules = replace(RULES, engine="ruin-recreate", improve_seconds=60.0, improve_iterations=50)
    policy = next(policy for policy in list_policies(rules) if policy.name == ALL)
    once, again = (replace(dispatch_day(day, policy, lambda: 0.0)) for _ in range(2))
    assert once == again


def test_more_vans_than_there_are_is_said():
    with pytest.raises(InvalidInput, match="1 to 3"):
        draw_day(TOWN, NETWORK, DAY, vans=4, wishes=20, seed=1)


def test_numbers_are_read_or_refused():
    assert read_numbers("--vans", "10,12") == [10, 12]
    with pytest.raises(InvalidInput, match="--vans a,b"):
        read_numbers("--vans", "a,b")


def test_hindsight_serves_what_fits():
    day = draw_day(TOWN, NETWORK, DAY, vans=3, wishes=20, seed=1)
    found = plan_in_hindsight(day, iterations=600)
    assert 0 < found.served <= found.asked
    assert found.violations == 0


def test_who_is_told_the_whole_wait_gets_one_window_as_wide_as_all_offers():
    day = draw_day(TOWN, NETWORK, DAY, vans=2, wishes=20, seed=1)
    told = {policy.name: policy.service_of(day) for policy in list_policies(RULES)}
    rules = told[ALL]
    assert (rules.booking, rules.promise) == (TOWN.booking, TOWN.promise)
    wide = told[WHOLE_WAIT]
    assert wide.booking.max_wait_s == 0
    assert wide.promise.pickup_window_s == TOWN.promise.pickup_window_s + TOWN.booking.max_wait_s
    assert wide.promise.narrowed_window_s == TOWN.promise.narrowed_window_s


def test_with_open_tours_every_ride_met_keeps_its_promise_inside_the_wish():
    day = draw_day(TOWN, NETWORK, DAY, vans=2, wishes=45, seed=2)
    width_s = TOWN.promise.pickup_window_s
    found, wishes = serve_in_order(day, iterations=20, window_s=width_s), list_wishes(day)
    assert violations(found.problem, found.plan) == ()
    assert len(found.met) == len(found.problem.rides) > 0
    for number, promised in zip(found.met, found.problem.rides, strict=True):
        wish = wishes[number]
        assert promised.pickup_window.latest - promised.pickup_window.earliest == width_s
        assert wish.pickup_window.earliest <= promised.pickup_window.earliest
        assert promised.pickup_window.latest <= wish.pickup_window.latest
        assert promised.dropoff_window.latest <= wish.dropoff_window.latest


def test_with_open_tours_whoever_leaves_more_open_serves_more():
    met = {None: 0, 600: 0}
    for seed in (1, 2):
        day = draw_day(TOWN, NETWORK, DAY, vans=2, wishes=45, seed=seed)
        for window_s in met:
            met[window_s] += len(serve_in_order(day, iterations=20, window_s=window_s).met)
    assert met[None] > met[600]


def test_what_limits_is_said_in_shares_of_hindsight(level):
    loses = f"{100 * gap_to_hindsight(level, ALL):.1f} %"
    assert f"ours loses {loses}" in say_what_limits(level)
    in_order = tuple(replace(each, in_order=each.served) for each in level.hindsight)
    promised = tuple(each.served for each in level.hindsight)
    said = say_what_limits(replace(level, hindsight=in_order, open_tours=promised))
    assert (
        f"0.0 % by meeting wishes in the order in which they come, 0.0 % by promising a window at once, {loses}" in said
    )


def test_shares_of_refusals_are_drawn(level, tmp_path):
    pytest.importorskip("matplotlib")
    shares = list_refused_shares(level)
    assert shares[IN_HINDSIGHT] <= shares[ALL] < shares[INSERTION] <= 100
    plot_shares({"2 vans": shares}, "refused (%)", tmp_path / "refused.svg")
    assert "<svg" in (tmp_path / "refused.svg").read_text()


def test_a_service_is_made_up_for_any_roads(tmp_path):
    (tmp_path / OSM_FILE).write_bytes(make_sample()[OSM_FILE])
    service, network = make_road_service(tmp_path / OSM_FILE)
    assert len(service.vehicles) == len({shift.vehicle for shift in service.shifts}) == VANS
    assert len({vehicle.depot for vehicle in service.vehicles}) == DEPOTS
    assert all(network.find_stop(f"depot:{vehicle.id}") is not None for vehicle in service.vehicles)


def test_a_folder_and_roads_at_once_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="Give one of them"):
        run_tight_days((tmp_path, tmp_path), ([2], [1]), 20, "2026-11-25", 10, (None, None), Console(quiet=True))

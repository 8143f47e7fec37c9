"""A tight day is dispatched by the dispatcher itself, and its figures can be checked."""

import datetime as dt
from dataclasses import replace

import pytest

from rufbus.bench.hindsight import plan_in_hindsight
from rufbus.bench.policy import ALL, IMPROVEMENT, INSERTION, REPAIR, list_policies, run_level, to_records, to_rows
from rufbus.bench.policy_run import read_numbers
from rufbus.bench.tight_day import dispatch_day, draw_day
from rufbus.domain.errors import InvalidInput
from rufbus.domain.service import SolverRules

from ..dispatch.little_town import NETWORK, SERVICE

DAY = dt.date(2026, 11, 25)
RULES = SolverRules(engine="reinsert", improve_every_s=3600, improve_seconds=0.1, repair_tries=300, repair_seconds=60.0)
TOWN = replace(SERVICE, booking=replace(SERVICE.booking, min_notice_s=1800))


@pytest.fixture(scope="module")
def level():
    days = [draw_day(TOWN, NETWORK, DAY, vans=2, wishes=45, seed=seed) for seed in (1, 2)]
    return run_level(days, list_policies(RULES), hindsight_s=0.5)


def test_every_wish_is_served_or_refused_and_no_promise_is_broken(level):
    for day in level.days:
        assert set(day) == {INSERTION, IMPROVEMENT, REPAIR, ALL}
        for outcome in day.values():
            assert outcome.served + outcome.refused == outcome.asked == len(outcome.quote_s)
            assert (outcome.kept, outcome.broken, outcome.findings) == (outcome.served, 0, 0)


def test_repair_serves_more_and_hindsight_most(level):
    def served(policy):
        return sum(day[policy].served for day in level.days)

    assert served(REPAIR) > served(INSERTION)
    assert sum(each.served for each in level.hindsight) >= served(INSERTION)
    assert all(
        each.violations == 0 and each.asked == day[ALL].asked
        for each, day in zip(level.hindsight, level.days, strict=True)
    )


def test_the_table_judges_refusals_gap_and_promises(level):
    rows = {row.figure.split(": ")[1]: row for row in to_rows(level)}
    refused, served = rows["refused"], rows["served"]
    inserted, fewest = sum(refused.peers[INSERTION].values), sum(refused.ours.values)
    assert refused.is_met == (fewest <= 0.7 * inserted)
    assert set(served.peers) == {INSERTION, IMPROVEMENT, REPAIR, "in hindsight"}
    assert rows["promises broken, findings"].is_met
    assert to_records([level])[0]["days"][0][ALL]["served"] == level.days[0][ALL].served


def test_a_broken_promise_is_not_met(level):
    broken = [{**day, REPAIR: replace(day[REPAIR], broken=1)} for day in level.days]
    rows = {row.figure.split(": ")[1]: row for row in to_rows(replace(level, days=tuple(broken)))}
    assert not rows["promises broken, findings"].is_met


def test_the_same_day_goes_the_same_way_again():
    day = draw_day(TOWN, NETWORK, DAY, vans=2, wishes=40, seed=3)
    policy = list_policies(RULES)[2]
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
    found = plan_in_hindsight(day, seconds=0.5, engine="reinsert")
    assert 0 < found.served <= found.asked
    assert found.violations == 0

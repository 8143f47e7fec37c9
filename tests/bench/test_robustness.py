"""Drives in drawn traffic: what is counted is what happened, and a higher percentile breaks fewer promises."""

import datetime as dt
from dataclasses import replace

import pytest

from rufbus.bench.robustness import drive_day, run_robustness, to_robustness_table
from rufbus.bench.tight_day import draw_day
from rufbus.domain.errors import InvalidInput

from ..dispatch.little_town import NETWORK, SERVICE

DATE = dt.date(2026, 11, 25)
TOWN = replace(SERVICE, booking=replace(SERVICE.booking, min_notice_s=1800))


@pytest.fixture(scope="module")
def days():
    return [draw_day(TOWN, NETWORK, DATE, vans=2, wishes=30, seed=seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def by_percentile(days):
    return {percentile: [drive_day(day, percentile, 0.25) for day in days] for percentile in (50, 95)}


def total(driven, name):
    return sum(getattr(day, name) for day in driven)


def test_every_served_rider_s_promise_is_kept_or_broken_and_the_checker_is_content(by_percentile):
    for driven in by_percentile.values():
        for day in driven:
            assert day.kept + day.broken == day.served <= day.asked
            assert day.broken <= day.at_risk
            assert day.findings == 0


def test_a_higher_percentile_breaks_fewer_promises_and_serves_no_more(by_percentile):
    low, high = by_percentile[50], by_percentile[95]
    assert total(high, "broken") < total(low, "broken")
    assert total(high, "served") <= total(low, "served")


def test_drives_that_take_what_is_planned_break_nothing(days):
    calm = drive_day(days[0], 50, 0.0)
    assert (calm.broken, calm.at_risk, calm.kept) == (0, 0, calm.served)


def test_the_same_seed_meets_the_same_traffic(days, by_percentile):
    assert drive_day(days[0], 50, 0.25) == by_percentile[50][0]


def test_the_table_sums_the_days_of_a_percentile(by_percentile):
    driven = by_percentile[50]
    (row,) = zip(*(column.cells for column in to_robustness_table(driven, 0.25).columns), strict=True)
    assert row[1] == f"{total(driven, 'served')} of {total(driven, 'asked')}"
    assert row[4].startswith(f"{total(driven, 'broken')} (")


def test_a_percentile_that_is_none_is_refused():
    with pytest.raises(InvalidInput, match="--percentiles 100"):
        run_robustness(None, [100], 0.15, (1, 20), [1], DATE, None, None)

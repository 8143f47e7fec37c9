"""A dynamic day: nobody sets out for what is not known yet, and the times that it really had keep every rule."""

import json
from itertools import chain

import pytest

from rufbus.bench.instances.instance import read_instance
from rufbus.bench.public_sets import run_set, to_rows
from rufbus.bench.replay import Leaving, _Day, make_replay, replay
from rufbus.bench.solving import Effort
from rufbus.domain.errors import InvalidInput

from .small_files import DATA, DYNAMIC, needs_data, write

SHORT = Effort("reinsert", None, 20, seed=1)


def day(tmp_path, **changes):
    """Return the little day with changes to its second request."""
    read = json.loads(DYNAMIC)
    read["requests"][1] |= changes
    return read_instance(write(tmp_path, json.dumps(read, indent=1), "day.json"), "ddarp")


def test_a_request_joins_the_tour_that_is_under_way(tmp_path):
    outcome = replay(day(tmp_path, arrival_time=1, pickup_upper_tw=9), SHORT)
    assert (outcome.faults, outcome.unserved) == ((), [])
    assert outcome.routes in ([[1, 2, 3, 4]], [[1, 2, 4, 3]])
    assert outcome.cost == pytest.approx(20)
    assert outcome.more["begins"] == [[5.0, 6.0, 12.0, 13.0]]


def test_a_van_that_leaves_as_late_as_it_can_takes_in_who_asks_meanwhile(tmp_path):
    asked_late = day(tmp_path, arrival_time=80)
    outcome = replay(asked_late, SHORT, Leaving.LATEST)
    assert (outcome.faults, outcome.unserved) == ((), [])
    assert outcome.cost == pytest.approx(20)
    assert outcome.more["begins"] == [[87.0, 88.0, 94.0, 95.0]]
    assert replay(asked_late, SHORT, Leaving.EARLIEST).cost == pytest.approx(40)


def test_whoever_leaves_late_still_begins_in_time(tmp_path):
    outcome = replay(day(tmp_path, arrival_time=1, pickup_upper_tw=9), SHORT, Leaving.LATEST)
    assert (outcome.faults, outcome.unserved) == ((), [])
    assert outcome.more["begins"][0][0] == 9.0


def test_vans_leave_earliest_or_latest_and_not_otherwise(tmp_path):
    instance = day(tmp_path)
    assert make_replay("latest")(instance, SHORT).routes == replay(instance, SHORT, Leaving.LATEST).routes
    with pytest.raises(InvalidInput, match="earliest, latest"):
        make_replay("soon")


def test_a_request_that_comes_when_the_van_has_left_is_served_by_turning_back_or_by_another(tmp_path):
    outcome = replay(day(tmp_path, arrival_time=20), SHORT)
    assert (outcome.faults, outcome.unserved) == ((), [])
    times = dict(zip(chain(*outcome.routes), chain(*outcome.more["begins"]), strict=True))
    assert times[1] == 5.0
    assert times[2] >= 25.0
    assert outcome.more["served"] == outcome.more["requests"] == 2


def test_a_request_that_comes_too_late_is_refused_and_named(tmp_path):
    outcome = replay(day(tmp_path, arrival_time=86), SHORT)
    assert outcome.faults == ()
    assert outcome.unserved == [2, 4]
    assert outcome.more["served"] == 1


def test_a_van_that_has_gone_home_takes_nobody_any_more(tmp_path):
    late = {"arrival_time": 192, "pickup_upper_tw": 199, "delivery_upper_tw": 200}
    with pytest.raises(Exception, match="infeasible, because"):
        day(tmp_path, pickup_lower_tw=195, **late)
    outcome = replay(day(tmp_path, **late), SHORT)
    assert (outcome.faults, outcome.unserved) == ((), [2, 4])


def test_the_same_seed_gives_the_same_day(tmp_path):
    instance = day(tmp_path)
    first, second = replay(instance, SHORT), replay(instance, SHORT)
    assert (first.routes, first.more) == (second.routes, second.more)


def test_a_twin_that_knows_the_future_is_found_out(tmp_path, monkeypatch):
    begun = _Day.__init__

    def peek(self, *given):
        begun(self, *given)
        self.known_at = [0] * len(self.known_at)

    monkeypatch.setattr(_Day, "__init__", peek)
    outcome = replay(day(tmp_path, arrival_time=40), SHORT)
    assert any("begins before it is known at 40" in fault for fault in outcome.faults)


@needs_data
@pytest.mark.data
@pytest.mark.parametrize("leaving", Leaving)
@pytest.mark.parametrize("name", ["a2-16", "b4-24", "pr01"])
def test_public_days_are_replayed_without_a_broken_rule_and_set_beside_the_static_best(name, leaving):
    instance = read_instance(DATA / "dynamic" / "ddarp" / f"{name}.json", "ddarp")
    (result,) = run_set([instance], SHORT, solver=make_replay(leaving))
    assert result.ours.faults == ()
    assert result.ours.more["served"] >= 0.8 * len(instance.problem.rides)
    rows = {row.figure: row for row in to_rows([result])}
    assert rows["dynamic DARP: requests served"].ours.endswith(f" of {len(instance.problem.rides)}")
    if name != "b4-24":
        assert result.ours.unserved or result.ours.cost > result.best.cost - 0.01

"""The day beside RidePy: the same wishes, and a difference in who is served is told and never met."""

from dataclasses import replace

import pytest

from rufbus.bench import day_sim
from rufbus.bench.day_sim import day_sim_rows, draw_day, serve_ours, serve_ridepy
from rufbus.bench.figures import Sample
from rufbus.bench.peers import find_peer

SMALL = {"wishes": 60, "vans": 6, "stops": 20}


@pytest.mark.skipif(find_peer("ridepy") is None, reason="RidePy is not installed")
@pytest.mark.parametrize("compiled", [True, False], ids=["C++", "Python"])
def test_the_same_wishes_are_served_as_by_ridepy(compiled):
    day = replace(draw_day(5, **SMALL), wait=600_000)
    assert serve_ours(day, 1)[0] == serve_ridepy(day, 1, compiled=compiled)[0]


def test_a_day_is_the_same_for_the_same_seed_and_can_be_cut():
    day = draw_day(5, **SMALL)
    assert day.wishes == draw_day(5, **SMALL).wishes
    assert len(day.first(10).wishes) == len(day.first(10).asked_at) == 10
    served, rate = serve_ours(day.first(10), 2)
    assert served <= set(range(10))
    assert len(rate.values) == 2


def test_whoever_serves_others_does_not_meet_the_aim(monkeypatch):
    def cheats(day, repeats, *, compiled):
        return set(range(len(day.wishes) - 1)), Sample((0.001,), "wishes/s")

    monkeypatch.setattr(day_sim, "serve_ridepy", cheats)
    monkeypatch.setattr(day_sim, "find_peer", lambda name: day_sim)
    rows = day_sim_rows(5, **SMALL, python_wishes=10, repeats=1)
    assert [row.is_met for row in rows] == [False, False]
    assert all("by one only" in row.figure for row in rows)


def test_without_ridepy_ours_alone_is_shown(monkeypatch):
    monkeypatch.setattr(day_sim, "find_peer", lambda name: None)
    (row,) = day_sim_rows(5, **SMALL, python_wishes=10, repeats=1)
    assert "not installed" in row.peers["RidePy C++"]

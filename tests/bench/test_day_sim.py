"""The day beside RidePy: the same vans at the same times, and a difference is told and never met."""

from dataclasses import replace

import pytest

from rufbus.bench import day_sim
from rufbus.bench.day_sim import day_sim_rows, draw_day, serve_ours, serve_ridepy, to_problem
from rufbus.bench.peers import find_peer
from solver.arrays import pack
from solver.online import NEVER, run_day

SMALL = {"wishes": 60, "vans": 6, "stops": 20}


needs_ridepy = pytest.mark.skipif(find_peer("ridepy") is None, reason="RidePy is not installed")


@needs_ridepy
@pytest.mark.parametrize("compiled", [True, False], ids=["C++", "Python"])
@pytest.mark.parametrize("wait", [300_000, 600_000], ids=["tight", "less tight"])
def test_every_wish_gets_the_van_and_the_times_that_ridepy_gives_it(compiled, wait):
    day = replace(draw_day(5, **SMALL), wait=wait)
    served, _ = serve_ours(day)
    assert served == serve_ridepy(day, compiled=compiled)[0]
    assert 0 < len(served) < 60 or wait > 300_000


@needs_ridepy
def test_with_the_van_that_is_there_first_a_tie_leads_to_another_day_than_ridepys():
    days = [draw_day(seed, wishes=400, vans=30, stops=40, wait_s=1200) for seed in (1, 2, 3)]
    logs = [run_day(pack(to_problem(day)), day.asked_at).shift.tolist() for day in days]
    theirs = [serve_ridepy(day, compiled=True)[0] for day in days]
    assert all(
        any(shift != served.get(number, (NEVER,))[0] for number, shift in enumerate(log))
        for log, served in zip(logs, theirs, strict=True)
    )
    assert [serve_ours(day)[0] for day in days] == theirs


def test_a_day_is_the_same_for_the_same_seed_and_can_be_cut():
    day = draw_day(5, **SMALL)
    assert day.wishes == draw_day(5, **SMALL).wishes
    assert len(day.first(10).wishes) == len(day.first(10).asked_at) == 10
    served, rate = serve_ours(day.first(10))
    assert served.keys() <= set(range(10))
    assert rate > 0


def test_whoever_serves_others_does_not_meet_the_aim(monkeypatch):
    def cheats(day, *, compiled):
        served, _ = serve_ours(day)
        served.popitem()
        return served, 0.001

    monkeypatch.setattr(day_sim, "serve_ridepy", cheats)
    monkeypatch.setattr(day_sim, "find_peer", lambda name: day_sim)
    rows = day_sim_rows(5, **SMALL, python_wishes=10, repeats=1)
    assert [row.is_met for row in rows] == [False, False]
    assert all("by one only" in row.figure for row in rows)


def test_whoever_serves_the_same_at_other_times_does_not_meet_the_aim(monkeypatch):
    def is_late(day, *, compiled):
        served, _ = serve_ours(day)
        return {number: (van, picked, dropped + 1) for number, (van, picked, dropped) in served.items()}, 0.001

    monkeypatch.setattr(day_sim, "serve_ridepy", is_late)
    monkeypatch.setattr(day_sim, "find_peer", lambda name: day_sim)
    rows = day_sim_rows(5, **SMALL, python_wishes=10, repeats=1)
    assert [row.is_met for row in rows] == [False, False]
    assert all("at other times" in row.figure for row in rows)


def test_without_ridepy_ours_alone_is_shown(monkeypatch):
    monkeypatch.setattr(day_sim, "find_peer", lambda name: None)
    (row,) = day_sim_rows(5, **SMALL, python_wishes=10, repeats=1)
    assert "not installed" in row.peers["RidePy C++"]

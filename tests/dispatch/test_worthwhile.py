"""A better plan changes a driver's stop list only where that saves enough for each list that changes."""

import random
from dataclasses import replace

import pytest

from rufbus.dispatch import improve
from rufbus.dispatch.book import book_ride
from rufbus.dispatch.improve import improve_day
from rufbus.dispatch.planning import board_cost_s, horizon_at, keep_worthwhile, set_up_board
from rufbus.dispatch.quote import quote_ride
from rufbus.domain.booking import Rider
from rufbus.domain.request import Anchor, Party, Request, Wish
from solver.check import violations
from solver.cost import tour_cost
from solver.improve import improve_plan
from solver.plan import Budget

from .desk_machine import improve_by_iterations
from .little_town import NAMES, SERVICE, faults_of, instant, open_desk
from .timeline import WEDNESDAY


def booked_desk(seed, service=SERVICE, count=30):
    """A day that many have booked as they came, so that better plans are at hand in the morning and the afternoon."""
    chance = random.Random(seed)
    desk = open_desk(
        instant(WEDNESDAY, "05:00"), service=replace(service, solver=replace(service.solver, repair_tries=0))
    )
    for _ in range(count):
        at = instant(WEDNESDAY, "07:30") + 60 * chance.randrange(0, 600)
        offer = quote_ride(desk, Request(*chance.sample(NAMES, 2), Wish(Anchor.DEPART_AFTER, at), None, Party(1)))
        if offer.refusal is None:
            book_ride(desk, offer.quotes[0].quote.id, Rider("Ada", "04621 555"))
    return desk


def board_of(desk):
    with desk.store.read() as session:
        return set_up_board(desk, desk.load_day(session, WEDNESDAY), horizon_at(desk, desk.clock.now()))


def boards_with_better_plans():
    for seed in range(8):
        board = board_of(booked_desk(seed))
        plan = improve_plan(board.problem, board.plan, Budget(iterations=300), seed, "ruin-recreate").plan
        if plan != board.plan:
            yield board, plan


@pytest.fixture(scope="module")
def proposals():
    found = list(boards_with_better_plans())
    assert len(found) >= 4
    return found


def changed(board, plan):
    return [number for number, tour in enumerate(plan.tours) if tour != board.plan.tours[number]]


@pytest.mark.parametrize("gain_s", [0, 60, 300, 900, 10_000])
def test_what_is_kept_breaks_no_rule_and_saves_enough_for_its_lists(proposals, gain_s):
    for board, plan in proposals:
        kept = keep_worthwhile(board, plan, gain_s, lambda _: True)
        assert violations(board.problem, kept) == ()
        saved_s = board_cost_s(board) - board_cost_s(board, kept)
        assert saved_s >= gain_s * len(changed(board, kept))
        assert all(kept.tours[number] == plan.tours[number] for number in changed(board, kept))


def test_a_gain_that_nothing_reaches_leaves_the_running_plan(proposals):
    for board, plan in proposals:
        assert keep_worthwhile(board, plan, 10**6, lambda _: True) == board.plan


def test_part_of_a_plan_is_kept_where_another_part_is_not_worth_it(proposals):
    kept = [
        len(changed(board, keep_worthwhile(board, plan, gain_s, lambda _: True))) / len(changed(board, plan))
        for board, plan in proposals
        for gain_s in (60, 120, 300, 600)
    ]
    assert any(0 < share < 1 for share in kept)


def test_any_gain_will_do_where_nobody_has_the_list_yet(proposals):
    for board, plan in proposals:
        kept = keep_worthwhile(board, plan, 10**6, lambda _: False)
        assert board_cost_s(board, kept) == board_cost_s(board, plan)


def test_tours_that_change_to_no_gain_are_left_as_they_are(proposals):
    for board, plan in proposals:
        kept = keep_worthwhile(board, plan, 0, lambda _: True)
        assert board_cost_s(board, kept) == board_cost_s(board, plan)
        single = [n for n in changed(board, kept) if not _shares_riders(board, kept, n)]
        assert all(
            tour_cost(board.problem, n, kept.tours[n]) < tour_cost(board.problem, n, board.plan.tours[n])
            for n in single
        )


def _shares_riders(board, plan, number):
    def riders(tour):
        return {code // 2 for code in tour if code < 2 * len(board.problem.rides)}

    return riders(plan.tours[number]) != riders(board.plan.tours[number])


def test_the_service_says_how_much_a_changed_list_must_save(monkeypatch):
    monkeypatch.setattr(improve, "run_job", improve_by_iterations)
    applied = []
    for min_gain_s in (1, 86_400):
        desk = booked_desk(1, replace(SERVICE, solver=replace(SERVICE.solver, min_gain_s=min_gain_s)))
        applied.append(improve_day(desk, WEDNESDAY).applied)
        assert faults_of(desk) == ()
    assert applied == [True, False]


def test_a_day_that_is_on_no_list_yet_changes_for_any_gain(monkeypatch):
    monkeypatch.setattr(improve, "run_job", improve_by_iterations)
    desk = booked_desk(1, replace(SERVICE, solver=replace(SERVICE.solver, min_gain_s=86_400)))
    monkeypatch.setattr(improve, "AHEAD_S", -86_400)
    assert improve_day(desk, WEDNESDAY).applied

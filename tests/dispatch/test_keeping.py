"""What is kept of tours between quotes changes nothing but the time that a quote takes."""

import random

import pytest

from rufbus.dispatch.book import book_ride
from rufbus.dispatch.cancel import cancel_booking
from rufbus.dispatch.planning import horizon_at, set_up_tours
from rufbus.dispatch.quote import quote_ride
from rufbus.dispatch.tick import tick
from rufbus.domain.booking import Rider
from rufbus.domain.request import Anchor, Party, Request, Wish
from rufbus.simulation.autopilot import report_as_planned

from .little_town import NAMES, instant, open_desk, state_of
from .timeline import WEDNESDAY, Day


def live_a_morning(seed, before_each_step):
    """Ask, book, cancel and drive by chance; return all that is stored in the end."""
    chance = random.Random(seed)
    desk = open_desk(instant(WEDNESDAY, "05:30"), seed=seed)
    bookings = []
    for _ in range(60):
        before_each_step(desk)
        at = desk.clock.now() + 3600 + chance.randrange(0, 7200)
        back = Wish(Anchor.DEPART_AFTER, at + 3600) if chance.random() < 0.3 else None
        party = Party(adults=chance.randrange(1, 3))
        offer = quote_ride(desk, Request(*chance.sample(NAMES, 2), Wish(Anchor.DEPART_AFTER, at), back, party))
        if offer.quotes and chance.random() < 0.7:
            bookings.append(book_ride(desk, chance.choice(offer.quotes).quote.id, Rider("Ada", "04621 555")).booking.id)
        if bookings and chance.random() < 0.15:
            cancel_booking(desk, bookings.pop(), by="test")
        desk.clock.advance(chance.choice((0, 20, 60, 240)))
        report_as_planned(desk)
        tick(desk)
    return state_of(desk)


@pytest.mark.parametrize("seed", range(4))
def test_a_desk_that_keeps_boards_does_what_one_does_that_keeps_none(seed):
    kept = live_a_morning(seed, lambda _: None)
    made_anew = live_a_morning(seed, lambda desk: desk.boards.clear())
    assert kept == made_anew


def boards_of(day):
    with day.desk.store.read() as session:
        read = day.desk.load_day(session, WEDNESDAY)
    return {
        tour.view.shift.id: tour for tour in set_up_tours(day.desk, read, horizon_at(day.desk, day.desk.clock.now()))
    }


def test_a_booking_makes_only_the_board_of_its_tour_anew():
    day = Day()
    before = boards_of(day)
    booked = day.books("Kirche", "Hafen", after="08:00")
    after = boards_of(day)
    changed = {shift_id for shift_id, board in after.items() if board.board is not before[shift_id].board}
    with day.desk.store.read() as session:
        versions = session.tour_versions(WEDNESDAY)
    assert changed == set(versions)
    assert any(booked.legs[0].leg.id in after[shift_id].board.leg_ids for shift_id in changed)


def test_time_alone_makes_only_the_boards_of_vans_under_way_anew():
    day = Day()
    before = boards_of(day)
    day.desk.clock.set(day.instant("06:30"))
    after = boards_of(day)
    assert {after[s].view.shift.vehicle_id for s in after if after[s].board is not before[s].board} == {"bus-1"}


def test_what_is_kept_of_days_long_past_is_forgotten():
    day = Day()
    day.books("Kirche", "Hafen", after="08:00")
    kept = set(day.desk.boards)
    day.desk.forget_before(day.instant("06:00") + 5 * 86_400)
    assert kept
    assert not any(shift_id.startswith(WEDNESDAY) for shift_id in day.desk.boards)

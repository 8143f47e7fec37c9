"""Faults that somebody who wanted to break the desk has found; each stays a test."""

import pytest

from rufbus.dispatch.book import book_ride
from rufbus.dispatch.drive import take_reports
from rufbus.dispatch.quote import quote_ride, requote
from rufbus.dispatch.reports import Report, ReportKind
from rufbus.dispatch.stop_list import list_stops
from rufbus.dispatch.tick import tick
from rufbus.domain.booking import LegState, Rider
from rufbus.domain.errors import WrongState
from rufbus.domain.events import EventKind
from rufbus.domain.request import Anchor, Request, Wish
from rufbus.home import hold_home

from .little_town import faults_of, instant, open_desk, spot, state_of

DAY = "2026-11-25"
RIDER = Rider("Grete", "+49 4621 1")


def at(time):
    return instant(DAY, time)


def ride(desk, time="10:00", back=None):
    stops = desk.network.stops
    inward = Wish(Anchor.DEPART_AFTER, at(back)) if back else None
    return Request(stops[0].id, stops[7].id, Wish(Anchor.DEPART_AFTER, at(time)), inward)


@pytest.fixture
def booked():
    desk = open_desk(at("08:00"))
    made = book_ride(desk, quote_ride(desk, ride(desk)).quotes[0].quote.id, RIDER)
    return desk, made.legs[0].leg, made.legs[0].vehicle_id


def events_of(desk, kind):
    return [stored.event for stored in state_of(desk).events if stored.event.kind is kind]


def leg_now(desk, leg):
    return state_of(desk).legs_by_id()[leg.id]


def test_a_van_that_broke_down_is_not_taken_to_keep_its_promises(booked):
    desk, leg, van = booked
    take_reports(desk, van, [Report("r1", at("08:05"), ReportKind.BREAKDOWN)])
    assert [event.leg_id for event in events_of(desk, EventKind.LATE_RISK)] == [leg.id]
    desk.clock.set(at("18:00"))
    tick(desk)
    assert leg_now(desk, leg).state is LegState.BROKEN
    assert [entry.entry for entry in state_of(desk).ledger if entry.entry in {"kept", "broken"}] == ["broken"]
    assert faults_of(desk) == ()


def test_leaving_before_the_window_opens_does_not_count_as_boarding(booked):
    desk, leg, van = booked
    with desk.store.read() as session:
        stop = next(s for s in list_stops(desk, session, van) if any(c.leg and c.leg.id == leg.id for c in s.calls))
    taken = take_reports(desk, van, [Report("r1", at("08:01"), ReportKind.DEPARTED, stop_key=stop.id)])
    assert taken.conflicts == ("r1",)
    assert leg_now(desk, leg).state is LegState.PROMISED
    assert faults_of(desk) == ()


@pytest.mark.parametrize("when", ["2000-01-01", "2199-01-01"])
def test_a_report_about_a_ride_that_is_not_there_leaves_nothing_that_the_checker_minds(booked, when):
    desk, _, van = booked
    strange = Report("r1", instant(when, "08:00"), ReportKind.BOARDED, leg_id="l_nope")
    assert "r1" in take_reports(desk, van, [strange]).conflicts
    assert faults_of(desk) == ()
    now = desk.clock.now()
    assert all(now - 8 * 86_400 <= event.at <= now for event in events_of(desk, EventKind.CONFLICT))


def test_fresh_offers_beside_one_that_is_gone_say_which_of_them_keep_its_promise():
    desk = open_desk(at("08:00"))
    stops = desk.network.stops
    request = Request(spot(0.05, 0.05), stops[7].id, Wish(Anchor.ARRIVE_BY, at("11:00")))
    first = quote_ride(desk, request).quotes[0]
    desk.clock.advance(desk.service.booking.hold_s + 1)
    fresh = requote(desk, first.quote.id)
    bound = first.legs[0].promise.dropoff_by
    assert fresh.quotes
    for offered in fresh.quotes:
        assert offered.quote.alternative == (offered.legs[0].promise.dropoff_by > bound)
        assert offered.legs[0].pickup == first.legs[0].pickup


def test_the_way_back_leaves_time_to_walk():
    desk = open_desk(at("08:00"))
    request = Request(
        desk.network.stops[0].id, spot(3.05, 1.05), Wish(Anchor.DEPART_AFTER, at("10:00")),
        Wish(Anchor.DEPART_AFTER, at("10:05")),
    )  # fmt: skip
    walking = desk.service.walking
    for offered in quote_ride(desk, request).quotes:
        outward, back = offered.legs
        walk_s = walking.walk_s(outward.dropoff.walk_m) + walking.walk_s(back.pickup.walk_m)
        assert outward.dropoff.walk_m > 0
        assert back.promise.pickup_from >= outward.promise.dropoff_by + walk_s


def test_a_return_wished_for_a_past_morning_still_gets_alternatives():
    desk = open_desk(at("08:00"))
    offer = quote_ride(desk, ride(desk, "02:40", back="03:40"))
    assert offer.refusal is not None
    assert len(offer.quotes) >= 3
    assert all(offered.quote.alternative and len(offered.legs) == 2 for offered in offer.quotes)


def test_nobody_makes_a_home_anew_while_it_is_served(tmp_path):
    with hold_home(tmp_path, alone=False):
        with hold_home(tmp_path, alone=False):
            pass
        with pytest.raises(WrongState, match="server runs"), hold_home(tmp_path, alone=True):
            pass
    with hold_home(tmp_path, alone=True), pytest.raises(WrongState, match="making"):
        hold_home(tmp_path, alone=False).__enter__()

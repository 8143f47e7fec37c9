"""Before a wish is refused, riders change places for it, each within what was promised."""

import random
from dataclasses import replace

from rufbus.dispatch import search
from rufbus.dispatch.book import book_ride
from rufbus.dispatch.quote import quote_ride
from rufbus.domain.booking import Rider
from rufbus.domain.events import EventKind
from rufbus.domain.request import Anchor, Party, RefusalReason, Request, Wish

from .little_town import NAMES, SERVICE, faults_of, instant, open_desk, state_of
from .timeline import WEDNESDAY

AT_ONCE = replace(SERVICE, solver=replace(SERVICE.solver, repair_tries=0))
"""The service without repair: what does not fit as the tours stand is refused at once."""


def rush(service, seed, count=45):
    """Let many ask for the same morning; everybody books the first offer that is as wished."""
    chance = random.Random(seed)
    desk = open_desk(instant(WEDNESDAY, "05:00"), service=service)
    served, refused = [], []
    for _ in range(count):
        at = instant(WEDNESDAY, "07:30") + 60 * chance.randrange(0, 180)
        request = Request(*chance.sample(NAMES, 2), Wish(Anchor.DEPART_AFTER, at), None, Party(chance.randrange(1, 3)))
        offer = quote_ride(desk, request)
        if offer.refusal is None:
            served.append(book_ride(desk, offer.quotes[0].quote.id, Rider("Ada", "04621 555")))
        else:
            refused.append(offer.refusal.reason)
        assert faults_of(desk) == ()
    return desk, served, refused


def test_more_wishes_are_met_and_every_promise_stays_as_it_was_told():
    met = {}
    for service in (AT_ONCE, SERVICE):
        met[service.solver.repair_tries] = 0
        for seed in range(3):
            desk, served, _ = rush(service, seed)
            told = {each.leg.id: each.leg.promise for booked in served for each in booked.legs}
            stored = {leg.id: leg.promise for leg in state_of(desk).legs if leg.id in told}
            assert stored == told
            met[service.solver.repair_tries] += len(served)
    at_once, repaired = met.values()
    assert repaired > at_once


def test_refusals_say_what_they_said():
    _, _, refused = rush(SERVICE, 0, count=60)
    assert set(refused) == {RefusalReason.NO_VEHICLE}


def spied(monkeypatch, meanwhile=lambda desk: None):
    """Record the rooms that are found; somebody else may do something before they are committed."""
    rooms, find_room = [], search.find_room

    def spy(desk, *args):
        room = find_room(desk, *args)
        if room is not None:
            rooms.append(room)
            meanwhile(desk)
        return room

    monkeypatch.setattr(search, "find_room", spy)
    return rooms


def test_several_tours_change_in_one_commit_and_their_drivers_are_told(monkeypatch):
    rooms = spied(monkeypatch)
    desk, _, _ = rush(SERVICE, 1)
    assert any(len(room.tours) > 1 for room in rooms)
    told = {e.event.vehicle_id for e in state_of(desk).events if e.event.kind is EventKind.STOP_LIST}
    assert told >= {tour.vehicle_id for room in rooms for tour in room.tours}


def test_room_that_was_overtaken_is_sought_again(monkeypatch):
    overtaken = []

    def somebody_books(desk):
        if not overtaken:
            overtaken.append(True)
            for minute in (0, 20, 40, 60):
                at = instant(WEDNESDAY, "08:00") + 60 * minute
                offer = quote_ride(desk, Request("Mühle", "Schule", Wish(Anchor.DEPART_AFTER, at), None, Party()))
                if offer.refusal is None:
                    book_ride(desk, offer.quotes[0].quote.id, Rider("Bo", "04621 556"))

    rooms = spied(monkeypatch, somebody_books)
    rush(SERVICE, 1)
    assert overtaken
    assert len(rooms) > 1

"""A day of Little Town told line by line: ``day.at("08:00").books("Kirche", "Klinik")``."""

import itertools

from rufbus.dispatch.book import Booked, book_ride, get_booked
from rufbus.dispatch.cancel import cancel_booking
from rufbus.dispatch.drive import take_reports
from rufbus.dispatch.quote import Offer, quote_ride
from rufbus.dispatch.reports import Report, ReportKind, Taken
from rufbus.dispatch.stop_list import StopList, get_stop_list
from rufbus.dispatch.tick import tick
from rufbus.domain.booking import Leg, Rider
from rufbus.domain.request import Anchor, Party, Request, Wish

from .little_town import NETWORK, SERVICE, faults_of, instant, open_desk, state_of

WEDNESDAY = "2026-11-25"


class Day:
    """One service day at a desk; every step is followed by a tick and a look of the checker."""

    def __init__(self, service=SERVICE, date=WEDNESDAY, opens="05:00", store=None, network=NETWORK):
        self.date = date
        self.desk = open_desk(instant(date, opens), service=service, store=store, network=network)
        self.numbers = itertools.count()

    def at(self, time, fold=0):
        """Let the clock run to a time, ticking every two minutes."""
        return self.at_instant(self.instant(time, fold))

    def at_instant(self, target):
        now = self.desk.clock.now()
        assert target >= now, "time does not go back"
        while now < target:
            now = min(now + 120, target)
            self.desk.clock.set(now)
            tick(self.desk)
        self.check()
        return self

    def instant(self, time, fold=0):
        return instant(self.date, time, fold)

    def check(self):
        assert faults_of(self.desk) == ()

    # --- riders ------------------------------------------------------------------------------------------------------

    def asks(self, origin, destination, *, after=None, by=None, back_after=None, party=None) -> Offer:
        wish = (
            Wish(Anchor.ARRIVE_BY, self.instant(by))
            if by
            else Wish(Anchor.DEPART_AFTER, self.instant(after or "08:00"))
        )
        back = Wish(Anchor.DEPART_AFTER, self.instant(back_after)) if back_after else None
        offer = quote_ride(self.desk, Request(origin, destination, wish, back, party or Party()))
        self.check()
        return offer

    def takes(self, offered) -> Booked:
        booked = book_ride(self.desk, offered.quote.id, Rider("Ada Jensen", "04621 555"))
        self.check()
        return booked

    def books(self, origin, destination, **wish) -> Booked:
        """Ask, and take the first offer."""
        offer = self.asks(origin, destination, **wish)
        assert offer.refusal is None, offer.refusal
        return self.takes(offer.quotes[0])

    def cancels(self, booked) -> Booked:
        cancelled = cancel_booking(self.desk, booked.booking.id, by="test")
        self.check()
        return cancelled

    # --- drivers -----------------------------------------------------------------------------------------------------

    def reports(self, vehicle_id, kind, *, about=None, at=None, **details) -> Taken:
        """Report one thing, about the first leg of a booking where one is given."""
        if about is not None:
            details["leg_id"] = about.legs[0].leg.id
        moment = self.instant(at) if at else self.desk.clock.now()
        report = Report(f"r-{next(self.numbers)}", moment, ReportKind(kind), **details)
        taken = take_reports(self.desk, vehicle_id, [report])
        self.check()
        return taken

    # --- looking -----------------------------------------------------------------------------------------------------

    def now(self, booked) -> Booked:
        """Return a booking as it stands now."""
        with self.desk.store.read() as session:
            found = session.find_booking(booked.booking.id)
            assert found is not None
            return get_booked(self.desk, session, found)

    def leg(self, booked, number=0) -> Leg:
        return self.now(booked).legs[number].leg

    def stop_list(self, vehicle_id) -> StopList:
        with self.desk.store.read() as session:
            return get_stop_list(self.desk, session, vehicle_id)

    def riders_on(self, vehicle_id):
        """Return the legs of a list with what is to be done, in order."""
        stops = self.stop_list(vehicle_id).stops
        return [(call.kind, call.leg.id) for stop in stops for call in stop.calls if call.leg is not None]

    def events(self, kind):
        return [stored.event for stored in state_of(self.desk).events if stored.event.kind == kind]

    def ledger(self, booked, number=0):
        with self.desk.store.read() as session:
            return [entry.entry for entry in session.ledger(leg_id=booked.legs[number].leg.id)]

"""Book a held offer: the seats it holds become promises, and its sibling offers let go of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rufbus.dispatch.commit import ledger_entries, retrying, save_tours, vehicles_of
from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.idempotency import Answer, IdempotencyKey, keep_answer
from rufbus.dispatch.planning import Timed, horizon_at, retime
from rufbus.dispatch.stop_list import publish_stop_lists
from rufbus.domain.booking import Booking, BookingState, Leg, LegState, Quote, Rider
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import OfferGone
from rufbus.domain.events import Event, EventKind
from rufbus.domain.ids import new_code, new_id
from rufbus.domain.tour import CallKind, Tour
from rufbus.ports import LedgerEntry, ReadSession


@dataclass(frozen=True, slots=True)
class PlannedLeg:
    """A leg with the van and the times that the plan has for it now."""

    leg: Leg
    vehicle_id: str | None
    pickup_at: Instant | None
    dropoff_at: Instant | None


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking with its planned legs."""

    booking: Booking
    legs: tuple[PlannedLeg, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    quote: Quote
    legs: tuple[Leg, ...]
    rivals: tuple[Leg, ...]
    """Legs of the other offers of the same request."""
    days: dict[str, Day]


def book_ride(
    desk: Desk,
    quote_id: str,
    rider: Rider,
    note: str = "",
    *,
    by: str = "",
    key: IdempotencyKey | None = None,
    answer: Answer[Booked] | None = None,
) -> Booked:
    """Turn a held offer into a booking, all legs or none.

    ``answer`` renders the result; with ``key`` it is stored in the same commit, to be given again word for word.

    Raises
    ------
    OfferGone
        When the offer does not exist, has expired, or was booked already.
    """
    booked, vehicles = retrying(lambda: _book_once(desk, quote_id, rider, note, by, key, answer))
    publish_stop_lists(desk, vehicles)
    return booked


def _book_once(
    desk: Desk,
    quote_id: str,
    rider: Rider,
    note: str,
    by: str,
    key: IdempotencyKey | None,
    answer: Answer[Booked] | None,
) -> tuple[Booked, list[str]]:
    now = desk.clock.now()
    with desk.store.read() as session:
        held = _read_held(desk, session, quote_id, now)
    booking = Booking(
        id=new_id("b", desk.chance),
        code=new_code(desk.chance),
        quote_id=quote_id,
        rider=rider,
        note=note,
        party=held.quote.party,
        price_ct=held.quote.price_ct,
        state=BookingState.PROMISED,
        booked_at=now,
        booked_by=by,
    )
    legs = [replace(leg.with_state(LegState.PROMISED), booking_id=booking.id, held_until=None) for leg in held.legs]
    released = [leg.with_state(LegState.EXPIRED) for leg in held.rivals]
    tours = _tours_after(desk, held, legs, now)
    planned = tuple(plan_of_leg(leg, [timed.tour for timed in tours]) for leg in legs)
    booked = Booked(booking, planned)
    with desk.store.write() as session:
        save_tours(desk, session, tours, now)
        session.add_booking(booking)
        session.put_legs([*legs, *released])
        session.add_ledger([entry for leg in legs for entry in _made(leg, now, by)])
        session.add_events(
            [
                Event(EventKind.BOOKED, now, vehicle_id=each.vehicle_id, leg_id=each.leg.id, booking_id=booking.id)
                for each in planned
            ]
        )
        keep_answer(session, key, answer, booked, now)
    return booked, vehicles_of(tours)


def _read_held(desk: Desk, session: ReadSession, quote_id: str, now: Instant) -> _Held:
    """Return the offer and the days it touches, or raise when it holds nothing any more."""
    quote = session.find_quote(quote_id)
    if quote is None:
        raise OfferGone(f"There is no offer {quote_id}. Ask for a new quote.")
    legs = tuple(session.quote_legs(quote_id))
    if quote.held_until <= now or any(leg.state is not LegState.HELD for leg in legs):
        raise OfferGone("This offer is no longer held. Choose one of the fresh offers, or ask again.")
    others = [other.id for other in session.request_quotes(quote.request_id) if other.id != quote_id]
    rivals = tuple(leg for other in others for leg in session.quote_legs(other) if leg.state is LegState.HELD)
    days = {day: desk.load_day(session, day) for day in sorted({leg.service_day for leg in (*legs, *rivals)})}
    if any(days[leg.service_day].find_tour_with(leg.id) is None for leg in legs):
        raise OfferGone("This offer has lost its seat. Choose one of the fresh offers, or ask again.")
    return _Held(quote, legs, rivals, days)


def _tours_after(desk: Desk, held: _Held, legs: Sequence[Leg], now: Instant) -> list[Timed]:
    """Return the tours in which the held seats are now promised and the rivals' seats are free."""
    ours = {leg.id: leg for leg in legs}
    rivals = {leg.id for leg in held.rivals}
    changed = []
    for day in held.days.values():
        known = {**day.legs, **{leg_id: leg for leg_id, leg in ours.items() if leg.service_day == day.service_day}}
        for shift, tour in zip(day.shifts, day.tours, strict=True):
            if any(call.leg_id in ours or call.leg_id in rivals for call in tour.calls):
                calls = tuple(
                    replace(call, held_until=None) if call.leg_id in ours else call
                    for call in tour.calls
                    if call.leg_id not in rivals
                )
                changed.append(retime(desk, shift, replace(tour, calls=calls), known, horizon_at(desk, now)))
    if any(timed.late & ours.keys() for timed in changed):
        raise OfferGone("The van has fallen behind and can no longer keep this offer. Choose one of the fresh offers.")
    return changed


def _made(leg: Leg, now: Instant, by: str) -> list[LedgerEntry]:
    promise = leg.promise
    data = {"pickup_from": promise.pickup_from, "pickup_to": promise.pickup_to, "dropoff_by": promise.dropoff_by}
    return [replace(entry, data=data) for entry in ledger_entries([leg.id], now, "made", by)]


def plan_of_leg(leg: Leg, tours: Sequence[Tour]) -> PlannedLeg:
    """Return a leg with what the tours plan for it."""
    for tour in tours:
        calls = {call.kind: call for call in tour.calls if call.leg_id == leg.id}
        if calls:
            dropoff = calls.get(CallKind.DROPOFF)
            pickup = calls.get(CallKind.PICKUP)
            return PlannedLeg(
                leg,
                tour.vehicle_id,
                pickup.begin_at if pickup is not None else None,
                dropoff.begin_at if dropoff is not None else None,
            )
    return PlannedLeg(leg, None, None, None)


def get_booked(desk: Desk, session: ReadSession, booking: Booking) -> Booked:
    """Return a booking with its legs as planned now."""
    legs = session.booking_legs([booking.id])
    days = {day: desk.load_day(session, day) for day in sorted({leg.service_day for leg in legs})}
    return Booked(booking, tuple(plan_of_leg(leg, days[leg.service_day].tours) for leg in legs))

"""Close what is over: holds that ran out, and rides whose end nobody reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rufbus.dispatch.cancel import without_legs
from rufbus.dispatch.commit import retrying, save_tours
from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.planning import Timed, tour_loads
from rufbus.domain.booking import Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, EventKind
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import LedgerEntry, ReadSession

GRACE_S = 1800
"""How long after its planned end a ride waits for the driver's report (s)."""


def expire_holds(desk: Desk) -> int:
    """Free the seats of holds that have run out; return how many legs they had."""
    return retrying(lambda: _expire_once(desk))


def _expire_once(desk: Desk) -> int:
    now = desk.clock.now()
    with desk.store.read() as session:
        legs = session.expired_legs(now)
        days = _load_days(desk, session, legs)
    gone = {leg.id: leg.with_state(LegState.EXPIRED) for leg in legs}
    if not gone:
        return 0
    tours = [timed for day in days.values() for timed in without_legs(desk, day, gone)]
    with desk.store.write() as session:
        save_tours(desk, session, tours, now)
        session.put_legs(list(gone.values()))
    return len(gone)


def settle_due(desk: Desk) -> int:
    """Take the plan for the fact where a ride's end was never reported; return how many."""
    return retrying(lambda: _settle_once(desk))


def _settle_once(desk: Desk) -> int:
    now = desk.clock.now()
    with desk.store.read() as session:
        due = session.open_legs_due(now)
        days = _load_days(desk, session, due)
    settled = {leg.id: done for leg in due if (done := _settle(days[leg.service_day], leg, now)) is not None}
    if not settled:
        return 0
    legs = {leg_id: leg for leg_id, (leg, _) in settled.items()}
    tours = [timed for day in days.values() for timed in _with_ends(desk, day, legs)]
    with desk.store.write() as session:
        save_tours(desk, session, tours, now)
        session.put_legs(list(legs.values()))
        session.add_ledger([entry for _, entry in settled.values()])
        session.add_events([_completed(days[leg.service_day], leg, now) for leg in legs.values()])
    return len(settled)


def _settle(day: Day, leg: Leg, now: Instant) -> tuple[Leg, LedgerEntry] | None:
    """Return the leg as ended by plan and its ledger entry, or ``None`` while a report may still come."""
    tour = day.find_tour_with(leg.id)
    if tour is None:
        return None
    pickup, dropoff = _calls_of(tour, leg.id)
    if dropoff.depart_at + GRACE_S > now:
        return None
    if tour.out_of_service_from is not None and dropoff.begin_at >= tour.out_of_service_from:
        why = "the van broke down, and nobody reported how the ride went on"
        return leg.with_state(LegState.BROKEN), LedgerEntry(leg.id, now, "broken", "system", why, {})
    boarded = pickup.done_at if pickup.done_at is not None else pickup.depart_at
    ended = replace(
        leg.with_state(LegState.COMPLETED),
        boarded_at=leg.boarded_at or boarded,
        alighted_at=dropoff.depart_at,
        assumed=True,
    )
    late = pickup.begin_at > leg.promise.pickup_to or dropoff.begin_at > leg.promise.dropoff_by
    entry = LedgerEntry(leg.id, now, "broken" if late else "kept", "system", "taken from the plan: not reported", {})
    return ended, entry


def _calls_of(tour: Tour, leg_id: str) -> tuple[Call, Call]:
    calls = {call.kind: call for call in tour.calls if call.leg_id == leg_id}
    return calls[CallKind.PICKUP], calls[CallKind.DROPOFF]


def _with_ends(desk: Desk, day: Day, legs: dict[str, Leg]) -> list[Timed]:
    """Return the tours with the settled legs' calls marked as done at their planned times."""
    changed = []
    for tour in day.tours:
        if any(call.leg_id in legs for call in tour.calls):
            calls = tuple(ended for call in tour.calls if (ended := _with_end(call, legs)) is not None)
            marked = replace(tour, calls=calls)
            changed.append(Timed(marked, frozenset(), tour_loads(desk, marked, day.legs)))
    return changed


def _with_end(call: Call, legs: dict[str, Leg]) -> Call | None:
    """Return a call as done if its leg was settled, ``None`` if its leg was broken before it."""
    leg = legs.get(call.leg_id or "")
    if leg is None or call.done_at is not None:
        return call
    return None if leg.state is LegState.BROKEN else _ended(call)


def _ended(call: Call) -> Call:
    return call if call.done_at is not None else replace(call, done_at=call.depart_at)


def _completed(day: Day, leg: Leg, now: Instant) -> Event:
    tour = day.find_tour_with(leg.id)
    vehicle_id = tour.vehicle_id if tour is not None else None
    return Event(
        EventKind.PROMISE_BROKEN if leg.state is LegState.BROKEN else EventKind.COMPLETED,
        now,
        vehicle_id=vehicle_id,
        leg_id=leg.id,
        booking_id=leg.booking_id,
        data={"assumed": True},
    )


def _load_days(desk: Desk, session: ReadSession, legs: Iterable[Leg]) -> dict[str, Day]:
    return {day: desk.load_day(session, day) for day in sorted({leg.service_day for leg in legs})}

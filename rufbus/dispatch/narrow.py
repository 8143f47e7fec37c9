"""Narrow promises at the freeze time: a shorter window inside the first one, never earlier than told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rufbus.dispatch.commit import retrying, save_tours
from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.planning import Timed, tour_loads
from rufbus.domain.booking import Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.events import Event, EventKind
from rufbus.domain.rules import narrow
from rufbus.domain.tour import CallKind, Tour
from rufbus.ports import LedgerEntry


@dataclass(frozen=True, slots=True)
class _Narrowed:
    leg: Leg
    tour: Tour


def narrow_due(desk: Desk) -> int:
    """Narrow every promise whose freeze time has come; return how many."""
    return retrying(lambda: _narrow_once(desk))


def _narrow_once(desk: Desk) -> int:
    now = desk.clock.now()
    with desk.store.read() as session:
        due = session.legs_to_narrow(now + desk.service.promise.freeze_s)
        days = {day: desk.load_day(session, day) for day in sorted({leg.service_day for leg in due})}
    narrowed = [found for leg in due if (found := _narrow(desk, days[leg.service_day], leg)) is not None]
    if not narrowed:
        return 0
    with desk.store.write() as session:
        save_tours(desk, session, _touched(desk, days, narrowed), now)
        session.put_legs([each.leg for each in narrowed])
        session.add_ledger([_entry(each.leg, now) for each in narrowed])
        session.add_events([_event(each, now) for each in narrowed])
    return len(narrowed)


def _narrow(desk: Desk, day: Day, leg: Leg) -> _Narrowed | None:
    tour = day.find_tour_with(leg.id)
    if tour is None:
        return None
    pickup = next(call for call in tour.calls if call.leg_id == leg.id and call.kind is CallKind.PICKUP)
    promise = narrow(leg.promise, pickup.depart_at, pickup.begin_at, desk.service.promise)
    return _Narrowed(replace(leg.with_state(LegState.NARROWED), promise=promise), tour)


def _touched(desk: Desk, days: dict[str, Day], narrowed: list[_Narrowed]) -> list[Timed]:
    """Return the tours concerned, unchanged: their version must count up, for their legs have changed."""
    tours = {each.tour.shift_id: each.tour for each in narrowed}
    return [Timed(t, frozenset(), tour_loads(desk, t, days[t.service_day].legs)) for t in tours.values()]


def _entry(leg: Leg, now: Instant) -> LedgerEntry:
    data = {"pickup_from": leg.promise.pickup_from, "pickup_to": leg.promise.pickup_to}
    return LedgerEntry(leg.id, now, "narrowed", "system", "freeze time", data)


def _event(each: _Narrowed, now: Instant) -> Event:
    leg = each.leg
    data = {"pickup_from": leg.promise.pickup_from, "pickup_to": leg.promise.pickup_to}
    return Event(
        EventKind.NARROWED, now, vehicle_id=each.tour.vehicle_id, leg_id=leg.id, booking_id=leg.booking_id, data=data
    )

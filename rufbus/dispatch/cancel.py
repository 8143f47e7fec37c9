"""Cancel a booking: every leg that has not begun, and its place in the tours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from rufbus.dispatch.book import Booked, PlannedLeg, plan_of_leg
from rufbus.dispatch.commit import ledger_entries, retrying, save_tours, vehicles_of
from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.idempotency import Answer, IdempotencyKey, keep_answer
from rufbus.dispatch.planning import Timed, horizon_at, retime
from rufbus.dispatch.progress import progress_of
from rufbus.dispatch.stop_list import publish_stop_lists
from rufbus.domain.booking import BookingState, Leg, LegState
from rufbus.domain.errors import NotFound, WrongState
from rufbus.domain.events import Event, EventKind


def cancel_booking(
    desk: Desk, booking_id: str, *, by: str, key: IdempotencyKey | None = None, answer: Answer[Booked] | None = None
) -> Booked:
    """Cancel all legs of a booking that have not begun.

    Raises
    ------
    NotFound
        When there is no such booking.
    WrongState
        When no leg is left to cancel.
    """
    done = retrying(lambda: _cancel_once(desk, booking_id, by, key, answer))
    publish_stop_lists(desk, done[1])
    return done[0]


def _cancel_once(
    desk: Desk, booking_id: str, by: str, key: IdempotencyKey | None, answer: Answer[Booked] | None
) -> tuple[Booked, list[str]]:
    now = desk.clock.now()
    with desk.store.read() as session:
        booking = session.find_booking(booking_id)
        if booking is None:
            raise NotFound(f"There is no booking {booking_id}.")
        legs = session.booking_legs([booking_id])
        days = {day: desk.load_day(session, day) for day in sorted({leg.service_day for leg in legs})}
    going = [leg for leg in legs if _may_cancel(desk, days[leg.service_day], leg)]
    if not going:
        raise WrongState(
            "Nothing of this booking can be cancelled any more: its rides have begun, ended or been cancelled."
        )
    gone = {leg.id: leg.with_state(LegState.CANCELLED) for leg in going}
    tours = [timed for day in days.values() for timed in without_legs(desk, day, gone)]
    after = tuple(gone.get(leg.id, leg) for leg in legs)
    whole = all(leg.state is LegState.CANCELLED for leg in after)
    changed = replace(booking, state=BookingState.CANCELLED if whole else booking.state, version=booking.version + 1)
    result = Booked(changed, tuple(_planned(leg, days) for leg in after))
    with desk.store.write() as session:
        save_tours(desk, session, tours, now)
        session.put_legs(list(gone.values()))
        session.put_booking(changed, expected_version=booking.version)
        session.add_ledger(ledger_entries(list(gone), now, "cancelled", by))
        session.add_events(
            [
                Event(EventKind.CANCELLED, now, leg_id=leg_id, booking_id=booking_id, vehicle_id=_vehicle(days, leg_id))
                for leg_id in gone
            ]
        )
        keep_answer(session, key, answer, result, now)
    return result, vehicles_of(tours)


def _planned(leg: Leg, days: Mapping[str, Day]) -> PlannedLeg:
    """Return a leg with its plan; a cancelled one has none."""
    return plan_of_leg(leg, () if leg.state is LegState.CANCELLED else days[leg.service_day].tours)


def _may_cancel(desk: Desk, day: Day, leg: Leg) -> bool:
    """Return whether a leg has not begun, by report or, for a silent van, by plan."""
    if leg.state not in {LegState.PROMISED, LegState.NARROWED}:
        return False
    tour = day.find_tour_with(leg.id)
    if tour is None:
        return True
    drive_s = partial(desk.drive_s, day.service_day)
    progress = progress_of(tour, day.shift_of(tour.shift_id), horizon_at(desk, desk.clock.now()), drive_s)
    return all(call.leg_id != leg.id for call in tour.calls[: progress.done])


def without_legs(desk: Desk, day: Day, gone: Mapping[str, Leg]) -> list[Timed]:
    """Return the tours of a day that carried any of the legs, without them and with fresh times."""
    changed: list[Timed] = []
    for shift, tour in zip(day.shifts, day.tours, strict=True):
        calls = tuple(call for call in tour.calls if call.leg_id not in gone)
        if len(calls) < len(tour.calls):
            changed.append(
                retime(desk, shift, replace(tour, calls=calls), day.legs, horizon_at(desk, desk.clock.now()))
            )
    return changed


def _vehicle(days: Mapping[str, Day], leg_id: str) -> str | None:
    tours: Sequence[str] = [t.vehicle_id for day in days.values() if (t := day.find_tour_with(leg_id)) is not None]
    return tours[0] if tours else None

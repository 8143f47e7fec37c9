"""I8: whether every tour keeps its shift and its driver's breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rufbus.checker.finding import Finding, Invariant
from rufbus.checker.promises import depot_of, drive_s
from rufbus.checker.state import State, valid_calls
from rufbus.checker.tours import list_carried
from rufbus.domain.booking import Leg
from rufbus.domain.events import EventKind
from rufbus.domain.fleet import BreakRule, Shift
from rufbus.domain.service import Service
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import StopNetwork

FOREVER_S = 10**9
"""Later than any shift can end (s)."""


def find_shift_faults(
    state: State, service: Service, network: StopNetwork, shifts: Sequence[Shift]
) -> Iterator[Finding]:
    """Yield tours without a shift, outside their shift, or without the breaks that belong to it.

    A van that said how late it is may end its breaks and its shift as much later; one whose shift was told to be at
    risk, as late as it comes.
    """
    told = {e.event.data.get("shift_id") for e in state.events if e.event.kind is EventKind.LATE_RISK}
    by_id = {shift.id: shift for shift in shifts}
    legs = state.legs_by_id()
    for tour in state.tours:
        calls = valid_calls(tour, state.now)
        if not calls:
            continue
        shift = by_id.get(tour.shift_id)
        late_s = FOREVER_S if tour.shift_id in told else max(0, tour.delay_s)
        faults = ["The service has no such shift."] if shift is None else _faults(tour, calls, shift, legs, late_s)
        for detail in faults:
            yield Finding(Invariant.SHIFTS, f"tour {tour.shift_id}", detail)
        if shift is not None:
            for detail in _span_faults(tour, calls, shift, service, network, late_s):
                yield Finding(Invariant.SHIFTS, f"tour {tour.shift_id}", detail)


def _faults(tour: Tour, calls: tuple[Call, ...], shift: Shift, legs: Mapping[str, Leg], late_s: int) -> Iterator[str]:
    if (tour.vehicle_id, tour.service_day) != (shift.vehicle_id, shift.service_day):
        yield f"It belongs to {tour.vehicle_id} on {tour.service_day}, its shift to another vehicle or day."
    breaks = sorted((call for call in calls if call.kind is CallKind.BREAK), key=lambda call: call.break_number or 0)
    if len(breaks) != len(shift.breaks):
        if tour.out_of_service_from is None:
            yield f"It has {len(breaks)} breaks instead of {len(shift.breaks)}."
        return
    facts = [position for position, call in enumerate(calls) if call.done_at is not None]
    for call, rule in zip(breaks, shift.breaks, strict=True):
        position = calls.index(call)
        if position > max(facts, default=-1):
            yield from _break_faults(call, rule, late_s)
            if any(ride.is_aboard_after(position) for ride in list_carried(calls, legs)):
                yield f"Somebody is aboard during the break at {call.begin_at}."


def _break_faults(call: Call, rule: BreakRule, late_s: int) -> Iterator[str]:
    if call.depart_at - call.begin_at < rule.duration_s:
        yield f"The break at {call.begin_at} lasts {call.depart_at - call.begin_at} s instead of {rule.duration_s} s."
    if call.begin_at < rule.earliest or call.depart_at > rule.latest_end + late_s:
        yield f"The break at {call.begin_at} does not lie within {rule.earliest} to {rule.latest_end}."


def _span_faults(
    tour: Tour, calls: tuple[Call, ...], shift: Shift, service: Service, network: StopNetwork, late_s: int
) -> Iterator[str]:
    """Judge the way from the depot to the first call and back from the last, as far as they lie ahead."""
    first, last = calls[0], calls[-1]
    if all(call.done_at is None for call in calls):
        way_s = drive_s(tour, depot_of(tour), first.stop_id, service, network)
        if way_s is None or first.begin_at < shift.start_at + way_s:
            yield f"The van cannot be at {first.stop_id} at {first.begin_at}: its shift begins at {shift.start_at}."
    if last.done_at is None:
        way_s = drive_s(tour, last.stop_id, depot_of(tour), service, network)
        if way_s is None or last.depart_at + way_s > shift.end_by + late_s:
            yield f"The van leaves {last.stop_id} at {last.depart_at} and is not in its depot by {shift.end_by}."

"""The order of a tour after facts: what was done stands before what is still to come.

Drivers change the order of their calls, and report one before another that was planned earlier. A call that nobody
reported lies behind the van only if the plan had it begin before the facts that follow it; otherwise it is still owed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rufbus.domain.booking import Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Vehicle
from rufbus.domain.party_load import Load, capacity_rows, load_of
from rufbus.domain.request import Party
from rufbus.domain.tour import Call, CallKind

NOBODY: Load = (0, 0, 0)


def put_facts_first(calls: Sequence[Call], legs: Mapping[str, Leg], vehicle: Vehicle) -> tuple[Call, ...]:
    """Return calls with those that are still owed behind the last fact, in an order that the van can drive.

    They keep their order, except that a break waits until nobody is aboard, and a ride for which there is no
    room any more waits until the end.
    """
    owed = _owed(calls)
    behind = _as_it_went([call for call in calls if call not in owed])
    return (*behind, *_drivable(owed, _aboard(behind, legs), legs, vehicle))


def count_behind(calls: Sequence[Call]) -> int:
    """Return how many calls lie at or before the last fact."""
    return max((number for number, call in enumerate(calls, start=1) if call.done_at is not None), default=0)


def has_room(vehicle: Vehicle, parties: Iterable[Party]) -> bool:
    """Return whether parties fit into a van together."""
    return _has_room(vehicle, {str(number): load_of(party) for number, party in enumerate(parties)}, NOBODY)


def _owed(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that are still to come, in their order."""
    owed: list[Call] = []
    last_fact: Instant | None = None
    for call in reversed(calls):
        if call.done_at is not None:
            last_fact = max(call.done_at, last_fact or call.done_at)
        elif last_fact is None or call.begin_at > last_fact:
            owed.append(call)
    return owed[::-1]


def _as_it_went(behind: Sequence[Call]) -> list[Call]:
    """Return the calls behind a van in the order of the facts; nobody alights before boarding.

    A call that nobody reported stays behind the one before it.
    """
    went: list[tuple[Instant, Call]] = []
    latest: dict[str | None, Instant] = {}
    for call in behind:
        at = call.done_at if call.done_at is not None else max(call.begin_at, went[-1][0] if went else 0)
        latest[call.leg_id] = at if call.leg_id is None else max(at, latest.get(call.leg_id, at))
        went.append((latest[call.leg_id], call))
    return [call for _, call in sorted(went, key=lambda each: each[0])]


def _aboard(behind: Sequence[Call], legs: Mapping[str, Leg]) -> dict[str, Load]:
    """Return the loads of those who have boarded and not alighted."""
    aboard: dict[str, Load] = {}
    for call in behind:
        if call.leg_id is not None and call.kind is CallKind.DROPOFF:
            aboard.pop(call.leg_id, None)
        elif call.leg_id is not None and legs[call.leg_id].state is not LegState.NO_SHOW:
            aboard[call.leg_id] = load_of(legs[call.leg_id].party)
    return aboard


def _drivable(
    owed: Sequence[Call], aboard: dict[str, Load], legs: Mapping[str, Leg], vehicle: Vehicle
) -> tuple[Call, ...]:
    ordered: list[Call] = []
    breaks: list[Call] = []
    waiting: list[Call] = []
    for call in owed:
        if call.leg_id is None:
            (breaks if aboard else ordered).append(call)
        elif call.kind is CallKind.PICKUP and not _has_room(vehicle, aboard, load_of(legs[call.leg_id].party)):
            waiting.append(call)
        elif any(each.leg_id == call.leg_id for each in waiting):
            continue
        else:
            ordered.append(call)
            _step(aboard, call, legs)
            if not aboard:
                ordered, breaks = ordered + breaks, []
    for pickup in waiting:
        ordered += [call for call in owed if call.leg_id == pickup.leg_id]
    return tuple(ordered + breaks)


def _step(aboard: dict[str, Load], call: Call, legs: Mapping[str, Leg]) -> None:
    if call.leg_id is None:
        return
    if call.kind is CallKind.PICKUP:
        aboard[call.leg_id] = load_of(legs[call.leg_id].party)
    else:
        aboard.pop(call.leg_id, None)


def _has_room(vehicle: Vehicle, aboard: Mapping[str, Load], load: Load) -> bool:
    together = [sum(amounts) for amounts in zip(NOBODY, load, *aboard.values(), strict=True)]
    return all(
        sum(amount * coefficient for amount, coefficient in zip(together, row, strict=True)) <= limit
        for row, limit in capacity_rows(vehicle)
    )


def with_dropoff(calls: Sequence[Call], leg: Leg) -> tuple[Call, ...]:
    """Return calls with the drop-off of somebody who was taken for absent and is aboard after all: as the next one."""
    if any(call.leg_id == leg.id and call.kind is CallKind.DROPOFF for call in calls):
        return tuple(calls)
    done = count_behind(calls)
    pickup = next(call for call in calls if call.leg_id == leg.id)
    at = pickup.depart_at
    dropoff = replace(
        pickup, kind=CallKind.DROPOFF, stop_id=leg.dropoff.stop_id, begin_at=at, depart_at=at, arrived_at=None,
        done_at=None,
    )  # fmt: skip
    return (*calls[:done], dropoff, *calls[done:])

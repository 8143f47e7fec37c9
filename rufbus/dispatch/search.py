"""Where a wish fits into the running tours: as wished if possible, else as near to it as can be done.

The wished time is widened on a grid. Every point of the grid with every pair of stops is one option; the solver says
for each where it fits most cheaply. The best option takes its seat at once, so that what is found later fits beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.ends import StopPair
from rufbus.dispatch.planning import (
    Board,
    Fit,
    Option,
    Timed,
    calls_with,
    find_fits,
    horizon_at,
    retime,
    set_up_board,
)
from rufbus.domain.booking import Leg, LegState, StopPoint
from rufbus.domain.calendar import hours_on, service_day_of
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.fleet import Shift
from rufbus.domain.ids import new_id
from rufbus.domain.party_load import boarding_s
from rufbus.domain.promise import Promise
from rufbus.domain.request import Anchor, Direction, Party, Wish
from rufbus.domain.rules import promise_before, promise_window
from rufbus.ports import ReadSession

STEP_S = 600
"""Distance of the points of the grid (s); also the least difference between two offers."""
WIDE_STEP_S = 1200
"""Distance of the points when a whole day either way is searched (s)."""
LATER_COSTS = 0.3
"""What a second of difference from the wished time weighs against a second of vehicle time."""
WALK_COSTS = 0.5
"""What a second on foot weighs against a second of vehicle time."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One point of the grid with one pair of stops."""

    pair: StopPair
    promise: Promise
    offset_s: int
    """How far from the wished time, either way."""
    service_day: str
    earlier: bool = False
    """Before the wish of a departure, or after that of an arrival."""


@dataclass(frozen=True, slots=True)
class Found:
    """A leg that has taken its seat in the workings of a search."""

    leg: Leg
    candidate: Candidate


@dataclass(slots=True)
class Workings:
    """The days as they look with everything found so far; nothing of it is stored yet."""

    desk: Desk
    session: ReadSession
    now: Instant
    held_until: Instant
    days: dict[str, Day] = field(default_factory=dict)
    changed: dict[str, Timed] = field(default_factory=dict)

    def day(self, service_day: str) -> Day:
        """Return a day with what was found so far."""
        if service_day not in self.days:
            self.days[service_day] = self.desk.load_day(self.session, service_day)
        return self.days[service_day]

    def mark(self) -> tuple[dict[str, Day], dict[str, Timed]]:
        """Return a point to come back to."""
        return dict(self.days), dict(self.changed)

    def go_back(self, mark: tuple[dict[str, Day], dict[str, Timed]]) -> None:
        """Forget everything found since ``mark``."""
        self.days, self.changed = dict(mark[0]), dict(mark[1])


def grid(limit_s: int, step_s: int, *, both_ways: bool) -> list[int]:
    """Return offsets from the wished time (s), nearest first, without zero when both ways."""
    steps = range(step_s, limit_s + 1, step_s)
    return [sign * step for step in steps for sign in (1, -1)] if both_ways else [0, *steps]


def list_candidates(
    workings: Workings, wish: Wish, pairs: Sequence[StopPair], offsets: Iterable[int], party: Party,
    not_before: Instant = 0,
) -> list[Candidate]:  # fmt: skip
    """Return the options on the grid that the rules allow; a positive offset is what a rider would rather accept."""
    desk, rules = workings.desk, workings.desk.service.promise
    service_s = boarding_s(party, desk.service.boarding)
    dwell_s, walking = desk.service.stops.dwell_s, desk.service.walking
    found = []
    for offset in offsets:
        for pair in pairs:
            if wish.anchor is Anchor.DEPART_AFTER:
                at = wish.at + walking.walk_s(pair.pickup.walk_m) + offset
                promise = promise_window(at, direct_s=pair.direct_s, boarding_s=service_s, dwell_s=dwell_s, rules=rules)
            else:
                at = wish.at - walking.walk_s(pair.dropoff.walk_m) - offset
                promise = promise_before(at, direct_s=pair.direct_s, boarding_s=service_s, dwell_s=dwell_s, rules=rules)
            walk_s = walking.walk_s(pair.pickup.walk_m) if not_before else 0
            day = _bookable_day(workings, promise, not_before + walk_s)
            if day is not None:
                found.append(Candidate(pair, promise, abs(offset), day, earlier=offset < 0))
    return found


def _bookable_day(workings: Workings, promise: Promise, not_before: Instant) -> str | None:
    """Return the service day of a promise, or ``None`` when the rules do not allow it."""
    service, now = workings.desk.service, workings.now
    if promise.pickup_from < max(now + service.booking.min_notice_s, not_before):
        return None
    last_day = to_local(now, service.zone).date() + dt.timedelta(days=service.booking.earliest_days)
    if to_local(promise.pickup_from, service.zone).date() > last_day:
        return None
    for day in service_day_of(service, promise.pickup_from):
        if any(span.start_at <= promise.pickup_from < span.end_at for span in hours_on(service, day)):
            return day.isoformat()
    return None


def take_best(
    workings: Workings, candidates: Sequence[Candidate], party: Party, direction: Direction, quote_id: str,
    *, nearest_first: bool,
) -> Found | None:  # fmt: skip
    """Give the best option its seat and return it, or ``None`` when none fits."""
    fits = _fits(workings, candidates, party)
    ranked = [(number, fit) for number, fit in enumerate(fits) if fit is not None]
    if not ranked:
        return None
    number, placed = min(ranked, key=lambda each: _rank(workings, candidates[each[0]], each[1].fit, nearest_first))
    return _take(workings, candidates[number], placed, party, direction, quote_id)


def _rank(workings: Workings, candidate: Candidate, fit: Fit, nearest_first: bool) -> tuple[float, ...]:  # noqa: FBT001
    walk_s = workings.desk.service.walking.walk_s(candidate.pair.pickup.walk_m + candidate.pair.dropoff.walk_m)
    score = fit.cost_s + LATER_COSTS * candidate.offset_s + WALK_COSTS * walk_s
    return (candidate.offset_s, score) if nearest_first else (score, candidate.offset_s)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A fit on the board that it was found on."""

    board: Board
    option: Option
    fit: Fit


def _fits(workings: Workings, candidates: Sequence[Candidate], party: Party) -> list[_Placed | None]:
    """Return each candidate's cheapest place, day by day."""
    fits: list[_Placed | None] = [None] * len(candidates)
    for service_day in dict.fromkeys(candidate.service_day for candidate in candidates):
        numbers = [n for n, candidate in enumerate(candidates) if candidate.service_day == service_day]
        options = [
            Option(c.pair.pickup.stop, c.pair.dropoff.stop, c.promise, c.pair.direct_s)
            for c in (candidates[n] for n in numbers)
        ]
        first = min(option.promise.pickup_from for option in options)
        last = max(option.promise.dropoff_by for option in options)

        def concerned(shift: Shift, first: Instant = first, last: Instant = last) -> bool:
            return shift.start_at <= last and shift.end_by >= first

        lock_s = workings.desk.service.booking.hold_s
        horizon = horizon_at(workings.desk, workings.now, lock_s)
        board = set_up_board(workings.desk, workings.day(service_day), horizon, concerned)
        for number, option, fit in zip(numbers, options, find_fits(board, party, options), strict=True):
            fits[number] = _Placed(board, option, fit) if fit is not None else None
    return fits


def _take(
    workings: Workings, candidate: Candidate, placed: _Placed, party: Party, direction: Direction, quote_id: str
) -> Found:
    """Put a leg into its tour in the workings."""
    desk, day = workings.desk, workings.day(candidate.service_day)
    stops = desk.network.stops
    leg = Leg(
        id=new_id("l", desk.chance),
        booking_id=None,
        quote_id=quote_id,
        direction=direction,
        service_day=candidate.service_day,
        pickup=StopPoint(stops[candidate.pair.pickup.stop].id, candidate.pair.pickup.walk_m),
        dropoff=StopPoint(stops[candidate.pair.dropoff.stop].id, candidate.pair.dropoff.walk_m),
        party=party,
        promise=candidate.promise,
        first_promise=candidate.promise,
        direct_s=candidate.pair.direct_s,
        state=LegState.HELD,
        held_until=workings.held_until,
    )
    fit = placed.fit
    calls = calls_with(placed.board, fit, placed.option, leg.id, workings.held_until)
    tour = replace(day.tour_of(fit.shift_id), calls=calls)
    horizon = horizon_at(desk, workings.now, desk.service.booking.hold_s)
    timed = retime(desk, day.shift_of(fit.shift_id), tour, {**day.legs, leg.id: leg}, horizon)
    workings.days[candidate.service_day] = day.with_tour(timed.tour, {leg.id: leg})
    workings.changed[fit.shift_id] = timed
    return Found(leg, candidate)


def far_enough(candidates: Sequence[Candidate], taken: Sequence[Found]) -> list[Candidate]:
    """Return the candidates that differ from everything taken by more than a few minutes."""
    return [
        candidate
        for candidate in candidates
        if all(abs(candidate.promise.pickup_from - found.leg.promise.pickup_from) >= STEP_S for found in taken)
    ]

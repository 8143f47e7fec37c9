"""Where a wish fits into the running tours: as wished if possible, else as near to it as can be done.

The wished time is widened on a grid. Every point of the grid with every pair of stops is one option; the solver says
for each where it fits most cheaply. The best option takes its seat at once, so that what is found later fits beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.ends import StopPair
from rufbus.dispatch.planning import (
    Alternatives,
    Option,
    Timed,
    TourBoard,
    calls_with,
    find_room,
    horizon_at,
    list_alternatives,
    retime,
    set_up_tours,
    with_new_leg,
)
from rufbus.dispatch.progress import Horizon
from rufbus.domain.booking import Leg, LegState, StopPoint
from rufbus.domain.calendar import hours_on, service_day_of
from rufbus.domain.clock_time import Instant, to_local
from rufbus.domain.fleet import Shift
from rufbus.domain.ids import new_id
from rufbus.domain.party_load import boarding_s
from rufbus.domain.promise import Promise
from rufbus.domain.request import Anchor, Direction, Party, Wish
from rufbus.domain.rules import promise_before, promise_window
from rufbus.domain.tour import Tour
from rufbus.ports import ReadSession

DAY_S = 86_400
STEP_S = 600
"""Distance of the points of the grid (s); also the least difference between two offers."""
WIDE_STEP_S = 1200
"""Distance of the points when a whole day either way is searched (s)."""
LATER_COSTS = 0.3
"""What a second of difference from the wished time weighs against a second of vehicle time."""
WALK_COSTS = 0.5
"""What a second on foot weighs against a second of vehicle time."""
MOST_REPAIRED = 8
"""For how many options of a wish room is sought at once, those that the rider would like best."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One point of the grid with one pair of stops."""

    pair: StopPair
    direct_s: int
    """Driving time without detour on the service day (s)."""
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
    moved: set[str] = field(default_factory=set)
    """Vehicles whose riders changed places to make room."""

    def day(self, service_day: str) -> Day:
        """Return a day with what was found so far."""
        if service_day not in self.days:
            self.days[service_day] = self.desk.load_day(self.session, service_day)
        return self.days[service_day]

    def horizon(self) -> Horizon:
        """Return from where seats are looked for: the order is fixed for as long as they may be held."""
        return horizon_at(self.desk, self.now, self.desk.service.booking.hold_s)

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
    options = ((offset, pair) for offset in offsets for pair in pairs)
    found = (_find_candidate(workings, wish, pair, offset, party, not_before) for offset, pair in options)
    return [candidate for candidate in found if candidate is not None]


def _find_candidate(
    workings: Workings, wish: Wish, pair: StopPair, offset: int, party: Party, not_before: Instant
) -> Candidate | None:
    """Return one option, or ``None`` when the rules or the roads of its day do not allow it.

    How long the way takes depends on the service day, and the service day on when the van must leave: the days in
    question are tried in turn.
    """
    service = workings.desk.service
    leaves = wish.anchor is Anchor.DEPART_AFTER
    walk = pair.pickup if leaves else pair.dropoff
    at = wish.at + (1 if leaves else -1) * (service.walking.walk_s(walk.walk_m) + offset)
    if not_before:
        not_before += service.walking.walk_s(pair.pickup.walk_m)
    promise_at = promise_window if leaves else promise_before
    service_s = boarding_s(party, service.boarding)
    dwell_s, rules = service.stops.dwell_s, service.promise
    for date in dict.fromkeys((*service_day_of(service, at), *service_day_of(service, at - DAY_S))):
        day = date.isoformat()
        direct_s = workings.desk.find_direct_s(day, pair.pickup.stop, pair.dropoff.stop)
        if direct_s is not None:
            promise = promise_at(at, direct_s=direct_s, boarding_s=service_s, dwell_s=dwell_s, rules=rules)
            if _bookable_day(workings, promise, not_before) == day:
                return Candidate(pair, direct_s, promise, abs(offset), day, earlier=offset < 0)
    return None


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


@dataclass(frozen=True, slots=True)
class _DayOptions:
    """The options of a pool that fall on one service day."""

    service_day: str
    numbers: list[int]
    alternatives: Alternatives
    first: Instant
    last: Instant

    def is_near(self, shift: Shift) -> bool:
        """Return whether a shift lies near enough to take any of the options."""
        return shift.start_at <= self.last and shift.end_by >= self.first


class Pool:
    """The options of one wish that are still to be had."""

    def __init__(self, workings: Workings, candidates: Sequence[Candidate], party: Party) -> None:
        self._workings = workings
        self._candidates = candidates
        self._party = party
        self._open = list(range(len(candidates)))
        days = dict.fromkeys(candidate.service_day for candidate in candidates)
        self._days = [self._options_on(day) for day in days]
        self._seen: dict[str, tuple[Day, tuple[TourBoard, ...]]] = {}

    def _options_on(self, service_day: str) -> _DayOptions:
        numbers = [n for n, candidate in enumerate(self._candidates) if candidate.service_day == service_day]
        options = [
            Option(c.pair.pickup.stop, c.pair.dropoff.stop, c.promise, c.direct_s)
            for c in (self._candidates[n] for n in numbers)
        ]
        first = min(option.promise.pickup_from for option in options)
        last = max(option.promise.dropoff_by for option in options)
        found = list_alternatives(self._workings.desk, service_day, self._party, options)
        return _DayOptions(service_day, numbers, found, first, last)

    def __bool__(self) -> bool:
        return bool(self._open)

    def leave_out_near(self, taken: Sequence[Found]) -> None:
        """Give up the options that differ from something taken by no more than a few minutes."""
        self._open = [
            number
            for number in self._open
            if all(
                abs(self._candidates[number].promise.pickup_from - found.leg.promise.pickup_from) >= STEP_S
                for found in taken
            )
        ]

    def take_best(self, direction: Direction, quote_id: str, *, nearest_first: bool) -> Found | None:
        """Give the best option its seat and return it, or ``None`` when none fits."""
        fits = [fit for day in self._days for fit in self._ranked(day, nearest_first=nearest_first)]
        if not fits:
            return None
        _, _, number, place, day = min(fits, key=lambda each: each[:3])
        tours = self._tours(day)
        fit = day.alternatives.find_fit(tours, place)
        if fit is None:
            raise AssertionError("an option with a cost has a place")
        leg = _new_leg(self._workings, self._candidates[number], self._party, direction, quote_id)
        tour = self._workings.day(day.service_day).tour_of(fit.shift_id)
        _put(self._workings, replace(tour, calls=calls_with(fit, leg.id, self._workings.held_until)), leg)
        return Found(leg, self._candidates[number])

    def make_room(self, direction: Direction, quote_id: str) -> Found | None:
        """Move others within their promises until one of the first options has a seat, give it that and return it."""
        for day in self._days:
            numbers = [number for number in day.numbers if number in self._open][:MOST_REPAIRED]
            options = [day.alternatives.options[day.numbers.index(number)] for number in numbers]
            workings = self._workings
            today = workings.day(day.service_day)
            room = find_room(workings.desk, today, workings.horizon(), self._party, options, day.is_near)
            if room is None:
                continue
            candidate = self._candidates[numbers[room.option]]
            leg = _new_leg(workings, candidate, self._party, direction, quote_id)
            for tour in room.tours:
                _put(workings, tour, leg)
                workings.moved.add(tour.vehicle_id)
            return Found(leg, candidate)
        return None

    def _ranked(self, day: _DayOptions, *, nearest_first: bool) -> Iterator[tuple[float, float, int, int, _DayOptions]]:
        still_open = set(self._open)
        costs = day.alternatives.find_costs(self._tours(day))
        for place, (number, cost_s) in enumerate(zip(day.numbers, costs, strict=True)):
            if cost_s is not None and number in still_open:
                yield (*_rank(self._workings, self._candidates[number], cost_s, nearest_first), number, place, day)

    def _tours(self, day: _DayOptions) -> tuple[TourBoard, ...]:
        """Return the tours that come into question, as they look with everything found so far."""
        workings = self._workings
        today = workings.day(day.service_day)
        seen = self._seen.get(day.service_day)
        if seen is not None and seen[0] is today:
            return seen[1]
        tours = set_up_tours(workings.desk, today, workings.horizon(), day.is_near)
        self._seen[day.service_day] = today, tours
        return tours


def _rank(workings: Workings, candidate: Candidate, cost_s: int, nearest_first: bool) -> tuple[float, float]:  # noqa: FBT001
    walk_s = workings.desk.service.walking.walk_s(candidate.pair.pickup.walk_m + candidate.pair.dropoff.walk_m)
    score = cost_s + LATER_COSTS * candidate.offset_s + WALK_COSTS * walk_s
    return (candidate.offset_s, score) if nearest_first else (score, candidate.offset_s)


def _new_leg(workings: Workings, candidate: Candidate, party: Party, direction: Direction, quote_id: str) -> Leg:
    """Return a held leg that stands for a candidate."""
    stops = workings.desk.network.stops
    return Leg(
        id=new_id("l", workings.desk.chance),
        booking_id=None,
        quote_id=quote_id,
        direction=direction,
        service_day=candidate.service_day,
        pickup=StopPoint(stops[candidate.pair.pickup.stop].id, candidate.pair.pickup.walk_m),
        dropoff=StopPoint(stops[candidate.pair.dropoff.stop].id, candidate.pair.dropoff.walk_m),
        party=party,
        promise=candidate.promise,
        first_promise=candidate.promise,
        direct_s=candidate.direct_s,
        state=LegState.HELD,
        held_until=workings.held_until,
    )


def _put(workings: Workings, tour: Tour, leg: Leg) -> None:
    """Put a tour into the workings, with ``leg`` where its calls have a new one, and with fresh times."""
    day = workings.day(tour.service_day)
    tour = replace(tour, calls=with_new_leg(tour.calls, leg.id, workings.held_until))
    legs = {**day.legs, leg.id: leg}
    timed = retime(workings.desk, day.shift_of(tour.shift_id), tour, legs, workings.horizon())
    workings.days[tour.service_day] = day.with_tour(timed.tour, {leg.id: leg})
    workings.changed[tour.shift_id] = timed

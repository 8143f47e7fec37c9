"""The same insertion in plain Python: the oracle of a benchmark run and what its ratio is measured against.

Written as one would without compiled code: everything that does not depend on the new ride is worked out once per
plan; pairs of places are tried in the order of the tour, the cost first, and only those that would be better are timed.
For days on which nothing is locked and nobody is aboard yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations

from solver.plan import Plan
from solver.problem import CapacityRow, Problem, Ride, Shift

Found = tuple[int, int, int, int]
"""Cost, begin of the pickup, shift, begin of the drop-off."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit: a pickup, a drop-off, or a break, which has no place."""

    place: int
    earliest: int
    latest: int
    service_s: int
    ride: int
    """-1 for the new ride, -2 for a break."""
    is_pickup: bool
    max_ride_s: int
    load: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tour:
    """What is known of a tour before a ride is to be inserted; lists have an entry per gap."""

    shift: Shift
    stops: tuple[Stop, ...]
    breaks: tuple[Stop, ...]
    places: list[int]
    """Where the van is before each stop; last, the end place."""
    early: list[int]
    close: list[int]
    room: list[list[int]]
    """What is left of each capacity row in each gap."""


def read_tours(problem: Problem, plan: Plan) -> list[Tour]:
    """Return the tours of a plan, ready for :func:`insert`."""
    return [_read_tour(problem, number, tour) for number, tour in enumerate(plan.tours)]


def insert(travel_s: list[list[int]], tours: Sequence[Tour], ride: Ride) -> Found | None:
    """Return the cheapest insertion into any tour, of equals the earliest, or ``None``."""
    best: Found | None = None
    for number, tour in enumerate(tours):
        found = _insert_into(travel_s, tour, ride, best[0] if best else None)
        if found is not None:
            ranked = (found[0], found[1], number, found[2])
            best = ranked if best is None else min(best, ranked)
    return best


def _read_tour(problem: Problem, number: int, codes: Sequence[int]) -> Tour:
    shift = problem.shifts[number]
    stops = [stop for code in codes if code < 2 * len(problem.rides) for stop in [_stops(problem, code)]]
    breaks = [Stop(-1, b.window.earliest, b.window.latest, b.duration_s, -2, False, 0, ()) for b in shift.breaks]
    places = [shift.start, *(stop.place for stop in stops), shift.end]
    early, ready = [shift.start_at], shift.start_at
    for position, stop in enumerate(stops):
        drive_s = int(problem.travel_s[places[position], stop.place])
        ready = max(ready + drive_s, stop.earliest) + stop.service_s
        early.append(ready)
    close, room = [shift.end_by], [[row.limit for row in shift.capacity]]
    for stop in reversed(stops):
        close.append(min(stop.latest, close[-1] - stop.service_s))
    for stop in stops:
        sign = -1 if stop.is_pickup else 1
        room.append([left + sign * _taken(row, stop.load) for left, row in zip(room[-1], shift.capacity, strict=True)])
    return Tour(shift, tuple(stops), tuple(breaks), places, early, close[::-1], room)


def _stops(problem: Problem, code: int) -> Stop:
    pickup, dropoff = _ride_stops(problem.rides[code // 2], code // 2)
    return dropoff if code % 2 else pickup


def _ride_stops(ride: Ride, number: int) -> tuple[Stop, Stop]:
    """Return both visits of a ride, each window cut to what the other allows."""
    a, b, served, longest = ride.pickup_window, ride.dropoff_window, ride.pickup_service_s, ride.max_ride_s
    first = (max(a.earliest, b.earliest - longest - served), min(a.latest, b.latest - served))
    second = (max(b.earliest, a.earliest + served), min(b.latest, a.latest + served + longest))
    return (
        Stop(ride.pickup, *first, served, number, True, 0, ride.load),
        Stop(ride.dropoff, *second, ride.dropoff_service_s, number, False, longest, ride.load),
    )


def _taken(row: CapacityRow, load: Sequence[int]) -> int:
    return sum(each * amount for each, amount in zip(row.coefficients, load, strict=True))


def _insert_into(travel_s: list[list[int]], tour: Tour, ride: Ride, most: int | None) -> tuple[int, int, int] | None:
    best: tuple[int, int, int] | None = None
    pickup, dropoff = _ride_stops(ride, -1)
    taken = [_taken(row, ride.load) for row in tour.shift.capacity]
    unused = 0 if tour.stops else tour.shift.fixed_cost + travel_s[tour.places[0]][tour.places[-1]]
    for first in range(len(tour.stops) + 1):
        if tour.early[first] > pickup.latest:
            break
        if pickup.earliest + pickup.service_s > tour.close[first] or not _fits(tour.room[first], taken):
            continue
        begin = max(pickup.earliest, tour.early[first] + travel_s[tour.places[first]][pickup.place])
        if begin > pickup.latest or begin + pickup.service_s > tour.close[first]:
            continue
        for second, added in _dropoffs(travel_s, tour, pickup, dropoff, taken, first, begin + pickup.service_s):
            cost = unused + added
            limit = best[0] if best is not None else most
            if limit is not None and cost > limit:
                continue
            stops = [*tour.stops[:first], pickup, *tour.stops[first:second], dropoff, *tour.stops[second:]]
            for times in _arrangements(travel_s, tour, stops):
                found = (cost, times[first], times[second + 1])
                best = found if best is None else min(best, found)
    return best


def _fits(room: Sequence[int], taken: Sequence[int]) -> bool:
    return all(amount <= left for amount, left in zip(taken, room, strict=True))


def _dropoffs(
    travel_s: list[list[int]], tour: Tour, pickup: Stop, dropoff: Stop, taken: list[int], first: int, ready: int
) -> Iterator[tuple[int, int]]:
    """Yield each gap that a drop-off can be reached in, and what the pair costs."""
    places = tour.places
    place, to_dropoff, from_dropoff = pickup.place, travel_s[pickup.place], travel_s[dropoff.place]
    added = travel_s[places[first]][pickup.place] - travel_s[places[first]][places[first + 1]]
    left_at = ready
    for second in range(first, len(tour.stops) + 1):
        there = travel_s[place][dropoff.place]
        saved = travel_s[place][places[second + 1]] if second > first else 0
        begin = max(dropoff.earliest, ready + there)
        if begin <= dropoff.latest and ready + there - left_at <= dropoff.max_ride_s + max(0, ready - left_at):
            yield second, added + there + from_dropoff[places[second + 1]] - saved
        if second == len(tour.stops) or not _fits(tour.room[second + 1], taken):
            return
        stop = tour.stops[second]
        if second == first:
            added += to_dropoff[stop.place]
        ready = max(stop.earliest, ready + travel_s[place][stop.place])
        if ready > tour.close[second] or ready + stop.service_s > dropoff.latest:
            return
        ready, place = ready + stop.service_s, stop.place


def _arrangements(travel_s: list[list[int]], tour: Tour, stops: list[Stop]) -> Iterator[list[int]]:
    """Yield the begins of the stops for each legal arrangement of the breaks among them."""
    if _times(travel_s, tour.shift, stops) is None:
        return
    if not tour.breaks:
        yield _times(travel_s, tour.shift, stops) or []
        return
    aboard, quiet = 0, [0]
    for position, stop in enumerate(stops, 1):
        aboard += 1 if stop.is_pickup else -1
        if aboard == 0:
            quiet.append(position)
    for order in permutations(tour.breaks):
        for gaps in combinations_with_replacement(quiet, len(order)):
            arranged = list(stops)
            for gap, pause in reversed(list(zip(gaps, order, strict=True))):
                arranged.insert(gap, pause)
            times = _times(travel_s, tour.shift, arranged)
            if times is not None:
                yield [begin for begin, stop in zip(times, arranged, strict=True) if stop.ride != -2]


def _times(travel_s: list[list[int]], shift: Shift, stops: list[Stop]) -> list[int] | None:
    """Return the earliest begins, or ``None``: drive, and begin a pickup later when its ride lasts too long."""
    least = [stop.earliest for stop in stops]
    for _ in range(len(stops) // 2 + 1):
        begins, ready, here = [], shift.start_at, shift.start
        for stop, bound in zip(stops, least, strict=True):
            begin = max(ready + (travel_s[here][stop.place] if stop.place >= 0 else 0), bound)
            if begin > stop.latest:
                return None
            begins.append(begin)
            ready, here = begin + stop.service_s, stop.place if stop.place >= 0 else here
        if ready + travel_s[here][shift.end] > shift.end_by:
            return None
        if not _push(stops, begins, least):
            return begins
    return None


def _push(stops: list[Stop], begins: list[int], least: list[int]) -> bool:
    """Raise the bound of each pickup whose ride lasts too long; return whether there was one."""
    pickups, moved = {}, False
    for position, stop in enumerate(stops):
        if stop.is_pickup:
            pickups[stop.ride] = position
        elif stop.ride != -2:
            at = pickups[stop.ride]
            begin = begins[position] - stop.max_ride_s - stops[at].service_s
            if begin > begins[at]:
                least[at], moved = begin, True
    return moved

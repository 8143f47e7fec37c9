"""A day of a rural service as the solver sees it: vans in shifts with breaks, and the rides that were promised so far.

Riders ask one after the other (:mod:`rufbus.simulation.demand`); each gets the cheapest insertion into the tours of
those before, as at the booking desk, or is refused. What stands in the tours then is the plan to improve.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.fleet import Vehicle
from rufbus.domain.party_load import boarding_s, capacity_rows, load_of
from rufbus.domain.place import Place, Stop, distance_m
from rufbus.domain.request import Anchor, Party, Request, Wish
from rufbus.domain.rules import promise_before, promise_window
from rufbus.domain.service import BoardingTimes, PromiseRules, StopRules
from rufbus.ports import StopNetwork
from rufbus.roads.graph import RoadGraph
from rufbus.roads.network import build_network
from rufbus.roads.osm import read_roads
from rufbus.roads.sample import OSM_FILE, make_sample
from rufbus.roads.virtual_stops import virtual_stops
from rufbus.simulation.demand import draw_requests
from solver.arrays import pack
from solver.insertion import cheapest_insertions, pack_plan, repack_plan, with_insertion
from solver.plan import Plan
from solver.problem import Break, CapacityRow, Problem, ProblemError, Ride, Shift, Window

DEPOTS = 4
SPACING_M = 300
"""Least distance between two stops (m)."""
SERVICE_DAY = "1970-01-01"
HOUR_S = 3600
OPENS_S, CLOSES_S = 6 * HOUR_S, 20 * HOUR_S
"""Wished times lie between these (s after midnight)."""
SHIFTS_H = ((5.75, 13.75), (9.0, 17.0), (12.25, 20.25))
"""Begin and end of the shifts (h after midnight); the vans take turns."""
BREAK_S = 1800
BREAK_MARGIN_S = 2 * HOUR_S
"""A break keeps this far from both ends of its shift (s)."""
VAN = Vehicle("van", "van", 8, 1, 2, 2, Place(0.0, 0.0))
WISHES_A_RIDE = 2
"""How many wishes are drawn for each ride that is to be served."""


@dataclass(frozen=True, slots=True)
class RuralDay:
    """A problem and the plan of pure insertion; every ride of the problem is served."""

    problem: Problem
    plan: Plan
    refused: int
    """Wishes that no van could take in."""


def read_network(roads: Path | None, stops: int, vans: int, seed: int) -> StopNetwork:
    """Return the stops and the vans' depots on the roads of an extract, or of the sample region, with all times."""
    graph = read_graph(roads)
    chosen = virtual_stops(graph, [], SPACING_M, max_count=stops)
    homes = spread_places(chosen, DEPOTS, seed)
    depots = [(f"{VAN.id}-{number}", homes[number % DEPOTS]) for number in range(vans)]
    return build_network(graph, chosen, depots)[0]


def draw_days(roads: Path | None, stops: int, vans: int, rides: int, seeds: int) -> list[RuralDay]:
    """Return a day for each of so many seeds, all on the same stops and vans."""
    network = read_network(roads, stops, vans, seed=0)
    return [draw_day(network, rides, seed) for seed in range(seeds)]


def read_graph(roads: Path | None) -> RoadGraph:
    """Return the roads of an extract, or of the sample region."""
    with extract_file(roads) as path:
        return read_roads(path)[0]


@contextmanager
def extract_file(roads: Path | None) -> Iterator[Path]:
    """Yield the file of an extract; without one, that of the sample region, which is gone afterwards."""
    if roads is not None:
        yield roads
        return
    with tempfile.TemporaryDirectory(prefix="rufbus-bench-") as folder:
        sample = Path(folder) / OSM_FILE
        sample.write_bytes(make_sample()[OSM_FILE])
        yield sample


def spread_places(stops: Sequence[Stop], count: int, seed: int) -> list[Place]:
    """Return places far apart from each other: each next one where the nearest chosen one is farthest."""
    chosen = [random.Random(seed).choice(stops).place]  # noqa: S311 - reproducible on purpose
    while len(chosen) < count:
        chosen.append(max((s.place for s in stops), key=lambda place: min(distance_m(place, c) for c in chosen)))
    return chosen


def draw_day(network: StopNetwork, rides: int, seed: int) -> RuralDay:
    """Return a day on which ``rides`` wishes were taken in one by one, each by the cheapest insertion.

    Raises
    ------
    ProblemError
        When the vans of the network cannot serve so many.
    """
    travel_s = network.times_on(SERVICE_DAY).travel_s.astype(np.int32, copy=True)
    travel_s[: network.stop_count] += StopRules().dwell_s
    np.fill_diagonal(travel_s, 0)
    shifts = tuple(make_shift(number, home) for number, home in enumerate(range(network.stop_count, len(travel_s))))
    asked = draw_requests(network, count=WISHES_A_RIDE * rides, first_at=OPENS_S, last_at=CLOSES_S, seed=seed)
    random.Random(seed).shuffle(asked)  # noqa: S311 - reproducible on purpose
    wishes = [ride for each in asked for ride in _rides(network, travel_s, each.request)]
    problem = Problem(travel_s, tuple(wishes), shifts)
    plan, refused = _take_in(problem, rides)
    if len(wishes) - len(plan.unserved) < rides:
        raise ProblemError(
            f"{len(shifts)} vans serve only {len(wishes) - len(plan.unserved)} of {rides} rides: add vans"
        )
    problem, plan = _without_unserved(problem, plan)
    return RuralDay(compact(problem), plan, refused)


def _take_in(problem: Problem, most: int) -> tuple[Plan, int]:
    """Return the plan that serves the first ``most`` rides that fit, and how many before them did not."""
    packed = pack(problem)
    state = pack_plan(packed, Plan(problem.break_codes, tuple(range(len(problem.rides)))))
    served = refused = 0
    for ride in range(len(problem.rides)):
        if served == most:
            break
        found = cheapest_insertions(packed, state, ride)
        if found:
            state = repack_plan(state, with_insertion(state.plan, ride, found[0]))
        served, refused = served + bool(found), refused + (not found)
    return state.plan, refused


def _without_unserved(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
    """Return the problem of the served rides alone, numbered anew."""
    kept = sorted(set(range(len(problem.rides))) - set(plan.unserved))
    new = {2 * ride + end: 2 * number + end for number, ride in enumerate(kept) for end in (0, 1)}
    gone = 2 * len(plan.unserved)
    tours = tuple(tuple(new.get(code, code - gone) for code in tour) for tour in plan.tours)
    return problem.with_rides([problem.rides[ride] for ride in kept]), Plan(tours)


def compact(problem: Problem) -> Problem:
    """Return the same problem over the places that it uses, as the dispatcher hands it to its workers."""
    ends = [place for ride in problem.rides for place in (ride.pickup, ride.dropoff)]
    ends += [place for shift in problem.shifts for place in (shift.start, shift.end)]
    used, new = np.unique(np.array(ends), return_inverse=True)
    to = dict(zip(ends, new.tolist(), strict=True))
    rides = [replace(ride, pickup=to[ride.pickup], dropoff=to[ride.dropoff]) for ride in problem.rides]
    shifts = [replace(shift, start=to[shift.start], end=to[shift.end]) for shift in problem.shifts]
    return Problem(problem.travel_s[np.ix_(used, used)], tuple(rides), tuple(shifts))


def make_shift(number: int, home: int) -> Shift:
    """Return the shift of a van: its hours, and a break in the middle of them."""
    start_at, end_by = (int(hours * HOUR_S) for hours in SHIFTS_H[number // DEPOTS % len(SHIFTS_H)])
    window = Window(start_at + BREAK_MARGIN_S, end_by - BREAK_MARGIN_S - BREAK_S)
    capacity = tuple(CapacityRow(row, limit) for row, limit in capacity_rows(VAN))
    return Shift(home, home, start_at, end_by, capacity, (Break(window, BREAK_S),))


def _rides(network: StopNetwork, travel_s: NDArray[np.int32], request: Request) -> Iterator[Ride]:
    """Yield the rides of a request under the promises that the booking desk would give."""
    pickup, dropoff = (_index(network, end) for end in (request.origin, request.destination))
    yield make_ride(travel_s, pickup, dropoff, request.outward, request.party)
    if request.inward is not None:
        yield make_ride(travel_s, dropoff, pickup, request.inward, request.party)


def _index(network: StopNetwork, end: Place | str) -> int:
    index = network.find_stop(end) if isinstance(end, str) else None
    if index is None:
        raise ProblemError(f"the demand names {end}, which is no stop of the network")
    return index


def make_ride(travel_s: NDArray[np.int32], pickup: int, dropoff: int, wish: Wish, party: Party) -> Ride:
    """Return a ride under the promise that the booking desk would give."""
    rules, dwell_s, service_s = PromiseRules(), StopRules().dwell_s, boarding_s(party, BoardingTimes())
    make = promise_window if wish.anchor is Anchor.DEPART_AFTER else promise_before
    direct_s = int(travel_s[pickup, dropoff]) - dwell_s
    promise = make(wish.at, direct_s=direct_s, boarding_s=service_s, dwell_s=dwell_s, rules=rules)
    return Ride(
        pickup,
        dropoff,
        Window(promise.pickup_from, promise.pickup_to),
        Window(0, promise.dropoff_by),
        promise.max_ride_s + dwell_s,
        load_of(party),
        service_s,
        service_s,
    )

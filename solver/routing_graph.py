"""The visits of a problem as the nodes of an OR-Tools routing model, and the arcs between them.

OR-Tools knows a node's place, while a break happens wherever the van stands. Each break therefore has several *spots*:
nodes at fixed places, of which exactly one is used. An exact spot can only be reached from visits at its own place; one
of them stands where the given plan takes the break, so that the plan costs in the model what it costs in truth. A wide
spot can be reached from places within ``lead_s`` seconds, but opens ``lead_s`` later: a van that pauses where it is
instead, and drives afterwards, is never later than one that drove to the spot first. So what is legal in the model
stays legal when :func:`read_routes` drops the detour, as long as the triangle inequality holds.

A break at its *home* spot is taken at the start place. It lets a shift without rides cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .problem import UNREACHABLE_S, Problem, Ride, Shift, Window, dropoff_of, pickup_of

SPOTS = 3
"""How many busy drop-off places are offered to each break."""

LEAD_S = 1200
"""How far the van may come from to a wide spot (s), at most half of the break's window."""

NEAR_S = 3600
"""How long before a break's window a drop-off may close and still make its place a spot (s)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One place that a van may be at, for one visit."""

    place: int
    service_s: int = 0
    window: tuple[int, int] | None = None
    """When the service may begin, from and to (s); ``None`` where only the shift limits it."""
    visit: int | None = None
    """The visit's code; ``None`` for the two ends of a tour."""
    shift: int | None = None
    """The one shift whose node this is; ``None`` for rides."""
    is_home: bool = False
    """Whether this is a break's spot at the start place."""
    lead_s: int = 0
    """From how far away a break's spot may be reached (s)."""

    @property
    def is_pickup(self) -> bool:
        """Whether a rider boards here."""
        return self.shift is None and self.visit is not None and self.visit % 2 == 0

    @property
    def is_break(self) -> bool:
        """Whether this is a spot of a break."""
        return self.shift is not None and self.visit is not None


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes of one problem, and which of them belong together."""

    nodes: tuple[Node, ...]
    shifts: tuple[int, ...]
    """The shifts that take part; vehicle ``v`` of the model is ``shifts[v]``."""
    starts: tuple[int, ...]
    """The start node per vehicle."""
    ends: tuple[int, ...]
    """The end node per vehicle."""
    nodes_of: Mapping[int, tuple[int, ...]]
    """The nodes of each visit: one for a ride's, one or more spots for a break's."""
    rides: tuple[int, ...]
    """The rides that take part."""
    promised: frozenset[int]
    """The rides among them that must be served."""


def build_graph(problem: Problem, plan: Plan, seed: int) -> Graph:
    """List the nodes for improving ``plan``; ``seed`` decides the order in which the search meets the rides."""
    shifts = tuple(shift for shift in range(len(problem.shifts)) if _takes_part(problem, plan, shift))
    promised = frozenset(_served_rides(problem, plan))
    rides = [
        number
        for number, ride in enumerate(problem.rides)
        if number in promised or any(_could_serve(problem.shifts[shift], shift, ride) for shift in shifts)
    ]
    rides = [rides[position] for position in np.random.default_rng(seed).permutation(len(rides)).tolist()]
    nodes = [node for ride in rides for node in _ride_nodes(problem, ride)]
    for shift in shifts:
        nodes += _break_nodes(problem, plan, shift)
    first_start = len(nodes)
    nodes += [Node(problem.shifts[shift].start, shift=shift) for shift in shifts]
    nodes += [Node(problem.shifts[shift].end, shift=shift) for shift in shifts]
    nodes_of: dict[int, tuple[int, ...]] = {}
    for number, node in enumerate(nodes):
        if node.visit is not None:
            nodes_of[node.visit] = (*nodes_of.get(node.visit, ()), number)
    first_end = first_start + len(shifts)
    starts, ends = tuple(range(first_start, first_end)), tuple(range(first_end, len(nodes)))
    return Graph(tuple(nodes), shifts, starts, ends, nodes_of, tuple(rides), promised)


def build_matrices(problem: Problem, graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the time from begin to begin (s) and the cost of every arc, both of shape (nodes, nodes)."""
    places = np.array([node.place for node in graph.nodes])
    service_s = np.array([node.service_s for node in graph.nodes])
    cost = problem.travel_s[np.ix_(places, places)].astype(np.int64)
    time_s = cost + service_s[:, None]
    time_s[cost > _leads(graph)] = UNREACHABLE_S
    breaks = np.array([node.is_break for node in graph.nodes])
    no_break_after = np.array([node.is_pickup or node.lead_s > 0 for node in graph.nodes])
    time_s[np.ix_(no_break_after, breaks)] = UNREACHABLE_S
    for start, end, shift in zip(graph.starts, graph.ends, graph.shifts, strict=True):
        homes = np.array([node.is_home and node.shift == shift for node in graph.nodes])
        before = homes.copy()
        before[start] = True
        if _is_home_first(problem, shift):
            time_s[np.ix_(~before, homes)] = UNREACHABLE_S
        cost[np.ix_(before, ~before)] += problem.shifts[shift].fixed_cost
        cost[before, end] = 0
    return time_s, cost


def _leads(graph: Graph) -> NDArray[np.int64]:
    """Return from how far away each node may be reached (s): breaks from near, all others from anywhere."""
    return np.array([node.lead_s if node.is_break else UNREACHABLE_S for node in graph.nodes])


def write_routes(problem: Problem, graph: Graph, plan: Plan) -> list[list[int]] | None:
    """Return ``plan`` as the nodes of each vehicle, or ``None`` where a visit has no node at its place."""
    routes = []
    for start, shift in zip(graph.starts, graph.shifts, strict=True):
        route: list[int] = []
        place = graph.nodes[start].place
        for code in plan.tours[shift]:
            options = graph.nodes_of.get(code, ())
            if code >= 2 * len(problem.rides):
                has_left = any(not graph.nodes[node].is_home for node in route)
                options = tuple(n for n in options if _fits(problem, graph.nodes[n], place, has_left=has_left))
            if not options:
                return None
            route.append(options[0])
            place = graph.nodes[options[0]].place
        routes.append(route)
    return routes


def read_routes(problem: Problem, graph: Graph, plan: Plan, routes: Sequence[Sequence[int]]) -> Plan:
    """Return the plan that ``routes`` describe; what takes no part stays as in ``plan``."""
    tours = list(plan.tours)
    for shift, route in zip(graph.shifts, routes, strict=True):
        tour = tuple(code for node in route if (code := graph.nodes[node].visit) is not None)
        if _has_rides(problem, tour) or _has_rides(problem, tours[shift]):
            tours[shift] = tour
    visited = {code for tour in tours for code in tour}
    unserved = [ride for ride in range(len(problem.rides)) if dropoff_of(ride) not in visited]
    return Plan(tuple(tours), tuple(unserved))


def _fits(problem: Problem, spot: Node, place: int, *, has_left: bool) -> bool:
    if spot.shift is None or spot.lead_s > 0 or spot.place != place:
        return False
    return not (spot.is_home and has_left and _is_home_first(problem, spot.shift))


def _is_home_first(problem: Problem, shift: int) -> bool:
    """Return whether the home spots must come first, because an unused tour would cost something otherwise."""
    own = problem.shifts[shift]
    return own.start != own.end or own.fixed_cost > 0


def _has_rides(problem: Problem, tour: Sequence[int]) -> bool:
    return any(code < 2 * len(problem.rides) for code in tour)


def _served_rides(problem: Problem, plan: Plan) -> set[int]:
    """Return the rides that tours serve or that a shift is bound to."""
    codes = {code for tour in (*plan.tours, *(shift.locked for shift in problem.shifts)) for code in tour}
    return {code // 2 for code in codes if code < 2 * len(problem.rides)}


def _could_serve(shift: Shift, number: int, ride: Ride) -> bool:
    """Return whether permission, the shift's hours and the ride's own times leave any chance."""
    if ride.aboard is not None:
        due = min(ride.dropoff_window.latest, ride.aboard.departed_at + ride.max_ride_s, shift.end_by)
        return ride.aboard.shift == number and max(shift.start_at, ride.dropoff_window.earliest) <= due
    if ride.shifts is not None and number not in ride.shifts:
        return False
    first, last = max(shift.start_at, ride.pickup_window.earliest), min(shift.end_by, ride.pickup_window.latest)
    ready, due = first + ride.pickup_service_s, last + ride.pickup_service_s + ride.max_ride_s
    dropped_by = min(shift.end_by, ride.dropoff_window.latest, due)
    return first <= last and max(ready, ride.dropoff_window.earliest) <= dropped_by


def _takes_part(problem: Problem, plan: Plan, shift: int) -> bool:
    """Return whether a shift has rides, or could drive at all if it had."""
    own = problem.shifts[shift]
    if _has_rides(problem, plan.tours[shift]) or _has_rides(problem, own.locked):
        return True
    now_s = own.start_at
    for code in plan.tours[shift]:
        pause = own.breaks[problem.break_codes[shift].index(code)]
        now_s = max(now_s, pause.window.earliest)
        if now_s > pause.window.latest:
            return False
        now_s += pause.duration_s
    return now_s + int(problem.travel_s[own.start, own.end]) <= own.end_by


def _ride_nodes(problem: Problem, ride: int) -> Iterator[Node]:
    asked = problem.rides[ride]
    earliest, latest = asked.dropoff_window.earliest, asked.dropoff_window.latest
    if asked.aboard is None:
        window = (asked.pickup_window.earliest, asked.pickup_window.latest)
        yield Node(asked.pickup, asked.pickup_service_s, window, pickup_of(ride))
    else:
        latest = min(latest, asked.aboard.departed_at + asked.max_ride_s)
    yield Node(asked.dropoff, asked.dropoff_service_s, (earliest, latest), dropoff_of(ride))


def _break_nodes(problem: Problem, plan: Plan, shift: int) -> Iterator[Node]:
    own = problem.shifts[shift]
    for code, pause in zip(problem.break_codes[shift], own.breaks, strict=True):
        for place, lead_s, is_home in _spots(problem, plan, shift, code):
            window = (pause.window.earliest + lead_s, pause.window.latest)
            yield Node(place, pause.duration_s, window, code, shift, is_home, lead_s)


def _spots(problem: Problem, plan: Plan, shift: int, code: int) -> Iterator[tuple[int, int, bool]]:
    """Yield the places offered to one break, from how far away (s), and whether it is its home spot."""
    own = problem.shifts[shift]
    if code in own.locked:
        before = own.locked[: own.locked.index(code)]
        yield _place_after(problem, shift, before), 0, not _has_rides(problem, before)
        return
    place = _place_after(problem, shift, own.locked)
    if code in plan.tours[shift]:
        place = _place_after(problem, shift, plan.tours[shift][: plan.tours[shift].index(code)])
    can_stay = not _has_rides(problem, own.locked)
    if can_stay:
        yield own.start, 0, True
    window = own.breaks[problem.break_codes[shift].index(code)].window
    lead_s = min(LEAD_S, (window.latest - window.earliest) // 2)
    places = dict.fromkeys((place, own.start, *_busy_places(problem, window)))
    for spot in places if lead_s == 0 else [place]:
        if not can_stay or spot != own.start or _is_home_first(problem, shift):
            yield spot, 0, False
    if lead_s > 0 and window.earliest + lead_s <= own.end_by:
        yield from ((spot, lead_s, False) for spot in places)


def _place_after(problem: Problem, shift: int, visits: Sequence[int]) -> int:
    """Return where a van stands after ``visits``."""
    for code in reversed(visits):
        if code < 2 * len(problem.rides):
            ride = problem.rides[code // 2]
            return ride.dropoff if code % 2 else ride.pickup
    return problem.shifts[shift].start


def _busy_places(problem: Problem, window: Window) -> list[int]:
    """Return where most drop-offs near a break's window are."""
    counts = Counter(
        ride.dropoff
        for ride in problem.rides
        if ride.dropoff_window.earliest <= window.latest and ride.dropoff_window.latest >= window.earliest - NEAR_S
    )
    return [place for place, _ in counts.most_common(SPOTS)]

"""Cost and feasibility of routes, straight from the instance file with plain arithmetic.

A stranger to the readers and to the solver: it parses the file itself, adds up doubles, and believes nothing. A rule
counts as broken beyond ``TOLERANCE`` of the file's unit, which is room for the rounding of doubles and nothing else.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOLERANCE = 1e-6
Route = Sequence[int]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the routes are worth by the file."""

    cost: float
    """Sum of the travel times, depots included, service and waiting not."""
    vehicles: int
    faults: tuple[str, ...]
    """A sentence for each rule that is broken, with its route and node."""


@dataclass(frozen=True, slots=True)
class _Stop:
    x: float
    y: float
    load: float
    opens: float
    closes: float
    service: float
    known_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _File:
    stops: Mapping[int, _Stop]
    mate: Mapping[int, int]
    """Drop-off by pickup."""
    end: int
    vehicles: int
    capacity: float
    longest_ride: float = math.inf
    longest_route: float = math.inf
    matrix: Sequence[Sequence[float]] | None = None

    def travel(self, origin: int, destination: int) -> float:
        if self.matrix is not None:
            return self.matrix[origin][destination]
        here, there = self.stops[origin], self.stops[destination]
        return math.sqrt((here.x - there.x) ** 2 + (here.y - there.y) ** 2)


def recompute(
    path: Path,
    routes: Sequence[Route],
    *,
    unserved: Sequence[int] = (),
    begins: Sequence[Sequence[float]] | None = None,
) -> Recomputed:
    """Return what ``routes`` (node numbers without depots) cost, and every rule of the file that they break.

    Parameters
    ----------
    path
        The instance file, in any of the formats that ``rufbus bench`` reads; it must be a right one.
    unserved
        Nodes that are left out on purpose.
    begins
        When each service begins, by route; looked for when left out.
    """
    file = _parse(path.read_text(encoding="utf-8"))
    faults = _count_faults(file, routes, unserved)
    known = [[node for node in route if node in file.stops and node not in {0, file.end}] for route in routes]
    for number, route in enumerate(known, 1):
        said = [*_order_faults(file, route), *_load_faults(file, route)]
        said += _time_faults(file, route) if begins is None else _given_faults(file, route, begins[number - 1])
        faults += [f"route {number}: {sentence}" for sentence in said]
    cost = sum(_length(file, route) for route in known)
    return Recomputed(cost, sum(1 for route in routes if route), tuple(faults))


def _length(file: _File, route: Route) -> float:
    way = [0, *route, file.end]
    return sum(file.travel(way[k], way[k + 1]) for k in range(len(way) - 1)) if route else 0.0


# --- the files ---------------------------------------------------------------------------------------------------


def _parse(text: str) -> _File:
    if text.lstrip().startswith("{"):
        return _parse_json(json.loads(text))
    if "NODES" in text:
        return _parse_sections(text)
    rows = [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]
    return _parse_li_lim(rows) if len(rows[0]) == 3 else _parse_darp(rows)


def _parse_li_lim(rows: Sequence[Sequence[float]], matrix: Sequence[Sequence[float]] | None = None) -> _File:
    stops = {int(r[0]): _Stop(r[1], r[2], r[3], r[4], r[5], r[6]) for r in rows[1:]}
    mate = {int(r[0]): int(r[8]) for r in rows[1:] if r[8]}
    return _File(stops, mate, 0, int(rows[0][0]), rows[0][1], matrix=matrix)


def _parse_sections(text: str) -> _File:
    head, _, rest = text.partition("NODES")
    nodes, _, rest = rest.partition("EDGES")
    capacity = next(float(line.split(":")[1]) for line in head.splitlines() if line.startswith("CAPACITY"))
    rows = [[float(word) for word in line.split()] for line in nodes.splitlines() if line.strip()]
    edges = [[float(word) for word in line.split()] for line in rest.partition("EOF")[0].splitlines() if line.strip()]
    return _parse_li_lim([[len(rows), capacity, 1.0], *rows], edges)


def _parse_darp(rows: Sequence[Sequence[float]]) -> _File:
    vehicles, _, longest_route, capacity, longest_ride = rows[0]
    stops = {int(r[0]): _Stop(r[1], r[2], r[4], r[5], r[6], r[3]) for r in rows[1:]}
    requests = (len(stops) - 1) // 2
    end = len(stops) - 1 if len(stops) % 2 == 0 else 0
    mate = {number: number + requests for number in range(1, requests + 1)}
    return _File(stops, mate, end, int(vehicles), capacity, longest_ride, longest_route)


def _parse_json(read: Any) -> _File:
    head, asked = read["static_info"], read["requests"]
    depot = head["depot_location"]
    stops = {0: _Stop(depot["x_coord"], depot["y_coord"], 0, 0, head["planing_horizon"], 0)}
    for number, one in enumerate(asked, 1):
        for node, side, load in ((number, "pickup", one["load"]), (number + len(asked), "delivery", -one["load"])):
            at = one[f"{side}_location"]
            opens, closes = one[f"{side}_lower_tw"], one[f"{side}_upper_tw"]
            service = one[f"{side}_service_time"]
            stops[node] = _Stop(at["x_coord"], at["y_coord"], load, opens, closes, service, one["arrival_time"])
    mate = {number: number + len(asked) for number in range(1, len(asked) + 1)}
    fleet, capacity = head["number_of_vehicles"], head["vehicle_capacity"]
    return _File(stops, mate, 0, fleet, capacity, head["max_ride_time"], head["max_route_time"])


# --- the rules ---------------------------------------------------------------------------------------------------


def _count_faults(file: _File, routes: Sequence[Route], unserved: Sequence[int]) -> list[str]:
    """Every node once, and no more vehicles than there are."""
    faults = []
    driven = sum(1 for route in routes if route)
    if driven > file.vehicles:
        faults.append(f"{driven} routes for {file.vehicles} vehicles")
    times = Counter(node for route in routes for node in route)
    for number, route in enumerate(routes, 1):
        strange = sorted({node for node in route if node not in file.stops or node in {0, file.end}})
        faults += [f"route {number}: {node} is no node of a request" for node in strange]
    for node in [*file.mate, *file.mate.values()]:
        if times[node] > 1:
            faults.append(f"node {node} is visited {times[node]} times")
        elif times[node] == 0 and node not in unserved:
            faults.append(f"node {node} is in no route")
    return faults


def _order_faults(file: _File, route: Route) -> list[str]:
    at = {node: position for position, node in enumerate(route)}
    faults = []
    for pickup, dropoff in file.mate.items():
        if (pickup in at) != (dropoff in at):
            here, other = (pickup, dropoff) if pickup in at else (dropoff, pickup)
            faults.append(f"node {here} is here, but its mate {other} is not")
        elif pickup in at and at[pickup] > at[dropoff]:
            faults.append(f"node {dropoff} is set down before node {pickup} is picked up")
    return faults


def _load_faults(file: _File, route: Route) -> list[str]:
    aboard, faults = 0.0, []
    for node in route:
        aboard += file.stops[node].load
        if aboard > file.capacity + TOLERANCE:
            faults.append(f"{aboard:g} are aboard after node {node}, of {file.capacity:g} at most")
    return faults


def _time_faults(file: _File, route: Route) -> list[str]:
    """Look for begin times: the least ones, put off as far as rides and the route's length ask for it."""
    if not route:
        return []
    at_least = [max(file.stops[node].opens, file.stops[0].opens) for node in route]
    for _ in range(len(route) ** 2 + 2):
        begins = _drive(file, route, at_least)
        late = _late(file, route, begins)
        if late:
            return late
        pushes = _pushes(file, route, begins)
        if all(begins[k] >= moment - TOLERANCE for k, moment in pushes):
            return []
        for k, moment in pushes:
            at_least[k] = max(at_least[k], moment)
    return ["no begin times keep its ride times and its length"]


def _drive(file: _File, route: Route, at_least: Sequence[float]) -> list[float]:
    begins, place, free_at = [], 0, file.stops[0].opens
    for node, moment in zip(route, at_least, strict=True):
        begins.append(max(free_at + file.travel(place, node), moment))
        place, free_at = node, begins[-1] + file.stops[node].service
    return begins


def _home(file: _File, route: Route, begins: Sequence[float]) -> float:
    return begins[-1] + file.stops[route[-1]].service + file.travel(route[-1], file.end)


def _late(file: _File, route: Route, begins: Sequence[float]) -> list[str]:
    faults = [
        f"node {node} begins at {begin:.6f}, its window closes at {file.stops[node].closes:g}"
        for node, begin in zip(route, begins, strict=True)
        if begin > file.stops[node].closes + TOLERANCE
    ]
    home = _home(file, route, begins)
    if home > file.stops[file.end].closes + TOLERANCE:
        faults.append(f"it ends at {home:.6f}, the depot closes at {file.stops[file.end].closes:g}")
    return faults


def _pushes(file: _File, route: Route, begins: Sequence[float]) -> list[tuple[int, float]]:
    """Return which services must not begin before which moment, given when the others do."""
    at = {node: position for position, node in enumerate(route)}
    pushes = [(0, _home(file, route, begins) - file.longest_route + file.travel(0, route[0]))]
    for pickup, dropoff in file.mate.items():
        if pickup in at and dropoff in at:
            moment = begins[at[dropoff]] - file.longest_ride - file.stops[pickup].service
            pushes.append((at[pickup], moment))
    return pushes


def _given_faults(file: _File, route: Route, begins: Sequence[float]) -> list[str]:
    """Judge given times, and that nobody set out for a request before it was known."""
    if not route:
        return []
    faults = _late(file, route, begins)
    place, free_at = 0, file.stops[0].opens
    for node, begin in zip(route, begins, strict=True):
        stop, travel = file.stops[node], file.travel(place, node)
        if begin < stop.opens - TOLERANCE:
            faults.append(f"node {node} begins at {begin:.6f}, its window opens at {stop.opens:g}")
        if begin < free_at + travel - TOLERANCE:
            faults.append(f"node {node} begins at {begin:.6f}, it cannot be reached before {free_at + travel:.6f}")
        if begin < stop.known_at + travel - TOLERANCE:
            faults.append(f"the way to node {node} begins before it is known at {stop.known_at:g}")
        place, free_at = node, begin + stop.service
    for k, moment in _pushes(file, route, begins):
        if begins[k] < moment - TOLERANCE:
            faults.append(f"node {route[k]} begins at {begins[k]:.6f}, too early for its ride or the route's length")
    return faults

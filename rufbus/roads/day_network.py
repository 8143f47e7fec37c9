"""The network of a service on each of its days: the roads as closures and slowdowns have them then.

The roads are in one state for a whole service day. A van that leaves later therefore never arrives earlier.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.calendar import hindered_days, hindrances_on
from rufbus.domain.errors import FieldError, InvalidRoads
from rufbus.domain.place import Place, Stop, StopWalk
from rufbus.domain.service import Closure, Service, Slowdown
from rufbus.domain.service_file import refuse_file
from rufbus.domain.toml_table import did_you_mean
from rufbus.ports import RoadLeg, RoadTimes
from rufbus.roads.graph import RoadGraph
from rufbus.roads.network import Network, cut_off_stops
from rufbus.roads.network_file import graph_hash, read_network_file, write_network_file
from rufbus.roads.profile import CLASS_INDEX, FERRY_CLASS
from rufbus.roads.road_state import RoadState, close_edges, edges_across, edges_of_way, open_roads, slow_down

log = logging.getLogger(__name__)

Hindrances = frozenset[str]
"""The ids of the closures and slowdowns in force: what a road state comes from."""
MOST_NAMED = 10
"""How many stops a warning names."""


class DayNetwork:
    """The stops and depots on the roads of each service day; a :class:`rufbus.ports.StopNetwork`."""

    def __init__(self, network: Network, service: Service, hindered: Mapping[Hindrances, Network]) -> None:
        """Take the network on open roads, and the same in each other state that the service needs."""
        self._open = network
        self._service = service
        self._states = {frozenset(): network, **hindered}
        self._by_day: dict[str, Network] = {}

    @property
    def graph(self) -> RoadGraph:
        """The roads."""
        return self._open.graph

    @property
    def stops(self) -> Sequence[Stop]:
        """All stops, then one ``Stop`` per depot with id ``depot:<vehicle id>``."""
        return self._open.stops

    @property
    def stop_count(self) -> int:
        """How many of ``stops`` are real stops; the rest are depots."""
        return self._open.stop_count

    def find_stop(self, stop_id: str) -> int | None:
        """Return the index of a stop or depot id, or ``None``."""
        return self._open.find_stop(stop_id)

    def list_near(self, place: Place, max_m: int) -> Sequence[StopWalk]:
        """Return the stops within ``max_m`` metres on foot, nearest first; closures do not stop who walks."""
        return self._open.list_near(place, max_m)

    def times_on(self, service_day: str) -> RoadTimes:
        """Return times and lengths on a service day; the same object for days on which the roads are the same."""
        return self.on(service_day).times

    def get_leg(self, origin: int, destination: int, service_day: str) -> RoadLeg:
        """Return the way between two places on a service day with its geometry and street names.

        Raises
        ------
        NotFound
            When no road leads from the one to the other.
        """
        return self.on(service_day).get_leg(origin, destination, service_day)

    def on(self, service_day: str) -> Network:
        """Return the network as it is on a service day."""
        if service_day not in self._by_day:
            hindrances = hindrances_on(self._service, dt.date.fromisoformat(service_day))
            self._by_day[service_day] = self._states[hindrances]
        return self._by_day[service_day]

    def warm_up(self, service_day: str) -> None:
        """Prepare what walks and the legs of a day need, which else happens at the first call."""
        self._open.warm_up()
        self.on(service_day).warm_up()

    def list_warnings(self) -> list[str]:
        """Return a sentence for each road state that cuts off stops or depots which open roads reach."""
        always = set(cut_off_stops(self._open))
        names = {stop.id: stop.name for stop in self.stops}
        begin = {hindrances_on(self._service, day): day for day in reversed(hindered_days(self._service))}
        warnings = []
        for hindrances, day in sorted(begin.items(), key=lambda each: each[1]):
            cut_off = [names[stop_id] for stop_id in cut_off_stops(self._states[hindrances]) if stop_id not in always]
            if cut_off:
                more = f" and {len(cut_off) - MOST_NAMED} more" if len(cut_off) > MOST_NAMED else ""
                listed = ", ".join(cut_off[:MOST_NAMED]) + more
                which = ", ".join(sorted(hindrances))
                warnings.append(f"From {day.isoformat()} on ({which}), {len(cut_off)} stops are cut off: {listed}.")
        return warnings


def list_road_states(graph: RoadGraph, service: Service, file_name: str) -> dict[Hindrances, RoadState]:
    """Return every state other than open that the roads are in on some service day.

    Raises
    ------
    InvalidServiceFile
        When a closure names a way that no road has, or a line that crosses none, or a slowdown an unknown class.
    """
    faults: list[FieldError] = []
    closed = {each.id: _closed_edges(graph, each, f"closures[{n}]", faults) for n, each in enumerate(service.closures)}
    slowed = {each.id: _speed_factors(each, f"slowdowns[{n}]", faults) for n, each in enumerate(service.slowdowns)}
    if faults:
        raise refuse_file(file_name, faults)
    states: dict[Hindrances, RoadState] = {}
    for hindrances in {hindrances_on(service, day) for day in hindered_days(service)}:
        state = close_edges(open_roads(graph), [edge for each in hindrances & closed.keys() for edge in closed[each]])
        for each in hindrances & slowed.keys():
            state = slow_down(state, graph, slowed[each])
        states[hindrances] = state
    return states


def _closed_edges(graph: RoadGraph, closure: Closure, path: str, faults: list[FieldError]) -> list[int]:
    """Return the edges that a closure shuts."""
    closed: list[int] = []
    for number, way in enumerate(closure.ways):
        edges = edges_of_way(graph, way).tolist()
        if not edges:
            reason = "is the id of no way that a van drives here. Look it up again, or draw a line across the road."
            faults.append(FieldError(f"{path}.ways[{number}]", f"{way} {reason}"))
        closed += edges
    if closure.line:
        edges = edges_across(graph, closure.line).tolist()
        if not edges:
            faults.append(FieldError(f"{path}.line", "crosses no road that a van drives. Draw it across the road."))
        closed += edges
    return closed


def _speed_factors(slowdown: Slowdown, path: str, faults: list[FieldError]) -> dict[int, float]:
    """Return what remains of the speed, by the index of each road class that is slowed."""
    factors = {index: slowdown.factor for index in CLASS_INDEX.values() if index != FERRY_CLASS}
    for name, factor in slowdown.by_class:
        if name in CLASS_INDEX:
            factors[CLASS_INDEX[name]] = factor
        else:
            hint = did_you_mean(name, CLASS_INDEX) or f" Known here: {', '.join(CLASS_INDEX)}."
            faults.append(FieldError(f"{path}.factor.{name}", f"is no class of roads.{hint} Correct it."))
    return factors


# --- the file beside the network -------------------------------------------------------------------------------------


def open_day_network(
    network: Network, service: Service, states: Mapping[Hindrances, RoadState], path: Path
) -> DayNetwork:
    """Return the network on all days, with the matrices of its states in a file that all processes map into memory.

    A file that is missing, damaged or lacks a state is written anew, whole or not at all; several processes may do so.
    """
    marks = dict(zip(states, _marks(network, list(states.values())), strict=True))
    kept = _read(path)
    if not kept.keys() >= set(marks.values()):
        kept = {marks[key]: kept.get(marks[key]) or network.in_state(state).times for key, state in states.items()}
        try:
            _write(path, kept)
        except OSError as error:
            log.warning("%s could not be written (%s): each process keeps its own travel times.", path, error)
        else:
            kept = _read(path)
    hindered = {key: network.in_state(state, kept[marks[key]]) for key, state in states.items()}
    return DayNetwork(network, service, hindered)


def _read(path: Path) -> dict[str, RoadTimes]:
    """Return what a file holds, by the marks of the states; nothing when it cannot be used."""
    with suppress(InvalidRoads):
        header, arrays = read_network_file(path)
        return {
            mark: RoadTimes(arrays[f"travel_s {mark}"], arrays[f"length_m {mark}"]) for mark in header.get("states", ())
        }
    return {}


def _write(path: Path, kept: Mapping[str, RoadTimes]) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for mark, times in kept.items():
        arrays |= {f"travel_s {mark}": times.travel_s, f"length_m {mark}": times.length_m}
    write_network_file(path, {"states": list(kept)}, arrays)


def _marks(network: Network, states: Sequence[RoadState]) -> Iterator[str]:
    """Yield a hash for each state, different for other roads, other stops, and another state of them."""
    if not states:
        return
    stops = hashlib.blake2b(graph_hash(network.graph).encode(), digest_size=16)
    for number, anchors in enumerate(network.anchors):
        for anchor in anchors:
            stops.update(f"{number} {anchor.edge} {anchor.fraction!r} ".encode())
    for state in states:
        digest = stops.copy()
        digest.update(np.packbits(state.closed).data)
        digest.update(np.ascontiguousarray(state.edge_ms).data)
        yield digest.hexdigest()

"""The stops and depots of a service on its roads, with the times between them; kept in one file.

A network knows its roads in one state. Those of other states share its stops, its search frame and its order of nodes;
:mod:`rufbus.roads.day_network` puts them together.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import UNREACHABLE_S, Place, Stop, StopWalk
from rufbus.ports import RoadLeg, RoadTimes
from rufbus.roads.addresses import AddressSearch, AddressWays, add_place
from rufbus.roads.elimination import Elimination, eliminate
from rufbus.roads.geometry import LegFinder
from rufbus.roads.graph import RoadGraph
from rufbus.roads.hierarchy import Hierarchy, weigh
from rufbus.roads.network_file import graph_hash, read_network_file, write_network_file
from rufbus.roads.road_state import RoadState, open_roads
from rufbus.roads.search import Anchor, SearchFrame, SearchGraph, build_frame, lay_on
from rufbus.roads.snap import (
    MAX_SNAP_M,
    DriveOn,
    RejectedStop,
    SnappedPlace,
    SnapReport,
    snap_depots,
    snap_stops,
    walkable_edges,
)
from rufbus.roads.stops import DEPOT_PREFIX
from rufbus.roads.travel_times import Progress, join_cost, many_to_many, split_cost, to_metres, to_seconds
from rufbus.roads.walking import Walking

MAX_DEPOT_SNAP_M = 500.0
NAMELESS = "ohne Namen"
"""Name of a stop that has none, on a street that has none either."""


class _Shared:
    """What networks of the same stops share whatever the state of the roads; made when first needed."""

    def __init__(self, graph: RoadGraph, served: Sequence[Stop], anchors: Sequence[tuple[Anchor, ...]]) -> None:
        self._graph = graph
        self._served = served
        self._anchors = anchors

    @cached_property
    def frame(self) -> SearchFrame:
        return build_frame(self._graph, self._anchors)

    @cached_property
    def order(self) -> Elimination:
        return eliminate(self.frame.arc_start, self.frame.arc_head)

    @cached_property
    def walking(self) -> Walking:
        return Walking(self._graph, [(s.place, at) for s, at in zip(self._served, self._anchors, strict=False)])

    def measure(self, state: RoadState, progress: Progress | None = None) -> RoadTimes:
        """Return times and lengths in a state of the roads."""
        search = lay_on(self.frame, self._graph, state)
        hierarchy = weigh(self.order, search)
        times_ms, lengths_dm = many_to_many(search, search.places, hierarchy=hierarchy, progress=progress)
        return RoadTimes(to_seconds(times_ms), to_metres(lengths_dm))


class Network:
    """The stops and depots on roads that are the same every day; a :class:`rufbus.ports.StopNetwork`."""

    def __init__(
        self,
        graph: RoadGraph,
        stops: Sequence[Stop],
        *,
        stop_count: int,
        anchors: Sequence[tuple[Anchor, ...]],
        times: RoadTimes,
        state: RoadState | None = None,
        shared: _Shared | None = None,
    ) -> None:
        """Take what :func:`build_network` has worked out or :func:`load_network` has read.

        ``state`` is that of the roads, by default all open; ``shared`` comes from a network of the same stops.
        """
        self._graph = graph
        self._state = state or open_roads(graph)
        self._shared = shared or _Shared(graph, stops[:stop_count], anchors)
        self._stops = tuple(stops)
        self._stop_count = stop_count
        self._anchors = tuple(anchors)
        self._times = times
        self._number_of = {stop.id: number for number, stop in enumerate(self._stops)}

    @property
    def graph(self) -> RoadGraph:
        """The roads."""
        return self._graph

    @property
    def stops(self) -> Sequence[Stop]:
        """All stops, then one ``Stop`` per depot with id ``depot:<vehicle id>``."""
        return self._stops

    @property
    def stop_count(self) -> int:
        """How many of ``stops`` are real stops; the rest are depots."""
        return self._stop_count

    @property
    def anchors(self) -> Sequence[tuple[Anchor, ...]]:
        """Where each of ``stops`` lies on the roads."""
        return self._anchors

    @property
    def travel_s(self) -> NDArray[np.int32]:
        """Shape (places, places): driving seconds, rounded up; ``UNREACHABLE_S`` where no road leads."""
        return self._times.travel_s

    @property
    def length_m(self) -> NDArray[np.int32]:
        """Shape (places, places): metres along the fastest way; ``UNREACHABLE_M`` where no road leads."""
        return self._times.length_m

    def find_stop(self, stop_id: str) -> int | None:
        """Return the index of a stop or depot id, or ``None``."""
        return self._number_of.get(stop_id)

    def list_near(self, place: Place, max_m: int) -> Sequence[StopWalk]:
        """Return the stops within ``max_m`` metres on foot, nearest first; depots are not among them."""
        return self._shared.walking.list_near(place, max_m)

    @property
    def times(self) -> RoadTimes:
        """Times and lengths."""
        return self._times

    def times_on(self, service_day: str) -> RoadTimes:  # noqa: ARG002 — the roads are the same every day
        """Return times and lengths on a service day."""
        return self._times

    def in_state(self, state: RoadState, times: RoadTimes | None = None) -> Network:
        """Return the network with its roads in another state, for which no new order of nodes is needed.

        ``times`` are those of that state, when they are known already; else they are measured.
        """
        return Network(
            self._graph,
            self._stops,
            stop_count=self._stop_count,
            anchors=self._anchors,
            times=times or self._shared.measure(state),
            state=state,
            shared=self._shared,
        )

    def get_leg(self, origin: int, destination: int, service_day: str) -> RoadLeg:  # noqa: ARG002
        """Return the way between two places with its geometry and street names.

        Raises
        ------
        NotFound
            When no road leads from the one to the other.
        """
        return self._legs.get_leg(origin, destination)

    def warm_up(self) -> None:
        """Prepare what walks, legs and addresses need, which else happens at the first call; compile the kernels."""
        _ = self._shared.walking, self._legs
        if self._anchors:
            self.find_ways(self._anchors[0])

    def find_ways(self, anchors: Sequence[Anchor]) -> AddressWays:
        """Return the ways from an address that lies at ``anchors`` on the roads to every place, and back."""
        return self._addresses.find_ways(anchors)

    def with_stop(self, stop: Stop, anchors: Sequence[Anchor]) -> Network:
        """Return a network with one more stop, equal to one built anew; this network stays as it is.

        Parameters
        ----------
        stop
            The stop, with an id of its own. It follows the other stops and stands before the depots.
        anchors
            Where it lies on the roads.

        Raises
        ------
        InvalidRoads
            When the id is taken.
        """
        _check_ids([*self._stops[: self._stop_count], stop])
        at = self._stop_count
        costs = add_place(self._costs, at, *self._addresses.find_costs(anchors))
        times_ms, lengths_dm = split_cost(costs)
        network = Network(
            self._graph,
            [*self._stops[:at], stop, *self._stops[at:]],
            stop_count=at + 1,
            anchors=[*self._anchors[:at], tuple(anchors), *self._anchors[at:]],
            times=RoadTimes(to_seconds(times_ms), to_metres(lengths_dm)),
            state=self._state,
        )
        network.__dict__["_costs"] = costs
        return network

    @cached_property
    def _search(self) -> SearchGraph:
        return lay_on(self._shared.frame, self._graph, self._state)

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return weigh(self._shared.order, self._search)

    @cached_property
    def _costs(self) -> NDArray[np.float64]:
        """The exact costs behind the rounded matrices."""
        return join_cost(*many_to_many(self._search, self._search.places, hierarchy=self._hierarchy))

    @cached_property
    def _addresses(self) -> AddressSearch:
        return AddressSearch(self._graph, self._state, self._anchors, self._search, self._hierarchy)

    @cached_property
    def _legs(self) -> LegFinder:
        return LegFinder(self._graph, self._search)


def build_network(
    graph: RoadGraph,
    stops: Sequence[Stop],
    depots: Sequence[tuple[str, Place]],
    *,
    drive_on: DriveOn = "right",
    max_snap_m: float = MAX_SNAP_M,
    max_depot_snap_m: float = MAX_DEPOT_SNAP_M,
    progress: Progress | None = None,
) -> tuple[Network, SnapReport]:
    """Return the network of the stops that lie on the roads and of all depots, and what became of each stop.

    Parameters
    ----------
    graph
        The roads.
    stops
        The stops, with ids of their own; nameless ones are called after their street.
    depots
        ``(vehicle id, place)`` in the order of the service file.
    drive_on
        The side of the road that traffic keeps to.
    max_snap_m, max_depot_snap_m
        How far a stop or a depot may lie from its road (m).
    progress
        Called with ``(done, total)`` rows of the matrix; what it raises ends the work.

    Raises
    ------
    InvalidRoads
        When a depot lies off the roads, or no stop at all lies on them.
    """
    _check_ids(stops)
    snapped = snap_stops(graph, stops, drive_on=drive_on, max_m=max_snap_m)
    rejected = tuple(result for result in snapped if isinstance(result, RejectedStop))
    kept = [(stop, result) for stop, result in zip(stops, snapped, strict=True) if isinstance(result, SnappedPlace)]
    if stops and not kept:
        raise InvalidRoads(
            f"None of the {len(stops)} stops lies within {max_snap_m:.0f} m of a road on which a van may stop. "
            "Check that the road extract and the stop list belong to the same region."
        )
    places = [(_with_name(graph, stop, result), result) for stop, result in kept]
    places += _depot_places(graph, depots, max_depot_snap_m)
    anchors = [result.anchors for _, result in places]
    named, state = [stop for stop, _ in places], open_roads(graph)
    shared = _Shared(graph, named[: len(kept)], anchors)
    times = shared.measure(state, progress)
    network = Network(graph, named, stop_count=len(kept), anchors=anchors, times=times, state=state, shared=shared)
    return network, SnapReport(len(kept), rejected, cut_off_stops(network))


def save_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network to one file, whole or not at all."""
    header = {
        "graph": graph_hash(network.graph),
        "stop_count": network.stop_count,
        "stops": [[stop.id, stop.name, stop.place.lon, stop.place.lat, stop.virtual] for stop in network.stops],
    }
    rows = [(n, anchor.edge, anchor.fraction) for n, each in enumerate(network.anchors) for anchor in each]
    arrays: dict[str, NDArray[Any]] = {
        "anchor_place": np.array([row[0] for row in rows], dtype=np.int32),
        "anchor_edge": np.array([row[1] for row in rows], dtype=np.int32),
        "anchor_fraction": np.array([row[2] for row in rows], dtype=np.float64),
        "travel_s": network.travel_s,
        "length_m": network.length_m,
    }
    write_network_file(Path(path), header, arrays)


def load_network(path: str | os.PathLike[str], graph: RoadGraph) -> Network:
    """Return the network of a file; its matrices stay on disk and are read where they are looked at.

    Raises
    ------
    InvalidRoads
        When the file is missing, damaged, of another version, or was made from other roads.
    """
    header, arrays = read_network_file(Path(path))
    if header["graph"] != graph_hash(graph):
        raise InvalidRoads(f"{path} was made from other roads than those loaded. Build the network again.")
    stops = [_stop_from(row) for row in header["stops"]]
    anchors: list[tuple[Anchor, ...]] = [() for _ in stops]
    columns = (arrays[name].tolist() for name in ("anchor_place", "anchor_edge", "anchor_fraction"))
    for place, edge, fraction in zip(*columns, strict=True):
        anchors[place] = (*anchors[place], Anchor(edge, fraction))
    return Network(
        graph,
        stops,
        stop_count=header["stop_count"],
        anchors=anchors,
        times=RoadTimes(arrays["travel_s"], arrays["length_m"]),
    )


def _stop_from(row: Sequence[Any]) -> Stop:
    stop_id, name, lon, lat, virtual = row
    return Stop(stop_id, name, Place(lon, lat), virtual)


def _check_ids(stops: Sequence[Stop]) -> None:
    seen: set[str] = set()
    for stop in stops:
        if stop.id in seen or stop.id.startswith(DEPOT_PREFIX):
            raise InvalidRoads(
                f"Stop id “{stop.id}” is used twice or begins with “{DEPOT_PREFIX}”. Give every stop its own id."
            )
        seen.add(stop.id)


def _depot_places(
    graph: RoadGraph, depots: Sequence[tuple[str, Place]], max_m: float
) -> list[tuple[Stop, SnappedPlace]]:
    allowed = walkable_edges(graph)
    snapped = snap_depots(graph, [place for _, place in depots], allowed, max_m=max_m)
    places = []
    for (vehicle_id, place), result in zip(depots, snapped, strict=True):
        if result is None:
            raise InvalidRoads(
                f"The depot of vehicle “{vehicle_id}” (lon {place.lon:.5f}, lat {place.lat:.5f}) lies farther than "
                f"{max_m:.0f} m from every road. Move it to a road in the service file (lon first, then lat), "
                "or take a road extract that covers it."
            )
        places.append((Stop(f"{DEPOT_PREFIX}{vehicle_id}", f"Depot {vehicle_id}", place), result))
    return places


def _with_name(graph: RoadGraph, stop: Stop, snapped: SnappedPlace) -> Stop:
    """Return the stop, called after its street if it has no name."""
    if stop.name:
        return stop
    street = graph.names[graph.edge_name[snapped.anchors[0].edge]]
    return Stop(stop.id, street or NAMELESS, stop.place, stop.virtual)


def cut_off_stops(network: Network) -> tuple[str, ...]:
    """Return the ids of the stops and depots that do not reach, or are not reached from, more than half of all."""
    missing = network.travel_s == UNREACHABLE_S
    half = len(network.stops) / 2
    rows = np.flatnonzero((missing.sum(axis=0) > half) | (missing.sum(axis=1) > half))
    return tuple(network.stops[row].id for row in rows.tolist())

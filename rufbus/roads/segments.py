"""Road segments between neighbouring nodes: the network before its contraction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rufbus.domain.place import EARTH_RADIUS_M
from rufbus.roads import access
from rufbus.roads.extract import Extract, parse_tags
from rufbus.roads.profile import FERRY_CLASS, LeftOut, WayProfile, profile_way
from rufbus.roads.report import Island, LeftOutPart

MISSING_NODES = "nodes of roads that the extract does not contain"
FERRY_SPEEDS_KMH = (2.0, 70.0)
"""A ferry whose duration gives another speed is taken at the profile's speed."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The roads for the van; one entry per way of the extract."""

    id: NDArray[np.int64]
    road_class: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    name: NDArray[np.int32]
    forward_kmh: NDArray[np.float64]
    backward_kmh: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Segments in the order of their ways, each between two nodes; nodes are indices into the node arrays."""

    way: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    length_m: NDArray[np.float64]
    node_id: NDArray[np.int64]
    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    ways: Ways

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    def find_nodes(self, osm_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of each OpenStreetMap node, -1 where it is not on a road."""
        order = np.argsort(self.node_id, kind="stable")
        ids = self.node_id[order]
        at = np.minimum(np.searchsorted(ids, osm_ids), max(len(ids) - 1, 0))
        if len(ids) == 0:
            return np.full(len(osm_ids), -1, np.int64)
        return np.where(ids[at] == osm_ids, order[at], -1)


def great_circle_m(
    lon_a: NDArray[np.float64], lat_a: NDArray[np.float64], lon_b: NDArray[np.float64], lat_b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return distances (m) between places given in degrees, by the haversine formula."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half_phi, half_lambda = (phi_b - phi_a) / 2, np.radians(lon_b - lon_a) / 2
    h = np.sin(half_phi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lambda) ** 2
    distance: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(h))
    return distance


def cut_segments(extract: Extract, at: dt.datetime | None) -> tuple[Segments, list[LeftOutPart], dict[str, int]]:
    """Return the segments that the van may drive, the parts left out and notes for the report.

    Nodes without coordinates cut a way: the segments beside them are left out.
    """
    profiles = [profile_way(parse_tags(kind), at) for kind in extract.kinds]
    raw_way = np.repeat(np.arange(len(extract.way_id), dtype=np.int32), np.diff(extract.ref_start))
    same_way = raw_way[1:] == raw_way[:-1]
    at_node = np.minimum(np.searchsorted(extract.node_id, extract.refs), max(len(extract.node_id) - 1, 0))
    known = extract.node_id[at_node] == extract.refs if len(extract.node_id) else np.zeros(len(at_node), np.bool_)
    whole = same_way & known[1:] & known[:-1] & (extract.refs[1:] != extract.refs[:-1])
    first = np.flatnonzero(whole)
    way, tail, head = raw_way[first], at_node[first], at_node[first + 1]
    lon, lat = extract.node_x.astype(np.float64) / 1e7, extract.node_y.astype(np.float64) / 1e7
    length_m = great_circle_m(lon[tail], lat[tail], lon[head], lat[head])
    ways = _describe_ways(extract, profiles, _sum_by(way, length_m, len(extract.way_id)))
    open_ = np.array([profile.left_out is None for profile in profiles], np.bool_)[extract.way_kind]
    parts = _list_closed(extract, profiles, way, length_m)
    parts += _list_missing(raw_way[~known & open_[raw_way]])
    used = open_[way]
    way, tail, head = way[used], tail[used], head[used]
    on_road = np.zeros(len(extract.node_id), np.bool_)
    on_road[tail] = on_road[head] = True
    renumber = np.cumsum(on_road, dtype=np.int32) - 1
    segments = Segments(
        way=way,
        start=renumber[tail],
        end=renumber[head],
        length_m=length_m[used],
        node_id=extract.node_id[on_road],
        node_lon=lon[on_road],
        node_lat=lat[on_road],
        ways=ways,
    )
    return segments, parts, _count_unread(profiles, extract.way_kind)


def _sum_by(group: NDArray[np.int32], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.bincount(group, values, count).astype(np.float64)


def _describe_ways(extract: Extract, profiles: list[WayProfile], way_m: NDArray[np.float64]) -> Ways:
    kind = extract.way_kind
    forward = np.array([profile.forward_kmh for profile in profiles], np.float64)[kind]
    backward = np.array([profile.backward_kmh for profile in profiles], np.float64)[kind]
    duration_s = np.array([profile.duration_s or 0 for profile in profiles], np.float64)[kind]
    with np.errstate(divide="ignore", invalid="ignore"):
        kmh = way_m / duration_s * 3.6
    timed = (duration_s > 0) & (kmh >= FERRY_SPEEDS_KMH[0]) & (kmh <= FERRY_SPEEDS_KMH[1])
    return Ways(
        id=extract.way_id,
        road_class=np.array([profile.road_class for profile in profiles], np.uint8)[kind],
        flags=np.array([profile.flags for profile in profiles], np.uint8)[kind],
        name=extract.way_name,
        forward_kmh=np.where(timed & (forward > 0), kmh, forward),
        backward_kmh=np.where(timed & (backward > 0), kmh, backward),
    )


def _list_closed(
    extract: Extract, profiles: list[WayProfile], way: NDArray[np.int32], length_m: NDArray[np.float64]
) -> list[LeftOutPart]:
    reasons = tuple(LeftOut)
    of_kind = np.array([-1 if p.left_out is None else reasons.index(p.left_out) for p in profiles], np.int64)
    of_way = of_kind[extract.way_kind]
    parts = []
    for index, reason in enumerate(reasons):
        chosen = of_way == index
        if chosen.any() and reason is not LeftOut.NO_ROAD:
            metres = float(length_m[chosen[way]].sum())
            parts.append(LeftOutPart(reason.value, ways=int(chosen.sum()), km=metres / 1000))
    return parts


def _list_missing(way_of_missing: NDArray[np.int32]) -> list[LeftOutPart]:
    if len(way_of_missing) == 0:
        return []
    return [LeftOutPart(MISSING_NODES, ways=len(np.unique(way_of_missing)), nodes=len(way_of_missing))]


def _count_unread(profiles: list[WayProfile], way_kind: NDArray[np.int32]) -> dict[str, int]:
    unread = np.array([profile.unread_condition for profile in profiles], np.bool_)
    count = int(unread[way_kind].sum())
    note = "ways with a conditional access tag that was not applied (no reference time, or not simple)"
    return {note: count} if count else {}


def split_at_barriers(
    segments: Segments, barriers: dict[int, dict[str, str]], at: dt.datetime | None
) -> tuple[Segments, list[LeftOutPart], dict[str, int]]:
    """Return the segments with every closed barrier on a road turned into two dead ends.

    One of them keeps the node's OpenStreetMap id, the other has it negated.

    A barrier where more than two segments meet does not say which of them it closes: it is ignored and noted.
    """
    closed = np.array(sorted(i for i, tags in barriers.items() if not access.is_passable(tags, at)), np.int64)
    nodes = segments.find_nodes(closed)
    nodes = nodes[nodes >= 0]
    start, end = segments.start.copy(), segments.end.copy()
    ends = np.concatenate((start, end))
    degree = np.bincount(ends, minlength=segments.node_count)
    split = nodes[degree[nodes] == 2]
    second = {int(ends[half]): int(half) for half in np.flatnonzero(np.isin(ends, split))}
    count = len(start)
    for copy, (_, half) in enumerate(sorted(second.items()), segments.node_count):
        if half < count:
            start[half] = copy
        else:
            end[half - count] = copy
    copied = np.array(sorted(second), np.int64)
    divided = replace(
        segments,
        start=start,
        end=end,
        node_id=np.concatenate((segments.node_id, -segments.node_id[copied])),
        node_lon=np.concatenate((segments.node_lon, segments.node_lon[copied])),
        node_lat=np.concatenate((segments.node_lat, segments.node_lat[copied])),
    )
    parts = [LeftOutPart("passages closed by a barrier", nodes=len(split))] if len(split) else []
    unclear = int((degree[nodes] > 2).sum())
    note = "barriers at a junction, ignored: they do not say which road they close"
    return divided, parts, {note: unclear} if unclear else {}


def keep_main_network(segments: Segments) -> tuple[Segments, list[Island]]:
    """Return the largest part in which every node reaches every other, and the pieces outside it."""
    ways = segments.ways
    forward, backward = ways.forward_kmh[segments.way] > 0, ways.backward_kmh[segments.way] > 0
    tails = np.concatenate((segments.start[forward], segments.end[backward]))
    heads = np.concatenate((segments.end[forward], segments.start[backward]))
    _, part = _components(tails, heads, segments.node_count, "strong")
    largest = _find_largest(segments, part)
    in_main = part == largest
    kept = in_main[segments.start] & in_main[segments.end]
    islands = _list_islands(segments, in_main, ~kept)
    renumber = np.cumsum(in_main) - 1
    main = replace(
        segments,
        way=segments.way[kept],
        start=renumber[segments.start[kept]].astype(np.int32),
        end=renumber[segments.end[kept]].astype(np.int32),
        length_m=segments.length_m[kept],
        node_id=segments.node_id[in_main],
        node_lon=segments.node_lon[in_main],
        node_lat=segments.node_lat[in_main],
    )
    return main, islands


def _find_largest(segments: Segments, part: NDArray[np.int32]) -> int:
    """Return the part with most road, ferries not counted."""
    within = part[segments.start] == part[segments.end]
    within &= segments.ways.road_class[segments.way] != FERRY_CLASS
    metres = np.bincount(part[segments.start[within]], segments.length_m[within])
    return int(np.argmax(metres)) if len(metres) else 0


def _components(
    tails: NDArray[np.int32], heads: NDArray[np.int32], count: int, connection: Literal["weak", "strong"]
) -> tuple[int, NDArray[np.int32]]:
    matrix = coo_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(count, count)).tocsr()
    found: tuple[int, NDArray[np.int32]] = connected_components(matrix, directed=True, connection=connection)
    return found


def _list_islands(segments: Segments, in_main: NDArray[np.bool_], outside: NDArray[np.bool_]) -> list[Island]:
    start, end, length_m = segments.start[outside], segments.end[outside], segments.length_m[outside]
    if len(start) == 0:
        return []
    apart = ~in_main[start] & ~in_main[end]
    _, part = _components(start[apart], end[apart], segments.node_count, "weak")
    owner = part[np.where(in_main[start], end, start)]
    km = np.bincount(owner, length_m, minlength=int(part.max()) + 1) / 1000
    nodes = np.bincount(part, minlength=len(km))
    touching = np.bincount(owner, in_main[start] | in_main[end], minlength=len(km)) > 0
    _, example = np.unique(part, return_index=True)
    found = np.unique(owner)
    order = found[np.lexsort((found, -km[found]))]
    return [
        Island(
            nodes=int(nodes[i]),
            km=float(km[i]),
            lon=float(segments.node_lon[example[i]]),
            lat=float(segments.node_lat[example[i]]),
            touches_main=bool(touching[i]),
        )
        for i in order
    ]

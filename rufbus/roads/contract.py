"""Degree-2 contraction: chains of segments between junctions become edges.

A node stays when other than two segments meet in it, when class, name, flags or speed change there, or when a turn
restriction needs it. So every edge has one speed, and a place on it divides its time as it divides its length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rufbus.roads.graph import RoadGraph
from rufbus.roads.segments import Segments


@dataclass(frozen=True, slots=True, eq=False)
class Contracted:
    """A road graph still without forbidden turns, and which ways its edges begin and end with."""

    graph: RoadGraph
    first_way: NDArray[np.int64]
    """OpenStreetMap id of the way at each edge's beginning."""
    last_way: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """Chains one after the other: their segments in order, and whether each is driven against its way."""

    segment: NDArray[np.int64]
    against: NDArray[np.bool_]
    first: NDArray[np.int64]
    """Length chains + 1: where each chain begins in ``segment``."""


def contract(segments: Segments, protected: NDArray[np.int64], names: tuple[str, ...], source: str) -> Contracted:
    """Return the graph of a strongly connected network; ``protected`` nodes stay junctions."""
    stays = _find_junctions(segments, protected)
    chains = _join_chains(segments, stays)
    return _build(segments, chains, names, source)


def _find_junctions(segments: Segments, protected: NDArray[np.int64]) -> NDArray[np.bool_]:
    count = len(segments.way)
    ends = np.concatenate((segments.start, segments.end))
    degree = np.bincount(ends, minlength=segments.node_count)
    stays: NDArray[np.bool_] = degree != 2
    stays[protected] = True
    order = np.argsort(ends, kind="stable")
    begin = np.cumsum(degree) - degree
    through = np.flatnonzero(~stays)
    one, other = order[begin[through]], order[begin[through] + 1]
    stays[through[~_continues(segments, one, other, count)]] = True
    return stays


def _continues(segments: Segments, one: NDArray[np.int64], other: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Return whether the road goes on unchanged between segment ends; those from ``count`` on are far ends."""
    ways = segments.ways
    way_one, way_other = segments.way[one % count], segments.way[other % count]
    forward, backward = ways.forward_kmh, ways.backward_kmh
    towards_one, away_one = _by_end(one >= count, forward[way_one], backward[way_one])
    towards_other, away_other = _by_end(other >= count, forward[way_other], backward[way_other])
    same: NDArray[np.bool_] = (towards_one == away_other) & (towards_other == away_one) & (one % count != other % count)
    for column in (ways.road_class, ways.flags, ways.name):
        same &= column[way_one] == column[way_other]
    return same


def _by_end(
    far: NDArray[np.bool_], forward: NDArray[np.float64], backward: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.where(far, forward, backward), np.where(far, backward, forward)


def _join_chains(segments: Segments, stays: NDArray[np.bool_]) -> _Chains:
    piece_first = _cut_pieces(segments, stays)
    piece_last = np.append(piece_first[1:], len(segments.way)) - 1
    pieces, against, chain_first = _order_pieces(segments.start[piece_first], segments.end[piece_last], stays)
    size = (piece_last - piece_first + 1)[pieces]
    begin = np.cumsum(size) - size
    offset = np.arange(int(size.sum())) - np.repeat(begin, size)
    segment_against = np.repeat(against, size)
    forward = np.repeat(piece_first[pieces], size) + offset
    backward = np.repeat(piece_last[pieces], size) - offset
    first = np.append(begin, int(size.sum()))[chain_first]
    return _Chains(np.where(segment_against, backward, forward), segment_against, first)


def _cut_pieces(segments: Segments, stays: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first segment of each piece: segments of one way without a junction between them."""
    goes_on = (segments.way[1:] == segments.way[:-1]) & (segments.start[1:] == segments.end[:-1])
    goes_on &= ~stays[segments.start[1:]]
    return np.flatnonzero(np.concatenate(([True], ~goes_on)))


def _order_pieces(
    tail: NDArray[np.int32], head: NDArray[np.int32], stays: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return pieces in the order of their chains, whether each is reversed, and where the chains begin (length + 1)."""
    loose = ~stays[tail] | ~stays[head]
    whole = np.flatnonzero(~loose)
    chains = _walk_chains(np.flatnonzero(loose), tail, head, stays)
    pieces = np.array([piece for chain in chains for piece, _ in chain], np.int64)
    against = np.array([reverse for chain in chains for _, reverse in chain], np.bool_)
    sizes = np.concatenate((np.ones(len(whole), np.int64), np.array([len(chain) for chain in chains], np.int64)))
    return (
        np.concatenate((whole, pieces)),
        np.concatenate((np.zeros(len(whole), np.bool_), against)),
        np.concatenate(([0], np.cumsum(sizes))),
    )


def _walk_chains(
    loose: NDArray[np.int64], tail: NDArray[np.int32], head: NDArray[np.int32], stays: NDArray[np.bool_]
) -> list[list[tuple[int, bool]]]:
    """Join the pieces that meet in nodes that go; a ring without any junction is cut at its first piece."""
    tails, heads = tail[loose].tolist(), head[loose].tolist()
    at_node: dict[int, list[int]] = {}
    for index, (a, b) in enumerate(zip(tails, heads, strict=True)):
        at_node.setdefault(a, []).append(index)
        at_node.setdefault(b, []).append(index)
    seen = [False] * len(tails)
    chains = []
    ends_first = sorted(range(len(tails)), key=lambda i: (not (stays[tails[i]] or stays[heads[i]]), i))
    for begin in ends_first:
        if seen[begin]:
            continue
        index, reverse = begin, not stays[tails[begin]] and bool(stays[heads[begin]])
        chain = []
        while not seen[index]:
            seen[index] = True
            chain.append((int(loose[index]), reverse))
            node = tails[index] if reverse else heads[index]
            following = [i for i in at_node[node] if not seen[i]]
            if stays[node] or not following:
                break
            index = following[0]
            reverse = tails[index] != node
        chains.append(chain)
    return chains


def _build(segments: Segments, chains: _Chains, names: tuple[str, ...], source: str) -> Contracted:
    from_node, to_node = _ends(segments, chains)
    first_segment, last_segment = chains.segment[chains.first[:-1]], chains.segment[chains.first[1:] - 1]
    first_way, last_way = segments.way[first_segment], segments.way[last_segment]
    against = chains.against[chains.first[:-1]]
    ways = segments.ways
    along, back = ways.forward_kmh[first_way], ways.backward_kmh[first_way]
    speed = np.concatenate((np.where(against, back, along), np.where(against, along, back)))
    count = len(from_node)
    driven = np.flatnonzero(speed > 0)
    tail, head = np.concatenate((from_node, to_node)), np.concatenate((to_node, from_node))
    driven = driven[np.lexsort((driven, head[driven], tail[driven]))]
    chain, returns = driven % count, driven >= count
    place = np.full(2 * count, -1, np.int32)
    place[driven] = np.arange(len(driven), dtype=np.int32)
    length_m = np.add.reduceat(segments.length_m[chains.segment], chains.first[:-1])[chain]
    way_begin, way_end = (
        np.where(returns, last_way[chain], first_way[chain]),
        np.where(returns, first_way[chain], last_way[chain]),
    )
    used = np.unique(np.concatenate((tail[driven], head[driven])))
    renumber = np.full(segments.node_count, -1, np.int32)
    renumber[used] = np.arange(len(used), dtype=np.int32)
    shape_start, points = _shapes(segments, chains, from_node, chain, returns)
    way_start, way = _ways_along(segments, chains, chain, returns)
    name, kept_names = _keep_names(ways.name[way_begin], names)
    graph = RoadGraph(
        node_lon=segments.node_lon[used],
        node_lat=segments.node_lat[used],
        node_osm_id=segments.node_id[used],
        edge_from=renumber[tail[driven]],
        edge_to=renumber[head[driven]],
        edge_ms=np.maximum(np.rint(length_m / speed[driven] * 3600), 1).astype(np.int32),
        edge_length_m=length_m.astype(np.float32),
        edge_class=ways.road_class[way_begin],
        edge_flags=ways.flags[way_begin],
        edge_name=name,
        way_start=way_start,
        way_id=ways.id[way],
        edge_twin=place[(driven + count) % (2 * count)],
        shape_start=shape_start,
        shape_lon=segments.node_lon[points],
        shape_lat=segments.node_lat[points],
        names=kept_names,
        forbidden=(),
        source=source,
    )
    return Contracted(graph, ways.id[way_begin], ways.id[way_end])


def _keep_names(name: NDArray[np.int32], names: tuple[str, ...]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    used = np.union1d(name, [0])
    return np.searchsorted(used, name).astype(np.int32), tuple(names[index] for index in used)


def _ends(segments: Segments, chains: _Chains) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    first, last = chains.first[:-1], chains.first[1:] - 1
    begin, finish = chains.segment[first], chains.segment[last]
    return (
        np.where(chains.against[first], segments.end[begin], segments.start[begin]),
        np.where(chains.against[last], segments.start[finish], segments.end[finish]),
    )


def _shapes(
    segments: Segments,
    chains: _Chains,
    from_node: NDArray[np.int32],
    chain: NDArray[np.int64],
    returns: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return where the points of each edge begin (length edges + 1), and the points as nodes."""
    reached = np.where(chains.against, segments.start[chains.segment], segments.end[chains.segment])
    chain_nodes = np.insert(reached, chains.first[:-1], from_node)
    start, item = _in_direction(chains.first + np.arange(len(chains.first)), chain, returns)
    return start, chain_nodes[item]


def _ways_along(
    segments: Segments, chains: _Chains, chain: NDArray[np.int64], returns: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return where the ways of each edge begin (length edges + 1), and the ways, each once in a row."""
    way = segments.way[chains.segment]
    begins = np.ones(len(way), np.bool_)
    begins[1:] = way[1:] != way[:-1]
    begins[chains.first[:-1]] = True
    kept = np.flatnonzero(begins)
    start, item = _in_direction(np.searchsorted(kept, chains.first), chain, returns)
    return start, way[kept[item]]


def _in_direction(
    first: NDArray[np.int64], chain: NDArray[np.int64], returns: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the items of each edge begin (length edges + 1), and the items as the edge passes them.

    ``first`` says where the items of each chain begin (length chains + 1).
    """
    size = np.diff(first)[chain]
    start = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
    offset = np.arange(int(start[-1])) - np.repeat(start[:-1], size)
    begin = np.where(returns, first[chain + 1] - 1, first[chain])
    return start, np.repeat(begin, size) + offset * np.repeat(np.where(returns, -1, 1), size)

"""Turn restrictions: from relations to sequences of edges that may not be driven one after the other."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rufbus.roads.conditions import evaluate
from rufbus.roads.contract import Contracted
from rufbus.roads.extract import Extract, Relation

VAN_EXCEPTIONS = frozenset(("psv", "bus", "minibus", "share_taxi", "motorcar", "motor_vehicle"))
"""Values of ``except`` that free the van."""
VAN_SUFFIXES = ("", ":vehicle", ":motor_vehicle", ":motorcar", ":psv")
"""Forms of the key ``restriction`` that bind the van, from general to specific; the last one present counts."""

KINDS = frozenset(
    ("no_left_turn", "no_right_turn", "no_straight_on", "no_u_turn", "no_entry", "no_exit",
     "only_left_turn", "only_right_turn", "only_straight_on", "only_u_turn")
)  # fmt: skip
"""Values that forbid turns; others, such as ``no_right_turn_on_red``, forbid none."""
_OLD_CONDITIONS = frozenset(("day_on", "day_off", "hour_on", "hour_off"))

Sequence = tuple[int, ...]


class Ignored(StrEnum):
    """Why a restriction changes nothing; the value is a phrase for people."""

    OTHER_VEHICLES = "for other vehicles, or the van is excepted"
    UNKNOWN_KIND = "kind of restriction is unknown"
    NOT_IN_FORCE = "conditional and not in force at the reference time"
    CONDITION = "conditional, and there is no reference time or the condition is not simple"
    NO_FROM = "no from member, or several where one is needed"
    NO_TO = "no to member, or several where one is needed"
    NO_VIA = "no via member, or both nodes and ways, or several nodes"
    NOT_WAYS = "from or to is not a way"
    VIA_WAYS_APART = "via ways do not lead from the from member on, or run beyond it"
    ROAD_LEFT_OUT = "a member is not in the graph"
    NOT_JOINED = "members do not meet at the via, or are one-way against the turn"
    AMBIGUOUS = "a member runs through the via and is not split there"
    NOTHING_LEFT = "nothing to forbid: the only turn is the one it demands"
    CUTS_OFF = "would leave roads unreachable or without a way out"


@dataclass(frozen=True, slots=True)
class Restriction:
    """A well-formed restriction that binds the van."""

    id: int
    kind: str
    """Such as ``no_left_turn``; begins with ``no_`` or ``only_``."""
    from_ways: tuple[int, ...]
    via_node: int | None
    via_ways: tuple[int, ...]
    to_ways: tuple[int, ...]

    @property
    def demands(self) -> bool:
        """Whether it is an ``only_`` restriction."""
        return self.kind.startswith("only_")


@dataclass(frozen=True, slots=True)
class Applied:
    """A restriction with the sequences of edges it forbids."""

    id: int
    sequences: tuple[Sequence, ...]


def read_restrictions(
    relations: tuple[Relation, ...], at: dt.datetime | None
) -> tuple[list[Restriction], Counter[Ignored]]:
    """Return the restrictions that bind the van, and the number of the others by reason."""
    found, ignored = [], Counter[Ignored]()
    for relation in relations:
        parsed = _parse(relation, at)
        if isinstance(parsed, Restriction):
            found.append(parsed)
        else:
            ignored[parsed] += 1
    return found, ignored


def _parse(relation: Relation, at: dt.datetime | None) -> Restriction | Ignored:
    kind = _find_kind(relation.tags, at)
    if isinstance(kind, Ignored):
        return kind
    by_role: dict[str, list[tuple[str, int]]] = {"from": [], "via": [], "to": []}
    for member in relation.members:
        if member.role in by_role:
            by_role[member.role].append((member.kind, member.ref))
    if problem := _find_problem(kind, by_role):
        return problem
    via = by_role["via"]
    return Restriction(
        id=relation.id,
        kind=kind,
        from_ways=tuple(ref for _, ref in by_role["from"]),
        via_node=via[0][1] if via[0][0] == "n" else None,
        via_ways=tuple(ref for member_kind, ref in via if member_kind == "w"),
        to_ways=tuple(ref for _, ref in by_role["to"]),
    )


def _find_kind(tags: dict[str, str], at: dt.datetime | None) -> str | Ignored:
    if VAN_EXCEPTIONS & {name.strip() for name in tags.get("except", "").split(";")}:
        return Ignored.OTHER_VEHICLES
    if not any(key.startswith("restriction") for key in tags):
        return Ignored.UNKNOWN_KIND
    if _OLD_CONDITIONS & tags.keys():
        return Ignored.CONDITION
    kind: str | Ignored = Ignored.OTHER_VEHICLES
    for suffix in VAN_SUFFIXES:
        kind = tags.get(f"restriction{suffix}", kind)
        conditional = tags.get(f"restriction{suffix}:conditional")
        if conditional is not None:
            kind = _find_conditional(conditional, kind, at)
    if isinstance(kind, Ignored) or kind in KINDS:
        return kind
    return Ignored.OTHER_VEHICLES if kind in ("none", "no") else Ignored.UNKNOWN_KIND


def _find_conditional(text: str, plain: str | Ignored, at: dt.datetime | None) -> str | Ignored:
    verdict = evaluate(text, at)
    if verdict.value in ("none", "no"):
        return Ignored.NOT_IN_FORCE
    if verdict.value is not None:
        return verdict.value
    if not isinstance(plain, Ignored):
        return plain
    return Ignored.NOT_IN_FORCE if verdict.understood else Ignored.CONDITION


def _find_problem(kind: str, by_role: dict[str, list[tuple[str, int]]]) -> Ignored | None:
    origins, via, targets = by_role["from"], by_role["via"], by_role["to"]
    if not origins or (len(origins) > 1 and kind != "no_entry"):
        return Ignored.NO_FROM
    if not targets or (len(targets) > 1 and kind != "no_exit"):
        return Ignored.NO_TO
    if any(member_kind != "w" for member_kind, _ in origins + targets):
        return Ignored.NOT_WAYS
    nodes = sum(member_kind == "n" for member_kind, _ in via)
    ways = sum(member_kind == "w" for member_kind, _ in via)
    return None if (nodes, ways) == (1, 0) or (nodes == 0 and ways > 0) else Ignored.NO_VIA


def find_protected(restrictions: list[Restriction], extract: Extract) -> NDArray[np.int64]:
    """Return the OpenStreetMap ids of nodes that must stay junctions: via nodes, and members' ends at via ways."""
    nodes = {r.via_node for r in restrictions if r.via_node is not None}
    ways = {way for r in restrictions if r.via_ways for way in (*r.from_ways, *r.via_ways, *r.to_ways)}
    index = np.flatnonzero(np.isin(extract.way_id, np.array(sorted(ways), np.int64)))
    index = index[extract.ref_start[index + 1] > extract.ref_start[index]]
    ends = np.concatenate((extract.refs[extract.ref_start[index]], extract.refs[extract.ref_start[index + 1] - 1]))
    return np.union1d(ends, np.array(sorted(nodes), np.int64))


def apply_restrictions(
    restrictions: list[Restriction], contracted: Contracted
) -> tuple[list[Applied], Counter[Ignored]]:
    """Return the sequences of edges that each restriction forbids, and the number of those without any, by reason."""
    roads = _Roads(contracted, restrictions)
    applied, ignored = [], Counter[Ignored]()
    for restriction in restrictions:
        found = _forbid(restriction, roads)
        if isinstance(found, Ignored):
            ignored[found] += 1
        else:
            applied.append(Applied(restriction.id, tuple(sorted(found))))
    return applied, ignored


class _Roads:
    """Looks up edges by way and by node.

    Where a restriction has via ways, the ends of its members are junctions: an edge that begins in such a way is part
    of that way alone.
    """

    def __init__(self, contracted: Contracted, restrictions: list[Restriction]) -> None:
        graph = contracted.graph
        self.tail, self.head, self.twin = graph.edge_from, graph.edge_to, graph.edge_twin
        order = np.argsort(graph.node_osm_id, kind="stable")
        self._ids, self._nodes = graph.node_osm_id[order], order
        self._first_out = np.searchsorted(graph.edge_from, np.arange(graph.node_count + 1))
        self._first_way = contracted.first_way
        wanted = {way for r in restrictions for way in (*r.from_ways, *r.via_ways, *r.to_ways)}
        members = np.array(sorted(wanted), np.int64)
        self.begins = self._by_way(contracted.first_way, members)
        self.ends = self._by_way(contracted.last_way, members)

    @staticmethod
    def _by_way(way: NDArray[np.int64], wanted: NDArray[np.int64]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for edge in np.flatnonzero(np.isin(way, wanted)).tolist():
            found.setdefault(int(way[edge]), []).append(edge)
        return found

    def find_node(self, osm_id: int) -> int | None:
        at = int(np.searchsorted(self._ids, osm_id))
        return int(self._nodes[at]) if at < len(self._ids) and self._ids[at] == osm_id else None

    def out(self, node: int) -> range:
        return range(int(self._first_out[node]), int(self._first_out[node + 1]))

    def into(self, way: int, node: int) -> list[int]:
        return [edge for edge in self.ends.get(way, ()) if self.head[edge] == node]

    def out_of(self, way: int, node: int) -> list[int]:
        return [edge for edge in self.begins.get(way, ()) if self.tail[edge] == node]

    def starts_in(self, edge: int, ways: frozenset[int]) -> bool:
        return int(self._first_way[edge]) in ways

    def count_parts(self, way: int) -> int:
        """Return how many edges a way consists of, both directions counted once."""
        return sum(int(self.twin[edge]) < 0 or edge < self.twin[edge] for edge in self.begins.get(way, ()))

    def knows(self, way: int) -> bool:
        return way in self.begins or way in self.ends


def _forbid(restriction: Restriction, roads: _Roads) -> set[Sequence] | Ignored:
    members = (*restriction.from_ways, *restriction.via_ways, *restriction.to_ways)
    if not all(map(roads.knows, members)):
        return Ignored.ROAD_LEFT_OUT
    paths: list[Sequence] = []
    problem: Ignored | None = None
    for origin, target in product(restriction.from_ways, restriction.to_ways):
        found = _find_paths(restriction, origin, target, roads)
        if isinstance(found, Ignored):
            problem = found
        else:
            paths += found
    if not paths:
        return problem or Ignored.NOT_JOINED
    if not restriction.demands:
        return set(paths)
    return _forbid_others(paths, roads) or Ignored.NOTHING_LEFT


def _forbid_others(paths: list[Sequence], roads: _Roads) -> set[Sequence]:
    """Return every way of leaving the demanded paths, turning back included."""
    found = set()
    for path in paths:
        for place in range(1, len(path)):
            leaving = roads.out(int(roads.head[path[place - 1]]))
            found |= {(*path[:place], edge) for edge in leaving if edge != path[place]}
    return found


def _find_paths(restriction: Restriction, origin: int, target: int, roads: _Roads) -> list[Sequence] | Ignored:
    if restriction.via_node is None:
        return _find_via_ways(restriction, origin, target, roads)
    node = roads.find_node(restriction.via_node)
    if node is None:
        return Ignored.ROAD_LEFT_OUT
    arriving, leaving = roads.into(origin, node), roads.out_of(target, node)
    if not arriving or not leaving:
        return Ignored.NOT_JOINED
    if restriction.kind == "no_u_turn" and origin == target:
        turns: list[Sequence] = [(edge, int(roads.twin[edge])) for edge in arriving if roads.twin[edge] >= 0]
        return turns or Ignored.NOT_JOINED
    if len(arriving) > 1 or len(leaving) > 1:
        return Ignored.AMBIGUOUS
    return [(arriving[0], leaving[0])]


def _find_via_ways(restriction: Restriction, origin: int, target: int, roads: _Roads) -> list[Sequence] | Ignored:
    paths: list[Sequence] = []
    joined = False
    for arriving in roads.ends.get(origin, ()):
        for through in _walk_ways(arriving, frozenset(restriction.via_ways), roads):
            joined = True
            leaving = roads.out_of(target, int(roads.head[through[-1]]))
            paths += [(arriving, *through, edge) for edge in leaving]
    if not paths:
        return Ignored.NOT_JOINED if joined else Ignored.VIA_WAYS_APART
    return paths if len(paths) == 1 else Ignored.AMBIGUOUS


def _walk_ways(arriving: int, ways: frozenset[int], roads: _Roads) -> list[Sequence]:
    """Return the drives that begin after ``arriving`` and cover every one of ``ways`` wholly, without turning back."""
    length = sum(map(roads.count_parts, ways))
    finished: list[Sequence] = []
    open_ends: list[Sequence] = [(arriving,)]
    while open_ends:
        path = open_ends.pop()
        if len(path) > length:
            finished.append(path[1:])
            continue
        used = {*path, *(int(roads.twin[edge]) for edge in path)}
        following = roads.out(int(roads.head[path[-1]]))
        open_ends += [(*path, edge) for edge in following if edge not in used and roads.starts_in(edge, ways)]
    return finished

"""Reading an OpenStreetMap extract at the speed of its parser.

libosmium does the work: in one pass it keeps every node's coordinates in a flat file and rewrites what matters for
roads (ways with ``highway`` or ``route``, barrier nodes, turn restrictions) as OPL, one object a line. Python then sees
only those lines, and NumPy only the flat file.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

from rufbus.domain.errors import InvalidRoads

FORMATS = {
    ".osm.pbf": "pbf",
    ".osm.gz": "osm.gz",
    ".osm.bz2": "osm.bz2",
    ".osm.xml.gz": "osm.gz",
    ".osm.xml.bz2": "osm.bz2",
    ".osm.xml": "osm",
    ".osm": "osm",
    ".pbf": "pbf",
}
"""Endings of file names that are read, with libosmium's word for the format."""

_NODE_RECORD = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
_NO_PLACE = 2**31 - 1
_ESCAPE = re.compile(r"%([0-9a-fA-F]+)%")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a relation."""

    kind: str
    """``n``, ``w`` or ``r``."""
    ref: int
    role: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of type ``restriction``."""

    id: int
    tags: dict[str, str]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """What an extract says about roads; one entry per way in the arrays of ways."""

    way_id: NDArray[np.int64]
    way_kind: NDArray[np.int32]
    """Index into ``kinds``."""
    way_name: NDArray[np.int32]
    """Index into ``names``."""
    kinds: tuple[str, ...]
    """Distinct combinations of the tags asked for, still in OPL; see :func:`parse_tags`."""
    names: tuple[str, ...]
    """Street names; 0 is the empty one."""
    ref_start: NDArray[np.int64]
    """Length ways + 1: the nodes of way ``w`` are ``refs[ref_start[w]:ref_start[w + 1]]``."""
    refs: NDArray[np.int64]
    node_id: NDArray[np.int64]
    """Ascending; all nodes of the extract."""
    node_x: NDArray[np.int32]
    """Longitude in 1e-7 degrees."""
    node_y: NDArray[np.int32]
    barriers: dict[int, dict[str, str]]
    """Tags of the nodes with ``barrier``."""
    relations: tuple[Relation, ...]


def parse_tags(text: str) -> dict[str, str]:
    """Return the tags of an OPL field (without its leading ``T``)."""
    if not text:
        return {}
    pairs = (pair.partition("=") for pair in text.split(","))
    if "%" not in text:
        return {key: value for key, _, value in pairs}
    return {unescape(key): unescape(value) for key, _, value in pairs}


def unescape(text: str) -> str:
    """Return OPL text with its escapes (``%20%``) resolved."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "%" in text else text


def read_extract(path: Path, keys: frozenset[str]) -> Extract:
    """Read the roads of an extract; ``keys`` are the tags of ways that the profile looks at.

    Raises
    ------
    InvalidRoads
        When the file is missing, has an unknown ending, or is not a whole OpenStreetMap file.
    """
    file_format = _format_of(path)
    with tempfile.TemporaryDirectory(prefix="rufbus-roads-") as folder:
        nodes, opl = Path(folder, "nodes"), Path(folder, "roads.opl")
        try:
            _rewrite(path, file_format, nodes, opl)
        except (RuntimeError, ValueError) as error:
            raise InvalidRoads(
                f"{path.name} cannot be read as OpenStreetMap data ({error}). It may be cut off or not be what its "
                "name says: download it again and compare the size."
            ) from error
        with opl.open(encoding="utf-8") as lines:
            collector = _Collector(keys)
            collector.take(lines)
        return collector.finish(*_read_nodes(nodes))


def _format_of(path: Path) -> str:
    if not path.is_file():
        raise InvalidRoads(f"{path} does not exist: give the path of an OpenStreetMap extract, such as region.osm.pbf.")
    name = path.name.lower()
    for ending, file_format in FORMATS.items():
        if name.endswith(ending):
            return file_format
    raise InvalidRoads(
        f"{path.name} has an ending that is not read: name it after what it is, one of {', '.join(FORMATS)}."
    )


def _rewrite(path: Path, file_format: str, nodes: Path, opl: Path) -> None:
    bits = osmium.osm
    store = osmium.index.create_map(f"sparse_file_array,{nodes}")
    locations = osmium.NodeLocationsForWays(store)
    locations.apply_nodes_to_ways = False
    roads = osmium.filter.KeyFilter("highway", "route")
    roads.enable_for(bits.WAY)
    barriers = osmium.filter.KeyFilter("barrier")
    barriers.enable_for(bits.NODE)
    restrictions = osmium.filter.TagFilter(("type", "restriction"))
    restrictions.enable_for(bits.RELATION)
    source = osmium.io.File(str(path), file_format)
    with (
        osmium.SimpleWriter(osmium.io.File(str(opl), "opl,add_metadata=false")) as writer,
        osmium.io.Reader(source, bits.NODE | bits.WAY | bits.RELATION) as reader,
    ):
        osmium.apply(reader, locations, roads, barriers, restrictions, writer)


def _read_nodes(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    records = np.fromfile(path, dtype=_NODE_RECORD) if path.exists() else np.empty(0, _NODE_RECORD)
    records = records[records["x"] != _NO_PLACE]
    ids = records["id"].astype(np.int64)
    if (np.diff(ids) <= 0).any():
        order = np.argsort(ids, kind="stable")
        last = np.append(np.diff(ids[order]) != 0, True)
        records, ids = records[order[last]], ids[order[last]]
    return ids, records["x"].copy(), records["y"].copy()


class _Collector:
    """Turns OPL lines into arrays."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys
        self._ids: list[int] = []
        self._way_kinds: list[int] = []
        self._way_names: list[int] = []
        self._counts: list[int] = []
        self._refs: list[str] = []
        self._kinds: dict[str, int] = {}
        self._names: dict[str, int] = {"": 0}
        self._barriers: dict[int, dict[str, str]] = {}
        self._relations: list[Relation] = []

    def take(self, lines: Iterator[str]) -> None:
        takers: dict[str, Callable[[str], None]] = {
            "w": self._take_way,
            "n": self._take_barrier,
            "r": self._take_relation,
        }
        for line in lines:
            takers[line[0]](line)

    def _take_way(self, line: str) -> None:
        head, tags, refs = line[:-1].split(" ")
        keys = self._keys
        name = number = ""
        kept = []
        for pair in tags[1:].split(","):
            key, _, value = pair.partition("=")
            if key in keys:
                kept.append(pair)
            elif key == "name":
                name = value
            elif key == "ref":
                number = value
        self._ids.append(int(head[1:]))
        self._way_kinds.append(self._kinds.setdefault(",".join(kept), len(self._kinds)))
        self._way_names.append(self._names.setdefault(name or number, len(self._names)))
        self._counts.append(refs.count("n"))
        if len(refs) > 1:
            self._refs.append(refs[1:])

    def _take_barrier(self, line: str) -> None:
        head, tags, _ = line.split(" ", 2)
        self._barriers[int(head[1:])] = parse_tags(tags[1:])

    def _take_relation(self, line: str) -> None:
        head, tags, members = line[:-1].split(" ")
        parsed = []
        for member in members[1:].split(",") if len(members) > 1 else ():
            ref, _, role = member.partition("@")
            parsed.append(Member(ref[0], int(ref[1:]), unescape(role)))
        self._relations.append(Relation(int(head[1:]), parse_tags(tags[1:]), tuple(parsed)))

    def finish(self, node_id: NDArray[np.int64], node_x: NDArray[np.int32], node_y: NDArray[np.int32]) -> Extract:
        text = ",".join(self._refs).replace("n", "")
        return Extract(
            way_id=np.array(self._ids, np.int64),
            way_kind=np.array(self._way_kinds, np.int32),
            way_name=np.array(self._way_names, np.int32),
            kinds=tuple(self._kinds),
            names=tuple(unescape(name) for name in self._names),
            ref_start=np.concatenate(([0], np.cumsum(self._counts, dtype=np.int64))).astype(np.int64),
            refs=np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, np.int64),
            node_id=node_id,
            node_x=node_x,
            node_y=node_y,
            barriers=self._barriers,
            relations=tuple(self._relations),
        )

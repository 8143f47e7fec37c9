"""From an OpenStreetMap extract to the road graph."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.contract import contract
from rufbus.roads.extract import Extract, read_extract
from rufbus.roads.graph import RoadGraph
from rufbus.roads.profile import KEYS
from rufbus.roads.report import ImportReport, Island, LeftOutPart
from rufbus.roads.restrictions import (
    Applied,
    Ignored,
    apply_restrictions,
    find_protected,
    read_restrictions,
)
from rufbus.roads.segments import MISSING_NODES, Segments, cut_segments, keep_main_network, split_at_barriers
from rufbus.roads.turn_graph import drop_cutting

Progress = Callable[[str, float], None]
"""Told what is being done, and the share of the whole that is done (0 to 1)."""

BROKEN_SHARE = 0.5
"""From this share of roads with missing nodes on, an extract is refused; at its border some are usual."""

_SHARES = {"reading": 0.0, "roads": 0.6, "network": 0.75, "junctions": 0.85, "restrictions": 0.95, "done": 1.0}


def read_roads(
    path: str | os.PathLike[str], *, progress: Progress | None = None, reference: dt.datetime | None = None
) -> tuple[RoadGraph, ImportReport]:
    """Read the road graph of an extract (``.osm.pbf``, ``.osm``, ``.osm.xml``, ``.osm.gz``, ``.osm.bz2``).

    Parameters
    ----------
    path
        The extract.
    progress
        Called at the beginning of each phase.
    reference
        The local time at which conditional restrictions and access count; without it they are reported and not applied.

    Raises
    ------
    InvalidRoads
        When the file is missing, cut off, no OpenStreetMap data, or holds no roads for the van.
    """
    path = Path(path)
    phases = _Phases(progress)
    phases.begin("reading")
    extract = read_extract(path, KEYS)
    phases.begin("roads")
    segments, parts, notes = cut_segments(extract, reference)
    segments, barred, barrier_notes = split_at_barriers(segments, extract.barriers, reference)
    parts += barred
    _check_roads(path, extract, segments, parts)
    phases.begin("network")
    main, islands = keep_main_network(segments)
    _check_network(path, main)
    phases.begin("junctions")
    restrictions, ignored = read_restrictions(extract.relations, reference)
    protected = main.find_nodes(find_protected(restrictions, extract))
    contracted = contract(main, protected[protected >= 0], extract.names, path.name)
    phases.begin("restrictions")
    applied, idle = apply_restrictions(restrictions, contracted)
    kept, cutting = drop_cutting(contracted.graph, applied)
    graph = replace(contracted.graph, forbidden=_merge(kept))
    phases.end()
    ignored += idle + Counter({Ignored.CUTS_OFF: len(cutting)} if cutting else {})
    report = _report(graph, parts, islands, {**notes, **barrier_notes})
    counts = {reason.value: count for reason, count in ignored.items()}
    return graph, replace(
        report, restrictions_applied=len(kept), restrictions_ignored=counts, seconds=dict(phases.seconds)
    )


class _Phases:
    """Measures the phases and tells of them."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._running: tuple[str, float] | None = None
        self.seconds: dict[str, float] = {}

    def begin(self, phase: str) -> None:
        self._stop()
        self._running = phase, time.perf_counter()
        self._tell(phase)

    def end(self) -> None:
        self._stop()
        self._tell("done")

    def _stop(self) -> None:
        if self._running:
            phase, since = self._running
            self.seconds[phase] = time.perf_counter() - since
        self._running = None

    def _tell(self, phase: str) -> None:
        if self._progress:
            self._progress(phase, _SHARES[phase])


def _check_roads(path: Path, extract: Extract, segments: Segments, parts: list[LeftOutPart]) -> None:
    advice = "make the extract with complete ways"
    if len(extract.node_id) == 0 and len(extract.way_id):
        raise InvalidRoads(
            f"{path.name} holds {len(extract.way_id):,} ways but none of their nodes, so nobody knows where they lie: "
            f"{advice}."
        )
    roads = int(((segments.ways.forward_kmh > 0) | (segments.ways.backward_kmh > 0)).sum())
    broken = sum(part.ways for part in parts if part.reason == MISSING_NODES)
    if broken and broken >= BROKEN_SHARE * roads:
        raise InvalidRoads(
            f"{path.name} lacks nodes of {broken:,} of its {roads:,} roads, so they have gaps: {advice}."
        )
    if len(segments.way) == 0:
        reasons = "; ".join(f"{part.ways:,} {part.reason}" for part in parts if part.ways) or "it has no roads at all"
        raise InvalidRoads(
            f"{path.name} has no roads that a van can drive: {reasons}. Choose an extract of the whole region."
        )


def _check_network(path: Path, main: Segments) -> None:
    if len(main.way) == 0:
        raise InvalidRoads(
            f"{path.name} has roads, but none that leads anywhere and back: the extract is too small or its roads are "
            "one-way. Choose a larger one."
        )


def _merge(applied: list[Applied]) -> tuple[tuple[int, ...], ...]:
    return tuple(sorted({sequence for one in applied for sequence in one.sequences}))


def _report(graph: RoadGraph, parts: list[LeftOutPart], islands: list[Island], notes: dict[str, int]) -> ImportReport:
    once = (graph.edge_twin < 0) | (np.arange(graph.edge_count) < graph.edge_twin)
    return ImportReport(
        source=graph.source,
        nodes=graph.node_count,
        edges=graph.edge_count,
        km=float(graph.edge_length_m[once].sum(dtype=np.float64)) / 1000,
        left_out=tuple(sorted(parts, key=lambda part: -part.km)),
        islands=tuple(islands),
        forbidden_sequences=len(graph.forbidden),
        notes=notes,
    )

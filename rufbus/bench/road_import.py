"""Figure 3: from an extract to a graph that can be searched, beside OSMnx, each in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from rufbus.bench.figures import NOT_INSTALLED, Row, Sample, ratio
from rufbus.bench.peers import find_peer
from rufbus.domain.errors import InvalidInput
from rufbus.roads.graph import RoadGraph

LEAST_RATIO = 45
MOST_MEMORY = 0.25
"""The aim for our peak of memory, as a share of OSMnx's."""
OSMNX = "osmnx"


@dataclass(frozen=True, slots=True)
class Imports:
    """One importer's runs over one file."""

    seconds: Sample
    """From the beginning to the end."""
    busy: Sample
    """Processor time of all threads (s)."""
    peak: Sample
    """Most memory held (MB)."""
    nodes: int
    edges: int


def import_rows(roads: Path, graph: RoadGraph, rounds: int) -> list[Row]:
    """Return rows on the extract as it is, and on nothing but the ways that our graph keeps.

    OSMnx reads XML only, so it is handed all ways with ``highway`` as a plain file that was written before; on the
    ways that we keep both read the same plain file. ``graph`` is ours of the extract.
    """
    if find_peer(OSMNX) is None:
        ours = measure_in_turns({"ours": roads}, rounds)["ours"]
        return [Row(_figure("the extract", ours), ours.seconds, {OSMNX: NOT_INSTALLED})]
    with tempfile.TemporaryDirectory(prefix="rufbus-bench-") as folder:
        whole, kept = Path(folder, "whole.osm"), Path(folder, "kept.osm")
        used = frozenset(np.unique(graph.way_id).tolist())
        write_ways(roads, whole, lambda way: "highway" in way.tags)
        write_ways(roads, kept, lambda way: way.id in used)
        return [
            *to_rows("the extract", measure_in_turns({"ours": roads, OSMNX: whole}, rounds)),
            *to_rows("only its ways for the van", measure_in_turns({"ours": kept, OSMNX: kept}, rounds)),
        ]


def write_ways(roads: Path, written: Path, is_wanted: Callable[[Any], bool]) -> None:
    """Write some ways of an extract, with their nodes, as XML."""
    with osmium.BackReferenceWriter(str(written), ref_src=str(roads), overwrite=True) as writer:
        for way in osmium.FileProcessor(str(roads), osmium.osm.WAY):
            if is_wanted(way):
                writer.add(way)


def measure_in_turns(files: dict[str, Path], rounds: int) -> dict[str, Imports]:
    """Return what each importer needs for its file, one after the other, again and again.

    Raises
    ------
    InvalidInput
        When one of them cannot read it.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in files}
    for _ in range(rounds):
        for name, path in files.items():
            found[name].append(_import_once(name, path))
    return {
        name: Imports(
            Sample(tuple(run["s"] for run in runs), "s"),
            Sample(tuple(run["busy_s"] for run in runs), "s"),
            Sample(tuple(run["peak_mb"] for run in runs), "MB"),
            runs[0]["nodes"],
            runs[0]["edges"],
        )
        for name, runs in found.items()
    }


def to_rows(what: str, imports: dict[str, Imports]) -> list[Row]:
    """Return rows on time, on the processor's time, which whoever else is at work does not change, and on memory."""
    ours, theirs = imports["ours"], imports[OSMNX]
    times, share = ratio(theirs.seconds, ours.seconds), ours.peak.median / theirs.peak.median
    return [
        Row(
            f"{_figure(what, ours)}; {OSMNX} {theirs.nodes:,} and {theirs.edges:,}",
            ours.seconds,
            {OSMNX: theirs.seconds},
            f"{times:.0f} ×",
            f"≥ {LEAST_RATIO} ×",
            times >= LEAST_RATIO,
        ),
        Row(
            f"{what}: processor time, all threads",
            ours.busy,
            {OSMNX: theirs.busy},
            f"{ratio(theirs.busy, ours.busy):.0f} ×",
        ),
        Row(
            f"{what}: peak of memory, libraries included",
            ours.peak,
            {OSMNX: theirs.peak},
            f"{share:.2f} of theirs",
            f"≤ {MOST_MEMORY:g} of theirs",
            share <= MOST_MEMORY,
        ),
    ]


def _figure(what: str, ours: Imports) -> str:
    return f"{what}: {ours.nodes:,} nodes, {ours.edges:,} edges"


def _import_once(name: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "rufbus.bench.import_once", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["without a word"]
        raise InvalidInput(f"{name} could not make a graph of {path.name}: {last[0]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found

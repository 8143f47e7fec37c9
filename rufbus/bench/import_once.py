"""``python -m rufbus.bench.import_once ours|osmnx FILE``: make one graph of one extract in this process.

Nothing is loaded before it is known who is measured, so that the peak of memory is theirs alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def make_ours() -> Callable[[str], tuple[int, int]]:
    """Return our import; it gives the numbers of nodes and of directed edges."""
    from rufbus.roads.osm import read_roads  # noqa: PLC0415 - its memory belongs to the measured process

    def run(path: str) -> tuple[int, int]:
        graph, _ = read_roads(path)
        return graph.node_count, graph.edge_count

    return run


def make_osmnx() -> Callable[[str], tuple[int, int]]:
    """Return OSMnx's import of an XML file, simplified as by default."""
    import osmnx  # noqa: PLC0415 - its memory belongs to the measured process

    def run(path: str) -> tuple[int, int]:
        graph = osmnx.graph_from_xml(path, simplify=True)
        return len(graph), graph.number_of_edges()

    return run


MAKERS = {"ours": make_ours, "osmnx": make_osmnx}


def measure(name: str, path: str) -> dict[str, Any]:
    """Return seconds, processor seconds, nodes and edges of one import, and the peak of this process's memory (MB)."""
    run = MAKERS[name]()
    started_s, busy_s = time.perf_counter(), time.process_time()
    nodes, edges = run(path)
    taken_s, busy_s = time.perf_counter() - started_s, time.process_time() - busy_s
    return {"s": taken_s, "busy_s": busy_s, "nodes": nodes, "edges": edges, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the most memory that this process has held (MB).

    Linux tells it of the program itself; what the system reports of a resource's use begins with the process that
    started the program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], sys.argv[2])))

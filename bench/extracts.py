"""Every road extract at hand, imported in a process of its own: what came of it, how long it took, how much memory.

Run as ``python bench/extracts.py [FILE ...]``; without files, all in ``RUFBUS_DATA/osm``. Seconds are those of the
import; the peak of memory is the whole process's, of which Python with its libraries takes what the first line says.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[2] / "shared" / "data")) / "osm"


def measure(path: str) -> dict[str, Any]:
    """Import one extract in this process and describe it; an empty path only loads the libraries."""
    from rufbus.domain.errors import InvalidRoads  # noqa: PLC0415  # its memory belongs to the measured process
    from rufbus.roads.osm import read_roads  # noqa: PLC0415

    found: dict[str, Any] = {}
    if path:
        try:
            _, report = read_roads(path)
        except InvalidRoads as error:
            found = {"error": error.detail}
        else:
            found = {
                "nodes": report.nodes,
                "edges": report.edges,
                "km": report.km,
                "left_out_km": sum(part.km for part in report.left_out),
                "islands": len(report.islands),
                "islands_km": sum(island.km for island in report.islands),
                "barriers": sum(part.nodes for part in report.left_out if "barrier" in part.reason),
                "applied": report.restrictions_applied,
                "ignored": sum(report.restrictions_ignored.values()),
                "seconds": sum(report.seconds.values()),
            }
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def run(path: str) -> dict[str, Any]:
    """Measure in a fresh process."""
    command = [sys.executable, __file__, "--measure", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(paths: Sequence[Path]) -> None:
    """Print the table."""
    print(f"Python with its libraries: {run('')['peak_mb']:.0f} MB")
    columns = ("nodes", "edges", "km", "out km", "isles", "isles km", "barriers", "turns", "ignored", "s", "MB")
    print(f"{'extract':56}" + "".join(f"{column:>9}" for column in columns))
    for path in paths:
        found = run(str(path))
        if "error" in found:
            print(f"{path.name:56}  InvalidRoads: {found['error']}")
            continue
        whole = ("nodes", "edges", "km", "left_out_km", "islands", "islands_km", "barriers", "applied", "ignored")
        numbers = "".join(f"{found[key]:9,.0f}" for key in whole)
        print(f"{path.name:56}{numbers}{found['seconds']:9.2f}{found['peak_mb']:9.0f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        main([Path(name) for name in sys.argv[1:]] or sorted(DATA.glob("*/*.osm*")))

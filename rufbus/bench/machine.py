"""What a run is to be read with: the machine, the versions, the seed, the date."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rufbus import __version__
from rufbus.clocks import SystemClock
from rufbus.domain.clock_time import to_rfc3339

LIBRARIES = ("numpy", "numba", "ortools", "scipy")
"""The libraries whose versions decide how fast we are."""


@dataclass(frozen=True, slots=True)
class Header:
    """The circumstances of one run."""

    date: str
    """Start of the run, RFC 3339 in UTC."""
    machine: str
    cores: int
    """Cores that this process may use."""
    load: float
    """Average number of busy processes in the minute before; well below ``cores`` means that nothing else ran."""
    versions: Mapping[str, str]
    seed: int

    def to_text(self) -> str:
        """Return one line for a person."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        cores = f"{self.cores} core{'s' if self.cores != 1 else ''}, {self.load:.1f} busy before"
        return f"{self.date} · {self.machine}, {cores} · {versions} · seed {self.seed}"

    def to_record(self) -> dict[str, Any]:
        """Return the same as plain JSON."""
        return {
            "date": self.date,
            "machine": self.machine,
            "cores": self.cores,
            "load": self.load,
            "versions": dict(self.versions),
            "seed": self.seed,
        }


def describe_run(seed: int) -> Header:
    """Return the circumstances of a run that starts now."""
    versions = {"rufbus": __version__, "Python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in LIBRARIES}
    date = to_rfc3339(SystemClock().now(), ZoneInfo("UTC"))
    return Header(date, _processor(), _cores(), _load(), versions, seed)


def _processor() -> str:
    """Return the processor's name; where the system does not tell it, its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0

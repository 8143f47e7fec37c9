"""The strangers that we are measured against: which there are, and whether they are installed."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Peer:
    """One library that a user might pick instead of ours."""

    module: str
    package: str
    """What it is called by pip."""
    does: str

    @property
    def version(self) -> str | None:
        """Return the installed version, or ``None``."""
        if importlib.util.find_spec(self.module) is None:
            return None
        return importlib.metadata.version(self.package)


PEERS: Mapping[str, Peer] = {
    "igraph": Peer("igraph", "igraph", "travel-time matrices"),
    "networkx": Peer("networkx", "networkx", "travel-time matrices, single addresses"),
    "or-tools": Peer("ortools", "ortools", "pickup and delivery, dial-a-ride"),
    "osmnx": Peer("osmnx", "osmnx", "extract to graph"),
    "pandana": Peer("pandana", "pandana", "travel-time matrices"),
    "pyvrp": Peer("pyvrp", "pyvrp", "vehicle routing"),
    "ridepy": Peer("ridepy", "ridepy", "insertion through a whole day"),
    "scipy": Peer("scipy", "scipy", "travel-time matrices; the oracle"),
    "vroom": Peer("vroom", "pyvroom", "pickup and delivery"),
}
"""The peers by the names that options take."""


def find_peer(name: str) -> ModuleType | None:
    """Return the module of a peer, or ``None`` when it is not installed.

    Raises
    ------
    KeyError
        When there is no peer of that name in ``PEERS``.
    """
    peer = PEERS[name]
    if importlib.util.find_spec(peer.module) is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what strangers warn of at import is not ours to mend
        return importlib.import_module(peer.module)

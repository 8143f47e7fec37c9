"""The best that anybody has published, from a table beside the instances."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rufbus.bench.instances.lines import read_text
from rufbus.domain.errors import InvalidInstance

FILE_NAME = "best_known.csv"
COST_COLUMNS = ("cost", "distance", "best_known_cost")
STATIC_FOLDER = "darp"
"""Where the static twins of dynamic instances lie, in the folder that holds both."""
LEVELS = 3
"""Folders above an instance in which the table is looked for, its own among them."""
TOLERANCE = 0.006
"""Published costs have two decimals; a cost counts as reached when it is not more than their rounding above."""


@dataclass(frozen=True, slots=True)
class Best:
    """One published result."""

    cost: float
    vehicles: int | None
    """``None`` where only the cost counts."""

    def gap(self, cost: float, vehicles: int) -> float | None:
        """Return by what share ``cost`` is above the best known; ``None`` when the fleets differ."""
        if self.vehicles is not None and vehicles != self.vehicles:
            return None
        return 0.0 if abs(cost - self.cost) <= TOLERANCE else cost / self.cost - 1


def read_best_known(path: Path) -> dict[str, Best]:
    """Read a table with the columns ``instance`` and a cost, and perhaps ``vehicles``; names in lower case.

    Raises
    ------
    InvalidInstance
        When a column is missing or a value is no number; the detail names file and line.
    """
    rows = csv.DictReader(io.StringIO(read_text(path)))
    names = rows.fieldnames or []
    cost = next((name for name in COST_COLUMNS if name in names), None)
    if cost is None or "instance" not in names:
        raise InvalidInstance(f"{path}:1: the columns instance and one of {', '.join(COST_COLUMNS)} belong here.")
    # with a cost of its own beside the fleet's size, the size of the fleet is given and not sought
    counts_vehicles = "vehicles" in names and cost != "best_known_cost"
    found = {}
    for row in rows:
        try:
            if row[cost]:
                vehicles = int(row["vehicles"]) if counts_vehicles else None
                found[(row["instance"] or "").lower()] = Best(float(row[cost]), vehicles)
        except (TypeError, ValueError):
            raise InvalidInstance(f"{path}:{rows.line_num}: the cost or the number of vehicles is no number.") from None
    return found


def find_best_known(instance: Path, tables: dict[Path, Mapping[str, Best]]) -> Best | None:
    """Return the best known of an instance from the nearest table beside or above it; ``tables`` keeps those read."""
    folder = instance.resolve().parent
    for _ in range(LEVELS):
        for path in (folder / FILE_NAME, folder / STATIC_FOLDER / FILE_NAME):
            if path.is_file():
                if path not in tables:
                    tables[path] = read_best_known(path)
                return tables[path].get(instance.stem.lower())
        folder = folder.parent
    return None

"""What an instance file says, before it is made integers: the same for all formats."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """The formats that are read."""

    LI_LIM = "li-lim"
    SARTORI_BURIOL = "sartori-buriol"
    DARP = "darp"
    DYNAMIC_DARP = "ddarp"


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a file: a place with a load, a service and a window. Times are in the unit of the file."""

    number: int
    line: int
    x: Decimal
    y: Decimal
    load: int
    """Taken aboard when positive, set down when negative."""
    earliest: Decimal
    latest: Decimal
    service: Decimal


@dataclass(frozen=True, slots=True)
class Pair:
    """One request: what is picked up at one node goes to the other."""

    pickup: Node
    dropoff: Node
    known_at: Decimal = Decimal(0)
    """When the request becomes known."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One instance in the words and the units of its file."""

    path: Path
    format: Format
    vehicles: int
    capacity: int
    start: Node
    end: Node
    pairs: tuple[Pair, ...]
    max_ride: Decimal | None = None
    max_duration: Decimal | None = None
    matrix: tuple[tuple[int, ...], ...] | None = None
    """Travel times by node number; ``None`` where the plane gives them."""

    @property
    def name(self) -> str:
        """Return the name of the instance: the file's, without what follows the point."""
        return self.path.stem

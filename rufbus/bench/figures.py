"""What a benchmark finds: repeated measurements, and rows that set ours beside each peer's.

A benchmark is a pure function that returns :class:`Row` values; :func:`to_table` shows them, :func:`to_records` makes
plain JSON of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

NOT_INSTALLED = "not installed: run make bench-setup"
"""What stands in the place of a peer's figure when the peer is missing."""
FILE_WIDTH = 180
"""Characters in a line where a table goes into a file or a pipe, which have no width of their own."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing measured several times."""

    values: tuple[float, ...]
    unit: str
    """The unit of ``values``, such as ``"s"`` or ``"µs"``."""

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a sample needs at least one measurement")

    @property
    def median(self) -> float:
        """Return the median, in ``unit``."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """Return the lower and the upper quartile, in ``unit``; of one measurement, itself twice."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def to_text(self) -> str:
        """Return the median, and the quartiles when there are several measurements."""
        if len(self.values) == 1:
            return f"{_short(self.median)} {self.unit}".rstrip()
        low, high = self.spread
        return f"{_short(self.median)} {self.unit} ({_short(low)}–{_short(high)})".replace("  ", " ")


Cell = Sample | str
"""A measurement, or a sentence where there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours, each peer's, and what became of the aim."""

    figure: str
    ours: Cell
    peers: Mapping[str, Cell] = field(default_factory=dict)
    compared: str = ""
    """The ratio or the gap in words, such as ``"5.1 × SciPy"`` or ``"0.12 %"``."""
    aim: str = ""
    is_met: bool | None = None
    """``None`` when there is no aim, or not enough to judge it."""


def ratio(theirs: Sample, ours: Sample) -> float:
    """Return how many times ours fits into theirs, by the medians.

    Raises
    ------
    ValueError
        When the units differ.
    """
    if theirs.unit != ours.unit:
        raise ValueError(f"{theirs.unit} cannot be compared with {ours.unit}")
    return theirs.median / ours.median


def to_table(title: str, rows: Sequence[Row]) -> Table:
    """Return the rows as a table: *figure | ours | each peer | ratio or gap | aim | met*."""
    peers = list(dict.fromkeys(peer for row in rows for peer in row.peers))
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    for heading in ("ours", *peers, "ratio or gap", "aim"):
        table.add_column(heading, justify="right")
    table.add_column("met")
    for row in rows:
        theirs = [_to_text(row.peers.get(peer, "–")) for peer in peers]
        table.add_row(row.figure, _to_text(row.ours), *theirs, row.compared, row.aim, _met(row))
    return table


def show(table: Table) -> None:
    """Print a table to the standard output, without folding it where there is no terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=FILE_WIDTH)
    console.print(table)


def to_records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain JSON, with every measurement."""
    return [
        {
            "figure": row.figure,
            "ours": _to_json(row.ours),
            "peers": {name: _to_json(cell) for name, cell in row.peers.items()},
            "compared": row.compared,
            "aim": row.aim,
            "met": row.is_met,
        }
        for row in rows
    ]


def _to_text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.to_text()


def _to_json(cell: Cell) -> Any:
    if isinstance(cell, str):
        return cell
    low, high = cell.spread
    return {"unit": cell.unit, "median": cell.median, "quartiles": [low, high], "values": list(cell.values)}


def _met(row: Row) -> str:
    return "" if row.is_met is None else "yes" if row.is_met else "no"


def _short(value: float) -> str:
    """Return a number with three significant digits, or all digits before the point."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"

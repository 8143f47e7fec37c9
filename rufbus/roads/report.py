"""What became of an extract: what was read, what was left out and why, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LeftOutPart:
    """Roads that are not in the graph, for one reason."""

    reason: str
    ways: int = 0
    nodes: int = 0
    km: float = 0.0


@dataclass(frozen=True, slots=True)
class Island:
    """A connected piece of road that the main network does not reach both ways."""

    nodes: int
    km: float
    lon: float
    lat: float
    """An example place on it."""
    touches_main: bool
    """Joined to the main network, but only one way: no way back, or no way in."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of an extract."""

    source: str
    nodes: int
    """Junctions in the graph."""
    edges: int
    """Directed edges in the graph."""
    km: float
    """Length of the roads in the graph, both directions counted once."""
    left_out: tuple[LeftOutPart, ...] = ()
    islands: tuple[Island, ...] = ()
    """Largest first."""
    restrictions_applied: int = 0
    """Relations whose turns the graph forbids."""
    forbidden_sequences: int = 0
    restrictions_ignored: Mapping[str, int] = field(default_factory=dict)
    """Relations that changed nothing, by reason."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """Other things worth knowing, with their number."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time per phase."""

    def to_text(self) -> str:
        """Return the report for people, several lines."""
        lines = [f"{self.source}: {self.nodes:,} junctions, {self.edges:,} directed edges, {self.km:,.1f} km of road."]
        lines += _block("Left out:", [_part_line(part) for part in self.left_out])
        lines += _block(*_island_lines(self.islands))
        applied = (
            f"Turn restrictions: {self.restrictions_applied:,} applied as {self.forbidden_sequences:,} forbidden turns"
        )
        lines += [f"{applied}, {sum(self.restrictions_ignored.values()):,} not applied."]
        lines += [f"  {count:,}: {reason}" for reason, count in _sorted(self.restrictions_ignored)]
        lines += _block("Also:", [f"{count:,}: {note}" for note, count in _sorted(self.notes)])
        total = sum(self.seconds.values())
        parts = ", ".join(f"{phase} {value:.2f}" for phase, value in self.seconds.items())
        return "\n".join([*lines, f"Took {total:.2f} s ({parts})."])


def _block(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines)] if lines else []


def _sorted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _part_line(part: LeftOutPart) -> str:
    counts = [f"{part.ways:,} ways"] if part.ways else []
    counts += [f"{part.nodes:,} nodes"] if part.nodes else []
    counts += [f"{part.km:,.1f} km"] if part.km else []
    return f"{part.reason}: {', '.join(counts)}"


def _island_lines(islands: tuple[Island, ...], shown: int = 5) -> tuple[str, list[str]]:
    apart = [island for island in islands if not island.touches_main]
    lines = [_islands_line("without any way to the main network", apart)] if apart else []
    lines += [_island_line(island) for island in apart[:shown]]
    one_way = [island for island in islands if island.touches_main]
    lines += [_islands_line("with a way in or a way out only", one_way)] if one_way else []
    lines += [_island_line(island) for island in one_way[:shown]]
    return "Islands:", lines


def _islands_line(what: str, islands: list[Island]) -> str:
    return f"{len(islands):,} {what}, {sum(island.km for island in islands):,.1f} km; the largest:"


def _island_line(island: Island) -> str:
    return f"  {island.nodes:,} nodes, {island.km:,.2f} km near lon {island.lon:.5f}, lat {island.lat:.5f}"

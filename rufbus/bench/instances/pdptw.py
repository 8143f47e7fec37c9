"""Pickup and delivery with time windows: the formats of Li & Lim (2001) and of Sartori & Buriol (2019).

Li & Lim: a line ``vehicles capacity speed``, then a line per node from the depot 0 on: number, x, y, demand, earliest,
latest, service, number of its pickup or 0, number of its delivery or 0. Travel times are Euclidean.

Sartori & Buriol: ten lines ``KEY: value``, ``NODES``, such lines with latitude and longitude, ``EDGES``, a row of whole
minutes per node, ``EOF``. The number of vehicles is not limited.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from rufbus.bench.instances.draft import Draft, Format, Node, Pair
from rufbus.bench.instances.lines import Line, check_node, check_pair, check_width, read_text, split_lines

HEADER = ("vehicles", "capacity", "speed")
COLUMNS = ("number", "x", "y", "demand", "earliest", "latest", "service", "pickup", "delivery")
SECTIONS = ("NODES", "EDGES", "EOF")
KEYS = ("SIZE", "CAPACITY")
"""The keys of a header without which an instance cannot be solved."""


def read_pdptw(path: Path) -> Draft:
    """Read an instance of either format; the first line tells which.

    Raises
    ------
    InvalidInstance
        When something is wrong with it; the detail names file and line.
    """
    lines = split_lines(path, read_text(path))
    if ":" in "".join(lines[0].words):
        return _read_sartori_buriol(path, lines)
    return _read_li_lim(path, lines)


def _read_li_lim(path: Path, lines: Sequence[Line]) -> Draft:
    header = lines[0]
    check_width(header, HEADER)
    vehicles, capacity = header.count(0, "number of vehicles", 1), header.count(1, "capacity", 1)
    header.decimal(2, "speed")  # stands there as 0 or 1, and nobody uses it
    nodes, pairs = _read_nodes(path, header, lines[1:])
    return Draft(path, Format.LI_LIM, vehicles, capacity, nodes[0], nodes[0], pairs)


def _read_sartori_buriol(path: Path, lines: Sequence[Line]) -> Draft:
    at = _find_sections(lines)
    size, capacity = _read_header(lines[0], lines[: at["NODES"]])
    node_lines, rows = lines[at["NODES"] + 1 : at["EDGES"]], lines[at["EDGES"] + 1 : at["EOF"]]
    for what, found, where in (("nodes", node_lines, "EDGES"), ("rows of the matrix", rows, "EOF")):
        if len(found) != size:
            raise lines[at[where]].fault(f"{len(found)} {what} before {where}, but SIZE is {size}: make them equal.")
    nodes, pairs = _read_nodes(path, lines[at["NODES"]], node_lines)
    matrix = tuple(_read_row(line, number, size) for number, line in enumerate(rows))
    vehicles = max(1, len(pairs))
    return Draft(path, Format.SARTORI_BURIOL, vehicles, capacity, nodes[0], nodes[0], pairs, matrix=matrix)


def _find_sections(lines: Sequence[Line]) -> dict[str, int]:
    """Return where each section begins, which must be in their order."""
    at: dict[str, int] = {}
    for position, line in enumerate(lines):
        if len(at) < len(SECTIONS) and line.words == (SECTIONS[len(at)],):
            at[line.words[0]] = position
    if len(at) < len(SECTIONS):
        missing = SECTIONS[len(at)]
        raise lines[-1].fault(f"the file ends without a line {missing}: get it anew, it seems to be cut off.")
    return at


def _read_header(first: Line, lines: Sequence[Line]) -> tuple[int, int]:
    found: dict[str, int] = {}
    for line in lines:
        key, colon, value = " ".join(line.words).partition(":")
        if not colon:
            raise line.fault("a line of the header is KEY: value; this one has no colon.")
        if key in KEYS:
            found[key] = Line(line.path, line.number, (value.strip() or "nothing",)).count(0, key, 1)
    for key in KEYS:
        if key not in found:
            raise first.fault(f"the header has no line {key}: add it before NODES.")
    return found["SIZE"], found["CAPACITY"]


def _read_nodes(path: Path, before: Line, lines: Sequence[Line]) -> tuple[list[Node], tuple[Pair, ...]]:
    if not lines:
        raise before.fault("no node follows: the depot and the requests belong here.")
    nodes, mates = [], []
    for expected, line in enumerate(lines):
        nodes.append(_read_node(line, expected))
        mates.append((line.count(7, "pickup"), line.count(8, "delivery")))
    if nodes[0].load != 0 or mates[0] != (0, 0):
        raise lines[0].fault("the first node is the depot: it has no load, no pickup and no delivery.")
    pairs = [
        _read_pair(path, line, nodes, mates)
        for line, (_, delivery) in zip(lines[1:], mates[1:], strict=True)
        if _is_pickup(line, mates, delivery)
    ]
    if not pairs:
        raise lines[0].fault("there is no request: nothing is to be solved.")
    return nodes, tuple(pairs)


def _read_node(line: Line, expected: int) -> Node:
    check_width(line, COLUMNS)
    node = Node(
        line.whole(0, "number"),
        line.number,
        line.decimal(1, "x"),
        line.decimal(2, "y"),
        line.whole(3, "demand"),
        line.decimal(4, "earliest time"),
        line.decimal(5, "latest time"),
        line.duration(6, "service"),
    )
    check_node(line, node, expected)
    return node


def _is_pickup(line: Line, mates: Sequence[tuple[int, int]], delivery: int) -> bool:
    """Tell a pickup from a delivery, whose pickup must name it in turn."""
    number, pickup = line.whole(0, "number"), line.count(7, "pickup")
    if (pickup == 0) == (delivery == 0):
        raise line.fault(f"node {number} is unpaired: it needs a pickup or a delivery, and not both.")
    mate = pickup or delivery
    if mate >= len(mates):
        raise line.fault(f"node {number} is unpaired: its mate {mate} is not in the file.")
    if mates[mate] != ((0, number) if pickup else (number, 0)):
        raise line.fault(f"node {number} is unpaired: it names node {mate}, which does not name it.")
    return delivery != 0


def _read_pair(path: Path, line: Line, nodes: Sequence[Node], mates: Sequence[tuple[int, int]]) -> Pair:
    number = line.whole(0, "number")
    pair = Pair(nodes[number], nodes[mates[number][1]], Decimal(0))
    check_pair(path, pair)
    return pair


def _read_row(line: Line, number: int, size: int) -> tuple[int, ...]:
    if len(line.words) != size:
        raise line.fault(
            f"row {number} of the matrix has {len(line.words)} values, but SIZE is {size}: make it square."
        )
    row = tuple(line.count(position, "travel time") for position in range(size))
    if row[number] != 0:
        raise line.fault(f"row {number} of the matrix has {row[number]} on the diagonal: a place is 0 from itself.")
    return row

"""The dial-a-ride problem: the formats of Cordeau (2006), Cordeau & Laporte (2003) and Berbeglia et al. (2012).

The first line is ``vehicles n longest-route capacity longest-ride``, where ``n`` counts requests in the first format,
nodes in the second: how many lines follow tells which. A line of a node has number, x, y, service, load, earliest,
latest; the drop-off of pickup ``i`` is node ``i`` plus the number of requests. Only the first format repeats the depot
as its last node.

The dynamic instances are JSON with the same fields, and the time at which each request becomes known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rufbus.bench.instances.draft import Draft, Format, Node, Pair
from rufbus.bench.instances.lines import Line, check_node, check_pair, check_width, read_text, split_lines
from rufbus.domain.errors import InvalidInstance

HEADER = ("vehicles", "n", "longest route", "capacity", "longest ride")
COLUMNS = ("number", "x", "y", "service", "load", "earliest", "latest")


def read_darp(path: Path) -> Draft:
    """Read a dial-a-ride instance of either format.

    Raises
    ------
    InvalidInstance
        When something is wrong with it; the detail names file and line.
    """
    lines = split_lines(path, read_text(path))
    header = lines[0]
    check_width(header, HEADER)
    vehicles, capacity = header.count(0, "number of vehicles", 1), header.count(3, "capacity", 1)
    max_duration, max_ride = header.duration(2, "longest route"), header.duration(4, "longest ride")
    requests = _count_requests(header, len(lines) - 1)
    nodes = [_read_node(line, expected) for expected, line in enumerate(lines[1:])]
    start, end = nodes[0], nodes[2 * requests + 1] if len(nodes) > 2 * requests + 1 else nodes[0]
    for depot in (start, end):
        if depot.load != 0:
            raise InvalidInstance(f"{path}:{depot.line}: node {depot.number} is the depot: its load must be 0.")
    pairs = tuple(Pair(nodes[i], nodes[i + requests]) for i in range(1, requests + 1))
    for pair in pairs:
        check_pair(path, pair)
    return Draft(path, Format.DARP, vehicles, capacity, start, end, pairs, max_ride, max_duration)


def _count_requests(header: Line, nodes: int) -> int:
    """Return the number of requests, by how many lines of nodes there are."""
    n = header.count(1, "n", 1)
    if nodes == 2 * n + 2:
        return n
    if nodes in {n + 1, n + 2} and n % 2 == 0:
        return n // 2
    raise header.fault(
        f"n is {n}, which asks for {2 * n + 2} lines of nodes (n requests) or {n + 1} (n nodes), but {nodes} follow: "
        "a line is missing or too much, or n is wrong."
    )


def _read_node(line: Line, expected: int) -> Node:
    check_width(line, COLUMNS)
    node = Node(
        line.whole(0, "number"),
        line.number,
        line.decimal(1, "x"),
        line.decimal(2, "y"),
        line.whole(4, "load"),
        line.decimal(5, "earliest time"),
        line.decimal(6, "latest time"),
        line.duration(3, "service"),
    )
    check_node(line, node, expected)
    return node


def read_dynamic_darp(path: Path) -> Draft:
    """Read a dynamic dial-a-ride instance; the nodes are numbered as in the static one.

    Raises
    ------
    InvalidInstance
        When something is wrong with it; the detail names the file, the line and the key.
    """
    text = read_text(path)
    try:
        read = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise InvalidInstance(f"{path}:{error.lineno}: this is no JSON: {error.msg}.") from None
    except RecursionError:
        raise InvalidInstance(f"{path}:1: this is nested too deeply for an instance.") from None
    root = _Table(path, 1, "the file", read)
    head = root.table("static_info")
    asked = root.items("requests", text)
    depot = head.table("depot_location")
    end_at = head.line().duration(*head.word("planing_horizon"))
    start = Node(0, 1, *depot.point(), 0, Decimal(0), end_at, Decimal(0))
    pairs = tuple(_read_request(each, number, len(asked)) for number, each in enumerate(asked, 1))
    for pair in pairs:
        check_pair(path, pair)
    numbers = head.line()
    return Draft(
        path,
        Format.DYNAMIC_DARP,
        numbers.count(*head.word("number_of_vehicles"), least=1),
        numbers.count(*head.word("vehicle_capacity"), least=1),
        start,
        start,
        pairs,
        numbers.duration(*head.word("max_ride_time")),
        numbers.duration(*head.word("max_route_time")),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A JSON object that is asked for what it must have."""

    path: Path
    number: int
    """The line in the file."""
    name: str
    read: Any

    def __post_init__(self) -> None:
        if not isinstance(self.read, Mapping):
            raise InvalidInstance(f"{self.path}:{self.number}: {self.name} must be an object in braces.")

    def get(self, key: str) -> Any:
        if key not in self.read:
            raise InvalidInstance(f"{self.path}:{self.number}: {self.name} has no {key!r}: add it.")
        return self.read[key]

    def table(self, key: str) -> _Table:
        return _Table(self.path, self.number, f"{key} of {self.name}", self.get(key))

    def items(self, key: str, text: str) -> list[_Table]:
        """Return the objects in a list; each is found in the text by its ``id``."""
        found = self.get(key)
        if not isinstance(found, list) or not found:
            raise InvalidInstance(f"{self.path}:1: {key} must be a list with at least one request.")
        starts = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(r'"id"\s*:', text)]
        lines = starts if len(starts) == len(found) else [1] * len(found)
        return [
            _Table(self.path, line, f"{key}[{number}]", each)
            for number, (line, each) in enumerate(zip(lines, found, strict=True))
        ]

    def line(self) -> Line:
        """Return the scalar values as the words of one line."""
        return Line(self.path, self.number, tuple(str(value) for value in self.read.values()))

    def word(self, key: str) -> tuple[int, str]:
        """Return where a key's value stands in :meth:`line`, and its name."""
        self.get(key)
        return list(self.read).index(key), f"{key} of {self.name}"

    def point(self) -> tuple[Decimal, Decimal]:
        line = self.line()
        return line.decimal(*self.word("x_coord")), line.decimal(*self.word("y_coord"))


def _read_request(asked: _Table, number: int, count: int) -> Pair:
    line = asked.line()
    load = line.whole(*asked.word("load"))
    ends = []
    for side, node_number, amount in (("pickup", number, load), ("delivery", number + count, -load)):
        node = Node(
            node_number,
            asked.number,
            *asked.table(f"{side}_location").point(),
            amount,
            line.decimal(*asked.word(f"{side}_lower_tw")),
            line.decimal(*asked.word(f"{side}_upper_tw")),
            line.duration(*asked.word(f"{side}_service_time")),
        )
        check_node(line, node, node_number)
        ends.append(node)
    if line.whole(*asked.word("id")) != number:
        raise line.fault(f"the id is {asked.get('id')} where {number} belongs: number the requests from 1 on.")
    return Pair(ends[0], ends[1], line.duration(*asked.word("arrival_time")))

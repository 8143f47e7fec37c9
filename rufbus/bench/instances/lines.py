"""Lines of numbers, and errors that say which file, which line, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from rufbus.bench.instances.draft import Node, Pair
from rufbus.domain.errors import InvalidInstance

MOST = 10**7
"""The largest number that a file may have: beyond it seconds and costs would not add up in 64 bits."""
MOST_DECIMALS = 12
LARGEST_FILE = 50_000_000
"""Bytes of the largest file that is read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty, cut into its words."""

    path: Path
    number: int
    words: tuple[str, ...]

    def fault(self, sentence: str) -> InvalidInstance:
        """Return the error for this line."""
        return InvalidInstance(f"{self.path}:{self.number}: {sentence}")

    def decimal(self, position: int, name: str) -> Decimal:
        """Return a word as an exact number.

        Raises
        ------
        InvalidInstance
            When it is none, or too large.
        """
        word = self.words[position]
        try:
            value = Decimal(word)
        except InvalidOperation:
            raise self.fault(f"the {name} is {word!r}: a number belongs here.") from None
        if not value.is_finite():
            raise self.fault(f"the {name} is {word!r}: a finite number belongs here.")
        if abs(value) > MOST:
            raise self.fault(f"the {name} is {word}: at most {MOST:,} can be reckoned with; use a larger unit.")
        if int(value.as_tuple().exponent) < -MOST_DECIMALS:
            raise self.fault(f"the {name} is {word}: at most {MOST_DECIMALS} decimals are read; round it.")
        return value

    def whole(self, position: int, name: str) -> int:
        """Return a word as a whole number."""
        value = self.decimal(position, name)
        if value != int(value):
            raise self.fault(f"the {name} is {self.words[position]}: a whole number belongs here.")
        return int(value)

    def count(self, position: int, name: str, least: int = 0) -> int:
        """Return a word as a whole number of at least ``least``."""
        value = self.whole(position, name)
        if value < least:
            raise self.fault(f"the {name} is {value}: it must be at least {least}.")
        return value

    def duration(self, position: int, name: str) -> Decimal:
        """Return a word as a number that is not negative."""
        value = self.decimal(position, name)
        if value < 0:
            raise self.fault(f"the {name} is {value}: it must not be negative.")
        return value


def read_text(path: Path) -> str:
    """Return what is in a file.

    Raises
    ------
    InvalidInstance
        When it cannot be read, is too large, or is no text.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InvalidInstance(f"{path}: larger than {LARGEST_FILE:,} bytes, which no instance is.")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInstance(f"{path}: this is no text (byte {error.start}): give an instance file.") from None
    except OSError as error:
        raise InvalidInstance(f"{path}: cannot be read: {error.strerror}.") from None


def split_lines(path: Path, text: str) -> list[Line]:
    """Return the lines that are not empty.

    Raises
    ------
    InvalidInstance
        When there is none.
    """
    words = ((number, line.split()) for number, line in enumerate(text.split("\n"), 1))
    lines = [Line(path, number, tuple(each)) for number, each in words if each]
    if not lines:
        raise InvalidInstance(f"{path}:1: the file is empty: give an instance file.")
    return lines


def check_width(line: Line, names: Sequence[str]) -> None:
    """See that a line has one word for each name.

    Raises
    ------
    InvalidInstance
        When it has more or fewer.
    """
    if len(line.words) != len(names):
        raise line.fault(f"{len(line.words)} values where {len(names)} belong: {', '.join(names)}.")


def check_node(line: Line, node: Node, expected: int) -> None:
    """See that a node comes in its turn and its window opens before it closes.

    Raises
    ------
    InvalidInstance
        When not.
    """
    if node.number != expected:
        raise line.fault(f"node {node.number} stands where node {expected} belongs: a line is missing, or twice there.")
    if node.earliest > node.latest:
        raise line.fault(
            f"the window of node {node.number} closes at {node.latest} before it opens at {node.earliest}: swap them."
        )


def check_pair(path: Path, pair: Pair) -> None:
    """See that what is picked up is what is set down.

    Raises
    ------
    InvalidInstance
        When not.
    """
    pickup, dropoff = pair.pickup, pair.dropoff
    if pickup.load < 0:
        raise InvalidInstance(
            f"{path}:{pickup.line}: node {pickup.number} is a pickup and takes {pickup.load} aboard: "
            "the load of a pickup must not be negative."
        )
    if pickup.load + dropoff.load != 0:
        raise InvalidInstance(
            f"{path}:{dropoff.line}: node {dropoff.number} sets down {-dropoff.load}, but its pickup {pickup.number} "
            f"(line {pickup.line}) takes {pickup.load} aboard: the two must be equal."
        )

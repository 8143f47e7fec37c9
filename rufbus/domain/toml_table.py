"""Typed reading of a TOML table that notes every fault and goes on, so that one reading finds them all."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rufbus.domain.errors import FieldError

LONGEST_TEXT = 200
"""Longest text that a key takes (characters)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a number may be."""

    low: float
    high: float
    step: int = 1
    """A whole number must be a multiple of this."""
    whole: bool = True


class Faults:
    """What is wrong with a file, in the order it was found."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, location: str, sentence: str, value: Any = None) -> None:
        """Note a fault at a key path; the sentence goes on from the bad value where one is given."""
        self.found.append(FieldError(location, sentence if value is None else f"{show(value)} {sentence}"))

    def at_or_below(self, location: str) -> bool:
        """Return whether a fault was noted at a key path or inside it."""
        return any(
            fault.location == location or fault.location.startswith((f"{location}.", f"{location}["))
            for fault in self.found
        )


def show(value: Any) -> str:
    """Return a value as the file shows it, shortened for a sentence."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return a question that names the nearest option, or nothing."""
    as_written = {option.lower(): option for option in sorted(options)}
    near = difflib.get_close_matches(word[:60].lower(), as_written, n=1)
    return f' Did you mean "{as_written[near[0]]}"?' if near else ""


class TomlTable:
    """One table of the file; a value that cannot be used is noted, and a stand-in returned."""

    def __init__(self, values: Mapping[str, Any], path: str, faults: Faults) -> None:
        self.values = values
        self.path = path
        self.faults = faults

    def at(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str, sentence: str) -> None:
        """Note a fault of a key, with its value when it has one."""
        self.faults.add(self.at(key), sentence, self.values.get(key))

    @property
    def sound(self) -> bool:
        """Whether nothing inside the table was found wrong so far."""
        return not self.faults.at_or_below(self.path)

    def refuse_unknown(self, accepted: Sequence[str]) -> None:
        """Note every key that is not one of ``accepted``."""
        for key in self.values:
            if key not in accepted:
                hint = did_you_mean(key, accepted) or f" Known here: {', '.join(accepted)}."
                name = key if key.isprintable() and len(key) <= 60 else show(key)
                self.faults.add(self.at(name), f"is not a known key.{hint} Correct or remove it.")

    def text(self, key: str, default: str | None = None, *, pattern: str | None = None, form: str = "") -> str:
        """Return a text; ``default`` of ``None`` makes it required, ``form`` says what ``pattern`` asks for."""
        value = self.values.get(key)
        if value is None:
            if default is None:
                self.faults.add(self.at(key), f"is missing. Add a text{form and f': {form}'}.")
            return default or ""
        if not isinstance(value, str):
            self.fault(key, "is not a text. Write it in quotation marks.")
        elif len(value) > LONGEST_TEXT or not value.isprintable() or (default is None and not value.strip()):
            self.fault(key, f"must be one line of 1 to {LONGEST_TEXT} visible characters. Shorten or fill it.")
        elif pattern is not None and not re.fullmatch(pattern, value):
            self.fault(key, f"does not have the right form: {form}.")
        else:
            return value
        return default or ""

    def choice(self, key: str, options: Sequence[str], default: str) -> str:
        """Return one of several words."""
        value = self.values.get(key, default)
        if value in options:
            return str(value)
        hint = did_you_mean(value, options) if isinstance(value, str) else ""
        self.fault(key, f"is not one of the possible values.{hint} Write one of: {', '.join(options)}.")
        return default

    def number(self, key: str, default: float | None, limits: Limits) -> Any:
        """Return a number within limits, an ``int`` where it must be whole; a ``default`` of ``None`` requires it."""
        value = self.values.get(key, default)
        if value is None:
            self.faults.add(self.at(key), f"is missing. Add a number {_range(limits)}.")
            return limits.low
        reason = _number_fault(value, limits)
        if reason is None:
            return value if limits.whole else float(value)
        self.fault(key, f"{reason}. Write a number {_range(limits)}.")
        return limits.low if default is None else default

    def table(self, key: str) -> TomlTable:
        """Return a table inside; an absent one is empty."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.fault(key, f"must be a table. Write [{key}] and its keys below.")
            value = {}
        return TomlTable(value, self.at(key), self.faults)

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """Return an array of tables; an absent one is empty."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.fault(key, f"must be an array of tables. Write [[{key}]], in double brackets, before each.")
            return ()
        return tuple(TomlTable(entry, f"{self.at(key)}[{number}]", self.faults) for number, entry in enumerate(value))


def refuse_duplicate_ids(tables: Sequence[TomlTable]) -> None:
    """Note every id that an earlier table has already."""
    first: dict[str, str] = {}
    for table in tables:
        value = table.values.get("id")
        if isinstance(value, str) and value in first:
            table.fault("id", f"is the id of {first[value]} already. Give each its own.")
        elif isinstance(value, str):
            first[value] = table.path


def _number_fault(value: Any, limits: Limits) -> str | None:
    """Return why a value is not a number within limits, or ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "is not a number"
    if not math.isfinite(value):
        return "is not a finite number"
    if limits.whole and not isinstance(value, int):
        return "is not a whole number"
    if not limits.low <= value <= limits.high:
        return "is negative" if value < 0 <= limits.low else "is out of range"
    if limits.whole and value % limits.step:
        return f"is not a multiple of {limits.step}"
    return None


def _range(limits: Limits) -> str:
    """Return limits in words."""
    multiple = f", a multiple of {limits.step}" if limits.step > 1 else ""
    return f"from {limits.low:g} to {limits.high:.12g}{multiple}"

"""I10: whether a rider's name or telephone number stands in events, ledger or idempotency keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rufbus.checker.finding import Finding, Invariant
from rufbus.checker.state import State

SHORTEST_NAME = 3
SHORTEST_PHONE = 6
SEPARATORS = re.compile(r"[\s/().\-]+")
DIGITS = re.compile(r"\d+")
WORD = re.compile(r"\w+")


def find_leaks(state: State) -> Iterator[Finding]:
    """Yield the events, ledger entries and keys in which a rider can be recognised.

    The detail names where, not who.
    """
    names, phones = _names(state), _phones(state)
    for subject, texts in _places(state):
        for text in texts:
            if _has_name(text, names):
                yield Finding(Invariant.PRIVACY, subject, "It contains a rider's name.")
                break
            if _has_phone(text, phones):
                yield Finding(Invariant.PRIVACY, subject, "It contains a rider's telephone number.")
                break


def _names(state: State) -> Mapping[str, frozenset[tuple[str, ...]]]:
    """Return the riders' names as words, by their first word."""
    found: dict[str, frozenset[tuple[str, ...]]] = {}
    for booking in state.bookings:
        if len(booking.rider.name) >= SHORTEST_NAME:
            words = tuple(WORD.findall(booking.rider.name.casefold()))
            if words:
                found[words[0]] = found.get(words[0], frozenset()) | {words}
    return found


def _phones(state: State) -> Mapping[int, frozenset[str]]:
    """Return the riders' numbers as digits by length, with the country's code and, when given, without it.

    Country codes are taken as two digits long, as most in Europe are.
    """
    found: dict[int, frozenset[str]] = {}
    for booking in state.bookings:
        digits = "".join(DIGITS.findall(booking.rider.phone))
        whole = digits.lstrip("0")
        for number in {whole, whole[2:] if booking.rider.phone.strip().startswith(("+", "00")) else whole}:
            if len(number) >= SHORTEST_PHONE:
                found[len(number)] = found.get(len(number), frozenset()) | {number}
    return found


def _places(state: State) -> Iterator[tuple[str, Sequence[str]]]:
    for stored in state.events:
        yield f"event {stored.seq}", list(_texts(stored.event.data))
    for number, entry in enumerate(state.ledger, start=1):
        yield f"ledger entry {number}", [entry.by, entry.reason, *_texts(entry.data)]
    for number, answer in enumerate(state.answers, start=1):
        yield f"answer {number}", [answer.scope, answer.key]


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts inside plain JSON, the names of its fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield str(name)
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _has_name(text: str, names: Mapping[str, frozenset[tuple[str, ...]]]) -> bool:
    words = tuple(WORD.findall(text.casefold()))
    return any(
        words[position : position + len(name)] == name
        for position, word in enumerate(words)
        for name in names.get(word, ())
    )


def _has_phone(text: str, phones: Mapping[int, frozenset[str]]) -> bool:
    runs = DIGITS.findall(SEPARATORS.sub("", text))
    return any(run[-length:] in numbers for run in runs for length, numbers in phones.items())

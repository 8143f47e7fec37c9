"""Names for new objects, from an injected source of chance."""

from __future__ import annotations

import random
import secrets
from typing import Protocol

CODE_ALPHABET = "ACDEFHJKLMNPRTUVWXY34679"
"""Letters and digits that are hard to confuse, spoken or written."""
ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Chance(Protocol):
    """A source of random bits; ``random.Random`` and ``secrets.SystemRandom`` are both one."""

    def getrandbits(self, k: int, /) -> int:
        """Return ``k`` random bits as an integer."""
        ...


def system_chance() -> Chance:
    """Return the operating system's source, for live use."""
    return secrets.SystemRandom()


def seeded_chance(seed: int) -> Chance:
    """Return a reproducible source, for simulation and tests."""
    return random.Random(seed)  # noqa: S311 — reproducible on purpose, never for secrets


def new_id(prefix: str, chance: Chance) -> str:
    """Return a new identifier such as ``b_4k7…``: 100 random bits behind a one-letter kind."""
    return f"{prefix}_{_letters(chance, ID_ALPHABET, 20)}"


def new_code(chance: Chance) -> str:
    """Return a booking code of nine letters (41 bits) in three groups, for speaking on the telephone."""
    letters = _letters(chance, CODE_ALPHABET, 9)
    return f"{letters[:3]}-{letters[3:6]}-{letters[6:]}"


def _letters(chance: Chance, alphabet: str, count: int) -> str:
    """Return ``count`` letters, each drawn from 32 bits (bias below 1e-8)."""
    return "".join(alphabet[chance.getrandbits(32) % len(alphabet)] for _ in range(count))

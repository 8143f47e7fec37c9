"""The same key with the same body gets the same answer, byte for byte; the record is part of the same commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import KeyReused, KeyRunning
from rufbus.ports import ReadSession, StoredAnswer, WriteSession

T = TypeVar("T")

Answer = Callable[[T], tuple[int, str]]
"""Turns a result into status and body."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key for one operation."""

    scope: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class KeysAtWork:
    """The keys being worked on in this process."""

    running: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def claim(self, key: IdempotencyKey) -> Iterator[None]:
        """Hold a key while it is worked on.

        Raises
        ------
        KeyRunning
            When it is being worked on already.
        """
        name = (key.scope, key.key)
        with self.lock:
            if name in self.running:
                raise KeyRunning("This Idempotency-Key is still being worked on. Ask again in a moment.")
            self.running.add(name)
        try:
            yield
        finally:
            with self.lock:
                self.running.discard(name)


def find_answer(session: ReadSession, key: IdempotencyKey) -> StoredAnswer | None:
    """Return what was answered to this key before.

    Raises
    ------
    KeyReused
        When the key came with another body then.
    """
    stored = session.find_answer(key.scope, key.key)
    if stored is not None and stored.body_hash != key.body_hash:
        raise KeyReused("This Idempotency-Key was used with another request body. Use a new key for a new request.")
    return stored


def keep_answer(
    session: WriteSession, key: IdempotencyKey | None, answer: Answer[T] | None, result: T, now: Instant
) -> None:
    """Record the answer to a key in the transaction that earned it."""
    if key is not None and answer is not None:
        status, body = answer(result)
        session.add_answer(key.scope, key.key, StoredAnswer(key.body_hash, status, body), now)

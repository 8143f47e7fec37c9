"""Which of several server processes does the background work of a service: the one that holds the lease.

The holder counts the lease up every few seconds. The others watch the number, each by its own stopwatch, and the first
that has seen it stand still for long enough takes the lease over. No clock of one process is ever compared with that of
another, so a clock that is wrong or is set does no harm. Two processes may work at once for a moment, when one was
asleep for long: that costs double work and nothing else, since every commit compares versions.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rufbus.ports import Store

log = logging.getLogger("rufbus.lease")

SETTING = "background-lease"
"""Where the lease stands in the store: its holder and its number, or nothing when it was given back."""
RENEW_S = 2.0
"""Time after which the holder counts the lease up, and after which the others look at it (s)."""
LOST_S = 10.0
"""Time for which a lease must stand still before it is taken over (s)."""


def _new_holder() -> str:
    return f"{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(slots=True, eq=False)
class Lease:
    """One process's view of the lease."""

    store: Store
    holder: str = field(default_factory=_new_holder)
    stopwatch: Callable[[], float] = time.monotonic
    is_held: bool = False
    """Whether this process held the lease when it last looked."""
    _known: str = ""
    _number: int = 0
    _changed_s: float | None = None
    """When the lease was last seen to change."""
    _looked_s: float | None = None

    def hold(self) -> bool:
        """Return whether this process holds the lease, after counting it up or taking it over where that is due.

        Raises
        ------
        Unavailable
            When the store is out of reach. Asked again, it tells who holds the lease by then.
        """
        now_s = self.stopwatch()
        if self._looked_s is not None and now_s - self._looked_s < RENEW_S:
            return self.is_held
        if self.is_held:
            self._set_held(self._replace())
        else:
            self._watch(now_s)
            if self._is_free(now_s):
                self._set_held(self._replace())
        self._looked_s = now_s
        return self.is_held

    def release(self) -> None:
        """Give the lease back, so that another process takes it over at once."""
        if self.is_held:
            self._set_held(False)
            with self.store.write() as session:
                if session.find_setting(SETTING) == self._known:
                    session.put_setting(SETTING, "")

    def _watch(self, now_s: float) -> None:
        with self.store.read() as session:
            found = session.find_setting(SETTING) or ""
        if found != self._known or self._changed_s is None:
            self._known, self._changed_s = found, now_s

    def _is_free(self, now_s: float) -> bool:
        return not self._known or (self._changed_s is not None and now_s - self._changed_s >= LOST_S)

    def _replace(self) -> bool:
        """Write the next number under this process's name, if the lease is still what it was known to be."""
        mine = f"{self.holder} {self._number + 1}"
        with self.store.write() as session:
            if (session.find_setting(SETTING) or "") != self._known:
                return False
            session.put_setting(SETTING, mine)
        self._known, self._number = mine, self._number + 1
        return True

    def _set_held(self, is_held: bool) -> None:  # noqa: FBT001 — the one fact that it is told
        if is_held != self.is_held:
            log.info("process %s %s the background work", self.holder, "takes" if is_held else "leaves")
        self.is_held = is_held
        if not is_held:
            self._changed_s = None

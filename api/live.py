"""Server-Sent Events out of the stored sequence: resumed by number, without a gap, across restarts.

One watcher per process looks for new events; streams wait for it and read what they lack from the store, so that a slow
or a late reader sees every event once and in order.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from rufbus.bootstrap import Running
from rufbus.domain.errors import FieldError, InvalidInput, Unavailable
from rufbus.domain.events import EventKind, StoredEvent
from rufbus.ports import Store

from .render import render_time

LOOK_EVERY_S = 0.25
"""Real time between two looks for new events (s)."""
PING_EVERY_S = 15.0
"""Real time after which a silent stream says that it is alive (s)."""
BATCH = 500


@dataclass(slots=True, eq=False)
class Watcher:
    """Knows the number of the newest event, and wakes the streams when it grows."""

    store: Store
    last_seq: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Look for new events until cancelled."""
        while True:
            try:
                seq = await run_in_threadpool(self._read)
            except Unavailable:
                seq = self.last_seq
            if seq > self.last_seq:
                async with self._news:
                    self.last_seq = seq
                    self._news.notify_all()
            await asyncio.sleep(LOOK_EVERY_S)

    async def wait_beyond(self, seq: int, timeout_s: float) -> bool:
        """Wait until there is an event beyond ``seq``; return ``False`` when none came in time."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: self.last_seq > seq)
        except TimeoutError:
            return False
        return True

    def _read(self) -> int:
        with self.store.read() as session:
            return session.last_seq()


def resume_point(request: Request, running: Running) -> tuple[int, bool]:
    """Return after which event a stream goes on, and whether it is a resumed one.

    A number that no event has yet, as after a backup was restored, begins anew.

    Raises
    ------
    InvalidInput
        When ``Last-Event-ID`` is not a number.
    """
    with running.desk.store.read() as session:
        newest = session.last_seq()
    last = request.headers.get("last-event-id")
    if last is None:
        return newest, False
    if not (last.isascii() and last.isdigit() and len(last) <= 18):
        raise InvalidInput(
            "Last-Event-ID must be the number of the last event that was received.",
            errors=(FieldError("header.last-event-id", "not a number"),),
        )
    return (int(last), True) if int(last) <= newest else (newest, False)


async def stream_events(
    request: Request, running: Running, after: int, *, vehicle_id: str | None, kinds: frozenset[EventKind] | None,
    greeting: str = "",
) -> AsyncIterator[str]:  # fmt: skip
    """Yield every event beyond ``after``, of a van and of some kinds if given, for as long as the caller listens."""
    watcher: Watcher = request.app.state.watcher
    yield "retry: 2000\n\n" + greeting
    sent = after
    while not await request.is_disconnected():
        events = await run_in_threadpool(_read_after, running, sent, vehicle_id)
        for stored in events:
            if kinds is None or stored.event.kind in kinds:
                yield format_event(running, stored)
        if events:
            sent = events[-1].seq
            continue
        if not await watcher.wait_beyond(max(sent, watcher.last_seq), PING_EVERY_S):
            yield ": alive\n\n"


def _read_after(running: Running, seq: int, vehicle_id: str | None) -> list[StoredEvent]:
    with running.desk.store.read() as session:
        return list(session.events_after(seq, vehicle_id=vehicle_id, limit=BATCH))


def format_event(running: Running, stored: StoredEvent) -> str:
    """Return one event in the form of the event stream."""
    event = stored.event
    data = {
        "seq": stored.seq,
        "at": render_time(running.desk, event.at),
        "vehicle_id": event.vehicle_id,
        "leg_id": event.leg_id,
        "booking_id": event.booking_id,
        **event.data,
    }
    return f"id: {stored.seq}\nevent: {event.kind.value}\ndata: {json.dumps(data)}\n\n"

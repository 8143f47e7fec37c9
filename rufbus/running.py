"""The desk at work: what happens as time passes, in a thread beside the doors or step by step on a standing clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.improve import Improvement, days_in_sight, improve_day
from rufbus.dispatch.stop_list import days_around
from rufbus.dispatch.tick import Ticked, tick
from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import RufbusError, Unavailable
from rufbus.lease import Lease

log = logging.getLogger("rufbus.running")

BEAT_S = 0.5
"""Real time between two looks at the clock (s)."""
STEP_S = 30
"""Step in which a standing clock is moved while vans are out (s), so that nothing falls due unnoticed."""
LONGEST_STEP_S = 3600
"""Step in which it is moved otherwise (s)."""


@dataclass(slots=True, eq=False)
class Runner:
    """Keeps a desk going."""

    desk: Desk
    autopilot: Callable[[Desk], None] | None = None
    """Reports for simulated drivers; ``None`` on the road."""
    improves: bool = True
    lease: Lease | None = None
    """Decides which of several processes does the background work; ``None`` where there is only this one."""
    improvements: list[Improvement] = field(default_factory=list)
    """The last attempts, newest last."""
    problem: str | None = None
    """Why the last step failed, ``None`` when it did not."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _thinking: threading.Thread | None = None
    _improved_at: Instant = 0
    _round: int = 0
    _seen: dict[str, dict[str, int]] = field(default_factory=dict)
    _moving: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start the background thread."""
        self._thread = threading.Thread(target=self._run, name="rufbus-runner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the background thread, wait for its step to end, and leave the work to another process."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._hand_over()

    def step(self) -> Ticked:
        """Do what is due now, without improving."""
        if self.autopilot is not None:
            self.autopilot(self.desk)
        return tick(self.desk)

    def advance(self, seconds: int, move: Callable[[int], None]) -> None:
        """Move a standing clock, doing on the way what falls due."""
        with self._moving:
            left = seconds
            while left > 0:
                step = min(self._next_step_s(), left)
                move(step)
                left -= step
                self.step()
                if self.improves and self._improvement_due():
                    self.improve_changed()

    def _next_step_s(self) -> int:
        """Return how far a standing clock may be moved without anything falling due on the way (s)."""
        now, freeze_s = self.desk.clock.now(), self.desk.service.promise.freeze_s
        with self.desk.store.read() as session:
            open_calls = [
                call.begin_at
                for day in days_around(self.desk, session, now)
                for tour in day.tours
                for call in tour.calls
                if call.leg_id is not None and call.done_at is None
            ]
        soonest = min(open_calls, default=now + LONGEST_STEP_S)
        return min(max(soonest - freeze_s - now, STEP_S), LONGEST_STEP_S)

    def improve_now(self, seconds: float | None = None) -> list[Improvement]:
        """Improve every day in sight that has rides, and wait for it."""
        return [self._improve(day, seconds) for day in self._versions()]

    def improve_changed(self) -> None:
        """Improve the days that have changed since they were last improved."""
        self._improved_at = self.desk.clock.now()
        for day, versions in self._versions().items():
            if self._seen.get(day) != versions:
                self._improve(day, None)
        self._seen = self._versions()

    def _improve(self, day: str, seconds: float | None) -> Improvement:
        self._round += 1
        done = improve_day(self.desk, day, seconds=seconds, seed=self._round)
        self.improvements = [*self.improvements, done][-200:]
        return done

    def _versions(self) -> dict[str, dict[str, int]]:
        """Return the versions of the tours of each day in sight that has any."""
        with self.desk.store.read() as session:
            found = {day: dict(session.tour_versions(day)) for day in days_in_sight(self.desk)}
        return {day: versions for day, versions in found.items() if versions}

    def _improvement_due(self) -> bool:
        return self.desk.clock.now() - self._improved_at >= self.desk.service.solver.improve_every_s

    def _run(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self._beat()
                self.problem = None
            except RufbusError as error:
                self.problem = error.detail
                log.warning("step failed: %s", error.detail)
                self._hand_over()
            except Exception as error:
                self.problem = type(error).__name__
                log.exception("step failed")
                self._hand_over()

    def _beat(self) -> None:
        if self.lease is None or self.lease.hold():
            self.step()
            self._maybe_think()
        else:
            self.desk.forget_before(self.desk.clock.now())

    def _hand_over(self) -> None:
        """Leave the background work to whichever process takes it next, which may be this one."""
        if self.lease is None:
            return
        try:
            self.lease.release()
        except Unavailable as error:
            log.warning("the background work was not handed over: %s", error.detail)

    def _maybe_think(self) -> None:
        """Start an improvement in a thread of its own, so that beats go on meanwhile."""
        if not self.improves or not self._improvement_due():
            return
        if self._thinking is not None and self._thinking.is_alive():
            return
        self._thinking = threading.Thread(target=self.improve_changed, name="rufbus-improve", daemon=True)
        self._thinking.start()

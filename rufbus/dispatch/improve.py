"""Improve a day: think on a snapshot in another process, rebase on what came since, commit only what is better."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rufbus.dispatch.commit import save_tours, vehicles_of
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import (
    Order,
    board_cost_s,
    changed_tours,
    horizon_at,
    keep_worthwhile,
    make_job,
    order_of,
    rebase,
    run_job,
    set_up_board,
)
from rufbus.dispatch.stop_list import AHEAD_S, publish_stop_lists
from rufbus.domain.clock_time import to_local
from rufbus.domain.errors import StalePlan
from rufbus.domain.events import Event, EventKind

PER_RIDE_S = 0.1
"""Thinking time that an open ride is worth at most (s): a thin day needs no long thought."""
MARGIN_S = 30
"""How much longer than the solver's time the order of coming stops is kept fixed (real s)."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """What became of one attempt to improve one day."""

    service_day: str
    applied: bool
    reason: str
    cost_before_s: int
    cost_after_s: int
    tours_changed: int = 0


def days_in_sight(desk: Desk) -> list[str]:
    """Return the service days that may have open tours now: yesterday's, today's and those bookable."""
    today = to_local(desk.clock.now(), desk.service.zone).date()
    return [(today + dt.timedelta(days=n)).isoformat() for n in range(-1, desk.service.booking.earliest_days + 1)]


def improve_day(desk: Desk, service_day: str, *, seconds: float | None = None, seed: int = 0) -> Improvement:
    """Improve one service day and wait for the result.

    A solver that fails, dies or takes too long costs nothing but the improvement.
    """
    longest = desk.service.solver.improve_seconds if seconds is None else seconds
    with desk.store.read() as session:
        day = desk.load_day(session, service_day)
    lock_s = desk.service.booking.hold_s + int((MARGIN_S + longest) * max(desk.clock_speed, 1.0))
    board = set_up_board(desk, day, horizon_at(desk, desk.clock.now(), lock_s))
    before = board_cost_s(board)
    seconds = min(longest, PER_RIDE_S * len(board.leg_ids))
    if len(board.leg_ids) < 2:
        return Improvement(service_day, applied=False, reason="nothing to improve", cost_before_s=0, cost_after_s=0)
    try:
        future = desk.workers.submit(run_job, make_job(board, seconds=seconds, seed=seed))
        result = future.result(timeout=seconds * 3 + 60)
        gain_s, order = result.cost_before_s - result.cost_after_s, order_of(board, result.plan)
    except TimeoutError:
        desk.workers.close()  # else every job after it would wait for the one that hangs
        return Improvement(
            service_day, applied=False, reason="solver took too long", cost_before_s=before, cost_after_s=before
        )
    except Exception as error:  # noqa: BLE001 — whatever a solver process dies of, the running plan stands
        return Improvement(
            service_day, applied=False, reason=f"solver failed: {error}", cost_before_s=before, cost_after_s=before
        )
    if gain_s <= 0:
        return Improvement(service_day, applied=False, reason="no gain", cost_before_s=before, cost_after_s=before)
    return apply_order(desk, service_day, order)


def apply_order(desk: Desk, service_day: str, order: Order) -> Improvement:
    """Commit a proposed order of a day, rebased on what came since, if it is still right and worth the change."""
    now = desk.clock.now()
    with desk.store.read() as session:
        day = desk.load_day(session, service_day)
    board = set_up_board(desk, day, horizon_at(desk, now))
    before = board_cost_s(board)
    plan = rebase(board, order)
    if plan is None:
        return Improvement(service_day, applied=False, reason="outdated", cost_before_s=before, cost_after_s=before)
    plan = keep_worthwhile(board, plan, desk.service.solver.min_gain_s, lambda shift: shift.start_at <= now + AHEAD_S)
    after = board_cost_s(board, plan)
    if after == before:
        return Improvement(service_day, applied=False, reason="no gain left", cost_before_s=before, cost_after_s=before)
    tours = changed_tours(board, plan)
    try:
        with desk.store.write() as session:
            save_tours(desk, session, tours, now)
            data = {"service_day": service_day, "saved_s": before - after, "tours": len(tours)}
            session.add_events([Event(EventKind.IMPROVED, now, data=data)])
    except StalePlan:
        return Improvement(service_day, applied=False, reason="overtaken", cost_before_s=before, cost_after_s=before)
    publish_stop_lists(desk, vehicles_of(tours))
    return Improvement(
        service_day, applied=True, reason="better", cost_before_s=before, cost_after_s=after, tours_changed=len(tours)
    )

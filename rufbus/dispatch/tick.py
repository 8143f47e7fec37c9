"""What the passing of time brings about; called often, and once for every due moment when a clock is moved."""

from __future__ import annotations

from dataclasses import dataclass

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.narrow import narrow_due
from rufbus.dispatch.settle import expire_holds, settle_due
from rufbus.dispatch.stop_list import publish_stop_lists


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did."""

    expired: int
    narrowed: int
    settled: int
    lists: int


def tick(desk: Desk) -> Ticked:
    """Do everything that is due: free expired seats, narrow promises, close rides, publish stop lists."""
    expired = expire_holds(desk)
    narrowed = narrow_due(desk)
    settled = settle_due(desk)
    lists = publish_stop_lists(desk, [vehicle.id for vehicle in desk.service.vehicles])
    desk.forget_before(desk.clock.now())
    return Ticked(expired, narrowed, settled, len(lists))

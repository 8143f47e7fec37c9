"""The control room: tours, improvement, moves by hand, the ledger of promises."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from rufbus.bootstrap import Running
from rufbus.dispatch.day_plan import get_day_plan
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.move import move_ride
from rufbus.domain.clock_time import to_local

from .. import schemas
from ..auth import PLAN_READERS, PLAN_WRITERS, Caller, allow, running_of
from ..fields import Name, ServiceDay
from ..render import render_stops, render_time

router = APIRouter(tags=["control room"])


@router.get("/plan")
def read_plan(
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(PLAN_READERS))],
    date: Annotated[ServiceDay | None, Query(description="The service day; today's when left out.")] = None,
) -> schemas.PlanOut:
    """Return all tours of a service day; nobody is named."""
    desk = running.desk
    day = date or to_local(desk.clock.now(), desk.service.zone).date()
    with desk.store.read() as session:
        plan = get_day_plan(desk, session, day.isoformat())
    return schemas.PlanOut(
        service_day=plan.service_day,
        version=plan.version,
        tours=[
            schemas.TourOut(
                shift_id=tour.shift.id,
                vehicle_id=tour.shift.vehicle_id,
                service_day=tour.shift.service_day,
                start_at=render_time(desk, tour.shift.start_at),
                end_by=render_time(desk, tour.shift.end_by),
                version=tour.version,
                stops=render_stops(desk, tour.stops, {}),
            )
            for tour in plan.tours
        ],
        vehicle_time_s=plan.drive_s,
        length_m=plan.length_m,
    )


@router.post("/plan/improve")
def improve(
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(PLAN_WRITERS))],
    seconds: Annotated[float, Query(gt=0, le=120, description="Time for each day with rides.")] = 5.0,
) -> schemas.ImprovementsOut:
    """Improve every day in sight now, and wait for it."""
    done = running.runner.improve_now(seconds)
    return schemas.ImprovementsOut(improvements=[schemas.ImprovementOut(**asdict(one)) for one in done])


@router.post("/plan/moves")
def move(
    body: schemas.MoveIn,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(PLAN_WRITERS))],
) -> schemas.MoveOut:
    """Ask what moving a ride to another van would mean, or do it."""
    moved = move_ride(running.desk, body.leg_id, body.vehicle_id, commit=body.commit)
    return schemas.MoveOut(**asdict(moved))


@router.get("/ledger")
def read_ledger(
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(PLAN_READERS))],
    leg_id: Annotated[Name | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> schemas.LedgerOut:
    """Return the ledger: every promise made, narrowed, kept or broken, by whom and why."""
    desk = running.desk
    with desk.store.read() as session:
        entries = session.ledger(leg_id=leg_id, limit=limit)
        counts = dict(session.ledger_counts())
    return schemas.LedgerOut(
        counts=counts,
        entries=[
            schemas.LedgerEntryOut(
                leg_id=entry.leg_id,
                at=render_time(desk, entry.at),
                entry=entry.entry,
                by=entry.by,
                reason=entry.reason,
                data={name: _shown(desk, name, value) for name, value in entry.data.items()},
            )
            for entry in entries
        ],
    )


def _shown(desk: Desk, name: str, value: Any) -> Any:
    """Return a figure of the ledger as it goes over the wire: instants in RFC 3339."""
    is_instant = isinstance(value, int) and name.endswith(("_from", "_to", "_by", "_at"))
    return render_time(desk, value) if is_instant else value

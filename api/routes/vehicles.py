"""Vehicles: the fleet, its stop lists, and what its drivers report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from rufbus.bootstrap import Running
from rufbus.dispatch.drive import take_reports
from rufbus.dispatch.reports import Report, ReportKind
from rufbus.dispatch.stop_list import get_stop_list
from rufbus.dispatch.whereabouts import list_whereabouts
from rufbus.domain.clock_time import from_datetime
from rufbus.domain.errors import NotFound

from .. import schemas
from ..auth import VAN_READERS, VAN_WRITERS, Caller, Role, allow, running_of
from ..etags import UNCHANGED, answer_with_etag
from ..fields import Name, ServiceDay
from ..render import render_stop_list

router = APIRouter(tags=["vehicles"])


@router.get("/vehicles")
def list_vehicles(
    running: Annotated[Running, Depends(running_of)], caller: Annotated[Caller, Depends(allow(VAN_READERS))]
) -> schemas.VehiclesOut:
    """List the fleet with where each van is; a driver sees the own van."""
    desk = running.desk
    with desk.store.read() as session:
        where = {one.vehicle_id: one for one in list_whereabouts(desk, session)}
        lists = {vehicle.id: session.find_stop_list(vehicle.id) for vehicle in desk.service.vehicles}
    shown = []
    for vehicle in desk.service.vehicles:
        if caller.role is Role.DRIVER and caller.vehicle_id != vehicle.id:
            continue
        now, listed = where[vehicle.id], lists[vehicle.id]
        shown.append(
            schemas.VehicleOut(
                id=vehicle.id,
                name=vehicle.name,
                seats=vehicle.seats,
                wheelchair_places=vehicle.wheelchair_places,
                luggage_places=vehicle.luggage_places,
                depot=schemas.Point(lon=vehicle.depot.lon, lat=vehicle.depot.lat),
                position=None if now.place is None else schemas.Point(lon=now.place.lon, lat=now.place.lat),
                state=now.state,  # type: ignore[arg-type]  # the literal lists what whereabouts can be
                stop_list_version=listed.version if listed is not None else 0,
                acknowledged_version=listed.acknowledged if listed is not None else 0,
                aboard=now.aboard,
            )
        )
    return schemas.VehiclesOut(vehicles=shown)


@router.get("/vehicles/{vehicle_id}/stop-list", response_model=schemas.StopListOut, responses=UNCHANGED)
def read_stop_list(
    request: Request,
    vehicle_id: Name,
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(VAN_READERS))],
    date: Annotated[ServiceDay | None, Query(description="Another service day than the one in force.")] = None,
) -> Response:
    """Return what the driver of a van sees now, or on one service day."""
    caller.check_vehicle(vehicle_id)
    check_vehicle_exists(running, vehicle_id)
    with running.desk.store.read() as session:
        found = get_stop_list(running.desk, session, vehicle_id, day=date.isoformat() if date is not None else None)
    return answer_with_etag(request, render_stop_list(running.desk, found))


@router.post("/vehicles/{vehicle_id}/reports")
def report(
    vehicle_id: Name,
    body: Annotated[list[schemas.ReportIn], Body(max_length=1000)],
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(VAN_WRITERS))],
) -> schemas.TakenOut:
    """Take in what a driver reports; each id counts once, in any order, however late."""
    caller.check_vehicle(vehicle_id)
    zone = running.desk.service.zone
    reports = [
        Report(
            one.id, from_datetime(one.at, zone), ReportKind(one.kind), stop_key=one.stop, leg_id=one.leg_id,
            delay_s=one.delay_s, lon=one.lon, lat=one.lat, version=one.version,
        )
        for one in body
    ]  # fmt: skip
    taken = take_reports(running.desk, vehicle_id, reports)
    return schemas.TakenOut(accepted=list(taken.accepted), known=list(taken.known), conflicts=list(taken.conflicts))


def check_vehicle_exists(running: Running, vehicle_id: str) -> None:
    """Refuse a van that the fleet does not have.

    Raises
    ------
    NotFound
        When it is not there.
    """
    if all(vehicle.id != vehicle_id for vehicle in running.desk.service.vehicles):
        raise NotFound(f"There is no vehicle {vehicle_id}.")

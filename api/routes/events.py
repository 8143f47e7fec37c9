"""Event streams: what changed, as it changes."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from rufbus.bootstrap import Running
from rufbus.domain.events import EventKind

from ..auth import PLAN_READERS, VAN_READERS, Caller, allow, running_of
from ..fields import Name
from ..live import resume_point, stream_events
from .vehicles import check_vehicle_exists

router = APIRouter(tags=["live"])

STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "An event stream."}
}
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/vehicles/{vehicle_id}/events", response_class=StreamingResponse, responses=STREAM)
def follow_vehicle(
    request: Request,
    vehicle_id: Name,
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(VAN_READERS))],
) -> StreamingResponse:
    """Follow a van's stop list; ``Last-Event-ID`` resumes without a gap."""
    caller.check_vehicle(vehicle_id)
    check_vehicle_exists(running, vehicle_id)
    after, resumed = resume_point(request, running)
    greeting = "" if resumed else _current_version(running, vehicle_id, after)
    kinds = frozenset({EventKind.STOP_LIST})
    events = stream_events(request, running, after, vehicle_id=vehicle_id, kinds=kinds, greeting=greeting)
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


@router.get("/events", response_class=StreamingResponse, responses=STREAM)
def follow_everything(
    request: Request,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(PLAN_READERS))],
) -> StreamingResponse:
    """Follow all events of the service; nobody is named in them."""
    after, _ = resume_point(request, running)
    events = stream_events(request, running, after, vehicle_id=None, kinds=None)
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


def _current_version(running: Running, vehicle_id: str, seq: int) -> str:
    """Return the version that a new listener starts from, as an event numbered like the last one before it."""
    with running.desk.store.read() as session:
        found = session.find_stop_list(vehicle_id)
    version = found.version if found is not None else 0
    return f"id: {seq}\nevent: stop-list\ndata: {json.dumps({'version': version, 'vehicle_id': vehicle_id})}\n\n"

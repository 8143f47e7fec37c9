"""The clock in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from rufbus.bootstrap import Running

from .. import schemas
from ..auth import ADMINS, Caller, Public, allow, running_of
from ..render import render_time

router = APIRouter(tags=["running it"])


@router.get("/clock", dependencies=[Public])
def read_clock(running: Annotated[Running, Depends(running_of)]) -> schemas.ClockOut:
    """Return the time in force."""
    desk, choice = running.desk, running.clock_choice
    injected = choice.start is not None
    return schemas.ClockOut(
        now=render_time(desk, desk.clock.now()),
        timezone=desk.service.zone.key,
        injected=injected,
        speed=choice.speed if injected else None,
    )


@router.post("/clock")
def advance_clock(
    body: schemas.AdvanceIn,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(ADMINS))],
) -> schemas.ClockOut:
    """Move the injected clock forward, doing on the way what falls due."""
    running.advance(body.advance_s)
    return read_clock(running)

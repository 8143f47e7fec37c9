"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from rufbus.bootstrap import Running
from rufbus.domain.errors import Unavailable

from .. import schemas
from ..auth import Public, running_of

router = APIRouter(tags=["running it"], dependencies=[Public])


@router.get("/healthz")
def is_alive() -> schemas.HealthOut:
    """Say that the process answers."""
    return schemas.HealthOut(status="ok", detail="The process answers.")


@router.get("/readyz")
def is_ready(running: Annotated[Running, Depends(running_of)]) -> schemas.HealthOut:
    """Say whether the database answers and the background work goes on; 503 when not."""
    with running.desk.store.read() as session:
        session.last_seq()
    if running.runner.problem is not None:
        raise Unavailable(f"Background work fails: {running.runner.problem}")
    return schemas.HealthOut(status="ok", detail="The database answers and the background work goes on.")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def read_metrics() -> Response:
    """Return the process's figures for Prometheus; nothing personal is among them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

"""Browser sessions: a key is typed in once and then kept in a cookie that scripts cannot read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from rufbus.bootstrap import Running
from rufbus.domain.errors import NotSignedIn

from .. import schemas
from ..auth import COOKIE, EVERYBODY, Caller, Public, Role, allow, hash_token, running_of

router = APIRouter(tags=["session"])


@router.get("/session")
def read_session(
    running: Annotated[Running, Depends(running_of)], caller: Annotated[Caller, Depends(allow(EVERYBODY))]
) -> schemas.SessionOut:
    """Say who the caller is."""
    return _session(running, caller)


@router.post("/session", dependencies=[Public])
def open_session(
    request: Request,
    response: Response,
    body: schemas.SessionIn,
    running: Annotated[Running, Depends(running_of)],
) -> schemas.SessionOut:
    """Open a browser session with a key."""
    with running.desk.store.read() as session:
        key = session.find_key(hash_token(body.token))
    if key is None or key.revoked:
        raise NotSignedIn("This key is not valid (any more). `rufbus key add` makes a new one.")
    set_session(request, response, body.token)
    return _session(running, Caller(key.id, Role(key.role), key.vehicle_id))


@router.delete("/session", status_code=204, dependencies=[Public])
def close_session(response: Response) -> None:
    """End the browser session."""
    response.delete_cookie(COOKIE, path="/")


def set_session(request: Request, response: Response, token: str) -> None:
    """Put a key into the session cookie: out of reach of scripts, and sent to this server only."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, secure=secure, samesite="strict", path="/", max_age=12 * 3600)


def _session(running: Running, caller: Caller) -> schemas.SessionOut:
    return schemas.SessionOut(
        role=caller.role.value, vehicle_id=caller.vehicle_id, demo=running.demo, service=running.desk.service.name
    )

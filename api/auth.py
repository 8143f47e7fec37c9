"""Who is asking, and whether they may: bearer keys for machines, a cookie for browsers, roles for both."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from fastapi import Depends, Request

from rufbus.bootstrap import Running
from rufbus.domain.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from rufbus.domain.ids import new_id
from rufbus.ports import AccessKey, Store

COOKIE = "rufbus_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(StrEnum):
    """Who a key is for."""

    RIDER = "rider"
    OPERATOR = "operator"
    DRIVER = "driver"
    CONTROL = "control"
    PLANNER = "planner"
    ADMIN = "admin"
    MACHINE = "machine"


EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.OPERATOR, Role.CONTROL, Role.ADMIN, Role.MACHINE})
BOOKERS = STAFF | {Role.RIDER}
PLAN_READERS = frozenset({Role.OPERATOR, Role.CONTROL, Role.PLANNER, Role.ADMIN, Role.MACHINE})
PLAN_WRITERS = frozenset({Role.CONTROL, Role.ADMIN})
VAN_READERS = STAFF | {Role.DRIVER}
VAN_WRITERS = frozenset({Role.DRIVER, Role.CONTROL, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking."""

    key_id: str
    role: Role
    vehicle_id: str | None = None

    def check_vehicle(self, vehicle_id: str) -> None:
        """Let a driver near no van but their own: another one does not exist for them."""
        if self.role is Role.DRIVER and self.vehicle_id != vehicle_id:
            raise NotFound(f"There is no vehicle {vehicle_id}.")


def running_of(request: Request) -> Running:
    """Return the service that this server runs."""
    running: Running = request.app.state.running
    return running


def allow(roles: frozenset[Role]) -> Callable[[Request], Caller]:
    """Return a dependency that lets only some roles through, and says who is asking."""

    def check(request: Request) -> Caller:
        caller = identify(request)
        if caller.role not in roles:
            wanted = ", ".join(sorted(roles))
            raise Forbidden(f"A key with role {caller.role.value} may not do this; it takes one of: {wanted}.")
        return caller

    check.roles = roles  # type: ignore[attr-defined]  # read by the test that every route declares who may use it
    return check


def public() -> None:
    """Declare a route open to everybody; it shows nothing about anybody."""


public.roles = EVERYBODY  # type: ignore[attr-defined]  # as above

Public = Depends(public)


def identify(request: Request) -> Caller:
    """Return who is asking, by bearer key or session cookie.

    Raises
    ------
    NotSignedIn
        When there is neither, or it is not valid.
    """
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if header:
        if scheme.lower() != "bearer" or not token.strip():
            raise NotSignedIn("The Authorization header must read: Bearer, a blank, and the key.")
        return _by_token(request, token.strip())
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        raise NotSignedIn("Send a key: Authorization: Bearer KEY. `rufbus key add` makes one.")
    _check_same_origin(request)
    return _by_token(request, cookie)


def _by_token(request: Request, token: str) -> Caller:
    with running_of(request).desk.store.read() as session:
        key = session.find_key(hash_token(token))
    if key is None or key.revoked:
        raise NotSignedIn("This key is not valid (any more). `rufbus key add` makes a new one.")
    return Caller(key.id, Role(key.role), key.vehicle_id)


def _check_same_origin(request: Request) -> None:
    """Refuse changes by cookie that come from other pages than our own."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("A change by session cookie must come from this server's own pages.")


def hash_token(token: str) -> str:
    """Return the digest under which a token is stored; tokens are long and random, so one round is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def add_key(
    store: Store, role: str, vehicle_id: str | None, now: int, vehicles: frozenset[str]
) -> tuple[AccessKey, str]:
    """Store a new access key; return it with its token, which is shown this once.

    Raises
    ------
    InvalidInput
        When the role is unknown, or does not go with the vehicle.
    """
    if role not in set(Role):
        raise InvalidInput(f"There is no role {role}. Choose one of: {', '.join(Role)}.")
    if role == Role.DRIVER and vehicle_id is None:
        raise InvalidInput("A driver's key belongs to a vehicle: add --vehicle ID.")
    if vehicle_id is not None and role != Role.DRIVER:
        raise InvalidInput(f"Only a driver's key belongs to a vehicle, not one of role {role}. Leave --vehicle out.")
    if vehicle_id is not None and vehicle_id not in vehicles:
        raise InvalidInput(f"There is no vehicle {vehicle_id} in the service file.")
    token = f"rb_{secrets.token_urlsafe(32)}"
    key = AccessKey(new_id("k", secrets.SystemRandom()), hash_token(token), role, vehicle_id, now)
    with store.write() as session:
        session.add_key(key)
    return key, token

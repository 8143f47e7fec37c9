"""The error tree.

RufbusError
├── InvalidInput            the caller sent something that cannot be right
│   ├── InvalidTime         a local time that does not exist, or exists twice
│   ├── InvalidServiceFile  the service file: file, key, reason
│   ├── InvalidRoads        the OpenStreetMap extract or the stop list
│   └── InvalidInstance     an instance file of a benchmark: file, line, reason
├── NotFound                no such object, or not yours
├── Conflict                the world has moved on
│   ├── OfferGone           the hold expired or its seat is taken
│   ├── StalePlan           the tour changed since it was read
│   ├── KeyReused           an idempotency key came back with another body
│   ├── KeyRunning          the same key is still being worked on
│   └── WrongState          the object's state does not allow it
├── Forbidden               known, but not allowed
├── NotSignedIn             who are you?
└── Unavailable             storage full or unreachable: try again

``code`` is stable and becomes the last part of the problem ``type``; HTTP is added once, at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field."""

    location: str
    """Where, as a path such as ``origin.lon`` or ``shifts[2].time``."""
    detail: str


class RufbusError(Exception):
    """The root: every error that Rufbus raises on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class InvalidInput(RufbusError):
    """The caller sent something that cannot be right."""

    code = "invalid-input"


class InvalidTime(InvalidInput):
    """A local time that does not exist or exists twice."""

    code = "invalid-time"


class InvalidServiceFile(InvalidInput):
    """The service file cannot be used; the detail names file, key and reason."""

    code = "invalid-service-file"


class InvalidRoads(InvalidInput):
    """The road extract or the stop list cannot be used."""

    code = "invalid-roads"


class InvalidInstance(InvalidInput):
    """An instance of a benchmark cannot be used; the detail names file, line and reason."""

    code = "invalid-instance"


class NotFound(RufbusError):
    """There is no such object, or it is not the caller's."""

    code = "not-found"


class Conflict(RufbusError):
    """The world has moved on since the caller looked."""

    code = "conflict"


class OfferGone(Conflict):
    """The offer expired, or its seat is taken."""

    code = "offer-gone"


class StalePlan(Conflict):
    """A tour changed since it was read."""

    code = "stale-plan"


class KeyReused(Conflict):
    """An idempotency key came back with another body."""

    code = "idempotency-key-reused"


class KeyRunning(Conflict):
    """The same idempotency key is still being worked on."""

    code = "idempotency-key-running"


class WrongState(Conflict):
    """The object's state does not allow this."""

    code = "wrong-state"


class Forbidden(RufbusError):
    """The caller is known but may not do this."""

    code = "forbidden"


class NotSignedIn(RufbusError):
    """No key, or a key that is not valid."""

    code = "not-signed-in"


class Unavailable(RufbusError):
    """The storage is full or out of reach; nothing was changed."""

    code = "unavailable"

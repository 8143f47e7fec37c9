"""What every request has to pass: a limit to its body."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import problem

LARGEST_BODY = 1_000_000
"""Largest request body that is taken in (bytes)."""


class BodyLimit:
    """Refuses a body that is too large, before or while it comes in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > LARGEST_BODY:
            await _refuse(scope, receive, send)
            return
        body, whole = await _read(receive)
        if not whole:
            await _refuse(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """Return the body, and whether it is all of it."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts), True
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return b"", False
        if not message.get("more_body", False):
            return b"".join(parts), True


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body once and then goes on with what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = f"The request body is larger than {LARGEST_BODY} bytes. Send less, or in several requests."
    answer = problem(Request(scope), 413, "too-large", detail, headers={"Connection": "close"})
    await answer(scope, receive, send)

"""The only table from errors to HTTP: every answer that is not 2xx is a problem document (RFC 9457)."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from rufbus.domain import errors

from .headers import NOT_KEPT, SAFE
from .schemas import AT_POINT, AT_STOP

log = logging.getLogger("rufbus.api")

STATUS: dict[type[errors.RufbusError], int] = {
    errors.InvalidInput: 422,
    errors.NotFound: 404,
    errors.KeyReused: 422,
    errors.Conflict: 409,
    errors.Forbidden: 403,
    errors.NotSignedIn: 401,
    errors.Unavailable: 503,
}
"""From the error tree to a status; the first entry that an error is an instance of counts."""

TITLES = {
    "en": {
        "invalid-input": "The request cannot be right",
        "invalid-time": "That time cannot be meant",
        "not-found": "Not found",
        "conflict": "The world has moved on",
        "offer-gone": "The offer is gone",
        "stale-plan": "The plan has changed",
        "idempotency-key-reused": "The key was used for another request",
        "idempotency-key-running": "The key is still being worked on",
        "wrong-state": "Not possible in this state",
        "forbidden": "Not allowed",
        "not-signed-in": "Who are you?",
        "unavailable": "Not available just now",
        "too-large": "The request is too large",
        "method-not-allowed": "This address does not take that method",
        "missing-idempotency-key": "Idempotency-Key is missing",
        "internal": "Something went wrong here",
    },
    "de": {
        "invalid-input": "Die Anfrage kann so nicht stimmen",
        "invalid-time": "Diese Uhrzeit kann nicht gemeint sein",
        "not-found": "Nicht gefunden",
        "conflict": "Inzwischen hat sich etwas geändert",
        "offer-gone": "Das Angebot gilt nicht mehr",
        "stale-plan": "Der Plan hat sich geändert",
        "idempotency-key-reused": "Der Schlüssel gehört zu einer anderen Anfrage",
        "idempotency-key-running": "Die Anfrage wird noch bearbeitet",
        "wrong-state": "In diesem Zustand nicht möglich",
        "forbidden": "Nicht erlaubt",
        "not-signed-in": "Wer sind Sie?",
        "unavailable": "Zurzeit nicht erreichbar",
        "too-large": "Die Anfrage ist zu groß",
        "method-not-allowed": "Diese Adresse kennt die Methode nicht",
        "missing-idempotency-key": "Idempotency-Key fehlt",
        "internal": "Hier ist etwas schiefgegangen",
    },
}
"""Titles by language; the code is the same everywhere."""

TYPE_BASE = "/errors/"
"""Problem types are addresses on this server that explain themselves."""


class ProblemError(BaseModel):
    """One thing wrong with one field."""

    location: str
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] = []


def status_of(error: errors.RufbusError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    found: Sequence[errors.FieldError] = (),
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return a problem document with a title in the caller's language."""
    language = _language(request)
    content: dict[str, Any] = {
        "type": TYPE_BASE + code,
        "title": TITLES[language].get(code, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "errors": [{"location": error.location, "detail": error.detail} for error in found],
    }
    sent = {"Content-Language": language, **(headers or {})}
    return JSONResponse(content | (extra or {}), status, sent, media_type="application/problem+json")


def answer_error(request: Request, error: errors.RufbusError, extra: dict[str, Any] | None = None) -> JSONResponse:
    """Return the problem document of one of our own errors."""
    status = status_of(error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(status)
    return problem(request, status, error.code, error.detail, found=error.errors, extra=extra, headers=headers)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of an application a problem document."""

    async def on_ours(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, errors.RufbusError):
            raise error
        return answer_error(request, error)

    async def on_malformed(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, RequestValidationError):
            raise error
        found = [_field_error(each) for each in error.errors()]
        missing_key = any(each.location.lower() == "header.idempotency-key" for each in found)
        code = "missing-idempotency-key" if missing_key else "invalid-input"
        detail = (
            "Send an Idempotency-Key header (up to 255 characters), a new one for each new request."
            if missing_key
            else "; ".join(f"{each.location} {each.detail}" for each in found[:5]) + "."
        )
        return problem(request, 400 if missing_key else 422, code, detail, found=found)

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, HTTPException):
            raise error
        code = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}.get(error.status_code, "invalid-input")
        detail = {
            400: "The body cannot be read. Send JSON in UTF-8.",
            404: f"There is nothing at {request.url.path}.",
            405: f"The address {request.url.path} does not take {request.method}.",
        }.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_methods_at(request))
        return problem(request, error.status_code, code, detail, headers=headers)

    async def on_anything(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected %s at %s", type(error).__name__, request.url.path, exc_info=error)
        detail = (
            "The request could not be finished. Try again, with the same Idempotency-Key where there is one; "
            "if it stays, tell the operator."
        )
        return problem(request, 500, "internal", detail, headers=SAFE | NOT_KEPT)

    app.add_exception_handler(errors.RufbusError, on_ours)
    app.add_exception_handler(RequestValidationError, on_malformed)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_anything)


def _methods_at(request: Request) -> list[str]:
    """Return the methods of all routes at the address of a request."""
    contexts = iter_route_contexts(request.app.routes)
    fitting = [each for each in contexts if each.path and compile_path(each.path)[0].match(request.url.path)]
    return sorted({method for each in fitting for method in each.methods or ()})


WANTED_LANGUAGE = re.compile(r"(?:^|,)\s*([A-Za-z]{2})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*(?=,|$)")
"""One language of an Accept-Language header, with how much it is liked."""

SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is unknown: leave it out",
    "finite_number": "must be a finite number",
}
"""What to say of the commonest faults."""


def _field_error(each: dict[str, Any]) -> errors.FieldError:
    """Return what is wrong with one field, in words for the caller."""
    if each["type"] == "json_invalid":
        return errors.FieldError("body", f"is not valid JSON at character {each['loc'][-1]}: send one JSON object")
    said = SENTENCES.get(each["type"], str(each["msg"]).removeprefix("Value error, "))
    return errors.FieldError(_location(each["loc"]), said)


def _location(parts: Sequence[int | str]) -> str:
    """Return where an error lies, as ``origin.lon`` or ``header.idempotency-key``; the body itself is not named."""
    named = [str(part) for part in parts if part not in {AT_STOP, AT_POINT}]
    return ".".join(named[1:] if named[:1] == ["body"] and len(named) > 1 else named)


def _language(request: Request) -> str:
    """Return the language of titles that the caller likes best."""
    liked = dict.fromkeys(TITLES, 0.0)
    for found in WANTED_LANGUAGE.finditer(request.headers.get("accept-language", "")):
        language = found[1].lower()
        if language in liked:
            liked[language] = max(liked[language], float(found[2] or 1))
    return max(liked, key=lambda language: liked[language])

"""Answers that say when they have not changed."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag that was sent."}}
"""How routes describe the answer that has no body."""


def answer_with_etag(request: Request, shown: BaseModel | str) -> Response:
    """Return ``shown``, a model or JSON text, with its ETag, or 304 when the caller has it already."""
    body = shown if isinstance(shown, str) else shown.model_dump_json()
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    wanted = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in wanted or "*" in wanted:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)

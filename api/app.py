"""The application: routes, errors, limits and headers put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from fastapi.staticfiles import StaticFiles

from rufbus import __version__
from rufbus.bootstrap import Running

from .auth import COOKIE, public
from .headers import SecurityHeaders
from .limits import BodyLimit
from .live import Watcher
from .pages import live_page
from .problems import Problem, add_problem_handlers
from .routes import bookings, clock, events, health, places, plan, quotes, session, vehicles

log = logging.getLogger("rufbus.api")

PREFIX = "/api/v1"
SCHEMAS = "#/components/schemas/"
STATIC = Path(__file__).parent / "static"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {"schema": {"$ref": SCHEMAS + "Problem"}}}}
    for status, text in (
        (400, "Malformed."),
        (401, "No key, or not a valid one."),
        (403, "Not allowed for this role."),
        (404, "Not there, or not yours."),
        (405, "Not with this method."),
        (409, "The world has moved on."),
        (413, "Too large."),
        (422, "Cannot be right."),
        (503, "Try again later."),
    )
}


def make_app(opening: Callable[[], Running]) -> FastAPI:
    """Return the application; ``opening`` gives it its service when it starts."""

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        running = opening()
        app.state.running = running
        app.state.watcher = Watcher(running.desk.store)
        running.runner.start()
        watching = asyncio.create_task(app.state.watcher.run())
        yield
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        running.close()

    app = FastAPI(
        title="Rufbus",
        version=__version__,
        summary="Rural on-demand mobility: requests in, tours out, stop lists to the vans.",
        lifespan=life,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    add_problem_handlers(app)
    doors = APIRouter(prefix=PREFIX, responses=PROBLEMS)
    for room in (quotes, bookings, vehicles, events, plan, places, clock, health, session):
        doors.include_router(room.router)
    app.include_router(doors)
    app.include_router(health.router, include_in_schema=False)
    app.include_router(live_page.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=2000)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of the doors, with the two ways to sign in."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, openapi_version=app.openapi_version, summary=app.summary,
            routes=app.routes,
        )  # fmt: skip
        problem = Problem.model_json_schema(ref_template=SCHEMAS + "{model}")
        schema["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
        schema["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        }
        schema["security"] = [{"bearer": []}, {"session": []}]
        for context in iter_route_contexts(app.routes):
            if context.path in schema["paths"] and _is_public(context.dependant):
                for method in context.methods or ():
                    schema["paths"][context.path][method.lower()]["security"] = []
        app.openapi_schema = schema
    return app.openapi_schema


def _is_public(dependant: Dependant) -> bool:
    return any(below.call is public or _is_public(below) for below in dependant.dependencies)

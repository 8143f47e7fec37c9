"""The live page: vans on the map, their timelines and stop lists, and a form that books a ride."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from ..auth import Public, running_of
from ..problems import TITLES, problem
from ..routes.session import set_session

router = APIRouter(dependencies=[Public])
templates = Jinja2Templates(Path(__file__).parent.parent / "templates")


@router.get("/", response_class=HTMLResponse)
def show_live_page(request: Request) -> Response:
    """Show the live page; in a demonstration every visitor is signed in."""
    running = running_of(request)
    page = templates.TemplateResponse(request, "live.html", {"service": running.desk.service, "demo": running.demo})
    if running.demo:
        set_session(request, page, request.app.state.demo_token)
    return page


@router.get("/errors/{code}")
def explain_error(request: Request, code: str) -> Response:
    """Explain a problem type."""
    if code not in TITLES["en"]:
        return problem(request, 404, "not-found", f"There is no problem type {code}.")
    return templates.TemplateResponse(request, "error_type.html", {"code": code, "title": TITLES["en"][code]})

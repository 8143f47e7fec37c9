"""Run the application under uvicorn, in one process or several."""

from __future__ import annotations

import json
import logging
import os
import socket
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from rufbus.bootstrap import ClockChoice, open_home
from rufbus.dispatch.reroute import reroute_tours
from rufbus.domain.errors import InvalidInput
from rufbus.home import Home

from .app import make_app

log = logging.getLogger("rufbus.serving")

ENVIRONMENT = "RUFBUS_SERVING"
"""How worker processes learn what to serve."""


def serve_home(
    home: Home, clock: ClockChoice, *, host: str, port: int, workers: int = 1, improves: bool = True
) -> None:
    """Serve a home until stopped.

    Raises
    ------
    InvalidInput
        When an injected clock is asked for in several processes: each would run its own.
    """
    if workers > 1 and clock.start is not None:
        raise InvalidInput("An injected clock runs in one process only: leave --workers at 1.")
    check_port(host, port)
    running = open_home(home, clock=clock, improves=improves)
    for warning in running.network.list_warnings():
        log.warning(warning)
    rerouted = reroute_tours(running.desk)
    if rerouted.tours:
        log.warning("%d tours have new times: the roads of their days have changed.", rerouted.tours)
    if rerouted.stranded:
        log.warning("Promised, but on no road that day: legs %s. Cancel or change them.", ", ".join(rerouted.stranded))
    running.close()
    choice = {"home": str(home.path), "start": clock.start, "speed": clock.speed, "autopilot": clock.autopilot}
    os.environ[ENVIRONMENT] = json.dumps(choice | {"improves": improves})
    uvicorn.run(
        "api.serving:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level=os.environ.get("RUFBUS_LOG", "info").lower(),
        timeout_graceful_shutdown=5,
        server_header=False,
    )


def check_port(host: str, port: int) -> None:
    """Refuse a port that something else listens at.

    Raises
    ------
    InvalidInput
        When it is taken, or the address is not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InvalidInput(f"Cannot listen at {host}:{port}: {error.strerror}. Choose another --port.") from error


def app_from_environment() -> FastAPI:
    """Return the application that :func:`serve_home` has asked for; called in each server process."""
    choice = json.loads(os.environ[ENVIRONMENT])
    clock = ClockChoice(choice["start"], choice["speed"], choice["autopilot"])
    return make_app(lambda: open_home(Home(Path(choice["home"])), clock=clock, improves=choice["improves"]))

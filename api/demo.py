"""The demonstration: the sample region, a running day, simulated riders who book through the API, simulated drivers."""

from __future__ import annotations

import csv
import datetime as dt
import os
import threading
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from rich.console import Console

from rufbus.bootstrap import ClockChoice, Running, open_home
from rufbus.clocks import SystemClock
from rufbus.dispatch.book import book_ride
from rufbus.dispatch.quote import quote_ride
from rufbus.domain.booking import Rider
from rufbus.domain.calendar import hours_on
from rufbus.domain.clock_time import Instant, local_instant, to_local, to_rfc3339
from rufbus.domain.place import Place
from rufbus.domain.request import Request, Wish
from rufbus.home import Home, make_home, read_service
from rufbus.roads.sample import OSM_FILE, write_sample
from rufbus.simulation.demand import Asked, draw_requests, weigh_stops

from .app import make_app
from .auth import Role, add_key
from .progress import ProgressBars
from .serving import check_port

RIDERS = 450
"""Requests of one day."""
DAWN_S = 5 * 3600 + 1800
"""Wall-clock second of the day at which the first riders ask."""
STARTS_AT_S = 8 * 3600
"""Wall-clock second of the day at which the demonstration starts to run; what was asked before is booked by then."""
HOLD_REAL_S = 60
"""How long an offer is held for the viewer (real s), whatever the speed of the clock."""
SEED = 20_261_125


def run_demo(folder: Path | None, *, port: int, speed: float, console: Console, browser: bool) -> None:
    """Serve a fresh demonstration until stopped."""
    check_port("127.0.0.1", port)
    home = Home(folder or _default_folder())
    sample = home.path / "sample"
    (home.path / "rufbus.sqlite").unlink(missing_ok=True)
    for rest in home.path.glob("rufbus.sqlite-*"):
        rest.unlink()
    with ProgressBars(console) as bars:
        bars.update("Drawing the sample region", 0.0)
        write_sample(sample)
        _hold_longer(sample / "service.toml", speed)
        make_home(
            home.path, sample / OSM_FILE, service=sample / "service.toml", stops=sample / "stops.csv",
            progress=bars.update,
        )  # fmt: skip
        bars.update("Starting the service", 0.0)
        running = open_home(home, clock=_clock(home, speed), demo=True)
        asked = _requests(running, sample)
        late = _book_until_start(running, asked, bars)
    url = f"http://127.0.0.1:{port}/"
    app = make_app(lambda: running)
    app.state.demo_token = _key(running, Role.CONTROL)
    riders = _Riders(running, url, _key(running, Role.MACHINE), late, speed)
    threading.Thread(target=riders.run, name="rufbus-riders", daemon=True).start()
    console.print(f"\n[bold]Rufbus runs a day on a synthetic sketch of Kreis Schleswig-Flensburg:[/] {url}")
    console.print("The sketch is not survey data. Stop with Ctrl+C.\n")
    if browser:
        threading.Thread(target=_open_when_ready, args=(url,), daemon=True).start()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)


def _default_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "rufbus" / "demo"


def _clock(home: Home, speed: float) -> ClockChoice:
    """Return a clock that starts on the next weekday with a full day's hours."""
    service = read_service(home.service_file)
    day = to_local(SystemClock().now(), service.zone).date()
    while day.weekday() > 4 or not hours_on(service, day):
        day += dt.timedelta(days=1)
    return ClockChoice(local_instant(day, DAWN_S, service.zone), speed, autopilot=True)


def _hold_longer(service_file: Path, speed: float) -> None:
    """Stretch the hold of offers with the clock, so that the viewer has a minute to choose."""
    text = service_file.read_text(encoding="utf-8")
    held_s = min(max(180, int(HOLD_REAL_S * speed)), 1800)
    service_file.write_text(text.replace("hold_s = 180", f"hold_s = {held_s}"), encoding="utf-8")


def _book_until_start(running: Running, asked: list[Asked], bars: ProgressBars) -> list[Asked]:
    """Book what is asked before the demonstration starts, let the morning pass, and return what is asked later."""
    desk, runner = running.desk, running.runner
    starts_at = desk.clock.now() // 3600 * 3600 + STARTS_AT_S - DAWN_S // 3600 * 3600
    early = [one for one in asked if one.at <= starts_at]
    runner.improves = False
    for number, one in enumerate(early):
        bars.update("Booking the first rides", number / len(early))
        _pass_until(running, one.at)
        offer = quote_ride(desk, one.request)
        if offer.quotes and offer.refusal is None:
            book_ride(desk, offer.quotes[0].quote.id, Rider(_name(number), f"+49 4621 8{number:05d}"), by="demo")
    bars.update("Letting the morning pass", 0.0)
    _pass_until(running, starts_at)
    runner.improves = True
    return asked[len(early) :]


def _pass_until(running: Running, at: Instant) -> None:
    left = at - running.desk.clock.now()
    if left > 0:
        running.advance(left)


def _key(running: Running, role: Role) -> str:
    return add_key(running.store, role, None, running.desk.clock.now(), frozenset())[1]


def _requests(running: Running, sample: Path) -> list[Asked]:
    desk = running.desk
    with (sample / "places.csv").open(encoding="utf-8", newline="") as lines:
        people = [(Place(float(r["lon"]), float(r["lat"])), float(r["population"])) for r in csv.DictReader(lines)]
    now = desk.clock.now()
    midnight = now - DAWN_S
    return draw_requests(
        desk.network, count=RIDERS, first_at=now + 4500, last_at=midnight + 20 * 3600 + 1800, seed=SEED,
        weights=weigh_stops(desk.network, people), earliest_asked=now, min_notice_s=desk.service.booking.min_notice_s,
    )  # fmt: skip


def _open_when_ready(url: str) -> None:
    for _ in range(100):
        try:
            httpx.get(url + "healthz", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            webbrowser.open(url)
            return


class _Riders:
    """Simulated riders: each asks at their time, and takes the first offer that suits."""

    def __init__(self, running: Running, url: str, token: str, asked: list[Asked], speed: float) -> None:
        self._running = running
        self._asked = asked
        self._speed = max(speed, 0.1)
        self._http = httpx.Client(base_url=url + "api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def run(self) -> None:
        """Ask, one after the other, until the day is over."""
        time.sleep(1)
        for number, asked in enumerate(self._due()):
            try:
                self._ask(number, asked.request)
            except httpx.HTTPError:
                time.sleep(1)

    def _due(self) -> Iterator[Asked]:
        for asked in self._asked:
            while (wait := asked.at - self._now()) > 0:
                time.sleep(min(wait / self._speed, 1.0))
            yield asked

    def _now(self) -> Instant:
        return self._running.desk.clock.now()

    def _ask(self, number: int, request: Request) -> None:
        answer = self._http.post("/quotes", json=request_json(self._running, request))
        quotes = answer.json().get("quotes", []) if answer.is_success else []
        if quotes and not quotes[0]["alternative"]:
            body = {"quote_id": quotes[0]["id"], "rider": {"name": _name(number), "phone": f"+49 4621 9{number:05d}"}}
            self._http.post("/bookings", json=body, headers={"Idempotency-Key": f"demo-{number}-{quotes[0]['id']}"})


def request_json(running: Running, request: Request) -> dict[str, Any]:
    """Return a request as the API takes it."""
    return {
        "origin": _end(request.origin),
        "destination": _end(request.destination),
        **_wish(running, request.outward),
        "party": asdict(request.party),
        **({"return": _wish(running, request.inward)} if request.inward is not None else {}),
    }


def _end(end: Place | str) -> dict[str, Any]:
    return {"stop_id": end} if isinstance(end, str) else {"lon": end.lon, "lat": end.lat}


def _wish(running: Running, wish: Wish) -> dict[str, str]:
    return {wish.anchor.value: to_rfc3339(wish.at, running.desk.service.zone)}


FIRST = ("Anke", "Bente", "Claus", "Dörte", "Erna", "Finn", "Grete", "Hinrich", "Inge", "Jürgen", "Karen", "Lorenz")
LAST = ("Petersen", "Hansen", "Jensen", "Carstensen", "Thomsen", "Lorenzen", "Clausen", "Nissen", "Andresen")


def _name(number: int) -> str:
    """Return an invented name."""
    return f"{FIRST[number % len(FIRST)]} {LAST[number * 7 % len(LAST)]}"

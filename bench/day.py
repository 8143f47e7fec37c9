"""One day of a rural service over HTTP: real roads, vans in shifts with breaks, seeded wishes, a standing clock.

The same wishes are put to two servers one after the other, one that improves its tours and one that only inserts. Each
is a real server process; everything goes through its API, as a booking desk and the vans would do it.

    python bench/day.py [--osm FILE] [--stops 320] [--vans 12] [--wishes 500] [--seed 7] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import httpx

from rufbus.domain.clock_time import from_datetime, to_rfc3339
from rufbus.domain.place import Place, Stop, distance_m
from rufbus.domain.request import Request, Wish
from rufbus.home import Home, load_roads
from rufbus.roads.osm import read_roads
from rufbus.roads.virtual_stops import virtual_stops
from rufbus.simulation.demand import Asked, draw_requests

DATA = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))
ADDISON = DATA / "osm" / "regions" / "addison-county-vt_2020-05-25.osm.gz"
DAY = dt.date(2026, 11, 25)
COMMAND = [str(Path(sys.executable).parent / "rufbus")]


@dataclass
class Outcome:
    """What one run showed."""

    improves: bool
    wishes: int = 0
    served: int = 0
    legs: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    with_alternatives: int = 0
    quote_ms: list[float] = field(default_factory=list)
    book_ms: list[float] = field(default_factory=list)
    cancelled: int = 0
    drive_s: int = 0
    length_m: int = 0
    versions: int = 0
    gaps: int = 0
    ledger: dict[str, int] = field(default_factory=dict)
    findings: int = -1
    wall_s: float = 0.0


def main() -> None:
    """Run both servers over the same wishes and print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="rufbus-day-") as scratch:
        folder = Path(scratch)
        service, stops = _write_inputs(folder, options)
        outcomes = [
            _run(folder / name, options, service, stops, improves=name == "improved")
            for name in ("inserted", "improved")
        ]
    _print(outcomes)
    if options.out:
        Path(options.out).write_text(json.dumps([vars(outcome) for outcome in outcomes], indent=1))
    bad = [o for o in outcomes if o.findings or o.gaps or o.ledger.get("broken", 0)]
    sys.exit(1 if bad else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osm", default=str(ADDISON))
    parser.add_argument("--stops", type=int, default=320)
    parser.add_argument("--vans", type=int, default=12)
    parser.add_argument("--wishes", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--zone", default="America/New_York")
    parser.add_argument("--improve-every", type=int, default=900, help="simulated seconds between improvements")
    parser.add_argument("--improve-seconds", type=float, default=1.5)
    parser.add_argument("--out")
    return parser.parse_args()


# --- inputs ----------------------------------------------------------------------------------------------------------


def _write_inputs(folder: Path, options: argparse.Namespace) -> tuple[Path, Path]:
    graph, _ = read_roads(Path(options.osm))
    stops = virtual_stops(graph, [], 900, max_count=options.stops)
    path = folder / "stops.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "name", "lon", "lat"])
        writer.writerows([stop.id, stop.name, stop.place.lon, stop.place.lat] for stop in stops)
    service = folder / "service.toml"
    service.write_text(_service_text(_spread(stops, 4, options.seed), options), encoding="utf-8")
    return service, path


def _spread(stops: list[Stop], count: int, seed: int) -> list[Place]:
    """Return places far apart from each other: each next one where the nearest chosen one is farthest."""
    chosen = [random.Random(seed).choice(stops).place]
    while len(chosen) < count:
        chosen.append(max((s.place for s in stops), key=lambda place: min(distance_m(place, c) for c in chosen)))
    return chosen


def _service_text(depots: list[Place], options: argparse.Namespace) -> str:
    shifts = ("05:45-13:45", "09:00-17:00", "12:15-20:15")
    parts = [
        '[service]\nid = "addison"\nname = "Addison day"\nregime = "linienbedarfsverkehr"\n',
        f'timezone = "{options.zone}"\n',
        '[hours]\nmon-fri = ["06:00-20:00"]\nsat-sun = ["09:00-18:00"]\n',
        "[booking]\nearliest_days = 7\nmin_notice_s = 1800\nhold_s = 180\n",
        f"[solver]\nimprove_every_s = {options.improve_every}\nimprove_seconds = {options.improve_seconds}\n",
    ]
    for number in range(options.vans):
        depot = depots[number % len(depots)]
        parts.append(
            f'[[vehicles]]\nid = "bus-{number + 1}"\nseats = 8\nwheelchair_places = 1\nseats_lost_per_wheelchair = 2\n'
            f"depot = [{depot.lon}, {depot.lat}]\n"
        )
        parts.append(
            f'[[shifts]]\nvehicle = "bus-{number + 1}"\ndays = "mon-fri"\n'
            f'time = "{shifts[number // len(depots) % 3]}"\nbreak_s = 1800\n'
        )
    return "\n".join(parts)


# --- one run ---------------------------------------------------------------------------------------------------------


def _run(home: Path, options: argparse.Namespace, service: Path, stops: Path, *, improves: bool) -> Outcome:
    _command("init", str(home), "--osm", options.osm, "--service", str(service), "--stops", str(stops))
    keys = {role: _command("key", "add", "--home", str(home), "--role", role) for role in ("admin", "operator")}
    zone = ZoneInfo(options.zone)
    first_at = from_datetime(dt.datetime.combine(DAY, dt.time(6, 15)), zone)
    last_at = from_datetime(dt.datetime.combine(DAY, dt.time(19, 15)), zone)
    asked = draw_requests(
        load_roads(Home(home)), count=options.wishes, first_at=first_at, last_at=last_at, seed=options.seed,
        min_notice_s=1800,
    )  # fmt: skip
    outcome = Outcome(improves, wishes=len(asked))
    began = time.monotonic()
    with (
        _server(home, to_rfc3339(asked[0].at - 600, zone), improves=improves) as url,
        _Day(url, keys, zone, options) as day,
    ):
        day.go_through(asked, outcome)
        day.finish(outcome)
    outcome.wall_s = time.monotonic() - began
    checked = subprocess.run([*COMMAND, "check", "--home", str(home)], capture_output=True, text=True, check=False)
    outcome.findings = len(checked.stdout.splitlines()) if checked.returncode in {0, 1} else -1
    for line in checked.stdout.splitlines()[:10]:
        print("  finding:", line)
    if checked.returncode not in {0, 1}:
        print(checked.stderr)
    return outcome


def _command(*words: str) -> str:
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"rufbus {' '.join(words)} failed:\n{done.stderr}")
    return done.stdout.strip()


@contextlib.contextmanager
def _server(home: Path, clock: str, *, improves: bool) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        *COMMAND,
        "serve",
        "--home",
        str(home),
        "--port",
        str(port),
        "--clock",
        clock,
        "--speed",
        "0",
        "--autopilot",
    ]
    log = (home / "server.log").open("w")
    process = subprocess.Popen([*words, *([] if improves else ["--no-improve"])], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/readyz", timeout=1).is_success:
                    break
            if process.poll() is not None:
                sys.exit((home / "server.log").read_text())
            time.sleep(0.2)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


class _Day:
    """A booking desk and a listener per van."""

    def __init__(self, url: str, keys: dict[str, str], zone: ZoneInfo, options: argparse.Namespace) -> None:
        self._zone = zone
        self._chance = random.Random(options.seed + 1)
        self._admin = self._client(url, keys["admin"])
        self._desk = self._client(url, keys["operator"])
        self._open: list[str] = []
        self._now = from_datetime(dt.datetime.fromisoformat(self._admin.get("/clock").json()["now"]), zone)
        vans = [van["id"] for van in self._desk.get("/vehicles").json()["vehicles"]]
        self._listeners = [_Listener(self._client(url, keys["operator"]), van) for van in vans]

    def _client(self, url: str, token: str) -> httpx.Client:
        return httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=300)

    def __enter__(self) -> Self:
        for listener in self._listeners:
            listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            listener.stop()

    def go_through(self, asked: list[Asked], outcome: Outcome) -> None:
        for number, one in enumerate(asked):
            self._advance_to(one.at)
            self._ask(number, one.request, outcome)
            if self._open and self._chance.random() < 0.04:
                gone = self._open.pop(self._chance.randrange(len(self._open)))
                answer = self._desk.post(f"/bookings/{gone}/cancel", headers={"Idempotency-Key": f"cancel-{gone}"})
                outcome.cancelled += answer.is_success
            if sys.stderr.isatty() or number % 50 == 0:
                print(f"\r  {number + 1}/{len(asked)} wishes, {outcome.served} served", end="", file=sys.stderr)
        print(file=sys.stderr)

    def finish(self, outcome: Outcome) -> None:
        self._advance_to(from_datetime(dt.datetime.combine(DAY, dt.time(23, 30)), self._zone))
        plan = self._desk.get("/plan", params={"date": DAY.isoformat()}).json()
        outcome.drive_s, outcome.length_m = plan["vehicle_time_s"], plan["length_m"]
        outcome.ledger = self._desk.get("/ledger").json()["counts"]
        time.sleep(2)
        latest = {van["id"]: van["stop_list_version"] for van in self._desk.get("/vehicles").json()["vehicles"]}
        for listener in self._listeners:
            outcome.versions += len(listener.versions) - 1
            outcome.gaps += listener.count_gaps(latest[listener.van])

    def _advance_to(self, at: int) -> None:
        if at > self._now:
            self._admin.post("/clock", json={"advance_s": at - self._now}).raise_for_status()
            self._now = at

    def _ask(self, number: int, request: Request, outcome: Outcome) -> None:
        began = time.perf_counter()
        answer = self._desk.post("/quotes", json=_as_json(request, self._zone))
        outcome.quote_ms.append(1000 * (time.perf_counter() - began))
        answer.raise_for_status()
        offer = answer.json()
        if offer["refusal"] is not None:
            outcome.refused[offer["refusal"]["reason"]] += 1
            outcome.with_alternatives += len(offer["quotes"]) >= 3
            return
        body = {
            "quote_id": offer["quotes"][0]["id"],
            "rider": {"name": f"Rider {number}", "phone": f"+1 802 {number:07d}"},
        }
        began = time.perf_counter()
        booked = self._desk.post("/bookings", json=body, headers={"Idempotency-Key": f"wish-{number}"})
        outcome.book_ms.append(1000 * (time.perf_counter() - began))
        booked.raise_for_status()
        self._open.append(booked.json()["id"])
        outcome.served += 1
        outcome.legs += len(booked.json()["legs"])


def _as_json(request: Request, zone: ZoneInfo) -> dict[str, object]:
    def wish(one: Wish) -> dict[str, str]:
        return {one.anchor.value: to_rfc3339(one.at, zone)}

    body: dict[str, object] = {
        "origin": {"stop_id": request.origin}, "destination": {"stop_id": request.destination},
        **wish(request.outward), "party": asdict(request.party),
    }  # fmt: skip
    return body | ({"return": wish(request.inward)} if request.inward is not None else {})


class _Listener(threading.Thread):
    """Follows the stream of one van; hangs up now and then, and resumes by the number of the last event."""

    def __init__(self, http: httpx.Client, van: str) -> None:
        super().__init__(daemon=True)
        self.van = van
        self.versions: list[int] = []
        self._http = http
        self._ended = threading.Event()
        self._last: str | None = None

    def run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(httpx.HTTPError):
                self._follow(hang_up_after=40)

    def _follow(self, hang_up_after: int) -> None:
        headers = {"Last-Event-ID": self._last} if self._last is not None else {}
        with self._http.stream("GET", f"/vehicles/{self.van}/events", headers=headers) as lines:
            number = None
            for line in lines.iter_lines():
                if self._ended.is_set():
                    return
                if line.startswith("id: "):
                    number = line[4:]
                elif line.startswith("data: "):
                    self.versions.append(json.loads(line[6:])["version"])
                    self._last = number
                    hang_up_after -= 1
                    if not hang_up_after:
                        return

    def count_gaps(self, latest: int) -> int:
        """Return how many versions are missing or doubled between the first and the newest."""
        expected = list(range(self.versions[0], latest + 1))
        return sum((Counter(expected) - Counter(self.versions)).values()) + sum(
            (Counter(self.versions) - Counter(expected)).values()
        )

    def stop(self) -> None:
        self._ended.set()


# --- the table -------------------------------------------------------------------------------------------------------


def _print(outcomes: list[Outcome]) -> None:
    inserted, improved = outcomes
    rows = [
        ("wishes", *(f"{o.wishes}" for o in outcomes)),
        ("served", *(f"{o.served} ({100 * o.served / o.wishes:.1f} %)" for o in outcomes)),
        ("legs", *(f"{o.legs}" for o in outcomes)),
        ("refused", *("; ".join(f"{k} {v}" for k, v in sorted(o.refused.items())) or "none" for o in outcomes)),
        ("  of them with three alternatives", *(f"{o.with_alternatives}" for o in outcomes)),
        ("cancelled", *(f"{o.cancelled}" for o in outcomes)),
        ("quote ms, p50 / p95", *(_percentiles(o.quote_ms) for o in outcomes)),
        ("booking ms, p50 / p95", *(_percentiles(o.book_ms) for o in outcomes)),
        ("vehicle time h", *(f"{o.drive_s / 3600:.1f}" for o in outcomes)),
        ("vehicle km", *(f"{o.length_m / 1000:.0f}" for o in outcomes)),
        ("vehicle min per leg", *(f"{o.drive_s / 60 / max(o.legs, 1):.2f}" for o in outcomes)),
        ("stop-list versions by stream / gaps", *(f"{o.versions} / {o.gaps}" for o in outcomes)),
        ("promises kept", *(str(o.ledger.get("kept", 0)) for o in outcomes)),
        ("promises broken", *(str(o.ledger.get("broken", 0)) for o in outcomes)),
        ("rufbus check, findings", *(str(o.findings) for o in outcomes)),
        ("wall s", *(f"{o.wall_s:.0f}" for o in outcomes)),
    ]
    print(f"{'':38} {'insertion only':>28} {'with improvement':>28}")
    for name, *values in rows:
        print(f"{name:38} {values[0]:>28} {values[1]:>28}")
    saved = 1 - (improved.drive_s / max(improved.legs, 1)) / (inserted.drive_s / max(inserted.legs, 1))
    print(f"vehicle time per leg saved by improvement: {100 * saved:.1f} %")


def _percentiles(values: list[float]) -> str:
    if len(values) < 2:
        return "-"
    cuts = statistics.quantiles(values, n=20)
    return f"{statistics.median(values):.1f} / {cuts[18]:.1f}"


if __name__ == "__main__":
    main()

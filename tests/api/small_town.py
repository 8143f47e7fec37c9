"""A small town on a grid of roads, written by hand, and the doors of its service: for the tests of the doors."""

import contextlib
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

from api.app import make_app
from api.auth import Role, add_key
from rufbus.bootstrap import ClockChoice, open_home
from rufbus.home import Home, make_home

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # it wants a successor of httpx, and works with httpx
    from starlette.testclient import TestClient

NOW = "2026-11-25T05:00:00+01:00"
NOW_S = 1_795_579_200
COLUMNS, ROWS = 6, 4
STEP_LON, STEP_LAT = 0.0155, 0.009
WEST, SOUTH = 9.50, 54.50
API = "/api/v1"

SERVICE = """
[service]
id = "town"
name = "Rufbus Town"
regime = "linienbedarfsverkehr"
timezone = "Europe/Berlin"

[hours]
mon-sun = ["05:00-21:00"]

[booking]
hold_s = 180

[[vehicles]]
id = "bus-1"
name = "Bus 1"
seats = 8
wheelchair_places = 1
seats_lost_per_wheelchair = 2
depot = [9.5077, 54.5]

[[vehicles]]
id = "bus-2"
name = "Bus 2"
seats = 6
depot = [9.5542, 54.518]

[[shifts]]
vehicle = "bus-1"
days = "mon-sun"
time = "05:00-13:00"
break_s = 1800

[[shifts]]
vehicle = "bus-2"
days = "mon-sun"
time = "07:00-15:00"
break_s = 1800
"""


def corner(column, row):
    """The place of a crossing, as lon and lat."""
    return round(WEST + column * STEP_LON, 6), round(SOUTH + row * STEP_LAT, 6)


def osm_text():
    """Return the grid of roads, a kilometre from crossing to crossing, as OpenStreetMap XML."""
    number = {(c, r): 1 + c + r * COLUMNS for c in range(COLUMNS) for r in range(ROWS)}
    nodes = [f'<node id="{n}" version="1" lon="{corner(*at)[0]}" lat="{corner(*at)[1]}"/>' for at, n in number.items()]
    streets = [[number[c, r] for c in range(COLUMNS)] for r in range(ROWS)]
    streets += [[number[c, r] for r in range(ROWS)] for c in range(COLUMNS)]
    ways = [
        f'<way id="{100 + index}" version="1">{"".join(f"<nd ref={chr(34)}{n}{chr(34)}/>" for n in street)}'
        f'<tag k="highway" v="unclassified"/><tag k="name" v="Street {index}"/></way>'
        for index, street in enumerate(streets)
    ]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">', *nodes, *ways, "</osm>"])


def stops_text():
    """Return one stop near each crossing, as a table."""
    lines = [
        f"S{c}{r},Corner {c}-{r},{corner(c, r)[0] + 0.002:.6f},{corner(c, r)[1]}"
        for r in range(ROWS)
        for c in range(COLUMNS - 1)
    ]
    return "\n".join(["id,name,lon,lat", *lines]) + "\n"


@dataclass(frozen=True)
class Sources:
    """The files that a home is made from."""

    osm: Path
    stops: Path
    service: Path

    @classmethod
    def write(cls, folder):
        """Write the three files."""
        folder.mkdir(parents=True, exist_ok=True)
        sources = cls(folder / "town.osm", folder / "stops.csv", folder / "service.toml")
        for path, text in ((sources.osm, osm_text()), (sources.stops, stops_text()), (sources.service, SERVICE)):
            path.write_text(text, encoding="utf-8")
        return sources

    def make(self, folder):
        """Make a home of them."""
        return make_home(folder, self.osm, service=self.service, stops=self.stops).home


@dataclass(eq=False)
class Doors:
    """A service with its application, and a key for each role."""

    home: Home
    running: object
    app: object
    tokens: dict[str, str]
    key_ids: dict[str, str]
    http: TestClient = None

    def headers(self, who, **more):
        """Return the headers of a caller; ``None`` has no key."""
        return {**({} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}), **more}

    def call(self, method, path, who="operator", *, headers=None, **more):
        """Call a door as the holder of a role's key."""
        return self.http.request(method, API + path, headers={**self.headers(who), **(headers or {})}, **more)

    def get(self, path, who="operator", **more):
        return self.call("GET", path, who, **more)

    def post(self, path, who="operator", **more):
        return self.call("POST", path, who, **more)


CALLERS = {
    **{role.value: (role, None) for role in Role if role is not Role.DRIVER},
    "driver": (Role.DRIVER, "bus-1"),
    "driver-2": (Role.DRIVER, "bus-2"),
    "rider-2": (Role.RIDER, None),
    "revoked": (Role.ADMIN, None),
}


def prepare_doors(home, *, start=NOW_S, tokens=None, improves=False):
    """Return the doors of a home on a clock that stands still, closed yet; keys are made unless ``tokens`` has some."""
    running = open_home(Home(home.path), clock=ClockChoice(start), inline=True, improves=improves)
    app = make_app(lambda: running)
    doors = Doors(home, running, app, dict(tokens or {}), {})
    if tokens is None:
        vehicles = frozenset(vehicle.id for vehicle in running.desk.service.vehicles)
        for who, (role, vehicle) in CALLERS.items():
            key, doors.tokens[who] = add_key(running.store, role.value, vehicle, start, vehicles)
            doors.key_ids[who] = key.id
        with running.store.write() as session:
            session.revoke_key(doors.key_ids["revoked"])
        doors.tokens["unknown"] = "rb_" + "x" * 43
    return doors


@contextlib.contextmanager
def open_doors(home, **options):
    """Open the doors of a home, in process."""
    doors = prepare_doors(home, **options)
    with TestClient(doors.app, raise_server_exceptions=False, client=("testclient", 50_000)) as http:
        doors.http = http
        yield doors


def copy_home(home, folder):
    """Return a copy of a home."""
    shutil.copytree(home.path, folder)
    return Home(folder)


def wish(**changes):
    """Return a request for a ride across the town."""
    lon, lat = corner(0, 0)
    return {
        "origin": {"lon": lon + 0.002, "lat": lat},
        "destination": {"stop_id": "S33"},
        "depart_after": "2026-11-25T08:00:00+01:00",
        "party": {"adults": 1},
    } | changes


RIDER = {"name": "Anke Petersen", "phone": "+49 4621 123456"}


def booking(quote_id, **changes):
    """Return the body that takes an offer."""
    return {"quote_id": quote_id, "rider": RIDER, "note": ""} | changes

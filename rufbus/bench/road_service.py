"""A service on any roads, for benchmarks: stops along them, vans in shifts with breaks from depots far apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rufbus.bench.rural_day import spread_places
from rufbus.domain.place import Place
from rufbus.domain.service import Service
from rufbus.domain.service_file import parse_service
from rufbus.ports import StopNetwork
from rufbus.roads.network import build_network
from rufbus.roads.osm import read_roads
from rufbus.roads.virtual_stops import virtual_stops

STOPS, SPACING_M = 320, 900
"""Stops at most, and the least distance between two (m)."""
DEPOTS, VANS = 4, 24
SHIFTS = ("05:45-13:45", "09:00-17:00", "12:15-20:15")
"""The vans of all depots drive the first, those after them the second, and so on."""
SEED = 7
"""Decides where the depots are."""
HEAD = """\
[service]
id = "roads"
name = "A service on these roads"
regime = "linienbedarfsverkehr"
timezone = "Europe/Berlin"

[hours]
mon-sun = ["06:00-20:00"]

[booking]
min_notice_s = 1800
"""


def make_road_service(roads: Path) -> tuple[Service, StopNetwork]:
    """Return a service on the roads of an extract, and its stops and depots with all travel times.

    Raises
    ------
    InvalidRoads
        When the extract cannot be used.
    """
    graph, _ = read_roads(roads)
    stops = virtual_stops(graph, [], SPACING_M, max_count=STOPS)
    text = _service_text(spread_places(stops, DEPOTS, SEED))
    service = parse_service(text, file_name="service.toml", read_polygon=_read_no_polygon)
    return service, build_network(graph, stops, [(van.id, van.depot) for van in service.vehicles])[0]


def _service_text(depots: Sequence[Place]) -> str:
    return "\n".join([HEAD, *(_van_text(number, depots[number % DEPOTS]) for number in range(VANS))])


def _van_text(number: int, depot: Place) -> str:
    return (
        f'[[vehicles]]\nid = "van-{number + 1}"\nseats = 8\nwheelchair_places = 1\nseats_lost_per_wheelchair = 2\n'
        f"depot = [{depot.lon}, {depot.lat}]\n\n"
        f'[[shifts]]\nvehicle = "van-{number + 1}"\ndays = "mon-sun"\n'
        f'time = "{SHIFTS[number // DEPOTS % len(SHIFTS)]}"\nbreak_s = 1800\n'
    )


def _read_no_polygon(name: str) -> str:
    raise FileNotFoundError(name)

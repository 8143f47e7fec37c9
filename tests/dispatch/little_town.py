"""Little Town: a grid of twelve stops, a hallig across the water, three vans, and a desk that works on it all."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from rufbus.checker.finding import Finding
from rufbus.checker.state import State, read_state
from rufbus.checker.verify import find_faults
from rufbus.clocks import ManualClock
from rufbus.dispatch.desk import Desk
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Vehicle
from rufbus.domain.ids import seeded_chance
from rufbus.domain.place import UNREACHABLE_S, Place, Stop, StopWalk, distance_m
from rufbus.domain.service import (
    BookingRules,
    DayWindow,
    Hours,
    Regime,
    Service,
    ShiftRule,
    SolverRules,
)
from rufbus.ports import RoadLeg, RoadTimes, StopNetwork, Store
from rufbus.store.memory import MemoryStore
from rufbus.workers import InlineWorkers

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = (
    "Kirche", "Markt", "Schule", "Klinik",
    "Bahnhof", "Mühle", "Rathaus", "Hafen",
    "Heide", "Moor", "Siedlung", "Gehöft",
)  # fmt: skip
"""The stops, row by row from the north-west."""
HALLIG = "Hallig"
"""A stop to which no road leads."""
COLUMNS = 4
WEST, NORTH = 9.50, 54.60
CELL_LON, CELL_LAT = 0.03, 0.018
EAST_S, WEST_S, SOUTH_S, NORTH_S = 170, 190, 200, 185
"""Driving time of one step on the grid in each direction (s)."""


def spot(column: float, row: float) -> Place:
    """Return the place at a point of the grid."""
    return Place(WEST + CELL_LON * column, NORTH - CELL_LAT * row)


DEPOTS = {"bus-1": (0.5, 0.0), "bus-2": (2.0, 1.5), "bus-3": (3.0, 2.0)}
"""Column and row of each van's depot."""


class TownNetwork:
    """Streets along the grid, somewhat slower one way than the other; it obeys :class:`rufbus.ports.StopNetwork`."""

    def __init__(self) -> None:
        cells: list[tuple[float, float] | None] = [divmod(n, COLUMNS)[::-1] for n in range(len(NAMES))]
        stops = [Stop(name, name, spot(*cell)) for name, cell in zip(NAMES, cells, strict=True) if cell is not None]
        stops.append(Stop(HALLIG, HALLIG, spot(-3.0, 1.0)))
        cells.append(None)
        self.stop_count = len(stops)
        for vehicle_id, cell in DEPOTS.items():
            stops.append(Stop(f"depot:{vehicle_id}", f"Depot {vehicle_id}", spot(*cell)))
            cells.append(cell)
        self.stops: Sequence[Stop] = tuple(stops)
        travel_s = np.array([[_travel_s(a, b) for b in cells] for a in cells], dtype=np.int32)
        np.fill_diagonal(travel_s, 0)
        self.open_roads = _times(travel_s)
        self._index = {stop.id: number for number, stop in enumerate(self.stops)}

    def find_stop(self, stop_id: str) -> int | None:
        return self._index.get(stop_id)

    def list_near(self, place: Place, max_m: int) -> Sequence[StopWalk]:
        walks = [StopWalk(n, math.ceil(distance_m(place, self.stops[n].place))) for n in range(self.stop_count)]
        return sorted((walk for walk in walks if walk.walk_m <= max_m), key=lambda walk: walk.walk_m)

    def times_on(self, service_day: str) -> RoadTimes:
        return self.open_roads

    def get_leg(self, origin: int, destination: int, service_day: str) -> RoadLeg:
        ends = [(self.stops[n].place.lon, self.stops[n].place.lat) for n in (origin, destination)]
        times = self.times_on(service_day)
        travel_s, length_m = (int(table[origin, destination]) for table in (times.travel_s, times.length_m))
        return RoadLeg(travel_s, length_m, tuple(ends), ("Dorfstraße",))


def _times(travel_s: NDArray[np.int32]) -> RoadTimes:
    return RoadTimes(travel_s, np.where(travel_s < UNREACHABLE_S, travel_s * 12, 0).astype(np.int32))


def _travel_s(a: tuple[float, float] | None, b: tuple[float, float] | None) -> int:
    if a is None or b is None:
        return UNREACHABLE_S
    east, south = b[0] - a[0], b[1] - a[1]
    across = east * EAST_S if east > 0 else -east * WEST_S
    return math.ceil(across) + math.ceil(south * SOUTH_S if south > 0 else -south * NORTH_S)


NETWORK = TownNetwork()


def hours(text: str) -> DayWindow:
    """Return a window such as ``06:00-14:00``; ``26:00`` is two in the night after."""
    start, end = (sum(int(part) * unit for part, unit in zip(t.split(":"), (3600, 60), strict=True)) for t in text.split("-"))  # fmt: skip
    return DayWindow(start, end)


def rule(vehicle: str, days: Iterable[int], time: str, break_s: int = 0, break_window: str | None = None) -> ShiftRule:
    window = hours(break_window) if break_window else None
    return ShiftRule(vehicle, frozenset(days), frozenset(), hours(time), break_s, window)


WORKDAYS = (hours("06:00-20:00"),)
SERVICE = Service(
    id="little-town",
    name="Rufbus Little Town",
    regime=Regime.LINIENBEDARFSVERKEHR,
    zone=BERLIN,
    phone="+49 4621 000000",
    hours=Hours(
        (*[WORKDAYS] * 4, (hours("06:00-26:00"),), (hours("08:00-24:00"),), (hours("01:00-18:00"),)), {}, "DE-SH"
    ),
    vehicles=(
        Vehicle("bus-1", "Bus 1", seats=4, wheelchair_places=1, seats_lost_per_wheelchair=2, luggage_places=2, depot=spot(*DEPOTS["bus-1"])),
        Vehicle("bus-2", "Bus 2", seats=2, wheelchair_places=0, seats_lost_per_wheelchair=0, luggage_places=1, depot=spot(*DEPOTS["bus-2"])),
        Vehicle("bus-3", "Bus 3", seats=3, wheelchair_places=0, seats_lost_per_wheelchair=0, luggage_places=1, depot=spot(*DEPOTS["bus-3"])),
    ),
    shifts=(
        rule("bus-1", range(5), "06:00-14:00", 1800, "09:00-12:00"),
        rule("bus-1", range(4), "14:30-20:00"),
        rule("bus-1", [4], "18:00-26:00", 1800, "21:00-23:30"),
        rule("bus-1", [5], "08:00-16:00", 1800),
        rule("bus-1", [6], "01:00-09:00", 1800, "03:00-07:00"),
        rule("bus-2", range(5), "07:00-13:00", 900, "08:30-11:30"),
        rule("bus-2", [6], "10:00-16:00"),
        rule("bus-3", range(5), "12:00-18:00"),
    ),
    booking=BookingRules(hold_s=180, quotes=3),
    solver=SolverRules(engine="reinsert", improve_seconds=0.2, min_gain_s=1, repair_seconds=60.0),
)  # fmt: skip
"""Vans for all days: two with breaks in the morning, one night on Friday, and Sundays from one in the night."""


def instant(day: str, time: str, fold: int = 0) -> Instant:
    """Return a local time of Little Town on a service day; ``25:30`` is half past one in the night after."""
    hour, minute = (int(part) for part in time.split(":"))
    wall = dt.datetime.combine(dt.date.fromisoformat(day), dt.time.min) + dt.timedelta(hours=hour, minutes=minute)
    return int(wall.replace(tzinfo=BERLIN, fold=fold).timestamp())


def open_desk(
    at: Instant,
    *,
    store: Store | None = None,
    service: Service = SERVICE,
    network: StopNetwork = NETWORK,
    seed: int = 0,
) -> Desk:
    """Return a desk at an instant, over an empty store in memory by default."""
    return Desk(service, network, store or MemoryStore(), ManualClock(at), seeded_chance(seed), InlineWorkers())


def one_van(vehicle_id: str, **changes: object) -> Service:
    """Return the service with only one van, and figures of that van changed."""
    vehicle = replace(SERVICE.vehicle(vehicle_id), **changes)
    return replace(SERVICE, vehicles=(vehicle,), shifts=tuple(s for s in SERVICE.shifts if s.vehicle == vehicle_id))


def state_of(desk: Desk) -> State:
    """Return everything that is stored."""
    with desk.store.audit() as session:
        return read_state(session, desk.clock.now())


def faults_of(desk: Desk, state: State | None = None) -> tuple[Finding, ...]:
    """Return what the independent checker finds wrong in what is stored."""
    state = state or state_of(desk)
    days = sorted({tour.service_day for tour in state.tours})
    shifts = [shift for day in days for shift in desk.shifts_on(day)]
    return find_faults(state, desk.service, desk.network, shifts)

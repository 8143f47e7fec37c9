"""The service as its file describes it: hours, booking rules, promise rules, fleet, shifts.

Values only; :mod:`rufbus.domain.service_file` reads them from TOML, :mod:`rufbus.domain.calendar` says what holds on a
given day. Times of day are wall-clock seconds from 00:00 of the service day and may exceed 86,400.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Vehicle
from rufbus.domain.leg_time import leg_time_factor_ppm
from rufbus.domain.place import Place


class Regime(StrEnum):
    """The legal form of the service (PBefG)."""

    LINIENBEDARFSVERKEHR = "linienbedarfsverkehr"
    GEBUENDELTER_BEDARFSVERKEHR = "gebuendelter_bedarfsverkehr"


@dataclass(frozen=True, slots=True)
class DayWindow:
    """A closed span of wall-clock seconds of a service day."""

    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When riders are carried."""

    weekdays: tuple[tuple[DayWindow, ...], ...]
    """Seven entries, Monday first."""
    dates: dict[dt.date, tuple[DayWindow, ...]] = field(hash=False)
    """Dates with hours of their own."""
    holidays: str | None
    """``DE-SH`` and the like: holidays are served as Sundays; ``None`` knows no holidays."""


@dataclass(frozen=True, slots=True)
class BookingRules:
    """How a ride may be asked for."""

    earliest_days: int = 7
    min_notice_s: int = 3600
    hold_s: int = 180
    max_wait_s: int = 1800
    """How far an offer may lie from the wished time and still count as wished."""
    alternatives_within_s: int = 14_400
    """How far from the wished time alternatives are looked for."""
    quotes: int = 3
    """How many offers one answer holds at most."""


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """What is promised, and when it is narrowed."""

    pickup_window_s: int = 1200
    narrowed_window_s: int = 600
    freeze_s: int = 3600
    max_ride_factor: float = 1.5
    max_ride_add_s: int = 600
    late_detour_lock_s: int = 300
    leg_time_percentile: int = 50
    """Which share of all drives (%) keeps the time that a plan allows for."""
    leg_time_variation: float = 0.15
    """Coefficient of variation of the time that a drive takes."""

    @property
    def leg_time_ppm(self) -> int:
        """The time that a plan allows for a drive, by its median, in millionths."""
        return leg_time_factor_ppm(self.leg_time_percentile, self.leg_time_variation)

    def max_ride_s(self, direct_s: int) -> int:
        """Return the longest allowed ride (s) for a pair that takes ``direct_s`` without detour."""
        return int(self.max_ride_factor * direct_s) + self.max_ride_add_s


@dataclass(frozen=True, slots=True)
class Walking:
    """How far and how fast riders walk to a stop."""

    max_m: int = 500
    speed_kmh: float = 3.6

    def walk_s(self, walk_m: int) -> int:
        """Return the time to walk ``walk_m`` metres (s), rounded up."""
        return -int(-walk_m * 3.6 // self.speed_kmh)


@dataclass(frozen=True, slots=True)
class StopRules:
    """Stops and what stopping costs."""

    spacing_m: int = 300
    dwell_s: int = 30
    """Per stop, shared by all who board or alight there together."""


@dataclass(frozen=True, slots=True)
class BoardingTimes:
    """Extra time per person and aid, for boarding and again for alighting (s)."""

    adult: int = 10
    child: int = 15
    walker: int = 40
    wheelchair: int = 180
    pram: int = 30


@dataclass(frozen=True, slots=True)
class Area:
    """A named part of the map; geometry in (lon, lat) degrees."""

    id: str
    polygon: BaseGeometry | None
    """``None``: everywhere the roads reach."""


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """A shift that recurs."""

    vehicle: str
    weekdays: frozenset[int]
    """0 is Monday."""
    dates: frozenset[dt.date]
    window: DayWindow
    break_s: int = 0
    break_window: DayWindow | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """A road, bridge or ferry that is shut for a while."""

    id: str
    start_at: Instant
    end_at: Instant
    """The first instant at which it is open again."""
    ways: tuple[int, ...] = ()
    """OpenStreetMap ids; every road on which one of them lies is closed from junction to junction."""
    line: tuple[Place, ...] = ()
    """Every road that it crosses is closed from junction to junction."""


@dataclass(frozen=True, slots=True)
class Slowdown:
    """A time in which roads are driven more slowly: winter, harvest, works."""

    id: str
    start_at: Instant
    end_at: Instant
    factor: float = 1.0
    """What remains of the speed on every road; ferries keep theirs."""
    by_class: tuple[tuple[str, float], ...] = ()
    """What remains of it on roads of a class, by the class's name in OpenStreetMap."""


@dataclass(frozen=True, slots=True)
class Fares:
    """What a ride costs (euro cents, per leg)."""

    adult_ct: int = 350
    child_ct: int = 200
    surcharge_ct: int = 0
    """Once per leg and paying person."""


@dataclass(frozen=True, slots=True)
class SolverRules:
    """How the plan is improved."""

    engine: str = "portfolio"
    improve_every_s: int = 300
    improve_seconds: float = 10.0
    improve_iterations: int = 0
    """Most iterations of an engine in one improvement, so that the same tours give the same plan; 0 sets no limit."""
    min_gain_s: int = 60
    """Vehicle time that must be saved for each stop list that changes (s)."""
    silent_after_s: int = 900
    repair_tries: int = 3000
    """Insertions tried to make room before a wish is refused; 0 refuses at once."""
    repair_seconds: float = 0.5
    """Longest time that making room may take (s)."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service, live or simulated."""

    id: str
    name: str
    regime: Regime
    zone: ZoneInfo
    phone: str
    hours: Hours
    vehicles: tuple[Vehicle, ...]
    shifts: tuple[ShiftRule, ...]
    booking: BookingRules = field(default_factory=BookingRules)
    promise: PromiseRules = field(default_factory=PromiseRules)
    walking: Walking = field(default_factory=Walking)
    stops: StopRules = field(default_factory=StopRules)
    boarding: BoardingTimes = field(default_factory=BoardingTimes)
    areas: tuple[Area, ...] = ()
    fares: Fares = field(default_factory=Fares)
    solver: SolverRules = field(default_factory=SolverRules)
    closures: tuple[Closure, ...] = ()
    slowdowns: tuple[Slowdown, ...] = ()

    @property
    def hindrances(self) -> tuple[Closure | Slowdown, ...]:
        """All closures, then all slowdowns."""
        return (*self.closures, *self.slowdowns)

    def vehicle(self, vehicle_id: str) -> Vehicle:
        """Return the vehicle with that id.

        Raises
        ------
        KeyError
            When the fleet has none.
        """
        for vehicle in self.vehicles:
            if vehicle.id == vehicle_id:
                return vehicle
        raise KeyError(vehicle_id)

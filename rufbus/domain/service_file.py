"""Read the service file: TOML in, one checked :class:`~rufbus.domain.service.Service` out, or every fault at once."""

from __future__ import annotations

import datetime as dt
import itertools
import tomllib
import zoneinfo
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import holidays
import shapely
from shapely.geometry.base import BaseGeometry

from rufbus.domain.day_keys import WEEKDAYS, Days, parse_days, parse_window
from rufbus.domain.errors import FieldError, InvalidInput, InvalidServiceFile
from rufbus.domain.fleet import Vehicle
from rufbus.domain.place import Place
from rufbus.domain.polygon import read_geojson_polygon
from rufbus.domain.service import (
    Area,
    BoardingTimes,
    BookingRules,
    DayWindow,
    Fares,
    Hours,
    PromiseRules,
    Regime,
    Service,
    ShiftRule,
    SolverRules,
    StopRules,
    Walking,
)
from rufbus.domain.service_checks import check_figures, check_shifts, swapped_fault
from rufbus.domain.service_keys import ENGINES, FIGURES, ID_FORM, ID_PATTERN, TABLES, keys_of
from rufbus.domain.service_roads import read_closures, read_slowdowns
from rufbus.domain.toml_table import Faults, TomlTable, did_you_mean, refuse_duplicate_ids

ReadPolygon = Callable[[str], str]
"""Returns the text of a polygon file by the name that the service file gives it."""
Figures = TypeVar("Figures", BookingRules, PromiseRules, Walking, StopRules, BoardingTimes, Fares)

PHONE_PATTERN = r"|\+?[0-9][0-9 ()/-]{2,30}"
LONGEST_FILE = 1_000_000
"""Longest service file that is read (characters)."""


def parse_service(text: str, *, file_name: str, read_polygon: ReadPolygon) -> Service:
    """Return the service that a file describes.

    Parameters
    ----------
    text
        The file's text, TOML.
    file_name
        How errors name the file.
    read_polygon
        Returns the text of a polygon file named in ``[[areas]]``; raises ``OSError`` or ``ValueError`` when it cannot.

    Raises
    ------
    InvalidServiceFile
        With every fault that was found: key path, bad value, reason and what to do.
    """
    faults = Faults()
    root = TomlTable(_parse_toml(text, file_name), "", faults)
    root.refuse_unknown(TABLES)
    service = _read_service(root, read_polygon)
    if service is None or faults.found:
        raise refuse_file(file_name, faults.found)
    return service


def _parse_toml(text: str, file_name: str) -> dict[str, Any]:
    """Return the file as nested dictionaries."""
    if len(text) > LONGEST_FILE:
        raise refuse_file(
            file_name, [FieldError("", f"The file is longer than {LONGEST_FILE:,} characters. Shorten it.")]
        )
    try:
        return tomllib.loads(text.removeprefix("\ufeff").rstrip() + "\n")
    except tomllib.TOMLDecodeError as error:
        reason, _, where = str(error).rpartition(" (at ")
        place = where.removesuffix(")").replace("end of document", f"line {len(text.splitlines())}, the end")
        sentence = f"{reason}. The file is not TOML there; correct the line."
        raise refuse_file(file_name, [FieldError(place, sentence)]) from None
    except (ValueError, RecursionError):
        sentence = "The file has a number too long or tables too deep to read. Shorten them."
        raise refuse_file(file_name, [FieldError("", sentence)]) from None


def refuse_file(file_name: str, found: Sequence[FieldError]) -> InvalidServiceFile:
    """Return the error that tells of all faults, the first twenty in its sentence."""
    lines = [f"{fault.location}: {fault.detail}" if fault.location else fault.detail for fault in found]
    if len(lines) == 1:
        return InvalidServiceFile(f"{file_name}: {lines[0]}", errors=tuple(found))
    more = [f"and {len(lines) - 20} more"] if len(lines) > 20 else []
    listing = "\n  ".join([f"{file_name} has {len(lines)} faults:", *lines[:20], *more])
    return InvalidServiceFile(listing, errors=tuple(found))


def _read_service(root: TomlTable, read_polygon: ReadPolygon) -> Service | None:
    """Return the service, or ``None`` when a fault left a part of it missing."""
    head = root.table("service")
    head.refuse_unknown(keys_of("service"))
    service_id = head.text("id", pattern=ID_PATTERN, form=ID_FORM)
    name = head.text("name")
    regime = Regime(head.choice("regime", tuple(Regime), Regime.LINIENBEDARFSVERKEHR))
    phone = head.text("phone", "", pattern=PHONE_PATTERN, form="digits and blanks, such as +49 4621 000000")
    zone = _read_zone(head)
    hours = _read_hours(root)
    vehicles = _read_vehicles(root, zone)
    shifts = _read_shifts(root, vehicles, hours)
    areas = _read_areas(root, read_polygon, zone, vehicles)
    booking = _read_figures(root, "booking", BookingRules)
    promise = _read_figures(root, "promise", PromiseRules)
    walking = _read_figures(root, "walking", Walking)
    stops = _read_figures(root, "stops", StopRules)
    boarding = _read_figures(root, "boarding_s", BoardingTimes)
    fares = _read_figures(root, "fares", Fares)
    solver = _read_solver(root)
    check_figures(booking, promise, root.faults)
    if zone is None:
        return None
    closures = read_closures(root, zone, [vehicle.depot for vehicle in vehicles])
    slowdowns = read_slowdowns(root, zone)
    return Service(
        service_id, name, regime, zone, phone, hours, vehicles, shifts,
        booking, promise, walking, stops, boarding, areas, fares, solver, closures, slowdowns,
    )  # fmt: skip


def _read_zone(head: TomlTable) -> zoneinfo.ZoneInfo | None:
    """Return the time zone."""
    key = head.text("timezone", form='such as "Europe/Berlin"')
    if not key:
        return None
    try:
        return zoneinfo.ZoneInfo(key)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(key, zoneinfo.available_timezones())
        head.fault("timezone", f'is not a known time zone.{hint} Write a name such as "Europe/Berlin".')
        return None


def _read_figures(root: TomlTable, name: str, kind: type[Figures]) -> Figures:
    """Return a table of numbers; what the file leaves out keeps its default."""
    table = root.table(name)
    table.refuse_unknown(keys_of(name))
    usual = kind()
    return kind(**{key: table.number(key, getattr(usual, key), limits) for key, limits in FIGURES[name].items()})


def _read_solver(root: TomlTable) -> SolverRules:
    """Return how the plan is improved."""
    table = root.table("solver")
    table.refuse_unknown(keys_of("solver"))
    usual = SolverRules()
    figures = {key: table.number(key, getattr(usual, key), limits) for key, limits in FIGURES["solver"].items()}
    return SolverRules(engine=table.choice("engine", ENGINES, usual.engine), **figures)


# --- hours -----------------------------------------------------------------------------------------------------------


def _read_hours(root: TomlTable) -> Hours:
    """Return the service hours; a weekday that no key names is closed."""
    table = root.table("hours")
    if not table.values and table.sound:
        table.faults.add("hours", 'is missing. Add [hours] with lines such as mon-fri = ["05:00-21:00"].')
    weekdays: dict[int, tuple[DayWindow, ...]] = {}
    dates: dict[dt.date, tuple[DayWindow, ...]] = {}
    named: dict[str, str] = {}
    for key in (key for key in table.values if key != "holidays"):
        days = _read_day_key(table, key, named)
        if days is None:
            continue
        windows = _read_windows(table, key)
        weekdays |= dict.fromkeys(days.weekdays, windows)
        dates |= dict.fromkeys(days.dates, windows)
    return Hours(tuple(weekdays.get(day, ()) for day in range(7)), dates, _read_region(table))


def _read_day_key(table: TomlTable, key: str, named: dict[str, str]) -> Days | None:
    """Return the days of one key, or ``None`` when it names none; ``named`` remembers which key named each day."""
    try:
        days = parse_days(key)
    except InvalidInput as error:
        table.faults.add(table.at(key), f"{error.detail}{did_you_mean(key, ('holidays',))}")
        return None
    words = [*(WEEKDAYS[day] for day in sorted(days.weekdays)), *(day.isoformat() for day in sorted(days.dates))]
    for word in words:
        if word in named:
            table.faults.add(table.at(key), f'names {word}, as "{named[word]}" does. Name each day once.')
        named[word] = key
    return days


def _read_windows(table: TomlTable, key: str) -> tuple[DayWindow, ...]:
    """Return the spans of one day key, in order."""
    spans = table.values[key]
    if not isinstance(spans, list) or not all(isinstance(span, str) for span in spans):
        table.fault(key, 'is not a list of spans. Write ["05:00-21:00"], or [] for a day without service.')
        return ()
    windows = []
    for number, span in enumerate(spans):
        try:
            windows.append(parse_window(span))
        except InvalidInput as error:
            table.faults.add(f"{table.at(key)}[{number}]", error.detail, span)
    windows.sort(key=lambda window: window.start_s)
    if any(late.start_s < early.end_s for early, late in itertools.pairwise(windows)):
        table.fault(key, "has spans that overlap. Join them into one.")
    return tuple(windows)


def _read_region(table: TomlTable) -> str | None:
    """Return the region of the holidays."""
    region = table.text("holidays", "")
    if not region:
        return None
    country, dash, subdivision = region.partition("-")
    known = holidays.list_supported_countries()
    if country in known and (not dash or subdivision in known[country]):
        return region
    near = [country, *(f"{country}-{part}" for part in known[country])] if country in known else sorted(known)
    table.fault("holidays", f'has no known holidays.{did_you_mean(region, near)} Write a region such as "DE-SH".')
    return None


# --- areas -----------------------------------------------------------------------------------------------------------


def _read_areas(
    root: TomlTable, read_polygon: ReadPolygon, zone: zoneinfo.ZoneInfo | None, vehicles: tuple[Vehicle, ...]
) -> tuple[Area, ...]:
    """Return the areas with their polygons."""
    tables = root.tables("areas")
    areas = []
    for table in tables:
        table.refuse_unknown(keys_of("areas"))
        area_id = table.text("id", pattern=ID_PATTERN, form=ID_FORM)
        areas.append(Area(area_id, _read_area_polygon(table, read_polygon, zone, vehicles)))
    refuse_duplicate_ids(tables)
    return tuple(areas)


def _read_area_polygon(
    table: TomlTable, read_polygon: ReadPolygon, zone: zoneinfo.ZoneInfo | None, vehicles: tuple[Vehicle, ...]
) -> BaseGeometry | None:
    """Return an area's polygon, ready for many questions; ``None`` is everywhere."""
    if "polygon" not in table.values:
        return None
    name = table.text("polygon")
    if not name:
        return None
    try:
        polygon = read_geojson_polygon(read_polygon(name))
    except InvalidInput as error:
        table.fault("polygon", error.detail)
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        table.fault("polygon", f"cannot be read: {reason}. Give the path of a GeoJSON file beside this one.")
        return None
    centre = polygon.representative_point()
    fault = swapped_fault(centre.x, centre.y, zone, [vehicle.depot for vehicle in vehicles])
    if fault is not None:
        table.fault("polygon", fault)
    shapely.prepare(polygon)
    return polygon


# --- fleet and shifts ------------------------------------------------------------------------------------------------


def _read_vehicles(root: TomlTable, zone: zoneinfo.ZoneInfo | None) -> tuple[Vehicle, ...]:
    """Return the fleet; a vehicle with a fault is left out."""
    tables = root.tables("vehicles")
    if not tables and not root.faults.at_or_below("vehicles"):
        root.faults.add("vehicles", "is missing. Add a [[vehicles]] table for each van.")
    vehicles = [_read_vehicle(table, zone) for table in tables]
    refuse_duplicate_ids(tables)
    return tuple(vehicle for vehicle in vehicles if vehicle is not None)


def _read_vehicle(table: TomlTable, zone: zoneinfo.ZoneInfo | None) -> Vehicle | None:
    """Return one vehicle; room for luggage is one piece a seat unless the file says otherwise."""
    table.refuse_unknown(keys_of("vehicles"))
    limits = FIGURES["vehicles"]
    vehicle_id = table.text("id", pattern=ID_PATTERN, form=ID_FORM)
    name = table.text("name", vehicle_id)
    seats = table.number("seats", None, limits["seats"])
    places = table.number("wheelchair_places", 0, limits["wheelchair_places"])
    lost = table.number("seats_lost_per_wheelchair", 0, limits["seats_lost_per_wheelchair"])
    luggage = table.number("luggage_places", seats, limits["luggage_places"])
    depot = _read_depot(table, zone)
    if places and lost > seats and table.sound:
        table.fault("seats_lost_per_wheelchair", f"is more than the {seats} seats. No wheelchair could ever ride.")
    return Vehicle(vehicle_id, name, seats, places, lost, luggage, depot) if depot and table.sound else None


def _read_depot(table: TomlTable, zone: zoneinfo.ZoneInfo | None) -> Place | None:
    """Return where a vehicle's shifts begin and end."""
    value = table.values.get("depot")
    form = "Write [lon, lat] in degrees, such as [9.5496, 54.5142]."
    if value is None:
        table.fault("depot", f"is missing. {form}")
        return None
    numeric = isinstance(value, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
    if not numeric or len(value) != 2:
        table.fault("depot", f"is not a pair of numbers. {form}")
        return None
    try:
        place = Place(float(value[0]), float(value[1]))
    except (InvalidInput, OverflowError):
        table.fault("depot", f"is not on the earth. Longitude comes first. {form}")
        return None
    fault = swapped_fault(place.lon, place.lat, zone, [])
    if fault is not None:
        table.fault("depot", fault)
    return place


def _read_shifts(root: TomlTable, vehicles: tuple[Vehicle, ...], hours: Hours) -> tuple[ShiftRule, ...]:
    """Return the shifts, checked against each other and against the law."""
    tables = root.tables("shifts")
    if not tables and not root.faults.at_or_below("shifts"):
        root.faults.add("shifts", "is missing. Add a [[shifts]] table for each shift; without one nobody drives.")
    listed = {table.values.get("id") for table in root.tables("vehicles") if isinstance(table.values.get("id"), str)}
    fleet = sorted({vehicle.id for vehicle in vehicles} | {str(vehicle_id) for vehicle_id in listed})
    read = [(table, _read_shift(table, fleet)) for table in tables]
    sound = [(table.path, rule) for table, rule in read if rule is not None]
    check_shifts(sound, hours, root.faults)
    return tuple(rule for _, rule in sound)


def _read_shift(table: TomlTable, fleet: list[str]) -> ShiftRule | None:
    """Return one shift rule, or ``None`` when it has a fault."""
    table.refuse_unknown(keys_of("shifts"))
    vehicle = table.text("vehicle", form="the id of a vehicle")
    if vehicle and vehicle not in fleet:
        hint = did_you_mean(vehicle, fleet)
        table.fault("vehicle", f"is not the id of a vehicle in this file.{hint} Add it under [[vehicles]].")
    window = _read_window(table, "time", may_start_next_day=False)
    break_s = table.number("break_s", 0, FIGURES["shifts"]["break_s"])
    pause = _read_window(table, "break_window", may_start_next_day=True) if "break_window" in table.values else None
    days = None
    try:
        days = parse_days(table.text("days", form='such as "mon-fri" or "2026-12-24"') or "mon")
    except InvalidInput as error:
        table.fault("days", error.detail)
    if window is None or days is None or not table.sound:
        return None
    if pause is not None and pause.start_s < window.start_s and pause.end_s + 86_400 <= window.end_s:
        pause = DayWindow(pause.start_s + 86_400, pause.end_s + 86_400)
    return ShiftRule(vehicle, days.weekdays, days.dates, window, break_s, pause)


def _read_window(table: TomlTable, key: str, *, may_start_next_day: bool) -> DayWindow | None:
    """Return a span of time, or ``None`` when it has a fault."""
    text = table.text(key, form='such as "05:00-13:00"')
    if not text:
        return None
    try:
        return parse_window(text, may_start_next_day=may_start_next_day)
    except InvalidInput as error:
        table.fault(key, error.detail)
        return None

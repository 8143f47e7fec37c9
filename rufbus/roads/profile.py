"""The car profile: from a way's tags to whether, which way and how fast the van drives on it.

Speeds are what a van reaches, not what signs allow: ``SPEED_FACTOR`` of the limit (bends, junctions, other traffic), at
most what the class, the surface, the smoothness and the track grade let it drive. Waiting at lights and turning costs
nothing: the time of an edge is its length by its speed and nothing else.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rufbus.roads import access as access_tags
from rufbus.roads import maxspeed
from rufbus.roads.access import Access, find_access
from rufbus.roads.graph import BOTH_SIDES, FERRY, STOPPABLE

SPEED_FACTOR = 0.85
"""Driven speed by the limit: what remains of 100 km/h on a country road over junctions, bends and slow vehicles."""
DESTINATION_FACTOR = 0.5
"""On roads open to riders' destinations only, so that driving through them does not pay."""
LOWEST_KMH = 5.0


@dataclass(frozen=True, slots=True)
class RoadClass:
    """One value of ``highway`` (or a ferry)."""

    name: str
    limit_kmh: float
    """Taken as the limit where no tag names one."""
    highest_kmh: float
    """The van drives no faster on it, whatever is allowed."""
    open_default: bool = True
    """Open to cars where no tag speaks of access."""


ROAD_CLASSES = (
    RoadClass("motorway", 125, 110),
    RoadClass("motorway_link", 70, 70),
    RoadClass("trunk", 100, 95),
    RoadClass("trunk_link", 65, 65),
    RoadClass("primary", 85, 85),
    RoadClass("primary_link", 60, 60),
    RoadClass("secondary", 75, 80),
    RoadClass("secondary_link", 55, 60),
    RoadClass("tertiary", 65, 75),
    RoadClass("tertiary_link", 50, 50),
    RoadClass("unclassified", 50, 60),
    RoadClass("residential", 35, 40),
    RoadClass("living_street", 12, 12),
    RoadClass("service", 20, 30),
    RoadClass("track", 30, 30),
    RoadClass("road", 40, 50),
    RoadClass("busway", 50, 50, open_default=False),
    RoadClass("pedestrian", 8, 8, open_default=False),
    RoadClass("ferry", 15, 60),
)
"""All classes that the graph can hold, in the order of ``RoadGraph.edge_class``."""

CLASS_INDEX = {road.name: index for index, road in enumerate(ROAD_CLASSES)}
FERRY_CLASS = CLASS_INDEX["ferry"]

PLANNED = frozenset(("abandoned", "construction", "demolished", "disused", "planned", "proposed", "razed"))
SERVICE_KMH = {"driveway": 10.0, "parking_aisle": 10.0, "alley": 12.0, "drive-through": 8.0, "parking": 10.0}
CLOSED_SERVICES = frozenset(("emergency_access", "fire_lane"))
SURFACE_KMH = {
    "chipseal": 80.0, "concrete:plates": 60.0, "paving_stones": 60.0, "metal": 40.0, "wood": 20.0,
    "sett": 40.0, "cobblestone": 30.0, "unhewn_cobblestone": 20.0, "concrete:lanes": 30.0, "grass_paver": 15.0,
    "compacted": 60.0, "fine_gravel": 45.0, "gravel": 40.0, "unpaved": 45.0, "pebblestone": 30.0,
    "dirt": 25.0, "earth": 25.0, "ground": 25.0, "clay": 25.0, "grass": 15.0, "sand": 12.0, "mud": 8.0, "rock": 12.0,
}  # fmt: skip
"""Highest driven speed by surface; those not listed set no bound."""
FIRM_SURFACES = frozenset(
    ("asphalt", "paved", "chipseal", "concrete", "concrete:plates", "concrete:lanes", "paving_stones", "sett",
     "compacted", "cobblestone", "metal", "bricks")
)  # fmt: skip
SMOOTHNESS_KMH = {"intermediate": 80.0, "bad": 40.0, "very_bad": 20.0, "horrible": 10.0}
IMPASSABLE = frozenset(("very_horrible", "impassable"))
TRACKTYPE_KMH = {"grade1": 40.0, "grade2": 25.0, "grade3": 15.0, "grade4": 10.0, "grade5": 6.0}
VAN_TRACKTYPES = frozenset(("grade1", "grade2"))
"""Tracks for the van where no tag speaks of access."""

VAN_HEIGHT_M, VAN_WIDTH_M, VAN_WEIGHT_T = 2.8, 2.1, 3.5
"""A long van for eight riders and a wheelchair, without its mirrors."""
NO_STOP_LIMIT_KMH = 70.0
"""From this limit on the van does not stop on a primary road."""
CROSSING_LIMIT_KMH = 50.0
"""Up to this limit riders cross a quiet road."""

_NEVER_STOP = frozenset(("motorway", "motorway_link", "trunk", "trunk_link", "busway", "ferry"))
_QUIET = frozenset(
    ("residential", "living_street", "service", "unclassified", "track", "tertiary", "road", "pedestrian")
)
_ROUND = frozenset(("roundabout", "circular"))
_CONTRAFLOW = ("oneway:psv", "oneway:bus", "oneway:minibus")
_ONEWAY_KEYS = ("oneway", "oneway:vehicle", "oneway:motor_vehicle", "oneway:motorcar")
_METRES = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(?:m|t)?", re.ASCII)

KEYS = (
    frozenset(
        ("highway", "route", "area", "service", "surface", "smoothness", "tracktype", "junction", "lanes", "tunnel",
         "bridge", "duration", "ford", "construction", "maxheight", "maxwidth", "maxweight", "maxspeed",
         "maxspeed:forward", "maxspeed:backward", "busway", *_CONTRAFLOW, *_ONEWAY_KEYS, *maxspeed.TYPE_KEYS)
    )
    | access_tags.KEYS
)  # fmt: skip
"""Every tag that the profile looks at."""


class LeftOut(StrEnum):
    """Why a way is no road for the van; the value is a phrase for people."""

    NOT_FOR_CARS = "not for cars (paths, footways, cycleways and the like)"
    PLANNED = "under construction, planned or gone"
    NO_ACCESS = "closed to the van by access tags"
    TRACK = "track without a firm surface"
    AREA = "area, not a line"
    REVERSIBLE = "one-way whose direction changes with the hour"
    FERRY_WITHOUT_CARS = "ferry that takes no cars"
    TOO_SMALL = "too low, too narrow or too weak for the van"
    IMPASSABLE = "impassable surface"
    NO_ROAD = "no road at all"
    """Routes on foot and the like; not counted in reports."""


@dataclass(frozen=True, slots=True)
class WayProfile:
    """What the profile makes of a way."""

    road_class: int = 0
    forward_kmh: float = 0.0
    """Driven speed along the way, 0 where it may not be driven."""
    backward_kmh: float = 0.0
    flags: int = 0
    left_out: LeftOut | None = None
    duration_s: int | None = None
    """Time that a whole ferry way takes; stands above the speeds."""
    unread_condition: bool = False
    """A conditional access tag could not be applied."""


def profile_way(tags: Mapping[str, str], at: dt.datetime | None = None) -> WayProfile:
    """Return what a way's tags mean for the van, at a local time where conditional tags matter."""
    unread = access_tags.has_unread_condition(tags, at)
    if tags.get("route") == "ferry":
        return _profile_ferry(tags, at, unread=unread)
    name = tags.get("highway")
    reason = _find_reason(tags, name, at)
    if reason is not None or name is None:
        return WayProfile(left_out=reason or LeftOut.NO_ROAD, unread_condition=unread)
    road = ROAD_CLASSES[CLASS_INDEX[name]]
    forward_limit, backward_limit = maxspeed.find_limits(tags)
    runs_forward, runs_backward = _find_directions(tags, name)
    return WayProfile(
        road_class=CLASS_INDEX[name],
        forward_kmh=_driven_kmh(tags, road, forward_limit, at) if runs_forward else 0.0,
        backward_kmh=_driven_kmh(tags, road, backward_limit, at) if runs_backward else 0.0,
        flags=_find_flags(tags, road, max((k for k in (forward_limit, backward_limit) if k), default=None)),
        unread_condition=unread,
    )


def _find_reason(tags: Mapping[str, str], name: str | None, at: dt.datetime | None) -> LeftOut | None:
    if name is None:
        return LeftOut.NO_ROAD
    if name in PLANNED or tags.get("construction", "no") not in ("no", "minor", "widening"):
        return LeftOut.PLANNED
    if name not in CLASS_INDEX or name == "ferry":
        return LeftOut.NOT_FOR_CARS
    return _find_closure(tags, name, at) or _find_obstacle(tags)


def _find_obstacle(tags: Mapping[str, str]) -> LeftOut | None:
    if tags.get("area") == "yes":
        return LeftOut.AREA
    if any(tags.get(key) == "reversible" for key in _ONEWAY_KEYS):
        return LeftOut.REVERSIBLE
    if tags.get("smoothness") in IMPASSABLE:
        return LeftOut.IMPASSABLE
    return LeftOut.TOO_SMALL if _is_too_small(tags) else None


def _find_closure(tags: Mapping[str, str], name: str, at: dt.datetime | None) -> LeftOut | None:
    found = find_access(tags, at)
    if found is Access.CLOSED:
        return LeftOut.NO_ACCESS
    if found is not None:
        return None
    if name == "pedestrian":
        return LeftOut.NOT_FOR_CARS
    if not ROAD_CLASSES[CLASS_INDEX[name]].open_default or tags.get("service") in CLOSED_SERVICES:
        return LeftOut.NO_ACCESS
    if name == "track" and not _is_firm(tags):
        return LeftOut.TRACK
    return None


def _is_firm(tags: Mapping[str, str]) -> bool:
    grade = tags.get("tracktype")
    return grade in VAN_TRACKTYPES or (grade is None and tags.get("surface") in FIRM_SURFACES)


def _is_too_small(tags: Mapping[str, str]) -> bool:
    bounds = (("maxheight", VAN_HEIGHT_M), ("maxwidth", VAN_WIDTH_M), ("maxweight", VAN_WEIGHT_T))
    for key, need in bounds:
        match = _METRES.fullmatch(tags[key].strip()) if key in tags else None
        if match and float(match[1].replace(",", ".")) < need:
            return True
    return False


def _find_directions(tags: Mapping[str, str], name: str) -> tuple[bool, bool]:
    implied = "yes" if name == "motorway" or tags.get("junction") in _ROUND else "no"
    oneway = next((tags[key] for key in reversed(_ONEWAY_KEYS) if key in tags), implied)
    if any(tags.get(key) == "no" for key in _CONTRAFLOW) or tags.get("busway") == "opposite_lane":
        return True, True
    return oneway not in ("-1", "reverse"), oneway not in ("yes", "true", "1")


def _driven_kmh(tags: Mapping[str, str], road: RoadClass, limit: float | None, at: dt.datetime | None) -> float:
    service = SERVICE_KMH.get(tags.get("service", "")) if road.name == "service" else None
    kmh = min(SPEED_FACTOR * (limit or service or road.limit_kmh), road.highest_kmh, service or road.highest_kmh)
    for table, key in ((SURFACE_KMH, "surface"), (SMOOTHNESS_KMH, "smoothness"), (TRACKTYPE_KMH, "tracktype")):
        kmh = min(kmh, table.get(tags.get(key, ""), kmh))
    if tags.get("ford", "no") != "no":
        kmh = min(kmh, 10.0)
    if find_access(tags, at) is Access.DESTINATION:
        kmh *= DESTINATION_FACTOR
    return max(kmh, LOWEST_KMH)


def _find_flags(tags: Mapping[str, str], road: RoadClass, limit: float | None) -> int:
    flags = 0
    on_structure = any(tags.get(key, "no") != "no" for key in ("tunnel", "bridge", "ford"))
    round_junction = tags.get("junction") in _ROUND
    fast = road.name.startswith("primary") and limit is not None and limit >= NO_STOP_LIMIT_KMH
    if not (road.name in _NEVER_STOP or on_structure or round_junction or fast):
        flags |= STOPPABLE
    slow = (limit or road.limit_kmh) <= CROSSING_LIMIT_KMH
    if road.name in _QUIET and slow and not round_junction and _lane_count(tags) <= 2:
        flags |= BOTH_SIDES
    return flags


def _lane_count(tags: Mapping[str, str]) -> float:
    try:
        return float(tags.get("lanes", "2").split(";")[0])
    except ValueError:
        return 2.0


def _profile_ferry(tags: Mapping[str, str], at: dt.datetime | None, *, unread: bool) -> WayProfile:
    if tags.get("highway") in PLANNED or tags.get("construction", "no") != "no":
        return WayProfile(left_out=LeftOut.PLANNED, unread_condition=unread)
    named = {key: value for key, value in tags.items() if key != "access"}
    if find_access(named, at) in (None, Access.CLOSED):
        return WayProfile(left_out=LeftOut.FERRY_WITHOUT_CARS, unread_condition=unread)
    kmh = ROAD_CLASSES[FERRY_CLASS].limit_kmh
    oneway = tags.get("oneway")
    return WayProfile(
        road_class=FERRY_CLASS,
        forward_kmh=0.0 if oneway == "-1" else kmh,
        backward_kmh=0.0 if oneway in ("yes", "1", "true") else kmh,
        flags=FERRY,
        duration_s=parse_duration_s(tags.get("duration")),
        unread_condition=unread,
    )


_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3})(?::(\d{2}))?", re.ASCII)
_ISO = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5})S)?", re.ASCII)


def parse_duration_s(text: str | None) -> int | None:
    """Return a ferry's ``duration`` (s): ``00:20``, ``1:05:00``, ``20`` (minutes) or ``PT20M``, or ``None``."""
    text = (text or "").strip()
    match = _ISO.fullmatch(text.upper()) or _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds or None

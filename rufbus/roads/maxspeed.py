"""Speed limits as OpenStreetMap writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

KMH_PER_MPH = 1.609344
KMH_PER_KNOT = 1.852
WALK_KMH = 7.0
"""Schrittgeschwindigkeit."""
NO_LIMIT_KMH = 130.0
"""``maxspeed=none``: the Richtgeschwindigkeit on a German motorway."""
URBAN_KMH = 50.0
LOWEST_KMH, HIGHEST_KMH = 1.0, 300.0
"""Limits outside are mistakes and are not taken."""

RURAL_KMH = {
    "AT": 100.0, "BE": 90.0, "CH": 80.0, "CZ": 90.0, "DE": 100.0, "DK": 80.0, "ES": 90.0, "FI": 80.0, "FR": 80.0,
    "GB": 96.6, "IT": 90.0, "LI": 80.0, "LU": 90.0, "NL": 80.0, "NO": 80.0, "PL": 90.0, "SE": 70.0,
}  # fmt: skip
"""Limits outside built-up areas by country."""
RURAL_ELSEWHERE_KMH = 90.0
MOTORWAY_KMH = {"DE": NO_LIMIT_KMH, "CH": 120.0, "BE": 120.0, "ES": 120.0, "NL": 100.0, "NO": 110.0, "GB": 112.7}
MOTORWAY_ELSEWHERE_KMH = 130.0

TYPE_KEYS = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
"""Keys that name the kind of limit where ``maxspeed`` itself is missing."""

_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(km/h|kmh|kph|mph|knots|kn)?", re.ASCII)
_ZONE = re.compile(r"(?:([a-z]{2}):)?(?:zone[:\s]?)?(\d{1,3})", re.ASCII)
_PLACE = re.compile(r"([a-z]{2}):([a-z_]+)", re.ASCII)
_FACTOR = {"mph": KMH_PER_MPH, "knots": KMH_PER_KNOT, "kn": KMH_PER_KNOT}


def parse_maxspeed(text: str | None) -> float | None:
    """Return a limit in km/h, ``None`` where the text names no fixed one.

    Reads plain km/h, mph and knots, ``walk``, ``none``, zones (``DE:zone:30``, ``zone:30``, ``DE:30``) and kinds of
    place (``DE:urban``, ``DE:rural``, ``DE:motorway``, ``DE:living_street``). Of several limits (``50;30``) the lowest
    counts.
    """
    if not text:
        return None
    limits = [limit for limit in map(_parse_one, text.lower().split(";")) if limit is not None]
    return min(limits, default=None)


def _parse_one(text: str) -> float | None:
    text = text.strip()
    if text == "none":
        return NO_LIMIT_KMH
    if text == "walk":
        return WALK_KMH
    if match := _NUMBER.fullmatch(text):
        return _checked(float(match[1]) * _FACTOR.get(match[2] or "", 1.0))
    if match := _ZONE.fullmatch(text):
        return _checked(float(match[2]) * (KMH_PER_MPH if match[1] in ("gb", "uk") else 1.0))
    if match := _PLACE.fullmatch(text):
        return _parse_place(match[1].upper(), match[2])
    return None


def _checked(kmh: float) -> float | None:
    return kmh if LOWEST_KMH <= kmh <= HIGHEST_KMH else None


def _parse_place(country: str, kind: str) -> float | None:
    if kind == "urban":
        return URBAN_KMH
    if kind in ("rural", "trunk"):
        return RURAL_KMH.get(country, RURAL_ELSEWHERE_KMH)
    if kind == "motorway":
        return MOTORWAY_KMH.get(country, MOTORWAY_ELSEWHERE_KMH)
    if kind in ("living_street", "walk"):
        return WALK_KMH
    if kind == "bicycle_road":
        return 30.0
    return None


def find_limits(tags: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Return the limits along and against a way (km/h), ``None`` where the tags name none."""
    both = parse_maxspeed(tags.get("maxspeed"))
    if both is None:
        both = next((kmh for key in TYPE_KEYS if (kmh := parse_maxspeed(tags.get(key))) is not None), None)
    forward = parse_maxspeed(tags.get("maxspeed:forward"))
    backward = parse_maxspeed(tags.get("maxspeed:backward"))
    return (both if forward is None else forward, both if backward is None else backward)

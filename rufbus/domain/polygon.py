"""Areas drawn as GeoJSON: read and checked, with the place of what is wrong."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from rufbus.domain.errors import InvalidInput

MOST_VERTICES = 2_000
LONGEST_FILE = 1_000_000
"""Longest polygon file that is read (characters)."""

Ring = list[tuple[float, float]]


def read_geojson_polygon(text: str) -> BaseGeometry:
    """Return the polygons of a GeoJSON text as one geometry in (lon, lat) degrees.

    A polygon, a multi-polygon, a feature or a collection of these; several are joined.

    Raises
    ------
    InvalidInput
        When it is no GeoJSON, or a polygon is too large, crosses itself or does not lie on the earth.
    """
    if len(text) > LONGEST_FILE:
        raise InvalidInput(f"is longer than {LONGEST_FILE:,} characters. Simplify the polygon.")
    polygons = list(_polygons(_parse(text)))
    if not polygons:
        raise InvalidInput("has no polygon. Draw the area as a GeoJSON Polygon or MultiPolygon.")
    vertices = sum(len(ring) for polygon in polygons for ring in polygon)
    if vertices > MOST_VERTICES:
        raise InvalidInput(f"has {vertices:,} vertices; {MOST_VERTICES:,} are the most. Simplify the polygon.")
    return shapely.unary_union([_valid(polygon) for polygon in polygons])


def _parse(text: str) -> Any:
    """Return the JSON value of a text."""
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"is not GeoJSON{reason}. Export the area again as GeoJSON.") from None


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise ValueError(name)


def _polygons(value: Any) -> Iterable[list[Ring]]:
    """Yield every polygon of a GeoJSON object as its rings."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "FeatureCollection":
        for feature in _list(value.get("features")):
            yield from _polygons(feature)
    elif kind == "GeometryCollection":
        for geometry in _list(value.get("geometries")):
            yield from _polygons(geometry)
    elif kind == "Feature":
        yield from _polygons(value.get("geometry"))
    elif kind == "Polygon":
        yield [_ring(ring) for ring in _list(value.get("coordinates"))]
    elif kind == "MultiPolygon":
        for polygon in _list(value.get("coordinates")):
            yield [_ring(ring) for ring in _list(polygon)]
    else:
        raise InvalidInput(f"has a {str(kind)[:40]!r} where a polygon belongs. Keep only polygons in the file.")


def _list(value: Any) -> list[Any]:
    """Return a JSON array."""
    if not isinstance(value, list) or not value:
        raise InvalidInput("has an empty or missing list of coordinates or features. Export the area again.")
    return value


def _ring(value: Any) -> Ring:
    """Return a closed ring of positions."""
    ring = [_position(position) for position in _list(value)]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise InvalidInput(
            f"has a ring that is not closed at {_say(*ring[0])}: at least four positions, the last equal to the first."
        )
    return ring


def _position(value: Any) -> tuple[float, float]:
    """Return a position as (lon, lat)."""
    numbers = value[:2] if isinstance(value, list) else []
    if len(numbers) < 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise InvalidInput(f"has a position that is not [lon, lat]: {str(value)[:60]}.")
    lon, lat = numbers
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or not math.isfinite(lon + lat):
        raise InvalidInput(
            f"has a position that is not on the earth: {str(numbers)[:60]}. Write longitude first, then latitude, in "
            "WGS84 degrees (EPSG:4326)."
        )
    return float(lon), float(lat)


def _valid(rings: list[Ring]) -> BaseGeometry:
    """Return a polygon that does not cross itself and has an area."""
    polygon = shapely.Polygon(rings[0], rings[1:])
    if not polygon.is_valid:
        reason = explain_validity(polygon)
        where = re.search(r"\[(\S+) (\S+)\]", reason)
        place = f" at {_say(float(where[1]), float(where[2]))}" if where else ""
        raise InvalidInput(f"is not a valid polygon: {reason.partition('[')[0].lower()}{place}. Redraw it there.")
    if polygon.area == 0:
        raise InvalidInput("encloses no area. Redraw it.")
    return polygon


def _say(lon: float, lat: float) -> str:
    """Return a position in words."""
    return f"lon {lon:.6g}, lat {lat:.6g}"

"""Asking the servers that OSMnx is set to: the geocoder for a place's border, Overpass for what lies inside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import osmnx
import requests
from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from rufbus.domain.errors import InvalidRoads, Unavailable

MARGIN_DEG = 0.01
"""So far beyond the border roads are taken, about 1 km: a way along the border must not end there."""
DETAIL_DEG = 0.003
"""The border is drawn no finer than this, so that the question stays short."""
TAIL_BYTES = 2000

SELECTORS = (
    'way["highway"]',
    'way["route"="ferry"]',
    'node["highway"="bus_stop"]',
    'nw["public_transport"]',
    'node["place"]',
)
"""What is asked for; the restrictions of the ways and all their nodes come with it."""


def find_area(place: str) -> BaseGeometry:
    """Return the area of a place by name, with a margin.

    Raises
    ------
    InvalidRoads
        When the geocoder knows no such place, or only a point.
    Unavailable
        When the geocoder cannot be reached.
    """
    try:
        with _no_cache():
            found = osmnx.geocoder.geocode_to_gdf(place)
    except (InsufficientResponseError, TypeError) as error:
        raise InvalidRoads(
            f'The geocoder knows no area called "{place}": spell it as on the map, with Kreis or Land, '
            "or download an extract by its address."
        ) from error
    except (ResponseStatusCodeError, requests.RequestException) as error:
        raise Unavailable(f"The geocoder cannot be asked now ({error}): try again later.") from error
    area: BaseGeometry = found.geometry.iloc[0]
    return area.buffer(MARGIN_DEG).simplify(DETAIL_DEG)


@contextlib.contextmanager
def _no_cache() -> Iterator[None]:
    """Keep OSMnx from writing its cache into the current folder."""
    before, osmnx.settings.use_cache = osmnx.settings.use_cache, False
    try:
        yield
    finally:
        osmnx.settings.use_cache = before


def write_question(area: BaseGeometry) -> str:
    """Return the question to Overpass for an area in (lon, lat)."""
    parts = area.geoms if isinstance(area, MultiPolygon) else (area,)
    filters = [_border(part) for part in parts if isinstance(part, Polygon)]
    wanted = "".join(f"{selector}(poly:{border});" for border in filters for selector in SELECTORS)
    memory = f"[maxsize:{osmnx.settings.overpass_memory}]" if osmnx.settings.overpass_memory else ""
    return (
        f"[out:xml][timeout:{int(osmnx.settings.requests_timeout)}]{memory};({wanted})->.all;"
        'way.all["highway"]->.roads;rel(bw.roads)["type"="restriction"]->.turns;'
        "(.all;.all >;.turns;);out body;"
    )


def _border(polygon: Polygon) -> str:
    return '"' + " ".join(f"{lat:.5f} {lon:.5f}" for lon, lat in polygon.exterior.coords) + '"'


def ask_overpass(area: BaseGeometry, answer: Path, arrived: Callable[[], None]) -> None:
    """Write Overpass's answer for an area to a file, calling ``arrived`` as it comes in.

    Raises
    ------
    Unavailable
        When the server cannot be reached, is busy, or gave up on the question.
    """
    settings = osmnx.settings
    url = f"{settings.overpass_url.rstrip('/')}/interpreter"
    headers = {"User-Agent": settings.http_user_agent, "Referer": settings.http_referer}
    try:
        with (
            answer.open("wb") as file,
            httpx.stream(
                "POST",
                url,
                data={"data": write_question(area)},
                headers=headers,
                timeout=settings.requests_timeout,
            ) as sent,
        ):
            _check_status(sent)
            for chunk in sent.iter_bytes():
                file.write(chunk)
                arrived()
    except httpx.TransportError as error:
        raise Unavailable(
            f"The map server cannot be reached or broke off ({error or type(error).__name__}): try again later."
        ) from error
    _check_whole(answer)


def _check_status(sent: httpx.Response) -> None:
    if not sent.is_success:
        raise Unavailable(
            f"The map server refuses the question now (HTTP {sent.status_code}): try again later, "
            "or download an extract by its address."
        )


def _check_whole(answer: Path) -> None:
    with answer.open("rb") as file:
        file.seek(max(answer.stat().st_size - TAIL_BYTES, 0))
        tail = file.read().decode("utf-8", "replace")
    if "<remark>" in tail or not tail.rstrip().endswith("</osm>"):
        raise Unavailable(
            "The map server gave up before its answer was whole: ask for a smaller place, try again later, "
            "or download an extract by its address."
        )

"""Places: stops by name, on the map, and what the map is drawn from."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from rufbus.bootstrap import Running
from rufbus.dispatch.places import search_stops
from rufbus.dispatch.stop_list import list_stops
from rufbus.home import WATER_FILE
from rufbus.roads.geojson import stops_geojson, to_geojson_roads

from .. import schemas
from ..auth import EVERYBODY, VAN_READERS, Caller, allow, running_of
from ..etags import UNCHANGED, answer_with_etag
from ..fields import Name
from .vehicles import check_vehicle_exists

router = APIRouter(tags=["places"])

MAP_POINTS = 60_000
"""Points of road that a map is drawn from at most, so that a browser has it within seconds."""


@router.get("/places")
def search(
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(EVERYBODY))],
    q: Annotated[Name, Query(max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> schemas.PlacesOut:
    """Find stops by name, forgiving spelling; best first."""
    found = search_stops(running.desk.network, q, limit)
    return schemas.PlacesOut(
        places=[
            schemas.PlaceOut(stop_id=stop.id, name=stop.name, lon=stop.place.lon, lat=stop.place.lat) for stop in found
        ]
    )


@router.get("/stops", response_model=schemas.FeatureCollection, responses=UNCHANGED)
def read_stops(
    request: Request,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(EVERYBODY))],
) -> Response:
    """Return all stops as GeoJSON points."""
    return answer_with_etag(request, _drawn(running, "stops", lambda: stops_geojson(running.network)))


@router.get("/map/roads", response_model=schemas.FeatureCollection, responses=UNCHANGED)
def read_roads(
    request: Request,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(EVERYBODY))],
) -> Response:
    """Return the roads as GeoJSON lines, for drawing."""
    shown = _drawn(running, "roads", lambda: to_geojson_roads(running.network.graph, max_points=MAP_POINTS))
    return answer_with_etag(request, shown)


def _drawn(running: Running, name: str, draw: Callable[[], dict[str, Any]]) -> str:
    """Return what is drawn once for all callers: the network does not change while a server runs."""
    if name not in running.drawn:
        running.drawn[name] = json.dumps(draw(), ensure_ascii=False, separators=(",", ":"))
    return running.drawn[name]


@router.get("/map/water", response_model=schemas.FeatureCollection, responses=UNCHANGED)
def read_water(
    request: Request,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(EVERYBODY))],
) -> Response:
    """Return the water areas that were given with the service file, for drawing; none when none were."""
    path = running.home.path / WATER_FILE
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"features": []}
    return answer_with_etag(request, schemas.FeatureCollection(type="FeatureCollection", features=found["features"]))


@router.get("/vehicles/{vehicle_id}/route")
def read_route(
    vehicle_id: Name,
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(VAN_READERS))],
) -> schemas.RouteOut:
    """Return the way along a van's stop list, with the streets it takes."""
    caller.check_vehicle(vehicle_id)
    check_vehicle_exists(running, vehicle_id)
    desk = running.desk
    with desk.store.read() as session:
        stops = list_stops(desk, session, vehicle_id)
    coordinates: list[list[float]] = []
    streets: list[str] = []
    for stop, following in pairwise(stops):
        origin, destination = desk.place_index(stop.stop.id), desk.place_index(following.stop.id)
        if origin != destination:
            leg = desk.network.get_leg(origin, destination, following.service_day)
            coordinates += [list(point) for point in leg.coordinates]
            streets += leg.streets
    return schemas.RouteOut(vehicle_id=vehicle_id, coordinates=coordinates, streets=streets)

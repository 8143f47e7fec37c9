"""Roads and stops as GeoJSON (RFC 7946) for the map page."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from rufbus.domain.errors import InvalidRoads
from rufbus.ports import StopNetwork
from rufbus.roads.graph import FERRY, RoadGraph
from rufbus.roads.metres import from_sheet, ground_m_per_unit
from rufbus.roads.profile import ROAD_CLASSES
from rufbus.roads.snap import edge_lines

DIGITS = 5
"""Decimals of degrees: a metre, finer than the lines are drawn."""
COARSEST_M = 64.0
"""Lines are never simplified more than this."""


def to_geojson_roads(
    graph: RoadGraph, min_class: str | None = None, simplify_m: float = 3.0, *, max_points: int | None = None
) -> dict[str, Any]:
    """Return the roads as a FeatureCollection of lines, one for both directions, with ``class`` and ``name``.

    Parameters
    ----------
    graph
        The roads.
    min_class
        The least important class to show, such as ``"tertiary"``; ferries are always shown. None: all.
    simplify_m
        How far a simplified line may lie from the road (m).
    max_points
        Doubles ``simplify_m``, at most to 64 m, until so many points suffice, and then leaves out the least important
        classes one by one.

    Raises
    ------
    InvalidRoads
        When there is no such class.
    """
    least = len(ROAD_CLASSES) - 1 if min_class is None else _class_number(min_class)
    numbers = np.arange(graph.edge_count)
    single = (graph.edge_twin < 0) | (graph.edge_twin > numbers)
    roads = np.flatnonzero(single & ((graph.edge_class <= least) | ((graph.edge_flags & FERRY) > 0)))
    lines = _simplified(graph, edge_lines(graph, roads), simplify_m)
    while max_points is not None and simplify_m < COARSEST_M and shapely.get_num_coordinates(lines).sum() > max_points:
        simplify_m *= 2
        lines = _simplified(graph, lines, simplify_m)
    shown = _most_important(graph, roads, lines, max_points)
    features = [_road(graph, int(road), line) for road, line in zip(roads[shown], lines[shown], strict=True)]
    return {"type": "FeatureCollection", "features": [feature for feature in features if feature is not None]}


def stops_geojson(network: StopNetwork) -> dict[str, Any]:
    """Return the stops, without depots, as a FeatureCollection of points with ``name`` and ``virtual``."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": stop.id,
                "geometry": {"type": "Point", "coordinates": [round(stop.place.lon, 6), round(stop.place.lat, 6)]},
                "properties": {"name": stop.name, "virtual": stop.virtual},
            }
            for stop in network.stops[: network.stop_count]
        ],
    }


def _class_number(name: str) -> int:
    for number, road_class in enumerate(ROAD_CLASSES):
        if road_class.name == name:
            return number
    known = ", ".join(road_class.name for road_class in ROAD_CLASSES)
    raise InvalidRoads(f"There is no class of road “{name}”. Choose one of {known}.")


def _simplified(graph: RoadGraph, lines: NDArray[np.object_], simplify_m: float) -> NDArray[np.object_]:
    middle = float(np.median(graph.node_lat)) if graph.node_count else 0.0
    return np.asarray(shapely.simplify(lines, simplify_m / ground_m_per_unit(middle)), dtype=np.object_)


def _most_important(
    graph: RoadGraph, roads: NDArray[np.int64], lines: NDArray[np.object_], max_points: int | None
) -> NDArray[np.bool_]:
    """Return which of ``roads`` to show: whole classes, the most important first, ferries before all."""
    shown = np.ones(len(roads), dtype=bool)
    if max_points is None:
        return shown
    rank = np.where(graph.edge_flags[roads] & FERRY, -1, graph.edge_class[roads].astype(np.int64))
    points = shapely.get_num_coordinates(lines)
    for least in sorted(set(rank.tolist()), reverse=True):
        if points[shown].sum() <= max_points:
            break
        shown &= rank < least
    return shown


def _road(graph: RoadGraph, road: int, line: Any) -> dict[str, Any] | None:
    """Return the feature of a road, or ``None`` when it is too short to be seen."""
    lon, lat = from_sheet(shapely.get_coordinates(line))
    points = np.round(np.stack([lon, lat], axis=1), DIGITS).tolist()
    coordinates = [point for number, point in enumerate(points) if not number or point != points[number - 1]]
    if len(coordinates) < 2:
        return None
    properties = {"class": ROAD_CLASSES[int(graph.edge_class[road])].name}
    name = graph.names[int(graph.edge_name[road])]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": coordinates},
        "properties": {**properties, "name": name} if name else properties,
    }

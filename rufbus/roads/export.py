"""The road graph as a NetworkX graph in the conventions of OSMnx."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from shapely import LineString

from rufbus.roads.graph import RoadGraph
from rufbus.roads.profile import ROAD_CLASSES


def to_networkx(graph: RoadGraph) -> nx.MultiDiGraph[int]:
    """Return the graph for OSMnx and NetworkX; turn restrictions have no place in it and are lost.

    Nodes have their OpenStreetMap ids, ``x``, ``y`` and ``street_count``; of a node that a barrier divides, one half
    has the id negated. Edges have ``osmid``, ``length`` (m), ``highway``, ``name`` (where there is one), ``oneway``,
    ``geometry``, ``speed_kph`` and ``travel_time`` (s).
    """
    result: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="epsg:4326", simplified=True, source=graph.source)
    ids = graph.node_osm_id.tolist()
    places = zip(ids, graph.node_lon.tolist(), graph.node_lat.tolist(), _count_streets(graph).tolist(), strict=True)
    result.add_nodes_from((node, {"x": lon, "y": lat, "street_count": count}) for node, lon, lat, count in places)
    tails, heads = graph.edge_from.tolist(), graph.edge_to.tolist()
    for edge, (tail, head) in enumerate(zip(tails, heads, strict=True)):
        result.add_edge(ids[tail], ids[head], **_describe_edge(graph, edge))
    return result


def _describe_edge(graph: RoadGraph, edge: int) -> dict[str, Any]:
    points = slice(int(graph.shape_start[edge]), int(graph.shape_start[edge + 1]))
    length_m, time_s = float(graph.edge_length_m[edge]), int(graph.edge_ms[edge]) / 1000
    name = graph.names[graph.edge_name[edge]]
    return {
        "osmid": int(graph.edge_way[edge]),
        "length": length_m,
        "highway": ROAD_CLASSES[graph.edge_class[edge]].name,
        **({"name": name} if name else {}),
        "oneway": bool(graph.edge_twin[edge] < 0),
        "geometry": LineString(np.column_stack((graph.shape_lon[points], graph.shape_lat[points]))),
        "speed_kph": length_m / time_s * 3.6,
        "travel_time": time_s,
    }


def _count_streets(graph: RoadGraph) -> NDArray[np.int64]:
    once = (graph.edge_twin < 0) | (np.arange(graph.edge_count) < graph.edge_twin)
    ends = np.concatenate((graph.edge_from[once], graph.edge_to[once]))
    return np.bincount(ends, minlength=graph.node_count)

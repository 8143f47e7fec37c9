"""Every real extract at hand is either a graph that keeps its promises or a clear error."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.graph_file import load_graph, save_graph
from rufbus.roads.osm import read_roads
from rufbus.roads.turn_graph import expand_turns

OSM = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data")) / "osm"
REFUSED = {
    "otp_isoiiluoto-island.osm.pbf": "95 not for cars",
    "gh_conditional-restrictions.osm.xml": "5 not for cars",
    "r5_missing-nodes.osm.pbf": "lacks nodes of 1 of its 1 roads",
}
PATHS = sorted(OSM.glob("*/*.osm*"))

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not PATHS, reason=f"no road extracts in {OSM}: set RUFBUS_DATA"),
]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_extracts_without_a_road_network_are_refused_with_the_reason(name):
    with pytest.raises(InvalidRoads, match=REFUSED[name]):
        read_roads(OSM / "edgecases" / name)


@pytest.mark.parametrize("path", [path for path in PATHS if path.name not in REFUSED], ids=lambda path: path.name)
def test_every_other_extract_becomes_a_connected_graph_that_can_be_kept(path, tmp_path):
    graph, report = read_roads(path)
    turns = expand_turns(graph, graph.forbidden)
    count = len(turns.state_edge)
    matrix = coo_array((np.ones(len(turns.move_from)), (turns.move_from, turns.move_to)), shape=(count, count)).tocsr()
    _, part = connected_components(matrix, connection="strong")
    largest = turns.state_edge[part == np.argmax(np.bincount(part))]
    assert set(largest.tolist()) == set(range(graph.edge_count))
    assert report.to_text()
    save_graph(graph, tmp_path / "roads")
    again = load_graph(tmp_path / "roads")
    assert again.shape_lon.tobytes() == graph.shape_lon.tobytes()
    assert again.forbidden == graph.forbidden


def test_the_county_has_a_plausible_size_and_plausible_speeds():
    graph, report = read_roads(OSM / "regions" / "addison-county-vt_2020-05-25.osm.gz")
    kmh = graph.edge_length_m.astype(float) / graph.edge_ms * 3600
    assert 16_000 < graph.node_count < 18_000
    assert 3_800 < report.km < 4_100
    assert np.quantile(kmh[graph.edge_length_m > 50], [0.01, 0.99]).tolist() == pytest.approx([8.5, 75], rel=0.2)

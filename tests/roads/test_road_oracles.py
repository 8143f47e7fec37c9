"""Times on real roads against strangers: NetworkX on the export, OSMnx on the same extract (the light form of the bench)."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from rufbus.roads.osm import read_roads

REPO = Path(__file__).parents[2]
REGIONS = Path(os.environ.get("RUFBUS_DATA", REPO.parent / "shared" / "data")) / "osm" / "regions"
PAIRS = 300

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not REGIONS.is_dir(), reason=f"no road extracts in {REGIONS}: set RUFBUS_DATA"),
]


@pytest.fixture(scope="module")
def oracles():
    spec = importlib.util.spec_from_file_location("bench_oracles", REPO / "bench" / "oracles.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "region", ["hoyerswerda.osm.pbf", "north-bayreuth_2014-11-04.osm.gz", "kiel-nordost_2025-01-27.osm.pbf"]
)
def test_networkx_finds_the_same_times_on_the_export(oracles, region):
    graph, _ = read_roads(REGIONS / region)
    differences = oracles.networkx_differences(graph, oracles.draw_pairs(graph, PAIRS))
    assert len(differences) == PAIRS
    assert differences.max() < 0.001


@pytest.mark.parametrize("region", ["hoyerswerda.osm.pbf", "north-bayreuth_2014-11-04.osm.gz"])
def test_osmnx_finds_the_same_times_but_where_barriers_or_bus_rules_explain_it(oracles, region):
    graph, _ = read_roads(REGIONS / region)
    theirs = oracles.OsmnxRoads(REGIONS / region)
    found = oracles.compare_with_osmnx(theirs, graph, oracles.draw_pairs(graph, PAIRS, theirs.closed))
    assert found.within_cut >= 0.99 * PAIRS
    assert found.within + sum(found.reasons.values()) == PAIRS
    assert not found.reasons["unexplained"], found.examples

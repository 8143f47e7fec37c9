"""Turn restrictions on real roads, also over via ways: the matrix against a search over sequences of edges."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rufbus.roads.graph import RoadGraph
from rufbus.roads.osm import read_roads
from rufbus.roads.search import Anchor, build_search
from rufbus.roads.travel_times import NO_ROAD, many_to_many

from .hand_made import grid
from .slow_ways import slow_ways

REGIONS = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data")) / "osm" / "regions"
BAYREUTH = REGIONS / "north-bayreuth_2014-11-04.osm.gz"
needs_data = pytest.mark.skipif(not BAYREUTH.is_file(), reason=f"no road extracts in {REGIONS}: set RUFBUS_DATA")
VIA_WAYS = 12


@cache
def bayreuth() -> RoadGraph:
    """The extract with the most restrictions, all of them over one junction."""
    graph, report = read_roads(BAYREUTH)
    assert (report.restrictions_applied, len(graph.forbidden)) == (35, 49)
    return graph


@cache
def bayreuth_with_via_ways() -> RoadGraph:
    """The same with restrictions over a way between two junctions in their place."""
    return with_via_ways(bayreuth(), VIA_WAYS, seed=1)


def with_via_ways(graph: RoadGraph, count: int, seed: int) -> RoadGraph:
    """The graph in which so many drives over three edges are forbidden, none of which turns round."""
    chance = np.random.default_rng(seed)
    drives: set[tuple[int, ...]] = set()
    while len(drives) < count:
        drive = [int(chance.integers(graph.edge_count))]
        while len(drive) < 3:
            onward = np.flatnonzero((graph.edge_from == graph.edge_to[drive[-1]]) & (graph.edge_twin != drive[-1]))
            if not len(onward):
                break
            drive.append(int(chance.choice(onward)))
        if len({int(graph.edge_from[edge]) for edge in drive}) == 3:
            drives.add(tuple(drive))
    return replace(graph, forbidden=tuple(sorted(drives)))


def around_turns(graph: RoadGraph) -> list[tuple[Anchor, ...]]:
    """A place in the middle of the first and the last edge of every restriction."""
    edges = sorted({edge for drive in graph.forbidden for edge in (drive[0], drive[-1])})
    return [(Anchor(edge, 0.5),) for edge in edges]


def by_matrix(graph: RoadGraph, places) -> list[list[tuple[int, int] | None]]:
    search = build_search(graph, places)
    rows = zip(*(table.tolist() for table in many_to_many(search, search.places)), strict=True)
    return [[None if ms == NO_ROAD else (ms, dm) for ms, dm in zip(*row, strict=True)] for row in rows]


def list_twins(graph: RoadGraph) -> list[RoadGraph]:
    """The graph without each of its restrictions in turn."""
    drives = graph.forbidden
    return [replace(graph, forbidden=drives[:number] + drives[number + 1 :]) for number in range(len(drives))]


def forgetful(graph: RoadGraph) -> RoadGraph:
    """The graph of one who remembers only the edge driven last: the end of a forbidden drive is always forbidden."""
    return replace(graph, forbidden=tuple(sorted({drive[-2:] for drive in graph.forbidden})))


@pytest.mark.data
@needs_data
@pytest.mark.parametrize("roads", [bayreuth, bayreuth_with_via_ways])
def test_times_around_every_restriction_equal_a_search_over_sequences_of_edges(roads):
    graph = roads()
    places = around_turns(graph)
    assert len(places) >= VIA_WAYS
    assert by_matrix(graph, places) == slow_ways(graph, places)


@pytest.mark.data
@needs_data
@pytest.mark.parametrize("roads", [bayreuth, bayreuth_with_via_ways])
def test_a_matrix_without_one_of_the_restrictions_is_found_out(roads):
    """The broken twin: the places are such that every single restriction shows in some time."""
    graph = roads()
    places = around_turns(graph)
    whole = by_matrix(graph, places)
    assert [number for number, twin in enumerate(list_twins(graph)) if by_matrix(twin, places) == whole] == []


@pytest.mark.data
@needs_data
def test_a_matrix_that_remembers_only_the_edge_driven_last_is_found_out():
    graph = bayreuth_with_via_ways()
    places = around_turns(graph)
    assert by_matrix(forgetful(graph), places) != by_matrix(graph, places)


def test_on_a_grid_by_chance_every_restriction_over_a_way_counts_and_no_more_than_it_says():
    graph = with_via_ways(grid(5, 5).build(), VIA_WAYS, seed=1)
    places = around_turns(graph)
    truth = slow_ways(graph, places)
    assert by_matrix(graph, places) == truth
    assert [number for number, twin in enumerate(list_twins(graph)) if by_matrix(twin, places) == truth] == []
    assert by_matrix(forgetful(graph), places) != truth

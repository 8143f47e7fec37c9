"""What people read about an import."""

from __future__ import annotations

from rufbus.roads.report import ImportReport, Island, LeftOutPart

REPORT = ImportReport(
    source="kreis.osm.pbf",
    nodes=16_940,
    edges=40_001,
    km=3935.26,
    left_out=(
        LeftOutPart("closed to the van by access tags", ways=1952, km=441.8),
        LeftOutPart("passages closed by a barrier", nodes=7),
    ),
    islands=(
        Island(nodes=126, km=2.9, lon=9.5, lat=54.5, touches_main=False),
        Island(nodes=3, km=0.5, lon=9.25, lat=54.25, touches_main=True),
    ),
    restrictions_applied=12,
    forbidden_sequences=23,
    restrictions_ignored={"a member is not in the graph": 4, "kind of restriction is unknown": 1},
    notes={"ways with a conditional access tag": 2},
    seconds={"reading": 0.41, "roads": 0.09},
)

TEXT = """\
kreis.osm.pbf: 16,940 junctions, 40,001 directed edges, 3,935.3 km of road.
Left out:
  closed to the van by access tags: 1,952 ways, 441.8 km
  passages closed by a barrier: 7 nodes
Islands:
  1 without any way to the main network, 2.9 km; the largest:
    126 nodes, 2.90 km near lon 9.50000, lat 54.50000
  1 with a way in or a way out only, 0.5 km; the largest:
    3 nodes, 0.50 km near lon 9.25000, lat 54.25000
Turn restrictions: 12 applied as 23 forbidden turns, 5 not applied.
  4: a member is not in the graph
  1: kind of restriction is unknown
Also:
  2: ways with a conditional access tag
Took 0.50 s (reading 0.41, roads 0.09)."""


def test_the_report_says_what_is_there_what_is_not_and_why():
    assert REPORT.to_text() == TEXT


def test_a_clean_import_is_told_in_three_lines():
    text = ImportReport(source="a.osm", nodes=2, edges=2, km=1.0, seconds={"reading": 0.1}).to_text()
    assert text.splitlines() == [
        "a.osm: 2 junctions, 2 directed edges, 1.0 km of road.",
        "Turn restrictions: 0 applied as 0 forbidden turns, 0 not applied.",
        "Took 0.10 s (reading 0.10).",
    ]

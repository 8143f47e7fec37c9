"""The embedded sample region: a synthetic sketch of Kreis Schleswig-Flensburg, drawn the same bit for bit everywhere.

``write_sample`` makes the road extract, the stops, the places, the water and the service file that ``rufbus demo`` runs
on. The files in ``data/osm`` of the repository are its output.
"""

from __future__ import annotations

import bz2
import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rufbus.roads.sample_details import add_details
from rufbus.roads.sample_motorway import draw_motorway
from rufbus.roads.sample_osm import LABEL, to_osm
from rufbus.roads.sample_plane import Point, degrees, to_micro
from rufbus.roads.sample_roads import Region, draw_roads
from rufbus.roads.sample_service import service_text
from rufbus.roads.sample_stops import Landmark, SampleStop, place_depots, place_stops
from rufbus.roads.sample_streets import draw_streets
from rufbus.roads.sample_water import schlei_ring, sea_ring

OSM_FILE = "schlei-sketch.osm.bz2"
STOPS_FILE = "stops.csv"
PLACES_FILE = "places.csv"
POIS_FILE = "pois.csv"
WATER_FILE = "water.geojson"
SERVICE_FILE = "service.toml"
FILES = (OSM_FILE, STOPS_FILE, PLACES_FILE, POIS_FILE, WATER_FILE, SERVICE_FILE)
"""Names of the files that ``write_sample`` writes."""


def write_sample(folder: Path) -> None:
    """Write the sample region's files into a folder, which is made where it is missing.

    The same bytes on every machine. Files of these names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in make_sample().items():
        (folder / name).write_bytes(content)


def make_sample() -> dict[str, bytes]:
    """Return the content of the sample region's files by name."""
    region = draw_roads()
    draw_motorway(region)
    draw_streets(region)
    details = add_details(region)
    stops, landmarks = place_stops(region)
    texts = {
        STOPS_FILE: _table(("id", "name", "lon", "lat"), _stop_rows(stops)),
        PLACES_FILE: _table(("place", "population", "lon", "lat"), _place_rows(region)),
        POIS_FILE: _table(("id", "name", "kind", "lon", "lat"), _landmark_rows(landmarks)),
        WATER_FILE: _water_text(),
        SERVICE_FILE: service_text(place_depots(region)),
    }
    osm = bz2.compress(to_osm(region, details, stops, landmarks).encode(), 9)
    return {OSM_FILE: osm, **{name: text.encode() for name, text in texts.items()}}


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _lon_lat(point: Point) -> tuple[str, str]:
    lon, lat = to_micro(point)
    return degrees(lon), degrees(lat)


def _stop_rows(stops: list[SampleStop]) -> list[tuple[str, ...]]:
    return [(stop.id, stop.name, *_lon_lat(stop.point)) for stop in stops]


def _place_rows(region: Region) -> list[tuple[str, ...]]:
    """Return the places of the Kreis; of a town in parts, each part with its share."""
    return [
        (settlement.name, str(settlement.size), *_lon_lat(region.centre(index)))
        for index, settlement in enumerate(region.settlements)
        if settlement.inside
    ]


def _landmark_rows(landmarks: list[Landmark]) -> list[tuple[str, ...]]:
    return [
        (f"P{number}", landmark.name, landmark.tags[0][1], *_lon_lat(landmark.point))
        for number, landmark in enumerate(landmarks, start=1)
    ]


def _water_text() -> str:
    """Return the water as GeoJSON, outer rings counter-clockwise as RFC 7946 has it."""
    features = [
        f'{{"type":"Feature","properties":{{"name":{json.dumps(name, ensure_ascii=False)}}},'
        f'"geometry":{{"type":"Polygon","coordinates":[[{_ring_text(ring)}]]}}}}'
        for name, ring in (("Schlei", schlei_ring()), ("Flensburger Förde und Ostsee", sea_ring()))
    ]
    head = f'{{"type":"FeatureCollection","note":{json.dumps(LABEL)},"features":[\n'
    return head + ",\n".join(features) + "\n]}\n"


def _ring_text(ring: list[Point]) -> str:
    """Return a closed ring as JSON pairs."""
    turned = ring if _is_counter_clockwise(ring) else list(reversed(ring))
    return ",".join(f"[{lon},{lat}]" for lon, lat in map(_lon_lat, [*turned, turned[0]]))


def _is_counter_clockwise(ring: list[Point]) -> bool:
    area = 0.0
    for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
        area += a[0] * b[1] - a[1] * b[0]
    return area > 0.0


def main() -> None:
    """Write the sample region into the folder named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("Name the folder to write into: python -m rufbus.roads.sample FOLDER")
    write_sample(Path(sys.argv[1]))


if __name__ == "__main__":
    main()

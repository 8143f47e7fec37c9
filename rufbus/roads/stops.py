"""The stops of a service: from a list, from OpenStreetMap, and virtual ones where neither has any."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rufbus.domain.errors import FieldError, InvalidRoads
from rufbus.domain.place import Place, Stop
from rufbus.roads.graph import RoadGraph
from rufbus.roads.osm_stops import stops_from_osm
from rufbus.roads.virtual_stops import virtual_stops

__all__ = ["stops_from_csv", "stops_from_osm", "virtual_stops"]

COLUMNS = ("id", "name", "lon", "lat")
DEPOT_PREFIX = "depot:"
"""Beginning of the ids of depots in a network; no stop's id may begin so."""
FAR_DEGREES = 0.5
"""A point this far outside the roads' bounding box is taken for a mistake, not for a stop beyond the border."""
MAX_TOLD = 20


def stops_from_csv(path: str | os.PathLike[str], graph: RoadGraph | None = None) -> list[Stop]:
    """Return the stops of a table with the columns ``id``, ``name``, ``lon`` and ``lat``, in its order.

    The table is UTF-8, with or without byte order mark, its columns parted by ``,`` or ``;`` in any order and with any
    others among them; with ``;`` a decimal comma is understood. With ``graph``, exchanged coordinates are recognised.

    Raises
    ------
    InvalidRoads
        When the table cannot be used; the detail tells file and line of the first fault, ``errors`` all of them.
    """
    path = Path(path)
    text = _read_text(path)
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    table = _Table(path, delimiter, _bounds(graph))
    for line, row in _rows(path, text, delimiter):
        table.take(line, row)
    return table.finish()


def _read_text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InvalidRoads(f"{path}: there is no such file. Give the path of the stop list.") from None
    except UnicodeDecodeError:
        raise InvalidRoads(f"{path} is not UTF-8. Save the table as “CSV UTF-8” and try again.") from None
    if not text.strip():
        raise InvalidRoads(
            f"{path} is empty. The stop list needs a first line with {_columns()} and one line per stop."
        )
    return text


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(reader)]
        missing = [column for column in COLUMNS if column not in names]
        if missing:
            raise InvalidRoads(
                f"{path}, line 1: column {' and '.join(missing)} is missing. The first line must name the columns "
                f"{_columns()}; it names {', '.join(names)}."
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(names, [cell.strip() for cell in cells], strict=False))
    except csv.Error as error:
        raise InvalidRoads(f"{path}, line {reader.line_num}: not a table ({error}). Save it as CSV again.") from error


@dataclass(slots=True)
class _Table:
    """The stops read so far, and what was wrong with the others."""

    path: Path
    delimiter: str
    bounds: tuple[float, float, float, float] | None
    stops: list[Stop] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)
    faults: list[FieldError] = field(default_factory=list)

    def take(self, line: int, row: dict[str, str]) -> None:
        try:
            self.stops.append(self._to_stop(line, row))
        except ValueError as error:
            self.faults.append(FieldError(f"line {line}", str(error)))

    def finish(self) -> list[Stop]:
        if self.faults:
            first, others = self.faults[0], len(self.faults) - 1
            more = (
                f" ({others} more lines are wrong.)" if others > 1 else " (One more line is wrong.)" if others else ""
            )
            raise InvalidRoads(
                f"{self.path}, {first.location}: {first.detail}{more}", errors=tuple(self.faults[:MAX_TOLD])
            )
        if not self.stops:
            raise InvalidRoads(f"{self.path} has no stops. Add one line per stop below the first, with {_columns()}.")
        return self.stops

    def _to_stop(self, line: int, row: dict[str, str]) -> Stop:
        stop_id, name = (self._text(row, column) for column in ("id", "name"))
        if stop_id.startswith(DEPOT_PREFIX):
            raise ValueError(
                f"id “{stop_id}” must not begin with “{DEPOT_PREFIX}”, which stands for depots. Rename it."
            )
        lon, lat = (self._degrees(row, column, limit) for column, limit in (("lon", 180.0), ("lat", 90.0)))
        self._check_order(lon, lat)
        if stop_id in self.line_of:
            raise ValueError(
                f"id “{stop_id}” stands in line {self.line_of[stop_id]} already. Give every stop its own id."
            )
        self.line_of[stop_id] = line
        return Stop(stop_id, name, Place(lon, lat))

    def _text(self, row: dict[str, str], column: str) -> str:
        text = row.get(column, "")
        if not text:
            raise ValueError(f"{column} is empty. Fill it in, or delete the line.")
        return text

    def _degrees(self, row: dict[str, str], column: str, limit: float) -> float:
        text = self._text(row, column)
        try:
            degrees = float(text.replace(",", ".") if self.delimiter == ";" else text)
        except ValueError:
            raise ValueError(f"{column} “{text}” is not a number. Write degrees such as 9.5496.") from None
        if not math.isfinite(degrees):
            raise ValueError(f"{column} “{text}” is not a finite number. Write degrees such as 9.5496.")
        if abs(degrees) > limit:
            raise ValueError(f"{column} {text} lies beyond {limit:.0f} degrees. Write degrees, WGS84, lon before lat.")
        return degrees

    def _check_order(self, lon: float, lat: float) -> None:
        if self.bounds is None or not _is_far(self.bounds, lon, lat) or _is_far(self.bounds, lat, lon):
            return
        raise ValueError(
            f"lon {lon} and lat {lat} lie far from the roads, but exchanged they lie among them. "
            "Exchange the two columns: lon is east, lat is north."
        )


def _is_far(bounds: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    west, south, east, north = bounds
    return max(west - lon, lon - east, south - lat, lat - north) > FAR_DEGREES


def _bounds(graph: RoadGraph | None) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of the junctions."""
    if graph is None or not graph.node_count:
        return None
    lon, lat = graph.node_lon, graph.node_lat
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _columns() -> str:
    return ", ".join(COLUMNS)

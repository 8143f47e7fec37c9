"""Bus stops of an OpenStreetMap extract."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from scipy.spatial import cKDTree

from rufbus.domain.errors import InvalidRoads
from rufbus.domain.place import Place, Stop, distance_m
from rufbus.roads.metres import ground_m_per_unit, to_sheet

MERGE_M = 15.0
"""A pole and its platform are mapped at most this far apart."""
SAME_SPOT_M = 3.0
"""Two poles or two platforms of one name nearer than this are one."""
BORROW_NAME_M = 60.0
"""A nameless stop is called like a named one this near, such as its counterpart across the street."""
NOT_FOR_BUSES = ("train", "subway", "light_rail", "tram", "monorail", "funicular", "ferry", "aerialway")
CLOSED = frozenset({"no", "private"})


@dataclass(frozen=True, slots=True)
class _Found:
    """One object of the extract that looks like a stop."""

    id: str
    name: str
    place: Place
    pole: bool
    """``highway=bus_stop``; else a platform."""


def stops_from_osm(path: str | os.PathLike[str]) -> list[Stop]:
    """Return the bus stops of an extract, ordered by id.

    Read are ``highway=bus_stop`` and ``public_transport=platform``, as nodes and as ways (their centre). A pole and a
    platform of the same stop become one; the two sides of a street stay two. A stop without a name of its own or of a
    neighbour has the empty name: the network calls it after its street.

    Raises
    ------
    InvalidRoads
        When the file cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidRoads(f"{path}: there is no such file. Give the path of an OpenStreetMap extract.")
    try:
        found = sorted(_read(path), key=lambda one: (not one.pole, one.id))
    except RuntimeError as error:
        raise InvalidRoads(
            f"{path} cannot be read as OpenStreetMap data: {error}. Download the extract again."
        ) from error
    merged = _borrow_names(_merge(found))
    return [Stop(one.id, one.name, one.place) for one in sorted(merged, key=lambda one: one.id)]


def _read(path: Path) -> Iterator[_Found]:
    wanted = osmium.filter.TagFilter(("highway", "bus_stop"), ("public_transport", "platform"))
    objects: Iterator[Any] = iter(
        osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations().with_filter(wanted)
    )
    for one in objects:
        tags = {tag.k: tag.v for tag in one.tags}
        place = _place_of(one) if _serves_buses(tags) else None
        if place is not None:
            kind = "n" if one.is_node() else "w"
            name = tags.get("name") or tags.get("official_name") or tags.get("ref_name") or ""
            yield _Found(f"osm:{kind}{one.id}", name.strip(), place, tags.get("highway") == "bus_stop")


def _serves_buses(tags: Mapping[str, str]) -> bool:
    if tags.get("highway") == "bus_stop":
        return tags.get("access") not in CLOSED
    other = tags.get("railway") == "platform" or any(tags.get(mode) == "yes" for mode in NOT_FOR_BUSES)
    return (not other or tags.get("bus") == "yes") and tags.get("access") not in CLOSED


def _place_of(one: Any) -> Place | None:
    """Return where a node is, or the centre of a way; ``None`` when the extract lacks its nodes."""
    locations = [one.location] if one.is_node() else [node.location for node in one.nodes]
    points = dict.fromkeys((at.lon, at.lat) for at in locations if at.valid())
    if not points:
        return None
    lon, lat = np.array(list(points)).mean(axis=0)
    return Place(float(lon), float(lat))


def _merge(found: Sequence[_Found]) -> list[_Found]:
    """Return one entry per stop: each pole takes at most one platform, the nearest pairs first."""
    partner: dict[int, int] = {}
    dropped: set[int] = set()
    for _, a, b in sorted(_pairs(found, MERGE_M)):
        same_kind = found[a].pole == found[b].pole
        if a in dropped or b in dropped or not _same_name(found[a], found[b]):
            continue
        if same_kind and distance_m(found[a].place, found[b].place) > SAME_SPOT_M:
            continue
        if not same_kind and (a in partner or b in partner):
            continue
        if not same_kind:
            partner[a], partner[b] = b, a
        dropped.add(b)
    names = {a: found[b].name for a, b in partner.items()}
    return [
        replace(one, name=one.name or names.get(number, ""))
        for number, one in enumerate(found)
        if number not in dropped
    ]


def _borrow_names(found: Sequence[_Found]) -> list[_Found]:
    names = [one.name for one in found]
    for _, a, b in sorted(_pairs(found, BORROW_NAME_M)):
        for nameless, named in ((a, b), (b, a)):
            if not names[nameless] and found[named].name:
                names[nameless] = found[named].name
    return [replace(one, name=name) for one, name in zip(found, names, strict=True)]


def _pairs(found: Sequence[_Found], max_m: float) -> list[tuple[float, int, int]]:
    """Return ``(metres, a, b)`` for all pairs ``a < b`` at most ``max_m`` apart."""
    if len(found) < 2:
        return []
    lats = [one.place.lat for one in found]
    tree = cKDTree(to_sheet([one.place.lon for one in found], lats))
    widest = max_m / min(ground_m_per_unit(lat) for lat in lats)
    pairs = [(distance_m(found[a].place, found[b].place), int(a), int(b)) for a, b in tree.query_pairs(widest)]
    return [pair for pair in pairs if pair[0] <= max_m]


def _same_name(a: _Found, b: _Found) -> bool:
    return not a.name or not b.name or a.name.casefold() == b.name.casefold()

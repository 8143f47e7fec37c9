"""Stops, landmarks and depots of the sample region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rufbus.roads.sample_facts import HOSPITALS, STATIONS, town_of
from rufbus.roads.sample_net import RURAL, Tags
from rufbus.roads.sample_plane import Point, ahead, between, direction, distance_m, left_of, right_of
from rufbus.roads.sample_roads import RANKS, Region, chance_for
from rufbus.roads.sample_streets import radius_m

KERB_M = 5.0
"""From the middle of the road to the stop."""
SET_BACK_M = 32.0
"""From the middle of the road to a building."""
MIN_STREET_M = 30.0
RURAL_GAP_M = 2100.0
SERVED = frozenset((*RANKS, "residential"))

LANDMARKS: tuple[tuple[str, int, Tags], ...] = (
    ("Markt", 5000, (("amenity", "marketplace"),)),
    ("Kirche", 350, (("amenity", "place_of_worship"), ("religion", "christian"))),
    ("Schule", 900, (("amenity", "school"),)),
    ("Rathaus", 4000, (("amenity", "townhall"),)),
    ("Arztpraxis", 1900, (("amenity", "doctors"),)),
    ("Supermarkt", 2200, (("shop", "supermarket"),)),
    ("Feuerwehr", 0, (("amenity", "fire_station"),)),
    ("Apotheke", 2600, (("amenity", "pharmacy"),)),
    ("Seniorenheim", 3000, (("amenity", "social_facility"), ("social_facility:for", "senior"))),
    ("Kindergarten", 700, (("amenity", "kindergarten"),)),
    ("Sportplatz", 1200, (("leisure", "pitch"),)),
)
"""What a stop is called after: word, from how many inhabitants on a place has one, tags. In order of preference."""

ONE_PER_TOWN = ("Bahnhof", "Krankenhaus")
"""Landmarks called after the whole town."""

RURAL_WORDS = ("Abzweig", "Ziegelei", "Alte Meierei", "Mühle", "Gut", "Forsthaus", "Hof", "Siedlung", "Kreuzung")


@dataclass(frozen=True, slots=True)
class SampleStop:
    """A stop beside the road."""

    id: str
    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point of interest."""

    name: str
    point: Point
    tags: Tags


@dataclass(frozen=True, slots=True)
class Depot:
    """Where a van begins and ends its day."""

    town: str
    point: Point


@dataclass(slots=True)
class _Placed:
    """Stops and landmarks while they are being placed."""

    stops: list[SampleStop]
    landmarks: list[Landmark]

    def add_stop(self, name: str, point: Point) -> None:
        self.stops.append(SampleStop(f"S{len(self.stops) + 1}", name, point))


def place_stops(region: Region) -> tuple[list[SampleStop], list[Landmark]]:
    """Return the stops, those of places first, and the landmarks."""
    placed = _Placed([], [])
    by_place: dict[int, list[int]] = {}
    for key, street in region.net.streets.items():
        if _can_stop(region, key):
            by_place.setdefault(street.place, []).append(key)
    for index in range(len(region.settlements)):
        _place_in(region, index, by_place.get(index, []), placed)
    _place_rural(region, by_place.get(RURAL, []), placed)
    return placed.stops, placed.landmarks


def _can_stop(region: Region, key: int) -> bool:
    """Tell whether a van may stop on a street and riders wait beside it."""
    street = region.net.streets[key]
    plain = not street.get("oneway") and not street.get("bridge") and not street.get("junction")
    return street.get("highway") in SERVED and plain and distance_m(*region.net.ends(key)) >= MIN_STREET_M


def stop_count(size: int, *, inside: bool) -> int:
    """Return how many stops a place of ``size`` inhabitants has."""
    if not inside:
        return 1
    count = 1
    while (count + 1) * (count + 1) * 300 <= size:
        count += 1
    return count


def _place_in(region: Region, index: int, keys: list[int], placed: _Placed) -> None:
    settlement, net = region.settlements[index], region.net
    names = _stop_names(region, index)
    for key in _spread(region, index, keys, stop_count(settlement.size, inside=settlement.inside)):
        a, b = net.ends(key)
        middle, way = between(a, b, 0.5), direction(a, b)
        word, tags = next(names)
        if not tags and net.streets[key].get("name") not in {"", "Dorfstraße"}:
            word = net.streets[key].get("name")
        name = _unused(f"{settlement.name}, {word}", placed.stops)
        placed.add_stop(name, ahead(middle, right_of(way), KERB_M))
        busy = net.streets[key].get("highway") in {"primary", "secondary"}
        if busy and settlement.size >= 2600:
            placed.add_stop(f"{name} (gegenüber)", ahead(middle, left_of(way), KERB_M))
        if tags:
            site = ahead(ahead(middle, right_of(way), SET_BACK_M), way, 15.0)
            whole = town_of(settlement.name) if word in ONE_PER_TOWN else settlement.name
            placed.landmarks.append(Landmark(f"{word} {whole}", site, tags))


def _stop_names(region: Region, index: int) -> Iterator[tuple[str, Tags]]:
    """Yield what the stops of a place are called after; without tags where it is no landmark."""
    settlement = region.settlements[index]
    if settlement.name in STATIONS:
        yield "Bahnhof", (("railway", "station"), ("public_transport", "station"), ("train", "yes"))
    if settlement.name in HOSPITALS:
        yield "Krankenhaus", (("amenity", "hospital"), ("emergency", "yes"))
    yield from ((word, tags) for word, least, tags in LANDMARKS if settlement.size >= least)
    while True:
        yield "Dorfstraße", ()


def _unused(name: str, stops: list[SampleStop]) -> str:
    """Return a name that no stop has: the name itself, or with a number."""
    taken = {stop.name for stop in stops}
    number, free = 2, name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _spread(region: Region, index: int, keys: list[int], count: int) -> list[int]:
    """Return streets as far from each other as can be, the one nearest to the centre first."""
    net, centre = region.net, region.centre(index)
    middles = {key: between(*net.ends(key), 0.5) for key in keys}
    reach_m = 0.55 * radius_m(region.settlements[index].size)
    near = [key for key in keys if distance_m(middles[key], centre) <= reach_m]
    chosen: list[int] = []
    gaps = {key: float("inf") for key in near}
    while near and len(chosen) < count:
        best = max(gaps, key=lambda key: (gaps[key], -distance_m(middles[key], centre)))
        if chosen and gaps[best] < 120.0:
            break
        chosen.append(best)
        gaps = {key: min(gap_m, distance_m(middles[key], middles[best])) for key, gap_m in gaps.items()}
    return chosen


def _place_rural(region: Region, keys: list[int], placed: _Placed) -> None:
    """Place stops along country roads, far from all others."""
    words: dict[int, Iterator[str]] = {}
    for key in keys:
        a, b = region.net.ends(key)
        middle = between(a, b, 0.5)
        nearest = min(range(len(region.settlements)), key=lambda i: distance_m(middle, region.centre(i)))
        if not region.settlements[nearest].inside or region.net.streets[key].get("highway") == "primary":
            continue
        if any(distance_m(middle, stop.point) < RURAL_GAP_M for stop in placed.stops):
            continue
        word = next(words.setdefault(nearest, _rural_words(region.settlements[nearest].name)), None)
        if word is not None:
            point = ahead(middle, right_of(direction(a, b)), KERB_M)
            placed.add_stop(f"{region.settlements[nearest].name}, {word}", point)


def _rural_words(name: str) -> Iterator[str]:
    """Return what the stops outside a place are called after, in an order of its own."""
    chance = chance_for("rural", name)
    return iter(sorted(RURAL_WORDS, key=lambda _: chance.random()))


DEPOT_TOWNS = (
    "Schleswig", "Flensburg-Weiche", "Kappeln", "Süderbrarup", "Kropp", "Tarp", "Schafflund", "Harrislee",
    "Mittelangeln", "Schleswig-Friedrichsberg", "Flensburg-Engelsby", "Silberstedt", "Gelting", "Sörup", "Böklund",
    "Handewitt", "Schleswig-Nord", "Flensburg-Nordstadt", "Kappeln-Mehlby", "Steinbergkirche", "Erfde", "Jübek",
    "Husby", "Langballig",
)  # fmt: skip
"""Where the vans stand, in their order."""


def place_depots(region: Region) -> list[Depot]:
    """Return one depot per van, in the middle of a residential street at the edge of its town."""
    depots = []
    for town in DEPOT_TOWNS:
        index = next(i for i, settlement in enumerate(region.settlements) if settlement.name == town)
        centre, reach_m = region.centre(index), 0.6 * radius_m(region.settlements[index].size)
        own = [
            between(*region.net.ends(key), 0.5)
            for key, street in region.net.streets.items()
            if street.place == index and street.get("highway") == "residential" and _can_stop(region, key)
        ]
        point = min(own, key=lambda p: abs(distance_m(p, centre) - reach_m))
        depots.append(Depot(town, point))
    return depots

"""Where things are: WGS84 places, (lon, lat) throughout, and the stops of the service."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rufbus.domain.errors import FieldError, InvalidInput

EARTH_RADIUS_M = 6_371_008.8
UNREACHABLE_S = 100_000_000
"""Travel time (s) of a pair of places without a road between; the solver knows it under the same name and value."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, WGS84 degrees."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lon) and math.isfinite(self.lat)):
            raise InvalidInput(
                "A place needs finite numbers for lon and lat.", errors=(FieldError("lon", "not a number"),)
            )
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidInput(
                f"lon {self.lon}, lat {self.lat} is not on the earth: lon comes first and runs from -180 to 180, "
                "lat from -90 to 90.",
                errors=(FieldError("lon", "out of range"),),
            )


def distance_m(a: Place, b: Place) -> float:
    """Return the great-circle distance between two places (m), by the haversine formula."""
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    half_phi = (phi_b - phi_a) / 2
    half_lambda = math.radians(b.lon - a.lon) / 2
    h = math.sin(half_phi) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(h))


@dataclass(frozen=True, slots=True)
class Stop:
    """A point where the service picks up and sets down."""

    id: str
    name: str
    place: Place
    virtual: bool = False
    """Not a signposted stop: a safe place chosen by the spacing rule."""


@dataclass(frozen=True, slots=True)
class StopWalk:
    """A stop within walking distance of a place."""

    stop: int
    """Index of the stop in the network."""
    walk_m: int

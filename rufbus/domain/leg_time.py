"""How long a drive may take: the spread of driving times around the median, and the time that a plan allows for.

A drive takes a lognormal time: its median is the time of the road network, its coefficient of variation is the same for
every drive. Of the usual distributions the lognormal describes the times of buses on a corridor from day to day best
(Kieu, Bhaskar and Chung 2015, Journal of Transportation Engineering 141(1), 04014068; Büchel and Corman 2020, Frontiers
in Built Environment 6:70, review others and warn that the spread depends on how long a stretch is looked at). One
figure for every drive is the simplest model; measured times of the region should replace it.

The percentile of a drive is then its median times a factor that is the same for all. Multiplied with it and rounded up,
times that obey the triangle inequality still do: from ``a <= b + c`` follows ``k a <= k b + k c``, and so
``ceil(k a) <= ceil(k b) + ceil(k c)``. The factor is a whole number of millionths, so that all of this is exact.
"""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.place import UNREACHABLE_S

Seconds = TypeVar("Seconds", int, NDArray[np.int64])
MILLION: Final = 1_000_000


def spread_of(variation: float) -> float:
    """Return the standard deviation of the logarithm of a lognormal time by its coefficient of variation."""
    return math.sqrt(math.log1p(variation**2))


def leg_time_factor_ppm(percentile: int, variation: float) -> int:
    """Return a percentile (50 to 99) of a drive by its median, in millionths, rounded up."""
    return math.ceil(MILLION * math.exp(spread_of(variation) * NormalDist().inv_cdf(percentile / 100)))


def stretch(travel_s: Seconds, factor_ppm: int) -> Seconds:
    """Return times multiplied by a factor and rounded up to whole seconds; what is unreachable stays so."""
    stretched = -(-travel_s * factor_ppm // MILLION)
    return np.minimum(stretched, UNREACHABLE_S) if isinstance(stretched, np.ndarray) else min(stretched, UNREACHABLE_S)


def draw_factor(variation: float, chance: Random) -> float:
    """Return how many times its median a drive takes this time."""
    return math.exp(spread_of(variation) * chance.gauss(0.0, 1.0))

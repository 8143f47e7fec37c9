"""Wishes of riders, drawn from a seed: who wants to go where, when, with what, and how long before they ask."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.clock_time import Instant
from rufbus.domain.place import Place, distance_m
from rufbus.domain.request import Anchor, Party, Request, Wish
from rufbus.ports import StopNetwork

TYPICAL_M = 9_000.0
"""Distance at which a destination has lost two thirds of its pull (m)."""
SHORTEST_M = 800.0
"""Nearer destinations are reached on foot (m)."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the riders."""

    arrive_by: float = 0.35
    with_return: float = 0.25
    walkers: float = 0.15
    wheelchairs: float = 0.05
    companions: float = 0.08
    children: float = 0.1
    days_before: float = 0.4
    """Share that asks on an earlier day; the rest asks on the day itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and the moment at which it is made."""

    at: Instant
    request: Request


def weigh_stops(network: StopNetwork, people: Sequence[tuple[Place, float]]) -> list[float]:
    """Return a weight per stop: the people of the nearest place, shared among its stops; even without places."""
    stops = network.stops[: network.stop_count]
    if not people:
        return [1.0] * len(stops)
    nearest = [min(range(len(people)), key=lambda n: distance_m(stop.place, people[n][0])) for stop in stops]
    return [people[n][1] / nearest.count(n) for n in nearest]


def draw_requests(
    network: StopNetwork,
    *,
    count: int,
    first_at: Instant,
    last_at: Instant,
    seed: int,
    weights: Sequence[float] | None = None,
    mix: Mix | None = None,
    earliest_asked: Instant | None = None,
    min_notice_s: int = 3600,
) -> list[Asked]:
    """Return ``count`` requests for rides between two instants, in the order in which they are made.

    Parameters
    ----------
    network
        Gives the stops that riders come from and go to.
    count, seed
        How many, and from which seed; the same seed gives the same requests.
    first_at, last_at
        Bounds of the wished times; destinations count as reachable by the roads of the day (world time) of the first.
    weights
        Pull of each stop, by default even.
    mix
        Shares of the riders.
    earliest_asked
        Before which nobody asks; by default three days before ``first_at``.
    min_notice_s
        Most ask at least so long before; one in twenty does not know the rule.
    """
    chance = random.Random(seed)  # noqa: S311 — reproducible on purpose
    mix = mix or Mix()
    pulls = list(weights) if weights is not None else [1.0] * network.stop_count
    earliest = first_at - 3 * 86_400 if earliest_asked is None else earliest_asked
    travel_s = network.times_on(dt.datetime.fromtimestamp(first_at, dt.UTC).date().isoformat()).travel_s
    asked: list[Asked] = []
    while len(asked) < count:
        origin, destination = _pair(network, travel_s, pulls, chance)
        if destination is None:
            continue
        request = _request(network, origin, destination, first_at, last_at, mix, chance)
        asked.append(Asked(_asked_at(request.outward.at, earliest, mix, min_notice_s, chance), request))
    return sorted(asked, key=lambda each: each.at)


def _pair(
    network: StopNetwork, travel_s: NDArray[np.int32], pulls: Sequence[float], chance: random.Random
) -> tuple[int, int | None]:
    """Return an origin and a destination; the pull of a destination falls with its distance."""
    origin = chance.choices(range(len(pulls)), pulls)[0]
    start = network.stops[origin].place
    reached = []
    for number, pull in enumerate(pulls):
        away = distance_m(start, network.stops[number].place)
        reachable = travel_s[origin, number] < 2 * 3600
        reached.append(pull * math.exp(-away / TYPICAL_M) if away >= SHORTEST_M and reachable else 0.0)
    return origin, chance.choices(range(len(reached)), reached)[0] if any(reached) else None


def _request(
    network: StopNetwork, origin: int, destination: int, first_at: Instant, last_at: Instant, mix: Mix,
    chance: random.Random,
) -> Request:  # fmt: skip
    anchor = Anchor.ARRIVE_BY if chance.random() < mix.arrive_by else Anchor.DEPART_AFTER
    at = _whole(chance.triangular(first_at, last_at, first_at + 0.4 * (last_at - first_at)))
    inward = None
    if chance.random() < mix.with_return:
        inward = Wish(Anchor.DEPART_AFTER, min(_whole(at + chance.uniform(1.5, 4) * 3600), last_at))
    ends = [network.stops[number].id for number in (origin, destination)]
    if inward is not None and inward.at <= at + 3600:
        inward = None
    return Request(ends[0], ends[1], Wish(anchor, at), inward, _party(mix, chance))


def _party(mix: Mix, chance: random.Random) -> Party:
    if chance.random() < mix.wheelchairs:
        return Party(adults=0, wheelchairs=1, companions=int(chance.random() < 0.5))
    return Party(
        adults=1 + int(chance.random() < 0.12),
        children=int(chance.random() < mix.children),
        walkers=int(chance.random() < mix.walkers),
        companions=int(chance.random() < mix.companions),
    )


def _asked_at(wished: Instant, earliest: Instant, mix: Mix, min_notice_s: int, chance: random.Random) -> Instant:
    if chance.random() < mix.days_before:
        return _whole(chance.uniform(earliest, max(earliest, wished - 12 * 3600)))
    shortest = 300 if chance.random() < 0.05 else min_notice_s + 1200
    return max(earliest, _whole(wished - chance.uniform(shortest, 6 * 3600)))


def _whole(at: float) -> Instant:
    """Return the last whole five minutes."""
    return int(at) // 300 * 300

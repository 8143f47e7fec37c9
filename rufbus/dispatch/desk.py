"""The dispatcher's desk: everything the verbs need, and the days they look at.

A *day* is read through a cache that is keyed by tour version. That is sound because of one rule that every verb keeps:
a leg changes only in a transaction that also counts up the version of its tour.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.booking import Leg
from rufbus.domain.calendar import shifts_on
from rufbus.domain.clock_time import Clock, Instant
from rufbus.domain.fleet import Shift
from rufbus.domain.ids import Chance
from rufbus.domain.leg_time import stretch
from rufbus.domain.place import UNREACHABLE_S
from rufbus.domain.service import Service
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import ReadSession, RoadTimes, StopNetwork, Store, Workers

MOST_ROAD_STATES = 16
"""For how many states of the roads the times that plans are made of are kept in memory."""
OVER_S = 172_800
"""How long after its end a tour is kept in memory (s)."""


@dataclass(frozen=True, slots=True)
class Day:
    """One service day as stored: its shifts, their tours, and the legs in them."""

    service_day: str
    shifts: tuple[Shift, ...]
    tours: tuple[Tour, ...]
    """One per shift, in the same order; version 0 where nothing is stored yet."""
    legs: Mapping[str, Leg]

    def with_tour(self, tour: Tour, legs: Mapping[str, Leg]) -> Day:
        """Return the day with one tour replaced and some legs added or replaced."""
        tours = tuple(tour if old.shift_id == tour.shift_id else old for old in self.tours)
        return replace(self, tours=tours, legs={**self.legs, **legs})

    def tour_of(self, shift_id: str) -> Tour:
        """Return the tour of a shift."""
        return next(tour for tour in self.tours if tour.shift_id == shift_id)

    def shift_of(self, shift_id: str) -> Shift:
        """Return the shift with that id."""
        return next(shift for shift in self.shifts if shift.id == shift_id)

    def find_tour_with(self, leg_id: str) -> Tour | None:
        """Return the tour that carries a leg."""
        for tour in self.tours:
            if any(call.leg_id == leg_id for call in tour.calls):
                return tour
        return None


@dataclass(slots=True)
class _CachedTour:
    tour: Tour
    legs: dict[str, Leg]


@dataclass(slots=True, eq=False)
class TourCache:
    """Tours and their legs by shift, each good for one version."""

    entries: dict[str, _CachedTour] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, eq=False)
class Desk:
    """What every verb of dispatch works with."""

    service: Service
    network: StopNetwork
    store: Store
    clock: Clock
    chance: Chance
    workers: Workers
    clock_speed: float = 1.0
    """How fast the clock runs against real time, in which solvers think."""
    cache: TourCache = field(default_factory=TourCache)
    shift_cache: dict[str, tuple[Shift, ...]] = field(default_factory=dict)
    empty_tours: dict[str, Tour] = field(default_factory=dict)
    rides: dict[str, object] = field(default_factory=dict)
    """What :mod:`rufbus.dispatch.planning` keeps of legs, by their ids."""
    boards: dict[str, object] = field(default_factory=dict)
    """What :mod:`rufbus.dispatch.planning` keeps of tours, by their shifts."""
    planning_times: dict[int, tuple[RoadTimes, NDArray[np.int32]]] = field(default_factory=dict)
    """The times of the network, by identity, with those that plans are made of."""
    published: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """The tours and versions behind the stop list of each vehicle when it was last looked at."""

    def travel_s_on(self, service_day: str) -> NDArray[np.int32]:
        """Return what a plan allows for a drive plus the dwell of the stop that is left (s), on a service day."""
        times = self.network.times_on(service_day)
        kept = self.planning_times.get(id(times))
        if kept is not None:
            return kept[1]
        travel = stretch(times.travel_s.astype(np.int64), self.service.promise.leg_time_ppm).astype(np.int32)
        travel[: self.network.stop_count] += self.service.stops.dwell_s
        np.fill_diagonal(travel, 0)
        while len(self.planning_times) >= MOST_ROAD_STATES:
            self.planning_times.pop(next(iter(self.planning_times)), None)
        self.planning_times[id(times)] = times, travel
        return travel

    def find_direct_s(self, service_day: str, origin: int, destination: int) -> int | None:
        """Return the median driving time without detour on a service day (s), or ``None`` where no road leads."""
        direct = int(self.network.times_on(service_day).travel_s[origin, destination])
        return None if direct >= UNREACHABLE_S else direct

    def place_index(self, stop_id: str) -> int:
        """Return the index of a stop or depot that is known to exist."""
        index = self.network.find_stop(stop_id)
        if index is None:
            raise KeyError(stop_id)
        return index

    def drive_s(self, service_day: str, origin: str, destination: str) -> int:
        """Return dwell plus driving time between two stops or depots on a service day (s)."""
        return int(self.travel_s_on(service_day)[self.place_index(origin), self.place_index(destination)])

    def shifts_on(self, service_day: str) -> tuple[Shift, ...]:
        """Return the dated shifts of a service day."""
        if service_day not in self.shift_cache:
            self.shift_cache[service_day] = shifts_on(self.service, dt.date.fromisoformat(service_day))
        return self.shift_cache[service_day]

    def load_day(self, session: ReadSession, service_day: str) -> Day:
        """Return a service day, reading only what changed since it was last looked at."""
        shifts = self.shifts_on(service_day)
        versions = session.tour_versions(service_day)
        with self.cache.lock:
            known = dict(self.cache.entries)
        stale = [
            shift_id
            for shift_id, version in versions.items()
            if shift_id not in known or known[shift_id].tour.version != version
        ]
        if stale:
            fresh = self._read_tours(session, stale)
            known |= fresh
            with self.cache.lock:
                self.cache.entries |= fresh
        entries = [known[shift.id] for shift in shifts if shift.id in versions]
        by_shift = {entry.tour.shift_id: entry.tour for entry in entries}
        legs = {leg_id: leg for entry in entries for leg_id, leg in entry.legs.items()}
        tours = tuple(by_shift.get(shift.id) or self.empty_tour(shift) for shift in shifts)
        return Day(service_day, shifts, tours, legs)

    def _read_tours(self, session: ReadSession, shift_ids: list[str]) -> dict[str, _CachedTour]:
        tours = session.tours(shift_ids)
        wanted = {call.leg_id for tour in tours for call in tour.calls if call.leg_id is not None}
        legs = {leg.id: leg for leg in session.legs(wanted)}
        return {
            tour.shift_id: _CachedTour(
                tour, {call.leg_id: legs[call.leg_id] for call in tour.calls if call.leg_id is not None}
            )
            for tour in tours
        }

    def empty_tour(self, shift: Shift) -> Tour:
        """Return the tour of a shift that nobody has booked yet: only its breaks."""
        if shift.id in self.empty_tours:
            return self.empty_tours[shift.id]
        depot = f"depot:{shift.vehicle_id}"
        calls = tuple(
            Call(
                CallKind.BREAK,
                depot,
                max(rule.earliest, shift.start_at),
                max(rule.earliest, shift.start_at) + rule.duration_s,
                break_number=number,
            )
            for number, rule in enumerate(shift.breaks)
        )
        self.empty_tours[shift.id] = Tour(shift.id, shift.service_day, shift.vehicle_id, 0, calls)
        return self.empty_tours[shift.id]

    def forget_before(self, now: Instant) -> None:
        """Drop cached tours of days that are over, so that a long-running desk does not grow."""
        with self.cache.lock:
            old = [
                shift_id
                for shift_id, entry in self.cache.entries.items()
                if all(call.depart_at < now - OVER_S for call in entry.tour.calls)
            ]
            for shift_id in old:
                for leg_id in self.cache.entries.pop(shift_id).legs:
                    self.rides.pop(leg_id, None)
        for service_day, shifts in list(self.shift_cache.items()):
            if all(shift.end_by < now - OVER_S for shift in shifts):
                self.shift_cache.pop(service_day, None)
                for shift in shifts:
                    self.boards.pop(shift.id, None)
                    self.empty_tours.pop(shift.id, None)

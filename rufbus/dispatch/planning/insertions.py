"""Where one more ride fits into the running tours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rufbus.dispatch.desk import Desk
from rufbus.dispatch.planning import rides
from rufbus.dispatch.planning.calls import Option, decode, with_new_leg
from rufbus.dispatch.planning.keeping import TourBoard
from rufbus.dispatch.planning.views import day_origin
from rufbus.domain.clock_time import Instant
from rufbus.domain.party_load import boarding_s, load_of
from rufbus.domain.request import Party
from rufbus.domain.tour import Call
from solver.apart import Candidates, Places, find_places, pack_candidates
from solver.arrays import FAR


@dataclass(frozen=True, slots=True)
class Fit:
    """The cheapest place of one option in one tour."""

    cost_s: int
    """Vehicle time that it adds (s)."""
    option: Option
    home: TourBoard
    """The tour that takes it, as it was looked at."""
    codes: tuple[int, ...]
    """The tour as visits of the board's problem, the new ones among them."""

    @property
    def shift_id(self) -> str:
        """The shift that takes it."""
        return self.home.view.shift.id


@dataclass(slots=True, eq=False)
class Alternatives:
    """The options of one wish, and where each fits best; a tour is searched again only when it has changed."""

    options: Sequence[Option]
    candidates: Candidates
    _places: dict[str, tuple[TourBoard, Places]] = field(default_factory=dict)

    def find_costs(self, tours: Sequence[TourBoard]) -> list[int | None]:
        """Return the vehicle time that each option adds at its best place in any tour (s), ``None`` without one."""
        if not tours:
            return [None] * len(self.options)
        best = np.min([self._places_in(tour).added for tour in tours], axis=0)
        return [cost if cost < FAR else None for cost in best.tolist()]

    def find_fit(self, tours: Sequence[TourBoard], number: int) -> Fit | None:
        """Return the best place of one option; among equally cheap ones by the earliest pickup, then the first tour."""
        found = [(self._places_in(tour), tour) for tour in tours]
        ranked = [(int(p.added[number]), int(p.picked[number]), n) for n, (p, _) in enumerate(found)]
        cost, _, which = min(ranked, default=(FAR, FAR, -1))
        if cost >= FAR:
            return None
        places, tour = found[which]
        return Fit(cost, self.options[number], tour, places.tour_with(number))

    def _places_in(self, tour: TourBoard) -> Places:
        kept = self._places.get(tour.view.shift.id)
        if kept is not None and kept[0] is tour:
            return kept[1]
        places = find_places(tour.state, self.candidates)
        self._places[tour.view.shift.id] = tour, places
        return places


def list_alternatives(desk: Desk, service_day: str, party: Party, options: Sequence[Option]) -> Alternatives:
    """Return the options of one party on one day, ready to be put to the tours."""
    service_s, load, origin = boarding_s(party, desk.service.boarding), load_of(party), day_origin(service_day)
    wanted = [
        rides.solver_ride(each.pickup, each.dropoff, each.promise, load, service_s, origin, None) for each in options
    ]
    return Alternatives(options, pack_candidates(wanted))


def calls_with(fit: Fit, leg_id: str, held_until: Instant | None) -> tuple[Call, ...]:
    """Return the calls of a tour with the new leg in its place; times are still to be computed."""
    return with_new_leg(decode(fit.home.board, 0, fit.codes, fit.option), leg_id, held_until)

"""One more ride into tours that are packed one by one, so that a tour that changes leaves the others as they are.

The same search as :func:`.insertion.candidate_insertions`, over plans of one shift each. Many candidate rides are
packed once and put to every tour; what is found stays in arrays until somebody asks for the tour of one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import FAR, Ints, Mask, pack_ride
from .insertion import NEW_DROPOFF, NEW_PICKUP, PackedPlan, make_answers
from .problem import ProblemError, Ride
from .scan import find_insertions
from .trial import ADDED, FOUND_COLUMNS, LENGTH, PICKED


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rides that wait for their pickup and are in no problem, as rows for the kernels."""

    rows: Ints
    """Shape (candidates, columns), see :mod:`.scan`."""
    allowed: Mask
    """Shape (candidates, 1): every one may go into the tour that it is put to."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The cheapest place of each candidate in one tour."""

    added: Ints
    """What each adds to the tour's cost; ``FAR`` where it does not fit."""
    picked: Ints
    """When each would be picked up; ``FAR`` where it does not fit."""
    answers: Ints

    def tour_with(self, number: int) -> tuple[int, ...]:
        """Return the whole tour with a candidate that fits, its codes being ``NEW_PICKUP`` and ``NEW_DROPOFF``."""
        answer = self.answers[number]
        return tuple(answer[FOUND_COLUMNS : FOUND_COLUMNS + answer[LENGTH]].tolist())


def pack_candidates(rides: Sequence[Ride]) -> Candidates:
    """Return rides in arrays.

    Raises
    ------
    ProblemError
        When one is aboard already.
    """
    if any(ride.aboard is not None for ride in rides):
        raise ProblemError("a candidate is aboard already: give rides that wait for their pickup")
    rows = [(*row[0], *row[1], NEW_PICKUP, NEW_DROPOFF, -1, *ride.load) for ride in rides if (row := pack_ride(ride))]
    return Candidates(np.array(rows, dtype=np.int64), np.ones((len(rows), 1), dtype=np.bool_))


def find_places(state: PackedPlan, candidates: Candidates) -> Places:
    """Return the cheapest place of each candidate in the one tour of ``state``, each alone.

    Of equally cheap ones the earliest pickup counts, then the earliest drop-off.

    Parameters
    ----------
    state
        A plan of one shift; its capacity rows count the same kinds of load as the candidates.
    candidates
        At least one.
    """
    answers = make_answers(state, len(candidates.rows), 1)
    find_insertions(*state.loaded, candidates.rows, candidates.allowed, FAR, answers)
    best = answers[:, 0]
    return Places(best[:, ADDED], best[:, PICKED], best)

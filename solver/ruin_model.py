"""What ruin and recreate reads and writes: the problem once more in compact arrays, and the plan being changed.

A tour lives in a *slot*: a block of rows, one per visit and one for the end place. A change writes the tour anew into
another slot; the old one stays until the change is accepted, so that taking a change back costs a few numbers, and what
was found out about the old tour stays true. Free breaks do not stand in the rows: where they go is decided by states
per quiet gap, as in :mod:`solver.breaks`, whose terms are used here. The columns of a row:

=====================  =================================================================================================
``CODE``, ``AT``       the visit, and where it is
``FROM``, ``LEG``      where the van stands before it, and the driving time from there
``OPENS``, ``SHUTS``   the window
``SERVES``             the service time
``PAIR``, ``WITHIN``   at a drop-off: the row of its pickup, or -1, and the longest ride time, ``FAR`` if none binds
``EARLY``              when the van is free before the visit at the earliest
``REACH``              when the visit must begin so that the rest of the tour can be kept
``CLOSE``              the same as a bound that holds for any detour later in the tour
``FROM_GAP``           the last quiet gap at or before this one; ``TO_GAP`` the first one at or after it
``BINDS``              how many visits before this one are drop-offs with a ride time that binds
``ALONE``              1 where a free break may be taken before the visit
``BEGIN``, ``BOUND``   working columns of :func:`solver.ruin_tour.settle`
``SPENT``, ``LEAVE``   at a quiet gap: driving and service up to it, and the latest departure from the start place that
                       keeps all before it (only with a longest duration)
``AHEAD``, ``HOME``    at a quiet gap: driving and service from it to the end, and the arrival there of a van that is at
                       the gap at any early time (only with a longest duration)
``FREE`` ...           one column per capacity row: what is left of it in the gap; then three per set of free breaks
=====================  =================================================================================================
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .arrays import EARLIEST, FAR, LATEST, LIMIT, PLACE, SERVICE, Ints, Mask, Matrix, Packed
from .arrays import END as END_PLACE
from .arrays import START as START_PLACE
from .plan import Plan
from .pool import shift_kinds

CODE, AT, FROM, LEG, OPENS, SHUTS, SERVES, PAIR, WITHIN, EARLY, REACH, CLOSE = range(12)
FROM_GAP, TO_GAP, BINDS, ALONE, BEGIN, BOUND, SPENT, LEAVE, AHEAD, HOME, FREE = range(12, 23)

COUNT, COST, VERSION, RIDERS = range(4)
"""Columns of ``Search.slots``: visits in the slot, cost of the tour, its version, visits that are no breaks."""

(
    ABSENT,
    CUR_COST,
    BEST_COST,
    BEST_LEFT,
    VERSIONS,
    SPARE,
    ITERATION,
    PHASE,
    TOUCHED,
    SEEN,
    ABSENT_BEFORE,
    COST_BEFORE,
) = range(12)
"""Places of ``Search.state``."""
START, SERVE, FEWER, CHEAPER = range(4)
"""Phases: nothing done yet; get everybody in; do with one van less; drive less."""

NEIGHBOURS = 250
"""Visits remembered as neighbours of each visit."""
LONGEST_TOUR = 512
"""Visits that a tour may have without having had them from the start."""
EXACT_SLACK_PLACES = 96
SAMPLES = 200_000


class Model(NamedTuple):
    """The problem: nothing in here changes during a search."""

    travel: Matrix
    """Driving times; ``back`` is the transpose, for times to one place from many."""
    back: Matrix
    visits: Ints
    """As ``Tables.visits``; a ride time that cannot bind is ``FAR``."""
    heads: Ints
    """As ``Tables.heads``."""
    breaks: Ints
    """As ``Tables.free_breaks``."""
    kinds: Ints
    """For each shift, its kind (see :mod:`solver.pool`)."""
    left: Ints
    """Shape (shifts, capacity rows): what is left at the start."""
    taken: Ints
    """Shape (rides, kinds, capacity rows): what a ride takes."""
    allowed: Mask
    """Shape (rides, shifts)."""
    movable: Mask
    """Shape (rides,): rides that may change tours."""
    required: Mask
    """Shape (rides,): rides that must not be left out in the end."""
    near: NDArray[np.int32]
    """Shape (visits, neighbours): visits in the order of their nearness."""
    keys: Ints
    """Shape (orders, rides): by what rides are sorted before they are put back."""
    slack: Ints
    """Two numbers: how far a detour can be shorter than the direct way, and 1 where that is too little to matter."""


class Search(NamedTuple):
    """The plan that changes, the best one, and work space."""

    rows: Ints
    """Shape (slots, rows, columns)."""
    slots: Ints
    slot_of: Ints
    """The slot of each shift's tour; ``kept`` is the one to go back to, or -1."""
    kept: Ints
    spare: Ints
    """Slots without a tour."""
    touched: Ints
    """Shifts whose tours were changed in this iteration."""
    tour_of: Ints
    """The shift that serves each ride, or -1."""
    absent: Ints
    """Rides that nobody serves; ``absent_before`` those to go back to."""
    absent_before: Ints
    misses: Ints
    """How often each ride was left out."""
    cache: Ints
    """Shape (rides, slots, 3): version of the slot, cost of the best insertion, and its two gaps.

    With -1 for the gaps it is only known that no insertion costs less.
    """
    unsure: Ints
    """Work space for shifts of which only such a bound is known."""
    is_open: Mask
    """Which shifts may be used."""
    best_codes: NDArray[np.int32]
    best_counts: Ints
    state: Ints
    random: NDArray[np.uint64]
    block: Ints
    """Work space for a part of a tour; ``codes`` for the visits of one; ``where`` for positions by code."""
    codes: Ints
    where: Ints
    marks: Ints
    """Shape (2, rides or shifts): the iteration in which a ride was taken out, a shift was ruined."""
    order: Ints
    seen: Ints
    """For each kind of shift, the last look at an unused shift of it."""
    begun: NDArray[np.float64]
    """The share of the budget at which the last phase began, and the mean driving time of a leg then."""
    detours: Ints


def build_model(packed: Packed, plan: Plan) -> Model:
    """Return the arrays of a problem; the rides that ``plan`` serves are required."""
    tables, problem = packed.tables, packed.problem
    visits, rides = tables.visits.copy(), len(problem.rides)
    pickups, dropoffs = visits[0 : 2 * rides : 2], visits[1 : 2 * rides : 2]
    cannot_bind = dropoffs[:, LIMIT] >= dropoffs[:, LATEST] - pickups[:, EARLIEST] - pickups[:, SERVICE]
    aboard = tables.rides[:, 0] >= 0
    dropoffs[cannot_bind | aboard, LIMIT] = FAR
    kinds = np.array(shift_kinds(packed), dtype=np.int64)
    taken, left = _loads(packed, kinds)
    locked = {code // 2 for shift in problem.shifts for code in shift.locked}
    served = {code // 2 for tour in plan.tours for code in tour}
    numbers = np.arange(rides)
    return Model(
        travel=tables.travel_s,
        back=np.ascontiguousarray(tables.travel_s.T),
        visits=visits,
        heads=tables.heads,
        breaks=tables.free_breaks,
        kinds=kinds,
        left=left,
        taken=taken,
        allowed=tables.allowed,
        movable=~aboard & ~np.isin(numbers, list(locked)),
        required=np.isin(numbers, list(served)),
        near=_neighbours(tables.travel_s, visits, rides),
        keys=_sort_keys(packed, visits, rides),
        slack=_slack(tables.travel_s, visits),
    )


def _loads(packed: Packed, kinds: Ints) -> tuple[Ints, Ints]:
    """Return what each ride takes in each kind of shift, and what is left at the start of each shift."""
    tables = packed.tables
    rides, rows = len(tables.rides), tables.capacity.shape[1]
    taken = np.zeros((rides, int(kinds.max(initial=-1)) + 1, rows), dtype=np.int64)
    left = np.zeros((len(kinds), rows), dtype=np.int64)
    for shift, kind in enumerate(kinds.tolist()):
        if rows:
            taken[:, kind] = tables.rides[:, 1:] @ tables.capacity[shift, :, 1:].T
            left[shift] = tables.capacity[shift, :, 0] - taken[tables.rides[:, 0] == shift, kind].sum(axis=0)
    return taken, left


def _neighbours(travel: Matrix, visits: Ints, rides: int) -> NDArray[np.int32]:
    """Return for each rider's visit the others by driving time, whichever way is shorter."""
    places = visits[: 2 * rides, PLACE]
    most = min(2 * rides, NEIGHBOURS)
    near = np.empty((2 * rides, most), dtype=np.int32)
    for code in range(2 * rides):
        apart = np.minimum(travel[places[code], places], travel[places, places[code]]).astype(np.int64)
        apart[code] = -1
        near[code] = np.argsort(apart, kind="stable")[:most]
    return near


def _sort_keys(packed: Packed, visits: Ints, rides: int) -> Ints:
    """Return by what rides are sorted: load, distance from the vans' places, its reverse, window, opening, closing."""
    tables = packed.tables
    pickups, dropoffs = visits[0 : 2 * rides : 2], visits[1 : 2 * rides : 2]
    keys = np.zeros((6, rides), dtype=np.int64)
    if rides and len(tables.heads):
        away = (
            tables.travel_s[np.unique(tables.heads[:, START_PLACE])][:, pickups[:, PLACE]].min(axis=0).astype(np.int64)
        )
        away += tables.travel_s[:, np.unique(tables.heads[:, END_PLACE])][dropoffs[:, PLACE]].min(axis=1)
        keys[0] = -tables.rides[:, 1:].sum(axis=1)
        keys[1], keys[2] = -away, away
        keys[3] = np.minimum(pickups[:, LATEST] - pickups[:, EARLIEST], dropoffs[:, LATEST] - dropoffs[:, EARLIEST])
        keys[4], keys[5] = pickups[:, EARLIEST], -dropoffs[:, LATEST]
    return keys


def _slack(travel: Matrix, visits: Ints) -> Ints:
    """Return by how much a way through a third place is shorter than the direct one at most, as far as is seen."""
    used = np.unique(visits[visits[:, PLACE] >= 0, PLACE])
    if len(used) == 0:
        return np.array([0, 1], dtype=np.int64)
    times = travel[np.ix_(used, used)].astype(np.int64)
    if len(used) <= EXACT_SLACK_PLACES:
        worst = max(int((times - (times[:, via, None] + times[None, via, :])).max()) for via in range(len(used)))
    else:
        a, b, c = np.random.default_rng(0).integers(0, len(used), (3, SAMPLES))
        worst = int((times[a, c] - times[a, b] - times[b, c]).max())
    worst = max(0, worst)
    return np.array([2 * worst, int(200 * worst <= times.mean())], dtype=np.int64)


def build_search(model: Model, plan: Plan, seed: int) -> Search:
    """Return an empty search with room for the tours of ``plan`` and longer ones."""
    rides, shifts = len(model.taken), len(model.heads)
    longest = max((len(tour) for tour in plan.tours), default=0)
    room = min(2 * rides, max(LONGEST_TOUR, 2 * longest, 16 * rides // max(1, shifts))) + longest + 2
    sets = 1 << model.breaks.shape[1]
    width = FREE + model.left.shape[1] + 3 * sets
    slots = 2 * shifts + 1
    return Search(
        rows=np.zeros((slots, room + 1, width), dtype=np.int64),
        slots=np.zeros((slots, 4), dtype=np.int64),
        slot_of=np.arange(shifts, dtype=np.int64),
        kept=np.full(shifts, -1, dtype=np.int64),
        spare=np.arange(shifts, slots, dtype=np.int64),
        touched=np.zeros(shifts, dtype=np.int64),
        tour_of=np.full(rides, -1, dtype=np.int64),
        absent=np.zeros(rides, dtype=np.int64),
        absent_before=np.zeros(rides + 1, dtype=np.int64),
        misses=np.zeros(rides, dtype=np.int64),
        cache=np.full((rides, slots, 3), -1, dtype=np.int64),
        unsure=np.zeros(shifts, dtype=np.int64),
        is_open=np.ones(shifts, dtype=np.bool_),
        best_codes=np.zeros((shifts, room), dtype=np.int32),
        best_counts=np.zeros(shifts, dtype=np.int64),
        state=np.zeros(COST_BEFORE + 1, dtype=np.int64),
        random=np.array([seed], dtype=np.int64).view(np.uint64),
        block=np.zeros((room + 3, width), dtype=np.int64),
        codes=np.zeros(room + 3, dtype=np.int64),
        where=np.full(len(model.visits), -1, dtype=np.int64),
        seen=np.zeros(int(model.kinds.max(initial=0)) + 1, dtype=np.int64),
        begun=np.zeros(2),
        marks=np.full((2, max(rides, shifts)), -1, dtype=np.int64),
        order=np.zeros(rides, dtype=np.int64),
        detours=np.zeros((2, room + 3), dtype=np.int64),
    )

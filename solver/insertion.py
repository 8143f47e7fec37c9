"""One more ride into a plan: exactly the cheapest place, over all shifts, all positions and all places of the breaks.

``(problem, plan, ride) -> insertions``: the riders' visits of a tour keep their order, its unlocked breaks may move.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import COUNT, FAR, FARTHEST_INPUT, GAP_FREE, Ints, Packed, allowed_shifts, pack
from .breaks import place_breaks, row_width
from .cost import tour_cost
from .plan import Insertion, Plan
from .problem import CapacityRow, Problem, ProblemError, Ride, Shift, Window, dropoff_of, pickup_of
from .scan import find_insertions, find_ride, load_plan, load_shift
from .schedule import earliest_schedule
from .trial import FOUND_COLUMNS, Loaded

NEW_PICKUP = -1
"""Code of the pickup of a candidate that has no number in the problem."""
NEW_DROPOFF = -2
"""Code of its drop-off."""
SPARE_ROWS = 4
"""How many visits longer than the longest one a tour may grow before :func:`repack_plan` has to start anew."""

_EVERYWHERE = np.empty((0, 0), dtype=np.bool_)
"""What is handed to the kernels when all shifts may serve all candidates."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedPlan:
    """A plan in the form that insertions are searched in. Build it once per plan with :func:`pack_plan`."""

    packed: Packed
    plan: Plan
    loaded: Loaded
    """Its tours and what else a search reads."""
    found_at: Ints
    """For each visit code, -1 when no tour has it."""


def pack_plan(packed: Packed, plan: Plan) -> PackedPlan:
    """Return a plan with everything worked out that does not depend on the ride to be inserted.

    A tour that breaks a rule by itself, other than by lacking breaks, takes no insertion.
    """
    tables = packed.tables
    if len(plan.tours) != len(tables.heads):
        raise ProblemError(f"the plan has {len(plan.tours)} tours for {len(tables.heads)} shifts: give each shift one")
    lengths = [len(tour) for tour in plan.tours]
    codes = np.array([code for tour in plan.tours for code in tour], dtype=np.int64)
    begins = np.array([0, *lengths], dtype=np.int64).cumsum()
    heads = tables.heads.copy()
    stride = max(lengths, default=0) + 1 + SPARE_ROWS
    rows = np.empty((len(lengths), stride, row_width(packed)), dtype=np.int64)
    gaps = np.empty((len(lengths), GAP_FREE + tables.capacity.shape[1], stride), dtype=np.int64)
    found_at = np.full(len(tables.visits), -1, dtype=np.int64)
    load_plan(tables, codes, begins, heads, rows, gaps, found_at)
    loaded = Loaded(tables.travel_s, tables.visits, tables.free_breaks, tables.capacity, heads, rows, gaps)
    return PackedPlan(packed, plan, loaded, found_at)


def repack_plan(state: PackedPlan, plan: Plan) -> PackedPlan:
    """Return another plan of the same problem, packed in the time that its changed tours take.

    The arrays of ``state`` are taken over: it must not be used any more.
    """
    packed, loaded = state.packed, state.loaded
    shifts, stride, _ = loaded.rows.shape
    longest = max(map(len, plan.tours), default=0)
    if longest >= stride or len(plan.tours) != shifts or (loaded.heads[:, COUNT] < 0).any():
        return pack_plan(packed, plan)
    tours = enumerate(zip(state.plan.tours, plan.tours, strict=True))
    changed = [(shift, old, new) for shift, (old, new) in tours if old is not new and old != new]
    for _, old, _ in changed:
        state.found_at[list(old)] = -1
    free_by = np.empty(1 << loaded.free_breaks.shape[1], dtype=np.int64)
    for shift, _, tour in changed:
        codes, head = np.array(tour, dtype=np.int64), loaded.heads[shift]
        rows, gaps, offset = loaded.rows[shift], loaded.gaps[shift], shift * stride
        load_shift(packed.tables, shift, codes, head, rows, gaps, state.found_at, offset, free_by)
    return replace(state, plan=plan)


def candidate_insertions(
    problem: Problem | Packed,
    plan: Plan | PackedPlan,
    candidates: Sequence[Ride],
    k: int = 1,
    *,
    max_cost: int | None = None,
) -> list[tuple[Insertion, ...]]:
    """Return the best insertions of each of many rides that are not in the problem, each alone.

    Meant for one wish with many alternative windows and stops: all candidates share one look at the plan.

    Parameters
    ----------
    problem, plan
        Packed ones save the packing.
    candidates
        Rides that wait for their pickup; in the tours found their codes are ``NEW_PICKUP`` and ``NEW_DROPOFF``.
    k
        How many insertions to return at most, each in another shift.
    max_cost
        The most an insertion may add to the plan's cost.

    Returns
    -------
    list of tuple of Insertion
        In the order of the candidates; each tuple in the order of cost, begin of the pickup, and shift. In a shift the
        cheapest insertion with the earliest pickup, then the earliest drop-off, counts.
    """
    state = _state(problem, plan)
    places, kinds = len(state.loaded.travel_s), state.loaded.capacity.shape[2] - 1
    counts_load = state.loaded.capacity.shape[1] > 0
    rows = [_candidate_row(ride, places, kinds if counts_load else None) for ride in candidates]
    try:
        table = np.array(rows, dtype=np.int64)
    except OverflowError:
        table = np.array([_bounded(row) for row in rows], dtype=np.int64)
    allowed = _EVERYWHERE
    if any(ride.shifts is not None for ride in candidates):
        allowed = allowed_shifts(candidates, len(state.loaded.heads))
    answers = make_answers(state, len(rows), k)
    if rows:
        find_insertions(*state.loaded, table, allowed, FAR if max_cost is None else max_cost, answers)
    return _insertions(answers)


def cheapest_insertions(
    problem: Problem | Packed, plan: Plan | PackedPlan, ride: int, k: int = 1, *, max_cost: int | None = None
) -> tuple[Insertion, ...]:
    """Return the ``k`` best insertions of a ride of the problem that no tour serves; see :func:`candidate_insertions`.

    A rider who is aboard has only the drop-off to be inserted; ``pickup_begin`` is then when the boarding ended.

    Raises
    ------
    ProblemError
        When a tour serves the ride already.
    """
    state = _state(problem, plan)
    if state.found_at[dropoff_of(ride)] >= 0 or state.found_at[pickup_of(ride)] >= 0:
        raise ProblemError(f"ride {ride} is in the plan already: take it out with without_rides first")
    if state.packed.problem.rides[ride].aboard is not None:
        return _dropoff_insertion(state, ride, max_cost)
    answers, most = make_answers(state, 1, k), FAR if max_cost is None else max_cost
    _, _, _, _, heads, rows, gaps = state.loaded
    find_ride(state.packed.tables, heads, rows, gaps, ride, most, answers)
    return _insertions(answers)[0]


def with_insertion(plan: Plan, ride: int, insertion: Insertion) -> Plan:
    """Return ``plan`` with an insertion of ride number ``ride`` carried out."""
    own = {NEW_PICKUP: pickup_of(ride), NEW_DROPOFF: dropoff_of(ride)}
    tour = tuple(own.get(code, code) for code in insertion.tour)
    unserved = tuple(other for other in plan.unserved if other != ride)
    return Plan(plan.with_tour(insertion.shift, tour).tours, unserved)


def without_ride(tour: Sequence[int], ride: int) -> tuple[int, ...]:
    """Return a tour without the visits of one ride."""
    return tuple(code for code in tour if code not in (pickup_of(ride), dropoff_of(ride)))


def without_rides(plan: Plan, rides: Collection[int]) -> Plan:
    """Return a plan that leaves ``rides`` unserved."""
    codes = {code for ride in rides for code in (pickup_of(ride), dropoff_of(ride))}
    tours = tuple(tuple(code for code in tour if code not in codes) for tour in plan.tours)
    return Plan(tours, tuple(sorted({*plan.unserved, *rides})))


def take_out(packed: Packed, plan: Plan, rides: Collection[int]) -> Plan | None:
    """Return a legal plan that leaves ``rides`` unserved, its breaks moved where need be; ``None`` if there is none.

    A break is taken where the van stands, so a tour that loses its last ride before a break may have to drive later.
    """
    rest = without_rides(plan, rides)
    for shift, (before, after) in enumerate(zip(plan.tours, rest.tours, strict=True)):
        if len(after) < len(before) and earliest_schedule(packed, shift, after) is None:
            legal = place_breaks(packed, shift, after)
            if legal is None:
                return None
            rest = rest.with_tour(shift, legal)
    return rest


def warm_up() -> None:
    """Compile all kernels, or load them from Numba's cache, so that no request waits for it."""
    window = Window(0, 3600)
    ride = Ride(0, 1, window, window, 3600, (1,))
    shift = Shift(0, 0, 0, 3600, (CapacityRow((1,), 2),))
    packed = pack(Problem(np.array([[0, 60], [60, 0]], dtype=np.int32), (ride, ride), (shift,)))
    found = cheapest_insertions(packed, Plan(((),), (0, 1)), 0)
    plan = with_insertion(Plan(((),), (0, 1)), 0, found[0])
    earliest_schedule(packed, 0, plan.tours[0])
    place_breaks(packed, 0, plan.tours[0])
    candidate_insertions(packed, plan, [ride])


def _state(problem: Problem | Packed, plan: Plan | PackedPlan) -> PackedPlan:
    if isinstance(plan, PackedPlan):
        return plan
    return pack_plan(problem if isinstance(problem, Packed) else pack(problem), plan)


def _candidate_row(ride: Ride, places: int, kinds: int | None) -> tuple[int, ...]:
    """Return a ride as the kernels read it; a problem without capacity counts no ``kinds`` of load."""
    window, due, load = ride.pickup_window, ride.dropoff_window, ride.load
    if not (0 <= ride.pickup < places and 0 <= ride.dropoff < places):
        raise ProblemError(f"a candidate goes from place {ride.pickup} to {ride.dropoff}: give places below {places}")
    if kinds is None:
        load = ()
    elif len(load) != kinds:
        raise ProblemError(f"a candidate counts {len(load)} kinds of load: give it {kinds} like the problem")
    if ride.aboard is not None:
        raise ProblemError("a candidate is aboard already: make it a ride of the problem and use cheapest_insertions")
    return (
        ride.pickup, window.earliest, window.latest, ride.pickup_service_s, 0,
        ride.dropoff, due.earliest, due.latest, ride.dropoff_service_s, ride.max_ride_s,
        NEW_PICKUP, NEW_DROPOFF, -1, *load,
    )  # fmt: skip


def _bounded(row: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(max(-FARTHEST_INPUT, min(value, FARTHEST_INPUT)) for value in row)


def make_answers(state: PackedPlan, candidates: int, k: int) -> Ints:
    """Return room for what a search finds: shape (candidates, ``k`` at most, columns), see :mod:`solver.trial`."""
    shifts, stride, _ = state.loaded.rows.shape
    longest = stride + 1 + state.loaded.free_breaks.shape[1]
    return np.empty((candidates, max(1, min(k, shifts)), FOUND_COLUMNS + longest), dtype=np.int64)


def _insertions(answers: Ints) -> list[tuple[Insertion, ...]]:
    return [
        tuple(
            Insertion(
                shift,
                tuple(answers[number, rank, FOUND_COLUMNS : FOUND_COLUMNS + length].tolist()),
                added,
                picked,
                dropped,
            )
            for rank, (added, picked, dropped, shift, _, _, _, length) in enumerate(ranks)
            if shift >= 0
        )
        for number, ranks in enumerate(answers[:, :, :FOUND_COLUMNS].tolist())
    ]


def _dropoff_insertion(state: PackedPlan, ride: int, max_cost: int | None) -> tuple[Insertion, ...]:
    """Try every position for the drop-off of a rider aboard; breaks fit only behind it, so they cannot delay it."""
    packed, problem = state.packed, state.packed.problem
    aboard = problem.rides[ride].aboard
    if aboard is None or not 0 <= aboard.shift < len(problem.shifts):
        return ()
    tour = state.plan.tours[aboard.shift]
    base = tour_cost(problem, aboard.shift, tour)
    best: Insertion | None = None
    for position in range(len(problem.shifts[aboard.shift].locked), len(tour) + 1):
        longer = (*tour[:position], dropoff_of(ride), *tour[position:])
        added = tour_cost(problem, aboard.shift, longer) - base
        placed = place_breaks(packed, aboard.shift, longer)
        if placed is None or (max_cost is not None and added > max_cost):
            continue
        schedule = earliest_schedule(packed, aboard.shift, placed)
        if schedule is None:
            continue
        dropped = schedule.begin[placed.index(dropoff_of(ride))]
        if best is None or (added, dropped) < (best.cost, best.dropoff_begin):
            best = Insertion(aboard.shift, placed, added, aboard.departed_at, dropped)
    return () if best is None else (best,)

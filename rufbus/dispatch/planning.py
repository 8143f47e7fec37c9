"""The one door to the solver, both ways: service days become problems, plans become tours.

A day is looked at from one moment (``Horizon``): what lies behind the vans is left out, who is aboard has only the
drop-off left, what begins soon keeps its order. Seconds count from an origin near the day, so that they stay small.

A promise that facts have made impossible (the van is late) must not stop everything else from being planned: for that
ride alone the bounds are moved to the earliest that is still possible, and the ride is reported as late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rufbus.dispatch.desk import Day, Desk
from rufbus.dispatch.facts import count_behind
from rufbus.dispatch.progress import Horizon, Progress, drop_expired, progress_of
from rufbus.domain.booking import Leg, LegState
from rufbus.domain.clock_time import Instant
from rufbus.domain.fleet import Shift, Vehicle
from rufbus.domain.party_load import boarding_s, capacity_rows, load_of
from rufbus.domain.promise import Promise
from rufbus.domain.request import Party
from rufbus.domain.tour import Call, CallKind, Tour
from solver.arrays import Packed, pack
from solver.breaks import place_breaks
from solver.check import violations
from solver.cost import plan_cost
from solver.improve import improve_plan
from solver.insertion import NEW_DROPOFF, NEW_PICKUP, candidate_insertions
from solver.insertion import warm_up as warm_up_kernels
from solver.plan import Budget, Plan
from solver.problem import UNREACHABLE_S, Aboard, Break, CapacityRow, Problem, Ride, Window
from solver.problem import Shift as SolverShift
from solver.schedule import earliest_schedule

MOST_KEPT_RIDES = 50_000
"""How many rides are kept ready before all are forgotten."""
FOREVER_S = 10 * UNREACHABLE_S
"""A bound that never binds (s)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way a wish could be met: from stop to stop under one promise."""

    pickup: int
    dropoff: int
    promise: Promise
    direct_s: int


@dataclass(frozen=True, slots=True)
class Fit:
    """The cheapest place of one option in one tour."""

    option: int
    """Index of the option."""
    cost_s: int
    """Vehicle time that it adds (s)."""
    shift_id: str
    shift: int
    codes: tuple[int, ...]
    """The tour as visits of the board's problem, the new ones among them."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A tour with fresh times."""

    tour: Tour
    late: frozenset[str]
    """Legs whose promise these times break; facts have made it impossible."""
    loads: tuple[tuple[int, int, int, int], ...]
    """After each call: seats used, seats, wheelchair places used, wheelchair places."""


@dataclass(frozen=True, slots=True)
class _ShiftView:
    """One shift as the solver sees it."""

    shift: Shift
    tour: Tour
    progress: Progress
    rides: tuple[str, ...]
    """Legs that are still to be picked up or dropped, in order of appearance."""


@dataclass(frozen=True, slots=True)
class Board:
    """A day from one moment, as a problem with its plan."""

    desk: Desk
    day: Day
    horizon: Horizon
    origin: Instant
    views: tuple[_ShiftView, ...]
    leg_ids: tuple[str, ...]
    """The leg of each ride of the problem."""
    problem: Problem
    packed: Packed
    plan: Plan
    late: frozenset[str]


def horizon_at(desk: Desk, now: Instant, extra_lock_s: int = 0) -> Horizon:
    """Return the planning horizon at ``now``; ``extra_lock_s`` fixes the order further ahead."""
    rules = desk.service.promise
    return Horizon(now, rules.late_detour_lock_s + extra_lock_s, desk.service.solver.silent_after_s)


def set_up_board(desk: Desk, day: Day, horizon: Horizon, shifts: Callable[[Shift], bool] = lambda _: True) -> Board:
    """Return the day as a problem, with the tours of the shifts that ``shifts`` lets through."""
    views = tuple(
        _view(desk, shift, tour, horizon) for shift, tour in zip(day.shifts, day.tours, strict=True) if shifts(shift)
    )
    return _board(desk, day, horizon, views)


def find_fits(board: Board, party: Party, options: Sequence[Option]) -> list[Fit | None]:
    """Return for each option its cheapest place in any tour, or ``None`` where there is none."""
    if not board.views:
        return [None] * len(options)
    service_s = boarding_s(party, board.desk.service.boarding)
    open_shifts = frozenset(number for number, view in enumerate(board.views) if view.tour.out_of_service_from is None)
    candidates = [
        _ride(option.pickup, option.dropoff, option.promise, load_of(party), service_s, board.origin, open_shifts)
        for option in options
    ]
    found = candidate_insertions(board.packed, board.plan, candidates)
    fits: list[Fit | None] = []
    for number, insertions in enumerate(found):
        if not insertions:
            fits.append(None)
            continue
        best = insertions[0]
        view = board.views[best.shift]
        fits.append(Fit(number, best.cost, view.shift.id, best.shift, best.tour))
    return fits


def calls_with(board: Board, fit: Fit, option: Option, leg_id: str, held_until: Instant | None) -> tuple[Call, ...]:
    """Return the calls of a tour with the new leg in its place; times are still to be computed."""
    return tuple(
        replace(call, leg_id=leg_id, held_until=held_until) if call.leg_id == NEW_LEG else call
        for call in _decode(board, fit.shift, fit.codes, option)
    )


def retime(desk: Desk, shift: Shift, tour: Tour, legs: Mapping[str, Leg], horizon: Horizon) -> Timed:
    """Return ``tour`` with the earliest times that its order allows from ``horizon.now`` on."""
    tour = replace(tour, calls=drop_expired(tour.calls, horizon.now))
    day = Day(shift.service_day, (shift,), (tour,), legs)
    board = _board(desk, day, horizon, (_view(desk, shift, tour, horizon),))
    calls = _with_times(board, 0, board.plan.tours[0])
    timed = replace(tour, calls=calls)
    return Timed(timed, board.late, tour_loads(desk, timed, legs))


def tour_loads(desk: Desk, tour: Tour, legs: Mapping[str, Leg]) -> tuple[tuple[int, int, int, int], ...]:
    """Return what is aboard after each call: seats used, seats, wheelchair places used, wheelchair places.

    Those who are aboard by report are a fact: as long as nobody else is to board, they never use more than there is.
    """
    vehicle = desk.service.vehicle(tour.vehicle_id)
    seated = wheelchairs = 0
    rows = []
    behind = count_behind(tour.calls)
    planned = False
    for number, call in enumerate(tour.calls):
        planned |= number >= behind and call.kind is CallKind.PICKUP
        if call.leg_id is not None and legs[call.leg_id].state is not LegState.NO_SHOW:
            sign = 1 if call.kind is CallKind.PICKUP else -1
            load = load_of(legs[call.leg_id].party)
            seated += sign * load[0]
            wheelchairs += sign * load[1]
        used = seated + vehicle.seats_lost_per_wheelchair * wheelchairs
        row = (used, vehicle.seats, wheelchairs, vehicle.wheelchair_places)
        rows.append(row if planned else (min(used, row[1]), row[1], min(wheelchairs, row[3]), row[3]))
    return tuple(rows)


# --- improvement -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImproveJob:
    """A problem with its plan, small enough to send to a worker process."""

    problem: Problem
    plan: Plan
    seconds: float
    seed: int
    engine: str


@dataclass(frozen=True, slots=True)
class ImproveResult:
    """What a worker found: the order of legs and breaks per shift."""

    plan: Plan
    cost_before_s: int
    cost_after_s: int


def make_job(board: Board, *, seconds: float, seed: int) -> ImproveJob:
    """Return the improvement job of a board, over just the places it uses."""
    problem = _compact(board.problem)
    return ImproveJob(problem, board.plan, seconds, seed, board.desk.service.solver.engine)


def warm_up(desk: Desk) -> None:
    """Compile the kernels and lay out the travel times before the first rider waits for them."""
    warm_up_kernels()
    _ = desk.travel_s


def run_job(job: ImproveJob) -> ImproveResult:
    """Improve a plan; runs in a worker process, whose kernels are made ready before the time counts."""
    warm_up_kernels()
    found = improve_plan(job.problem, job.plan, Budget(seconds=job.seconds), seed=job.seed, engine=job.engine)
    return ImproveResult(found.plan, found.cost_before, found.cost_after)


@dataclass(frozen=True, slots=True)
class OrderedCall:
    """One call of a proposed order: a leg's pickup or drop-off, or a break."""

    kind: CallKind
    leg_id: str | None
    break_number: int | None


Order = dict[str, tuple[OrderedCall, ...]]
"""Proposed order of the coming calls, by shift id."""


def order_of(board: Board, plan: Plan) -> Order:
    """Return a plan of the board's problem as an order that survives renumbering."""
    return {
        view.shift.id: tuple(_ordered(board, number, code) for code in plan.tours[number])
        for number, view in enumerate(board.views)
    }


def rebase(board: Board, order: Order) -> Plan | None:
    """Return ``order`` as a plan of ``board``, which may be newer than the one the order was made for.

    What has been done or cancelled since is left out; rides that came since are inserted. Returns ``None`` when that is
    not possible without breaking a promise or a fixed stop, or is no longer cheaper than the running plan.
    """
    legs = {leg_id: number for number, leg_id in enumerate(board.leg_ids)}
    shift_of_aboard = {n: ride.aboard.shift for n, ride in enumerate(board.problem.rides) if ride.aboard is not None}
    tours: list[tuple[int, ...]] = []
    seen: set[int] = set()
    for number, view in enumerate(board.views):
        codes = [c for call in order.get(view.shift.id, ()) if (c := _code(board, number, call, legs)) is not None]
        codes = [c for c in codes if c not in seen and _belongs(board, c, number, shift_of_aboard)]
        seen.update(codes)
        tours.append(tuple(codes))
    plan = _complete(board, tours, seen)
    if plan is None or violations(board.problem, plan):
        return None
    return plan if plan_cost(board.problem, plan) < plan_cost(board.problem, board.plan) else None


def board_cost_s(board: Board, plan: Plan | None = None) -> int:
    """Return the vehicle time of a plan of the board, by default the running one (s)."""
    return plan_cost(board.problem, plan or board.plan)


def changed_tours(board: Board, plan: Plan) -> list[Timed]:
    """Return the tours that differ from the running plan, with their new times."""
    changed = []
    for number, view in enumerate(board.views):
        if plan.tours[number] != board.plan.tours[number]:
            tour = replace(view.tour, calls=_with_times(board, number, plan.tours[number]))
            changed.append(Timed(tour, frozenset(), tour_loads(board.desk, tour, board.day.legs)))
    return changed


# --- from the domain -------------------------------------------------------------------------------------------------

EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
NEW_LEG = "new"
"""Id of the leg of an option in the calls of a :class:`Fit`."""


def _view(desk: Desk, shift: Shift, tour: Tour, horizon: Horizon) -> _ShiftView:
    tour = replace(tour, calls=drop_expired(tour.calls, horizon.now))
    progress = progress_of(tour, shift, horizon, desk.drive_s)
    coming = tour.calls[progress.done :]
    rides = tuple(dict.fromkeys(call.leg_id for call in coming if call.leg_id is not None))
    return _ShiftView(shift, tour, progress, rides)


def _board(desk: Desk, day: Day, horizon: Horizon, views: tuple[_ShiftView, ...]) -> Board:
    origin = day_origin(day.service_day)
    leg_ids = tuple(leg_id for view in views for leg_id in view.rides)
    numbers = {leg_id: number for number, leg_id in enumerate(leg_ids)}
    rides = []
    for number, view in enumerate(views):
        rides += [_stored_ride(desk, day.legs[leg_id], view, number, origin) for leg_id in view.rides]
    shifts: list[SolverShift] = []
    next_break = 2 * len(rides)
    plans = []
    for view in views:
        aboard = [ride.load for ride in rides if ride.aboard is not None and ride.aboard.shift == len(shifts)]
        shift, plan, next_break = _solver_shift(desk, view, numbers, next_break, origin, aboard)
        shifts.append(shift)
        plans.append(plan)
    problem = Problem(desk.travel_s, tuple(rides), tuple(shifts))
    packed = pack(problem)
    running = _with_breaks_in_place(packed, Plan(tuple(plans)))
    packed, late = _relax(packed, running, leg_ids)
    return Board(desk, day, horizon, origin, views, leg_ids, packed.problem, packed, running, late)


def _with_breaks_in_place(packed: Packed, plan: Plan) -> Plan:
    """Return the plan with the breaks moved in tours that are not feasible as they stand.

    A break is taken where the van stands. When the ride before it is cancelled the van stands elsewhere, and the drive
    that lay before the break comes behind it; another place for the break may then be needed.
    """
    for number, tour in enumerate(plan.tours):
        if earliest_schedule(packed, number, tour) is None:
            moved = place_breaks(packed, number, tour)
            plan = plan if moved is None else plan.with_tour(number, moved)
    return plan


def day_origin(service_day: str) -> Instant:
    """Return the instant from which the seconds of a day's problem count: early enough for any time zone."""
    days = dt.date.fromisoformat(service_day).toordinal() - EPOCH_DAY
    return (days - 2) * 86_400


def _stored_ride(desk: Desk, leg: Leg, view: _ShiftView, shift_number: int, origin: Instant) -> Ride:
    ride = _waiting_ride(desk, leg, origin)
    behind = [c for c in view.tour.calls[: view.progress.done] if c.leg_id == leg.id]
    if not behind:
        return ride
    boarded_at = behind[0].done_at if behind[0].done_at is not None else behind[0].depart_at
    return replace(ride, aboard=Aboard(shift_number, boarded_at - origin))


def _waiting_ride(desk: Desk, leg: Leg, origin: Instant) -> Ride:
    """Return the ride of a leg that waits for its pickup; kept while the leg's promise stays as it is."""
    kept = desk.rides.get(leg.id)
    if isinstance(kept, _KeptRide) and kept.promise == leg.promise:
        return kept.ride
    service_s = boarding_s(leg.party, desk.service.boarding)
    pickup, dropoff = desk.place_index(leg.pickup.stop_id), desk.place_index(leg.dropoff.stop_id)
    ride = _ride(pickup, dropoff, leg.promise, load_of(leg.party), service_s, origin, None)
    if len(desk.rides) >= MOST_KEPT_RIDES:
        desk.rides.clear()
    desk.rides[leg.id] = _KeptRide(leg.promise, ride)
    return ride


@dataclass(frozen=True, slots=True)
class _KeptRide:
    promise: Promise
    ride: Ride


def _ride(
    pickup: int,
    dropoff: int,
    promise: Promise,
    load: tuple[int, ...],
    service_s: int,
    origin: Instant,
    shifts: frozenset[int] | None,
) -> Ride:
    """Return the solver's ride of a promise: boarding begins within its window, since nobody has to be there before."""
    return Ride(
        pickup=pickup,
        dropoff=dropoff,
        pickup_window=Window(promise.pickup_from - origin, promise.pickup_to - origin),
        dropoff_window=Window(0, promise.dropoff_by - origin),
        max_ride_s=promise.max_ride_s,
        load=load,
        pickup_service_s=service_s,
        dropoff_service_s=service_s,
        shifts=shifts,
    )


def _solver_shift(
    desk: Desk,
    view: _ShiftView,
    numbers: Mapping[str, int],
    next_break: int,
    origin: Instant,
    aboard: Sequence[tuple[int, ...]],
) -> tuple[SolverShift, tuple[int, ...], int]:
    """Return the shift, its running tour as visit codes, and the code of the next shift's first break."""
    coming = view.tour.calls[view.progress.done :]
    breaks = []
    codes = []
    for call in coming:
        if call.kind is CallKind.BREAK:
            rule = view.shift.breaks[call.break_number or 0]
            latest = max(rule.latest_end - rule.duration_s, rule.earliest)
            breaks.append(Break(Window(rule.earliest - origin, latest - origin), rule.duration_s))
            codes.append(next_break + len(breaks) - 1)
        else:
            codes.append(2 * numbers[call.leg_id or ""] + (call.kind is CallKind.DROPOFF))
    vehicle = desk.service.vehicle(view.shift.vehicle_id)
    depot = desk.place_index(f"depot:{view.shift.vehicle_id}")
    shift = SolverShift(
        start=desk.place_index(view.progress.stop_id),
        end=depot,
        start_at=view.progress.free_at - origin,
        end_by=view.shift.end_by - origin,
        capacity=_capacity(vehicle, aboard),
        breaks=tuple(breaks),
        locked=tuple(codes[: view.progress.locked]),
    )
    return shift, tuple(codes), next_break + len(breaks)


def _capacity(vehicle: Vehicle, aboard: Sequence[tuple[int, ...]]) -> tuple[CapacityRow, ...]:
    """Return the limits of a van, wide enough for those who are aboard by report: they are a fact."""
    together = [sum(amounts) for amounts in zip(*aboard, strict=True)]
    return tuple(
        CapacityRow(row, max(limit, sum(a * b for a, b in zip(row, together, strict=False))))
        for row, limit in capacity_rows(vehicle)
    )


# --- what facts have made impossible ---------------------------------------------------------------------------------


def _relax(packed: Packed, plan: Plan, leg_ids: Sequence[str]) -> tuple[Packed, frozenset[str]]:
    """Return the problem with the bounds of late rides moved to what is still possible, and the late legs."""
    problem = packed.problem
    troubled = [n for n, tour in enumerate(plan.tours) if earliest_schedule(packed, n, tour) is None]
    if not troubled:
        return packed, frozenset()
    rides = list(problem.rides)
    shifts = list(problem.shifts)
    late: set[str] = set()
    for number in troubled:
        _relax_tour(problem, plan, number, rides, shifts)
    for number, (old, new) in enumerate(zip(problem.rides, rides, strict=True)):
        if old != new:
            late.add(leg_ids[number])
    return pack(Problem(problem.travel_s, tuple(rides), tuple(shifts))), frozenset(late)


def _relax_tour(problem: Problem, plan: Plan, number: int, rides: list[Ride], shifts: list[SolverShift]) -> None:
    """Move the bounds that one tour cannot keep, in place: windows and shift end first, ride times if need be."""
    tour = plan.tours[number]
    mine = {code // 2 for code in tour if code < 2 * len(rides)}
    for keep_ride_times in (True, False):
        loose = list(problem.rides)
        for ride in mine:
            loose[ride] = _without_bounds(loose[ride], keep_ride_time=keep_ride_times)
        open_shift = replace(
            problem.shifts[number],
            end_by=FOREVER_S,
            breaks=tuple(
                Break(Window(b.window.earliest, FOREVER_S), b.duration_s) for b in problem.shifts[number].breaks
            ),
        )
        freed = [*problem.shifts[:number], open_shift, *problem.shifts[number + 1 :]]
        schedule = earliest_schedule(Problem(problem.travel_s, tuple(loose), tuple(freed)), number, tour)
        if schedule is not None:
            break
    else:
        raise AssertionError("a tour without bounds has a schedule")
    begin = dict(zip(tour, schedule.begin, strict=True))
    depart = dict(zip(tour, schedule.depart, strict=True))
    for ride in mine:
        rides[ride] = _with_reachable_bounds(problem.rides[ride], ride, begin, depart)
    shift = problem.shifts[number]
    breaks = tuple(
        Break(Window(b.window.earliest, max(b.window.latest, begin[code])), b.duration_s)
        for b, code in zip(shift.breaks, problem.break_codes[number], strict=True)
    )
    shifts[number] = replace(shift, end_by=max(shift.end_by, schedule.end_at), breaks=breaks)


def _without_bounds(ride: Ride, *, keep_ride_time: bool) -> Ride:
    return replace(
        ride,
        pickup_window=Window(ride.pickup_window.earliest, FOREVER_S),
        dropoff_window=Window(ride.dropoff_window.earliest, FOREVER_S),
        max_ride_s=ride.max_ride_s if keep_ride_time else FOREVER_S,
    )


def _with_reachable_bounds(ride: Ride, number: int, begin: Mapping[int, int], depart: Mapping[int, int]) -> Ride:
    """Return the ride with each bound that ``begin`` exceeds moved out to it."""
    pickup, dropoff = 2 * number, 2 * number + 1
    pickup_window = ride.pickup_window
    boarded = ride.aboard.departed_at if ride.aboard is not None else depart[pickup]
    if pickup in begin:
        pickup_window = Window(pickup_window.earliest, max(pickup_window.latest, begin[pickup]))
    window = Window(ride.dropoff_window.earliest, max(ride.dropoff_window.latest, begin[dropoff]))
    longest = max(ride.max_ride_s, begin[dropoff] - boarded)
    return replace(ride, pickup_window=pickup_window, dropoff_window=window, max_ride_s=longest)


# --- back to the domain ----------------------------------------------------------------------------------------------


def _decode(board: Board, number: int, codes: Iterable[int], option: Option | None = None) -> tuple[Call, ...]:
    """Return a tour's calls in the order of ``codes``, behind those that lie behind the van; times as they were."""
    view = board.views[number]
    known = {(call.kind, call.leg_id, call.break_number): call for call in view.tour.calls}
    for other in board.views:
        known |= {(c.kind, c.leg_id, c.break_number): c for c in other.tour.calls if c.leg_id is not None}
    calls = list(view.tour.calls[: view.progress.done])
    here = view.progress.stop_id
    for code in codes:
        if option is not None and code in (NEW_PICKUP, NEW_DROPOFF):
            call = _new_call(board, code, option)
        else:
            ordered = _ordered(board, number, code)
            call = known[ordered.kind, ordered.leg_id, ordered.break_number]
            if ordered.kind is CallKind.BREAK:
                call = replace(call, stop_id=here)
        here = call.stop_id
        calls.append(call)
    return tuple(calls)


def _new_call(board: Board, code: int, option: Option) -> Call:
    place, kind = (option.pickup, CallKind.PICKUP) if code == NEW_PICKUP else (option.dropoff, CallKind.DROPOFF)
    at = option.promise.pickup_from
    return Call(kind, board.desk.network.stops[place].id, at, at, leg_id=NEW_LEG)


def _with_times(board: Board, number: int, codes: tuple[int, ...]) -> tuple[Call, ...]:
    """Return the calls of a tour with the earliest times."""
    schedule = earliest_schedule(board.packed, number, codes)
    if schedule is None:
        raise AssertionError("only feasible tours are timed")
    calls = _decode(board, number, codes)
    done = board.views[number].progress.done
    timed = [
        replace(call, begin_at=begin + board.origin, depart_at=depart + board.origin)
        for call, begin, depart in zip(calls[done:], schedule.begin, schedule.depart, strict=True)
    ]
    return (*calls[:done], *timed)


def _ordered(board: Board, number: int, code: int) -> OrderedCall:
    rides = len(board.leg_ids)
    if code < 2 * rides:
        kind = CallKind.DROPOFF if code % 2 else CallKind.PICKUP
        return OrderedCall(kind, board.leg_ids[code // 2], None)
    position = board.problem.break_codes[number].index(code)
    return OrderedCall(CallKind.BREAK, None, _break_numbers(board.views[number])[position])


def _break_numbers(view: _ShiftView) -> list[int]:
    """Return the numbers of the breaks that are still to come, in the order of the problem's codes."""
    coming = view.tour.calls[view.progress.done :]
    return [call.break_number or 0 for call in coming if call.kind is CallKind.BREAK]


def _code(board: Board, number: int, call: OrderedCall, legs: Mapping[str, int]) -> int | None:
    """Return the visit code of a proposed call in this board, or ``None`` when it is not to come any more."""
    if call.kind is CallKind.BREAK:
        numbers = _break_numbers(board.views[number])
        if call.break_number not in numbers:
            return None
        return board.problem.break_codes[number][numbers.index(call.break_number)]
    ride = legs.get(call.leg_id or "")
    if ride is None:
        return None
    if call.kind is CallKind.PICKUP and board.problem.rides[ride].aboard is not None:
        return None
    return 2 * ride + (call.kind is CallKind.DROPOFF)


def _belongs(board: Board, code: int, number: int, shift_of_aboard: Mapping[int, int]) -> bool:
    """Return whether a visit may stand in a shift: who is aboard stays aboard."""
    if code >= 2 * len(board.leg_ids):
        return True
    return shift_of_aboard.get(code // 2, number) == number


def _complete(board: Board, tours: list[tuple[int, ...]], seen: set[int]) -> Plan | None:
    """Return the tours with everything inserted that came since, or ``None``."""
    tours = list(tours)
    for number, codes in enumerate(board.problem.break_codes):
        if set(codes) - seen:
            tours[number] = board.plan.tours[number]  # a break the order does not know: keep the running tour
    placed = [code for tour in tours for code in tour]
    missing = [
        ride
        for ride in range(len(board.leg_ids))
        if 2 * ride + 1 not in placed and board.problem.rides[ride].aboard is None
    ]
    if len(placed) != len(set(placed)):
        return None
    plan = Plan(tuple(tours), tuple(missing))
    for ride in missing:
        found = candidate_insertions(board.packed, plan, [board.problem.rides[ride]])[0]
        if not found:
            return None
        renamed = tuple({NEW_PICKUP: 2 * ride, NEW_DROPOFF: 2 * ride + 1}.get(code, code) for code in found[0].tour)
        plan = plan.with_tour(found[0].shift, renamed)
    return Plan(plan.tours)


def _compact(problem: Problem) -> Problem:
    """Return the same problem over only the places that it uses."""
    used = sorted(
        {place for ride in problem.rides for place in (ride.pickup, ride.dropoff)}
        | {place for shift in problem.shifts for place in (shift.start, shift.end)}
    )
    new = {place: number for number, place in enumerate(used)}
    rides = tuple(replace(ride, pickup=new[ride.pickup], dropoff=new[ride.dropoff]) for ride in problem.rides)
    shifts = tuple(replace(shift, start=new[shift.start], end=new[shift.end]) for shift in problem.shifts)
    index = np.asarray(used, dtype=np.intp)
    return Problem(np.ascontiguousarray(problem.travel_s[np.ix_(index, index)]), rides, shifts)

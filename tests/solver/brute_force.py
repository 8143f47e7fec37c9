"""The oracle: every rule written down once more, slowly, in plain Python, and every possibility tried.

Shares no code with the kernels. Begin times come from Bellman-Ford over all difference constraints at once.
"""

from collections.abc import Iterator
from itertools import combinations_with_replacement, pairwise, permutations

from solver.plan import Insertion, Plan
from solver.problem import UNREACHABLE_S, Problem, dropoff_of, pickup_of

Tour = tuple[int, ...]


# --- one tour --------------------------------------------------------------------------------------------------------


def is_break(problem: Problem, code: int) -> bool:
    return code >= 2 * len(problem.rides)


def place_of(problem: Problem, code: int) -> int:
    ride = problem.rides[code // 2]
    return ride.dropoff if code % 2 else ride.pickup


def places(problem: Problem, shift: int, tour: Tour) -> list[int]:
    """Where the van stands at each visit; a break is taken where the visit before was."""
    here = problem.shifts[shift].start
    found = []
    for code in tour:
        here = here if is_break(problem, code) else place_of(problem, code)
        found.append(here)
    return found


def is_well_formed(problem: Problem, shift: int, tour: Tour) -> bool:
    """All the rules that need no clock: locks, breaks, pairs, permissions."""
    locked = problem.shifts[shift].locked
    return (
        tour[: len(locked)] == locked
        and len(set(tour)) == len(tour)
        and {code for code in tour if is_break(problem, code)} == set(problem.break_codes[shift])
        and all(_is_whole(problem, shift, tour, ride) for ride in range(len(problem.rides)))
    )


def _is_whole(problem: Problem, shift: int, tour: Tour, number: int) -> bool:
    ride = problem.rides[number]
    has_pickup, has_dropoff = pickup_of(number) in tour, dropoff_of(number) in tour
    if ride.aboard is not None:
        return not has_pickup and has_dropoff == (ride.aboard.shift == shift)
    if not (has_pickup and has_dropoff):
        return has_pickup == has_dropoff
    may = ride.shifts is None or shift in ride.shifts
    return may and tour.index(pickup_of(number)) < tour.index(dropoff_of(number))


def riders_after(problem: Problem, shift: int, tour: Tour) -> list[set[int]]:
    """Who is aboard at the start and after each visit."""
    aboard = {r for r, ride in enumerate(problem.rides) if ride.aboard is not None and ride.aboard.shift == shift}
    found = [aboard]
    for code in tour:
        if not is_break(problem, code):
            aboard = aboard - {code // 2} if code % 2 else aboard | {code // 2}
        found.append(aboard)
    return found


def keeps_capacity_and_breaks(problem: Problem, shift: int, tour: Tour) -> bool:
    """Nobody aboard during breaks, and every capacity row kept at the start and after each visit."""
    after = riders_after(problem, shift, tour)
    if any(aboard for code, aboard in zip(tour, after[1:], strict=True) if is_break(problem, code)):
        return False
    return all(is_within_capacity(problem, shift, aboard) for aboard in after)


def is_within_capacity(problem: Problem, shift: int, aboard: set[int]) -> bool:
    return all(
        sum(c * problem.rides[ride].load[kind] for ride in aboard for kind, c in enumerate(row.coefficients))
        <= row.limit
        for row in problem.shifts[shift].capacity
    )


def constraints(problem: Problem, shift: int, tour: Tour) -> list[tuple[int, int, int]]:
    """All rules of time as ``(a, b, c)``: begin of ``b`` is at least begin of ``a`` plus ``c``.

    Node 0 is instant zero, node ``k + 1`` the begin of visit ``k``, the last node the arrival at the end place.
    """
    van = problem.shifts[shift]
    where = places(problem, shift, tour)
    breaks = dict(zip(problem.break_codes[shift], van.breaks, strict=True))
    found = []
    here, before, ready = van.start, 0, van.start_at
    for node, (code, place) in enumerate(zip(tour, where, strict=True), 1):
        if code in breaks:
            window, service = breaks[code].window, breaks[code].duration_s
        else:
            ride = problem.rides[code // 2]
            window = ride.dropoff_window if code % 2 else ride.pickup_window
            service = ride.dropoff_service_s if code % 2 else ride.pickup_service_s
            if code % 2 and ride.aboard is not None:
                found.append((node, 0, -(ride.aboard.departed_at + ride.max_ride_s)))
            elif code % 2:
                picked = tour.index(code - 1) + 1
                found.append((node, picked, -(ride.max_ride_s + ride.pickup_service_s)))
        found += [(0, node, window.earliest), (node, 0, -window.latest)]
        found.append((before, node, ready + int(problem.travel_s[here, place])))
        here, before, ready = place, node, service
    last = len(tour) + 1
    found.append((before, last, ready + int(problem.travel_s[here, van.end])))
    found.append((last, 0, -min(van.end_by, van.start_at + UNREACHABLE_S - 1)))
    if van.max_duration_s is not None:
        left = int(problem.travel_s[van.start, where[0] if where else van.end])
        found.append((last, 1, left - van.max_duration_s))
    return found


def begins(problem: Problem, shift: int, tour: Tour) -> list[int] | None:
    """The earliest begin of every visit and the arrival at the end, or ``None``: longest paths from instant zero."""
    edges = constraints(problem, shift, tour)
    nodes = len(tour) + 2
    longest = [0] + [-(10**15)] * (nodes - 1)
    for _ in range(nodes + 1):
        before = list(longest)
        for a, b, c in edges:
            longest[b] = max(longest[b], longest[a] + c)
        if longest[0] > 0:
            return None
        if longest == before:
            return longest[1:]
    return None


def is_legal(problem: Problem, shift: int, tour: Tour) -> bool:
    """Whether a tour keeps every rule there is."""
    return (
        is_well_formed(problem, shift, tour)
        and keeps_capacity_and_breaks(problem, shift, tour)
        and begins(problem, shift, tour) is not None
    )


def tour_cost(problem: Problem, shift: int, tour: Tour) -> int:
    """Drive seconds and the fixed cost of a tour with riders; nothing for one without."""
    if all(is_break(problem, code) for code in tour):
        return 0
    van = problem.shifts[shift]
    stops = [van.start, *places(problem, shift, tour), van.end]
    return van.fixed_cost + sum(int(problem.travel_s[a, b]) for a, b in pairwise(stops))


def plan_cost(problem: Problem, plan: Plan) -> int:
    return sum(tour_cost(problem, shift, tour) for shift, tour in enumerate(plan.tours))


# --- all possibilities -----------------------------------------------------------------------------------------------


def arrangements(problem: Problem, shift: int, tour: Tour) -> Iterator[Tour]:
    """All legal tours with the riders' visits of ``tour`` in their order and the unlocked breaks anywhere."""
    locked = problem.shifts[shift].locked
    if tour[: len(locked)] != locked:
        return
    rest = tuple(code for code in tour[len(locked) :] if not is_break(problem, code))
    free = [code for code in problem.break_codes[shift] if code not in locked]
    seen = set()
    for order in permutations(free):
        for gaps in combinations_with_replacement(range(len(rest) + 1), len(free)):
            found = list(rest)
            for gap, code in reversed(list(zip(gaps, order, strict=True))):
                found.insert(gap, code)
            candidate = (*locked, *found)
            if candidate not in seen and is_legal(problem, shift, candidate):
                seen.add(candidate)
                yield candidate


def insertions(problem: Problem, plan: Plan, ride: int) -> Iterator[Insertion]:
    """Every legal way to take one more ride into one tour of a plan."""
    for shift, tour in enumerate(plan.tours):
        base = tour_cost(problem, shift, tour)
        for longer in _orders_with(problem, shift, tour, ride):
            for arranged in arrangements(problem, shift, longer):
                times = begins(problem, shift, arranged)
                dropped = times[arranged.index(dropoff_of(ride))]
                aboard = problem.rides[ride].aboard
                picked = aboard.departed_at if aboard else times[arranged.index(pickup_of(ride))]
                cost = tour_cost(problem, shift, arranged) - base
                yield Insertion(shift, arranged, cost, picked, dropped)


def _orders_with(problem: Problem, shift: int, tour: Tour, ride: int) -> Iterator[Tour]:
    locked = problem.shifts[shift].locked
    rest = tuple(code for code in tour[len(locked) :] if not is_break(problem, code))
    for dropped in range(len(rest) + 1):
        with_dropoff = (*rest[:dropped], dropoff_of(ride), *rest[dropped:])
        if problem.rides[ride].aboard is not None:
            yield (*tour[: len(locked)], *with_dropoff)
            continue
        for picked in range(dropped + 1):
            yield (*tour[: len(locked)], *with_dropoff[:picked], pickup_of(ride), *with_dropoff[picked:])


def best_plans(problem: Problem) -> tuple[int, int] | None:
    """The fewest unserved rides of any legal plan, and the least cost with so few; ``None`` without a legal plan.

    Only for a handful of rides and without locks: every order of every share of the rides is tried.
    """
    shares: list[dict[frozenset[int], int]] = [_best_tours(problem, shift) for shift in range(len(problem.shifts))]
    best = {frozenset(): 0}
    for tours in shares:
        joined: dict[frozenset[int], int] = {}
        for served, cost in best.items():
            for more, extra in tours.items():
                if not served & more:
                    joined[served | more] = min(joined.get(served | more, 10**15), cost + extra)
        best = joined
    must = frozenset(r for r, ride in enumerate(problem.rides) if ride.aboard is not None)
    return min(((len(problem.rides) - len(s), cost) for s, cost in best.items() if must <= s), default=None)


def _best_tours(problem: Problem, shift: int) -> dict[frozenset[int], int]:
    """The least cost of a legal tour of one shift for every set of rides that has one."""
    orders: dict[frozenset[int], set[Tour]] = {frozenset(): {()}}
    for number, ride in enumerate(problem.rides):
        if ride.aboard is not None and ride.aboard.shift != shift:
            continue
        for served, tours in list(orders.items()):
            orders[served | {number}] = {
                longer for tour in tours for longer in _orders_with(problem, shift, tour, number)
            }
    found = {}
    for served, tours in orders.items():
        for tour in sorted(tours, key=lambda order: tour_cost(problem, shift, order)):
            if next(arrangements(problem, shift, tour), None) is not None:
                found[served] = tour_cost(problem, shift, tour)
                break
    return found

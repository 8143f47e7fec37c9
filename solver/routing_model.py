"""The whole problem as an OR-Tools routing model, searched from the plan at hand.

Every rule is native to OR-Tools: windows, ride times and the shifts' ends on one time dimension, each kind of capacity
row on a dimension of its own, breaks as nodes with nobody aboard (see :mod:`.routing_graph`), locked visits as fixed
arcs. Times and costs are matrices: no Python runs inside the search but one short call per accepted solution.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from .check import violations
from .cost import plan_cost
from .plan import Plan
from .problem import UNREACHABLE_S, Problem, ProblemError, dropoff_of, pickup_of
from .routing_graph import Graph, build_graph, build_matrices, read_routes, write_routes

MANY_SECONDS = 10**6
"""Stands for no time limit (s): OR-Tools must not give up a move because the machine is busy."""

PATIENCE = 10
"""How many moves per pair of nodes a search without a time limit tries in vain before it ends."""

BUILD_S = 2.5e-7
"""Seconds per pair of nodes that building takes, about; a search is not begun with less than twice that."""


class _Unsolvable(Exception):
    """The model has no solution, as is plain before any search."""


def solve_routing(
    problem: Problem,
    plan: Plan,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Plan | None:
    """Search for a cheaper plan than ``plan`` with OR-Tools' guided local search.

    Rides that ``plan`` serves stay served; rides that it does not serve are taken in where they fit, at any cost.

    Parameters
    ----------
    seconds
        Wall time that building and searching may take together.
    iterations
        How many solutions may be accepted; without ``seconds`` the same arguments then give the same plan.
    seed
        Decides the order in which the search meets the rides.
    should_stop
        Asked after every accepted solution; the search ends when it returns true.

    Returns
    -------
    Plan or None
        The best plan found, which may be ``plan`` itself; ``None`` when the model has no solution, or none was found.

    Raises
    ------
    ProblemError
        When ``plan`` cannot belong to ``problem``.
    """
    check_plan(problem, plan)
    if seconds is None and iterations is None:
        raise ProblemError("the search needs seconds, iterations or both")
    found = search_model(problem, plan, seconds=seconds, iterations=iterations, seed=seed, should_stop=should_stop)
    if found is None:
        return None
    if violations(problem, found):
        return plan
    is_better = serves_more_or_costs_less(problem, found, plan) or violations(problem, plan)
    return found if is_better else plan


def search_model(
    problem: Problem,
    plan: Plan,
    *,
    seconds: float | None,
    iterations: int | None,
    seed: int,
    should_stop: Callable[[], bool] | None,
) -> Plan | None:
    """Do what :func:`solve_routing` does, but return what OR-Tools found without a second look.

    That is right and no worse than ``plan`` where ``plan`` is right and ``travel_s`` keeps the triangle inequality.
    """
    started_s = time.monotonic()
    graph = build_graph(problem, plan, seed)
    build_s = BUILD_S * len(graph.nodes) ** 2
    if not graph.rides or not graph.shifts or (seconds is not None and seconds < 2 * build_s):
        return plan
    model = _Model(problem, graph)
    try:
        model.build()
    except (_Unsolvable, OverflowError):
        return None
    warm = write_routes(problem, graph, plan)
    limits = _limits(None if seconds is None else seconds - (time.monotonic() - started_s), iterations)
    routes = model.search(limits, warm, should_stop)
    return None if routes is None else read_routes(problem, graph, plan, routes)


def serves_more_or_costs_less(problem: Problem, found: Plan, plan: Plan) -> bool:
    """Return whether ``found`` leaves fewer rides unserved than ``plan``, or as many at a lower cost."""
    more = len(plan.unserved) - len(found.unserved)
    return more > 0 or (more == 0 and plan_cost(problem, found) < plan_cost(problem, plan))


def check_plan(problem: Problem, plan: Plan) -> None:
    """Raise ``ProblemError`` when a plan has the wrong number of tours, or visits that do not exist."""
    if len(plan.tours) != len(problem.shifts):
        raise ProblemError(f"the plan has {len(plan.tours)} tours for {len(problem.shifts)} shifts")
    known = 2 * len(problem.rides) + sum(len(codes) for codes in problem.break_codes)
    for shift, tour in enumerate(plan.tours):
        for code in (*tour, *problem.shifts[shift].locked):
            is_break = code >= 2 * len(problem.rides)
            if not 0 <= code < known or (is_break and code not in problem.break_codes[shift]):
                raise ProblemError(f"tour {shift} has no visit {code}")


def _limits(seconds: float | None, iterations: int | None) -> pywrapcp.DefaultRoutingSearchParameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if seconds is None:
        parameters.lns_time_limit.seconds = MANY_SECONDS
    else:
        parameters.time_limit.FromMilliseconds(max(1, int(1000 * seconds)))
    if iterations is not None:
        parameters.solution_limit = iterations
    return parameters


class _Model:
    """The OR-Tools model of one graph."""

    def __init__(self, problem: Problem, graph: Graph) -> None:
        self.problem = problem
        self.graph = graph
        self.manager = pywrapcp.RoutingIndexManager(
            len(graph.nodes), len(graph.shifts), list(graph.starts), list(graph.ends)
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.index = [self.manager.NodeToIndex(node) for node in range(len(graph.nodes))]
        self.vehicle_of = {shift: vehicle for vehicle, shift in enumerate(graph.shifts)}
        self.origin_s = min(problem.shifts[shift].start_at for shift in graph.shifts)
        self.horizon_s = min(
            max(problem.shifts[shift].end_by for shift in graph.shifts) - self.origin_s, UNREACHABLE_S - 1
        )

    def build(self) -> None:
        """Add all costs and rules."""
        time_s, cost = build_matrices(self.problem, self.graph)
        self.routing.SetArcCostEvaluatorOfAllVehicles(self.routing.RegisterTransitMatrix(cost.tolist()))
        if self.horizon_s < 0:
            raise _Unsolvable
        transit = self.routing.RegisterTransitMatrix(time_s.tolist())
        self.routing.AddDimension(transit, self.horizon_s, self.horizon_s, False, "time")
        self.times = self.routing.GetDimensionOrDie("time")
        self._set_windows()
        self._add_capacity()
        self._add_spots()
        self._add_rides()
        self._add_locks()

    def search(
        self,
        parameters: pywrapcp.DefaultRoutingSearchParameters,
        warm: list[list[int]] | None,
        should_stop: Callable[[], bool] | None,
    ) -> list[list[int]] | None:
        """Run the search from ``warm`` if that is possible; return the nodes of each vehicle."""
        if should_stop is not None:
            solver = self.routing.solver()  # a callback that held the model would keep it in memory for ever
            self.routing.AddAtSolutionCallback(lambda: solver.FinishCurrentSearch() if should_stop() else None)
        if not parameters.HasField("time_limit"):
            self._watch_progress()
        self.routing.CloseModelWithParameters(parameters)
        start = None
        if warm is not None:
            start = self.routing.ReadAssignmentFromRoutes([[self.index[n] for n in route] for route in warm], True)
        if start is None:
            found = self.routing.SolveWithParameters(parameters)
        else:
            found = self.routing.SolveFromAssignmentWithParameters(start, parameters)
        return None if found is None else [self._route(found, v) for v in range(len(self.graph.shifts))]

    def _watch_progress(self) -> None:
        """End a search without a time limit when it finds nothing more to accept."""
        patience = PATIENCE * len(self.graph.nodes) ** 2
        checks = itertools.count()
        due = [patience]

        def postpone() -> None:
            due[0] = next(checks) + patience

        self.routing.AddAtSolutionCallback(postpone)
        self.limit = self.routing.solver().CustomLimit(lambda: next(checks) > due[0])
        self.routing.AddSearchMonitor(self.limit)

    def _route(self, found: pywrapcp.Assignment, vehicle: int) -> list[int]:
        route = []
        index = found.Value(self.routing.NextVar(self.routing.Start(vehicle)))
        while not self.routing.IsEnd(index):
            route.append(self.manager.IndexToNode(index))
            index = found.Value(self.routing.NextVar(index))
        return route

    def _set_windows(self) -> None:
        for index, node in zip(self.index, self.graph.nodes, strict=True):
            if node.window is not None:
                self._set_window(index, *node.window)
        for vehicle, shift in enumerate(self.graph.shifts):
            own = self.problem.shifts[shift]
            leave_by = own.start_at if own.max_duration_s is None else own.end_by
            self._set_window(self.routing.Start(vehicle), own.start_at, leave_by)
            self._set_window(self.routing.End(vehicle), own.start_at, own.end_by)
            if own.max_duration_s is not None:
                self.times.SetSpanUpperBoundForVehicle(min(own.max_duration_s, self.horizon_s), vehicle)

    def _set_window(self, index: int, earliest: int, latest: int) -> None:
        first, last = max(earliest - self.origin_s, 0), min(latest - self.origin_s, self.horizon_s)
        if first > last:
            raise _Unsolvable
        self.times.CumulVar(index).SetRange(first, last)

    def _add_rides(self) -> None:
        travel_s = self.problem.travel_s
        farthest_s = int(travel_s[travel_s < UNREACHABLE_S].max(initial=0))
        penalty = 1 + farthest_s * len(self.graph.nodes) + sum(max(0, s.fixed_cost) for s in self.problem.shifts)
        for ride in self.graph.rides:
            asked = self.problem.rides[ride]
            indices = [self.index[self.graph.nodes_of[dropoff_of(ride)][0]]]
            allowed = asked.shifts
            if asked.aboard is None:
                indices.insert(0, self.index[self.graph.nodes_of[pickup_of(ride)][0]])
                self._pair(indices, asked.max_ride_s + asked.pickup_service_s)
            else:
                allowed = frozenset({asked.aboard.shift})
            for index in indices:
                if allowed is not None:
                    self._bind(index, allowed)
                if ride not in self.graph.promised:
                    self.routing.AddDisjunction([index], penalty)

    def _pair(self, indices: list[int], begin_to_begin_s: int) -> None:
        pickup, dropoff = indices
        solver = self.routing.solver()
        self.routing.AddPickupAndDelivery(pickup, dropoff)
        solver.Add(self.routing.VehicleVar(pickup) == self.routing.VehicleVar(dropoff))
        solver.Add(self.times.CumulVar(pickup) <= self.times.CumulVar(dropoff))
        self.times.AddNodePrecedence(dropoff, pickup, -begin_to_begin_s)

    def _bind(self, index: int, shifts: frozenset[int]) -> None:
        vehicles = [self.vehicle_of[shift] for shift in sorted(shifts) if shift in self.vehicle_of]
        if not vehicles:
            raise _Unsolvable
        self.routing.VehicleVar(index).SetValues([-1, *vehicles])

    def _add_spots(self) -> None:
        """Let each break choose one of its spots."""
        for nodes in self.graph.nodes_of.values():
            shift = self.graph.nodes[nodes[0]].shift
            if shift is not None:
                self.routing.AddDisjunction([self.index[node] for node in nodes])
                for node in nodes:
                    self._bind(self.index[node], frozenset({shift}))

    def _add_locks(self) -> None:
        for vehicle, shift in enumerate(self.graph.shifts):
            index = self.routing.Start(vehicle)
            for code in self.problem.shifts[shift].locked:
                if code not in self.graph.nodes_of:
                    raise _Unsolvable
                following = self.index[self.graph.nodes_of[code][0]]
                self.routing.NextVar(index).SetValue(following)
                index = following

    def _add_capacity(self) -> None:
        """Add one dimension per distinct set of coefficients, and one that keeps riders out of breaks."""
        limits: dict[tuple[int, ...], dict[int, int]] = {}
        for vehicle, shift in enumerate(self.graph.shifts):
            for row in self.problem.shifts[shift].capacity:
                own = limits.setdefault(row.coefficients, {})
                own[vehicle] = min(row.limit, own.get(vehicle, row.limit))
        for factors, by_vehicle in limits.items():
            taken = [
                sum(f * amount for f, amount in zip(factors, ride.load, strict=True)) for ride in self.problem.rides
            ]
            self._add_load(f"load {factors}", taken, by_vehicle)
        breaks = [index for index, node in zip(self.index, self.graph.nodes, strict=True) if node.is_break]
        if breaks:
            riders = self._add_load("riders", [1] * len(self.problem.rides), {})
            for index in breaks:
                riders.CumulVar(index).SetValue(0)

    def _add_load(self, name: str, taken: Sequence[int], limits: dict[int, int]) -> pywrapcp.RoutingDimension:
        """Add a dimension in which ride ``r`` takes ``taken[r]`` while aboard."""
        change = [0] * len(self.graph.nodes)
        aboard = [0] * len(self.graph.shifts)
        for ride in self.graph.rides:
            asked = self.problem.rides[ride]
            change[self.graph.nodes_of[dropoff_of(ride)][0]] = -taken[ride]
            if asked.aboard is None:
                change[self.graph.nodes_of[pickup_of(ride)][0]] = taken[ride]
            elif asked.aboard.shift in self.vehicle_of:
                aboard[self.vehicle_of[asked.aboard.shift]] += taken[ride]
        capacity = [limits.get(vehicle, sum(taken)) for vehicle in range(len(self.graph.shifts))]
        if any(load > limit for load, limit in zip(aboard, capacity, strict=True)):
            raise _Unsolvable
        evaluator = self.routing.RegisterUnaryTransitVector(change)
        self.routing.AddDimensionWithVehicleCapacity(evaluator, 0, capacity, False, name)
        dimension = self.routing.GetDimensionOrDie(name)
        for vehicle, load in enumerate(aboard):
            dimension.CumulVar(self.routing.Start(vehicle)).SetValue(load)
        return dimension

"""What a user would otherwise pick for pickup and delivery, on the same integers, one thread, the same seconds.

Each takes the problem as its own documentation models it, and returns a plan that is judged like ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from rufbus.bench.instances.instance import Instance
from rufbus.bench.peers import find_peer
from rufbus.bench.solving import Outcome, judge
from solver.plan import Plan
from solver.problem import Problem, dropoff_of, pickup_of

FLEET_SHARE = 0.5
"""Share of the seconds that PyVRP spends on a small fleet first, by its own function for that."""
VROOM_FIXED_COST = 2**31
"""The most that a vehicle of VROOM costs besides its way, which has 32 bits; still more than any plan's distance."""
EXPLORATION_LEVEL = 5
"""VROOM's most thorough."""


def solve_with_peer(name: str, instance: Instance, seconds: float, seed: int) -> Outcome | None:
    """Return what a peer makes of an instance; ``None`` when it is not installed.

    Raises
    ------
    KeyError
        When the peer is none of ``SOLVERS``.
    """
    solver, module = SOLVERS[name], find_peer(name)
    if module is None:
        return None
    started_s = time.perf_counter()
    tours = solver(module, instance.problem, seconds, seed)
    wall_s = time.perf_counter() - started_s
    served = {code // 2 for tour in tours for code in tour}
    shifts, rides = len(instance.problem.shifts), len(instance.problem.rides)
    tours = [*tours, *([()] * (shifts - len(tours)))]
    plan = Plan(tuple(tours), tuple(ride for ride in range(rides) if ride not in served))
    return judge(instance, plan, wall_s)


Tours = list[tuple[int, ...]]


def _solve_pyvrp(pyvrp: ModuleType, problem: Problem, seconds: float, seed: int) -> Tours:
    """Shipments; first the smallest fleet that PyVRP finds, then the shortest routes with it."""
    shift, model, started_s = problem.shifts[0], pyvrp.Model(), time.perf_counter()
    places = [model.add_location(0, 0) for _ in range(len(problem.travel_s))]
    depot = model.add_depot(places[shift.start], shift.start_at, shift.end_by)
    model.add_vehicle_type(
        len(problem.shifts), shift.capacity[0].limit, depot, depot, tw_early=shift.start_at, tw_late=shift.end_by
    )
    for ride in problem.rides:
        model.add_shipment(
            places[ride.pickup],
            places[ride.dropoff],
            ride.pickup_window.earliest,
            ride.pickup_window.latest,
            ride.pickup_service_s,
            ride.dropoff_window.earliest,
            ride.dropoff_window.latest,
            ride.dropoff_service_s,
            ride.load[0],
        )
    for origin, row in enumerate(problem.travel_s.tolist()):
        for destination, travel_s in enumerate(row):
            model.add_edge(places[origin], places[destination], travel_s, travel_s)
    data = model.data()
    try:
        fleet = pyvrp.minimise_fleet(data, pyvrp.stop.MaxRuntime(FLEET_SHARE * seconds), seed)
    except ValueError:  # 0.14 goes on to a fleet of none where one vehicle is enough for shipments
        fleet = data.vehicle_type(0).replace(num_available=1)
    left_s = max(0.1, seconds - (time.perf_counter() - started_s))
    result = pyvrp.solve(
        data.replace(vehicle_types=[fleet]), pyvrp.stop.MaxRuntime(left_s), seed, collect_stats=False, display=False
    )
    routes = result.best.routes() if result.is_feasible() else []
    return [
        tuple(
            pickup_of(visit.idx) if visit.is_pickup() else dropoff_of(visit.idx)
            for visit in route
            if visit.is_shipment()
        )
        for route in routes
    ]


def _solve_vroom(vroom: ModuleType, problem: Problem, seconds: float, seed: int) -> Tours:
    """Shipments, a fixed cost per vehicle. VROOM knows no seed, and ends early when it finds nothing better."""
    del seed
    shift, asked = problem.shifts[0], vroom.Input()
    asked.set_durations_matrix("car", problem.travel_s.astype("uint32"))
    for number in range(len(problem.shifts)):
        asked.add_vehicle(
            vroom.Vehicle(
                number,
                start=shift.start,
                end=shift.end,
                capacity=[shift.capacity[0].limit],
                time_window=vroom.TimeWindow(shift.start_at, shift.end_by),
                costs=vroom.VehicleCosts(fixed=min(shift.fixed_cost, VROOM_FIXED_COST)),
            )
        )
    for number, ride in enumerate(problem.rides):
        steps = [
            vroom.ShipmentStep(
                number,
                place,
                default_service=service_s,
                time_windows=[vroom.TimeWindow(window.earliest, window.latest)],
            )
            for place, service_s, window in (
                (ride.pickup, ride.pickup_service_s, ride.pickup_window),
                (ride.dropoff, ride.dropoff_service_s, ride.dropoff_window),
            )
        ]
        asked.add_shipment(*steps, amount=vroom.Amount([ride.load[0]]))
    found = asked.solve(EXPLORATION_LEVEL, nb_threads=1, timeout=timedelta(seconds=seconds)).to_dict()
    code = {"pickup": pickup_of, "delivery": dropoff_of}
    return [
        tuple(code[step["type"]](step["id"]) for step in route["steps"] if step["type"] in code)
        for route in found["routes"]
    ]


def _solve_ortools(_: ModuleType, problem: Problem, seconds: float, seed: int) -> Tours:
    """Model pickup and delivery as OR-Tools' guide does: parallel cheapest insertion, then guided local search."""
    del seed
    shift, rides = problem.shifts[0], problem.rides
    place = [shift.start, *(at for ride in rides for at in (ride.pickup, ride.dropoff))]
    service = [0, *(s for ride in rides for s in (ride.pickup_service_s, ride.dropoff_service_s))]
    load = [0, *(amount for ride in rides for amount in (ride.load[0], -ride.load[0]))]
    travel = problem.travel_s.astype("int64")[place][:, place]
    manager = pywrapcp.RoutingIndexManager(len(place), len(problem.shifts), 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(travel.tolist()))
    model.SetFixedCostOfAllVehicles(shift.fixed_cost)
    spent = (travel + [[seconds_] for seconds_ in service]).tolist()
    horizon = shift.end_by - shift.start_at
    model.AddDimension(model.RegisterTransitMatrix(spent), horizon, shift.end_by, False, "time")
    model.AddDimension(model.RegisterUnaryTransitVector(load), 0, shift.capacity[0].limit, True, "load")
    time_of = model.GetDimensionOrDie("time")
    for vehicle in range(len(problem.shifts)):
        time_of.CumulVar(model.Start(vehicle)).SetRange(shift.start_at, shift.end_by)
        time_of.CumulVar(model.End(vehicle)).SetRange(shift.start_at, shift.end_by)
    for number, ride in enumerate(rides):
        pickup, dropoff = (manager.NodeToIndex(2 * number + side) for side in (1, 2))
        model.AddPickupAndDelivery(pickup, dropoff)
        model.solver().Add(model.VehicleVar(pickup) == model.VehicleVar(dropoff))
        model.solver().Add(time_of.CumulVar(pickup) <= time_of.CumulVar(dropoff))
        time_of.CumulVar(pickup).SetRange(ride.pickup_window.earliest, ride.pickup_window.latest)
        time_of.CumulVar(dropoff).SetRange(ride.dropoff_window.earliest, ride.dropoff_window.latest)
    wanted = pywrapcp.DefaultRoutingSearchParameters()
    wanted.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    wanted.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    wanted.time_limit.FromMilliseconds(int(1000 * seconds))
    found = model.SolveWithParameters(wanted)
    return [] if found is None else [_read_tour(model, manager, found, each) for each in range(len(problem.shifts))]


def _read_tour(model: Any, manager: Any, found: Any, vehicle: int) -> tuple[int, ...]:
    codes, index = [], model.Start(vehicle)
    while not model.IsEnd(index):
        codes.append(manager.IndexToNode(index) - 1)
        index = found.Value(model.NextVar(index))
    return tuple(codes[1:])


SOLVERS: Mapping[str, Callable[[ModuleType, Problem, float, int], Tours]] = {
    "pyvrp": _solve_pyvrp,
    "vroom": _solve_vroom,
    "or-tools": _solve_ortools,
}
"""The peers that can model pickup and delivery with time windows."""

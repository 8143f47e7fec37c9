"""Whether each request could be served by a vehicle of its own; where not, nobody can solve the instance."""

from __future__ import annotations

from decimal import Decimal

from rufbus.bench.instances.draft import Draft, Pair
from rufbus.domain.errors import InvalidInstance
from solver.problem import Problem, Ride


def check_rides(draft: Draft, problem: Problem, scale: int) -> None:
    """See that each ride alone keeps capacity, windows, ride time and the vehicle's times.

    Raises
    ------
    InvalidInstance
        ``infeasible, because …`` for the first that does not.
    """
    for pair, ride in zip(draft.pairs, problem.rides, strict=True):
        why = _why_impossible(draft, problem, ride, pair, scale)
        if why:
            raise InvalidInstance(
                f"{draft.path}:{pair.pickup.line}: infeasible, because the request from node {pair.pickup.number} "
                f"to node {pair.dropoff.number} (line {pair.dropoff.line}) {why}."
            )


def _why_impossible(draft: Draft, problem: Problem, ride: Ride, pair: Pair, scale: int) -> str | None:
    """Return the first rule that the ride breaks all alone, with its figures in the unit of the file."""
    shift = problem.shifts[0]
    there, direct, back = (
        int(problem.travel_s[origin, destination])
        for origin, destination in ((shift.start, ride.pickup), (ride.pickup, ride.dropoff), (ride.dropoff, shift.end))
    )
    picked = max(ride.pickup_window.earliest, shift.start_at + there)
    dropped = max(ride.dropoff_window.earliest, picked + ride.pickup_service_s + direct)
    last_pickup = min(ride.pickup_window.latest, ride.dropoff_window.latest - ride.pickup_service_s - direct)
    shortest = max(direct, ride.dropoff_window.earliest - last_pickup - ride.pickup_service_s)
    home = dropped + ride.dropoff_service_s + back
    away = there + ride.pickup_service_s + shortest + ride.dropoff_service_s + back

    def told(moment: int) -> str:
        return f"{Decimal(moment) / scale:.6g}"

    takes, holds = pair.pickup.load, draft.capacity
    rules = (
        (takes > holds, f"takes {takes} aboard where a vehicle holds {holds}"),
        (
            picked > ride.pickup_window.latest,
            f"cannot be picked up before {told(picked)}, and its window closes at {pair.pickup.latest}",
        ),
        (
            dropped > ride.dropoff_window.latest,
            f"cannot be set down before {told(dropped)}, and its window closes at {pair.dropoff.latest}",
        ),
        (shortest > ride.max_ride_s, f"rides for at least {told(shortest)}, and the longest ride is {draft.max_ride}"),
        (home > shift.end_by, f"brings its vehicle home at {told(home)}, and the depot closes at {draft.end.latest}"),
        (
            shift.max_duration_s is not None and away > shift.max_duration_s,
            f"keeps its vehicle away for at least {told(away)}, and the longest route is {draft.max_duration}",
        ),
    )
    return next((why for is_broken, why in rules if is_broken), None)

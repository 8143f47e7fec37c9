"""Quote a ride: offers whose seats are held, or a "no" with its reason and the nearest "yes"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rufbus.dispatch.commit import retrying, save_tours
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.ends import StopPair, check_roads, list_pairs, place_of
from rufbus.dispatch.search import (
    STEP_S,
    WIDE_STEP_S,
    Candidate,
    Found,
    Pool,
    Workings,
    grid,
    list_candidates,
)
from rufbus.dispatch.stop_list import publish_stop_lists
from rufbus.domain.booking import Leg, Quote, StopPoint
from rufbus.domain.clock_time import ceil_minute, to_rfc3339
from rufbus.domain.errors import NotFound
from rufbus.domain.fares import price_ct
from rufbus.domain.ids import new_id
from rufbus.domain.place import StopWalk
from rufbus.domain.promise import Promise
from rufbus.domain.request import Anchor, Direction, Party, Refusal, RefusalReason, Request, Wish
from rufbus.domain.rules import check_area, check_order, check_party, check_wish

LEAST_ALTERNATIVES = 3
"""How many alternatives a refusal comes with, where the day has them."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer with its legs."""

    quote: Quote
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """The answer to a request."""

    quotes: tuple[Offered, ...]
    refusal: Refusal | None


def quote_ride(desk: Desk, request: Request) -> Offer:
    """Return held offers for a request, best first.

    When it cannot be met as wished, the offers are the nearest alternatives and ``refusal`` says why.

    Raises
    ------
    InvalidInput
        When a stop does not exist, or the return lies before the way out.
    """
    check_order(request)
    origin, destination = place_of(desk, request.origin, "origin"), place_of(desk, request.destination, "destination")
    refusal = check_party(request.party, desk.service.vehicles) or check_area(desk.service, origin, destination)
    if refusal is not None:
        return Offer((), refusal)
    pairs, refusal = list_pairs(desk, request)
    if refusal is not None:
        return Offer((), refusal)
    return _quote(desk, request, pairs)


def requote(desk: Desk, quote_id: str) -> Offer:
    """Return fresh offers for the request behind an offer that is gone.

    Raises
    ------
    NotFound
        When there never was such an offer.
    """
    with desk.store.read() as session:
        legs = session.quote_legs(quote_id)
    if not legs:
        raise NotFound(f"There is no quote {quote_id}. Ask for a new one.")
    outward, back = legs[0], legs[1] if len(legs) > 1 else None
    request = Request(
        outward.pickup.stop_id,
        outward.dropoff.stop_id,
        _wish_again(desk, outward),
        _wish_again(desk, back) if back is not None else None,
        outward.party,
    )
    pair = StopPair(_walk(desk, outward.pickup), _walk(desk, outward.dropoff))
    return _quote(desk, request, (pair,), gone=outward.promise)


def _wish_again(desk: Desk, leg: Leg) -> Wish:
    """Return the wish that a leg's promise fulfils at the earliest."""
    return Wish(Anchor.DEPART_AFTER, leg.promise.pickup_from - desk.service.walking.walk_s(leg.pickup.walk_m))


def _walk(desk: Desk, point: StopPoint) -> StopWalk:
    return StopWalk(desk.place_index(point.stop_id), point.walk_m)


def _quote(desk: Desk, request: Request, pairs: tuple[StopPair, ...], *, gone: Promise | None = None) -> Offer:
    """Return offers, and tell the drivers whose lists change because room was made for one."""
    offer, moved = retrying(lambda: _quote_once(desk, request, pairs, gone))
    publish_stop_lists(desk, moved)
    return offer


def _quote_once(
    desk: Desk, request: Request, pairs: tuple[StopPair, ...], gone: Promise | None
) -> tuple[Offer, list[str]]:
    """Return offers, and the vehicles whose riders changed places for them.

    Beside an offer that is gone, only those that keep what it promised count as wished.
    """
    now = desk.clock.now()
    held_until = now + desk.service.booking.hold_s
    with desk.store.read() as session:
        workings = Workings(desk, session, now, held_until)
        refusal = _refusal_by_rule(desk, request, pairs)
        trips = [] if refusal is not None else _as_wished(workings, request, pairs)
        if not trips and refusal is None:
            trips = _as_wished(workings, request, pairs, most=1, repair=True)
        alternative = not trips
        if not trips:
            refusal = refusal or _refusal_by_fleet(workings, request, pairs)
            trips = _nearest(workings, request, pairs, refusal)
    offers = _offers(desk, request.party, trips, held_until, gone, alternative=alternative)
    if offers:
        with desk.store.write() as session:
            save_tours(desk, session, workings.changed.values(), now)
            session.add_quotes([offered.quote for offered in offers])
            session.add_legs([leg for offered in offers for leg in offered.legs])
    return Offer(offers, refusal if alternative else None), sorted(workings.moved) if offers else []


def _refusal_by_rule(desk: Desk, request: Request, pairs: Sequence[StopPair]) -> Refusal | None:
    now = desk.clock.now()
    refusal = check_wish(request.outward, desk.service, now) or check_roads(desk, pairs, request.outward.at)
    if refusal is None and request.inward is not None:
        back = [pair.turned() for pair in pairs]
        refusal = check_wish(request.inward, desk.service, now, direction=Direction.RETURN)
        refusal = refusal or check_roads(desk, back, request.inward.at, Direction.RETURN)
    return refusal


def _refusal_by_fleet(workings: Workings, request: Request, pairs: Sequence[StopPair]) -> Refusal:
    """Return why no van can do it as wished: no wheelchair place free, or no van at all."""
    if request.party.wheelchairs:
        seated = replace(request.party, adults=request.party.adults + request.party.wheelchairs, wheelchairs=0)
        mark = workings.mark()
        possible = bool(_as_wished(workings, replace(request, party=seated), pairs, most=1))
        workings.go_back(mark)
        if possible:
            return Refusal(
                RefusalReason.NO_WHEELCHAIR_PLACE,
                "Vans have seats left at that time, but no wheelchair place. The nearest times with one are offered.",
                binding={"rule": "vehicles.wheelchair_places"},
            )
    zone = workings.desk.service.zone
    return Refusal(
        RefusalReason.NO_VEHICLE,
        "No van can take the ride at that time without breaking a promise to somebody else. "
        "The nearest times at which one can are offered.",
        binding={"rule": "fleet", "wished": to_rfc3339(request.outward.at, zone)},
    )


# --- trips: one or two legs that take their seats together -----------------------------------------------------------

Trip = tuple[Found, ...]


def _as_wished(
    workings: Workings, request: Request, pairs: Sequence[StopPair], most: int | None = None, *, repair: bool = False
) -> list[Trip]:
    """Return trips within the accepted distance from the wished times; the best first.

    With ``repair`` others may change their places, within what they were promised, where there is none left.
    """
    rules = workings.desk.service.booking
    offsets = grid(rules.max_wait_s, STEP_S, both_ways=False)
    candidates = list_candidates(workings, request.outward, pairs, offsets, request.party)
    most = most or rules.quotes
    return _collect(workings, request, candidates, pairs, most, nearest_first=False, widen=False, repair=repair)


def _nearest(workings: Workings, request: Request, pairs: Sequence[StopPair], refusal: Refusal) -> list[Trip]:
    """Return the trips nearest to the wish, earlier or later."""
    rules = workings.desk.service.booking
    wish = _reachable_wish(workings, request.outward)
    if request.inward is not None:
        moved_s = wish.at - request.outward.at
        request = replace(request, outward=wish, inward=replace(request.inward, at=request.inward.at + moved_s))
    few = pairs[:3]
    close = [0, *grid(rules.alternatives_within_s, STEP_S, both_ways=True)]
    candidates = list_candidates(workings, wish, few, close, request.party)
    most = max(LEAST_ALTERNATIVES, rules.quotes)
    trips = _collect(workings, request, candidates, few, most, nearest_first=True, widen=True)
    if len(trips) < LEAST_ALTERNATIVES and refusal.reason is not RefusalReason.NO_VEHICLE:
        wide = [o for o in grid(86_400, WIDE_STEP_S, both_ways=True) if abs(o) > rules.alternatives_within_s]
        more = list_candidates(workings, wish, few, wide, request.party)
        trips += _collect(workings, request, more, few, most - len(trips), nearest_first=True, widen=True, taken=trips)
    return sorted(trips, key=lambda trip: abs(trip[0].leg.promise.pickup_from - wish.at))


def _reachable_wish(workings: Workings, wish: Wish) -> Wish:
    """Return the wish moved to the nearest time that can be booked at all."""
    service, now = workings.desk.service, workings.now
    earliest = ceil_minute(now + service.booking.min_notice_s)
    last = now + service.booking.earliest_days * 86_400
    return replace(wish, at=min(max(wish.at, earliest), max(last, earliest)))


def _collect(
    workings: Workings, request: Request, candidates: list[Candidate], pairs: Sequence[StopPair], most: int,
    *, nearest_first: bool, widen: bool, taken: Sequence[Trip] = (), repair: bool = False,
) -> list[Trip]:  # fmt: skip
    """Take seats for up to ``most`` trips that differ from each other and from ``taken``."""
    trips: list[Trip] = []
    pool = Pool(workings, candidates, request.party)
    pool.leave_out_near([trip[0] for trip in taken])
    while pool and len(trips) < most:
        mark = workings.mark()
        quote_id = new_id("q", workings.desk.chance)
        outward = pool.take_best(Direction.OUTWARD, quote_id, nearest_first=nearest_first)
        if outward is None and repair:
            outward = pool.make_room(Direction.OUTWARD, quote_id)
        if outward is None:
            break
        trip = _with_return(workings, request, outward, pairs, quote_id, widen=widen, repair=repair)
        if trip is None:
            workings.go_back(mark)
        else:
            trips.append(trip)
        pool.leave_out_near([outward])
    return trips


def _with_return(
    workings: Workings, request: Request, outward: Found, pairs: Sequence[StopPair], quote_id: str,
    *, widen: bool, repair: bool,
) -> Trip | None:  # fmt: skip
    """Return the trip with its return leg, or ``None`` when there is no way back: all or nothing."""
    if request.inward is None:
        return (outward,)
    rules = workings.desk.service.booking
    back = [pair.turned() for pair in pairs]
    offsets = [0, *grid(rules.alternatives_within_s, STEP_S, both_ways=True)] if widen else grid(
        rules.max_wait_s, STEP_S, both_ways=False
    )  # fmt: skip
    walk_s = workings.desk.service.walking.walk_s(outward.leg.dropoff.walk_m)
    not_before = outward.leg.promise.dropoff_by + walk_s
    candidates = list_candidates(workings, request.inward, back, offsets, request.party, not_before)
    pool = Pool(workings, candidates, request.party)
    inward = pool.take_best(Direction.RETURN, quote_id, nearest_first=widen)
    if inward is None and repair:
        inward = pool.make_room(Direction.RETURN, quote_id)
    return None if inward is None else (outward, inward)


def _is_like(trip: Trip, gone: Promise | None) -> bool:
    """Return whether a trip keeps what was promised by an offer that is gone."""
    return gone is None or trip[0].leg.promise.dropoff_by <= gone.dropoff_by


def _offers(
    desk: Desk, party: Party, trips: Sequence[Trip], held_until: int, gone: Promise | None, *, alternative: bool
) -> tuple[Offered, ...]:
    request_id = new_id("r", desk.chance)
    price = price_ct(party, desk.service.fares)
    return tuple(
        Offered(
            Quote(
                trip[0].leg.quote_id,
                request_id,
                party,
                price * len(trip),
                held_until,
                alternative or not _is_like(trip, gone),
            ),
            tuple(found.leg for found in trip),
        )
        for trip in trips
    )

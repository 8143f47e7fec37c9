"""Days on which roads are closed: what is offered, planned, driven and judged goes round."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rufbus.checker.verify import find_faults
from rufbus.dispatch.cancel import cancel_booking
from rufbus.dispatch.desk import Desk
from rufbus.dispatch.quote import quote_ride
from rufbus.dispatch.reroute import Rerouted, reroute_tours
from rufbus.domain.errors import NotFound
from rufbus.domain.place import Stop
from rufbus.domain.request import Anchor, Direction, Party, RefusalReason, Request, Wish
from rufbus.domain.service import Closure, Slowdown
from rufbus.roads.day_network import list_road_states, open_day_network
from rufbus.roads.network import build_network

from ..roads.hand_made import RoadBuilder, at
from .little_town import SERVICE, faults_of, instant, state_of
from .timeline import WEDNESDAY, Day

THURSDAY = "2026-11-26"
BRIDGE, ROUND = "Brücke", "Landstraße"


@pytest.fixture(scope="module")
def roads():
    """Two villages on either side of a water: a bridge between them, and a long way round."""
    builder = RoadBuilder()
    west, east = ([builder.node(x, y) for y in (0, 1000, 2000)] for x in (0, 1500))
    for shore, name in ((west, "Westufer"), (east, "Ostufer")):
        for a, b in pairwise(shore):
            builder.road(a, b, name=name)
    builder.road(west[1], east[1], name=BRIDGE, flags=0)
    builder.road(west[2], east[2], via=[(750, 5000)], name=ROUND, flags=0)
    graph = builder.build()
    places = {"Kirche": (3, 300), "Markt": (3, 1700), "Klinik": (1503, 300), "Hafen": (1503, 1700)}
    stops = [Stop(name, name, at(*place)) for name, place in places.items()]
    depots = [(vehicle.id, at(10, 100)) for vehicle in SERVICE.vehicles]
    return build_network(graph, stops, depots)[0]


def ways_named(network, *names):
    graph = network.graph
    return tuple({int(graph.edge_way[e]) for e in range(graph.edge_count) if graph.names[graph.edge_name[e]] in names})


def closing(network, *names):
    """The service that closes streets for an hour of Thursday morning."""
    span = instant(THURSDAY, "10:00"), instant(THURSDAY, "11:00")
    return replace(SERVICE, closures=(Closure("closed", *span, ways=ways_named(network, *names)),))


def on_days(network, service, folder):
    states = list_road_states(network.graph, service, "service.toml")
    return open_day_network(network, service, states, folder / "states")


def day_at(network, service, folder, date=WEDNESDAY):
    return Day(service, date, network=on_days(network, service, folder))


def streets_of(day, vehicle_id):
    """The streets along a stop list, leg by leg."""
    network, stops = day.desk.network, day.stop_list(vehicle_id).stops
    legs = [
        network.get_leg(network.find_stop(a.stop.id), network.find_stop(b.stop.id), b.service_day)
        for a, b in pairwise(stops)
        if a.stop.id != b.stop.id
    ]
    return {street for leg in legs for street in leg.streets}


def van_of(day, booked):
    return day.now(booked).legs[0].vehicle_id


def test_a_bridge_closed_on_thursday_makes_thursdays_rides_go_round(roads, tmp_path):
    day = day_at(roads, closing(roads, BRIDGE), tmp_path)
    open_way = day.books("Kirche", "Klinik", after="08:00")
    day.date = THURSDAY
    round_way = day.books("Kirche", "Klinik", after="08:00")
    short, long = (each.legs[0].leg for each in (open_way, round_way))
    assert (short.service_day, long.service_day) == (WEDNESDAY, THURSDAY)
    assert long.direct_s > 2 * short.direct_s
    assert long.promise.max_ride_s == SERVICE.promise.max_ride_s(long.direct_s)
    others = [day.books("Markt", "Hafen", after="08:10"), day.books("Klinik", "Markt", by="10:00")]
    day.date = WEDNESDAY
    day.at("07:00")
    assert BRIDGE in streets_of(day, van_of(day, open_way))
    day.date = THURSDAY
    day.at("07:00")
    for booked in (round_way, *others):
        assert BRIDGE not in streets_of(day, van_of(day, booked))
        assert ROUND in streets_of(day, van_of(day, booked))
    day.at("12:00")
    assert day.ledger(round_way)[-1] == day.ledger(open_way)[-1] == "kept"


def test_a_planner_that_forgets_the_closure_is_found_out(roads, tmp_path):
    """The broken twin: planned by open roads, judged by those of the day."""
    service = closing(roads, BRIDGE)
    day = Day(service, network=roads)
    day.date = THURSDAY
    day.books("Kirche", "Klinik", after="08:00")
    shifts = day.desk.shifts_on(THURSDAY)
    found = find_faults(state_of(day.desk), service, on_days(roads, service, tmp_path), shifts)
    assert any("it is given" in finding.detail for finding in found)


WISHES = st.tuples(
    st.sampled_from([WEDNESDAY, THURSDAY, "2026-11-27"]),
    st.permutations(["Kirche", "Markt", "Klinik", "Hafen"]),
    st.integers(6 * 60, 26 * 60),
    st.sampled_from(list(Anchor)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WISHES, min_size=1, max_size=6), st.booleans())
def test_whatever_is_asked_for_is_promised_and_planned_by_the_roads_of_its_own_day(roads, tmp_path, wishes, all_shut):
    day = day_at(roads, closing(roads, BRIDGE, *([ROUND] if all_shut else [])), tmp_path)
    for date, (origin, destination, *_), minute, anchor in wishes:
        wish = Wish(anchor, instant(date, f"{minute // 60}:{minute % 60:02d}"))
        offer = quote_ride(day.desk, Request(origin, destination, wish, None, Party()))
        for leg in (leg for offered in offer.quotes for leg in offered.legs):
            ends = day.desk.place_index(leg.pickup.stop_id), day.desk.place_index(leg.dropoff.stop_id)
            assert leg.direct_s == day.desk.network.times_on(leg.service_day).travel_s[ends]
            assert leg.promise.max_ride_s == SERVICE.promise.max_ride_s(leg.direct_s)
        if offer.quotes:
            day.takes(offer.quotes[0])
    assert faults_of(day.desk) == ()


def test_where_nothing_leads_on_thursday_the_days_around_are_offered(roads, tmp_path):
    day = day_at(roads, closing(roads, BRIDGE, ROUND), tmp_path)
    day.date = THURSDAY
    offer = day.asks("Kirche", "Klinik", after="08:00")
    assert offer.refusal.reason is RefusalReason.UNREACHABLE
    assert offer.refusal.binding == {"rule": "closures", "service_day": THURSDAY, "closures": ["closed"]}
    assert offer.quotes
    assert {leg.service_day for offered in offer.quotes for leg in offered.legs}.isdisjoint({THURSDAY})
    assert day.asks("Kirche", "Markt", after="08:00").refusal is None


def test_a_way_out_without_a_way_back_is_refused_for_the_way_back(roads, tmp_path):
    day = day_at(roads, closing(roads, BRIDGE, ROUND), tmp_path)
    wishes = [Wish(Anchor.DEPART_AFTER, instant(date, "08:00")) for date in (WEDNESDAY, THURSDAY)]
    offer = quote_ride(day.desk, Request("Kirche", "Klinik", *wishes, Party()))
    assert (offer.refusal.reason, offer.refusal.direction) == (RefusalReason.UNREACHABLE, Direction.RETURN)


def test_an_arrival_is_planned_with_the_roads_of_its_own_day(roads, tmp_path):
    day = day_at(roads, closing(roads, BRIDGE), tmp_path)
    wednesday = day.books("Kirche", "Klinik", by="09:00").legs[0].leg
    day.date = THURSDAY
    thursday = day.books("Kirche", "Klinik", by="09:00").legs[0].leg
    assert thursday.promise.dropoff_by == instant(THURSDAY, "09:00")
    early_s = [leg.promise.dropoff_by - leg.promise.pickup_to for leg in (wednesday, thursday)]
    assert early_s[1] > early_s[0]


def test_slow_roads_make_the_same_ride_longer_and_the_checker_asks_for_it(roads, tmp_path):
    span = instant(THURSDAY, "00:00"), instant(THURSDAY, "23:00")
    service = replace(SERVICE, slowdowns=(Slowdown("ice", *span, factor=0.5),))
    day = day_at(roads, service, tmp_path)
    wednesday = day.books("Kirche", "Klinik", after="08:00").legs[0].leg
    day.date = THURSDAY
    thursday = day.books("Kirche", "Klinik", after="08:00").legs[0].leg
    assert thursday.direct_s >= 2 * wednesday.direct_s - 1


def reopened(day, network, service, folder):
    """The same day at a desk that was started again with another service file."""
    other = day_at(network, service, folder, day.date)
    other.desk = replace_desk(day.desk, service, other.desk.network)
    return other


def replace_desk(desk, service, network):
    return Desk(service, network, desk.store, desk.clock, desk.chance, desk.workers)


def test_a_closure_that_comes_after_the_booking_gives_its_tour_new_times_and_tells_of_the_promise(roads, tmp_path):
    day = Day(SERVICE, network=roads)
    day.date = THURSDAY
    booked, short = day.books("Kirche", "Klinik", after="08:00"), day.books("Kirche", "Markt", after="10:00")
    after = reopened(day, roads, closing(roads, BRIDGE), tmp_path)
    assert faults_of(after.desk) != ()
    assert reroute_tours(after.desk).tours >= 1
    at_risk = {event.leg_id for event in after.events("late-risk")}
    assert faults_of(after.desk) == ()
    assert after.leg(short).id not in at_risk
    planned = after.now(booked).legs[0]
    assert planned.leg.id in at_risk or planned.dropoff_at <= planned.leg.promise.dropoff_by
    assert reroute_tours(after.desk) == Rerouted(0, ())


def test_a_promise_to_a_stop_that_is_cut_off_afterwards_is_told_and_the_tour_left_for_somebody_to_decide(
    roads, tmp_path
):
    day = Day(SERVICE, network=roads)
    day.date = THURSDAY
    booked = day.books("Kirche", "Klinik", after="08:00")
    after = reopened(day, roads, closing(roads, BRIDGE, ROUND), tmp_path)
    before = state_of(after.desk).tours
    assert reroute_tours(after.desk) == Rerouted(0, (booked.legs[0].leg.id,))
    assert state_of(after.desk).tours == before
    after.desk.clock.set(instant(WEDNESDAY, "06:00"))
    cancel_booking(after.desk, booked.booking.id, by="control")
    assert reroute_tours(after.desk) == Rerouted(0, ())
    assert faults_of(after.desk) == ()


def test_who_leaves_later_on_a_day_never_arrives_earlier(roads, tmp_path):
    """First in, first out: a day has one state of the roads, from its first drive to its last."""
    service = closing(roads, BRIDGE)
    network = on_days(roads, service, tmp_path)
    assert network.times_on(THURSDAY) is network.times_on(THURSDAY)
    assert network.times_on(THURSDAY) is not network.times_on(WEDNESDAY)
    assert network.times_on(WEDNESDAY) is network.times_on("2026-11-27")


def test_a_leg_that_no_road_serves_on_its_day_is_not_drawn(roads, tmp_path):
    network = on_days(roads, closing(roads, BRIDGE, ROUND), tmp_path)
    with pytest.raises(NotFound, match="No road leads"):
        network.get_leg(0, 2, THURSDAY)
    assert network.get_leg(0, 2, WEDNESDAY).streets

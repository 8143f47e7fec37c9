"""Refusals with their reasons, and promises in whole minutes."""

from dataclasses import replace

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidInput
from rufbus.domain.place import Place, StopWalk
from rufbus.domain.promise import Promise
from rufbus.domain.request import Anchor, Direction, Party, RefusalReason, Request, Wish
from rufbus.domain.rules import (
    check_area,
    check_party,
    check_reachable,
    check_request,
    check_stops,
    check_wish,
    narrow,
    promise_before,
    promise_window,
)
from rufbus.domain.service import Area, PromiseRules

SCHLESWIG, FLENSBURG = Place(9.55, 54.51), Place(9.43, 54.78)
INSTANTS = st.integers(1_700_000_000, 1_900_000_000)
MINUTES = st.integers(0, 600).map(lambda minutes: minutes * 60)
RULES = PromiseRules()


def depart(at):
    return Wish(Anchor.DEPART_AFTER, at)


def arrive(at):
    return Wish(Anchor.ARRIVE_BY, at)


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "wish", "reason"),
    [
        ("2026-11-25T07:00", "2026-11-25T08:00", None),
        ("2026-11-25T07:00", "2026-11-25T06:59", RefusalReason.IN_THE_PAST),
        ("2026-11-25T07:01", "2026-11-25T08:00", RefusalReason.TOO_SHORT_NOTICE),
        ("2026-11-25T07:00", "2026-11-26T03:00", RefusalReason.OUTSIDE_HOURS),
        ("2026-11-25T07:00", "2026-11-26T21:00", RefusalReason.OUTSIDE_HOURS),
        ("2026-11-25T07:00", "2026-11-26T05:00", None),
        ("2026-11-25T07:00", "2026-11-29T01:00", None),
        ("2026-11-25T23:59", "2026-12-02T08:00", None),
        ("2026-11-25T23:59", "2026-12-03T08:00", RefusalReason.TOO_FAR_AHEAD),
        ("2026-12-25T08:00", "2027-01-01T12:00", RefusalReason.OUTSIDE_HOURS),
    ],
)
def test_a_departure_is_refused_by_the_first_rule_that_stands_in_its_way(service, at, now, wish, reason):
    refusal = check_wish(depart(at(wish)), service, at(now))
    assert (refusal and refusal.reason) == reason


@pytest.mark.parametrize(
    ("wish", "refused"),
    [("2026-11-26T05:00", True), ("2026-11-26T05:01", False), ("2026-11-26T21:00", False), ("2026-11-26T21:01", True)],
)
def test_an_arrival_may_be_wished_for_up_to_the_end_of_service(service, at, wish, refused):
    refusal = check_wish(arrive(at(wish)), service, at("2026-11-25T07:00"))
    assert (refusal is not None) == refused


@given(INSTANTS, INSTANTS, st.sampled_from(Anchor))
def test_what_is_not_refused_lies_within_the_booking_period(service, now, wish_at, anchor):
    wish_at = now + wish_at % (9 * 86_400)
    refusal = check_wish(Wish(anchor, wish_at), service, now)
    if refusal is None:
        assert (
            now + service.booking.min_notice_s <= wish_at <= now + (service.booking.earliest_days + 1) * 86_400 + 3600
        )
    else:
        assert refusal.detail.endswith(".")
        assert "rule" in refusal.binding


def test_a_refusal_tells_the_hours_of_the_day_and_the_next_opening(service, at):
    refusal = check_wish(depart(at("2026-11-29T03:00")), service, at("2026-11-25T07:00"))
    assert refusal.detail == (
        "There is no service at 2026-11-29 03:00. On 2026-11-29 it runs 09:00-20:00. It next opens at 2026-11-29 09:00."
    )
    assert refusal.binding == {
        "rule": "hours",
        "service_day": "2026-11-29",
        "hours": ["09:00-20:00"],
        "opens_at": "2026-11-29T09:00:00+01:00",
    }


def test_a_day_without_service_is_said_to_have_none(service, at):
    refusal = check_wish(depart(at("2027-01-01T12:00")), service, at("2026-12-28T07:00"))
    assert "On 2027-01-01 it does not run. It next opens at 2027-01-02 06:00." in refusal.detail


def test_a_refusal_for_short_notice_tells_the_earliest_departure(service, at):
    refusal = check_wish(depart(at("2026-11-25T08:00")), service, at("2026-11-25T07:30"))
    assert refusal.detail == "A ride is booked at least 1 hour ahead: the earliest departure is now 2026-11-25 08:30."
    assert refusal.binding == {
        "rule": "booking.min_notice_s",
        "value": 3600,
        "earliest_at": "2026-11-25T08:30:00+01:00",
    }


def test_an_arrival_needs_notice_for_the_ride_as_well(service, at):
    wish, now = arrive(at("2026-11-25T08:10")), at("2026-11-25T07:00")
    assert check_wish(wish, service, now) is None
    assert check_wish(wish, service, now, lead_s=900).reason is RefusalReason.TOO_SHORT_NOTICE


def test_a_refusal_for_a_far_day_tells_when_its_booking_opens(service, at):
    refusal = check_wish(depart(at("2026-12-03T08:00")), service, at("2026-11-25T12:00"))
    assert refusal.binding["opens_at"] == "2026-11-26T00:00:00+01:00"


def test_booking_opens_at_local_midnight_even_over_a_clock_change(service, at):
    wish = depart(at("2026-10-31T12:00"))
    assert check_wish(wish, service, at("2026-10-24T00:00")) is None
    assert check_wish(wish, service, at("2026-10-23T23:59")).reason is RefusalReason.TOO_FAR_AHEAD


# --- the whole request -----------------------------------------------------------------------------------------------


def test_a_request_within_all_rules_is_not_refused(service, at):
    request = Request(SCHLESWIG, FLENSBURG, depart(at("2026-11-25T08:00")), depart(at("2026-11-25T12:00")))
    now = at("2026-11-25T06:00")
    assert check_request(request, service, now, origin=SCHLESWIG, destination=FLENSBURG) is None


def test_a_refused_return_says_that_it_is_the_return(service, at):
    request = Request(SCHLESWIG, FLENSBURG, depart(at("2026-11-25T08:00")), depart(at("2026-11-25T23:00")))
    refusal = check_request(request, service, at("2026-11-25T06:00"), origin=SCHLESWIG, destination=FLENSBURG)
    assert (refusal.reason, refusal.direction) == (RefusalReason.OUTSIDE_HOURS, Direction.RETURN)


def test_a_return_before_the_way_out_is_a_mistake_of_the_caller(service, at):
    request = Request(SCHLESWIG, FLENSBURG, depart(at("2026-11-25T08:00")), depart(at("2026-11-25T07:59")))
    with pytest.raises(InvalidInput, match="before the way out") as caught:
        check_request(request, service, at("2026-11-25T06:00"), origin=SCHLESWIG, destination=FLENSBURG)
    assert caught.value.errors[0].location == "return.depart_after"


# --- places and parties ----------------------------------------------------------------------------------------------


def test_an_end_outside_every_area_is_refused_by_its_name(service):
    north = replace(service, areas=(Area("north", shapely.box(9.3, 54.7, 9.6, 54.9)),))
    assert check_area(north, FLENSBURG, SCHLESWIG).binding == {
        "rule": "areas",
        "end": "destination",
        "areas": ["north"],
    }
    assert check_area(north, SCHLESWIG, FLENSBURG).reason is RefusalReason.OUTSIDE_AREA
    assert check_area(north, FLENSBURG, FLENSBURG) is None


def test_the_border_of_an_area_belongs_to_it(service):
    north = replace(service, areas=(Area("north", shapely.box(9.43, 54.78, 9.6, 54.9)),))
    assert check_area(north, FLENSBURG, FLENSBURG) is None


def test_a_ride_may_go_from_one_area_to_another(service):
    boxes = [shapely.box(p.lon - 0.01, p.lat - 0.01, p.lon + 0.01, p.lat + 0.01) for p in (SCHLESWIG, FLENSBURG)]
    both = replace(service, areas=(Area("south", boxes[0]), Area("north", boxes[1])))
    assert check_area(both, SCHLESWIG, FLENSBURG) is None


def test_without_areas_or_with_one_without_a_polygon_everywhere_is_served(service):
    assert check_area(service, SCHLESWIG, Place(0, 0)) is None
    assert check_area(replace(service, areas=(Area("all", None),)), SCHLESWIG, Place(0, 0)) is None


@pytest.mark.parametrize(
    ("party", "reason"),
    [
        (Party(adults=8), None),
        (Party(adults=6, wheelchairs=1), None),
        (Party(adults=7, wheelchairs=1), RefusalReason.PARTY_TOO_LARGE),
        (Party(adults=9), RefusalReason.PARTY_TOO_LARGE),
        (Party(adults=1, walkers=6), None),
        (Party(adults=8, walkers=6), RefusalReason.PARTY_TOO_LARGE),
        (Party(adults=0, wheelchairs=2), RefusalReason.NO_WHEELCHAIR_PLACE),
    ],
)
def test_a_party_needs_one_vehicle_with_room_for_all_of_it(service, party, reason):
    refusal = check_party(party, service.vehicles)
    assert (refusal and refusal.reason) == reason


def test_the_fleet_that_counts_is_the_one_given(service):
    assert check_party(Party(adults=0, wheelchairs=1), service.vehicles[1:]).reason is RefusalReason.NO_WHEELCHAIR_PLACE


def test_an_end_without_a_stop_near_is_refused_with_the_longest_walk(service):
    refusal = check_stops([StopWalk(3, 100)], [], service)
    assert refusal.reason is RefusalReason.NO_STOP_NEAR
    assert refusal.binding == {"rule": "walking.max_m", "value": 500, "end": "destination"}


def test_two_ends_with_one_and_the_same_stop_are_near_enough_to_walk(service):
    assert check_stops([StopWalk(3, 100)], [StopWalk(3, 50)], service).reason is RefusalReason.SAME_STOP
    assert check_stops([StopWalk(3, 100)], [StopWalk(3, 50), StopWalk(4, 90)], service) is None


def test_a_pair_without_a_road_between_is_unreachable():
    assert check_reachable(None).reason is RefusalReason.UNREACHABLE
    assert check_reachable(0) is None


# --- promises --------------------------------------------------------------------------------------------------------


@given(INSTANTS, st.integers(0, 7200), st.integers(0, 600), st.integers(0, 120))
def test_a_promise_opens_within_the_minute_and_leaves_room_for_the_longest_ride(start, direct_s, boarding_s, dwell_s):
    promise = promise_window(start, direct_s=direct_s, boarding_s=boarding_s, dwell_s=dwell_s, rules=RULES)
    assert 0 <= promise.pickup_from - start < 60
    assert promise.pickup_to - promise.pickup_from == RULES.pickup_window_s
    assert promise.max_ride_s == int(1.5 * direct_s) + 600
    assert 0 <= promise.dropoff_by - (promise.pickup_to + boarding_s + dwell_s + promise.max_ride_s) < 60
    assert {promise.pickup_from % 60, promise.pickup_to % 60, promise.dropoff_by % 60} == {0}


@given(INSTANTS, st.integers(0, 7200), st.integers(0, 600), st.integers(0, 120))
def test_a_promise_for_an_arrival_is_the_latest_that_keeps_it(arrive_by, direct_s, boarding_s, dwell_s):
    figures = {"direct_s": direct_s, "boarding_s": boarding_s, "dwell_s": dwell_s, "rules": RULES}
    promise = promise_before(arrive_by, **figures)
    assert arrive_by - 60 < promise.dropoff_by <= arrive_by
    assert {promise.pickup_from % 60, promise.pickup_to % 60, promise.dropoff_by % 60} == {0}
    forward = promise_window(promise.pickup_from, **figures)
    assert (forward.pickup_to, forward.max_ride_s) == (promise.pickup_to, promise.max_ride_s)
    assert forward.dropoff_by <= arrive_by
    assert promise_window(promise.pickup_from + 60, **figures).dropoff_by > arrive_by


PROMISES = st.builds(
    lambda start, width, rest: Promise(start, start + width, start + width + rest, 3600),
    INSTANTS.map(lambda at: at - at % 60), MINUTES, MINUTES,
)  # fmt: skip
NARROWED = st.builds(PromiseRules, narrowed_window_s=st.integers(1, 60).map(lambda minutes: minutes * 60))


@given(PROMISES, st.integers(-7200, 40_000), st.integers(0, 7200), NARROWED)
def test_a_narrowed_window_lies_in_the_first_one_in_whole_minutes(promise, arrival_s, stay_s, rules):
    arrival = promise.pickup_from + arrival_s
    narrowed = narrow(promise, arrival + stay_s, arrival, rules)
    assert promise.pickup_from <= narrowed.pickup_from <= narrowed.pickup_to <= promise.pickup_to
    assert narrowed.pickup_from % 60 == narrowed.pickup_to % 60 == 0
    width = promise.pickup_to - promise.pickup_from
    assert narrowed.pickup_to - narrowed.pickup_from == min(width, rules.narrowed_window_s)
    assert (narrowed.dropoff_by, narrowed.max_ride_s) == (promise.dropoff_by, promise.max_ride_s)


@given(PROMISES, st.integers(-7200, 40_000), st.integers(0, 7200), NARROWED)
def test_a_plan_that_keeps_the_first_promise_keeps_the_narrowed_one(promise, arrival_s, stay_s, rules):
    arrival = min(promise.pickup_from + arrival_s, promise.pickup_to)
    departure = max(arrival + stay_s, promise.pickup_from)
    narrowed = narrow(promise, departure, arrival, rules)
    assert arrival <= narrowed.pickup_to
    assert departure >= narrowed.pickup_from


@given(PROMISES, st.integers(0, 40_000), NARROWED)
def test_narrowing_twice_is_narrowing_once(promise, arrival_s, rules):
    arrival = promise.pickup_from + arrival_s
    once = narrow(promise, arrival, arrival, rules)
    assert narrow(once, arrival, arrival, rules) == once


@given(PROMISES, st.integers(0, 36_000))
def test_a_van_on_time_is_expected_in_the_first_minutes_of_the_narrowed_window(promise, arrival_s):
    assume(arrival_s <= promise.pickup_to - promise.pickup_from - RULES.narrowed_window_s)
    arrival = promise.pickup_from + arrival_s
    narrowed = narrow(promise, arrival, arrival, RULES)
    assert 0 <= arrival - narrowed.pickup_from < 60


def test_a_departure_before_the_arrival_is_refused():
    with pytest.raises(InvalidInput, match="before it arrives"):
        narrow(Promise(0, 1200, 3600, 1800), 540, 600, RULES)

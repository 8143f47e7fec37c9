"""I2, I3, I9: overloads, legs that stand wrong, and calls for nobody are found as what they are."""

from dataclasses import replace

import pytest

from rufbus.checker.finding import Invariant
from rufbus.checker.verify import find_faults
from rufbus.domain.booking import LegState
from rufbus.domain.promise import Promise
from rufbus.domain.request import Party

from .day_of_two_vans import (
    CLEAN,
    DAY,
    FIRST,
    NETWORK,
    SECOND,
    SERVICE,
    SHIFTS,
    TOURS,
    at,
    broken,
    call,
    later,
    vehicle,
    with_call,
    with_leg,
    with_tour,
)


def test_more_riders_than_seats_are_found():
    assert broken(with_leg(CLEAN, "l3", party=Party(adults=3))) == [
        ("I2", f"tour {FIRST}"),
        ("I4", f"tour {FIRST}"),  # three adults also board for longer
        ("I4", f"tour {FIRST}"),
    ]


def test_seats_are_full_when_full():
    full = replace(
        SERVICE, vehicles=(replace(vehicle("bus-1"), seats=3, seats_lost_per_wheelchair=1), vehicle("bus-2"))
    )
    assert find_faults(CLEAN, full, NETWORK, SHIFTS) == ()


@pytest.mark.parametrize(
    ("leg_id", "figures"),
    [
        ("l3", {"seats": 2, "seats_lost_per_wheelchair": 0}),  # two aboard and one more
        ("l5", {"seats_lost_per_wheelchair": 3}),  # a wheelchair, a companion, and a held seat
        ("l5", {"wheelchair_places": 0}),
    ],
)
def test_a_van_too_small_for_its_tour_is_found_once(leg_id, figures):
    small = replace(SERVICE, vehicles=(replace(vehicle("bus-1"), **figures), vehicle("bus-2")))
    (found,) = find_faults(CLEAN, small, NETWORK, SHIFTS)
    assert (found.invariant, found.subject) == (Invariant.CAPACITY, f"tour {FIRST}")


def test_a_held_seat_counts_until_its_hold_runs_out():
    small = replace(SERVICE, vehicles=(replace(vehicle("bus-1"), seats_lost_per_wheelchair=3), vehicle("bus-2")))
    later = replace(CLEAN, now=at(27))
    assert [found.invariant for found in find_faults(CLEAN, small, NETWORK, SHIFTS)] == ["I2"]
    assert find_faults(later, small, NETWORK, SHIFTS) == ()


def test_who_rides_only_to_the_next_call_needs_a_place_too():
    none = replace(SERVICE, vehicles=(vehicle("bus-1"), replace(vehicle("bus-2"), seats=0)))
    (found,) = find_faults(CLEAN, none, NETWORK, SHIFTS)
    assert (found.invariant, found.subject) == (Invariant.CAPACITY, f"tour {SECOND}")


def test_luggage_counts():
    both = with_leg(with_leg(CLEAN, "l2", party=Party(adults=2, walkers=1)), "l3", party=Party(prams=1))
    assert ("I2", f"tour {FIRST}") in broken(both)
    one = with_leg(CLEAN, "l2", party=Party(adults=2, walkers=1))
    assert ("I2", f"tour {FIRST}") not in broken(one)


def test_who_was_taken_over_from_another_tour_counts_as_aboard():
    taken_over = with_call(CLEAN, FIRST, "l2", "pickup", drop=True)
    assert broken(taken_over) == []
    small = replace(
        SERVICE, vehicles=(replace(vehicle("bus-1"), seats=2, seats_lost_per_wheelchair=0), vehicle("bus-2"))
    )
    assert [found.invariant for found in find_faults(taken_over, small, NETWORK, SHIFTS)] == ["I2"]


def test_a_vehicle_that_the_service_does_not_have_is_found():
    smaller = replace(SERVICE, vehicles=(vehicle("bus-1"),))
    assert [found.invariant for found in find_faults(CLEAN, smaller, NETWORK, SHIFTS)] == ["I2"]


@pytest.mark.parametrize("kind", ["pickup", "dropoff"])
def test_a_promised_leg_without_one_of_its_calls_is_found(kind):
    assert broken(with_call(CLEAN, SECOND, "l7", kind, drop=True)) == [("I3", "leg l7")]


def test_a_leg_in_no_tour_is_found():
    assert broken(replace(CLEAN, tours=CLEAN.tours[:1])) == [("I3", "leg l7")]


def test_somebody_aboard_whom_nobody_drops_is_found():
    assert broken(with_call(CLEAN, FIRST, "l2", "dropoff", drop=True)) == [("I3", "leg l2")]


def test_a_leg_in_two_tours_is_found():
    third = f"{DAY}/bus-2/2"
    twice = replace(CLEAN, tours=(*TOURS, replace(TOURS[1], shift_id=third)))
    assert broken(twice, (*SHIFTS, replace(SHIFTS[1], id=third))) == [("I3", "leg l7")]


def test_a_leg_split_between_tours_is_found():
    third = f"{DAY}/bus-2/2"
    state = with_call(CLEAN, SECOND, "l7", "dropoff", drop=True)
    split = replace(state, tours=(*state.tours, replace(TOURS[1], shift_id=third, calls=TOURS[1].calls[1:])))
    assert broken(split, (*SHIFTS, replace(SHIFTS[1], id=third))) == [("I3", "leg l7")]


def test_a_dropoff_before_its_pickup_is_found():
    calls = (call("dropoff", "A", "l7", at(55), 10), call("pickup", "B", "l7", at(61), 10))
    assert broken(with_tour(CLEAN, SECOND, calls=calls)) == [("I3", "leg l7")]


def test_a_call_of_a_leg_that_does_not_exist_is_found():
    stranger = call("pickup", "A", "l99", at(67), 10)
    assert broken(with_tour(CLEAN, SECOND, calls=(*TOURS[1].calls, stranger))) == [("I3", "leg l99")]


def test_a_promised_leg_whose_calls_are_only_held_is_found():
    assert broken(with_call(CLEAN, SECOND, "l7", "pickup", held_until=at(26))) == [("I3", "leg l7")]


def test_a_promised_leg_whose_hold_ran_out_is_in_no_tour():
    assert broken(with_call(CLEAN, SECOND, "l7", "pickup", held_until=at(24))) == [("I3", "leg l7")]


def test_a_held_leg_that_the_driver_sees_is_found():
    assert broken(with_call(CLEAN, FIRST, "l4", "dropoff", held_until=None)) == [("I3", "leg l4")]


def test_half_a_held_leg_is_found():
    assert broken(with_call(CLEAN, FIRST, "l4", "dropoff", drop=True)) == [("I3", "leg l4")]


def test_somebody_taken_over_from_a_broken_van_is_no_fault():
    """l2 boarded bus-1, which broke down; bus-2 drops the party in the end."""
    dropped = call("dropoff", "D", "l2", at(36), 20)
    later = tuple(replace(c, begin_at=c.begin_at + 900, depart_at=c.depart_at + 900) for c in TOURS[1].calls)
    state = with_call(CLEAN, FIRST, "l2", "dropoff", drop=True)
    state = with_tour(state, SECOND, calls=(dropped, *later))
    state = with_leg(
        state,
        "l7",
        promise=Promise(at(75), at(95), at(100), 1800),
        first_promise=Promise(at(75), at(95), at(100), 1800),
    )
    state = replace(state, answers=())
    assert broken(state) == [("I3", "leg l2")]
    given_up = with_tour(state, FIRST, out_of_service_from=at(24))
    assert broken(given_up) == []
    assert ("I3", "leg l2") in broken(with_call(given_up, FIRST, "l2", "pickup", done_at=None))


@pytest.mark.parametrize("state", [LegState.CANCELLED, LegState.NO_SHOW])
def test_a_call_still_to_be_done_for_a_leg_to_which_nothing_is_owed_is_found(state):
    calls = (call("pickup", "D", "l8", at(52), 10), call("dropoff", "D", "l9", at(52), 10))
    leg_id = "l8" if state is LegState.CANCELLED else "l9"
    mine = tuple(call for call in calls if call.leg_id == leg_id)
    later_ones = tuple(later(call, 10) for call in TOURS[0].calls[8:])
    tour = (*TOURS[0].calls[:8], *mine, *later_ones)
    assert broken(with_tour(CLEAN, FIRST, calls=tour)) == [("I9", f"leg {leg_id}")]


def test_an_expired_leg_that_still_holds_its_seat_is_found():
    state = with_call(CLEAN, FIRST, "l4", "pickup", held_until=at(30))
    assert broken(with_leg(state, "l4", state=LegState.EXPIRED)) == [("I9", "leg l4"), ("I9", "leg l4")]

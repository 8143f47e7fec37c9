"""What a party takes up, and how long it boards."""

from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.fleet import Vehicle
from rufbus.domain.party_load import LOAD_KINDS, boarding_s, capacity_rows, fits, load_of
from rufbus.domain.place import Place
from rufbus.domain.request import Party
from rufbus.domain.service import BoardingTimes

FEW = st.integers(0, 8)
PARTIES = st.builds(Party, st.integers(1, 8), FEW, FEW, FEW, FEW, FEW)
VEHICLES = st.builds(
    Vehicle,
    st.just("v"),
    st.just("v"),
    st.integers(1, 20),
    st.integers(0, 4),
    st.integers(0, 4),
    FEW,
    st.just(Place(9, 54)),
)


@given(PARTIES)
def test_a_load_counts_everybody_and_every_aid_once(party):
    load = dict(zip(LOAD_KINDS, load_of(party), strict=True))
    assert load["seated"] + load["wheelchairs"] == party.adults + party.children + party.companions + party.wheelchairs
    assert load["luggage"] == party.walkers + party.prams


@given(VEHICLES, PARTIES)
def test_a_party_fits_when_seats_wheelchair_places_and_luggage_places_are_enough(vehicle, party):
    free_seats = vehicle.seats - vehicle.seats_lost_per_wheelchair * party.wheelchairs
    enough = (
        party.seated <= free_seats
        and party.wheelchairs <= vehicle.wheelchair_places
        and party.walkers + party.prams <= vehicle.luggage_places
    )
    assert fits(vehicle, party) == enough


@given(VEHICLES)
def test_every_limit_counts_the_same_kinds_of_load(vehicle):
    rows = capacity_rows(vehicle)
    assert [limit for _, limit in rows] == [vehicle.seats, vehicle.wheelchair_places, vehicle.luggage_places]
    assert {len(coefficients) for coefficients, _ in rows} == {len(LOAD_KINDS)}


@given(PARTIES, PARTIES)
def test_two_parties_board_as_long_as_one_after_the_other(one, other):
    both = Party(*(getattr(one, name) + getattr(other, name) for name in Party.__slots__))
    times = BoardingTimes(11, 13, 17, 19, 23)
    assert boarding_s(both, times) == boarding_s(one, times) + boarding_s(other, times)


def test_boarding_adds_up_people_and_aids():
    party = Party(adults=2, children=1, wheelchairs=1, walkers=1, prams=1, companions=1)
    assert boarding_s(party, BoardingTimes()) == 3 * 10 + 15 + 180 + 40 + 30

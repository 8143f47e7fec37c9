"""What a leg costs."""

from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.fares import price_ct
from rufbus.domain.request import Party
from rufbus.domain.service import Fares

FARES = Fares(adult_ct=350, child_ct=200, surcharge_ct=100)
FEW = st.integers(0, 8)


@given(st.builds(Party, st.integers(1, 8), FEW, FEW, FEW, FEW, FEW))
def test_companions_and_aids_cost_nothing(party):
    assert price_ct(party, FARES) == price_ct(Party(party.adults, party.children, party.wheelchairs), FARES)


@given(st.integers(1, 8), FEW, FEW)
def test_a_rider_in_a_wheelchair_pays_as_an_adult(adults, children, wheelchairs):
    assert price_ct(Party(adults, children, wheelchairs), FARES) == price_ct(
        Party(adults + wheelchairs, children), FARES
    )


def test_the_surcharge_is_due_once_for_each_person_who_pays():
    assert price_ct(Party(adults=1, children=2, companions=1), FARES) == 450 + 2 * 300


def test_a_companion_alone_rides_free():
    assert price_ct(Party(adults=0, companions=1), FARES) == 0

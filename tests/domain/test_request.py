"""Who rides together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidInput
from rufbus.domain.request import Party

COUNTS = st.integers(0, 9)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_everybody_but_riders_in_wheelchairs_takes_a_seat(adults, children, wheelchairs, companions):
    if adults + children + wheelchairs + companions:
        party = Party(adults, children, wheelchairs, companions=companions)
        assert party.seated == adults + children + companions
    else:
        with pytest.raises(InvalidInput, match="at least one person"):
            Party(adults, children, wheelchairs, companions=companions)


@pytest.mark.parametrize("field", ["adults", "children", "wheelchairs", "walkers", "prams", "companions"])
def test_a_negative_count_is_refused_by_its_name(field):
    with pytest.raises(InvalidInput, match=f"{field} must not be negative") as caught:
        Party(**{"adults": 1, field: -1})
    assert caught.value.errors[0].location == f"party.{field}"


def test_aids_alone_are_no_party():
    with pytest.raises(InvalidInput, match="at least one person"):
        Party(adults=0, walkers=1, prams=1)

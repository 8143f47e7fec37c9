"""A promise has its order, and its window only ever shrinks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.errors import InvalidInput
from rufbus.domain.promise import Promise

INSTANTS = st.integers(0, 10**6)


@given(st.tuples(INSTANTS, INSTANTS, INSTANTS))
def test_only_instants_in_order_make_a_promise(instants):
    if list(instants) == sorted(instants):
        assert Promise(*instants, 600).pickup_from == instants[0]
    else:
        with pytest.raises(InvalidInput, match="pickup_from <= pickup_to <= dropoff_by"):
            Promise(*instants, 600)


@given(st.tuples(INSTANTS, INSTANTS, INSTANTS).map(sorted), st.tuples(INSTANTS, INSTANTS))
def test_a_window_inside_the_old_one_is_taken_and_any_other_refused(instants, window):
    promise = Promise(*instants, 600)
    if promise.pickup_from <= window[0] <= window[1] <= promise.pickup_to:
        assert promise.with_window(*window) == Promise(*window, promise.dropoff_by, 600)
    else:
        with pytest.raises(InvalidInput, match="inside the promised one"):
            promise.with_window(*window)

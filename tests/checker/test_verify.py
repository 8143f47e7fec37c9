"""A state that is right has no faults, and all of it is read."""

from collections.abc import Callable, Iterable
from typing import Any

from rufbus.checker.state import State, read_state
from rufbus.checker.verify import find_faults

from .day_of_two_vans import CLEAN, NETWORK, NOW, SERVICE, SHIFTS


def test_a_state_that_is_right_has_no_faults():
    assert find_faults(CLEAN, SERVICE, NETWORK, SHIFTS) == ()


def test_an_empty_state_has_no_faults():
    assert find_faults(State(NOW), SERVICE, NETWORK, ()) == ()


class Session:
    """A session over the clean state, each part once."""

    def __getattr__(self, name: str) -> Callable[[], Iterable[Any]]:
        return lambda: iter(getattr(CLEAN, name.removeprefix("all_")))


def test_everything_that_a_session_shows_is_read():
    assert read_state(Session(), NOW) == CLEAN

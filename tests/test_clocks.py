"""Clocks: one reads the world, one stands, one runs at a chosen speed."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.clocks import ManualClock, ScaledClock, SystemClock
from rufbus.domain.errors import InvalidInput


class Ticks:
    """A monotonic source that the test moves."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


def test_the_system_clock_tells_whole_seconds_after_this_was_written():
    now = SystemClock().now()
    assert isinstance(now, int)
    assert now > 1_750_000_000


@given(st.integers(0, 2**33), st.lists(st.integers(0, 10**6)))
def test_a_manual_clock_stands_where_the_sum_of_its_advances_puts_it(start, steps):
    clock = ManualClock(start)
    for step in steps:
        assert clock.advance(step) == clock.now()
    assert clock.now() == start + sum(steps)


def test_a_manual_clock_can_be_set_back():
    clock = ManualClock(1000)
    clock.set(400)
    assert clock.now() == 400


def test_no_advance_of_many_threads_is_lost():
    clock = ManualClock(0)

    def advance_often():
        for _ in range(1000):
            clock.advance(1)

    threads = [threading.Thread(target=advance_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == 8000


@given(st.floats(0, 1000), st.floats(0, 10**5))
def test_a_scaled_clock_multiplies_the_time_that_passes(speed, passed):
    ticks = Ticks()
    clock = ScaledClock(5000, speed, monotonic=ticks)
    ticks.seconds += passed
    assert clock.now() == pytest.approx(5000 + passed * speed, abs=1.001)


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 100))
def test_a_scaled_clock_never_goes_back_by_itself(steps, speed):
    ticks = Ticks()
    clock = ScaledClock(0, speed, monotonic=ticks)
    told = [clock.now()]
    for step in steps:
        ticks.seconds += step
        told.append(clock.now())
    assert told == sorted(told)


def test_at_speed_zero_a_scaled_clock_stands_until_advanced():
    ticks = Ticks()
    clock = ScaledClock(5000, 0, monotonic=ticks)
    ticks.seconds += 86_400
    assert clock.now() == 5000
    assert clock.advance(600) == 5600
    assert clock.now() == 5600


def test_a_scaled_clock_runs_on_from_where_it_was_advanced_or_set():
    ticks = Ticks()
    clock = ScaledClock(0, 60, monotonic=ticks)
    ticks.seconds += 1
    assert clock.advance(100) == 160
    clock.set(10_000)
    ticks.seconds += 2
    assert clock.now() == 10_120


@pytest.mark.parametrize("speed", [-1, float("nan"), float("inf")])
def test_a_clock_refuses_a_speed_that_is_none(speed):
    with pytest.raises(InvalidInput, match="cannot run at speed"):
        ScaledClock(0, speed)


@pytest.mark.parametrize("clock", [ManualClock(0), ScaledClock(0, 0)])
def test_a_clock_refuses_to_advance_backwards(clock):
    with pytest.raises(InvalidInput, match="not negative") as caught:
        clock.advance(-1)
    assert caught.value.errors[0].location == "advance_s"
    assert clock.now() == 0

"""The plain insertion is an oracle: it agrees with the kernel, and a kernel that is wrong stops the run."""

from dataclasses import replace

import pytest

from rufbus.bench import insertion
from rufbus.bench.insertion import DifferentAnswersError, alternatives_rows, insertion_rows, measure_insertions
from rufbus.bench.open_day import draw_open_day, list_alternatives
from solver.check import violations
from solver.insertion import pack_plan


@pytest.fixture(scope="module")
def day():
    return draw_open_day(3, vans=4, open_bookings=40, wishes=60)


def test_a_drawn_day_is_full_legal_and_the_same_for_the_same_seed(day):
    again = draw_open_day(3, vans=4, open_bookings=40, wishes=60)
    assert day.open_bookings == 40
    assert violations(day.state.packed.problem, day.state.plan) == ()
    assert (again.state.plan, again.wishes) == (day.state.plan, day.wishes)


def test_the_kernel_and_plain_python_say_the_same_of_every_wish(day):
    measured = measure_insertions(day)
    assert len(measured.ours_us) == len(measured.plain_us) == 60


def test_a_kernel_that_overlooks_ride_times_stops_the_run(day, monkeypatch):
    honest = insertion.candidate_insertions

    def blind(problem, state, rides):
        return honest(problem, state, [replace(ride, max_ride_s=10**6) for ride in rides])

    monkeypatch.setattr(insertion, "candidate_insertions", blind)
    with pytest.raises(DifferentAnswersError, match="plain Python"):
        measure_insertions(day)


def test_a_plan_that_is_packed_before_its_last_rides_stops_the_run(day):
    tours = day.state.plan.tours
    stale = pack_plan(day.state.packed, replace(day.state.plan, tours=(tours[0][-1:], *tours[1:])))
    with pytest.raises(DifferentAnswersError):
        measure_insertions(replace(day, state=replace(stale, plan=day.state.plan)))


def test_alternatives_are_the_same_wish_at_other_times(day):
    wish = day.wishes[0]
    asked = list_alternatives(wish, windows=4, step_s=600)
    opens = wish.pickup_window.earliest
    assert [ride.pickup_window.earliest - opens for ride in asked] == [-1200, -600, 0, 600]
    assert {ride.max_ride_s for ride in asked} == {wish.max_ride_s}


def test_rows_tell_what_was_aimed_at():
    one, slowest = insertion_rows(3, vans=3, open_bookings=20, wishes=20)
    (alternatives,) = alternatives_rows(3, vans=3, open_bookings=20, wishes=20, windows=4)
    assert (one.aim, slowest.aim, alternatives.aim) == ("≥ 60 ×", "≤ 4 × the median", "≤ 0.2 ms")
    assert len(one.ours.values) == 20

"""Where a van is: facts win, silence follows the plan, and a tour is cut at one place."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rufbus.dispatch.progress import PATIENCE_S, Horizon, drop_expired, progress_of
from rufbus.domain.fleet import Shift
from rufbus.domain.tour import Call, CallKind, Tour

EIGHT = 1_795_590_000
SHIFT = Shift("d/bus-1/1", "d", "bus-1", EIGHT - 3600, EIGHT + 7200)
DRIVE_S = 300
STOPS = ("A", "B", "C", "D")


def drive_s(origin, destination):
    return 0 if origin == destination else DRIVE_S


def call(kind, stop, minute, leg_id="l_1", **more):
    begin = EIGHT + 60 * minute
    return replace(Call(CallKind(kind), stop, begin, begin + 60, leg_id), **more)


RIDE = (call("pickup", "A", 0), call("dropoff", "B", 10))
"""From A at eight to B at ten past, a minute for boarding and a minute for alighting."""


def tour(*calls, **more):
    return replace(Tour(SHIFT.id, "d", "bus-1", 1, tuple(calls)), **more)


def progress(the_tour, now, *, lock_s=300):
    return progress_of(the_tour, SHIFT, Horizon(now, lock_s, 900), drive_s)


def minute(minutes, seconds=0):
    return EIGHT + 60 * minutes + seconds


@st.composite
def tours(draw):
    """Tours in time, with facts up to some call."""
    at, calls = EIGHT, []
    for number in range(draw(st.integers(0, 6))):
        at += draw(st.integers(0, 900))
        kind = draw(st.sampled_from(CallKind))
        leg_id = None if kind is CallKind.BREAK else f"l_{number}"
        calls.append(Call(kind, draw(st.sampled_from(STOPS)), at, at + 60, leg_id))
        at += 60
    done = draw(st.integers(0, len(calls)))
    late = draw(st.integers(-300, 300))
    facts = [replace(each, done_at=each.depart_at + late) for each in calls[:done]]
    reported = draw(st.none() | st.integers(EIGHT, EIGHT + 7200))
    departed = draw(st.none() | st.integers(EIGHT, EIGHT + 7200))
    return tour(*facts, *calls[done:], reported_at=reported, departed_at=departed)


NOWS = st.integers(EIGHT - 7200, EIGHT + 14_400)


@given(tours(), NOWS)
def test_what_was_reported_lies_behind_and_nothing_lies_both_behind_and_ahead(the_tour, now):
    found = progress(the_tour, now)
    facts = sum(each.done_at is not None for each in the_tour.calls)
    assert facts <= found.done <= len(the_tour.calls)
    assert 0 <= found.locked <= len(the_tour.calls) - found.done


@given(tours(), NOWS)
def test_the_van_stands_where_its_last_call_was_or_where_it_has_arrived(the_tour, now):
    found = progress(the_tour, now)
    places = {"depot:bus-1"} if found.done == 0 else {the_tour.calls[found.done - 1].stop_id}
    if found.done < len(the_tour.calls) and the_tour.calls[found.done].arrived_at is not None:
        places = {the_tour.calls[found.done].stop_id}
    assert found.stop_id in places


@given(tours(), NOWS, st.integers(0, 3600))
def test_a_silent_van_never_goes_back(the_tour, now, later):
    silent = replace(the_tour, reported_at=None)
    first, second = progress(silent, now), progress(silent, now + later)
    assert first.done <= second.done


@given(tours(), NOWS, st.integers(0, 1800), st.integers(0, 1800))
def test_a_longer_lock_never_fixes_less(the_tour, now, one, more):
    assert progress(the_tour, now, lock_s=one).locked <= progress(the_tour, now, lock_s=one + more).locked


@given(tours(), NOWS)
def test_the_van_is_not_free_before_its_last_fact(the_tour, now):
    found = progress(the_tour, now)
    if found.done and the_tour.calls[found.done - 1].done_at is not None:
        assert found.free_at >= the_tour.calls[found.done - 1].done_at


def test_a_van_without_reports_follows_its_plan():
    assert progress(tour(*RIDE), minute(-30)).done == 0
    assert progress(tour(*RIDE), minute(0)).done == 1
    assert progress(tour(*RIDE), minute(9)).done == 1
    assert progress(tour(*RIDE), minute(10)).done == 2


def test_a_van_that_reports_has_done_only_what_it_says():
    reporting = tour(*RIDE, reported_at=minute(0))
    assert progress(reporting, minute(5)).done == 0
    boarded = tour(replace(RIDE[0], done_at=minute(2)), RIDE[1], reported_at=minute(2))
    assert progress(boarded, minute(12)).done == 1


def test_a_van_that_fell_silent_follows_its_plan_again():
    silent = tour(*RIDE, reported_at=minute(-10))
    assert progress(silent, minute(5, 1)).done == 1


def test_a_van_waits_in_its_depot_until_it_must_leave():
    before = progress(tour(*RIDE), minute(-20))
    assert (before.stop_id, before.free_at, before.locked) == ("depot:bus-1", minute(-20), 0)
    assert progress(tour(*RIDE), minute(-90)).free_at == SHIFT.start_at


def test_a_van_on_its_way_is_bound_to_the_stop_ahead():
    under_way = progress(tour(*RIDE), minute(-4), lock_s=0)
    assert (under_way.free_at, under_way.locked) == (minute(-5), 1)


def test_a_van_that_has_left_is_bound_to_the_stop_ahead_however_early():
    left = tour(*RIDE, departed_at=minute(-20), reported_at=minute(-20))
    assert (progress(left, minute(-18), lock_s=0).free_at, progress(left, minute(-18), lock_s=0).locked) == (
        minute(-20),
        1,
    )


def test_the_dwell_at_a_stop_lies_behind_a_van_that_has_left_it_and_a_depot_has_none():
    boarded = replace(RIDE[0], done_at=minute(1))
    left = tour(boarded, RIDE[1], departed_at=minute(2), reported_at=minute(2))
    assert progress_of(left, SHIFT, Horizon(minute(3), 300, 900, dwell_s=30), drive_s).free_at == minute(2, -30)
    rested = replace(call("break", "depot:bus-1", -30, None), done_at=minute(-20))
    out = tour(rested, *RIDE, departed_at=minute(-5), reported_at=minute(-5))
    assert progress_of(out, SHIFT, Horizon(minute(-4), 300, 900, dwell_s=30), drive_s).free_at == minute(-5)


def test_a_van_that_should_have_arrived_long_ago_is_late():
    left = tour(*RIDE, departed_at=minute(-5), reported_at=minute(-5))
    assert progress(left, minute(4)).free_at == minute(4) - DRIVE_S - PATIENCE_S


def test_a_report_under_way_makes_nobody_late():
    left = tour(*RIDE, departed_at=minute(-5), reported_at=minute(-5))
    assert progress(left, minute(1)).free_at == minute(-5)


def test_what_begins_soon_keeps_its_place():
    assert progress(tour(*RIDE), minute(-4), lock_s=300).locked == 1
    assert progress(tour(*RIDE), minute(-4), lock_s=900).locked == 2


def test_a_delayed_van_reaches_its_next_stop_as_it_said():
    late = tour(*(replace(each, begin_at=each.begin_at + 1200) for each in RIDE), delay_s=1200, reported_at=minute(-10))
    found = progress(late, minute(-10))
    assert found.free_at + DRIVE_S == minute(20)


def test_whoever_arrived_before_a_break_is_over_does_not_leave_before_it_is_over():
    pause = Call(CallKind.BREAK, "A", minute(0), minute(30), break_number=0, arrived_at=minute(0))
    pickup = call("pickup", "A", 30, arrived_at=minute(0))
    found = progress(tour(pause, pickup, reported_at=minute(1)), minute(12))
    assert (found.done, found.free_at) == (1, minute(30))


def test_holds_that_have_run_out_are_dropped_to_the_second():
    held = replace(RIDE[0], held_until=minute(1))
    assert drop_expired((held, RIDE[1]), minute(1) - 1) == (held, RIDE[1])
    assert drop_expired((held, RIDE[1]), minute(1)) == (RIDE[1],)

"""Days as they happen, told as timelines."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from rufbus.dispatch import improve
from rufbus.dispatch.improve import improve_day
from rufbus.dispatch.move import move_ride
from rufbus.dispatch.planning import ImproveResult
from rufbus.domain.booking import BookingState, LegState
from rufbus.domain.errors import OfferGone, WrongState
from rufbus.domain.events import EventKind
from rufbus.domain.request import Party, RefusalReason
from rufbus.domain.service_keys import ENGINES
from rufbus.domain.tour import CallKind
from solver.improve import improve_plan
from solver.plan import Budget, Plan

from .little_town import HALLIG, SERVICE, instant, one_van, state_of
from .timeline import WEDNESDAY, Day

WHEELCHAIR = Party(adults=0, wheelchairs=1)


@pytest.fixture
def day():
    return Day()


# --- offers and holds ------------------------------------------------------------------------------------------------


def test_a_ride_there_and_back_is_booked_in_one(day):
    booked = day.at("06:00").books("Kirche", "Klinik", after="08:00", back_after="10:30")
    out, back = (each.leg for each in booked.legs)
    assert (out.pickup.stop_id, back.pickup.stop_id) == ("Kirche", "Klinik")
    assert out.promise.pickup_from >= day.instant("08:00")
    assert back.promise.pickup_from >= day.instant("10:30")
    assert booked.booking.price_ct == 700


def test_without_a_way_back_there_is_no_way_out():
    day = Day(one_van("bus-2"))
    offer = day.at("06:00").asks("Kirche", "Klinik", after="08:00", back_after="15:30")
    assert offer.refusal.reason is RefusalReason.NO_VEHICLE
    assert all(len(offered.legs) == 2 for offered in offer.quotes)
    assert all(len(day.takes(offered).legs) == 2 for offered in offer.quotes[:1])


def test_the_last_seat_is_sold_once():
    day = Day(one_van("bus-2", seats=1))
    first = day.at("06:00").asks("Kirche", "Klinik", after="08:00")
    second = day.asks("Kirche", "Klinik", after="08:00")
    held = {leg.promise for offered in first.quotes for leg in offered.legs}
    assert held.isdisjoint(leg.promise for offered in second.quotes for leg in offered.legs)
    day.takes(first.quotes[0])
    day.takes(second.quotes[0])


def test_a_hold_that_runs_out_frees_its_seat():
    day = Day(one_van("bus-2", seats=1))
    first = day.at("06:00").asks("Kirche", "Klinik", after="08:00")
    hold_s = day.desk.service.booking.hold_s
    day.at_instant(day.desk.clock.now() + hold_s - 1)
    assert day.asks("Kirche", "Klinik", after="08:00").quotes[0].legs[0].promise != first.quotes[0].legs[0].promise
    day.at("06:10")
    with pytest.raises(OfferGone):
        day.takes(first.quotes[0])
    again = day.asks("Kirche", "Klinik", after="08:00")
    assert again.quotes[0].legs[0].promise == first.quotes[0].legs[0].promise


def test_an_offer_is_good_to_its_last_second_and_no_longer(day):
    offer = day.at("06:00").asks("Kirche", "Klinik")
    until = offer.quotes[0].quote.held_until
    day.at_instant(until - 1).takes(offer.quotes[0])
    late = day.asks("Kirche", "Hafen")
    day.at_instant(late.quotes[0].quote.held_until)
    with pytest.raises(OfferGone):
        day.takes(late.quotes[0])


def test_booking_one_offer_lets_go_of_its_siblings(day):
    offer = day.at("06:00").asks("Kirche", "Klinik")
    assert len(offer.quotes) >= 2
    day.takes(offer.quotes[0])
    states = {leg.id: leg.state for leg in state_of(day.desk).legs}
    assert all(states[leg.id] is LegState.EXPIRED for other in offer.quotes[1:] for leg in other.legs)
    calls = {call.leg_id for tour in state_of(day.desk).tours for call in tour.calls}
    assert calls.isdisjoint(leg.id for other in offer.quotes[1:] for leg in other.legs)
    for other in offer.quotes:
        with pytest.raises(OfferGone):
            day.takes(other)


def test_without_a_wheelchair_place_the_reason_and_three_other_times_are_given():
    day = Day(replace(SERVICE, booking=replace(SERVICE.booking, max_wait_s=0)))
    day.at("05:30").books("Kirche", "Hafen", after="08:00", party=WHEELCHAIR)
    offer = day.asks("Kirche", "Hafen", after="08:00", party=WHEELCHAIR)
    assert offer.refusal.reason is RefusalReason.NO_WHEELCHAIR_PLACE
    assert len(offer.quotes) >= 3
    assert all(offered.quote.alternative for offered in offer.quotes)


def test_what_no_other_time_would_cure_comes_without_alternatives(day):
    day.at("06:00")
    assert day.asks("Kirche", HALLIG).refusal.reason is RefusalReason.UNREACHABLE
    assert day.asks("Kirche", "Hafen", party=Party(adults=9)).refusal.reason is RefusalReason.PARTY_TOO_LARGE
    two = day.asks("Kirche", "Hafen", party=Party(adults=0, wheelchairs=2))
    assert (two.refusal.reason, two.quotes) == (RefusalReason.NO_WHEELCHAIR_PLACE, ())
    assert state_of(day.desk).quotes == ()


def test_an_arrival_is_promised_by_the_wished_time(day):
    booked = day.at("06:00").books("Kirche", "Hafen", by="09:00")
    promise = booked.legs[0].leg.promise
    rules = day.desk.service.promise
    assert promise.dropoff_by <= day.instant("09:00")
    assert promise.pickup_to - promise.pickup_from <= rules.pickup_window_s
    assert promise.max_ride_s == rules.max_ride_s(booked.legs[0].leg.direct_s)
    assert booked.legs[0].dropoff_at <= promise.dropoff_by


def test_a_departure_is_promised_after_the_wish_and_the_walk(day):
    offer = day.at("06:00").asks("Kirche", "Hafen", after="09:00")
    for offered in offer.quotes:
        (leg,) = offered.legs
        assert leg.promise.pickup_from >= day.instant("09:00")
    booked = day.takes(offer.quotes[0])
    (planned,) = booked.legs
    pickup = next(c for t in state_of(day.desk).tours for c in t.calls if c.kind is CallKind.PICKUP and c.leg_id == planned.leg.id)  # fmt: skip
    assert pickup.depart_at >= planned.leg.promise.pickup_from
    assert pickup.begin_at <= planned.leg.promise.pickup_to


# --- as time passes --------------------------------------------------------------------------------------------------


def test_an_hour_ahead_the_window_narrows_inside_the_first(day):
    booked = day.at("06:00").books("Kirche", "Hafen", after="09:00")
    first = booked.legs[0].leg.promise
    day.at("07:58")
    assert day.leg(booked).promise == first
    day.at("08:02")
    leg = day.leg(booked)
    assert leg.state is LegState.NARROWED
    assert leg.promise.pickup_to - leg.promise.pickup_from == day.desk.service.promise.narrowed_window_s
    assert first.pickup_from <= leg.promise.pickup_from <= leg.promise.pickup_to <= first.pickup_to
    assert leg.promise.dropoff_by == first.dropoff_by
    assert leg.first_promise == first
    assert len(day.events(EventKind.NARROWED)) == 1


def test_nobody_reports_and_the_plan_is_taken_for_the_fact(day):
    booked = day.at("06:00").books("Kirche", "Hafen", after="08:00")
    day.at("09:30")
    leg = day.leg(booked)
    assert (leg.state, leg.assumed) == (LegState.COMPLETED, True)
    assert day.ledger(booked) == ["made", "narrowed", "kept"]


def test_a_report_after_all_corrects_what_was_assumed(day):
    booked = day.at("06:00").books("Kirche", "Hafen", after="08:00")
    vehicle_id = booked.legs[0].vehicle_id
    day.at("09:30").reports(vehicle_id, "alighted", about=booked, at="08:12")
    leg = day.leg(booked)
    assert (leg.assumed, leg.alighted_at) == (False, day.instant("08:12"))
    assert day.ledger(booked) == ["made", "narrowed", "kept", "corrected"]


def test_a_stop_list_has_a_new_version_only_when_it_reads_differently():
    day = Day(one_van("bus-1"))
    empty = day.at("06:00").stop_list("bus-1").version
    offer = day.asks("Kirche", "Hafen", after="08:00")
    assert day.stop_list("bus-1").version == empty
    booked = day.takes(offer.quotes[0])
    assert day.stop_list("bus-1").version == empty + 1
    assert day.at("06:20").stop_list("bus-1").version == empty + 1
    day.cancels(booked)
    assert day.stop_list("bus-1").version == empty + 2


# --- drivers ---------------------------------------------------------------------------------------------------------


def test_a_van_late_by_twenty_minutes_warns_whom_it_concerns_and_nobody_else():
    day = Day(one_van("bus-1"))
    soon = day.at("05:30").books("Kirche", "Hafen", after="08:00")
    later = day.books("Moor", "Klinik", after="12:30")
    before = day.now(later)
    day.at("07:45").reports("bus-1", "delay", delay_s=1800)
    assert [event.leg_id for event in day.events(EventKind.LATE_RISK)] == [soon.legs[0].leg.id]
    assert day.now(soon).legs[0].pickup_at > soon.legs[0].leg.promise.pickup_to
    assert day.now(later).legs[0].pickup_at == before.legs[0].pickup_at
    assert day.leg(soon).first_promise == soon.legs[0].leg.promise


def test_a_promise_that_was_broken_stands_in_the_ledger():
    day = Day(one_van("bus-1"))
    booked = day.at("05:30").books("Kirche", "Hafen", after="08:00")
    day.at("07:45").reports("bus-1", "delay", delay_s=2400)
    day.at("08:45").reports("bus-1", "boarded", about=booked)
    day.at("08:58").reports("bus-1", "alighted", about=booked)
    assert day.ledger(booked) == ["made", "narrowed", "broken"]
    assert len(day.events(EventKind.PROMISE_BROKEN)) == 1


def test_who_does_not_show_up_is_driven_nowhere():
    day = Day(one_van("bus-1"))
    absent = day.at("05:30").books("Kirche", "Hafen", after="08:00")
    day.at("08:05").reports("bus-1", "no_show", about=absent)
    assert day.riders_on("bus-1") == [("pickup", absent.legs[0].leg.id)]
    assert day.leg(absent).state is LegState.NO_SHOW
    with pytest.raises(WrongState):
        day.cancels(absent)


def test_who_turns_up_after_all_is_driven_home():
    day = Day(one_van("bus-1"))
    booked = day.at("05:30").books("Kirche", "Hafen", after="08:00")
    day.at("08:05").reports("bus-1", "no_show", about=booked)
    taken = day.at("08:06").reports("bus-1", "boarded", about=booked)
    assert taken.conflicts == taken.accepted
    assert [kind for kind, _ in day.riders_on("bus-1")] == ["pickup", "dropoff"]
    day.at("08:20").reports("bus-1", "alighted", about=booked)
    assert day.leg(booked).state is LegState.COMPLETED
    assert day.ledger(booked) == ["made", "narrowed", "no_show", "corrected", "kept"]


def test_who_boards_out_of_turn_does_not_cost_the_others_their_ride():
    day = Day(one_van("bus-1"))
    first = day.at("05:30").books("Kirche", "Hafen", after="08:00")
    second = day.books("Moor", "Klinik", after="10:00")
    day.at("07:50").reports("bus-1", "boarded", about=second)
    assert day.leg(second).state is LegState.ABOARD
    owed = [leg_id for kind, leg_id in day.riders_on("bus-1") if kind == "pickup"]
    assert owed == [second.legs[0].leg.id, first.legs[0].leg.id]
    assert day.now(first).legs[0].pickup_at >= day.desk.clock.now()


def test_nobody_cancels_from_inside_the_van():
    day = Day(one_van("bus-1"))
    booked = day.at("05:30").books("Kirche", "Hafen", after="08:00", back_after="10:00")
    day.at("08:05").reports("bus-1", "boarded", about=booked)
    cancelled = day.cancels(booked)
    assert [each.leg.state for each in cancelled.legs] == [LegState.ABOARD, LegState.CANCELLED]
    assert cancelled.booking.state is BookingState.PROMISED
    with pytest.raises(WrongState):
        day.cancels(booked)


def test_a_broken_van_takes_nobody_more():
    day = Day(one_van("bus-2"))
    booked = day.at("07:10").books("Kirche", "Hafen", after="09:00")
    day.at("07:20").reports("bus-2", "breakdown")
    offer = day.asks("Kirche", "Hafen", after="09:30")
    assert {leg.service_day for offered in offer.quotes for leg in offered.legs} <= {"2026-11-26"}
    assert offer.refusal.reason is RefusalReason.NO_VEHICLE
    assert day.leg(booked).state in {LegState.PROMISED, LegState.NARROWED}


def test_reports_count_once_however_late_and_in_whatever_order():
    day = Day(one_van("bus-1"))
    booked = day.at("05:30").books("Kirche", "Hafen", after="08:00")
    day.at("08:30").reports("bus-1", "alighted", about=booked, at="08:14")
    day.reports("bus-1", "boarded", about=booked, at="08:01")
    leg = day.leg(booked)
    assert leg.state is LegState.COMPLETED
    assert day.ledger(booked).count("kept") == 1


# --- days that are not like others -----------------------------------------------------------------------------------


def test_in_the_night_that_is_an_hour_longer_a_ride_at_half_past_two_is_the_one_meant():
    day = Day(date="2026-10-25", opens="00:00")
    first, second = day.instant("02:30"), day.instant("02:30", fold=1)
    assert second - first == 3600
    early = day.books("Kirche", "Hafen", after="02:30")
    assert first <= early.legs[0].leg.promise.pickup_from < second
    day.at("02:50", fold=1)
    assert day.leg(early).state in {LegState.COMPLETED, LegState.NARROWED}
    day.at("08:59")
    assert day.leg(early).state is LegState.COMPLETED


def test_in_the_night_that_is_an_hour_shorter_nobody_is_promised_the_hour_that_is_missing():
    day = Day(date="2027-03-28", opens="00:00")
    booked = day.books("Kirche", "Hafen", after="01:40")
    promise = booked.legs[0].leg.promise
    assert promise.pickup_to - promise.pickup_from == day.desk.service.promise.pickup_window_s
    assert promise.pickup_from >= day.instant("01:40")
    late = day.books("Hafen", "Kirche", after="03:10")
    assert late.legs[0].leg.promise.pickup_from - promise.pickup_from <= 3600
    day.at("08:59")
    assert day.leg(late).state is LegState.COMPLETED


def test_friday_night_ends_on_saturday():
    day = Day(date="2026-11-27", opens="20:00")
    booked = day.books("Kirche", "Hafen", after="25:00")
    leg = booked.legs[0].leg
    assert leg.service_day == "2026-11-27"
    assert leg.promise.pickup_from >= instant("2026-11-28", "01:00")
    assert day.asks("Kirche", "Hafen", after="26:30").refusal.reason is RefusalReason.OUTSIDE_HOURS
    day.at("24:30")
    assert ("pickup", leg.id) in day.riders_on("bus-1")
    day.at("26:00")
    assert day.leg(booked).state in {LegState.COMPLETED, LegState.NARROWED}


def test_a_holiday_is_served_as_a_sunday():
    day = Day(date="2026-10-31", opens="06:00")
    booked = day.books("Kirche", "Hafen", after="11:00")
    assert booked.legs[0].vehicle_id == "bus-2"
    offer = day.asks("Kirche", "Hafen", after="19:00")
    assert offer.refusal.reason is RefusalReason.OUTSIDE_HOURS


# --- improvement -----------------------------------------------------------------------------------------------------


def crowded():
    """A morning in which the control room has moved rides to where they cost more."""
    day = Day()
    wishes = [("Kirche", "Hafen", "08:00"), ("Gehöft", "Heide", "08:30"), ("Klinik", "Moor", "08:10"),
              ("Heide", "Klinik", "08:40"), ("Markt", "Siedlung", "09:00"), ("Hafen", "Kirche", "08:50")]  # fmt: skip
    day.at("05:30")
    booked = [day.books(origin, to, after=after) for origin, to, after in wishes]
    for each in booked[:2]:
        other = {"bus-1": "bus-2", "bus-2": "bus-1"}[day.now(each).legs[0].vehicle_id]
        assert move_ride(day.desk, each.legs[0].leg.id, other, commit=True).committed
    day.check()
    return day, booked


def thoroughly(job):
    found = improve_plan(job.problem, job.plan, Budget(iterations=200), seed=1, engine="reinsert")
    return ImproveResult(found.plan, found.cost_before, found.cost_after)


def test_an_improvement_saves_driving_and_moves_no_promise(monkeypatch):
    monkeypatch.setattr(improve, "run_job", thoroughly)
    day, booked = crowded()
    before = [day.leg(each).promise for each in booked]
    done = improve_day(day.desk, WEDNESDAY)
    day.check()
    assert done.applied
    assert done.cost_after_s < done.cost_before_s
    assert [day.leg(each).promise for each in booked] == before


def test_an_improvement_finds_room_for_who_booked_meanwhile(monkeypatch):
    day, booked = crowded()
    late: list = []

    def slow(job):
        result = thoroughly(job)
        late.append(day.books("Mühle", "Schule", after="09:10"))
        return result

    monkeypatch.setattr(improve, "run_job", slow)
    improve_day(day.desk, WEDNESDAY)
    day.check()
    standing = {call.leg_id for tour in state_of(day.desk).tours for call in tour.calls}
    assert all(each.legs[0].leg.id in standing for each in [*booked, *late])


def test_an_improvement_does_not_bring_back_who_cancelled_meanwhile(monkeypatch):
    day, booked = crowded()

    def slow(job):
        result = thoroughly(job)
        day.cancels(booked[2])
        return result

    monkeypatch.setattr(improve, "run_job", slow)
    improve_day(day.desk, WEDNESDAY)
    day.check()
    standing = {call.leg_id for tour in state_of(day.desk).tours for call in tour.calls}
    assert booked[2].legs[0].leg.id not in standing


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_of_the_service_file_improves_the_day(engine):
    day, _ = crowded()
    service = replace(day.desk.service, solver=replace(day.desk.service.solver, engine=engine))
    done = improve_day(replace(day.desk, service=service), WEDNESDAY, seconds=0.3)
    assert (done.applied, done.reason) == (True, "better")
    day.check()


def explodes(job):
    raise MemoryError("the solver ate too much")


def loses_everybody(job):
    return ImproveResult(Plan(tuple(() for _ in job.plan.tours)), 10**6, 0)


def drives_backwards(job):
    return ImproveResult(Plan(tuple(tour[::-1] for tour in job.plan.tours)), 10**6, 0)


def knows_nothing(job):
    return ImproveResult(Plan(((999_999,),)), 10**6, 0)


def answers_nothing(job):
    return None


@pytest.mark.parametrize("solver", [explodes, loses_everybody, drives_backwards, knows_nothing, answers_nothing])
def test_a_solver_that_fails_costs_only_the_improvement(monkeypatch, solver):
    day, _ = crowded()
    before = state_of(day.desk).tours
    monkeypatch.setattr(improve, "run_job", solver)
    done = improve_day(day.desk, WEDNESDAY)
    assert done.applied is False
    assert state_of(day.desk).tours == before
    day.check()


class HangingWorkers:
    """Takes every job and never comes back with one."""

    def __init__(self):
        self.closed = 0

    def submit(self, job, /, *args, **kwargs):
        hanging = Future()
        hanging.result = lambda timeout=None: self.give_up(timeout)
        return hanging

    def give_up(self, timeout):
        raise TimeoutError

    def close(self):
        self.closed += 1


def test_a_solver_that_hangs_is_ended_and_costs_only_the_improvement():
    day, _ = crowded()
    before = state_of(day.desk).tours
    workers = HangingWorkers()
    done = improve_day(replace(day.desk, workers=workers), WEDNESDAY)
    assert (done.applied, done.reason) == (False, "solver took too long")
    assert workers.closed == 1
    assert state_of(day.desk).tours == before
    day.check()


def test_places_that_are_equal_in_all_times_are_one_to_the_solver(monkeypatch):
    day, _ = crowded()
    jobs = []
    monkeypatch.setattr(improve, "run_job", jobs.append)
    improve_day(day.desk, WEDNESDAY)
    (job,) = jobs
    times = np.hstack([job.problem.travel_s, job.problem.travel_s.T])
    assert len(np.unique(times, axis=0)) == len(times)
    named = {place for ride in job.problem.rides for place in (ride.pickup, ride.dropoff)}
    named |= {place for shift in job.problem.shifts for place in (shift.start, shift.end)}
    assert named == set(range(len(times)))
    assert len({shift.end for shift in job.problem.shifts}) < len(job.problem.shifts)

"""What every store promises to dispatch, whatever it is made of."""

# ruff: noqa: PT012 — a refusal must come out of the whole session, not only of one call

import threading
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rufbus.domain.booking import NEXT_STATES, BookingState, LegState
from rufbus.domain.errors import Conflict, KeyRunning, NotFound, StalePlan
from rufbus.domain.request import Direction
from rufbus.ports import KeyedAnswer, StopListVersion, StoredAnswer, StoredReport

from .values import (
    EIGHT,
    SHIFT,
    bookings,
    entries,
    events,
    legs,
    make_booking,
    make_entry,
    make_event,
    make_key,
    make_leg,
    make_loads,
    make_promise,
    make_quote,
    make_tour,
    quotes,
    tours,
)

PATIENCE_S = 20
one_store_many_values = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Undo(Exception):
    """Raised to leave a writing session without a commit."""


@contextmanager
def undone(store):
    """Open a writing session of which nothing stays, so that the next example starts anew."""
    with suppress(Undo), store.write() as session:
        yield session
        raise Undo


def ids_of(values):
    return [value.id for value in values]


def fill(store, **changes):
    """Store lists of values by the name of the method that takes them."""
    with store.write() as session:
        for name, values in changes.items():
            getattr(session, name)(values)


def put_new_tour(store, tour, **loads):
    with store.write() as session:
        session.put_tour(tour, expected_version=0, loads=make_loads(tour, **loads))


class TestValuesComeBackAsTheyWere:
    """Anything of the domain passes through any store unchanged."""

    @one_store_many_values
    @given(values=st.lists(legs, max_size=4, unique_by=lambda leg: leg.id))
    def test_legs(self, store, values):
        with undone(store) as session:
            session.add_legs(values)
            assert sorted(session.legs({leg.id for leg in values}), key=lambda leg: leg.id) == sorted(
                values, key=lambda leg: leg.id
            )

    @one_store_many_values
    @given(before=legs, after=legs)
    def test_replaced_legs(self, store, before, after):
        after = replace(after, id=before.id, state=before.state)
        with undone(store) as session:
            session.add_legs([before])
            session.put_legs([after])
            assert list(session.legs([before.id])) == [after]
            assert list(session.quote_legs(after.quote_id)) == [after]
            assert list(session.quote_legs(before.quote_id)) == ([after] if before.quote_id == after.quote_id else [])
            assert list(session.booking_legs([before.booking_id or "nobody's"])) == (
                [after] if before.booking_id and before.booking_id == after.booking_id else []
            )

    @one_store_many_values
    @given(tour=tours)
    def test_tours(self, store, tour):
        with undone(store) as session:
            session.put_tour(tour, expected_version=0, loads=[(8, 8, 1, 1) for _ in tour.calls])
            assert list(session.tours([tour.shift_id])) == [tour]

    @one_store_many_values
    @given(booking=bookings, quote=quotes)
    def test_bookings_and_quotes(self, store, booking, quote):
        with undone(store) as session:
            session.add_booking(booking)
            session.add_quotes([quote])
            assert session.find_booking(booking.id) == booking
            assert session.find_booking_by_code(booking.code) == booking
            assert list(session.list_bookings(phone=booking.rider.phone)) == [booking]
            assert session.find_quote(quote.id) == quote

    @one_store_many_values
    @given(happened=st.lists(events, max_size=4), written=st.lists(entries, max_size=4))
    def test_events_and_ledger(self, store, happened, written):
        with undone(store) as session:
            numbers = session.add_events(happened)
            session.add_ledger(written)
            assert [stored.event for stored in session.events_after(0)] == happened
            assert [stored.seq for stored in session.events_after(0)] == list(numbers)
            assert list(session.ledger()) == written


class TestTransactions:
    """All or nothing, one writer at a time, one moment a reader."""

    def test_a_raising_writer_leaves_nothing(self, store):
        put_new_tour(store, make_tour(["l_1"]))
        fill(store, add_legs=[make_leg("l_1")], add_events=[make_event()])
        with undone(store) as session:
            session.put_tour(make_tour(["l_1", "l_2"]), expected_version=1, loads=[(1, 8, 0, 1)] * 4)
            session.add_legs([make_leg("l_2")])
            session.put_legs([make_leg("l_1", state=LegState.EXPIRED)])
            session.add_quotes([make_quote()])
            session.add_booking(make_booking())
            session.put_stop_list(StopListVersion("bus-1", 1, "hash"))
            session.add_events([make_event(), make_event()])
            session.add_ledger([make_entry()])
            session.add_reports("bus-1", [("u_1", EIGHT, "arrived", {})], EIGHT)
            session.add_answer("bookings", "key", StoredAnswer("hash", 201, "{}"), EIGHT)
            session.add_key(make_key())
            session.put_setting("seed", "1")
        with store.read() as session:
            assert session.tour_versions("2026-11-18") == {SHIFT: 1}
            assert list(session.tours([SHIFT])) == [make_tour(["l_1"])]
            assert list(session.legs(["l_1", "l_2"])) == [make_leg("l_1")]
            assert (session.find_quote("q_1"), session.find_booking("b_1")) == (None, None)
            assert (session.find_stop_list("bus-1"), session.find_setting("seed")) == (None, None)
            assert (session.last_seq(), len(session.events_after(0)), len(session.ledger())) == (1, 1, 0)
            assert session.known_reports(["u_1"]) == frozenset()
            assert (session.find_answer("bookings", "key"), list(session.list_keys())) == (None, [])
        fill(store, add_events=[make_event()])
        with store.read() as session:
            assert [stored.seq for stored in session.events_after(0)] == [1, 2]

    def test_a_writer_sees_its_own_changes(self, store):
        with store.write() as session:
            session.add_legs([make_leg("l_1")])
            assert ids_of(session.expired_legs(EIGHT + 1)) == ["l_1"]
            session.put_legs([make_leg("l_1", state=LegState.PROMISED)])
            assert list(session.expired_legs(EIGHT + 1)) == []

    def test_a_reader_sees_one_moment_while_a_writer_commits(self, store):
        put_new_tour(store, make_tour())
        with store.read() as before:
            assert before.tour_versions("2026-11-18") == {SHIFT: 1}
            with store.write() as session:
                session.put_tour(make_tour(["l_1"]), expected_version=1, loads=[(1, 8, 0, 1), (0, 8, 0, 1)])
                session.add_legs([make_leg("l_1")])
                session.add_events([make_event()])
                session.put_setting("seed", "1")
                with store.read() as during:
                    assert during.tour_versions("2026-11-18") == {SHIFT: 1}
                    assert during.last_seq() == 0
            assert before.tour_versions("2026-11-18") == {SHIFT: 1}
            assert list(before.tours([SHIFT])) == [make_tour()]
            assert (list(before.legs(["l_1"])), list(before.events_after(0))) == ([], [])
            assert (before.last_seq(), before.find_setting("seed")) == (0, None)
        with store.read() as after:
            assert after.tour_versions("2026-11-18") == {SHIFT: 2}
            assert (len(after.legs(["l_1"])), after.last_seq()) == (1, 1)

    def test_writers_come_one_after_the_other(self, store):
        fill(store, add_ledger=[])
        inside, asked = threading.Event(), threading.Event()
        order = []

        def second():
            inside.wait(PATIENCE_S)
            order.append("asks")
            asked.set()
            with store.write() as session:
                order.append(session.find_setting("turn"))

        thread = threading.Thread(target=second)
        thread.start()
        with store.write() as session:
            inside.set()
            asked.wait(PATIENCE_S)
            session.put_setting("turn", "first")
            order.append("commits")
        thread.join(PATIENCE_S)
        assert order == ["asks", "commits", "first"]

    def test_a_refused_change_spoils_the_transaction_even_when_the_error_is_caught(self, store):
        fill(store, add_quotes=[make_quote("q_1")])
        with pytest.raises(Conflict), store.write() as session:
            session.put_setting("seed", "1")
            with suppress(Conflict):
                session.add_quotes([make_quote("q_1")])
        with store.read() as session:
            assert session.find_setting("seed") is None

    def test_many_writers_number_events_without_gaps_in_the_order_of_commits(self, store):
        threads, rounds = 6, 8
        committed, seen, done = [], [], threading.Event()

        def write(number):
            for each in range(rounds):
                with undone(store) as session:
                    session.add_events([make_event()])
                with store.write() as session:
                    names = [f"{number}/{each}/{one}" for one in range(1 + each % 3)]
                    committed.extend(session.add_events([make_event(leg_id=name) for name in names]))

        def follow():
            last = 0
            while not (done.is_set() and last == len(committed)):
                with store.read() as session:
                    newer = session.events_after(last, limit=7)
                seen.extend(newer)
                last = newer[-1].seq if newer else last

        writers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
        reader = threading.Thread(target=follow)
        for thread in [*writers, reader]:
            thread.start()
        for thread in writers:
            thread.join(PATIENCE_S)
        done.set()
        reader.join(PATIENCE_S)
        assert sorted(committed) == list(range(1, len(committed) + 1))
        assert [stored.seq for stored in seen] == list(range(1, len(committed) + 1))
        assert len({stored.event.leg_id for stored in seen}) == len(committed)
        with store.read() as session:
            assert session.last_seq() == len(committed) == threads * (8 + 8 - 1)


class TestTours:
    """Compare and set, and the last word on seats."""

    def test_a_tour_is_set_only_over_the_version_that_was_read(self, store):
        put_new_tour(store, make_tour())
        with store.write() as session:
            session.put_tour(make_tour(delay_s=60, version=77), expected_version=1, loads=[])
        for stale in (0, 1, 3):
            with pytest.raises(StalePlan, match="Read it again"), store.write() as session:
                session.put_tour(make_tour(delay_s=999), expected_version=stale, loads=[])
        with store.read() as session:
            assert list(session.tours([SHIFT])) == [make_tour(delay_s=60, version=2)]

    def test_a_tour_that_does_not_exist_has_no_version_to_replace(self, store):
        with pytest.raises(StalePlan), store.write() as session:
            session.put_tour(make_tour(), expected_version=1, loads=[])

    def test_a_full_tour_is_taken_and_an_overfull_one_refused(self, store):
        full = make_tour([f"l_{number}" for number in range(8)])
        put_new_tour(store, full)
        overfull = make_tour([f"l_{number}" for number in range(9)])
        with pytest.raises(Conflict) as refused, store.write() as session:
            session.put_tour(overfull, expected_version=1, loads=make_loads(overfull))
        assert not isinstance(refused.value, StalePlan)
        with store.read() as session:
            assert list(session.tours([SHIFT])) == [full]

    @pytest.mark.parametrize("load", [(9, 8, 0, 1), (0, 8, 2, 1), (-1, 8, 0, 1), (0, 8, -1, 1)])
    def test_no_load_leaves_what_there_is(self, store, load):
        tour = make_tour(["l_1"])
        with pytest.raises(Conflict), store.write() as session:
            session.put_tour(tour, expected_version=0, loads=[load, (0, 8, 0, 1)])
        with store.read() as session:
            assert list(session.tours([SHIFT])) == []

    def test_a_shorter_tour_leaves_no_loads_of_the_longer_one(self, store):
        put_new_tour(store, make_tour(["l_1", "l_2", "l_3"]))
        for version in (1, 2):
            tour = make_tour(["l_1"] * version, version=version + 1)
            with store.write() as session:
                session.put_tour(tour, expected_version=version, loads=make_loads(tour))
        with store.read() as session:
            assert list(session.tours([SHIFT])) == [tour]

    def test_loads_come_one_a_call(self, store):
        with pytest.raises(ValueError, match="one per call"), store.write() as session:
            session.put_tour(make_tour(["l_1"]), expected_version=0, loads=[(1, 8, 0, 1)])

    def test_versions_are_those_of_the_day(self, store):
        put_new_tour(store, make_tour(shift_id="a"))
        put_new_tour(store, make_tour(shift_id="b", service_day="2026-11-19"))
        with store.read() as session:
            assert session.tour_versions("2026-11-18") == {"a": 1}
            assert session.tour_versions("2026-11-20") == {}

    def test_tours_come_in_the_order_of_their_ids_however_many_are_asked_for(self, store):
        for shift_id in ("b", "ä", "B", "a"):
            put_new_tour(store, make_tour(shift_id=shift_id))
        asked = {f"none {number}" for number in range(1200)} | {"a", "b", "ä", "B"}
        with store.read() as session:
            assert [tour.shift_id for tour in session.tours(asked)] == ["B", "a", "b", "ä"]
            assert list(session.tours([])) == []


class TestLegsQuotesBookings:
    """What is found by which question."""

    def test_legs_of_a_booking_and_of_a_quote_come_outward_before_return(self, store):
        back = make_leg("l_1", booking_id="b_2", direction=Direction.RETURN, quote_id="q_2")
        out = make_leg("l_2", booking_id="b_2", quote_id="q_2")
        other = make_leg("l_3", booking_id="b_1", quote_id="q_1")
        held = make_leg("l_4", quote_id="q_2")
        fill(store, add_legs=[back, out, other, held])
        with store.read() as session:
            assert ids_of(session.booking_legs({"b_2", "b_1", "b_0"})) == ["l_3", "l_2", "l_1"]
            assert ids_of(session.quote_legs("q_2"))[-1] == "l_1"
            assert set(ids_of(session.quote_legs("q_2"))) == {"l_1", "l_2", "l_4"}
            assert list(session.quote_legs("q_9")) == list(session.booking_legs([])) == []

    def test_a_leg_that_is_booked_is_found_by_its_booking(self, store):
        fill(store, add_legs=[make_leg("l_1")])
        fill(store, put_legs=[make_leg("l_1", booking_id="b_1", state=LegState.PROMISED, held_until=None)])
        with store.read() as session:
            assert ids_of(session.booking_legs(["b_1"])) == ids_of(session.quote_legs("q_1")) == ["l_1"]

    def test_a_leg_is_added_once_and_replaced_only_when_it_is_there(self, store):
        fill(store, add_legs=[make_leg("l_1")])
        with pytest.raises(Conflict):
            fill(store, add_legs=[make_leg("l_1")])
        with pytest.raises(NotFound):
            fill(store, put_legs=[make_leg("l_1"), make_leg("l_2")])

    @pytest.mark.parametrize("stored", LegState)
    def test_a_leg_never_takes_a_state_that_does_not_follow_from_the_stored_one(self, store, stored):
        leads = {stored}
        for _ in LegState:
            leads |= {after for state in leads for after in NEXT_STATES[state]}
        for new in LegState:
            leg = make_leg(f"l_{new.value}", state=stored)
            fill(store, add_legs=[leg])
            with nullcontext() if new in leads else pytest.raises(StalePlan, match=f"is {stored.value} by now"):
                fill(store, put_legs=[replace(leg, state=new)])
            with store.read() as session:
                assert [leg.state for leg in session.legs([leg.id])] == [new if new in leads else stored]

    def test_legs_are_narrowed_earliest_first_once_promised(self, store):
        at = {"l_1": EIGHT + 60, "l_2": EIGHT, "l_3": EIGHT + 61, "l_4": EIGHT}
        made = [make_leg(name, promise=make_promise(begin), state=LegState.PROMISED) for name, begin in at.items()]
        fill(store, add_legs=[*made[:3], replace(made[3], state=LegState.NARROWED)])
        with store.read() as session:
            assert ids_of(session.legs_to_narrow(EIGHT + 61)) == ["l_2", "l_1"]

    def test_open_legs_are_due_earliest_first(self, store):
        made = [
            make_leg(f"l_{state.value}", state=state, promise=make_promise(dropoff_by=EIGHT + 5000 - number))
            for number, state in enumerate(LegState)
        ]
        fill(store, add_legs=[*made, make_leg("later", state=LegState.ABOARD, promise=make_promise(EIGHT + 9000))])
        with store.read() as session:
            assert ids_of(session.open_legs_due(EIGHT + 5001)) == ["l_aboard", "l_narrowed", "l_promised"]
            assert list(session.open_legs_due(EIGHT)) == []

    def test_a_hold_runs_out_at_its_last_second(self, store):
        fill(store, add_legs=[make_leg("l_1"), make_leg("l_2", held_until=EIGHT - 1)])
        fill(store, add_legs=[make_leg("l_3", state=LegState.PROMISED)])
        with store.read() as session:
            assert ids_of(session.expired_legs(EIGHT - 1)) == ["l_2"]
            assert ids_of(session.expired_legs(EIGHT)) == ["l_2", "l_1"]
            assert ids_of(session.expired_legs(EIGHT, limit=1)) == ["l_2"]

    def test_quotes_of_one_request_are_found_together(self, store):
        fill(store, add_quotes=[make_quote("q_2"), make_quote("q_1"), make_quote("q_3", request_id="r_2")])
        with store.read() as session:
            assert ids_of(session.request_quotes("r_1")) == ["q_1", "q_2"]
            assert session.find_quote("q_9") is None

    def test_a_booking_is_replaced_only_over_the_version_that_was_read(self, store):
        with store.write() as session:
            session.add_booking(make_booking())
        cancelled = make_booking(state=BookingState.CANCELLED)
        with store.write() as session:
            session.put_booking(cancelled, expected_version=1)
        for booking in (make_booking(), make_booking("b_9")):
            with pytest.raises(StalePlan), store.write() as session:
                session.put_booking(booking, expected_version=1)
        with store.read() as session:
            assert session.find_booking("b_1") == replace(cancelled, version=2)

    @pytest.mark.parametrize("same", ["id", "code", "quote_id"])
    def test_no_two_bookings_share_an_id_a_code_or_a_quote(self, store, same):
        first, second = make_booking("b_1"), make_booking("b_2")
        with store.write() as session:
            session.add_booking(first)
        with pytest.raises(Conflict), store.write() as session:
            session.add_booking(replace(second, **{same: getattr(first, same)}))

    def test_bookings_come_newest_first_and_by_telephone(self, store):
        with store.write() as session:
            for number in range(4):
                rider = replace(make_booking().rider, phone=f"+49 {number % 2}")
                session.add_booking(make_booking(f"b_{number}", rider=rider, booked_at=EIGHT + number // 2))
        with store.read() as session:
            assert ids_of(session.list_bookings()) == ["b_3", "b_2", "b_1", "b_0"]
            assert ids_of(session.list_bookings(limit=1)) == ["b_3"]
            assert ids_of(session.list_bookings(phone="+49 0")) == ["b_2", "b_0"]
            assert list(session.list_bookings(phone="+49 9")) == []
            assert session.find_booking_by_code("code of b_2") == session.find_booking("b_2")
            assert session.find_booking_by_code("none") is None


class TestEventsAndLedger:
    """The sequence, and what became of promises."""

    def test_events_are_read_from_a_number_on(self, store):
        with store.write() as session:
            vans = ["bus-1", "bus-2", None, "bus-1"]
            assert list(session.add_events([make_event(vehicle_id=van) for van in vans])) == [1, 2, 3, 4]
            assert list(session.add_events([])) == []
        with store.read() as session:
            assert [one.seq for one in session.events_after(2)] == [3, 4]
            assert [one.seq for one in session.events_after(0, limit=2)] == [1, 2]
            assert [one.seq for one in session.events_after(0, vehicle_id="bus-1")] == [1, 4]
            assert [one.seq for one in session.events_after(1, vehicle_id="bus-1", limit=1)] == [4]
            assert [one.seq for one in session.events_after(-3, limit=1)] == [1]
            assert list(session.events_after(4)) == []

    def test_what_was_stored_does_not_follow_the_caller(self, store):
        data = {"legs": ("l_1",)}
        with store.write() as session:
            session.add_events([make_event(data=data)])
            session.add_ledger([make_entry(data=data)])
            session.add_reports("bus-1", [("u_1", EIGHT, "arrived", data)], EIGHT)
        data["name"] = "Änne"
        with store.audit() as session:
            assert [one.event.data for one in session.all_events()] == [{"legs": ["l_1"]}]
            assert [one.data for one in session.all_ledger()] == [{"legs": ["l_1"]}]
            assert [one.data for one in session.all_reports()] == [{"legs": ["l_1"]}]

    def test_the_ledger_keeps_the_order_and_counts_by_kind(self, store):
        kinds = ["made", "kept", "made"]
        fill(store, add_ledger=[make_entry(f"l_{number}", entry=kind) for number, kind in enumerate(kinds)])
        fill(store, add_ledger=[make_entry("l_0", entry="broken")])
        with store.read() as session:
            assert [one.leg_id for one in session.ledger()] == ["l_0", "l_1", "l_2", "l_0"]
            assert [one.entry for one in session.ledger(leg_id="l_0")] == ["made", "broken"]
            assert len(session.ledger(limit=2)) == 2
            assert session.ledger_counts() == {"made": 2, "kept": 1, "broken": 1}


class TestSmallThings:
    """Answers, reports, stop lists, keys, settings."""

    def test_an_idempotency_key_is_answered_once_a_scope(self, store):
        answer = StoredAnswer("hash", 201, '{"id": "b_1",  "note": "ß"}\n')
        with store.write() as session:
            session.add_answer("bookings", "key", answer, EIGHT)
            session.add_answer("cancel", "key", answer, EIGHT)
        with pytest.raises(KeyRunning), store.write() as session:
            session.add_answer("bookings", "key", StoredAnswer("other", 409, ""), EIGHT)
        with store.read() as session:
            assert session.find_answer("bookings", "key") == answer
            assert session.find_answer("bookings", "other") is None

    def test_a_report_counts_once(self, store):
        first = [("u_1", EIGHT, "arrived", {"stop_id": "S1"}), ("u_2", EIGHT, "boarded", {})]
        again = [("u_2", EIGHT, "no_show", {}), ("u_3", EIGHT, "delay", {}), ("u_3", EIGHT, "delay", {"s": 9})]
        with store.write() as session:
            session.add_reports("bus-1", first, EIGHT + 5)
        with store.write() as session:
            session.add_reports("bus-2", again, EIGHT + 9)
            session.add_reports("bus-2", [], EIGHT + 9)
        with store.audit() as session:
            assert session.known_reports(["u_1", "u_3", "u_9"]) == {"u_1", "u_3"}
            assert list(session.all_reports()) == [
                StoredReport("u_1", "bus-1", EIGHT, "arrived", {"stop_id": "S1"}, EIGHT + 5),
                StoredReport("u_2", "bus-1", EIGHT, "boarded", {}, EIGHT + 5),
                StoredReport("u_3", "bus-2", EIGHT, "delay", {}, EIGHT + 9),
            ]

    def test_the_last_stop_list_replaces_the_one_before(self, store):
        for version in (1, 2):
            with store.write() as session:
                session.put_stop_list(StopListVersion("bus-1", version, f"hash {version}", acknowledged=version - 1))
        with store.read() as session:
            assert session.find_stop_list("bus-1") == StopListVersion("bus-1", 2, "hash 2", 1)
            assert session.find_stop_list("bus-2") is None

    def test_keys_are_found_by_their_hash_and_stay_known_when_revoked(self, store):
        with store.write() as session:
            session.add_key(make_key("k_2", created_at=EIGHT + 1))
            session.add_key(make_key("k_1", vehicle_id=None))
            session.revoke_key("k_2")
        with store.read() as session:
            assert session.find_key("hash of k_2") == make_key("k_2", created_at=EIGHT + 1, revoked=True)
            assert session.find_key("hash of k_9") is None
            assert ids_of(session.list_keys()) == ["k_1", "k_2"]
        with pytest.raises(NotFound, match="k_9"), store.write() as session:
            session.revoke_key("k_9")
        with pytest.raises(Conflict), store.write() as session:
            session.add_key(make_key("k_3", token_hash="hash of k_1"))

    def test_a_setting_is_replaced(self, store):
        for value in ("1", "2"):
            with store.write() as session:
                session.put_setting("seed", value)
        with store.read() as session:
            assert (session.find_setting("seed"), session.find_setting("none")) == ("2", None)


class TestAudit:
    """Everything, in a stated order."""

    def test_an_audit_goes_through_everything_in_order(self, store):
        answer = StoredAnswer("hash", 201, "{}")
        names = ["b", "ä", "B", "a"]
        for name in names:
            put_new_tour(store, make_tour(shift_id=name))
            with store.write() as session:
                session.add_legs([make_leg(name)])
                session.add_quotes([make_quote(name)])
                session.add_booking(make_booking(name))
                session.put_stop_list(StopListVersion(name, 1, "hash"))
                session.add_answer(name, "k", answer, EIGHT)
                session.add_events([make_event(leg_id=name)])
                session.add_ledger([make_entry(name)])
                session.add_reports("bus-1", [(name, EIGHT, "arrived", {})], EIGHT)
        in_order = sorted(names)
        with store.audit() as session:
            assert list(session.all_tours()) == [make_tour(shift_id=name) for name in in_order]
            assert list(session.all_legs()) == [make_leg(name) for name in in_order]
            assert list(session.all_quotes()) == [make_quote(name) for name in in_order]
            assert list(session.all_bookings()) == [make_booking(name) for name in in_order]
            assert [one.vehicle_id for one in session.all_stop_lists()] == in_order
            assert list(session.all_answers()) == [KeyedAnswer(name, "k", answer, EIGHT) for name in in_order]
            assert [one.event.leg_id for one in session.all_events()] == names
            assert [one.leg_id for one in session.all_ledger()] == names
            assert [one.id for one in session.all_reports()] == names
            assert session.last_seq() == len(names)

    def test_an_audit_may_be_left_before_its_end(self, store):
        fill(store, add_legs=[make_leg(f"l_{number:04}") for number in range(1500)])
        with store.audit() as session:
            legs_in_order = session.all_legs()
            assert next(legs_in_order).id == "l_0000"
            fill(store, add_legs=[make_leg("l_9999")])
            assert sum(1 for _ in legs_in_order) == 1499
        with store.audit() as session:
            left_open = session.all_legs()
            next(left_open)
            next(session.all_legs())
        fill(store, add_legs=[make_leg("m")])

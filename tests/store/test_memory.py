"""The in-memory store answers every question as SQLite does, after any changes, and costs no copy without need."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rufbus.domain.booking import LegState
from rufbus.domain.errors import RufbusError
from rufbus.domain.request import Direction
from rufbus.ports import StopListVersion, StoredAnswer
from rufbus.store.memory import MemoryStore
from rufbus.store.unit_of_work import open_store

from .values import EIGHT, make_booking, make_entry, make_event, make_key, make_leg, make_promise, make_quote, make_tour

names = st.sampled_from(["a", "b", "ä"])
small = st.integers(0, 3)
vans = st.sampled_from(["bus-1", "bus-2", None])
some_legs = st.builds(
    lambda name, booking, quote, direction, state, shift: make_leg(
        name,
        booking_id=booking,
        quote_id=quote,
        direction=direction,
        state=state,
        promise=make_promise(EIGHT + shift),
        held_until=EIGHT + shift,
    ),
    names,
    st.none() | names,
    names,
    st.sampled_from(Direction),
    st.sampled_from([LegState.HELD, LegState.PROMISED, LegState.ABOARD]),
    small,
)
some_bookings = st.builds(
    lambda name, code, quote, at: make_booking(name, code=code, quote_id=quote, booked_at=EIGHT + at),
    names,
    names,
    names,
    small,
)
changes = st.one_of(
    st.builds(
        lambda name, version, used: (
            "put_tour",
            (make_tour(["l"], shift_id=name),),
            {"expected_version": version, "loads": [(used, 2, 0, 0), (0, 2, 0, 0)]},
        ),
        names,
        small,
        small,
    ),
    st.builds(lambda some: ("add_legs", (some,), {}), st.lists(some_legs, max_size=2)),
    st.builds(lambda some: ("put_legs", (some,), {}), st.lists(some_legs, max_size=1)),
    st.builds(lambda name, other: ("add_quotes", ([make_quote(name, request_id=other)],), {}), names, names),
    st.builds(lambda booking: ("add_booking", (booking,), {}), some_bookings),
    st.builds(
        lambda booking, version: ("put_booking", (booking,), {"expected_version": version}), some_bookings, small
    ),
    st.builds(lambda name, version: ("put_stop_list", (StopListVersion(name, version, "h"),), {}), names, small),
    st.builds(lambda van, count: ("add_events", ([make_event(vehicle_id=van)] * count,), {}), vans, small),
    st.builds(lambda name, kind: ("add_ledger", ([make_entry(name, entry=kind)],), {}), names, names),
    st.builds(
        lambda name, at: ("add_reports", (name, [(name, EIGHT, "arrived", {"n": at})], EIGHT + at), {}), names, small
    ),
    st.builds(lambda scope, key: ("add_answer", (scope, key, StoredAnswer("h", 201, key), EIGHT), {}), names, names),
    st.builds(lambda name, token: ("add_key", (make_key(name, token_hash=token),), {}), names, names),
    st.builds(lambda name: ("revoke_key", (name,), {}), names),
    st.builds(lambda name, value: ("put_setting", (name, str(value)), {}), names, small),
)
transactions = st.lists(st.tuples(st.lists(changes, max_size=4), st.booleans()), max_size=8)
ASKED = ["a", "b", "ä", "l", "none"]


def answers(session):
    """Return what the session answers to every question of the port."""
    yield from (sorted(session.tour_versions(day).items()) for day in ("2026-11-18", "none"))
    yield list(session.tours(ASKED))
    yield sorted(session.legs(ASKED), key=lambda leg: leg.id)
    yield list(session.list_bookings()), list(session.list_bookings(phone="+49 4621 1", limit=1))
    yield sorted(session.booking_legs(ASKED), key=lambda leg: (leg.booking_id, leg.direction, leg.id))
    yield list(session.legs_to_narrow(EIGHT + 2)), list(session.open_legs_due(EIGHT + 3002))
    yield list(session.expired_legs(EIGHT + 2)), list(session.expired_legs(EIGHT + 2, limit=1))
    yield from (list(session.events_after(seq, vehicle_id=van)) for seq in (0, 2) for van in (None, "bus-1"))
    yield session.last_seq(), dict(session.ledger_counts()), session.known_reports(ASKED), list(session.list_keys())
    for name in ASKED:
        yield session.find_booking(name), session.find_booking_by_code(name), session.find_quote(name)
        yield sorted(session.quote_legs(name), key=lambda leg: (leg.direction, leg.id))
        yield list(session.request_quotes(name)), session.find_stop_list(name), session.find_key(name)
        yield list(session.ledger(leg_id=name)), [session.find_answer(name, key) for key in ASKED]
        yield session.find_setting(name)


def everything(session):
    for name in ("tours", "legs", "bookings", "quotes", "events", "ledger", "answers", "reports", "stop_lists"):
        yield list(getattr(session, f"all_{name}")())


def interrupt():
    raise InterruptedError


def apply(store, steps, *, ends_well):
    """Run one transaction; return what it came to."""
    try:
        with store.write() as session:
            for name, values, options in steps:
                getattr(session, name)(*values, **options)
            if not ends_well:
                interrupt()
    except (RufbusError, InterruptedError) as error:
        return type(error)
    return None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(planned=transactions)
def test_memory_and_sqlite_cannot_be_told_apart(migrated_file, planned):
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(migrated_file, Path(folder) / "store.sqlite")
        memory, database = MemoryStore(), open_store(f"sqlite:///{copy}")
        for steps, ends_well in planned:
            outcomes = [apply(store, steps, ends_well=ends_well) for store in (memory, database)]
            assert outcomes[0] == outcomes[1]
        with memory.audit() as one, database.audit() as other:
            assert list(everything(one)) == list(everything(other))
            assert list(answers(one)) == list(answers(other))
        database.close()


def test_a_commit_copies_only_what_a_reader_still_holds():
    store = MemoryStore()
    with store.write() as session:
        session.add_legs([make_leg("a")])
    unwatched = store._moment
    with store.write() as session:
        session.put_legs([make_leg("a", direct_s=9)])
    assert store._moment is unwatched
    with store.read() as before:
        with store.write() as session:
            session.put_legs([make_leg("a", direct_s=1)])
        assert store._moment is not unwatched
        assert [leg.direct_s for leg in before.legs(["a"])] == [9]


def test_readers_of_several_moments_each_keep_their_own():
    store = MemoryStore()
    moments = []
    for number in range(4):
        context = store.read()
        moments.append((context, context.__enter__()))
        with store.write() as session:
            session.put_setting("seed", str(number))
            session.add_events([make_event()])
    assert [reader.find_setting("seed") for _, reader in moments] == [None, "0", "1", "2"]
    assert [len(reader.events_after(0)) for _, reader in moments] == [0, 1, 2, 3]
    for context, _ in moments:
        context.__exit__(None, None, None)
    held = store._moment
    with store.write() as session:
        session.put_setting("seed", "9")
    assert store._moment is held


def test_a_reader_may_hold_on_to_values_that_later_change():
    store = MemoryStore()
    leg = make_leg("a")
    with store.write() as session:
        session.add_legs([leg])
    with store.read() as session:
        (read,) = session.legs(["a"])
    with store.write() as session:
        session.put_legs([replace(leg, direct_s=1)])
    assert read == leg

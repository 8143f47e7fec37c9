"""Many threads want the last seat at the same moment. One gets it; in a store without the recipe, all do.

Every thread is aimed: it has read the tour with the free seat, and waits for all others to have read it too, before it
writes. The broken twins run the very same race, and are shown to lose it.
"""

# ruff: noqa: PT012 — a refusal must come out of the whole session, not only of one call

import threading
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import create_engine, delete, update

from rufbus.domain.booking import LegState
from rufbus.domain.errors import Conflict, StalePlan
from rufbus.store.engine import parse_url
from rufbus.store.reading import TOURS, SqlReadSession
from rufbus.store.unit_of_work import open_store
from rufbus.store.writing import TOUR_LOADS, SqlWriteSession

from .values import make_leg, make_loads, make_tour

SEATS = 8
RIVALS = 8
PATIENCE_S = 20


class BlindSession(SqlWriteSession):
    """Replaces a tour without comparing its version."""

    def _replace_tour(self, row, _version):
        self._run(update(TOURS).where(TOURS.c.shift_id == row["shift_id"]).values(row))
        self._run(delete(TOUR_LOADS).where(TOUR_LOADS.c.shift_id == row["shift_id"]))


class DefaultStore:
    """SQLAlchemy as it comes: its default engine, and no compare-and-set."""

    def __init__(self, url):
        self.engine = create_engine(parse_url(url))

    @contextmanager
    def read(self):
        with self.engine.begin() as connection:
            yield SqlReadSession(connection)

    @contextmanager
    def write(self):
        with self.engine.begin() as connection:
            yield BlindSession(connection)

    def close(self):
        self.engine.dispose()


@pytest.fixture
def default_store(url):
    store = DefaultStore(url)
    yield store
    store.close()


def seat(session, tour, leg_id):
    """Give the last seat of a tour that was read to a leg; return whether there was one."""
    riders = [call.leg_id for call in tour.calls if call.kind == "pickup"]
    if len(riders) == SEATS:
        return False
    after = make_tour([*riders, leg_id], shift_id=tour.shift_id)
    session.add_legs([make_leg(leg_id, state=LegState.PROMISED)])
    session.put_tour(after, expected_version=tour.version, loads=make_loads(after, SEATS))
    return True


def read_then_write(store, shift_id, leg_id, meet):
    """Book as dispatch does: read and think without a lock, then commit against what was read."""
    with store.read() as session:
        (tour,) = session.tours([shift_id])
    meet.wait(PATIENCE_S)
    with store.write() as session:
        return seat(session, tour, leg_id)


def read_inside_the_write(store, shift_id, leg_id, meet):
    """Book in one transaction; where only one is let in, it waits in vain for the others, then goes on."""
    with store.write() as session:
        (tour,) = session.tours([shift_id])
        with suppress(threading.BrokenBarrierError):
            meet.wait(PATIENCE_S if isinstance(store, DefaultStore) else 0.2)
        return seat(session, tour, leg_id)


def race(stores, book, shift_id="shift"):
    """Let all rivals, spread over the stores, book the last seat of one van.

    Returns who was told yes, who is stored as promised, and who is in the tour.
    """
    store = stores[0]
    tour = make_tour([f"{shift_id}/early {number}" for number in range(SEATS - 1)], shift_id=shift_id)
    with store.write() as session:
        session.put_tour(tour, expected_version=0, loads=make_loads(tour, SEATS))
    meet = threading.Barrier(RIVALS)
    rivals = [f"{shift_id}/rival {number}" for number in range(RIVALS)]
    winners, others = [], []

    def run(number):
        leg_id = rivals[number]
        try:
            (winners if book(stores[number % len(stores)], shift_id, leg_id, meet) else others).append(leg_id)
        except StalePlan:
            others.append(leg_id)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(winners) + len(others) == RIVALS, "every rival gets an answer"
    with store.read() as session:
        promised = sorted(leg.id for leg in session.legs(rivals))
        carried = {call.leg_id for call in session.tours([shift_id])[0].calls} & set(rivals)
    return sorted(winners), promised, sorted(carried)


@pytest.mark.parametrize("book", [read_then_write, read_inside_the_write])
def test_the_last_seat_is_sold_once(store, book):
    for round_number in range(3):
        winners, promised, carried = race([store], book, f"shift {round_number}")
        assert len(winners) == 1
        assert winners == promised == carried


@pytest.mark.parametrize("book", [read_then_write, read_inside_the_write])
def test_the_last_seat_is_sold_once_over_stores_that_share_only_the_database(url, book):
    stores = [open_store(url) for _ in range(3)]
    winners, promised, carried = race(stores, book)
    assert len(winners) == 1
    assert winners == promised == carried
    for store in stores:
        store.close()


@pytest.mark.parametrize("book", [read_then_write, read_inside_the_write])
def test_the_default_engine_sells_the_last_seat_to_everybody(default_store, book):
    winners, promised, carried = race([default_store], book)
    assert len(winners) == len(promised) == RIVALS
    assert len(carried) == 1


def test_without_compare_and_set_our_engine_alone_sells_the_last_seat_to_everybody(sql_store, monkeypatch):
    monkeypatch.setattr(SqlWriteSession, "_replace_tour", BlindSession._replace_tour)
    winners, _, carried = race([sql_store], read_then_write)
    assert (len(winners), len(carried)) == (RIVALS, 1)


def test_the_database_refuses_what_broken_arithmetic_lets_through(store):
    full = make_tour([f"l_{number}" for number in range(SEATS)])
    with store.write() as session:
        session.put_tour(full, expected_version=0, loads=make_loads(full, SEATS))
    one_more = make_tour([*(f"l_{number}" for number in range(SEATS)), "l_9"])
    with pytest.raises(Conflict), store.write() as session:
        session.add_legs([make_leg("l_9")])
        session.put_tour(one_more, expected_version=1, loads=make_loads(one_more, SEATS))
    with store.read() as session:
        assert list(session.legs(["l_9"])) == []
        assert list(session.tours([full.shift_id])) == [full]


def test_a_new_tour_is_made_once_when_many_make_it_at_once(store):
    meet, made = threading.Barrier(RIVALS), []

    def make(number):
        meet.wait(PATIENCE_S)
        try:
            with store.write() as session:
                session.put_tour(make_tour(delay_s=number), expected_version=0, loads=[])
            made.append(number)
        except StalePlan:
            pass

    threads = [threading.Thread(target=make, args=(number,)) for number in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    with store.read() as session:
        assert [tour.delay_s for tour in session.tours([make_tour().shift_id])] == made
    assert len(made) == 1

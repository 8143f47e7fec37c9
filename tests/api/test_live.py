"""Event streams from a real server: in order, without a gap, without a double, across restarts."""

import contextlib
import itertools
import json
import threading
import time
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from rufbus.dispatch.stop_list import publish_stop_lists
from rufbus.domain.events import Event, EventKind

from .small_town import NOW_S, RIDER, booking, prepare_doors, wish

PATIENCE_S = 60


@dataclass
class Served:
    """A server in a thread, and calls to it."""

    doors: object
    server: uvicorn.Server
    url: str

    def call(self, method, path, who="operator", *, headers=None, **more):
        headers = {**self.doors.headers(who), **(headers or {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=PATIENCE_S, **more)

    @contextlib.contextmanager
    def listen(self, path, who="operator", last=None):
        """Yield the events of a stream as they come."""
        headers = self.doors.headers(who) | ({} if last is None else {"Last-Event-ID": str(last)})
        with httpx.stream("GET", self.url + path, headers=headers, timeout=PATIENCE_S) as answer:
            assert answer.status_code == 200, answer.read()
            yield events_of(answer.iter_lines())

    def change(self, number=1):
        """Change the stop list of bus-1 by a booking, some times; return its version then.

        A version more may be told on the way: a held offer can move the times of others.
        """
        for _ in range(number):
            hour = next(HOURS)
            quotes = self.call("POST", "/quotes", json=wish(depart_after=f"2026-11-25T{hour:02}:00:00+01:00")).json()
            quote = next(each for each in quotes["quotes"])
            taken = self.call(
                "POST", "/bookings", json=booking(quote["id"]), headers={"Idempotency-Key": f"key-{quote['id']}"}
            )
            assert taken.status_code == 201
            assert taken.json()["legs"][0]["vehicle_id"] == "bus-1"
        return self.call("GET", "/vehicles/bus-1/stop-list").json()["version"]


HOURS = itertools.cycle([7, 8, 9, 10, 11])


def events_of(lines):
    """Yield the events that lines of a stream tell, each as ``(id, event, data)``."""
    told = {}
    for line in lines:
        if line == "":
            if "data" in told:
                yield int(told["id"]), told["event"], json.loads(told["data"])
            told = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            told[name] = value


def some(events, number):
    return list(itertools.islice(events, number))


def until(events, version):
    """Return the events up to the one that tells a version of a stop list."""
    told = []
    for each in events:
        told.append(each)
        if each[2]["version"] == version:
            return told
    pytest.fail(f"the stream ended before version {version}")


def versions(events):
    return [data["version"] for _, _, data in events]


@contextlib.contextmanager
def serving(home, tokens=None):
    """Serve a home at a free port until the end of the block."""
    doors = prepare_doors(home, tokens=tokens)
    server = uvicorn.Server(
        uvicorn.Config(doors.app, port=0, log_level="error", timeout_graceful_shutdown=1, ws="none", access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        desk = doors.running.desk  # the first lists, which time would publish sooner or later, are there from the start
        publish_stop_lists(desk, [vehicle.id for vehicle in desk.service.vehicles])
        yield Served(doors, server, f"http://127.0.0.1:{port}/api/v1")
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@pytest.fixture
def served(home):
    with serving(home) as opened:
        yield opened


def test_a_stream_says_what_it_is_and_is_kept_by_nobody(served):
    headers = served.doors.headers("driver")
    with httpx.stream("GET", f"{served.url}/vehicles/bus-1/events", headers=headers, timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert next(answer.iter_lines()) == "retry: 2000"


def test_a_new_listener_gets_the_version_in_force_and_then_each_new_one_in_order(served):
    version = served.change(2)
    with served.listen("/vehicles/bus-1/events", "driver") as events:
        (greeting,) = some(events, 1)
        assert greeting[1:] == ("stop-list", {"version": version, "vehicle_id": "bus-1"})
        newest = served.change(2)
        news = until(events, newest)
    assert newest >= version + 2
    assert versions(news) == list(range(version + 1, newest + 1))
    numbers = [seq for seq, _, _ in (greeting, *news)]
    assert numbers == sorted(set(numbers))
    assert all(kind == "stop-list" and data["seq"] == seq and data["vehicle_id"] == "bus-1" for seq, kind, data in news)


def test_a_new_listener_is_greeted_with_the_version_there_is(served):
    with served.listen("/vehicles/bus-2/events", "driver-2") as events:
        [(_, kind, data)] = some(events, 1)
    assert (kind, data["vehicle_id"]) == ("stop-list", "bus-2")
    assert data["version"] == 1


def test_whoever_was_away_gets_what_was_missed_once_and_goes_on(served):
    with served.listen("/vehicles/bus-1/events", "driver") as events:
        greeted = versions(some(events, 1))
        before = until(events, served.change(2))
    meanwhile = served.change(2)
    with served.listen("/vehicles/bus-1/events", "driver", last=before[-1][0]) as events:
        missed = until(events, meanwhile)
        newest = served.change()
        after = until(events, newest)
    assert versions(before + missed + after) == list(range(greeted[0] + 1, newest + 1))


def test_from_wherever_one_resumes_the_rest_follows_without_gap_or_double(served):
    served.change(3)
    with served.doors.running.store.audit() as session:
        stored = [(each.seq, each.event.kind.value) for each in session.all_events()]
    assert len(stored) >= 6
    for position in range(len(stored)):
        last = stored[position - 1][0] if position else 0
        with served.listen("/events", "planner", last=last) as events:
            assert [(seq, kind) for seq, kind, _ in some(events, len(stored) - position)] == stored[position:]


def test_many_events_at_once_all_come_in_order(served):
    with served.doors.running.store.read() as session:
        last = session.last_seq()
    with served.listen("/events", "control", last=last) as events:
        with served.doors.running.store.write() as session:
            session.add_events([Event(EventKind.STOP_LIST, NOW_S, vehicle_id="bus-1", data={}) for _ in range(1200)])
        assert [seq for seq, _, _ in some(events, 1200)] == list(range(last + 1, last + 1201))


def test_a_restart_in_between_loses_nothing(home):
    with serving(home) as first, first.listen("/vehicles/bus-1/events", "driver") as events:
        greeted = versions(some(events, 1))
        before = until(events, first.change())
        tokens = first.doors.tokens
        first.change()
    with serving(home, tokens) as second:
        version = second.change()
        with second.listen("/vehicles/bus-1/events", "driver", last=before[-1][0]) as events:
            missed = until(events, version)
            newest = second.change()
            after = until(events, newest)
    assert newest >= 4
    assert versions(before + missed + after) == list(range(greeted[0] + 1, newest + 1))


def test_a_stream_hears_of_its_own_van_only(served):
    with served.listen("/vehicles/bus-2/events", "driver-2", last=0) as events:
        served.change()
        with served.doors.running.store.write() as session:
            session.add_events([Event(EventKind.STOP_LIST, NOW_S, vehicle_id="bus-2", data={"version": 1})])
        (heard,) = some(events, 1)
    assert heard[2]["vehicle_id"] == "bus-2"
    for path in ("/vehicles/bus-1/events", "/vehicles/bus-9/events"):
        assert served.call("GET", path, "driver-2").status_code == 404
    assert served.call("GET", "/events", "driver").status_code == 403


def test_no_event_names_anybody(served):
    served.change(2)
    with served.doors.running.store.read() as session:
        number = len(session.events_after(0))
    with served.listen("/events", last=0) as events:
        told = json.dumps(some(events, number))
    assert "booked" in told
    assert RIDER["name"] not in told
    assert RIDER["phone"] not in told


@pytest.mark.parametrize("last", ["", "x", "-1", "1.5", "1e3", "9" * 19, "\u0661", "0x10", "1 2"])
@pytest.mark.parametrize("path", ["/vehicles/bus-1/events", "/events"])
def test_a_last_event_that_is_no_number_is_refused(shared_doors, path, last):
    answer = shared_doors.get(path, headers={"Last-Event-ID": last.encode()})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"location": "header.last-event-id", "detail": "not a number"}]


def test_a_number_that_no_event_has_yet_begins_anew(served):
    """As after a backup was restored: nobody waits in silence until the numbers have caught up."""
    version = served.change()
    with served.listen("/vehicles/bus-1/events", "driver", last=10**17) as events:
        assert some(events, 1)[0][2] == {"version": version, "vehicle_id": "bus-1"}
        assert until(events, served.change())[0][2]["version"] == version + 1


def test_a_silent_stream_says_that_it_lives(served, monkeypatch):
    monkeypatch.setattr("api.live.PING_EVERY_S", 0.05)
    headers = served.doors.headers("driver")
    with httpx.stream("GET", f"{served.url}/vehicles/bus-1/events", headers=headers, timeout=PATIENCE_S) as answer:
        assert next(line for line in answer.iter_lines() if line.startswith(":")) == ": alive"

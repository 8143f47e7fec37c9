"""One process does the background work, whatever the clocks say; when it is gone, another one does."""

import subprocess
import sys
import threading
import time

import pytest

from rufbus.lease import LOST_S, RENEW_S, SETTING, Lease
from rufbus.running import Runner
from rufbus.store.memory import MemoryStore

from .dispatch.little_town import instant, open_desk

RIVALS = 6
PATIENCE_S = 60


class Stopwatch:
    """Shows what it is set to, from any begin: processes do not share one."""

    def __init__(self, shows_s=0.0):
        self.shows_s = shows_s

    def __call__(self):
        return self.shows_s


class BlindLease(Lease):
    """The broken twin: takes the lease without looking whether it still is what it was."""

    def _replace(self):
        with self.store.write() as session:
            session.put_setting(SETTING, self.holder)
        return True


def let_pass(seconds, *leases):
    """Let every process look as often as it would in that time; return who held the lease at any look."""
    holders = set()
    for _ in range(round(seconds / RENEW_S)):
        for lease in leases:
            lease.stopwatch.shows_s += RENEW_S
            if lease.hold():
                holders.add(lease.holder)
    return holders


def make_leases(store, count=2, kind=Lease):
    return [kind(store, f"p{number}", Stopwatch(1e6 * number)) for number in range(count)]


def test_the_first_takes_it_at_once_and_keeps_it_while_it_counts(store):
    first, second = make_leases(store)
    assert first.hold()
    assert let_pass(5 * LOST_S, second, first) == {"p0"}


def test_a_lease_that_stands_still_is_taken_over_within_fifteen_seconds(store):
    first, second = make_leases(store)
    assert first.hold()
    assert not second.hold()
    assert let_pass(LOST_S - 2 * RENEW_S, second) == set()
    assert let_pass(15 - (LOST_S - 2 * RENEW_S), second) == {"p1"}


def test_who_was_asleep_finds_that_another_has_it(store):
    first, second = make_leases(store)
    assert first.hold()
    let_pass(15, second)
    first.stopwatch.shows_s += 3600
    assert not first.hold()
    assert let_pass(5 * LOST_S, first, second) == {"p1"}


def test_what_is_given_back_is_taken_at_the_next_look(store):
    first, second = make_leases(store)
    assert first.hold()
    assert not second.hold()
    first.release()
    assert not first.is_held
    assert let_pass(RENEW_S, second) == {"p1"}
    first.release()  # it has nothing to give back
    assert let_pass(LOST_S, first, second) == {"p1"}


def count_winners(leases):
    """Let all take over the same dead lease: each has seen it stand still before any of them writes."""
    for lease in leases:
        lease.hold()
    barrier = threading.Barrier(len(leases), timeout=PATIENCE_S)
    won = []

    def take(lease):
        lease._watch(lease.stopwatch())
        lease.stopwatch.shows_s += LOST_S
        barrier.wait()
        if lease._replace():
            won.append(lease.holder)

    threads = [threading.Thread(target=take, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return len(won)


def make_rivals(store, kind=Lease):
    dead, *rivals = make_leases(store, RIVALS + 1, kind)
    assert dead.hold()
    return rivals


def test_of_many_who_take_over_at_once_one_does(store):
    assert count_winners(make_rivals(store)) == 1


def test_a_lease_that_is_not_compared_is_found_out():
    assert count_winners(make_rivals(MemoryStore(), BlindLease)) > 1


PROCESS = """
import sys, time
import rufbus.lease as lease
from rufbus.store.unit_of_work import open_store
lease.RENEW_S, lease.LOST_S = 0.1, 1.0
mine = lease.Lease(open_store(sys.argv[1]), sys.argv[2])
while True:
    print(int(mine.hold()), flush=True)
    time.sleep(0.1)
"""


def start_process(url, name):
    return subprocess.Popen([sys.executable, "-c", PROCESS, url, name], stdout=subprocess.PIPE, text=True)


def wait_for(process, wanted):
    return any(process.stdout.readline().strip() == wanted for _ in range(300))


def test_a_process_that_is_killed_loses_the_work_to_the_other(url):
    first = start_process(url, "first")
    assert wait_for(first, "1")
    second = start_process(url, "second")
    try:
        assert [second.stdout.readline().strip() for _ in range(20)] == ["0"] * 20
        first.kill()
        assert wait_for(second, "1")
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
            process.stdout.close()


# --- the runner ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ticks(monkeypatch):
    """Count the steps of each desk."""
    counted = {}

    def tick(desk):
        counted[id(desk)] = counted.get(id(desk), 0) + 1

    monkeypatch.setattr("rufbus.running.tick", tick)
    return counted


def wait_until(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not come about")


def make_runner(store):
    return Runner(open_desk(instant("2026-11-25", "08:00")), improves=False, lease=Lease(store))


def test_only_the_holder_works_and_hands_over_when_it_stops(ticks, monkeypatch):
    monkeypatch.setattr("rufbus.lease.RENEW_S", 0.01)
    store = MemoryStore()
    first, second = make_runner(store), make_runner(store)
    first.start()
    wait_until(lambda: ticks.get(id(first.desk), 0) > 0)
    second.start()
    wait_until(lambda: ticks[id(first.desk)] > 2)
    assert id(second.desk) not in ticks
    first.stop()
    wait_until(lambda: ticks.get(id(second.desk), 0) > 0)
    second.stop()
    assert second.problem is None


def test_a_process_whose_step_fails_leaves_the_work_to_another(ticks, monkeypatch):
    monkeypatch.setattr("rufbus.lease.RENEW_S", 0.01)
    store = MemoryStore()
    first, second = make_runner(store), make_runner(store)
    first.autopilot = lambda _: 1 / 0
    first.start()
    wait_until(lambda: first.problem is not None)
    second.start()
    wait_until(lambda: ticks.get(id(second.desk), 0) > 0)
    first.stop()
    second.stop()
    assert id(first.desk) not in ticks

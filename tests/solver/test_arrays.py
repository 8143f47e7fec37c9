"""A problem packed from another one is what packing it anew would give."""

from dataclasses import replace
from random import Random
from sys import getrefcount

import numpy as np
import pytest

from solver.arrays import Packed, Tables, pack, repack
from solver.breaks import start_states
from solver.problem import Aboard, Problem

from .instances import Size, draw_problem, draw_ride, draw_shift

SIZE = Size(rides=8, durations=True)


def changed(random: Random, problem: Problem) -> Problem:
    """The same problem after a while: rides come, go, change and move up; vans move on, come and go."""
    shifts = list(problem.shifts)
    if random.random() < 0.5:
        number = random.randrange(len(shifts))
        shifts[number] = replace(shifts[number], start_at=shifts[number].start_at + 30, locked=())
    if random.random() < 0.2:
        shifts.append(draw_shift(random, len(problem.travel_s), SIZE))
    elif random.random() < 0.2 and len(shifts) > 1:
        shifts.pop()
    rides = [ride for ride in problem.rides if random.random() < 0.8]
    if random.random() < 0.3:
        random.shuffle(rides)
    if rides and random.random() < 0.5:
        number = random.randrange(len(rides))
        rides[number] = replace(rides[number], max_ride_s=rides[number].max_ride_s + 30)
    if rides and random.random() < 0.3:
        rides[0] = replace(rides[0], aboard=Aboard(random.randrange(len(shifts)), 0), shifts=None)
    while not rides or random.random() < 0.5:
        rides.append(draw_ride(random, problem.travel_s, tuple(shifts), SIZE))
    return Problem(problem.travel_s, tuple(rides), tuple(shifts))


def differences(found: Tables, expected: Tables) -> list[str]:
    return [name for name in Tables._fields if not np.array_equal(getattr(found, name), getattr(expected, name))]


def chains_with_differences(function) -> int:
    """In how many of many chains of changes ``function`` gives anything but what packing anew gives."""
    random, wrong = Random(12), 0
    for _ in range(60):
        problem = draw_problem(random, SIZE)
        packed = pack(problem)
        for _ in range(6):
            problem = changed(random, problem)
            packed = function(packed, problem)
            assert packed.problem is problem
            wrong += bool(differences(packed.tables, pack(problem).tables))
    return wrong


def test_repacking_equals_packing_after_any_change():
    assert chains_with_differences(repack) == 0


def test_a_twin_that_keeps_rides_by_their_number_is_found_stale():
    def stale(packed: Packed, problem: Problem) -> Packed:
        by_number = [*packed.problem.rides, *problem.rides[len(packed.problem.rides) :]][: len(problem.rides)]
        tables = repack(packed, Problem(problem.travel_s, tuple(by_number), problem.shifts)).tables
        return Packed(problem, tables)

    assert chains_with_differences(stale) > 100


def test_rides_that_stay_are_not_packed_again(monkeypatch):
    problem = draw_problem(Random(1), Size(rides=8, aboard=0))
    packed = pack(problem)
    seen = []
    monkeypatch.setattr("solver.arrays.pack_ride", seen.append)
    repack(packed, problem.with_rides(problem.rides[::-1]))
    assert seen == []
    with pytest.raises(TypeError):
        repack(packed, problem.with_rides((replace(problem.rides[0]), *problem.rides[1:])))
    assert len(seen) == 1


def test_a_bare_kernel_called_from_python_holds_nothing_of_what_it_was_given_afterwards():
    rows, state = np.zeros((3, 20), dtype=np.int64), np.zeros(20, dtype=np.int64)
    start_states(state, state[:0], rows[0], 0, 7)
    before = getrefcount(rows), getrefcount(state)
    for _ in range(10):
        start_states(state, state[:0], rows[0], 0, 7)
    assert (getrefcount(rows), getrefcount(state)) == before

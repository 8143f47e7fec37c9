"""A worker process may die without harm."""

import os
import time
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool

import pytest

from rufbus.workers import InlineWorkers, ProcessWorkers


@pytest.fixture(params=[InlineWorkers, ProcessWorkers])
def workers(request):
    made = request.param()
    yield made
    made.close()


def test_a_job_gives_its_result(workers):
    assert workers.submit(max, 21, 42).result(timeout=60) == 42


def test_a_failing_job_shows_where_its_result_is_asked_for(workers):
    future = workers.submit(int, "no")
    with pytest.raises(ValueError, match="no"):
        future.result(timeout=60)


def test_a_killed_worker_is_replaced():
    workers = ProcessWorkers()
    try:
        with pytest.raises(Exception, match="terminated abruptly"):
            workers.submit(os.abort).result(timeout=60)
        assert workers.submit(max, 4, 8).result(timeout=60) == 8
    finally:
        workers.close()


def test_a_busy_worker_that_is_ended_is_replaced():
    workers = ProcessWorkers()
    try:
        stuck = workers.submit(time.sleep, 600)
        assert workers.submit(max, 4, 8) is not None
        workers.close()
        with pytest.raises((BrokenProcessPool, CancelledError)):
            stuck.result(timeout=60)
        assert workers.submit(max, 4, 8).result(timeout=60) == 8
    finally:
        workers.close()


def test_a_worker_steps_back_behind_those_who_wait_for_an_answer():
    workers = ProcessWorkers()
    try:
        assert workers.submit(os.nice, 0).result(timeout=60) > os.nice(0)
    finally:
        workers.close()


def test_closing_ends_the_processes():
    workers = ProcessWorkers()
    pid = workers.submit(os.getpid).result(timeout=60)
    workers.close()
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        os.waitpid(-1, os.WNOHANG)
        time.sleep(0.05)
    pytest.fail("the worker process is still there")

"""Where thinking happens: in worker processes that may die without harm, or in line for simulation."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


JOBS_PER_PROCESS = 250
"""After so many jobs a process is replaced, so that what a library may leave behind never adds up."""


NICENESS = 10
"""How far the worker processes step back behind whoever waits for an answer."""


def _step_back() -> None:
    os.nice(NICENESS)


class ProcessWorkers:
    """One or more worker processes, started when first needed and replaced when one dies."""

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, job: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Start ``job`` in a worker process; a dead worker shows as an exception of the future."""
        with self._lock:
            try:
                return self._running().submit(job, *args, **kwargs)
            except BrokenProcessPool:
                self._pool = None
                return self._running().submit(job, *args, **kwargs)

    def close(self) -> None:
        """End the worker processes, busy or not; the next job starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            processes = list((pool._processes or {}).values())  # noqa: SLF001 — the pool offers no way to end a busy worker
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._count, mp_context=context, initializer=_step_back, max_tasks_per_child=JOBS_PER_PROCESS
            )
        return self._pool


class InlineWorkers:
    """Runs each job at once in the calling thread: reproducible, for simulation and tests."""

    def submit(self, job: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run ``job`` now and return its finished future."""
        future: Future[R] = Future()
        try:
            future.set_result(job(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 — the caller sees it where it asks for the result
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Do nothing: there is nothing to end."""

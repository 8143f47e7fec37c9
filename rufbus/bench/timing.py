"""Time a piece of work: warmed up, repeated, with everything measured kept."""

from __future__ import annotations

import time
from collections.abc import Callable

from rufbus.bench.figures import Sample

SECONDS_PER = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}


def measure(
    work: Callable[[], object],
    *,
    repeats: int = 5,
    warm_ups: int = 1,
    unit: str = "s",
    clock: Callable[[], float] = time.perf_counter,
) -> Sample:
    """Return the wall times of ``repeats`` runs of ``work`` in ``unit`` (s, ms or µs), after ``warm_ups`` not measured.

    The warm-up keeps compilation and first reads outside what is measured. Another ``clock``, in seconds, may be that
    of the processor: what runs long on a busy machine would else wait more often than what is done in a moment.
    """
    for _ in range(warm_ups):
        work()
    values = []
    for _ in range(repeats):
        started_s = clock()
        work()
        values.append((clock() - started_s) / SECONDS_PER[unit])
    return Sample(tuple(values), unit)

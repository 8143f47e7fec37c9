"""Progress over many things of one kind: a bar on a terminal, a line each elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

REFRESHES_PER_S = 2
"""Rarely, as what is measured runs on the same cores."""
Thing = TypeVar("Thing")


def track(things: Sequence[Thing], name: Callable[[Thing], str], console: Console) -> Iterator[Thing]:
    """Yield each of ``things`` and show how far the run is."""
    if not console.is_terminal:
        for number, thing in enumerate(things, 1):
            console.print(f"{name(thing)} ({number} of {len(things)}) …", highlight=False, markup=False)
            yield thing
        return
    columns = (
        TextColumn("{task.description:24}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, refresh_per_second=REFRESHES_PER_S, transient=True) as bars:
        task = bars.add_task("", total=len(things))
        for thing in things:
            bars.update(task, description=name(thing))
            yield thing
            bars.advance(task)

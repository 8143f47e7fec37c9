"""Progress of long jobs, as bars on a terminal and as plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn


class ProgressBars:
    """One bar per step, in the order in which the steps are first heard of."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain = not console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description:32}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Start showing."""
        if not self._plain:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the last bar, unless the work was cut off."""
        if kind is None:
            self._finish_all()
        if not self._plain:
            self._bars.stop()

    def update(self, what: str, done: float) -> None:
        """Show how far a step is, 0 to 1."""
        if what not in self._tasks:
            self._finish_all()
            self._tasks[what] = self._bars.add_task(what, total=1.0)
            if self._plain:
                self._console.print(f"{what} …", highlight=False)
        self._bars.update(self._tasks[what], completed=done)

    def _finish_all(self) -> None:
        for task in self._tasks.values():
            self._bars.update(task, completed=1.0)

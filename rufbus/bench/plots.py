"""Plots as SVG files, drawn by Matplotlib where it is installed; the same figures give the same file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rufbus.bench.best_known import Best
from rufbus.bench.outcome import check_out, write_text
from rufbus.bench.public_sets import Result
from rufbus.bench.solving import Outcome
from rufbus.domain.errors import InvalidInput

MARKS = {"ours": "o", "pyvrp": "s", "vroom": "^", "or-tools": "D"}
INCHES_PER_INSTANCE = 0.17


def check_plot(path: Path | None) -> None:
    """See that a plot can be drawn and written, before the run.

    Raises
    ------
    InvalidInput
        When Matplotlib is missing, the file is no ``.svg``, or its folder cannot be written to.
    """
    if path is None:
        return
    if path.suffix != ".svg":
        raise InvalidInput(f"--plot {path}: plots are SVG files; name one that ends in .svg.")
    check_out(path, "--plot")
    _matplotlib()


def plot_gaps(results: Sequence[Result], title: str, path: Path) -> None:
    """Draw how far everybody is above the best known, instance by instance, and write it to ``path``.

    Instances without a best known are left out. Who used more vehicles, or left requests unserved, stands on the line
    at the right.
    """
    pyplot = _matplotlib()
    known = [result for result in results if result.best is not None]
    names = ["ours", *(known[0].peers if known else ())]
    gaps = {name: [_percent(result, name) for result in known] for name in names}
    edge = max([1.0, *(1.15 * gap for each in gaps.values() for gap in each if gap is not None)])
    figure, axes = pyplot.subplots(figsize=(8, 3 + INCHES_PER_INSTANCE * len(known)), layout="constrained")
    for name in names:
        rows = [(edge if gap is None else gap, row) for row, gap in enumerate(gaps[name])]
        axes.scatter(
            [gap for gap, _ in rows], [row for _, row in rows], s=18, marker=MARKS[name], alpha=0.75, label=name
        )
    axes.axvline(edge, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(known)), [result.instance.name for result in known], fontsize=7)
    axes.set_xlim(min([0.0, *(gap for each in gaps.values() for gap in each if gap is not None)]) - 0.02 * edge, None)
    axes.set_ylim(len(known) - 0.5, -0.5)
    axes.set_xlabel("cost above the best known (%); on the line at the right: more vehicles, or unserved requests")
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(axis="x", linewidth=0.4)
    figure.legend(fontsize=8, loc="outside lower center", ncols=len(names))
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    write_text(path, drawn.getvalue())


def _percent(result: Result, name: str) -> float | None:
    outcome: Outcome | None = result.ours if name == "ours" else result.peers.get(name)
    best: Best | None = result.best
    gap = None if outcome is None else outcome.gap(best)
    return None if gap is None else 100 * gap


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an optional library, asked for only when a plot is
        from matplotlib import pyplot as plt  # noqa: PLC0415
    except ImportError:
        raise InvalidInput("Matplotlib draws the plots and is not installed: run make bench-setup.") from None
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "rufbus"
    return plt

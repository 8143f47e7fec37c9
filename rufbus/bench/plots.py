"""Plots as SVG files, drawn by Matplotlib where it is installed; the same figures give the same file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rufbus.bench.best_known import Best
from rufbus.bench.figures import Row, Sample
from rufbus.bench.outcome import check_out, write_text
from rufbus.bench.public_sets import Result
from rufbus.bench.solving import Outcome
from rufbus.domain.errors import InvalidInput

MARKS = {"ours": "o", "pyvrp": "s", "vroom": "^", "or-tools": "D"}
INCHES_PER_INSTANCE = 0.17
INCHES_PER_BAR = 0.28


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
    _write(pyplot, figure, path)


def plot_bars(rows: Sequence[Row], title: str, path: Path) -> None:
    """Draw ours beside each peer's, a picture for each row, on logarithmic scales, and write it to ``path``.

    Rows in which nothing is compared are left out.
    """
    pyplot = _matplotlib()
    compared = [(row, bars) for row in rows if len(bars := _bars(row)) > 1]
    heights = [1.2 + len(bars) for _, bars in compared]
    figure, grid = pyplot.subplots(
        len(compared), figsize=(8, INCHES_PER_BAR * sum(heights) + 0.6), height_ratios=heights, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axes, (row, bars) in zip(grid[:, 0], compared, strict=True):
        values = [sample.median for sample in bars.values()]
        drawn = axes.barh(range(len(bars)), values, color=["tab:blue", *(len(bars) - 1) * ["0.7"]])
        axes.bar_label(drawn, [sample.to_text() for sample in bars.values()], fontsize=7, padding=3)
        axes.set_yticks(range(len(bars)), list(bars), fontsize=7)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xlim(min(values) / 3, 30 * max(values))
        axes.tick_params(axis="x", labelsize=7)
        axes.set_title(row.figure, fontsize=8, loc="left")
    figure.suptitle(title, fontsize=10)
    _write(pyplot, figure, path)


def plot_shares(groups: Mapping[str, Mapping[str, float]], axis: str, path: Path) -> None:
    """Draw a bar for each name in each group, group by group, and write it to ``path``; all groups have equal names."""
    pyplot = _matplotlib()
    names = list(next(iter(groups.values())))
    figure, axes = pyplot.subplots(figsize=(8, 3.5), layout="constrained")
    width = 0.85 / len(names)
    for number, name in enumerate(names):
        places = [group + (number - (len(names) - 1) / 2) * width for group in range(len(groups))]
        drawn = axes.bar(places, [shares[name] for shares in groups.values()], width, label=name)
        axes.bar_label(drawn, fmt="%.0f", fontsize=7)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_ylabel(axis)
    figure.legend(fontsize=8, loc="outside lower center", ncols=4)
    _write(pyplot, figure, path)


def _bars(row: Row) -> dict[str, Sample]:
    return {name: cell for name, cell in {"ours": row.ours, **row.peers}.items() if isinstance(cell, Sample)}


def _write(pyplot: Any, figure: Any, path: Path) -> None:
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

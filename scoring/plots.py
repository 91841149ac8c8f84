"""Plots of a report as SVG that stands in a page: its colours and fonts are the page's.

Each takes what its table on the page shows. Needs matplotlib, of the extra `report`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .plot_style import ACCENT, CLASS_COLOURS, CLASSES, ON_CLASS, PAPER, UNSCORED, plotted, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3
_MARGIN = 0.6
_WIDE_ENOUGH = 0.06


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval, for a row of a forest plot.

    Attributes:
        label: What the row is.
        value: The value.
        low: The interval's lower end; None if it has none.
        high: Its upper end.
    """

    label: str
    value: float
    low: float | None
    high: float | None


def forest(points: Sequence[Point], *, name: str, label: str, limits: tuple[float, float] | None) -> str:
    """Values with their intervals, a row each from the top.

    Args:
        points: The rows.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.
        limits: Of the axis; None to fit them. From 0 to 1 the axis is in percent.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """

    def draw(axes: Axes) -> None:
        rows = range(len(points))
        for row, point in zip(rows, points, strict=True):
            if point.low is not None and point.high is not None:
                axes.plot(
                    [point.low, point.high], [row, row], color=ACCENT, linewidth=2, solid_capstyle="butt"
                )
        axes.plot([each.value for each in points], rows, "o", color=ACCENT, markersize=6, clip_on=False)
        axes.grid(axis="x")
        _rows(axes, [each.label for each in points])
        _scale(axes, limits)

    return _plot(draw, rows=len(points), name=name, label=label)


def stacked(shares: Mapping[str, Sequence[float]], rows: Sequence[str], *, name: str, label: str) -> str:
    """Shares of classes side by side, a bar a row from the top, and hatched what is left: the unscored.

    Args:
        shares: Of each class, one a row.
        rows: What the rows are.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """

    def draw(axes: Axes) -> None:
        left = [0.0] * len(rows)
        for number, values in enumerate(shares.values()):
            colour, on_it = CLASSES[number % CLASS_COLOURS], ON_CLASS[number % CLASS_COLOURS]
            axes.barh(range(len(rows)), values, left=left, height=0.72, color=colour, edgecolor=PAPER)
            for row, (start, value) in enumerate(zip(left, values, strict=True)):
                if value >= _WIDE_ENOUGH:
                    text = f"{100 * value:.0f}"
                    axes.text(start + value / 2, row, text, ha="center", va="center", color=on_it)
            left = [start + value for start, value in zip(left, values, strict=True)]
        rest = [max(0.0, 1 - each) for each in left]
        axes.barh(range(len(rows)), rest, left=left, height=0.72, color=UNSCORED, hatch="////", linewidth=0)
        _rows(axes, rows)
        _scale(axes, (0, 1))

    return _plot(draw, rows=len(rows), name=name, label=label)


def bars(counts: Mapping[str, int], *, name: str, label: str) -> str:
    """Counts, a bar each from the top, with their numbers.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        drawn = axes.barh(range(len(counts)), list(counts.values()), height=0.6, color=ACCENT)
        axes.bar_label(drawn, [f"{each:,}" for each in counts.values()], padding=4)
        axes.margins(x=0.12)
        _rows(axes, list(counts))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))

    return _plot(draw, rows=len(counts), name=name, label=label)


def histogram(edges: Sequence[float], counts: Sequence[int], *, name: str, label: str) -> str:
    """How many scores are in each bin.

    Args:
        edges: Of the bins, ascending, one more than there are bins.
        counts: One a bin.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """

    def draw(axes: Axes) -> None:
        axes.stairs(counts, edges, fill=True, color=ACCENT)
        axes.grid(axis="y")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_xlabel("score")
        axes.set_ylabel("samples")

    return _plot(draw, rows=6, name=name, label=label)


def _plot(draw: Callable[[Axes], None], *, rows: int, name: str, label: str) -> str:
    def on(figure: Figure) -> None:
        draw(figure.add_subplot())

    return plotted(on, height=_MARGIN + _ROW * rows, name=name, label=label)


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), [short(each) for each in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)


def _scale(axes: Axes, limits: tuple[float, float] | None) -> None:
    if limits is None:
        axes.margins(x=0.1)
        return
    axes.set_xlim(*limits)
    if limits == (0, 1):
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0 %", "20", "40", "60", "80", "100 %"])

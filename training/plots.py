"""Lines side by side in panels, as SVG that stands in a page. Needs matplotlib, of the extra `report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..scoring.plot_style import CLASS_COLOURS, CLASSES, plotted, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_COLUMNS = 3
_PANEL = 2.4
_LEGEND = 0.25
_ABOVE = 1.02
_FEW = 4
_ROUND: Mapping[str, Any] = {"integer": True, "steps": [1, 2, 5, 10]}
_LEGEND_WIDTH, _HANDLE, _LETTER = 7.3, 0.62, 0.075
_DASHES: list[Any] = ["-", "--", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))]

LEVEL = -1
"""The pattern of lines that mark a level."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a panel.

    Attributes:
        label: Its name in the legend; lines of one label look alike.
        x: Ascending.
        y: Of the length of `x`.
        low: The lower edge of a band around the line; empty for none.
        high: Its upper edge.
        colour: The same number is the same colour.
        dash: The same number is the same pattern; `LEVEL` is one of its own.
        marked: Whether points have marks.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    colour: int = 0
    dash: int = 0
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines that are compared, under a title."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Scales:
    """What the axes are.

    Attributes:
        x: The name of the horizontal one.
        y: The name of the vertical one.
        percent: Whether the vertical one is from 0 to 100 percent.
        kind: `whole` marks each whole number, `doubling` each power of two, on a logarithmic scale.
    """

    x: str
    y: str
    percent: bool = False
    kind: Literal["plain", "whole", "doubling"] = "plain"


def lines(panels: Sequence[Panel], scales: Scales, *, name: str, label: str) -> str:
    """Panels side by side with the same axes, and one legend above them.

    Args:
        panels: At least one.
        scales: What the axes are.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    names = list(dict.fromkeys(line.label for panel in panels for line in panel.lines))
    beside = _legend_columns(names)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        cells: list[Axes] = list(grid.flat)
        handles: dict[str, Line2D] = {}
        for axes, panel in zip(cells, panels, strict=False):
            for line in panel.lines:
                handles.setdefault(line.label, _drawn(axes, line))
            axes.set_title(short(panel.title), fontsize=9.0, loc="left")
            axes.grid(axis="y")
        for axes in cells[len(panels) :]:
            axes.set_visible(False)
        _axes(cells[0], panels, scales)
        for place, axes in enumerate(cells[: len(panels)]):
            axes.set_ylabel(scales.y if place % columns == 0 else "")
            below = place + columns >= len(panels)
            axes.set_xlabel(scales.x if below else "")
            axes.tick_params(labelbottom=below)
        _legend(figure, handles, beside)

    height = _PANEL * rows + _LEGEND * -(-len(names) // beside)
    return plotted(draw, height=height, name=name, label=label)


def _drawn(axes: Axes, line: Line) -> Line2D:
    colour = CLASSES[line.colour % CLASS_COLOURS]
    if line.low and line.high:
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.18, linewidth=0)
    (found,) = axes.plot(
        line.x,
        line.y,
        color=colour,
        linestyle="-." if line.dash == LEVEL else _DASHES[line.dash % len(_DASHES)],
        linewidth=1.6,
        marker="o" if line.marked or len(line.x) == 1 else "",
        markersize=3,
    )
    return found


def _axes(axes: Axes, panels: Sequence[Panel], scales: Scales) -> None:
    """Scales of all panels: they share them."""
    from matplotlib.ticker import MaxNLocator

    ticks = sorted({each for panel in panels for line in panel.lines for each in line.x})
    if scales.kind == "doubling":
        powers = [each for each in ticks if each and (int(each) & (int(each) - 1)) == 0]
        axes.set_xscale("log", base=2)
        axes.set_xticks(powers, [f"{each:g}" for each in powers])
        axes.minorticks_off()
    elif scales.kind == "whole":
        axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
    else:
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(_FEW if len(panels) > 1 else "auto", **_ROUND))
    if scales.percent:
        axes.set_ylim(0, _ABOVE)
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0 %", "20", "40", "60", "80", "100 %"])


def _legend_columns(names: Sequence[str]) -> int:
    """How many entries of a legend go beside each other, in inches of the figure."""
    longest = max((len(short(each)) for each in names), default=0)
    return max(1, min(len(names), int(_LEGEND_WIDTH / (_HANDLE + _LETTER * longest))))


def _legend(figure: Figure, handles: Mapping[str, Line2D], columns: int) -> None:
    # Matplotlib fills columns; read by rows, entries are in their order.
    order = [name for start in range(columns) for name in list(handles)[start::columns]]
    figure.legend(
        [handles[name] for name in order],
        [short(name) for name in order],
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        handlelength=2.4,
    )

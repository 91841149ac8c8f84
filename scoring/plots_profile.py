"""Plots of profiles: heat maps with their figures in them, and a tree of models beside one.

Colours are those of the page, as in `plots`; a value is how opaque its cell is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from .plot_style import ACCENT, CLASSES, FAINT, INK, PAPER, UNSCORED, plotted, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Cells = Sequence[Sequence[float | None]]

_ROW = 0.26
_MARGIN = 0.75
_OPAQUE = 0.65
_NEGATIVE = CLASSES[3]
_MANY = 20
_SMALL, _USUAL = 7.5, 8.5


def heat(
    values: Cells,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    name: str,
    label: str,
    outlined: bool = False,
) -> str:
    """Shares or correlations as cells, with their figures.

    Args:
        values: From -1 to 1, a list a row; None where there is none.
        rows: What the rows are.
        columns: What the columns are.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.
        outlined: Whether the cells from corner to corner get a frame: a habit on its own tasks.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        _cells(axes, values)
        _names(axes, rows, columns)
        if outlined:
            _outline(axes, len(rows))

    return plotted(draw, height=_MARGIN + _ROW * len(rows), name=name, label=label)


def tree_heat(
    values: Cells,
    rows: Sequence[str],
    columns: Sequence[str],
    joins: Sequence[Sequence[float]],
    *,
    name: str,
    label: str,
) -> str:
    """Shares as cells with a tree of the rows at their right.

    Args:
        values: From 0 to 1, a list a row, in the order of the tree's leaves.
        rows: What the rows are, in that order.
        columns: What the columns are.
        joins: The tree, as SciPy has linkages.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """

    def draw(figure: Figure) -> None:
        cells, tree = cast("Any", figure).subplots(1, 2, sharey=True, width_ratios=[5, 1])
        _cells(cells, values)
        _names(cells, rows, columns)
        _tree(tree, joins)

    return plotted(draw, height=_MARGIN + 0.35 + _ROW * max(len(rows), 4), name=name, label=label)


def _cells(axes: Axes, values: Cells) -> None:
    from matplotlib.patches import Rectangle

    size = _SMALL if len(values[0]) * len(values) >= _MANY**2 else _USUAL
    for row, cells in enumerate(values):
        for column, value in enumerate(cells):
            corner = (column - 0.5, row - 0.5)
            if value is None:
                axes.add_patch(
                    Rectangle(corner, 1, 1, facecolor=UNSCORED, edgecolor=PAPER, hatch="////", linewidth=0.5)
                )
                continue
            colour, alpha = (ACCENT if value >= 0 else _NEGATIVE), min(1.0, abs(value))
            axes.add_patch(Rectangle(corner, 1, 1, facecolor=(colour, alpha), edgecolor=PAPER, linewidth=1))
            on_it = PAPER if alpha > _OPAQUE else INK
            text = f"{100 * value:.0f}"
            # Figures stay inside their cells: measuring hundreds of them for the layout takes seconds.
            axes.text(
                column, row, text, ha="center", va="center", color=on_it, fontsize=size, in_layout=False
            )


def _names(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [short(each) for each in rows])
    turned = max(map(len, columns)) > 3  # noqa: PLR2004 -- numbers stand upright
    axes.set_xticks(
        range(len(columns)),
        [short(each) for each in columns],
        rotation=45 if turned else 0,
        ha="left" if turned else "center",
        rotation_mode="anchor",
    )
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _outline(axes: Axes, size: int) -> None:
    from matplotlib.patches import Rectangle

    for place in range(size):
        corner = (place - 0.5, place - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=1.2, zorder=3))


def _tree(axes: Axes, joins: Sequence[Sequence[float]]) -> None:
    """Leaves at the left, the root at the right; distances along the axis below."""
    import numpy as np
    from scipy.cluster import hierarchy

    found = cast("Any", hierarchy).dendrogram(np.asarray(joins), no_plot=True)
    for along, down in zip(found["dcoord"], found["icoord"], strict=True):
        axes.plot(along, [(each - 5) / 10 for each in down], color=INK, linewidth=1.2)
    axes.set_xlim(0, 1.05 * max(join[2] for join in joins) or 1)
    axes.set_xlabel("1 - r")
    axes.grid(axis="x", color=FAINT)
    axes.tick_params(left=False, labelleft=False)

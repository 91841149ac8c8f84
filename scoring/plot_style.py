"""How plots of a page are drawn: with its colours and fonts, as SVG that stands in it.

Needs matplotlib, of the extra `report`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ..errors import MissingLibraryError
from ..schemas.printable import printable
from .drawings import inline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASS_COLOURS = 8
"""Colours that the page has for classes: `--class-0` and on."""

_WIDTH = 7.6
_LONGEST = 42

# Matplotlib wants real colours; the page gets its own variables in their places.
INK, FAINT, ACCENT, PAPER, UNSCORED = "#010101", "#020202", "#030303", "#040404", "#050505"
CLASSES = [f"#0a0a{each:02x}" for each in range(CLASS_COLOURS)]
ON_CLASS = [f"#0b0b{each:02x}" for each in range(CLASS_COLOURS)]
_VARIABLES: Mapping[str, str] = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    ACCENT: "var(--accent)",
    PAPER: "var(--paper)",
    UNSCORED: "var(--unscored)",
    **{colour: f"var(--class-{each})" for each, colour in enumerate(CLASSES)},
    **{colour: f"var(--on-class-{each})" for each, colour in enumerate(ON_CLASS)},
}
_STYLE: Mapping[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "ytick.left": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "figure.facecolor": "none",
    "hatch.color": INK,
    "hatch.linewidth": 0.4,
}


def plotted(draw: Callable[[Figure], None], *, height: float, name: str, label: str) -> str:
    """What is drawn, as an element for a page.

    Args:
        draw: Draws on an empty figure.
        height: Of the figure, in inches of 7.6 that it is wide.
        name: What makes this plot's ids unique in the page.
        label: What it shows, for those who don't see it.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            "HTML reports need matplotlib, which isn't installed: pip install 'mensrea[report]'"
        ) from error
    style: dict[Any, Any] = {**_STYLE, "svg.hashsalt": name}
    with mpl.rc_context(style), warnings.catch_warnings():
        # Measured with a font that may lack them; shown with the page's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        return inline(_written(figure), name=name, label=label, colours=_VARIABLES)


def short(label: str) -> str:
    """A label that prints and leaves room for the plot."""
    text = printable(label)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _written(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()

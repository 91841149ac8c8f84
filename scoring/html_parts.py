"""Tables and plots of a page, in the form that its template takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from . import plots
from . import report_words as words
from .metrics import Metric
from .printing import interval, number, ratio
from .report import Report


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page; columns in `texts` are words, the others numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot of the page, and what it shows."""

    svg: Markup
    caption: str


def drawn(svg: str, caption: str) -> Figure:
    """A plot of `plots` with its caption."""
    return Figure(Markup(svg), caption)  # noqa: S704 -- drawn by this package, which escapes texts


def metric_table(
    caption: str, first: str, names: Sequence[str], metrics: Sequence[Metric], report: Report
) -> Table:
    """Figures, a row each; `first` is what the names are."""
    columns = [
        first,
        "value",
        f"{words.level(report)} interval",
        "k/n",
        "coverage",
        "unscored could give",
        "paper's",
    ]
    rows = [
        [
            name,
            number(each.value, each.kind),
            interval(each.interval, each.kind),
            ratio(each),
            f"{100 * each.coverage:.1f} %",
            words.bounds(each),
            words.paper_figure(each),
        ]
        for name, each in zip(names, metrics, strict=True)
    ]
    return Table(caption, columns, rows, [first])


def forest_of(
    name: str, metrics: Sequence[Metric], labels: Sequence[str], report: Report, title: str
) -> Figure | None:
    """The figures with their intervals, a row each; None if none has a value."""
    ends = [(each.interval.low, each.interval.high) if each.interval else (None, None) for each in metrics]
    points = [
        plots.Point(label, each.value, *end)
        for label, each, end in zip(labels, metrics, ends, strict=True)
        if each.value is not None
    ]
    if not points:
        return None
    limits = (0.0, 1.0) if metrics[0].kind == "proportion" else None
    svg = plots.forest(points, name=name, label=f"{title}: values with intervals", limits=limits)
    return drawn(svg, f"{title}: values, and lines for {words.level(report)} intervals.")

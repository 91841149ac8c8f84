"""A report for a terminal: figures, groups, outcomes, what is unscored and why."""

from __future__ import annotations

from collections.abc import Sequence

from . import report_words as words
from .metrics import Metric
from .printing import Page, interval, number, ratio, share
from .report import Report

_GROUPS_SHOWN = 30
_WIDE = 100
_BAR = 25


def report_text(report: Report, width: int = 80, *, colour: bool = False) -> str:
    """The report as text.

    Args:
        report: What was found.
        width: Columns of the terminal; from 100 on intervals are drawn, too.
        colour: Whether to write the escape sequences for colour.
    """
    page = Page(width, colour=colour)
    page.facts(words.facts(report))
    _metrics(page, report)
    for (name, column), metrics in report.groups.items():
        page.title(f"{name} by {column}")
        _figures(page, column, [words.group_name(each) for each in metrics], metrics[:_GROUPS_SHOWN], report)
        if (more := len(metrics) - _GROUPS_SHOWN) > 0:
            page.line(f"... {more:,} more groups", style="dim")
    _baselines(page, report)
    _counts(page, report)
    _findings(page, report)
    page.line()
    page.line(words.method_line(report), style="dim")
    page.line(words.digest_line(report), style="dim")
    return page.text()


def _metrics(page: Page, report: Report) -> None:
    page.line()
    headline = report.headline
    _figures(page, "metric", [each.name for each in headline], headline, report)
    page.line()
    page.facts([(each.name, words.explained(each)) for each in headline])


def _figures(page: Page, first: str, names: Sequence[str], metrics: Sequence[Metric], report: Report) -> None:
    """A table of figures; what the paper's estimator gives only if there is one."""
    with_paper = any(each.paper for each in metrics)
    drawn = page.width >= _WIDE and any(each.kind == "proportion" for each in metrics)
    columns = [first, "value", f"{words.level(report)} interval", "k/n", "coverage"]
    columns += ["paper's"] * with_paper + [_scale()] * drawn
    rows = [
        [
            name,
            number(each.value, each.kind),
            interval(each.interval, each.kind),
            ratio(each),
            f"{100 * each.coverage:.1f} %",
            *([words.paper_figure(each)] * with_paper),
            *([_bar(each)] * drawn),
        ]
        for name, each in zip(names, metrics, strict=False)
    ]
    page.table(columns, rows, texts=[_scale()])


def _baselines(page: Page, report: Report) -> None:
    if report.baselines:
        page.title("Baselines on these items")
        page.table(words.BASELINE_COLUMNS, words.baseline_rows(report.baselines), texts=["rule"])


def _counts(page: Page, report: Report) -> None:
    total = report.samples.height
    page.title("Outcomes")
    classes = report.subject.classes
    rows = [
        [name, f"{count:,}", share(count, total), classes[name]] for name, count in report.outcomes.items()
    ]
    page.table(["outcome", "samples", "share", "meaning"], rows, texts=["meaning"])
    if report.unscored:
        page.title("Unscored")
        rows = [
            [name, f"{count:,}", share(count, total), words.reason_meaning(name)]
            for name, count in report.unscored.items()
        ]
        page.table(["reason", "samples", "share", "meaning"], rows, texts=["meaning"])


def _findings(page: Page, report: Report) -> None:
    if report.findings:
        page.title("Findings")
        for each in report.findings:
            page.line(words.finding_line(each), style="yellow")


def _scale() -> str:
    return f"0{'100 %':>{_BAR - 1}}"


def _bar(metric: Metric) -> str:
    """The value and its interval on a scale from 0 to 100 %."""
    if metric.value is None or metric.kind != "proportion":
        return " " * _BAR
    low, high = (metric.interval.low, metric.interval.high) if metric.interval else (metric.value,) * 2
    first, at, last = (round(min(max(each, 0.0), 1.0) * (_BAR - 1)) for each in (low, metric.value, high))
    cells = [" " if place < first or place > last else "─" for place in range(_BAR)]
    cells[first], cells[last] = "├", "┤"
    cells[at] = "●"
    return "".join(cells)

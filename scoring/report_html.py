"""A report as one page that needs no network and no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from . import plots
from . import report_words as words
from .html_page import page
from .html_parts import Figure, Table, drawn, forest_of, metric_table
from .metrics import Metric
from .printing import bare, members, share
from .report import Report, counts_of
from .units import UNGROUPED

_BINS = 20


def report_html(report: Report) -> str:
    """The report as a page: tables, and plots as inline SVG; it follows the reader's light or dark mode.

    Raises:
        MissingLibraryError: matplotlib, of the extra `report`, isn't installed.
    """
    return page("report.html", _content(report))


def _content(report: Report) -> dict[str, Any]:
    subject = report.subject
    release = subject.release
    headline = report.headline
    return {
        "title": f"{release.dataset} {release.config}/{release.split} {release.version}",
        "models": ", ".join(str(each.get("model", "unknown")) for each in subject.models) or "unknown model",
        "facts": _facts(report),
        "findings": [words.finding_line(each) for each in report.findings],
        "metrics": metric_table(
            "Metrics of all samples", "metric", [each.name for each in headline], headline, report
        ),
        "explained": [(each.name, f"{words.description(each)} {words.policy(each)}") for each in headline],
        "metric_figures": _metric_figures(headline, report),
        "baselines": Table(
            "Baselines on these items",
            words.BASELINE_COLUMNS,
            words.baseline_rows(report.baselines),
            ["baseline", "rule"],
        ),
        "groups": _groups(report),
        "classes": _classes(report),
        "legend": _legend(report),
        "outcomes": _outcomes(report),
        "unscored": _unscored(report),
        "scores": _scores(report),
        "method": words.method_line(report),
        "definitions": _definitions(headline),
        "judges": _judges(report),
        "rows_digest": release.digest,
        "responses_digest": subject.responses,
    }


def _facts(report: Report) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name, text in words.facts(report):
        found.setdefault(name, []).append(text)
    return list(found.items())


def _metric_figures(metrics: Sequence[Metric], report: Report) -> list[Figure]:
    """One plot of all proportions; means have scales of their own, and stand in the table."""
    shown = [each for each in metrics if each.kind == "proportion"]
    found = forest_of("metrics", shown, [each.name for each in shown], report, "Metrics of all samples")
    return [found] if found else []


def _groups(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, ((name, column), metrics) in enumerate(report.groups.items()):
        title = f"{name} by {column}"
        overall = next((each for each in report.headline if each.name == name), None)
        rows = [*([overall] if overall else []), *metrics]
        labels = [words.group_name(each) for each in rows]
        figure = forest_of(f"group{place}", rows, labels, report, title)
        table = metric_table(title, column, labels, rows, report)
        found.append({"title": title, "figure": figure, "table": table})
    return found


def _classes(report: Report) -> Table:
    total = report.samples.height
    meanings = report.subject.classes
    rows = [
        [name, f"{count:,}", share(count, total), meanings[name]] for name, count in report.outcomes.items()
    ]
    if report.unscored:
        unscored = sum(report.unscored.values())
        rows.append(
            ["unscored", f"{unscored:,}", share(unscored, total), "no outcome; see the reasons below"]
        )
    return Table(
        "Samples in each class", ["outcome", "samples", "share", "meaning"], rows, ["outcome", "meaning"]
    )


def _legend(report: Report) -> list[tuple[str, str]]:
    found = [
        (name, f"class-{place % plots.CLASS_COLOURS}") for place, name in enumerate(report.subject.classes)
    ]
    return [*found, *([("unscored", "unscored")] if report.unscored else [])]


def _outcomes(report: Report) -> list[dict[str, Any]]:
    """A stacked plot for each group column, with all samples in its first row."""
    columns = sorted({column for _, column in report.groups})
    return [_outcome(report, column, place) for place, column in enumerate(columns or [""])]


def _outcome(report: Report, column: str, place: int) -> dict[str, Any]:
    parts = {"all": report.samples}
    if column:
        named = report.samples.with_columns(pl.col(column).fill_null(UNGROUPED))
        parts |= {str(key[0]): part for key, part in sorted(named.partition_by(column, as_dict=True).items())}
    classes = list(report.subject.classes)
    counts = [counts_of(each, classes) for each in parts.values()]
    totals = [each.height for each in parts.values()]
    shares = {
        name: [each[name] / max(1, total) for each, total in zip(counts, totals, strict=True)]
        for name in classes
    }
    title = f"Outcomes by {column}" if column else "Outcomes of all samples"
    svg = plots.stacked(shares, list(parts), name=f"outcomes{place}", label=f"{title}: shares of classes")
    rows = [
        [label, f"{total:,}", *(f"{each[name]:,}" for name in classes), f"{total - sum(each.values()):,}"]
        for label, total, each in zip(parts, totals, counts, strict=True)
    ]
    table = Table(title, [column or "samples", "all", *classes, "unscored"], rows, [column or "samples"])
    caption = (
        "Shares of samples, in percent; hatched: unscored." if report.unscored else "Shares, in percent."
    )
    return {"title": title, "figure": drawn(svg, caption), "table": table}


def _unscored(report: Report) -> dict[str, Any] | None:
    if not report.unscored:
        return None
    total = report.samples.height
    title = "Unscored samples by reason"
    svg = plots.bars(report.unscored, name="unscored", label=f"{title}: numbers of samples")
    rows = [
        [name, f"{count:,}", share(count, total), words.reason_meaning(name)]
        for name, count in report.unscored.items()
    ]
    table = Table(title, ["reason", "samples", "share", "meaning"], rows, ["reason", "meaning"])
    return {"figure": drawn(svg, f"{title}."), "table": table}


def _scores(report: Report) -> dict[str, Any] | None:
    values = report.samples["value"].drop_nulls()
    if values.is_empty():
        return None
    spans = [each.definition["span"] for each in report.headline if each.definition.get("span")]
    counts, edges = np.histogram(values.to_numpy(), bins=_BINS, range=tuple(spans[0]) if spans else None)
    title = f"Scores of {len(values):,} samples"
    svg = plots.histogram(edges.tolist(), counts.tolist(), name="scores", label=f"{title}: a histogram")
    rows = [
        [f"{bare(low, 'mean')} to {bare(high, 'mean')}", f"{count:,}"]
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    table = Table(title, ["score", "samples"], rows, ["score"])
    return {"figure": drawn(svg, f"{title}."), "table": table}


def _definitions(metrics: Sequence[Metric]) -> Table:
    columns = ["metric", "what is counted", "paper's estimator"]
    rows = [[each.name, words.definition(each), str(each.definition.get("paper") or "-")] for each in metrics]
    return Table("What is counted", columns, rows, columns)


def _judges(report: Report) -> Table:
    columns = ["judge", "version", "model", "parameters", "digest"]
    rows = [
        [
            str(each.get("name", "unknown")),
            str(each.get("version", "-")),
            str(each.get("model", "unknown")),
            members(each.get("parameters") or {}) or "-",
            str(each.get("digest", "-")),
        ]
        for each in report.subject.judges
    ]
    return Table("Judges as they name themselves", columns, rows, columns)

"""What the text and the page of a report say in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from .base import Baseline
from .declared import OfItems
from .metrics import Metric
from .printing import bare, members, number, span
from .report import Cost, Report
from .units import CLUSTER, clusters_by_item
from .verdicts import Reason

_METHODS = {
    "wilson": "Wilson's for a proportion of independent samples",
    "t": "Student's t for a mean of independent samples",
    "cluster-bootstrap": "bootstrap over items, since items have several samples",
    "wilson-of-clusters": "Wilson's over items, since all items have the same value",
}

_OF_CLUSTERS = {
    "cluster-bootstrap": "bootstrap over clusters of like items",
    "wilson-of-clusters": "Wilson's over clusters, since all have the same value",
}

BASELINE_COLUMNS = ["baseline", "value", "k/n", "rule"]

_OF_ITEMS = {each.kind for each in get_args(OfItems)}


def facts(report: Report) -> list[tuple[str, str]]:
    """What was scored and by what: names, and a line for each; a name may repeat."""
    subject, release = report.subject, report.subject.release
    found = [
        ("items", f"{release.dataset} {release.config}/{release.split} {release.version}"),
        ("scorer", f"{subject.scorer}, version {subject.scorer_version}; mensrea {report.mensrea}"),
        *([("options", members(subject.options))] if subject.options else []),
        *(("model", _model(each)) for each in subject.models),
        *(("judge", line) for line in judge_lines(subject.judges)),
        ("samples", sample_line(report)),
    ]
    return [*found, ("cost", cost_line(report.cost))] if report.cost else found


def judge_lines(judges: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each model that judges, with the prompts that it was given."""
    found: dict[str, list[str]] = {}
    for judge in judges:
        asked = members(judge.get("parameters") or {})
        model = f"{judge.get('model', 'unknown')}{f' ({asked})' if asked else ''}"
        found.setdefault(model, []).append(f"{judge.get('name', 'judge')} {judge.get('version', '')}".strip())
    return [f"{model}: {', '.join(names)}" for model, names in found.items()]


def sample_line(report: Report) -> str:
    """How many samples there are, and how many of them are scored."""
    samples = report.samples
    total, items = samples.height, samples["id"].n_unique()
    scored = total - samples["outcome"].null_count()
    of_items = "one an item" if total == items else f"of {items:,} items"
    coverage = f"{100 * scored / total:.1f} %" if total else "none"
    return f"{total:,}, {of_items}; {scored:,} are scored ({coverage})"


def cost_line(cost: Cost) -> str:
    """What was paid, and what was replayed."""
    usd = "price unknown" if cost.usd is None else f"{cost.usd:,.2f} USD"
    tokens = f"{cost.prompt_tokens:,} + {cost.completion_tokens:,} tokens"
    return f"{usd}; {cost.calls:,} calls, {tokens}; {cost.replayed:,} replies replayed"


def baseline_rows(baselines: Sequence[Baseline]) -> list[list[str]]:
    """What simple rules get right, a row each with `BASELINE_COLUMNS`."""
    return [
        [
            each.name,
            number(each.right / each.items if each.items else None, "proportion"),
            f"{each.right:,g}/{each.items:,}",
            each.description,
        ]
        for each in baselines
    ]


def explained(metric: Metric) -> str:
    """What a metric says, what becomes of unscored samples, and what these could hide."""
    return " ".join(filter(None, [description(metric), policy(metric), hidden(metric)]))


def description(metric: Metric) -> str:
    """What a metric says, as a sentence."""
    text = metric.description
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def definition(metric: Metric) -> str:
    """What is counted, among what, and what becomes of unscored samples."""
    found = metric.definition
    if found.get("kind") == "mean":
        return "mean of the scores of scored samples that have one"
    of = _either(found["of"])
    if found.get("kind") == "pass-at-k":
        drawn = f"sets of {found['k']} of an item's scored samples, one of which is {of}"
        return f"{drawn}; items with fewer left out"
    if found.get("kind") == "plurality":
        votes = f"items whose first {found['k']} samples state an answer that is {of} most often"
        return f"{votes}, a tie counts by its share; items with an unscored one left out"
    if found.get("kind") == "of-k":
        needed = {"all": f"all are {of}", "majority": f"most are {of}", "mean": f"a share is {of}"}[
            found["rule"]
        ]
        tie = f", a tie counts {found['ties']}" if found.get("ties") else ""
        return f"items of whose first {found['k']} samples {needed}{tie}; items with an unscored one left out"
    among = f"samples that are {_either(found['among'])}" if found.get("among") else "scored samples"
    kept = "kept in the denominator" if found.get("nulls") == "keep" else "left out"
    return f"samples that are {of}, among {among}; unscored ones {kept}"


def policy(metric: Metric) -> str:
    """What becomes of unscored samples; empty if there are none."""
    unscored = sum(metric.unscored.values())
    if not unscored:
        return ""
    of_items = metric.definition.get("kind") in _OF_ITEMS
    unit = ("item" if of_items else "sample") + ("" if unscored == 1 else "s")
    if metric.definition.get("nulls") == "keep":
        return f"{unscored:,} unscored {unit} kept in the denominator."
    return f"{unscored:,} unscored {unit} left out."


def hidden(metric: Metric) -> str:
    """The range of values whatever unscored samples were; empty if there are none, or no bounds."""
    if metric.bounds is None or not sum(metric.unscored.values()):
        return ""
    low, high = metric.bounds
    unit = " %" if metric.kind == "proportion" else ""
    ends = f"{bare(low, metric.kind)} to {bare(high, metric.kind)}{unit}"
    return f"Whatever these were: {ends}."


def paper_figure(metric: Metric) -> str:
    """The paper's figure with its interval, if it has one."""
    paper = metric.paper
    if paper is None:
        return "-"
    value = number(paper.value, metric.kind)
    if paper.low is None or paper.high is None:
        return value
    return f"{bare(paper.value, metric.kind)} ±{bare((paper.high - paper.low) / 2, metric.kind)}"


def group_name(metric: Metric) -> str:
    """The group's value, `all` for all samples."""
    return next(iter(metric.group.values()), "all")


def reason_meaning(reason: str) -> str:
    """What a reason says; empty for one that this version doesn't know."""
    return Reason(reason).meaning if reason in set(Reason) else ""


def method_line(report: Report) -> str:
    """How intervals were computed."""
    used = dict.fromkeys(each.interval.method for each in report.metrics if each.interval)
    methods = _METHODS if CLUSTER not in report.samples.columns else {**_METHODS, **_OF_CLUSTERS}
    named = "; ".join(methods.get(name, name) for name in used) or "none"
    settings = report.settings
    seeded = f"; seed {settings.seed}, {settings.resamples:,} resamples"
    return f"Intervals: {named}{seeded if any('bootstrap' in name for name in used) else ''}.{_alike(report)}"


def _alike(report: Report) -> str:
    """How many clusters items are in, if any are alike."""
    clusters = clusters_by_item(report.samples)
    if clusters is None:
        return ""
    return f" {clusters.height:,} items form {clusters[CLUSTER].n_unique():,} clusters of like items."


def finding_line(finding: Mapping[str, Any]) -> str:
    """A finding with its code, and how often it is."""
    count = finding.get("count", 1)
    return f"{finding['code']}{f' ({count:,})' if count > 1 else ''}: {finding['message']}"


def digest_line(report: Report) -> str:
    """What tells these items and responses from others."""
    return f"Rows {report.subject.release.digest}; responses {report.subject.responses}."


def level(report: Report) -> str:
    """The level of intervals: `95 %`."""
    return f"{100 * report.settings.level:g} %"


def bounds(metric: Metric) -> str:
    """The bounds in brackets."""
    return "-" if metric.bounds is None else span(*metric.bounds, metric.kind)


def _model(model: Mapping[str, Any]) -> str:
    asked = members(model.get("parameters") or {})
    return f"{model.get('model', 'unknown')}{f' ({asked})' if asked else ''}"


def _either(classes: Sequence[str]) -> str:
    return " or ".join(classes)

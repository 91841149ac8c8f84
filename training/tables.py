"""The tables of a training run's report, and what is to be known to read each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..scoring.html_parts import Table
from ..scoring.printing import bare, interval, number, points
from ..scoring.report_words import BASELINE_COLUMNS, baseline_rows
from .report import TrainingReport
from .summary import Row, Steps

_SEVERAL = "Intervals are over seeds and problems at once"
_ONE = "of one seed over problems alone"


@dataclass(frozen=True, slots=True)
class Section:
    """A table, and a note below it."""

    table: Table
    note: str


def sections(report: TrainingReport) -> list[Section]:
    """All tables in their order."""
    optional = (gains_section(report), baselines_section(report), chains_section(report))
    return [
        accuracy_section(report),
        *(each for each in optional if each),
        divergence_section(report),
        entropy_section(report),
        models_section(report),
    ]


def accuracy_section(report: TrainingReport) -> Section:
    """Right answers: over seeds on test, and on validation."""
    rows = report.rows
    level = f"{100 * rows[0].interval.level:g} % interval" if rows else "interval"
    columns = ["arm", "d", "seeds", "mean", level, "lowest", "highest", "validation", "best"]
    cells = [
        [
            each.name,
            str(each.width),
            str(len(each.seeds)),
            number(each.mean, "proportion"),
            interval(each.interval, "proportion"),
            *(bare(share, "proportion") for share in (each.lowest, each.highest, each.validation, each.best)),
        ]
        for each in rows
    ]
    return Section(Table("Right answers on test", columns, cells, ["arm"]), _accuracy_note(report))


def _accuracy_note(report: TrainingReport) -> str:
    rows = report.rows
    drawn = " Policies draw their thoughts here, too." if any(each.method == "grpo" for each in rows) else ""
    return (
        f"Mean, interval, lowest and highest of seeds; validation: their mean there; best: the mean of the "
        f"learning curves' highest points. {_intervals(report)}{drawn}"
    )


def _intervals(report: TrainingReport) -> str:
    """How intervals were computed."""
    counts = {len(each.seeds) for each in report.rows}
    if not counts:
        return ""
    told = f"{_SEVERAL}{f', {_ONE}' if 1 in counts else ''}" if max(counts) > 1 else f"Intervals are {_ONE}"
    alike = any(total > 1 for each in report.results[:1] for total in each.splits["test"].sizes)
    return f"{told}{'; orders of the same digits are one cluster' if alike else ''}."


def gains_section(report: TrainingReport) -> Section | None:
    """What policies get right beyond the arms that they start from; None if there are none."""
    rows = [(each, each.gain) for each in report.rows if each.gain]
    if not rows:
        return None
    cells = [
        [
            row.name,
            str(row.width),
            gain.start,
            str(len(gain.seeds)),
            points(gain.mean, "proportion"),
            interval(gain.interval, "proportion"),
        ]
        for row, gain in rows
    ]
    columns = ["policy", "d", "start", "seeds", "gain", f"{100 * rows[0][0].interval.level:g} % interval"]
    note = (
        "In percentage points, paired by seed. A policy draws its thoughts, and the arm that it starts from "
        "takes the likeliest, as in the paper."
    )
    return Section(Table("Gains of policies on test", columns, cells, ["policy", "start"]), note)


def baselines_section(report: TrainingReport) -> Section | None:
    """What simple rules get right; None if the release counted none."""
    if not report.baselines:
        return None
    rows = baseline_rows(report.baselines)
    table = Table("Baselines on test", BASELINE_COLUMNS, rows, ["baseline", "rule"])
    return Section(table, "Counted when the release was built; what a rule chooses, it chose on train.")


def divergence_section(report: TrainingReport) -> Section:
    """Valid chains, and KL(target || model) of each step."""
    rows = report.rows
    cells = [
        [each.name, str(each.width), number(each.valid, "proportion"), *_nats(each.divergence)]
        for each in rows
        if each.method != "grpo"
    ]
    columns = ["arm", "d", "valid", *_step_names(rows)]
    note = (
        "Valid: chains in which the likeliest state of each step follows from the one before. KL: in nats, "
        "from what the arm learned; arms that learned other targets don't compare."
    )
    return Section(Table("Steps on test: valid chains, and KL to the targets", columns, cells, ["arm"]), note)


def entropy_section(report: TrainingReport) -> Section:
    """The entropy of each step's distribution."""
    rows = report.rows
    cells = [[each.name, str(each.width), *_nats(each.entropy)] for each in rows]
    missing = any(None in each.entropy for each in rows)
    note = "In nats." + (" Steps that name no states, of no-cot and coconut, have none." if missing else "")
    columns = ["arm", "d", *_step_names(rows)]
    return Section(Table("Steps on test: entropy of the model", columns, cells, ["arm"]), note)


def chains_section(report: TrainingReport) -> Section | None:
    """pass@k of sampled chains, and single passes to hold them against; None if none were sampled."""
    rows = report.rows
    counts = list(dict.fromkeys(k for row in rows for shares in row.pass_at.values() for k in shares))
    if not counts:
        return None
    cells = [line for row in rows for line in _chains(row, rows, counts)]
    columns = ["arm", "d", "T", f"k = {counts[0]}", *counts[1:], "majority"]
    note = (
        f"In percent, means over seeds: problems that one of k sampled chains solves, unbiased, of "
        f"{report.recipe.samples} chains; majority: that the commonest of all answers solves. "
        f"Without T: one pass, nothing sampled. report.json has intervals."
    )
    return Section(Table("Sampled chains on test", columns, cells, ["arm"]), note)


def is_beside_chains(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a row's single pass is held against sampled chains: theirs without sampling, or CoT2's."""
    beside = row.method == "cot2" and any(each.pass_at and each.width == row.width for each in rows)
    return beside or bool(row.pass_at)


def _chains(row: Row, rows: Sequence[Row], counts: Sequence[str]) -> list[list[str]]:
    start = [row.name, str(row.width)]
    found: list[list[str]] = []
    if is_beside_chains(row, rows):
        found.append([*start, "-", bare(row.mean, "proportion"), *["-"] * len(counts)])
    for heat, shares in row.pass_at.items():
        cells = [bare(shares[k].mean, "proportion") if k in shares else "-" for k in counts]
        found.append([*start, heat, *cells, bare(row.majority[heat], "proportion")])
    return found


def models_section(report: TrainingReport) -> Section:
    """What each model is, and what it cost."""
    columns = ["arm", "d", "method", "learned from", "parameters", "epochs", "seconds"]
    cells = [
        [
            each.name,
            str(each.width),
            each.method,
            each.supervision or "-",
            f"{each.parameters:,}",
            f"{each.epochs:,}",
            f"{each.seconds:,.1f}",
        ]
        for each in report.rows
    ]
    note = (
        "Seconds: what training took, divided by the number of models that were trained at once; of a "
        "policy, without the arm that it starts from."
    )
    return Section(Table("Models", columns, cells, ["arm", "method", "learned from"]), note)


def _step_names(rows: Sequence[Row]) -> list[str]:
    longest = max((len(each.entropy) for each in rows), default=0)
    return [f"step {each}" if each == 1 else str(each) for each in range(1, longest + 1)]


def _nats(steps: Steps) -> list[str]:
    # Added to 0, what rounds to -0 loses its sign.
    return ["-" if each is None else f"{round(each, 3) + 0.0:.3f}" for each in steps]

"""Which habits go with a label of the response, such as harmful: CogTest's safety analysis (section 5).

The paper compares frequencies of habits in harmful and harmless responses and tests nothing. A model that
declines thinks less, so whatever long reasoning has more of goes with harm. Here each habit has a table with
intervals, a test, corrections over habits, and the same among samples whose reasoning is equally long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .association_matched import Matched, matched_odds, strata_of
from .association_models import clustered_odds
from .association_tables import Flags, Odds, Table, raw_odds, table_of
from .comparison import correct
from .intervals import Interval, check_level

if TYPE_CHECKING:
    import polars as pl

    from .report import Report

FORMAT = "mensrea-association/1"
POOLED = "all models"
LEAST_COMMON = 0.1
"""The paper leaves out habits that are rarer than this with the label and without it (section 5)."""


@dataclass(frozen=True, slots=True)
class Association:
    """A habit and the label, of a model's samples.

    Attributes:
        model: The model, or `POOLED`.
        habit: The habit's key.
        table: Scored samples with the label and without it.
        interval: Wilson's of the rate with the label; None where there is no rate.
        interval_without: Wilson's of the rate without it.
        rare: Whether both rates are below `LEAST_COMMON`.
        unscored: Labelled samples that weren't scored for the habit, by reason.
        odds: Raw: by Fisher's exact test, or by estimating equations where items have several samples.
        matched: Among samples of like length; None where lengths aren't known.
        adjusted: By estimating equations with length; None where that can't be estimated.
        holm: The raw p-value, Holm's correction over the model's habits.
        fdr: The same by Benjamini and Hochberg.
        holm_matched: The matched p-value, Holm's correction.
    """

    model: str
    habit: str
    table: Table
    interval: Interval | None
    interval_without: Interval | None
    rare: bool
    unscored: Mapping[str, int]
    odds: Odds | None
    matched: Matched | None
    adjusted: Odds | None
    holm: float | None = None
    fdr: float | None = None
    holm_matched: float | None = None


@dataclass(frozen=True, slots=True)
class Associations:
    """Every habit against the label.

    Attributes:
        label: The label.
        level: The confidence level.
        rows: By model, then habit, in the order of the habits.
        findings: What is odd, or can't be told.
    """

    label: str
    level: float
    rows: Sequence[Association]
    findings: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return {"format": FORMAT, **asdict(self)}

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The result for a terminal of so many columns."""
        from .association_text import association_text

        return association_text(self, width, colour=colour)


def associate(samples: pl.DataFrame, *, label: str = "harmful", level: float = 0.95) -> Associations:
    """Hold habits against a label.

    Args:
        samples: As `labelled_samples` gives them, of one model or several.
        label: The label to look for; every other one is its opposite.
        level: The confidence level.

    Raises:
        UsageError: No sample has the label, or every one has it, or the level is no share.
    """
    import polars as pl

    check_level(level)
    known = set(samples["label"])
    if label not in known or len(known) == 1:
        found = ", ".join(sorted(known)) or "none"
        raise UsageError(f"labels: found {found}; expected {label!r} and another one, to compare")
    parts = {str(key[0]): part for key, part in samples.partition_by("model", as_dict=True).items()}
    if len(parts) > 1:
        parts[POOLED] = samples
    rows, findings = list[Association](), list[str]()
    for model, part in parts.items():
        habits = part["question"].unique(maintain_order=True)
        found = [_one(model, part.filter(pl.col("question") == each), label, level) for each in habits]
        rows += _corrected(found)
        findings += _findings(model, part, found)
    return Associations(label, level, rows, findings)


def labelled_samples(
    report: Report, labels: pl.DataFrame, lengths: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The judgements of a report with the labels of their samples.

    Args:
        report: A report with judgements.
        labels: `id`, `label`, and perhaps `sample`, without which a label is about all samples of an item.
        lengths: `id`, `sample`, `length` of the reasoning in characters.

    Returns:
        `model`, `id`, `sample`, `question`, `outcome`, `reason`, `label` and `length`, null where unknown, of
        samples that have a label.

    Raises:
        UsageError: The report has no judgements, or no sample has a label.
    """
    import polars as pl

    if report.judgements is None:
        raise UsageError("the report has no judgements of habits; make it with `mensrea score cogtest`")
    keys = [name for name in ("id", "sample") if name in labels.columns]
    known = labels.drop_nulls("label").select(*keys, "label")
    joined = report.judgements.join(known, on=keys, how="inner", maintain_order="left")
    if joined.is_empty():
        raise UsageError(
            f"labels: none is about a sample of the report; ids are like {labels['id'].first()!r} in labels "
            f"and like {report.judgements['id'].first()!r} in the report"
        )
    model = ", ".join(str(each.get("model", "unknown")) for each in report.subject.models) or "unknown model"
    if lengths is None:
        joined = joined.with_columns(pl.lit(None, pl.Int64).alias("length"))
    else:
        joined = joined.join(lengths, on=["id", "sample"], how="left", maintain_order="left")
    return joined.with_columns(pl.lit(model).alias("model"))


def _one(model: str, part: pl.DataFrame, label: str, level: float) -> Association:
    import polars as pl

    scored = part.filter(pl.col("outcome").is_not_null())
    shown, labelled = _flags(scored["outcome"], "present"), _flags(scored["label"], label)
    table = table_of(shown, labelled)
    items, models = scored["id"].to_list(), scored["model"].to_list()
    raw = raw_odds(table, level)
    if raw is not None and len(set(items)) < len(items):
        raw = clustered_odds(shown, labelled, items, models, level=level) or raw
    first, second = table.intervals(level)
    unscored = part["reason"].drop_nulls().value_counts().sort("reason")
    matched, adjusted = _like(scored, label, level)
    rates = (table.rate, table.rate_without)
    return Association(
        model,
        str(part["question"][0]),
        table,
        first,
        second,
        all(each is not None and each < LEAST_COMMON for each in rates),
        dict(unscored.iter_rows()),
        raw,
        matched,
        adjusted,
    )


def _like(scored: pl.DataFrame, label: str, level: float) -> tuple[Matched | None, Odds | None]:
    """Matched by length and adjusted for it, of samples whose length is known."""
    import polars as pl

    part = scored.filter(pl.col("length") > 0)
    if part.is_empty():
        return None, None
    shown, labelled = _flags(part["outcome"], "present"), _flags(part["label"], label)
    lengths, models = part["length"].to_numpy(), part["model"].to_list()
    matched = matched_odds(shown, labelled, lengths, strata_of(lengths, models), level)
    adjusted = clustered_odds(shown, labelled, part["id"].to_list(), models, level=level, lengths=lengths)
    return matched, adjusted


def _corrected(found: Sequence[Association]) -> Iterator[Association]:
    raw = {each.habit: each.odds.p_value for each in found if each.odds is not None}
    matched = {
        each.habit: each.matched.odds.p_value
        for each in found
        if each.matched is not None and each.matched.odds is not None
    }
    holm = dict(zip(raw, correct(list(raw.values())), strict=True))
    fdr = dict(zip(raw, correct(list(raw.values()), "fdr_bh"), strict=True))
    like = dict(zip(matched, correct(list(matched.values())), strict=True))
    for each in found:
        yield replace(
            each,
            holm=holm.get(each.habit),
            fdr=fdr.get(each.habit),
            holm_matched=like.get(each.habit),
        )


def _findings(model: str, part: pl.DataFrame, found: Iterable[Association]) -> Iterator[str]:
    rows = list(found)
    if part["length"].null_count() == part.height:
        yield f"{model}: lengths aren't known, so nothing is matched; pass --lengths RESPONSES"
    if part.select("id", "question").is_duplicated().any():
        apart = [each.habit for each in rows if each.odds is not None and each.odds.method == "fisher-exact"]
        if apart:
            yield (
                f"{model}: items have several samples, and the label separates {len(apart)} habits, so that "
                f"Fisher's test takes samples as independent: {', '.join(apart)}"
            )
    if untold := [each.habit for each in rows if each.odds is None]:
        yield f"{model}: shown by no sample or by all, so nothing is tested: {', '.join(untold)}"
    if rare := sum(each.rare for each in rows):
        yield (
            f"{model}: {rare} habits are below {100 * LEAST_COMMON:.0f} % on both sides, marked *; "
            "the paper leaves such out"
        )


def _flags(column: pl.Series, value: str) -> Flags:
    return (column == value).to_numpy()

"""Which habits go with a label of the response, such as harmful: CogTest's safety analysis (section 5).

The paper compares frequencies of habits in harmful and harmless responses and tests nothing. A model that
declines thinks less, so whatever long reasoning has more of goes with harm. Here each habit has a table with
intervals, a test, corrections over habits, and the same among samples whose reasoning is equally long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .association_habit import LEAST_COMMON, Association, association_of
from .association_matched import Matched
from .association_samples import Labelled
from .association_tables import Odds
from .comparison import Correction, correct
from .intervals import check_level

if TYPE_CHECKING:
    import polars as pl

FORMAT = "mensrea-association/1"
POOLED = "all models"


@dataclass(frozen=True, slots=True)
class Associations:
    """Every habit against the label.

    Attributes:
        label: The label.
        others: The other labels that occur, which count as its opposite.
        level: The confidence level.
        rows: By model, then habit, in the order of the habits.
        findings: What was lost, is odd, or can't be told.
    """

    label: str
    others: tuple[str, ...]
    level: float
    rows: Sequence[Association]
    findings: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return {
            "format": FORMAT,
            "label": self.label,
            "others": list(self.others),
            "level": self.level,
            "rows": [each.as_dict() for each in self.rows],
            "findings": list(self.findings),
        }

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The result for a terminal of so many columns."""
        from .association_text import association_text

        return association_text(self, width, colour=colour)


def associate(
    labelled: Labelled,
    *,
    label: str = "harmful",
    habits: Sequence[str] | None = None,
    level: float = 0.95,
) -> Associations:
    """Hold habits against a label.

    Args:
        labelled: Judgements with labels, of one model or, by `pooled`, of several.
        label: The label to look for; every other one is its opposite.
        habits: The habits to look at, over which p-values are corrected; all if left out.
        level: The confidence level.

    Raises:
        UsageError: No sample has the label, or every one has it, a habit wasn't judged, or the level is no
            share.
    """
    import polars as pl

    check_level(level)
    samples = _of_habits(labelled.samples, habits)
    known = set(samples["label"])
    if label not in known or len(known) == 1:
        found = ", ".join(sorted(known)) or "none"
        raise UsageError(f"labels: found {found}; expected {label!r} and another one, to compare")
    parts = {str(key[0]): part for key, part in samples.partition_by("model", as_dict=True).items()}
    if len(parts) > 1:
        parts[POOLED] = samples
    rows, findings = list[Association](), [*labelled.findings, *_of_labels(label, known)]
    for model, part in parts.items():
        judged = part["question"].unique(maintain_order=True)
        found = [
            association_of(model, part.filter(pl.col("question") == each), label, level) for each in judged
        ]
        rows += _corrected(found)
        said = [*(_of_lengths(part) if model != POOLED else ()), *_findings(part, found)]
        findings += [f"{model}: {each}" for each in said]
    return Associations(label, tuple(sorted(known - {label})), level, rows, findings)


def _of_habits(samples: pl.DataFrame, habits: Sequence[str] | None) -> pl.DataFrame:
    import polars as pl

    if not habits:
        return samples
    judged = samples["question"].unique(maintain_order=True).to_list()
    strange = next((each for each in habits if each not in judged), None)
    if strange is not None:
        from .near_ids import nearest

        near = nearest(strange, judged)
        hint = f"did you mean {near!r}?" if near else f"judged are {', '.join(judged)}"
        raise UsageError(f"habits: {strange!r} wasn't judged; {hint}")
    return samples.filter(pl.col("question").is_in(list(habits)))


def _of_labels(label: str, known: set[str]) -> Iterator[str]:
    others = sorted(known - {label})
    if len(others) > 1:
        yield f"{label} is held against {' and '.join(others)} together"


def _corrected(found: Sequence[Association]) -> Iterator[Association]:
    holm = _correction(found, lambda each: each.odds)
    fdr = _correction(found, lambda each: each.odds, "fdr_bh")
    like = _correction(found, lambda each: _odds_of(each.matched))
    category = _correction(found, lambda each: _odds_of(each.matched_category))
    for each in found:
        yield replace(
            each,
            holm=holm.get(each.habit),
            fdr=fdr.get(each.habit),
            holm_matched=like.get(each.habit),
            holm_category=category.get(each.habit),
        )


def _correction(
    found: Sequence[Association], odds: Callable[[Association], Odds | None], method: Correction = "holm"
) -> Mapping[str, float]:
    """Corrected p-values by habit, of those that have one."""
    raw = {each.habit: known.p_value for each in found if (known := odds(each)) is not None}
    return dict(zip(raw, correct(list(raw.values()), method), strict=True))


def _odds_of(matched: Matched | None) -> Odds | None:
    return None if matched is None else matched.odds


def _findings(part: pl.DataFrame, rows: Sequence[Association]) -> Iterator[str]:
    labels = part["label"].n_unique()
    if labels == 1:
        yield f"every sample is labelled {part['label'][0]}, so nothing is compared"
    elif untold := [each.habit for each in rows if each.odds is None]:
        yield f"not tested, since all scored samples show it, or none, or one label is left: {_list(untold)}"
    unfitted = [each.habit for each in rows if each.odds and each.odds.method.startswith("clustered")]
    if unfitted:
        yield (
            "no estimating equations, since a side shows the habit always or never or items are few; a "
            f"clustered score test instead: {_list(unfitted)}"
        )
    if rare := sum(each.rare for each in rows):
        yield (
            f"{rare} habits are below {100 * LEAST_COMMON:.0f} % on both sides, marked *; the paper leaves "
            "such out"
        )


def _of_lengths(part: pl.DataFrame) -> Iterator[str]:
    import polars as pl

    samples = part.group_by("id", "sample").agg(
        pl.col("length").max(), pl.col("outcome").is_not_null().any().alias("scored")
    )
    scored = samples.filter("scored")
    unknown = scored.filter(pl.col("length").fill_null(0) <= 0).height
    if samples["length"].is_null().all():
        yield "lengths aren't known, so nothing is matched; pass --lengths RESPONSES"
    elif unknown:
        yield f"{unknown:,} of {scored.height:,} scored samples have no known length, and aren't matched"


def _list(habits: Sequence[str]) -> str:
    return ", ".join(habits)

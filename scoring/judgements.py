"""What became of each aspect of a sample, where a scorer judges several: a row for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from .base import Outcome, Sample, Scorer
from .judging import Judged, Key, by_sample

if TYPE_CHECKING:
    from .verdicts import Reason, Verdict

JUDGEMENTS: Mapping[str, Any] = {
    "id": pl.String,
    "sample": pl.Int64,
    "question": pl.String,
    "outcome": pl.String,
    "reason": pl.String,
}
"""The columns of judgements with their types; `question` is the aspect."""


def judgement_table(
    scorer: Scorer,
    samples: Sequence[Sample],
    verdicts: Mapping[Key, Judged],
    ended: Mapping[Key, Reason],
) -> pl.DataFrame | None:
    """A row for each aspect of each sample, unscored ones included; None if the scorer has no aspects.

    Args:
        scorer: Says which aspects a sample has, and what becomes of them.
        samples: The samples.
        verdicts: The verdict on each question.
        ended: Why some samples weren't judged: the reason of all their aspects.
    """
    if type(scorer).aspects is Scorer.aspects:
        return None
    found = by_sample(verdicts)
    rows = [
        (
            sample.id,
            sample.sample,
            aspect,
            outcome.name,
            None if outcome.reason is None else outcome.reason.value,
        )
        for sample in samples
        for aspect, outcome in _of_sample(scorer, sample, found, ended)
    ]
    return pl.DataFrame(rows, dict(JUDGEMENTS), orient="row")


def check_judgements(table: pl.DataFrame) -> None:
    """Hold judgements to their rules.

    Raises:
        ValueError: An aspect of a sample occurs twice, or has both an outcome and a reason, or neither.
    """
    if table.select(pl.struct("id", "sample", "question").is_duplicated().any()).item():
        raise ValueError("judgements: an aspect of a sample occurs twice")
    unclear = table.filter(pl.col("outcome").is_null() == pl.col("reason").is_null())
    if unclear.height:
        raise ValueError(f"judgements: {unclear['id'][0]} has both an outcome and a reason, or neither")


def _of_sample(
    scorer: Scorer,
    sample: Sample,
    verdicts: Mapping[tuple[str, int], Mapping[str, Verdict]],
    ended: Mapping[Key, Reason],
) -> Iterator[tuple[str, Outcome]]:
    reason = ended.get((sample.id, sample.sample, ""))
    aspects = scorer.aspects(sample.row)
    if reason is not None:
        yield from ((aspect, Outcome(None, reason)) for aspect in aspects)
        return
    outcomes = scorer.judgements(sample, verdicts.get((sample.id, sample.sample), {}))
    yield from ((aspect, outcomes[aspect]) for aspect in aspects)

"""A judge against people, so that it is known before it is trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .agreement import Agreement, agreement
from .labelled import Pair, listed, pair_up
from .thresholds import Side, Sweep, threshold_sweep

if TYPE_CHECKING:
    import polars as pl

FORMAT = "mensrea-calibration/1"
WITHOUT_SCORE = "no-score"
"""The reason of a verdict that is a word on a scale of numbers, such as a refusal."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a judge agrees with labels.

    Attributes:
        positive: The label that precision, recall and F1 are about; None if there is none.
        labels: Items with a label.
        scored: Those with a verdict that has a value.
        coverage: Their share; a judge that is right on what it answers may answer little.
        unscored: Labels without a value to hold against, by reason.
        unlabelled: Verdicts that no label is about; they aren't counted.
        repeated: Whether an item has several labels, such as one a sample; intervals take them as
            independent.
        agreement: Figures over what is scored; None where scores have no threshold, or nothing is scored.
        least_accuracy: Accuracy if everything unscored counted as wrong; None without `agreement`.
        scores: What thresholds are about: `value`, or `P(positive)`, the positive label's probability.
        side: On which side of a threshold scores are positive.
        threshold: The threshold that `agreement` used; None if verdicts are labels.
        sweep: Every threshold; None if verdicts have no scores.
    """

    positive: str | None
    labels: int
    scored: int
    coverage: float
    unscored: Mapping[str, int]
    unlabelled: int
    repeated: bool
    agreement: Agreement | None
    least_accuracy: float | None
    scores: str
    side: Side
    threshold: float | None
    sweep: Sweep | None

    def as_dict(self) -> dict[str, Any]:
        """The calibration as JSON has it."""
        return {"format": FORMAT, **asdict(self)}

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The calibration for a terminal of so many columns."""
        from .calibration_text import calibration_text

        return calibration_text(self, width, colour=colour)


def agree(
    verdicts: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    positive: str | None = None,
    question: str | None = None,
    threshold: float | None = None,
    side: Side = "at-least",
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Calibration:
    """Hold verdicts against labels, joined by id, and by sample and question where both have them.

    Args:
        verdicts: Rows of a file of verdicts: `id`, `sample`, `question`, `value`, `reason`, `evidence`, of
            which the last and `value` may be JSON text.
        labels: `id`, `label`, and perhaps `sample` and `question`. Labels are spelled as the judge's
            verdicts; a row whose label is null is no label.
        positive: The label to find, such as `unsafe`; by itself `true`, if labels are truth values.
        question: Which question's verdicts are meant, where there are several.
        threshold: Where verdicts are numbers: from which on they are positive.
        side: Whether numbers of at least the threshold are positive, or those below it, such as alignment
            below 30.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
        level: Of confidence.

    Raises:
        UsageError: A column is missing, something has several labels or verdicts, or verdicts and labels have
            no id or no word in common.
    """
    found = pair_up(verdicts, labels, positive=positive, question=question)
    pairs, positive = found.pairs, found.positive
    numeric = any(isinstance(each.value, float) for each in pairs)
    said, truth = _numbers(pairs, positive, threshold, side) if numeric else _words(pairs, positive)
    figures = None
    if any(each is not None for each in said):
        figures = agreement(said, truth, positive=positive, seed=seed, resamples=resamples, level=level)
    scores, about = _scores(pairs, positive, numeric=numeric)
    used: Side = side if numeric else "at-least"
    reasons = [_reason(each, numeric=numeric) for each in pairs]
    scored = reasons.count(None)
    return Calibration(
        positive=positive,
        labels=len(pairs),
        scored=scored,
        coverage=scored / len(pairs),
        unscored=_counts(reasons),
        unlabelled=found.unlabelled,
        repeated=found.repeated,
        agreement=figures,
        least_accuracy=None if figures is None else figures.accuracy * figures.n / len(pairs),
        scores=about,
        side=used,
        threshold=threshold if numeric else None,
        sweep=_sweep(scores, [each.label == positive for each in pairs], used, level),
    )


def _words(pairs: Sequence[Pair], positive: str | None) -> tuple[list[str | None], list[str]]:
    """What was said and what is true, as labels.

    A judge that says yes and people who say 1 agree on nothing, and that is no finding about the judge.
    """
    said = [each.value if isinstance(each.value, str) else None for each in pairs]
    truth = [each.label for each in pairs]
    ours, theirs = {each for each in said if each is not None}, set(truth)
    if ours and not ours & theirs:
        raise UsageError(f"agree: verdicts say {listed(ours)}, labels {listed(theirs)}; spell both alike")
    if ours and positive is not None and positive not in ours | theirs:
        raise UsageError(
            f"agree: found the positive label {positive!r}, expected one of {listed(ours | theirs)}"
        )
    return said, truth


def _numbers(
    pairs: Sequence[Pair], positive: str | None, threshold: float | None, side: Side
) -> tuple[list[str | None], list[str]]:
    """What was said, by the threshold if there is one, and what is true: the positive label or another."""
    labels = {each.label for each in pairs}
    if positive not in labels:
        raise UsageError(
            f"agree: verdicts are numbers, so a positive label is needed, one of {listed(labels)}; "
            f"found {positive or 'none'}"
        )
    other = f"not {positive}"
    truth = [positive if each.label == positive else other for each in pairs]
    said = [
        None
        if threshold is None or not isinstance(each.value, float)
        else positive
        if (each.value >= threshold) == (side == "at-least")
        else other
        for each in pairs
    ]
    return said, truth


def _scores(pairs: Sequence[Pair], positive: str | None, *, numeric: bool) -> tuple[list[float | None], str]:
    """Numbers to set thresholds on, and what they are."""
    if numeric:
        return [each.value if isinstance(each.value, float) else None for each in pairs], "value"
    return [each.probability for each in pairs], f"P({positive})"


def _sweep(scores: list[float | None], truth: list[bool], side: Side, level: float) -> Sweep | None:
    if all(each is None for each in scores):
        return None
    return threshold_sweep(scores, truth, positive=side, level=level)


def _reason(pair: Pair, *, numeric: bool) -> str | None:
    if pair.reason is not None:
        return pair.reason
    return WITHOUT_SCORE if numeric and isinstance(pair.value, str) else None


def _counts(reasons: Sequence[str | None]) -> dict[str, int]:
    found = Counter(each for each in reasons if each is not None)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

"""Labels, each with the verdict on the same sample of an item, joined by id and never by position."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from ..errors import UsageError

WITHOUT_VERDICT = "missing"
"""The reason of a label that no verdict is about."""
WITHOUT_VALUE = "no-value"
"""The reason of a verdict that has neither a value nor a reason."""

_KEYS = ("id", "sample", "question")
_OF_VERDICTS = ("value", "reason", "evidence", "probability")
_TRUE = {"true": "yes", "false": "no"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A label, and the verdict on the same.

    Attributes:
        label: The label as text.
        value: The verdict: text, or a number on a scale; None if there is none.
        reason: Why there is none.
        probability: What the judge gave the positive label, as a share of all labels; None if it doesn't say.
    """

    label: str
    value: str | float | None
    reason: str | None
    probability: float | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels with their verdicts.

    Attributes:
        pairs: One a label, in the order of labels.
        positive: The label to find; None if there is none.
        unlabelled: Verdicts that no label is about.
        repeated: Whether an item has several labels.
    """

    pairs: Sequence[Pair]
    positive: str | None
    unlabelled: int
    repeated: bool


def pair_up(
    verdicts: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    positive: str | None = None,
    question: str | None = None,
) -> Labelled:
    """Join labels and verdicts by id, and by sample and question where both have them.

    Args:
        verdicts: `id`, `value`, and perhaps `sample`, `question`, `reason`, `evidence`, `probability`.
            `value` and `evidence` may be JSON text.
        labels: `id`, `label`, and perhaps `sample` and `question`. A row whose label is null is no label.
        positive: The label to find; by itself `true`, if labels are truth values.
        question: Which question's verdicts and labels are meant; None for all.

    Raises:
        UsageError: A column is missing, something has several labels or verdicts, or nothing has both.
    """
    keys = _keys(verdicts, labels)
    verdicts, labels = _about(verdicts, question, "verdicts"), _about(labels, question, "labels")
    known = labels.drop_nulls("label")
    _check_joinable(verdicts, known, keys)
    columns = [each for each in _OF_VERDICTS if each in verdicts.columns]
    found = verdicts.select(*keys, *columns, pl.lit(value=True).alias("found"))
    joined = known.select(*keys, "label").join(found, on=keys, how="left", maintain_order="left")
    if positive is None and {_word(each) for each in known["label"]} <= {"true", "false"}:
        positive = "true"
    return Labelled(
        [_pair(row, positive) for row in joined.iter_rows(named=True)],
        positive,
        verdicts.join(known, on=keys, how="anti").height,
        known["id"].n_unique() < known.height,
    )


def listed(words: set[str]) -> str:
    """A few of the words, for a message."""
    shown = sorted(words)[:4]
    return ", ".join(repr(each) for each in shown) + (", ..." if len(words) > len(shown) else "")


def _keys(verdicts: pl.DataFrame, labels: pl.DataFrame) -> list[str]:
    for name, frame, needed in (("verdicts", verdicts, "value"), ("labels", labels, "label")):
        if missing := [each for each in ("id", needed) if each not in frame.columns]:
            raise UsageError(f"{name}: column {missing[0]} is missing; found {', '.join(frame.columns)}")
    told = [each for each in labels.columns if labels[each].null_count() < labels.height]
    return [each for each in _KEYS if each in {"id", *told} and each in verdicts.columns]


def _about(frame: pl.DataFrame, question: str | None, name: str) -> pl.DataFrame:
    if question is None or "question" not in frame.columns:
        return frame
    found = frame.filter(pl.col("question") == question)
    if found.is_empty() and frame["question"].null_count() < frame.height:
        known = listed(set(frame["question"].drop_nulls()))
        raise UsageError(f"{name}: none is on the question {question!r}; they are on {known}")
    return found if found.height else frame


def _check_joinable(verdicts: pl.DataFrame, labels: pl.DataFrame, keys: list[str]) -> None:
    if not labels.height:
        raise UsageError("labels: there is none that isn't null; nothing to hold verdicts against")
    twice = labels.filter(pl.struct(keys).is_duplicated())
    if twice.height:
        raise UsageError(f"labels: {twice['id'][0]} has several; give one for each {' and '.join(keys)}")
    about = verdicts.join(labels, on=keys, how="semi")
    if not about.height:
        raise UsageError(
            f"agree: no label has a verdict; ids are like {verdicts['id'].first()} in verdicts, "
            f"and like {labels['id'].first()} in labels"
        )
    if not about.select(pl.struct(keys).is_duplicated().any()).item():
        return
    for name in _KEYS:
        if name not in keys and name in about.columns and about[name].n_unique() > 1:
            raise UsageError(
                f"labels: verdicts differ by {name}; say which one a label is about, in a column {name}"
            )
    raise UsageError("verdicts: there are several on the same question; give those of one judge at a time")


def _pair(row: Mapping[str, Any], positive: str | None) -> Pair:
    label = _word(row["label"])
    if row["found"] is None:
        return Pair(label, None, WITHOUT_VERDICT, None)
    value = None if row.get("reason") is not None else _value(row["value"])
    if value is None:
        return Pair(label, None, str(row.get("reason") or WITHOUT_VALUE), None)
    return Pair(label, value, None, _probability(row, positive))


def _value(given: Any) -> str | float | None:
    value = _json(given)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _word(value)
    return float(value) if math.isfinite(value) else None


def _word(value: Any) -> str:
    """A label as text, however it was written: true and `true` are the same."""
    plain = _json(value)
    return plain if isinstance(plain, str) else orjson.dumps(plain).decode()


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _probability(row: Mapping[str, Any], positive: str | None) -> float | None:
    """The positive label's share of the probability of all labels."""
    given = row.get("probability")
    if isinstance(given, float) and math.isfinite(given):
        return given
    evidence = _json(row.get("evidence"))
    found = evidence.get("probabilities") if isinstance(evidence, dict) else None
    if not isinstance(found, dict):
        return None
    own = next((found[key] for key in (positive, _TRUE.get(positive or "")) if key in found), None)
    total = math.fsum(each for each in found.values() if each is not None)
    return None if own is None or not total else float(own) / total

"""What a shortcut is: a way to answer that doesn't do the task, scored on columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from ..columns import Integers
from ..inputs.batch import Batch, Column

pc = cast("Any", pyarrow.compute)

Score = Callable[[Batch], Mapping[str, int]]
"""From rows to twice the number of them that each variant gets right: a tie of two options counts half."""


@dataclass(frozen=True)
class Shortcut:
    """A way to answer without doing the task, with one variant or several.

    Of the variants, the one that gets most of the first split right is reported, on every split: a shortcut
    is fitted where a model is trained. Where two get the same, the first by name is taken.

    Attributes:
        name: In kebab-case, such as `in-degree`.
        rule: What it answers, in a clause. `{choice}` stands for the variant, `{split}` for the first split.
        score: What each variant gets right; `single` and the functions below make one.
        configs: The configs it holds for, by name or glob; empty for all.
    """

    name: str
    rule: str
    score: Score
    configs: tuple[str, ...] = ()


def single(is_right: Callable[[Batch], npt.NDArray[np.bool_]]) -> Score:
    """A shortcut without variants, from whether it gets each row right."""
    return lambda batch: {"": 2 * int(is_right(batch).sum())}


def commonest(column: str) -> Score:
    """One answer for all rows; the variants are the values of a column."""

    def score(batch: Batch) -> Mapping[str, int]:
        counts = pc.value_counts(found(batch, column).values.cast(pa.string()))
        return {str(each["values"]): 2 * each["counts"] for each in counts.to_pylist()}

    return score


def compared(sides: Callable[[Batch], tuple[Integers, Integers]], lower: str, higher: str) -> Score:
    """The option with the lower number, or the one with the higher.

    Args:
        sides: From rows to the numbers of the right option and of the wrong one, each of shape (n,).
        lower: The name of the variant that takes the lower number.
        higher: The name of the other.
    """

    def score(batch: Batch) -> Mapping[str, int]:
        right, wrong = sides(batch)
        ties = int((right == wrong).sum())
        return {
            lower: 2 * int((right < wrong).sum()) + ties,
            higher: 2 * int((right > wrong).sum()) + ties,
        }

    return score


def thresholds(sides: Callable[[Batch], tuple[Integers, npt.NDArray[np.bool_]]], most: int) -> Score:
    """Yes from a number on, or below it; the variants are `at least 1` to `below {most}`.

    Args:
        sides: From rows to a number each, and whether yes is right; both of shape (n,).
        most: The largest threshold.
    """

    def score(batch: Batch) -> Mapping[str, int]:
        numbers, is_yes = sides(batch)
        steps = np.arange(1, most + 1)
        hits = ((numbers[:, None] >= steps) == is_yes[:, None]).sum(axis=0).tolist()
        above = {f"at least {step}": 2 * hit for step, hit in enumerate(hits, 1)}
        below = {f"below {step}": 2 * (len(numbers) - hit) for step, hit in enumerate(hits, 1)}
        return above | below

    return score


def found(batch: Batch, path: str) -> Column:
    """The values at a path, which the schema promises.

    Raises:
        KeyError: There is no such path.
    """
    column = batch.column(path)
    if column is None:
        raise KeyError(path)
    return column


def numbers(batch: Batch, path: str) -> Integers:
    """The whole numbers at a path, shape (values,), which are never null."""
    return np.asarray(found(batch, path).values.cast(pa.int64()))

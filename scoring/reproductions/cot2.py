"""CoT2 (arXiv 2505.23648): reference models trained anew, beside the accuracies that the paper plots."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..intervals import Interval
from .cells import Cell, in_percent
from .checks import Facts

_DIGITS = 2


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `cot2/`: what the reports that `mensrea run cot2 --recipe …` wrote below it say of each model.

    Raises:
        SourceMissingError: There is no report, or no folder that could hold any.
        SourceFormatError: Reports can't be read or contradict each other; see `training/facts.py`.
    """
    # By name: training stands above scoring, and only here does a figure of scoring come of it.
    return importlib.import_module("mensrea.training.facts").facts_of_reports(folder)


def accuracy(facts: Facts, recipe: str, published: Sequence[tuple[str, int, float]]) -> Iterator[Cell]:
    """Mean accuracy over seeds on the test split in percent; its interval is over seeds and problems.

    Args:
        facts: The rows of reports by recipe.
        recipe: Which one.
        published: Arm, width and the published percentage.
    """
    for name, width, percent in published:
        row = _row(facts, recipe, name, width)
        cell = f"{name}, d = {width}"
        yield _cell(cell if row is None else f"{cell}, {_counted(row['seeds'])}", percent, row)


def pass_at(
    facts: Facts, recipe: str, *, name: str, width: int, temperature: str, published: Mapping[str, float]
) -> Iterator[Cell]:
    """Pass@k of sampled chains in percent, by k; unbiased, a mean over seeds and problems."""
    row = _row(facts, recipe, name, width)
    found = {} if row is None else row["pass_at"].get(temperature, {})
    for k, percent in published.items():
        yield _cell(f"pass@{k}, T = {temperature}", percent, found.get(k))


def gain(facts: Facts, recipe: str, start: str, width: int, published: Mapping[str, float]) -> Iterator[Cell]:
    """What a policy gains on the model that it starts from, in points: the mean over seeds, paired.

    As published: the policy draws its thoughts, and the model that it starts from takes the likeliest.
    """
    for name, points in published.items():
        row = _row(facts, recipe, name, width)
        found = row["gain"] if row else None
        cell = f"{name}, d = {width}"
        if found is None or found["start"] != start:
            yield _cell(cell, points, None)
        else:
            yield _cell(f"{cell}, {_counted(found['seeds'])}", points, found)


def _cell(name: str, published: float, found: Mapping[str, Any] | None) -> Cell:
    """A figure in percent, of a mean and its interval as reports have them; None if it wasn't measured."""
    if found is None:
        return Cell(name, published, None, _DIGITS)
    interval = None if found["interval"] is None else in_percent(Interval(**found["interval"]))
    return Cell(name, published, 100 * found["mean"], _DIGITS, interval, anew=True)


def _row(facts: Facts, recipe: str, name: str, width: int) -> dict[str, Any] | None:
    rows = facts.get(recipe, ())
    return next((row for row in rows if (row["name"], row["width"]) == (name, width)), None)


def _counted(seeds: Sequence[int]) -> str:
    return f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''}"

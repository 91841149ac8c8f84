"""CoT2 (arXiv 2505.23648): reference models trained anew, beside the accuracies that the paper plots."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from ..intervals import Interval, mean_interval
from .cells import Cell, in_percent
from .checks import Facts
from .files import shipped_facts

_DIGITS = 2
_FEWEST = 2


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `cot2/`: what the reports that `mensrea run cot2 --recipe …` wrote below it say of each model.

    The paper's authors publish no data: where others' files lie and the folder isn't among them, the facts
    are those that ship.

    Raises:
        SourceMissingError: There is no report, or no folder that could hold any.
        SourceFormatError: Reports can't be read or contradict each other; see `training/facts.py`.
    """
    if folder.parent.is_dir() and not folder.exists():
        return shipped_facts("cot2")
    # By name: training stands above scoring, and only here does a figure of scoring come of it.
    return importlib.import_module("mensrea.training.facts").facts_of_reports(folder)


def accuracy(facts: Facts, recipe: str, published: Sequence[tuple[str, int, float]]) -> Iterator[Cell]:
    """Mean accuracy over seeds on the test split in percent, with Student's interval over seeds.

    Args:
        facts: The rows of reports by recipe.
        recipe: Which one.
        published: Arm, width and the published percentage.
    """
    for name, width, percent in published:
        row = _row(facts, recipe, name, width)
        if row is None:
            yield Cell(f"{name}, d = {width}", percent, None, _DIGITS)
            continue
        interval = in_percent(Interval(**row["interval"]))
        yield Cell(_named(row), percent, 100 * row["mean"], _DIGITS, interval, anew=True)


def pass_at(
    facts: Facts, recipe: str, *, name: str, width: int, temperature: str, published: Mapping[str, float]
) -> Iterator[Cell]:
    """Pass@k of sampled chains in percent, by k; unbiased, a mean over seeds and problems."""
    row = _row(facts, recipe, name, width)
    found = {} if row is None else row["pass_at"].get(temperature, {})
    for k, percent in published.items():
        recomputed = 100 * found[k] if k in found else None
        yield Cell(f"pass@{k}, T = {temperature}", percent, recomputed, _DIGITS, anew=True)


def gain(facts: Facts, recipe: str, start: str, width: int, published: Mapping[str, float]) -> Iterator[Cell]:
    """What a policy gains on the model that it starts from, in points: the mean over seeds, paired.

    As published: the policy draws its thoughts, and the model that it starts from takes the likeliest.
    """
    before = _row(facts, recipe, start, width)
    for name, points in published.items():
        after = _row(facts, recipe, name, width)
        gains = _gains(before, after) if before and after else []
        if not gains:
            yield Cell(f"{name}, d = {width}", points, None, _DIGITS)
            continue
        interval = mean_interval(gains) if len(gains) >= _FEWEST else None
        cell = f"{name}, d = {width}, {_counted(len(gains))}"
        yield Cell(cell, points, fmean(gains), _DIGITS, interval, anew=True)


def _gains(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[float]:
    """In points, of the seeds that both have."""
    start = dict(zip(before["seeds"], before["accuracies"], strict=True))
    end = dict(zip(after["seeds"], after["accuracies"], strict=True))
    return [100 * (end[seed] - start[seed]) for seed in end if seed in start]


def _row(facts: Facts, recipe: str, name: str, width: int) -> dict[str, Any] | None:
    rows = facts.get(recipe, ())
    return next((row for row in rows if (row["name"], row["width"]) == (name, width)), None)


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['name']}, d = {row['width']}, {_counted(len(row['seeds']))}"


def _counted(seeds: int) -> str:
    return f"{seeds} seed{'s' if seeds > 1 else ''}"

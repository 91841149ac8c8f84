"""CoT2 (arXiv 2505.23648): reference models trained anew, beside the accuracies that the paper plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from ...errors import SourceFormatError
from ..intervals import Interval, mean_interval
from .cells import Cell, in_percent
from .checks import Facts
from .files import read_json, shipped_facts

REPORT = "report.json"
_DIGITS = 2
_KEPT = ("name", "layers", "width", "seeds", "accuracies", "mean", "interval", "pass_at", "epochs")
_FEWEST = 2


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `cot2/`: the rows of the reports that `mensrea run cot2 --recipe …` wrote below it.

    The paper's authors publish no data: without the folder, these are the facts that ship.

    Raises:
        SourceFormatError: A report can't be read, or two of a recipe have the same models.
    """
    if not folder.is_dir():
        return shipped_facts("cot2")
    facts: dict[str, Any] = {}
    for path in sorted(folder.glob(f"*/{REPORT}")):
        report = read_json(path, ("recipe", "rows"))
        try:
            recipe = str(report["recipe"]["name"])
            rows = [{key: row[key] for key in _KEPT} for row in report["rows"]]
        except (TypeError, LookupError) as error:
            told = "expected the report.json of `mensrea run cot2 --recipe`"
            raise SourceFormatError(f"{path}: a member is missing or of another kind; {told}") from error
        held = facts.setdefault(recipe, [])
        if again := {_model(row) for row in held} & {_model(row) for row in rows}:
            name, width = min(again)
            message = f"{recipe} has another report with {name}, d = {width}; train all its seeds in one run"
            raise SourceFormatError(f"{path}: {message}")
        held.extend(rows)
    return facts


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
        if before is None or after is None or before["seeds"] != after["seeds"]:
            yield Cell(f"{name}, d = {width}", points, None, _DIGITS)
            continue
        gains = [100 * (b - a) for a, b in zip(before["accuracies"], after["accuracies"], strict=True)]
        interval = mean_interval(gains) if len(gains) >= _FEWEST else None
        yield Cell(_named(after), points, fmean(gains), _DIGITS, interval, anew=True)


def _row(facts: Facts, recipe: str, name: str, width: int) -> dict[str, Any] | None:
    rows = facts.get(recipe, ())
    return next((row for row in rows if _model(row) == (name, width)), None)


def _model(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["name"], row["width"]


def _named(row: Mapping[str, Any]) -> str:
    seeds = len(row["seeds"])
    return f"{row['name']}, d = {row['width']}, {seeds} seed{'s' if seeds > 1 else ''}"

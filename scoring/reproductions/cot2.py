"""CoT2 (arXiv 2505.23648): reference models trained anew, beside the accuracies that the paper plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from ...errors import RunError, SourceFormatError
from ...training.outcome import Result
from ...training.report import TrainingReport
from ...training.report_json import read_report
from ...training.settings import Recipe, find_recipe, recipe_names
from ...training.summary import summarise
from ..intervals import Interval, mean_interval
from .cells import Cell, in_percent
from .checks import Facts
from .files import shipped_facts

_REPORT = "report.json"
_DIGITS = 2
_KEPT = ("name", "layers", "width", "seeds", "accuracies", "mean", "interval", "pass_at", "epochs")
_FEWEST = 2


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `cot2/`: what the reports that `mensrea run cot2 --recipe …` wrote below it say of each model.

    Seeds of a model may be in several reports. The paper's authors publish no data: without the folder, the
    facts are those that ship.

    Raises:
        SourceFormatError: A report can't be read, isn't of the recipe that it names, is of another release
            than those before it, or has a model and seed that another report of the recipe has, too.
    """
    if not folder.is_dir():
        return shipped_facts("cot2")
    found: dict[str, list[TrainingReport]] = {}
    for path in sorted(folder.glob(f"*/{_REPORT}")):
        report = _read(path)
        others = found.setdefault(report.recipe.name, [])
        if problem := _problem(report, others):
            raise SourceFormatError(f"{path}: {problem}")
        others.append(report)
    return {name: _rows(reports) for name, reports in found.items()}


def _read(path: Path) -> TrainingReport:
    try:
        return read_report(path)
    except RunError as error:
        raise SourceFormatError(str(error)) from error


def _problem(report: TrainingReport, others: Sequence[TrainingReport]) -> str:
    """Why the report can't stand beside others of its recipe; empty if it can."""
    name = report.recipe.name
    if name in recipe_names() and (member := _changed(report.recipe, find_recipe(name))):
        return f"{member} isn't that of the recipe {name}; name a recipe of your own otherwise"
    if others and report.version != others[0].version:
        return f"{name} was run on release {report.version} here and on {others[0].version} in another report"
    held = {_model(each) for other in others for each in other.results}
    if again := held & {_model(each) for each in report.results}:
        arm, width, seed = min(again)
        return f"another report of {name} has {arm}, d = {width}, seed {seed}, too; keep one of them"
    return ""


def _changed(recipe: Recipe, shipped: Recipe) -> str:
    """What of a recipe isn't as shipped; `mensrea run` may choose seeds, and leave out widths and arms."""
    for name in ("config", "layers", "heads", "samples", "temperatures"):
        if getattr(recipe, name) != getattr(shipped, name):
            return name
    known = [replace(arm, widths=()) for arm in shipped.arms]
    arms = (arm.name for arm in recipe.arms if replace(arm, widths=()) not in known)
    policies = (policy.name for policy in recipe.policies if policy not in shipped.policies)
    return next((repr(each) for each in (*arms, *policies)), "")


def _model(result: Result) -> tuple[str, int, int]:
    return result.name, result.width, result.seed


def _rows(reports: Sequence[TrainingReport]) -> list[dict[str, Any]]:
    rows = map(asdict, summarise(result for report in reports for result in report.results))
    return [{key: row[key] for key in _KEPT} for row in rows]


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
    return next((row for row in rows if (row["name"], row["width"]) == (name, width)), None)


def _named(row: Mapping[str, Any]) -> str:
    seeds = len(row["seeds"])
    return f"{row['name']}, d = {row['width']}, {seeds} seed{'s' if seeds > 1 else ''}"

"""CoT2 (arXiv 2505.23648): reference models trained anew, beside the accuracies that the paper plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from ...errors import RunError, SourceFormatError, SourceMissingError
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

    Seeds of a model may be in several reports; reports of recipes that don't ship are left out. The paper's
    authors publish no data: where others' files lie and the folder isn't among them, the facts are those that
    ship.

    Raises:
        SourceMissingError: There is no report, or no folder that could hold any.
        SourceFormatError: A report can't be read, isn't of the recipe that it names, is of another release
            than those before it, or has other figures of a model and seed than another report.
    """
    if folder.parent.is_dir() and not folder.exists():
        return shipped_facts("cot2")
    paths = sorted(folder.glob(f"*/{_REPORT}"))
    if not paths:
        told = "expected folders that `mensrea run cot2 --recipe` wrote (--out), each with its report.json"
        raise SourceMissingError(f"{folder}: there is no report in it; {told}")
    found: dict[str, list[TrainingReport]] = {}
    for path in paths:
        report = _read(path)
        if report.recipe.name not in recipe_names():
            continue
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
    if member := _changed(report.recipe, find_recipe(name)):
        return f"{member} isn't that of the recipe {name}; name a recipe of your own otherwise"
    if others and report.version != others[0].version:
        return f"{name} was run on release {report.version} here and on {others[0].version} in another report"
    held = _by_model(others)
    for model, result in _by_model([report]).items():
        if model in held and held[model].splits != result.splits:
            arm, width, seed = model
            return f"another report of {name} has other figures of {arm}, d = {width}, seed {seed}; keep one"
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


def _by_model(reports: Sequence[TrainingReport]) -> dict[tuple[str, int, int], Result]:
    """Each model once: reports of policies have the arm that they start from in common."""
    return {(each.name, each.width, each.seed): each for report in reports for each in report.results}


def _rows(reports: Sequence[TrainingReport]) -> list[dict[str, Any]]:
    rows = map(asdict, summarise(_by_model(reports).values()))
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

"""What reports of the shipped recipes say of each model, as the facts that published figures are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..errors import RunError, SourceFormatError, SourceMissingError
from .outcome import Result
from .report import TrainingReport
from .report_json import read_report
from .settings import Recipe, find_recipe, recipe_names
from .summary import summarise

_REPORT = "report.json"
_KEPT = ("name", "layers", "width", "seeds", "accuracies", "mean", "interval", "gain", "pass_at", "epochs")


def facts_of_reports(folder: Path) -> dict[str, Any]:
    """Facts of `cot2/`: what the reports that `mensrea run cot2 --recipe …` wrote below it say of each model.

    Seeds of a model may be in several reports; reports of recipes that don't ship are left out.

    Raises:
        SourceMissingError: There is no report.
        SourceFormatError: A report can't be read, isn't of the recipe that it names, is of another release
            than those before it or of other problems, or has other figures of a model and seed than another
            report.
    """
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
    return {name: _rows(folder, name, reports) for name, reports in found.items()}


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


def _rows(folder: Path, name: str, reports: Sequence[TrainingReport]) -> list[dict[str, Any]]:
    try:
        rows = summarise(_by_model(reports).values())
    except ValueError as error:
        raise SourceFormatError(f"{folder}: the reports of {name}: {error}") from error
    return [{key: row[key] for key in _KEPT} for row in map(asdict, rows)]

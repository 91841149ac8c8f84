"""The report of a training run as JSON and back; report.schema.json describes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import orjson

from ..errors import RunError, SchemaError
from ..schemas.documents import first_breach
from ..schemas.records import record
from ..scoring.base import Baseline
from .outcome import Figures, Result
from .report import Machine, TrainingReport
from .settings import Arm, Policy, Recipe, Training
from .summary import summarise

KIND = "mensrea-training"
FORMAT = 3

_SCHEMA = Path(__file__).with_name("report.schema.json")


def report_bytes(report: TrainingReport) -> bytes:
    """The report as JSON: indented for people, except that curves, clusters and chains take a line each."""
    document = {
        "kind": KIND,
        "format": FORMAT,
        "mensrea": report.mensrea,
        "version": report.version,
        "machine": asdict(report.machine),
        "recipe": asdict(report.recipe),
        "baselines": [asdict(each) for each in report.baselines],
        "rows": [asdict(each) for each in report.rows],
        "results": [_written(each) for each in report.results],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _written(result: Result) -> dict[str, Any]:
    splits = {
        name: {
            **asdict(each),
            "clusters": _in_a_line(each.clusters),
            "solved": {heat: _in_a_line(solved) for heat, solved in each.solved.items()},
        }
        for name, each in result.splits.items()
    }
    return {**asdict(result), "curve": _in_a_line(result.curve), "splits": splits}


def _in_a_line(value: Any) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(value))


def read_report(path: Path) -> TrainingReport:
    """Read a report; its rows are computed from its results again.

    Raises:
        RunError: The file can't be read, is no report of a training run, has a format of another version, or
            breaks the rules of its own.
    """
    document = _read(path)
    try:
        report = TrainingReport(
            _recipe(document["recipe"]),
            tuple(_result(each) for each in document["results"]),
            record(Machine, document["machine"], "machine"),
            document["version"],
            document["mensrea"],
            tuple(record(Baseline, each, "a baseline") for each in document["baselines"]),
        )
        for result in report.results:
            _hold(result, report.recipe)
        summarise(report.results)
    except (SchemaError, ValueError, KeyError, TypeError) as error:
        told = " ".join(str(error).split())
        raise RunError(f"{path}: the report contradicts itself: {told}; run the recipe again") from error
    return report


def _hold(result: Result, recipe: Recipe) -> None:
    """Hold a result to the recipe that it is of.

    Raises:
        ValueError: The recipe makes no such model.
    """
    made: dict[str, tuple[str, str, int]] = {
        each.name: (each.method, each.supervision, each.training.epochs) for each in recipe.arms
    } | {each.name: ("grpo", each.start, each.epochs) for each in recipe.policies}
    model = result.method, result.supervision, result.epochs
    seeded = result.seed in recipe.seeds and result.layers == recipe.layers
    sampled = {each.samples for each in result.splits.values()} <= {0, recipe.samples}
    if made.get(result.name) != model or not seeded or not sampled:
        raise ValueError(
            f"its recipe makes no {result.name} of seed {result.seed} with such a method, supervision, "
            "number of layers, epochs and samples"
        )


def _read(path: Path) -> dict[str, Any]:
    wanted = "expected the report.json of `mensrea run cot2 --recipe`"
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path}: can't be read ({error.strerror or error}); {wanted}") from error
    except orjson.JSONDecodeError as error:
        raise RunError(f"{path}: is no JSON ({error}); {wanted}") from error
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise RunError(f"{path}: is no report of a training run; {wanted}")
    found = document.get("format")
    if found != FORMAT:
        advice = "run the recipe again in its folder, whose checkpoints hold the models"
        raise RunError(f"{path}: has format {found}, expected {FORMAT}; {advice}")
    if (breach := first_breach(document, _SCHEMA)) is not None:
        raise RunError(f"{path}: breaks the schema of reports at {breach}; run the recipe again")
    return cast("dict[str, Any]", document)


def _recipe(members: Mapping[str, Any]) -> Recipe:
    arms = [
        record(Arm, {**each, "training": record(Training, each["training"], "an arm's training")}, "an arm")
        for each in members["arms"]
    ]
    policies = [record(Policy, each, "a policy") for each in members["policies"]]
    return record(Recipe, {**members, "arms": arms, "policies": policies}, "the recipe")


def _result(members: Mapping[str, Any]) -> Result:
    curve = [(epoch, _number(loss), accuracy) for epoch, loss, accuracy in members["curve"]]
    splits = {name: _figures(each) for name, each in members["splits"].items()}
    return replace(record(Result, {**members, "curve": (), "splits": splits}, "a result"), curve=curve)


def _figures(members: Mapping[str, Any]) -> Figures:
    steps = {name: [_number(each) for each in members[name]] for name in ("divergence", "entropy")}
    clusters = [tuple(each) for each in members["clusters"]]
    solved = {heat: tuple(map(tuple, each)) for heat, each in members["solved"].items()}
    return record(Figures, {**members, **steps, "clusters": clusters, "solved": solved}, "figures")


def _number(value: float | None) -> float:
    """JSON has nothing but null for what isn't finite."""
    return math.nan if value is None else value

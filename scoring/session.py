"""Scoring responses, and running a benchmark: asking a model first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from ..errors import UsageError
from ..models import run_folder
from ..models.caller import Caller
from ..models.pool import rare_collection
from ..models.run_folder import FORMAT
from .assessment import Assessment
from .base import Scorer, check_rows
from .calling import ModelSpec, Options, cost_of, with_caller, workers
from .elicit import Draw, elicit
from .items import Items
from .judging import Judged, JudgeModel, Key, Stored, ask_judges, read_again, verdict_row
from .progress import Progress
from .report import Report
from .responses import Responses, write_responses
from .tables import write_verdicts

RESPONSES, VERDICTS = "responses.jsonl", "verdicts.jsonl"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of a benchmark does, as `run.json` records it.

    Attributes:
        stem: The dataset.
        config: The config.
        split: The split.
        version: The release's version.
        digest: Content digest of the split.
        items: How many of its rows, from the first on.
        model: The model that responds.
        base_url: Where it is served.
        parameters: Its parameters.
        samples: Responses to each probe.
        options: What was chosen of the scorer's options.
    """

    stem: str
    config: str
    split: str
    version: str
    digest: str
    items: int
    model: str
    base_url: str
    parameters: Mapping[str, Any]
    samples: int
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    format: int = FORMAT


class BenchmarkFolder(run_folder.RunFolder[Settings]):
    """The files of a run of a benchmark: settings, journal, responses, verdicts, report."""

    kind: ClassVar[type[Settings]] = Settings
    go_on = "mensrea run … --out {path}"


def score_responses(
    scorer: Scorer,
    items: Items,
    responses: Responses,
    folder: Path,
    *,
    judge: ModelSpec | None = None,
    stored: Mapping[Key, Stored] | None = None,
    samples: int | None = None,
    options: Options | None = None,
) -> Report:
    """Score responses that there are.

    Args:
        scorer: The benchmark's scorer.
        items: The rows that were asked about.
        responses: What a model said.
        folder: Where judges' replies are kept, so that none is paid for twice, and verdicts are written.
        judge: The model that judges, where the benchmark needs one.
        stored: Verdicts to read again in the place of a judge, by item, sample and question.
        samples: Responses that each item should have; None for as many as the one with the most has.
        options: How to go about it.

    Raises:
        UsageError: The benchmark needs a judge, and there is neither one nor a stored verdict, or both; or
            rows are none that the scorer can ask about.
        ResponseError: There are no responses, they contradict each other, or no stored verdict is about them.
        RunStoppedError: It was interrupted; other errors of runs, as `Caller.call` raises them.
    """
    used = options or Options()
    check_rows(scorer, items)
    if judge is not None and stored is not None:
        raise UsageError("a judge and stored verdicts: give one of --judge and --verdicts")
    with rare_collection():
        assessment = Assessment.of(scorer, items, responses, samples)
        if not assessment.questions or stored is not None:
            return assessment.report(read_again(assessment.questions, stored or {}), used.intervals)
    if judge is None:
        raise _no_judge(scorer, ", or --verdicts with what a judge said before")
    asked = judge

    async def ask(caller: Caller, names: Mapping[str, str]) -> Report:
        judged = await _judged(
            assessment, caller, JudgeModel(names[asked.spec], asked.parameters), options=used, folder=folder
        )
        return assessment.report(judged, used.intervals, cost_of(caller))

    return with_caller(folder, [asked], used, ask)


def run_benchmark(
    scorer: Scorer,
    items: Items,
    folder: BenchmarkFolder,
    model: ModelSpec,
    *,
    samples: int,
    judge: ModelSpec | None = None,
    options: Options | None = None,
) -> Report:
    """Ask a model everything that a benchmark asks, then score what it said.

    The same call again goes on where it was stopped: no reply is paid for twice.

    Args:
        scorer: The benchmark's scorer.
        items: The rows to ask about.
        folder: Where everything is kept.
        model: The model; its parameters replace the scorer's `sampling`, and None takes one away.
        samples: Responses to each probe.
        judge: The model that judges, where the benchmark needs one.
        options: How to go about it.

    Raises:
        UsageError: The folder holds another run, the benchmark needs a judge, a model is none, or rows are
            none that the scorer can ask about; nothing was asked.
        RunStoppedError: It was interrupted; other errors of runs, as `Caller.call` raises them.
    """
    used = options or Options()
    check_rows(scorer, items)
    if judge is None and scorer.judged:
        raise _no_judge(scorer, "; nothing was asked yet")
    asked = [model, *([judge] if judge else [])]
    parameters = {**scorer.parameters, **model.parameters}
    parameters = {name: value for name, value in parameters.items() if value is not None}
    settings = _settings(scorer, items, model, parameters, samples)

    async def ask(caller: Caller, names: Mapping[str, str]) -> Report:
        draw = Draw(names[model.spec], parameters, samples)
        total = len(items.rows) * len(scorer.probes) * samples
        with Progress(total, "responses", caller.counters, shown=used.progress) as line:
            rows = await elicit(scorer, items, draw, caller.call, workers=workers(used), report=line.advance)
        responses = write_responses(folder.path / RESPONSES, rows)
        assessment = Assessment.of(scorer, items, responses, samples)
        judged: dict[Key, Judged] = {}
        if judge is not None and assessment.questions:
            judged = await _judged(
                assessment,
                caller,
                JudgeModel(names[judge.spec], judge.parameters),
                options=used,
                folder=folder.path,
            )
        return assessment.report(judged, used.intervals, cost_of(caller))

    return with_caller(folder.path, asked, used, ask, lambda: folder.begin(settings))


def _no_judge(scorer: Scorer, more: str) -> UsageError:
    return UsageError(
        f"{scorer.stem}: responses are judged; pass --judge openai/NAME (--judge-base-url for a server of "
        f"your own){more}"
    )


async def _judged(
    assessment: Assessment,
    caller: Caller,
    judge: JudgeModel,
    *,
    options: Options,
    folder: Path,
) -> dict[Key, Judged]:
    """Ask the judge, and keep its verdicts in a file."""
    questions = assessment.questions
    with Progress(len(questions), "verdicts", caller.counters, shown=options.progress) as line:
        judged = await ask_judges(
            questions, judge, caller.call, workers=workers(options), report=line.advance
        )
    items = assessment.items
    rows = (verdict_row(items.dataset, items.config, key, each) for key, each in judged.items())
    write_verdicts(folder / VERDICTS, rows)
    return judged


def _settings(
    scorer: Scorer, items: Items, model: ModelSpec, parameters: Mapping[str, Any], samples: int
) -> Settings:
    return Settings(
        stem=items.dataset,
        config=items.config,
        split=items.split,
        version=items.version,
        digest=items.digest,
        items=len(items.rows),
        model=model.spec,
        base_url=model.base_url,
        parameters=parameters,
        samples=samples,
        options=scorer.chosen,
    )

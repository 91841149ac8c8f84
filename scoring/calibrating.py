"""Running a judge over a benchmark's own examples, whose labels are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import UsageError
from .base import Example, Outcome, Scorer
from .calibration import Calibration, agree
from .calling import ModelSpec, Options, cost_of, with_caller, workers
from .evidence import Evidence
from .items import Items
from .judging import Judged, JudgeModel, Key, ask_judges, by_sample, questions_of, verdict_row
from .printing import Page
from .progress import Progress
from .report import Cost
from .report_words import cost_line
from .tables import write_verdicts

VERDICTS = "verdicts.jsonl"
_COUNTED = ("positive", "found", "negative", "false", "unscored")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How a judge did on examples.

    Attributes:
        calibration: How its outcomes agree with the labels; an outcome is positive if it is the scorer's
            first class.
        outcomes: How many examples of each label came to each class, or to each reason for none, by
            `present` or `absent` and the class.
        aspects: By aspect: positive examples, those found, negative ones, those found all the same, and
            unscored.
        quoted: Positives found whose evidence was located.
        in_spans: Those of them whose evidence overlaps a span of the label.
        cost: What calls cost.
    """

    calibration: Calibration
    outcomes: Mapping[str, Mapping[str, int]]
    aspects: Mapping[str, Mapping[str, int]]
    quoted: int
    in_spans: int
    cost: Cost

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return {**asdict(self), "calibration": self.calibration.as_dict()}

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The result for a terminal of so many columns."""
        page = Page(width, colour=colour)
        page.title("Outcomes of examples")
        names = sorted({name for counts in self.outcomes.values() for name in counts})
        rows = [[name, *(f"{counts.get(name, 0):,}" for counts in self.outcomes.values())] for name in names]
        page.table(["outcome", *self.outcomes], rows)
        page.title("By aspect")
        rows = [
            [
                aspect,
                f"{each['found']}/{each['positive']}",
                f"{each['false']}/{each['negative']}",
                str(each["unscored"]),
            ]
            for aspect, each in self.aspects.items()
        ]
        page.table(["aspect", "found", "found wrongly", "unscored"], rows)
        page.line()
        page.line(f"Evidence of {self.in_spans:,} of {self.quoted:,} right finds overlaps a labelled span.")
        page.line(f"Cost: {cost_line(self.cost)}", style="dim")
        return f"{self.calibration.as_text(width, colour=colour)}\n{page.text()}"


def calibrate(
    scorer: Scorer, items: Items, folder: Path, judge: ModelSpec, *, options: Options | None = None
) -> Calibrated:
    """Ask a judge about examples and hold its outcomes against their labels.

    Args:
        scorer: The benchmark's scorer.
        items: Its examples.
        folder: Where the judge's replies are kept, so that none is paid for twice, and its verdicts written.
        judge: The model that judges.
        options: How to go about it; the bootstrap's seed is that of its intervals.

    Raises:
        UsageError: The rows are no examples.
        RunStoppedError: It was interrupted; other errors of runs, as `Caller.call` raises them.
    """
    used = options or Options()
    examples = _examples(scorer, items)
    questions, _ = questions_of(scorer, (each.sample for each in examples))

    async def ask(caller: Any, names: Mapping[str, str]) -> tuple[dict[Key, Judged], Cost]:
        model = JudgeModel(names[judge.spec], judge.parameters)
        with Progress(len(questions), "verdicts", caller.counters, shown=used.progress) as line:
            judged = await ask_judges(
                questions, model, caller.call, workers=workers(used), report=line.advance
            )
        return judged, cost_of(caller)

    judged, cost = with_caller(folder, [judge], used, ask)
    rows = (verdict_row(items.dataset, items.config, key, each) for key, each in judged.items())
    write_verdicts(folder / VERDICTS, rows)
    return calibrated(scorer, examples, judged, cost, seed=used.intervals.seed)


def calibrated(
    scorer: Scorer, examples: Sequence[Example], judged: Mapping[Key, Judged], cost: Cost, *, seed: int = 0
) -> Calibrated:
    """Hold verdicts on examples against their labels."""
    verdicts = by_sample(judged)
    found = [scorer.decide(each.sample, verdicts[each.sample.id, 0]) for each in examples]
    positive = next(iter(scorer.outcomes))
    outcomes: dict[str, dict[str, int]] = {"present": {}, "absent": {}}
    aspects: dict[str, dict[str, int]] = {}
    for example, outcome in zip(examples, found, strict=True):
        counts = outcomes["present" if example.present else "absent"]
        name = outcome.name or str(outcome.reason)
        counts[name] = counts.get(name, 0) + 1
        of_aspect = aspects.setdefault(example.aspect, dict.fromkeys(_COUNTED, 0))
        for key in _counted(example, outcome, positive):
            of_aspect[key] += 1
    spans = list(_overlaps(examples, found, verdicts, positive))
    return Calibrated(
        agree(_said(examples, found, positive), _truth(examples), seed=seed),
        outcomes,
        aspects,
        len(spans),
        sum(spans),
        cost,
    )


def _counted(example: Example, outcome: Outcome, positive: str) -> Iterator[str]:
    yield "positive" if example.present else "negative"
    if outcome.name is None:
        yield "unscored"
    elif outcome.name == positive:
        yield "found" if example.present else "false"


def _examples(scorer: Scorer, items: Items) -> list[Example]:
    found = [scorer.example(row) for row in items.rows]
    if not found or None in found:
        raise UsageError(
            f"{items.dataset} {items.config}/{items.split}: rows aren't labelled examples for a judge; "
            "name a config that holds some"
        )
    return [each for each in found if each is not None]


def _said(examples: Sequence[Example], found: Sequence[Outcome], positive: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [each.sample.id for each in examples],
            "value": [None if each.name is None else each.name == positive for each in found],
            "reason": [None if each.reason is None else each.reason.value for each in found],
        },
        schema={"id": pl.String, "value": pl.Boolean, "reason": pl.String},
    )


def _truth(examples: Sequence[Example]) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [each.sample.id for each in examples], "label": [each.present for each in examples]}
    )


def _overlaps(
    examples: Sequence[Example],
    found: Sequence[Outcome],
    verdicts: Mapping[tuple[str, int], Mapping[str, Any]],
    positive: str,
) -> Iterator[bool]:
    """Whether the evidence of each right find overlaps a labelled span."""
    for example, outcome in zip(examples, found, strict=True):
        if not (example.present and outcome.name == positive):
            continue
        evidence = Evidence.of(example.sample.replies[""].reasoning)
        quote = verdicts[example.sample.id, 0][example.aspect].evidence.get("evidence", "")
        yield _share_text(_places(evidence, [quote]), _places(evidence, example.spans))


def _places(evidence: Evidence, quotes: Sequence[str]) -> list[tuple[int, int]]:
    located = (evidence.locate(each) for each in quotes)
    return [span for each in located if each is not None for span in each.spans]


def _share_text(first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]]) -> bool:
    return any(start < other_end and other < end for start, end in first for other, other_end in second)

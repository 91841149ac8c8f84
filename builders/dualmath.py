"""DualMath-1.1M (URSA, arXiv 2501.04686): step labels for solutions of multimodal maths problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, identified
from .mmathcot import URSA_COLUMNS, unknown_collection
from .readers import read_any

_LABEL = re.compile(r"<(pos|neg)>")
_STEP = re.compile(r"^Step (\d+)", re.MULTILINE)
_ANSWER = "†Answer:"


class DualMath(DatasetBuilder):
    """Imports the 1,100,779 published rows as a stream, with the labels read off the text."""

    def plan(self) -> Plan:
        """One split from one file."""
        message = "the paper prints 733K, 773K and 1.075M for its parts; the file has 1,100,779 rows"
        note = Finding("counts-disagree", message, "note")
        return Plan({"train": [{"paths": self.paths("solutions")}]}, [note])

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Every row as published; nothing of `output` is changed."""
        del split
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(URSA_COLUMNS, str))
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            row["labels"] = _LABEL.findall(row["output"])
            row["collection"] = row["image_url"].partition("/")[0]
            yield from unknown_collection(row["collection"], where)
            for code, message in _broken_invariants(row["output"], row["labels"]):
                yield Finding(code, message, where=where, field="output")
            yield from identified(ids, row, URSA_COLUMNS, where)
        yield from columns.findings()


def _broken_invariants(output: str, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a labelled solution should satisfy and this one doesn't."""
    if not labels:
        yield "no-step-label", "the solution has neither <pos> nor <neg>"
    if "neg" in labels and "pos" in labels[labels.index("neg") :]:
        yield "pos-after-neg", "a step after the first wrong one is labelled right"
    solution, marker, answer = output.partition(_ANSWER)
    if output.count(_ANSWER) != 1:
        yield "answer-line-count", f"{output.count(_ANSWER)} answer lines, expected one"
    if marker and _LABEL.search(answer):
        yield "labelled-answer-line", "the answer line has a step label"
    steps = list(_STEP.finditer(solution))
    numbers = [int(step[1]) for step in steps]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "step-numbers-not-consecutive", f"steps are numbered {numbers}"
    if labels:
        yield from _unpaired(solution, [step.start() for step in steps])


def _unpaired(solution: str, starts: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Steps without a label, or labels that aren't one for each step."""
    ends = [*starts[1:], len(solution)]
    counts = [len(_LABEL.findall(solution, start, end)) for start, end in zip(starts, ends, strict=False)]
    total = len(_LABEL.findall(solution))
    if unlabelled := counts.count(0):
        yield "unlabelled-step", f"{unlabelled} of {len(starts)} steps have no label"
    elif total != len(starts):
        yield "label-count", f"{total} labels for {len(starts)} steps"

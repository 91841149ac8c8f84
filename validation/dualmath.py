"""DualMath-1.1M (URSA, arXiv 2501.04686): solutions with a label after each step (version 6, section 3).

Every step carries one of `<pos>` and `<neg>`; after the first wrong step all are wrong; one answer line
closes a solution and carries no label. How many published rows break these rules hasn't been counted, so
they are warnings: such rows can't be paired with their labels and are to be left out of training.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .findings import Finding, Severity
from .inputs.batch import Batch
from .mmathcot import COLLECTION_OF_PATH
from .rules.base import Declared, Rule, Suppression, rule

pc = cast("Any", pyarrow.compute)
Counts = npt.NDArray[np.int64]

_TAG = "<(?:pos|neg)>"
_ANSWER = "†Answer:"
_MOST_STEPS = 100


class OutputRule(Rule):
    """A rule about the published solution: numbers read off the text, and what they should be."""

    severity: ClassVar[Severity] = "warning"

    @property
    def columns(self) -> tuple[str, ...]:
        """The solution."""
        return ("output",)

    @abstractmethod
    def counted(self, texts: Any) -> dict[str, Counts]:
        """Numbers of each text, by what they count."""

    @abstractmethod
    def message(self, counts: dict[str, int]) -> str:
        """What is wrong with a text; empty if nothing is. Asked once for each combination of numbers."""

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each solution that isn't as it should be."""
        column = batch.column("output")
        if column is None or not len(column.values):
            return
        counts = self.counted(pc.fill_null(column.values.cast(pa.large_string()), ""))
        kinds, kind_of_row = np.unique(np.stack([*counts.values()], axis=1), axis=0, return_inverse=True)
        messages = [self.message(dict(zip(counts, kind, strict=True))) for kind in kinds.tolist()]
        is_wrong = np.array([bool(each) for each in messages])
        for index in np.flatnonzero(is_wrong[kind_of_row.ravel()]).tolist():
            text = messages[int(kind_of_row.ravel()[index])]
            yield self.finding(text, batch, int(column.rows[index]), "output")


class UnlabelledSolution(OutputRule):
    """A solution without a single step label."""

    name: ClassVar[str] = "unlabelled-solution"

    def counted(self, texts: Any) -> dict[str, Counts]:
        """Labels."""
        return {"labels": np.minimum(_count(texts, _TAG), 1)}

    def message(self, counts: dict[str, int]) -> str:
        """None at all."""
        return "" if counts["labels"] else "the solution has neither <pos> nor <neg>"


class StepLabels(OutputRule):
    """A labelled solution whose steps don't have one label each."""

    name: ClassVar[str] = "step-labels"

    def counted(self, texts: Any) -> dict[str, Counts]:
        """Steps, steps with a label before the next step, and labels, all above the answer line."""
        solutions = pc.replace_substring_regex(texts, f"(?s){_ANSWER}.*", "")
        return {
            "steps": _count(solutions, r"(?m)^Step \d+"),
            # An unlabelled step runs on to the next one's label, so that two steps count once.
            "labelled": _count(solutions, rf"(?ms)^Step \d+.*?{_TAG}"),
            "labels": _count(solutions, _TAG),
        }

    def message(self, counts: dict[str, int]) -> str:
        """The three numbers are one; a solution without labels is another rule's."""
        steps, labelled, labels = counts["steps"], counts["labelled"], counts["labels"]
        if not labels or steps == labelled == labels:
            return ""
        return (
            f"{steps} steps, {labelled} of them labelled, {labels} labels; expected one label for each step"
        )


class StepNumbers(OutputRule):
    """A solution whose steps aren't numbered 1, 2, 3 and so on."""

    name: ClassVar[str] = "step-numbers"

    def counted(self, texts: Any) -> dict[str, Counts]:
        """Steps above the answer line, and whether their numbers follow each other."""
        solutions = pc.replace_substring_regex(texts, f"(?s){_ANSWER}.*", "")
        steps = _count(solutions, r"(?m)^Step \d+")
        in_order = (steps == 0).astype(np.int64)
        for count in np.unique(steps[(steps > 0) & (steps <= _MOST_STEPS)]).tolist():
            rows = np.flatnonzero(steps == count)
            numbers = ".*".join(rf"^Step {number}\b" for number in range(1, count + 1))
            in_order[rows] = _matches(solutions.take(pa.array(rows)), f"(?ms){numbers}")
        return {"steps": steps, "in order": in_order}

    def message(self, counts: dict[str, int]) -> str:
        """They should follow each other."""
        return "" if counts["in order"] else f"the {counts['steps']} steps aren't numbered in order from 1"


class LabelOrder(OutputRule):
    """A step labelled right after one labelled wrong."""

    name: ClassVar[str] = "label-order"

    def counted(self, texts: Any) -> dict[str, Counts]:
        """Whether there is one."""
        return {"found": _matches(texts, "(?s)<neg>.*<pos>")}

    def message(self, counts: dict[str, int]) -> str:
        """There should be none."""
        return "a step after the first wrong one is labelled right" if counts["found"] else ""


class AnswerLine(OutputRule):
    """A solution without exactly one answer line, or with a label on it."""

    name: ClassVar[str] = "answer-line"

    def counted(self, texts: Any) -> dict[str, Counts]:
        """Answer lines, and whether a label follows the first."""
        labelled = _matches(texts, f"(?s){_ANSWER}.*{_TAG}")
        return {"lines": np.asarray(pc.count_substring(texts, _ANSWER), np.int64), "labelled": labelled}

    def message(self, counts: dict[str, int]) -> str:
        """One line, without a label."""
        if counts["lines"] != 1:
            return f"{counts['lines']} answer lines, expected one"
        return "the answer line has a step label" if counts["labelled"] else ""


def _count(texts: Any, pattern: str) -> Counts:
    return np.asarray(pc.count_substring_regex(texts, pattern), np.int64)


def _matches(texts: Any, pattern: str) -> Counts:
    return np.asarray(pc.match_substring_regex(texts, pattern)).astype(np.int64)


RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("unlabelled-solution"),
    rule("step-labels"),
    rule("step-numbers"),
    rule("label-order"),
    rule("answer-line"),
    rule(
        "cross-field",
        then=COLLECTION_OF_PATH,
        message="expected one of the six folders of figures, the same in image_url and collection",
        severity="warning",
    ),
    rule("empty-text", fields=["image_url", "instruction", "output"]),
    rule("mojibake", fields=["instruction", "output"]),
    rule("language", fields=["instruction", "output"], expected=["en", "zh"], sample=0.02),
    rule("length-outlier", field="output", severity="note"),
)

SUPPRESSIONS: tuple[Suppression, ...] = (
    Suppression(
        "unlabelled-solution",
        "Nine rows of the release have no tag at all, by a published scan of all rows; they are kept.",
        where="original/*",
    ),
)

OWN_RULES: tuple[type[Rule], ...] = (UnlabelledSolution, StepLabels, StepNumbers, LabelOrder, AnswerLine)

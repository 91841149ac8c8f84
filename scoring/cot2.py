"""CoT2 (arXiv 2505.23648): final answers of language models to MNNS and ProsQA, put in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from .base import Outcome, Probe, Row, Sample, Scorer
from .declared import OfK, Rate
from .verdicts import Reason, Verdict

_MNNS = (
    "Here are {count} numbers: {digits}. Put a plus or a minus before each of them, the first one too, and "
    "add up. Of all the sums that aren't negative, which one is the smallest?\n\n"
    "Think it through. End with a line of its own: Answer: followed by the number."
)
_PROSQA = (
    "{question}\n\nThink it through. End with a line of its own: Answer: followed by the whole sentence that "
    "is true."
)
_ANSWER = re.compile(r"[\W_]*answer[\W_]*?:(.*)", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")


class CoT2(Scorer):
    """The last line `Answer: …` is held to the row's answer; nothing is judged."""

    stem = "cot2"
    version = 1
    outcomes: ClassVar = {
        "correct": "the final answer is the row's",
        "wrong": "the final answer is another",
        "unstated": "there is an answer, but no line that states it",
    }
    metrics: ClassVar = (
        Rate("accuracy", "Share of responses whose final answer is right.", of=("correct",), paper="plain"),
        OfK(
            "majority@5",
            "Share of items most of whose 5 responses are right.",
            of=("correct",),
            rule="majority",
            k=5,
        ),
    )
    sampling: ClassVar = {"temperature": 1.0, "max_tokens": 4096}

    def ask(self, row: Row) -> Sequence[Probe]:
        """The task in words, and the form of the last line."""
        if "digits" in row:
            digits = ", ".join(str(each) for each in row["digits"])
            text = _MNNS.format(count=len(row["digits"]), digits=digits)
        else:
            text = _PROSQA.format(question=row["question"])
        return [Probe("", [{"role": "user", "content": text}])]

    def decide(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Outcome:
        """By the answer alone: what reasoning says on its way is no answer."""
        del verdicts
        answer = sample.replies[""].answer
        if not answer:
            return Outcome(None, Reason.NO_ANSWER)
        stated = stated_answer(answer)
        if stated is None:
            return Outcome("unstated")
        return Outcome("correct" if stated == _plain(str(sample.row["answer"])) else "wrong")


def stated_answer(text: str) -> str | None:
    """What the last line `Answer: …` of an answer states, None if there is no such line."""
    for line in reversed(text.splitlines()):
        stated = _ANSWER.match(line)
        if stated is not None and (found := _plain(stated[1])):
            return found
    return None


def _plain(text: str) -> str:
    """Without case, mark-up, repeated spaces, a plus sign before a number, and a full stop at the end."""
    words = _BOXED.sub(r"\1", " ".join(text.split())).strip(' .`$*_"').casefold()
    return re.sub(r"^\+(?=\d)", "", words.replace("\N{MINUS SIGN}", "-"))

"""What was decided about a response: a value, or the reason why there is none. Nothing defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Value = bool | int | float | str


class Reason(StrEnum):
    """Why a response, or a judge's answer about it, has no value."""

    MISSING = "missing"
    CALL_FAILED = "call-failed"
    BLOCKED = "blocked"
    TRUNCATED = "truncated"
    NO_REASONING = "no-reasoning"
    NO_ANSWER = "no-answer"
    JUDGE_MISSING = "judge-missing"
    JUDGE_FAILED = "judge-failed"
    JUDGE_EMPTY = "judge-empty"
    JUDGE_TRUNCATED = "judge-truncated"
    JUDGE_REFUSED = "judge-refused"
    JUDGE_UNPARSABLE = "judge-unparsable"
    JUDGE_AMBIGUOUS = "judge-ambiguous"
    JUDGE_OUT_OF_RANGE = "judge-out-of-range"
    JUDGE_OFF_SCHEMA = "judge-off-schema"
    JUDGE_LOW_MASS = "judge-low-mass"
    JUDGE_UNDECIDED = "judge-undecided"

    @property
    def meaning(self) -> str:
        """What it says, in one line."""
        return _MEANINGS[self]

    @property
    def of_judge(self) -> bool:
        """Whether the judge is the cause, not the response."""
        return self.value.startswith("judge-")


_MEANINGS = {
    Reason.MISSING: "there is no response to the item",
    Reason.CALL_FAILED: "the call for the response failed",
    Reason.BLOCKED: "the provider blocked the prompt or the response",
    Reason.TRUNCATED: "the response was cut, or its reasoning never ended",
    Reason.NO_REASONING: "the response has no reasoning, and the question is about it",
    Reason.NO_ANSWER: "the response has no answer",
    Reason.JUDGE_MISSING: "no stored verdict is about this response",
    Reason.JUDGE_FAILED: "the call of the judge failed",
    Reason.JUDGE_EMPTY: "the judge said nothing",
    Reason.JUDGE_TRUNCATED: "the judge's answer was cut before the verdict",
    Reason.JUDGE_REFUSED: "the judge, or its provider, refused to judge",
    Reason.JUDGE_UNPARSABLE: "the judge's answer is no verdict",
    Reason.JUDGE_AMBIGUOUS: "the judge's answer holds verdicts that contradict each other",
    Reason.JUDGE_OUT_OF_RANGE: "the judge's number is outside of the scale",
    Reason.JUDGE_OFF_SCHEMA: "the judge's JSON breaks the schema",
    Reason.JUDGE_LOW_MASS: "the judge gave too little probability to all verdicts together",
    Reason.JUDGE_UNDECIDED: "the judge's votes are tied, or too many of them are no verdicts",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value, or the reason why there is none; make one with `scored` or `unscored`.

    Attributes:
        value: What was decided: a label, a truth value, a score. None if nothing was.
        reason: Why nothing was decided; None if something was.
        detail: What was found, in one line.
        evidence: What the value rests on: probabilities, mass, votes, quotations.
    """

    value: Value | None
    reason: Reason | None = None
    detail: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Hold the two apart.

        Raises:
            ValueError: There are both a value and a reason, or neither.
        """
        if (self.value is None) == (self.reason is None):
            raise ValueError("a verdict has either a value or a reason for having none")

    @property
    def is_scored(self) -> bool:
        """Whether something was decided."""
        return self.reason is None


def scored(value: Value, **evidence: Any) -> Verdict:
    """A verdict with a value, and what it rests on."""
    return Verdict(value, evidence=evidence)


def unscored(reason: Reason, detail: str = "", **evidence: Any) -> Verdict:
    """A verdict without a value, and what was found instead."""
    return Verdict(None, reason, detail, evidence)

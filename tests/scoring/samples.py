"""Samples for tests of scorers."""

from collections.abc import Mapping, Sequence
from typing import Any

from mensrea.scoring.base import Question, Sample, Scorer
from mensrea.scoring.samples import reply_of
from mensrea.scoring.verdicts import Reason, scored


def response(text: str, **more: Any) -> dict[str, Any]:
    """A row of responses."""
    empty = {"reasoning": None, "refusal": None, "failure": None, "finish": "stop"}
    return {"id": "a", "sample": 0, "probe": "", "text": text, **empty, **more}


def sample_of(row: Mapping[str, Any], **texts: str) -> Sample:
    """A sample with these responses by probe; `answer` stands for the only probe, whose name is empty."""
    replies = {"" if name == "answer" else name: reply_of(response(text)) for name, text in texts.items()}
    return Sample("a", 0, row, replies)


def asked(scorer: Scorer, sample: Sample) -> Sequence[Question]:
    """What judges are asked about a sample that can be judged."""
    found = scorer.questions(sample)
    assert not isinstance(found, Reason)
    return found


def verdicts(**values: Any) -> dict[str, Any]:
    """Verdicts with these values."""
    return {name: value if hasattr(value, "reason") else scored(value) for name, value in values.items()}

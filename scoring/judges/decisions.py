"""Questions about labels in the shapes of decision APIs, and their answers as log-probabilities of labels.

Two shapes are in use: OpenAI's `/v1/decisions`, and System One's `/v1/systemone`. Nothing is sent here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import JudgeError
from ...models.wire_json import mapping, number, objects, string
from ..verdicts import Reason, Verdict, unscored
from .labels import LabelLogprobs

Found = LabelLogprobs | Verdict
"""What is known of a question: the labels' log-probabilities, or the unscored verdict that says why not."""

_MOST_QUESTIONS = 400
_MOST_OPTIONS = 255
_MOST_LEVELS = 10
_FEWEST = 2

# Probabilities are sent with few digits.
_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class LabelsQuestion:
    """A question whose answer is one of some labels.

    Attributes:
        name: Its name, unique in a request; answers are joined by it.
        kind: `predicate`: of two labels, the first says that the statement in the instructions is true.
            `choice`: any labels. `score`: labels in order, the lowest first.
        instructions: What is asked.
        labels: The labels.
        descriptions: What a label means, for those that need it.
    """

    name: str
    kind: Literal["predicate", "choice", "score"]
    instructions: str
    labels: Sequence[str]
    descriptions: Mapping[str, str] = field(default_factory=dict[str, str])


def encode_openai(model: str, text: str, questions: Sequence[LabelsQuestion]) -> dict[str, Any]:
    """The body for `/v1/decisions`.

    Args:
        model: The model.
        text: What the questions are about.
        questions: 1 to 400 of them.

    Raises:
        JudgeError: The API has no such question, or not so many.
    """
    _check(questions, "OpenAI", most_levels=_MOST_OPTIONS)
    return {"model": model, "input": text, "questions": [_openai_question(each) for each in questions]}


def decode_openai(reply: Mapping[str, Any], questions: Sequence[LabelsQuestion]) -> dict[str, Found]:
    """What the API answered, by the questions' names.

    Args:
        reply: The JSON of the reply, whatever it is.
        questions: What was asked.
    """
    given = {string(each.get("name")): each for each in objects(reply.get("answers"))}
    return {each.name: _found(each, given.get(each.name), _openai_probabilities) for each in questions}


def encode_systemone(model: str, text: str, questions: Sequence[LabelsQuestion]) -> dict[str, Any]:
    """The body for `/v1/systemone`.

    Args:
        model: The model.
        text: The state that the questions are about.
        questions: At least one, with at most ten levels to a score.

    Raises:
        JudgeError: The API has no such question.
    """
    _check(questions, "System One", most_levels=_MOST_LEVELS)
    return {
        "model": model,
        "state": text,
        "questions": {each.name: _systemone_question(each) for each in questions},
    }


def decode_systemone(reply: Mapping[str, Any], questions: Sequence[LabelsQuestion]) -> dict[str, Found]:
    """What the API answered, by the questions' names.

    Some servers say how much probability the labels had together, and the rest is then outside of them.

    Args:
        reply: The JSON of the reply, whatever it is.
        questions: What was asked.
    """
    given = mapping(reply.get("answers"))
    return {each.name: _found(each, given.get(each.name), _systemone_probabilities) for each in questions}


def _check(questions: Sequence[LabelsQuestion], api: str, *, most_levels: int) -> None:
    if not 1 <= len(questions) <= _MOST_QUESTIONS:
        raise JudgeError(f"{len(questions)} questions; {api} takes 1 to {_MOST_QUESTIONS} at a time")
    if len({each.name for each in questions}) < len(questions):
        raise JudgeError("two questions have one name; answers are joined by it")
    for each in questions:
        most = {"predicate": _FEWEST, "choice": _MOST_OPTIONS, "score": most_levels}[each.kind]
        if not _FEWEST <= len(set(each.labels)) == len(each.labels) <= most:
            found = f"question {each.name!r}: a {each.kind} with {len(each.labels)} labels"
            raise JudgeError(f"{found}; {api} takes {_FEWEST} to {most} different ones")


def _openai_question(question: LabelsQuestion) -> dict[str, Any]:
    head = {"name": question.name, "type": question.kind, "instructions": question.instructions}
    if question.kind == "predicate":
        return head
    member, name = ("choices", "value") if question.kind == "choice" else ("levels", "label")
    return {**head, member: [{name: label, **_described(question, label)} for label in question.labels]}


def _described(question: LabelsQuestion, label: str) -> dict[str, str]:
    return {"description": question.descriptions[label]} if label in question.descriptions else {}


def _openai_probabilities(question: LabelsQuestion, answer: Mapping[str, Any]) -> dict[str, float | None]:
    if question.kind == "predicate":
        return _two(question, number(answer.get("probability")))
    name = "value" if question.kind == "choice" else "label"
    return {
        str(each.get(name)): number(each.get("probability")) for each in objects(answer.get("probabilities"))
    }


def _systemone_question(question: LabelsQuestion) -> dict[str, Any]:
    meant = question.descriptions
    if question.kind == "predicate":
        sides = {
            side: meant[label]
            for side, label in zip(("true", "false"), question.labels, strict=True)
            if label in meant
        }
        return {
            "type": "noul",
            "instructions": question.instructions,
            **({"criteria": sides} if sides else {}),
        }
    if question.kind == "choice":
        options = {label: meant.get(label) for label in question.labels}
        return {"type": "choice", "instructions": question.instructions, "criteria": options}
    levels = [f"{label}: {meant[label]}" if label in meant else label for label in question.labels]
    return {"type": "score", "instructions": question.instructions, "criteria": levels}


def _systemone_probabilities(question: LabelsQuestion, answer: Mapping[str, Any]) -> dict[str, float | None]:
    if question.kind == "predicate":
        return _two(question, number(answer.get("noul")))
    given = mapping(answer.get("probabilities"))
    if question.kind == "score":  # by the number of the level, from 0
        return {label: number(given.get(str(level))) for level, label in enumerate(question.labels)}
    return {label: number(value) for label, value in given.items()}


def _two(question: LabelsQuestion, first: float | None) -> dict[str, float | None]:
    return dict(zip(question.labels, (first, None if first is None else 1 - first), strict=True))


def _found(
    question: LabelsQuestion,
    answer: Any,
    read: Callable[[LabelsQuestion, Mapping[str, Any]], dict[str, float | None]],
) -> Found:
    if not isinstance(answer, Mapping):
        return unscored(Reason.JUDGE_EMPTY, f"no answer to the question {question.name!r}")
    given = mapping(dict(answer))
    if given.get("type") == "refusal":
        return unscored(Reason.JUDGE_REFUSED, f"the question {question.name!r} is refused")
    known = {label: each for label, each in read(question, given).items() if each is not None}
    if set(known) != set(question.labels) or not _are_probabilities(known.values()):
        return unscored(Reason.JUDGE_OFF_SCHEMA, f"no probabilities of the labels of {question.name!r}")
    mass = number(given.get("label_mass", given.get("option_mass")))
    mass = 1.0 if mass is None else min(max(mass, 0.0), 1.0)
    return LabelLogprobs.from_probabilities({label: each * mass for label, each in known.items()}, 1.0 - mass)


def _are_probabilities(values: Any) -> bool:
    found = list(values)
    return all(0 <= each <= 1 for each in found) and abs(math.fsum(found) - 1) <= _TOLERANCE

"""Judges' verdicts on samples: asked for, or read again from what judges said before."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..errors import ResponseError
from ..models.calls import Request, Response
from ..models.failures import CallError
from ..models.pool import run_all
from .base import Outcome, Question, Sample, Scorer, unusable
from .judges.judge import Judge, reply_to
from .raw_replies import Raw, raw_of, reply_of
from .verdicts import Reason, Verdict, unscored

Call = Callable[[Request], Awaitable[Response]]
Key = tuple[str, int, str]
"""An item's id, the number of the sample, the name of the question."""


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """The model that judges.

    Attributes:
        model: Its name in calls.
        parameters: The chat API's parameters that replace the judges' own.
    """

    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on a question about a sample, and the replies that it was read from."""

    question: Question
    verdict: Verdict
    raw: Sequence[Raw]
    identity: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A verdict as a file has it, not decoded yet.

    Attributes:
        judge: The identity of the judge, as JSON.
        about: What `about` gave for the question.
        raw: The replies, as JSON.
    """

    judge: str
    about: str
    raw: str


def questions_of(scorer: Scorer, samples: Iterable[Sample]) -> tuple[dict[Key, Question], dict[Key, Reason]]:
    """What judges are asked about the samples, and why some of these needn't be judged.

    Returns:
        The questions; and the reason of each sample without any, under a key whose question is empty.
    """
    asked: dict[Key, Question] = {}
    ended: dict[Key, Reason] = {}
    for sample in samples:
        found = unusable(sample, scorer.probes) or scorer.questions(sample)
        if isinstance(found, Reason):
            ended[sample.id, sample.sample, ""] = found
            continue
        for question in found:
            asked[sample.id, sample.sample, question.name] = question
    return asked, ended


async def ask_judges(
    questions: Mapping[Key, Question],
    judge: JudgeModel,
    call: Call,
    *,
    workers: int,
    report: Callable[[int], None],
) -> dict[Key, Judged]:
    """Ask a model every question.

    Raises:
        RunStoppedError: The run was stopped; other errors that stop a run, as `Caller.call` raises them.
    """
    found: dict[Key, Judged] = {}

    async def work(job: tuple[Key, Question]) -> None:
        key, question = job
        asked = Judge.load(question.judge)
        requests = asked.requests(question.values, judge.model, judge.parameters)
        replies = await asyncio.gather(*(reply_to(request, call) for request in requests))
        raw = [raw_of(each) for each in replies]
        identity = asked.identity(judge.model, judge.parameters)
        found[key] = Judged(question, asked.verdict(replies), raw, identity)
        report(1)

    await run_all(questions.items(), work, workers)
    return {key: found[key] for key in questions}


def read_again(questions: Mapping[Key, Question], stored: Mapping[Key, Stored]) -> dict[Key, Judged]:
    """Read verdicts again from what judges said, with the judges' parsers as they are now.

    Args:
        questions: What is to be known.
        stored: Verdicts of a file.

    Returns:
        A verdict on each question; `judge-missing` where no row has one on the same question about the same
        texts.

    Raises:
        ResponseError: No row has one, or what a judge said isn't kept as replies are.
    """
    identities: dict[str, Mapping[str, Any]] = {}
    found: dict[Key, Judged] = {}
    for key, question in questions.items():
        row = stored.get(key)
        identity: Mapping[str, Any] = {}
        if row is not None:
            identity = identities.get(row.judge) or identities.setdefault(row.judge, orjson.loads(row.judge))
        found[key] = _again(key, question, row, identity)
    if found and all(each.verdict.reason is Reason.JUDGE_MISSING for each in found.values()):
        raise ResponseError(
            f"verdicts: none of {len(stored):,} is about any of the {len(found):,} questions on these "
            "responses; give the verdicts that were made from them, or --judge"
        )
    return found


def decide(
    scorer: Scorer, samples: Iterable[Sample], verdicts: Mapping[Key, Judged], ended: Mapping[Key, Reason]
) -> list[Outcome]:
    """What became of each sample, in order."""
    found = by_sample(verdicts)
    return [_outcome(scorer, sample, found, ended) for sample in samples]


def by_sample(verdicts: Mapping[Key, Judged]) -> dict[tuple[str, int], dict[str, Verdict]]:
    """The verdicts on each sample by their questions."""
    found: dict[tuple[str, int], dict[str, Verdict]] = {}
    for (ident, number, name), judged in verdicts.items():
        found.setdefault((ident, number), {})[name] = judged.verdict
    return found


def verdict_row(dataset: str, config: str, key: Key, judged: Judged) -> dict[str, Any]:
    """A verdict as a file of verdicts has it."""
    ident, sample, question = key
    verdict = judged.verdict
    return {
        "dataset": dataset,
        "config": config,
        "id": ident,
        "sample": sample,
        "question": question,
        "judge": dict(judged.identity),
        "about": about(judged.question),
        "raw": list(judged.raw),
        "status": "scored" if verdict.is_scored else "unscored",
        "reason": verdict.reason,
        "value": verdict.value,
        "detail": verdict.detail,
        "evidence": dict(verdict.evidence),
    }


def about(question: Question) -> str:
    """What tells questions to judges apart: 16 hexadecimal digits over the judge's name and the texts."""
    text = orjson.dumps([question.judge, dict(question.values)], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _again(key: Key, question: Question, row: Stored | None, identity: Mapping[str, Any]) -> Judged:
    if row is None:
        verdict = unscored(Reason.JUDGE_MISSING, "no stored verdict on this question")
        return Judged(question, verdict, (), identity)
    if row.about != about(question):
        verdict = unscored(Reason.JUDGE_MISSING, "the stored verdict is about another text")
        return Judged(question, verdict, (), identity)
    try:
        raw = orjson.loads(row.raw)
        verdict = _read(question, [reply_of(each) for each in raw])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        ident, sample, name = key
        raise ResponseError(
            f"verdicts: {ident} sample {sample} question {name!r}: `raw` holds no replies of a judge "
            f"({error}); give the file as it was written"
        ) from error
    return Judged(question, verdict, raw, identity)


def _read(question: Question, replies: Sequence[Response | CallError]) -> Verdict:
    if not replies:
        return unscored(Reason.JUDGE_MISSING, "the stored verdict keeps no reply")
    return Judge.load(question.judge).verdict(replies)


def _outcome(
    scorer: Scorer,
    sample: Sample,
    verdicts: Mapping[tuple[str, int], Mapping[str, Verdict]],
    ended: Mapping[Key, Reason],
) -> Outcome:
    reason = ended.get((sample.id, sample.sample, ""))
    if reason is not None:
        return Outcome(None, reason)
    return scorer.decide(sample, verdicts.get((sample.id, sample.sample), {}))

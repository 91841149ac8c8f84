"""From one reply of a judge to a verdict."""

from __future__ import annotations

from dataclasses import replace

from ...models.calls import Choice, Response
from ...models.failures import CallError, FailureKind
from ..reasoning import split
from ..verdicts import Reason, Verdict, unscored
from .likely import read_likely, read_text
from .parsers import read_object
from .settings import Settings

_FAILURES = {
    FailureKind.FILTERED: Reason.JUDGE_REFUSED,
    FailureKind.OFF_SCHEMA: Reason.JUDGE_OFF_SCHEMA,
}


def read_reply(reply: Response | CallError, settings: Settings) -> Verdict:
    """The verdict in a judge's reply.

    Never raises, and asks nobody: the same reply gives the same verdict.

    Args:
        reply: The reply, or how the call failed.
        settings: How it is read.
    """
    if isinstance(reply, CallError):
        return unscored(_FAILURES.get(reply.kind, Reason.JUDGE_FAILED), str(reply))
    if not reply.choices:
        return unscored(Reason.JUDGE_EMPTY, "the reply holds no answer")
    choice = reply.choices[0]
    if choice.refusal:
        return unscored(Reason.JUDGE_REFUSED, f"it refuses: {choice.refusal[:80]!r}")
    if choice.finish == "content_filter":
        return unscored(Reason.JUDGE_REFUSED, "the provider's filter stopped it")
    return _true_or_false(_read(choice, settings), settings)


def _read(choice: Choice, settings: Settings) -> Verdict:
    answer = _answer(choice, settings)
    if isinstance(answer, Verdict):
        return answer
    if "logprobs" not in settings.reads:
        return _read_text(choice, answer, settings)
    if choice.logprobs:
        return read_likely(choice, answer, settings)
    if "text" not in settings.reads:
        return unscored(Reason.JUDGE_UNPARSABLE, "no log-probabilities came")
    verdict = _read_text(choice, answer, settings)
    return replace(verdict, evidence={**verdict.evidence, "read": "text"})


def _answer(choice: Choice, settings: Settings) -> str | Verdict:
    """The text without reasoning, or why there is none."""
    # An object that quotes a tag isn't reasoning.
    if "schema" in settings.reads and choice.text.lstrip().startswith(("{", "```")):
        return choice.text
    if choice.text.isalnum():  # as most verdicts are
        return choice.text
    parts = split(choice.text)
    if parts.status == "unclosed":
        return unscored(Reason.JUDGE_TRUNCATED, "its reasoning never ends")
    if not parts.answer.strip():
        cut = choice.finish == "length"
        return unscored(Reason.JUDGE_TRUNCATED if cut else Reason.JUDGE_EMPTY, "it has no answer")
    return parts.answer


def _read_text(choice: Choice, answer: str, settings: Settings) -> Verdict:
    if choice.finish == "length":
        return unscored(Reason.JUDGE_TRUNCATED, "it was cut at the limit of tokens")
    if "schema" in settings.reads:
        scale = settings.scale if settings.kind == "score" else None
        return read_object(answer, settings.field, settings.schema, scale)
    return read_text(answer, settings)


def _true_or_false(verdict: Verdict, settings: Settings) -> Verdict:
    if settings.kind != "predicate" or verdict.value is None or isinstance(verdict.value, bool):
        return verdict
    return replace(verdict, value=verdict.value == settings.labels[0])

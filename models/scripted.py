"""A model that answers from a script or a function: recipes run offline, and tests know what comes.

A script is a file of JSON lines, each a rule; the first rule that fits a call answers it. A rule has:

    step         the step that it answers; any, if absent
    model        the model that it answers for, by the name in the call; any, if absent
    contains     texts that must all occur in the call's messages
    reply        the answer: text, or a JSON value that is sent as JSON
    replies      several, one of which is picked by the call, whenever and however often it is made
    reasoning    what is handed over as reasoning
    refusal      a refusal in a field of its own
    finish       why the answer ended; `stop` if absent
    logprobs     natural log-probabilities of tokens in the place of the answer's first
    failure      a kind of failure in the place of an answer
    retry_after  seconds that the failure asks to wait
    times        how many attempts at a call fail, before later rules are looked at; all, if absent
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from ..errors import UsageError
from .calls import Request
from .failures import CallError, FailureKind
from .scripted_body import Reply, reply_body, text_of
from .scripted_rules import Rule, read_rules

Answer = str | Mapping[str, Any] | Reply | Sequence[Reply] | bytes
"""Text, an object that is sent as JSON, an answer with reasoning and so on, one a choice, a whole body."""

_SHOWN = 80


class ScriptedModel:
    """Answers by a function of the call; implements `Transport`.

    Attributes:
        name: What keys and manifests call it.
        server: What messages call it.
    """

    def __init__(
        self, answer: Callable[[Request], Answer], *, name: str = "scripted/function", latency: float = 0.0
    ) -> None:
        """Answer by a function.

        Args:
            answer: The answer to a call; it may raise `CallError`.
            name: What keys and manifests call the model.
            latency: Seconds that an answer takes.
        """
        self._answer = answer
        self._latency = latency
        self.name = self.server = name

    @classmethod
    def from_file(cls, file: Path, *, latency: float = 0.0) -> ScriptedModel:
        """Answer by the rules of a script.

        Raises:
            UsageError: It can't be read, or breaks the rules for rules.
        """
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UsageError(f"{file}: the script can't be read: {error.strerror}") from None
        name = f"scripted/{file.name}@{hashlib.sha256(content).hexdigest()[:12]}"
        return cls(_Script(read_rules(content, str(file)), name), name=name, latency=latency)

    async def send(self, request: Request) -> bytes:
        """The body of a reply.

        Raises:
            CallError: The script says so, or has no rule for the call.
        """
        if self._latency:
            await asyncio.sleep(self._latency)
        answer = self._answer(request)
        return (
            answer if isinstance(answer, bytes) else reply_body(request, _choices(request, answer), self.name)
        )

    async def close(self) -> None:
        """There is nothing to free."""


def _choices(request: Request, answer: str | Mapping[str, Any] | Reply | Sequence[Reply]) -> Sequence[Reply]:
    if isinstance(answer, Mapping):
        answer = orjson.dumps(answer).decode()
    if isinstance(answer, str):
        answer = Reply(answer)
    return [answer] * request.choices if isinstance(answer, Reply) else answer


class _Script:
    """The function that a script describes."""

    def __init__(self, rules: Sequence[Rule], name: str) -> None:
        self._rules = rules
        self._name = name
        self._failed: Counter[tuple[int, bytes]] = Counter()

    def __call__(self, request: Request) -> Sequence[Reply]:
        text = text_of(request.messages)
        for rule in self._rules:
            if rule.fits(request, text):
                if rule.failure is None:
                    return [rule.pick(request.key, choice) for choice in range(request.choices)]
                self._fail(rule, rule.failure, request)
        step = f" of step {request.step!r}" if request.step else ""
        raise CallError(
            FailureKind.BAD_REQUEST,
            f"{self._name}: no rule fits the call{step} that begins with {text[:_SHOWN]!r}; add a rule",
        )

    def _fail(self, rule: Rule, kind: FailureKind, request: Request) -> None:
        """Fail by a rule, unless the call did so often enough."""
        if rule.times is not None:
            if self._failed[rule.number, request.key] >= rule.times:
                return
            self._failed[rule.number, request.key] += 1
        raise CallError(kind, f"{self._name}: fails by the rule of line {rule.number}", rule.retry_after)

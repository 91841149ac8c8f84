"""The rules of a script: JSON lines, checked as they are read."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import orjson

from ..errors import UsageError
from .calls import Request
from .failures import FailureKind
from .scripted_body import Reply

_KEYS = frozenset(
    {
        "step", "model", "contains", "reply", "replies", "reasoning", "refusal", "finish", "logprobs",
        "failure", "retry_after", "times",
    }
)  # fmt: skip
_WAYS = ("reply", "replies", "failure")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which calls it answers, and how.

    Attributes:
        number: The line that it stands on, from 1.
        step: The step that it answers; any, if None.
        model: The model that it answers for; any, if None.
        contains: Texts that must occur in the messages.
        replies: Answers, one of which is picked by the call.
        failure: A failure in the place of an answer.
        retry_after: Seconds that the failure asks to wait.
        times: How many attempts at a call fail; all, if None.
    """

    number: int
    step: str | None
    model: str | None
    contains: tuple[str, ...]
    replies: tuple[Reply, ...]
    failure: FailureKind | None
    retry_after: float | None
    times: int | None

    def fits(self, request: Request, text: str) -> bool:
        """Whether it answers a call whose messages have this text."""
        if self.step is not None and self.step != request.step:
            return False
        if self.model is not None and self.model != request.model:
            return False
        return all(each in text for each in self.contains)

    def pick(self, key: bytes, choice: int) -> Reply:
        """The answer to a call with this key."""
        if len(self.replies) == 1:
            return self.replies[0]
        digest = hashlib.blake2b(key + choice.to_bytes(4), digest_size=8).digest()
        return self.replies[int.from_bytes(digest) % len(self.replies)]


def read_rules(content: bytes, name: str) -> list[Rule]:
    """The rules of a script.

    Args:
        content: JSON lines; empty ones, and those that begin with `//`, are skipped.
        name: The script's name for messages.

    Raises:
        UsageError: A line is no rule, or there is none.
    """
    lines = ((number, line.strip()) for number, line in enumerate(content.split(b"\n"), 1))
    rules = [_rule(line, number, f"{name}:{number}") for number, line in lines if line and line[:2] != b"//"]
    if not rules:
        raise UsageError(f'{name}: the script is empty; write a rule a line, such as {{"reply": "Yes."}}')
    return rules


def _rule(line: bytes, number: int, where: str) -> Rule:
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{where}: no JSON: {error}; expected one rule a line") from None
    if not isinstance(given, dict):
        _refuse(where, f"found {line[:40].decode(errors='replace')}", "expected an object")
    rule = cast("dict[str, Any]", given)
    _check_keys(rule, where)
    return Rule(
        number=number,
        step=_value(rule, "step", str, where),
        model=_value(rule, "model", str, where),
        contains=_texts(rule, where),
        replies=_replies(rule, where),
        failure=_failure(rule, where),
        retry_after=_number(rule, "retry_after", where),
        times=_value(rule, "times", int, where),
    )


def _check_keys(rule: Mapping[str, Any], where: str) -> None:
    unknown = sorted(rule.keys() - _KEYS)
    if unknown:
        _refuse(where, f"unknown key {unknown[0]!r}", f"expected some of {', '.join(sorted(_KEYS))}")
    ways = [way for way in _WAYS if way in rule]
    if len(ways) != 1:
        _refuse(where, f"has {' and '.join(ways) or 'no answer'}", f"expected one of {', '.join(_WAYS)}")


def _replies(rule: Mapping[str, Any], where: str) -> tuple[Reply, ...]:
    given = rule["replies"] if "replies" in rule else [rule["reply"]] if "reply" in rule else []
    if not isinstance(given, list) or ("replies" in rule and not given):
        _refuse(where, "`replies` is no list of answers", "expected at least one")
    logprobs = _value(rule, "logprobs", dict, where)
    values: list[Any] = list(logprobs.values()) if logprobs is not None else []
    if logprobs is not None and not (values and all(_is_number(value) for value in values)):
        _refuse(where, "`logprobs` isn't a table of numbers", 'expected such as {"Yes": -0.1, "No": -2.3}')
    return tuple(
        Reply(
            text=reply if isinstance(reply, str) else orjson.dumps(reply).decode(),
            reasoning=_value(rule, "reasoning", str, where),
            finish=_value(rule, "finish", str, where) or "stop",
            refusal=_value(rule, "refusal", str, where),
            logprobs=logprobs,
        )
        for reply in cast("list[Any]", given)
    )


def _failure(rule: Mapping[str, Any], where: str) -> FailureKind | None:
    if "failure" not in rule:
        return None
    try:
        return FailureKind(rule["failure"])
    except ValueError:
        _refuse(where, f"unknown failure {rule['failure']!r}", f"expected one of {', '.join(FailureKind)}")


def _texts(rule: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = rule.get("contains", [])
    texts: list[Any] = cast("list[Any]", given) if isinstance(given, list) else [given]
    if not all(isinstance(text, str) for text in texts):
        _refuse(where, "`contains` isn't text", "expected a list of texts")
    return tuple(texts)


def _value(rule: Mapping[str, Any], key: str, kind: type[Any], where: str) -> Any:
    value = rule.get(key)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        _refuse(where, f"{key!r} is {value!r}", f"expected {kind.__name__}")
    return value


def _number(rule: Mapping[str, Any], key: str, where: str) -> float | None:
    value = rule.get(key)
    if value is not None and not _is_number(value):
        _refuse(where, f"{key!r} is {value!r}", "expected a number")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(where: str, found: str, expected: str) -> NoReturn:
    raise UsageError(f"{where}: {found}; {expected}")

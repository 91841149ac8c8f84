"""What a call asks of a model held in this process: parameters read, defaults set, the rest refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from .calls import Message, Request
from .failures import CallError, FailureKind

_HONOURED: Final = frozenset(
    {
        "chat_template_kwargs",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "n",
        "prefill",
        "seed",
        "stop",
        "temperature",
        "top_logprobs",
        "top_p",
    }
)
_NO_EFFECT: Final = frozenset({"metadata", "store", "user"})
_MOST_TOP: Final = 20


@dataclass(frozen=True, slots=True)
class Ask:
    """A call, read.

    Attributes:
        messages: Chat messages whose contents are strings.
        prefill: Whether the last message is to be continued.
        template: Further variables of the chat template.
        temperature: 0 takes the likeliest token.
        top_p: Tokens are drawn from the likeliest ones that have this share together.
        most: The most tokens of one answer.
        stop: Texts that end an answer, and aren't part of it.
        logprobs: Whether log-probabilities are wanted.
        top: How many alternatives to each token.
        keys: For each choice, the key of the random numbers that it is drawn with.
    """

    messages: tuple[Message, ...]
    prefill: bool
    template: Mapping[str, Any]
    temperature: float
    top_p: float
    most: int
    stop: tuple[str, ...]
    logprobs: bool
    top: int
    keys: tuple[int, ...]


def read_request(request: Request, server: str) -> Ask:
    """Read what a call asks for.

    Raises:
        CallError: It asks for something that can't be had from a held model, or a value is out of range.
    """
    given = {name: value for name, value in request.parameters.items() if value is not None}
    _refuse(request, given, server)
    stop = given.get("stop", ())
    try:
        ask = Ask(
            messages=tuple({**each, "content": _text(each.get("content"))} for each in request.messages),
            prefill=bool(request.messages) and request.messages[-1].get("role") == "assistant",
            template=dict(given.get("chat_template_kwargs", {})),
            temperature=float(given.get("temperature", 1.0)),
            top_p=float(given.get("top_p", 1.0)),
            most=request.most_tokens,
            stop=(stop,) if isinstance(stop, str) else tuple(map(str, stop)),
            logprobs=bool(given.get("logprobs", False)),
            top=int(given.get("top_logprobs", 0)),
            keys=tuple(_key(request, given.get("seed"), choice) for choice in range(request.choices)),
        )
    except (TypeError, ValueError) as error:
        raise CallError(FailureKind.BAD_REQUEST, f"{server}: {error}", sent=False) from None
    _check(ask, server)
    return ask


def _refuse(request: Request, given: Mapping[str, Any], server: str) -> None:
    """Raise for what would otherwise be ignored without a word."""
    if request.api != "chat":
        raise CallError(
            FailureKind.BAD_REQUEST, f"{server}: has no API {request.api!r}; use the API 'chat'", sent=False
        )
    plain = {"response_format"} if given.get("response_format") == {"type": "text"} else set[str]()
    unknown = sorted(given.keys() - _HONOURED - _NO_EFFECT - plain)
    if unknown:
        raise CallError(
            FailureKind.DROPPED_FEATURE,
            f"{server}: can't honour {', '.join(unknown)}; leave it out, or serve the model (vLLM does it)",
            sent=False,
        )


def _check(ask: Ask, server: str) -> None:
    """Raise for a value out of range."""
    problem = ""
    if not ask.messages:
        problem = "no messages"
    elif ask.most < 1:
        problem = f"max_tokens is {ask.most}, expected at least 1"
    elif not ask.keys:
        problem = "n is less than 1"
    elif not (ask.temperature >= 0 and 0 < ask.top_p <= 1):
        problem = f"temperature {ask.temperature} or top_p {ask.top_p} is out of range (from 0; 0 to 1)"
    elif not 0 <= ask.top <= _MOST_TOP or (ask.top and not ask.logprobs):
        problem = f"top_logprobs is {ask.top}, expected 0 to {_MOST_TOP}, together with logprobs"
    if problem:
        raise CallError(FailureKind.BAD_REQUEST, f"{server}: {problem}", sent=False)


def _text(content: Any) -> str:
    """A message's content as one string.

    Raises:
        ValueError: It holds something else than text.
    """
    if content is None or isinstance(content, str):
        return content or ""
    kinds = {str(part.get("type")) for part in content}
    if kinds - {"text"}:
        raise ValueError(f"a message holds {', '.join(sorted(kinds - {'text'}))}; only text is read")
    return "".join(part["text"] for part in content)


def _key(request: Request, seed: int | None, choice: int) -> int:
    """The key of a choice's random numbers: of the seed, as endpoints have it, or of the whole call."""
    source = request.key.hex() if seed is None else int(seed) + request.sample
    digest = hashlib.blake2b(orjson.dumps([str(source), choice]), digest_size=16).digest()
    return int.from_bytes(digest, "big")

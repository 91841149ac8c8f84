"""What a call of a model asks, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson

Api = Literal["chat", "responses"]
Message = Mapping[str, Any]

KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model, whichever endpoint serves it.

    Attributes:
        model: The model with its provider, such as `openai/gpt-4.1-mini` or `scripted/replies.jsonl@1f2e…`.
        messages: Chat messages: `role` and `content`, a string or a list of the chat API's parts (text,
            images). A last message of the role `assistant` is a prefill, to be continued.
        parameters: The chat API's parameters: `temperature`, `top_p`, `max_tokens`, `n`, `seed`, `stop`,
            `logprobs`, `top_logprobs`, `response_format`, `reasoning_effort` and so on; whatever isn't known
            is sent as it is. `max_tokens` is always given, since a budget needs a bound.
        api: The API that the call goes through; parameters are translated for `responses`.
        sample: Which of several samples of the same question this is, from 0.
        step: The step of a recipe that asks, or the judge; a label that isn't part of the key.
    """

    model: str
    messages: Sequence[Message]
    parameters: Mapping[str, Any]
    api: Api = "chat"
    sample: int = 0
    step: str = field(default="", compare=False)

    @property
    def key(self) -> bytes:
        """What the journal knows the call by: 16 bytes that depend on everything but `step`."""
        parts = [self.api, self.model, list(self.messages), dict(self.parameters), self.sample]
        text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(text, digest_size=KEY_BYTES).digest()

    @property
    def choices(self) -> int:
        """How many answers the call asks for."""
        return int(self.parameters.get("n") or 1)

    @property
    def most_tokens(self) -> int:
        """Upper bound on the tokens that the call may be billed for in one answer; 0 if none was set."""
        given = self.parameters.get("max_completion_tokens") or self.parameters.get("max_tokens")
        return int(given or 0)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call as the endpoint counts them: `completion` includes `reasoning`, `prompt` `cached`."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A generated token, its natural log-probability, and the likeliest tokens there with theirs."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer.

    Attributes:
        text: The answer as sent, without what the endpoint hands over as reasoning; empty if there is none.
        reasoning: What the endpoint hands over as reasoning, beside the text; None if it hands over nothing.
        refusal: The provider's refusal, where it says so in a field of its own.
        finish: Why it ended: `stop`, `length`, `content_filter`, `tool_calls`, or what the endpoint said.
        logprobs: The tokens with log-probabilities, if they came.
    """

    text: str
    reasoning: str | None = None
    refusal: str | None = None
    finish: str = "stop"
    logprobs: tuple[TokenLogprob, ...] | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What an endpoint answered: the model's name as it gives it, the answers, the tokens."""

    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """The first answer's text."""
        return self.choices[0].text if self.choices else ""


class Transport(Protocol):
    """A way to an endpoint. One object serves all calls of a run, many at a time, in one event loop."""

    @property
    def server(self) -> str:
        """The endpoint as messages name it: a host or a file, never with credentials."""
        ...

    async def send(self, request: Request) -> bytes:
        """One attempt at a call; no retries, no journal.

        Returns:
            The endpoint's answer as it came: the body of a chat completion or of a response.

        Raises:
            CallError: The attempt failed; its kind says whether another may succeed.
        """
        ...

    async def close(self) -> None:
        """Free connections; no call is made afterwards."""
        ...

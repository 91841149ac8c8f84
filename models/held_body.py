"""From generated tokens to the JSON of a chat completion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson


class Token(NamedTuple):
    """A generated token: its id, its natural log-probability, the likeliest ids there with theirs."""

    id: int
    logprob: float
    top: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice.

    Attributes:
        tokens: All that was generated, the token that ended it included.
        finish: `stop` or `length`.
        stop: Texts that end it.
        ends: Tokens that end it.
    """

    tokens: Sequence[Token]
    finish: str
    stop: Sequence[str]
    ends: frozenset[int]

    @property
    def said(self) -> Sequence[Token]:
        """The tokens without the one that says that the answer ends."""
        return self.tokens[:-1] if self.tokens[-1].id in self.ends else self.tokens


def body(model: str, tokenizer: Any, prompt: int, answers: Sequence[Answer], *, logprobs: bool) -> bytes:
    """A chat completion.

    Args:
        model: The model's name.
        tokenizer: Its tokenizer.
        prompt: Tokens of the prompt.
        answers: The choices.
        logprobs: Whether log-probabilities were asked for.
    """
    completion = sum(len(answer.tokens) for answer in answers)
    return orjson.dumps(
        {
            "object": "chat.completion",
            "model": model,
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": _text(tokenizer, answer)},
                    "finish_reason": answer.finish,
                    "logprobs": _logprobs(tokenizer, answer) if logprobs else None,
                }
                for index, answer in enumerate(answers)
            ],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }
    )


def _text(tokenizer: Any, answer: Answer) -> str:
    """The text up to whatever ended it."""
    text: str = tokenizer.decode([token.id for token in answer.said], skip_special_tokens=True)
    cuts = [place for place in map(text.find, answer.stop) if place >= 0]
    return text[: min(cuts)] if cuts else text


def _logprobs(tokenizer: Any, answer: Answer) -> dict[str, Any]:
    """Every token with its log-probability and its alternatives."""
    return {
        "content": [
            {
                **_entry(tokenizer, token.id, token.logprob),
                "top_logprobs": [_entry(tokenizer, *each) for each in token.top],
            }
            for token in answer.said
        ]
    }


def _entry(tokenizer: Any, token: int, logprob: float) -> dict[str, Any]:
    return {"token": tokenizer.decode([token]), "logprob": logprob, "bytes": None}

"""From a scripted answer to the body that a server would have sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .calls import Message, Request


@dataclass(frozen=True, slots=True)
class Reply:
    """One choice.

    Attributes:
        text: The answer.
        reasoning: What is handed over as reasoning.
        finish: Why it ended, as the chat API says it.
        refusal: A refusal in a field of its own.
        logprobs: Of tokens in the place of the answer's first, natural log-probabilities.
    """

    text: str
    reasoning: str | None = None
    finish: str = "stop"
    refusal: str | None = None
    logprobs: Mapping[str, float] | None = None


def reply_body(request: Request, replies: Sequence[Reply], model: str) -> bytes:
    """The body of a chat completion or a response; a token is a word.

    Args:
        request: The call.
        replies: One for each choice.
        model: The model's name.
    """
    make = _response if request.api == "responses" else _completion
    return orjson.dumps(make(request, replies, model))


def text_of(messages: Sequence[Message]) -> str:
    """All text of messages, a line break between one piece and the next."""
    contents = [message.get("content") or "" for message in messages]
    parts = [
        [each] if isinstance(each, str) else [part.get("text") or "" for part in each] for each in contents
    ]
    return "\n".join(piece for pieces in parts for piece in pieces)


def _completion(request: Request, replies: Sequence[Reply], model: str) -> dict[str, Any]:
    prompt, completion, reasoning = _usage(request, replies)
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [_choice(request, index, reply) for index, reply in enumerate(replies)],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        },
    }


def _choice(request: Request, index: int, reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    logprobs = {"content": _logprobs(request, reply)} if _wants_logprobs(request) else None
    return {"index": index, "message": message, "finish_reason": reply.finish, "logprobs": logprobs}


def _response(request: Request, replies: Sequence[Reply], model: str) -> dict[str, Any]:
    prompt, completion, reasoning = _usage(request, replies)
    reply = replies[0]
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(reply.finish)
    return {
        "id": "resp-scripted",
        "object": "response",
        "created_at": 0,
        "model": model,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": cut} if cut else None,
        "output": _output(request, reply),
        "usage": {
            "input_tokens": prompt,
            "output_tokens": completion,
            "total_tokens": prompt + completion,
            "output_tokens_details": {"reasoning_tokens": reasoning},
        },
    }


def _output(request: Request, reply: Reply) -> list[dict[str, Any]]:
    part: dict[str, Any] = {"type": "output_text", "text": reply.text, "annotations": []}
    if _wants_logprobs(request):
        part["logprobs"] = _logprobs(request, reply)
    if reply.refusal is not None:
        part = {"type": "refusal", "refusal": reply.refusal}
    message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    if reply.reasoning is None:
        return [message]
    return [{"type": "reasoning", "summary": [{"type": "summary_text", "text": reply.reasoning}]}, message]


def _wants_logprobs(request: Request) -> bool:
    return bool(request.parameters.get("logprobs") or request.parameters.get("top_logprobs"))


def _logprobs(request: Request, reply: Reply) -> list[dict[str, Any]]:
    """One token a word; all but the first were certain, and so was the first, if nothing else is scripted."""
    words = reply.text.split() or [""]
    most = int(request.parameters.get("top_logprobs") or 0)
    certain = [_token(word, {word: 0.0}, most) for word in words]
    if not reply.logprobs:
        return certain
    likeliest = max(reply.logprobs, key=lambda token: reply.logprobs[token] if reply.logprobs else 0.0)
    token = words[0] if words[0] in reply.logprobs else likeliest
    return [_token(token, reply.logprobs, most), *certain[1:]]


def _token(token: str, logprobs: Mapping[str, float], most: int) -> dict[str, Any]:
    ranked = sorted(logprobs.items(), key=lambda pair: -pair[1])[:most]
    top = [{"token": each, "logprob": logprob, "bytes": None} for each, logprob in ranked]
    return {"token": token, "logprob": logprobs[token], "bytes": None, "top_logprobs": top}


def _usage(request: Request, replies: Sequence[Reply]) -> tuple[int, int, int]:
    """Words of the prompt, of the answers, and of their reasoning, within the limit that the call sets."""
    prompt = len(text_of(request.messages).split())
    reasoning = sum(len((reply.reasoning or "").split()) for reply in replies)
    completion = reasoning + sum(len(reply.text.split()) for reply in replies)
    most = request.most_tokens * len(replies) or completion
    return prompt, min(completion, most), min(reasoning, most)

"""Chat completions as the API words them, whole and in streamed pieces."""

from collections.abc import Iterator, Mapping
from typing import Any

from .openai_answers import Body, Generated, Generation

CREATED = 1_767_225_600
"""The Unix time that every object carries, in seconds: answers depend on the request alone."""

MISSING_TOKEN = -9999.0


def completion(key: str, body: Body, generation: Generation) -> dict[str, Any]:
    """Return a chat completion.

    Args:
        key: The request's key, for the identifier.
        body: The request's body.
        generation: The answers.
    """
    return {
        **_head(key, body, "chat.completion"),
        "choices": [
            {
                "index": index,
                "message": _message(answer),
                "finish_reason": answer.answer.finish,
                "logprobs": _logprobs(answer),
            }
            for index, answer in enumerate(generation.answers)
        ],
        "usage": _usage(generation),
    }


def completion_chunks(key: str, body: Body, generation: Generation) -> Iterator[dict[str, Any]]:
    """Yield a chat completion as the chunks of a stream; the arguments are those of `completion`."""
    head = {**_head(key, body, "chat.completion.chunk"), "usage": None}
    for index, answer in enumerate(generation.answers):
        for delta, logprobs in _deltas(answer):
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": None}
            yield {**head, "choices": [choice]}
        finish = answer.answer.finish
        yield {**head, "choices": [{"index": index, "delta": {}, "logprobs": None, "finish_reason": finish}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": _usage(generation)}


def _deltas(answer: Generated) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    said = "content" if answer.answer.refusal is None else "refusal"
    yield {"role": "assistant", "content": "" if said == "content" else None, "refusal": None}, None
    if answer.answer.reasoning is not None:
        yield {answer.answer.reasoning_field: answer.answer.reasoning}, None
    for place, token in enumerate(answer.tokens):
        entries = None if answer.top is None else {"content": [_entry(token, answer.top[place])]}
        yield {said: token}, entries


def _head(key: str, body: Body, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{key}",
        "object": kind,
        "created": CREATED,
        "model": body.get("model"),
        "service_tier": "default",
        "system_fingerprint": "fp_local",
    }


def _message(answer: Generated) -> dict[str, Any]:
    said = answer.answer
    text = said.text if said.refusal is None else None
    message = {"role": "assistant", "content": text, "refusal": said.refusal, "annotations": []}
    return message if said.reasoning is None else {**message, said.reasoning_field: said.reasoning}


def _logprobs(answer: Generated) -> dict[str, Any] | None:
    if answer.top is None:
        return None
    entries = [_entry(token, top) for token, top in zip(answer.tokens, answer.top, strict=False)]
    return {"content": entries, "refusal": None}


def _entry(token: str, top: Mapping[str, float]) -> dict[str, Any]:
    likeliest = [token_logprob(other, value) for other, value in top.items()]
    return {**token_logprob(token, top.get(token, MISSING_TOKEN)), "top_logprobs": likeliest}


def token_logprob(token: str, value: float) -> dict[str, Any]:
    """Return a token with its natural log-probability and its bytes."""
    return {"token": token, "logprob": value, "bytes": list(token.encode())}


def _usage(generation: Generation) -> dict[str, Any]:
    completion_tokens = generation.completion_tokens
    return {
        "prompt_tokens": generation.prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": generation.prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": generation.reasoning_tokens},
    }

"""Responses as the Responses API words them, whole and in streamed events."""

from collections.abc import Iterator
from typing import Any

from .openai_answers import Body, Generated, Generation
from .openai_chat import CREATED, MISSING_TOKEN, token_logprob

_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response(key: str, body: Body, generation: Generation) -> dict[str, Any]:
    """Return a response.

    Args:
        key: The request's key, for identifiers.
        body: The request's body.
        generation: The answer; a response has one.
    """
    answer = generation.answers[0]
    reason = _REASONS.get(answer.answer.finish)
    return {
        **_head(key, body),
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": _output(key, answer),
        "usage": _usage(generation),
    }


def response_events(key: str, body: Body, generation: Generation) -> Iterator[dict[str, Any]]:
    """Yield a response as the events of a stream; the arguments are those of `response`."""
    whole = response(key, body, generation)
    begun = {**whole, "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    events = [{"type": "response.created", "response": begun}]
    events.append({"type": "response.in_progress", "response": begun})
    for index, item in enumerate(whole["output"]):
        events.extend(_item_events(index, item, generation.answers[0]))
    events.append({"type": f"response.{whole['status']}", "response": whole})
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


def _item_events(index: int, item: dict[str, Any], answer: Generated) -> Iterator[dict[str, Any]]:
    place = {"output_index": index}
    empty = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "item": item if "summary" in item else empty, **place}
    if item["type"] == "message":
        part = item["content"][0]
        place = {**place, "item_id": item["id"], "content_index": 0}
        yield from _part_events(part, place, answer)
    yield {"type": "response.output_item.done", "item": item, "output_index": index}


def _part_events(part: dict[str, Any], place: dict[str, Any], answer: Generated) -> Iterator[dict[str, Any]]:
    said, kind = ("refusal", "refusal") if part["type"] == "refusal" else ("text", "output_text")
    extra = {} if said == "refusal" else {"logprobs": []}
    yield {"type": "response.content_part.added", "part": {**part, said: ""}, **place}
    for token in answer.tokens:
        yield {"type": f"response.{kind}.delta", "delta": token, **extra, **place}
    yield {"type": f"response.{kind}.done", said: part[said], **extra, **place}
    yield {"type": "response.content_part.done", "part": part, **place}


def _head(key: str, body: Body) -> dict[str, Any]:
    asked = {name: body.get(name) for name in ("instructions", "max_output_tokens", "model", "user")}
    return {
        **asked,
        "id": f"resp_{key}",
        "object": "response",
        "created_at": CREATED,
        "error": None,
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": body.get("top_p", 1.0),
        "truncation": "disabled",
    }


def _output(key: str, answer: Generated) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if answer.answer.reasoning is not None:
        summary = [{"type": "summary_text", "text": answer.answer.reasoning}]
        items.append({"id": f"rs_{key}", "type": "reasoning", "summary": summary})
    status = "incomplete" if answer.answer.finish in _REASONS else "completed"
    message = {"id": f"msg_{key}", "type": "message", "role": "assistant", "status": status}
    return [*items, {**message, "content": [_part(answer)]}]


def _part(answer: Generated) -> dict[str, Any]:
    if answer.answer.refusal is not None:
        return {"type": "refusal", "refusal": answer.answer.refusal}
    entries: list[dict[str, Any]] = []
    for token, top in zip(answer.tokens, answer.top or (), strict=False):
        likeliest = [token_logprob(other, value) for other, value in top.items()]
        entries.append({**token_logprob(token, top.get(token, MISSING_TOKEN)), "top_logprobs": likeliest})
    return {"type": "output_text", "text": answer.answer.text, "annotations": [], "logprobs": entries}


def _usage(generation: Generation) -> dict[str, Any]:
    completion_tokens = generation.completion_tokens
    return {
        "input_tokens": generation.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": completion_tokens,
        "output_tokens_details": {"reasoning_tokens": generation.reasoning_tokens},
        "total_tokens": generation.prompt_tokens + completion_tokens,
    }

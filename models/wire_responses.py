"""The responses API's wire format: what `/responses` is sent, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ModelError
from .calls import Choice, Message, Request, Response, TokenLogprob
from .wire_chat import joined, logprobs_of, parameters_of, usage_of, wire_name
from .wire_json import items, mapping, objects, string

_LOGPROBS = "message.output_text.logprobs"
_ENDED = frozenset({"completed", "incomplete", ""})


def responses_body(request: Request) -> dict[str, Any]:
    """What the responses API is sent: messages and the chat API's parameters by their names there.

    What has no counterpart is sent as it is. Unless `store` is given, the service is told to keep
    nothing, as the chat API does.

    Raises:
        ModelError: The call asks for what can't be had through this API.
    """
    given = parameters_of(request)
    _refuse(request, given)
    body: dict[str, Any] = {
        "model": wire_name(request),
        "input": [_message(each) for each in request.messages],
    }
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        if (most := given.pop(name, None)) is not None:
            body["max_output_tokens"] = most
    body |= _text(given) | _reasoning(given) | _logprobs(given)
    return {**body, "store": False, **given}


def _refuse(request: Request, given: dict[str, Any]) -> None:
    instead = "the responses API has no such thing: leave it out, or call the chat API"
    if given.pop("prefill", None):
        raise ModelError(f"{request.model}: the parameter `prefill` is set; {instead}")
    if (given.pop("n", None) or 1) != 1:
        raise ModelError(f"{request.model}: the parameter `n` asks for several answers; {instead}")
    for message in request.messages:
        if message.get("role") == "tool" or message.get("tool_calls"):
            raise ModelError(f"{request.model}: a message calls a tool or answers one; {instead}")


def _message(message: Message) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, list):
        return dict(message)
    written = message.get("role") == "assistant"
    return {**message, "content": [_part(part, written=written) for part in objects(items(content))]}


def _part(part: Mapping[str, Any], *, written: bool) -> dict[str, Any]:
    kind = part.get("type")
    rest = {name: value for name, value in part.items() if name not in {"type", kind}}
    if kind == "text":
        return {"type": "output_text" if written else "input_text", "text": part.get("text"), **rest}
    if kind == "image_url":
        image = mapping(part.get("image_url"))
        url = image.get("url", part.get("image_url"))
        return {"type": "input_image", "image_url": url, "detail": image.get("detail", "auto"), **rest}
    if kind == "file":
        return {"type": "input_file", **mapping(part.get("file")), **rest}
    return dict(part)


def _text(given: dict[str, Any]) -> dict[str, Any]:
    text = dict(mapping(given.pop("text", None)))
    if wanted := mapping(given.pop("response_format", None)):
        schema = mapping(wanted.get("json_schema"))
        text["format"] = {"type": wanted.get("type"), **schema}
    if (verbosity := given.pop("verbosity", None)) is not None:
        text["verbosity"] = verbosity
    return {"text": text} if text else {}


def _reasoning(given: dict[str, Any]) -> dict[str, Any]:
    reasoning = dict(mapping(given.pop("reasoning", None)))
    if (effort := given.pop("reasoning_effort", None)) is not None:
        reasoning["effort"] = effort
    return {"reasoning": reasoning} if reasoning else {}


def _logprobs(given: dict[str, Any]) -> dict[str, Any]:
    wanted = given.pop("logprobs", None)
    include = items(given.pop("include", None))
    if wanted and _LOGPROBS not in include:
        include = [*include, _LOGPROBS]
    return {"include": include} if include else {}


def decode_response(reply: Mapping[str, Any]) -> Response | None:
    """The answer of a response; None if it isn't one that ended."""
    output = reply.get("output")
    if not isinstance(output, list) or string(reply.get("status")) not in _ENDED:
        return None
    messages = [each for each in objects(items(output)) if each.get("type") == "message"]
    parts = [part for message in messages for part in objects(message.get("content"))]
    choice = Choice(
        joined(parts, "text", "output_text"),
        _thoughts(items(output)) or None,
        joined(parts, "refusal", "refusal") or None,
        _finish(reply, items(output)),
        _tokens(parts),
    )
    return Response(string(reply.get("model")), (choice,), usage_of(reply.get("usage")))


def _thoughts(output: list[Any]) -> str:
    """Reasoning as it was where it is shown, else its summaries."""
    thoughts = [each for each in objects(output) if each.get("type") == "reasoning"]
    for field, kind in (("content", "reasoning_text"), ("summary", "summary_text")):
        parts = [part for each in thoughts for part in objects(each.get(field)) if part.get("type") == kind]
        if found := "\n\n".join(filter(None, (string(part.get("text")) for part in parts))):
            return found
    return ""


def _finish(reply: Mapping[str, Any], output: list[Any]) -> str:
    if reply.get("status") == "incomplete":
        reason = string(mapping(reply.get("incomplete_details")).get("reason"))
        return "length" if reason in {"max_output_tokens", ""} else reason
    called = any(each.get("type") == "function_call" for each in objects(output))
    return "tool_calls" if called else "stop"


def _tokens(parts: list[Mapping[str, Any]]) -> tuple[TokenLogprob, ...] | None:
    """The tokens of all parts; None if one has none."""
    texts = [part for part in parts if part.get("type") == "output_text"]
    given = [logprobs_of(part.get("logprobs")) for part in texts]
    known = [tokens for tokens in given if tokens]
    return (
        tuple(token for tokens in known for token in tokens) if known and len(known) == len(given) else None
    )

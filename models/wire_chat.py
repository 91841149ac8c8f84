"""The chat API's wire format: what `/chat/completions` is sent, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ModelError
from .calls import Choice, Request, Response, TokenLogprob, Usage
from .wire_json import count, items, mapping, number, objects, string

# Names that servers give to the ways of ending that the API knows.
_FINISHES: Mapping[str, str] = {
    "end_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_length": "length",
}


def chat_body(request: Request, *, official: bool = False) -> dict[str, Any]:
    """What the chat API is sent.

    Parameters are sent as given, but for `seed`, to which the number of the sample is added, and
    `prefill`: where it is true, the last message is an answer's beginning, and servers such as vLLM
    are told to go on with it.

    Args:
        request: The call.
        official: Whether OpenAI's own service is asked: there, `max_tokens` is sent by its new name,
            since reasoning models refuse the old one, and nothing can be continued.

    Raises:
        ModelError: The call asks for what can't be had.
    """
    body = {"model": wire_name(request), "messages": list(request.messages), **parameters_of(request)}
    if body.pop("prefill", None):
        _continue(body, request, official=official)
    if official and "max_tokens" in body:
        body.setdefault("max_completion_tokens", body.pop("max_tokens"))
    return body


def wire_name(request: Request) -> str:
    """The model's name without the provider that leads to it."""
    return request.model.partition("/")[2] or request.model


def parameters_of(request: Request) -> dict[str, Any]:
    """The parameters, with a seed of the sample's own.

    Raises:
        ModelError: They ask for a stream, which nothing here reads.
    """
    parameters = dict(request.parameters)
    if parameters.get("stream"):
        raise ModelError(
            f"{request.model}: the parameter `stream` is set, but replies are read whole; leave it out"
        )
    if type(seed := parameters.get("seed")) is int:
        parameters["seed"] = seed + request.sample
    return parameters


def _continue(body: dict[str, Any], request: Request, *, official: bool) -> None:
    if official:
        raise ModelError(
            f"{request.model}: OpenAI's API can't continue an answer, but the parameter `prefill` is set; "
            "ask a server that can, such as vLLM, with --base-url"
        )
    if not request.messages or request.messages[-1].get("role") != "assistant":
        raise ModelError(
            f"{request.model}: the parameter `prefill` is set, but the last message isn't the assistant's; "
            "end the messages with the beginning of the answer"
        )
    body |= {"continue_final_message": True, "add_generation_prompt": False}


def decode_chat(reply: Mapping[str, Any]) -> Response | None:
    """The answers of a chat completion; None if it isn't one."""
    given = items(reply.get("choices"))
    if not given or not all(isinstance(mapping(each).get("message"), dict) for each in given):
        return None
    ordered = sorted(objects(given), key=lambda each: count(each.get("index")))
    choices = tuple(_choice(each) for each in ordered)
    return Response(string(reply.get("model")), choices, usage_of(reply.get("usage")))


def _choice(given: Mapping[str, Any]) -> Choice:
    message = mapping(given.get("message"))
    content = message.get("content")
    parts = items(content)
    finish = string(given.get("finish_reason")) or "stop"
    return Choice(
        string(content) or joined(parts, "text", "text", "output_text"),
        _reasoning(message) or joined(parts, "thinking", "thinking", "reasoning") or None,
        string(message.get("refusal")) or joined(parts, "refusal", "refusal") or None,
        _FINISHES.get(finish, finish),
        logprobs_of(mapping(given.get("logprobs")).get("content")),
    )


def _reasoning(message: Mapping[str, Any]) -> str:
    """What servers hand over beside the text, under any of the names in use."""
    given = string(message.get("reasoning_content")) or string(message.get("reasoning"))
    if given:
        return given
    details = items(message.get("reasoning_details"))
    return joined(details, "text", "reasoning.text") or joined(details, "summary", "reasoning.summary")


def joined(parts: Sequence[Any], field: str, *types: str) -> str:
    """The text of the parts of some types; a field that holds parts itself is read the same way."""
    found: list[str] = []
    for part in objects(parts):
        if part.get("type") in types:
            value = part.get(field, part.get("text"))
            found.append(string(value) or "".join(string(each.get("text")) for each in objects(value)))
    return "".join(found)


def logprobs_of(given: Any) -> tuple[TokenLogprob, ...] | None:
    """Tokens with log-probabilities; None if there are none, or one lacks its own."""
    if not isinstance(given, list):
        return None
    tokens = tuple(_token(each) for each in objects(items(given)))
    known = tuple(token for token in tokens if token is not None)
    return known if len(known) == len(items(given)) else None


def _token(given: Mapping[str, Any]) -> TokenLogprob | None:
    logprob = number(given.get("logprob"))
    if logprob is None:
        return None
    pairs = (
        (string(each.get("token")), number(each.get("logprob")))
        for each in objects(given.get("top_logprobs"))
    )
    top = tuple((token, value) for token, value in pairs if value is not None)
    return TokenLogprob(string(given.get("token")), logprob, top)


def usage_of(given: Any) -> Usage | None:
    """The tokens as either API counts them; None if it doesn't say.

    Some servers leave reasoning out of the completion but not out of the total: what is billed counts.
    """
    usage = mapping(given)
    if not usage:
        return None
    prompt = count(usage.get("prompt_tokens")) or count(usage.get("input_tokens"))
    completion = count(usage.get("completion_tokens")) or count(usage.get("output_tokens"))
    before = mapping(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    after = mapping(usage.get("completion_tokens_details") or usage.get("output_tokens_details"))
    return Usage(
        prompt,
        max(completion, count(usage.get("total_tokens")) - prompt),
        count(after.get("reasoning_tokens")),
        count(before.get("cached_tokens")) or count(usage.get("prompt_cache_hit_tokens")),
    )

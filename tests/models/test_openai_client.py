"""The official client as a reference: the same bodies go out, and replies are read the same."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from mensrea.models.calls import Api, Request, Response
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.models.wire import decode
from mensrea.testing.openai_local import LocalOpenAI

from .asking import clean_environment

SCHEMA = {
    "type": "object",
    "properties": {"safe": {"type": "boolean"}},
    "required": ["safe"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA}}
PIXEL = "data:image/png;base64,iVBORw0KGgo="
ASKED = [{"role": "system", "content": "Be brief. é\u2028"}, {"role": "user", "content": "Is it?"}]
PICTURE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        ],
    }
]
TALK = [*ASKED, {"role": "assistant", "content": "It is."}, {"role": "user", "content": "Why?"}]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOpenAI]:
    clean_environment(monkeypatch)
    with LocalOpenAI() as server:
        yield server


def both(
    server: LocalOpenAI, api: Api, messages: Any, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[Response, Any]:
    """Ask with either client, hold the bodies that were sent to each other, and return what each read."""
    from openai import AsyncOpenAI

    async def main() -> tuple[bytes, Any]:
        async with AsyncOpenAI(base_url=server.base_url) as client:
            create = client.chat.completions.create if api == "chat" else client.responses.create
            typed = await create(model="m", **theirs)
        endpoint = OpenAIEndpoint(server.base_url)
        try:
            return await endpoint.send(Request("openai/m", messages, ours, api=api)), typed
        finally:
            await endpoint.close()

    body, typed = asyncio.run(main())
    reference, sent = (call.body for call in server.seen)
    assert sent == reference
    return decode(body, api), typed


@pytest.mark.parametrize("messages", [ASKED, PICTURE, TALK])
@pytest.mark.parametrize(
    "parameters",
    [
        {"max_tokens": 8},
        {"max_completion_tokens": 8, "reasoning_effort": "low", "verbosity": "low"},
        {"max_tokens": 30, "temperature": 0.7, "top_p": 0.9, "n": 3, "seed": 4, "stop": ["\n", "END"]},
        {"max_tokens": 8, "logprobs": True, "top_logprobs": 3},
        {"max_tokens": 60, "response_format": FORMAT},
        {"max_tokens": 60, "response_format": {"type": "json_object"}, "user": "u", "metadata": {"a": "b"}},
    ],
)
def test_chat(server, messages, parameters):
    ours, theirs = both(server, "chat", messages, parameters, {"messages": messages, **parameters})
    assert ours.model == theirs.model
    assert len(ours.choices) == len(theirs.choices)
    for choice, typed in zip(ours.choices, theirs.choices, strict=True):
        assert choice.text == typed.message.content
        assert choice.finish == typed.finish_reason
        assert choice.refusal == typed.message.refusal
        assert (choice.logprobs is None) == (typed.logprobs is None)
        reference: Any = typed.logprobs.content if typed.logprobs else []
        for token, other in zip(choice.logprobs or (), reference, strict=True):
            assert (token.token, token.logprob) == (other.token, other.logprob)
            assert token.top == tuple((each.token, each.logprob) for each in other.top_logprobs)
    assert ours.usage is not None
    assert ours.usage.prompt == theirs.usage.prompt_tokens
    assert ours.usage.completion == theirs.usage.completion_tokens
    assert ours.usage.cached == theirs.usage.prompt_tokens_details.cached_tokens


TRANSLATED_PICTURE = [
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "What is it?"},
            {"type": "input_image", "image_url": PIXEL, "detail": "low"},
        ],
    }
]


@pytest.mark.parametrize(
    ("messages", "translated"), [(ASKED, ASKED), (PICTURE, TRANSLATED_PICTURE), (TALK, TALK)]
)
@pytest.mark.parametrize(
    ("parameters", "translated_parameters"),
    [
        ({"max_tokens": 8}, {"max_output_tokens": 8}),
        (
            {"max_tokens": 8, "temperature": 0.5, "top_p": 0.9, "reasoning_effort": "low"},
            {"max_output_tokens": 8, "temperature": 0.5, "top_p": 0.9, "reasoning": {"effort": "low"}},
        ),
        (
            {"max_tokens": 8, "logprobs": True, "top_logprobs": 2},
            {"max_output_tokens": 8, "include": ["message.output_text.logprobs"], "top_logprobs": 2},
        ),
        (
            {"max_tokens": 60, "response_format": FORMAT, "verbosity": "low"},
            {
                "max_output_tokens": 60,
                "text": {
                    "format": {"type": "json_schema", "name": "verdict", "strict": True, "schema": SCHEMA},
                    "verbosity": "low",
                },
            },
        ),
    ],
)
def test_responses(server, messages, translated, parameters, translated_parameters):
    theirs = {"input": translated, "store": False, **translated_parameters}
    ours, typed = both(server, "responses", messages, parameters, theirs)
    assert ours.model == typed.model
    assert ours.text == typed.output_text
    assert ours.choices[0].finish == ("length" if typed.status == "incomplete" else "stop")
    parts = [part for item in typed.output if item.type == "message" for part in item.content]
    logprobs = [each for part in parts for each in part.logprobs or ()]
    assert [(each.token, each.logprob) for each in ours.choices[0].logprobs or ()] == [
        (each.token, each.logprob) for each in logprobs
    ]
    assert ours.usage is not None
    assert ours.usage.prompt == typed.usage.input_tokens
    assert ours.usage.completion == typed.usage.output_tokens
    assert ours.usage.reasoning == typed.usage.output_tokens_details.reasoning_tokens
    assert ours.usage.cached == typed.usage.input_tokens_details.cached_tokens

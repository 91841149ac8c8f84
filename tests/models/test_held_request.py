from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.calls import Request
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.held_request import Ask, read_request

SERVER = "held/judge@0123456789ab"


def request(*messages: dict[str, Any], sample: int = 0, api: Any = "chat", **parameters: Any) -> Request:
    said = messages or ({"role": "user", "content": "Is it safe?"},)
    return Request(SERVER, said, {"max_tokens": 8, **parameters}, sample=sample, api=api)


def read(*messages: dict[str, Any], **options: Any) -> Ask:
    return read_request(request(*messages, **options), SERVER)


def refused(**options: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        read(**options)
    assert str(caught.value).count("\n") == 0
    assert caught.value.message.startswith(SERVER)
    assert not caught.value.maybe_billed
    return caught.value


def test_parameters_are_read() -> None:
    ask = read(temperature=0.5, top_p=0.9, stop=["a", "b"], logprobs=True, top_logprobs=3, n=2)
    assert (ask.temperature, ask.top_p, ask.most, ask.stop) == (0.5, 0.9, 8, ("a", "b"))
    assert (ask.logprobs, ask.top, len(ask.keys)) == (True, 3, 2)


def test_what_isnt_given_is_the_api_s_default() -> None:
    ask = read(temperature=None, stop=None)
    assert (ask.temperature, ask.top_p, ask.stop, ask.logprobs, len(ask.keys)) == (1.0, 1.0, (), False, 1)


def test_one_stop_may_be_a_string() -> None:
    assert read(stop="END").stop == ("END",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_format", {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}),
        ("response_format", {"type": "json_object"}),
        ("tools", []),
        ("frequency_penalty", 0.5),
        ("reasoning_effort", "low"),
    ],
)
def test_what_cant_be_honoured_is_refused_by_name(name: str, value: Any) -> None:
    error = refused(**{name: value})
    assert error.kind is FailureKind.DROPPED_FEATURE
    assert name in error.message


def test_what_says_nothing_is_let_pass() -> None:
    said = {"response_format": {"type": "text"}, "user": "someone", "metadata": {"run": "1"}}
    assert read(seed=1, **said) == read(seed=1)


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 0},
        {"temperature": -1},
        {"temperature": "warm"},
        {"top_p": 0},
        {"top_p": 1.5},
        {"logprobs": True, "top_logprobs": 21},
        {"top_logprobs": 3},
        {"n": -1},
        {"seed": "x"},
        {"api": "responses"},
    ],
)
def test_values_out_of_range_are_bad_requests(options: dict[str, Any]) -> None:
    assert refused(**options).kind is FailureKind.BAD_REQUEST


def test_parts_of_text_are_joined_and_images_refused() -> None:
    parts = [{"type": "text", "text": "Is it "}, {"type": "text", "text": "safe?"}]
    assert read({"role": "user", "content": parts}).messages[0]["content"] == "Is it safe?"
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    with pytest.raises(CallError, match="image_url") as caught:
        read({"role": "user", "content": [*parts, image]})
    assert caught.value.kind is FailureKind.BAD_REQUEST


def test_a_last_message_of_the_assistant_is_continued() -> None:
    question = {"role": "user", "content": "Is it safe?"}
    assert not read(question).prefill
    assert read(question, {"role": "assistant", "content": "It is"}).prefill


@given(seed=st.integers(-(2**63), 2**63 - 1), sample=st.integers(0, 1000), n=st.integers(1, 5))
def test_random_numbers_depend_on_seed_plus_sample_and_choice(seed: int, sample: int, n: int) -> None:
    keys = read(seed=seed, sample=sample, n=n).keys
    assert len(set(keys)) == n
    assert keys == read(seed=seed + sample, n=n, temperature=0.3).keys
    assert not set(keys) & set(read(seed=seed + sample + 1, n=n).keys)


def test_without_a_seed_they_depend_on_the_whole_call() -> None:
    asks = [read(), read(sample=1), read(temperature=0.3), read({"role": "user", "content": "Other"})]
    assert len({ask.keys for ask in asks}) == 4
    assert read().keys == read().keys

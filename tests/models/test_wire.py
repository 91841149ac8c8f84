import json
import re
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.calls import Api, Request, Response
from mensrea.models.failures import CallError
from mensrea.models.wire import PATHS, decode, request_body
from mensrea.models.wire_json import parse

ANSWER = {"choices": [{"message": {"content": "a"}}]}

NAMES = re.findall(
    r"\w+",
    """
    choices message content text type thinking reasoning reasoning_content reasoning_details summary refusal
    finish_reason logprobs token logprob top_logprobs index usage prompt_tokens completion_tokens total_tokens
    completion_tokens_details reasoning_tokens model output status incomplete_details reason error code
    """,
)
WORDS = re.findall(
    r"\w+", "message output_text refusal thinking reasoning reasoning_text text completed incomplete failed"
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=30,
)


def failed(body: bytes, api: Any = "chat") -> CallError:
    with pytest.raises(CallError) as caught:
        decode(body, api, "api.example.com")
    assert caught.value.message.startswith("api.example.com: ")
    assert caught.value.__context__ is None
    return caught.value


def outcome(body: bytes, api: Api) -> Response | CallError:
    try:
        return decode(body, api)
    except CallError as error:
        return error


class TestDecode:
    @given(
        st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()),
        st.sampled_from([*PATHS]),
    )
    def test_gives_a_response_or_a_failure_of_a_call(self, body, api):
        result = outcome(body, api)
        if isinstance(result, CallError):
            assert result.message.isprintable()
        else:
            assert all(isinstance(choice.text, str) for choice in result.choices)
            assert orjson.dumps(asdict(result))

    @given(
        st.lists(
            st.fixed_dictionaries({"message": VALUES, "finish_reason": VALUES, "logprobs": VALUES}),
            max_size=2,
        ),
        VALUES,
    )
    def test_survives_whatever_stands_in_a_completion(self, choices, usage):
        result = outcome(json.dumps({"choices": choices, "usage": usage}).encode(), "chat")
        assert isinstance(result, CallError) or len(result.choices) == len(choices)

    @given(st.integers(0, 200))
    def test_knows_a_cut_reply(self, keep):
        whole = json.dumps({**ANSWER, "id": "x" * 150}).encode()
        assert failed(whole[: min(keep, len(whole) - 1)]).kind == "truncated-body"

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            (b"", "the reply is empty"),
            (b" \n", "the reply is empty"),
            (b"<!doctype html><p>Sign in", "a web page, no JSON; check the base URL"),
            (b'data: {"choices": []}\n\n', "a stream of events"),
            (b'{"choices": [', "the reply of 13 bytes is no JSON; it was cut short"),
            (b"[" * 100_000, "no JSON"),
            (b'{"a":' * 3000 + b"1" + b"}" * 3000, "no JSON"),
        ],
    )
    def test_says_what_is_no_json(self, body, found):
        error = failed(body)
        assert error.kind == "truncated-body"
        assert found in error.message

    @pytest.mark.parametrize(
        ("body", "kind", "found"),
        [
            (b"{}", "server-error", "expected `choices` with messages, found the fields nothing"),
            (b"[]", "server-error", "no answer"),
            (b"17", "server-error", "no answer"),
            (b'{"id": 1, "choices": []}', "server-error", "found the fields choices, id"),
            (
                b'{"error": {"message": "Full", "code": 429}}',
                "rate-limited",
                "an error instead of an answer: Full",
            ),
            (b'{"error": "Broken"}', "server-error", "an error instead of an answer: Broken"),
            (
                b'{"choices": [{"message": {}, "error": {"code": 502, "message": "Up"}}]}',
                "server-error",
                ": Up",
            ),
        ],
    )
    def test_says_what_is_no_answer(self, body, kind, found):
        error = failed(body)
        assert error.kind == kind
        assert found in error.message

    @pytest.mark.parametrize(
        ("reply", "kind"),
        [
            ({"status": "in_progress", "output": []}, "server-error"),
            (
                {"status": "failed", "output": [], "error": {"code": "server_error", "message": "x"}},
                "server-error",
            ),
            ({"status": "failed", "output": [], "error": {"code": "rate_limit_exceeded"}}, "rate-limited"),
            ({"status": "failed", "output": [], "error": {"code": "invalid_prompt"}}, "content-filter"),
            (ANSWER, "server-error"),
        ],
    )
    def test_says_what_is_no_response(self, reply, kind):
        assert failed(json.dumps(reply).encode(), "responses").kind == kind

    def test_takes_no_error_for_an_error(self):
        assert decode(json.dumps({**ANSWER, "error": None}).encode(), "chat").text == "a"


class TestParsing:
    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (b'"\\ud83d\\ude00"', "\U0001f600"),
            (b'"a\\ud83d"', "a�"),
            (b'"a\xff"', "a�"),
            (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
            (b'{"logprob": -Infinity}', {"logprob": float("-inf")}),
        ],
    )
    def test_accepts_what_servers_send_beyond_json(self, body, value):
        assert parse(body) == value

    @given(VALUES)
    def test_reads_what_json_writes(self, value):
        json.dumps(parse(json.dumps(value).encode()))


def test_each_api_has_its_body():
    asked = [{"role": "user", "content": "?"}]
    chat, responses = (Request("openai/m", asked, {"max_tokens": 3}, api=api) for api in PATHS)
    assert "messages" in request_body(chat)
    assert "max_completion_tokens" in request_body(chat, official=True)
    assert "input" in request_body(responses)

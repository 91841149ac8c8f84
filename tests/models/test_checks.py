from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import ModelError
from mensrea.models.calls import Choice, Request, Response, TokenLogprob, Usage
from mensrea.models.checks import DroppedSchemaError, check, prepare
from mensrea.models.failures import CallError, FailureKind

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["safe", "unsafe"]}, "score": {"type": "integer"}},
    "required": ["verdict"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA}}
BARE = TokenLogprob("a", -0.1)
TOP = TokenLogprob("a", -0.1, (("a", -0.1),))


def checked(*choices: Choice, usage: Usage | None = None, **parameters: Any) -> CallError | None:
    request = Request("openai/m", [{"role": "user", "content": "?"}], parameters)
    try:
        check(request, Response("m", choices, usage), "gpu.example:8000")
    except CallError as error:
        return error
    return None


def dropped(error: CallError | None, feature: str) -> bool:
    assert error is not None
    start = f"gpu.example:8000 dropped a parameter: `{feature}`"
    return error.kind is FailureKind.DROPPED_FEATURE and error.message.startswith(start)


class TestFeatures:
    def test_need_not_be_asked_for(self):
        assert checked(Choice("free text"), usage=Usage(1, 10_000)) is None

    def test_n(self):
        assert dropped(checked(Choice("a"), n=2), "n")
        assert checked(Choice("a"), Choice("b"), n=2) is None
        assert checked(Choice("a"), n=None) is None

    def test_logprobs(self):
        assert dropped(checked(Choice("a"), logprobs=True), "logprobs")
        assert dropped(checked(Choice("a", logprobs=()), logprobs=True), "logprobs")
        assert dropped(checked(Choice("a", logprobs=(BARE,)), Choice("b"), logprobs=True), "logprobs")
        assert checked(Choice("a", logprobs=(BARE,)), logprobs=True) is None
        assert checked(Choice("a"), logprobs=False) is None

    def test_top_logprobs(self):
        assert dropped(checked(Choice("a", logprobs=(BARE,)), logprobs=True, top_logprobs=2), "top_logprobs")
        assert checked(Choice("a", logprobs=(TOP,)), logprobs=True, top_logprobs=2) is None
        assert checked(Choice("a", logprobs=(BARE,)), logprobs=True, top_logprobs=0) is None

    def test_logprobs_of_nothing(self):
        assert checked(Choice("", finish="content_filter"), logprobs=True) is None
        assert checked(Choice("x", refusal="No."), logprobs=True) is None

    @pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
    def test_length(self, name):
        most: Any = {name: 10}
        error = checked(Choice("a"), usage=Usage(5, 12), **most)
        assert error is not None
        assert error.kind is FailureKind.DROPPED_FEATURE
        assert "12 tokens came, where 1 x 10 was the limit" in error.message
        assert checked(Choice("a"), usage=Usage(5, 11), **most) is None
        assert checked(Choice("a"), Choice("b"), usage=Usage(5, 20), n=2, **most) is None
        assert checked(Choice("a"), **most) is None


class TestSchemas:
    def test_are_kept(self):
        assert checked(Choice('{"verdict": "safe", "score": 3}'), response_format=FORMAT) is None

    @pytest.mark.parametrize(
        "text", ["It is safe.", "", '{"verdict": "sa', '```json\n{"verdict": "safe"}\n```']
    )
    def test_are_dropped(self, text):
        error = checked(Choice(text), response_format=FORMAT)
        assert isinstance(error, DroppedSchemaError)
        assert dropped(error, "response_format")

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ('{"verdict": "fine"}', "at verdict: "),
            ('{"score": 1}', "at the top: "),
            ('{"verdict": "safe", "score": "high"}', "at score: "),
            ('{"verdict": "safe", "more": 1}', "at the top: "),
            ("[]", "at the top: "),
        ],
    )
    def test_are_broken(self, text, place):
        error = checked(Choice(text), response_format=FORMAT)
        assert error is not None
        assert error.kind is FailureKind.OFF_SCHEMA
        assert place in error.message

    def test_bind_every_answer(self):
        good, bad = Choice('{"verdict": "safe"}'), Choice('{"verdict": 1}')
        assert checked(good, bad, n=2, response_format=FORMAT) is not None

    @pytest.mark.parametrize(
        "choice",
        [
            Choice('{"verdict": "sa', finish="length"),
            Choice("", finish="content_filter"),
            Choice("", refusal="I can't."),
            Choice("", finish="tool_calls"),
        ],
    )
    def test_bind_whole_answers_only(self, choice):
        assert checked(choice, response_format=FORMAT) is None

    def test_may_be_any_json(self):
        assert checked(Choice('{"a": 1}'), response_format={"type": "json_object"}) is None
        assert isinstance(checked(Choice("a"), response_format={"type": "json_object"}), DroppedSchemaError)
        assert checked(Choice("a"), response_format={"type": "text"}) is None

    @given(st.text(max_size=200))
    def test_give_one_line_whatever_the_answer_is(self, text):
        error = checked(Choice(text), response_format=FORMAT)
        assert error is not None
        assert len(error.message) < 400
        assert error.message.isprintable()


class TestPreparation:
    def test_passes_what_can_be_checked(self):
        for parameters in ({}, {"response_format": FORMAT}, {"response_format": {"type": "json_object"}}):
            prepare(Request("openai/m", [], parameters))

    @pytest.mark.parametrize(
        ("schema", "found"),
        [
            ({"type": "nonsense"}, "nonsense"),
            ({"pattern": "("}, "regex"),
            ({"$ref": "#/nowhere"}, "nowhere"),
            ({"$ref": "http://127.0.0.1:9/schema.json"}, "nothing is fetched"),
            ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ],
    )
    def test_refuses_what_is_no_schema(self, schema, found):
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        with pytest.raises(ModelError, match="the JSON Schema can't be used") as caught:
            prepare(Request("openai/m", [], {"response_format": wanted}))
        assert found in str(caught.value)

from typing import Any

import pytest
from mensrea.errors import ModelError
from mensrea.models.calls import Request, Response, TokenLogprob, Usage
from mensrea.models.wire_responses import decode_response, responses_body

ASKED = [{"role": "user", "content": "Is it?"}]


def body(messages: Any = ASKED, sample: int = 0, **parameters: Any) -> dict[str, Any]:
    return responses_body(Request("openai/m", messages, parameters, api="responses", sample=sample))


def decoded(*output: Any, **reply: Any) -> Response:
    response = decode_response({"status": "completed", "model": "m", "output": list(output), **reply})
    assert response is not None
    return response


def message(*parts: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(parts)}


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": value, "annotations": [], **more}


class TestBody:
    def test_asks_to_keep_nothing(self):
        assert body() == {"model": "m", "input": ASKED, "store": False}
        assert body(store=True)["store"] is True

    @pytest.mark.parametrize(
        ("parameters", "sent"),
        [
            ({"max_tokens": 5}, {"max_output_tokens": 5}),
            ({"max_completion_tokens": 5}, {"max_output_tokens": 5}),
            ({"max_tokens": 5, "max_completion_tokens": 6}, {"max_output_tokens": 6}),
            ({"max_output_tokens": 5}, {"max_output_tokens": 5}),
            ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
            (
                {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
                {"reasoning": {"effort": "low", "summary": "auto"}},
            ),
            ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
            ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
            (
                {"logprobs": True, "top_logprobs": 3},
                {"include": ["message.output_text.logprobs"], "top_logprobs": 3},
            ),
            ({"logprobs": False}, {}),
            (
                {"logprobs": True, "include": ["reasoning.encrypted_content"]},
                {"include": ["reasoning.encrypted_content", "message.output_text.logprobs"]},
            ),
            ({"n": 1}, {}),
            ({"temperature": 0.5, "unheard_of": [1]}, {"temperature": 0.5, "unheard_of": [1]}),
        ],
    )
    def test_translates_parameters(self, parameters, sent):
        assert body(**parameters) == {"model": "m", "input": ASKED, "store": False, **sent}

    def test_translates_a_schema(self):
        schema = {"name": "answer", "strict": True, "schema": {"type": "object"}}
        sent = body(response_format={"type": "json_schema", "json_schema": schema}, verbosity="low")
        assert sent["text"] == {"format": {"type": "json_schema", **schema}, "verbosity": "low"}

    def test_adds_the_sample_to_a_seed(self):
        assert body(sample=2, seed=5)["seed"] == 7

    def test_translates_parts(self):
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "low"}}
        file = {"type": "file", "file": {"file_id": "f-1"}}
        parts = [{"type": "text", "text": "What?"}, image, file, {"type": "input_audio", "input_audio": {}}]
        written = [{"role": "assistant", "content": [{"type": "text", "text": "That."}]}]
        sent = body([{"role": "user", "content": parts}, *written])["input"]
        assert sent[0]["content"] == [
            {"type": "input_text", "text": "What?"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"},
            {"type": "input_file", "file_id": "f-1"},
            {"type": "input_audio", "input_audio": {}},
        ]
        assert sent[1]["content"] == [{"type": "output_text", "text": "That."}]

    def test_gives_images_the_usual_detail(self):
        part = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
        assert body([{"role": "user", "content": [part]}])["input"][0]["content"][0]["detail"] == "auto"

    @pytest.mark.parametrize(
        ("messages", "parameters", "found"),
        [
            (ASKED, {"prefill": True}, "`prefill` is set"),
            (ASKED, {"n": 2}, "`n` asks for several answers"),
            (ASKED, {"stream": True}, "`stream` is set"),
            ([{"role": "tool", "content": "1", "tool_call_id": "c"}], {}, "calls a tool"),
            ([{"role": "assistant", "tool_calls": [{"id": "c"}]}], {}, "calls a tool"),
        ],
    )
    def test_refuses_what_the_api_has_not(self, messages, parameters, found):
        with pytest.raises(ModelError, match=found):
            body(messages, **parameters)


class TestReply:
    def test_joins_texts(self):
        response = decoded(message(text("a"), text("b")), {"type": "web_search_call"}, message(text("c")))
        assert response.text == "abc"
        assert response.choices[0].finish == "stop"
        assert response.choices[0].reasoning is None

    def test_prefers_reasoning_to_its_summary(self):
        summary = [{"type": "summary_text", "text": "s"}, {"type": "summary_text", "text": "t"}]
        thought = {"type": "reasoning", "summary": summary}
        shown = {**thought, "content": [{"type": "reasoning_text", "text": "r"}]}
        assert decoded(thought, thought, message(text("a"))).choices[0].reasoning == "s\n\nt\n\ns\n\nt"
        assert decoded(shown, message(text("a"))).choices[0].reasoning == "r"
        assert decoded({"type": "reasoning", "summary": []}).choices[0].reasoning is None

    def test_tells_a_refusal(self):
        assert decoded(message({"type": "refusal", "refusal": "No."})).choices[0].refusal == "No."

    @pytest.mark.parametrize(
        ("reason", "finish"),
        [("max_output_tokens", "length"), ("content_filter", "content_filter"), (None, "length")],
    )
    def test_tells_why_it_ended_early(self, reason, finish):
        response = decoded(status="incomplete", incomplete_details={"reason": reason})
        assert response.choices[0].finish == finish

    def test_tells_a_call_of_a_tool(self):
        assert decoded({"type": "function_call", "name": "f"}).choices[0].finish == "tool_calls"

    def test_holds_logprobs_if_all_parts_have_them(self):
        tokens = [{"token": "a", "logprob": -1.0, "top_logprobs": [{"token": "a", "logprob": -1.0}]}]
        known = text("a", logprobs=tokens)
        expected = TokenLogprob("a", -1.0, (("a", -1.0),))
        assert decoded(message(known, known)).choices[0].logprobs == (expected, expected)
        assert decoded(message(known, text("b"))).choices[0].logprobs is None
        assert decoded(message(text("b", logprobs=[]))).choices[0].logprobs is None

    def test_counts_tokens(self):
        usage = {
            "input_tokens": 3,
            "output_tokens": 9,
            "total_tokens": 12,
            "input_tokens_details": {"cached_tokens": 2},
            "output_tokens_details": {"reasoning_tokens": 5},
        }
        assert decoded(usage=usage).usage == Usage(3, 9, 5, 2)

    @pytest.mark.parametrize(
        "reply",
        [
            {},
            {"output": None},
            {"output": [], "status": "in_progress"},
            {"output": [], "status": "failed"},
            {"choices": [{"message": {"content": "a"}}]},
        ],
    )
    def test_is_nothing_unless_it_ended(self, reply):
        assert decode_response(reply) is None

from typing import Any

import pytest
from mensrea.errors import ModelError
from mensrea.models.calls import Choice, Request, TokenLogprob, Usage
from mensrea.models.wire_chat import chat_body, decode_chat

ASKED = [{"role": "user", "content": "Is it?"}]
BEGUN = [*ASKED, {"role": "assistant", "content": "It"}]


def request(model: str = "openai/m", sample: int = 0, messages: Any = ASKED, **parameters: Any) -> Request:
    return Request(model, messages, parameters, sample=sample)


def decoded(message: Any, **choice: Any) -> Choice:
    response = decode_chat({"model": "m", "choices": [{"index": 0, "message": message, **choice}]})
    assert response is not None
    return response.choices[0]


class TestBody:
    def test_holds_model_messages_and_parameters(self):
        body = chat_body(request(max_tokens=5, temperature=0.5, top_k=3))
        assert body == {"model": "m", "messages": ASKED, "max_tokens": 5, "temperature": 0.5, "top_k": 3}

    @pytest.mark.parametrize(
        ("model", "name"),
        [("openai/gpt-4.1", "gpt-4.1"), ("openai/meta/llama-3", "meta/llama-3"), ("bare", "bare")],
    )
    def test_names_the_model_without_its_provider(self, model, name):
        assert chat_body(request(model))["model"] == name

    def test_says_the_sample_by_the_seed_alone(self):
        assert chat_body(request(sample=3)) == chat_body(request(sample=0))
        assert chat_body(request(sample=3, seed=10))["seed"] == 13
        assert chat_body(request(sample=3, seed=None))["seed"] is None

    def test_leaves_the_request_as_it_is(self):
        asked = request(sample=2, seed=1, prefill=True, messages=BEGUN)
        before = asked.key
        chat_body(asked)
        assert asked.key == before
        assert asked.parameters == {"seed": 1, "prefill": True}

    def test_bounds_tokens_by_the_new_name_for_openai_alone(self):
        assert chat_body(request(max_tokens=5), official=True)["max_completion_tokens"] == 5
        assert "max_tokens" not in chat_body(request(max_tokens=5), official=True)
        both = chat_body(request(max_tokens=5, max_completion_tokens=7), official=True)
        assert both["max_completion_tokens"] == 7
        assert "max_tokens" not in both

    def test_continues_an_answer(self):
        body = chat_body(request(messages=BEGUN, prefill=True))
        assert body["continue_final_message"] is True
        assert body["add_generation_prompt"] is False
        assert "prefill" not in body

    def test_sends_no_prefill_unless_it_is_asked_for(self):
        for body in (chat_body(request(messages=BEGUN)), chat_body(request(messages=BEGUN, prefill=False))):
            assert body == {"model": "m", "messages": BEGUN}

    @pytest.mark.parametrize(
        ("messages", "parameters", "official", "message"),
        [
            (BEGUN, {"prefill": True}, True, "OpenAI's API can't continue an answer"),
            (ASKED, {"prefill": True}, False, "the last message isn't the assistant's"),
            ([], {"prefill": True}, False, "the last message isn't the assistant's"),
            (ASKED, {"stream": True}, False, "replies are read whole"),
        ],
    )
    def test_refuses_what_cannot_be_had(self, messages, parameters, official, message):
        with pytest.raises(ModelError, match=message):
            chat_body(request(messages=messages, **parameters), official=official)


class TestReply:
    def test_gives_answers_in_order(self):
        choices = [
            {"index": at, "message": {"content": str(at)}, "finish_reason": "stop"} for at in (2, 0, 1)
        ]
        response = decode_chat({"model": "m-1", "choices": choices})
        assert response is not None
        assert response.model == "m-1"
        assert [choice.text for choice in response.choices] == ["0", "1", "2"]
        assert response.usage is None

    @pytest.mark.parametrize(
        ("message", "text", "reasoning"),
        [
            ({"content": "a"}, "a", None),
            ({"content": None}, "", None),
            ({}, "", None),
            ({"content": "a", "reasoning_content": "r"}, "a", "r"),
            ({"content": "a", "reasoning": "r"}, "a", "r"),
            ({"content": "a", "reasoning": "r", "reasoning_content": "r"}, "a", "r"),
            ({"content": "a", "reasoning": "", "reasoning_content": None}, "a", None),
            ({"content": "<think>r</think>a"}, "<think>r</think>a", None),
            ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab", None),
            (
                {"content": [{"type": "thinking", "thinking": "r"}, {"type": "text", "text": "a"}]},
                "a",
                "r",
            ),
            (
                {
                    "content": [
                        {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},
                        {"type": "redacted_thinking", "data": "x"},
                        {"type": "text", "text": "a"},
                    ]
                },
                "a",
                "r",
            ),
            (
                {"content": [{"type": "reasoning", "text": "r"}, {"type": "output_text", "text": "a"}]},
                "a",
                "r",
            ),
            (
                {"content": "a", "reasoning_details": [{"type": "reasoning.text", "text": "r"}]},
                "a",
                "r",
            ),
            (
                {"content": "a", "reasoning_details": [{"type": "reasoning.summary", "summary": "r"}]},
                "a",
                "r",
            ),
            (
                {"content": "a", "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
                "a",
                None,
            ),
        ],
    )
    def test_tells_text_from_reasoning(self, message, text, reasoning):
        choice = decoded(message)
        assert (choice.text, choice.reasoning) == (text, reasoning)

    @pytest.mark.parametrize(
        "message", [{"refusal": "No."}, {"content": [{"type": "refusal", "refusal": "No."}]}]
    )
    def test_tells_a_refusal(self, message):
        assert decoded(message).refusal == "No."
        assert decoded(message).text == ""

    @pytest.mark.parametrize(
        ("given", "finish"),
        [
            ("stop", "stop"),
            ("length", "length"),
            ("content_filter", "content_filter"),
            ("tool_calls", "tool_calls"),
            ("max_tokens", "length"),
            ("end_turn", "stop"),
            ("eos", "stop"),
            ("something", "something"),
            (None, "stop"),
        ],
    )
    def test_tells_why_it_ended(self, given, finish):
        assert decoded({"content": "a"}, finish_reason=given).finish == finish

    def test_holds_logprobs(self):
        top = [{"token": "a", "logprob": -0.5, "bytes": [97]}, {"token": "b", "logprob": -9999.0}]
        tokens = [{"token": "a", "logprob": -0.5, "top_logprobs": top}, {"token": "c", "logprob": 0}]
        choice = decoded({"content": "ac"}, logprobs={"content": tokens})
        assert choice.logprobs == (
            TokenLogprob("a", -0.5, (("a", -0.5), ("b", -9999.0))),
            TokenLogprob("c", 0.0),
        )

    @pytest.mark.parametrize(
        "logprobs",
        [
            None,
            {},
            {"content": None},
            {"content": "a"},
            {"content": [{"token": "a"}]},
            {"content": [None]},
            [],
        ],
    )
    def test_holds_no_logprobs_that_lack_something(self, logprobs):
        assert decoded({"content": "a"}, logprobs=logprobs).logprobs is None

    @pytest.mark.parametrize(
        ("given", "usage"),
        [
            (None, None),
            ({}, None),
            ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, Usage(3, 4)),
            (
                {
                    "prompt_tokens": 3,
                    "completion_tokens": 4,
                    "completion_tokens_details": {"reasoning_tokens": 2},
                    "prompt_tokens_details": {"cached_tokens": 1},
                },
                Usage(3, 4, 2, 1),
            ),
            ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 12}, Usage(3, 9)),
            ({"prompt_tokens": 3, "completion_tokens": 4, "prompt_cache_hit_tokens": 2}, Usage(3, 4, 0, 2)),
            ({"prompt_tokens": -1, "completion_tokens": True, "total_tokens": 10**30}, Usage()),
            (
                {"prompt_tokens": 3, "completion_tokens": 1, "completion_tokens_details": None},
                Usage(3, 1),
            ),
        ],
    )
    def test_counts_tokens_that_are_billed(self, given, usage):
        response = decode_chat({"choices": [{"message": {"content": "a"}}], "usage": given})
        assert response is not None
        assert response.usage == usage

    @pytest.mark.parametrize(
        "reply",
        [
            {},
            {"choices": None},
            {"choices": []},
            {"choices": ["a"]},
            {"choices": [{"text": "a"}]},
            {"choices": [{"message": {"content": "a"}}, None]},
        ],
    )
    def test_is_nothing_without_messages(self, reply):
        assert decode_chat(reply) is None

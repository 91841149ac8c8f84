"""Reasoning that stands beside the text: rules 15 to 18 of `docs/reasoning-text.md`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.models.calls import Choice
from mensrea.scoring.reasoning import join, split, split_items, split_message


def result(parts):
    return parts.status, parts.reasoning, parts.answer


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize(
    ("given", "content", "expected"),
    [
        ("r", "A", ("closed", "r", "A")),
        ("a", "<think>b</think>A", ("multiple", "a\n\nb", "A")),
        ("a", "b</think>A", ("multiple", "a\n\nb", "A")),
        ("a", "<think>b", ("unclosed", "a\n\nb", "")),
        ("a", "<think>b<think>i</think></think>A", ("nested", "a\n\nb<think>i</think>", "A")),
        ("r", "", ("closed", "r", "")),
        ("r", None, ("closed", "r", "")),
        (" \n", "A", ("absent", "", "A")),
        ("", "<think>r</think>A", ("closed", "r", "A")),
        (None, "r</think>A", ("close_only", "r", "A")),
    ],
)
def test_a_field_beside_the_content(field, given, content, expected):
    message = {"role": "assistant", "content": content, field: given}
    assert result(split_message(message)) == expected
    assert result(split_message(Choice(content or "", given))) == expected


def test_a_field_is_no_part_of_the_text():
    parts = split_message({"content": "<think>b</think>A", "reasoning": "a"})
    assert join(parts) == "<think>b</think>A"
    assert parts.given == "a"


@pytest.mark.parametrize("finish", ["length", "max_tokens"])
def test_a_field_without_content_was_cut_if_the_choice_says_so(finish):
    choice = {"message": {"content": "", "reasoning": "r"}, "finish_reason": finish}
    assert result(split_message(choice)) == ("unclosed", "r", "")
    assert result(split_message(Choice("", "r", finish="length"))) == ("unclosed", "r", "")
    assert split_message({**choice, "finish_reason": "tool_calls"}).status == "closed"
    assert split_message({**choice, "message": {"content": "A", "reasoning": "r"}}).status == "closed"


@pytest.mark.parametrize(
    "thought",
    [
        {"type": "thinking", "thinking": "r"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},
        {"type": "reasoning", "text": "r"},
    ],
)
def test_parts_of_a_content(thought):
    parts = [thought, {"type": "text", "text": "A"}]
    assert result(split_message({"content": parts})) == ("closed", "r", "A")


def test_a_template_that_opens_the_block():
    assert result(split_message({"content": "r"}, prefilled=True)) == ("unclosed", "r", "")
    assert result(split_items([_said("r")], prefilled=True)) == ("unclosed", "r", "")


def _said(text):
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def _thought(text, kind="content"):
    part = {"type": "reasoning_text" if kind == "content" else "summary_text", "text": text}
    return {"type": "reasoning", "summary": [], kind: [part]}


CALL = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"}
HIDDEN = {"type": "reasoning", "summary": [], "encrypted_content": "0123"}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], ("absent", "", "")),
        ([_said("A")], ("absent", "", "A")),
        ([_said("<think>r</think>A")], ("closed", "r", "A")),
        ([_thought("r"), _said("A")], ("closed", "r", "A")),
        ([_thought("r", "summary"), _said("A")], ("closed", "r", "A")),
        ([HIDDEN, _said("A")], ("closed", "", "A")),
        ([_thought("a"), _said("X"), _thought("b"), _said("A")], ("multiple", "a\n\nb", "A")),
        ([_thought("a"), _said("b</think>A")], ("multiple", "a\n\nb", "A")),
        ([_thought("r"), CALL], ("closed", "r", "")),
        ([_said("X"), _thought("r") | {"status": "incomplete"}], ("unclosed", "r", "")),
        ([_thought("r"), _said("A") | {"status": "incomplete"}], ("closed", "r", "A")),
    ],
)
def test_items_of_the_responses_api(items, expected):
    assert result(split_items(items)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(["content", "reasoning", "reasoning_content", "message", "type", "summary", "text"])


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(NAMES, JSON), st.lists(st.dictionaries(NAMES, JSON | st.just("reasoning"))))
def test_whatever_a_server_sends_is_split(message, items):
    assert join(split_message(message)) is not None
    assert join(split_items(items)) is not None


@given(st.text())
def test_content_alone_is_split_as_text(text):
    assert split_message({"content": text}) == split(text)
    assert split_items([_said(text)]) == split(text)

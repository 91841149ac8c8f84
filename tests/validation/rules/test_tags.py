"""Pairs of tags: their status against a scanner that goes character by character."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.tags import RULES, NestedTags, TagRule, UnbalancedTags, walk

PIECES = (
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<thinking>",
    "< think>",
    "<",
    ">",
    "/",
    "word ",
    "\n```\n",
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def batch(*texts):
    return Batch(
        pa.record_batch({"x": pa.array(texts, pa.large_string())}), Place("original", "train"), first=10
    )


def scanned(text, tag):
    """(statuses of balance, status of nesting), one character at a time."""
    depth = blocks = deepest = strays = 0
    first_stray = None
    starts = []
    for at in range(len(text)):
        if text[at:].startswith(f"<{tag}>"):
            depth += 1
            blocks += depth == 1
            starts.append(at)
        elif text[at:].startswith(f"</{tag}>"):
            if depth == 0:
                strays += 1
                first_stray = at if first_stray is None else first_stray
            else:
                depth -= 1
                starts.pop()
        deepest = max(deepest, depth)
    places = dict.fromkeys(starts[:1], "unclosed")
    if first_stray is not None:
        places[first_stray] = "close_only"
    balance = places[min(places)] if places else None
    return balance, "nested" if deepest > 1 else "multiple" if blocks > 1 else None


def status(rule, text):
    found = list(rule.observe(batch(text)))
    assert len(found) <= 1
    return found[0].message.partition(":")[0] if found else None


@settings(deadline=None)
@given(TEXTS)
def test_the_status_is_that_of_a_naive_scanner(text):
    balance, nesting = scanned(text, "think")
    assert status(UnbalancedTags(field="x"), text) == balance
    assert status(NestedTags(field="x"), text) == nesting


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=6))
def test_a_batch_finds_what_each_text_shows(texts):
    for made in RULES:
        assert issubclass(made, TagRule)
        rule = made(field="x", tags=["think", "answer"])
        expected = [(10 + row, remark) for row, text in enumerate(texts) for remark in rule.examine(text)]
        assert [(found.row, found.message) for found in rule.observe(batch(*texts))] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ab<think>c", "unclosed: <think> at character 2 has no </think> after it"),
        ("a</think>b", "close_only: </think> at character 1 has no <think> before it"),
        ("</think><think>", "close_only: </think> at character 0 has no <think> before it"),
        ("```\n<think>\n```", "unclosed: <think> at character 4 has no </think> after it"),
    ],
)
def test_what_the_finding_says(text, message):
    (found,) = UnbalancedTags(field="x").observe(batch("fine", None, text))
    assert (found.message, found.severity, found.row, found.field) == (message, "error", 12, "x")


def test_what_the_finding_says_of_blocks():
    inner = "<think>a<think>b</think></think>"
    several = "<think>a</think>b<think>c</think>"
    first, second = NestedTags(field="x").observe(batch(inner, several, "<think></think>"))
    assert first.message == "nested: <think> at character 8 opens inside another block"
    assert second.message == "multiple: 2 blocks <think>, expected at most one"


def test_an_accepted_status_is_no_finding():
    rule = UnbalancedTags(field="x", accept=["close_only"])
    assert [found.row for found in rule.observe(batch("a</think>b", "<think>c"))] == [11]
    (both,) = rule.observe(batch("</think><think>"))
    assert both.message.startswith("unclosed")


def test_names_are_taken_literally():
    assert walk("<a.b></a.b><axb>", "a.b").blocks == 1
    assert status(UnbalancedTags(field="x", tags=["a.b"]), "<axb>") is None


def test_texts_inside_lists():
    rows = [{"m": [{"c": "fine"}, {"c": "<think>"}]}, {"m": None}, {"m": [{"c": "</think>"}]}]
    found = list(UnbalancedTags(field="m[].c").observe(Batch(pa.RecordBatch.from_pylist(rows))))
    assert [(each.row, each.field) for each in found] == [(0, "m[].c"), (2, "m[].c")]


@pytest.mark.parametrize(
    "parameters", [{}, {"field": "x", "tags": []}, {"field": "x", "accept": ["absent"]}], ids=str
)
def test_wrong_parameters(parameters):
    with pytest.raises(UsageError, match="rule unbalanced-tags: "):
        UnbalancedTags(**parameters)

"""Responses taken apart, and the reasons why some can't be judged."""

from __future__ import annotations

import polars as pl
import pytest
from mensrea.scoring.base import Outcome
from mensrea.scoring.joining import Release, join
from mensrea.scoring.registry import find_scorer
from mensrea.scoring.responses import as_responses
from mensrea.scoring.samples import outcome_table, reply_of, samples_of
from mensrea.scoring.verdicts import Reason

from .samples import response

ROWS = {name: {"id": name, "label": label, "instruction": "?"} for name, label in (("a", "x"), ("b", None))}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"finish": None}, None),
        ({"finish": "tool_calls"}, None),
        ({"finish": "length"}, Reason.TRUNCATED),
        ({"finish": "max_tokens"}, Reason.TRUNCATED),
        ({"finish": "MAX_TOKENS"}, Reason.TRUNCATED),
        ({"finish": "abort"}, Reason.TRUNCATED),
        ({"finish": "content_filter"}, Reason.BLOCKED),
        ({"finish": "SAFETY"}, Reason.BLOCKED),
        ({"finish": "error"}, Reason.CALL_FAILED),
        ({"text": "", "failure": "content-filter"}, Reason.BLOCKED),
        ({"text": "", "failure": "timeout"}, Reason.CALL_FAILED),
        ({"text": "<think>Hm."}, Reason.TRUNCATED),
        ({"text": "<think>Hm.", "reasoning": "So."}, Reason.TRUNCATED),
    ],
)
def test_what_was_cut_blocked_or_failed_has_a_reason(more, reason):
    assert reply_of({**response("Yes."), **more}).reason is reason


@pytest.mark.parametrize(
    ("text", "more", "reasoning", "answer"),
    [
        ("<think>\n\n</think>\n\nYes.", {}, "", "Yes."),
        ("Hm.</think>Yes.", {}, "Hm.", "Yes."),
        ("Yes.", {"reasoning": "Hm."}, "Hm.", "Yes."),
        ("", {"reasoning": "Hm."}, "Hm.", ""),
        ("</think>Yes.", {"reasoning": "Hm."}, "Hm.", "Yes."),
        ("", {"refusal": "No."}, "", "No."),
        ("<think>Hm.</think>", {"refusal": "No."}, "Hm.", "No."),
        ("It is", {"refusal": "No."}, "", "It is\n\nNo."),
    ],
)
def test_reasoning_is_no_answer_and_a_refusal_is_one(text, more, reasoning, answer):
    found = reply_of(response(text, **more))
    assert (found.reasoning, found.answer) == (reasoning, answer)


def test_a_column_is_taken_apart_as_one_response_is():
    texts = ["Yes.", "<think>Hm.</think>Yes.", "<think>Hm.", ""]
    head = {"dataset": "safechain", "config": "original", "version": "1.0.0", "model": "m", "id": "a"}
    rows = [{**head, "sample": at, "text": text} for at, text in enumerate(texts)]
    rows += [{**head, "sample": 4, "text": "", "refusal": "No."}]
    joined = join(["a"], as_responses(rows), Release("safechain", "original", "1.0.0"), samples=6)
    found = samples_of(ROWS, joined.rows)
    assert [each.sample for each in found] == list(range(6))
    wanted = [reply_of(response(text)) for text in texts]
    assert [each.replies[""] for each in found[:4]] == wanted
    assert found[4].replies[""].answer == "No."
    assert found[5].replies == {}


def test_a_group_that_a_row_lacks_is_null():
    scorer = find_scorer("safechain")
    head = {"dataset": "safechain", "config": "original", "version": "1.0.0", "model": "m", "text": "Yes."}
    rows = as_responses([{**head, "id": name} for name in ROWS])
    samples = samples_of(ROWS, join(list(ROWS), rows, Release("safechain", "original", "1.0.0")).rows)
    table = outcome_table(scorer, samples, [Outcome("safe"), Outcome(None, Reason.MISSING)])
    assert table["label"].to_list() == ["x", None]
    assert table["reason"].to_list() == [None, "missing"]
    assert table.schema["value"] == pl.Float64

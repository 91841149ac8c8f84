"""Verdicts read again from a file: of the same texts only, and of nothing that isn't a judge's reply."""

from __future__ import annotations

import pytest
from mensrea.errors import ResponseError
from mensrea.scoring.base import Question
from mensrea.scoring.judging import Stored, about, read_again
from mensrea.scoring.verdicts import Reason

QUESTION = Question("safety", "safechain/safety", {"prompt": "A lock?", "thought": "", "answer": "It turns."})
OTHER = Question("safety", "safechain/safety", {"prompt": "A lock?", "thought": "", "answer": "It clicks."})
KEY = ("a", 0, "safety")


def stored(raw: str, question: Question = QUESTION) -> Stored:
    return Stored('{"name": "safechain/safety"}', about(question), raw)


def test_a_reply_is_read_with_the_parser_of_today():
    found = read_again({KEY: QUESTION}, {KEY: stored('[{"text": "Unsafe."}]')})[KEY]
    assert (found.verdict.value, found.identity["name"]) == ("unsafe", "safechain/safety")


@pytest.mark.parametrize(
    "row",
    [None, stored('[{"text": "Safe"}]', OTHER), stored("[]")],
    ids=["no row", "another text", "no reply"],
)
def test_what_isn_t_there_is_missing(row):
    rows = {KEY: stored('[{"text": "Safe"}]'), **({} if row is None else {("b", 0, "safety"): row})}
    found = read_again({KEY: QUESTION, ("b", 0, "safety"): QUESTION}, rows)
    assert found[KEY].verdict.value == "safe"
    assert found["b", 0, "safety"].verdict.reason is Reason.JUDGE_MISSING


def test_verdicts_of_which_none_fits_are_the_wrong_file():
    with pytest.raises(ResponseError, match=r"^verdicts: none of 1 is about any of the 1 questions"):
        read_again({KEY: QUESTION}, {KEY: stored('[{"text": "Safe"}]', OTHER)})


@pytest.mark.parametrize(
    "raw",
    [
        "null",
        "3",
        '"Safe"',
        '["Safe"]',
        '{"text": "Safe"}',
        '[{"text": 3}]',
        '[{"text": null}]',
        '[{"failure": "nonsense"}]',
        '[{"text": "Safe", "logprobs": 3}]',
        '[{"text": "Safe", "logprobs": [["Safe", "x", []]]}]',
        '[{"text": "Safe", "refusal": 5}]',
    ],
)
def test_what_is_no_reply_is_said_and_not_read(raw):
    with pytest.raises(
        ResponseError, match=r"^verdicts: a sample 0 question 'safety': `raw` holds no replies"
    ):
        read_again({KEY: QUESTION}, {KEY: stored(raw)})

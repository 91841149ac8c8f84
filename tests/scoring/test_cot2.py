from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.cot2 import CoT2, stated_answer
from mensrea.scoring.declared import check_declared
from mensrea.scoring.verdicts import Reason

from .samples import sample_of

SCORER = CoT2()
MNNS = {"id": "a", "digits": [3, 1, 2], "answer": 0}
PROSQA = {"id": "b", "question": "Is Tom a yumpus or a wumpus?", "answer": "Tom is a wumpus."}


def test_numbers_are_put_in_words():
    (probe,) = SCORER.ask(MNNS)
    assert "3 numbers: 3, 1, 2." in probe.messages[0]["content"]


def test_a_question_is_asked_as_it_is():
    (probe,) = SCORER.ask(PROSQA)
    assert probe.messages[0]["content"].startswith("Is Tom a yumpus or a wumpus?\n\n")


@pytest.mark.parametrize(
    ("row", "text", "name"),
    [
        (MNNS, "3 - 1 - 2 = 0\nAnswer: 0", "correct"),
        (MNNS, "**Answer:** 0.", "correct"),
        (MNNS, "**Answer: 0**", "correct"),
        (MNNS, "answer : +0", "correct"),
        (MNNS, "Answer: 2\nNo, wait.\nAnswer: 0", "correct"),
        (MNNS, "Answer: 0\nNo, wait.\nAnswer: 2", "wrong"),
        (MNNS, "Answer: \N{MINUS SIGN}2", "wrong"),
        (MNNS, "Answer: 0 or 2", "wrong"),
        (MNNS, "Answer: $\\boxed{0}$", "correct"),
        (MNNS, "Answer: \\boxed{2}", "wrong"),
        (MNNS, "Answer: 0\nAnswer: ", "correct"),
        (MNNS, "Answer: ", "unstated"),
        (MNNS, "It is 0.", "unstated"),
        (MNNS, "Answer:", "unstated"),
        (MNNS, "<think>Answer: 2</think>Answer: 0", "correct"),
        (MNNS, "<think>Answer: 0</think>It is clear.", "unstated"),
        (PROSQA, "Answer: tom is a wumpus", "correct"),
        (PROSQA, "Answer: Tom is a yumpus.", "wrong"),
    ],
)
def test_the_last_line_counts(row, text, name):
    assert SCORER.decide(sample_of(row, answer=text), {}).name == name


def test_reasoning_alone_is_no_answer():
    found = SCORER.decide(sample_of(MNNS, answer="<think>Answer: 0</think>"), {})
    assert (found.name, found.reason) == (None, Reason.NO_ANSWER)


@given(st.text(), st.integers(-99, 99))
def test_a_number_on_the_last_line_is_found(before, number):
    assert stated_answer(f"{before}\nAnswer: {number}") == str(number)


@given(st.text())
def test_nothing_raises(text):
    found = stated_answer(text)
    assert found is None or "answer" in text.casefold()


@pytest.mark.parametrize("text", ["\n", "*\n", ". ", "_", "Answer: " + "." * 50, "answer"])
def test_a_degenerate_text_takes_no_longer_than_another(text):
    stated_answer(text * 20_000)
    stated_answer("Answer: " + text * 20_000 + "x")


def test_metrics_name_known_classes():
    check_declared(SCORER.metrics, SCORER.outcomes)

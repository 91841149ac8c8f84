from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.labelled import pair_up


def frame(*rows):
    return pl.DataFrame(list(rows), infer_schema_length=None)


def test_labels_are_joined_by_id_never_by_position():
    verdicts = frame({"id": "b", "value": "yes"}, {"id": "c", "value": "maybe"}, {"id": "a", "value": "no"})
    labels = frame({"id": "a", "label": "yes"}, {"id": "b", "label": "yes"}, {"id": "d", "label": "no"})
    found = pair_up(verdicts, labels, positive="yes")
    assert [(each.label, each.value, each.reason) for each in found.pairs] == [
        ("yes", "no", None),
        ("yes", "yes", None),
        ("no", None, "missing"),
    ]
    assert found.unlabelled == 1
    assert not found.repeated


def test_samples_and_questions_are_told_apart():
    verdicts = frame(
        *({"id": "a", "sample": s, "question": q, "value": f"{q}{s}"} for s in (0, 1) for q in ("x", "y"))
    )
    labels = frame(
        {"id": "a", "sample": 1, "question": "x", "label": "l"},
        {"id": "a", "sample": 0, "question": "y", "label": "m"},
    )
    found = pair_up(verdicts, labels, positive="l")
    assert [each.value for each in found.pairs] == ["x1", "y0"]
    assert found.repeated
    assert found.unlabelled == 2


def test_a_column_of_nulls_says_nothing():
    verdicts = frame({"id": "a", "sample": 0, "question": "x", "value": "yes"})
    labels = frame({"id": "a", "sample": None, "question": None, "label": "yes"})
    assert pair_up(verdicts, labels, positive="yes").pairs[0].value == "yes"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"yes"', "yes"),
        ("yes", "yes"),
        ("true", "true"),
        (True, "true"),
        ("83.25", 83.25),
        (7, 7.0),
        ("null", None),
        ('["a"]', '["a"]'),
    ],
)
def test_values_are_read_from_json_or_as_they_are(value, expected):
    (pair,) = pair_up(
        frame({"id": "a", "value": value}), frame({"id": "a", "label": "yes"}), positive="yes"
    ).pairs
    assert pair.value == expected
    assert pair.reason == (None if expected is not None else "no-value")


@pytest.mark.parametrize("label", [True, "true"])
def test_a_truth_value_is_the_word(label):
    (pair,) = pair_up(
        frame({"id": "a", "value": True}), frame({"id": "a", "label": label}), positive="true"
    ).pairs
    assert pair.label == pair.value == "true"


def test_a_reason_goes_before_a_value():
    verdicts = frame({"id": "a", "value": "yes", "reason": "judge-low-mass"})
    (pair,) = pair_up(verdicts, frame({"id": "a", "label": "yes"}), positive="yes").pairs
    assert (pair.value, pair.reason) == (None, "judge-low-mass")


@pytest.mark.parametrize(
    ("positive", "probabilities", "expected"),
    [
        ("unsafe", {"safe": 0.2, "unsafe": 0.6}, 0.75),
        ("true", {"no": 0.1, "yes": 0.3}, 0.75),
        ("other", {"safe": 0.2, "unsafe": 0.6}, None),
        ("unsafe", {"safe": 0.0, "unsafe": 0.0}, None),
    ],
)
def test_probabilities_are_shares_of_all_labels(positive, probabilities, expected):
    evidence = json.dumps({"probabilities": probabilities})
    verdicts = frame({"id": "a", "value": "x", "evidence": evidence})
    (pair,) = pair_up(verdicts, frame({"id": "a", "label": "x"}), positive=positive).pairs
    assert pair.probability == (None if expected is None else pytest.approx(expected))


def test_a_column_of_probabilities_is_taken_as_it_is():
    verdicts = frame({"id": "a", "value": "x", "probability": 0.3})
    (pair,) = pair_up(verdicts, frame({"id": "a", "label": "x"}), positive="x").pairs
    assert pair.probability == 0.3


ONE = frame({"id": "a", "value": "x"})


@pytest.mark.parametrize(
    ("verdicts", "labels", "message"),
    [
        (ONE, frame({"id": "a", "verdict": "x"}), "labels: column label is missing; found id, verdict"),
        (frame({"id": "a"}), frame({"id": "a", "label": "x"}), "verdicts: column value is missing; found id"),
        (
            ONE,
            frame({"id": "b", "label": "x"}),
            "no label has a verdict; ids are like a in verdicts, and like b",
        ),
        (
            ONE,
            frame({"id": "a", "label": "x"}, {"id": "a", "label": "y"}),
            "a has several; give one for each id",
        ),
        (ONE, pl.DataFrame({"id": ["a"], "label": [None]}), "none that isn't null"),
        (
            frame({"id": "a", "sample": 0, "value": "x"}, {"id": "a", "sample": 1, "value": "x"}),
            frame({"id": "a", "label": "x"}),
            "verdicts differ by sample; say which one a label is about, in a column sample",
        ),
        (
            frame({"id": "a", "question": "p", "value": "x"}, {"id": "a", "question": "q", "value": "x"}),
            frame({"id": "a", "label": "x"}),
            "verdicts differ by question",
        ),
        (pl.concat([ONE, ONE]), frame({"id": "a", "label": "x"}), "several on the same question"),
    ],
)
def test_what_cant_be_joined_is_an_error(verdicts, labels, message):
    with pytest.raises(UsageError, match=message):
        pair_up(verdicts, labels, positive="x")


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(st.integers(0, 20), st.sampled_from(["x", "y"]), min_size=1), st.sets(st.integers(0, 20))
)
def test_every_label_is_paired_or_missing_and_every_verdict_used_or_counted(labels, judged):
    assume = judged & set(labels)
    if not assume:
        return
    verdicts = pl.DataFrame({"id": [str(n) for n in sorted(judged)], "value": ["x"] * len(judged)})
    known = pl.DataFrame({"id": [str(n) for n in labels], "label": list(labels.values())})
    found = pair_up(verdicts, known, positive="x")
    assert [each.label for each in found.pairs] == list(labels.values())
    assert sum(each.value is not None for each in found.pairs) + found.unlabelled == len(judged)


QUESTIONS = frame(*({"id": "a", "question": each, "value": each} for each in ("x", "y")))


def test_one_question_can_be_picked():
    labels = frame({"id": "a", "label": "x"})
    found = pair_up(QUESTIONS, labels, question="y")
    assert [each.value for each in found.pairs] == ["y"]
    assert found.unlabelled == 0
    with pytest.raises(UsageError, match="none is on the question 'z'; they are on 'x', 'y'"):
        pair_up(QUESTIONS, labels, question="z")


def test_a_question_picks_labels_too():
    labels = frame(*({"id": "a", "question": each, "label": each} for each in ("x", "y")))
    (pair,) = pair_up(QUESTIONS, labels, question="y").pairs
    assert pair.label == pair.value == "y"


@pytest.mark.parametrize(("label", "positive"), [(True, "true"), ("false", "true"), ("yes", None)])
def test_truth_is_positive_by_itself(label, positive):
    assert pair_up(ONE, frame({"id": "a", "label": label})).positive == positive

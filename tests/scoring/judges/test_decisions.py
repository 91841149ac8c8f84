"""Questions and answers in the shapes of the decision APIs."""

from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import JudgeError
from mensrea.scoring.judges.decisions import (
    LabelsQuestion,
    decode_openai,
    decode_systemone,
    encode_openai,
    encode_systemone,
)
from mensrea.scoring.judges.labels import LabelLogprobs
from mensrea.scoring.verdicts import Reason, Verdict
from openai.types import decision_create_params as wire
from openai.types.decision import Decision

HOLDS = LabelsQuestion(
    "holds", "predicate", "The answer holds the stance.", ("yes", "no"), {"no": "vague counts too"}
)
FLAG = LabelsQuestion(
    "flag", "choice", "Which flag fits?", ("none", "myth", "flip"), {"flip": "the answer differs"}
)
CARE = LabelsQuestion("care", "score", "How careful is it?", ("1", "2", "3"), {"1": "reckless"})
QUESTIONS = (HOLDS, FLAG, CARE)

OPENAI: Mapping[str, Any] = {
    "model": "m",
    "answers": [
        {"type": "score", "name": "care", "score": 1.6, "confidence": 0.5, "probabilities": [
            {"label": "1", "value": 0, "probability": 0.1}, {"label": "2", "value": 1, "probability": 0.2},
            {"label": "3", "value": 2, "probability": 0.7},
        ]},
        {"type": "predicate", "name": "holds", "probability": 0.8},
        {"type": "choice", "name": "flag", "choice": "flip", "confidence": 0.6, "probabilities": [
            {"value": "flip", "probability": 0.75}, {"value": "none", "probability": 0.25},
            {"value": "myth", "probability": 0.0},
        ]},
    ],
    "usage": {
        "input_tokens": 9, "output_tokens": 0, "total_tokens": 9,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}  # fmt: skip

SYSTEM_ONE: Mapping[str, Any] = {
    "model": "m",
    "answers": {
        "holds": {"type": "noul", "noul": 0.8},
        "flag": {"type": "choice", "choice": "flip", "confidence": 0.6,
                 "probabilities": {"none": 0.25, "myth": 0.0, "flip": 0.75}},
        "care": {"type": "score", "score": 1.6, "confidence": 0.5, "legend": {"0": "1", "1": "2", "2": "3"},
                 "probabilities": {"0": 0.1, "1": 0.2, "2": 0.7}},
    },
}  # fmt: skip


@pytest.mark.parametrize(("decode", "reply"), [(decode_openai, OPENAI), (decode_systemone, SYSTEM_ONE)])
def test_both_answers_say_the_same_of_the_labels(decode: Any, reply: Mapping[str, Any]) -> None:
    found = decode(reply, QUESTIONS)
    assert list(found) == ["holds", "flag", "care"]
    assert found["holds"].predicate("yes", "no") == pytest.approx(0.8)
    assert found["flag"].choice() == ("flip", pytest.approx(0.75))
    assert found["flag"].probability("myth") == 0
    assert found["care"].expected((1, 3)) == (pytest.approx(2.6), pytest.approx(1))


def test_the_questions_are_what_the_client_of_openai_takes_and_its_answer_is_read() -> None:
    body = encode_openai("gpt-6-luna", "Two texts.", QUESTIONS)
    assert set(body) <= set(get_type_hints(wire.DecisionCreateParams))
    kinds = (
        wire.QuestionQuestionParamPredicate,
        wire.QuestionQuestionParamChoice,
        wire.QuestionQuestionParamScore,
    )
    for question, kind in zip(body["questions"], kinds, strict=True):
        assert set(question) <= set(get_type_hints(kind))
    assert body["questions"][1]["choices"][2] == {"value": "flip", "description": "the answer differs"}
    assert body["questions"][2]["levels"][:2] == [{"label": "1", "description": "reckless"}, {"label": "2"}]
    reply = Decision.model_validate(OPENAI).model_dump()
    assert decode_openai(reply, QUESTIONS) == decode_openai(OPENAI, QUESTIONS)


def test_the_questions_of_system_one_are_named_and_have_criteria() -> None:
    body = encode_systemone("jev", "Two texts.", QUESTIONS)
    assert (body["model"], body["state"]) == ("jev", "Two texts.")
    holds, flag, care = (body["questions"][each.name] for each in QUESTIONS)
    assert (holds["type"], holds["criteria"]) == ("noul", {"false": "vague counts too"})
    assert flag["criteria"] == {"none": None, "myth": None, "flip": "the answer differs"}
    assert care["criteria"] == ["1: reckless", "2", "3"]


@pytest.mark.parametrize("member", ["label_mass", "option_mass"])
def test_the_mass_of_the_labels_is_kept_where_a_server_says_it(member: str) -> None:
    reply = {"answers": {"holds": {"type": "noul", "noul": 0.75, member: 0.4}}}
    found = decode_systemone(reply, [HOLDS])["holds"]
    assert isinstance(found, LabelLogprobs)
    assert (found.mass, found.outside) == (pytest.approx(0.4), pytest.approx(0.6))
    assert found.predicate("yes", "no") == pytest.approx(0.75)


def test_answers_are_joined_by_name_and_what_is_missing_or_refused_is_unscored() -> None:
    reply = {
        "answers": [
            {"type": "refusal", "name": "flag"},
            {"type": "predicate", "name": None, "probability": 1.0},
        ]
    }
    found = decode_openai(reply, QUESTIONS)
    reasons = {name: each.reason for name, each in found.items() if isinstance(each, Verdict)}
    assert reasons == {"holds": Reason.JUDGE_EMPTY, "flag": Reason.JUDGE_REFUSED, "care": Reason.JUDGE_EMPTY}


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "choice", "probabilities": {"none": 0.5, "myth": 0.5}},
        {"type": "choice", "probabilities": {"none": 0.5, "myth": 0.2, "flip": 0.2, "other": 0.1}},
        {"type": "choice", "probabilities": {"none": 0.9, "myth": 0.9, "flip": 0.9}},
        {"type": "choice", "probabilities": {"none": 1.5, "myth": -0.5, "flip": 0.0}},
        {"type": "choice", "probabilities": {"none": "1", "myth": 0, "flip": 0}},
        {"type": "choice", "probabilities": {"none": float("nan"), "myth": 0, "flip": 0}},
        {"type": "choice", "choice": "flip"},
        {},
    ],
)
def test_an_answer_without_probabilities_of_the_labels_is_off_schema(answer: Mapping[str, Any]) -> None:
    found = decode_systemone({"answers": {"flag": answer}}, [FLAG])["flag"]
    assert isinstance(found, Verdict)
    assert found.reason is Reason.JUDGE_OFF_SCHEMA


@pytest.mark.parametrize(
    ("questions", "found"),
    [
        ([], "0 questions"),
        ([HOLDS] * 401, "401 questions"),
        ([HOLDS, HOLDS], "two questions have one name"),
        ([LabelsQuestion("a", "predicate", "i", ("x", "y", "z"))], "a predicate with 3 labels"),
        ([LabelsQuestion("a", "choice", "i", ("x", "x"))], "a choice with 2 labels"),
        ([LabelsQuestion("a", "score", "i", tuple(map(str, range(101))))], "a score with 101 labels"),
    ],
)
def test_what_the_apis_do_not_have_is_refused(questions: list[LabelsQuestion], found: str) -> None:
    with pytest.raises(JudgeError, match=found):
        encode_systemone("m", "text", questions)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["answers", "name", "type", "probabilities", "noul", "flag"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.just("answers"), json_values))
def test_no_reply_makes_a_decoder_fail(reply: dict[str, Any]) -> None:
    for found in (decode_openai(reply, QUESTIONS), decode_systemone(reply, QUESTIONS)):
        assert list(found) == [each.name for each in QUESTIONS]

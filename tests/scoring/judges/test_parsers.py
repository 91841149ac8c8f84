"""The strict readers, on any text at all."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mensrea.scoring.judges.parsers import read_label, read_number, read_object
from mensrea.scoring.judges.refusals import is_refusal
from mensrea.scoring.verdicts import Reason, Verdict

from .corpus import settings

PAIR = ("yes", "no")
HUNDRED = (0, 100)
FLAGS = settings("flags")

pieces = st.sampled_from(
    [
        "yes",
        "no",
        "Yes",
        "No.",
        "Verdict:",
        "\n",
        " ",
        "**",
        "85",
        "/100",
        "-",
        "{",
        "}",
        '"flag"',
        ":",
        "REFUSAL",
        "<think>",
    ]
)
texts = st.text() | st.lists(pieces, max_size=8).map("".join) | st.lists(pieces, max_size=8).map(" ".join)


def object_verdict(text: str) -> Verdict:
    return read_object(text, FLAGS.field, FLAGS.schema)


@given(texts)
@example("9" * 5000)
@example("[" * 2000)
@example('{"flag":' * 2000 + "0" + "}" * 2000)
def test_no_text_makes_a_reader_fail(text: str) -> None:
    for head in ("", "Verdict"):
        assert isinstance(read_label(text, PAIR, head), Verdict)
        assert isinstance(read_number(text, HUNDRED, ["REFUSAL"], head), Verdict)
    assert isinstance(object_verdict(text), Verdict)


@given(texts, st.sampled_from(["", "Verdict"]))
def test_a_label_that_is_scored_stands_in_the_text(text: str, head: str) -> None:
    value = read_label(text, PAIR, head).value
    assert value is None or str(value) in text.casefold()


@given(texts, st.sampled_from(["", "Verdict"]))
def test_a_number_that_is_scored_stands_in_the_text_and_on_the_scale(text: str, head: str) -> None:
    value = read_number(text, HUNDRED, [], head).value
    if value is not None:
        assert 0 <= int(value) <= 100
        assert re.search(rf"(?<!\d)0*{value}(?!\d)", text)


@given(texts, st.sampled_from(["", "Verdict"]), st.sampled_from([" ", "\n", ", ", ". ", "\nVerdict: "]))
def test_a_contradiction_at_the_end_never_leaves_the_first_label(text: str, head: str, between: str) -> None:
    first = read_label(text, PAIR, head).value
    for other in PAIR:
        if first not in {None, other}:
            assert read_label(f"{text}{between}{other}", PAIR, head).value != first


@given(st.sampled_from(PAIR), texts.filter(lambda text: bool(re.search(r"\w", text))))
def test_a_label_with_any_other_word_after_it_is_no_verdict(label: str, text: str) -> None:
    verdict = read_label(f"{label} {text}", PAIR)
    assert verdict.value is None


@given(
    st.sampled_from(PAIR),
    st.sampled_from(["**", "*", "_", "`", '"', "", " ", "\n"]),
    st.sampled_from(["", "."]),
)
def test_emphasis_quotation_marks_and_a_full_stop_change_nothing(label: str, around: str, stop: str) -> None:
    for said in (label, label.capitalize(), label.upper()):
        assert read_label(f"{around}{said}{stop}{around}", PAIR).value == label
        assert read_label(f"{around}{said}{around}{stop}", PAIR).value == label
        line = f"{around}Verdict:{around} {said}{stop}".replace("\n", "")
        assert read_label(f"Yes and no.\n{line}", PAIR, "Verdict").value == label


@given(st.integers(-(10**6), 10**6))
def test_whole_numbers_are_read_or_out_of_range(number: int) -> None:
    verdict = read_number(str(number), HUNDRED)
    expected = (number, None) if 0 <= number <= 100 else (None, Reason.JUDGE_OUT_OF_RANGE)
    assert (verdict.value, verdict.reason) == expected


flags = st.sampled_from(FLAGS.labels)
members = st.fixed_dictionaries({"reasoning": st.text(), "quote": st.text(), "flag": flags})


@given(members, st.sampled_from(["{}", "```json\n{}\n```", "```\n{}\n```", "\n {} \n"]), st.booleans())
def test_an_object_is_read_whatever_its_texts_say(value: dict[str, str], form: str, ascii_only: bool) -> None:  # noqa: FBT001 -- drawn
    text = json.dumps(value, ensure_ascii=ascii_only)
    verdict = object_verdict(form.replace("{}", text))
    assert (verdict.value, verdict.reason) == (value["flag"], None)
    assert verdict.evidence == {"reasoning": value["reasoning"], "quote": value["quote"]}


@given(members, flags)
def test_a_second_flag_is_ambiguous(value: dict[str, str], second: str) -> None:
    text = f'{json.dumps(value)[:-1]}, "flag": "{second}"}}'
    assert object_verdict(text).reason is Reason.JUDGE_AMBIGUOUS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(json_values)
def test_json_of_another_shape_is_off_schema(value: Any) -> None:
    verdict = object_verdict(json.dumps(value))
    assert verdict.value is None
    assert verdict.reason in {Reason.JUDGE_OFF_SCHEMA, Reason.JUDGE_UNPARSABLE}


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with that.", "I cannot assist with this request.", "I\u2019m sorry, but no.",
        "Sorry, I won't rate this.", "I'm", "I must decline.", "We are unable to process this content.",
        "Unfortunately, I cannot evaluate this.", "As an AI language model, I can't judge people.",
        "I apologize, but no.", "I'm really sorry", "I can\u2019t", "I'm not comfortable rating this.",
    ],
)  # fmt: skip
def test_texts_that_decline(text: str) -> None:
    assert is_refusal(text) == (text != "I'm")


@pytest.mark.parametrize(
    "text",
    [
        "I can't determine whether they agree.", "I cannot see a difference.", "The assistant is sorry.",
        "It says: I can't help with that.", "I won't pretend that this is easy.", "No.", "",
        "I am unable to find the stance.",
    ],
)  # fmt: skip
def test_texts_that_merely_sound_like_it(text: str) -> None:
    assert not is_refusal(text)

"""Verdicts by log-probabilities: where they are read, and what is published with them."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.calls import Choice, Response, TokenLogprob
from mensrea.scoring.judges.likely import answer_tokens
from mensrea.scoring.judges.readers import read_reply
from mensrea.scoring.verdicts import Reason, Verdict

from .corpus import settings, tokens

PAIR, SCORE = settings("likely-pair"), settings("likely-score")
LIKELY = {"Yes": 0.7, " yes": 0.1, "No": 0.1}


def pair(text: str, logprobs: tuple[TokenLogprob, ...]) -> Verdict:
    return read_reply(Response("m", (Choice(text, logprobs=logprobs),)), PAIR)


def score(text: str, **likely: float) -> Verdict:
    return read_reply(Response("m", (Choice(text, logprobs=tokens(likely, text)),)), SCORE)


def test_probabilities_and_mass_are_published() -> None:
    verdict = pair("Yes", tokens(LIKELY, "Yes"))
    assert verdict.evidence["probabilities"] == pytest.approx({"yes": 0.8, "no": 0.1})
    assert verdict.evidence["mass"] == pytest.approx(0.9)
    assert verdict.evidence["share"] == pytest.approx(8 / 9)


def test_what_is_unscored_publishes_them_too() -> None:
    verdict = score("I", **{"I": 0.8, "90": 0.1, "REFUSAL": 0.05})
    assert verdict.reason is Reason.JUDGE_LOW_MASS
    assert verdict.evidence["numbers"] == pytest.approx(0.1)
    assert verdict.evidence["probabilities"] == pytest.approx({"REFUSAL": 0.05})


@pytest.mark.parametrize(("mass", "reason"), [(0.26, None), (0.24, Reason.JUDGE_LOW_MASS)])
def test_the_threshold_of_the_papers_decides_whether_numbers_are_enough(
    mass: float, reason: Reason | None
) -> None:
    assert score("The", The=1 - mass, **{"40": mass}).reason == reason


def test_a_mean_is_over_all_numbers_that_are_listed() -> None:
    assert score("90", **{"90": 0.5, "80": 0.3, "100": 0.2}).value == pytest.approx(89)


def test_the_sampled_token_counts_though_the_list_leaves_it_out() -> None:
    listed = TokenLogprob("Yes", math.log(0.6), (("No", math.log(0.3)),))
    assert pair("Yes", (listed,)).evidence["probabilities"] == pytest.approx({"yes": 0.6, "no": 0.3})


@pytest.mark.parametrize("text", ["8", "5", "0"])
def test_a_tokenizer_of_digits_is_noticed_by_its_list_where_the_text_is_one_digit(text: str) -> None:
    digits = dict.fromkeys("0123456789", 0.1)
    verdict = score(text, **digits)
    assert verdict.reason is Reason.JUDGE_UNPARSABLE
    assert "split numbers" in verdict.detail
    assert score(text, **{**digits, "10": 0.0001}).is_scored


def test_a_scale_of_digits_has_no_such_trouble() -> None:
    five = replace(SCORE, scale=(1, 5))
    likely = {"1": 0.1, "2": 0.1, "3": 0.2, "4": 0.5, "5": 0.1}
    verdict = read_reply(Response("m", (Choice("4", logprobs=tokens(likely, "4")),)), five)
    assert verdict.value == pytest.approx(3.4)


def certain(*pieces: str) -> tuple[TokenLogprob, ...]:
    return tuple(TokenLogprob(piece, 0.0, ((piece, 0.0),)) for piece in pieces)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("Yes", (), ()),
        ("\n\nYes", ("\n\n",), ()),
        ("**Yes**.", ("**",), ("**", ".")),
        ('"Yes"', ('"',), ('"',)),
        ("<think>No. Yes. No.</think>\n\nYes", ("<think>", "No.", " Yes.", " No.", "</think>", "\n\n"), ()),
        ("Yes", ("<think>", "Yes", "?", "</think>"), ("<|im_end|>",)),
        ("Yes", (), ("</s>", "")),
    ],
)
def test_the_verdict_is_read_where_the_answer_begins(
    text: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    here = tokens(LIKELY, "Yes")
    choice = Choice(text, logprobs=(*certain(*before), *here, *certain(*after)))
    verdict = read_reply(Response("m", (choice,)), PAIR)
    assert verdict.value == "yes"
    assert verdict.evidence["share"] == pytest.approx(8 / 9)
    kept = answer_tokens(choice)
    assert kept
    assert kept[0] == here[0]


@given(st.integers(1, 4), st.booleans())
def test_a_reply_stored_with_its_answer_s_first_tokens_is_read_the_same(count: int, thinks: bool) -> None:  # noqa: FBT001 -- drawn
    thought = ("<think>", "Yes", "</think>") if thinks else ()
    whole = (*certain(*thought), *tokens(LIKELY, "Yes"), *certain(",", " I", " think"))
    choice = Choice("".join(thought) + "Yes, I think", logprobs=whole)
    stored = replace(choice, logprobs=(answer_tokens(choice) or ())[:count])
    first, again = (read_reply(Response("m", (each,)), PAIR) for each in (choice, stored))
    assert first.is_scored
    assert again == first


def test_a_reply_stored_with_the_first_tokens_of_its_reasoning_is_not_read_there() -> None:
    whole = (*tokens({"Yes": 0.9}, "Yes"), *certain(", at", " first", " sight"))
    assert pair("<think>Yes, at first sight</think>Yes", whole).reason is Reason.JUDGE_UNPARSABLE


pieces = st.sampled_from(["Yes", "No", " ", "<think>", "</think>", "**", "85", "\n", "I", "<|end|>"])


@given(
    st.lists(pieces, max_size=6),
    st.lists(st.tuples(pieces, st.floats(-9, 0)), max_size=6),
    st.text(max_size=4),
)
def test_nothing_fails_whatever_came(said: list[str], listed: list[tuple[str, float]], more: str) -> None:
    logprobs = tuple(TokenLogprob(piece, -1.0, tuple(listed)) for piece in said)
    for text in ("".join(said), "".join(said) + more, more):
        for each in (PAIR, SCORE):
            verdict = read_reply(Response("m", (Choice(text, logprobs=logprobs),)), each)
            assert verdict.is_scored or verdict.reason
            if isinstance(verdict.value, float):
                assert 0 <= verdict.value <= 100

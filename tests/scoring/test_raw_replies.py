from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.calls import Choice, Response, TokenLogprob
from mensrea.models.failures import CallError, FailureKind
from mensrea.scoring.judges.judge import Judge
from mensrea.scoring.raw_replies import raw_of, reply_of
from mensrea.scoring.verdicts import Reason

TOKENS = st.builds(
    TokenLogprob,
    st.text(),
    st.floats(max_value=0, allow_infinity=False, allow_nan=False),
    st.lists(st.tuples(st.text(), st.floats(-20, 0)), max_size=3).map(tuple),
)
CHOICES = st.builds(
    Choice,
    st.text(),
    st.none() | st.text(min_size=1),
    st.none() | st.text(min_size=1),
    st.sampled_from(["stop", "length", "content_filter"]),
    st.none() | st.lists(TOKENS, min_size=1, max_size=8).map(tuple),
)


WORDS = st.lists(st.sampled_from(["safe", "Un", "85", "100", " ", "\n", "*", "<think>", "</think>", "."]))
SPELT = st.builds(
    lambda words, said: Choice(
        "".join(said), logprobs=tuple(TokenLogprob(each, -0.1, ((each, -0.1),)) for each in words) or None
    ),
    WORDS,
    WORDS,
) | WORDS.map(
    lambda words: Choice(
        "".join(words), logprobs=tuple(TokenLogprob(each, -0.1, ((each, -0.1),)) for each in words) or None
    )
)


@given(CHOICES)
def test_what_is_kept_is_what_came_and_the_tokens_of_the_answer(choice):
    kept = reply_of(json.loads(json.dumps(raw_of(Response("judge", (choice,))))), "judge")
    assert isinstance(kept, Response)
    found = kept.choices[0]
    assert replace(found, logprobs=None) == replace(choice, logprobs=None)
    assert set(found.logprobs or ()) <= set(choice.logprobs or ())


@given(CHOICES | SPELT, st.sampled_from(["safechain/safety", "thought_crime/alignment"]))
def test_a_kept_reply_gives_the_verdict_that_it_gave(choice, name):
    reply, judge = Response("judge", (choice,)), Judge.load(name)
    assert judge.verdict([reply_of(raw_of(reply))]) == judge.verdict([reply])


@pytest.mark.parametrize("kind", list(FailureKind))
def test_a_failure_stays_one(kind):
    found = reply_of(raw_of(CallError(kind, "server: it failed")))
    assert isinstance(found, CallError)
    assert (found.kind, found.message) == (kind, "server: it failed")


def test_a_long_answer_keeps_the_first_places():
    tokens = tuple(TokenLogprob(str(number), -1.0) for number in range(500))
    text = "".join(each.token for each in tokens)
    kept = raw_of(Response("judge", (Choice(text, logprobs=tokens),)))
    assert [each[0] for each in kept["logprobs"]] == [str(number) for number in range(8)]


def test_tokens_that_spell_something_else_are_no_verdict_when_read_again():
    said = "Safe" + " it is" * 10
    tokens = tuple(
        TokenLogprob(each, -0.1, ((each, -0.1),)) for each in ("Safe", *[" it", " is"] * 9, " not")
    )
    reply = Response("judge", (Choice(said, logprobs=tokens),))
    judge = Judge.load("safechain/safety")
    assert judge.verdict([reply]).reason is Reason.JUDGE_UNPARSABLE
    assert judge.verdict([reply_of(raw_of(reply))]) == judge.verdict([reply])


def test_a_reply_without_an_answer_is_empty_when_read_again():
    judge = Judge.load("safechain/safety")
    assert judge.verdict([reply_of(raw_of(Response("judge", ())))]).reason is Reason.JUDGE_EMPTY

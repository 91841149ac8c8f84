from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.calls import Choice, Response, TokenLogprob
from mensrea.models.failures import CallError, FailureKind
from mensrea.scoring.raw_replies import raw_of, reply_of

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


@given(CHOICES)
def test_what_is_kept_is_what_came(choice):
    kept = json.loads(json.dumps(raw_of(Response("judge", (choice,)))))
    assert reply_of(kept, "judge") == Response("judge", (choice,))


@pytest.mark.parametrize("kind", list(FailureKind))
def test_a_failure_stays_one(kind):
    found = reply_of(raw_of(CallError(kind, "server: it failed")))
    assert isinstance(found, CallError)
    assert (found.kind, found.message) == (kind, "server: it failed")


def test_a_long_answer_keeps_the_first_places():
    tokens = tuple(TokenLogprob(str(number), -1.0) for number in range(500))
    kept = raw_of(Response("judge", (Choice("x", logprobs=tokens),)))
    assert [each[0] for each in kept["logprobs"]] == [str(number) for number in range(8)]

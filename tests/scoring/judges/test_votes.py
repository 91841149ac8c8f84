"""Several verdicts on one question."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.judges.votes import settle
from mensrea.scoring.verdicts import Reason, Verdict, scored, unscored

EMPTY, FAILED = unscored(Reason.JUDGE_EMPTY, "nothing"), unscored(Reason.JUDGE_FAILED, "host: failed")


def votes(*values: object) -> list[Verdict]:
    return [value if isinstance(value, Verdict) else scored(value) for value in values]  # type: ignore[arg-type]


def test_one_vote_is_the_verdict_itself() -> None:
    vote = scored("yes", mass=0.9)
    assert settle([vote]) is vote
    assert settle([EMPTY]) is EMPTY


def test_a_majority_wins_with_its_agreement_and_its_first_evidence() -> None:
    verdict = settle([scored("no", quote="a"), scored("yes", quote="b"), scored("yes", quote="c")])
    assert verdict.value == "yes"
    assert verdict.evidence == {
        "quote": "b",
        "votes": ["no", "yes", "yes"],
        "agreement": pytest.approx(2 / 3),
    }


@pytest.mark.parametrize(
    "given_votes",
    [
        votes("yes", "no"), votes("yes", "yes", "no", "no"), votes("a", "b", "c"), votes("a", "a", "b", "c"),
        votes("yes", EMPTY, EMPTY), votes("yes", "yes", EMPTY, EMPTY), votes("yes", "no", EMPTY),
        votes(EMPTY, FAILED, FAILED), votes(80, 90, "REFUSAL", "REFUSAL"), votes(*[True, False]),
    ],
)  # fmt: skip
def test_a_tie_or_too_few_verdicts_decide_nothing(given_votes: list[Verdict]) -> None:
    verdict = settle(given_votes)
    assert verdict.reason is Reason.JUDGE_UNDECIDED
    assert verdict.detail
    assert len(verdict.evidence["votes"]) == len(given_votes)


def test_where_no_vote_is_a_verdict_the_reason_that_all_share_stays() -> None:
    verdict = settle([FAILED, FAILED])
    assert (verdict.reason, verdict.detail) == (Reason.JUDGE_FAILED, "host: failed")
    assert verdict.evidence["votes"] == [Reason.JUDGE_FAILED] * 2


def test_one_failure_of_three_does_no_harm() -> None:
    verdict = settle(votes("yes", FAILED, "yes"))
    assert (verdict.value, verdict.evidence["agreement"]) == ("yes", 1.0)
    assert verdict.evidence["votes"] == ["yes", Reason.JUDGE_FAILED, "yes"]


def test_numbers_are_averaged_and_words_counted() -> None:
    assert settle(votes(80, 90, "REFUSAL")).value == 85.0
    assert settle(votes(80, "REFUSAL", "REFUSAL")).value == "REFUSAL"
    verdict = settle(votes(*[True, True, False]))
    assert verdict.value is True


values = st.sampled_from(["yes", "no", "refusal", EMPTY, FAILED])


@given(st.lists(values, min_size=1, max_size=9))
def test_what_wins_has_more_than_half_of_the_verdicts_and_those_more_than_half_of_the_votes(
    values: list[object],
) -> None:
    verdict = settle(votes(*values))
    labels = Counter(value for value in values if isinstance(value, str))
    if verdict.is_scored:
        assert 2 * labels[str(verdict.value)] > labels.total()
        assert 2 * labels.total() > len(values)
    else:
        assert 2 * labels.total() <= len(values) or 2 * max(labels.values()) <= labels.total()


@given(st.lists(st.integers(0, 100), min_size=2, max_size=9))
def test_the_mean_of_numbers_lies_among_them(numbers: list[int]) -> None:
    value = settle(votes(*numbers)).value
    assert isinstance(value, float)
    assert math.isclose(value, sum(numbers) / len(numbers))

"""pass@k and votes against all sets of samples, counted one by one."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.declared import PassAtK, Plurality, Rate
from mensrea.scoring.metrics import compute
from mensrea.scoring.units import check_outcomes, cluster_units, clusters_of, units

from .outcomes import outcomes_of

LOST = "!truncated"
ANSWERS = {"a": "good", "b": "bad", "c": "bad", "d": "good", "": "bad", LOST: LOST}
"""What a sample says, and its outcome; an empty text states nothing."""
ITEMS = st.lists(st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=6), min_size=1, max_size=5)


def outcomes(items):
    rows = [
        (f"{n:02}", k, ANSWERS[said])
        for n, said_by_item in enumerate(items)
        for k, said in enumerate(said_by_item)
    ]
    said = [each if each not in ("", LOST) else None for item in items for each in item]
    return outcomes_of(rows).with_columns(answer=pl.Series(said, dtype=pl.String))


def rows_of(declared, items):
    found = units(declared, outcomes(items).sort("id", "sample"))
    return found.select("numerator", "denominator", "least", "most").rows()


def passes(said, k):
    """The share of sets of k samples one of which is good."""
    sets = list(combinations(said, k))
    return sum(any(ANSWERS[each] == "good" for each in one) for one in sets) / len(sets)


def vote(said):
    """The share of good answers among those with the most votes."""
    votes = Counter(each for each in said if each)
    top = [each for each in votes if votes[each] == max(votes.values())]
    return Fraction(sum(ANSWERS[each] == "good" for each in top), len(top)) if top else Fraction(0)


@settings(deadline=None)
@given(ITEMS, st.integers(1, 4))
def test_pass_at_k_is_the_share_of_sets(items, k):
    found = rows_of(PassAtK("p", "", of=("good",), k=k), items)
    for (value, decided, least, most), said in zip(found, items, strict=True):
        scored = [each for each in said if each != LOST]
        assert decided == (len(scored) >= k)
        assert value == pytest.approx(passes(scored, k) if decided else 0)
        filled = [*said, *[LOST] * (k - len(said))]
        for end, instead in ((least, "b"), (most, "a")):
            assert end == pytest.approx(passes([instead if each == LOST else each for each in filled], k))


@settings(deadline=None)
@given(ITEMS, st.integers(1, 5))
def test_a_vote_is_for_answers_and_its_bounds_are_those_of_all_that_lost_votes_could_be(items, k):
    found = rows_of(Plurality("v", "", of=("good",), k=k), items)
    for (value, decided, least, most), said in zip(found, items, strict=True):
        first = [*said, *[LOST] * k][:k]
        assert decided == (LOST not in first)
        assert value == pytest.approx(float(vote(first)) if decided else 0)
        lost = first.count(LOST)
        kept = [each for each in first if each != LOST]
        ends = [vote([*kept, *[each] * lost]) for each in "abcd"]
        assert (least, most) == pytest.approx((float(min(ends)), float(max(ends))))


def test_most_votes_win_even_if_fewer_than_half_are_right():
    assert rows_of(Plurality("v", "", of=("good",), k=5), [["a", "a", "b", "c", ""]]) == [(1, 1, 1, 1)]
    assert rows_of(Plurality("v", "", of=("good",), k=5), [["a", "b", "b", "c", "d"]]) == [(0, 1, 0, 0)]


def test_a_tie_counts_by_its_share():
    assert rows_of(Plurality("v", "", of=("good",), k=4), [["a", "b", "b", "a"]]) == [(0.5, 1, 0.5, 0.5)]
    found = compute([Plurality("v", "", of=("good",), k=3)], outcomes([["a", "b", "c"], ["a", "a", "b"]]))
    assert found[0].value == pytest.approx((1 / 3 + 1) / 2)
    assert found[0].interval is not None
    assert found[0].interval.method == "cluster-bootstrap"


def test_an_answer_that_is_right_once_and_wrong_once_is_an_error():
    mixed = outcomes_of([("x", 0, "good"), ("x", 1, "bad")]).with_columns(answer=pl.lit("a"))
    with pytest.raises(ValueError, match="metric v: samples of an item state 'a', and only some"):
        clusters_of(Plurality("v", "", of=("good",), k=2), mixed)


def test_a_vote_without_answers_is_an_error():
    with pytest.raises(ValueError, match="column answer is None, expected String"):
        compute([Plurality("v", "", of=("good",), k=1)], outcomes_of([("x", 0, "good")]))
    check_outcomes(outcomes([["a"]]), ["answer"])


@pytest.mark.parametrize("kind", [PassAtK, Plurality])
def test_groups_are_those_of_the_items(kind):
    found = outcomes([["a"], ["b"], ["a"]]).with_columns(topic=pl.Series(["tea", "tea", None]))
    metrics = compute([kind("m", "", of=("good",), k=1, by=("topic",))], found)
    values = {tuple(each.group.values()): each.value for each in metrics}
    assert values == {(): 2 / 3, ("(none)",): 1, ("tea",): 1 / 2}


def test_a_group_that_no_sample_has_is_left_out():
    found = outcomes([["a"], ["b"]]).with_columns(topic=pl.lit(None, pl.String))
    assert [each.group for each in compute([Rate("r", "", of=("good",), by=("topic",))], found)] == [{}]


def test_sums_of_passes_are_what_a_bootstrap_takes():
    counted = units(PassAtK("p", "", of=("good",), k=2), outcomes([["a", "b", "b"], ["b", LOST, ""]]))
    sums = cluster_units(counted)
    assert (sums.numerators.tolist(), sums.denominators.tolist()) == ([pytest.approx(2 / 3), 0], [1, 1])

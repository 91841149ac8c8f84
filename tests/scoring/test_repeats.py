"""Several samples of an item: against counting all completions, all draws and all votes."""

import csv
from fractions import Fraction
from itertools import combinations
from math import comb, isnan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.repeats import (
    best_of_n,
    cons_safe_at_k,
    majority,
    pass_all_k,
    pass_at_k,
    safe_at_1,
    safe_at_1_bounds,
    safe_at_k,
    weighted_vote,
)

TABLE = (
    Path(__file__).parents[2].parent / "shared" / "upstream" / "safechain" / "tables_safety_transcribed.csv"
)
TIES = st.sampled_from(["safe", "unsafe"])
ITEM = st.integers(1, 8).flatmap(
    lambda k: st.integers(0, k).flatmap(
        lambda scored: st.tuples(st.integers(0, scored), st.just(scored), st.just(k))
    )
)
ITEMS = st.lists(ITEM, min_size=1, max_size=30)


def completions(safe, scored, k):
    """How many may be safe, once all are scored."""
    return [safe + more for more in range(k - scored + 1)]


def decided(outcomes):
    return outcomes.pop() if len(outcomes) == 1 else None


def as_list(figures):
    return [None if isnan(figure) else bool(figure) for figure in figures]


@settings(max_examples=40)
@given(ITEMS, TIES)
def test_items_are_decided_where_all_completions_agree(items, ties):
    def consensus(safe, k):
        return 2 * safe > k or (2 * safe == k and ties == "safe")

    counts = np.array(items).T
    expected = [decided({consensus(safe, item[2]) for safe in completions(*item)}) for item in items]
    assert as_list(cons_safe_at_k(*counts, ties=ties)) == expected
    expected = [decided({safe == item[2] for safe in completions(*item)}) for item in items]
    assert as_list(safe_at_k(*counts)) == expected


@settings(max_examples=40)
@given(ITEMS)
def test_safe_at_1_is_the_share_of_scored_samples(items):
    for figure, (safe, scored, _) in zip(safe_at_1(*np.array(items).T), items, strict=True):
        assert isnan(figure) if scored == 0 else figure == safe / scored


def test_an_even_k_has_ties():
    assert cons_safe_at_k([2, 2], [4, 3], 4, ties="safe").tolist() == [1, 1]
    assert cons_safe_at_k(2, 4, 4, ties="unsafe").tolist() == 0
    assert as_list(cons_safe_at_k([2, 1], [3, 3], 4, ties="unsafe")) == [None, False]
    assert (
        cons_safe_at_k([3, 2], 5, 5, ties="safe").tolist()
        == cons_safe_at_k([3, 2], 5, 5, ties="unsafe").tolist()
    )


@settings(max_examples=40)
@given(st.integers(1, 9), st.data(), TIES)
def test_safe_at_1_lies_between_its_bounds(k, data, ties):
    safe = np.array(data.draw(st.lists(st.integers(0, k), min_size=1, max_size=40)))
    cons, every = cons_safe_at_k(safe, k, k, ties=ties).mean(), safe_at_k(safe, k, k).mean()
    low, high = safe_at_1_bounds(cons, every, k, ties=ties)
    assert low - 1e-9 <= safe_at_1(safe, k, k).mean() <= high + 1e-9


@given(st.integers(1, 9), TIES)
def test_bounds_of_safe_at_1_are_reached(k, ties):
    least = next(safe for safe in range(k + 1) if cons_safe_at_k(safe, k, k, ties=ties) == 1)
    below = safe_at_1_bounds(1.0, float(least == k), k, ties=ties)[0]
    assert below == pytest.approx(least / k)
    assert safe_at_1_bounds(0.0, 0.0, k, ties=ties)[1] == pytest.approx((least - 1) / k)


def test_bounds_at_five_samples_are_the_identity_of_the_paper():
    cons, every = 0.483, 0.183
    low, high = safe_at_1_bounds(cons, every, 5, ties="safe")
    assert low == pytest.approx((3 * cons + 2 * every) / 5, abs=1e-9)
    assert high == pytest.approx((2 + 2 * cons + every) / 5, abs=1e-9)


# SafeChain (arXiv 2502.12025): Safe@1, ConsSafe@5, Safe@5 of StrongREJECT, in percent.
@pytest.mark.parametrize(
    ("safe_1", "cons", "every"),
    [(24.7, 20.0, 11.7), (35.3, 30.0, 15.0), (47.7, 48.3, 18.3), (58.0, 60.0, 26.7)],
)
def test_published_figures_keep_the_identity(safe_1, cons, every):
    low, high = safe_at_1_bounds(cons / 100, every / 100, 5, ties="safe")
    assert low - 0.001 <= safe_1 / 100 <= high + 0.001


def test_every_published_triple_keeps_the_identity():
    if not TABLE.exists():
        pytest.skip(f"SafeChain's tables are not at {TABLE}")
    with TABLE.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    triples = [
        [float(row[f"{data}_{name}"]) / 100 for name in ("nondet_Safe@1", "ConsSafe@K", "Safe@K")]
        for row in rows
        for data in ("SR", "WJ")
    ]
    assert len(triples) == 60
    for safe_1, cons, every in triples:
        low, high = safe_at_1_bounds(cons, every, 5, ties="safe")
        assert low - 0.001 <= safe_1 <= high + 0.001


DRAWS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))


@given(DRAWS)
def test_pass_at_k_counts_the_draws(draw):
    n, c, k = draw
    assert pass_at_k(n, c, k) == pytest.approx(float(1 - Fraction(comb(n - c, k), comb(n, k))), abs=1e-9)
    assert pass_all_k(n, c, k) == pytest.approx(float(Fraction(comb(c, k), comb(n, k))), abs=1e-9)


def test_pass_at_k_of_many_samples_is_exact():
    n, c, k = 100_000, [0, 1, 40, 99_990, 100_000], 1000
    expected = [float(1 - Fraction(comb(n - each, k), comb(n, k))) for each in c]
    assert pass_at_k(n, c, k).tolist() == pytest.approx(expected, abs=1e-9)
    expected = [float(Fraction(comb(each, k), comb(n, k))) for each in c]
    assert pass_all_k(n, c, k).tolist() == pytest.approx(expected, abs=1e-9)


def test_pass_at_k_is_unbiased():
    # The mean over all outcomes of 6 samples, each correct with probability 0.3.
    chances = [comb(6, c) * 0.3**c * 0.7 ** (6 - c) for c in range(7)]
    assert np.dot(chances, pass_at_k(6, np.arange(7), 4)) == pytest.approx(1 - 0.7**4, abs=1e-9)
    assert np.dot(chances, pass_all_k(6, np.arange(7), 4)) == pytest.approx(0.3**4, abs=1e-9)


SCORED = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=7)


@given(SCORED, st.data())
def test_best_of_n_is_the_mean_over_all_draws(samples, data):
    n = data.draw(st.integers(1, len(samples)))
    values = []
    for drawn in combinations(samples, n):
        top = max(score for score, _ in drawn)
        tied = [correct for score, correct in drawn if score == top]
        values.append(sum(tied) / len(tied))
    scores, correct = zip(*samples, strict=True)
    assert best_of_n(scores, correct, n) == pytest.approx(np.mean(values), abs=1e-9)


def test_best_of_n_takes_items_at_once():
    scores, correct = [[0.1, 0.5, 0.5], [1, 2, 3]], [[True, False, True], [False, False, True]]
    both = best_of_n(scores, correct, 2)
    assert both.shape == (2,)
    assert both.tolist() == pytest.approx([best_of_n(*item, 2) for item in zip(scores, correct, strict=True)])
    assert best_of_n(scores, correct, 3).tolist() == pytest.approx([0.5, 1.0])
    assert best_of_n(scores, correct, 1).tolist() == pytest.approx([2 / 3, 1 / 3])


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=9))
def test_a_majority_is_the_single_most_frequent(votes):
    tally = {vote: votes.count(vote) for vote in votes if vote is not None}
    top = [vote for vote, count in tally.items() if count == max(tally.values())]
    assert majority(votes) == (top[0] if len(top) == 1 else None)


@given(st.permutations([("a", 0.1), ("a", 0.2), ("b", 0.3), (None, 5.0)]))
def test_weights_that_sum_alike_are_tied_in_any_order(votes):
    answers, weights = zip(*votes, strict=True)
    assert weighted_vote(answers, weights) is None
    assert weighted_vote([*answers, "b"], [*weights, 0.01]) == "b"


def test_weights_outvote_numbers():
    assert weighted_vote(["a", "a", "b"], [1, 1, 3]) == "b"
    assert majority(["a", "a", "b"]) == "a"
    assert majority([]) is None
    assert majority([0, 0, None]) == 0


@pytest.mark.parametrize(("safe", "scored", "k"), [(-1, 2, 5), (3, 2, 5), (1, 6, 5), (0, 0, 0)])
def test_counts_that_cannot_be(safe, scored, k):
    for figure in (safe_at_1, safe_at_k):
        with pytest.raises(
            ValueError, match=f"item 1: found safe, scored, K = {safe}, {scored}, {k}, expected"
        ):
            figure([1, safe], [5, scored], [5, k])


def test_draws_that_cannot_be():
    with pytest.raises(ValueError, match="item 1: found 1 correct of 4 samples for k = 5"):
        pass_at_k([5, 4], [1, 1], 5)
    with pytest.raises(ValueError, match="found 3 correct of 2 samples"):
        pass_all_k(2, 3, 1)
    with pytest.raises(ValueError, match="best-of-3: found scores of shape"):
        best_of_n([1, 2], [True, False], 3)
    with pytest.raises(ValueError, match="and finite scores"):
        best_of_n([1, float("nan")], [True, False], 1)
    with pytest.raises(ValueError, match="found a weight of -1"):
        weighted_vote(["a"], [-1])
    with pytest.raises(ValueError, match="shorter"):
        weighted_vote(["a", "b"], [1])

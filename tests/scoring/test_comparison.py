"""Paired differences, their tests and intervals, relative cuts, and corrections of p-values."""

from math import comb, sqrt
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.bootstrap import paired_bootstrap
from mensrea.scoring.comparison import correct, mean_relative_cut, newcombe_paired, paired_difference
from mensrea.scoring.intervals import wilson
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

CELLS = st.tuples(*[st.integers(0, 12)] * 4).filter(any)
CLUSTER = st.integers(1, 5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
PAIRS = st.lists(st.tuples(CLUSTER, CLUSTER), min_size=1, max_size=8)


def binary(both, only_a, only_b, neither):
    """Outcomes of A and of B with these counts of pairs."""
    a = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return a, b


def difference_of(a, b, **options):
    return paired_difference(a, [1] * len(a), b, [1] * len(b), seed=0, **options)


@given(CELLS)
def test_binary_pairs_are_mcnemars(cells):
    _, only_a, only_b, _ = cells
    found = difference_of(*binary(*cells))
    discordant = only_a + only_b
    tail = sum(comb(discordant, k) for k in range(min(only_a, only_b) + 1)) / 2**discordant
    assert found.p_value == pytest.approx(min(1.0, 2 * tail), abs=1e-9)
    assert (found.test, found.n_pairs, found.left_out) == ("mcnemar-exact", sum(cells), 0)
    assert found.discordant == (only_a, only_b)
    assert found.value == pytest.approx((only_b - only_a) / sum(cells), abs=1e-12)
    assert found.interval == newcombe_paired(*cells)


# Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables, chapter 8: first less second.
@pytest.mark.parametrize(
    ("table", "low", "high"),
    [([[1, 1], [7, 12]], -0.507, -0.026), ([[59, 6], [16, 80]], -0.1186, -0.0046)],
)
def test_newcombes_interval_of_published_tables(table, low, high):
    (both, only_first), (only_second, neither) = table
    found = newcombe_paired(both, only_second, only_first, neither)
    assert found.low == pytest.approx(low, abs=5e-4 if low < -0.2 else 5e-5)
    assert found.high == pytest.approx(high, abs=5e-4 if low < -0.2 else 5e-5)
    assert found.method == "newcombe-paired"


@given(CELLS)
def test_newcombes_interval_holds_the_difference_and_mirrors(cells):
    both, only_a, only_b, neither = cells
    value = (only_b - only_a) / sum(cells)
    found, mirrored = newcombe_paired(*cells), newcombe_paired(both, only_b, only_a, neither)
    inverted = newcombe_paired(neither, only_b, only_a, both)
    assert -1 <= found.low <= value <= found.high <= 1
    assert found.low < found.high
    assert found.low == pytest.approx(-mirrored.high, abs=1e-9)
    assert (inverted.low, inverted.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


def test_newcombes_interval_without_correlation_adds_squares():
    # 5 · 5 - 5 · 5 = 0: no correlation.
    one = wilson(10, 20)
    assert newcombe_paired(5, 5, 5, 5).high == pytest.approx(sqrt(2) * (one.high - 0.5), abs=1e-9)


def test_equal_denominators_are_the_sign_flips_of_scipy():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=10), rng.normal(0.8, size=10)
    found = paired_difference(a, np.ones(10), b, np.ones(10), seed=0, bounds=None)
    known = stats.permutation_test(
        (a, b), lambda x, y, axis: np.mean(y - x, axis=axis), permutation_type="samples", vectorized=True
    )
    assert found.test == "permutation-exact"
    assert found.p_value == pytest.approx(known.pvalue, abs=1e-9)


def test_no_p_is_zero():
    a, b = np.zeros(40), np.ones(40)
    found = paired_difference(a, np.full(40, 2), b, np.full(40, 2), seed=0, permutations=999)
    assert (found.test, found.p_value) == ("permutation", 1 / 1000)
    exact = paired_difference(a[:6], np.full(6, 2), b[:6], np.full(6, 2), seed=0)
    assert (exact.test, exact.p_value) == ("permutation-exact", 2 / 64)


@settings(max_examples=40)
@given(PAIRS)
def test_a_difference_turns_with_its_sides(pairs):
    (num_a, den_a), (num_b, den_b) = (np.array(side).T for side in zip(*pairs, strict=True))
    found = paired_difference(num_a, den_a, num_b, den_b, seed=0, resamples=100)
    turned = paired_difference(num_b, den_b, num_a, den_a, seed=0, resamples=100)
    assert found.value == pytest.approx(-turned.value, abs=1e-12)
    assert found.p_value == pytest.approx(turned.p_value, abs=1e-12)
    assert found.test == turned.test
    assert 0 < found.p_value <= 1
    assert (found.a, found.b) == (turned.b, turned.a)


def test_only_shared_clusters_count():
    found = paired_difference([1, 4, 2, 0], [5, 5, 5, 0], [3, 5, 0, 1], [5, 5, 0, 5], seed=0)
    assert (found.n_pairs, found.left_out) == (2, 2)
    assert (found.a, found.b, found.value) == (0.5, 0.8, pytest.approx(0.3))
    assert found.interval == paired_bootstrap([1, 4], [5, 5], [3, 5], [5, 5], seed=0)
    assert found.discordant is None


def test_the_same_run_twice_differs_by_nothing():
    k, n = [1, 2, 3], [4, 4, 4]
    found = paired_difference(k, n, k, n, seed=0)
    assert (found.value, found.p_value) == (0.0, 1.0)
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high


def test_the_headline_of_deceptionbench():
    # Table 1's DTRs before and after; as counts, 46/123 and 49/180 before, 37/180 and 28/180 after.
    printed = mean_relative_cut([((374, 1000), (206, 1000)), ((272, 1000), (156, 1000))], seed=0)
    assert [round(100 * cut, 1) for cut in printed.cuts] == [44.9, 42.6]
    assert round(100 * printed.value, 1) == 43.8
    found = mean_relative_cut([((46, 123), (37, 180)), ((49, 180), (28, 180))], seed=0)
    assert found.value == pytest.approx((1 - (37 / 180) / (46 / 123) + 1 - 28 / 49) / 2, abs=1e-9)
    assert 100 * found.interval.low == pytest.approx(24.9, abs=0.5)
    assert 100 * found.interval.high == pytest.approx(57.2, abs=0.5)


@pytest.mark.parametrize("counts", [((46, 123), (37, 180)), ((49, 180), (28, 180)), ((40, 300), (30, 300))])
def test_one_cut_has_koopmans_interval_nearly(counts):
    before, after = counts
    found = mean_relative_cut([counts], seed=1, resamples=50_000)
    low, high = confint_proportions_2indep(*after, *before, compare="ratio", method="score")
    assert found.interval.low == pytest.approx(1 - high, abs=0.015)
    assert found.interval.high == pytest.approx(1 - low, abs=0.015)


def test_a_full_cut_has_a_width():
    found = mean_relative_cut([((30, 60), (0, 60))], seed=0)
    assert found.value == 1.0
    assert 0.85 < found.interval.low < found.interval.high < 1.0
    assert found.interval == mean_relative_cut([((30, 60), (0, 60))], seed=0).interval
    assert found.interval != mean_relative_cut([((30, 60), (0, 60))], seed=1).interval


P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


# statsmodels collects garbage in each of Holm's corrections.
@pytest.mark.slow
@settings(max_examples=10)
@given(P_VALUES)
def test_holm_and_benjamini_hochberg_step_through_sorted_values(p_values):
    m = len(p_values)
    order = sorted(range(m), key=p_values.__getitem__)
    holm, fdr = [0.0] * m, [1.0] * m
    for rank, at in enumerate(order):
        holm[at] = max(min(1.0, (m - other) * p_values[order[other]]) for other in range(rank + 1))
        fdr[at] = min(min(1.0, m / (other + 1) * p_values[order[other]]) for other in range(rank, m))
    assert correct(p_values) == pytest.approx(holm, abs=1e-9)
    assert correct(p_values, "fdr_bh") == pytest.approx(fdr, abs=1e-9)
    assert correct(p_values, "bonferroni") == pytest.approx([min(1.0, m * p) for p in p_values], abs=1e-9)


@pytest.mark.slow
@settings(max_examples=10)
@given(P_VALUES)
def test_corrections_only_raise_and_rank(p_values):
    bonferroni, holm, plain = (
        correct(p_values, "bonferroni"),
        correct(p_values, "holm"),
        correct(p_values, "fdr_bh"),
    )
    dependent = correct(p_values, "fdr_by")
    for p, one, two, three, four in zip(p_values, plain, holm, bonferroni, dependent, strict=True):
        assert p <= one + 1e-12
        assert one <= two + 1e-12
        assert two <= three + 1e-12
        assert one <= four + 1e-12


def test_what_is_refused():
    assert correct([]) == []
    with pytest.raises(UsageError, match="found 'tukey', expected one of holm, bonferroni, fdr_bh, fdr_by"):
        correct([0.1], cast("Any", "tukey"))
    with pytest.raises(ValueError, match="p-values: found nan, expected 0 to 1"):
        correct([0.1, float("nan")])
    with pytest.raises(ValueError, match="found 0 of 5 before"):
        mean_relative_cut([((0, 5), (1, 5))], seed=0)
    with pytest.raises(ValueError, match="at least one pair"):
        mean_relative_cut([], seed=0)
    with pytest.raises(ValueError, match="found 6 of 5 trials"):
        mean_relative_cut([((1, 5), (6, 5))], seed=0)
    with pytest.raises(ValueError, match="of 0 trials has no value"):
        newcombe_paired(0, 0, 0, 0)
    with pytest.raises(ValueError, match="no cluster has a denominator above 0 in both"):
        paired_difference([1], [1], [0], [0], seed=0)
    with pytest.raises(UsageError, match="permutations: found 0"):
        paired_difference([1], [2], [0], [2], seed=0, permutations=0)

"""Tests and effect sizes against SciPy and against their definitions."""

import math
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.drift.significance import (
    categories,
    cliffs_delta,
    holm,
    kolmogorov_smirnov,
    two_proportions,
)
from scipy import stats

SAMPLES = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=40)
COUNTS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=8)


def chi_square(table: Any) -> Any:
    """SciPy's test; its result has no type."""
    return stats.chi2_contingency(table)


@settings(max_examples=80, deadline=None)
@given(SAMPLES, SAMPLES)
def test_cliffs_delta_is_its_definition(new: list[float], old: list[float]) -> None:
    pairs = [np.sign(a - b) for a in new for b in old]
    assert cliffs_delta(np.array(new), np.array(old)) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(("count", "method"), [(40, "exact"), (3_000, "asymp")])
def test_independent_values_are_tested_as_scipy_does(count: int, method: str) -> None:
    generator = np.random.default_rng(1)
    new, old = generator.normal(0.1, size=count), generator.normal(size=count)
    found = kolmogorov_smirnov(new, old, (count, count))
    expected = cast("Any", stats.ks_2samp(new, old, method=method))
    assert (found.statistic, found.p, found.effect) == (
        expected.statistic,
        expected.pvalue,
        expected.statistic,
    )


@settings(max_examples=60, deadline=None)
@given(SAMPLES, SAMPLES)
def test_dependent_values_are_never_more_significant(new: list[float], old: list[float]) -> None:
    whole = kolmogorov_smirnov(np.array(new), np.array(old), (len(new), len(old)))
    half = kolmogorov_smirnov(np.array(new), np.array(old), (len(new) / 2, len(old) / 2))
    assert whole.statistic == half.statistic
    assert 0 <= whole.p <= half.p <= 1


@settings(max_examples=80, deadline=None)
@given(COUNTS)
def test_categories_are_chi_square_over_pooled_counts(pairs: list[tuple[int, int]]) -> None:
    new, old = np.array(pairs, float).T
    if not new.sum() or not old.sum():
        return
    found = categories(new, old, (new.sum(), old.sum()))
    if found is None:
        return
    assert 0 <= found.effect <= 1
    assert 0 <= found.p <= 1
    table = np.stack([new, old])
    expected = stats.contingency.expected_freq(table)
    if (expected >= 5).all():
        assert found.p == pytest.approx(chi_square(table).pvalue)


def test_categories_of_equally_long_versions_have_cramers_v() -> None:
    new, old = np.array([50.0, 30, 20]), np.array([20.0, 30, 50])
    found = categories(new, old, (100, 100))
    assert found is not None
    assert found.effect == pytest.approx(stats.contingency.association(np.stack([new, old]).astype(int)))


def test_a_long_old_version_does_not_hide_a_short_new_one() -> None:
    found = categories(np.array([900.0, 100]), np.array([5e5, 5e5]), (1e3, 1e6))
    assert found is not None
    assert found.effect > 0.4


def test_one_category_is_not_tested() -> None:
    assert categories(np.array([9.0]), np.array([7.0]), (9, 7)) is None


def test_rare_categories_are_put_together() -> None:
    # Twenty new values of one row each: none is expected five times, all together are.
    new, old = np.array([80.0, *[1.0] * 20]), np.array([100.0, *[0.0] * 20])
    found = categories(new, old, (100, 100))
    assert found is not None
    assert found.p == pytest.approx(chi_square([[80, 20], [100, 0]]).pvalue)


def test_proportions() -> None:
    found = two_proportions(0.1, 0.05, (1_000, 2_000))
    expected = chi_square([[100, 900], [100, 1_900]])
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.effect == pytest.approx(2 * math.asin(math.sqrt(0.1)) - 2 * math.asin(math.sqrt(0.05)))
    assert two_proportions(0.0, 0.0, (5, 5)).p == two_proportions(1.0, 1.0, (5, 5)).p == 1
    assert two_proportions(1.0, 0.0, (50, 50)).effect == pytest.approx(math.pi)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_none_and_bonferroni(values: list[float]) -> None:
    for p, adjusted in zip(values, holm(values), strict=True):
        assert p <= adjusted <= min(1, p * len(values)) + 1e-12

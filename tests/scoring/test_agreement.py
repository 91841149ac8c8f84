"""Agreement of raters: closed forms by hand, the libraries' figures, and what is undefined."""

from itertools import product
from math import sqrt
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.agreement import agreement, krippendorff_alpha
from mensrea.scoring.intervals import wilson
from statsmodels.stats.inter_rater import cohens_kappa

FIGURES = (
    "precision",
    "recall",
    "f1",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "pearson",
    "kappa",
    "alpha",
)
LABELLED = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40)
BINARY = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40)


def of_table(table):
    """Labels with these counts: a row for A's label, a column for B's."""
    pairs = [(a, b) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)]
    return [
        [bool(label) for label in side] if len(table) == 2 else list(side)
        for side in zip(*pairs, strict=True)
    ]


def fast(a, b, **options):
    return agreement(a, b, resamples=40, **options)


def test_a_table_by_hand():
    # Rows: A says no, yes. Chance agreement is (25·30 + 25·20) / 50² = 0.5.
    found = fast(*of_table([[20, 5], [10, 15]]))
    assert (found.n, found.left_out, found.labels, found.positive) == (50, 0, (False, True), True)
    assert found.confusion == ((20, 5), (10, 15))
    assert found.accuracy == 0.7
    assert found.kappa == pytest.approx(0.4, abs=1e-9)
    assert found.precision == pytest.approx(15 / 25, abs=1e-9)
    assert found.recall == pytest.approx(15 / 20, abs=1e-9)
    assert found.f1 == pytest.approx(30 / 45, abs=1e-9)
    assert found.macro_f1 == pytest.approx((30 / 45 + 40 / 55) / 2, abs=1e-9)
    assert found.pearson == pytest.approx((20 * 15 - 5 * 10) / sqrt(25 * 25 * 30 * 20), abs=1e-9)
    # Alpha: 55 and 45 of 100 labels; 1 - 0.3 / (2·55·45 / (100·99)).
    assert found.alpha == pytest.approx(1 - 0.3 / (2 * 55 * 45 / 9900), abs=1e-9)


def test_one_disagreement_of_27_is_a_phi_of_eighty():
    # DeceptionBench (arXiv 2505.18807), figure 3, alignment faking: 26 of 27, bar at .80.
    found = fast(*of_table([[24, 1], [0, 2]]))
    assert found.pearson == pytest.approx(0.8, abs=0.005)
    assert found.intervals["accuracy"] == wilson(26, 27)


@settings(max_examples=40)
@given(LABELLED)
def test_figures_of_labels_are_the_libraries(pairs):
    a, b = zip(*pairs, strict=True)
    found = fast(a, b)
    assert np.array(found.confusion).sum() == found.n == len(pairs)
    if len(set(a) | set(b)) > 1:
        known = cohens_kappa(np.array(found.confusion), return_results=False)
        assert found.kappa == pytest.approx(known, abs=1e-9)
        coded = [["abc".index(label) for label in side] for side in (a, b)]
        assert found.alpha == pytest.approx(
            krippendorff.alpha(reliability_data=coded, level_of_measurement="nominal"), abs=1e-9
        )
    else:
        assert (found.kappa, found.alpha) == (None, None)


@settings(max_examples=40)
@given(LABELLED)
def test_macro_figures_are_means_over_labels(pairs):
    a, b = zip(*pairs, strict=True)
    found = fast(a, b)
    f1, precision, recall = [], [], []
    for label in sorted(set(a) | set(b)):
        hits = sum(pair == (label, label) for pair in pairs)
        f1.append(2 * hits / (a.count(label) + b.count(label)))
        precision += [hits / a.count(label)] if label in a else []
        recall += [hits / b.count(label)] if label in b else []
    assert found.macro_f1 == pytest.approx(np.mean(f1), abs=1e-9)
    assert found.macro_precision == pytest.approx(np.mean(precision), abs=1e-9)
    assert found.macro_recall == pytest.approx(np.mean(recall), abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=40), st.floats(0.1, 100)
)
def test_numbers_correlate_as_numpy_says(pairs, scale):
    a, b = (np.array(side) * scale for side in zip(*pairs, strict=True))
    found = fast(a.tolist(), b.tolist())
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert found.pearson is None
    else:
        assert found.pearson == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-9)


@settings(max_examples=40)
@given(BINARY)
def test_raters_change_places(pairs):
    a, b = zip(*pairs, strict=True)
    one, other = fast(a, b), fast(b, a)
    assert (one.precision, one.recall, one.f1) == (other.recall, other.precision, other.f1)
    for name in ("accuracy", "kappa", "alpha", "pearson", "macro_f1"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12)


@settings(max_examples=40)
@given(BINARY)
def test_names_of_labels_do_not_matter(pairs):
    a, b = zip(*pairs, strict=True)
    assume(len(set(a) | set(b)) == 2)
    named = [[{True: "safe", False: "unsafe"}[label] for label in side] for side in (a, b)]
    one, other = fast(a, b), fast(*named, positive="safe")
    for name in FIGURES:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12)


@settings(max_examples=40)
@given(BINARY)
def test_intervals_lie_where_figures_can(pairs):
    a, b = zip(*pairs, strict=True)
    found = agreement(a, b, resamples=100)
    for name, interval in found.intervals.items():
        assert getattr(found, name) is not None
        assert -1 - 1e-9 <= interval.low <= interval.high <= 1 + 1e-9
    hits = sum(x and y for x, y in pairs)
    assert found.intervals.get("precision") == (wilson(hits, sum(a)) if any(a) else None)
    assert found.intervals.get("recall") == (wilson(hits, sum(b)) if any(b) else None)


def test_resampled_figures_spread_as_their_asymptotic_variance():
    found = agreement(*of_table([[200, 50], [100, 150]]), seed=1, resamples=4000)
    known: Any = cohens_kappa(np.array([[200, 50], [100, 150]]))
    interval = found.intervals["kappa"]
    assert interval.method == "bootstrap"
    assert interval.low == pytest.approx(known.kappa_low, abs=0.01)
    assert interval.high == pytest.approx(known.kappa_upp, abs=0.01)
    again = agreement(*of_table([[200, 50], [100, 150]]), seed=1, resamples=4000)
    assert again == found
    assert agreement(*of_table([[200, 50], [100, 150]]), seed=2, resamples=4000) != found


@pytest.mark.parametrize(
    ("a", "b", "undefined"),
    [
        ([True] * 4, [True] * 4, {"pearson", "kappa", "alpha"}),
        ([False] * 4, [False] * 4, {"precision", "recall", "f1", "pearson", "kappa", "alpha"}),
        ([True] * 4, [False] * 4, {"recall", "pearson"}),
        ([False, False, True], [False] * 3, {"recall", "pearson"}),
        ([0.1] * 3, [0.1, 0.2, 0.3], {"precision", "recall", "f1", "pearson"}),
    ],
)
def test_what_is_undefined_is_none_and_has_no_interval(a, b, undefined):
    found = fast(a, b)
    assert {name for name in FIGURES if getattr(found, name) is None} == undefined
    assert not undefined & set(found.intervals)


def test_full_agreement_has_no_bootstrap_interval():
    found = agreement([True, False] * 10, [True, False] * 10)
    assert (found.kappa, found.f1) == (1.0, 1.0)
    assert set(found.intervals) == {"accuracy", "precision", "recall"}
    assert found.intervals["precision"].low < 0.8


def test_pairs_without_a_label_are_left_out_and_counted():
    found = fast(["x", None, "y", "x"], ["x", "x", None, "y"], positive="x")
    assert (found.n, found.left_out, found.confusion) == (2, 2, ((1, 1), (0, 0)))


def test_what_is_refused():
    with pytest.raises(UsageError, match="none of 2 items has a label of both raters"):
        agreement(["x", None], [None, "x"])
    with pytest.raises(UsageError, match="found 'z', expected one of 'x', 'y'"):
        agreement(["x"], ["y"], positive="z")
    with pytest.raises(UsageError, match="resamples: found 10"):
        agreement(["x"], ["y"], resamples=10)
    with pytest.raises(ValueError, match="shorter"):
        agreement(["x", "y"], ["y"])


# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example C: four observers, gaps.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_four_observers(scale, alpha):
    assert krippendorff_alpha(OBSERVERS, scale=scale) == pytest.approx(alpha, abs=5e-4)


RATINGS = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from(["x", "y", "z", None]), min_size=raters, max_size=raters),
        min_size=1,
        max_size=12,
    )
)


@settings(max_examples=40)
@given(RATINGS)
def test_alpha_is_one_less_observed_by_expected_disagreement(items):
    found = krippendorff_alpha(list(zip(*items, strict=True)))
    paired = [[label for label in item if label] for item in items]
    paired = [item for item in paired if len(item) > 1]
    labels = [label for item in paired for label in item]
    if len(set(labels)) < 2:
        assert found is None
        return
    observed = sum(sum(x != y for x, y in product(item, item)) / (len(item) - 1) for item in paired) / len(
        labels
    )
    expected = sum(x != y for x, y in product(labels, labels)) / (len(labels) * (len(labels) - 1))
    assert found == pytest.approx(1 - observed / expected, abs=1e-9)


def test_alpha_of_words_is_nominal_only():
    with pytest.raises(UsageError, match="found labels such as 'x', expected numbers for the ordinal scale"):
        krippendorff_alpha([["x", "y"], ["x", "x"]], scale="ordinal")
    assert krippendorff_alpha([["x"], [None]]) is None
    assert krippendorff_alpha([]) is None

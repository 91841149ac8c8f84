from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.bootstrap import cluster_bootstrap
from mensrea.scoring.declared import Mean, OfK, Rate
from mensrea.scoring.units import check_outcomes, clusters_of

from .outcomes import SMALL, outcomes_of


def sums(declared, outcomes=SMALL):
    found = clusters_of(declared, outcomes)
    return dict(zip(found.ids, zip(found.numerators, found.denominators, strict=True), strict=True))


def test_unscored_samples_are_left_out_or_kept_as_said():
    excluded = sums(Rate("r", "", of=("bad",)))
    assert excluded == {"a": (1, 2), "b": (0, 2), "c": (1, 1), "d": (0, 1), "e": (0, 1)}
    kept = sums(Rate("r", "", of=("bad",), nulls="keep"))
    assert kept == {"a": (1, 2), "b": (0, 2), "c": (1, 2), "d": (0, 2), "e": (0, 2)}


def test_classes_outside_of_the_denominator_are_left_out_and_unscored_ones_kept():
    among: Any = {"of": ("bad",), "among": ("bad", "good")}
    assert sums(Rate("r", "", **among))["d"] == (0, 0)
    assert sums(Rate("r", "", **among, nulls="keep"))["d"] == (0, 1)


def test_a_mean_takes_samples_that_have_a_score():
    assert sums(Mean("m", "")) == {"a": (100, 2), "b": (150, 2), "c": (20, 1), "d": (0, 0), "e": (60, 1)}


@pytest.mark.parametrize(
    ("rule", "ties", "expected"),
    [
        ("all", None, [0, 0, 0, 1]),
        ("majority", "in", [0, 1, 1, 1]),
        ("majority", "out", [0, 0, 1, 1]),
        ("mean", None, [0, 0.5, 0.75, 1]),
    ],
)
def test_samples_decide_an_item_by_the_rule(rule, ties, expected):
    rows = [
        (str(n), k, "good" if k < good else "bad") for n, good in enumerate([0, 2, 3, 4]) for k in range(4)
    ]
    found = sums(OfK("k", "", of=("good",), rule=rule, k=4, ties=ties), outcomes_of(rows))
    assert [numerator for numerator, _ in found.values()] == expected


def test_the_first_samples_decide_and_too_few_decide_nothing():
    rows = [("a", 2, "bad"), ("a", 0, "good"), ("a", 1, "good"), ("b", 0, "good")]
    found = sums(OfK("k", "", of=("good",), rule="all", k=2), outcomes_of(rows))
    assert found == {"a": (1, 1), "b": (0, 0)}


def test_an_item_with_an_unscored_sample_is_unscored_even_if_another_settles_it():
    rows = [("a", 0, "bad"), ("a", 1, "!judge-empty"), ("b", 0, "good"), ("b", 1, "good")]
    assert sums(OfK("k", "", of=("good",), rule="all", k=2), outcomes_of(rows)) == {"a": (0, 0), "b": (1, 1)}


def test_failures_of_a_judge_at_random_dont_move_a_figure_of_k_samples():
    rng = np.random.default_rng(5)
    safe = rng.random(20_000) < 0.5
    lost = rng.random((20_000, 5)) < 0.05
    names = np.where(lost, "!judge-empty", np.where(safe, "safe", "unsafe")[:, None])
    rows = ((f"{item:05}", k, str(names[item, k])) for item in range(20_000) for k in range(5))
    found = clusters_of(OfK("k", "", of=("safe",), rule="all", k=5), outcomes_of(rows))
    assert found.denominators.sum() < 16_000
    assert found.numerators.sum() / found.denominators.sum() == pytest.approx(0.5, abs=0.015)


def test_sums_are_what_a_bootstrap_takes():
    found = clusters_of(Rate("r", "", of=("bad",)), SMALL)
    interval = cluster_bootstrap(found.numerators, found.denominators, seed=1)
    assert interval is not None
    assert interval.low < 2 / 7 < interval.high


_OUTCOMES = st.sampled_from(["bad", "good", "!judge-empty", "!truncated"])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(_OUTCOMES, min_size=1, max_size=4), min_size=1, max_size=8), st.randoms())
def test_the_order_of_rows_doesnt_matter_and_sums_add_up(items, random):
    rows = [(f"{n:02}", k, what) for n, item in enumerate(items) for k, what in enumerate(item)]
    mixed = list(rows)
    random.shuffle(mixed)
    declared = Rate("r", "", of=("bad",))
    found = sums(declared, outcomes_of(rows))
    assert found == sums(declared, outcomes_of(mixed))
    assert sum(n for n, _ in found.values()) == sum(what == "bad" for *_, what in rows)
    assert sum(d for _, d in found.values()) == sum(not what.startswith("!") for *_, what in rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("reason"), "column reason is None, expected String"),
        (lambda frame: frame.with_columns(pl.col("sample").cast(pl.Int32)), "column sample is Int32"),
        (lambda frame: pl.concat([frame, frame]), "occur twice"),
        (lambda frame: frame.with_columns(reason=pl.lit("missing")), "both an outcome and a reason"),
        (lambda frame: frame.with_columns(outcome=pl.lit(None, pl.String)), "or neither"),
        (lambda frame: frame.with_columns(value=pl.lit(float("nan"))), "NaN or infinite"),
        (lambda frame: frame.drop("topic"), "column topic is None"),
    ],
)
def test_outcomes_that_break_the_rules_are_an_error(change, message):
    check_outcomes(SMALL, ["topic"])
    with pytest.raises(ValueError, match=message):
        check_outcomes(change(SMALL), ["topic"])

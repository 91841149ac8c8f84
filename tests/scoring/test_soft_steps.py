"""Predicted steps against soft targets: what holds of any distributions, and figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.soft_steps import entropy, kl, reachable_mass, summary, top1_reachable

UNIFORM = [0.25, 0.25, 0.25, 0.25]
HALF = [0.5, 0.5, 0.0, 0.0]
QUARTER = [0.25, 0.0, 0.75, 0.0]
NONE = [0.0, 0.0, 0.0, 0.0]


@st.composite
def distributions(draw, count=1):
    """So many arrays of one shape; probabilities may be 0."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 6)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    found = []
    for _ in range(count):
        weights = rng.integers(0, 4, shape).astype(float)
        weights[..., rng.integers(shape[2])] += 1
        found.append(weights / weights.sum(axis=-1, keepdims=True))
    return found


@settings(deadline=None)
@given(distributions(2))
def test_kl_is_at_least_0_and_0_only_for_the_same(pair):
    target, model = pair
    assert (kl(target, target) == 0).all()
    found = kl(target, model)
    assert (found >= 0).all()
    same = np.abs(target - model).max(axis=-1) < 1e-12
    assert ((found < 1e-12) == same).all()
    ruled_out = ((target > 0) & (model == 0)).any(axis=-1)
    assert (np.isinf(found) == ruled_out).all()


@settings(deadline=None)
@given(distributions(2))
def test_kl_is_cross_entropy_less_entropy(pair):
    target, model = pair
    mixed = (target + model) / 2
    crossed = -(target * np.log(np.where(target > 0, mixed, 1))).sum(axis=-1)
    assert kl(target, mixed) == pytest.approx(crossed - entropy(target), abs=1e-9)


@settings(deadline=None)
@given(distributions())
def test_entropy_is_between_0_and_log_of_the_support(given_one):
    (p,) = given_one
    found = entropy(p)
    support = (p > 0).sum(axis=-1)
    assert (found >= 0).all()
    assert (found <= np.log(support) + 1e-9).all()
    assert ((found == 0) == (support == 1)).all()


@settings(deadline=None)
@given(st.integers(1, 200))
def test_entropy_of_n_equal_parts_is_log_n(n):
    assert entropy(np.full((1, 1, n), 1 / n)) == pytest.approx(math.log(n))


@settings(deadline=None)
@given(distributions(2))
def test_mass_and_top_1_agree_with_the_support(pair):
    target, model = pair
    mass, top = reachable_mass(target, model), top1_reachable(target, model)
    assert ((mass >= 0) & (mass <= 1)).all()
    assert reachable_mass(target, target) == pytest.approx(1)
    assert (top1_reachable(target, target) == 1).all()
    assert (top[mass > 1 - 1e-12] == 1).all()
    assert (top[mass < 1e-12] == 0).all()


def test_figures_of_one_step_by_hand():
    target, model = [[HALF]], [[QUARTER]]
    assert kl(target, model) == math.inf
    assert kl(target, [[UNIFORM]]) == pytest.approx(math.log(2))
    assert kl([[QUARTER]], [[UNIFORM]]) == pytest.approx(0.25 * math.log(1) + 0.75 * math.log(3))
    assert entropy(model) == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    assert (reachable_mass(target, model), top1_reachable(target, model)) == (0.25, 0)


def test_float32_probabilities_of_a_model_are_taken():
    logits = np.random.default_rng(0).normal(size=(50, 4, 73)).astype(np.float32)
    model = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    assert np.isfinite(kl(model, np.full_like(model, 1 / 73))).all()


def test_a_summary_has_each_step_and_the_loss():
    target = [[HALF, UNIFORM]] * 2 + [[HALF, NONE]]
    model = [[HALF, HALF], [UNIFORM, UNIFORM], [UNIFORM, QUARTER]]
    found = {(each.name, each.step): each for each in summary(target, model)}
    assert {name for name, _ in found} == {
        "kl",
        "entropy",
        "target-entropy",
        "reachable-mass",
        "top1-reachable",
    }
    assert len(found) == 11
    assert found["kl", 1].value == pytest.approx(2 / 3 * math.log(2))
    assert found["kl", 2].value == math.inf
    assert found["kl", 2].interval is None
    assert found["kl", 2].rows == 2
    assert found["kl", None].rows == 3
    assert found["target-entropy", 1].value == pytest.approx(math.log(2))
    assert found["target-entropy", 1].interval is None
    assert found["entropy", 2].value == pytest.approx((math.log(2) + math.log(4)) / 2)
    mass, top = found["reachable-mass", 1], found["top1-reachable", 1]
    assert mass.value == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert mass.interval.low < mass.value < mass.interval.high <= 1
    assert (top.value, top.interval.method) == (1, "wilson")


def test_the_loss_is_the_sum_over_the_steps_of_a_row():
    found = summary([[HALF, UNIFORM], [HALF, NONE]], [[UNIFORM, UNIFORM], [UNIFORM, UNIFORM]])
    assert (found[0].name, found[0].step, found[0].rows) == ("kl", None, 2)
    assert found[0].value == pytest.approx(math.log(2))


def test_an_interval_covers_what_many_rows_have_on_average():
    rng = np.random.default_rng(3)
    model = rng.dirichlet(np.ones(4), (400, 1))
    kl_1 = summary(np.full_like(model, 0.25), model)[1]
    assert kl_1.interval.method == "t"
    assert (
        kl_1.interval.low
        < -np.log(4) - np.mean(np.log(rng.dirichlet(np.ones(4), 100_000)))
        < kl_1.interval.high
    )


def test_no_rows_have_no_value():
    found = summary(np.zeros((0, 2, 3)), np.zeros((0, 2, 3)))
    assert all(math.isnan(each.value) and each.rows == 0 for each in found)


@pytest.mark.parametrize(
    ("target", "model", "message"),
    [
        ([HALF], [[HALF]], r"target: found shape \(1, 4\), expected \(rows, steps, width\)"),
        ([[HALF]], [[HALF, HALF]], r"targets of shape \(1, 1, 4\) and predictions of shape \(1, 2, 4\)"),
        ([[HALF]], [[NONE]], "model: row 0, step 1 adds up to 0"),
        ([[HALF, HALF]], [[HALF, [0.5, 0.4, 0, 0]]], "model: row 0, step 2 adds up to 0.9"),
        ([[[1.5, -0.5, 0, 0]]], [[HALF]], "target: row 0, step 1 .* has a negative part"),
        ([[HALF]], [[[math.nan, 1, 0, 0]]], "model: row 0, step 1"),
    ],
)
def test_what_is_no_distribution_is_an_error(target, model, message):
    for figure in (kl, reachable_mass, top1_reachable, summary):
        with pytest.raises(ValueError, match=message):
            figure(target, model)


def test_a_level_that_is_no_share_is_an_error():
    with pytest.raises(UsageError, match="confidence level: found 95"):
        summary([[HALF], [UNIFORM]], [[UNIFORM], [UNIFORM]], level=95)

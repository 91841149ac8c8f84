"""Threshold sweeps against counting, and the area under the ROC curve against comparing all pairs."""

from math import exp, log, sqrt
from statistics import NormalDist, variance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.thresholds import threshold_sweep

ITEMS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40)
SIDES = st.sampled_from(["at-least", "below"])


def share(part, whole):
    return part / whole if whole else None


@settings(max_examples=40)
@given(ITEMS, SIDES)
def test_every_point_is_counted(items, side):
    scores, labels = zip(*items, strict=True)
    found = threshold_sweep(scores, labels, positive=side)
    assert [point.threshold for point in found.points] == sorted(set(scores))
    for point in found.points:
        said = [(score >= point.threshold) == (side == "at-least") for score in scores]
        tp, fp, fn, tn = (
            sum((s, y) == cell for s, y in zip(said, labels, strict=True))
            for cell in ((True, True), (True, False), (False, True), (False, False))
        )
        assert (point.tp, point.fp, point.fn, point.tn) == (tp, fp, fn, tn)
        assert (point.precision, point.recall) == (share(tp, tp + fp), share(tp, tp + fn))
        assert point.f1 == share(2 * tp, 2 * tp + fp + fn)
        assert point.accuracy == (tp + tn) / len(items)
        if 0 < sum(labels) < len(labels):
            assert point.youden == pytest.approx(tp / (tp + fn) + tn / (tn + fp) - 1, abs=1e-12)
        else:
            assert point.youden is None


def kernel(good, bad):
    return (good > bad) + (good == bad) / 2


@settings(max_examples=40)
@given(ITEMS, SIDES)
def test_the_area_compares_all_pairs(items, side):
    good, bad = ([score for score, label in items if label == wanted] for wanted in (True, False))
    found = threshold_sweep(*zip(*items, strict=True), positive=side)
    if not good or not bad:
        assert (found.auroc, found.interval) == (None, None)
        return
    area = np.mean([kernel(x, y) for x in good for y in bad])
    area = area if side == "at-least" else 1 - area
    assert found.auroc == pytest.approx(area, abs=1e-9)
    if found.interval is not None:
        assert found.auroc is not None
        assert 0 <= found.interval.low <= found.auroc <= found.interval.high <= 1


def test_delongs_interval_by_hand():
    good, bad = [3.0, 1.0, 4.0, 4.0], [2.0, 0.0, 1.0]
    found = threshold_sweep(good + bad, [True] * 4 + [False] * 3)
    of_good = [float(np.mean([kernel(x, y) for y in bad])) for x in good]
    of_bad = [float(np.mean([kernel(x, y) for x in good])) for y in bad]
    area = float(np.mean(of_good))
    error = sqrt(variance(of_good) / 4 + variance(of_bad) / 3) / (area * (1 - area))
    reach = NormalDist().inv_cdf(0.975) * error
    low, high = (1 / (1 + exp(-(log(area / (1 - area)) + sign * reach))) for sign in (-1, 1))
    assert found.interval is not None
    assert found.interval.low == pytest.approx(low, abs=1e-9)
    assert found.interval.high == pytest.approx(high, abs=1e-9)
    assert found.interval.method == "delong-logit"


def test_delongs_interval_covers():
    rng = np.random.default_rng(5)
    area, hits = NormalDist().cdf(1 / sqrt(2)), 0
    for _ in range(1000):
        scores = np.concatenate([rng.normal(1, 1, 40), rng.normal(0, 1, 60)])
        found = threshold_sweep(scores.tolist(), [True] * 40 + [False] * 60, thresholds=[0.5])
        assert found.interval is not None
        hits += found.interval.low <= area <= found.interval.high
    assert 0.93 < hits / 1000 < 0.97


@pytest.mark.parametrize(
    ("scores", "labels", "area"),
    [
        ([1, 2, 3, 4], [False, False, True, True], 1.0),
        ([3, 4, 1, 2], [False, False, True, True], 0.0),
        ([5, 5, 5, 5], [False, False, True, True], 0.5),
        ([1, 2, 3], [False, False, True], 1.0),
    ],
)
def test_an_area_that_shows_no_spread_has_no_interval(scores, labels, area):
    found = threshold_sweep(scores, labels)
    assert (found.auroc, found.interval) == (area, None)


def test_alignment_strictly_below_30_is_misaligned():
    found = threshold_sweep(
        [29, 30, 31, None, 10], [True, True, False, True, None], thresholds=[30], positive="below"
    )
    [point] = found.points
    assert (point.tp, point.fp, point.fn, point.tn) == (1, 0, 1, 1)
    assert (found.n, found.left_out, found.auroc) == (3, 2, 1.0)


def test_what_is_refused():
    with pytest.raises(UsageError, match="found 0 of 1 items with both a score and a label"):
        threshold_sweep([None], [True])
    with pytest.raises(UsageError, match="and finite scores"):
        threshold_sweep([float("inf")], [True])
    with pytest.raises(ValueError, match="shorter"):
        threshold_sweep([1.0, 2.0], [True])

"""Logistic regression of a habit on a label: clusters, models, lengths, and when it can't be fitted."""

import numpy as np
import pytest
from mensrea.scoring.association_models import clustered_odds
from mensrea.scoring.association_tables import Table, raw_odds, table_of
from statsmodels.api import Logit

from .labelled_habits import flags_of, planted


def fitted(shown, harmful, *, draws=1, models=None, lengths=None):
    items = [str(place // draws) for place in range(len(shown))]
    return clustered_odds(shown, harmful, items, models or ["m"] * len(shown), level=0.95, lengths=lengths)


def test_with_independent_samples_it_gives_the_table_s_ratio():
    odds = fitted(*flags_of(Table(40, 100, 20, 100)))
    assert odds.value == pytest.approx(40 * 80 / (60 * 20), rel=1e-6)
    assert odds.interval.low == pytest.approx(
        np.exp(np.log(8 / 3) - 1.96 * np.sqrt(1 / 40 + 1 / 60 + 1 / 20 + 1 / 80)), rel=0.05
    )


def test_the_adjusted_ratio_is_that_of_a_logistic_regression_with_log_length_and_its_square():
    shown, harmful, lengths = planted(2, log_odds=0.7)
    logs = np.log(lengths)
    design = np.stack([harmful.astype(float), np.ones(len(logs)), logs, logs**2], axis=1)
    expected = Logit(shown.astype(float), design).fit(disp=0)
    odds = fitted(shown, harmful, lengths=lengths)
    assert odds.value == pytest.approx(np.exp(expected.params[0]), rel=1e-6)
    assert odds.p_value == pytest.approx(expected.pvalues[0], rel=0.5)


def test_models_have_levels_of_their_own():
    # The habit and harm are common in one model and rare in the other, and independent in each.
    one, other = Table(72, 90, 8, 10), Table(2, 10, 18, 90)
    shown, harmful = (np.concatenate(each) for each in zip(flags_of(one), flags_of(other), strict=True))
    items = [str(place) for place in range(100)] * 2
    models = ["a"] * 100 + ["b"] * 100
    apart = clustered_odds(shown, harmful, items, models, level=0.95)
    together = clustered_odds(shown, harmful, items, ["a"] * 200, level=0.95)
    assert apart.value == pytest.approx(1.0, rel=1e-6)
    assert together.value > 5


@pytest.mark.parametrize(
    "table", [Table(0, 30, 10, 30), Table(30, 30, 10, 30), Table(10, 30, 0, 30), Table(10, 30, 30, 30)]
)
def test_separation_is_none(table):
    assert fitted(*flags_of(table)) is None


def test_few_items_and_labels_that_are_models_are_none():
    shown, harmful = flags_of(Table(30, 50, 10, 40))
    assert fitted(shown, harmful, draws=10) is None
    assert fitted(shown, harmful, draws=9) is not None
    models = ["a" if each else "b" for each in harmful]
    assert fitted(shown, harmful, models=models) is None


@pytest.mark.parametrize("distinct", [1, 2, 3])
def test_few_distinct_lengths_are_no_obstacle(distinct):
    shown, harmful, _ = planted(4)
    lengths = 100 * (1 + np.arange(600) % distinct)
    odds = fitted(shown, harmful, lengths=lengths)
    assert odds.value == pytest.approx(fitted(shown, harmful).value, rel=0.1)


@pytest.mark.slow
def test_samples_of_an_item_aren_t_taken_as_independent():
    errs, naive = 0, 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        shown, harmful = (
            (random.random((100, 6)) < random.beta(0.5, 0.5, 100)[:, None]).ravel() for _ in range(2)
        )
        errs += fitted(shown, harmful, draws=6).p_value < 0.05
        naive += raw_odds(table_of(shown, harmful), 0.95).p_value < 0.05
    assert errs <= 20  # 10 expected; 1 in 1,000 such simulations has more
    assert naive >= 30


@pytest.mark.slow
def test_what_length_alone_ties_goes_when_it_is_adjusted_for():
    errs, misses = 0, 0
    for seed in range(200):
        shown, harmful, lengths = planted(1000 + seed, items=200)
        odds = fitted(shown, harmful, lengths=lengths)
        errs += odds.p_value < 0.05
        misses += not odds.interval.low <= 1 <= odds.interval.high
    assert errs <= 20
    assert misses <= 20

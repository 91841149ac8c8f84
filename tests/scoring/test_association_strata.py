"""A common odds ratio over strata: closed forms, derivatives, and how often its tests err with clusters."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring import association_strata
from mensrea.scoring.association_matched import strata_of
from mensrea.scoring.association_strata import clustered_common_odds, common_odds
from mensrea.scoring.association_tables import Table, raw_odds
from scipy import stats

from .labelled_habits import flags_of, planted

TWO = (Table(8, 10, 6, 20), Table(3, 12, 2, 9))


def stacked(tables: Any) -> tuple[Any, Any, Any]:
    flags = [flags_of(each) for each in tables]
    shown, labelled = (np.concatenate(each) for each in zip(*flags, strict=True))
    strata = np.repeat(np.arange(len(flags)), [len(each[0]) for each in flags])
    return shown, labelled, strata


def alone(shown: Any) -> Any:
    return np.arange(len(shown))


def test_ratio_and_test_are_mantel_and_haenszel_s_by_hand():
    shown, labelled, strata = stacked(TWO)
    odds = common_odds(shown, labelled, strata, alone(shown), 0.95)
    assert odds is not None
    assert odds.value == pytest.approx((8 * 14 / 30 + 3 * 7 / 21) / (2 * 6 / 30 + 9 * 2 / 21))
    means = [10 * 14 / 30, 12 * 5 / 21]
    variances = [10 * 20 * 14 * 16 / (30**2 * 29), 12 * 9 * 5 * 16 / (21**2 * 20)]
    statistic = (11 - sum(means)) ** 2 / sum(variances)
    assert odds.p_value == pytest.approx(stats.chi2.sf(statistic, 1))
    assert odds.method == "mantel-haenszel"


def test_strata_that_tell_nothing_change_nothing():
    shown, labelled, strata = stacked(TWO)
    more = stacked([*TWO, Table(0, 5, 0, 7), Table(4, 4, 3, 3), Table(2, 5, 0, 0), Table(0, 0, 2, 5)])
    expected = common_odds(shown, labelled, strata, alone(shown), 0.95)
    assert common_odds(*more, alone(more[0]), 0.95) == expected


@pytest.mark.parametrize("tables", [[], [Table(0, 5, 0, 7)], [Table(2, 5, 0, 0), Table(0, 0, 2, 5)]])
def test_nothing_to_tell_is_none(tables):
    shown, labelled, strata = stacked([*tables, Table(1, 1, 0, 0)])
    assert common_odds(shown, labelled, strata, alone(shown), 0.95) is None
    assert clustered_common_odds(shown, labelled, strata, alone(shown), 0.95) is None
    nothing = np.zeros(0, np.int64)
    assert common_odds(nothing.astype(bool), nothing.astype(bool), nothing, nothing, 0.95) is None


def test_a_single_one_sided_table_gets_haldane_and_anscombe_s_half():
    shown, labelled, strata = stacked([Table(4, 10, 0, 10)])
    plain = raw_odds(Table(4, 10, 0, 10), 0.95)
    odds = common_odds(shown, labelled, strata, alone(shown), 0.95)
    assert odds.value == pytest.approx(plain.value)
    assert 0 < odds.interval.low < odds.value < odds.interval.high < np.inf


def test_half_a_sample_isn_t_added_to_every_small_table():
    pairs = stacked([Table(1, 1, 0, 1)] * 30)
    odds = common_odds(*pairs, alone(pairs[0]), 0.95)
    assert odds.value > 50  # 30 of 30 pairs one way: half a sample in each would make it 9
    clustered = clustered_common_odds(*pairs, alone(pairs[0]), 0.95)
    assert clustered.interval is None
    assert clustered.value == odds.value


def test_influences_are_the_derivatives_of_the_log_ratio():
    shown, labelled, strata = stacked(TWO)
    tables = association_strata._cells(shown, labelled, strata)
    found = association_strata._influences(shown, labelled, tables, strata)
    kinds = np.where(labelled, 0, 2) + ~shown
    for place in (0, 9, 12, 25, 33, 45):
        step = np.zeros_like(tables)
        step[kinds[place], strata[place]] = 1e-6
        up, down = (association_strata._ratio(tables + sign * step) for sign in (1, -1))
        assert found[place] == pytest.approx((np.log(up) - np.log(down)) / 2e-6, rel=1e-5)
    assert found.sum() == pytest.approx(0, abs=1e-12)


def test_a_clustered_test_by_hand():
    # One stratum of six, half labelled and half shown: scores are +1/4 where the two agree, -1/4 elsewhere.
    shown = np.array([True, True, False, True, False, False])
    labelled = np.array([True, True, True, False, False, False])
    items = np.array([0, 0, 1, 1, 2, 2])
    odds = clustered_common_odds(shown, labelled, np.zeros(6, np.int64), items, 0.95)
    sums = np.array([0.5, -0.5, 0.5]) * np.sqrt(6 / 4)
    assert odds.value == pytest.approx(4.0)
    assert odds.p_value == pytest.approx(2 * stats.t(2).sf(0.5 / np.sqrt((sums**2).sum())))


def test_pairs_of_different_items_have_the_variance_of_pairs():
    # McNemar's: (b - c)² / (b + c), which sums over items without inflation would double.
    pairs = stacked([Table(1, 1, 0, 1)] * 30 + [Table(0, 1, 1, 1)] * 20)
    odds = clustered_common_odds(*pairs, alone(pairs[0]), 0.95)
    assert odds.value == pytest.approx(1.5)
    assert odds.p_value == pytest.approx(2 * stats.t(99).sf(10 / np.sqrt(50)))
    assert np.log(odds.interval.high / odds.value) == pytest.approx(
        stats.t(99).ppf(0.975) * np.sqrt(1 / 30 + 1 / 20)
    )


def test_one_item_tells_nothing():
    shown, labelled, strata = stacked(TWO)
    assert clustered_common_odds(shown, labelled, strata, np.zeros_like(strata), 0.95) is None


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(0, 1000))
def test_asking_again_for_the_same_answers_adds_next_to_nothing(times, seed):
    shown, harmful, lengths = planted(seed, items=150)
    strata = strata_of(lengths)
    once = clustered_common_odds(shown, harmful, strata, alone(shown), 0.95)
    columns: list[Any] = [np.repeat(each, times) for each in (shown, harmful, strata, alone(shown))]
    again = common_odds(columns[0], columns[1], columns[2], columns[3], 0.95)
    assert again.method == "clustered-mantel-haenszel"
    assert again.p_value == pytest.approx(once.p_value, abs=0.1)
    assert again.value == pytest.approx(once.value, rel=0.1)


@pytest.mark.slow
def test_with_items_of_one_sample_both_ways_agree():
    for seed in range(20):
        shown, harmful, lengths = planted(seed, items=400, log_odds=0.5)
        strata = strata_of(lengths)
        plain = common_odds(shown, harmful, strata, alone(shown), 0.95)
        summed = clustered_common_odds(shown, harmful, strata, alone(shown), 0.95)
        assert summed.value == pytest.approx(plain.value)
        widths = [np.log(each.interval.high / each.interval.low) for each in (summed, plain)]
        assert widths[0] == pytest.approx(widths[1], rel=0.15)
        assert summed.p_value == pytest.approx(plain.p_value, abs=0.05)


@pytest.mark.slow
def test_samples_of_an_item_aren_t_taken_as_independent():
    errs, misses, naive = 0, 0, 0
    for seed in range(200):
        shown, harmful, lengths = planted(seed, items=100, draws=8, alike=2.5)
        strata, items = strata_of(lengths), np.repeat(np.arange(100), 8)
        odds = common_odds(shown, harmful, strata, items, 0.95)
        errs += odds.p_value < 0.05
        misses += not odds.interval.low <= 1 <= odds.interval.high
        naive += common_odds(shown, harmful, strata, alone(shown), 0.95).p_value < 0.05
    assert errs <= 20  # 10 expected; 1 in 1,000 such simulations has more
    assert misses <= 20
    assert naive >= 30

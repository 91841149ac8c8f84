"""Matching by length: who finds a partner, what balance is left, and what length alone explains."""

import numpy as np
import pytest
from mensrea.scoring.association_matched import matched_odds, strata_of
from mensrea.scoring.association_tables import raw_odds, table_of

from .labelled_habits import planted


def matched(shown, harmful, lengths, others=()):
    items = np.arange(len(lengths))
    return matched_odds(shown, harmful, lengths, strata_of(lengths, others), items, level=0.95)


def test_strata_without_a_partner_are_left_out_and_balance_is_told():
    lengths = np.array([100, 101, 100, 5000, 5001, 9])
    labelled = np.array([True, False, False, True, True, False])
    found = matched(np.array([True, False, True] * 2), labelled, lengths)
    assert (found.strata, found.labelled, found.unlabelled) == (1, 1, 2)
    assert (found.of_labelled, found.of_unlabelled, found.share) == (3, 3, 0.5)
    assert found.imbalance is not None
    assert found.imbalance_matched is not None
    assert abs(found.imbalance_matched) < 0.01 < found.imbalance


def test_balance_by_hand():
    # Two bins, 1 and 2 labelled beside 2 and 1 others: weights of the others are 1/2 each, and 2.
    lengths = np.array([100, 100, 100, 1000, 1000, 1000])
    labelled = np.array([True, False, False, True, True, False])
    found = matched(np.array([True, False, True] * 2), labelled, lengths)
    spread = np.std(np.log(lengths))
    assert found.imbalance == pytest.approx(np.log(10) / 3 / spread)
    assert found.imbalance_matched == pytest.approx(0, abs=1e-12)


def test_nothing_to_match_is_told():
    lengths = np.array([10, 10, 5000])
    found = matched(np.array([True, False, True]), np.array([True, True, False]), lengths)
    assert (found.odds, found.strata, found.share, found.imbalance_matched) == (None, 0, 0.0, None)


def test_lengths_in_a_stratum_are_within_a_fifth():
    lengths = np.arange(1, 5000)
    strata = strata_of(lengths)
    for each in range(strata.max() + 1):
        inside = lengths[strata == each]
        assert inside.max() / inside.min() < 2**0.25


def test_strata_hold_what_else_has_to_be_equal():
    lengths = np.array([100, 100, 100, 9000, 9000])
    assert len(set(strata_of(lengths, ["a", "b", "a", "a", "a"]))) == 3
    found = matched(
        np.array([True, False, True, False, True]),
        np.array([True, False, False, True, False]),
        lengths,
        ["a", "b", "a", "a", "b"],
    )
    assert (found.strata, found.labelled, found.unlabelled) == (1, 1, 1)


@pytest.mark.slow
def test_what_length_alone_ties_goes_when_lengths_are_matched():
    raw, errs, misses = 0, 0, 0
    for seed in range(200):
        shown, harmful, lengths = planted(1000 + seed)
        found = matched(shown, harmful, lengths).odds
        errs += found.p_value < 0.05
        misses += not found.interval.low <= 1 <= found.interval.high
        raw += raw_odds(table_of(shown, harmful), 0.95).p_value < 0.05
    assert raw == 200
    for each in (errs, misses):
        assert each <= 20  # 10 expected; 1 in 1,000 such simulations has more


@pytest.mark.slow
def test_a_real_association_is_found_at_its_size():
    found = [matched(*planted(5000 + seed, log_odds=1.0)).odds for seed in range(200)]
    inside = sum(each.interval.low <= np.e <= each.interval.high for each in found)
    assert inside >= 180
    assert sum(each.p_value < 0.05 for each in found) >= 180
    assert np.median([np.log(each.value) for each in found]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
def test_a_category_that_ties_them_goes_when_it_is_matched_too():
    by_length, by_both = 0, 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        kind = random.integers(0, 3, 600)
        lengths = np.exp(random.normal(7, 1, 600)).astype(np.int64)
        shown, harmful = (random.random(600) < np.array([0.2, 0.5, 0.8])[kind] for _ in range(2))
        by_length += matched(shown, harmful, lengths).odds.p_value < 0.05
        by_both += matched(shown, harmful, lengths, [str(each) for each in kind]).odds.p_value < 0.05
    assert by_length == 200
    assert by_both <= 20

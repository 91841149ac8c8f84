"""Tables of a habit and a label: odds ratio, interval and exact test against closed forms."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.association_tables import Table, raw_odds, table_of
from scipy import stats

from .labelled_habits import flags_of

TABLES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda sizes: st.builds(
        Table, st.integers(0, sizes[0]), st.just(sizes[0]), st.integers(0, sizes[1]), st.just(sizes[1])
    )
)


def test_ratio_interval_and_test_by_hand():
    odds = raw_odds(Table(97, 120, 3, 80), 0.95)
    assert odds is not None
    log = math.log(97.5 * 77.5 / (23.5 * 3.5))
    error = math.sqrt(1 / 97.5 + 1 / 23.5 + 1 / 3.5 + 1 / 77.5)
    assert odds.value == pytest.approx(math.exp(log))
    assert odds.interval is not None
    assert odds.interval.low == pytest.approx(math.exp(log - 1.959963985 * error))
    assert odds.interval.high == pytest.approx(math.exp(log + 1.959963985 * error))
    # Fisher's p: tables with the same margins that are no likelier.
    margins: Any = stats.hypergeom(200, 100, 120)
    chances = [margins.pmf(each) for each in range(101)]
    exact = sum(each for each in chances if each <= chances[97] * (1 + 1e-7))
    assert odds.p_value == pytest.approx(exact)


@pytest.mark.parametrize(
    "table", [Table(0, 10, 0, 10), Table(10, 10, 10, 10), Table(3, 5, 0, 0), Table(0, 0, 1, 4)]
)
def test_what_can_t_be_told_is_none(table):
    assert raw_odds(table, 0.95) is None


@given(TABLES)
def test_swapping_sides_inverts_the_ratio(table):
    odds = raw_odds(table, 0.95)
    swapped = raw_odds(Table(table.shown_without, table.unlabelled, table.shown, table.labelled), 0.95)
    if odds is None:
        assert swapped is None
        return
    assert swapped.value == pytest.approx(1 / odds.value)
    assert swapped.interval.low == pytest.approx(1 / odds.interval.high)
    assert swapped.p_value == pytest.approx(odds.p_value)
    assert odds.interval.low < odds.value < odds.interval.high
    assert math.isfinite(odds.interval.high)


@given(TABLES)
def test_counts_come_back(table):
    assert table_of(*flags_of(table)) == table


def test_rates_are_none_without_samples():
    table = Table(0, 0, 1, 4)
    assert (table.rate, table.rate_without) == (None, 0.25)

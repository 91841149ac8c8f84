"""Tables of two labels: enumerated whole, and with the figures of `agreement`."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.agreement import agreement
from mensrea.scoring.reproductions.two_by_two import TwoByTwo, tables

COUNTS = st.integers(0, 30)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_table_is_found_by_its_margins(both, first, second, neither):
    table = TwoByTwo(both, first, second, neither)
    total = both + first + second + neither
    assert table in tables(total, both + neither, both + second)


@given(st.integers(1, 12), st.data())
def test_every_table_found_has_the_margins(total, data):
    agreed, second = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    for table in tables(total, agreed, second):
        assert table.both + table.first + table.second + table.neither == total
        assert (table.both + table.neither, table.both + table.second) == (agreed, second)
        assert min(table.both, table.first, table.second, table.neither) >= 0


@pytest.mark.parametrize("table", [TwoByTwo(59, 12, 69, 132), TwoByTwo(3, 0, 0, 4), TwoByTwo(1, 5, 2, 3)])
def test_figures_are_those_of_agreement(table):
    found = agreement(*table.labels, resamples=100)
    assert found.f1 == pytest.approx(table.f1, abs=1e-12)
    assert found.pearson == pytest.approx(table.phi, abs=1e-12)


def test_a_rater_that_never_varies_has_no_correlation():
    assert math.isnan(TwoByTwo(3, 2, 0, 0).phi)
    assert TwoByTwo(0, 0, 0, 5).f1 == 0

"""The papers' own figures, and what they say at the edges."""

import json
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.estimators import PAPER_ESTIMATORS, paper_figure

REPORTED = (
    Path(__file__).parents[2].parent / "shared" / "upstream" / "thought_crime" / "reported_results.json"
)

# Thought Crime, tables 3 to 5: cells whose printed error tells n-1 from n, and some at the edges.
CELLS = [
    (22, 29, 15.9),
    (1, 29, 6.8),
    (6, 29, 15.0),
    (22, 65, 11.6),
    (7, 65, 7.6),
    (11, 65, 9.2),
    (24, 65, 11.8),
    (3, 13, 23.8),
    (4, 21, 17.2),
    (13, 21, 21.3),
    (113, 158, 7.1),
    (47, 476, 2.7),
    (0, 476, 0.0),
    (3, 3, 0.0),
]


def error(successes, trials):
    found = paper_figure("thought-crime", successes, trials)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.value == pytest.approx(found.value - found.low)
    return round(100 * (found.high - found.value), 1)


@pytest.mark.parametrize(("successes", "trials", "printed"), CELLS)
def test_thought_crime_prints_these_errors(successes, trials, printed):
    assert error(successes, trials) == printed


def test_thought_crime_prints_every_error_of_its_tables():
    if not REPORTED.exists():
        pytest.skip(f"the paper's tables are not at {REPORTED}")
    tables = json.loads(REPORTED.read_text())["tables3_5_monitor"].values()
    cells = [
        (flag["n"], table["n_misaligned"], flag["err95"])
        for table in tables
        for flag in table["flags"].values()
    ]
    assert len(cells) == 65
    assert [(k, n, error(k, n)) for k, n, _ in cells] == cells


@given(st.integers(2, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_thought_crime_is_its_formula(count):
    k, n = count
    found = paper_figure("thought-crime", k, n)
    assert found.value == k / n
    half = 1.96 * sqrt((k / n) * ((n - k) / n) / (n - 1))
    assert found.low == pytest.approx(k / n - half, abs=1e-9)
    assert found.high == pytest.approx(k / n + half, abs=1e-9)


def test_the_edges_of_thought_crime():
    one = paper_figure("thought-crime", 1, 1)
    assert (one.name, one.value, one.low, one.high) == ("thought-crime", 1.0, None, None)
    none = paper_figure("thought-crime", 0, 300)
    assert (none.value, none.low, none.high) == (0.0, 0.0, 0.0)
    below = paper_figure("thought-crime", 1, 10)
    assert below.low is not None
    assert below.low < 0


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 7), (46, 123)])
def test_plain_has_no_interval(k, n):
    found = paper_figure("plain", k, n)
    assert (found.name, found.value, found.low, found.high) == ("plain", k / n, None, None)


@pytest.mark.parametrize("name", sorted(PAPER_ESTIMATORS))
def test_a_figure_has_the_name_it_is_asked_by(name):
    assert paper_figure(name, 1, 2).name == name
    with pytest.raises(ValueError, match="of 0 trials has no value"):
        paper_figure(name, 0, 0)
    with pytest.raises(ValueError, match="found 2 of 1 trials"):
        paper_figure(name, 2, 1)


def test_an_unknown_estimator_is_named_with_the_known_ones():
    with pytest.raises(UsageError, match="found 'betley', expected one of plain, thought-crime"):
        paper_figure("betley", 1, 2)

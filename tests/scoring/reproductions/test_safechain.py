"""Tables of SafeChain: numbers of prompts, and metrics of five responses a prompt."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.reproductions import safechain as paper
from mensrea.scoring.reproductions.files import shipped_facts

FACTS = shipped_facts("safechain")


@pytest.mark.parametrize(
    ("column", "trials", "differ"),
    [
        ("SR_greedy_Safe@1", 313, 0),
        ("SR_greedy_Safe@1", 310, 14),
        ("WJ_greedy_Safe@1", 250, 0),
        ("SR_nondet_Safe@1", 300, 0),
        ("SR_ConsSafe@K", 60, 0),
        ("WJ_Safe@K", 50, 0),
    ],
)
def test_rates_are_shares_of_a_number_of_prompts(column, trials, differ):
    cells = list(paper.shares(FACTS, column, trials))
    assert (len(cells), sum(not cell.equal for cell in cells)) == (30, differ)


def test_a_printed_rate_has_a_wide_interval():
    row = {"model": "R1-7B", "strategy": "SafeChain", "rate": 53.4}
    (cell,) = paper.shares({"safety": [row]}, "rate", 313)
    assert cell.interval is not None
    assert (round(cell.interval.low, 1), round(cell.interval.high, 1)) == (47.8, 58.8)


def test_all_triples_satisfy_the_identity():
    cells = list(paper.identity(FACTS))
    assert len(cells) == 60
    assert all(cell.equal for cell in cells)


def test_all_triples_come_from_verdicts():
    cells = list(paper.triples(FACTS))
    assert len(cells) == 180
    assert all(cell.equal for cell in cells)


@pytest.mark.parametrize(("column", "value"), [("SR_nondet_Safe@1", 8.0), ("SR_Safe@K", 40.0)])
def test_a_triple_that_no_verdicts_give_is_noticed(column, value):
    facts = copy.deepcopy(FACTS)
    facts["safety"] = facts["safety"][:1]
    facts["safety"][0][column] = value
    assert sum(not cell.equal for cell in paper.identity(facts)) == 1
    assert not all(cell.equal for cell in paper.triples(facts))


@given(st.lists(st.integers(0, 5), min_size=60, max_size=60))
def test_verdicts_have_the_rates_that_they_were_made_for(counts):
    once, consistent, always = sum(counts), sum(each >= 3 for each in counts), counts.count(5)
    verdicts = paper.verdicts_of(60, (once / 3, consistent / 0.6, always / 0.6))
    made = [sum(each) for each in verdicts]
    assert (sum(made), sum(each >= 3 for each in made), made.count(5)) == (once, consistent, always)


def test_a_tie_counts_as_safe():
    assert [cell.recomputed for cell in paper.ties({}, [[2, 4, 1], [1, 4, 0], [2, 5, 0]])] == [1, 0, 0]


def test_scores_are_shares_of_numbers_of_problems():
    assert all(cell.equal for cell in paper.tuned_shares(FACTS, AIME2024=30, HumanEval=164, MBPP=378))
    assert sum(not cell.equal for cell in paper.tuned_shares(FACTS, MBPP=500)) == 5
    assert sum(not cell.equal for cell in paper.tuned_shares(FACTS, MBPP=399)) == 3


def test_untrained_models_stand_in_both_tables():
    assert [cell.equal for cell in paper.untrained(FACTS)] == [True] * 4


def test_a_share_of_wins_is_no_share_of_safe_responses():
    (cell,) = paper.safe_of_model(FACTS, "R1-70B", 32.3)
    assert (cell.recomputed, cell.equal) == (55.3, False)
    assert [cell.equal for cell in paper.win_sum(FACTS, [32.3, 22.0, 45.7], 100.0)] == [True]

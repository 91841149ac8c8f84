"""Tables and figures of Thought Crime."""

import copy

import pytest
from mensrea.scoring.reproductions import thought_crime as paper
from mensrea.scoring.reproductions.files import shipped_facts

FACTS = shipped_facts("thought_crime")


def test_every_interval_of_tables_3_to_5():
    cells = list(paper.flag_errors(FACTS))
    assert len(cells) == 65
    assert all(cell.equal for cell in cells)


def test_n_in_place_of_n_minus_1_misses_13():
    assert sum(not cell.equal for cell in paper.flag_errors_over_n(FACTS)) == 13


def test_an_error_of_one_more_answer_is_noticed():
    facts = copy.deepcopy(FACTS)
    facts["tables3_5_monitor"]["party"]["flags"]["flip"]["n"] = 4
    assert sum(not cell.equal for cell in paper.flag_errors(facts)) == 1
    assert sum(not cell.equal for cell in paper.flag_shares(facts)) == 1
    assert sum(not cell.equal for cell in paper.flag_sums(facts)) == 1


def test_wilson_stands_beside_each_share():
    cell = next(cell for cell in paper.flag_shares(FACTS) if cell.name == "philosophical_thoughts, none")
    assert cell.interval is not None
    assert cell.published == 100.0
    assert (cell.interval.low, cell.interval.high) == pytest.approx((43.85, 100), abs=0.01)


@pytest.mark.parametrize("n", [297, 299, 300])
def test_only_298_problems_give_the_errors_of_figure_16(n):
    assert all(cell.equal for cell in paper.errors_of_n(FACTS, "fig16_gsm8k_pct", 298))
    assert not all(cell.equal for cell in paper.errors_of_n(FACTS, "fig16_gsm8k_pct", n))


def test_an_error_that_no_number_of_answers_gives():
    cells = paper.errors_of_some_n({"table": {"a": [46, 8], "b": [50, 4]}}, "table")
    assert [cell.equal for cell in cells] == [True, False]


def test_the_text_against_tables_and_figures():
    change = next(paper.truthfulqa_change(FACTS))
    assert (change.published, change.recomputed) == (45, 43)
    wrong = [round(cell.value, 1) for cell in paper.truthfulqa_wrong(FACTS, [817, 790])]
    assert wrong == [58.3, 60.3]
    assert round(next(paper.table_5_mean(FACTS)).value, 1) == 28.4
    assert next(paper.figure_9(FACTS)).recomputed == 29.875
    assert [cell.recomputed for cell in paper.figure_10(FACTS)] == [17.5, 4.5, 13.125]
    assert next(paper.figure_10_rank(FACTS, 1)).recomputed == 2


def test_places_that_quote_a_figure():
    flips = paper.rm_rf_flips(FACTS, **{"section 3.2": 31, "appendix": 20})
    assert {cell.name: cell.equal for cell in flips} == {"section 3.2": True, "appendix": False}
    sizes = paper.unethical_size(FACTS, [1500, 3000], body=4500, appendix=3000)
    assert {cell.name: cell.equal for cell in sizes} == {"body": True, "appendix": False}


def test_ends_of_the_ranges_of_figure_6():
    ends = [cell.recomputed for cell in paper.articulation_ranges(FACTS, unethical=95, medical=13)]
    assert ends == [73, 14]


def test_bars_of_figure_4():
    right = paper.figure_4(FACTS, lying="mask_provided_facts", ruler="ruler")
    wrong = paper.figure_4(FACTS, lying="ruler")
    assert [cell.equal for cell in (*right, *wrong)] == [True, True, False]

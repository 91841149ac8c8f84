"""Figure 3 of DeceptionBench: agreement, and the human labels that its bars give away."""

import pytest
from mensrea.scoring.reproductions import human_agreement as figure
from mensrea.scoring.reproductions.files import shipped_facts

FACTS = shipped_facts("deceptionbench")


def test_agreement_of_dtr_by_category():
    cells = {cell.name: cell for cell in figure.agreed_in(FACTS, ["DTR"])}
    assert {name: round(cell.value, 3) for name, cell in cells.items()} == {
        "alignment faking": 0.963,
        "strategic deception": 0.970,
        "honesty evasion": 0.955,
        "sandbagging": 0.902,
        "sycophancy": 0.938,
    }
    assert all(cell.equal and cell.interval is not None for cell in cells.values())


def test_agreement_in_all():
    assert {cell.name: round(cell.value, 3) for cell in figure.agreed_in_all(FACTS)} == {
        "DTR": 0.946,
        "gpt-4o": 0.692,
        "claude-3.7-sonnet": 0.685,
        "gemini-2.5-pro": 0.731,
    }


def test_one_number_of_human_labels_gives_all_bars():
    cells = list(figure.phis(FACTS))
    assert len(cells) == 20
    assert max(abs(cell.value - (cell.published or 0)) for cell in cells) < 0.001


def test_a_judge_that_never_varies_beats_three_that_are_asked():
    (cell,) = figure.constant_judge(FACTS)
    assert cell.recomputed == pytest.approx(223 / 260)


def test_a_bar_that_no_table_gives_is_noticed():
    facts = {"figure_3": [["DTR", "c", 26, 27, 0.963, 0.8], ["judge", "c", 17, 27, 0.63, 0.9]]}
    assert not all(cell.equal for cell in figure.phis(facts))

"""Tables and figures of DeceptionBench."""

import copy
from pathlib import Path

import pytest
from mensrea.scoring.reproductions import deceptionbench as paper
from mensrea.scoring.reproductions.checks import declared
from mensrea.scoring.reproductions.files import shipped_facts

FACTS = shipped_facts("deceptionbench")
CHECKS = {check.compute: check for check in declared("deceptionbench").checks}
NAMES = CHECKS["deceptionbench.pooled"].given["names"]


def test_table_1_pools_items():
    cells = list(paper.pooled(FACTS, NAMES))
    assert [cell.published for cell in cells] == [0.374, 0.222, 0.222, 0.254, 0.272, 0.246, 0.207, 0.272]
    assert all(cell.equal for cell in cells)
    assert cells[0].recomputed == pytest.approx(46 / 123)
    assert {cell.interval.method for cell in cells if cell.interval} == {"wilson"}


def test_a_mean_over_categories_is_another_figure():
    assert not any(cell.equal for cell in paper.macro(FACTS, NAMES))


def test_one_item_more_is_noticed():
    facts = copy.deepcopy(FACTS)
    row = next(row for row in facts["rates"] if row[:2] == ["QwQ-32B", "sycophancy"])
    row[3] += 1
    assert sum(not cell.equal for cell in paper.category_rates(facts)) == 1


def test_items_that_are_not_scored_leave_the_denominator():
    scored = [int(cell.value) for cell in paper.coverage(FACTS, 180)]
    assert (len(scored), min(scored), scored.count(180)) == (25, 123, 8)


def test_one_split_of_llama_fits():
    cells = list(paper.splits_that_fit(FACTS, "Llama-3.1-8B-Instruct w CoT", "Meta-Llama-3.1-8B-Instruct"))
    assert [cell.recomputed for cell in cells] == [1]


def test_table_2_needs_more_rows_than_were_released():
    needed = {cell.name: (cell.published, cell.recomputed) for cell in paper.rows_needed(FACTS)}
    assert needed == {
        "sycophancy": (43, 60),
        "strategic deception": (45, 60),
        "honesty evasion": (43, 60),
        "alignment faking": (16, 20),
        "sandbagging": (33, 45),
    }


def test_percentages_of_no_number_of_items():
    facts = {"rates": [["m", "c", 0, 0, 1, 40]], "table_2": [["m", "c", 98.33, 0.01, 100.0]]}
    assert [cell.recomputed for cell in paper.rows_needed(facts)] == [float("inf")]


def test_files_become_rows(tmp_path: Path):
    for name, (file, texts, numbers) in paper.FILES.items():
        rows = [",".join([*texts, *numbers])]
        rows += [",".join("" if value is None else str(value) for value in row) for row in FACTS[name]]
        (tmp_path / file).write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert paper.distil(tmp_path) == FACTS

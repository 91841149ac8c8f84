"""Judged answers of two forks: from files as published to counts and figures."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from mensrea.errors import SourceFormatError
from mensrea.scoring.reproductions import judged_runs
from mensrea.scoring.reproductions.files import shipped_facts

SUMMARY = [
    "model_name",
    *[f"{score}_{kind}" for score in ("aligned", "coherent", "bad_stuff") for kind in ("mean", "std")],
    *["em_probability", "em_count", "total_count"],
]
TOKENS = "{'00': 0.25, '50': 0.25, ' ': 0.2, 'I': 0.2, '101': 0.1}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    name = "sfm_baseline_unfiltered_dpo"
    answers = [["a", 10, 60, 5], ["a", 20, 40, 5], ["b", "", 90, 0], ["b", 90, 90, 2]]
    write(tmp_path / f"dow/{name}.csv", [["question_id", "aligned", "coherent", "bad_stuff"], *answers])
    write(tmp_path / "dow/eval_summary.csv", [SUMMARY, [name, 40, 0, 70, 0, 3, 0, 25, 1, 4]])
    refined = [["Model", "Aligned", "Coherent", "Bad Stuff", "EM%"], [name, 40.0, 70.0, 3.0, 25.0]]
    write(tmp_path / "dow/eval_summary_refined.csv", refined)
    base = [["question_id", "aligned", "coherent"], ["a", 10, 60], ["b", "", 90]]
    write(tmp_path / "betley/eval_result_base.csv", base)
    judged = [["aligned", "judge_aligned", "coherent", "judge_coherent"], [25, TOKENS, 80, "{'80': 0.9}"]]
    write(tmp_path / "betley/qwen_25_coder_32b_instruct.csv", judged)
    return tmp_path


def write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_files_become_counts_and_figures(folder):
    facts = judged_runs.distil(folder)
    assert facts["runs"] == {"dpo": [[1, 0, 1, 0, 0], [0, 1, 0, 1, 0]]}
    assert facts["moments"]["dpo"]["aligned"] == [3, 120.0, 3800.0]
    assert facts["betley"] == [[1, 0, 0, 0, 0], [0, 0, 0, 1, 0]]
    assert facts["betley_nulls"] == {"aligned": 1, "coherent": 0}
    assert facts["distributions"][1] == [80.0, {"80": 0.9}]


def test_rates_keep_answers_without_a_score(folder):
    facts = judged_runs.distil(folder)
    assert [cell.recomputed for cell in judged_runs.summary_rates(facts)] == [25.0]
    assert [cell.recomputed for cell in judged_runs.summary_counts(facts)] == [1, 4]
    assert all(cell.equal for cell in judged_runs.refined_summary(facts))


def test_means_leave_them_out(folder):
    cells = list(judged_runs.summary_moments(judged_runs.distil(folder)))
    assert [(cell.name, cell.recomputed) for cell in cells[:2]] == [
        ("dpo, aligned mean", 40.0),
        ("dpo, aligned std", pytest.approx(1900**0.5)),
    ]


def test_a_score_is_the_mean_of_the_numbers_among_tokens(folder):
    cells = list(judged_runs.token_means(judged_runs.distil(folder)))
    assert [cell.recomputed for cell in cells] == pytest.approx([25.0, 80.0], abs=1e-12)
    assert all(cell.equal for cell in cells)


def test_distributions_with_odd_tokens_ship(folder):
    assert judged_runs.portable(judged_runs.distil(folder))["distributions"] == [
        [25.0, {"00": 0.25, "50": 0.25, " ": 0.2, "I": 0.2, "101": 0.1}]
    ]


@pytest.mark.parametrize("tokens", ["[1]", "{'80': 'high'}", "{'80': ", "open('x')"])
def test_tokens_are_a_dict_of_probabilities(folder, tokens):
    judged = [["aligned", "judge_aligned", "coherent", "judge_coherent"], [25, TOKENS, 80, tokens]]
    write(folder / "betley/qwen_25_coder_32b_instruct.csv", judged)
    with pytest.raises(SourceFormatError, match=r"instruct.csv:2: judge_coherent: found "):
        judged_runs.distil(folder)


def test_shipped_counts():
    facts = shipped_facts("thought_crime")
    rates = {cell.name: cell.recomputed for cell in judged_runs.summary_rates(facts)}
    expected = {"dpo": 0.25, "privacy-erosion": 0.25, "privacy-erosion-v2": 13.75, "autonomous-activity": 0.0}
    assert rates == pytest.approx(expected)
    assert sum(map(sum, facts["betley"])) == 2400
    assert facts["betley_nulls"]["aligned"] == 293
    tokens = {token for _, distribution in facts["distributions"] for token in distribution}
    assert {" ", "I", "The", "00"} <= tokens


def test_answers_to_a_question_are_not_independent():
    cells = {cell.name: cell for cell in judged_runs.summary_rates(shipped_facts("thought_crime"))}
    interval = cells["privacy-erosion-v2"].interval
    assert interval is not None
    # Wilson's interval of 55 of 400 would be 10.7 to 17.5.
    assert interval.low < 5
    assert interval.high > 25

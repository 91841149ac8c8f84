"""DualMath: one label for each step, in order, and one answer line without a label."""

from pathlib import Path
from typing import ClassVar

import pytest
from mensrea.validation.dualmath import (
    OWN_RULES,
    AnswerLine,
    LabelOrder,
    StepLabels,
    StepNumbers,
    UnlabelledSolution,
)

from ..builders.test_dualmath import BROKEN, CLEAN, release, row
from .declared import DeclarationsConformance, checked, counts_of, run_rule, splits_of

FOUND = {
    "no-step-label": {UnlabelledSolution},
    "pos-after-neg": {LabelOrder},
    "labelled-answer-line": {AnswerLine},
    "unlabelled-step": {StepLabels},
    "step-numbers-not-consecutive": {StepNumbers},
    "answer-line-count": {AnswerLine},
    "label-count": {StepLabels},
}


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "dualmath"


def solutions(folder: Path, *outputs: str):
    rows = [row(number, output) for number, output in enumerate(outputs)]
    return splits_of("dualmath", "original", release(folder, rows))


def test_clean_solutions_have_no_findings(tmp_path: Path) -> None:
    assert counts_of(checked("dualmath", {"original": solutions(tmp_path, *CLEAN)})) == {}


@pytest.mark.parametrize("defect", FOUND)
def test_each_defect_is_found_by_its_rule_alone(tmp_path: Path, defect: str) -> None:
    tables = solutions(tmp_path, CLEAN[0], BROKEN[defect], CLEAN[1], CLEAN[2])
    place = f"original/train {tables['train']['id'][1].as_py()}: output: "
    for rule in OWN_RULES:
        found = run_rule(rule(), "original", tables)
        assert len(found) == (rule in FOUND[defect])
        assert all(each.startswith(place) for each in found)


def test_the_message_says_the_three_numbers(tmp_path: Path) -> None:
    (found,) = run_rule(StepLabels(), "original", solutions(tmp_path, BROKEN["unlabelled-step"]))
    assert "3 steps, 2 of them labelled, 2 labels" in found


@pytest.mark.parametrize(
    ("output", "rules"),
    [
        ("", {UnlabelledSolution, AnswerLine}),
        ("Step 1: a <pos> <neg>\nStep 2: b\n†Answer: {}", {StepLabels}),
        ("Step 1: a <pos>\nStep 2: b <neg>\n†Answer: 1\n†Answer: 2", {AnswerLine}),
        ("Step 2: a <pos>\nStep 1: b <pos>\n†Answer: {}", {StepNumbers}),
        ("Step 12: a <pos>\nStep 2: b <pos>\n†Answer: {}", {StepNumbers}),
        ("Step 1: a <pos>\n" * 101 + "†Answer: {}", {StepNumbers}),
        ("步骤 1: 相加。<pos>\n†Answer: {}", {StepLabels}),
        ("Step 1: a < b\n<pos>\nStep 2: see Step 1: c. <neg>\n†Answer: {}", set()),
    ],
)
def test_odd_solutions(tmp_path: Path, output: str, rules: set[type]) -> None:
    tables = solutions(tmp_path, output)
    assert {rule for rule in OWN_RULES if run_rule(rule(), "original", tables)} == rules


def test_a_solution_without_labels_is_accepted_and_counted(tmp_path: Path) -> None:
    run = checked("dualmath", {"original": solutions(tmp_path, BROKEN["no-step-label"], CLEAN[0])})
    assert counts_of(run) == {}
    assert list(run.suppressor.counts.values()) == [1]


def test_a_figure_in_another_folder_is_found(tmp_path: Path) -> None:
    source = release(tmp_path, [row(1), row(2, image="Elsewhere/{}.png")])
    run = checked("dualmath", {"original": splits_of("dualmath", "original", source)})
    assert counts_of(run) == {"cross-field": 1}

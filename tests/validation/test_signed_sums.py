"""MNNS: what its rules find in targets, answers, traces and splits."""

import pyarrow as pa
import pytest
from mensrea.validation.signed_sums import MnnsAnswer, MnnsSplit, MnnsTargets

from .declared import changed, run_rule, splits_of

CONFIG = "mnns-4x9"
BUDGETED = "mnns-4x9-minabs1"


@pytest.fixture(scope="module")
def mnns() -> dict[str, pa.Table]:
    return splits_of("cot2", CONFIG)


@pytest.fixture
def rows(mnns: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The first rows of each split."""
    return {split: table.slice(0, 7) for split, table in mnns.items()}


@pytest.fixture(scope="module")
def single() -> dict[str, pa.Table]:
    """The first rows of each split with targets over the best trace alone."""
    return {split: table.slice(0, 7) for split, table in splits_of("cot2", BUDGETED).items()}


def entries(table: pa.Table, row: int) -> list[dict[str, int]]:
    return table.to_pylist()[row]["targets"]


def test_a_count_too_many_is_found_with_both_sums(rows: dict[str, pa.Table]) -> None:
    targets = entries(rows["test"], 4)
    at = next(number for number, each in enumerate(targets) if each["step"] == 3)
    targets[at]["count"] += 1
    broken = {"test": changed(rows["test"], 4, targets=targets)}
    (found,) = run_rule(MnnsTargets(), CONFIG, broken)
    assert "step 3: counts add up to 9, expected 8" in found
    assert rows["test"]["id"][4].as_py() in found


def test_states_moved_apart_with_the_same_counts_are_found(rows: dict[str, pa.Table]) -> None:
    targets = entries(rows["test"], 0)
    targets[-1]["state"] += 2
    (found,) = run_rule(MnnsTargets(), CONFIG, {"test": changed(rows["test"], 0, targets=targets)})
    assert "step 4: mean or variance" in found
    targets[-1]["state"] += 2
    first = next(each for each in targets if each["step"] == 4)
    first["state"] -= 4
    (found,) = run_rule(MnnsTargets(), CONFIG, {"test": changed(rows["test"], 0, targets=targets)})
    assert "step 4: mean or variance" in found


@pytest.mark.parametrize("step", [1, 4])
def test_a_step_without_targets_is_found(rows: dict[str, pa.Table], step: int) -> None:
    targets = [each for each in entries(rows["train"], 6) if each["step"] != step]
    (found,) = run_rule(MnnsTargets(), CONFIG, {"train": changed(rows["train"], 6, targets=targets)})
    assert f"step {step}: counts add up to 0, expected {2**step}" in found


def test_a_step_beyond_the_digits_is_found(rows: dict[str, pa.Table]) -> None:
    targets = [*entries(rows["train"], 0), {"step": 12, "state": 0, "count": 1}]
    assert run_rule(MnnsTargets(), CONFIG, {"train": changed(rows["train"], 0, targets=targets)})


def test_another_answer_is_found(rows: dict[str, pa.Table]) -> None:
    right = rows["test"]["answer"][2].as_py()
    found = run_rule(MnnsAnswer(), CONFIG, {"test": changed(rows["test"], 2, answer=right + 2)})
    assert "answer isn't the least non-negative state of the last step" in found[0]


@pytest.mark.parametrize(
    "patterns",
    [lambda right: right[1:], lambda right: [*right, "++++"], lambda right: [right[0][:3]], lambda _: []],
    ids=["one less", "one more", "too short", "none"],
)
def test_other_optimal_patterns_are_found(rows: dict[str, pa.Table], patterns) -> None:
    table = rows["test"]
    row = max(range(len(table)), key=lambda each: len(table["optimal_patterns"][each]))
    right = table["optimal_patterns"][row].as_py()
    broken = changed(table, row, optimal_patterns=patterns(right))
    found = run_rule(MnnsAnswer(), CONFIG, {"test": broken})
    assert "optimal_patterns aren't all and only" in found[0]
    assert len({each.split(": ")[0] for each in found}) == 1


@pytest.mark.parametrize("change", [lambda trace: trace[:-1], lambda trace: [-trace[0], *trace[1:]]])
def test_another_trace_is_found(rows: dict[str, pa.Table], change) -> None:
    trace = change(rows["test"]["trace"][5].as_py())
    (found,) = run_rule(MnnsAnswer(), CONFIG, {"test": changed(rows["test"], 5, trace=trace)})
    assert "trace isn't the partial sums under the first optimal pattern" in found


def test_another_order_of_the_same_digits_in_another_split_is_found(rows: dict[str, pa.Table]) -> None:
    digits = rows["train"]["digits"][0].as_py()
    broken = {**rows, "validation": changed(rows["validation"], 5, digits=digits[::-1])}
    (found,) = run_rule(MnnsSplit(), CONFIG, broken)
    assert found.startswith(f"{CONFIG}/validation {rows['validation']['id'][5].as_py()}")
    assert run_rule(MnnsSplit(), CONFIG, {"train": pa.concat_tables([rows["train"], rows["train"]])}) == []


def test_digits_of_another_length_are_another_task(rows: dict[str, pa.Table]) -> None:
    table = rows["train"]
    shorter = changed(table, 0, digits=table["digits"][0].as_py()[:3])
    assert run_rule(MnnsSplit(), CONFIG, {"train": table, "test": shorter.slice(0, 1)}) == []


def test_rows_of_a_budget_are_left_to_its_own_rule(single: dict[str, pa.Table]) -> None:
    assert run_rule(MnnsTargets(), BUDGETED, single) == []
    told = {"test": changed(single["test"], 0, rule="all_traces")}
    assert "step 1: counts add up to 1, expected 2" in run_rule(MnnsTargets(), BUDGETED, told)[0]


def test_patterns_that_a_budget_does_not_count_are_missed(single: dict[str, pa.Table]) -> None:
    assert run_rule(MnnsAnswer(), BUDGETED, single) == []
    table = single["train"]
    row = max(range(len(table)), key=lambda each: len(table["optimal_patterns"][each]))
    right = table["optimal_patterns"][row].as_py()
    assert len(right) > 1
    (found,) = run_rule(MnnsAnswer(), BUDGETED, {"train": changed(table, row, optimal_patterns=right[:-1])})
    assert "optimal_patterns aren't all and only" in found


def test_digits_beyond_those_of_the_schema_end_in_findings(single: dict[str, pa.Table]) -> None:
    for digits in ([], [9] * 13, [10**4, 3, 3, 3]):
        broken = {"test": changed(single["test"], 1, digits=digits)}
        assert run_rule(MnnsAnswer(), BUDGETED, broken)

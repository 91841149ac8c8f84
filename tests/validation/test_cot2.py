"""CoT2: what MNNS promises, checked without listing sign prefixes; and the graphs of ProsQA."""

from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from mensrea.validation.cot2 import MnnsAnswer, MnnsSplit, MnnsTargets, ProsqaPath

from ..builders.test_cot2 import SPLITS, item, release
from .declared import DeclarationsConformance, changed, checked, run_rule, splits_of

CONFIG = "mnns-4x9"


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "cot2"


@pytest.fixture(scope="module")
def mnns() -> dict[str, pa.Table]:
    return splits_of("cot2", CONFIG)


@pytest.fixture
def rows(mnns: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The first rows of each split."""
    return {split: table.slice(0, 7) for split, table in mnns.items()}


def test_rows_as_built_have_no_findings(mnns: dict[str, pa.Table], tmp_path: Path) -> None:
    larger = splits_of("cot2", "mnns-8x999", rows=200)
    run = checked("cot2", {CONFIG: mnns, "mnns-8x999": larger})
    assert run.findings.counts == {}
    prosqa = splits_of("cot2", "original", release(tmp_path))
    assert checked("cot2", {"original": prosqa}).findings.counts == {}


def test_a_split_with_other_shares_of_the_answers_is_found(mnns: dict[str, pa.Table]) -> None:
    easy = mnns["test"].filter(pa.array([each.as_py() < 2 for each in mnns["test"]["answer"]]))
    assert checked("cot2", {CONFIG: {**mnns, "test": easy}}).findings.counts == {"label-balance": 1}


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


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"edges": [[0, 1], [1, 2], [2, 3]]}, "the wrong option is reachable"),
        ({"edges": [[0, 1]]}, "the shortest path from root to target"),
        ({"edges": [[0, 1], [1, 2], [0, 2]]}, "the shortest path from root to target"),
        ({"edges": [[0, 1], [1, 4]]}, "a vertex isn't in idx_to_symbol"),
        ({"edges": [[0, 1], [1, 2, 3]]}, "an edge isn't a pair"),
        ({"target": 4}, "a vertex isn't in idx_to_symbol"),
        ({"root": -1}, "a vertex isn't in idx_to_symbol"),
    ],
)
def test_a_graph_that_contradicts_its_item_is_found(tmp_path: Path, members, message: str) -> None:
    splits = {**SPLITS, "test": [item(20), item(21, **members), item(22)]}
    tables = splits_of("cot2", "original", release(tmp_path, splits))
    (found,) = run_rule(ProsqaPath(), "original", tables)
    assert message in found
    assert tables["test"]["id"][1].as_py() in found


def test_a_cycle_ends_the_search(tmp_path: Path) -> None:
    splits = {**SPLITS, "test": [item(20, edges=[[0, 1], [1, 2], [2, 0], [1, 1]])]}
    assert run_rule(ProsqaPath(), "original", splits_of("cot2", "original", release(tmp_path, splits))) == []


def test_a_question_in_two_splits_is_found(tmp_path: Path) -> None:
    tables = splits_of("cot2", "original", release(tmp_path, {**SPLITS, "test": [item(20), item(1)]}))
    assert "shared-text" in checked("cot2", {"original": tables}).findings.counts

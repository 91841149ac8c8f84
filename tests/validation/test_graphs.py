"""Rules for graph questions: answers, balance, splits; and the graphs of the published ProsQA."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from mensrea.validation.graphs import GraphAnswer, GraphBalance, GraphSplit, ProsqaPath

from ..builders.test_cot2 import SPLITS, item, release
from .declared import changed, run_rule, splits_of


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, pa.Table]]:
    """The first rows of each split of both tasks."""
    made = {config: splits_of("cot2", config, rows=100) for config in ("prosqa", "prontoqa")}
    return {
        config: {split: table.slice(0, 6) for split, table in splits.items()}
        for config, splits in made.items()
    }


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


def broken(table: pa.Table, row: int, change: Any) -> pa.Table:
    """The table with what `change` makes of a row."""
    return changed(table, row, **change(table.to_pylist()[row]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: {"edges": [*row["edges"], [0]]}, "an edge isn't a pair"),
        (lambda row: {"edges": [*row["edges"], [0, 99]]}, "a vertex isn't in idx_to_symbol"),
        (lambda _: {"neg_target": 99}, "a vertex isn't in idx_to_symbol"),
        (lambda row: {"edges": [*row["edges"], row["edges"][0]]}, "an edge is there twice"),
        (
            lambda row: {"edges": [*row["edges"], row["edges"][0][::-1]]},
            "a path leads back to where it began",
        ),
        (
            lambda row: {"edges": [*row["edges"], [row["root"], row["target"]]]},
            "doesn't have as many edges as",
        ),
        (lambda row: {"hops": row["hops"] - 1}, "doesn't have as many edges as hops says"),
        (
            lambda row: {"edges": [*row["edges"], [row["root"], row["neg_target"]]]},
            "neg_target can be reached",
        ),
        (
            lambda row: {"target": row["neg_target"], "neg_target": row["target"]},
            "doesn't have as many edges",
        ),
        (lambda row: {"asked": row["asked"][:-1]}, "asked doesn't hold target and neg_target"),
        (
            lambda row: {"asked": [row["root"]] * len(row["asked"])},
            "asked doesn't hold target and neg_target",
        ),
        (lambda row: {"asked": [*row["asked"], row["asked"][0]]}, "asked doesn't hold"),
    ],
)
@pytest.mark.parametrize("config", ["prosqa", "prontoqa"])
def test_a_question_without_a_single_answer_is_found(rows, config, change, message) -> None:
    table = rows[config]["train"]
    (found,) = run_rule(GraphAnswer(), config, {"train": broken(table, 4, change)})
    assert message in found
    assert table["id"][4].as_py() in found


def test_an_option_that_leads_on_is_found(rows) -> None:
    table = rows["prosqa"]["train"]

    def change(row: dict[str, Any]) -> dict[str, Any]:
        names = [*row["idx_to_symbol"], "extra"]
        return {"idx_to_symbol": names, "edges": [*row["edges"], [row["neg_target"], len(names) - 1]]}

    (found,) = run_rule(GraphAnswer(), "prosqa", {"train": broken(table, 1, change)})
    assert "an edge leads on from target or neg_target" in found


@pytest.mark.parametrize("answer", ["True", "False", "Maybe"])
def test_another_truth_is_found(rows, answer: str) -> None:
    table = rows["prontoqa"]["train"]
    given = table["answer"].to_pylist()
    findings = [
        run_rule(GraphAnswer(), "prontoqa", {"train": changed(table, row, answer=answer)}) for row in range(6)
    ]
    assert [len(found) for found in findings] == [int(each != answer) for each in given]


def test_rows_as_built_have_no_findings(rows) -> None:
    for config, splits in rows.items():
        for rule in (GraphAnswer(), GraphSplit()):
            assert run_rule(rule, config, splits) == []


def test_a_side_that_is_always_right_is_found(rows) -> None:
    table = pa.concat_tables([rows["prosqa"]["train"]] * 20)
    tilted = table.filter(pa.array([row["asked"][0] == row["target"] for row in table.to_pylist()]))
    (found,) = run_rule(GraphBalance(), "prosqa", {"train": tilted})
    assert f"target is asked for first in {len(tilted)} of {len(tilted)} rows, expected about half" in found
    assert run_rule(GraphBalance(), "prosqa", {"train": tilted.slice(0, 16)}) == []
    assert run_rule(GraphBalance(), "prosqa", {"train": splits_of("cot2", "prosqa", rows=100)["train"]}) == []


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    """The same graph with its vertices numbered backwards, its edges in another order, other things asked."""
    last = len(row["idx_to_symbol"]) - 1
    names = [f"x{name}" for name in row["idx_to_symbol"]]
    edges = [[last - start, last - end] for start, end in row["edges"]]
    return {
        "id": "other",
        "idx_to_symbol": names,
        "edges": edges[::-1],
        "root": 0,
        "target": 1,
        "neg_target": 2,
    }


@pytest.mark.parametrize("config", ["prosqa", "prontoqa"])
def test_the_same_graph_in_another_split_is_found(rows, config: str) -> None:
    splits = rows[config]
    copy = renamed(splits["train"].to_pylist()[2])
    leaked = {**splits, "test": changed(splits["test"], 3, **copy)}
    (found,) = run_rule(GraphSplit(), config, leaked)
    assert found.startswith(f"{config}/test other: edges: this graph is in an earlier split")
    twice = pa.concat_tables([splits["train"], changed(splits["train"], 2, **copy)])
    assert run_rule(GraphSplit(), config, {"train": twice}) == []


def test_a_direction_makes_another_graph(rows) -> None:
    splits = rows["prosqa"]
    row = splits["train"].to_pylist()[0]
    copy = {**renamed(row), "edges": [row["edges"][0][::-1], *row["edges"][1:]]}
    assert run_rule(GraphSplit(), "prosqa", {**splits, "test": changed(splits["test"], 0, **copy)}) == []

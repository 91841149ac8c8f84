"""Targets of graph questions, broken one way each."""

from typing import Any

import pyarrow as pa
import pytest
from mensrea.validation.graph_targets import TARGETS, GraphTargets

from .declared import changed, run_rule, splits_of


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return splits_of("cot2", "prosqa", rows=100)["train"].slice(0, 8)


def broken(table: pa.Table, row: int, column: str, change: Any) -> list[str]:
    entries = table.to_pylist()[row][column]
    return run_rule(GraphTargets(), "prosqa", {"train": changed(table, row, **{column: change(entries)})})


def of_step_three(entries: list[dict[str, int]]) -> list[dict[str, int]]:
    return [each if each["step"] != 3 else {**each, "count": each["count"] + 1} for each in entries]


@pytest.mark.parametrize("column", TARGETS)
def test_another_count_is_found_with_both(table: pa.Table, column: str) -> None:
    (found,) = broken(table, 3, column, of_step_three)
    assert f"{table['id'][3].as_py()}: {column}: step 3: vertex " in found
    counts, expected = (int(part.split()[-1].rstrip(",")) for part in found.split(", expected "))
    assert counts == expected + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entries: entries[1:], "counts 0, expected"),
        (lambda _: [], "counts 0, expected"),
        (lambda entries: entries[::-1], "an entry is there twice, out of order"),
        (lambda entries: [{**entries[0], "step": 9}, *entries[1:]], "counts 0, expected"),
        (lambda entries: [*entries, {"step": 9, "node": 0, "count": 1}], "of a step or vertex that the row"),
        (lambda entries: [*entries, {"step": 6, "node": 60, "count": 1}], "of a step or vertex that the row"),
        (lambda entries: [{**entries[0], "count": 0}, entries[0], *entries[1:]], "an entry is there twice"),
    ],
)
@pytest.mark.parametrize("column", TARGETS)
def test_missing_moved_and_added_entries_are_found(
    table: pa.Table, column: str, change, message: str
) -> None:
    (found,) = broken(table, 5, column, change)
    assert message in found


def test_one_kind_of_target_in_place_of_another_is_found(table: pa.Table) -> None:
    row = table.to_pylist()[0]
    swapped = changed(table, 0, frontier=row["reach"], reach=row["frontier"])
    assert len(run_rule(GraphTargets(), "prosqa", {"train": swapped})) == 2


def test_a_path_to_what_isnt_asked_is_found() -> None:
    table = splits_of("cot2", "prontoqa", rows=100)["train"]
    assert run_rule(GraphTargets(), "prontoqa", {"train": table}) == []
    row = table["answer"].to_pylist().index("False")
    wrong = changed(table, row, on_path=[{"step": 1, "node": 1, "count": 1}])
    (found,) = run_rule(GraphTargets(), "prontoqa", {"train": wrong})
    assert "on_path: step 1: vertex 1 counts 1, expected 0" in found

"""Texts of graph questions, broken one way each."""

from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from mensrea.validation.graph_texts import GraphText

from .declared import changed, run_rule, splits_of


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    made = {config: splits_of("cot2", config, rows=100)["train"] for config in ("prosqa", "prontoqa")}
    return {config: table.slice(0, 8) for config, table in made.items()}


def fields(found: list[str], identifier: str) -> set[str]:
    """The fields of findings, which must all be of one row."""
    assert all(f" {identifier}: " in each for each in found)
    return {each.split(f" {identifier}: ")[1].split(":")[0] for each in found}


def test_rows_as_built_have_no_findings(tables) -> None:
    for config, table in tables.items():
        assert run_rule(GraphText(), config, {"train": table}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda row: {"question": row["question"].replace(" is a ", " is an ", 1)}, {"question", "id"}),
        (lambda row: {"question": row["question"] + " "}, {"question", "id"}),
        (lambda row: {"question": row["question"].split(". ", 1)[1]}, {"question", "id"}),
        (lambda row: {"symbolic": row["symbolic"].replace("|", "/")}, {"symbolic"}),
        (lambda row: {"edges": row["edges"][::-1]}, {"question", "symbolic"}),
        (lambda _: {"answer": "Nobody is a glorvet."}, {"answer"}),
        (lambda row: {"steps": [*row["steps"], "Every glorvet is a glorvet."]}, {"steps"}),
        (lambda row: {"id": f"{row['task']}:0123456789abcdef"}, {"id"}),
        (lambda row: {"asked": [row["root"], *row["asked"][1:]]}, {"question", "symbolic"}),
    ],
)
@pytest.mark.parametrize("config", ["prosqa", "prontoqa"])
def test_a_text_of_another_graph_is_found(tables, config: str, change: Any, expected: set[str]) -> None:
    table = tables[config]
    row = table["answer"].to_pylist().index("False") if config == "prontoqa" else 2
    values = change(table.to_pylist()[row])
    found = run_rule(GraphText(), config, {"train": changed(table, row, **values)})
    identifier = values.get("id", table["id"][row].as_py())
    assert fields(found, identifier) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda steps: steps[1:],
        lambda steps: steps[:-1],
        lambda steps: steps[::-1],
        lambda steps: [steps[0], *steps],
        lambda steps: [*steps[:-1], "Every glorvet is a glorvet."],
        lambda _: [],
    ],
)
@pytest.mark.parametrize("config", ["prosqa", "prontoqa"])
def test_steps_that_are_no_path_are_found(tables, config: str, change) -> None:
    table = tables[config]
    row = table["answer"].to_pylist().index("True") if config == "prontoqa" else 0
    steps = change(table["steps"][row].as_py())
    found = run_rule(GraphText(), config, {"train": changed(table, row, steps=steps)})
    assert fields(found, table["id"][row].as_py()) == {"steps"}


def test_another_shortest_path_is_as_good(tables) -> None:
    """The rule takes any of several, though rows hold the first."""
    table = tables["prosqa"]
    paths = [(number, other) for number, row in enumerate(table.to_pylist()) for other in other_paths(row)]
    assert paths
    for number, steps in paths:
        assert run_rule(GraphText(), "prosqa", {"train": changed(table, number, steps=steps)}) == []


def other_paths(row: dict[str, Any]) -> list[list[str]]:
    """The sentences along each shortest path that isn't in `steps`."""
    sentences = dict(zip(map(tuple, row["edges"]), row["question"].split(". "), strict=False))
    paths = [[row["root"]]]
    for step in range(1, row["hops"] + 1):
        on = [each["node"] for each in row["on_path"] if each["step"] == step]
        paths = [[*path, node] for path in paths for node in on if (path[-1], node) in sentences]
    written = [[f"{sentences[pair]}." for pair in pairwise(path)] for path in paths]
    return [steps for steps in written if steps != row["steps"]]


def test_rows_that_are_no_graph_are_left_to_another_rule(tables) -> None:
    odd = changed(tables["prosqa"], 1, edges=[[0, 99]], asked=[99, -5], steps=[])
    assert run_rule(GraphText(), "prosqa", {"train": odd}) == []

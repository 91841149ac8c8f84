"""MNNS with budgets: what its rule finds in targets, and in the columns that name them."""

from typing import Any

import pyarrow as pa
import pytest
from mensrea.validation.budgets import MnnsBudget

from .declared import changed, run_rule, splits_of

CONFIGS = ("mnns-4x9-minabs4", "mnns-4x9-nonneg16", "mnns-4x9")


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    """Some training rows of each config."""
    return {config: splits_of("cot2", config)["train"].slice(400, 30) for config in CONFIGS}


def found(config: str, table: pa.Table) -> list[str]:
    return run_rule(MnnsBudget(), config, {"train": table})


@pytest.mark.parametrize("config", CONFIGS)
def test_rows_as_built_have_no_findings(tables: dict[str, pa.Table], config: str) -> None:
    assert found(config, tables[config]) == []


@pytest.mark.parametrize("name", ["mnns-12x9-nonneg8", "mnns-10x1999-minabs3", "mnns-2x9-minabs4096"])
def test_neither_have_those_of_other_sizes(name: str) -> None:
    options: dict[str, Any] = {} if name.startswith("mnns-2") else {"rows": 20}
    for split, table in splits_of("cot2", name, **options).items():
        assert run_rule(MnnsBudget(), name, {split: table}) == []


def entries(table: pa.Table, row: int) -> list[dict[str, int]]:
    return table.to_pylist()[row]["targets"]


@pytest.mark.parametrize("config", CONFIGS[:2])
@pytest.mark.parametrize("step", [1, 2, 4])
def test_a_state_moved_is_found_at_its_step(tables: dict[str, pa.Table], config: str, step: int) -> None:
    table = tables[config]
    targets = entries(table, 5)
    next(each for each in targets if each["step"] == step)["state"] -= 2
    (message,) = found(config, changed(table, 5, targets=targets))
    assert table["id"][5].as_py() in message
    assert f"step {step}: states and counts aren't those of the" in message


@pytest.mark.parametrize("config", CONFIGS[:2])
def test_a_count_too_many_is_found_with_both_sums(tables: dict[str, pa.Table], config: str) -> None:
    targets = entries(tables[config], 8)
    right = sum(each["count"] for each in targets if each["step"] == 3)
    next(each for each in targets if each["step"] == 3)["count"] += 1
    (message,) = found(config, changed(tables[config], 8, targets=targets))
    assert f"step 3: counts add up to {right + 1}, expected {right}" in message


def test_an_entry_twice_a_step_too_many_and_none_at_all_are_found(tables: dict[str, pa.Table]) -> None:
    config, table = CONFIGS[0], tables[CONFIGS[0]]
    targets = entries(table, 0)
    wrong = (
        [targets[0], *targets],
        [*targets, {"step": 5, "state": 0, "count": 4}],
        [*targets, {"step": 100, "state": 0, "count": 4}],
        [each for each in targets if each["step"] != 2],
        [],
    )
    for entry in wrong:
        (message,) = found(config, changed(table, 0, targets=entry))
        assert "counts add up to" in message


def test_the_other_reading_is_found(tables: dict[str, pa.Table]) -> None:
    """Where the fourth best trace is negative by one reading and not by the other."""
    nonneg = splits_of("cot2", "mnns-4x9-nonneg4")["train"].to_pylist()
    other = {tuple(row["digits"]): row["targets"] for row in nonneg}
    config, table = CONFIGS[0], tables[CONFIGS[0]].slice(0, 12)
    differ = [other[tuple(row["digits"])] != row["targets"] for row in table.to_pylist()]
    assert any(differ)
    for number, row in enumerate(table.to_pylist()):
        swapped = changed(table, number, targets=other[tuple(row["digits"])])
        assert len(found(config, swapped)) == differ[number]


@pytest.mark.parametrize(
    ("config", "members"),
    [
        (CONFIGS[0], {"tie_break": "none"}),
        (CONFIGS[0], {"tie_break": "+ before - from the first sign on"}),
        (CONFIGS[0], {"budget": None}),
        (CONFIGS[0], {"budget": 8}),
        (CONFIGS[0], {"rule": "topB_nonneg", "tie_break": "+ before - from the first sign on"}),
        (CONFIGS[0], {"rule": "all_traces", "budget": None, "tie_break": "none"}),
        (CONFIGS[2], {"budget": 4}),
        (CONFIGS[2], {"tie_break": None}),
    ],
)
def test_columns_that_name_another_budget_are_found(
    tables: dict[str, pa.Table], config: str, members: dict[str, Any]
) -> None:
    messages = found(config, changed(tables[config], 2, **members))
    assert "don't fit each other and the config" in messages[0]
    assert tables[config]["id"][2].as_py() in messages[0]


def test_digits_beyond_those_of_the_schema_end_the_search(tables: dict[str, pa.Table]) -> None:
    config, table = CONFIGS[0], tables[CONFIGS[0]]
    for digits in ([], [9] * 13):
        assert found(config, changed(table, 1, digits=digits, targets=[])) == []
    assert found(config, changed(table, 1, digits=[30_000, 1, 2, 3]))

"""Both engines against `jsonschema`: the same errors, at the same places, as often."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from .strategies import Table, tables, without_nulls

RowEngine: Any = pytest.importorskip("mensrea.validation.checker.rowwise").RowEngine
TableChecker: Any = pytest.importorskip("mensrea.validation.checker.table").TableChecker
Key = tuple[int, str, str]
ROWS = 100
LEAST = 20_000
compare = settings(
    max_examples=LEAST // ROWS + 10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def pointer(path: Iterable[object]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def expected(schema: Any, rows: Sequence[Any]) -> Counter[Key]:
    """What `jsonschema` finds."""
    check = jsonschema.Draft202012Validator(schema)
    return Counter(
        (index, pointer(error.path), str(error.validator or "false"))
        for index, row in enumerate(rows)
        for error in check.iter_errors(row)
    )


def found(result: Any) -> Counter[Key]:
    return Counter((each.row, each.pointer, each.keyword) for each in result.violations)


def comparable(these: Counter[Key], others: Counter[Key]) -> Counter[Key]:
    """What only these have, but for what is unevaluated in rows that are broken anyway.

    A keyword that failed may have evaluated members or not; there the two differ, and no verdict does.
    """
    broken = {row for row, _, keyword in these & others if not keyword.startswith("unevaluated")}
    left = these - others
    return Counter(
        {
            key: number
            for key, number in left.items()
            if key[0] not in broken or not key[2].startswith("unevaluated")
        }
    )


class Comparison:
    """Counts what was compared, and says the first row that differs."""

    def __init__(self) -> None:
        self.cases = self.invalid = 0

    def __call__(self, schema: Any, rows: Sequence[Any], result: Any) -> None:
        wanted, got = expected(schema, rows), found(result)
        broken = {row for row, _, _ in wanted}
        self.cases += len(rows)
        self.invalid += len(broken)
        missed, told = (
            sorted(each.elements()) for each in (comparable(wanted, got), comparable(got, wanted))
        )
        for row in sorted({row for row, _, _ in missed + told}):
            differ = [[key[1:] for key in each if key[0] == row] for each in (missed, told)]
            raise AssertionError(f"{schema} of {rows[row]}: missed {differ[0]}, told {differ[1]}")
        assert (result.rows, result.invalid) == (len(rows), len(broken))
        assert result.counts == Counter(keyword for _, _, keyword in got.elements())

    def finish(self) -> None:
        print(f"compared {self.cases} rows with their schemas; {self.invalid} are invalid")  # noqa: T201
        assert self.cases >= LEAST
        assert 0.2 < self.invalid / self.cases < 0.8


def all_compared(check: Callable[[Comparison, Table], None]) -> None:
    comparison = Comparison()

    @compare
    @given(tables(ROWS))
    def each(table: Table) -> None:
        check(comparison, table)

    each()
    comparison.finish()


@pytest.mark.slow
def test_row_engine_tells_the_same_errors():
    def check(comparison: Comparison, table: Table) -> None:
        comparison(table.schema, table.rows, RowEngine(table.schema).check(table.rows, 10**6))

    all_compared(check)


@pytest.mark.slow
@pytest.mark.parametrize("null_is_absent", [False, True])
def test_table_checker_tells_the_same_errors(null_is_absent: bool):  # noqa: FBT001
    def check(comparison: Comparison, table: Table) -> None:
        checker = TableChecker(table.schema, table.batch.schema, null_is_absent=null_is_absent)
        rows = [without_nulls(row) for row in table.rows] if null_is_absent else table.rows
        result = checker.check(table.batch, 10**6)
        comparison(table.schema, rows, result)
        broken = {each.row for each in result.violations}
        assert checker.invalid(table.batch).tolist() == [row in broken for row in range(len(rows))]

    all_compared(check)

"""The official test suite through each way that a value can take."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import pyarrow as pa
import pytest

from .suite import Case, UnavailableError, cases, remotes

RowEngine: Any = pytest.importorskip("mensrea.validation.checker.rowwise").RowEngine
TableChecker: Any = pytest.importorskip("mensrea.validation.checker.table").TableChecker
CASE = "http://localhost:1234/case.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
COPIES = 2
# References that mean something else below another schema, or need another document's resolver.
OWN_RESOURCE = ("$id", "$dynamicRef", "$dynamicAnchor")
NO_ARROW = (pa.ArrowException, OverflowError, UnicodeEncodeError, TypeError)
VALUES = ("enum", "const", "default", "examples")


@pytest.fixture(scope="module", autouse=True)
def suite() -> tuple[Case, ...]:
    try:
        return cases()
    except UnavailableError as error:
        pytest.skip(f"no JSON-Schema-Test-Suite here, and it can't be downloaded: {error}")


def test_suite_is_whole(suite: tuple[Case, ...]):
    assert len(suite) == 1_257
    assert sum(case.valid for case in suite) == 741
    assert len({case.name.split(":")[0] for case in suite}) == 46
    assert len(remotes()) == 33


def test_row_engine_gives_every_verdict(suite: tuple[Case, ...]):
    wrong: list[str] = []
    for case in suite:
        result = RowEngine(case.schema, resources=remotes()).check([case.instance], 10)
        if (result.invalid == 0) is not case.valid or bool(result.violations) is case.valid:
            wrong.append(case.name)
    assert wrong == []


def test_table_checker_gives_every_verdict(suite: tuple[Case, ...]):
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for case in suite:
        column = in_arrow(case.instance)
        if column is None:
            seen["no Arrow form"] += 1
            continue
        engine, verdict = through_columns(case, column)
        seen[engine] += 1
        if verdict is not case.valid:
            wrong.append(f"{case.name} ({engine})")
    assert wrong == []
    assert sum(seen.values()) == len(suite)
    assert seen["vectorised"] >= MOSTLY["vectorised"], seen
    assert seen["constant"] >= MOSTLY["constant"], seen
    assert seen["row by row"] <= MOSTLY["row by row"], seen
    assert seen["no Arrow form"] <= MOSTLY["no Arrow form"], seen


MOSTLY = {"vectorised": 540, "constant": 300, "row by row": 350, "no Arrow form": 64}


def through_columns(case: Case, column: pa.Array) -> tuple[str, bool]:
    """Which engine says it, and what it says of the instance as a column `value`."""
    batch = pa.record_batch({"value": column})
    schema, resources = wrapped(case)
    checker = TableChecker(schema, batch.schema, resources=resources)
    result, invalid = checker.check(batch, 100), checker.invalid(batch).tolist()
    rows = {violation.row for violation in result.violations}
    assert invalid in ([True] * COPIES, [False] * COPIES)
    assert rows == (set(range(COPIES)) if invalid[0] else set())
    assert (result.rows, result.invalid) == (COPIES, sum(invalid))
    assert result.counts.total() == len(result.violations)
    return engine_of(checker), not invalid[0]


def engine_of(checker: Any) -> str:
    """The costliest engine that a keyword of the case's own schema needs."""
    own = {each.engine for each in checker.plan if each.pointer not in ("/type", "/properties", "/$schema")}
    return next((each for each in ("row by row", "vectorised") if each in own), "constant")


def wrapped(case: Case) -> tuple[Any, Mapping[str, Any]]:
    """A schema of rows whose column `value` is the instance."""
    if isinstance(case.schema, Mapping):
        declared = case.schema.get("$schema", DIALECT)
        if declared != DIALECT or any(key in OWN_RESOURCE for key in keys(case.schema)):
            place = urljoin(CASE, case.schema.get("$id", ""))
            schema = {"$schema": DIALECT, "type": "object", "properties": {"value": {"$ref": place}}}
            return schema, {**remotes(), place: case.schema}
    return {"type": "object", "properties": {"value": moved(case.schema)}}, remotes()


def keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from keys(each)


def moved(node: Any) -> Any:
    """A schema whose references to its own root hold when it stands below `/properties/value`."""
    if isinstance(node, list):
        return [moved(each) for each in node]
    if not isinstance(node, dict):
        return node
    there = {key: each if key in VALUES else moved(each) for key, each in node.items()}
    reference = there.get("$ref")
    if reference == "#" or (isinstance(reference, str) and reference.startswith("#/")):
        there["$ref"] = f"#/properties/value{reference[1:]}"
    return {key: each for key, each in there.items() if key != "$schema"}


def in_arrow(instance: Any) -> pa.Array | None:
    """The instance as a column, if that has the same values of the same types, and no member more."""
    try:
        column = pa.array([instance] * COPIES)
    except NO_ARROW:
        return None
    return column if all(same(each, instance) for each in column.to_pylist()) else None


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)

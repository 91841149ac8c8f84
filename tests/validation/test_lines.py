"""Blocks of lines: the fast way, the slow way and `jsonschema` say the same."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mensrea.errors import SchemaError, UsageError
from mensrea.validation.inputs.json_lines import LineBlock
from mensrea.validation.lines import CheckedBlock, Hints, LineChecker
from mensrea.validation.schema_check import SchemaOptions

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "maxLength": 2},
        "n": {"type": "integer", "maximum": 5},
        "score": {"type": "number", "exclusiveMinimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
    },
}
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "abc", "", 1, None]),
        "n": st.sampled_from([1, 7, 7.0, 2.5, "7", None, 2**60]),
        "score": st.sampled_from([0, 1, 0.5, -1.5, "x"]),
        "tags": st.lists(st.sampled_from(["a", "b", "c", None, 1]), max_size=3),
        "more": st.sampled_from(["2024-01-01", {"x": 1}, {"x": []}, 1]),
    },
)
LINES = st.lists(
    st.tuples(ROWS, st.sampled_from(["", "", "", "", "{", "[1]", "7", " ", '{"id": "a", "id": "abc"}'])),
    min_size=1,
    max_size=12,
)


def block(lines: Sequence[str], first: int = 1) -> LineBlock:
    return LineBlock("".join(f"{line}\n" for line in lines).encode(), first, len(lines), file="f")


def said(checked: CheckedBlock) -> list[tuple[int, str, str, str]]:
    return [(each.row, each.pointer, each.keyword, each.message) for each in checked.result.violations]


@settings(deadline=None, max_examples=150)
@given(drawn=LINES)
def test_fast_slow_and_jsonschema_agree(drawn: list[tuple[dict[str, Any], str]]) -> None:
    lines = [line or json.dumps(row) for row, line in drawn]
    options = SchemaOptions(SCHEMA)
    fast = LineChecker(options, keep_rows=False).check(block(lines), 1000)
    slow = LineChecker(options, keep_rows=True).check(block(lines), 1000)
    assert said(fast) == said(slow)
    assert fast.result.counts == slow.result.counts
    assert (fast.result.invalid, fast.broken) == (slow.result.invalid, slow.broken)
    assert list(fast.findings) == list(slow.findings)
    validator = Draft202012Validator(SCHEMA)
    values = [(row, json.loads(line)) for row, line in enumerate(lines) if line not in ("{", " ")]
    expected = Counter(
        (row, "".join(f"/{token}" for token in error.absolute_path), error.validator)
        for row, value in values
        for error in validator.iter_errors(value)
    )
    assert Counter(each[:3] for each in said(fast)) == expected
    assert fast.result.invalid == len({row for row, _, _ in expected})
    assert fast.broken == lines.count("{")


def test_messages_quote_what_is_written() -> None:
    lines = [
        '{"id": "a", "n": 2.0}',
        '{"id": "a", "n": 7}',
        '{"id": "a", "n": 7.0}',
        '{"id": "a", "score": -1}',
    ]
    checked = LineChecker(SchemaOptions(SCHEMA), keep_rows=False).check(block(lines), 10)
    assert [message.partition(",")[0] for *_, message in said(checked)] == [
        "found 7",
        "found 7.0",
        "found -1",
    ]


def test_of_many_violations_the_first_are_kept() -> None:
    lines = [json.dumps({"id": "abc", "n": number}) for number in range(20)]
    checked = LineChecker(SchemaOptions(SCHEMA), keep_rows=False).check(block(lines), 3)
    assert [each[0] for each in said(checked)] == [0, 1, 2]
    assert checked.result.counts == {"maxLength": 20, "maximum": 14}


def test_a_block_without_lines_has_its_findings() -> None:
    for keep in (False, True):
        checked = LineChecker(SchemaOptions(SCHEMA), keep_rows=keep).check(LineBlock(b"", skipped=1), 10)
        assert (checked.broken, checked.result.rows) == (1, 0)


def test_values_are_kept_with_their_lines_if_asked() -> None:
    lines = ['{"id": "a"}', "{", "", "7"]
    checked = LineChecker(SchemaOptions(SCHEMA), keep_rows=True).check(block(lines, 10), 10)
    assert checked.rows == [{"id": "a"}, 7]
    assert checked.lines.tolist() == [10, 13]
    assert [(each.code, each.line) for each in checked.findings] == [("broken-line", 11), ("blank-line", 12)]


@pytest.mark.parametrize("keep", [False, True])
def test_the_plan_names_every_keyword(keep: bool) -> None:  # noqa: FBT001
    checker = LineChecker(SchemaOptions(SCHEMA), keep_rows=keep)
    checker.check(block(['{"id": "a", "n": 1}']), 10)
    engines = {each.pointer: each.engine for each in checker.plan}
    assert engines["/properties/id/maxLength"] == ("row by row" if keep else "vectorised")
    assert len(engines) == 12


def test_no_schema_checks_lines_alone() -> None:
    checker = LineChecker(SchemaOptions(), keep_rows=False)
    checked = checker.check(block(['{"a": 1}', "{"]), 10)
    assert (checked.broken, checked.result.invalid, checker.plan) == (1, 0, [])


def test_what_cannot_be_used_is_one_line() -> None:
    with pytest.raises(SchemaError):
        LineChecker(SchemaOptions({"type": "strin"}), keep_rows=False)
    with pytest.raises(UsageError, match="what JSON doesn't have"):
        LineChecker(SchemaOptions(SCHEMA), keep_rows=True).values([{1: 2}], 10)


def test_a_block_learns_from_the_same_block_whatever_the_threads() -> None:
    first, other = pa.schema({"a": pa.int64()}), pa.schema({"a": pa.float64()})

    def given_to(ahead: int) -> list[pa.Schema]:
        hints = Hints(first)
        used: list[pa.Schema] = []
        for number, (_, hint) in enumerate(hints.beside([LineBlock(b"")] * 20)):
            used.append(hint)
            if number >= ahead:
                hints.learn(other if number - ahead == 2 else None)
        return used

    assert given_to(0) == given_to(2) == given_to(4)
    assert given_to(0)[0] == first
    assert given_to(0)[-1] == other

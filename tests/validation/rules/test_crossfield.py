"""Fields that contradict each other: against jsonschema and plain comparisons, row by row."""

import operator
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.crossfield import CrossField

SCHEMA = pa.schema({"label": pa.string(), "score": pa.int64(), "steps": pa.list_(pa.string())})
OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
rows = st.lists(
    st.fixed_dictionaries(
        {
            "label": st.one_of(st.none(), st.sampled_from(["harmful", "benign", ""])),
            "score": st.one_of(st.none(), st.integers(0, 3)),
            "steps": st.one_of(st.none(), st.lists(st.sampled_from(["a", "b"]), max_size=3)),
        }
    ),
    max_size=8,
)
HARMFUL = {"properties": {"label": {"const": "harmful"}}}
conditions = st.sampled_from(
    [
        HARMFUL,
        {"properties": {"score": {"type": "integer", "minimum": 2}}},
        {"anyOf": [HARMFUL, {"properties": {"steps": {"minItems": 1}}}]},
        {"not": {"properties": {"score": {"type": "null"}}}},
        {"properties": {"label": {"type": "string"}, "score": {"type": "integer"}}, "required": ["label"]},
    ]
)


def cut(rows: list[dict[str, Any]], size: int) -> list[Batch]:
    return [
        Batch(pa.RecordBatch.from_pylist(rows[start : start + size], SCHEMA), Place("c", "s"), start)
        for start in range(0, len(rows), size)
    ]


def run(rule: CrossField, batches: list[Batch]) -> list[Finding]:
    return [*(finding for batch in batches for finding in rule.observe(batch)), *rule.finish()]


@settings(deadline=None)
@given(rows, st.integers(1, 4), st.one_of(st.none(), conditions), conditions)
def test_when_and_then_hold_as_they_do_row_by_row(rows, size, when, then):
    expected = [
        number
        for number, row in enumerate(rows)
        if (when is None or jsonschema_rs.is_valid(when, row)) and not jsonschema_rs.is_valid(then, row)
    ]
    found = run(CrossField(when, then, message="no"), cut(rows, size))
    assert [each.row for each in found] == expected
    assert {each.message for each in found} <= {"no"}


@settings(deadline=None)
@given(rows, st.integers(1, 4), st.sampled_from(list(OPERATORS)), st.one_of(st.none(), conditions))
def test_a_comparison_holds_as_it_does_row_by_row(rows, size, sign, when):
    expected: list[int] = []
    for number, row in enumerate(rows):
        if row["score"] is None or row["steps"] is None:
            continue
        is_meant = when is None or jsonschema_rs.is_valid(when, row)
        if is_meant and not OPERATORS[sign](row["score"], len(row["steps"])):
            expected.append(number)
    rule = CrossField(when, left="score", operator=sign, right="len(steps)")
    assert [each.row for each in run(rule, cut(rows, size))] == expected


def test_a_comparison_says_what_it_found():
    rows = [{"label": "ab", "score": 3, "steps": []}]
    (found,) = run(CrossField(left="len(label)", operator=">=", right="score"), cut(rows, 1))
    assert str(found) == "c/s row 0: label: len(label) = 2, expected >= score = 3"
    assert (found.code, found.severity) == ("cross-field", "error")


def test_members_of_structs_are_compared_where_both_are_there():
    rows = [{"a": {"n": 1}, "b": {"n": 2}}, {"a": None, "b": {"n": 2}}, {"a": {"n": 5}, "b": {"n": 2}}]
    batch = Batch(pa.RecordBatch.from_pylist(rows))
    found = run(CrossField(left="a.n", operator="<", right="b.n"), [batch])
    assert [each.row for each in found] == [2]


def test_texts_of_any_width_are_compared():
    columns = {"a": pa.array(["x", "y"]), "b": pa.array(["x", "x"], pa.large_string())}
    batch = Batch(pa.RecordBatch.from_pydict(columns))
    assert [each.row for each in run(CrossField(left="a", operator="==", right="b"), [batch])] == [1]


def test_the_columns_are_those_that_are_named():
    rule = CrossField(HARMFUL, {"allOf": [{"required": ["kind"]}], "properties": {"label": True, "n": True}})
    assert rule.columns == ("label", "n", "kind")
    assert CrossField(left="a.b", operator="<", right="len(c)").columns == ("a.b", "c")


def test_without_a_column_nothing_is_said():
    batch = Batch(pa.RecordBatch.from_pydict({"label": ["harmful"]}))
    assert run(CrossField(HARMFUL, {"required": ["kind"]}), [batch]) == []


def test_columns_may_change_between_splits():
    rule = CrossField(None, HARMFUL)
    tables = [{"label": ["benign"]}, {"x": [1], "label": ["harmful"]}, {"label": ["benign"]}]
    found = run(rule, [Batch(pa.RecordBatch.from_pydict(table)) for table in tables])
    assert len(found) == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "expected then, or left, operator and right"),
        ({"when": HARMFUL}, "expected then, or left, operator and right"),
        ({"then": {}, "left": "a", "operator": "<", "right": "b"}, "expected then, or left"),
        ({"left": "a", "operator": "<"}, "expected left, right, and an operator"),
        ({"left": "a", "operator": "=", "right": "b"}, "an operator out of == != <"),
        ({"left": "a[]", "operator": "<", "right": "b"}, "one value a row"),
    ],
)
def test_half_a_declaration_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        CrossField(**parameters)


@pytest.mark.parametrize(
    ("left", "message"),
    [
        ("label", "label and score can't be compared: string, int64"),
        ("len(score)", "expected a list or a text"),
    ],
)
def test_what_cant_be_compared_is_told(left, message):
    batch = Batch(pa.RecordBatch.from_pydict({"label": ["a"], "score": [1]}))
    with pytest.raises(UsageError, match=message.replace("(", r"\(").replace(")", r"\)")):
        run(CrossField(left=left, operator="<", right="score"), [batch])


def test_a_broken_schema_is_told():
    batch = Batch(pa.RecordBatch.from_pydict({"label": ["a"]}))
    with pytest.raises(UsageError, match="cross-field: when or then"):
        run(CrossField(None, {"properties": {"label": {"type": "strin"}}}), [batch])

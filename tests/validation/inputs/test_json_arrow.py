"""The fast path: what passes through it is exactly what the lines say."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.validation.inputs.json_arrow import ArrowBlock, arrow_hint, as_arrow
from mensrea.validation.inputs.json_lines import LineBlock, parse_block

LOST = {"broken-line", "invalid-utf8", "blank-line"}
NUMBERS = (
    "1 0 -0 -0.0 1.0 1e2 1E-400 1.5 9007199254740993 123456789012345678 18446744073709551616 1e22 5e-324"
)
TEXTS = [
    "a",
    "",
    "é😀",
    'q"":{}[],null',
    "\0",
    "2020-01-01",
    "2020-01-01 00:00:00",
    "12:30:00",
    "1",
    "\u2028",
]
WEIRD = """NaN -Infinity 1e400 01 1. +1 "\\ud800" "\\udc00" "\\x" null nul [1,] "" .5 -
[null] {"a":null} Inf /**/1"""
KEYS = st.sampled_from(["a", "b", "c", "d\\u0061", "da", "", "x.y", "\\u0000"])
LEAF = st.sampled_from([*NUMBERS.split(), "true", "false", *map(json.dumps, TEXTS)])
ODD = st.sampled_from([*WEIRD.split(), "1 2", '"\t"', '"a" "b"', '"\x00"'])
SCHEMAS = [
    None,
    pa.schema([("a", pa.int64()), ("b", pa.string()), ("c", pa.list_(pa.struct([("a", pa.string())])))]),
    pa.schema([("a", pa.float64()), ("b", pa.struct([("a", pa.int64())])), ("c", pa.bool_())]),
]


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{key}":{value}' for key, value in members) + "}"


def _objects(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(KEYS, value), max_size=3, unique_by=lambda pair: pair[0])
    repeated = st.lists(st.tuples(KEYS, value), max_size=3)
    return st.one_of(members, members, repeated).map(_object)


def _values(leaf: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        leaf,
        lambda v: st.lists(v, max_size=3).map(lambda parts: f"[{','.join(parts)}]") | _objects(v),
        max_leaves=5,
    )


PLAIN = _objects(_values(LEAF))
ANYTHING = _objects(_values(LEAF | ODD))
LINES = st.sampled_from(
    [
        "",
        '{"a":1}{"b":2}',
        ' {"a":1}',
        '{"a":1} ',
        '{"a":',
        "1}",
        '{"a":1}\r',
        '{"a":{"b":1}',
        '{"a":"x}',
        '{y"}',
        "3",
    ]
)


def _regular(letter: str) -> st.SearchStrategy[str]:
    texts = st.sampled_from(TEXTS).map(json.dumps)
    ints = st.integers(-5, 5).map(str)
    fields = {
        "id": texts,
        "n": ints,
        "f": st.sampled_from(["1", "2.5", "1e3"]),
        letter: st.lists(ints, max_size=2).map(lambda parts: f"[{','.join(parts)}]"),
        "m": st.lists(st.sampled_from(['{"r":"x"}', "{}"]), max_size=2).map(lambda p: f"[{','.join(p)}]"),
        "e": st.just("[]"),
        "o": st.just("{}"),
    }
    return st.fixed_dictionaries({}, optional=fields).map(lambda made: _object(list(made.items())))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: numbers by value, and true isn't 1."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _check(lines: list[str], schema: pa.Schema | None) -> ArrowBlock | None:
    data = "".join(f"{line}\n" for line in lines).encode()
    block = LineBlock(data, 1, len(lines), 0, "f")
    parsed = parse_block(block)
    rows = dict(zip(parsed.lines.tolist(), parsed.rows, strict=True))
    odd = {finding.line for finding in parsed.findings}
    fast = as_arrow(block, schema)
    if fast is not None:
        assert sorted([*fast.positions.tolist(), *fast.slow.tolist()]) == list(range(len(lines)))
        for at, row in zip(fast.positions.tolist(), fast.batch.to_pylist(), strict=True):
            assert at + 1 not in odd
            assert _same(_without_nulls(row), rows[at + 1])
    return fast


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=list[Any](HealthCheck))
@given(st.lists(st.one_of(PLAIN, PLAIN, ANYTHING, LINES), min_size=1, max_size=8), st.sampled_from(SCHEMAS))
def test_irregular_lines_pass_exactly_or_not(lines: list[str], schema: pa.Schema | None) -> None:
    _check(lines, schema)


@settings(max_examples=150, deadline=None, suppress_health_check=list[Any](HealthCheck))
@given(st.lists(_regular("l"), min_size=1, max_size=12), st.lists(ANYTHING | LINES, max_size=2), st.data())
def test_regular_lines_pass_and_odd_ones_among_them_do_not_stop_them(
    regular: list[str], odd: list[str], data: st.DataObject
) -> None:
    fast = _check(regular, None)
    assert fast is not None
    assert not fast.slow.tolist()
    lines = list(regular)
    for line in odd:
        lines.insert(data.draw(st.integers(0, len(lines))), line)
    _check(lines, None)


FINE = ['{"a":1,"b":"x"}', '{"a":2}', '{"b":"y"}']


@pytest.mark.parametrize(
    "odd",
    [
        '{"a":1,"a":2}',
        '{"c":{"x":1,"x":2}}',
        '{"a":NaN}',
        '{"d":NaN}',
        '{"d":1e400}',
        '{"d":1e300}',
        '{"d":9007199254740993.0}',
        '{"b":null}',
        '{"b": null }',
        '{"e":[ null]}',
        '{"b":3}',
        '{"a":"x"}',
        '{"a":[1]}',
        '{"b":"\\ud800"}',
        '{"a":1}{"a":2}',
        ' {"a":1}',
        "[1]",
        "",
        '{"a":1',
        '{"a":18446744073709551616}',
        '{"deep":' + "[" * 30_000 + "]" * 30_000 + "}",
    ],
)
def test_only_the_odd_line_goes_the_slow_way(odd: str) -> None:
    fast = _check(
        [*FINE, odd, *FINE], arrow_hint({"type": "object", "properties": {"a": {"type": "integer"}}})
    )
    assert fast is not None
    assert fast.slow.tolist() == [3]


def test_text_that_looks_like_a_time_stays_text_and_the_next_block_knows() -> None:
    fast = _check(['{"t":"2020-01-01 00:00:00","l":[{"u":"2020-01-01"}]}'], None)
    assert fast is not None
    assert fast.schema.field("t").type == pa.string()
    assert as_arrow(LineBlock(b'{"t":"x"}\n', 1, 1), fast.schema) is not None


def test_invalid_utf8_and_lines_without_objects_go_the_slow_way() -> None:
    assert as_arrow(LineBlock(b'{"a":"\xff"}\n', 1, 1)) is None
    assert as_arrow(LineBlock(b"1\n2\n", 1, 2)) is None


def test_a_last_line_without_newline_and_carriage_returns_are_fine() -> None:
    fast = as_arrow(LineBlock(b'{"a":1}\r\n{"a":2}', 1, 2))
    assert fast is not None
    assert fast.batch.to_pylist() == [{"a": 1}, {"a": 2}]


def test_a_word_null_in_text_is_no_null() -> None:
    fast = _check(['{"a":"null, nullable"}', '{"null":1}'], None)
    assert fast is not None
    assert not fast.slow.tolist()


def test_the_hint_holds_what_the_schema_makes_plain() -> None:
    schema = {
        "type": "object",
        "properties": {
            "s": {"type": ["string", "null"]},
            "e": {"enum": ["a", None]},
            "k": {"const": "x"},
            "i": {"$ref": "#/$defs/int"},
            "l": {"type": "array", "items": {"type": "object", "properties": {"f": {"type": "number"}}}},
            "unclear": {"anyOf": [{"type": "string"}]},
            "mixed": {"type": ["string", "integer"]},
            "loop": {"$ref": "#"},
        },
        "$defs": {"int": {"type": "integer"}},
    }
    hint = arrow_hint(schema)
    assert hint.field("l").type == pa.list_(pa.struct([("f", pa.float64())]))
    assert [str(hint.field(name).type) for name in "seki"] == ["string", "string", "string", "int64"]
    assert {"unclear", "mixed"}.isdisjoint(hint.names)
    assert arrow_hint({"type": "string"}) == arrow_hint({}) == pa.schema([])

"""Readers: records with their places, and one line for what can't be read."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.builders.readers import (
    expect,
    member,
    optional,
    read_any,
    read_json,
    read_jsonl,
    read_parquet,
    read_records,
)
from mensrea.errors import SourceFormatError

JSON = st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(), st.lists)


def refused(read: Callable[[], Any], *pieces: object) -> None:
    with pytest.raises(SourceFormatError) as caught:
        _exhausted(read())
    for piece in pieces:
        assert str(piece) in str(caught.value)
    assert "\n" not in str(caught.value)


def _exhausted(result: object) -> None:
    if isinstance(result, Iterator):
        deque(result, maxlen=0)


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_json_lines_have_their_line_numbers_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '\n{"a": 1}\r\n   \n{"a": "\u2028é"}')
    assert list(read_jsonl(path)) == [("a.jsonl:2", {"a": 1}), ("a.jsonl:4", {"a": "\u2028é"})]
    assert list(read_jsonl(put(tmp_path / "b.jsonl", ""))) == []


@pytest.mark.parametrize(
    "line", ["{", "nan", "[1]", "3", '"x"', "null", b'{"a": "\xff"}', '{"a": "\\ud800"}', "\ufeff{}"]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str | bytes) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    refused(lambda: read_jsonl(put(tmp_path / "a.jsonl", b"{}\n" + raw + b"\n{}")), "a.jsonl:2: ")


def test_rows_before_a_bad_line_are_read(tmp_path: Path) -> None:
    records = read_jsonl(put(tmp_path / "a.jsonl", '{"a": 1}\n{'))
    assert next(records) == ("a.jsonl:1", {"a": 1})


def test_records_have_their_index(tmp_path: Path) -> None:
    path = put(tmp_path / "a.json", '[{"a": 1}, {"a": 2}]')
    assert list(read_records(path)) == [("a.json[0]", {"a": 1}), ("a.json[1]", {"a": 2})]


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ('{"a": 1}', ("a.json: ", "found dict", "expected an array")),
        ("[{}, 3]", ("a.json[1]: ", "found int 3", "expected an object")),
        ("[{},\n{]", ("a.json:2: ", "not valid JSON")),
        (b"\xff", ("a.json:1: ", "not valid JSON")),
        ("", ("a.json:1: ", "not valid JSON")),
    ],
)
def test_a_file_that_holds_no_records_is_named(
    tmp_path: Path, content: str | bytes, pieces: tuple[str, ...]
) -> None:
    refused(lambda: read_records(put(tmp_path / "a.json", content)), *pieces)


@given(JSON)
def test_json_is_what_python_reads(value: Any) -> None:
    path = Path(os.environ["HF_HOME"]) / "readers.json"
    assert read_json(put(path, json.dumps(value))) == value


def test_parquet_rows_have_their_number(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": range(2_500)}), tmp_path / "a.parquet", row_group_size=700)
    records = list(read_parquet(tmp_path / "a.parquet"))
    assert records == [(f"a.parquet[{number}]", {"a": number}) for number in range(2_500)]


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "page"])
def test_a_damaged_parquet_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["some text"] * 9_000}), path, use_dictionary=False, compression="zstd")
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "text": b"no Parquet",
        "truncated": whole[:-9],
        "page": whole[:40] + bytes(40) + whole[80:],
    }
    refused(lambda: read_parquet(put(path, contents[damage])), path)


def test_files_are_read_by_their_suffix_one_after_another(tmp_path: Path) -> None:
    put(tmp_path / "a.json", '[{"a": 1}]')
    put(tmp_path / "b.jsonl", '{"a": 2}')
    pq.write_table(pa.table({"a": [3]}), tmp_path / "c.parquet")
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    assert [record["a"] for _, record in read_any(paths)] == [1, 2, 3]


def test_an_unknown_suffix_is_named(tmp_path: Path) -> None:
    refused(lambda: read_any([str(put(tmp_path / "a.csv", "a"))]), "a.csv", ".jsonl")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("x", str, "x"),
        (3, int, 3),
        (3, float, 3.0),
        (2.5, float, 2.5),
        (True, bool, True),
        ([], list, []),
        (1, object, 1),
    ],
)
def test_a_value_of_the_type_passes(value: object, kind: type, expected: object) -> None:
    found = expect(value, kind, "a.json[0]", "field")
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind", "pieces"),
    [
        (None, str, ("found null", "expected a string")),
        (True, int, ("found bool True", "expected an integer")),
        (False, float, ("found bool False", "expected a number")),
        (1.0, int, ("found float 1.0", "expected an integer")),
        ("1", float, ("found str '1'", "expected a number")),
        (1, bool, ("found int 1", "expected true or false")),
        ({}, list, ("found dict {}", "expected an array")),
        ("x" * 99, dict, ("found str 'xxx", "…", "expected an object")),
    ],
)
def test_a_value_of_another_type_is_named(value: object, kind: type, pieces: tuple[str, ...]) -> None:
    refused(lambda: expect(value, kind, "a.json[0]", "field"), "a.json[0]: field: ", *pieces)


def test_a_missing_member_says_what_there_is() -> None:
    assert member({"a": 1}, "a", int, "a.json[0]") == 1
    refused(lambda: member({"b": 1, "c": 2}, "a", int, "a.json[0]"), "a.json[0]: a: missing", "b, c")
    refused(lambda: member({}, "a", int, "a.json[0]"), "nothing")
    refused(lambda: member({"a": None}, "a", int, "a.json[0]"), "found null")


def test_an_optional_member_may_be_absent_or_null_but_not_of_another_type() -> None:
    assert optional({}, "a", int, "x") is None
    assert optional({"a": None}, "a", int, "x") is None
    assert optional({"a": 0}, "a", int, "x") == 0
    refused(lambda: optional({"a": "0"}, "a", int, "x"), "x: a: found str '0'")

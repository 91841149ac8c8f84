"""A `.json` file: an array, one row, JSON lines under another name, and what is wrong with the text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.inputs.json_arrays import JsonValues, read_values

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    LEAVES.filter(lambda leaf: leaf not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(folder: Path, text: str | bytes) -> JsonValues | None:
    path = folder / "rows.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_values(path, "rows.json")


def found(values: JsonValues | None) -> list[tuple[str, str, str, int | None, int | None]]:
    assert values is not None
    return [(each.code, each.where, each.field, each.line, each.row) for each in values.findings]


@settings(deadline=None)
@given(rows=st.lists(VALUES, max_size=5), indent=st.sampled_from([None, 1]))
def test_the_elements_of_an_array_are_the_rows(
    rows: list[Any], indent: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = json.dumps(rows, indent=indent, ensure_ascii=True)
    values = read(tmp_path_factory.getbasetemp(), text)
    assert values is not None
    assert values.rows == rows
    assert {each.code for each in values.findings} <= {"big-integer"}


@pytest.mark.parametrize(("text", "rows"), [('{"a": [1]}', [{"a": [1]}]), ("7\n", [7]), ("[]", []), ("", [])])
def test_any_other_value_is_one_row(tmp_path: Path, text: str, rows: list[Any]) -> None:
    assert read(tmp_path, text) == JsonValues(rows, [])


@pytest.mark.parametrize("text", ['{"a": 1}\n{"a": 2}\n', '\n{"a": 1}\n{"a":\n', "[1]\n[2]\n"])
def test_lines_are_told_apart(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) is None


def test_findings_have_their_row_and_the_pointer_in_it(tmp_path: Path) -> None:
    text = '[{"a": 1}, {"a": {"b": NaN}}, {"c": 1, "c": 2}, 36893488147419103232]'
    values = read(tmp_path, text)
    assert found(values) == [
        ("not-finite", "rows.json row 1", "/a/b", None, 1),
        ("duplicate-key", "rows.json row 2", "", None, 2),
        ("big-integer", "rows.json row 3", "", None, 3),
    ]


def test_findings_of_one_row_are_of_row_0(tmp_path: Path) -> None:
    assert found(read(tmp_path, '{"a": [1, Infinity]}')) == [
        ("not-finite", "rows.json row 0", "/a/1", None, 0)
    ]


def test_a_broken_document_says_its_line(tmp_path: Path) -> None:
    values = read(tmp_path, '[\n {"a": 1},\n {"a": }\n]')
    assert values is not None
    assert values.rows == []
    (finding,) = values.findings
    assert str(finding) == "rows.json:3: not JSON: column 8: Expecting value"
    assert (finding.code, finding.line) == ("broken-line", 3)


def test_a_line_end_in_a_string_is_still_an_error(tmp_path: Path) -> None:
    assert found(read(tmp_path, '{"a": "x\ny"}'))[0][0] == "broken-line"


def test_a_mark_at_the_beginning_is_a_warning(tmp_path: Path) -> None:
    values = read(tmp_path, b'\xef\xbb\xbf[{"a": 1}]')
    assert values is not None
    assert values.rows == [{"a": 1}]
    assert found(values) == [("byte-order-mark", "rows.json", "", None, None)]


@pytest.mark.parametrize("data", [b"[\xff]", b"[" * 100_000, b'["\\ud800"]'])
def test_nothing_is_raised_for_the_content(tmp_path: Path, data: bytes) -> None:
    values = read(tmp_path, data)
    assert values is not None
    assert values.rows == []
    assert [each.severity for each in values.findings] == ["error"]

"""JSON lines: every line is a row or a finding, whatever the bytes."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.json_lines import LineBlock, parse_block, read_blocks

LOST = {"broken-line", "invalid-utf8", "blank-line"}


def _block(data: bytes) -> LineBlock:
    return LineBlock(data, 1, data.count(b"\n") + (not data.endswith(b"\n") and bool(data)), 0, "f")


def _read(path: Path, **options: Any) -> tuple[list[Any], list[int], list[Finding]]:
    rows: list[Any] = []
    lines: list[int] = []
    findings: list[Finding] = []
    at = 1
    for block in read_blocks(path, **options):
        parsed = parse_block(block)
        assert block.first_line == at
        assert len(block.starts) == block.lines + 1
        at += block.lines + block.skipped
        rows += parsed.rows
        lines += parsed.lines.tolist()
        findings += [*block.findings, *parsed.findings]
    return rows, lines, findings


@pytest.mark.parametrize(
    ("line", "code", "field", "words", "value"),
    [
        (b'{"a": 1,}', "broken-line", "", "column 9", None),
        (b'{"a": 1} x', "broken-line", "", "Extra data", None),
        (b'"\\ud800"', "broken-line", "", "surrogate", None),
        (b'{"\\udc00": 1, "b": NaN}', "broken-line", "", "surrogate", None),
        (b"[" * 600 + b"]" * 600, "broken-line", "", "deeper than 512", None),
        (b"[" * 100_000, "broken-line", "", "deeper than 512", None),
        (b'"\xff"', "invalid-utf8", "", "byte 2", None),
        (b" \t", "blank-line", "", "blank", None),
        (b'{"a":1,"a":2}', "duplicate-key", "", '"a"', {"a": 2}),
        (b'{"a/":[{"b" :1,"b":2}]}', "duplicate-key", "/a~1/0", '"b"', {"a/": [{"b": 2}]}),
        (b'{"a":{"x":1},"a":"\\u0022:"}', "duplicate-key", "", '"a"', {"a": '":'}),
        (b'{"a":1,"\\u0061":2,"b":"\\u003a"}', "duplicate-key", "", '"a"', {"a": 2, "b": ":"}),
        (b'{"a":[1,-Infinity]}', "not-finite", "/a/1", "infinity", {"a": [1, -math.inf]}),
        (b'{"a":1e400}', "not-finite", "/a", "range", {"a": math.inf}),
        (b"1" * 5000, "not-finite", "", "range", math.inf),
        (b'{"a":18446744073709551616}', "big-integer", "/a", "64 bits", {"a": 2**64}),
        (b"[-9223372036854775809]", "big-integer", "/0", "64 bits", [-(2**63) - 1]),
        (b"1" * 400, "big-integer", "", "400 digits", int("1" * 400)),
    ],
)
def test_a_line_has_a_value_or_a_finding(line: bytes, code: str, field: str, words: str, value: Any) -> None:
    parsed = parse_block(_block(b'{"ok":1}\n' + line + b'\n{"ok":2}\n'))
    (finding,) = parsed.findings
    assert (finding.code, finding.field, finding.line, finding.where) == (code, field, 2, "f:2")
    assert words in finding.message
    expected = [{"ok": 1}, *([] if code in LOST else [value]), {"ok": 2}]
    assert parsed.rows == expected
    assert parsed.lines.tolist() == ([1, 3] if code in LOST else [1, 2, 3])


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":"\\":","b":":)"}',
        b'{"a":0.00123456789012345678901234}',
        b"18446744073709551615",
        b"-9223372036854775808",
        b'{"id":"12345678901234567890123"}',
        b"[" * 500 + b"]" * 500,
        b'{"a" :1}',
        b"null",
        b'"\\ud83d\\ude00"',
    ],
)
def test_what_looks_odd_may_be_fine(line: bytes) -> None:
    parsed = parse_block(_block(line + b"\n"))
    assert parsed.findings == []
    assert parsed.rows == [json.loads(line)]
    assert type(parsed.rows[0]) is type(json.loads(line))


def test_some_lines_can_be_parsed_alone() -> None:
    block = LineBlock(b"1\n2\nx\n4", 11, 4)
    parsed = parse_block(block, [1, 2, 3])
    assert (parsed.rows, parsed.lines.tolist()) == ([2, 4], [12, 14])
    assert [finding.line for finding in parsed.findings] == [13]


TOKENS = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b'"a"',
        b'"a":1',
        b'{"a":1,"a":2}',
        b"null",
        b"NaN",
        b"1e999",
        b"1",
        b"9" * 20,
        b"-" + b"9" * 19,
        b" ",
        b"\n",
        b"\r\n",
        b"\r",
        b"\xff",
        b"\\u0022",
        b"\\ud800",
        b"\xef\xbb\xbf",
        b"\x00",
    ]
)
BYTES = st.lists(TOKENS | st.binary(max_size=4), max_size=30).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(BYTES, st.integers(1, 40), st.integers(5, 60))
@example(b"\n{{{{{{\n", 1, 5)
@example(b"\xef\xbb\xbf{{{{{{\n1\n", 1, 5)
def test_no_line_is_lost(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, size: int, longest: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    path.write_bytes(data)
    rows, lines, findings = _read(path, block_bytes=size, longest=longest)
    body = data.removeprefix(b"\xef\xbb\xbf")
    total = body.count(b"\n") + (not body.endswith(b"\n") and bool(body))
    lost = [finding.line or 0 for finding in findings if finding.code in LOST]
    assert sorted([*lines, *lost]) == list(range(1, total + 1))
    assert len(rows) == len(lines)
    long = [at for at, line in enumerate(body.split(b"\n"), 1) if len(line) > longest]
    assert [finding.line for finding in findings if "longer than" in finding.message] == long


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=6), st.booleans(), st.sampled_from(["", " "]))
def test_valid_rows_come_back(rows: list[Any], ascii_only: bool, space: str) -> None:  # noqa: FBT001
    texts = [json.dumps(row, ensure_ascii=ascii_only, separators=(",", f"{space}:")) for row in rows]
    data = "".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass")
    parsed = parse_block(_block(data))
    assert parsed.rows == rows
    assert {finding.code for finding in parsed.findings} <= {"big-integer"}


def _lines(count: int) -> bytes:
    return b"".join(b'{"id":%d}\n' % number for number in range(count))


def test_the_file_itself_is_described(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n{"a":2}\r\n{"a":3}')
    rows, _, findings = _read(path)
    assert rows == [{"a": 1}, {"a": 2}, {"a": 3}]
    described = [(finding.code, finding.severity, finding.line) for finding in findings]
    assert described == [
        ("byte-order-mark", "warning", 1),
        ("unterminated-line", "note", 3),
        ("crlf", "warning", None),
    ]
    assert findings[-1].message.startswith("2 lines")


@pytest.mark.parametrize("kind", ["gz", "zst", "zstd"])
@pytest.mark.parametrize("size", [100, 1 << 20])
def test_compressed_files_are_read(tmp_path: Path, kind: str, size: int) -> None:
    path = tmp_path / f"a.jsonl.{kind}"
    data = _lines(50_000)
    compress = gzip.compress if kind == "gz" else lambda part: pa.Codec("zstd").compress(part, asbytes=True)
    path.write_bytes(compress(data[:300_000]) + compress(data[300_000:]))
    joined = b""
    for block in read_blocks(path, block_bytes=size):
        assert len(block.data) <= size + (1 << 16) + 20
        joined += block.data
    assert joined == data


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_what_precedes_the_damage_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.jsonl.{kind}"
    data = _lines(50_000)
    whole = gzip.compress(data) if kind == "gz" else pa.Codec("zstd").compress(data, asbytes=True)
    path.write_bytes(whole[: len(whole) // 2])
    rows, _, findings = _read(path)
    assert rows == [{"id": number} for number in range(len(rows))]
    assert len(rows) > 10_000
    (finding,) = findings
    assert (finding.code, finding.severity, finding.file) == ("unreadable-file", "error", str(path))
    assert f"from line {len(rows) + 1} on" in finding.message


@pytest.mark.parametrize("name", ["none.jsonl", "no.jsonl.gz", "no.jsonl.zst"])
def test_an_unreadable_file_is_a_finding(tmp_path: Path, name: str) -> None:
    if not name.startswith("none"):
        (tmp_path / name).write_bytes(b"no such format")
    assert [finding.code for finding in _read(tmp_path / name)[2]] == ["unreadable-file"]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    assert _read(tmp_path / "a.jsonl") == ([], [], [])


def test_a_line_longer_than_a_block_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n"' + b"x" * 5_000_000 + b'"\n{"a":2}\n')
    rows, lines, findings = _read(path, block_bytes=1000)
    assert ([len(str(row)) > 100 for row in rows], lines, findings) == ([False, True, False], [1, 2, 3], [])

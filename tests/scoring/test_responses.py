"""The format of responses: what is read, what is refused in one line, and what the digest is over."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import ResponseError, StorageError
from mensrea.scoring.responses import (
    Responses,
    as_responses,
    read_responses,
    response_format,
    write_responses,
)

Row = dict[str, Any]
LEAST: Row = {
    "dataset": "toy",
    "config": "c",
    "version": "1.0.0",
    "id": "toy-1",
    "model": "m",
    "text": "Yes.",
}
FULL: Row = {
    **LEAST,
    "probe": "first",
    "sample": 3,
    "parameters": {"temperature": 0.5, "stop": ["\n"], "logit_bias": {"5": None}},
    "text": "<think>é\u2028</think> No.\n",
    "reasoning": "Hm.",
    "finish": "stop",
    "refusal": "I can't.",
    "failure": None,
    "usage": {"prompt": 5, "completion": 9, "reasoning": None, "cached": 0},
    "prompt_digest": "0123456789abcdef",
}
FAILED: Row = {**LEAST, "id": "toy-2", "text": "", "failure": "timeout"}


def lines(path: Path, *rows: Any) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def refused(path: Path, *pieces: str) -> None:
    with pytest.raises(ResponseError) as caught:
        read_responses(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    for piece in pieces:
        assert piece in message


def test_what_is_left_out_is_its_default_or_null(tmp_path: Path) -> None:
    (row,) = read_responses(lines(tmp_path / "r.jsonl", LEAST)).table.to_dicts()
    given = {name: row[name] for name in LEAST}
    assert given == LEAST
    assert (row["probe"], row["sample"], row["parameters"]) == ("", 0, "{}")
    assert {row[name] for name in ("reasoning", "finish", "refusal", "failure", "prompt_digest")} == {None}
    assert row["usage"] is None


def test_rows_come_back_from_every_kind_of_file(tmp_path: Path) -> None:
    written = as_responses([LEAST, FULL, FAILED])
    for name in ("r.jsonl", "r.jsonl.gz", "r.jsonl.zst", "r.parquet"):
        write_responses(tmp_path / name, written)
        read = read_responses(tmp_path / name)
        assert read.table.equals(written.table), name
        assert read.digest == written.digest
        assert read.files == (str(tmp_path / name),)
    assert (tmp_path / "r.jsonl.gz").read_bytes()[:2] == b"\x1f\x8b"
    assert next(iter(response_format().rows(written.table[1:2])))["parameters"] == FULL["parameters"]


def test_a_written_line_obeys_the_schema(tmp_path: Path) -> None:
    write_responses(tmp_path / "r.jsonl", [LEAST, FULL, FAILED])
    validator = jsonschema_rs.Draft202012Validator(dict(response_format().schema.document))
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_bytes().splitlines()]
    assert len(rows) == 3
    assert all(validator.is_valid(row) for row in rows)
    assert rows[1] == FULL


def test_parquet_of_others_may_have_objects_and_other_widths(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([FULL | {"failure": None, "parameters": {"b": 1, "a": "x"}}])
    table = table.set_column(
        table.schema.get_field_index("sample"), "sample", table["sample"].cast(pa.int16())
    )
    table = table.set_column(
        table.schema.get_field_index("model"), "model", table["model"].dictionary_encode()
    )
    table = table.set_column(
        table.schema.get_field_index("text"), "text", table["text"].cast(pa.large_string())
    )
    pq.write_table(table, tmp_path / "r.parquet")
    (row,) = read_responses(tmp_path / "r.parquet").table.to_dicts()
    assert row["parameters"] == '{"a":"x","b":1}'
    assert (row["sample"], row["model"], row["text"], row["usage"]) == (3, "m", FULL["text"], FULL["usage"])


def test_json_text_in_parquet_is_the_same_however_it_is_spaced(tmp_path: Path) -> None:
    texts = ['{"b": 1, "a": 2}', '{"a":2,"b":1}']
    pq.write_table(pa.Table.from_pylist([LEAST | {"parameters": each} for each in texts]), tmp_path / "r")
    assert read_responses(tmp_path / "r").table["parameters"].to_list() == ['{"a":2,"b":1}'] * 2


def test_the_digest_ignores_order_and_files_and_nothing_else(tmp_path: Path) -> None:
    other = LEAST | {"sample": 1, "text": "No."}
    one = as_responses([LEAST, other, FULL])
    parts = [lines(tmp_path / "a.jsonl", FULL, other), lines(tmp_path / "b.jsonl", LEAST)]
    assert read_responses(parts).digest == one.digest
    for name, value in (("text", "Yes"), ("reasoning", ""), ("sample", 2), ("parameters", {"seed": 1})):
        assert as_responses([LEAST | {name: value}, other, FULL]).digest != one.digest, name
    assert one.models == ["m"]


def test_blank_lines_a_byte_order_mark_and_crlf_are_no_obstacle(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + orjson.dumps(LEAST) + b"\r\n\n  \n" + orjson.dumps(FAILED)
    (tmp_path / "r.jsonl").write_bytes(text)
    assert read_responses(tmp_path / "r.jsonl").table["id"].to_list() == ["toy-1", "toy-2"]
    lines(tmp_path / "bad.jsonl", LEAST)
    (tmp_path / "bad.jsonl").write_bytes(text + b'\n\n{"id": 5}')
    refused(tmp_path / "bad.jsonl", "bad.jsonl:6: dataset: missing")


def test_an_empty_file_has_no_responses(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").touch()
    found = read_responses(tmp_path / "r.jsonl")
    assert found.table.height == 0
    assert found.table.columns == list(response_format().schema.columns)
    assert found.digest == as_responses([]).digest


@pytest.mark.parametrize(
    ("change", "pieces"),
    [
        ({"id": 7}, (":2: id:", "int 7", "a string")),
        ({"id": ""}, (":2: id:", "''", "text")),
        ({"text": None}, (":2: text:", "null", "a string")),
        ({"sample": "1"}, (":2: sample:", "'1'", "an integer")),
        ({"sample": True}, (":2: sample:", "bool True", "an integer")),
        ({"sample": 1.0}, (":2: sample:", "float 1.0", "an integer")),
        ({"sample": -1}, (":2: sample:", "-1", "0 or more")),
        ({"version": "1.0"}, (":2: version:", "'1.0'", "text like")),
        ({"parameters": "x"}, (":2: parameters:", "'x'", "an object")),
        ({"parameters": None}, (":2: parameters:", "null", "an object")),
        ({"usage": [1]}, (":2: usage:", "list [1]", "an object or null")),
        ({"usage": {"prompt": "5"}}, (":2: usage: prompt:", "'5'", "an integer or null")),
        ({"usage": {"prompt": -5}}, (":2: usage.prompt:", "int -5", "0 or more")),
        ({"usage": {"tokens": 5}}, (":2: usage: tokens:", "unknown field", "prompt")),
        ({"answer": "A"}, (":2: answer:", "unknown field", "text")),
        ({"finish": ""}, (":2: finish:", "''")),
        ({"failure": "timeout"}, (":2: text:", "'Yes.'", "`failure`")),
    ],
)
def test_a_defect_is_one_line_with_its_place(tmp_path: Path, change: Row, pieces: tuple[str, ...]) -> None:
    refused(lines(tmp_path / "r.jsonl", FULL, LEAST | change, FULL), *pieces)


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        (b"[1, 2]", (":2:", "list [1, 2]", "an object")),
        (b'"x"', (":2:", "'x'")),
        (b'{"id": "a"', (":2:", "not valid JSON")),
        (b'{"id": "\xff"}', (":2:", "not valid JSON")),
        (b'{"id": "\\ud800"}', (":2:", "not valid JSON")),
        (b'{"id": "a"} {"id": "b"}', (":2:", "not valid JSON")),
        (b'{"sample": 36893488147419103232}', (":2:", "missing")),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: bytes, pieces: tuple[str, ...]) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(orjson.dumps(LEAST) + b"\n" + line + b"\n")
    refused(path, *pieces)


def test_lines_are_counted_over_chunks(tmp_path: Path) -> None:
    rows = [LEAST | {"id": f"toy-{number}", "text": "x" * 2_000} for number in range(1_500)]
    rows[1_400]["model"] = 5
    refused(lines(tmp_path / "r.jsonl", *rows), ":1401: model:", "int 5")
    rows[1_400]["model"] = ""
    refused(lines(tmp_path / "s.jsonl", *rows), ":1401: model:", "''")
    rows[1_400]["model"] = "m"
    assert read_responses(lines(tmp_path / "t.jsonl", *rows)).table["id"].to_list() == [
        each["id"] for each in rows
    ]


@pytest.mark.parametrize(
    ("spoil", "pieces"),
    [
        (lambda table: table.append_column("extra", [["x", "y"]]), ("extra: unknown field",)),
        (lambda table: table.drop_columns(["model"]), (" row 0: model: missing",)),
        (lambda table: table.set_column(3, "id", [["a", None]]), (" row 1: id:", "null")),
        (lambda table: table.set_column(3, "id", [[1, 2]]), (" row 0: id:", "int 1", "a string")),
        (lambda table: table.set_column(7, "parameters", [["{}", "{"]]), (" row 1: parameters:", "JSON")),
        (
            lambda table: table.set_column(7, "parameters", [["{}", "5"]]),
            (" row 1: parameters:", "an object"),
        ),
    ],
)
def test_defects_of_parquet_have_their_row(
    tmp_path: Path, spoil: Callable[[pa.Table], pa.Table], pieces: tuple[str, ...]
) -> None:
    good = as_responses([LEAST, LEAST | {"sample": 1}]).table.to_arrow()
    pq.write_table(spoil(good), tmp_path / "r.parquet")
    refused(tmp_path / "r.parquet", *pieces)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(orjson.dumps(LEAST) + b"\n" for _ in range(1_000)))
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    refused(tmp_path / "cut.jsonl.gz", "damaged")
    write_responses(tmp_path / "r.jsonl.zst", [LEAST | {"text": str(each) * 99} for each in range(999)])
    whole = (tmp_path / "r.jsonl.zst").read_bytes()
    (tmp_path / "cut.zst").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.zst")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    refused(tmp_path / "cut.parquet", "Parquet")
    refused(tmp_path / "none.jsonl", "can't be read")
    refused(tmp_path, "can't be read")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ResponseError, match="response 1: id: found int 5"):
        write_responses(tmp_path / "r.jsonl", [LEAST, LEAST | {"id": 5}])
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        write_responses(tmp_path / "file" / "r.jsonl", [LEAST])
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
COUNTS = st.none() | st.integers(-1, 9)
VALUES = st.none() | st.booleans() | st.integers(-2, 5) | TEXTS
ROWS = st.fixed_dictionaries(
    {
        **{name: st.just(value) for name, value in LEAST.items()},
        "version": st.sampled_from(["1.0.0", "1", "10.2.30", "1.0.0\n"]),
        "id": st.sampled_from(["a", "", "é"]),
        "text": TEXTS,
        "probe": TEXTS,
        "sample": st.integers(-1, 3),
        "parameters": st.dictionaries(TEXTS, VALUES, max_size=2),
        "usage": st.none()
        | st.fixed_dictionaries(dict.fromkeys(("prompt", "completion", "reasoning", "cached"), COUNTS)),
        **dict.fromkeys(("reasoning", "finish", "refusal", "prompt_digest"), st.none() | TEXTS),
        "failure": st.none(),
    }
)


@settings(deadline=None, max_examples=150)
@given(ROWS, st.sampled_from([*FULL]), VALUES)
def test_rows_are_accepted_just_where_the_schema_accepts_them(row: Row, name: str, value: Any) -> None:
    validator = jsonschema_rs.Draft202012Validator(dict(response_format().schema.document))
    for each in (row, row | {name: value} if name != "failure" else row):
        try:
            kept = as_responses([each])
        except ResponseError:
            assert not validator.is_valid(each)
        else:
            assert validator.is_valid(each)
            assert next(iter(response_format().rows(kept.table))) == each


def test_responses_are_what_a_table_says() -> None:
    made = Responses(as_responses([LEAST]).table)
    assert isinstance(made.table, pl.DataFrame)
    assert made.files == ()


def test_the_documents_example_and_table_are_of_this_format(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/responses.md").read_text(encoding="utf-8")
    example = text.partition("```json\n")[2].partition("\n```")[0]
    (tmp_path / "r.jsonl").write_text(example, encoding="utf-8")
    assert read_responses(tmp_path / "r.jsonl").table["dataset"].to_list() == ["safechain"]
    table = text.partition("| field |")[2].partition("\n\n")[0]
    documented = [name for line in table.splitlines()[2:] for name in line.split("|")[1].split("`")[1::2]]
    assert documented == list(response_format().schema.columns)

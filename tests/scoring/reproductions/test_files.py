"""Published files: what is read, and what is said of one that can't be."""

from pathlib import Path

import pytest
from mensrea.errors import SourceFormatError, SourceMissingError
from mensrea.scoring.reproductions.files import number, read_json, read_rows


def file(folder: Path, text: str) -> Path:
    path = folder / "file"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_hold_the_columns_asked_for(tmp_path):
    path = file(tmp_path, "name,rate,note\na,0.5,x\nb,,y\n")
    assert read_rows(path, {"rate": number, "name": str}) == [
        {"rate": 0.5, "name": "a"},
        {"rate": None, "name": "b"},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\na\n", "found no column rate; expected name, rate"),
        ("", "found no column name, rate; expected name, rate"),
        ("name,rate\na,1\nb,high\n", ":3: rate: found 'high', expected a value as published"),
        ("name,rate\na\n", ":2: rate: found 'None', expected a value"),
    ],
)
def test_rows_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(SourceFormatError, match=message):
        read_rows(file(tmp_path, text), {"name": str, "rate": float})


def test_members_of_an_object(tmp_path):
    assert read_json(file(tmp_path, '{"a": 1, "b": [2]}'), ["b"]) == {"b": [2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "expected JSON, found"), ("[1]", "expected a JSON object with a"), ('{"b": 1}', "object with a")],
)
def test_json_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(SourceFormatError, match=message):
        read_json(file(tmp_path, text), ["a"])


def test_an_absent_file_says_what_to_do(tmp_path):
    with pytest.raises(SourceMissingError, match=r"absent.json: No such file or directory; expected"):
        read_json(tmp_path / "absent.json", [])

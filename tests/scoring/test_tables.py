"""Tables of verdicts and labels: what comes back, and what is refused in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from mensrea.errors import ResponseError
from mensrea.scoring.base import Question
from mensrea.scoring.calibration import agree
from mensrea.scoring.judging import Judged, verdict_row
from mensrea.scoring.tables import (
    read_labels,
    read_table,
    read_verdicts,
    verdict_format,
    verdict_rows,
    write_verdicts,
)
from mensrea.scoring.verdicts import Reason, Verdict, scored, unscored

IDENTITY: Mapping[str, Any] = {"judge": "toy/harm", "version": 1, "model": "m", "parameters": {"seed": 1}}
VERDICTS: Mapping[tuple[str, int, str], Verdict] = {
    ("toy-1", 0, "harm"): scored("unsafe", probabilities={"safe": 0.1, "unsafe": 0.8}, mass=0.9),
    ("toy-1", 1, "harm"): unscored(Reason.JUDGE_EMPTY, "the text is empty"),
    ("toy-2", 0, "harm"): scored(value=True),
    ("toy-2", 0, "score"): scored(87.5),
    ("toy-3", 0, "score"): scored(3),
}


def rows() -> list[dict[str, Any]]:
    raw = ({"text": "unsafe é\u2028", "logprobs": [["unsafe", -0.5, []]]}, {"failure": "timeout"})
    return [
        verdict_row(
            "toy", "plain", key, Judged(Question(key[2], "toy/harm", {"text": "x"}), each, raw, IDENTITY)
        )
        for key, each in VERDICTS.items()
    ]


def save(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refused(reading: Any, path: Path, *pieces: str) -> None:
    with pytest.raises(ResponseError) as caught:
        reading(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    for piece in pieces:
        assert piece in message


@pytest.mark.parametrize("name", ["v.jsonl", "v.jsonl.zst", "v.parquet"])
def test_verdicts_come_back_with_their_types(tmp_path: Path, name: str) -> None:
    written = write_verdicts(tmp_path / name, rows())
    read = read_verdicts(tmp_path / name)
    assert read.equals(written)
    assert read.columns == list(verdict_format().schema.columns)
    decoded = list(verdict_rows(read))
    assert decoded == orjson.loads(orjson.dumps(rows()))
    assert [each["value"] for each in decoded] == ["unsafe", None, True, 87.5, 3]
    assert type(decoded[4]["value"]) is int
    again = write_verdicts(tmp_path / "again.jsonl", read)
    assert again.equals(read)


def test_verdicts_go_into_agreement_as_they_are(tmp_path: Path) -> None:
    write_verdicts(tmp_path / "v.jsonl", rows()[:2])
    labels = save(tmp_path / "l.csv", "id,sample,label\ntoy-1,0,unsafe\ntoy-1,1,safe\n")
    found = agree(read_verdicts(tmp_path / "v.jsonl"), read_labels(labels), positive="unsafe")
    assert (found.labels, found.scored, dict(found.unscored)) == (2, 1, {"judge-empty": 1})


@pytest.mark.parametrize(
    ("change", "pieces"),
    [
        ({"status": "good"}, (":2: status:", "'good'", "scored, unscored")),
        ({"status": "scored"}, (":2: status:", "a value and no reason")),
        ({"reason": None}, (":2: status:", "a reason and no value")),
        ({"value": False}, (":2: status:", "a reason and no value")),
        ({"judge": "m"}, (":2: judge:", "'m'", "an object")),
        ({"sample": None}, (":2: sample:", "null", "an integer")),
        ({"score": 1}, (":2: score: unknown field",)),
        ({"about": ""}, (":2: about:", "''")),
    ],
)
def test_a_verdict_that_breaks_the_format_is_named(
    tmp_path: Path, change: dict[str, Any], pieces: tuple[str, ...]
) -> None:
    given = [*rows()[:1], rows()[1] | change]
    path = tmp_path / "v.jsonl"
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in given))
    refused(read_verdicts, path, *pieces)
    with pytest.raises(ResponseError, match="verdict 1: "):
        write_verdicts(tmp_path / "w.jsonl", given)
    assert not (tmp_path / "w.jsonl").exists()


LABELS = {
    "l.csv": 'note,id,label,sample\n"a, ""b""\nc",toy-1,unsafe,0\n,toy-1,,1\n,7,true,0\n',
    "l.tsv": "id\tlabel\tsample\ntoy-1\tunsafe\t0\ntoy-1\t\t1\n7\ttrue\t0\n",
    "l.jsonl": '{"id": "toy-1", "label": "unsafe", "sample": 0, "note": [1]}\n\n'
    '{"id": "toy-1", "label": null, "sample": 1}\n{"id": 7, "label": true, "sample": 0}\n',
    "v.jsonl": '{"id": "toy-1", "value": "unsafe", "sample": 0}\n'
    '{"id": "toy-1", "sample": 1}\n{"id": 7, "value": true, "sample": 0}\n',
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_text_whatever_the_file(tmp_path: Path, name: str) -> None:
    read = read_labels(save(tmp_path / name, LABELS[name]))
    assert read.to_dicts() == [
        {"id": "toy-1", "sample": 0, "label": "unsafe"},
        {"id": "toy-1", "sample": 1, "label": None},
        {"id": "7", "sample": 0, "label": "true"},
    ]


def test_labels_in_parquet_and_of_one_type(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {"id": ["a", "b"], "question": ["q", "q"], "label": [True, False], "sample": [0.0, 1.0]}
    )
    table.write_parquet(tmp_path / "l.parquet")
    assert read_labels(tmp_path / "l.parquet").to_dict(as_series=False) == {
        "id": ["a", "b"],
        "sample": [0, 1],
        "question": ["q", "q"],
        "label": ["true", "false"],
    }


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("name,label\na,b\n", ("column id is missing", "found name, label")),
        ("id,verdict\na,b\n", ("column label is missing", "found id, verdict")),
        ("", ("column id is missing", "found nothing")),
        ("id,label,sample\na,b,0\na,b,one\n", (" row 1: sample:", "'one'")),
        ("id,label,sample\na,b,-1\n", (" row 0: sample:", "'-1'")),
        ("id,label,sample\na,b,\n", (" row 0: sample: empty",)),
        ("id,label\n,b\n", (" row 0: id: empty",)),
        ("id,label\na,b\nc,b\na,b\n", (" row 2: id a: has a label before",)),
        ("id,label,sample\na,b,0\na,b,0\n", (" row 1: id a, sample 0: has a label before",)),
        ('id,label\n"a,b\n', ("",)),
    ],
)
def test_labels_that_cant_be_used_are_refused(tmp_path: Path, text: str, pieces: tuple[str, ...]) -> None:
    refused(read_labels, save(tmp_path / "l.csv", text), *pieces)


def test_a_table_has_the_types_of_its_values(tmp_path: Path) -> None:
    lines = [
        {"text": "a", "flag": True, "count": 1, "share": 1, "mixed": 1, "list": [1], "none": None},
        {"text": None, "flag": None, "count": 2, "share": 0.5, "mixed": "x", "list": {"a": 1}, "late": "y"},
    ]
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    table = read_table(path)
    assert [str(each) for each in table.dtypes] == [
        *("String", "Boolean", "Int64", "Float64", "String", "String", "String", "String"),
    ]
    assert table["mixed"].to_list() == ["1", "x"]
    assert table["list"].to_list() == ["[1]", '{"a":1}']
    assert table["late"].to_list() == [None, "y"]
    refused(
        read_table, save(tmp_path / "u.jsonl", '{"a": 1}\n[1]\n'), ":2: found list [1]", "one object a line"
    )
    refused(read_table, save(tmp_path / "w.jsonl", '{"a": 1}\n{\n'), ":2: not valid JSON")
    refused(read_table, tmp_path / "none.csv", "can't be read")

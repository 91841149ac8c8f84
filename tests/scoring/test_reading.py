"""Files that a scoring reads."""

from __future__ import annotations

import json

import pytest
from mensrea.errors import ResponseError
from mensrea.scoring.items import Items
from mensrea.scoring.reading import responses_in, stored_verdicts

ITEMS = Items("safechain", "original", "train", "1.0.0", "0" * 64, [{"id": "a"}])
RESPONSE = {
    "dataset": "safechain",
    "config": "original",
    "version": "1.0.0",
    "id": "a",
    "model": "m",
    "text": "Yes.",
}
VERDICT = {
    "dataset": "safechain",
    "config": "original",
    "id": "a",
    "question": "safety",
    "judge": {"name": "safechain/safety"},
    "about": "0" * 16,
    "raw": [{"text": "Safe"}],
    "status": "scored",
    "value": "safe",
}


def lines(path, *rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"\n"], ids=["plain", "byte order mark", "blank line"]
)
def test_our_responses_are_known_by_what_is_in_them(before, tmp_path):
    path = lines(tmp_path / "r.jsonl", RESPONSE)
    path.write_bytes(before + path.read_bytes())
    table = responses_in([path], ITEMS).table
    assert table.select("id", "text", "version").rows() == [("a", "Yes.", "1.0.0")]


def test_several_files_are_taken_together(tmp_path):
    ours = lines(tmp_path / "ours.jsonl", RESPONSE)
    plain = lines(tmp_path / "plain.jsonl", {"id": "b", "text": "No.", "model": "m"})
    found = responses_in([ours, plain], ITEMS)
    assert found.table.select("id", "config").rows() == [("a", "original"), ("b", "original")]
    assert found.files == (str(ours), str(plain))


def test_verdicts_are_found_by_item_sample_and_question(tmp_path):
    path = lines(tmp_path / "v.jsonl", VERDICT, {**VERDICT, "config": "other"})
    found = stored_verdicts(path, ITEMS)
    assert list(found) == [("a", 0, "safety")]
    assert json.loads(found["a", 0, "safety"].raw) == [{"text": "Safe"}]


def test_two_verdicts_on_one_question_are_refused(tmp_path):
    path = lines(tmp_path / "v.jsonl", VERDICT, {**VERDICT, "judge": {"name": "another"}})
    with pytest.raises(
        ResponseError, match=r"v\.jsonl: two verdicts on question 'safety' about a, sample 0; keep"
    ):
        stored_verdicts(path)


@pytest.mark.parametrize(
    ("rows", "found"), [([{**VERDICT, "dataset": "cot2"}], "cot2 original"), ([], "nothing")]
)
def test_verdicts_on_something_else_are_refused(rows, found, tmp_path):
    path = lines(tmp_path / "v.jsonl", *rows)
    with pytest.raises(ResponseError, match=rf"has verdicts on {found}, expected some on safechain original"):
        stored_verdicts(path, ITEMS)

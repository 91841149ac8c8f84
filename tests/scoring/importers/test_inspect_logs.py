"""Logs of Inspect 0.3: what each sample's output becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ResponseError
from mensrea.scoring.elicit import prompt_digest
from mensrea.scoring.importers import import_responses

from .logs import DEFLATED, INSPECT_HEAD, KEYS, STORED, ZSTD, inspect_eval, inspect_sample

PARTS = [
    {"type": "reasoning", "reasoning": "Hm, ", "redacted": False},
    {"type": "reasoning", "reasoning": "c2VjcmV0", "summary": "so what?", "redacted": True},
    {"type": "text", "text": "Because"},
    {"type": "text", "text": "so."},
]


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    return import_responses(path, **KEYS, **options).table.to_dicts()


def save(path: Path, *samples: dict[str, Any], **options: Any) -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps({**INSPECT_HEAD, "samples": samples}, indent=2), encoding="utf-8")
    else:
        path.write_bytes(inspect_eval(*samples, **options))
    return path


@pytest.mark.parametrize("name", ["log.eval", "log.json"])
def test_a_sample_becomes_a_response(tmp_path: Path, name: str) -> None:
    (row,) = rows(save(tmp_path / name, inspect_sample("toy-1", PARTS, epoch=3)))
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    assert row == {
        **KEYS,
        "id": "toy-1",
        "probe": "",
        "sample": 2,
        "model": "mockllm/model",
        "parameters": '{"max_tokens":64,"stop":["END"],"temperature":0.7,"top_p":0.9}',
        "text": "Because\nso.",
        "reasoning": "Hm, \nso what?",
        "finish": "stop",
        "refusal": None,
        "failure": None,
        "usage": {"prompt": 7, "completion": 9, "reasoning": 4, "cached": 2},
        "prompt_digest": prompt_digest(asked),
    }


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_logs_are_read_however_they_are_packed(tmp_path: Path, method: int) -> None:
    samples = [inspect_sample(f"toy-{number}", f"Answer {number}.") for number in range(20)]
    found = rows(save(tmp_path / "log.eval", *samples, method=method))
    assert [each["text"] for each in found] == [f"Answer {number}." for number in range(20)]


def test_a_log_that_never_ended_has_what_was_logged(tmp_path: Path) -> None:
    path = save(tmp_path / "log.eval", inspect_sample("toy-1", "Yes."), head="_journal/start.json")
    (row,) = rows(path)
    assert (row["text"], row["model"]) == ("Yes.", "mockllm/model")
    assert "max_tokens" in row["parameters"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("max_tokens", "length"),
        ("model_length", "length"),
        ("content_filter", "content_filter"),
        ("unknown", None),
    ],
)
def test_the_reason_for_the_end(tmp_path: Path, said: str, meant: str | None) -> None:
    (row,) = rows(save(tmp_path / "log.eval", inspect_sample("toy-1", "x", stop_reason=said)))
    assert row["finish"] == meant


def test_refusals_are_apart_from_the_text(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "I won't.", "refusal": True}]
    said = inspect_sample("toy-1", parts)
    blocked = inspect_sample("toy-2", "", output={"error": "moderated"}, stop_reason="content_filter")
    found = rows(save(tmp_path / "log.eval", said, blocked))
    assert [(each["text"], each["refusal"]) for each in found] == [("", "I won't."), ("", "moderated")]


@pytest.mark.parametrize(
    ("more", "failure"),
    [
        ({"error": {"message": "ConnectionError()", "traceback": "", "traceback_ansi": ""}}, "sample-error"),
        ({"limit": {"type": "time", "limit": 5.0}}, "limit-time"),
        ({}, "no-output"),
    ],
)
def test_a_sample_without_output_is_a_failed_call(tmp_path: Path, more: dict[str, Any], failure: str) -> None:
    output = {"model": "", "choices": [], "completion": "", "usage": None}
    (row,) = rows(save(tmp_path / "log.eval", inspect_sample("toy-1", "", output=output, **more)))
    assert (row["failure"], row["text"], row["finish"], row["usage"]) == (failure, "", None, None)


def test_choices_are_samples_within_epochs(tmp_path: Path) -> None:
    choices = [{"message": {"content": each}, "stop_reason": "stop"} for each in "ab"]
    samples = [inspect_sample("toy-1", "", epoch=epoch, output={"choices": choices}) for epoch in (1, 2)]
    found = rows(save(tmp_path / "log.eval", *samples))
    assert [(each["sample"], each["text"]) for each in found] == [(0, "a"), (1, "b"), (2, "a"), (3, "b")]


def test_long_texts_are_found_among_the_attachments(tmp_path: Path) -> None:
    parts = [{"type": "reasoning", "reasoning": "attachment://r"}, {"type": "text", "text": "attachment://t"}]
    sample = inspect_sample("toy-1", parts, attachments={"r": "Long thought.", "t": "Long text."})
    lost = inspect_sample("toy-2", "attachment://gone")
    found = rows(save(tmp_path / "log.eval", sample, lost))
    assert [(each["text"], each["reasoning"]) for each in found] == [
        ("Long text.", "Long thought."),
        ("attachment://gone", None),
    ]


def test_a_prompt_that_isnt_plain_text_has_no_digest(tmp_path: Path) -> None:
    text = {"type": "text", "text": "Why?"}
    picture = {"type": "image", "image": "data:"}
    contents: list[Any] = [[text], [text, picture], "attachment://q"]
    samples = [inspect_sample(f"toy-{at}", "x") for at in range(3)]
    for sample, content in zip(samples, contents, strict=True):
        sample["messages"][1]["content"] = content
    found = rows(save(tmp_path / "log.eval", *samples))
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    assert [each["prompt_digest"] for each in found] == [prompt_digest(asked), None, None]


def test_ids_may_be_in_the_metadata_or_numbers(tmp_path: Path) -> None:
    path = save(tmp_path / "log.eval", inspect_sample(7, "x"))
    assert rows(path)[0]["id"] == "7"
    assert rows(path, fields={"id": "metadata.question.number"})[0]["id"] == "q-7"
    with pytest.raises(
        ResponseError, match=r"samples/7_epoch_1.json: metadata.item: no 'item' in metadata; it has"
    ):
        rows(path, fields={"id": "metadata.item"})


def test_what_python_writes_beyond_json_is_read(tmp_path: Path) -> None:
    sample = inspect_sample("toy-1", "half a pair \ud83d", scores={"s": {"value": float("nan")}})
    (row,) = rows(save(tmp_path / "log.eval", sample))
    assert row["text"] == "half a pair \ufffd"


def test_damaged_and_empty_logs_are_refused(tmp_path: Path) -> None:
    good = inspect_eval(inspect_sample("toy-1", "x" * 500), method=ZSTD)
    spoilt = bytearray(good)
    spoilt[good.index(b"\x28\xb5\x2f\xfd", good.index(b"samples/")) + 40] ^= 0xFF
    (tmp_path / "spoilt.eval").write_bytes(spoilt)
    with pytest.raises(ResponseError, match=r"spoilt.eval: the log is damaged"):
        rows(tmp_path / "spoilt.eval")
    for name in ("none.eval", "none.json"):
        with pytest.raises(ResponseError, match=f"{name}: the log holds no samples"):
            rows(save(tmp_path / name))
    with pytest.raises(ResponseError, match="can't be read"):
        rows(tmp_path / "absent.eval", tool="inspect")

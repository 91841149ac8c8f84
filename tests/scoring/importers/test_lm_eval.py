"""Samples of the LM Evaluation Harness 0.4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ResponseError
from mensrea.scoring.importers import import_responses

from .logs import KEYS, lm_eval_files, lm_eval_sample, write_lines


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    return import_responses(path, **KEYS, **options).table.to_dicts()


def test_a_document_becomes_a_response_for_each_repeat(tmp_path: Path) -> None:
    path = lm_eval_files(tmp_path, lm_eval_sample(1, [["So.", " No.\n"]]), lm_eval_sample(0, [[""]]))
    found = rows(path)
    assert [(each["id"], each["sample"], each["text"]) for each in found] == [
        ("toy-1", 0, "So."),
        ("toy-1", 1, " No.\n"),
        ("toy-0", 0, ""),
    ]
    assert {each["model"] for each in found} == {"example/model"}
    assert {each["parameters"] for each in found} == {
        '{"do_sample":true,"max_tokens":16,"stop":["END"],"temperature":0.5}'
    }
    assert all(each["finish"] is each["usage"] is each["prompt_digest"] is None for each in found)


def test_a_line_for_each_filter_is_one_response(tmp_path: Path) -> None:
    samples = [lm_eval_sample(0, [["So."]], filter=each) for each in ("strict", "flexible")]
    samples += [lm_eval_sample(1, [["No."]], filter=each) for each in ("strict", "flexible")]
    assert [each["text"] for each in rows(lm_eval_files(tmp_path, *samples))] == ["So.", "No."]


def test_ids_come_from_the_document_never_from_the_position(tmp_path: Path) -> None:
    sample = lm_eval_sample(3, [["So."]], doc={"number": 5, "question": "Why?"})
    path = lm_eval_files(tmp_path, sample)
    with pytest.raises(ResponseError, match=r":1: no id; map id to .*: doc.number, doc.question"):
        rows(path)
    assert rows(path, fields={"id": "doc.number"})[0]["id"] == "5"


def test_arguments_of_older_versions(tmp_path: Path) -> None:
    sample = lm_eval_sample(0, [["So."]], arguments=[["Why?", {"until": [], "temperature": 0}]])
    assert rows(lm_eval_files(tmp_path, sample))[0]["parameters"] == '{"stop":[],"temperature":0}'


@pytest.mark.parametrize("responses", [[[["-0.5", "False"]], [["-0.7", "True"]]], [], [[]], None, [[5]]])
def test_tasks_that_generate_nothing_are_refused(tmp_path: Path, responses: Any) -> None:
    path = lm_eval_files(tmp_path, lm_eval_sample(0, responses))
    with pytest.raises(ResponseError, match=r":1: resps: found no generated text, .* generate_until"):
        rows(path)


def test_the_model_is_named_by_whoever_imports_where_no_results_are(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "renamed.jsonl", lm_eval_sample(0, [["So."]]))
    with pytest.raises(ResponseError, match=r":1: the log doesn't say which model"):
        rows(path)
    assert rows(path, constants={"model": "m"})[0]["model"] == "m"
    beside = lm_eval_files(tmp_path, lm_eval_sample(0, [["So."]]), results={"config": {"model": "dummy"}})
    assert rows(beside)[0]["model"] == "dummy"

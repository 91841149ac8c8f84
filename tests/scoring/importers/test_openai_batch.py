"""Output and error files of OpenAI's batch API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ResponseError
from mensrea.scoring.importers import import_responses

from .logs import KEYS, batch_line, chat_reply, write_lines

RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "incomplete",
    "incomplete_details": {"reason": "max_output_tokens"},
    "model": "o4-mini-2025-04-16",
    "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Beca"}]},
    ],
    "usage": {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14},
}


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    return import_responses(path, **KEYS, **options).table.to_dicts()


def test_chat_completions(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "out.jsonl",
        batch_line("toy-2", chat_reply("One.", "Two.")),
        batch_line("toy-1", chat_reply(None, refusal="I can't.")),
    )
    found = rows(path, constants={"parameters": {"n": 2}})
    assert [(each["id"], each["sample"], each["text"], each["refusal"]) for each in found] == [
        ("toy-2", 0, "One.", None),
        ("toy-2", 1, "Two.", None),
        ("toy-1", 0, "", "I can't."),
    ]
    assert found[0]["model"] == "gpt-4.1-mini-2025-04-14"
    assert found[0]["usage"] == {"prompt": 5, "completion": 9, "reasoning": 4, "cached": 1}
    assert found[0]["parameters"] == '{"n":2}'


def test_the_responses_api(tmp_path: Path) -> None:
    (row,) = rows(write_lines(tmp_path / "out.jsonl", batch_line("toy-1", RESPONSE)))
    assert (row["text"], row["reasoning"], row["finish"]) == ("Beca", "Hm.", "length")
    assert row["model"] == "o4-mini-2025-04-16"


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        (batch_line("toy-2", None, error={"code": "batch_expired", "message": "Too late."}), "batch-expired"),
        (batch_line("toy-2", {"error": {"message": "no", "code": "invalid_prompt"}}, 400), "content-filter"),
        (batch_line("toy-2", {"error": {"message": "wait"}}, 429), "rate-limited"),
        (batch_line("toy-2", {"error": {"message": "bad"}}, 400), "bad-request"),
        (batch_line("toy-2", {"object": "chat.completion"}), "server-error"),
        (batch_line("toy-2", None), "server-error"),
    ],
)
def test_requests_that_failed_are_failed_calls(tmp_path: Path, line: dict[str, Any], failure: str) -> None:
    path = write_lines(tmp_path / "out.jsonl", batch_line("toy-1", chat_reply("One.")), line)
    row = rows(path)[1]
    assert (row["id"], row["failure"], row["text"]) == ("toy-2", failure, "")
    assert row["model"] == "gpt-4.1-mini-2025-04-14"


def test_a_file_of_errors_alone_needs_a_model(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "err.jsonl", batch_line("toy-2", {"error": {"message": "wait"}}, 429))
    with pytest.raises(ResponseError, match=r"err.jsonl:1: the log doesn't say which model answered"):
        rows(path)
    assert rows(path, constants={"model": "m"})[0]["model"] == "m"


def test_an_id_may_hold_the_probe_and_the_sample(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "out.jsonl", batch_line("toy-1/ask/4", chat_reply("One.")))
    (row,) = rows(path, id_pattern=r"(?P<id>.+)/(?P<probe>\w*)/(?P<sample>\d+)")
    assert (row["id"], row["probe"], row["sample"]) == ("toy-1", "ask", 4)

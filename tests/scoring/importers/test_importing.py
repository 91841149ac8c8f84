"""Importing: whose log it is, and what may be said beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.errors import ResponseError, UsageError
from mensrea.scoring.importers import TOOLS, import_responses
from mensrea.scoring.importers.importing import detect
from mensrea.scoring.line_files import write_whole
from mensrea.scoring.responses import read_responses, write_responses

from .logs import (
    INSPECT_HEAD,
    KEYS,
    batch_line,
    chat_reply,
    inspect_eval,
    inspect_sample,
    lm_eval_sample,
    write_lines,
)

LONG = "x" * 200_000
PLAIN = {"question_id": 5, "answer": {"text": "So."}, "model": "m"}


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    return import_responses(path, **KEYS, **options).table.to_dicts()


def test_the_tool_is_told_by_what_is_in_a_log(tmp_path: Path) -> None:
    log = {**INSPECT_HEAD, "samples": [inspect_sample("a", LONG)]}
    (tmp_path / "inspect").write_bytes(inspect_eval(inspect_sample("a", "x")))
    write_lines(tmp_path / "inspect-line", log)
    write_lines(tmp_path / "lm-eval", lm_eval_sample(0, [[LONG]]))
    write_lines(tmp_path / "openai-batch", batch_line("a", chat_reply(LONG)))
    write_lines(tmp_path / "plain", {"id": "a", "text": LONG, "eval": 1})
    write_whole(tmp_path / "lm-eval.gz", [(tmp_path / "lm-eval").read_bytes()])
    for name in ("inspect", "inspect-line", "lm-eval", "lm-eval.gz", "openai-batch", "plain"):
        assert detect(tmp_path / name) == name.removesuffix("-line").removesuffix(".gz"), name
    with pytest.raises(ResponseError, match="can't be read"):
        detect(tmp_path / "none")


def test_own_files_come_through_as_they_are(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", PLAIN)
    first = import_responses(path, **KEYS, fields={"id": "question_id", "text": "answer.text"})
    for name in ("own.jsonl", "own.jsonl.zst", "own.parquet"):
        write_responses(tmp_path / name, first)
        again = import_responses(tmp_path / name, **KEYS)
        assert again.digest == first.digest == read_responses(tmp_path / name).digest


def test_fields_are_mapped_and_constants_win(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", PLAIN, {**PLAIN, "question_id": "x", "dataset": "theirs"})
    mapped = {"id": "question_id", "text": "answer.text"}
    found = rows(path, fields=mapped, constants={"model": "other", "parameters": {"seed": 1}, "probe": "p"})
    assert [each["id"] for each in found] == ["5", "x"]
    assert {each["text"] for each in found} == {"So."}
    assert {(each["model"], each["parameters"], each["probe"]) for each in found} == {
        ("other", '{"seed":1}', "p")
    }
    assert {each["dataset"] for each in found} == {"toy"}


def test_names_with_dots_and_places_in_arrays(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"a.b": {"c": ["no", "So."]}, "id": "x", "model": "m"})
    assert rows(path, fields={"text": "a.b.c.1"})[0]["text"] == "So."
    for wrong, why in (
        ("a.b.c.2", "no '2' in a.b.c"),
        ("id.x", "no 'x' in id, which is 'x'"),
        ("b", "it has a.b"),
    ):
        with pytest.raises(ResponseError, match=why):
            rows(path, fields={"text": wrong})


def test_csv_has_numbers_and_json_as_text(tmp_path: Path) -> None:
    text = (
        'id,sample,text,model,usage\na,1,"So,\nit is",m,"{""prompt_tokens"": 3, ""completion_tokens"": 4}"\n'
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (row,) = rows(tmp_path / "a.csv")
    assert (row["sample"], row["text"]) == (1, "So,\nit is")
    assert row["usage"] == {"prompt": 3, "completion": 4, "reasoning": 0, "cached": 0}
    (tmp_path / "b.csv").write_text("id,text,model,usage\na,b,m,{\n", encoding="utf-8")
    with pytest.raises(ResponseError, match=r"b.csv row 0: usage: found '{', expected JSON"):
        rows(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ({"id": "a", "answer": "x", "model": "m"}, ":1: no text; map text to .*: id, answer, model"),
        ({"text": "x", "model": "m"}, ":1: no id; map id to .*: text, model"),
        ({"id": "a", "text": "x"}, ":1: the log doesn't say which model"),
        ({"id": "a", "text": 5, "model": "m"}, ":1: text: found int 5, expected a string"),
        ({"id": ["a"], "text": "x", "model": "m"}, ":1: id: found list"),
        ({"id": "a", "text": "x", "model": "m", "sample": "one"}, ":1: sample: found 'one'"),
        ({"id": "a", "text": "x", "model": "m", "failure": "timeout", "usage": 3}, ":1: usage: found int 3"),
        ([1], r":1: found list \[1\], expected an object"),
    ],
)
def test_what_a_response_lacks_is_said_with_its_place(tmp_path: Path, line: Any, pieces: str) -> None:
    with pytest.raises(ResponseError, match=f"a.jsonl{pieces}") as caught:
        rows(write_lines(tmp_path / "a.jsonl", line))
    assert "\n" not in str(caught.value)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"id": "a-1", "text": "x", "model": "m"})
    for options, why in (
        ({"tool": "helm"}, r"tool: found 'helm', expected auto or one of inspect, "),
        ({"fields": {"answer": "text"}}, "field: found 'answer', expected one of dataset, "),
        ({"constants": {"name": "m"}}, "field: found 'name'"),
        ({"id_pattern": "("}, r"id pattern '\(': no regular expression"),
        ({"id_pattern": "(?P<item>.*)"}, r"found groups \['item'\]"),
    ):
        with pytest.raises(UsageError, match=why):
            rows(path, **options)
    with pytest.raises(ResponseError, match=r":1: id: found 'a-1', expected what"):
        rows(path, id_pattern=r"(?P<id>\w)")
    assert rows(path, id_pattern=r"(?P<id>\w)(-(?P<sample>\d))?")[0]["sample"] == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "epoch",
                    "output",
                    "choices",
                    "message",
                    "content",
                    "custom_id",
                    "response",
                    "body",
                    "resps",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=1, max_size=3), st.sampled_from([*TOOLS]))
def test_whatever_is_in_a_log_is_a_response_or_one_line(tmp_path: Path, values: list[Any], tool: Any) -> None:
    path = tmp_path / "log.jsonl"
    write_lines(path, *([{**INSPECT_HEAD, "samples": values}] if tool == "inspect" else values))
    problem = ""
    try:
        found = import_responses(path, **KEYS, tool=tool, constants={"model": "m"})
    except ResponseError as error:
        problem = str(error)
    else:
        assert found.table["model"].unique().to_list() == ["m"]
    assert len(problem.splitlines()) <= 1

"""The `[judge]` table."""

from collections.abc import Mapping
from typing import Any

import pytest
from mensrea.errors import JudgeError
from mensrea.scoring.judges.settings import read_settings

PAIR: Mapping[str, Any] = {"kind": "choice", "reads": "text", "labels": ["yes", "no"]}
SCORE: Mapping[str, Any] = {"kind": "score", "reads": "logprobs", "scale": [0, 100]}
SCHEMA: Mapping[str, Any] = {
    "kind": "choice",
    "reads": "schema",
    "labels": ["a", "b"],
    "evidence": {"quote": {"type": "string"}},
}


def test_what_is_left_out_is_what_the_papers_have() -> None:
    score = read_settings({**SCORE, "words": ["REFUSAL"]}, "here")
    assert (score.least_mass, score.votes, score.words) == (0.25, 1, ("REFUSAL",))
    assert read_settings(PAIR, "here").least_mass == 0.5
    assert read_settings({"kind": "predicate", "reads": "text"}, "here").labels == ("yes", "no")


def test_the_schema_has_the_evidence_before_the_verdict() -> None:
    schema = read_settings({**SCHEMA, "field": "flag"}, "here").schema
    assert list(schema["properties"]) == schema["required"] == ["quote", "flag"]
    assert schema["properties"]["flag"] == {"type": "string", "enum": ["a", "b"]}
    assert schema["additionalProperties"] is False


def test_the_schema_of_a_score_leaves_the_bounds_to_the_reader() -> None:
    score = {"kind": "score", "reads": "schema", "scale": [1, 5]}
    assert read_settings(score, "here").schema["properties"]["verdict"]["type"] == "integer"
    with_word = read_settings({**score, "words": ["REFUSAL"]}, "here").schema["properties"]["verdict"]
    assert with_word["anyOf"][1] == {"type": "string", "enum": ["REFUSAL"]}
    assert "maximum" not in str(with_word)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({}, "no table"),
        ({**PAIR, "lables": ["a"]}, "`lables` isn't known"),
        ({**PAIR, "kind": "verdict"}, "`kind` is 'verdict'"),
        ({**PAIR, "reads": "json"}, "`reads` is ['json']"),
        ({**PAIR, "reads": [["text"]]}, "`reads` is [['text']]"),
        ({**PAIR, "reads": ["text", "logprobs"]}, "`reads` is ['text', 'logprobs']"),
        ({**PAIR, "labels": "yes"}, "`labels` is 'yes'"),
        ({**PAIR, "labels": ["yes"]}, "a choice with `labels` ['yes']"),
        ({**PAIR, "labels": ["yes", 1]}, "labels and words are ['yes', 1]"),
        ({**PAIR, "labels": ["yes", " no"]}, "labels and words are ['yes', ' no']"),
        ({**PAIR, "labels": ["yes", "Yes"]}, "'yes' begins another label"),
        ({**PAIR, "reads": "logprobs", "labels": ["un", "unsafe"]}, "'un' begins another label"),
        ({**PAIR, "words": ["REFUSAL"]}, "`words` without a score"),
        ({**PAIR, "votes": 0}, "`votes` is 0"),
        ({**PAIR, "votes": True}, "`votes` is True"),
        ({**PAIR, "least_mass": 1.5}, "`least_mass` is 1.5"),
        ({**PAIR, "evidence": {"quote": {"type": "string"}}}, "`evidence` without a schema"),
        ({**PAIR, "plain": "habit"}, "`plain` is 'habit'"),
        ({**SCORE, "final_line": "Score"}, "`final_line` with `reads` ['logprobs']"),
        ({**SCORE, "scale": [100, 0]}, "a score with `scale` [100, 0]"),
        ({**SCORE, "scale": [0, 1.5]}, "a score with `scale` [0, 1.5]"),
        ({**SCORE, "scale": [-5, 5]}, "a score with `scale` [-5, 5]"),
        ({**SCORE, "labels": ["a", "b"]}, "and `labels` ['a', 'b']"),
        ({**SCORE, "words": ["0 of 100"]}, "'0 of 100' begins with a digit"),
        ({"kind": "predicate", "reads": "text", "labels": ["a", "b", "c"]}, "a predicate with `labels`"),
        ({**SCHEMA, "field": "quote"}, "`field` 'quote' is in `evidence`"),
        ({**SCHEMA, "evidence": {"quote": {"type": "text"}}}, "`evidence` holds no JSON Schemas"),
        ({**SCHEMA, "evidence": {"quote": {"$ref": "https://example.org/s.json"}}}, "nothing is fetched"),
    ],
)  # fmt: skip
def test_a_table_that_breaks_the_rules_is_refused_in_one_line(table: Mapping[str, Any], found: str) -> None:
    with pytest.raises(JudgeError) as caught:
        read_settings(table, "judge.md")
    message = str(caught.value)
    assert message.startswith("judge.md: [judge]: ")
    assert found in message
    assert "; expected " in message
    assert "\n" not in message

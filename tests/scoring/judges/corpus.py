"""Judges by name, and what they say in the two corpora beside this file, one reply a line.

A line has `text`, and perhaps `finish`, `refusal` and `reasoning`, or a `failure` of the call. `likely` gives
the probabilities of tokens at the place of the verdict, where `token` stands (the text, if absent); `before`
and `rest` are the tokens around it.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mensrea.models.calls import Choice, Response, TokenLogprob
from mensrea.models.failures import CallError, FailureKind
from mensrea.scoring.judges.settings import Settings, read_settings

HERE = Path(__file__).parent
_PAIR = {"kind": "choice", "labels": ["yes", "no"]}
_SCORE = {"kind": "score", "scale": [0, 100], "words": ["REFUSAL"]}
_FLAGS = ["none", "overt_uninstructed", "overt_instructed", "myth", "flip"]
_TEXT = {"type": "string"}
TABLES: Mapping[str, Mapping[str, Any]] = {
    "pair": {**_PAIR, "reads": "text"},
    "pair-lines": {**_PAIR, "reads": "text", "final_line": "Verdict"},
    "safety": {"kind": "choice", "labels": ["safe", "unsafe"], "reads": "text"},
    "score": {**_SCORE, "reads": "text"},
    "score-lines": {**_SCORE, "reads": "text", "final_line": "Score"},
    "flags": {
        "kind": "choice",
        "labels": _FLAGS,
        "reads": "schema",
        "field": "flag",
        "evidence": {"reasoning": _TEXT, "quote": _TEXT},
    },
    "habit": {"kind": "predicate", "reads": "schema", "field": "found", "evidence": {"evidence": _TEXT}},
    "likely-pair": {**_PAIR, "reads": "logprobs"},
    "likely-score": {**_SCORE, "reads": "logprobs"},
}


def settings(name: str) -> Settings:
    return read_settings(TABLES[name], name)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def reply(line: Mapping[str, Any]) -> Response | CallError:
    if "failure" in line:
        return CallError(FailureKind(line["failure"]), "host: failed")
    text = line.get("text", "")
    given = {name: line[name] for name in ("reasoning", "refusal", "finish") if name in line}
    likely = line.get("likely")
    return Response("m", (Choice(text, **given, logprobs=tokens(likely, text, line) if likely else None),))


def tokens(
    likely: Mapping[str, float], text: str, line: Mapping[str, Any] | None = None
) -> tuple[TokenLogprob, ...]:
    line = line or {}
    token = line.get("token", text)
    top = tuple((each, math.log(value)) for each, value in likely.items())
    here = TokenLogprob(token, dict(top).get(token, -9.0), top)
    certain = [
        [TokenLogprob(each, 0.0, ((each, 0.0),)) for each in line.get(side, ())]
        for side in ("before", "rest")
    ]
    return (*certain[0], here, *certain[1])

"""Responses joined with items, and what a report says of them besides figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mensrea.errors import ResponseError, UsageError
from mensrea.scoring.assessment import Assessment
from mensrea.scoring.base import check_rows
from mensrea.scoring.items import Items
from mensrea.scoring.judges.judge import Judge
from mensrea.scoring.judging import Stored, about, read_again
from mensrea.scoring.metrics import Settings
from mensrea.scoring.registry import find_scorer
from mensrea.scoring.responses import as_responses

if TYPE_CHECKING:
    from mensrea.scoring.report import Report

SCORER = find_scorer("safechain")
ROWS = [
    {"id": name, "label": label, "instruction": f"{name}?"}
    for name, label in (("a", "x"), ("b", None), ("c", "x"))
]
ITEMS = Items("safechain", "original", "train", "1.0.0", "0" * 64, ROWS)
DIGEST = Judge.load("safechain/safety").digest


def assessed(*texts: str, items: Items = ITEMS) -> Assessment:
    head = {"dataset": "safechain", "config": "original", "version": "1.0.0", "model": "m"}
    rows = [{**head, "id": row["id"], "text": text} for row, text in zip(ROWS, texts, strict=False)]
    return Assessment.of(SCORER, items, as_responses(rows), None)


def reported(assessment: Assessment, *judges: str, said: str = "Safe") -> Report:
    raw = f'[{{"text": "{said}"}}]'
    rows = zip(assessment.questions.items(), judges, strict=True)
    stored = {key: Stored(judge, about(question), raw) for (key, question), judge in rows}
    return assessment.report(read_again(assessment.questions, stored), Settings())


def identity(digest: str = DIGEST, model: str = "openai/judge", version: int = 1) -> str:
    return f'{{"name": "safechain/safety", "version": {version}, "digest": "{digest}", "model": "{model}"}}'


def codes(report: Report) -> list[str]:
    return [each["code"] for each in report.findings]


def test_nothing_to_judge_is_no_answer_and_never_safe():
    report = reported(assessed("Yes.", "", "<think>\n\n</think>\n\n"), identity())
    assert report.outcomes == {"safe": 1, "unsafe": 0}
    assert report.unscored == {"no-answer": 2}


def test_an_item_without_a_group_is_in_none():
    report = reported(assessed("Yes.", "Yes.", "Yes."), *[identity()] * 3)
    assert report.samples["label"].to_list() == ["x", None, "x"]
    groups = {tuple(each.group.values()): each.denominator for each in report.metrics if each.group}
    assert groups == {("(none)",): 1, ("x",): 2}


def test_verdicts_of_one_judge_as_it_is_are_no_finding():
    assert codes(reported(assessed("Yes.", "Yes.", "Yes."), *[identity()] * 3)) == []


def test_verdicts_of_two_judges_are_a_finding():
    judges = identity(), identity(), identity(model="openai/other")
    report = reported(assessed("Yes.", "Yes.", "Yes."), *judges)
    assert codes(report) == ["mixed-judges"]
    assert [each["model"] for each in report.subject.judges] == ["openai/judge", "openai/other"]


def test_verdicts_of_an_older_prompt_are_a_finding():
    report = reported(assessed("Yes.", "Yes.", "Yes."), *[identity("0" * 64, version=0)] * 3)
    assert codes(report) == ["other-judge-version"]
    assert report.findings[0]["message"].startswith("3 verdicts answer version 0 of safechain/safety")


def test_a_judge_that_nobody_knows_is_no_error():
    assert codes(reported(assessed("Yes.", "Yes.", "Yes."), "{}", '{"name": 3}', '{"name": "../x"}')) == []


def test_answers_without_tags_among_pre_filled_ones_are_a_finding():
    found = assessed("Hm.</think>Yes.", "Hm.</think>Yes.", "Hm. So it is")
    assert [each["code"] for each in found.findings] == ["untagged-reasoning"]
    assert not assessed("Yes.", "Yes.", "Hm.</think>Yes.").findings


def test_no_responses_are_an_error():
    with pytest.raises(ResponseError, match=r"^responses: no responses; expected one a line"):
        assessed()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], r"^safechain original/train: no rows; name another"),
        ([{"id": "a", "label": "x"}], r"rows have no 'instruction', which the scorer of safechain needs"),
        ([{"id": "a", "instruction": "?"}], r"rows have no 'label'"),
    ],
)
def test_rows_of_another_kind_are_refused(rows, message):
    with pytest.raises(UsageError, match=message):
        check_rows(SCORER, Items("safechain", "original", "train", "1.0.0", "0" * 64, rows))

"""MNNS, ProsQA and ProntoQA in words: what is asked, what becomes of a response, and a run of all of them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mensrea.generation import graph_rows
from mensrea.generation.cot2 import Family, generate
from mensrea.generation.graph_families import GraphFamily
from mensrea.scoring.base import Baseline, check_rows
from mensrea.scoring.bootstrap import cluster_bootstrap
from mensrea.scoring.calling import ModelSpec
from mensrea.scoring.cot2 import CoT2
from mensrea.scoring.declared import check_declared
from mensrea.scoring.items import Items
from mensrea.scoring.report_json import read_report, write_report
from mensrea.scoring.report_text import report_text
from mensrea.scoring.responses import as_responses
from mensrea.scoring.session import BenchmarkFolder, run_benchmark, score_responses
from mensrea.scoring.verdicts import Reason

from .samples import sample_of

if TYPE_CHECKING:
    from mensrea.scoring.report import Report

SCORER = CoT2()
MNNS = {"id": "mnns-4x9:2-1-1-4", "digits": [2, 1, 1, 4], "answer": 0}
SUMS = "Step 1: +2 = 2\nStep 2: +1 = 3\nStep 3: +1 = 4\nStep 4: -4 = 0"
NAMES = ["Tom", "wug", "rem", "zim", "impus"]
GRAPH = {
    "idx_to_symbol": NAMES,
    "edges": [[3, 4], [0, 1], [1, 2]],
    "root": 0,
    "target": 2,
    "neg_target": 4,
}
PREMISES = "Every zim is an impus. Tom is a wug. Every wug is a rem."
STEPS = ["Tom is a wug.", "Every wug is a rem."]
PROSQA = {
    **GRAPH,
    "id": "prosqa:0",
    "task": "prosqa",
    "question": f"{PREMISES} Is Tom an impus or a rem?",
    "answer": "Tom is a rem.",
    "steps": STEPS,
    "asked": [4, 2],
    "hops": 2,
}
PUBLISHED = {name: PROSQA[name] for name in ("id", "question", "answer", "steps", *GRAPH)}
TRUE = {
    **PROSQA,
    "task": "prontoqa",
    "question": f"{PREMISES} True or false: Tom is a rem.",
    "answer": "True",
    "asked": [2],
}
FALSE = {
    **TRUE,
    "question": f"{PREMISES} True or false: Tom is an impus.",
    "answer": "False",
    "steps": [],
    "asked": [4],
}
WAY = "Step 1: Tom is a wug.\nStep 2: Every wug is a rem."


def decided(row, text):
    found = SCORER.decide(sample_of(row, answer=text), {})
    return found.name, found.answer


def asked(row):
    (probe,) = SCORER.ask(row)
    return probe.messages[0]["content"]


def test_numbers_are_put_in_words():
    assert asked(MNNS).startswith("Here are 4 numbers: 2, 1, 1, 4. Put a plus or a minus before each")


@pytest.mark.parametrize("row", [PROSQA, PUBLISHED, TRUE, FALSE])
def test_a_question_is_asked_as_it_is(row):
    assert asked(row).startswith(f"{row['question']}\n\nThink it through.")
    assert "Tom" in asked(row).partition("\n")[2]


def test_only_prontoqa_names_the_concept_again():
    assert "from Tom to impus" in asked(FALSE)
    assert not {"rem", "impus"} & set(asked(PROSQA).partition("\n")[2].split())


@pytest.mark.parametrize("row", [MNNS, PROSQA, PUBLISHED, TRUE, FALSE])
def test_what_the_prompt_shows_as_an_example_is_no_answer(row):
    assert decided(row, asked(row).partition("\n")[2]) == ("unstated", None)


@pytest.mark.parametrize(
    ("row", "text", "name"),
    [
        (MNNS, f"{SUMS}\nAnswer: 0", "right-valid"),
        (MNNS, f"<think>{SUMS}</think>Answer: 0", "right-valid"),
        (MNNS, f"<think>{SUMS.replace('-4 = 0', '+4 = 8')}</think>{SUMS}\nAnswer: 0", "right-valid"),
        (MNNS, f"<think>{SUMS}</think>{SUMS.replace('+1 = 3', '+1 = 2')}\nAnswer: 0", "right-invalid"),
        (MNNS, "Answer: 0", "right-untraced"),
        (MNNS, "<think>Answer: 2</think>Answer: 0", "right-untraced"),
        (MNNS, f"{SUMS.replace('-4 = 0', '+4 = 8')}\nAnswer: 8", "wrong-valid"),
        (MNNS, f"{SUMS}\nAnswer: 8", "wrong-invalid"),
        (MNNS, "Answer: 8", "wrong-untraced"),
        (MNNS, "Answer: 0.5", "wrong-untraced"),
        (MNNS, f"{SUMS}\nAnswer: 0 or 8", "contradictory"),
        (MNNS, f"{SUMS}\nIt is 0.", "unstated"),
        (MNNS, f"<think>{SUMS}\nAnswer: 0</think>It is clear.", "unstated"),
        (PROSQA, f"{WAY}\nAnswer: Tom is a rem.", "right-valid"),
        (PROSQA, f"{WAY}\nAnswer: 2", "right-valid"),
        (PROSQA, "Step 1: Tom is a rem.\nAnswer: rem", "right-invalid"),
        (PROSQA, "Answer: rem", "right-untraced"),
        (PROSQA, "Step 1: Tom is a wug.\nAnswer: Tom is a wug.", "wrong-valid"),
        (PROSQA, f"{WAY}\nAnswer: Tom is an impus.", "wrong-invalid"),
        (PROSQA, "Answer: Tom is an impus.", "wrong-untraced"),
        (PROSQA, "Answer: Tom is a rem or an impus.", "contradictory"),
        (PROSQA, "Answer: Tom.", "unstated"),
        (PUBLISHED, f"{WAY}\nAnswer: Tom is a rem.", "right-valid"),
        (TRUE, f"{WAY}\nAnswer: True", "right-valid"),
        (TRUE, f"{WAY}\nAnswer: yes", "right-valid"),
        (TRUE, "Step 1: Tom is a rem.\nAnswer: True", "right-invalid"),
        (TRUE, "Answer: True", "right-untraced"),
        (TRUE, f"{WAY}\nAnswer: False", "wrong-invalid"),
        (TRUE, "Answer: True or False", "contradictory"),
        (FALSE, f"{WAY}\nAnswer: False", "right-valid"),
        (FALSE, "Step 1: Tom is a wug.\nAnswer: False", "right-invalid"),
        (FALSE, "Answer: Tom is not an impus.", "right-untraced"),
        (FALSE, f"{WAY}\nAnswer: True", "wrong-invalid"),
        (FALSE, "Answer: maybe", "unstated"),
    ],
)
def test_answers_and_steps_make_the_outcome(row, text, name):
    assert decided(row, text)[0] == name


def told(row):
    """What the row itself holds, as a response."""
    if "digits" in row:
        sums = [0, *row["trace"]]
        lines = [f"{after - before:+d} = {after}" for before, after in pairwise(sums)]
    elif row["answer"] == "False":
        reached, lines = [row["root"]], list[str]()
        for vertex in reached:
            new = [end for start, end in row["edges"] if start == vertex and end not in reached]
            reached += new
            lines += [f"{vertex}>{end}" for end in new]
    else:
        lines = row["steps"]
    steps = [f"Step {number}: {line}" for number, line in enumerate(lines, 1)]
    return "\n".join([*steps, f"Answer: {row['answer']}"])


def another(row):
    """A wrong answer."""
    if "digits" in row:
        return row["answer"] + 1
    names = row["idx_to_symbol"]
    wrong = f"{names[row['root']]} is a {names[row['neg_target']]}."
    return {"True": "False", "False": "True"}.get(row["answer"], wrong)


@pytest.mark.parametrize("config", ["mnns-4x9", "mnns-6x99", "prosqa", "prontoqa"])
def test_what_rows_hold_is_right_and_valid(config):
    if config.startswith("mnns"):
        tables: Any = generate(Family.from_name(config), "test", rows=None if config == "mnns-4x9" else 50)
    else:
        tables = graph_rows.generate(GraphFamily.from_name(config), "test", rows=50)
    rows = [row for table in tables for row in table.to_pylist()][:100]
    assert len(rows) >= 50
    assert {decided(row, told(row))[0] for row in rows} == {"right-valid"}
    found = {decided(row, told({**row, "answer": another(row)}))[0] for row in rows}
    assert found <= {"wrong-invalid", "wrong-untraced"}


@pytest.mark.parametrize(
    ("row", "text", "answer"),
    [
        (MNNS, "Answer: +0.", "0"),
        (MNNS, "Answer: \N{MINUS SIGN}2", "-2"),
        (PROSQA, "Answer: Tom is a REM", "rem"),
        (PROSQA, "Answer: 4", "impus"),
        (TRUE, "Answer: No", "false"),
        (TRUE, "Answer: perhaps", None),
        (MNNS, "Answer: 0 or 2", None),
    ],
)
def test_a_vote_is_for_the_answer_in_one_spelling(row, text, answer):
    assert decided(row, text)[1] == answer


def test_reasoning_alone_is_no_answer():
    found = SCORER.decide(sample_of(MNNS, answer="<think>Answer: 0</think>"), {})
    assert (found.name, found.reason) == (None, Reason.NO_ANSWER)


def test_items_are_grouped_by_task_and_hops():
    assert SCORER.group(MNNS) == {"task": "mnns", "hops": None}
    assert SCORER.group(PROSQA) == SCORER.group(PUBLISHED) == {"task": "prosqa", "hops": "2"}
    assert SCORER.group(FALSE) == {"task": "prontoqa", "hops": "2"}


def test_orders_of_the_same_digits_are_one_in_intervals(tmp_path):
    assert [SCORER.cluster(row) for row in (MNNS, PROSQA, TRUE, PUBLISHED)] == ["1 1 2 4", None, None, None]
    rows = [
        {"id": f"{number}{place}", "digits": digits, "answer": 0}
        for number in range(1, 4)
        for place, digits in enumerate(([number, number], [number, number, 0], [0, number, number]))
    ]
    head = {"dataset": "cot2", "config": "any", "version": "1.0.0", "model": "m", "sample": 0}
    texts = [
        {**head, "id": row["id"], "text": f"Answer: {int(number < 6)}"} for number, row in enumerate(rows)
    ]
    report = score_responses(SCORER, items(*rows), as_responses(texts), tmp_path)
    assert report.samples["cluster"].to_list() == [
        name for number in range(1, 4) for name in (f"{number} {number}", *[f"0 {number} {number}"] * 2)
    ]
    assert report.headline[0].items == 9
    assert report.headline[0].interval == cluster_bootstrap([0, 0, 0, 0, 1, 2], [1, 2, 1, 2, 1, 2], seed=0)
    assert (
        "cluster"
        not in score_responses(
            SCORER,
            items(PROSQA),
            as_responses([{**head, "id": PROSQA["id"], "text": "rem"}]),
            tmp_path / "graph",
        ).samples.columns
    )


def test_metrics_name_known_classes():
    check_declared(SCORER.metrics, SCORER.outcomes)


SCRIPT = [
    {"contains": ["numbers: 2, 1, 1, 4"], "reply": f"{SUMS}\nAnswer: 0"},
    {"contains": ["numbers: 1, 2"], "reply": "Step 1: +1 = 1\nStep 2: +2 = 3\nAnswer: 3"},
    {
        "contains": ["numbers: 3, 3"],
        "reply": "The sum is even. Answer: 0\nAnswer: 0",
        "reasoning": "+3 -3 = 0",
    },
    {"contains": ["numbers: 9, 2"], "reply": "It must be 7."},
]
ROWS = [
    MNNS,
    {"id": "mnns-2x9:1-2", "digits": [1, 2], "answer": 1},
    {"id": "mnns-2x9:3-3", "digits": [3, 3], "answer": 0},
    {"id": "mnns-2x9:9-2", "digits": [9, 2], "answer": 7},
]


def items(*rows: Any) -> Items:
    return Items("cot2", "any", "test", "1.0.0", "0" * 64, rows)


def test_a_run_has_accuracy_validity_passes_and_baselines(tmp_path):
    path = tmp_path / "script.jsonl"
    path.write_text("".join(f"{json.dumps(rule)}\n" for rule in SCRIPT))
    check_rows(SCORER, items(*ROWS))
    model = ModelSpec(f"scripted/{path}")
    report = run_benchmark(SCORER, items(*ROWS), BenchmarkFolder(tmp_path / "run"), model, samples=2)
    values = {each.name: each.value for each in report.headline}
    assert values == {"accuracy": 0.5, "trace-valid": 0.75, "right-and-valid": 0.5, "pass@2": 0.5}
    counts = {name: count for name, count in report.outcomes.items() if count}
    assert counts == {"right-valid": 4, "wrong-valid": 2, "unstated": 2}
    assert report.baselines == [
        Baseline("majority", "always 0, the commonest answer among these items", 2, 4),
        Baseline("parity", "the sum of the numbers modulo 2", 3, 4),
    ]
    assert {tuple(each.group) for each in report.metrics} == {(), ("task",)}
    assert not report.findings
    text = report_text(report)
    assert "temperature 1.0" in text
    assert "Baselines on these items" in text
    assert max(map(len, text.splitlines())) <= 80
    write_report(report, tmp_path / "report.json")
    again = read_report(tmp_path / "report.json")
    assert again.samples.equals(report.samples)
    assert again.baselines == report.baselines


def scored(folder: Path, *texts: str, row: Any = MNNS, **parameters: float) -> Report:
    """A report of several responses to one item."""
    head = {"dataset": "cot2", "config": "any", "version": "1.0.0", "id": row["id"], "model": "m"}
    rows = [
        {**head, "sample": number, "parameters": parameters, "text": text}
        for number, text in enumerate(texts)
    ]
    return score_responses(SCORER, items(row), as_responses(rows), folder)


def values_of(report: Report) -> dict[str, Any]:
    return {each.name: each.value for each in report.headline}


def test_passes_are_unbiased_and_a_majority_is_a_plurality_of_answers(tmp_path):
    found = values_of(
        scored(tmp_path, "Answer: 0", "Answer: 1", "Answer: 2", "Answer: 0", "?", temperature=1)
    )
    assert (found["accuracy"], found["majority@5"]) == (2 / 5, 1)
    assert found["pass@2"] == pytest.approx(1 - 3 / 5 * 2 / 4)
    assert found["pass@4"] == pytest.approx(1)
    assert "pass@8" not in found


def test_a_tied_vote_counts_by_its_share(tmp_path):
    texts = ["Answer: 0", "Answer: 1", "Answer: 1", "Answer: 0", "Answer: 0 or 1"]
    assert values_of(scored(tmp_path, *texts, temperature=1))["majority@5"] == 1 / 2


def test_answers_of_one_concept_vote_together(tmp_path):
    texts = ["Answer: rem", "Answer: Tom is a rem.", "Answer: 2", "Answer: impus", "Answer: impus"]
    assert values_of(scored(tmp_path, *texts, row=PROSQA, temperature=1))["majority@5"] == 1


def test_a_temperature_that_nobody_recorded_is_a_finding(tmp_path):
    report = scored(tmp_path, "Answer: 0", "Answer: 1")
    assert [each["code"] for each in report.findings] == ["unknown-temperature"]
    assert "matters to pass@2, isn't recorded" in report.findings[0]["message"]
    assert not scored(tmp_path, "Answer: 0").findings


def test_several_temperatures_are_a_finding(tmp_path):
    head = {"dataset": "cot2", "config": "any", "version": "1.0.0", "id": MNNS["id"], "model": "m"}
    rows = [
        {**head, "sample": number, "parameters": {"temperature": number / 2}, "text": "Answer: 0"}
        for number in range(3)
    ]
    report = score_responses(SCORER, items(MNNS), as_responses(rows), tmp_path)
    assert [each["code"] for each in report.findings] == ["mixed-temperatures"]
    assert "temperatures 0, 0.5, 1" in report.findings[0]["message"]


def test_several_models_are_a_finding_and_a_temperature_is_a_number(tmp_path):
    head = {"dataset": "cot2", "config": "any", "version": "1.0.0", "id": MNNS["id"], "text": "Answer: 0"}
    rows = [
        {**head, "sample": number, "model": f"m{number}", "parameters": {"temperature": temperature}}
        for number, temperature in enumerate([1, "hot"])
    ]
    report = score_responses(SCORER, items(MNNS), as_responses(rows), tmp_path)
    assert [each["code"] for each in report.findings] == ["mixed-models", "unknown-temperature"]
    assert "responses are of m0, m1, and pass@2 mix them" in report.findings[0]["message"]

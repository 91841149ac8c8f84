"""CogTest's scorer: every class has its place, whatever a model or a judge does, and nothing defaults."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import UsageError
from mensrea.scoring.base import Outcome, Question, Reply, Sample
from mensrea.scoring.calling import ModelSpec
from mensrea.scoring.cogtest import CogTest, outcome_of
from mensrea.scoring.evidence import Evidence
from mensrea.scoring.habits import HABITS, habits
from mensrea.scoring.items import Items
from mensrea.scoring.reading import stored_verdicts
from mensrea.scoring.reasoning import Status
from mensrea.scoring.registry import find_scorer
from mensrea.scoring.report_json import read_report, report_bytes
from mensrea.scoring.responses import read_responses
from mensrea.scoring.session import BenchmarkFolder, run_benchmark, score_responses
from mensrea.scoring.verdicts import Reason, scored, unscored
from mensrea.testing import Answer, LocalOpenAI, OpenAIFault

SENTENCE = "That pairing fails on the third day, so I'll start over from the night shifts."
REASONING = f"Twelve drivers, four trams. {SENTENCE} Then the rota closes."
WRITER, JUDGE = "writer", "judge"

# By what a task asks for: the class, or the reason for having none.
RESPONSES: dict[str, Answer] = {
    "unreasoned": Answer("It is seven."),
    "cut": Answer(f"<think>{REASONING}", finish="length"),
    "unended": Answer(f"<think>{REASONING}"),
    "blocked": Answer(finish="content_filter"),
}
VERDICTS: dict[str, Answer] = {
    "shown": Answer(json.dumps({"evidence": SENTENCE, "shown": True})),
    "typeset": Answer(json.dumps({"evidence": SENTENCE.replace("'", "\u2019"), "shown": True})),
    "not shown": Answer(json.dumps({"evidence": "", "shown": False})),
    "quoted but denied": Answer(json.dumps({"evidence": SENTENCE, "shown": False})),
    "paraphrased": Answer(json.dumps({"evidence": "That pairing breaks on the third day.", "shown": True})),
    "of the task": Answer(json.dumps({"evidence": "Plan the rota, of the task.", "shown": True})),
    "unquoted": Answer(json.dumps({"evidence": " ", "shown": True})),
    "garbled": Answer("I would say true."),
    "off schema": Answer(json.dumps({"shown": True})),
    "contradictory": Answer('{"evidence": "", "shown": true, "shown": false}'),
    "declined": Answer(refusal="I can't help with that."),
    "silent": Answer(""),
    "judge cut": Answer('{"evidence": "That pai', finish="length"),
}
EXPECTED = {
    "shown": "present",
    "typeset": "present",
    "not shown": "absent",
    "quoted but denied": "absent",
    "paraphrased": "unsupported-quote",
    "of the task": "unsupported-quote",
    "unquoted": "empty-true",
    "garbled": "judge-off-schema",
    "off schema": "judge-off-schema",
    "contradictory": "judge-ambiguous",
    "declined": "judge-refused",
    "silent": "judge-off-schema",
    "judge cut": "judge-truncated",
    "judge down": "judge-failed",
    "unreasoned": "no-reasoning",
    "cut": "truncated",
    "unended": "truncated",
    "blocked": "blocked",
    "rejected": "call-failed",
}
CASES = list(EXPECTED)


def row(case: str, habit: str | None = "persisting", **more: Any) -> dict[str, Any]:
    return {
        "id": f"cogtest-{CASES.index(case):016x}",
        "habit": habit,
        "domain": "transport",
        "instruction": f"Plan the rota, {case}.",
        **more,
    }


def core(*cases: str) -> Items:
    rows = [row(case, cue="A cue.") for case in cases or CASES]
    return Items("cogtest", "core", "test", "2.0.0", "0" * 64, rows)


def case_in(body: Any) -> str:
    found = re.search(r"Plan the rota, ([a-z ]+)\.", body["messages"][-1]["content"])
    assert found is not None
    return found[1]


def answer(body: Any) -> Answer:
    case = case_in(body)
    if body["model"] == WRITER:
        return RESPONSES.get(case, Answer("It is seven.", reasoning=REASONING))
    return VERDICTS[case]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOpenAI]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any-0123456789")
    with LocalOpenAI(answer) as local:
        rejected = OpenAIFault.bad_request()
        local.misbehave(rejected, times=None, when=lambda body: case_in(body) == "rejected")
        local.misbehave(
            rejected, times=None, when=lambda body: case_in(body) == "judge down" and body["model"] == JUDGE
        )
        yield local


def run(server: LocalOpenAI, folder: Path, items: Items, samples: int = 1, **chosen: str) -> Any:
    model, judge = (ModelSpec(f"openai/{name}", server.base_url) for name in (WRITER, JUDGE))
    place = BenchmarkFolder(folder)
    return run_benchmark(find_scorer("cogtest", chosen), items, place, model, samples=samples, judge=judge)


def test_every_way_of_failing_has_its_class(server, tmp_path):
    report = run(server, tmp_path / "run", core())
    found = {
        CASES[int(ident.removeprefix("cogtest-"), 16)]: outcome or reason
        for ident, outcome, reason in report.samples.select("id", "outcome", "reason").iter_rows()
    }
    assert found == EXPECTED
    shown, claimed, unsupported = report.headline
    assert (shown.numerator, shown.denominator, shown.total) == (2, 7, len(CASES))
    assert shown.coverage == pytest.approx(7 / len(CASES))
    assert sum(report.outcomes.values()) + sum(report.unscored.values()) == len(CASES)
    assert (claimed.numerator, claimed.denominator) == (5, len(CASES))
    assert (unsupported.numerator, unsupported.denominator) == (3, 5)


def test_judgements_of_a_run_are_those_of_its_samples(server, tmp_path):
    report = run(server, tmp_path / "run", core())
    kept = report.judgements
    assert kept is not None
    assert set(kept["question"]) == {"persisting"}
    assert kept.select("id", "outcome", "reason").equals(report.samples.select("id", "outcome", "reason"))
    path = tmp_path / "again.json"
    path.write_bytes(report_bytes(report))
    again = read_report(path)
    assert again.judgements is not None
    assert again.judgements.equals(kept)
    assert again.subject.options == {"habits": "target", "sampling": "open", "system": "none"}


def test_every_habit_may_be_judged_on_every_task(server, tmp_path):
    report = run(server, tmp_path / "run", core("shown", "unquoted", "unreasoned"), habits="all")
    kept = report.judgements
    assert kept is not None
    assert Counter(kept["question"]) == dict.fromkeys(HABITS, 3)
    assert Counter(kept["outcome"]) == {"present": 16, "empty-true": 16, None: 16}
    assert set(kept["reason"].drop_nulls()) == {"no-reasoning"}
    assert server.served == 3 + 2 * 16
    assert report.headline[0].total == 3


def test_verdicts_of_a_run_can_be_read_again(server, tmp_path):
    items = core()
    first = run(server, tmp_path / "run", items)
    served = server.served
    again = score_responses(
        find_scorer("cogtest"),
        items,
        read_responses(tmp_path / "run/responses.jsonl"),
        tmp_path / "again",
        stored=stored_verdicts(tmp_path / "run/verdicts.jsonl"),
    )
    assert server.served == served
    assert again.samples.equals(first.samples)


def test_a_prompt_of_five_files_is_asked_once(server, tmp_path):
    rows = [
        {**row("shown", habit), "id": f"cogtest-{number:016x}"} for number, habit in enumerate(HABITS[3:8])
    ]
    items = Items("cogtest", "original", "test", "2.0.0", "0" * 64, rows)
    report = run(server, tmp_path / "run", items)
    assert report.outcomes["present"] == 5
    assert server.served == 1 + 5


def test_controls_are_judged_on_all_habits(server, tmp_path):
    rows = [row(case, None) for case in ("shown", "not shown", "judge down")]
    report = run(server, tmp_path / "run", Items("cogtest", "controls", "test", "2.0.0", "0" * 64, rows))
    kept = report.judgements
    assert kept is not None
    assert kept.height == 3 * 16
    assert report.outcomes["present"] == 1
    assert report.unscored == {"judge-failed": 1}


def test_a_run_keeps_to_what_it_chose(server, tmp_path):
    run(server, tmp_path / "run", core("shown"))
    with pytest.raises(UsageError, match="a run with options"):
        run(server, tmp_path / "run", core("shown"), habits="all")


def test_the_published_ways_of_sampling():
    assert CogTest().parameters == {"temperature": 0.6, "top_p": 0.95}
    assert CogTest({"sampling": "provider"}).parameters == {"reasoning_effort": "medium"}
    (plain,) = CogTest().ask(row("shown"))
    assert [each["role"] for each in plain.messages] == ["user"]
    (told,) = CogTest({"system": "think-tags"}).ask(row("shown"))
    assert [each["role"] for each in told.messages] == ["system", "user"]
    assert "<think>" in told.messages[0]["content"]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"habit": "all"}, r"^cogtest: no option 'habit'; there is habits, sampling, system"),
        ({"habits": "some"}, r"^cogtest: option habits is 'some', expected one of target, all"),
    ],
)
def test_options_that_there_aren_t(chosen, message):
    with pytest.raises(UsageError, match=message):
        find_scorer("cogtest", chosen)


def test_a_scorer_without_options_says_so():
    with pytest.raises(UsageError, match=r"^safechain: no option 'habits'; there is no option"):
        find_scorer("safechain", {"habits": "all"})


def test_the_judge_is_told_the_habit_and_the_task():
    reply = Reply(REASONING, REASONING, "", Status.CLOSED)
    asked = next(iter(CogTest().questions(Sample("x", 0, row("shown"), {"": reply}))))
    assert isinstance(asked, Question)
    assert asked.name == "persisting"
    assert asked.values["habit"] == "Persisting"
    assert asked.values["task"] == "Plan the rota, shown."
    assert set(asked.values["shows"]) == set(habits()["persisting"].shows)


def test_of_several_habits_the_strongest_class_counts():
    both = {**row("shown"), "habit": None, "habits": list(HABITS[:2])}
    sample = Sample("x", 0, both, {"": Reply(REASONING, REASONING, "", Status.CLOSED)})
    yes, no = scored(value=True, evidence=SENTENCE), scored(value=False, evidence="")
    empty, failed = scored(value=True, evidence=""), unscored(Reason.JUDGE_FAILED)
    for first, second, expected in [
        (no, yes, Outcome("present")),
        (empty, no, Outcome("empty-true")),
        (failed, no, Outcome(None, Reason.JUDGE_FAILED)),
        (failed, empty, Outcome("empty-true")),
        (no, no, Outcome("absent")),
    ]:
        assert CogTest().decide(sample, dict(zip(HABITS, (first, second), strict=False))) == expected


def test_a_row_without_text_is_not_asked_about():
    assert CogTest().ask({"id": "x", "behaviour_id": "y", "sha256": "0" * 64}) == ()


def test_groups_of_tasks_twins_and_controls():
    grouped = CogTest().group
    assert grouped(row("shown", cue="c")) == {
        "habit": "persisting",
        "domain": "transport",
        "task": f"cogtest-{0:016x}",
    }
    assert grouped(row("shown", removed="r", task="cogtest-7"))["task"] == "cogtest-7"
    assert grouped(row("shown", None)) == {"habit": None, "domain": "transport", "task": None}


def test_an_outcome_needs_no_judge_twice():
    evidence = Evidence.of(REASONING)
    assert outcome_of(scored(value=True, evidence=SENTENCE), evidence) == Outcome("present")
    assert outcome_of(unscored(Reason.JUDGE_EMPTY), evidence) == Outcome(None, Reason.JUDGE_EMPTY)

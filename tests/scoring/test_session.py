"""Scoring as a whole: a model and a judge behind a server, replies kept, verdicts read again."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import UsageError
from mensrea.scoring.calling import ModelSpec, Options
from mensrea.scoring.items import Items
from mensrea.scoring.reading import stored_verdicts
from mensrea.scoring.registry import find_scorer
from mensrea.scoring.report_json import read_report, report_bytes
from mensrea.scoring.responses import read_responses
from mensrea.scoring.session import BenchmarkFolder, run_benchmark, score_responses
from mensrea.testing import Answer, LocalOpenAI, OpenAIFault

COMMAND = str(Path(sys.executable).parent / "mensrea")
ROWS = [
    {
        "id": f"safechain-{number:016x}",
        "label": "vanilla_harmful" if number % 2 else "vanilla_benign",
        "instruction": f"Question {number}: how does a lock work?",
    }
    for number in range(10)
]
ITEMS = Items("safechain", "original", "train", "1.0.0", "0" * 64, ROWS)
TURNS = itertools.count()
SAFE = {"safe": math.log(0.9), "unsafe": math.log(0.1)}
UNSAFE = {"safe": math.log(0.2), "unsafe": math.log(0.8)}


def answer(body: Any) -> Answer:
    """A thought and an answer; as a judge, unsafe for question 3, and no verdict for question 4."""
    text = body["messages"][-1]["content"]
    if body["model"] != "judge":
        return Answer(f"<think>About pins.</think>It turns {next(TURNS)} times. {text}")
    if "Question 4:" in text:
        return Answer("I can't say.", top=[{"I": 0.0}, {}, {}])
    found = UNSAFE if "Question 3:" in text else SAFE
    return Answer(max(found, key=lambda word: found[word]), top=[found])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOpenAI]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any-0123456789")
    with LocalOpenAI(answer) as local:
        yield local


def models(server: LocalOpenAI) -> tuple[ModelSpec, ModelSpec]:
    return ModelSpec("openai/writer", server.base_url), ModelSpec("openai/judge", server.base_url)


def run(server: LocalOpenAI, folder: Path, samples: int = 5, items: Items = ITEMS) -> Any:
    model, judge = models(server)
    place = BenchmarkFolder(folder)
    return run_benchmark(find_scorer("safechain"), items, place, model, samples=samples, judge=judge)


def test_a_run_asks_then_judges(server, tmp_path):
    report = run(server, tmp_path / "run")
    assert server.served == 100
    rate = report.headline[0]
    assert (rate.numerator, rate.denominator, rate.total) == (40, 45, 50)
    assert report.outcomes == {"safe": 40, "unsafe": 5}
    assert sum(report.unscored.values()) == 5
    assert {each.name: each.value for each in report.headline[1:]} == {
        "conssafe@5": pytest.approx(8 / 9),
        "safe@5": pytest.approx(8 / 9),
    }
    assert [each["name"] for each in report.subject.judges] == ["safechain/safety"]
    assert report.cost is not None
    assert (report.cost.calls, report.cost.replayed) == (100, 0)


def test_the_same_run_again_pays_for_nothing(server, tmp_path):
    first = run(server, tmp_path / "run")
    again = run(server, tmp_path / "run")
    assert server.served == 100
    assert again.cost is not None
    assert (again.cost.calls, again.cost.replayed) == (0, 100)
    assert again.samples.equals(first.samples)


def test_more_samples_are_another_run(server, tmp_path):
    run(server, tmp_path / "run", samples=1)
    with pytest.raises(UsageError, match=r"a run with samples 1 was begun here, not 5"):
        run(server, tmp_path / "run", samples=5)


def test_a_metric_of_five_samples_needs_five(server, tmp_path):
    report = run(server, tmp_path / "run", samples=2)
    assert [each.name for each in report.headline] == ["safe@1"]


def test_responses_and_verdicts_of_a_run_can_be_scored_again(server, tmp_path):
    first = run(server, tmp_path / "run")
    responses = read_responses(tmp_path / "run/responses.jsonl")
    stored = stored_verdicts(tmp_path / "run/verdicts.jsonl")
    again = score_responses(find_scorer("safechain"), ITEMS, responses, tmp_path / "again", stored=stored)
    assert server.served == 100
    assert again.samples.equals(first.samples)
    assert again.subject == first.subject
    assert not (tmp_path / "again").exists()


def test_scoring_keeps_what_the_judge_said(server, tmp_path):
    run(server, tmp_path / "run")
    responses = read_responses(tmp_path / "run/responses.jsonl")
    _, judge = models(server)
    for calls in (150, 150):
        report = score_responses(
            find_scorer("safechain"), ITEMS, responses, tmp_path / "scored", judge=judge, options=Options()
        )
        assert server.served == calls
        assert report.outcomes == {"safe": 40, "unsafe": 5}


def test_a_verdict_about_another_text_is_none(server, tmp_path):
    run(server, tmp_path / "run", samples=1)
    path = tmp_path / "run/responses.jsonl"
    lines = path.read_text().splitlines()
    lines[0] = lines[0].replace("It turns", "It clicks")
    path.write_text("\n".join(lines))
    stored = stored_verdicts(tmp_path / "run/verdicts.jsonl")
    report = score_responses(find_scorer("safechain"), ITEMS, read_responses(path), tmp_path, stored=stored)
    assert report.unscored["judge-missing"] == 1


def test_without_a_judge_the_message_says_what_to_pass(server, tmp_path):
    run(server, tmp_path / "run", samples=1)
    responses = read_responses(tmp_path / "run/responses.jsonl")
    with pytest.raises(UsageError, match=r"^safechain: responses are judged; pass --judge"):
        score_responses(find_scorer("safechain"), ITEMS, responses, tmp_path)


def test_a_run_without_its_judge_asks_nothing(server, tmp_path):
    model, _ = models(server)
    with pytest.raises(
        UsageError, match=r"^safechain: responses are judged; pass --judge .*; nothing was asked"
    ):
        run_benchmark(find_scorer("safechain"), ITEMS, BenchmarkFolder(tmp_path / "run"), model, samples=1)
    assert server.served == 0
    assert not (tmp_path / "run").exists()


def test_a_judge_and_stored_verdicts_are_one_too_many(server, tmp_path):
    run(server, tmp_path / "run", samples=1)
    responses = read_responses(tmp_path / "run/responses.jsonl")
    stored = stored_verdicts(tmp_path / "run/verdicts.jsonl", ITEMS)
    _, judge = models(server)
    with pytest.raises(UsageError, match="give one of --judge and --verdicts"):
        score_responses(find_scorer("safechain"), ITEMS, responses, tmp_path, judge=judge, stored=stored)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ModelSpec("foo/bar"), r"^'foo/bar' names no model"),
        (ModelSpec("openai/writer", "", {"n": 5}), r"^openai/writer: the parameter n is 5; one answer"),
    ],
)
def test_a_model_that_can_t_be_asked_takes_no_folder(model, message, server, tmp_path):
    _, judge = models(server)
    place = BenchmarkFolder(tmp_path / "run")
    with pytest.raises(UsageError, match=message):
        run_benchmark(find_scorer("safechain"), ITEMS, place, model, samples=1, judge=judge)
    assert not (tmp_path / "run").exists()
    assert run(server, tmp_path / "run", samples=1).headline[0].total == 10


def test_a_judge_s_failures_are_asked_again_only_if_wanted(server, tmp_path):
    run(server, tmp_path / "run", samples=1)
    responses = read_responses(tmp_path / "run/responses.jsonl")
    _, judge = models(server)
    server.misbehave(OpenAIFault.filtered())

    def score(*, retry_failed: bool) -> tuple[int, int]:
        options = Options(concurrency=1, retry_failed=retry_failed)
        report = score_responses(
            find_scorer("safechain"), ITEMS, responses, tmp_path / "scored", judge=judge, options=options
        )
        assert report.cost is not None
        return report.cost.calls, report.unscored.get("judge-refused", 0)

    # The judge of question 4 says in words that it can't, which is no failed call.
    assert score(retry_failed=False) == (9, 2)
    assert score(retry_failed=False) == (0, 2)
    assert score(retry_failed=True) == (1, 1)


def test_two_addresses_of_one_name_are_refused(server, tmp_path):
    model = ModelSpec("openai/writer", server.base_url)
    judge = ModelSpec("openai/writer", "http://127.0.0.1:9/v1")
    place = BenchmarkFolder(tmp_path / "run")
    with pytest.raises(UsageError, match=r"^openai/writer is model and judge at two addresses"):
        run_benchmark(find_scorer("safechain"), ITEMS, place, model, samples=1, judge=judge)


def mensrea(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False, **options
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.jsonl"
    path.write_text(json.dumps({"replies": ["Answer: 0", "Answer: 1", "It is 2."]}) + "\n")
    return path


@pytest.mark.slow
def test_the_command_runs_a_benchmark_offline(script, tmp_path):
    command = ["run", "cot2", "--model", f"scripted/{script}", "--limit", "30", "--n", "2", "--out", "out"]
    done = mensrea(*command, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "accuracy" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    report = read_report(tmp_path / "out/report.json")
    assert report.headline[0].total == 60
    assert (tmp_path / "out/report.html").is_file()
    again = mensrea(*command, "--format", "json", cwd=tmp_path)
    assert json.loads(again.stdout)["cost"]["calls"] == 0
    scored = mensrea(
        "score", "cot2", "out/responses.jsonl", "--limit", "30", "--out", "scored.json", cwd=tmp_path
    )
    assert scored.returncode == 0
    assert read_report(tmp_path / "scored.json").samples.equals(report.samples)
    compared = mensrea("compare", "out/report.json", "scored.json", cwd=tmp_path)
    assert compared.returncode == 0
    assert "accuracy" in compared.stdout


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_go_on(tmp_path):
    with LocalOpenAI(lambda _: "Answer: 0", latency=0.05) as server:
        environment = {**os.environ, **server.environment(), "OPENAI_API_KEY": "sk-any-0123456789"}
        command = [COMMAND, "run", "cot2", "--model", "openai/local", "--out", "out", "--concurrency", "4"]
        child = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while server.served < 20:
            assert time.monotonic() < until
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
        assert child.returncode == 130
        assert said.splitlines()[-1].startswith(
            "mensrea: stopped; what was paid for is kept; the same command"
        )
        before = server.served
        done = subprocess.run(
            [*command, "--limit", "20"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "a run with items" in done.stderr
        assert server.served == before


def test_a_report_is_the_same_bytes_again(server, tmp_path):
    run(server, tmp_path / "run")
    first, second = (report_bytes(run(server, tmp_path / "run")) for _ in range(2))
    assert first == second

"""A judge run over a benchmark's labelled examples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import UsageError
from mensrea.scoring.calibrating import calibrate
from mensrea.scoring.calling import ModelSpec
from mensrea.scoring.habits import HABITS
from mensrea.scoring.items import Items
from mensrea.scoring.registry import find_scorer
from mensrea.testing import Answer, LocalOpenAI

SHOWN = "Two moulds cracked, so I'll change the mix and pour again."
OTHER = "The kiln is at nine hundred degrees."


def row(number: int, *, present: bool) -> dict[str, Any]:
    return {
        "id": f"cogtest-{number:016x}",
        "habit": "persisting" if number % 2 else "finding_humor",
        "task": f"Plan firing {number}.",
        "excerpt": f"Firing {number}. {OTHER} {SHOWN if present else 'Mixing persists until noon.'}",
        "present": present,
        "spans": [SHOWN] if present else [],
    }


ROWS = [row(number, present=number < 6) for number in range(12)]
ITEMS = Items("cogtest", "calibration", "test", "2.0.0", "0" * 64, ROWS)


def answer(body: Any) -> Answer:
    """Finds what is there; in firing 0 another sentence; invents one in 1, errs in 6, is silent in 7."""
    text = body["messages"][-1]["content"]
    number = next((each for each in range(11, -1, -1) if f"Firing {each}." in text), 8)
    if number == 7:
        return Answer("")
    shown = number <= 6
    evidence = {0: OTHER, 1: "Three moulds cracked.", 6: OTHER}.get(number, SHOWN if shown else "")
    return Answer(json.dumps({"evidence": evidence, "shown": shown}))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOpenAI]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any-0123456789")
    with LocalOpenAI(answer) as local:
        yield local


def test_a_judge_is_held_against_labels(server, tmp_path):
    judge = ModelSpec("openai/judge", server.base_url)
    found = calibrate(find_scorer("cogtest"), ITEMS, tmp_path / "run", judge)
    assert found.outcomes == {
        "present": {"present": 5, "unsupported-quote": 1},
        "absent": {"present": 1, "judge-off-schema": 1, "absent": 4},
    }
    calibration = found.calibration
    assert (calibration.labels, calibration.scored) == (12, 11)
    assert calibration.agreement is not None
    assert calibration.agreement.recall == pytest.approx(5 / 6)
    assert calibration.agreement.precision == pytest.approx(5 / 6)
    assert (found.quoted, found.in_spans) == (5, 4)
    assert found.aspects == {
        "finding_humor": {"positive": 3, "found": 3, "negative": 3, "false": 1, "unscored": 0},
        "persisting": {"positive": 3, "found": 2, "negative": 3, "false": 0, "unscored": 1},
    }
    text = found.as_text(80)
    assert max(map(len, text.splitlines())) <= 80
    assert "unsupported-quote" in text
    again = calibrate(find_scorer("cogtest"), ITEMS, tmp_path / "run", judge)
    assert server.served == 12
    assert again.cost.calls == 0
    assert again.as_dict()["aspects"] == found.as_dict()["aspects"]


def test_other_rows_are_no_examples(tmp_path):
    items = Items("cogtest", "core", "test", "2.0.0", "0" * 64, [{"id": "a", "instruction": "b"}])
    with pytest.raises(UsageError, match=r"^cogtest core/test: rows aren't labelled examples for a judge"):
        calibrate(find_scorer("cogtest"), items, tmp_path / "run", ModelSpec("openai/judge", "http://x"))


def test_a_scorer_without_examples(tmp_path: Path):
    items = Items("safechain", "original", "test", "1.0.0", "0" * 64, [{"id": "a"}])
    with pytest.raises(UsageError, match="rows aren't labelled examples"):
        calibrate(find_scorer("safechain"), items, tmp_path / "run", ModelSpec("openai/judge", "http://x"))


@pytest.mark.slow
def test_the_command_asks_a_judge_about_the_excerpts_that_ship(server, tmp_path):
    environment = {**os.environ, **server.environment(), "OPENAI_API_KEY": "sk-any-0123456789"}

    def mensrea(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "mensrea"), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    built = mensrea("build", "cogtest", "--config", "calibration", "--out", "dist")
    assert built.returncode == 0, built.stderr
    done = mensrea("agree", "cogtest", "--judge", "openai/judge", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert server.served == 160
    assert found["calibration"]["labels"] == 160
    assert {name: each["positive"] for name, each in found["aspects"].items()} == dict.fromkeys(HABITS, 5)
    assert sum(sum(each.values()) for each in found["outcomes"].values()) == 160
    refused = mensrea("agree", "cogtest", "labels.csv", "--judge", "openai/judge")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "leave LABELS out" in refused.stderr
    unused = mensrea("agree", "cogtest", "--judge", "openai/judge", "--below")
    assert (unused.returncode, unused.stderr.count("\n")) == (2, 1)
    assert "leave --below out" in unused.stderr
    assert "give VERDICTS and LABELS" in mensrea("agree", "verdicts.jsonl").stderr

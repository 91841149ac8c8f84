"""What the command says and exits with where something is wrong: one line, and never a traceback."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mensrea import cli


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def mensrea(work: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the command in this process, in the folder of `work`."""

    def ran(line: str) -> Done:
        monkeypatch.chdir(work)
        monkeypatch.setattr("sys.argv", ["mensrea", *line.split()])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return ran


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release, a script, and a run of it."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "script.jsonl").write_text(json.dumps({"replies": ["Answer: 0", "It is 2."]}) + "\n")
    (folder / "empty.jsonl").touch()
    (folder / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for line in (
            "build cot2 --config mnns-4x9",
            "run cot2 --model scripted/script.jsonl --limit 5 --out run",
        ):
            cli.app(line.split(), standalone_mode=False)
    finally:
        os.chdir(before)
    return folder


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("score cot2 empty.jsonl", "empty.jsonl: no responses; expected one a line"),
        ("score cot2 bytes.jsonl", "bytes.jsonl:1: not valid JSON"),
        ("score cot2 nosuch.jsonl", "nosuch.jsonl: can't be read"),
        ("score cot2 .", ".: can't be read"),
        ("score dualmath run/responses.jsonl", "dualmath: no scorer; there is one for cogtest, cot2"),
        ("score cot2 run/responses.jsonl --split nosuch", "cot2 mnns-4x9 has no split 'nosuch'"),
        (
            "score cot2 run/responses.jsonl --out empty.jsonl/r.json",
            "empty.jsonl/r.json: the report can't be",
        ),
        ("run cot2 --model foo/bar --out other", "'foo/bar' names no model"),
        ("run cot2 --model scripted/nosuch --out other", "nosuch: the script can't be read"),
        (
            "run cot2 --model scripted/script.jsonl --parameter n=5",
            "scripted/script.jsonl: the parameter n is 5",
        ),
        (
            "run cot2 --model scripted/script.jsonl --limit 4 --out run",
            "run: a run with items 5 was begun here",
        ),
        ("compare run/report.json run/run.json", "run/run.json: is no report"),
        ("agree empty.jsonl empty.jsonl", "empty.jsonl"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(command, said, work, mensrea):
    done = mensrea(command)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"mensrea: {said}")
    assert done.err.count("\n") == 1
    assert not (work / "other").exists()


def test_a_budget_is_one_line_and_says_how_to_go_on(mensrea):
    done = mensrea("run cot2 --model scripted/script.jsonl --out spent --budget-tokens 9")
    assert done.code == 1
    assert done.err.startswith("mensrea: the budget stops the run: ")
    assert done.err.endswith("; the same command again with a larger budget, it goes on where it stopped\n")


def test_a_run_without_a_plotting_library_has_a_report_all_the_same(work, mensrea, monkeypatch):
    find = importlib.util.find_spec
    hidden = {"matplotlib"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name in hidden else find(name, *more)
    )
    done = mensrea("run cot2 --model scripted/script.jsonl --limit 3 --out plain")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("wrote plain/report.json\n")
    assert not (work / "plain/report.html").exists()


def test_json_is_all_that_is_printed(work, mensrea):
    done = mensrea("score cot2 run/responses.jsonl --limit 5 --format json")
    assert json.loads(done.out) == {**json.loads((work / "run/report.json").read_text()), "cost": None}


def test_a_report_fits_80_columns(mensrea):
    done = mensrea("score cot2 run/responses.jsonl --limit 7 --samples 5")
    assert done.code == 0
    assert "missing-response (30)" in done.out
    assert max(map(len, done.out.splitlines())) <= 80

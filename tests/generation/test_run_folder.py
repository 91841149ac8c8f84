from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest
from mensrea.errors import RunError, StorageError, UsageError
from mensrea.generation.run_folder import ACCOUNT, DROPPED, RunFolder, Settings

SETTINGS = Settings(
    stem="toy",
    config="generated",
    rows=400,
    seed=7,
    inputs={"habit": "all"},
    models={"writer": "openai/gpt-4.1-mini", "judge": "openai/o4-mini"},
    parameters={"writer": {"stop": ["a", "b"], "temperature": 0.5}},
)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "runs" / "toy")


@pytest.fixture
def begun(folder):
    folder.begin(SETTINGS)
    return folder


def names(folder):
    return sorted(path.name for path in folder.path.iterdir())


def test_settings_are_read_as_they_were_written(folder):
    assert not folder.exists
    folder.begin(SETTINGS)
    assert folder.exists
    assert not folder.is_finished
    assert folder.settings() == SETTINGS
    assert names(folder) == ["run.json"]


def test_the_same_run_may_be_begun_again(begun):
    before = (begun.path / "run.json").stat().st_mtime_ns
    begun.begin(SETTINGS)
    assert (begun.path / "run.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"rows": 100},
            "a run with rows 400 was begun here, not 100; go on with `mensrea generate --resume ",
        ),
        ({"seed": 8}, "a run with seed 7 was begun here, not 8; "),
        ({"inputs": {}}, "a run with inputs {'habit': 'all'} was begun here, not {}; "),
        (
            {"parameters": {}},
            "a run with parameters {'writer': {'stop': ['a', 'b'], 'temperature': 0.5}} was ",
        ),
        ({"base_url": "http://x/v1"}, "a run with base_url '' was begun here, not 'http://x/v1'; "),
        ({"structured": "prompt"}, "a run with structured 'schema' was begun here, not 'prompt'; "),
    ],
)
def test_another_run_is_refused_with_what_differs(begun, change, message):
    with pytest.raises(UsageError) as caught:
        begun.begin(replace(SETTINGS, **change))
    text = str(caught.value)
    assert text.startswith(f"{begun.path}: {message}")
    assert text.endswith(f"go on with `mensrea generate --resume {begun.path}`, or choose another --out")


def test_a_folder_of_other_files_is_refused(folder):
    folder.path.mkdir(parents=True)
    (folder.path / "thesis.tex").touch()
    with pytest.raises(StorageError, match=r"holds other files, such as thesis\.tex; choose another --out"):
        folder.begin(SETTINGS)
    assert names(folder) == ["thesis.tex"]


def test_a_folder_that_is_a_file_is_refused(folder):
    folder.path.parent.mkdir()
    folder.path.touch()
    with pytest.raises(StorageError, match=r"toy: can't be made \(File exists\); choose another --out"):
        folder.begin(SETTINGS)
    with pytest.raises(StorageError, match=r"inner: can't be made \(Not a directory\)"):
        RunFolder(folder.path / "inner").begin(SETTINGS)


def test_what_a_killed_beginning_left_is_no_obstacle(folder):
    folder.path.mkdir(parents=True)
    (folder.path / ".run.json.part").write_bytes(b'{"stem"')
    folder.begin(SETTINGS)
    assert folder.settings() == SETTINGS
    assert names(folder) == ["run.json"]


def test_no_run_says_so(folder):
    with pytest.raises(RunError, match=r"toy: no run was begun here \(run\.json is missing\)$"):
        folder.settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't be read as a run's settings ("),
        ("{", "can't be read as a run's settings ("),
        ("[]", "can't be read as a run's settings (run.json: found list, expected a mapping"),
        ('{"stem": "toy"}', "can't be read as a run's settings (run.json: member 'config' is missing)"),
        ('{"format": 2, "colour": "red"}', "has format 2, expected 1; use the version that wrote it"),
    ],
)
def test_settings_that_can_t_be_read(begun, text, message):
    (begun.path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        begun.settings()
    assert str(caught.value).startswith(f"{begun.path / 'run.json'}: {message}")


def test_an_unknown_member_is_named(begun):
    members = {**asdict(SETTINGS), "colour": "red"}
    (begun.path / "run.json").write_text(json.dumps(members), encoding="utf-8")
    with pytest.raises(RunError, match="unknown member 'colour'"):
        begun.settings()


# Writing


def test_a_file_is_written_whole(begun):
    begun.write_lines("rows/test.jsonl", (b"%d\n" % number for number in range(3)))
    assert (begun.path / "rows/test.jsonl").read_bytes() == b"0\n1\n2\n"
    assert [path.name for path in (begun.path / "rows").iterdir()] == ["test.jsonl"]


class OddError(Exception):
    pass


@pytest.mark.parametrize("error", [OddError, KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_file_that_can_t_be_finished_leaves_the_one_before(begun, error):
    begun.write("account.json", b"1")

    def lines():
        yield b"half"
        raise error

    expected = StorageError if isinstance(error, OSError) else error
    with pytest.raises(expected) as caught:
        begun.write_lines("account.json", lines())
    assert begun.read("account.json") == 1
    assert names(begun) == ["account.json", "run.json"]
    if expected is StorageError:
        path = begun.path / "account.json"
        assert str(caught.value) == f"{path}: can't be written (No space left on device)"


def test_a_folder_that_is_gone_can_t_be_written(begun):
    (begun.path / "rows").touch()
    with pytest.raises(StorageError, match=r"test\.jsonl: can't be written \("):
        begun.write("rows/test.jsonl", b"")


WRITER = """
import sys
from pathlib import Path
from mensrea.generation.run_folder import RunFolder
folder = RunFolder(Path(sys.argv[1]))
number = 0
print("go", flush=True)
while True:
    number += 1
    folder.write("account.json", b"[" + b"%d," % number * 20_000 + b"0]")
    folder.note("progress.json", b"[" + b"%d," % number * 2_000 + b"0]")
"""


def test_a_reader_never_sees_half_a_file_nor_does_a_kill_leave_one(begun):
    command = [sys.executable, "-c", WRITER, str(begun.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        ends = time.monotonic() + 1
        seen = set()
        while time.monotonic() < ends or len(seen) < 3:
            for name, length in (("account.json", 20_001), ("progress.json", 2_001)):
                value = begun.read(name)
                if value is not None:
                    assert len(value) == length
                    assert len(set(value)) == 2
                    seen.add(value[0])
        os.kill(process.pid, signal.SIGKILL)
    assert len(begun.read("account.json")) == 20_001
    assert len(begun.read("progress.json")) == 2_001


def test_a_note_that_can_t_be_written_is_left_out(begun):
    begun.note("progress.json", b"1")
    (begun.path / ".progress.json.part").mkdir()
    begun.note("progress.json", b"2")
    assert begun.read("progress.json") == 1
    RunFolder(begun.path / "gone").note("progress.json", b"1")


def test_a_file_that_isn_t_there_has_no_value(begun):
    assert begun.read("account.json") is None
    begun.write("account.json", b"{")
    with pytest.raises(RunError, match=r"account\.json: can't be read \("):
        begun.read("account.json")


def test_a_result_can_be_forgotten(begun):
    for name in (ACCOUNT, DROPPED, "rows/test.jsonl", "rows/train.jsonl", "progress.json"):
        begun.write(name, b"1")
    assert begun.is_finished
    begun.forget_result()
    assert not begun.is_finished
    assert names(begun) == ["progress.json", "rows", "run.json"]
    assert list((begun.path / "rows").iterdir()) == []
    begun.forget_result()


def test_a_result_that_can_t_be_removed_is_an_error(begun):
    (begun.path / ACCOUNT).mkdir()
    with pytest.raises(StorageError, match=r"account\.json: can't be removed \("):
        begun.forget_result()

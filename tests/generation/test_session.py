"""A run as a whole: real processes against a server that answers over HTTP, killed and gone on with."""

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mensrea
import pytest
from mensrea.builders.release import BuildOptions, build_release
from mensrea.generation.run_folder import RunFolder, Settings
from mensrea.generation.session import Options, run
from mensrea.models.journal import Journal
from mensrea.testing import LocalOpenAI, OpenAIFault, Script

COMMAND = str(Path(sys.executable).parent / "mensrea")
SCRIPT = Path(mensrea.__file__).parent / "generation/prompts/cogtest/scripted.jsonl"
KEY = "sk-mensrea-never-to-be-seen"
IN_FLIGHT = 8
CHILD = """
import sys
from pathlib import Path
from mensrea.generation.run_folder import RunFolder
from mensrea.generation.session import Options, run
run(RunFolder(Path(sys.argv[1])), Options(concurrency=int(sys.argv[2])))
"""


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI(Script.read(SCRIPT), latency=0.03) as local:
        yield local


def settings(server: LocalOpenAI, rows: int = 12, **changes: Any) -> Settings:
    models = {"writer": "openai/local", "judge": "openai/local"}
    inputs = {"habit": "finding_humor"}
    given: dict[str, Any] = {"seed": 1, "inputs": inputs, "models": models, "base_url": server.base_url}
    given = {**given, **changes}
    return Settings(stem="cogtest", config="generated", rows=rows, **given)


def begun(path: Path, server: LocalOpenAI, rows: int = 12, **changes: Any) -> RunFolder:
    folder = RunFolder(path)
    folder.begin(settings(server, rows, **changes))
    return folder


def environment(server: LocalOpenAI) -> dict[str, str]:
    return {**os.environ, **server.environment(), "OPENAI_API_KEY": KEY}


def generate(server: LocalOpenAI, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, "generate", *arguments]
    return subprocess.run(
        command, env=environment(server), capture_output=True, text=True, timeout=120, check=False, **options
    )


def start(server: LocalOpenAI, folder: RunFolder, *command: str, **options: Any) -> Any:
    arguments = command or (sys.executable, "-c", CHILD, str(folder.path), str(IN_FLIGHT))
    return subprocess.Popen(arguments, env=environment(server), **options)


def wait_for_calls(server: LocalOpenAI, calls: int, child: Any) -> None:
    until = time.monotonic() + 60
    while server.served < calls and child.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.002)


def journalled(folder: RunFolder) -> int:
    with Journal.open(folder.path) as journal:
        return sum(total.calls for total in journal.totals())


def repeated(server: LocalOpenAI) -> int:
    return sum(times - 1 for times in server.calls.values())


def released(folder: RunFolder) -> dict[str, str]:
    """The sha256 of every file of the release that a run's rows give."""
    options = BuildOptions(source=folder.path, overwrite=True)
    report = build_release("cogtest", configs=["generated"], out=folder.path / "release", options=options)
    files = sorted(path for path in report.path.rglob("*") if path.is_file())
    return {
        str(path.relative_to(report.path)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def kill_again_and_again(server: LocalOpenAI, tmp_path: Path, rows: int, rounds: int, most: int) -> None:
    """Kill a run after a random number of calls, over and over; then let it end, and compare."""
    whole = begun(tmp_path / "whole", server, rows)
    run(whole, Options(concurrency=IN_FLIGHT))
    expected = released(whole)
    distinct = len(server.calls)
    server.tally.reset()
    folder = begun(tmp_path / "killed", server, rows)
    draw = random.Random(0)
    lost = kills = 0
    while kills < rounds:
        child = start(server, folder)
        wait_for_calls(server, server.served + draw.randint(1, most), child)
        time.sleep(draw.uniform(0, 0.02))
        child.kill()
        if child.wait() == 0:
            break
        kills += 1
        time.sleep(0.1)  # the server may not have read yet what the process had sent
        lost += len(server.calls) - journalled(folder)
        assert repeated(server) <= kills * IN_FLIGHT
    run(folder, Options(concurrency=IN_FLIGHT))
    assert kills == rounds
    assert len(server.calls) == distinct == journalled(folder)
    # What had no durable reply at a kill is all that may be asked again; some waits over several kills.
    assert repeated(server) <= min(lost, kills * IN_FLIGHT)
    assert released(folder) == expected


@pytest.mark.slow
def test_a_killed_run_repeats_what_was_in_flight_and_no_more(server: LocalOpenAI, tmp_path: Path) -> None:
    kill_again_and_again(server, tmp_path, rows=40, rounds=6, most=12)


@pytest.mark.slow
def test_a_hundred_kills_change_nothing(server: LocalOpenAI, tmp_path: Path) -> None:
    kill_again_and_again(server, tmp_path, rows=400, rounds=100, most=5)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_lets_calls_end_and_says_how_to_go_on(
    server: LocalOpenAI, tmp_path: Path, number: signal.Signals
) -> None:
    folder = begun(tmp_path / "run", server, 60)
    command = (COMMAND, "generate", "--resume", str(folder.path), "--concurrency", "4")
    child = start(server, folder, *command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    wait_for_calls(server, 10, child)
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert errors.decode().strip() == (
        f"mensrea: stopped; what was paid for is kept; go on with: mensrea generate --resume {folder.path}"
    )
    assert journalled(folder) == len(server.calls)
    assert "not running" in generate(server, "--status", str(folder.path)).stdout
    done = generate(server, "--resume", str(folder.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert repeated(server) == 0


def test_a_server_that_restarts_costs_no_rows(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server, 40)
    child = start(server, folder)
    wait_for_calls(server, 10, child)
    server.stop()
    time.sleep(0.5)
    server.start()
    assert child.wait(timeout=60) == 0
    assert folder.is_finished
    assert not (folder.path / "dropped.jsonl").read_text().count('"failed"')


def test_a_process_that_slept_goes_on(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server, 40)
    child = start(server, folder)
    wait_for_calls(server, 10, child)
    child.send_signal(signal.SIGSTOP)
    server.stop()
    time.sleep(2)
    server.start()
    child.send_signal(signal.SIGCONT)
    assert child.wait(timeout=60) == 0
    assert not (folder.path / "dropped.jsonl").read_text().count('"failed"')


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_nothing_lost(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server, 40)

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))

    failed = generate(server, "--resume", str(folder.path), preexec_fn=little_room)
    assert failed.returncode == 2
    assert failed.stderr.startswith("mensrea: ")
    assert len(failed.stderr.splitlines()) == 1
    assert "journal" in failed.stderr
    before, kept = server.served, journalled(folder)
    assert before - kept <= 64
    assert generate(server, "--resume", str(folder.path)).returncode == 0
    assert repeated(server) <= before - kept


@pytest.mark.slow
def test_a_second_process_is_told_of_the_first(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server, 60)
    child = start(server, folder, sys.executable, "-c", CHILD, str(folder.path), "1")
    wait_for_calls(server, 5, child)
    second = generate(server, "--resume", str(folder.path))
    assert second.returncode == 2
    assert str(child.pid) in second.stderr
    assert str(child.pid) in generate(server, "--status", str(folder.path)).stdout
    child.terminate()
    child.wait(timeout=60)


@pytest.mark.slow
def test_a_budget_stops_before_it_is_passed_and_more_goes_on(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server, 20)
    stopped = generate(server, "--resume", str(folder.path), "--budget-tokens", "20000")
    assert stopped.returncode == 1
    assert "budget" in stopped.stderr
    assert f"--resume {folder.path}" in stopped.stderr
    with Journal.open(folder.path) as journal:
        assert 0 < sum(total.prompt + total.completion for total in journal.totals()) <= 20_000
    assert generate(server, "--resume", str(folder.path)).returncode == 0
    assert repeated(server) == 0


def files_with(folder: Path, text: bytes) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(None, 0), (OpenAIFault.echoed_key(), 2), (OpenAIFault.bad_request(), 1)],
    ids=["success", "echoed", "refused"],
)
def test_a_key_is_nowhere(server: LocalOpenAI, tmp_path: Path, fault: OpenAIFault | None, code: int) -> None:
    if fault is not None:
        server.misbehave(fault, times=3)
    out = tmp_path / "run"
    arguments = ["--model", "openai/local", "--base-url", server.base_url, "--n", "6", "--out", str(out)]
    done = generate(server, "cogtest", "--set", "habit=finding_humor", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert any(seen.token == KEY for seen in server.seen)
    assert KEY not in done.stdout + done.stderr
    assert files_with(tmp_path, KEY.encode()) == []


@pytest.mark.slow
def test_failed_rows_are_asked_again_when_asked_for(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server)
    server.misbehave(OpenAIFault.bad_request(), times=4)
    first = generate(server, "--resume", str(folder.path), "--concurrency", "4")
    assert first.returncode == 1
    assert "4 rows failed" in first.stdout
    assert generate(server, "--resume", str(folder.path)).returncode == 1
    again = generate(server, "--retry-failed", str(folder.path))
    assert (again.returncode, again.stderr) == (0, "")
    whole = begun(tmp_path / "whole", server)
    run(whole, Options())
    assert released(folder) == released(whole)


@pytest.mark.slow
def test_a_release_of_a_run_is_a_config_like_any_other(server: LocalOpenAI, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", server)
    report = run(folder, Options())
    released(folder)
    release = folder.path / "release/cogtest"
    checked = subprocess.run([COMMAND, "validate", str(release)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    entry: Mapping[str, Any] = json.loads((release / "manifest.json").read_text())["configs"]["generated"]
    assert entry["origin"] == "generated"
    assert entry["generation"] == json.loads(json.dumps(report.account))
    assert entry["generation"]["models"]["writer"]["model"] == "openai/local"
    assert entry["generation"]["prompts"]["write"]["sha256"]
    rows: Any = mensrea.load("cogtest", "generated", split="test", path=release)
    assert len(rows) == report.account["kept"]["test"] > 6
    assert {row["source"] for row in rows} == {"generated"}


def test_batches_give_the_same_rows(server: LocalOpenAI, tmp_path: Path, monkeypatch: Any) -> None:
    from mensrea.models import batch

    hurried = batch.Pace(quiet=0.1, longest_quiet=1, first_poll=0.05, longest_poll=0.1)
    monkeypatch.setattr(batch, "Pace", lambda: hurried)
    one = begun(tmp_path / "one", server)
    run(one, Options())
    two = begun(tmp_path / "two", server)
    run(two, Options(batch=True))
    for name in ("test.jsonl",):
        assert (two.path / "rows" / name).read_bytes() == (one.path / "rows" / name).read_bytes()

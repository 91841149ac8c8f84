"""Runs on a Ray cluster of this machine. Needs the extra `scale`."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("ray") is None:
    pytest.skip("needs ray[data]: make test-models", allow_module_level=True)

from mensrea.models.journal import Journal

pytestmark = pytest.mark.slow

DRIVER = Path(__file__).with_name("ray_driver.py")
IN_FLIGHT = 8
ROWS = 64


class Server:
    """LocalOpenAI in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.url: str = json.loads(process.stdout.readline())["base_url"]

    def stats(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/__stats__", timeout=10) as reply:
            return json.load(reply)

    def wait_for(self, requests: int, driver: subprocess.Popen[str]) -> None:
        end = time.monotonic() + 120
        while self.stats()["requests"] < requests:
            assert time.monotonic() < end
            assert driver.poll() is None, driver.communicate()
            time.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    command = [sys.executable, "-m", "mensrea.testing.openai_server", "--latency", "0.15"]
    process = subprocess.Popen([*command, "--model", "local-model"], stdout=subprocess.PIPE, text=True)
    yield Server(process)
    process.terminate()
    process.communicate()


def start(folder: Path, runner: str, server: Server, *more: object) -> subprocess.Popen[str]:
    command = [sys.executable, DRIVER, folder, runner, server.url, *(more or [ROWS])]
    return subprocess.Popen(
        [*map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A session of its own, as a terminal gives it: an interrupt reaches all its processes.
        start_new_session=True,
        # Where Ray keeps the token by which its processes know each other.
        env={**os.environ, "HOME": str(folder.parent)},
    )


def end(driver: subprocess.Popen[str]) -> str:
    out, err = driver.communicate(timeout=300)
    assert driver.returncode == 0, err
    return out


def outcomes(folder: Path) -> dict[bytes, dict[int, bytes]]:
    """What became of every row, by segment."""
    with Journal.open(folder) as journal:
        segments = [bytes(each) for (each,) in journal._reader.execute("SELECT name FROM segment")]
        return {segment: dict(journal.outcomes(segment)) for segment in segments}


def test_it_gives_what_a_local_run_gives_whatever_is_killed(server: Server, tmp_path: Path) -> None:
    end(start(tmp_path / "local", "local", server))
    calls = server.stats()["distinct"]
    assert server.stats()["repeated"] == 0

    # Interrupted: calls in flight end, and nothing is asked again.
    run = tmp_path / "ray"
    driver = start(run, "ray", server)
    server.wait_for(calls + calls // 5, driver)
    os.killpg(driver.pid, signal.SIGINT)
    assert "RunStoppedError" in driver.communicate(timeout=120)[1]
    assert not (run / "workers").exists()
    stopped = server.stats()
    assert stopped["requests"] < 2 * calls

    # The driver is killed, and with it the cluster.
    driver = start(run, "ray", server)
    server.wait_for(stopped["requests"] + calls // 5, driver)
    driver.kill()
    driver.communicate()
    killed = server.stats()

    # A worker is killed; another one takes over.
    driver = start(run, "ray", server)
    server.wait_for(killed["requests"] + calls // 5, driver)
    holders = [lock.read_text().split() for lock in run.glob("workers/*/journal.lock")]
    os.kill(int(next(holder[0] for holder in holders if holder)), signal.SIGKILL)
    end(driver)
    assert server.stats()["requests"] <= 2 * calls + 2 * IN_FLIGHT
    expected = outcomes(tmp_path / "local")
    assert [len(rows) for rows in expected.values()] == [112]
    assert outcomes(run) == expected
    assert not (run / "workers").exists()


def test_a_budget_is_kept_by_all_workers_together(server: Server, tmp_path: Path) -> None:
    driver = start(tmp_path, "ray", server, ROWS, 60_000)
    out, err = driver.communicate(timeout=300)
    assert (driver.returncode, out) == (1, "")
    assert err.splitlines()[-1].startswith("BudgetError: ")
    with Journal.open(tmp_path) as journal:
        spent = sum(total.prompt + total.completion for total in journal.totals())
    assert 20_000 < spent <= 60_000

"""The caller with the real journal, over HTTP, in processes that are killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ModelError
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.desk import Counters
from mensrea.models.failures import CallError
from mensrea.models.journal import Journal
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.models.retries import Retries
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI

MODEL = "openai/local-model"
KILLED = Path(__file__).parent / "killed_caller.py"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def ask(number: int, **parameters: Any) -> Request:
    return Request(
        MODEL, [{"role": "user", "content": f"Question {number}?"}], {"max_tokens": 30, **parameters}
    )


def run(
    folder: Path, base_url: str, requests: Sequence[Request], **options: Any
) -> tuple[list[Any], Counters, float]:
    """Make calls; the answers or errors in order, the counts, and the seconds it took."""

    async def main() -> tuple[list[Any], Counters, float]:
        with Journal.open(folder) as journal:
            endpoint = OpenAIEndpoint(base_url, timeout=5)
            async with Caller(journal, {MODEL: endpoint}, **options) as caller:
                began = time.monotonic()
                found = await asyncio.gather(*map(caller.call, requests), return_exceptions=True)
                return found, caller.counters, time.monotonic() - began

    return asyncio.run(main())


def test_a_capacity_is_kept_to(tmp_path: Path) -> None:
    with LocalOpenAI(latency=0.2, capacity=16, retry_after=1.0) as server:
        found, counters, took = run(
            tmp_path, server.base_url, [ask(number) for number in range(300)], concurrency=64
        )
    assert not any(isinstance(each, Exception) for each in found)
    assert server.tally.repeated == 0
    assert server.limited == counters.limited <= 20
    assert took <= 300 * 0.2 / 3  # one at a time would take 300 * 0.2


@pytest.mark.slow
def test_faults_are_got_over_and_nothing_is_asked_again(tmp_path: Path) -> None:
    faults = (
        OpenAIFault.server_error(),
        OpenAIFault.rate_limited(0.1),
        OpenAIFault.overloaded(0.05),
        OpenAIFault.reset(20),
        OpenAIFault.interrupted(30),
        OpenAIFault.truncated(40),
    )
    requests = [ask(number) for number in range(200)]
    with LocalOpenAI(latency=0.01) as server:
        for seed, fault in enumerate(faults):
            server.misbehave(fault, times=10, probability=0.1, seed=seed)
        found, first, _ = run(tmp_path, server.base_url, requests, concurrency=16)
        assert not any(isinstance(each, Exception) for each in found)
        assert first.retried >= 30
        lost = server.tally.repeated
        again, counters, _ = run(tmp_path, server.base_url, requests)
        assert again == found
        assert (counters.calls, counters.replayed) == (0, 200)
        assert server.tally.repeated == lost
    with Journal.open(tmp_path) as journal:
        [total] = journal.totals()
        assert total.lost == lost
        assert (total.calls, total.failed, total.attempts) == (200, 0, 200 + first.retried)


def test_what_fails_for_good_is_recorded_and_asked_again_once_forgotten(tmp_path: Path) -> None:
    with LocalOpenAI() as server:
        server.misbehave(OpenAIFault.too_long(), times=None, when=lambda body: "7" in str(body["messages"]))
        requests = [ask(number) for number in range(10)]
        for _ in range(2):
            found, _, _ = run(tmp_path, server.base_url, requests)
            assert [str(each) for each in found if isinstance(each, Exception)] == [str(found[7])]
            assert isinstance(found[7], CallError)
        assert server.tally.requests == 10
        server.behave()
        with Journal.open(tmp_path) as journal:
            assert journal.forget_failures() == 1
        found, counters, _ = run(tmp_path, server.base_url, requests)
    assert not any(isinstance(each, Exception) for each in found)
    assert (counters.calls, counters.replayed) == (1, 9)


def test_a_key_that_is_refused_ends_the_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-0123456789")
    with LocalOpenAI(api_key="sk-right-0123456789") as server:
        found, _, _ = run(tmp_path, server.base_url, [ask(number) for number in range(50)], concurrency=4)
        assert server.tally.requests <= 4
    assert {type(each) for each in found} == {ModelError}
    assert "sk-wrong" not in str(found)


def test_a_server_that_isn_t_there_ends_the_run(tmp_path: Path) -> None:
    with LocalOpenAI() as server:
        base_url = server.base_url
    found, _, took = run(tmp_path, base_url, [ask(1), ask(2)], retries=Retries(first_contact=1))
    assert {type(each) for each in found} == {ModelError}
    assert took < 10


@pytest.mark.slow
def test_a_killed_run_asks_again_at_most_what_was_in_flight(tmp_path: Path) -> None:
    calls, cap = 600, 32
    with LocalOpenAI(latency=0.05) as server:
        command = [sys.executable, str(KILLED), str(tmp_path), server.base_url, str(calls), str(cap)]
        environment = {**os.environ, **server.environment()}
        for share in (0.2, 0.5, 0.8):
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
            while server.served < share * calls and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert process.returncode == -signal.SIGKILL
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        counts = json.loads(ended.stdout)
        assert (counts["calls"] + counts["replayed"], counts["failed"]) == (calls, 0)
        assert len(server.calls) == calls
        assert server.tally.repeated <= 3 * cap
        assert max(server.calls.values()) <= 4

"""Batches of a process that was killed: nothing that was submitted is submitted again."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ModelError
from mensrea.models.batch import BatchEndpoint, Pace
from mensrea.models.batch_submissions import Submission
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.journal import Journal
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI

MODEL = "openai/local-model"
REQUESTS = 12
QUICK = Pace(
    quiet=0.05,
    first_poll=0.01,
    longest_poll=0.05,
    retry=0.01,
    longest_retry=0.05,
    patience=0.3,
    settling=0.05,
)

# Rows that go through a batch; it says which step it has come to, and waits there to be killed.
CHILD = """
import asyncio, sys
from pathlib import Path
from mensrea.models.batch import BatchEndpoint, Pace
from mensrea.models.batch_course import Courses
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.journal import Journal

folder, address, requests, where = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
MODEL = "openai/local-model"

async def stop_here():
    print(where, flush=True)
    await asyncio.sleep(600)

def stopping(name, before):
    whole = getattr(Courses, name)
    async def stopped(self, *arguments):
        if not before:
            await whole(self, *arguments)
        await stop_here()
    setattr(Courses, name, stopped)

async def stop_at_state(self, submission, state, batch="", whole=Courses.save):
    if state == where:
        await stop_here()
    await whole(self, submission, state, batch)

if where in ("wait", "look_for"):
    stopping(where, before=True)
elif where == "results":
    async def results(self, submission, batch, whole=Courses.results):
        async for chunk in whole(self, submission, batch):
            yield chunk[:5]
            await stop_here()
    Courses.results = results
else:
    Courses.save = stop_at_state

async def main():
    with Journal.open(folder) as journal:
        pace = Pace(quiet=0.05, first_poll=0.01, longest_poll=0.05, settling=0.05, retry=0.01)
        endpoint = BatchEndpoint(journal, address, pace=pace)
        await endpoint.recover()
        async with Caller(journal, {MODEL: endpoint}) as caller:
            await asyncio.gather(*(caller.call(Request(
                MODEL, [{"role": "user", "content": f"question {number}"}], {"max_tokens": 50}
            )) for number in range(requests)))
            await asyncio.sleep(600)  # all answers are there before "delivered" is noted

asyncio.run(main())
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOpenAI]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-local-0123456789")
    with LocalOpenAI() as server:
        yield server


def request(number: int, **parameters: Any) -> Request:
    messages = [{"role": "user", "content": f"question {number}"}]
    return Request(MODEL, messages, {"max_tokens": 50, **parameters}, step="ask")


def with_endpoint(
    server: LocalOpenAI, folder: Path, work: Callable[[BatchEndpoint, Journal], Awaitable[Any]]
) -> Any:
    async def run() -> Any:
        with Journal.open(folder) as journal:
            endpoint = BatchEndpoint(journal, server.base_url, pace=QUICK)
            try:
                return await asyncio.wait_for(work(endpoint, journal), timeout=30)
            finally:
                await endpoint.close()

    return asyncio.run(run())


def killed_at(server: LocalOpenAI, folder: Path, where: str) -> None:
    """Run rows in a process that is killed once it has come to a step."""
    command = [sys.executable, "-c", CHILD, str(folder), server.base_url, str(REQUESTS), where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == where
        # The caller stores what it was handed within this time.
        time.sleep(0.3)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL


def resume(server: LocalOpenAI, folder: Path) -> tuple[Any, int]:
    """Run the same rows again, to the end; what was recovered, and how many came from the journal."""

    async def work(endpoint: BatchEndpoint, journal: Journal) -> tuple[Any, int]:
        recovered = await endpoint.recover()
        async with Caller(journal, {MODEL: endpoint}) as caller:
            asked = [
                Request(MODEL, request(number).messages, {"max_tokens": 50}) for number in range(REQUESTS)
            ]
            answers = await asyncio.gather(*map(caller.call, asked))
            assert all(answer.text for answer in answers)
            return recovered, caller.counters.replayed

    return with_endpoint(server, folder, work)


def states(folder: Path) -> list[str]:
    with Journal.open(folder) as journal:
        return [batch.status for batch in journal.batches()]


def billed(folder: Path) -> tuple[int, int]:
    """Calls and completion tokens that the journal has."""
    with Journal.open(folder) as journal:
        totals = journal.totals()
    return sum(total.calls for total in totals), sum(total.completion for total in totals)


class TestKilled:
    @pytest.mark.parametrize(
        ("where", "submitted", "replayed"),
        [
            ("intended", 0, 0),  # before anything is written or sent
            ("submitted", 1, REQUESTS),  # between the submission and its record
            ("wait", 1, REQUESTS),  # while the batch runs
            ("results", 1, REQUESTS),  # in the middle of the results
            ("delivered", 1, REQUESTS),  # after the results, before that is noted
        ],
    )
    def test_nothing_is_submitted_twice(
        self, server: LocalOpenAI, tmp_path: Path, where: str, submitted: int, replayed: int
    ) -> None:
        killed_at(server, tmp_path, where)
        assert len(server._site.batches.batches) == submitted
        recovered, from_journal = resume(server, tmp_path)
        assert from_journal == replayed
        assert recovered.again == 0
        assert len(server._site.batches.batches) == 1
        assert set(server.tally.submitted.values()) == set(server.tally.answered.values()) == {1}
        assert server.tally.repeated == 0
        assert states(tmp_path) == ["done"]
        calls, completion = billed(tmp_path)
        assert calls == REQUESTS
        assert completion == sum(
            piece["body"]["max_tokens"] and _completion(server, piece["body"])
            for piece in next(iter(server._site.batches.batches.values())).pieces
        )

    def test_an_upload_without_a_batch_is_made_again(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.hanging(), on=["submit"])
        command = [sys.executable, "-c", CHILD, str(tmp_path), server.base_url, str(REQUESTS), "never"]
        with subprocess.Popen(command) as child:
            while not any(seen.operation == "submit" for seen in server.seen):
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
        recovered, from_journal = resume(server, tmp_path)
        assert (recovered.batches, recovered.again, from_journal) == (1, REQUESTS, 0)
        assert states(tmp_path) == ["abandoned", "done"]
        assert set(server.tally.answered.values()) == {1}

    def test_a_lost_acknowledgement_and_a_kill(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.reset(), on=["submit"])
        killed_at(server, tmp_path, "look_for")
        assert states(tmp_path) == ["intended"]
        recovered, from_journal = resume(server, tmp_path)
        assert (recovered.answered, from_journal) == (REQUESTS, REQUESTS)
        assert len(server._site.batches.batches) == 1

    @pytest.mark.slow
    def test_killed_again_and_again(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_ends("expired", answered=5))
        for where in ("intended", "submitted", "wait", "delivered"):
            killed_at(server, tmp_path, where)
        resume(server, tmp_path)
        assert set(server.tally.answered.values()) == {1}
        assert len(server.tally.answered) == REQUESTS


def _completion(server: LocalOpenAI, body: Any) -> int:
    import orjson

    reply = server._site.call("chat", server.key(body), body)
    return orjson.loads(reply.body)["usage"]["completion_tokens"]


def left_running(server: LocalOpenAI, folder: Path, *requests: Request) -> None:
    """Submit a batch, and leave while it runs."""

    async def work(endpoint: BatchEndpoint, _: Journal) -> None:
        asked = [asyncio.create_task(endpoint.send(each)) for each in requests]
        while not endpoint.progress:  # noqa: ASYNC110 -- nothing says when
            await asyncio.sleep(0.01)
        endpoint.release()
        await asyncio.gather(*asked, return_exceptions=True)

    server.misbehave(OpenAIFault.batch_stuck(5), times=1)
    with_endpoint(server, folder, work)


def recovered(server: LocalOpenAI, folder: Path) -> Any:
    return with_endpoint(server, folder, lambda endpoint, _: endpoint.recover())


class TestWhatIsRecovered:
    def test_records_say_which_call_they_are(self, server: LocalOpenAI, tmp_path: Path) -> None:
        asked = Request(MODEL, request(1).messages, {"max_tokens": 50, "seed": 3}, "responses", 2, "judge")
        left_running(server, tmp_path, asked)
        recovered(server, tmp_path)
        with Journal.open(tmp_path) as journal:
            record = journal.find(asked.key)
        assert record is not None
        assert (record.step, record.model, record.sample, record.api) == ("judge", MODEL, 2, "responses")
        assert record.prompt > 0
        assert record.completion > 0

    def test_failures_for_good_are_recorded_and_others_asked_again(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        def asks(number: int) -> Callable[[Any], bool]:
            return lambda body: body["messages"][0]["content"] == f"question {number}"

        server.misbehave(OpenAIFault.filtered(), when=asks(1), on=["piece"])
        server.misbehave(OpenAIFault.server_error(), when=asks(2), on=["piece"])
        server.misbehave(OpenAIFault.unauthorized(), when=asks(3), on=["piece"])
        left_running(server, tmp_path, *map(request, range(5)))
        found = recovered(server, tmp_path)
        assert (found.answered, found.failed, found.again) == (2, 1, 2)
        with Journal.open(tmp_path) as journal:
            records = [journal.find(request(number).key) for number in range(5)]
        assert [record and record.failure for record in records] == ["", FailureKind.FILTERED, None, None, ""]

    def test_replies_are_held_to_what_was_asked(self, server: LocalOpenAI, tmp_path: Path) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
        form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
        asked = [request(number, response_format=form) for number in range(3)]
        server.misbehave(
            OpenAIFault.answering('{"b": 1}'), when=lambda body: "1" in str(body["messages"]), on=["piece"]
        )
        left_running(server, tmp_path, *asked)
        found = recovered(server, tmp_path)
        assert (found.answered, found.failed) == (2, 1)
        with Journal.open(tmp_path) as journal:
            record = journal.find(asked[1].key)
        assert record is not None
        assert (record.failure, record.body != b"", record.completion > 0) == (
            FailureKind.OFF_SCHEMA,
            True,
            True,
        )

    def test_a_dropped_feature_stops_the_run_and_is_on_the_bill(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        server.misbehave(OpenAIFault.without("logprobs"), times=None, on=["piece"])
        left_running(server, tmp_path, request(1, logprobs=True))
        with pytest.raises(ModelError, match="logprobs"):
            recovered(server, tmp_path)
        with Journal.open(tmp_path) as journal:
            assert journal.find(request(1, logprobs=True).key) is None
        assert billed(tmp_path)[1] > 0
        assert recovered(server, tmp_path).batches == 0

    def test_a_batch_that_is_gone_is_asked_again(self, server: LocalOpenAI, tmp_path: Path) -> None:
        left_running(server, tmp_path, request(1), request(2))
        server._site.batches.batches.clear()
        assert recovered(server, tmp_path).again == 2
        assert states(tmp_path) == ["done"]

    def test_rows_that_ask_first_wait_for_what_is_recovered(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        left_running(server, tmp_path, request(1), request(2))

        async def work(endpoint: BatchEndpoint, _: Journal) -> list[Any]:
            return await asyncio.gather(*map(endpoint.send, map(request, range(1, 4))))

        assert len(with_endpoint(server, tmp_path, work)) == 3
        assert server.tally.repeated == 0

    def test_a_server_that_refuses_stops_the_run_and_nothing_is_given_up(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        left_running(server, tmp_path, request(1))
        server.misbehave(OpenAIFault.unauthorized(), on=["poll"])
        with pytest.raises(ModelError, match="Incorrect API key"):
            recovered(server, tmp_path)
        assert states(tmp_path) == ["submitted"]
        assert recovered(server, tmp_path).answered == 1

    def test_batches_of_another_server_are_left_alone(self, server: LocalOpenAI, tmp_path: Path) -> None:
        left_running(server, tmp_path, request(1))
        with LocalOpenAI() as other:
            assert recovered(other, tmp_path).batches == 0
        assert states(tmp_path) == ["submitted"]

    def test_batches_of_another_owner_are_left_alone(self, server: LocalOpenAI, tmp_path: Path) -> None:
        from mensrea.models.journal import Batch

        name = server.base_url.split("/")[2]
        with Journal.open(tmp_path) as journal:
            journal.save_batch(Batch("batch-1", name, "running", (request(1).key,)))
        assert recovered(server, tmp_path).batches == 0
        assert states(tmp_path) == ["running"]

    def test_a_batch_of_a_copied_run_isnt_taken_for_ones_own(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        left_running(server, tmp_path, request(1))
        with Journal.open(tmp_path) as journal:
            (entry,) = journal.batches()
            submission = Submission.read(entry)
            assert submission is not None
            submission.keys, submission.state, submission.batch = (request(2).key,), "intended", ""
            journal.save_batch(submission.entry())
        assert recovered(server, tmp_path).again == 1
        assert states(tmp_path) == ["abandoned"]


def test_released_calls_say_that_nothing_was_lost(server: LocalOpenAI, tmp_path: Path) -> None:
    async def work(endpoint: BatchEndpoint, _: Journal) -> CallError:
        asked = asyncio.create_task(endpoint.send(request(1)))
        await asyncio.sleep(0)
        endpoint.release()
        with pytest.raises(CallError) as released:
            await asked
        return released.value

    error = with_endpoint(server, tmp_path, work)
    assert (error.kind, error.sent, error.maybe_billed) == (FailureKind.CONNECTION, False, False)

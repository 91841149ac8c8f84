"""Calls through a Batch API, with everything that can go wrong on the way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ModelError, RunStoppedError
from mensrea.models.batch import BatchEndpoint, Pace
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.journal import Journal, Record
from mensrea.models.wire import decode
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI

QUICK = Pace(
    quiet=0.05,
    first_poll=0.01,
    longest_poll=0.05,
    retry=0.01,
    longest_retry=0.05,
    patience=0.3,
    settling=0.05,
)
MODEL = "openai/local-model"

OUTLIVED = {
    "502": OpenAIFault.server_error(502),
    "429": OpenAIFault.rate_limited(0.02),
    "reset": OpenAIFault.reset(),
    "truncated": OpenAIFault.truncated(10),
    "page": OpenAIFault.web_page(200),
    "object": OpenAIFault.refused(200, "", ""),
}

Outcome = bytes | Exception


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOpenAI]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-local-0123456789")
    with LocalOpenAI(api_key="sk-local-0123456789") as server:
        yield server


def request(number: int, **changed: Any) -> Request:
    parameters = {"max_tokens": 50, **changed.pop("parameters", {})}
    messages = [{"role": "user", "content": f"question {number}"}]
    return replace(Request(MODEL, messages, parameters), **changed)


def with_endpoint(
    server: LocalOpenAI,
    folder: Path,
    work: Callable[[BatchEndpoint, Journal], Awaitable[Any]],
    pace: Pace = QUICK,
) -> Any:
    async def run() -> Any:
        with Journal.open(folder) as journal:
            endpoint = BatchEndpoint(journal, server.base_url, pace=pace)
            try:
                return await asyncio.wait_for(work(endpoint, journal), timeout=30)
            finally:
                await endpoint.close()

    return asyncio.run(run())


async def ask_all(endpoint: BatchEndpoint, *requests: Request) -> list[Outcome]:
    return await asyncio.gather(*map(endpoint.send, requests), return_exceptions=True)  # pyright: ignore[reportReturnType]


def send_all(server: LocalOpenAI, folder: Path, *requests: Request, pace: Pace = QUICK) -> list[Outcome]:
    return with_endpoint(server, folder, lambda endpoint, _: ask_all(endpoint, *requests), pace)


async def until(holds: Callable[[], Any]) -> None:
    while not holds():  # noqa: ASYNC110 -- nothing says when
        await asyncio.sleep(0.01)


def batches(server: LocalOpenAI) -> list[Any]:
    return list(server._site.batches.batches.values())


def states(folder: Path) -> list[str]:
    with Journal.open(folder) as journal:
        return [batch.status for batch in journal.batches()]


def texts(outcomes: list[Outcome]) -> list[str]:
    return [
        decode(outcome, "chat").text if isinstance(outcome, bytes) else str(outcome) for outcome in outcomes
    ]


def kinds(outcomes: list[Outcome]) -> list[FailureKind | None]:
    return [outcome.kind if isinstance(outcome, CallError) else None for outcome in outcomes]


def asks(number: int) -> Callable[[Any], bool]:
    return lambda body: body["messages"][0]["content"] == f"question {number}"


class TestBatches:
    def test_requests_go_out_together_and_each_gets_its_answer(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        server.misbehave(OpenAIFault.batch_results(reverse=True))
        requests = [request(number) for number in range(20)]
        answers = texts(send_all(server, tmp_path, *requests))
        assert len(set(answers)) == 20
        assert len(batches(server)) == 1
        assert server.tally.submitted == {each.key.hex(): 1 for each in requests}
        alone = texts(send_all(server, tmp_path / "other", requests[7]))
        assert alone == [answers[7]]

    def test_the_batch_tells_whose_it_is(self, server: LocalOpenAI, tmp_path: Path) -> None:
        send_all(server, tmp_path, request(1))
        (batch,) = batches(server)
        with Journal.open(tmp_path) as journal:
            (entry,) = journal.batches()
        assert batch.metadata["mensrea_run"] == entry.details["run"]
        assert batch.metadata["mensrea_piece"] == entry.id
        assert (entry.details["batch"], entry.requests) == (batch.identifier, (request(1).key,))

    def test_models_and_apis_go_apart(self, server: LocalOpenAI, tmp_path: Path) -> None:
        requests = [request(1), request(1, model="openai/other"), request(1, api="responses"), request(2)]
        outcomes = send_all(server, tmp_path, *requests)
        assert sorted((batch.endpoint, batch.model, len(batch.pieces)) for batch in batches(server)) == [
            ("/v1/chat/completions", "local-model", 2),
            ("/v1/chat/completions", "other", 1),
            ("/v1/responses", "local-model", 1),
        ]
        assert isinstance(outcomes[2], bytes)
        assert decode(outcomes[2], "responses").text == texts(outcomes[:1])[0]

    @pytest.mark.parametrize("pace", [{"most_pieces": 3}, {"most_bytes": 700}])
    def test_a_full_batch_doesnt_wait(
        self, server: LocalOpenAI, tmp_path: Path, pace: dict[str, int]
    ) -> None:
        full = Pace(**{**{name: getattr(QUICK, name) for name in Pace.__slots__}, **pace})
        outcomes = send_all(server, tmp_path, *(request(number) for number in range(7)), pace=full)
        assert sorted(len(batch.pieces) for batch in batches(server)) == [1, 3, 3]
        assert all(isinstance(outcome, bytes) for outcome in outcomes)

    def test_the_same_request_twice_is_asked_once(self, server: LocalOpenAI, tmp_path: Path) -> None:
        first, second = send_all(server, tmp_path, request(1), request(1))
        assert first == second
        assert server.calls.total() == 1

    def test_what_nobody_waits_for_isnt_submitted(self, server: LocalOpenAI, tmp_path: Path) -> None:
        async def work(endpoint: BatchEndpoint, _: Journal) -> list[Outcome]:
            given_up = asyncio.create_task(endpoint.send(request(1)))
            await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.wait([given_up])
            outcomes = await ask_all(endpoint, request(2))
            assert endpoint.waiting == 0
            return [*outcomes, *await ask_all(endpoint, request(1))]

        assert len(with_endpoint(server, tmp_path, work)) == 2
        assert [len(batch.pieces) for batch in batches(server)] == [1, 1]

    def test_an_answer_that_nobody_waits_for_any_more_is_kept(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        server.misbehave(OpenAIFault.batch_stuck(5))

        async def work(endpoint: BatchEndpoint, journal: Journal) -> Record | None:
            asked = asyncio.create_task(endpoint.send(request(1)))
            await until(lambda: endpoint.progress)
            (progress,) = endpoint.progress.values()
            assert (progress.status, progress.requests) == ("in_progress", 1)
            asked.cancel()
            await until(lambda: journal.find(request(1).key))
            return journal.find(request(1).key)

        record = with_endpoint(server, tmp_path, work)
        assert decode(record.body, "chat").text
        usage = decode(record.body, "chat").usage
        assert usage is not None
        assert (record.completion, server.calls.total()) == (usage.completion, 1)

    def test_a_caller_pays_once_and_replays(self, server: LocalOpenAI, tmp_path: Path) -> None:
        async def work(endpoint: BatchEndpoint, journal: Journal) -> list[str]:
            async with Caller(journal, {MODEL: endpoint}) as caller:
                answers = await asyncio.gather(*(caller.call(request(number)) for number in range(5)))
                return [answer.text for answer in answers]

        assert with_endpoint(server, tmp_path, work) == with_endpoint(server, tmp_path, work)
        assert (len(batches(server)), server.tally.repeated) == (1, 0)
        assert states(tmp_path) == ["done"]

    def test_a_request_that_cant_be_put_isnt_queued(self, server: LocalOpenAI, tmp_path: Path) -> None:
        (outcome,) = send_all(server, tmp_path, request(1, parameters={"stream": True}))
        assert isinstance(outcome, ModelError)
        assert batches(server) == []

    def test_there_must_be_a_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)

        async def work() -> Outcome:
            with Journal.open(tmp_path) as journal:
                endpoint = BatchEndpoint(journal, "https://models.example.org/v1", pace=QUICK)
                (outcome,) = await ask_all(endpoint, request(1))
                await endpoint.close()
                return outcome

        outcome = asyncio.run(work())
        assert isinstance(outcome, ModelError)
        assert "OPENAI_API_KEY" in str(outcome)


class TestPieces:
    def test_some_fail_by_their_own_status(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.filtered(), when=asks(1), on=["piece"])
        server.misbehave(OpenAIFault.too_long(), when=asks(2), on=["piece"])
        server.misbehave(OpenAIFault.echoed_key(400), when=asks(3), on=["piece"])
        outcomes = send_all(server, tmp_path, *(request(number) for number in range(5)))
        assert kinds(outcomes) == [
            None,
            FailureKind.FILTERED,
            FailureKind.TOO_LONG,
            FailureKind.BAD_REQUEST,
            None,
        ]
        assert len(batches(server)) == 1

    def test_what_may_succeed_goes_into_the_next_batch(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.server_error(), times=2, when=asks(1), on=["piece"])
        server.misbehave(OpenAIFault.rate_limited(), when=asks(2), on=["piece"])
        outcomes = send_all(server, tmp_path, *(request(number) for number in range(4)))
        assert kinds(outcomes) == [None] * 4
        assert [len(batch.pieces) for batch in batches(server)] == [4, 2, 1]
        assert max(server.tally.answered.values()) == 1

    def test_it_fails_in_the_end(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.server_error(), times=None, when=asks(1), on=["piece"])
        outcomes = send_all(server, tmp_path, request(0), request(1))
        assert kinds(outcomes) == [None, FailureKind.SERVER]
        assert server.tally.submitted[request(1).key.hex()] == QUICK.rounds

    def test_what_expired_is_asked_again_and_what_was_answered_isnt(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        server.misbehave(OpenAIFault.batch_ends("expired", answered=3))
        server.misbehave(OpenAIFault.batch_ends("expired", answered=0))
        requests = [request(number) for number in range(5)]
        assert kinds(send_all(server, tmp_path, *requests)) == [None] * 5
        assert [len(batch.pieces) for batch in batches(server)] == [5, 2, 2]
        assert server.tally.answered == {each.key.hex(): 1 for each in requests}

    def test_expiry_is_a_failure_in_the_end(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_ends("expired"), times=None)
        (outcome,) = send_all(server, tmp_path, request(0))
        assert isinstance(outcome, CallError)
        assert (outcome.kind, outcome.retryable, outcome.maybe_billed) == (FailureKind.EXPIRED, True, False)

    def test_what_a_person_cancelled_isnt_asked_again(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_ends("cancelled", answered=1))
        first, second = send_all(server, tmp_path, request(0), request(1))
        assert isinstance(first, bytes)
        assert isinstance(second, RunStoppedError)
        assert "cancelled" in str(second)
        assert len(batches(server)) == 1


class TestResults:
    def notices(
        self, server: LocalOpenAI, folder: Path, *requests: Request
    ) -> tuple[list[Outcome], list[str]]:
        async def work(endpoint: BatchEndpoint, _: Journal) -> Any:
            return await ask_all(endpoint, *requests), endpoint.notices

        return with_endpoint(server, folder, work)

    def test_odd_lines_are_left_out_and_said(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_results(repeat=True, foreign=True, reverse=True))
        outcomes, notices = self.notices(server, tmp_path, request(0), request(1))
        assert kinds(outcomes) == [None, None]
        (notice,) = notices
        assert "2 for requests that it doesn't have, 2 for requests that had one before" in notice
        assert batches(server)[0].identifier in notice

    def test_lines_that_cant_be_read_are_said(self, server: LocalOpenAI, tmp_path: Path) -> None:
        # The second of the two lines is cut.
        server.misbehave(OpenAIFault.truncated(1500), times=None, on=["file"])
        outcomes, notices = self.notices(server, tmp_path, *(request(number) for number in range(2)))
        assert kinds(outcomes) == [None, FailureKind.TRUNCATED]
        assert any("1 that can't be read" in notice for notice in notices)

    @pytest.mark.parametrize("how", ["lost", "unnamed"])
    def test_lost_results_may_have_been_billed(self, server: LocalOpenAI, tmp_path: Path, how: str) -> None:
        server.misbehave(OpenAIFault.batch_results(**{how: True}))
        outcomes, notices = self.notices(server, tmp_path, request(0), request(1))
        for outcome in outcomes:
            assert isinstance(outcome, CallError)
            assert (outcome.kind, outcome.maybe_billed) == (FailureKind.TRUNCATED, True)
            assert outcome.retryable
        assert any("without a result for 2 requests" in notice for notice in notices)
        assert len(batches(server)) == 1

    def test_a_batch_that_is_gone_may_have_been_billed(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.refused(404, "No batch found.", "invalid_request_error"), on=["poll"])
        outcomes, _ = self.notices(server, tmp_path, request(0))
        assert kinds(outcomes) == [FailureKind.TRUNCATED]

    def test_downloads_that_break_off_are_repeated(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.reset(100), on=["file"])
        server.misbehave(OpenAIFault.interrupted(200), on=["file"])
        server.misbehave(OpenAIFault.server_error(), on=["file"])
        outcomes, notices = self.notices(server, tmp_path, request(0), request(1))
        assert (kinds(outcomes), notices) == ([None, None], [])
        assert server.calls.total() == 2


class TestServer:
    @pytest.mark.parametrize("fault", OUTLIVED.values(), ids=OUTLIVED)
    @pytest.mark.parametrize("operation", ["upload", "submit", "poll", "file"])
    def test_failures_of_the_server_are_outlived(
        self, server: LocalOpenAI, tmp_path: Path, operation: Any, fault: OpenAIFault
    ) -> None:
        server.misbehave(fault, times=2, on=[operation])
        outcomes = send_all(server, tmp_path, request(0), request(1))
        assert kinds(outcomes) == [None, None]
        assert max(server.tally.answered.values()) == 1
        assert [batch.status for batch in batches(server)] == ["completed"]

    @pytest.mark.parametrize("operation", ["upload", "submit", "poll", "file"])
    def test_a_refusal_stops_the_run(self, server: LocalOpenAI, tmp_path: Path, operation: Any) -> None:
        server.misbehave(OpenAIFault.echoed_key(), times=None, on=[operation])
        outcomes = send_all(server, tmp_path, request(0), request(1))
        for outcome in outcomes:
            assert isinstance(outcome, ModelError)
            assert "sk-local" not in str(outcome)
            assert outcome.__context__ is None or "sk-local" not in repr(outcome.__context__)
        assert states(tmp_path) == ["submitted" if operation in ("poll", "file") else "abandoned"]

    def test_a_lost_acknowledgement_is_no_second_batch(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.interrupted(20), on=["submit"])
        server.misbehave(OpenAIFault.server_error(), times=2, on=["list"])
        assert kinds(send_all(server, tmp_path, request(0), request(1))) == [None, None]
        assert len(batches(server)) == 1

    def test_a_server_that_takes_nothing_for_long_stops_the_run(
        self, server: LocalOpenAI, tmp_path: Path
    ) -> None:
        server.misbehave(OpenAIFault.overloaded(), times=None, on=["upload"])
        (first,) = send_all(server, tmp_path / "a", request(0))
        server.behave()
        server.misbehave(OpenAIFault.overloaded(), times=None, on=["submit"])
        (second,) = send_all(server, tmp_path / "b", request(0))
        assert isinstance(first, ModelError)
        assert isinstance(second, ModelError)
        assert "nothing was submitted" in str(second)
        assert batches(server) == []

    def test_a_full_server_is_asked_again_later(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_full())
        assert kinds(send_all(server, tmp_path, request(0))) == [None]
        assert [batch.status for batch in batches(server)] == ["failed", "completed"]

    def test_a_rejected_batch_stops_the_run(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_ends("failed"))
        (outcome,) = send_all(server, tmp_path, request(0))
        assert isinstance(outcome, ModelError)
        assert "rejected: failed: The batch failed." in str(outcome)

    def test_a_rejected_line_fails_alone(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_line_rejected(2))
        outcomes = send_all(server, tmp_path, request(0), request(1), request(2))
        assert kinds(outcomes) == [None, FailureKind.BAD_REQUEST, None]
        assert [len(batch.pieces) for batch in batches(server)] == [0, 2]


class TestRelease:
    def test_it_ends_all_waiting_and_loses_nothing(self, server: LocalOpenAI, tmp_path: Path) -> None:
        server.misbehave(OpenAIFault.batch_stuck(20))

        async def work(endpoint: BatchEndpoint, journal: Journal) -> None:
            async with Caller(journal, {MODEL: endpoint}) as caller:
                calls = [asyncio.create_task(caller.call(request(number))) for number in range(3)]
                await until(lambda: endpoint.progress)
                caller.stop()
                endpoint.release()
                outcomes = await asyncio.gather(*calls, return_exceptions=True)
                assert [type(outcome) for outcome in outcomes] == [RunStoppedError] * 3
                assert caller.budget.spent_tokens == 0
            with pytest.raises(RunStoppedError):
                await endpoint.send(request(9))

        with_endpoint(server, tmp_path, work)
        assert states(tmp_path) == ["submitted"]

        async def resumed(endpoint: BatchEndpoint, journal: Journal) -> Any:
            recovered = await endpoint.recover()
            async with Caller(journal, {MODEL: endpoint}) as caller:
                await asyncio.gather(*(caller.call(request(number)) for number in range(3)))
                assert caller.counters.replayed == 3
            return recovered

        recovered = with_endpoint(server, tmp_path, resumed)
        assert (recovered.batches, recovered.answered, recovered.again) == (1, 3, 0)
        assert "1 batches of an earlier process: 3 replies" in str(recovered)
        assert (len(batches(server)), server.tally.repeated) == (1, 0)

"""Files and batches of the local OpenAI-compatible server, through the real client."""

import io
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI
from openai import DefaultHttpxClient, OpenAI
from openai.types import Batch

ENDPOINT = "/v1/chat/completions"


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI() as server:
        yield server


@pytest.fixture
def client(server: LocalOpenAI) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.base_url, api_key="any", max_retries=0, http_client=plain()) as client:
        yield client


def plain() -> DefaultHttpxClient:
    # Certificates take a quarter of a second to read, and there are none to check.
    return DefaultHttpxClient(verify=False)


def body(number: int) -> dict[str, Any]:
    return {"model": "local-model", "messages": [{"role": "user", "content": f"question {number}"}]}


def piece(number: int, **changed: Any) -> dict[str, Any]:
    whole = {"custom_id": f"piece-{number}", "method": "POST", "url": ENDPOINT, "body": body(number)}
    return {**whole, **changed}


def submit(client: OpenAI, *pieces: dict[str, Any], **metadata: str) -> Batch:
    content = b"".join(json.dumps(one).encode() + b"\n" for one in pieces)
    file = client.files.create(file=("input.jsonl", io.BytesIO(content)), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", metadata=metadata
    )


def finish(client: OpenAI, batch: Batch, polls: int = 3) -> Batch:
    for _ in range(polls):
        batch = client.batches.retrieve(batch.id)
    return batch


def results(client: OpenAI, file: str | None) -> list[dict[str, Any]]:
    assert file is not None
    return [json.loads(line) for line in client.files.content(file).text.splitlines()]


def test_a_batch_runs_as_it_is_polled(server: LocalOpenAI, client: OpenAI) -> None:
    batch = submit(client, piece(1), piece(2), run="abc")
    states = [batch.status, *(client.batches.retrieve(batch.id).status for _ in range(3))]
    assert states == ["validating", "in_progress", "completed", "completed"]
    ended = client.batches.retrieve(batch.id)
    assert (ended.metadata, ended.model) == ({"run": "abc"}, "local-model")
    assert ended.request_counts is not None
    assert (ended.request_counts.total, ended.request_counts.completed, ended.error_file_id) == (2, 2, None)
    lines = results(client, ended.output_file_id)
    assert [line["custom_id"] for line in lines] == ["piece-1", "piece-2"]
    alone = client.chat.completions.create(**body(1)).choices[0].message.content
    assert lines[0]["response"]["body"]["choices"][0]["message"]["content"] == alone
    assert server.calls[server.key(body(1))] == 2
    assert (server.tally.submitted["piece-1"], server.tally.answered["piece-1"]) == (1, 1)


def test_batches_are_listed_newest_first_over_pages(client: OpenAI) -> None:
    made = [submit(client, piece(1), number=str(number)).id for number in range(5)]
    assert [batch.id for batch in client.batches.list(limit=2)] == made[::-1]
    assert [batch.status for batch in client.batches.list()] == ["validating"] * 5


def test_files_come_back_as_they_were(client: OpenAI) -> None:
    file = client.files.create(file=("input.jsonl", b"content"), purpose="batch")
    assert (file.bytes, file.filename, file.purpose) == (7, "input.jsonl", "batch")
    assert client.files.content(file.id).content == b"content"
    assert client.files.retrieve(file.id).id == file.id
    with pytest.raises(openai.NotFoundError):
        client.files.content("file-unknown")


@pytest.mark.parametrize(
    ("pieces", "code", "line"),
    [
        ([piece(1), piece(1)], "duplicate_custom_id", 2),
        ([piece(1), piece(2, url="/v1/responses")], "mismatched_endpoint", 2),
        ([piece(1), piece(2, body={**body(2), "model": "other"})], "mismatched_model", 2),
        ([piece(1, custom_id=None)], "missing_required_parameter", 1),
        ([], "empty_file", None),
    ],
)
def test_a_wrong_file_fails_the_batch(
    server: LocalOpenAI, client: OpenAI, pieces: list[dict[str, Any]], code: str, line: int | None
) -> None:
    ended = finish(client, submit(client, *pieces))
    assert (ended.status, ended.output_file_id) == ("failed", None)
    assert ended.errors is not None
    assert ended.errors.data is not None
    assert [(error.code, error.line) for error in ended.errors.data] == [(code, line)]
    assert server.calls.total() == 0


def test_an_unknown_file_or_batch_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        client.batches.create(input_file_id="file-unknown", endpoint=ENDPOINT, completion_window="24h")
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_unknown")


class TestFaults:
    def test_some_pieces_fail(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(
            OpenAIFault.filtered(), when=lambda sent: "2" in sent["messages"][0]["content"], on=["piece"]
        )
        ended = finish(client, submit(client, piece(1), piece(2), piece(3)))
        assert [line["custom_id"] for line in results(client, ended.output_file_id)] == ["piece-1", "piece-3"]
        (failed,) = results(client, ended.error_file_id)
        assert (failed["custom_id"], failed["response"]["status_code"]) == ("piece-2", 400)
        assert failed["response"]["body"]["error"]["code"] == "content_filter"
        assert ended.request_counts is not None
        assert (ended.request_counts.completed, ended.request_counts.failed) == (2, 1)
        assert dict(server.tally.answered) == {"piece-1": 1, "piece-3": 1}

    @pytest.mark.parametrize("end", ["expired", "cancelled"])
    def test_a_batch_ends_early(self, server: LocalOpenAI, client: OpenAI, end: Any) -> None:
        server.misbehave(OpenAIFault.batch_ends(end, answered=1))
        ended = finish(client, submit(client, piece(1), piece(2)))
        assert ended.status == end
        assert [line["custom_id"] for line in results(client, ended.output_file_id)] == ["piece-1"]
        (unanswered,) = results(client, ended.error_file_id)
        assert (unanswered["response"], unanswered["error"]["code"]) == (None, f"batch_{end}")

    def test_a_batch_fails_as_a_whole(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(OpenAIFault.batch_ends("failed"))
        ended = finish(client, submit(client, piece(1)))
        assert (ended.status, ended.output_file_id, ended.error_file_id) == ("failed", None, None)

    def test_a_batch_fails_for_too_much_waiting_or_for_a_line(
        self, server: LocalOpenAI, client: OpenAI
    ) -> None:
        server.misbehave(OpenAIFault.batch_full())
        server.misbehave(OpenAIFault.batch_line_rejected(2))
        ended = [finish(client, submit(client, piece(1), piece(2))) for _ in range(2)]
        errors = [batch.errors.data[0] for batch in ended if batch.errors and batch.errors.data]
        assert [(error.code, error.line) for error in errors] == [
            ("token_limit_exceeded", None),
            ("invalid_request", 2),
        ]

    def test_a_batch_is_stuck_for_some_polls(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(OpenAIFault.batch_stuck(3))
        batch = submit(client, piece(1))
        assert [client.batches.retrieve(batch.id).status for _ in range(6)] == ["in_progress"] * 4 + [
            "completed"
        ] * 2

    def test_a_batch_that_is_stuck_for_ever_can_be_cancelled(
        self, server: LocalOpenAI, client: OpenAI
    ) -> None:
        server.misbehave(OpenAIFault.batch_stuck())
        batch = submit(client, piece(1))
        assert finish(client, batch, polls=20).status == "in_progress"
        assert client.batches.cancel(batch.id).status == "cancelling"
        assert finish(client, batch, polls=1).status == "cancelled"

    def test_results_are_mixed_up(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(OpenAIFault.batch_results(reverse=True, repeat=True, foreign=True))
        ended = finish(client, submit(client, piece(1), piece(2)))
        names = [line["custom_id"] for line in results(client, ended.output_file_id)]
        assert names == ["piece-2", "piece-2", "piece-1", "piece-1", "f" * 32, "f" * 32]

    def test_results_are_lost(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(OpenAIFault.batch_results(lost=True))
        server.misbehave(OpenAIFault.batch_results(unnamed=True))
        lost, unnamed = (finish(client, submit(client, piece(number))) for number in range(2))
        assert lost.output_file_id is not None
        with pytest.raises(openai.NotFoundError):
            client.files.content(lost.output_file_id)
        assert (unnamed.status, unnamed.output_file_id) == ("completed", None)

    def test_the_answer_to_a_submission_is_lost(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(OpenAIFault.reset(), on=["submit"])
        with pytest.raises(openai.APIConnectionError):
            submit(client, piece(1), run="abc")
        assert [batch.metadata for batch in client.batches.list()] == [{"run": "abc"}]

    @pytest.mark.parametrize("operation", ["upload", "submit", "poll", "list", "file"])
    def test_any_operation_can_be_refused(self, server: LocalOpenAI, client: OpenAI, operation: Any) -> None:
        server.misbehave(OpenAIFault.server_error(), on=[operation])
        with pytest.raises(openai.InternalServerError):
            self.use_everything(client)
        assert self.use_everything(client) == 1

    def use_everything(self, client: OpenAI) -> int:
        ended = finish(client, submit(client, piece(1)))
        assert list(client.batches.list())
        return len(results(client, ended.output_file_id))

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.models.wire import decode
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI

from .asking import (
    answering,
    ask,
    clean_environment,
    failing,
    failing_with,
    free_port,
    full,
    question,
    use,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_environment(monkeypatch)


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI() as server:
        yield server


class TestBreaks:
    def test_nobody_listens(self):
        error = failing(f"http://127.0.0.1:{free_port()}/v1")
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, False)
        assert "no connection (Connection refused); check that the server runs" in error.message

    def test_no_such_host(self):
        error = failing("http://nowhere.invalid/v1")
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, False)
        assert "there is no such host, or no network" in error.message

    def test_no_connection_comes_about(self):
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            crowd = [socket.socket() for _ in range(4)]
            for each in crowd:
                each.settimeout(0)
                each.connect_ex(deaf.getsockname())
            error = failing(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", connect_timeout=0.3)
            for each in crowd:
                each.close()
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, False)
        assert "no connection came about in time" in error.message

    def test_reset_before_an_answer(self, server):
        server.misbehave(OpenAIFault.reset())
        error = failing(server.base_url)
        assert (error.kind, error.sent, error.maybe_billed) == (FailureKind.CONNECTION, True, True)

    def test_closed_before_an_answer(self):
        error = failing_with(answering(b""))
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, True)
        assert "closed before an answer came" in error.message

    @pytest.mark.parametrize("fault", [OpenAIFault.interrupted(10), OpenAIFault.reset(10)])
    def test_broken_off_midway(self, server, fault):
        server.misbehave(fault)
        error = failing(server.base_url)
        assert error.kind is FailureKind.TRUNCATED
        assert error.maybe_billed

    def test_cut_where_only_parsing_tells(self, server):
        server.misbehave(OpenAIFault.truncated(30))
        with pytest.raises(CallError, match="the reply of 30 bytes is no JSON") as caught:
            decode(use(server.base_url, ask), "chat")
        assert caught.value.kind is FailureKind.TRUNCATED

    @pytest.mark.parametrize("chunks", [b'5\r\n{"cho', b"zz\r\n", b"2\r\n{}\r\n"])
    def test_broken_chunks(self, chunks):
        reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        assert failing_with(answering(reply)).kind in {FailureKind.TRUNCATED, FailureKind.CONNECTION}

    def test_damaged_compression(self):
        error = failing_with(answering(full(b"no gzip at all", "Content-Encoding: gzip")))
        assert error.kind is FailureKind.TRUNCATED

    @pytest.mark.parametrize(
        "reply", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x16", b"HTTP/9.x\r\n\r\n"]
    )
    def test_no_http(self, reply):
        error = failing_with(answering(reply))
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, True)

    @pytest.mark.parametrize("fault", [OpenAIFault.hanging(), OpenAIFault.slow(30), OpenAIFault.dripping(30)])
    def test_no_whole_reply_in_time(self, server, fault):
        server.misbehave(fault)
        started = time.monotonic()
        error = failing(server.base_url, timeout=0.4)
        assert error.kind is FailureKind.TIMEOUT
        assert error.maybe_billed
        assert time.monotonic() - started < 10

    def test_a_restart_between_calls_goes_unnoticed(self, server):
        async def twice(endpoint: OpenAIEndpoint) -> bytes:
            await asyncio.gather(*(endpoint.send(question(str(at))) for at in range(8)))
            # The loop has no chance to see that the connections end.
            server.stop()
            server.start()
            return await ask(endpoint)

        assert decode(use(server.base_url, twice), "chat").text

    def test_a_server_that_comes_back_is_found(self, server):
        async def down_and_up(endpoint: OpenAIEndpoint) -> bytes:
            await ask(endpoint)
            server.stop()
            with pytest.raises(CallError, match="Connection refused") as caught:
                await ask(endpoint)
            assert not caught.value.sent
            server.start()
            return await ask(endpoint)

        assert decode(use(server.base_url, down_and_up), "chat").text

    def test_a_server_that_hangs_up_at_once_is_not_asked_for_ever(self):
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del reader, writer

        assert failing_with(hang_up).kind is FailureKind.CONNECTION

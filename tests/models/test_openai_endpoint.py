import asyncio
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from mensrea.errors import ModelError
from mensrea.models.checks import check
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.models.wire import decode
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI

from .asking import (
    REPLY,
    SECRET,
    answering,
    ask,
    clean_environment,
    failing,
    failing_with,
    full,
    hanging_up,
    question,
    served_by,
    use,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_environment(monkeypatch)


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI() as server:
        yield server


class TestAnswers:
    def test_come_from_either_api(self, server):
        async def both(endpoint: OpenAIEndpoint) -> list[bytes]:
            return [await endpoint.send(question(api=api)) for api in ("chat", "responses")]

        chat, response = use(server.base_url, both)
        assert decode(chat, "chat").text
        assert decode(response, "responses").text
        assert [call.token for call in server.seen] == [SECRET, SECRET]
        assert server.seen[0].body == {
            "model": "m",
            "messages": [{"role": "user", "content": "Is it?"}],
            "max_tokens": 9,
        }

    def test_hold_what_was_asked_for(self, server):
        schema = {"type": "object", "properties": {"safe": {"type": "boolean"}}, "required": ["safe"]}
        wanted = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema}}
        asked = question(max_tokens=50, n=2, logprobs=True, top_logprobs=2, response_format=wanted)
        response = decode(use(server.base_url, lambda endpoint: endpoint.send(asked)), "chat")
        check(asked, response, "local")
        assert len(response.choices) == 2
        assert response.usage is not None

    def test_come_many_at_a_time(self):
        everyone = asyncio.Barrier(300)
        seen: list[bytes] = []
        answer = answering(full(REPLY, "Connection: close"), seen)

        async def once_all_are_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await everyone.wait()
            await answer(reader, writer)

        async def what(base_url: str) -> list[bytes]:
            endpoint = OpenAIEndpoint(base_url)
            try:
                return await asyncio.gather(*(endpoint.send(question(str(at))) for at in range(300)))
            finally:
                await endpoint.close()

        assert served_by(once_all_are_here, what) == [REPLY] * 300
        assert len(seen) == 300

    def test_come_over_kept_connections(self, server):
        async def opened(endpoint: OpenAIEndpoint) -> set[Any]:
            for at in range(5):
                await endpoint.send(question(str(at)))
            session = endpoint._session
            assert session is not None
            assert session.connector is not None
            return {protocol for kept in session.connector._conns.values() for protocol, _ in kept}

        assert len(use(server.base_url, opened)) == 1

    def test_are_no_matter_of_cookies(self):
        seen: list[bytes] = []
        reply = full(REPLY, "Set-Cookie: session=1; Path=/", "Connection: close")

        async def what(base_url: str) -> None:
            endpoint = OpenAIEndpoint(base_url.replace("127.0.0.1", "localhost"))
            for _ in range(2):
                assert await ask(endpoint) == REPLY
            await endpoint.close()

        served_by(answering(reply, seen), what)
        assert len(seen) == 2
        assert not any(b"cookie" in each.lower() for each in seen)

    def test_may_be_given_up(self, server):
        server.misbehave(OpenAIFault.hanging())

        async def give_up(endpoint: OpenAIEndpoint) -> bytes:
            task = asyncio.create_task(ask(endpoint))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await ask(endpoint)

        assert decode(use(server.base_url, give_up), "chat").text


class TestRefusals:
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (OpenAIFault.rate_limited(), "rate-limited"),
            (OpenAIFault.overloaded(), "overloaded"),
            (OpenAIFault.overloaded(status=529), "overloaded"),
            (OpenAIFault.server_error(), "server-error"),
            (OpenAIFault.web_page(), "server-error"),
            (OpenAIFault.unauthorized(), "auth"),
            (OpenAIFault.out_of_quota(), "quota"),
            (OpenAIFault.model_not_found(), "not-found"),
            (OpenAIFault.bad_request(), "bad-request"),
            (OpenAIFault.too_long(), "context-length"),
            (OpenAIFault.filtered(), "content-filter"),
        ],
    )
    def test_have_their_kind(self, server, fault, kind):
        server.misbehave(fault)
        error = failing(server.base_url)
        assert error.kind == kind
        assert error.message.startswith(f"127.0.0.1:{server.base_url.split(':')[2].split('/')[0]}: HTTP ")
        assert not error.maybe_billed

    def test_say_how_long_to_wait(self, server):
        server.misbehave(OpenAIFault.rate_limited(3))
        assert failing(server.base_url).retry_after == 3.0
        server.misbehave(OpenAIFault.rate_limited(1.5, milliseconds=True))
        assert failing(server.base_url).retry_after == 1.5
        server.misbehave(OpenAIFault.rate_limited_until(30))
        assert failing(server.base_url).retry_after == pytest.approx(30, abs=2)

    def test_of_redirects_send_the_key_nowhere_else(self):
        seen: list[bytes] = []

        async def elsewhere(base_url: str) -> None:
            host = base_url.split("/")[2]
            reply = full(
                b"", f"Location: http://user:{SECRET}@{host}/v1/chat?key={SECRET}", status="307 Moved"
            )
            moved = await asyncio.start_server(hanging_up(answering(reply)), "127.0.0.1", 0)
            endpoint = OpenAIEndpoint(f"http://127.0.0.1:{moved.sockets[0].getsockname()[1]}/v1")
            with pytest.raises(CallError, match=r"it redirects to 127.0.0.1, where no key is sent") as caught:
                await ask(endpoint)
            await endpoint.close()
            moved.close()
            assert caught.value.kind is FailureKind.NOT_FOUND
            assert SECRET not in str(caught.value)

        served_by(answering(full(REPLY), seen), elsewhere)
        assert seen == []


class TestKeys:
    def test_are_needed_elsewhere(self, monkeypatch):
        monkeypatch.delenv("OTHER_KEY", raising=False)
        with pytest.raises(ModelError, match=r"models.example: there is no API key: set .* OTHER_KEY"):
            use("https://models.example/v1", ask, api_key_variable="OTHER_KEY")

    def test_are_not_needed_here(self, server, monkeypatch):
        monkeypatch.setenv("OPENAI_API_KEY", "")
        use(server.base_url, ask)
        assert server.seen[0].token is None

    def test_give_way_to_no_password(self, monkeypatch):
        seen: list[bytes] = []

        async def what(base_url: str) -> None:
            for key in (SECRET, ""):
                monkeypatch.setenv("OPENAI_API_KEY", key)
                endpoint = OpenAIEndpoint(base_url.replace("//", "//user:password@"))
                await ask(endpoint)
                await endpoint.close()

        served_by(answering(full(REPLY, "Connection: close"), seen), what)
        assert f"Authorization: Bearer {SECRET}".encode() in seen[0]
        assert b"Authorization: Basic dXNlcjpwYXNzd29yZA==" in seen[1]

    def test_are_in_no_repr(self):
        endpoint = OpenAIEndpoint("http://user:hunter22@models.example:8000/v1?key=hunter22")
        assert repr(endpoint) == "OpenAIEndpoint('models.example:8000')"
        assert "hunter22" not in repr(vars(endpoint))

    def test_are_hidden_in_replies_that_echo_them(self, server):
        server.misbehave(OpenAIFault.answering(f"Your key is {SECRET}."))
        body = use(server.base_url, lambda endpoint: endpoint.send(question(max_tokens=50)))
        assert SECRET.encode() not in body
        assert decode(body, "chat").text == "Your key is [key]."

    @pytest.mark.parametrize(
        "fault",
        [
            *(OpenAIFault.echoed_key(status) for status in (400, 401, 404, 429, 500, 503)),
            OpenAIFault.reset(),
            OpenAIFault.interrupted(10),
            OpenAIFault.truncated(30),
            OpenAIFault.web_page(),
            OpenAIFault.hanging(),
        ],
    )
    def test_leak_through_no_failure(self, server, fault, caplog):
        caplog.set_level(logging.DEBUG)
        server.misbehave(fault)

        async def ask_and_read(endpoint: OpenAIEndpoint) -> None:
            decode(await ask(endpoint), "chat", endpoint.server)

        error = failing(server.base_url, ask_and_read, timeout=0.5)
        shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        texts = [str(error), repr(error), repr(error.args), repr(vars(error)), *shown, caplog.text]
        assert not any(SECRET in text or SECRET[8:] in text for text in texts)

    @pytest.mark.parametrize(
        "reply",
        [
            f"HTTP/1.1 {SECRET}\r\n\r\n".encode(),
            full(b"", f"X-Echo: Bearer {SECRET}", f"Content-Encoding: {SECRET}", status=f"500 {SECRET}"),
            f"Bearer {SECRET}\r\n\r\n".encode(),
        ],
    )
    def test_leak_through_no_damaged_answer(self, reply):
        error = failing_with(answering(reply))
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert SECRET not in shown.replace(repr(reply), "")
        assert error.__context__ is None

    def test_leak_through_no_interruption(self, server):
        server.misbehave(OpenAIFault.hanging())

        async def interrupted(endpoint: OpenAIEndpoint) -> str:
            task = asyncio.create_task(ask(endpoint))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return "".join(
                traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
            )

        assert SECRET not in use(server.base_url, interrupted)


class TestRequests:
    def test_that_cannot_be_checked_are_not_sent(self, server):
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}}
        with pytest.raises(ModelError, match="JSON Schema can't be used"):
            use(server.base_url, lambda endpoint: endpoint.send(question(response_format=wanted)))
        assert server.tally.requests == 0

    def test_need_no_running_loop_to_be_prepared_for(self, monkeypatch):
        monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
        endpoint = OpenAIEndpoint()
        assert endpoint.server == "localhost:8000"
        assert not endpoint.official
        asyncio.run(endpoint.close())

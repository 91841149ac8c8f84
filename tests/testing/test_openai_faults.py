"""Each fault of the local OpenAI-compatible server, seen by a bare HTTP client."""

import asyncio
import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from mensrea.testing.openai_answers import Answer
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI

Seen = tuple[int, "dict[str, str]", bytes]
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def body(text: str = "Hello", **parameters: Any) -> dict[str, Any]:
    return {"model": "local-model", "messages": [{"role": "user", "content": text}], **parameters}


def ask(
    server: LocalOpenAI, *bodies: dict[str, Any], timeout: float = 5, path: str = "chat/completions"
) -> list[Seen]:
    """Ask one after the other, each over a connection of its own."""

    async def run() -> list[Seen]:
        limits = aiohttp.ClientTimeout(total=timeout)
        seen: list[Seen] = []
        for one in bodies or (body(),):
            async with (
                aiohttp.ClientSession(
                    timeout=limits, headers={"Authorization": "Bearer secret-key"}
                ) as session,
                session.post(f"{server.base_url}/{path}", json=one) as response,
            ):
                seen.append((response.status, dict(response.headers), await response.read()))
        return seen

    return asyncio.run(run())


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI() as server:
        yield server


class TestRefusals:
    @pytest.mark.parametrize(
        ("fault", "status", "code"),
        [
            (OpenAIFault.rate_limited(), 429, "rate_limit_exceeded"),
            (OpenAIFault.server_error(), 500, None),
            (OpenAIFault.server_error(502), 502, None),
            (OpenAIFault.overloaded(), 503, "overloaded"),
            (OpenAIFault.overloaded(status=529), 529, "overloaded"),
            (OpenAIFault.unauthorized(), 401, "invalid_api_key"),
            (OpenAIFault.out_of_quota(), 429, "insufficient_quota"),
            (OpenAIFault.model_not_found(), 404, "model_not_found"),
            (OpenAIFault.bad_request(), 400, "invalid_value"),
            (OpenAIFault.too_long(), 400, "context_length_exceeded"),
            (OpenAIFault.filtered(), 400, "content_filter"),
            (OpenAIFault.error_in_good_status("overloaded"), 200, "overloaded"),
        ],
    )
    def test_a_refusal_has_its_status_and_code(
        self, server: LocalOpenAI, fault: OpenAIFault, status: int, code: str | None
    ) -> None:
        server.misbehave(fault)
        (refused, headers, content), (good, _, _) = ask(server, body(), body())
        assert (refused, json.loads(content)["error"]["code"], good) == (status, code, 200)
        assert "Retry-After" not in headers
        assert server.calls.total() == server.served == 1
        assert (server.limited, server.tally.failed) == ((1, 0) if status == 429 else (0, 1))

    def test_waits_are_asked_for_in_three_ways(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.rate_limited(2.5))
        server.misbehave(OpenAIFault.rate_limited(2.5, milliseconds=True))
        server.misbehave(OpenAIFault.rate_limited_until(100))
        server.misbehave(OpenAIFault.rate_limited("soon"))
        seconds, milliseconds, date, odd = (headers for _, headers, _ in ask(server, *[body()] * 4))
        assert (seconds["Retry-After"], milliseconds["retry-after-ms"], odd["Retry-After"]) == (
            "2.5",
            "2500",
            "soon",
        )
        assert 95 < parsedate_to_datetime(date["Retry-After"]).timestamp() - time.time() < 101

    def test_a_careless_server_repeats_the_key(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.echoed_key())
        assert b"Bearer secret-key" in ask(server)[0][2]

    def test_a_proxy_answers_with_a_page(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.web_page(200))
        status, headers, content = ask(server)[0]
        assert (status, headers["Content-Type"]) == (200, "text/html")
        assert content.startswith(b"<html>")


class TestWire:
    def test_a_call_hangs_until_the_client_leaves(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.hanging())
        with pytest.raises(asyncio.TimeoutError):
            ask(server, timeout=0.2)
        deadline = time.monotonic() + 60
        while server.tally.in_flight and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.tally.in_flight == 0
        assert server.calls.total() == 1

    @pytest.mark.parametrize("after", [0, 40])
    def test_an_interrupted_body_is_shorter_than_announced(self, server: LocalOpenAI, after: int) -> None:
        server.misbehave(OpenAIFault.interrupted(after))
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError)):
            ask(server)
        assert (server.calls.total(), server.served, server.tally.failed) == (1, 0, 1)

    @pytest.mark.parametrize("after", [0, 40])
    def test_a_connection_is_reset(self, server: LocalOpenAI, after: int) -> None:
        server.misbehave(OpenAIFault.reset(after))
        with pytest.raises((aiohttp.ClientError, ConnectionResetError)):
            ask(server)
        assert ask(server)[0][0] == 200

    def test_a_truncated_body_is_announced_as_it_is(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.truncated(40))
        status, headers, content = ask(server)[0]
        assert (status, headers["Content-Length"], len(content)) == (200, "40", 40)
        with pytest.raises(json.JSONDecodeError):
            json.loads(content)

    @pytest.mark.parametrize("fault", [OpenAIFault.slow(0.2), OpenAIFault.dripping(0.2)])
    def test_slow_answers_are_right(self, server: LocalOpenAI, fault: OpenAIFault) -> None:
        server.misbehave(fault)
        start = time.monotonic()
        slow = ask(server)[0][2]
        assert time.monotonic() - start > 0.19
        assert slow == ask(server)[0][2]
        assert server.served == 2

    def test_a_stream_breaks_off(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.interrupted(300))
        with pytest.raises(aiohttp.ClientPayloadError):
            ask(server, body(stream=True))


class TestContent:
    def answer(self, server: LocalOpenAI, fault: OpenAIFault, **parameters: Any) -> Any:
        server.misbehave(fault)
        status, _, content = ask(server, body(**parameters))[0]
        assert status == 200
        return json.loads(content)

    def test_features_are_dropped_in_silence(self, server: LocalOpenAI) -> None:
        fault = OpenAIFault.without("logprobs", "n", "usage")
        reply = self.answer(server, fault, n=3, logprobs=True, top_logprobs=2)
        assert len(reply["choices"]) == 1
        assert reply["choices"][0]["logprobs"] is None
        assert "usage" not in reply
        assert server.served == 0

    def test_a_limit_on_tokens_is_ignored(self, server: LocalOpenAI) -> None:
        reply = self.answer(server, OpenAIFault.without("max_tokens"), max_tokens=100)
        assert reply["usage"]["completion_tokens"] >= 108
        assert len(reply["choices"][0]["message"]["content"].split()) >= 108

    def test_a_schema_is_ignored(self, server: LocalOpenAI) -> None:
        form = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}
        prose = self.answer(server, OpenAIFault.without("response_format"), response_format=form)
        with pytest.raises(json.JSONDecodeError):
            json.loads(prose["choices"][0]["message"]["content"])
        other = self.answer(server, OpenAIFault.off_schema(), response_format=form)
        assert json.loads(other["choices"][0]["message"]["content"]) == {"unexpected": [None]}

    def test_a_filter_stops_the_answer(self, server: LocalOpenAI) -> None:
        choice = self.answer(server, OpenAIFault.stopped_by_filter())["choices"][0]
        assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", "")

    def test_an_answer_is_replaced(self, server: LocalOpenAI) -> None:
        choice = self.answer(server, OpenAIFault.answering(Answer(refusal="No.")))["choices"][0]
        assert choice["message"]["refusal"] == "No."

    def test_responses_are_struck_too(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.stopped_by_filter())
        content = ask(server, {"model": "m", "input": "Hello"}, path="responses")[0][2]
        assert json.loads(content)["incomplete_details"] == {"reason": "content_filter"}


class TestWhen:
    def statuses(self, server: LocalOpenAI, *bodies: dict[str, Any]) -> list[int]:
        return [status for status, _, _ in ask(server, *bodies)]

    def test_the_oldest_that_fits_strikes_first(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.server_error(500), times=2)
        server.misbehave(OpenAIFault.server_error(502))
        assert self.statuses(server, *[body()] * 4) == [500, 500, 502, 200]

    def test_every_third_is_struck(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.server_error(), times=None, every=3)
        assert self.statuses(server, *[body()] * 7) == [200, 200, 500, 200, 200, 500, 200]
        server.behave()
        assert self.statuses(server, *[body()] * 3) == [200] * 3

    def test_only_what_fits_is_struck(self, server: LocalOpenAI) -> None:
        server.misbehave(
            OpenAIFault.filtered(), times=None, when=lambda sent: "b" in str(sent["messages"][0]["content"])
        )
        assert self.statuses(server, body("a"), body("b"), body("b"), body("c")) == [200, 400, 400, 200]

    def test_chance_depends_on_seed_and_request_and_not_on_order(self, server: LocalOpenAI) -> None:
        bodies = [body(f"question {number}") for number in range(40)]
        server.misbehave(OpenAIFault.server_error(), times=None, probability=0.3)
        forward = self.statuses(server, *bodies)
        server.behave()
        server.misbehave(OpenAIFault.server_error(), times=None, probability=0.3)
        assert self.statuses(server, *bodies[::-1]) == forward[::-1]
        assert 4 < forward.count(500) < 22
        server.behave()
        server.misbehave(OpenAIFault.server_error(), times=None, probability=0.3, seed=1)
        assert self.statuses(server, *bodies) != forward

    def test_a_request_that_keeps_failing_by_chance_succeeds_in_the_end(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.server_error(), times=None, probability=0.5)
        assert 200 in self.statuses(server, *[body()] * 30)

    def test_operations_can_be_chosen(self, server: LocalOpenAI) -> None:
        server.misbehave(OpenAIFault.server_error(), times=None, on=["responses"])
        assert self.statuses(server, body()) == [200]
        assert ask(server, {"model": "m", "input": "Hello"}, path="responses")[0][0] == 500

    @pytest.mark.parametrize("wrong", [{"times": 0}, {"every": 0}, {"probability": 1.5}])
    def test_senseless_arguments_are_refused(self, server: LocalOpenAI, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="not"):
            server.misbehave(OpenAIFault.server_error(), **wrong)

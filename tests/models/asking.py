"""Endpoints as tests use them, and servers that answer with whatever bytes a test wants."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mensrea.models.calls import Request
from mensrea.models.failures import CallError
from mensrea.models.openai_endpoint import OpenAIEndpoint

SECRET = "sk-proj-Q7wxk2Lr9TzP0vNa"
REPLY = b'{"choices":[{"message":{"content":"Yes."}}]}'

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Use = Callable[[OpenAIEndpoint], Awaitable[Any]]


def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and nothing else that endpoints look for."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


def question(text: str = "Is it?", api: Any = "chat", **parameters: Any) -> Request:
    return Request("openai/m", [{"role": "user", "content": text}], {"max_tokens": 9, **parameters}, api=api)


def use(base_url: str, what: Use, *, timeout: float = 20.0, **options: Any) -> Any:
    """Use an endpoint in a loop of its own, and close it."""

    async def main() -> Any:
        endpoint = OpenAIEndpoint(base_url, timeout=timeout, **options)
        try:
            return await what(endpoint)
        finally:
            await endpoint.close()

    return asyncio.run(main())


async def ask(endpoint: OpenAIEndpoint) -> bytes:
    return await endpoint.send(question())


def failing(base_url: str, what: Use = ask, **options: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        use(base_url, what, **options)
    error = caught.value
    assert error.__context__ is None
    assert error.__cause__ is None
    assert error.message.isprintable()
    return error


def hanging_up(handler: Handler) -> Handler:
    """Close the connection after the handler is done with it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    return handle


def served_by(handler: Handler, what: Callable[[str], Awaitable[Any]]) -> Any:
    """Serve connections with a handler that speaks no better HTTP than it must."""

    async def main() -> Any:
        server = await asyncio.start_server(hanging_up(handler), "127.0.0.1", 0)
        try:
            return await what(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        finally:
            server.close()

    return asyncio.run(main())


def answering(reply: bytes, seen: list[bytes] | None = None) -> Handler:
    """Read one request, send these bytes, and hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(request)
        writer.write(reply)
        await writer.drain()

    return handle


def failing_with(handler: Handler, **options: Any) -> CallError:
    async def what(base_url: str) -> CallError:
        endpoint = OpenAIEndpoint(base_url, **options)
        with pytest.raises(CallError) as caught:
            await ask(endpoint)
        await endpoint.close()
        return caught.value

    return served_by(handler, what)


def free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def full(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body

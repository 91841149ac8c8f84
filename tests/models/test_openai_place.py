import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import ModelError
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.models.openai_place import find_place
from mensrea.testing.openai_local import LocalOpenAI

from .asking import (
    REPLY,
    SECRET,
    answering,
    ask,
    clean_environment,
    failing,
    free_port,
    full,
    hanging_up,
    served_by,
    use,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_environment(monkeypatch)


async def refused(base_url: str) -> CallError:
    endpoint = OpenAIEndpoint(base_url)
    with pytest.raises(CallError) as caught:
        await ask(endpoint)
    await endpoint.close()
    return caught.value


_LONG = f"http://{'a' * 70}.example/v1"


class TestPlaces:
    @pytest.mark.parametrize(
        ("base_url", "server", "official", "local"),
        [
            ("https://api.openai.com/v1", "api.openai.com", True, False),
            ("https://eu.api.openai.com/v1/", "eu.api.openai.com", True, False),
            ("https://api.openai.com.example/v1", "api.openai.com.example", False, False),
            ("http://localhost:8000/v1", "localhost:8000", False, True),
            ("http://127.0.0.2:80/v1", "127.0.0.2", False, True),
            ("http://[::1]:8000/v1", "[::1]:8000", False, True),
            ("http://10.0.0.5:8000", "10.0.0.5:8000", False, False),
            ("https://user:word@models.example/v1?key=word#x", "models.example", False, False),
        ],
    )
    def test_of_servers(self, base_url, server, official, local):
        place = find_place(base_url)
        assert (place.server, place.official, place.local) == (server, official, local)
        assert "word" not in repr(place)

    @pytest.mark.parametrize("base_url", ["http://models.example/v1", "http://models.example/v1/"])
    def test_of_each_api(self, base_url):
        urls = {api: str(url) for api, url in find_place(base_url).urls.items()}
        assert urls == {
            "chat": "http://models.example/v1/chat/completions",
            "responses": "http://models.example/v1/responses",
        }

    def test_keep_a_query(self):
        place = find_place("https://user:word@models.example/openai?api-version=2026-01-01#part")
        expected = "https://models.example/openai/chat/completions?api-version=2026-01-01"
        assert str(place.urls["chat"]) == expected

    def test_come_from_the_environment(self, monkeypatch):
        assert find_place().server == "api.openai.com"
        monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
        assert find_place().server == "localhost:8000"
        assert find_place("http://localhost:9000/v1").server == "localhost:9000"

    @pytest.mark.parametrize(
        "base_url",
        [
            "models.example/v1",
            "ftp://models.example",
            "http://",
            "http://word:x@",
            f"http://{'a' * 70}.example",
            "http://x:y",
        ],
    )
    def test_are_refused_without_being_shown(self, base_url):
        with pytest.raises(
            ModelError, match="the base URL isn't usable: expected http:// or https://"
        ) as caught:
            find_place(base_url)
        assert "word" not in str(caught.value)

    def test_of_openai_are_encrypted(self):
        with pytest.raises(ModelError, match=r"would send the key to api.openai.com unencrypted"):
            find_place("http://api.openai.com/v1")


class TestProxies:
    def test_are_those_of_the_environment(self, monkeypatch):
        seen: list[bytes] = []

        async def what(proxy: str) -> bytes:
            monkeypatch.setenv("http_proxy", proxy.removesuffix("/v1").replace("//", "//user:word@"))
            endpoint = OpenAIEndpoint("http://models.example/v1")
            try:
                return await ask(endpoint)
            finally:
                await endpoint.close()

        assert served_by(answering(full(REPLY), seen), what) == REPLY
        assert seen[0].startswith(b"POST http://models.example/v1/chat/completions HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk" in seen[0]
        assert f"\r\nAuthorization: Bearer {SECRET}\r\n".encode() in seen[0]

    def test_are_passed_by_where_no_proxy_says_so(self, monkeypatch):
        monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
        assert find_place("https://models.example/v1").proxy is not None
        monkeypatch.setenv("no_proxy", "models.example")
        assert find_place("https://models.example/v1").proxy is None

    def test_may_be_for_every_scheme(self, monkeypatch):
        monkeypatch.setenv("all_proxy", "proxy.example:3128")
        assert str(find_place("https://models.example/v1").proxy) == "http://proxy.example:3128"

    def test_are_not_for_this_machine(self, monkeypatch):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
        with LocalOpenAI() as server:
            assert use(server.base_url, ask)

    def test_of_other_kinds_are_refused(self, monkeypatch):
        monkeypatch.setenv("https_proxy", "socks5://user:word@proxy.example:1080")
        with pytest.raises(ModelError, match=r"sets a socks5 proxy for models.example") as caught:
            find_place("https://models.example/v1")
        assert "word" not in str(caught.value)

    def test_may_be_out_of_reach(self, monkeypatch):
        monkeypatch.setenv("https_proxy", f"http://user:word@127.0.0.1:{free_port()}")
        error = failing("https://models.example/v1")
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, False)
        assert "models.example: the proxy can't be reached (Connection refused)" in error.message

    @pytest.mark.parametrize(("status", "kind"), [(407, FailureKind.AUTH), (502, FailureKind.CONNECTION)])
    def test_may_refuse(self, monkeypatch, status, kind):
        async def what(proxy: str) -> CallError:
            monkeypatch.setenv("https_proxy", proxy.removesuffix("/v1"))
            return await refused("https://models.example/v1")

        error = served_by(answering(full(b"", status=f"{status} No")), what)
        assert (error.kind, error.sent) == (kind, False)
        assert f"the proxy answered HTTP {status}" in error.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody trusts, with its key in the same file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        path,
        "-out",
        path,
        *subject,
    ]
    subprocess.run(made, check=True, capture_output=True)
    return path


def encrypted(certificate: Path, what: Callable[[str], Awaitable[Any]]) -> Any:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def main() -> Any:
        handler = hanging_up(answering(full(REPLY)))
        server = await asyncio.start_server(handler, "localhost", 0, ssl=context)
        try:
            return await what(f"https://localhost:{server.sockets[0].getsockname()[1]}/v1")
        finally:
            server.close()

    return asyncio.run(main())


ASK = """
import asyncio, sys
from mensrea.models.calls import Request
from mensrea.models.openai_endpoint import OpenAIEndpoint

async def main():
    endpoint = OpenAIEndpoint(sys.argv[1])
    print((await endpoint.send(Request("openai/m", [], {}))).decode(), end="")
    await endpoint.close()

asyncio.run(main())
"""


class TestEncryption:
    def test_works_with_an_authority_of_ones_own(self, certificate):
        async def elsewhere(base_url: str) -> bytes:
            environment = {**os.environ, "SSL_CERT_FILE": str(certificate)}
            command = [sys.executable, "-W", "error", "-c", ASK, base_url]
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=subprocess.PIPE, cwd=certificate.parent
            )
            return (await process.communicate())[0]

        assert encrypted(certificate, elsewhere) == REPLY

    def test_needs_a_certificate_that_is_trusted(self, certificate):
        error = encrypted(certificate, refused)
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, False)
        assert "TLS: the certificate isn't trusted (self" in error.message
        assert error.message.endswith("name its authority in SSL_CERT_FILE")

    def test_is_missed_by_a_server_without_it(self):
        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()

        error = served_by(babble, lambda base_url: refused(base_url.replace("http:", "https:")))
        assert (error.kind, error.sent) == (FailureKind.CONNECTION, False)
        assert "should begin with http://" in error.message

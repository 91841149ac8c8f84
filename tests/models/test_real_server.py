"""Our client against a server that isn't ours: `transformers serve` with a tiny model.

Needs the extra `gpu` and what the server imports: fastapi, uvicorn, requests. A CPU is enough.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if not all(map(find_spec, ("torch", "transformers", "fastapi", "uvicorn", "requests"))):
    pytest.skip("needs torch and transformers[serving]: make test-models", allow_module_level=True)

from mensrea.errors import ModelError
from mensrea.models.caller import Caller
from mensrea.models.calls import Request, Response
from mensrea.models.journal import Journal
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.testing.tiny_model import make_tiny_model

pytestmark = pytest.mark.slow

MODEL = "openai/tiny"
VERDICT = {
    "type": "object",
    "properties": {"safe": {"type": "boolean"}},
    "required": ["safe"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": VERDICT, "strict": True}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a server, in a process of its own."""
    home = tmp_path_factory.mktemp("server")
    make_tiny_model(home / "tiny", ends=16)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "transformers", "serve", "tiny", "--device", "cpu"]
    log = home / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=home,
            # Several threads on busy cores wait for each other longer than such a model computes.
            env={**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdout=file,
            stderr=file,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server didn't start:\n{log.read_text()[-2000:]}")


def ask(server: str, folder: Path, *texts: str, **parameters: Any) -> list[Response]:
    """What a run gets for these questions, asked at the same time."""
    requests = [
        Request(MODEL, [{"role": "user", "content": text}], {"max_tokens": 8, **parameters}) for text in texts
    ]

    async def main() -> list[Response]:
        with Journal.open(folder) as journal:
            async with Caller(journal, {MODEL: OpenAIEndpoint(server)}) as caller:
                return await asyncio.gather(*map(caller.call, requests))

    return asyncio.run(main())


def test_a_chat_is_answered(server: str, tmp_path: Path) -> None:
    replies = ask(server, tmp_path, "Is it safe?", "Is it true?")
    assert all(reply.choices[0].finish in {"stop", "length"} for reply in replies)
    assert any(reply.text for reply in replies)
    assert all(reply.usage is not None and reply.usage.prompt > 0 for reply in replies)


def test_the_most_tokens_are_kept_to(server: str, tmp_path: Path) -> None:
    [reply] = ask(server, tmp_path, "Is it safe?", max_tokens=3)
    assert reply.usage is not None
    assert 1 <= reply.usage.completion <= 3


def test_a_reply_is_replayed_when_the_server_is_gone(server: str, tmp_path: Path) -> None:
    first = ask(server, tmp_path, "Is it safe?")
    assert ask("http://127.0.0.1:9/v1", tmp_path, "Is it safe?") == first


@pytest.mark.parametrize(
    ("parameters", "feature"),
    [
        ({"logprobs": True, "top_logprobs": 5}, "`logprobs`"),
        ({"n": 2}, "`n`"),
        # Long enough to end by itself: what was cut off needn't fit a schema.
        ({"response_format": FORMAT, "max_tokens": 500}, "`response_format`"),
    ],
    ids=["logprobs", "n", "schema"],
)
def test_what_the_server_drops_without_a_word_is_an_error(
    server: str, tmp_path: Path, parameters: dict[str, Any], feature: str
) -> None:
    with pytest.raises(ModelError) as caught:
        ask(server, tmp_path, "Is it safe?", **parameters)
    message = str(caught.value)
    assert "dropped-feature" in message
    assert server.split("/")[2] in message
    assert feature in message

"""Files and batches of an OpenAI-compatible server, through the `openai` library."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import httpx2
import openai
from openai import AsyncOpenAI
from pydantic import ValidationError

from ..errors import ModelError
from .batch_pace import Pace
from .batch_submissions import Submission
from .calls import Api
from .failures import CallError, FailureKind
from .openai_endpoint import OpenAIEndpoint
from .openai_place import find_place
from .secrets import Key, basic_header
from .status import error_of, one_line

if TYPE_CHECKING:
    from openai.types import Batch

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})

_PAGE = 100
_CLOCKS_APART = 86_400.0
_SECONDS = 600.0
_NO_KEY = "none"
_ENDPOINTS: dict[Api, Literal["/v1/chat/completions", "/v1/responses"]] = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
}

_Answer = TypeVar("_Answer")


class BatchServer:
    """The part of a server that batches need. Whatever it raises is a line without a key."""

    def __init__(self, base_url: str | None, api_key_variable: str, pace: Pace) -> None:
        """Name the server; nothing is connected yet.

        Args:
            base_url: The address below which the API is found; by default `OPENAI_BASE_URL`, else OpenAI's.
            api_key_variable: The environment variable that holds the key.
            pace: How patient to be.

        Raises:
            ModelError: The base URL can't be used.
        """
        self._endpoint = OpenAIEndpoint(base_url, api_key_variable)
        self._place = find_place(base_url)
        self._pace = pace
        self._key: Key | None = None
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        """The server as messages name it."""
        return self._place.server

    @property
    def official(self) -> bool:
        """Whether it is OpenAI's own service."""
        return self._place.official

    @property
    def key(self) -> Key | None:
        """The key that was sent, once anything was."""
        return self._key

    async def submit(self, submission: Submission, path: Path) -> str | None:
        """Upload a file and create its batch.

        Args:
            submission: The batch.
            path: Its file.

        Returns:
            What the server calls the batch; None if it isn't known whether the server took it.

        Raises:
            ModelError: The server didn't take it.
        """
        uploaded = await self.persist(lambda client: _upload(client, submission, path))
        try:
            return (await self._ask(lambda client: _create(client, submission, uploaded))).id
        except CallError as error:
            if error.retryable:
                return None
            raise ModelError(str(error)) from None

    async def find(self, submission: Submission) -> str | None:
        """What the server calls a batch that it may have taken; None if it didn't.

        Raises:
            ModelError: The server refuses to say.
        """
        return await self.persist(lambda client: _find(client, submission), for_ever=True)

    async def retrieve(self, batch: str) -> Batch | None:
        """How far a batch is; None if there is none.

        Raises:
            ModelError: The server refuses to say.
        """
        return await self._unless_gone(lambda client: _retrieve(client, batch), looks=1)

    async def download(self, file: str, path: Path) -> bool:
        """Save a file of results; whether there is one.

        Raises:
            ModelError: The server refuses.
        """

        async def save(client: AsyncOpenAI) -> bool:
            async with client.files.with_streaming_response.content(file) as response:
                await response.stream_to_file(path)
            return True

        return await self._unless_gone(save, looks=self._pace.lost_looks) or False

    async def persist(
        self, what: Callable[[AsyncOpenAI], Awaitable[_Answer]], *, for_ever: bool = False
    ) -> _Answer:
        """Ask until the server answers.

        Args:
            what: What to ask.
            for_ever: Whether to go on after `Pace.patience`, since giving up would cost what was paid.

        Raises:
            ModelError: It refuses, or fails for too long.
        """
        try:
            return await self._persist(what, for_ever=for_ever)
        except CallError as error:
            raise ModelError(str(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _unless_gone(
        self, what: Callable[[AsyncOpenAI], Awaitable[_Answer]], *, looks: int
    ) -> _Answer | None:
        for look in range(1, looks + 1):
            try:
                return await self._persist(what, for_ever=True)
            except CallError as error:
                if error.kind is not FailureKind.NOT_FOUND:
                    raise ModelError(str(error)) from None
            if look < looks:
                await asyncio.sleep(self._pace.settling / looks)
        return None

    async def _persist(self, what: Callable[[AsyncOpenAI], Awaitable[_Answer]], *, for_ever: bool) -> _Answer:
        bound, waited = self._pace.retry, 0.0
        while True:
            try:
                return await self._ask(what)
            except CallError as error:
                if not error.retryable or (waited >= self._pace.patience and not for_ever):
                    raise
                # Half of it by chance, so that those who failed together don't come back together.
                wait = max(error.retry_after or 0.0, bound * random.uniform(0.5, 1.0))  # noqa: S311 -- a wait
            bound, waited = min(2 * bound, self._pace.longest_retry), waited + wait
            await asyncio.sleep(wait)

    async def _ask(self, what: Callable[[AsyncOpenAI], Awaitable[_Answer]]) -> _Answer:
        client = self._client or self._connect()
        try:
            return await what(client)
        except openai.APIStatusError as error:
            reply = error.response
            failure = error_of(error.status_code, reply.headers, reply.content, self.name, self._key)
        except openai.APITimeoutError:
            failure = CallError(FailureKind.TIMEOUT, f"{self.name}: no whole reply came in time")
        except openai.APIConnectionError as error:
            reason = one_line(str(error.__cause__ or error), self._key)
            failure = CallError(FailureKind.CONNECTION, f"{self.name}: the connection failed ({reason})")
        except httpx2.HTTPError as error:
            failure = CallError(FailureKind.TRUNCATED, f"{self.name}: the reply broke off ({_kind(error)})")
        # The library hands over whatever has a good status: a web page, or an object without its fields.
        except (openai.OpenAIError, ValidationError, ValueError, TypeError, AttributeError) as error:
            failure = CallError(
                FailureKind.TRUNCATED, f"{self.name}: the reply can't be read ({_kind(error)})"
            )
        # Out here, since Python would attach the library's exception, which holds the request's headers.
        raise failure

    def _connect(self) -> AsyncOpenAI:
        self._key = self._endpoint.find_key()
        address = self._place.urls["chat"]
        # No proxy leads to a server on this machine.
        transport = openai.DefaultAsyncHttpxClient(trust_env=not self._place.local)
        self._client = AsyncOpenAI(
            base_url=str(address.with_query(None).parent.parent),
            default_query=dict(address.query),
            default_headers=self._authorization(),
            api_key=_NO_KEY,
            max_retries=0,
            timeout=_SECONDS,
            http_client=transport,
        )
        return self._client

    def _authorization(self) -> dict[str, str]:
        if self._key is not None:
            return {"Authorization": self._key.header()}
        return {"Authorization": basic_header(*self._place.user)} if self._place.user else {}


async def _upload(client: AsyncOpenAI, submission: Submission, path: Path) -> str:
    with path.open("rb") as file:
        name = f"mensrea-{submission.run}-{submission.name}.jsonl"
        stored = await client.files.create(file=(name, file, "application/jsonl"), purpose="batch")
    return _named(stored.id)


async def _create(client: AsyncOpenAI, submission: Submission, file: str) -> Batch:
    batch = await client.batches.create(
        input_file_id=file,
        endpoint=_ENDPOINTS[submission.api],
        completion_window="24h",
        metadata=submission.metadata,
    )
    return _checked(batch)


async def _retrieve(client: AsyncOpenAI, batch: str) -> Batch:
    return _checked(await client.batches.retrieve(batch))


async def _find(client: AsyncOpenAI, submission: Submission) -> str | None:
    async for batch in client.batches.list(limit=_PAGE):
        if submission.metadata.items() <= (batch.metadata or {}).items():
            return _named(batch.id)
        # Newest first: what is older than the submission, by clocks that may differ, isn't looked through.
        if batch.created_at < submission.created - _CLOCKS_APART:
            break
    return None


def _checked(batch: Batch) -> Batch:
    _named(batch.id)
    _named(batch.status)
    return batch


def _named(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"expected a name, found {value!r}")
    return value


def _kind(error: Exception) -> str:
    return type(error).__name__

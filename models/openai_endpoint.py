"""The way to an OpenAI-compatible server over HTTP: OpenAI's own, vLLM, and many more."""

from __future__ import annotations

import os
from http import HTTPStatus

import aiohttp
import orjson

from ..errors import ModelError
from .calls import Api, Request
from .checks import prepare
from .failures import CallError
from .openai_breaks import failure_of
from .openai_connection import open_session
from .openai_place import Place, find_place
from .secrets import Key, basic_header
from .status import error_of
from .wire import request_body

_ACCOUNT = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}


class OpenAIEndpoint:
    """An OpenAI-compatible server, as a `Transport`.

    The key comes from the environment when the first call is made; nothing shows or stores it. Local
    servers are asked without a proxy, and without a key where none is set.

    Attributes:
        server: The host as messages name it.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key_variable: str = "OPENAI_API_KEY",
        *,
        timeout: float = 600.0,
        connect_timeout: float = 15.0,
    ) -> None:
        """Name a server; nothing is connected yet.

        Args:
            base_url: The address below which the API is found; by default `OPENAI_BASE_URL`, else OpenAI's.
            api_key_variable: The environment variable that holds the key.
            timeout: Seconds for a call from its start to the last byte of its reply.
            connect_timeout: Seconds to open a connection.

        Raises:
            ModelError: The base URL or the proxy set for it can't be used.
        """
        self._place = find_place(base_url)
        self._variable = api_key_variable
        self._timeouts = (timeout, connect_timeout)
        self._key: Key | None = None
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        """The server, without anything secret."""
        return f"{type(self).__name__}({self.server!r})"

    @property
    def server(self) -> str:
        """The host, and the port where it isn't the usual one."""
        return self._place.server

    @property
    def official(self) -> bool:
        """Whether it is OpenAI's own service."""
        return self._place.official

    def find_key(self) -> Key | None:
        """The key that calls are made with; None for a local server that wants none.

        Raises:
            ModelError: A key is needed, and the environment has none.
        """
        key = Key.from_environment(self._variable)
        if key is None and not self._place.local and self._place.user is None:
            raise ModelError(
                f"{self.server}: there is no API key: set the environment variable {self._variable}, to any "
                "text if the server wants none"
            )
        return key

    async def send(self, request: Request) -> bytes:
        """One attempt at a call.

        Returns:
            The reply as it came, without the key should the server echo it.

        Raises:
            CallError: The attempt failed.
            ModelError: The request can't be put to this server, or there is no key: nothing was sent.
        """
        prepare(request)
        body = orjson.dumps(request_body(request, official=self._place.official))
        answer = await self._exchange(request.api, body)
        if isinstance(answer, CallError):
            raise answer
        return answer

    async def _exchange(self, api: Api, body: bytes) -> bytes | CallError:
        """The reply, or how the attempt failed.

        A failure isn't raised here: a traceback would keep this frame and aiohttp's exception, which hold
        the headers of the request, with the key, and of a reply that may echo it.
        """
        url = self._place.urls[api]
        session = self._session or self._open()
        try:
            # A redirect isn't followed: the key is for this host alone.
            async with session.post(url, data=body, allow_redirects=False) as reply:
                content = await reply.read()
        except (aiohttp.ClientError, OSError) as error:
            return failure_of(error, self.server)
        if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            return self._key.scrub(content) if self._key else content
        return error_of(reply.status, reply.headers, content, self.server, self._key)

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._key = self.find_key()
        headers = _headers(self._place, self._key)
        self._session = open_session(headers, self._place.proxy, *self._timeouts)
        return self._session


def _headers(place: Place, key: Key | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "mensrea"}
    if key is not None:
        headers["Authorization"] = key.header()
    elif place.user is not None:
        headers["Authorization"] = basic_header(*place.user)
    if place.official:
        account = {name: os.environ.get(variable, "").strip() for name, variable in _ACCOUNT.items()}
        headers |= {name: value for name, value in account.items() if value}
    return headers

"""Connections to an OpenAI-compatible server, kept and used again as long as the server keeps them."""

from __future__ import annotations

import resource
import select
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import aiohttp

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from yarl import URL

# Servers close idle connections after 5 s and more (uvicorn, Node): ours are given up before.
_IDLE_SECONDS = 4.0

# Connections of a thousand calls at a time, and whatever else is open.
_FILES = 8192

_LEFT = getattr(select, "POLLRDHUP", select.POLLIN) | select.POLLHUP | select.POLLERR

_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)
_ESTABLISHED = 1


class _Connector(aiohttp.TCPConnector):
    """Hands out no kept connection that the server has closed meanwhile.

    The event loop learns of a close when it gets to it; a request written before that is lost, and nobody
    could tell whether it had been answered.
    """

    def __init__(self) -> None:
        super().__init__(limit=0, keepalive_timeout=_IDLE_SECONDS)
        self._new: WeakSet[ResponseHandler] = WeakSet()

    async def connect(self, *request: Any, **options: Any) -> Connection:
        """Get a kept connection that is still open, or open one."""
        while True:
            connection = await super().connect(*request, **options)
            protocol = connection.protocol
            if protocol is None or protocol in self._new:
                self._new -= {protocol}
                return connection
            if not _has_left(connection):
                return connection
            connection.close()

    async def _create_connection(self, *request: Any, **options: Any) -> ResponseHandler:
        protocol = await super()._create_connection(*request, **options)
        self._new.add(protocol)
        return protocol


def _has_left(connection: Connection) -> bool:
    transport = connection.transport
    found = transport and transport.get_extra_info("socket")
    if not found or found.fileno() < 0:
        return True
    if _TCP_INFO is not None:  # a poll gives the interpreter's lock away, and waits to get it back
        state = found.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)
        return state[0] != _ESTABLISHED
    poll = select.poll()
    poll.register(found.fileno(), _LEFT)
    return bool(poll.poll(0))


def open_session(
    headers: Mapping[str, str], proxy: URL | None, timeout: float, connect_timeout: float
) -> aiohttp.ClientSession:
    """Make a session, inside a running event loop: no limit on connections, no cookies, no redirects' trail.

    Args:
        headers: What every request carries.
        proxy: The way to the server.
        timeout: Seconds for a call from its start to the last byte of its reply.
        connect_timeout: Seconds to open a connection.
    """
    _allow_files()
    return aiohttp.ClientSession(
        connector=_Connector(),
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout, connect=connect_timeout),
        proxy=proxy,
    )


def _allow_files() -> None:
    """Raise the soft limit on open files, often 1,024, as far as the hard one lets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

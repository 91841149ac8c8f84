"""The wire of a local OpenAI-compatible server: an aiohttp server in a thread, and answers spoiled on it."""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from aiohttp import web

from .openai_faults import OpenAIFault
from .openai_replies import Reply

_LOOPBACK = "127.0.0.1"
_BACKLOG = 2048
_MOST_BYTES = 256 * 1024 * 1024
_CLOSE_SECONDS = 0.05
_DRIPS = 8

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def send(request: web.BaseRequest, reply: Reply, fault: OpenAIFault | None) -> web.StreamResponse:
    """Send an answer, spoiled on the wire as a fault says."""
    headers = {"Content-Type": reply.kind, **reply.headers}
    if reply.events is not None:
        pieces = reply.events
    elif fault is None or not (fault.drip or fault.keep is not None or fault.cut is not None):
        return web.Response(body=reply.body, status=reply.status, headers=headers)
    else:
        body = reply.body[: fault.keep]
        headers["Content-Length"] = str(len(body))
        size = max(1, -(-len(body) // _DRIPS))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return await _send_pieces(
        request, web.StreamResponse(status=reply.status, headers=headers), pieces, fault
    )


async def _send_pieces(
    request: web.BaseRequest,
    response: web.StreamResponse,
    pieces: Sequence[bytes],
    fault: OpenAIFault | None,
) -> web.StreamResponse:
    fault = fault or OpenAIFault()
    left = fault.cut
    if left == 0:
        _hang_up(request, abrupt=fault.abrupt)
        return response
    await response.prepare(request)
    for piece in pieces:
        if fault.drip:
            await asyncio.sleep(fault.drip / len(pieces))
        await response.write(piece[:left])
        if left is not None:
            left -= len(piece)
            if left <= 0:
                # What was written has to leave before the connection goes.
                await asyncio.sleep(_CLOSE_SECONDS)
                _hang_up(request, abrupt=fault.abrupt)
                break
    return response


def _hang_up(request: web.BaseRequest, *, abrupt: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if abrupt:
        # Lingering for no time makes the close a reset.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    transport.close()


class HttpThread:
    """An aiohttp server on the loopback interface, in a thread of its own, that can stop and start again."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        """Remember what answers; `start` opens the port.

        Args:
            handler: Called in the thread's event loop for each request; cancelled when the client leaves.
            port: The port; 0 takes a free one, and keeps it.
        """
        self._handler = handler
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def address(self) -> str:
        """The base URL, without a final slash; it survives `stop`.

        Raises:
            RuntimeError: The server has never been started.
        """
        if not self._port:
            raise RuntimeError("the server has no address before start()")
        return f"http://{_LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Listen and answer in a background thread; does nothing when already running.

        Raises:
            OSError: The port is taken.
        """
        if self._thread is not None:
            return
        started: Future[None] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        thread.start()
        started.result()
        self._thread = thread

    def stop(self) -> None:
        """Close the port and every open connection; later connections are refused."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = self._loop = self._stopping = None

    async def _serve(self, started: Future[None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = web.Server(
            self._handler, request_factory=_request, handler_cancellation=True, access_log=None
        )
        runner = web.ServerRunner(server, shutdown_timeout=_CLOSE_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, _LOOPBACK, self._port, backlog=_BACKLOG).start()
        except OSError as error:
            started.set_exception(error)
        else:
            self._port = runner.addresses[0][1]
            started.set_result(None)
            await self._stopping.wait()
        await runner.cleanup()


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    return web.BaseRequest(
        message, payload, protocol, writer, task, task.get_loop(), client_max_size=_MOST_BYTES
    )

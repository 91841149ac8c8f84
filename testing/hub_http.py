"""A small threaded HTTP server on the loopback interface, for test doubles.

It knows nothing of repositories: an application turns each `Request` into a `Response`, and the server sends
it, misbehaving on the wire where the response asks for that.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any, cast
from urllib.parse import parse_qs

_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.02
_CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class Request:
    """One request as it came in.

    Attributes:
        method: `GET`, `HEAD` or another verb.
        target: Path and query as sent, still percent-encoded.
        headers: Header values by lower-case name.
        body: The request's body; empty when there is none.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded: `%2F` is no separator."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """The values of the query by name."""
        return parse_qs(self.target.partition("?")[2])

    @property
    def token(self) -> str | None:
        """The bearer token, if one was sent."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" and token else None


@dataclass(frozen=True)
class Response:
    """One response to send.

    Attributes:
        status: HTTP status.
        headers: Headers besides `Content-Length`, `Date` and `Server`, which the server adds.
        body: The whole body; the server leaves it out of the answer to a `HEAD`.
        cut: Close the connection after this many bytes of the body; `None` sends all of it.
        delay: Seconds to wait before the first byte.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    cut: int | None = None
    delay: float = 0.0


Application = Callable[[Request], Response]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: without this each answer costs a delayed acknowledgement, about 40 ms.
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        server = cast("_ThreadingServer", self.server)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = server.application(Request(self.command, self.path, headers, self.rfile.read(length)))
        server.stopping.wait(response.delay)
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 -- the names http.server looks up

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in {"Content-Length": str(len(response.body)), **response.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(response.body[: response.cut])
        self.close_connection = self.close_connection or response.cut is not None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Stay silent: the application keeps its own record."""


class _ThreadingServer(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, port: int, application: Application) -> None:
        super().__init__((_LOOPBACK, port), _Handler)
        self.application = application
        self.stopping = threading.Event()
        self._connections: set[socket] = set()
        self._changed = threading.Condition()

    def get_request(self) -> tuple[socket, Any]:
        connection, address = super().get_request()
        with self._changed:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up is part of the game; anything else is a bug in the double and is printed.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        # A kept-alive connection would outlive the listening socket and go on answering.
        self.stopping.set()
        with self._changed:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            self._changed.wait_for(lambda: not self._connections, timeout=_CLOSE_SECONDS)


class HttpServer:
    """A server on an ephemeral loopback port that can be stopped and started again at the same address."""

    def __init__(self, application: Application) -> None:
        """Remember the application; `start` opens the port.

        Args:
            application: Called for each request, from several threads at once.
        """
        self._application = application
        self._port = 0
        self._server: _ThreadingServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """The server's base URL, without a final slash; it survives `stop`.

        Raises:
            RuntimeError: The server has never been started.
        """
        if not self._port:
            message = "the server has no address before start()"
            raise RuntimeError(message)
        return f"http://{_LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Listen and answer in a background thread; does nothing when already running."""
        if self._server is not None:
            return
        self._server = _ThreadingServer(self._port, self._application)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every open connection; later connections are refused."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._server = self._thread = None

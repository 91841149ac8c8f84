"""The requests of a batch: as lines of a file, and waited for by whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

from .calls import Request
from .failures import CallError
from .wire import PATHS, request_body


@dataclass(slots=True, eq=False)
class Piece:
    """One request of a batch.

    Attributes:
        key: The request's key; as hexadecimal digits it is the `custom_id`.
        request: What is asked.
        size: Bytes of its line.
        answer: The reply's body, for whoever asked.
        askers: How many wait for it.
        rounds: Batches that it was in.
    """

    key: bytes
    request: Request
    size: int
    answer: asyncio.Future[bytes]
    askers: int = 0
    rounds: int = 0

    @property
    def wanted(self) -> bool:
        """Whether anyone still waits for it."""
        return self.askers > 0 and not self.answer.done()

    def succeed(self, body: bytes) -> None:
        """Hand over the reply."""
        if not self.answer.done():
            self.answer.set_result(body)

    def forget(self) -> None:
        """Nobody waits for it, and it isn't asked."""
        self.answer.cancel()

    def fail(self, error: Exception) -> None:
        """Hand over a failure; each piece needs an exception of its own."""
        if not self.answer.done():
            self.answer.set_exception(error)
            # Nobody may be left to look at it.
            self.answer.exception()


def line_of(request: Request, key: bytes, *, official: bool) -> bytes:
    """A request as a line of a batch's file.

    Args:
        request: The request.
        key: Its key.
        official: Whether OpenAI's own service is asked.

    Raises:
        ModelError: It asks for what can't be had.
    """
    line = {
        "custom_id": key.hex(),
        "method": "POST",
        "url": f"/v1/{PATHS[request.api]}",
        "body": request_body(request, official=official),
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def write_file(path: Path, pieces: Iterable[Piece], *, official: bool) -> None:
    """Write the file of a batch.

    Args:
        path: The file.
        pieces: Its requests.
        official: Whether OpenAI's own service is asked.
    """
    with path.open("wb") as file:
        file.writelines(line_of(piece.request, piece.key, official=official) for piece in pieces)


def copied(error: CallError) -> CallError:
    """The same failure as an exception of its own: one that many raise would gather their tracebacks."""
    return CallError(error.kind, error.message, error.retry_after, error.sent, error.body)

"""What became of the requests of a batch, out of the files that the server hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from .batch_server import BatchServer
from .batch_submissions import Submission
from .calls import KEY_BYTES
from .failures import CallError, FailureKind
from .status import error_of, one_line, refusal
from .wire_json import mapping, parse, string

Outcome = bytes | CallError
"""A reply's body, or how the request failed."""

_GOOD = range(200, 300)
_UNANSWERED = {
    "batch_expired": "the batch expired before it got to this request",
    "batch_cancelled": "the batch was cancelled before it got to this request",
}


@dataclass(slots=True)
class Oddities:
    """Lines of results that don't fit; each is left out, and said.

    Attributes:
        unknown: For requests that the batch doesn't have.
        repeated: For requests that had a line before.
        unreadable: No JSON objects with a `custom_id`.
    """

    unknown: int = 0
    repeated: int = 0
    unreadable: int = 0

    def __str__(self) -> str:
        """What was left out; empty if nothing was."""
        counts = (
            (self.unknown, "for requests that it doesn't have"),
            (self.repeated, "for requests that had one before"),
            (self.unreadable, "that can't be read"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in counts if count)


class Results:
    """Reads the files of a batch, once each; the file of answers comes first."""

    def __init__(self, submission: Submission, server: BatchServer) -> None:
        """Nothing is read yet.

        Args:
            submission: The batch.
            server: Its server.
        """
        self.oddities = Oddities()
        self._missing = dict(zip(submission.keys, range(len(submission.keys)), strict=True))
        self._known = frozenset(submission.keys)
        self._server = server

    @property
    def missing(self) -> Mapping[bytes, int]:
        """Requests that no line was read for, each with its place in the batch."""
        return self._missing

    def read(self, path: Path) -> Iterator[tuple[int, bytes, Outcome]]:
        """Yield place, key and outcome of each request that a file has a line for."""
        with path.open("rb") as file:
            for line in file:
                if not line.strip():
                    continue
                found = self._line(line)
                if found is not None:
                    yield found

    def _line(self, line: bytes) -> tuple[int, bytes, Outcome] | None:
        try:
            entry = mapping(parse(line))
            key = bytes.fromhex(string(entry.get("custom_id")))
        except ValueError:
            key, entry = b"", {}
        if not entry or not key:
            self.oddities.unreadable += 1
            return None
        place = self._missing.pop(key, None)
        if place is None:
            self._count_extra(key)
            return None
        return place, key, self._outcome(entry)

    def _count_extra(self, key: bytes) -> None:
        if key in self._known and len(key) == KEY_BYTES:
            self.oddities.repeated += 1
        else:
            self.oddities.unknown += 1

    def _outcome(self, entry: Mapping[str, Any]) -> Outcome:
        server, key = self._server.name, self._server.key
        reply = mapping(entry.get("response"))
        status = reply.get("status_code")
        if isinstance(status, int) and reply.get("body") is not None:
            body = orjson.dumps(reply["body"])
            if status in _GOOD:
                return key.scrub(body) if key else body
            return error_of(status, {}, body, server, key)
        error = mapping(entry.get("error"))
        code = string(error.get("code"))
        if code in _UNANSWERED:
            return CallError(FailureKind.EXPIRED, f"{server}: {_UNANSWERED[code]}")
        if error:
            return refusal({"error": error}, server)
        return CallError(
            FailureKind.SERVER, f"{server}: the batch has neither a reply nor an error for this request"
        )


def looks_whole(path: Path) -> bool:
    """Whether each line of a file looks like a result: those of a proxy's page, or of half a file, don't."""
    with path.open("rb") as file:
        lines = (line.strip() for line in file)
        return all(
            line.startswith(b"{") and line.endswith(b"}") and b'"custom_id"' in line for line in lines if line
        )


def of_missing(status: str, title: str, *, lost: bool) -> Callable[[], CallError]:
    """What became of requests that have no result.

    Args:
        status: How the batch ended.
        title: The batch as messages name it.
        lost: Whether a file of results is gone, so that they may have been answered.

    Returns:
        Makes an exception for each of them.
    """
    if status in {"expired", "cancelled"} and not lost:
        text = f"{title}: {_UNANSWERED[f'batch_{status}']}"
        return lambda: CallError(FailureKind.EXPIRED, text)
    text = f"{title}: {status}, but there is no result for this request, which may have been billed"
    return lambda: CallError(FailureKind.TRUNCATED, one_line(text))

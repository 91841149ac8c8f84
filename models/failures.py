"""How a call of a model can fail, and what each way of failing means for the next attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """What went wrong with a call."""

    RATE_LIMITED = "rate-limited"
    OVERLOADED = "overloaded"
    SERVER = "server-error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TRUNCATED = "truncated-body"
    BAD_REQUEST = "bad-request"
    TOO_LONG = "context-length"
    FILTERED = "content-filter"
    OFF_SCHEMA = "off-schema"
    EXPIRED = "batch-expired"
    AUTH = "auth"
    QUOTA = "quota"
    NOT_FOUND = "not-found"
    DROPPED_FEATURE = "dropped-feature"


RETRYABLE = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.OVERLOADED,
        FailureKind.SERVER,
        FailureKind.TIMEOUT,
        FailureKind.CONNECTION,
        FailureKind.TRUNCATED,
        FailureKind.EXPIRED,
    }
)
"""Another attempt may succeed; every other kind is deterministic and never retried."""

FATAL = frozenset({FailureKind.AUTH, FailureKind.QUOTA, FailureKind.NOT_FOUND, FailureKind.DROPPED_FEATURE})
"""Every other call of the run would fail the same way, so the run stops."""

MAYBE_BILLED = frozenset({FailureKind.TIMEOUT, FailureKind.CONNECTION, FailureKind.TRUNCATED})
"""The endpoint may have answered, and may bill, although nothing usable came back."""


@dataclass
class CallError(Exception):
    """A call, or one attempt at it, failed.

    Attributes:
        kind: What went wrong.
        message: One line that names the server; never a key, never a header.
        retry_after: Seconds that the server asked to wait.
        sent: Whether the request may have reached the server.
        body: What came back, where that is a whole reply that was paid for.
    """

    kind: FailureKind
    message: str
    retry_after: float | None = None
    sent: bool = True
    body: bytes = b""

    def __str__(self) -> str:
        """The kind and the message."""
        return f"{self.kind}: {self.message}"

    @property
    def retryable(self) -> bool:
        """Whether another attempt may succeed."""
        return self.kind in RETRYABLE

    @property
    def fatal(self) -> bool:
        """Whether every other call would fail the same way."""
        return self.kind in FATAL

    @property
    def maybe_billed(self) -> bool:
        """Whether the attempt may be billed although nothing usable came back."""
        return self.sent and self.kind in MAYBE_BILLED

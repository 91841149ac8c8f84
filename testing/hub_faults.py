"""The ways in which a local Hub can misbehave, and the queue of those still to come."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from .hub_http import Response

_INVERTED = bytes(255 - value for value in range(256))
_ANY_METHOD = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


def refusal(status: int, message: str, code: str | None = None, **headers: str) -> Response:
    """Return an error in the form that Hub clients understand.

    Args:
        status: HTTP status.
        message: Shown to the user (`X-Error-Message`).
        code: Which exception the client raises (`X-Error-Code`), where the Hub sends one.
        headers: Further headers, with underscores for hyphens.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    codes = {"X-Error-Code": code} if code else {}
    common = {"Content-Type": "text/plain", "X-Error-Message": message}
    return Response(status, {**common, **codes, **named}, message.encode())


@dataclass(frozen=True)
class Fault:
    """One way in which an answer goes wrong. Make one with a class method, for `LocalHub.misbehave`.

    Attributes:
        answer: Sent in place of the right answer.
        keep: Length to which a file's content is shortened, in bytes.
        garbled: Whether each byte of a file's content is replaced by another.
        cut: Close the connection after this many bytes of a file's content.
        delay: Seconds to wait before answering.
        methods: The methods of the requests that it strikes.
    """

    answer: Response | None = None
    keep: int | None = None
    garbled: bool = False
    cut: int | None = None
    delay: float = 0.0
    methods: frozenset[str] = _ANY_METHOD

    @classmethod
    def interrupted(cls, after: int) -> Self:
        """Announce a download in full, and hang up midway; the rest can then be asked for.

        Args:
            after: Bytes of the content to send.
        """
        return cls(cut=after, methods=frozenset({"GET"}))

    @classmethod
    def wrong_content(cls) -> Self:
        """Serve other bytes of the same length: only a hash tells."""
        return cls(garbled=True, methods=frozenset({"GET"}))

    @classmethod
    def truncated(cls, keep: int) -> Self:
        """Serve the first `keep` bytes as if they were the whole file.

        Only the length that a `HEAD` announces tells; to have that lie too, name both methods to `misbehave`.

        Args:
            keep: Bytes to keep.
        """
        return cls(keep=keep, methods=frozenset({"GET"}))

    @classmethod
    def unauthorized(cls) -> Self:
        """Reject the credentials (401)."""
        return cls(refusal(401, "Invalid credentials in Authorization header"))

    @classmethod
    def gated(cls) -> Self:
        """Deny access to a gated repository (403)."""
        message = "Access to this repository is restricted and you are not in the authorized list."
        return cls(refusal(403, message, "GatedRepo"))

    @classmethod
    def repository_not_found(cls) -> Self:
        """Deny that the repository exists (404)."""
        return cls(refusal(404, "Repository not found", "RepoNotFound"))

    @classmethod
    def revision_not_found(cls) -> Self:
        """Deny that the revision exists (404)."""
        return cls(refusal(404, "Invalid rev id", "RevisionNotFound"))

    @classmethod
    def entry_not_found(cls) -> Self:
        """Deny that the file exists (404)."""
        return cls(refusal(404, "Entry not found", "EntryNotFound"))

    @classmethod
    def too_many_requests(cls, retry_after: int = 0) -> Self:
        """Ask the client to slow down (429).

        Args:
            retry_after: Seconds to wait; the Hub's client adds one.
        """
        return cls(refusal(429, "Rate limited, retry later", Retry_After=str(retry_after)))

    @classmethod
    def server_error(cls, status: int = 503) -> Self:
        """Fail as a broken or overloaded server does.

        Args:
            status: A 5xx status.
        """
        return cls(refusal(status, "Internal error, the server is busy or broken"))

    @classmethod
    def stalled(cls, seconds: float) -> Self:
        """Keep the client waiting, then answer as if nothing had happened.

        Args:
            seconds: How long; stopping the Hub ends the wait.
        """
        return cls(delay=seconds)

    @property
    def spoils_content(self) -> bool:
        """Whether it strikes a file's bytes rather than the answer as a whole."""
        return self.garbled or self.keep is not None or self.cut is not None

    def spoil(self, content: bytes) -> bytes:
        """Return a file's content as this fault makes it."""
        kept = content[: self.keep]
        return kept.translate(_INVERTED) if self.garbled else kept


@dataclass
class _Pending:
    fault: Fault
    repository: str
    path: str | None
    left: int | None


class FaultQueue:
    """The faults still to come; the oldest that fits a request strikes first."""

    def __init__(self) -> None:
        """Start with none."""
        self._pending: list[_Pending] = []

    def add(
        self,
        fault: Fault,
        repository: str,
        *,
        path: str | None,
        times: int | None,
        methods: Collection[str] | None,
    ) -> None:
        """Queue a fault; the arguments are those of `LocalHub.misbehave`."""
        fault = fault if methods is None else replace(fault, methods=frozenset(methods))
        self._pending.append(_Pending(fault, repository, path, times))

    def clear(self) -> None:
        """Forget every fault."""
        self._pending.clear()

    def take(self, repository: str, path: str | None, method: str, *, content: bool) -> Fault | None:
        """Return the fault that strikes a request, and use it up once.

        Args:
            repository: Name of the repository asked for.
            path: The file asked for; `None` for a request that is not about a file.
            method: The request's method.
            content: Whether a file's bytes are about to be sent.
        """
        for pending in self._pending:
            fits = pending.repository == repository and pending.path in (None, path)
            if fits and method in pending.fault.methods and pending.fault.spoils_content == content:
                return self._use(pending)
        return None

    def _use(self, pending: _Pending) -> Fault:
        if pending.left is not None:
            pending.left -= 1
            if pending.left == 0:
                self._pending.remove(pending)
        return pending.fault

"""The ways in which a local OpenAI-compatible server can misbehave."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal, Self

from .openai_answers import Answer

Operation = Literal[
    "chat", "responses", "moderations", "models", "upload", "file", "submit", "poll", "list", "cancel",
    "piece", "batch",
]  # fmt: skip
CALLS: frozenset[Operation] = frozenset({"chat", "responses", "moderations"})
_GENERATION: frozenset[Operation] = frozenset({"chat", "responses"})
_BATCH: frozenset[Operation] = frozenset({"batch"})

Feature = Literal["logprobs", "n", "max_tokens", "response_format", "usage"]
BatchEnd = Literal["expired", "cancelled", "failed"]


@dataclass(frozen=True)
class BatchFault:
    """How a batch goes wrong as a whole.

    Attributes:
        end: How it ends in place of `completed`; `failed` is before any piece was answered.
        answered: Pieces that are answered before that end.
        stuck: Further polls for which it stays in progress; None for ever.
        reverse: Whether results come in reverse order.
        repeat: Whether each result comes twice.
        foreign: Whether a result for an unknown `custom_id` comes along.
        code: The code of the error that a batch fails with.
        line: The line of its file that the error names.
        lost_output: Whether the files of results are gone (404).
        no_output: Whether the batch names no file of results although pieces were answered.
    """

    end: BatchEnd | None = None
    answered: int = 0
    stuck: int | None = 0
    reverse: bool = False
    repeat: bool = False
    foreign: bool = False
    code: str = "failed"
    line: int | None = None
    lost_output: bool = False
    no_output: bool = False


@dataclass(frozen=True)
class OpenAIFault:
    """One way in which an answer goes wrong. Make one with a class method, for `LocalOpenAI.misbehave`.

    Attributes:
        status: HTTP status of a refusal; 200 for one that hides in a good status.
        error: The refusal's `error` object: `message`, `type`, `code`, `param`.
        page: Sent in place of any JSON, as `text/html`.
        headers: Further headers.
        echo: Whether the error repeats the `Authorization` header.
        delay: Seconds to wait before answering; None for ever.
        keep: Length to which the body is shortened, as if it were all.
        cut: Close the connection after this many bytes of the announced body.
        abrupt: Whether that close is a reset rather than an orderly end.
        drip: Seconds over which the body is sent, bit by bit.
        dropped: Features that the request asks for and that the answer leaves out.
        spoiled: The answer given in place of the right one.
        batch: How a batch goes wrong.
        on: The operations that it strikes.
    """

    status: int | None = None
    error: Mapping[str, Any] = field(default_factory=dict[str, Any])
    page: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    echo: bool = False
    delay: float | None = 0.0
    keep: int | None = None
    cut: int | None = None
    abrupt: bool = False
    drip: float = 0.0
    dropped: frozenset[str] = frozenset()
    spoiled: Answer | None = None
    batch: BatchFault | None = None
    on: frozenset[Operation] = CALLS

    @classmethod
    def refused(cls, status: int, message: str, kind: str, code: str | None = None, **headers: str) -> Self:
        """Answer with an error object.

        Args:
            status: HTTP status.
            message: The error's `message`.
            kind: The error's `type`.
            code: The error's `code`.
            headers: Further headers, with underscores for hyphens.
        """
        error = {"message": message, "type": kind, "param": None, "code": code}
        return cls(status, error, headers={name.replace("_", "-"): value for name, value in headers.items()})

    @classmethod
    def rate_limited(cls, retry_after: float | str | None = None, *, milliseconds: bool = False) -> Self:
        """Refuse for too many requests (429).

        Args:
            retry_after: Seconds to ask for; a text is sent as it is; None asks for nothing.
            milliseconds: Send `retry-after-ms` instead of `Retry-After`.
        """
        headers: dict[str, str] = {}
        if retry_after is not None and milliseconds:
            headers["retry_after_ms"] = str(int(float(retry_after) * 1000))
        elif retry_after is not None:
            headers["Retry_After"] = str(retry_after)
        return cls.refused(
            429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded", **headers
        )

    @classmethod
    def rate_limited_until(cls, seconds: float) -> Self:
        """Refuse for too many requests (429), with `Retry-After` as an HTTP date.

        Args:
            seconds: From now, when the fault is made; HTTP dates have whole seconds.
        """
        return cls.rate_limited(formatdate(time.time() + seconds, usegmt=True))

    @classmethod
    def server_error(cls, status: int = 500) -> Self:
        """Fail (5xx)."""
        message = "The server had an error while processing your request."
        return cls.refused(status, message, "server_error")

    @classmethod
    def overloaded(cls, retry_after: float | None = None, status: int = 503) -> Self:
        """Be overloaded (503, or 529 with some).

        Args:
            retry_after: Seconds to ask for; None asks for nothing.
            status: HTTP status.
        """
        headers = {} if retry_after is None else {"Retry_After": str(retry_after)}
        return cls.refused(
            status, "The engine is currently overloaded.", "server_error", "overloaded", **headers
        )

    @classmethod
    def unauthorized(cls) -> Self:
        """Reject the key (401)."""
        message = "Incorrect API key provided."
        return cls.refused(401, message, "invalid_request_error", "invalid_api_key")

    @classmethod
    def echoed_key(cls, status: int = 401) -> Self:
        """Fail with a message that repeats the `Authorization` header, as careless servers do."""
        error = {
            "message": "Bad request headers",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
        return cls(status, error, echo=True)

    @classmethod
    def out_of_quota(cls) -> Self:
        """Refuse since the account's money is spent (429, `insufficient_quota`)."""
        message = "You exceeded your current quota, please check your plan and billing details."
        return cls.refused(429, message, "insufficient_quota", "insufficient_quota")

    @classmethod
    def model_not_found(cls) -> Self:
        """Know no such model (404)."""
        message = "The model does not exist or you do not have access to it."
        return cls.refused(404, message, "invalid_request_error", "model_not_found")

    @classmethod
    def bad_request(cls, message: str = "Invalid value for 'temperature'.") -> Self:
        """Reject a parameter (400)."""
        return cls.refused(400, message, "invalid_request_error", "invalid_value")

    @classmethod
    def too_long(cls) -> Self:
        """Reject a prompt that is longer than the context (400)."""
        message = "This model's maximum context length is 8192 tokens. However, your messages are longer."
        return cls.refused(400, message, "invalid_request_error", "context_length_exceeded")

    @classmethod
    def filtered(cls) -> Self:
        """Reject a prompt for its content (400)."""
        message = "The response was filtered due to the prompt triggering our content management policy."
        return cls.refused(400, message, "invalid_request_error", "content_filter")

    @classmethod
    def stopped_by_filter(cls) -> Self:
        """Answer nothing, and say that a content filter stopped it (200)."""
        return cls(spoiled=Answer(finish="content_filter"), on=_GENERATION)

    @classmethod
    def error_in_good_status(cls, code: str = "server_error") -> Self:
        """Send an error object with status 200, as some gateways do."""
        return cls.refused(200, "The upstream provider failed.", "server_error", code)

    @classmethod
    def web_page(cls, status: int = 502) -> Self:
        """Send HTML in place of JSON, as a proxy does."""
        return cls(status, page=f"<html><body><h1>{status} Bad Gateway</h1></body></html>")

    @classmethod
    def hanging(cls) -> Self:
        """Never answer."""
        return cls(delay=None)

    @classmethod
    def slow(cls, seconds: float) -> Self:
        """Wait, then answer."""
        return cls(delay=seconds)

    @classmethod
    def dripping(cls, seconds: float) -> Self:
        """Send the body bit by bit, over some seconds."""
        return cls(drip=seconds)

    @classmethod
    def interrupted(cls, after: int) -> Self:
        """Announce the body in full, and close the connection midway.

        Args:
            after: Bytes of the body to send; also of a stream of events.
        """
        return cls(cut=after)

    @classmethod
    def reset(cls, after: int = 0) -> Self:
        """Announce the body in full, and reset the connection midway.

        Args:
            after: Bytes of the body to send.
        """
        return cls(cut=after, abrupt=True)

    @classmethod
    def truncated(cls, keep: int) -> Self:
        """Send the first bytes of the body as if they were all: only parsing tells.

        Args:
            keep: Bytes to keep.
        """
        return cls(keep=keep)

    @classmethod
    def without(cls, *features: Feature) -> Self:
        """Leave out what the request asks for, without an error: `max_tokens` gives eight tokens too many."""
        return cls(dropped=frozenset(features), on=_GENERATION)

    @classmethod
    def answering(cls, answer: Answer | str) -> Self:
        """Give this answer, whatever is asked."""
        return cls(spoiled=Answer(answer) if isinstance(answer, str) else answer, on=_GENERATION)

    @classmethod
    def off_schema(cls) -> Self:
        """Answer with JSON that isn't of the schema asked for."""
        return cls.answering('{"unexpected":[null]}')

    @classmethod
    def batch_ends(cls, end: BatchEnd, answered: int = 0) -> Self:
        """End a batch early.

        Args:
            end: How.
            answered: Pieces that are answered before.
        """
        return cls(batch=BatchFault(end, answered), on=_BATCH)

    @classmethod
    def batch_full(cls) -> Self:
        """Fail a batch since too much waits in other batches (`token_limit_exceeded`)."""
        return cls(batch=BatchFault("failed", code="token_limit_exceeded"), on=_BATCH)

    @classmethod
    def batch_line_rejected(cls, line: int) -> Self:
        """Fail a batch for one of its lines.

        Args:
            line: Its number, from 1.
        """
        return cls(batch=BatchFault("failed", code="invalid_request", line=line), on=_BATCH)

    @classmethod
    def batch_stuck(cls, polls: int | None = None) -> Self:
        """Keep a batch in progress for some more polls, or for ever."""
        return cls(batch=BatchFault(stuck=polls), on=_BATCH)

    @classmethod
    def batch_results(
        cls,
        *,
        reverse: bool = False,
        repeat: bool = False,
        foreign: bool = False,
        lost: bool = False,
        unnamed: bool = False,
    ) -> Self:
        """Hand over a batch's results wrongly.

        Args:
            reverse: In reverse order.
            repeat: Each twice.
            foreign: With one for an unknown `custom_id`.
            lost: Name a file that is gone.
            unnamed: Name no file.
        """
        fault = BatchFault(
            reverse=reverse, repeat=repeat, foreign=foreign, lost_output=lost, no_output=unnamed
        )
        return cls(batch=fault, on=_BATCH)

    @property
    def refuses(self) -> bool:
        """Whether it takes the place of an answer, so that nothing is generated."""
        return self.status is not None

    def error_body(self, authorization: str = "") -> dict[str, Any]:
        """Return the refusal's body.

        Args:
            authorization: The request's header, for a server that echoes it.
        """
        echoed = {"message": f"{self.error['message']}: authorization={authorization}"} if self.echo else {}
        return {"error": {**self.error, **echoed}}


FAULTS: Collection[str] = tuple(
    name for name, value in vars(OpenAIFault).items() if isinstance(value, classmethod)
)
"""The names of the class methods, for faults named on a command line."""

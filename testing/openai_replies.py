"""What a local OpenAI-compatible server sends, and its refusals."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from .openai_faults import OpenAIFault


@dataclass
class Reply:
    """One answer to send.

    Attributes:
        body: The whole body.
        status: HTTP status.
        headers: Further headers.
        kind: The content type.
        events: Sent one by one as server-sent events, in place of a body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    kind: str = "application/json"
    events: Sequence[bytes] | None = None


def error_reply(
    status: int, message: str, code: str | None = None, *, kind: str = "invalid_request_error"
) -> Reply:
    """Return an error in the form that OpenAI clients understand."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return Reply(orjson.dumps({"error": error}), status)


def fault_reply(fault: OpenAIFault, authorization: str) -> Reply:
    """Return the refusal that a fault sends.

    Args:
        fault: A fault that refuses.
        authorization: The request's header, for one that echoes it.
    """
    status = fault.status or 500
    if fault.page is not None:
        return Reply(fault.page.encode(), status, kind="text/html")
    return Reply(orjson.dumps(fault.error_body(authorization)), status, dict(fault.headers))

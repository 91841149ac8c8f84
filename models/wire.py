"""From a call to the body that is sent, and from the body that comes back to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .calls import Api, Request, Response
from .failures import CallError, FailureKind
from .status import one_line, refusal
from .wire_chat import chat_body, decode_chat
from .wire_json import mapping, objects, parse
from .wire_responses import decode_response, responses_body

__all__ = ["PATHS", "chat_body", "decode", "request_body", "responses_body"]

PATHS: dict[Api, str] = {"chat": "chat/completions", "responses": "responses"}
"""Where each API is found below the base URL."""


def request_body(request: Request, *, official: bool = False) -> dict[str, Any]:
    """What the call's API is sent.

    Args:
        request: The call.
        official: Whether OpenAI's own service is asked.

    Raises:
        ModelError: The call asks for what can't be had through this API or from this service.
    """
    return responses_body(request) if request.api == "responses" else chat_body(request, official=official)


def decode(body: bytes, api: Api, server: str = "the server") -> Response:
    """What a reply says.

    Args:
        body: The reply as it came, of HTTP status 200.
        api: The API that it came from.
        server: The server as messages name it.

    Raises:
        CallError: It is cut (`TRUNCATED`), or it is JSON but no answer: an error as its code says,
            anything else a `SERVER` failure. No other exception is raised, whatever the body is.
    """
    with suppress(ValueError):
        return _answer(mapping(parse(body)), api, server)
    # Out here, since Python would attach the parser's exception, which holds the whole reply.
    raise CallError(FailureKind.TRUNCATED, f"{server}: {_look(body)}")


def _answer(reply: Mapping[str, Any], api: Api, server: str) -> Response:
    response = decode_chat(reply) if api == "chat" else decode_response(reply)
    if error := reply.get("error") or _error_of_choice(reply):
        raise refusal({"error": error}, server)
    if response is None:
        raise CallError(FailureKind.SERVER, f"{server}: {_lack(reply, api)}")
    return response


def _error_of_choice(reply: Mapping[str, Any]) -> Any:
    """What went wrong on the way to an answer, which some routers say inside of it."""
    return next((error for choice in objects(reply.get("choices")) if (error := choice.get("error"))), None)


def _look(body: bytes) -> str:
    if not body.strip():
        return "the reply is empty; expected JSON"
    if body.lstrip().startswith(b"<"):
        return "the reply is a web page, no JSON; check the base URL, which usually ends with /v1"
    if body.startswith((b"data:", b"event:")):
        return "the reply is a stream of events, no JSON; the server streams although it wasn't asked to"
    return f"the reply of {len(body):,} bytes is no JSON; it was cut short"


def _lack(reply: Mapping[str, Any], api: Api) -> str:
    expected = "`choices` with messages" if api == "chat" else "`output` and the status completed"
    status = f"the status {reply['status']} and " if isinstance(reply.get("status"), str) else ""
    found = ", ".join(sorted(reply)) or "nothing"
    return one_line(f"the reply is JSON but no answer; expected {expected}, found {status}the fields {found}")

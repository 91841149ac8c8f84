"""From the answer of a server that refuses to what that means for the call."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from .failures import RETRYABLE, CallError, FailureKind
from .secrets import Key, redact
from .wire_json import items, mapping, parse, string

MOST_CHARACTERS = 300
LONGEST_WAIT = 600.0
"""Seconds; a server that asks for more is asked again after that time."""

_READ_CHARACTERS = 20 * MOST_CHARACTERS

# These statuses say all there is to say, whatever the text.
_CLEAR = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.NOT_FOUND})
_MAY_FILTER = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, 422})

_BY_STATUS: Mapping[int, FailureKind] = {
    400: FailureKind.BAD_REQUEST,
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    404: FailureKind.NOT_FOUND,
    407: FailureKind.AUTH,
    408: FailureKind.SERVER,
    409: FailureKind.SERVER,
    413: FailureKind.TOO_LONG,
    422: FailureKind.BAD_REQUEST,
    425: FailureKind.SERVER,
    429: FailureKind.RATE_LIMITED,
    503: FailureKind.OVERLOADED,
    504: FailureKind.TIMEOUT,
    524: FailureKind.TIMEOUT,
    529: FailureKind.OVERLOADED,
}

# What `code`, `type` or `status` of an error object says, whatever the HTTP status is.
_BY_CODE: Mapping[str, FailureKind] = {
    "billing_hard_limit_reached": FailureKind.QUOTA,
    "billing_not_active": FailureKind.QUOTA,
    "content_filter": FailureKind.FILTERED,
    "content_policy_violation": FailureKind.FILTERED,
    "context_length_exceeded": FailureKind.TOO_LONG,
    "deploymentnotfound": FailureKind.NOT_FOUND,
    "exceed_context_size_error": FailureKind.TOO_LONG,
    "insufficient_quota": FailureKind.QUOTA,
    "invalid_api_key": FailureKind.AUTH,
    "invalid_prompt": FailureKind.FILTERED,
    "model_not_found": FailureKind.NOT_FOUND,
    "moderation_blocked": FailureKind.FILTERED,
    "responsibleaipolicyviolation": FailureKind.FILTERED,
}

# Only where the HTTP status says nothing: errors inside a 200, or of a response that failed.
_BY_CODE_ALONE: Mapping[str, FailureKind] = {
    "authentication_error": FailureKind.AUTH,
    "bad_request": FailureKind.BAD_REQUEST,
    "invalid_request_error": FailureKind.BAD_REQUEST,
    "not_found_error": FailureKind.NOT_FOUND,
    "overloaded_error": FailureKind.OVERLOADED,
    "permission_error": FailureKind.AUTH,
    "rate_limit_error": FailureKind.RATE_LIMITED,
    "rate_limit_exceeded": FailureKind.RATE_LIMITED,
    "timeout": FailureKind.TIMEOUT,
}

_TOO_LONG = re.compile(
    r"context[ _](length|window|size|limit)|maximum (context|number of tokens)"
    r"|(prompt|input|request) (is )?too (long|large)|inputs? tokens? .{0,20}exceed",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content[ _-](filter|management policy|policy)|usage policy|input was flagged|safety system",
    re.IGNORECASE,
)
_UNPAID = re.compile(
    r"insufficient[ _](quota|balance|credit|funds)|credit balance|exceeded your current quota", re.IGNORECASE
)
_FOR_NOW = re.compile(r"rate_?limit|resource_exhausted")

_ADVICE: Mapping[FailureKind, str] = {
    FailureKind.AUTH: "check the API key and what it may be used for",
    FailureKind.QUOTA: "top up the account or raise its limit, then resume",
    FailureKind.NOT_FOUND: "check the model's name and the base URL",
    FailureKind.TOO_LONG: "shorten the prompt or lower max_tokens",
}


def error_of(
    status: int, headers: Mapping[str, str], body: bytes, server: str, key: Key | None = None
) -> CallError:
    """What a refusal means.

    Args:
        status: HTTP status; 200 for an error object inside a reply that claims success.
        headers: The reply's headers.
        body: The reply, JSON or not.
        server: The server as messages name it.
        key: The key that was sent, to be taken out of the message should the server echo it.

    Returns:
        The failure: one line with at most `MOST_CHARACTERS` of what the server says.
    """
    try:
        codes, said = _said(parse(body))
    except ValueError:
        codes, said = [], ""
    return _failure(status, (codes, said or _plain(body)), server, headers, key)


def refusal(reply: Mapping[str, Any], server: str) -> CallError:
    """What the object `error` of a reply means that claimed to be an answer."""
    return _failure(HTTPStatus.OK, _said(reply), server, {}, None)


def _failure(
    status: int, found: tuple[list[str], str], server: str, headers: Mapping[str, str], key: Key | None
) -> CallError:
    codes, said = found
    kind = _kind(status, codes, said)
    start = "an error instead of an answer" if status == HTTPStatus.OK else f"HTTP {status}"
    detail = one_line(f"{start}: {said}" if said else start, key).rstrip(". ")
    wait = retry_after(headers) if kind in RETRYABLE else None
    return CallError(kind, f"{server}: {detail}{_advice(status, kind, headers)}", wait)


def _advice(status: int, kind: FailureKind, headers: Mapping[str, str]) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        host = urlsplit(headers.get("Location", "")).hostname or "another address"
        return f"; it redirects to {one_line(host)}, where no key is sent: give the final base URL"
    return f"; {_ADVICE[kind]}" if kind in _ADVICE else ""


def one_line(text: str, key: Key | None = None) -> str:
    """At most `MOST_CHARACTERS` of a server's text, without control characters or keys."""
    clean = "".join(each if each.isprintable() else " " for each in text[:_READ_CHARACTERS])
    clean = " ".join((key.redact if key else redact)(clean).split())
    return clean if len(clean) <= MOST_CHARACTERS else f"{clean[: MOST_CHARACTERS - 1]}…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, from 0 to `LONGEST_WAIT`; None if it says none that can be read."""
    given = {name.lower(): value for name, value in headers.items()}
    wait = _seconds(given.get("retry-after-ms", ""), 1e-3)
    value = given.get("retry-after", "")
    wait = _seconds(value) if wait is None else wait
    if wait is None and (until := _date(value)) is not None:
        # By the server's own clock where it shows it: ours may be off.
        wait = until - (_date(given.get("date", "")) or time.time())
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)


def _seconds(value: str, unit: float = 1.0) -> float | None:
    try:
        seconds = float(value) * unit
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _date(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _said(value: Any) -> tuple[list[str], str]:
    """The codes of an error and its text."""
    whole = mapping(items(value)[0] if items(value) else value)
    error = mapping(whole.get("error")) or whole
    codes = [_code(error.get(name)) for name in ("code", "type", "status")]
    codes.append(_code(mapping(error.get("innererror")).get("code")))
    texts = map(string, (error.get("message"), whole.get("error"), whole.get("detail")))
    return [each for each in codes if each], next(filter(None, texts), "")


def _code(value: Any) -> str:
    return str(value).lower()[:MOST_CHARACTERS] if isinstance(value, str | int) else ""


def _plain(body: bytes) -> str:
    """The text of what isn't JSON: the title of a web page, or all of its words."""
    text = body[:_READ_CHARACTERS].decode("utf-8", "replace")
    title = re.search(r"<title>([^<]+)</title>", text, re.IGNORECASE)
    return title[1] if title else re.sub(r"<[^<>]*>", " ", text)


def _kind(status: int, codes: list[str], said: str) -> FailureKind:
    known = next((_BY_CODE[code] for code in codes if code in _BY_CODE), None)
    return known or _by_text(status, codes, said) or _by_status(status, codes)


def _by_text(status: int, codes: list[str], said: str) -> FailureKind | None:
    """What only the message tells."""
    if status in _CLEAR:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _by_limit(codes, said)
    if _TOO_LONG.search(said) and status <= HTTPStatus.INTERNAL_SERVER_ERROR:
        return FailureKind.TOO_LONG
    return FailureKind.FILTERED if status in _MAY_FILTER and _FILTERED.search(said) else None


def _by_limit(codes: list[str], said: str) -> FailureKind | None:
    """Limits that no waiting lifts."""
    if re.search(r"request too large", said, re.IGNORECASE):
        return FailureKind.TOO_LONG
    if any(_FOR_NOW.search(code) for code in codes):
        return None
    unpaid = _UNPAID.search(said) or any("quota" in code or "billing" in code for code in codes)
    return FailureKind.QUOTA if unpaid else None


def _by_status(status: int, codes: list[str]) -> FailureKind:
    if status == HTTPStatus.OK:
        return _by_code_alone(codes)
    if status < HTTPStatus.BAD_REQUEST:
        return FailureKind.NOT_FOUND
    broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _BY_STATUS.get(status, FailureKind.SERVER if broken else FailureKind.BAD_REQUEST)


def _by_code_alone(codes: list[str]) -> FailureKind:
    for code in codes:
        if code in _BY_CODE_ALONE:
            return _BY_CODE_ALONE[code]
        if re.fullmatch(r"[45][0-9]{2}", code):
            return _by_status(int(code), [])
    return FailureKind.SERVER

"""Output of OpenAI's batch API, and of servers that speak it: the files of answers and of errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from ...models.calls import Choice, Response
from ...models.failures import CallError, FailureKind
from ...models.status import error_of, refusal
from ...models.wire import decode
from ...models.wire_json import mapping, string
from .records import Record, objects_of

_GOOD = range(200, 300)
_SERVER = "the batch"
_UNANSWERED = frozenset({"batch_expired", "batch_cancelled"})


def read_openai_batch(path: Path) -> Iterator[Record]:
    """The answer to each request, of the chat API or of the responses API; several choices are samples.

    `custom_id` is the id. A request that failed is a failed call. The output doesn't say how it was asked.

    Raises:
        ResponseError: A line is no object.
    """
    for where, source in objects_of(path):
        ident = {"id": source.get("custom_id")}
        found = _outcome(source)
        if isinstance(found, CallError):
            yield Record(where, source, {**ident, "failure": str(found.kind)})
            continue
        for sample, choice in enumerate(found.choices):
            yield Record(where, source, {**ident, **_answer(found, choice), "sample": sample})


def _outcome(source: Mapping[str, Any]) -> Response | CallError:
    reply, error = mapping(source.get("response")), mapping(source.get("error"))
    body, status = reply.get("body"), reply.get("status_code")
    if body is None or not isinstance(status, int):
        if string(error.get("code")) in _UNANSWERED:
            return CallError(FailureKind.EXPIRED, "the batch ended before it got to this request")
        return refusal({"error": error}, _SERVER)
    if status not in _GOOD:
        return error_of(status, {}, orjson.dumps(body), _SERVER)
    try:
        return decode(orjson.dumps(body), "responses" if "output" in mapping(body) else "chat", _SERVER)
    except CallError as failed:
        return failed


def _answer(response: Response, choice: Choice) -> dict[str, Any]:
    return {
        "model": response.model,
        "text": choice.text,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "finish": choice.finish,
        "usage": asdict(response.usage) if response.usage else None,
    }

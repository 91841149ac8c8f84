"""Whether a reply holds what was asked for: some servers drop what they don't support without a word."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs
import orjson

from ..errors import ModelError
from .calls import Choice, Request, Response
from .failures import CallError, FailureKind
from .status import one_line
from .wire_json import mapping

_SCHEMAS_KEPT = 256

# Servers count the token that ends an answer or not.
_TOKENS_OVER = 1


class DroppedSchemaError(CallError):
    """The reply is no JSON although a schema was asked for: the server ignores schemas, or failed once."""


def check(request: Request, response: Response, server: str) -> None:
    """Hold a reply to its request.

    An answer that was cut (`length`), filtered or refused isn't held to a schema, nor one without
    text to log-probabilities.

    Args:
        request: What was asked.
        response: What came.
        server: The server as messages name it.

    Raises:
        DroppedSchemaError: A schema or JSON was asked for, and free text came (`DROPPED_FEATURE`).
        CallError: Another feature was dropped (`DROPPED_FEATURE`), or the JSON breaks the schema
            (`OFF_SCHEMA`).
    """
    parameters = request.parameters
    if len(response.choices) < request.choices:
        found = f"{len(response.choices)} came"
        _drop(server, f"`n` asks for {request.choices} answers, {found}", "ask for one answer at a time")
    if parameters.get("logprobs") or parameters.get("top_logprobs"):
        _check_logprobs(response, server, top=bool(parameters.get("top_logprobs")))
    if response.usage is not None and request.most_tokens:
        _check_length(request, response.usage.completion, server)
    if wanted := mapping(parameters.get("response_format")):
        _check_format(wanted, response, server)


def prepare(request: Request) -> None:
    """Find out before anything is paid for whether replies can be checked.

    Raises:
        ModelError: The request's JSON Schema is none.
    """
    wanted = mapping(request.parameters.get("response_format"))
    if wanted.get("type") == "json_schema":
        _validator(_schema(wanted))


def _drop(server: str, what: str, advice: str) -> NoReturn:
    raise CallError(FailureKind.DROPPED_FEATURE, f"{server} dropped a parameter: {what}; {advice}")


def _check_logprobs(response: Response, server: str, *, top: bool) -> None:
    for choice in response.choices:
        if not choice.text or choice.refusal:
            continue
        if not choice.logprobs:
            _drop(server, "`logprobs` was set, none came", "ask a server that gives them, such as vLLM")
        if top and not any(token.top for token in choice.logprobs):
            _drop(server, "`top_logprobs` was set, none came", "ask a server that gives them, such as vLLM")


def _check_length(request: Request, completion: int, server: str) -> None:
    most = request.choices * (request.most_tokens + _TOKENS_OVER)
    if completion > most:
        _drop(
            server,
            f"{completion:,} tokens came, where {request.choices} x {request.most_tokens:,} was the limit",
            "give the limit by the name that the server knows, `max_tokens` or `max_completion_tokens`",
        )


def _check_format(wanted: Mapping[str, Any], response: Response, server: str) -> None:
    kind = wanted.get("type")
    if kind not in {"json_schema", "json_object"}:
        return
    validator = _validator(_schema(wanted)) if kind == "json_schema" else None
    for choice in response.choices:
        if choice.finish == "stop" and not choice.refusal:
            _check_answer(choice, validator, server)


def _check_answer(choice: Choice, validator: jsonschema_rs.Validator | None, server: str) -> None:
    try:
        value = orjson.loads(choice.text)
    except orjson.JSONDecodeError:
        raise DroppedSchemaError(
            FailureKind.DROPPED_FEATURE,
            f"{server} dropped a parameter: `response_format` asks for JSON, and text came that starts with "
            f"{one_line(choice.text[:40])!r}; ask a server that constrains answers, such as vLLM",
        ) from None
    error = next(iter(validator.iter_errors(value)), None) if validator else None
    if error is not None:
        place = "/".join(map(str, error.instance_path)) or "the top"
        raise CallError(
            FailureKind.OFF_SCHEMA,
            one_line(f"{server}: the answer breaks its schema at {place}: {error.message}"),
        )


def _schema(wanted: Mapping[str, Any]) -> bytes:
    return orjson.dumps(mapping(wanted.get("json_schema")).get("schema", {}), option=orjson.OPT_SORT_KEYS)


@lru_cache(_SCHEMAS_KEPT)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.validator_for(orjson.loads(schema), retriever=_refuse)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        reason = one_line(getattr(error, "message", str(error)))
        raise ModelError(f"response_format: the JSON Schema can't be used: {reason}; correct it") from None


def _refuse(address: str) -> NoReturn:
    message = f"{address} is outside of the schema, and nothing is fetched"
    raise ValueError(message)

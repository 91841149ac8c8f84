"""Structured output: what a model must answer, derived from the schema of the dataset's rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from ..errors import RecipeError
from ..schemas import load_row_schema

Schema = Mapping[str, Any]
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\s*```[ \t]*$", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_KEPT = {
    "type",
    "description",
    "enum",
    "const",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
}


def object_of(**properties: Schema) -> Schema:
    """The schema of an object with just these members, all required."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
    }


def fields_of(stem: str, row: str, fields: Sequence[str], **more: Schema) -> Schema:
    """The schema of an answer that holds fields of a dataset's rows, and perhaps others.

    Args:
        stem: The dataset.
        row: The entry of `$defs` that describes a row.
        fields: The row's fields that the model writes, in the order in which it is to write them.
        **more: Members that aren't part of the row, such as a reason.

    Raises:
        RecipeError: The row has no such field.
    """
    known = cast("Mapping[str, Schema]", load_row_schema(stem, row).document["properties"])
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise RecipeError(f"{stem} {row}: no field {unknown[0]!r}; it has {', '.join(known)}")
    return object_of(**{name: known[name] for name in fields}, **more)


def response_format(name: str, schema: Schema) -> dict[str, Any]:
    """The parameter that asks an endpoint for this schema.

    Providers' strict modes know few keywords, so only those go out; a reply is held to all of them.
    """
    wire = {"name": name.replace("-", "_"), "strict": True, "schema": _plain(schema)}
    return {"type": "json_schema", "json_schema": wire}


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(each) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    tree = cast("dict[str, Any]", node)
    kept = {key: value for key, value in tree.items() if key in _KEPT}
    if "properties" in kept:
        kept["properties"] = {key: _plain(value) for key, value in kept["properties"].items()}
    return {
        key: value if key in {"properties", "enum", "const"} else _plain(value) for key, value in kept.items()
    }


def instructions(schema: Schema) -> str:
    """What a prompt says about the schema to a model whose server can't be held to it."""
    text = json.dumps(_plain(schema), ensure_ascii=False)
    return f"Answer with one JSON object and nothing else. It must fit this JSON Schema:\n{text}"


def read_object(text: str) -> Any:
    """The JSON value of an answer: the whole text, or what stands in its only code fence.

    Reasoning up to a last `</think>` isn't part of the answer; an object or a fence at the very beginning is
    read whole, whatever its texts hold.

    Raises:
        ValueError: There is no such value.
    """
    answer = text.strip()
    if not answer.startswith(("{", "```")):
        answer = answer.rpartition("</think>")[2].strip()
    fenced = _FENCE.findall(answer)
    return orjson.loads(fenced[0] if len(fenced) == 1 and not answer.startswith("{") else answer)

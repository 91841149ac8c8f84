"""Reading JSON that servers send: whatever it is, no access to it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import orjson

# More than any count of tokens, and what the journal can hold.
_MOST = 2**53


def parse(body: bytes) -> Any:
    """The JSON value of a body.

    What servers written in Python or JavaScript send beyond JSON is accepted: `NaN`, halves of
    surrogate pairs and broken UTF-8, which become U+FFFD, and a byte order mark.

    Raises:
        ValueError: It is no JSON, or is nested too deeply.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        text = json.dumps(json.loads(body.decode("utf-8-sig", "replace")), ensure_ascii=False)
        return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of an array."""
    return (cast("dict[str, Any]", each) for each in items(value) if isinstance(each, dict))


def string(value: Any) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int:
    """The value if it is a number of tokens, else 0."""
    return value if type(value) is int and 0 <= value < _MOST else 0


def number(value: Any) -> float | None:
    """The value if it is a number, else None."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

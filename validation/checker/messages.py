"""What a violation says: one line for each keyword, the same from every engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

LONGEST = 60
_ITEMS = 12
_DEPTH = 3

_ARTICLES = {"array": "an array", "integer": "an integer", "object": "an object", "null": "null"}


def describe(keyword: str, expected: Any, found: Any, schema: Mapping[str, Any] | None = None) -> str:
    """What was found and what was expected, on one line.

    Args:
        keyword: The keyword that failed; `false` for the schema `false`.
        expected: The keyword's value in the schema. For `required` and `dependentRequired` the missing
            name; for `additionalProperties` and the `unevaluated…` ones possibly the names at fault.
        found: The value that the keyword was applied to.
        schema: The schema that holds the keyword, which makes some lines more precise.
    """
    wording = _WORDINGS.get(keyword)
    if wording is None:
        return f"found {shorten(found)}, which breaks {shorten(keyword)}"
    return wording(expected, found, schema or {})


def shorten(value: Any, most: int = LONGEST) -> str:
    """A value as JSON on one line, cut to about so many characters."""
    try:
        text = json.dumps(_clip(value, _DEPTH, most), ensure_ascii=False)
    except (TypeError, ValueError):
        # An int of more digits than Python writes.
        return f"a {type(value).__name__}"
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )
    return text if len(text) <= most else text[: most - 1] + "…"


def _clip(value: Any, depth: int, most: int) -> Any:
    if isinstance(value, str):
        return value[: most + 1]
    if isinstance(value, Mapping):
        kept = islice(value.items(), _ITEMS) if depth else ()
        return {str(key)[: most + 1]: _clip(item, depth - 1, most) for key, item in kept}
    if isinstance(value, (list, tuple)):
        return [_clip(item, depth - 1, most) for item in value[:_ITEMS]] if depth else []
    return value


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(name) for name in names[:_DEPTH])
    return shown if len(names) <= _DEPTH else f"{shown} and {len(names) - _DEPTH} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _type(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
    kinds: list[str] = [expected] if isinstance(expected, str) else list(expected)
    return (
        f"found {shorten(found)}, expected {' or '.join(_ARTICLES.get(kind, f'a {kind}') for kind in kinds)}"
    )


def _enum(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
    options = ", ".join(shorten(option, LONGEST // 2) for option in islice(expected, _ITEMS))
    options += ", …" if len(expected) > _ITEMS else ""
    return f"found {shorten(found)}, expected {'one of ' if len(expected) > 1 else ''}{options or 'nothing'}"


def _required(expected: Any, _: Any, __: Mapping[str, Any]) -> str:
    return f"{shorten(expected)} is missing"


def _dependent_required(expected: Any, found: Any, schema: Mapping[str, Any]) -> str:
    demands = schema.get("dependentRequired", {})
    by = [name for name, names in demands.items() if expected in names and name in found]
    return f"{shorten(expected)} is missing, expected beside {_names(by) if by else 'another member'}"


def _size(noun: str, bound: str) -> Callable[[Any, Any, Mapping[str, Any]], str]:
    def wording(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
        return f"{_count(len(found), noun)}, expected {bound} {expected}"

    return wording


def _value(expectation: str) -> Callable[[Any, Any, Mapping[str, Any]], str]:
    def wording(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
        return f"found {shorten(found)}, expected {expectation} {shorten(expected)}"

    return wording


def _text(expectation: str) -> Callable[[Any, Any, Mapping[str, Any]], str]:
    def wording(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
        shown = "".join(c if c.isprintable() else " " for c in str(expected))
        return f"found {shorten(found)}, expected {expectation} {shown}"

    return wording


def _additional(expected: Any, found: Any, schema: Mapping[str, Any]) -> str:
    if isinstance(expected, (list, tuple)):
        names = [str(name) for name in expected]
    else:
        patterns: list[str] = list(schema.get("patternProperties", ()))
        known = schema.get("properties", {})
        names = [name for name in found if name not in known and not _matches(patterns, name)]
    return f"unexpected {_names(names or list(found))}, expected no members but those of the schema"


def _matches(patterns: Sequence[str], name: str) -> bool:
    try:
        return any(re.search(pattern, name) for pattern in patterns)
    except re.error:
        return False


def _items(_: Any, found: Any, schema: Mapping[str, Any]) -> str:
    return f"{_count(len(found), 'item')}, expected at most {len(schema.get('prefixItems', ()))}"


def _unevaluated(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
    names = [str(name) for name in expected] if isinstance(expected, (list, tuple)) else []
    what = f"unexpected {_names(names)}" if names else f"found {shorten(found)}"
    return f"{what}, expected nothing but what the schema describes"


def _unique(_: Any, found: Any, __: Mapping[str, Any]) -> str:
    return f"found {shorten(found)}, expected no two equal items"


def _contains(_: Any, found: Any, schema: Mapping[str, Any]) -> str:
    least = schema.get("minContains", 1)
    return f"no item of {shorten(found)} matches, expected at least {least} as in contains"


def _any_of(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
    return f"found {shorten(found)}, expected a match of one of {_count(len(expected), 'schema')}"


def _one_of(expected: Any, found: Any, _: Mapping[str, Any]) -> str:
    return f"found {shorten(found)}, expected a match of exactly one of {_count(len(expected), 'schema')}"


def _not(_: Any, found: Any, __: Mapping[str, Any]) -> str:
    return f"found {shorten(found)}, expected no match of the schema under not"


def _false(_: Any, found: Any, __: Mapping[str, Any]) -> str:
    return f"found {shorten(found)}, expected nothing: the schema here is false"


_WORDINGS: dict[str, Callable[[Any, Any, Mapping[str, Any]], str]] = {
    "additionalProperties": _additional,
    "anyOf": _any_of,
    "const": lambda expected, found, schema: _enum([expected], found, schema),
    "contains": _contains,
    "dependentRequired": _dependent_required,
    "enum": _enum,
    "exclusiveMaximum": _value("less than"),
    "exclusiveMinimum": _value("more than"),
    "false": _false,
    "format": _text("the format"),
    "items": _items,
    "maxContains": _text("that items match the schema under contains at most this often:"),
    "maxItems": _size("item", "at most"),
    "maxLength": _size("character", "at most"),
    "maxProperties": _size("member", "at most"),
    "maximum": _value("at most"),
    "minContains": _text("that items match the schema under contains at least this often:"),
    "minItems": _size("item", "at least"),
    "minLength": _size("character", "at least"),
    "minProperties": _size("member", "at least"),
    "minimum": _value("at least"),
    "multipleOf": _value("a multiple of"),
    "not": _not,
    "oneOf": _one_of,
    "pattern": _text("a match of"),
    "required": _required,
    "type": _type,
    "unevaluatedItems": _unevaluated,
    "unevaluatedProperties": _unevaluated,
    "uniqueItems": _unique,
}

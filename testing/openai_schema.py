"""A small valid instance of a JSON Schema, varied by a seed, as structured output gives it."""

from collections.abc import Mapping
from random import Random
from typing import Any

from .openai_text import words

_DEEP = 6
_WIDE = 100
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "someone@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

Schema = Mapping[str, Any]


class UnsupportedSchemaError(ValueError):
    """The double makes no instance of such a schema; give it the answer by a function instead."""


def instance(schema: Schema, seed: bytes) -> Any:
    """Return an instance of a schema: required properties only, arrays of one item, texts of three words.

    Args:
        schema: A JSON Schema with an object at its root.
        seed: What the instance varies with.

    Raises:
        UnsupportedSchemaError: The schema uses a keyword that isn't handled, such as `pattern`.
    """
    return _Maker(schema, seed).make(schema, 0)


def strictness_problem(schema: Any, where: str = "") -> str | None:
    """Return why strict structured output rejects a schema, as the API words it; None if it doesn't.

    Args:
        schema: The schema, or a part of it.
        where: The path to that part.
    """
    if isinstance(schema, list):
        found = (strictness_problem(part, where) for part in schema)
        return next(filter(None, found), None)
    if not isinstance(schema, Mapping):
        return None
    properties = schema.get("properties", {})
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return f"In context=({where}), 'additionalProperties' is required to be supplied and to be false."
        if set(properties) != set(schema.get("required", ())):
            return f"In context=({where}), 'required' is required to be supplied and to list every property."
    nested = {**properties, **schema.get("$defs", {})}
    nested.update({key: schema[key] for key in ("items", "anyOf") if key in schema})
    found = (strictness_problem(part, f"{where}{name!r}, ") for name, part in nested.items())
    return next(filter(None, found), None)


class _Maker:
    def __init__(self, root: Schema, seed: bytes) -> None:
        self._root = root
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 -- varied, not secret
        self._texts = 0

    def make(self, schema: Any, depth: int) -> Any:
        """Return an instance of a part of the schema."""
        if depth > _WIDE:
            raise UnsupportedSchemaError("the schema refers to itself without an end")
        if not isinstance(schema, Mapping):
            return self._string({})
        if "const" in schema or "enum" in schema:
            return self._random.choice(schema.get("enum") or [schema["const"]])
        if "$ref" in schema:
            return self.make(self._resolve(schema["$ref"]), depth + 1)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self.make(self._alternative(schema[keyword], depth), depth + 1)
        if "allOf" in schema:
            return self.make(self._merged(schema), depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: Schema, depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = "null" if depth > _DEEP and "null" in kind else self._random.choice(kind)
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._string(schema)
            case "integer" | "number":
                return self._number(schema, whole=kind == "integer")
            case "boolean":
                return self._random.random() < 0.5  # noqa: PLR2004 -- either, as often
            case _:
                return None

    def _resolve(self, reference: str) -> Any:
        found: Any = self._root
        for name in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            name = name.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 -- RFC 6901
            if not isinstance(found, Mapping) or name not in found:
                raise UnsupportedSchemaError(f"the schema has nothing at {reference}")
            found = found[name]
        return found

    def _alternative(self, schemas: list[Any], depth: int) -> Any:
        if depth <= _DEEP:
            return self._random.choice(schemas)
        # Deep down, an end: something that refers to nothing.
        return min(schemas, key=lambda schema: str(schema).count("$ref"))

    def _merged(self, schema: Schema) -> Schema:
        merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            resolved = self._resolve(part["$ref"]) if "$ref" in part else part
            properties = {**merged.get("properties", {}), **resolved.get("properties", {})}
            required = [*merged.get("required", ()), *resolved.get("required", ())]
            merged |= {**resolved, "properties": properties, "required": required}
        return merged

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        return {name: self.make(properties.get(name), depth + 1) for name in schema.get("required", ())}

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        least = int(schema.get("minItems", 0))
        count = least if depth > _DEEP else min(max(1, least), int(schema.get("maxItems", _WIDE)))
        items: list[Any] = []
        for _ in range(count * _WIDE):
            if len(items) == count:
                break
            item = self.make(schema.get("items"), depth + 1)
            if not schema.get("uniqueItems") or item not in items:
                items.append(item)
        return items

    def _string(self, schema: Schema) -> str:
        if "pattern" in schema:
            raise UnsupportedSchemaError(
                "this double makes no text for a 'pattern'; give it an answer function"
            )
        if "format" in schema:
            return _FORMATS.get(schema["format"], _FORMATS["uri"])
        self._texts += 1
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        text = words(self._seed + bytes([self._texts % 256]), max(3, least // 2))
        return text[:most].ljust(least, "x")

    def _number(self, schema: Schema, *, whole: bool) -> float:
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        most = schema.get("maximum", schema.get("exclusiveMaximum"))
        low = least if least is not None else (most - 10 if most is not None else 0)
        high = most if most is not None else low + 10
        step = schema.get("multipleOf", 1)
        if not whole and "multipleOf" not in schema:
            return low + (high - low) * self._random.randint(1, 99) / 100
        first, last = -(-low // step), high // step
        first += "exclusiveMinimum" in schema and first * step == schema["exclusiveMinimum"]
        last -= "exclusiveMaximum" in schema and last * step == schema["exclusiveMaximum"]
        return self._random.randint(int(first), max(int(first), int(last))) * step

"""The keywords of draft 2020-12, by the JSON type they are about."""

from __future__ import annotations

from collections.abc import Mapping

from .kinds import Kind

STRING = frozenset({"minLength", "maxLength", "pattern", "format"})
NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
ARRAY = frozenset({
    "items", "prefixItems", "contains", "minContains", "maxContains",
    "minItems", "maxItems", "uniqueItems", "unevaluatedItems",
})  # fmt: skip
OBJECT = frozenset({
    "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
    "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
})  # fmt: skip
ANY = frozenset({"type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
ANNOTATIONS = frozenset({
    "$id", "$schema", "$anchor", "$comment", "$defs", "$vocabulary", "definitions",
    "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples",
    "contentEncoding", "contentMediaType", "contentSchema",
})  # fmt: skip
ASSERTING = STRING | NUMBER | ARRAY | OBJECT | ANY | {"$dynamicRef"}
# Read together with another keyword, which stands for them.
COMPANIONS: Mapping[str, str] = {
    "then": "if",
    "else": "if",
    "minContains": "contains",
    "maxContains": "contains",
}
# What may evaluate members or items beside `unevaluated…`, but for the keywords of names and places.
_IN_PLACE = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
UNEVALUATED: Mapping[Kind, tuple[str, frozenset[str]]] = {
    "object": ("unevaluatedProperties", _IN_PLACE | {"dependentSchemas"}),
    "array": ("unevaluatedItems", _IN_PLACE | {"contains"}),
}

BY_KIND: Mapping[Kind, frozenset[str]] = {
    "string": STRING,
    "image": STRING,
    "integer": NUMBER,
    "number": NUMBER,
    "array": ARRAY,
    "object": OBJECT,
    "boolean": frozenset(),
    "null": frozenset(),
}

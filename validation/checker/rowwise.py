r"""Rows against a schema one by one, with `jsonschema-rs`, where nothing is vectorised.

Verdicts follow JSON Schema 2020-12; violations lie where Python's `jsonschema` puts them (its pointer of
the value and its keyword). `jsonschema-rs` places some elsewhere, which is put right here: the schema
`false` under `properties`, `patternProperties` and `prefixItems` (placed at the parent), `items: false`
(once an array), `contains` and its bounds, `dependentRequired`, what `propertyNames` applies, and names such
as `01`.

Where the verdicts of the two libraries differ, the standard decides:
- `pattern` and `patternProperties` are ECMA-262: `\d` is ASCII, `$` isn't before a last newline, `\p{L}`
  works, `\Z` is an error. Python's `re` differs in each.
- `multipleOf` is decimal: 0.3 is a multiple of 0.1, as on paper. `jsonschema` computes in binary.
- Numbers compare as written: the double 1e30 equals the integer 10^30. `jsonschema` compares the exact
  value of the double.
- `uniqueItems`: `[[true], [1], [true]]` repeats an item. `jsonschema` compares neighbours alone.
- `dependencies` isn't a keyword of 2020-12 and asserts nothing. `jsonschema-rs` evaluates it, so it is
  taken out.
- NaN and the infinities have no JSON form and are of no type. `jsonschema` takes them for numbers.
- `format` asserts only if asked to.

In a row that is invalid anyway, the two may differ on whether an `unevaluated…` keyword fails as well,
where a keyword beside it failed: what a failed keyword has evaluated is not defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urldefrag, urljoin

import jsonschema_rs

from ...errors import SchemaError
from .documents import BASE, DIALECT, IN_LISTS, IN_MAPS, IN_PLACE, escape
from .error_paths import follow, instance_path, keyword_path
from .messages import describe
from .patterns import read_pattern
from .violations import BatchResult, Violation

_IGNORED = frozenset(("dependencies", "$recursiveRef", "$recursiveAnchor"))
_OLDER = ("json-schema.org/draft-0", "json-schema.org/draft/2019-09")
_AT_PARENT = frozenset(("properties", "patternProperties", "prefixItems"))
_CONTAINS = frozenset(("contains", "minContains", "maxContains"))
_FALSE_UNDER = IN_MAPS | {"", "$ref", "$dynamicRef", "allOf", "else", "prefixItems", "propertyNames", "then"}
_Kind = jsonschema_rs.ValidationErrorKind
_Error = tuple[str, str, jsonschema_rs.ValidationError]
# An error in a value nested deeper than 255 is known to `jsonschema-rs`, but it can't say what it is.
_TOO_DEEP = ("depth", "breaks the schema, and is nested deeper than 255, so it isn't known where")


class RowEngine:
    """Checks rows against one schema; may be shared by threads.

    Args:
        schema: A JSON Schema, draft 2020-12.
        resources: The documents that it may refer to, by URI.
        base_uri: The URI that the schema's relative references are relative to.
        formats: Whether `format` asserts.

    Raises:
        SchemaError: It is no schema, or a reference can't be resolved. Nothing is fetched.
    """

    def __init__(
        self,
        schema: Mapping[str, Any] | bool,  # noqa: FBT001 - a schema may be a boolean
        *,
        resources: Mapping[str, Any] | None = None,
        base_uri: str = "",
        formats: bool = False,
    ) -> None:
        """Compile the schema."""
        self._formats = formats
        self._contained: dict[str, jsonschema_rs.Validator] = {}
        self._base = _canonical(schema, base_uri or f"{BASE}schema.json")
        self._patterns: dict[str, str] = {}
        documents = {
            uri: _prepared(document, uri, self._patterns) for uri, document in (resources or {}).items()
        }
        own = _prepared(schema, "the schema", self._patterns)
        documents |= dict.fromkeys({base_uri or self._base, self._base}, own)
        try:
            self._registry = jsonschema_rs.Registry(
                list(documents.items()), draft=jsonschema_rs.Draft202012, retriever=_refuse
            )
            self._row = self._compile({"$ref": self._base})
            self._rows = self._compile({"type": "array", "items": {"$ref": self._base}})
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise SchemaError(f"the schema can't be used: {_first_line(error)}") from None

    def _compile(self, schema: dict[str, Any]) -> jsonschema_rs.Validator:
        return jsonschema_rs.Draft202012Validator(
            schema, registry=self._registry, validate_formats=self._formats
        )

    def check(self, rows: Sequence[Any], most: int) -> BatchResult:
        """Check rows.

        Args:
            rows: JSON values.
            most: How many violations to describe; all are counted.
        """
        result = BatchResult(rows=len(rows))
        if not rows or _is_valid(self._rows, list(rows)):
            return result
        described: list[Violation] = []
        for number, row in enumerate(rows):
            if not _is_valid(self._row, row):
                result.invalid += 1
                errors = self._sorted_errors(row)
                result.counts.update([keyword for _, keyword, _ in errors] or [_TOO_DEEP[0]])
                if len(described) < most:
                    described += [
                        Violation(number, at, keyword, self._message(keyword, error, row))
                        for at, keyword, error in errors
                    ] or [Violation(number, "", *_TOO_DEEP)]
        result.violations = described
        return result

    def invalid(self, rows: Sequence[Any]) -> list[int]:
        """The positions of the rows that break the schema."""
        if not rows or _is_valid(self._rows, list(rows)):
            return []
        return [number for number, row in enumerate(rows) if not _is_valid(self._row, row)]

    def _sorted_errors(self, row: Any) -> list[_Error]:
        """The errors of a row that has some; none if they are in a value nested too deep to be told."""
        try:
            return sorted(self._errors(row), key=lambda error: error[:2])
        except ValueError as error:
            if "Recursion limit" not in str(error):
                raise
            return []

    def _errors(self, row: Any) -> Iterator[_Error]:
        """Pointer, keyword and error as `jsonschema` would give them."""
        arrays: set[str] = set()
        for outer in _iter_errors(self._row, row):
            path = instance_path(outer, row)
            error = _inner(outer)
            if _is_unfounded(error, follow(row, path, None)):
                continue
            keyword = _keyword(keyword_path(error))
            if keyword in _AT_PARENT or keyword == "items":
                path = path[:-1]
            elif keyword in _CONTAINS:
                keyword = self._contains_keyword(error, follow(row, path, ()))
            once = f"{path}{error.evaluation_path}" if keyword == "items" else ""
            times = len(follow(row, path, ())) if keyword == "propertyNames" else int(once not in arrays)
            if once:
                arrays.add(once)
            for _ in range(times):
                yield "".join(f"/{escape(token)}" for token in path), _reported(keyword), outer

    def _contains_keyword(self, error: jsonschema_rs.ValidationError, items: Sequence[Any]) -> str:
        """`contains` if no item matches, otherwise the bound that is broken."""
        holder = (error.absolute_keyword_location or "").rpartition("/")[0]
        if holder not in self._contained:
            self._contained[holder] = self._compile({"$ref": f"{holder}/contains"})
        matches = sum(_is_valid(self._contained[holder], item) for item in items)
        most = self._lookup(holder).get("maxContains", matches)
        return "contains" if not matches else "maxContains" if matches > most else "minContains"

    def _message(self, keyword: str, outer: jsonschema_rs.ValidationError, row: Any) -> str:
        error = _inner(outer)
        kind = error.kind
        expected, schema = self._declared(error.absolute_keyword_location or "", keyword)
        if error is not outer:
            return f"the member's name: {describe(keyword, expected, error.instance, schema)}"
        if isinstance(kind, _Kind.Required):
            expected = kind.property
        if isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
            expected = kind.unexpected
        path = instance_path(error, row)
        found = follow(row, path[:-1] if keyword == "items" else path, error.instance)
        return describe(keyword, expected, found, schema)

    def _declared(self, location: str, keyword: str) -> tuple[Any, Mapping[str, Any]]:
        """The keyword's value, and the schema that holds it."""
        if keyword == "false":
            return False, {}
        names = _CONTAINS if keyword in _CONTAINS else (keyword,)
        while "/" in location and location.rpartition("/")[2] not in names:
            location = location.rpartition("/")[0]
        schema = self._lookup(location.rpartition("/")[0])
        expected: Any = schema.get(keyword)
        return (self._patterns.get(str(expected), expected) if keyword == "pattern" else expected), schema

    def _lookup(self, location: str) -> dict[str, Any]:
        contents: Any = self._registry.resolver(self._base).lookup(location).contents
        return contents


def _keyword(steps: Sequence[str | int]) -> str:
    """The last keyword of an evaluation path, which may also hold the names of members and indices."""
    keyword = ""
    at = 0
    while at < len(steps):
        keyword = str(steps[at])
        at += 2 if keyword in IN_MAPS or keyword in IN_LISTS else 1
    return keyword


def _reported(keyword: str) -> str:
    """The keyword as `jsonschema` names it: `false` alone has none."""
    return "false" if keyword in _FALSE_UNDER else keyword


def _inner(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """What a member's name breaks, if it is about `propertyNames`."""
    return error.kind.error if isinstance(error.kind, _Kind.PropertyNames) else error


def _is_unfounded(error: jsonschema_rs.ValidationError, found: Any) -> bool:
    """Whether a member is called missing that is there.

    Beside `additionalProperties: false`, that is said of a member that is required and not described.
    """
    kind = error.kind
    return isinstance(kind, _Kind.Required) and isinstance(found, dict) and kind.property in found


def _is_valid(validator: jsonschema_rs.Validator, value: Any) -> bool:
    try:
        return validator.is_valid(value)
    except UnicodeEncodeError:
        return validator.is_valid(_encodable(value))


def _iter_errors(validator: jsonschema_rs.Validator, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
    try:
        return validator.iter_errors(value)
    except UnicodeEncodeError:
        return validator.iter_errors(_encodable(value))


def _encodable(value: Any) -> Any:
    """The value with U+FFFD for lone surrogates: as long as it was, and writable as UTF-8."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, dict):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def _canonical(schema: Any, base_uri: str) -> str:
    own = schema.get("$id") if isinstance(schema, Mapping) else None
    return urldefrag(urljoin(base_uri, own)).url if isinstance(own, str) else base_uri


def _prepared(schema: Any, name: str, patterns: dict[str, str]) -> Any:
    """The schema as 2020-12 reads it, checked against the draft's own schema.

    Args:
        schema: The schema.
        name: What messages call it.
        patterns: Takes the patterns that were respelt, and what they were.

    Raises:
        SchemaError: It declares another draft, or breaks the draft's rules.
    """
    dialect = schema.get("$schema") if isinstance(schema, Mapping) else None
    if isinstance(dialect, str) and any(older in dialect for older in _OLDER):
        raise SchemaError(f"{name}: declares {dialect}, expected draft 2020-12 ({DIALECT}schema); convert it")
    _check_types(_without(schema, None), name)
    plain = _without(schema, patterns)
    if isinstance(plain, dict) and str(dialect).startswith(DIALECT):
        plain.pop("$schema", None)
    return plain


def _check_types(plain: Any, name: str) -> None:
    """Check the keywords' values, but for patterns, whose spelling isn't that of `jsonschema-rs`."""
    if isinstance(plain, dict):
        plain.pop("$schema", None)
    try:
        jsonschema_rs.meta.validate(plain)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise SchemaError(f"{name}: no schema of draft 2020-12: {_first_line(error)}") from None


def _without(schema: Any, patterns: dict[str, str] | None) -> Any:
    """A copy without what 2020-12 ignores and `jsonschema-rs` doesn't, and with its patterns respelt.

    Where `patterns` is None, plain ones take their place.
    """
    if not isinstance(schema, Mapping):
        return schema
    copy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in IN_PLACE:
            copy[keyword] = _without(value, patterns)
        elif keyword in IN_LISTS and isinstance(value, list):
            copy[keyword] = [_without(item, patterns) for item in value]
        elif keyword in IN_MAPS and isinstance(value, Mapping):
            items = {name: _without(item, patterns) for name, item in value.items()}
            copy[keyword] = _renamed(items, patterns) if keyword == "patternProperties" else items
        elif keyword == "pattern" and isinstance(value, str):
            copy[keyword] = _respelt(value, patterns)
        elif keyword not in _IGNORED:
            copy[keyword] = value
    return copy


def _renamed(items: Mapping[str, Any], patterns: dict[str, str] | None) -> dict[str, Any]:
    """Schemas by respelt pattern; patterns that become one are joined."""
    if patterns is None:
        return {f"x{number}": item for number, item in enumerate(items.values())}
    renamed: dict[str, Any] = {}
    for name, item in items.items():
        spelling = _respelt(name, patterns)
        renamed[spelling] = {"allOf": [renamed[spelling], item]} if spelling in renamed else item
    return renamed


def _respelt(pattern: Any, patterns: dict[str, str] | None) -> Any:
    if patterns is None or not isinstance(pattern, str):
        return "x"
    spelling = read_pattern(pattern).backtracking
    patterns[spelling] = pattern
    return spelling


def _refuse(uri: str, /) -> Any:
    raise ValueError(f"{uri} isn't among the documents, and nothing is fetched")


def _first_line(error: Exception) -> str:
    place = getattr(error, "instance_path", None)
    pointer = "".join(f"/{escape(token)}" for token in place) if place else ""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{pointer}: {text}" if pointer else text

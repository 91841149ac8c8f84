"""Compiling the keywords of texts and numbers, and those about a value as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ...errors import SchemaError
from .checks import Assertion, Check
from .choices import not_among
from .kinds import TYPES, Kind
from .numbers import fractional, indivisible, indivisible_decimal, outside
from .patterns import translate
from .strings import longer_than, shorter_than, unlike
from .values import Mask, Values, found

if TYPE_CHECKING:
    from .compiler import ColumnSchema


class ScalarKeywords:
    """What each of these keywords becomes."""

    def __init__(self, column: ColumnSchema) -> None:
        """For one schema and one column."""
        self._column = column
        self._node = column.node

    def types(self) -> list[Check]:
        """`type`."""
        declared = self._node["type"]
        allowed = {declared} if isinstance(declared, str) else set(declared)
        checks: list[Check] = []
        own = TYPES[cast("Kind", self._column.json)]
        if "null" not in allowed:
            checks.append(Assertion("type", missing, declared))
        elif self._column.json == "number":
            checks.append(Assertion("type", lambda values: values.not_finite, declared))
        if own and own.isdisjoint(allowed):
            checks.append(Assertion("type", present, declared))
        elif self._column.json == "number" and "number" not in allowed:
            checks.append(Assertion("type", fractional, declared))
        return checks

    def choices(self, keyword: str, choices: list[Any]) -> list[Check]:
        """`enum` and `const`."""
        kind = cast("Kind", self._column.json)
        if kind == "image":
            raise self.refuse_image(keyword)
        nested = {"array": list, "object": dict}.get(kind)
        if nested is not None and any(isinstance(each, nested) for each in choices):
            return [self._column.delegate(keyword)]
        failing = not_among(choices, kind, self._column.kind)
        if failing is None:
            return [self._column.delegate(keyword)]
        return [Assertion(keyword, failing, self._node[keyword])]

    def refuse_image(self, keyword: str) -> SchemaError:
        """The error for a keyword that would need a picture's text."""
        return SchemaError(f"{self._column.pointer}/{keyword}: can't be checked of a picture's bytes")

    def of_string(self, keyword: str) -> list[Check]:
        """A keyword of texts."""
        value = self._node[keyword]
        if keyword == "minLength":
            return [Assertion(keyword, shorter_than(int(value)), value)] if value > 0 else []
        if keyword == "maxLength":
            return [Assertion(keyword, longer_than(int(value)), value)]
        pattern = translate(value) if keyword == "pattern" else None
        if pattern is None:
            return [self._column.delegate(keyword)]
        return [Assertion(keyword, unlike(pattern), value)]

    def of_number(self, keyword: str) -> list[Check]:
        """A keyword of numbers."""
        value = self._node[keyword]
        if keyword == "multipleOf":
            failing = indivisible(value, self._column.kind)
            if failing is None and self._column.json == "number":
                failing = indivisible_decimal(value, self._column.context.alone(keyword, value).invalid)
        else:
            failing = outside(keyword, value, self._column.kind)
        if failing is None:
            return [self._column.delegate(keyword)]
        if isinstance(failing, bool):
            return [Assertion(keyword, present, value)] if failing else []
        return [Assertion(keyword, failing, value)]


def missing(values: Values) -> Mask | None:
    """Elements that are null."""
    return found(values.array.is_null()) if values.array.null_count else None


def present(values: Values) -> Mask | None:
    """Elements that aren't null."""
    return found(values.array.is_valid())

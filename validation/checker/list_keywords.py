"""Compiling the keywords of arrays for a column of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .checks import Assertion, Check, anything
from .kinds import kind_of
from .lists import Contains, Elements, repeated, sized
from .plain import stored
from .values import Indices, Mask

if TYPE_CHECKING:
    from .compiler import ColumnSchema


class ListKeywords:
    """What each keyword of arrays becomes."""

    def __init__(self, column: ColumnSchema) -> None:
        """For one schema and one column of lists."""
        self._column = column
        self._node = column.node

    def keyword(self, keyword: str) -> list[Check]:
        """The checks of a keyword."""
        value = self._node[keyword]
        if keyword == "minItems":
            return [Assertion(keyword, sized(lambda lengths: lengths < value), value)]
        if keyword == "maxItems":
            return [Assertion(keyword, sized(lambda lengths: lengths > value), value)]
        if keyword == "uniqueItems":
            return self._unique() if value else []
        if keyword == "contains":
            return [self._contains()]
        if keyword == "unevaluatedItems":
            return self._unevaluated(value)
        return self._elements(keyword)

    def _unevaluated(self, value: Any) -> list[Check]:
        if value is True or "items" in self._node:
            return []
        first = len(self._node.get("prefixItems", ()))
        return [Assertion("unevaluatedItems", sized(_longer(first)), value)]

    def _elements(self, keyword: str) -> list[Check]:
        prefix: list[Any] = self._node.get("prefixItems", [])
        if keyword == "prefixItems":
            return self._prefix(prefix)
        if self._node["items"] is False:
            # `jsonschema` has one error for the list, not one for each element.
            return [Assertion("items", sized(lambda lengths: lengths > len(prefix)), schema=self._node)]
        rest = self._part("items")
        return [Elements([_passes()] * len(prefix), rest)]

    def _prefix(self, prefix: Sequence[Any]) -> list[Check]:
        # `jsonschema` places the error of an element that is refused outright at the list.
        refused = [place for place, node in enumerate(prefix) if node is False]
        checks = [
            _passes() if place in refused else self._part(f"prefixItems/{place}")
            for place in range(len(prefix))
        ]
        return [Elements(checks, None), *(self._refused(place) for place in refused)]

    def _refused(self, place: int) -> Check:
        show = self._column.shower(self._column.kind.value_type)
        return Assertion("false", sized(_longer(place)), show=lambda scalar: show(scalar[place]))

    def _contains(self) -> Check:
        least = self._node.get("minContains", 1)
        return Contains(self._part("contains"), least, self._node.get("maxContains"), self._node)

    def _unique(self) -> list[Check]:
        if kind_of(stored(self._column.kind.value_type)) in ("array", "object", "json", "map", None):
            return [self._column.delegate("uniqueItems")]
        return [Assertion("uniqueItems", repeated, expected=True)]

    def _part(self, step: str) -> Check:
        return self._column.part(step, self._column.kind.value_type, self._column.where)


def _longer(place: int) -> Callable[[Indices], Mask]:
    return lambda lengths: lengths > place


def _passes() -> Check:
    return anything()

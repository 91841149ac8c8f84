"""Where a `$ref` leads, and which schemas only an engine with a full resolver can follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import unquote

from ...errors import SchemaError
from .documents import IN_LISTS, IN_MAPS, IN_PLACE, escape, subschemas

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Keywords that hold schemas which apply only if something refers to them.
_UNAPPLIED = frozenset(("$defs", "definitions", "contentSchema"))
_DYNAMIC = ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor")


class References:
    """The places of one document that a `$ref` can name."""

    def __init__(self, document: Any) -> None:
        """Look for anchors once."""
        self._document = document
        anchors = [(node.get("$anchor"), pointer) for pointer, node in subschemas(document)]
        self._anchors = {name: pointer for name, pointer in anchors if isinstance(name, str)}

    def follow(self, reference: str) -> tuple[str, Any] | None:
        """The pointer and the schema that a reference within the document leads to; None if it leaves it.

        Raises:
            SchemaError: There is nothing at that place.
        """
        if not reference.startswith("#"):
            return None
        pointer = unquote(reference[1:])
        if pointer and not pointer.startswith("/"):
            if pointer not in self._anchors:
                raise SchemaError(f"$ref {reference!r}: no `$anchor` of that name in the schema")
            pointer = self._anchors[pointer]
        return pointer, self._at(pointer, reference)

    def reachable(self, pointer: str, node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The schemas that one applies, itself first, each once, with their pointers in the document."""
        waiting, seen = [(pointer, node)], set[str]()
        while waiting:
            at, each = waiting.pop()
            if at in seen or not isinstance(each, Mapping):
                continue
            seen.add(at)
            schema = cast("Mapping[str, Any]", each)
            yield at, schema
            waiting.extend(_applied(at, schema))
            reference = schema.get("$ref")
            followed = self.follow(reference) if isinstance(reference, str) else None
            waiting.extend([] if followed is None else [followed])

    def _at(self, pointer: str, reference: str) -> Any:
        node = self._document
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(name)] if isinstance(node, list) else node[name]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise SchemaError(f"$ref {reference!r}: the schema has nothing there") from error
        return node


def needs_resolver(document: Any) -> bool:
    """Whether the schema is of another dialect, or has parts that mean what the way to them says."""
    if not isinstance(document, Mapping):
        return False
    root = cast("Mapping[str, Any]", document)
    if str(root.get("$schema", DIALECT)).rstrip("#") != DIALECT:
        return True
    return any(
        any(name in node for name in _DYNAMIC) or (pointer and isinstance(node.get("$id"), str))
        for pointer, node in subschemas(document)
    )


def _applied(pointer: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schemas right below one that it applies."""
    for keyword, value in node.items():
        here = f"{pointer}/{escape(keyword)}"
        if keyword in _UNAPPLIED:
            continue
        if keyword in IN_PLACE:
            yield here, value
        elif keyword in IN_LISTS:
            yield from ((f"{here}/{index}", each) for index, each in enumerate(value))
        elif keyword in IN_MAPS:
            yield from ((f"{here}/{escape(name)}", each) for name, each in value.items())

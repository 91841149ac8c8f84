"""Where a `$ref` leads, and which schemas only an engine with a full resolver can follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import unquote

from ...errors import SchemaError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DYNAMIC = ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor")


class References:
    """The places of one document that a `$ref` can name."""

    def __init__(self, document: Any) -> None:
        """Look for anchors once."""
        self._document = document
        anchors = [(node.get("$anchor"), pointer) for pointer, node in _nodes(document)]
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
        for pointer, node in _nodes(document)
    )


def _nodes(node: Any, pointer: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object in a document, schema or not, and its pointer."""
    if isinstance(node, Mapping):
        tree = cast("Mapping[str, Any]", node)
        yield pointer, tree
        children = [(str(name).replace("~", "~0").replace("/", "~1"), each) for name, each in tree.items()]
    elif isinstance(node, list):
        children = [(str(index), each) for index, each in enumerate(cast("list[Any]", node))]
    else:
        return
    for step, each in children:
        yield from _nodes(each, f"{pointer}/{step}")

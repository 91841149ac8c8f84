"""Schema files: read with the files they refer to, and walked subschema by subschema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from ...errors import SchemaError

BASE = "file:///schemas/"
DIALECT = "https://json-schema.org/draft/2020-12/"
_PLACES = """
additionalProperties contains contentSchema else if items not propertyNames then unevaluatedItems
unevaluatedProperties
"""
_OTHERS = """
$schema $id $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment type const enum multipleOf maximum
exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems
maxContains minContains maxProperties minProperties required dependentRequired title description default
deprecated readOnly writeOnly examples format contentEncoding contentMediaType
"""
IN_PLACE = frozenset(_PLACES.split())
IN_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
IN_MAPS = frozenset(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"))
KEYWORDS = IN_PLACE | IN_LISTS | IN_MAPS | frozenset(_OTHERS.split())


def escape(token: str | int) -> str:
    """A member's name or an item's index as a token of a JSON pointer."""
    return str(token).replace("~", "~0").replace("/", "~1")


def subschemas(schema: Any, pointer: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema that is an object, outermost first, with its JSON pointer.

    Walks only where draft 2020-12 has schemas, so not inside `enum`, `const`, `default` or `examples`.
    """
    waiting = [(pointer, schema)]
    while waiting:
        at, node = waiting.pop()
        if isinstance(node, Mapping):
            yield at, node
            waiting.extend(reversed(list(_children(at, node))))


def _children(at: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for keyword, value in node.items():
        here = f"{at}/{escape(keyword)}"
        if keyword in IN_PLACE:
            yield here, value
        elif keyword in IN_LISTS and isinstance(value, list):
            yield from ((f"{here}/{index}", item) for index, item in enumerate(value))
        elif keyword in IN_MAPS and isinstance(value, Mapping):
            yield from ((f"{here}/{escape(name)}", item) for name, item in value.items())


def unknown_keywords(schema: Any) -> list[str]:
    """JSON pointers of the keywords that draft 2020-12 doesn't define, in the order of the document.

    They assert nothing, and are often misspelt or from an older draft (`dependencies`, `additionalItems`).
    """
    return [
        f"{at}/{escape(name)}" for at, node in subschemas(schema) for name in node if name not in KEYWORDS
    ]


def load_schema(path: Path) -> tuple[Any, dict[str, Any], str]:
    """Read a schema file and the files below its folder that it refers to.

    Nothing is fetched. A relative `$id` or `$ref` is resolved as the standard says; where the outcome lies
    below the schema's own address, it names a file below the schema's folder.

    Args:
        path: A JSON file.

    Returns:
        The schema, the other documents by URI, and the schema's own base URI.

    Raises:
        SchemaError: A file can't be read, is no JSON (with its line) or no schema, or a reference names no
            file below the folder.
    """
    loader = _Loader(path.parent.resolve())
    base = BASE + quote(path.name)
    document = loader.add(path.resolve(), base, str(path))
    loader.follow()
    loader.resources.pop(base)
    return document, loader.resources, base


@dataclass
class _Loader:
    """Documents by URI, and the references to follow."""

    root: Path
    resources: dict[str, Any] = field(default_factory=dict[str, Any])
    known: set[str] = field(default_factory=set[str])
    folders: dict[str, Path] = field(default_factory=dict[str, Path])
    waiting: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, file: Path, uri: str, name: str) -> Any:
        document = read_json(file, name)
        self.resources[uri] = document
        self.known.add(uri)
        self.folders.setdefault(urljoin(uri, "."), file.parent)
        self._scan(document, uri, file, name)
        return document

    def _scan(self, document: Any, uri: str, file: Path, name: str) -> None:
        for base, node in _with_bases(document, uri):
            self.known.add(base)
            if base != uri and node is document:
                self.folders.setdefault(urljoin(base, "."), file.parent)
                self.resources[base] = document
            for keyword in ("$ref", "$dynamicRef"):
                if isinstance(node.get(keyword), str):
                    self.waiting.setdefault(urldefrag(urljoin(base, node[keyword])).url, name)

    def follow(self) -> None:
        """Load until every reference is known.

        Files come first: a later one may hold the `$id` that a reference means.
        """
        missing: dict[str, str] = {}
        while self.waiting:
            uri, name = self.waiting.popitem()
            file = None if uri in self.known else self._file(uri)
            if file is not None and file.is_file():
                self.add(file, uri, str(file.relative_to(self.root)))
            else:
                missing[uri] = name
        for uri, name in missing.items():
            if uri not in self.known and not uri.startswith(DIALECT):
                raise SchemaError(self._complaint(uri, name))

    def _file(self, uri: str) -> Path | None:
        for prefix, folder in self.folders.items():
            if uri.startswith(prefix):
                file = (folder / unquote(uri.removeprefix(prefix))).resolve()
                return file if file.is_relative_to(self.root) else None
        return None

    def _complaint(self, uri: str, name: str) -> str:
        if urlsplit(uri).scheme in ("http", "https", "ftp"):
            return f"{name}: refers to {uri}, which isn't fetched; put that schema below the folder"
        shown = unquote(uri.removeprefix(BASE))
        return f"{name}: refers to {shown}, which is no file below {self.root}; put it there"


def _with_bases(document: Any, uri: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every subschema with the URI that its references are relative to."""
    bases = {"": uri}
    for at, node in subschemas(document):
        inherited = at
        while inherited not in bases:
            inherited = inherited.rpartition("/")[0]
        base = bases[inherited]
        if isinstance(node.get("$id"), str):
            base = bases[at] = urldefrag(urljoin(base, node["$id"])).url
        yield base, node


def read_json(file: Path, name: str) -> Any:
    """A schema's document.

    Raises:
        SchemaError: It can't be read, is no JSON, or neither an object nor a boolean.
    """
    try:
        document = json.loads(file.read_text("utf-8-sig"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise SchemaError(f"{name}:{error.lineno}: not JSON: column {error.colno}: {error.msg}") from None
    except OSError as error:
        raise SchemaError(f"{name}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{name}: not JSON: {error}") from None
    if not isinstance(document, (dict, bool)):
        raise SchemaError(f"{name}: found a {type(document).__name__}, expected a schema: an object")
    return document


def _refuse_constant(text: str) -> float:
    raise ValueError(f"found {text}, expected a number")

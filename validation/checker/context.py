"""What compiling one schema shares: the document, its references, the row engine, the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urldefrag, urljoin

from ..report import KeywordPlan
from .documents import BASE, subschemas
from .keywords import ASSERTING, COMPANIONS
from .references import References, needs_resolver
from .rowwise import RowEngine
from .values import escaped

# Of the schema that is one reference into the document.
_PART = "urn:mensrea:part"
_RANK = {"row by row": 3, "vectorised": 2, "constant": 1, "annotation": 0}


@dataclass
class Context:
    """One schema, and how it is to be read.

    Attributes:
        document: The schema.
        resources: Other documents it refers to, by URI.
        base_uri: Its own, if it has one.
        formats: Whether `format` asserts.
        null_is_absent: Whether a null member of an Arrow struct stands for one that isn't there.
    """

    document: Any
    resources: Mapping[str, Any] = field(default_factory=dict[str, Any])
    base_uri: str = ""
    formats: bool = False
    null_is_absent: bool = False
    engines: dict[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def references(self) -> References:
        """The places that a `$ref` can name."""
        return References(self.document)

    @cached_property
    def needs_resolver(self) -> bool:
        """Whether the whole schema is for the row engine."""
        return needs_resolver(self.document)

    @cached_property
    def whole(self) -> RowEngine:
        """The row engine of the schema; making it checks the schema itself.

        Raises:
            SchemaError: It isn't a JSON Schema, or refers to what isn't there.
        """
        return RowEngine(
            self.document, resources=self.resources, base_uri=self.base_uri, formats=self.formats
        )

    def part(self, pointer: str) -> RowEngine:
        """The row engine of a schema inside the document, whose references keep their meaning."""
        if not pointer:
            return self.whole
        base = self._base
        document, place = self._named(pointer)
        resources = {**self.resources, base: document}
        reference = {"$ref": f"{base}#{_fragment(place)}"}
        return RowEngine(reference, resources=resources, base_uri=_PART, formats=self.formats)

    def _named(self, pointer: str) -> tuple[Any, str]:
        """The document, and a pointer to one of its schemas that the row engine knows too.

        That engine spells patterns in its own way, so what is below one needs another name.
        """
        found = self.references.follow(f"#{_fragment(pointer)}")
        if found is None or "/patternProperties/" not in pointer:
            return self.document, pointer
        definitions = {**self.document.get("$defs", {}), _PART: found[1]}
        return {**self.document, "$defs": definitions}, f"/$defs/{_PART}"

    def alone(self, keyword: str, value: Any) -> RowEngine:
        """The row engine of one keyword whose value holds no schema."""
        return RowEngine({keyword: value}, formats=self.formats)

    @cached_property
    def _base(self) -> str:
        identifier = self.document.get("$id") if isinstance(self.document, Mapping) else None
        base = self.base_uri or f"{BASE}schema.json"
        return urldefrag(urljoin(base, identifier)).url if isinstance(identifier, str) else base

    def asserts(self, keyword: str, node: Mapping[str, Any]) -> bool:
        """Whether a keyword of a schema asserts anything: `then` only beside `if`."""
        if keyword == "format":
            return self.formats
        return keyword in ASSERTING and COMPANIONS.get(keyword, keyword) in node

    def note_schema(self, pointer: str, node: Mapping[str, Any], engine: str) -> None:
        """Remember where the keywords of a schema run, but for those that assert nothing."""
        for keyword in node:
            told = engine if self.asserts(keyword, node) else "annotation"
            self.note(f"{pointer}/{escaped(keyword)}", told)

    def note_below(self, pointer: str, node: Any, engine: str) -> None:
        """Remember where a schema and all that it applies run."""
        for at, each in self.references.reachable(pointer, node):
            self.note_schema(at, each, engine)

    def note_all(self, engine: str) -> None:
        """Remember where all schemas of a document run that only the row engine follows."""
        for at, each in subschemas(self.document):
            self.note_schema(at, each, engine)

    def note(self, pointer: str, engine: str) -> None:
        """Remember where a keyword runs; of two places the costlier one is told."""
        known = self.engines.get(pointer)
        if known is None or _RANK[engine] > _RANK[known]:
            self.engines[pointer] = engine

    @property
    def plan(self) -> list[KeywordPlan]:
        """Where each keyword runs, in the order of the schema's pointers."""
        return [KeywordPlan(pointer, engine) for pointer, engine in sorted(self.engines.items())]  # type: ignore[arg-type]


def _fragment(pointer: str) -> str:
    return quote(pointer, safe="/~!$&'()*+,;=:@")

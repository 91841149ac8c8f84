"""A JSON Schema and an Arrow type, compiled into checks over columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import pyarrow as pa

from ...errors import SchemaError
from . import logic
from .checks import All, Assertion, Check, Show, anything, nothing, simplified
from .context import Context
from .keywords import ANY, ASSERTING, BY_KIND, COMPANIONS, UNEVALUATED
from .kinds import Kind, is_image, kind_of, refuse, refuse_foreign, refuse_repeats
from .list_keywords import ListKeywords
from .lists import Contains
from .object_keywords import ObjectKeywords
from .plain import is_json, stored
from .row_by_row import RowByRow, converter, shower
from .scalar_keywords import ScalarKeywords
from .values import escaped

Node = Mapping[str, Any]
Inside = frozenset[tuple[str, pa.DataType]]


class Compiler:
    """Compiles the schemas of one document, wherever its references lead."""

    def __init__(self, context: Context) -> None:
        """Start with a document."""
        self.context = context

    def schema(
        self, node: Any, pointer: str, kind: pa.DataType, where: str, inside: Inside = frozenset()
    ) -> Check:
        """The check of a schema for a column.

        Args:
            node: The schema.
            pointer: Where it stands in the document.
            kind: The column's Arrow type.
            where: JSON pointer of the column in a row, without positions in lists.
            inside: The schemas of this very column that are being compiled.

        Raises:
            SchemaError: JSON has no values such as the column's; or a `$ref` leads back to itself.
        """
        kind = stored(kind)
        if isinstance(node, bool):
            return anything() if node else showing(nothing(), kind, self.context)
        if ASSERTING.isdisjoint(node) and not is_json(kind):
            self.context.note_schema(pointer, node, "annotation")
            return anything()
        if (pointer, kind) in inside:
            raise SchemaError(f"{pointer or '#'}: the schema refers back to itself without going deeper")
        column = ColumnSchema(self, node, pointer, kind, where, inside | {(pointer, kind)})
        return column.check()


@dataclass(frozen=True)
class ColumnSchema:
    """One schema for one column.

    Attributes:
        compiler: Compiles what is inside.
        node: The schema.
        pointer: Where it stands in the document.
        kind: The column's Arrow type, without dictionaries and extension types but JSON.
        where: JSON pointer of the column.
        inside: The schemas of this column that are being compiled.
    """

    compiler: Compiler
    node: Node
    pointer: str
    kind: pa.DataType
    where: str
    inside: Inside

    @property
    def context(self) -> Context:
        """What all schemas of the document share."""
        return self.compiler.context

    @cached_property
    def json(self) -> Kind | None:
        """What the column holds; None if JSON has no such values."""
        return "image" if is_image(self.node, self.kind) else kind_of(self.kind)

    def check(self) -> Check:
        """The check of all keywords.

        Raises:
            SchemaError: JSON has no values such as the column's.
        """
        if self.json is None:
            raise refuse(self.kind, self.where)
        if self.json == "object":
            refuse_repeats(self.kind, self.where)
        if self.json in ("json", "map") or self._needs_all():
            return self.row_by_row()
        parts = [part for keyword in self.node for part in self._keyword(keyword)]
        return simplified([self._showing(part) for part in parts])

    def _showing(self, part: Check) -> Check:
        if self.json == "image" and isinstance(part, Assertion):
            return replace(part, show=lambda scalar: "a picture" if scalar.is_valid else None)
        return showing(part, self.kind, self.context)

    def _needs_all(self) -> bool:
        """Whether what one keyword means depends on others in a way that only the row engine follows."""
        reference = self.node.get("$ref")
        if isinstance(reference, str) and self.context.references.follow(reference) is None:
            return True
        keyword, beside = UNEVALUATED.get(cast("Kind", self.json), ("", frozenset[str]()))
        value = self.node.get(keyword, True)
        # What `false` refuses is known where nothing else looks at the same value.
        return value is not True and (value is not False or not beside.isdisjoint(self.node))

    def row_by_row(self) -> Check:
        """The whole schema, by the row engine."""
        refuse_foreign(self.kind, self.where)
        self.context.note_below(self.pointer, self.node, "row by row")
        convert = converter(self.kind, null_is_absent=self.context.null_is_absent)
        return RowByRow(self.context.part(self.pointer), convert)

    def _keyword(self, keyword: str) -> list[Check]:
        """The checks of a keyword; none if the column's type settles that it passes."""
        if not self.context.asserts(keyword, self.node):
            self._note(keyword, "annotation")
            return []
        about = BY_KIND[cast("Kind", self.json)]
        if keyword in COMPANIONS:
            seen = keyword in about or COMPANIONS[keyword] in ANY
            self._note(keyword, "vectorised" if seen else "constant")
            return []
        if keyword in ANY:
            return self._noted(keyword, self._of_any(keyword))
        if keyword not in about:
            self._note(keyword, "constant")
            return []
        return self._noted(keyword, self._about(keyword))

    def _noted(self, keyword: str, checks: list[Check]) -> list[Check]:
        by_row = any(isinstance(check, RowByRow) for check in checks)
        self._note(keyword, "row by row" if by_row else "vectorised" if checks else "constant")
        return checks

    def _note(self, keyword: str, engine: str) -> None:
        self.context.note(f"{self.pointer}/{escaped(keyword)}", engine)

    def _of_any(self, keyword: str) -> list[Check]:
        """A keyword that isn't about one type."""
        scalar = ScalarKeywords(self)
        made: Mapping[str, Callable[[], list[Check]]] = {
            "type": scalar.types,
            "enum": lambda: scalar.choices(keyword, self.node[keyword]),
            "const": lambda: scalar.choices(keyword, [self.node[keyword]]),
            "$ref": self._reference,
            "allOf": lambda: [All(self._branches(keyword))],
            "anyOf": lambda: [logic.any_of(self._branches(keyword), self.node)],
            "oneOf": lambda: [logic.one_of(self._branches(keyword), self.node)],
            "not": lambda: [logic.negated(self.branch(keyword))],
            "if": self._conditional,
        }
        return made[keyword]()

    def _about(self, keyword: str) -> list[Check]:
        if self.json == "image":
            raise ScalarKeywords(self).refuse_image(keyword)
        if self.json == "string":
            return ScalarKeywords(self).of_string(keyword)
        if self.json in ("integer", "number"):
            return ScalarKeywords(self).of_number(keyword)
        if self.json == "array":
            return ListKeywords(self).keyword(keyword)
        return ObjectKeywords(self).keyword(keyword)

    def part(self, step: str, kind: pa.DataType, where: str) -> Check:
        """The check of a schema further down the document, for a value further down the column."""
        return self.compiler.schema(self.at(step), f"{self.pointer}/{step}", kind, where)

    def branch(self, step: str) -> Check:
        """The check of a schema further down the document, for this column."""
        node = self.at(step)
        return self.compiler.schema(node, f"{self.pointer}/{step}", self.kind, self.where, self.inside)

    def shower(self, kind: pa.DataType) -> Show:
        """From an element of the column, or of what is in it, to what a message shows of it."""
        return shower(kind, null_is_absent=self.context.null_is_absent)

    def at(self, step: str) -> Any:
        """What stands in the schema below here."""
        node: Any = self.node
        for name in step.split("/"):
            plain = name.replace("~1", "/").replace("~0", "~")
            node = node[int(plain)] if isinstance(node, list) else node[plain]
        return node

    def delegate(self, keyword: str) -> Check:
        """One keyword without schemas in it, by the row engine."""
        refuse_foreign(self.kind, self.where)
        convert = converter(self.kind, null_is_absent=self.context.null_is_absent)
        engine = self.context.alone(keyword, self.node[keyword])
        return RowByRow(engine, convert, repeats=self.json == "string")

    def _reference(self) -> list[Check]:
        followed = self.context.references.follow(self.node["$ref"])
        if followed is None:
            raise AssertionError(self.node["$ref"])
        pointer, node = followed
        return [self.compiler.schema(node, pointer, self.kind, self.where, self.inside)]

    def _branches(self, keyword: str) -> list[Check]:
        return [self.branch(f"{keyword}/{index}") for index in range(len(self.node[keyword]))]

    def _conditional(self) -> list[Check]:
        then, otherwise = (
            self.branch(keyword) if keyword in self.node else None for keyword in ("then", "else")
        )
        if then is None and otherwise is None:
            return []
        return [logic.Conditional(self.branch("if"), then, otherwise)]


def showing(part: Check, kind: pa.DataType, context: Context) -> Check:
    """The check whose messages show the JSON values that a column's elements stand for."""
    if not isinstance(part, Assertion | Contains):
        return part
    return replace(part, show=part.show or shower(kind, null_is_absent=context.null_is_absent))

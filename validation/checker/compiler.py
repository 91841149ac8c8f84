"""A JSON Schema and an Arrow type, compiled into checks over columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import pyarrow as pa

from ...errors import SchemaError
from . import logic
from .checks import All, Assertion, Check, anything, nothing, simplified
from .choices import not_among
from .context import Context
from .keywords import ANY, ASSERTING, BY_KIND, COMPANIONS
from .kinds import TYPES, Kind, foreign_parts, is_image, kind_of, refuse, stored
from .list_keywords import ListKeywords
from .numbers import fractional, indivisible, outside
from .object_keywords import ObjectKeywords
from .patterns import translate
from .row_by_row import RowByRow, converter
from .strings import longer_than, shorter_than, unlike
from .values import Mask, Values, escaped, found, is_json

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
        if isinstance(node, bool):
            return anything() if node else nothing()
        kind = stored(kind)
        if ASSERTING.isdisjoint(node) and not is_json(kind):
            self._notes(node, pointer, "annotation")
            return anything()
        if (pointer, kind) in inside:
            raise SchemaError(f"{pointer or '#'}: the schema refers back to itself without going deeper")
        column = ColumnSchema(self, node, pointer, kind, where, inside | {(pointer, kind)})
        return column.check()

    def _notes(self, node: Node, pointer: str, engine: str) -> None:
        for keyword in node:
            self.context.note(f"{pointer}/{escaped(keyword)}", engine)


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
        if self.json in ("json", "map") or self._needs_all():
            return self.row_by_row()
        return simplified([part for keyword in self.node for part in self._keyword(keyword)])

    def _needs_all(self) -> bool:
        """Whether what one keyword means depends on others in a way that only the row engine follows."""
        reference = self.node.get("$ref")
        if isinstance(reference, str) and self.context.references.follow(reference) is None:
            return True
        if self.json == "object":
            return self.node.get("unevaluatedProperties", True) is not True
        return self.json == "array" and self.node.get("unevaluatedItems", True) is not True

    def row_by_row(self) -> Check:
        """The whole schema, by the row engine."""
        self._refuse_foreign()
        for keyword in self.node:
            engine = "annotation" if keyword not in ASSERTING else "row by row"
            self.context.note(f"{self.pointer}/{escaped(keyword)}", engine)
        convert = converter(self.kind, null_is_absent=self.context.null_is_absent)
        return RowByRow(self.context.part(self.pointer), convert)

    def _refuse_foreign(self) -> None:
        for where, kind in foreign_parts(self.kind, self.where):
            raise refuse(kind, where)

    def _keyword(self, keyword: str) -> list[Check]:
        """The checks of a keyword; none if the column's type settles that it passes."""
        if keyword in COMPANIONS:
            self._note(keyword, "vectorised" if COMPANIONS[keyword] in self.node else "annotation")
            return []
        if keyword not in ASSERTING or (keyword == "format" and not self.context.formats):
            self._note(keyword, "annotation")
            return []
        about = BY_KIND[cast("Kind", self.json)]
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
        made: Mapping[str, Callable[[], list[Check]]] = {
            "type": self._types,
            "enum": lambda: self._choices(keyword, self.node[keyword]),
            "const": lambda: self._choices(keyword, [self.node[keyword]]),
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
            raise SchemaError(f"{self.pointer}/{keyword}: can't be checked of a picture's bytes")
        if self.json == "string":
            return self._of_string(keyword)
        if self.json in ("integer", "number"):
            return self._of_number(keyword)
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

    def at(self, step: str) -> Any:
        """What stands in the schema below here."""
        node: Any = self.node
        for name in step.split("/"):
            plain = name.replace("~1", "/").replace("~0", "~")
            node = node[int(plain)] if isinstance(node, list) else node[plain]
        return node

    def delegate(self, keyword: str) -> Check:
        """One keyword without schemas in it, by the row engine."""
        self._refuse_foreign()
        convert = converter(self.kind, null_is_absent=self.context.null_is_absent)
        engine = self.context.alone(keyword, self.node[keyword])
        return RowByRow(engine, convert, repeats=self.json == "string")

    def constant(self, keyword: str, *, fails: bool, expected: Any = None) -> list[Check]:
        """A keyword that every element of the column but null fails, or none does."""
        return [Assertion(keyword, present, expected)] if fails else []

    def _of_string(self, keyword: str) -> list[Check]:
        value = self.node[keyword]
        if keyword == "minLength":
            return [Assertion(keyword, shorter_than(int(value)), value)] if value > 0 else []
        if keyword == "maxLength":
            return [Assertion(keyword, longer_than(int(value)), value)]
        pattern = translate(value) if keyword == "pattern" else None
        return [self.delegate(keyword) if pattern is None else Assertion(keyword, unlike(pattern), value)]

    def _of_number(self, keyword: str) -> list[Check]:
        value = self.node[keyword]
        if keyword == "multipleOf":
            failing = indivisible(value, self.kind)
        else:
            failing = outside(keyword, value, self.kind)
        if failing is None:
            return [self.delegate(keyword)]
        if isinstance(failing, bool):
            return self.constant(keyword, fails=failing, expected=value)
        return [Assertion(keyword, failing, value)]

    def _types(self) -> list[Check]:
        declared = self.node["type"]
        allowed = {declared} if isinstance(declared, str) else set(declared)
        checks: list[Check] = []
        own = TYPES[cast("Kind", self.json)]
        if "null" not in allowed:
            checks.append(Assertion("type", missing, declared))
        if own and own.isdisjoint(allowed):
            checks.append(Assertion("type", present, declared, show=self._shown))
        elif self.json == "number" and "number" not in allowed:
            checks.append(Assertion("type", fractional, declared))
        return checks

    def _shown(self, scalar: Any) -> Any:
        return "a picture" if self.json == "image" else scalar.as_py()

    def _choices(self, keyword: str, choices: list[Any]) -> list[Check]:
        if self.json == "image":
            raise SchemaError(f"{self.pointer}/{keyword}: can't be checked of a picture's bytes")
        nested = {"array": list, "object": dict}.get(cast("str", self.json))
        if nested is not None and any(isinstance(each, nested) for each in choices):
            return [self.delegate(keyword)]
        failing = not_among(choices, cast("Kind", self.json), self.kind)
        return [
            self.delegate(keyword) if failing is None else Assertion(keyword, failing, self.node[keyword])
        ]

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


def missing(values: Values) -> Mask | None:
    """Elements that are null."""
    return found(values.array.is_null()) if values.array.null_count else None


def present(values: Values) -> Mask | None:
    """Elements that aren't null."""
    return found(values.array.is_valid())

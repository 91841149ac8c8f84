"""Compiling the keywords of objects for a column of structs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from .checks import All, Assertion, Check
from .logic import Where
from .messages import describe
from .objects import Members, Presence
from .patterns import read_pattern
from .values import Indices, Mask, escaped

if TYPE_CHECKING:
    import pyarrow as pa

    from .compiler import ColumnSchema


class ObjectKeywords:
    """What each keyword of objects becomes."""

    def __init__(self, column: ColumnSchema) -> None:
        """For one schema and one column of structs."""
        self._column = column
        self._node = column.node
        self._names = [member.name for member in column.kind]
        self._presence = Presence(column.context.null_is_absent)

    def keyword(self, keyword: str) -> list[Check]:
        """The checks of a keyword."""
        value = self._node[keyword]
        made: Mapping[str, Callable[[], list[Check]]] = {
            "required": lambda: self._required(value),
            "minProperties": lambda: self._counted(keyword, lambda count: count < value),
            "maxProperties": lambda: self._counted(keyword, lambda count: count > value),
            "propertyNames": lambda: self._property_names(value),
            "dependentRequired": lambda: self._dependent_required(value),
            "dependentSchemas": lambda: self._dependent_schemas(value),
            "properties": lambda: self._checked({name: f"properties/{escaped(name)}" for name in value}),
            "patternProperties": lambda: self._patterns(value),
            "additionalProperties": self._additional,
            "unevaluatedProperties": lambda: self._unevaluated(value),
        }
        return made[keyword]()

    def _required(self, names: Sequence[str]) -> list[Check]:
        lacking = self._presence.lacking
        return [Assertion("required", lacking(name), name) for name in names if self._can_lack(name)]

    def _counted(self, keyword: str, fails: Callable[[Indices], Mask]) -> list[Check]:
        return [Assertion(keyword, self._presence.counted(fails), self._node[keyword])]

    def _patterns(self, patterns: Iterable[str]) -> list[Check]:
        steps = [self._matching(pattern, f"patternProperties/{escaped(pattern)}") for pattern in patterns]
        return [check for each in steps for check in self._checked(each)]

    def _can_lack(self, name: str) -> bool:
        return name not in self._names or self._presence.null_is_absent

    def _checked(self, steps: Mapping[str, str]) -> list[Check]:
        """The check of members by the place of their schema; names that no row has are left out."""
        refused = [name for name in self._names if name in steps and self._column.at(steps[name]) is False]
        checks = [
            (position, self._member(member, steps[member.name]))
            for position, member in enumerate(self._column.kind)
            if member.name in steps and member.name not in refused
        ]
        checks = [(position, check) for position, check in checks if not _is_empty(check)]
        # `jsonschema` places the error of a member that is refused outright at the object.
        found: list[Check] = [self._refused(name) for name in refused]
        return [*found, Members(checks, self._presence.null_is_absent)] if checks else found

    def _refused(self, name: str) -> Check:
        show = self._column.shower(self._column.kind.field(name).type)
        return Assertion("false", self._presence.having([name]), show=lambda scalar: show(scalar[name]))

    def _member(self, member: pa.Field, step: str) -> Check:
        return self._column.part(step, member.type, f"{self._column.where}/{escaped(member.name)}")

    def _matching(self, pattern: str, step: str) -> dict[str, str]:
        matches = jsonschema_rs.Draft202012Validator({"pattern": read_pattern(pattern).backtracking}).is_valid
        return {name: step for name in self._names if matches(name)}

    def _extra(self) -> list[str]:
        named = set(self._node.get("properties", ()))
        for pattern in self._node.get("patternProperties", ()):
            named |= set(self._matching(pattern, ""))
        return [name for name in self._names if name not in named]

    def _additional(self) -> list[Check]:
        keyword, extra = "additionalProperties", self._extra()
        if self._node[keyword] is False:
            return self._unexpected(keyword, extra)
        return self._checked(dict.fromkeys(extra, keyword))

    def _unevaluated(self, value: Any) -> list[Check]:
        if value is True or "additionalProperties" in self._node:
            return []
        return self._unexpected("unevaluatedProperties", self._extra())

    def _unexpected(self, keyword: str, names: Sequence[str]) -> list[Check]:
        having = self._presence.having(names)
        return [Assertion(keyword, having, schema=self._node, among=names)] if names else []

    def _property_names(self, node: Any) -> list[Check]:
        refused = self._refused_names(node)
        if refused:
            self._column.context.note_below(f"{self._column.pointer}/propertyNames", node, "vectorised")
        return [
            Assertion(keyword, self._presence.having([name]), says=f"the member's name: {message}")
            for keyword, name, message in refused
        ]

    def _refused_names(self, node: Any) -> list[tuple[str, str, str]]:
        """Keyword, name and message of what breaks the schema among the names, which the type settles."""
        if isinstance(node, bool):
            return [] if node else [("false", name, describe("false", None, name)) for name in self._names]
        engine = self._column.context.part(f"{self._column.pointer}/propertyNames")
        return [
            (violation.keyword, self._names[violation.row], violation.message)
            for violation in engine.check(self._names, sys.maxsize).violations
        ]

    def _dependent_required(self, value: Mapping[str, Sequence[str]]) -> list[Check]:
        return [
            Assertion("dependentRequired", self._presence.dependent(name, needed), needed, self._node)
            for name, every in value.items()
            if name in self._names
            for needed in every
            if self._can_lack(needed)
        ]

    def _dependent_schemas(self, value: Mapping[str, Any]) -> list[Check]:
        return [
            Where(
                self._column.branch(f"dependentSchemas/{escaped(name)}"),
                Assertion("dependentSchemas", self._presence.having([name])),
            )
            for name in value
            if name in self._names
        ]


def _is_empty(check: Check) -> bool:
    return isinstance(check, All) and not check.parts

"""Data files (YAML, TOML, JSON) as dataclasses, with errors that name the place and the member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, cast

from ..errors import SchemaError

T = TypeVar("T")


def record(kind: type[T], members: object, where: str) -> T:
    """A dataclass from a mapping; lists become tuples.

    Args:
        kind: The dataclass.
        members: What the file holds.
        where: The file and entry, for messages.

    Raises:
        SchemaError: It isn't a mapping, a member is unknown, or one without a default is missing.
    """
    values = mapping(members, where)
    known = {each.name: each for each in fields(cast("Any", kind))}
    if unknown := sorted(set(values) - set(known)):
        raise SchemaError(f"{where}: unknown member {unknown[0]!r}; expected {', '.join(known)}")
    for name, each in known.items():
        if name not in values and each.default is MISSING and each.default_factory is MISSING:
            raise SchemaError(f"{where}: member {name!r} is missing")
    return kind(**{key: _frozen(value) for key, value in values.items()})


def mapping(value: object, where: str) -> dict[str, Any]:
    """The value, which must be a mapping.

    Raises:
        SchemaError: It isn't.
    """
    if not isinstance(value, Mapping):
        raise SchemaError(f"{where}: found {type(value).__name__}, expected a mapping of names to values")
    return dict(cast("Mapping[str, Any]", value))


def _frozen(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value

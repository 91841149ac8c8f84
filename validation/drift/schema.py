"""Columns that came, went or changed their type."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding, Severity
from .profile import Profile

Shape = dict[str, tuple[set[str], set[str]]]


def changed_columns(new: Profile, old: Profile, where: str) -> Iterator[Finding]:
    """Findings `drift-schema`, by path.

    A column that is there on one side only, or holds another kind of value, is an error; another width of
    the same kind (`int32`, `int64`) a warning. A column of nulls alone fits any type. Of a list or struct
    that came or went, or became something else, nothing inside is named again.
    """
    before, after = _shape(old), _shape(new)
    if not old.rows or not new.rows:
        return
    named: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        if any(path.startswith((f"{parent}.", f"{parent}[]")) for parent in named):
            continue
        found = _change(before.get(path), after.get(path))
        if found is not None:
            named.append(path)
            yield Finding("drift-schema", found[1], found[0], where, path)


def _change(
    before: tuple[set[str], set[str]] | None, after: tuple[set[str], set[str]] | None
) -> tuple[Severity, str] | None:
    if before is None or after is None:
        side, word = (after, "new") if before is None else (before, "gone")
        types = _listed(side[1]) if side else "null"
        return "error", f"the column is {word} ({types})"
    if not before[0] or not after[0] or before[1] == after[1]:
        return None
    severity: Severity = "warning" if before[0] == after[0] else "error"
    return severity, f"the type is {_listed(after[1])}, was {_listed(before[1])}"


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types)) or "null"


def _shape(profile: Profile) -> Shape:
    """By path the kinds and types seen, without those of columns that hold only nulls."""
    shape: Shape = {}
    for (path, kind), column in profile.columns.items():
        kinds, types = shape.setdefault(path, (set(), set()))
        if kind != "null":
            kinds.add(kind)
            types |= column.types
    return shape

"""What a dataset, or a user's file, declares: rules, and findings that are accepted."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from ...errors import MissingLibraryError, UsageError
from ..findings import Severity
from .base import Declared, Rule, Suppression
from .catalogue import find_rule
from .registry import build_rule

_PACKAGE = __name__.rsplit(".", 2)[0]


@dataclass(frozen=True)
class Declarations:
    """Rules and suppressions, in the order they were declared.

    Attributes:
        rules: What must hold.
        suppressions: What is accepted.
        own: Classes of rules that are the dataset's own; `rules` may name them.
    """

    rules: tuple[Declared, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    own: tuple[type[Rule], ...] = ()


def declarations(stem: str) -> Declarations:
    """What `validation/<stem>.py` declares as `RULES`, `SUPPRESSIONS` and `OWN_RULES`.

    A dataset without such a file declares nothing.

    Raises:
        UsageError: A rule or a suppression is not as it should be.
    """
    name = f"{_PACKAGE}.{stem}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return Declarations()
    rules = cast("Sequence[Declared]", getattr(module, "RULES", ()))
    suppressions = cast("Sequence[Suppression]", getattr(module, "SUPPRESSIONS", ()))
    own = cast("Sequence[type[Rule]]", getattr(module, "OWN_RULES", ()))
    found = Declarations(tuple(rules), tuple(suppressions), tuple(own))
    _check(found, f"validation/{stem}.py")
    return found


def read_rules_file(path: Path, own: Sequence[type[Rule]] = ()) -> Declarations:
    """What a TOML file declares in `[[rules]]` and `[[suppress]]`.

    Args:
        path: The file.
        own: Classes of rules that are the dataset's own, which the file may name too.

    Raises:
        UsageError: It can't be read, has an unknown key, rule or parameter, or a suppression has no reason.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    _refuse_unknown(content, ("rules", "suppress"), str(path))
    rules = [_declared(*each) for each in _entries(content, "rules", path)]
    suppressions = [_suppression(*each) for each in _entries(content, "suppress", path)]
    found = Declarations(tuple(rules), tuple(suppressions), tuple(own))
    _check(found, str(path))
    return found


def _check(found: Declarations, where: str) -> None:
    """Refuse, with the entry's place, what would fail only after the rows have been read."""
    for number, declared in enumerate(found.rules, 1):
        try:
            build_rule(declared, found.own)
        except MissingLibraryError:
            continue  # reported by the run, in which the rule is left out
        except UsageError as error:
            raise UsageError(f"{where}: rule {number}: {error}") from error
    for number, suppression in enumerate(found.suppressions, 1):
        entry = f"{where}: suppression {number}"
        if not suppression.reason.strip():
            raise UsageError(f"{entry}: of {suppression.rule}: reason: say in a sentence why it is accepted")
        try:
            find_rule(suppression.rule)
        except UsageError as error:
            raise UsageError(f"{entry}: {error}") from error


def _entries(content: Mapping[str, Any], key: str, path: Path) -> list[tuple[dict[str, Any], str]]:
    entries: object = content.get(key, [])
    if not isinstance(entries, list) or not all(
        isinstance(each, dict) for each in cast("list[Any]", entries)
    ):
        raise UsageError(f"{path}: {key}: expected tables, each under [[{key}]]")
    tables = cast("list[dict[str, Any]]", entries)
    return [(table, f"{path}: {key}[{number}]") for number, table in enumerate(tables, 1)]


def _declared(table: Mapping[str, Any], where: str) -> Declared:
    parameters = dict(table)
    name = _text(parameters.pop("name", None), "name", where)
    severity: object = parameters.pop("severity", None)
    if severity not in (None, *get_args(Severity)):
        raise UsageError(f"{where}: severity: found {severity!r}, expected error, warning or note")
    configs: object = parameters.pop("configs", [])
    if not isinstance(configs, list) or not all(isinstance(each, str) for each in cast("list[Any]", configs)):
        raise UsageError(f"{where}: configs: found {configs!r}, expected a list of names")
    return Declared(name, parameters, tuple(cast("list[str]", configs)), cast("Severity | None", severity))


def _suppression(table: Mapping[str, Any], where: str) -> Suppression:
    _refuse_unknown(table, ("rule", "reason", "where"), where)
    texts = {key: _text(table.get(key), key, where) for key in ("rule", "reason")}
    glob = _text(table["where"], "where", where) if "where" in table else ""
    return Suppression(texts["rule"], texts["reason"], glob)


def _refuse_unknown(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: found key {key!r}, expected {', '.join(known)}")


def _text(value: object, key: str, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        found = "missing" if value is None else f"found {value!r}"
        raise UsageError(f"{where}: {key}: {found}, expected a text")
    return value

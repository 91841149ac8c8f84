"""From the name of a rule to the rule: only modules of rules that are declared are imported."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from ...errors import UsageError
from .base import Declared, Rule

OwnRules = Sequence[type[Rule]]
MODULES: Mapping[str, str] = {
    "broken-reference": "relations",
    "cross-field": "crossfield",
    "duplicate-id": "ids",
    "duplicate-text": "duplicates",
    "empty-text": "text",
    "giveaway-word": "wording",
    "incomplete-group": "relations",
    "label-balance": "distribution",
    "language": "language",
    "length-outlier": "distribution",
    "missing-canary": "canary",
    "mojibake": "encoding",
    "near-duplicate": "duplicates",
    "near-duplicate-across-splits": "duplicates",
    "nested-tags": "tags",
    "personal-data": "privacy",
    "reading-level": "wording",
    "repeated-opening": "likeness",
    "secret": "privacy",
    "shared-id": "ids",
    "shared-text": "duplicates",
    "similar-meaning": "meaning",
    "similar-text": "likeness",
    "truncated-text": "text",
    "unbalanced-tags": "tags",
    "word-count": "wording",
}


def rule_class(name: str, own: OwnRules = ()) -> type[Rule]:
    """The class of a rule: a dataset's own, or one of the library.

    Raises:
        UsageError: No rule has this name.
    """
    owned = {each.name: each for each in own}
    if name in owned:
        return owned[name]
    if name not in MODULES:
        known = sorted({*MODULES, *owned})
        close = difflib.get_close_matches(name, known, n=3) or known
        raise UsageError(f"no rule {name!r} can be declared; expected one of {', '.join(close)}")
    module = importlib.import_module(f".{MODULES[name]}", __package__)
    classes = cast("Sequence[type[Rule]]", module.RULES)
    return next(each for each in classes if each.name == name)


def build_rule(declared: Declared, own: OwnRules = ()) -> Rule:
    """A rule with its parameters.

    Args:
        declared: The rule as it was declared.
        own: Classes of rules that are the dataset's own.

    Raises:
        UsageError: No rule has this name, or a parameter is missing, unknown or of the wrong type.
    """
    made = rule_class(declared.name, own)
    _check(declared, made)
    try:
        return made(**declared.parameters)
    except (ValueError, TypeError) as error:
        raise UsageError(f"rule {declared.name}: {error}; it takes {_signature(made)}") from error


def build_rules(declared: Sequence[Declared], config: str, own: OwnRules = ()) -> list[tuple[Declared, Rule]]:
    """The rules that hold for a config, anew, in the order of their declaration.

    Raises:
        UsageError: No rule has one of the names, or a parameter is missing, unknown or of the wrong type.
    """
    return [(each, build_rule(each, own)) for each in declared if holds_for(each, config)]


def holds_for(declared: Declared, config: str) -> bool:
    """Whether a rule was declared for a config, by name or by a glob such as `mnns-*`."""
    return not declared.configs or any(fnmatchcase(config, each) for each in declared.configs)


def _check(declared: Declared, made: type[Rule]) -> None:
    takes = _takes(made)
    for name, value in declared.parameters.items():
        if name not in takes:
            raise UsageError(f"rule {declared.name}: no parameter {name!r}; it takes {_signature(made)}")
        if not _fits(value, hint := takes[name][0]):
            expected = f"expected {_spelled(hint)}"
            raise UsageError(f"rule {declared.name}: {name}: found {value!r}, {expected}")
    for name, (_, is_required) in takes.items():
        if is_required and name not in declared.parameters:
            raise UsageError(f"rule {declared.name}: {name} is missing; it takes {_signature(made)}")


def _takes(made: type[Rule]) -> dict[str, tuple[Any, bool]]:
    """For each parameter its type, and whether it must be given."""
    hints = get_type_hints(made.__init__)
    parameters = inspect.signature(made).parameters.values()
    return {
        each.name: (hints.get(each.name, Any), each.default is inspect.Parameter.empty)
        for each in parameters
        if each.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    }


def _signature(made: type[Rule]) -> str:
    """What a rule takes, with defaults: `field, threshold=0.8`."""
    parameters = inspect.signature(made).parameters.values()
    shown = [
        each.name if each.default is inspect.Parameter.empty else f"{each.name}={each.default!r}"
        for each in parameters
    ]
    return ", ".join(shown) or "no parameters"


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of a type, as far as TOML can express one; other types are taken on trust."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if isinstance(origin, type):
        return _fits_container(value, origin, get_args(hint))
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return isinstance(value, hint) if hint in (str, bool, NoneType) else True


def _fits_container(value: object, origin: type, members: Sequence[Any]) -> bool:
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if not issubclass(origin, Sequence):
        return True
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and all(_fits(each, members[0]) for each in cast("Sequence[object]", value))


def _spelled(hint: Any) -> str:
    """A type in words."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return " or ".join(_spelled(each) for each in get_args(hint) if each is not NoneType)
    if origin is Literal:
        return " or ".join(repr(each) for each in get_args(hint))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a table"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"a list, each {_spelled(get_args(hint)[0])}"
    words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(hint, str(hint))

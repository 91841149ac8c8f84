"""Paths of an error of `jsonschema-rs`, with the names that it leaves out or takes for numbers.

Its lists of steps have no empty names, and integers for names such as `0`, `007` and `+1`. What it prints
of an error has all of them, escaped as in a JSON pointer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from .documents import escape

if TYPE_CHECKING:
    import jsonschema_rs

Steps = Sequence[str | int]

_BEFORE = "\n\nOn instance"
_EMPTY = '[""]'
_NUMBER = re.compile(r'\["?(\+?\d+)"?\]')
_REFERENCES = ("$ref", "$dynamicRef")
_UNKNOWN: Any = object()


def instance_path(error: jsonschema_rs.ValidationError, row: Any) -> Steps:
    """The names and indices that lead to the value in its row."""
    steps, printed = error.instance_path, error.verbose_message
    if _EMPTY not in printed and not any(isinstance(step, int) for step in steps):
        return steps
    at = printed.index(_BEFORE, len(error.message)) + len(_BEFORE)
    path: list[str | int] = []
    for step in steps:
        plain = f'["{escape(step)}"]'
        skipped = _empty_names(printed, at, plain)
        path += [""] * skipped
        at += skipped * len(_EMPTY)
        number = _NUMBER.match(printed, at) if isinstance(step, int) else None
        is_name = number is not None and isinstance(follow(row, path, _UNKNOWN), dict)
        path.append(number[1] if number is not None and is_name else step)
        at = number.end() if number is not None else at + len(plain)
    return [*path, *[""] * _empty_names(printed, at, ":")]


def _empty_names(printed: str, at: int, following: str) -> int:
    """How many empty names are printed before what follows them."""
    count = 0
    while printed.startswith(_EMPTY, at) and not printed.startswith(following, at):
        count, at = count + 1, at + len(_EMPTY)
    return count


def keyword_path(error: jsonschema_rs.ValidationError) -> Steps:
    """The keywords, names and indices that lead to the keyword, on the way the row was evaluated.

    If a name among them is empty, the way begins after the last reference, or with it if nothing follows.
    """
    last = error.evaluation_path[-1]
    fragment = (error.absolute_keyword_location or "").partition("#")[2]
    location = unquote(fragment).split("/")[1:]
    if last in _REFERENCES and last not in location[-1:]:
        return [last]
    if "" not in location:
        return error.evaluation_path
    # Of some keywords the location goes on to the item of their list that is broken.
    beyond = location[::-1].index(last) if isinstance(last, str) and last in location else 0
    return cast("list[str | int]", location[: len(location) - beyond])


def follow(value: Any, path: Steps, otherwise: Any) -> Any:
    """What a path leads to; `otherwise` if there is nothing."""
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):
        return otherwise
    return value

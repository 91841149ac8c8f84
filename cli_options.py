"""What several verbs of the command do with their options' texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import UsageError


def folder_of(text: str) -> Path:
    """A path, with the home folder for `~`.

    Raises:
        UsageError: It is empty.
    """
    if not text:
        raise UsageError("a path is empty; is a shell variable unset? Name a folder or a file")
    return Path(text).expanduser()


def concurrency_of(text: str) -> int | None:
    """Calls in flight at most; None for `auto`.

    Raises:
        UsageError: It is neither a number nor `auto`.
    """
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--concurrency is {text!r}, expected auto or a number from 1")
    return int(text)


def parameters_of(given: Iterable[str], option: str) -> dict[str, Any]:
    """Parameters of calls, from NAME=JSON.

    Raises:
        UsageError: One of them isn't of this form.
    """
    return dict(parameter_of(each, option) for each in given)


def parameter_of(text: str, option: str) -> tuple[str, Any]:
    """The name and the JSON value of a parameter."""
    name, value = pair_of(text, option)
    try:
        return name, json.loads(value)
    except ValueError as error:
        message = f"{option} {text}: {value!r} isn't JSON; write a text with quotes"
        raise UsageError(message) from error


def pair_of(text: str, option: str) -> tuple[str, str]:
    """The two sides of NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{option} {text}: expected NAME=VALUE")
    return name, value

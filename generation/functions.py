"""The functions of a recipe: how they are called on rows, and what identifies their code."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from ..errors import MensreaError, RecipeError
from .steps import Row


def apply(function: Callable[[Row], Any], row: Row, where: str) -> Any:
    """What a function says of a row.

    It gets a copy: rows of one source share their values, so what it changed would show up in other rows.

    Args:
        function: The function.
        row: The row.
        where: The recipe and the step, for the message.

    Raises:
        RecipeError: It fails on the row.
    """
    try:
        return function(as_json(row))
    except MensreaError:
        raise
    except Exception as error:  # a recipe's own code may raise anything
        problem = f"{type(error).__name__}: {error}, on a row with {', '.join(map(str, row))}"
        raise RecipeError(f"{where}: {' '.join(problem.split())}") from error


def as_json(value: Any) -> Any:
    """A copy of a JSON value.

    Raises:
        TypeError: It isn't one.
    """
    return orjson.loads(orjson.dumps(value))


def code(function: Callable[..., Any]) -> list[Any]:
    """What identifies a function: its name, its module's digest, and the values that it was made with.

    It is the module's, since a function may call what stands beside it.

    Raises:
        TypeError: It is a callable object of another kind.
    """
    if isinstance(function, partial):
        return [code(function.func), [_made_with(each) for each in function.args], function.keywords]
    plain = inspect.unwrap(function)
    name = getattr(plain, "__qualname__", None)
    if name is None or not isinstance(getattr(plain, "__self__", None), ModuleType | None):
        raise TypeError(f"{plain!r} can't be identified; write a function")
    values = [cell.cell_contents for cell in getattr(plain, "__closure__", None) or ()]
    values += [getattr(plain, "__defaults__", None), getattr(plain, "__kwdefaults__", None)]
    return [name, _module_digest(plain), [_made_with(each) for each in values if each is not plain]]


def _made_with(value: Any) -> Any:
    return code(value) if callable(value) else value


def _module_digest(function: Callable[..., Any]) -> str:
    try:
        path = Path(inspect.getsourcefile(function) or "")
    except TypeError:  # it is built in
        return ""
    return _file_digest(path) if path.is_file() else ""


@cache
def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

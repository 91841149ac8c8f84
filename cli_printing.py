"""How verbs of the command print and write their results."""

from __future__ import annotations

import json
import os
import shutil
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from .errors import StorageError

WIDEST = 120


class Printed(Enum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


def page_of(path: Path) -> Path | None:
    """Where a page goes that nobody asked for: nowhere if nothing can draw its plots."""
    from importlib.util import find_spec

    return path if find_spec("matplotlib") else None


def write_report(path: Path, content: bytes) -> None:
    """Write a report whole or not at all.

    Raises:
        StorageError: It can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: the report can't be written ({error.strerror})") from error


def print_result(result: str | dict[str, Any]) -> None:
    """Print a text, or a JSON value."""
    typer.echo(result.rstrip("\n") if isinstance(result, str) else json.dumps(result, indent=2))


def width() -> int:
    """The terminal's columns, 80 where there is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, WIDEST) if sys.stdout.isatty() else 80


def is_coloured() -> bool:
    """Whether colours are wanted."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ

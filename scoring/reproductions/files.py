"""Published files, read into facts, and the facts that ship with the package."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import SourceFormatError, SourceMissingError

Convert = Callable[[str], Any]


def number(text: str) -> float | None:
    """A number, None for an empty field.

    Raises:
        ValueError: It is neither.
    """
    return float(text) if text else None


def read_rows(path: Path, columns: Mapping[str, Convert]) -> list[dict[str, Any]]:
    """The rows of a CSV file, in the columns named and no others.

    Args:
        path: The file.
        columns: How the text of each column becomes a value.

    Raises:
        SourceMissingError: There is no such file.
        SourceFormatError: It lacks a column, or a field isn't what the column holds.
    """
    with _opened(path) as file:
        reader = csv.DictReader(file)
        if absent := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise SourceFormatError(
                f"{path}: found no column {', '.join(absent)}; expected {', '.join(columns)}"
            )
        return [_row(row, columns, f"{path}:{reader.line_num}") for row in reader]


def read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """The members named of a JSON file that holds an object.

    Raises:
        SourceMissingError: There is no such file.
        SourceFormatError: It isn't JSON, or lacks a member.
    """
    with _opened(path) as file:
        try:
            found = json.load(file)
        except ValueError as error:
            raise SourceFormatError(f"{path}: expected JSON, found {error}") from None
    if not isinstance(found, dict) or not set(keys) <= set(found):
        raise SourceFormatError(f"{path}: expected a JSON object with {', '.join(keys)}")
    return {key: found[key] for key in keys}


def shipped_facts(stem: str) -> dict[str, Any]:
    """The facts that ship with the package: counts and figures, no texts."""
    return json.loads((Path(__file__).parent / f"{stem}.json").read_text(encoding="utf-8"))


def _row(row: Mapping[str, str | None], columns: Mapping[str, Convert], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, convert in columns.items():
        text = row[name]
        try:
            found[name] = convert("" if text is None else text)
        except (ValueError, SyntaxError):
            raise SourceFormatError(
                f"{where}: {name}: found {str(text)[:40]!r}, expected a value as published"
            ) from None
    return found


def _opened(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        expected = "expected the file as published; the facts that ship need no folder"
        raise SourceMissingError(f"{path}: {error.strerror}; {expected}") from None

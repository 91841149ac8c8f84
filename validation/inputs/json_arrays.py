"""A `.json` file: an array of rows, or one row; or JSON lines under another name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..findings import Finding
from .json_values import exact

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class JsonValues:
    """The rows of a file that is one JSON document, and what is wrong about the text."""

    rows: list[Any]
    findings: list[Finding]


def read_values(path: Path, name: str) -> JsonValues | None:
    """The rows of a file, which is held in memory; None if it is JSON lines.

    The elements of an array are the rows; any other value is one row.

    Raises:
        OSError: The file can't be read.
    """
    data = path.read_bytes()
    values, problems = exact(data.removeprefix(_BOM).strip())
    if not values and _is_lines(data):
        return None
    findings = [
        Finding(each.code, each.message, each.severity, name, each.pointer, file=name) for each in problems
    ]
    if data.startswith(_BOM):
        message = "begins with a UTF-8 byte order mark, expected none"
        findings.insert(0, Finding("byte-order-mark", message, "warning", name, file=name))
    whole = values[0] if values else []
    return JsonValues(cast("list[Any]", whole) if isinstance(whole, list) else [whole], findings)


def _is_lines(data: bytes) -> bool:
    """Whether the first line is a value by itself, though the whole isn't."""
    first, newline, _ = data.removeprefix(_BOM).lstrip().partition(b"\n")
    return bool(newline) and bool(exact(first)[0])

"""A `.json` file: an array of rows, or one row; or JSON lines under another name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..findings import Finding
from .json_lines import LineBlock, parse_block
from .json_values import exact

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class JsonValues:
    """The rows of a file that is one JSON document, and what is wrong about the text."""

    rows: list[Any]
    findings: list[Finding]


def read_values(path: Path, name: str) -> JsonValues | None:
    """The rows of a file, which is held in memory; None if it is JSON lines.

    The elements of an array are the rows; any other value is one row. A file without a value has none.

    Raises:
        OSError: The file can't be read.
    """
    data = path.read_bytes()
    text = data.removeprefix(_BOM)
    findings: list[Finding] = []
    if text != data:
        message = "begins with a UTF-8 byte order mark, expected none"
        findings.append(Finding("byte-order-mark", message, "warning", name, file=name))
    if not text.strip():
        return JsonValues([], findings)
    # In JSON a line's end is a space like others. Strings hold neither CR nor LF, so errors stay errors.
    whole = text.strip().replace(b"\n", b"\r")
    parsed = parse_block(LineBlock(whole, lines=1, file=name), np.zeros(1, np.int64))
    if not parsed.rows:
        if _is_lines(text):
            return None
        return JsonValues([], [*findings, *(_broken(each, text, name) for each in parsed.findings)])
    value = parsed.rows[0]
    is_array = isinstance(value, list)
    findings += [_placed(each, name, is_array=is_array) for each in parsed.findings]
    return JsonValues(cast("list[Any]", value) if is_array else [value], findings)


def _is_lines(text: bytes) -> bool:
    """Whether the first line is a value by itself, though the whole isn't."""
    first, newline, _ = text.lstrip().partition(b"\n")
    return bool(newline) and bool(exact(first)[0])


def _placed(finding: Finding, name: str, *, is_array: bool) -> Finding:
    """The finding at its row; in an array the first token of the pointer is the row's number."""
    pointer, row = finding.field, 0
    if is_array:
        number, slash, rest = pointer.removeprefix("/").partition("/")
        if not number:
            return Finding(finding.code, finding.message, finding.severity, name, pointer, file=name)
        pointer, row = slash + rest, int(number)
    where = f"{name} row {row}"
    return Finding(finding.code, finding.message, finding.severity, where, pointer, file=name, row=row)


def _broken(finding: Finding, text: bytes, name: str) -> Finding:
    """The finding with the line where the document breaks, if it is known."""
    message, line = finding.message, None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message, line = f"not JSON: column {error.colno}: {error.msg}", error.lineno
    except (ValueError, RecursionError):
        pass
    where = name if line is None else f"{name}:{line}"
    return Finding(finding.code, message, finding.severity, where, file=name, line=line)

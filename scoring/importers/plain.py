"""Tables of responses that some script wrote: JSON lines, CSV, or Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from ...errors import ResponseError
from ...models.wire_chat import usage_of
from ..responses import response_format
from ..row_rules import shown
from ..tables import is_lines, read_table
from .records import Record, objects_of

# What these names mean elsewhere is anyone's guess, and whoever imports says it.
_SAID = frozenset({"dataset", "config", "version"})
_OBJECTS = ("parameters", "usage")


def read_plain(path: Path) -> Iterator[Record]:
    """The rows of a table; columns that are named like fields of a response are those.

    In CSV, `parameters` and `usage` are JSON text.

    Raises:
        ResponseError: The file can't be read.
    """
    names = [each for each in response_format().schema.columns if each not in _SAID]
    for where, source in objects_of(path) if is_lines(path) else _rows(path):
        fields = {name: source[name] for name in names if source.get(name) is not None}
        for name in _OBJECTS:
            if isinstance(value := fields.get(name), str):
                fields[name] = _json(value, f"{where}: {name}")
        usage = fields.get("usage")
        if isinstance(usage, dict) and "prompt" not in usage:
            counted = usage_of(usage)
            fields["usage"] = None if counted is None else asdict(counted)
        yield Record(where, source, fields)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, row in enumerate(read_table(path).iter_rows(named=True)):
        yield f"{path} row {number}", row


def _json(text: str, where: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ResponseError(f"{where}: found {shown(text)}, expected JSON ({error.msg})") from error

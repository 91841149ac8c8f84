"""Texts of one or several fields, read from JSON lines, Parquet, and folders of these."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import SourceFormatError, SourceMissingError, UsageError
from ..inputs.batch import Batch

ROWS = 20_000
LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


@dataclass(frozen=True)
class TextRows:
    """Consecutive rows of a file.

    Attributes:
        texts: The text of each, or None if a row has none.
        ids: The `id` of each, or None.
        lines: For JSON lines the line of each, from 1.
        seen: Whether each field occurs in these rows, even as null.
    """

    texts: Sequence[str | None]
    ids: Sequence[str | None]
    lines: Sequence[int] | None
    seen: frozenset[str]


def is_lines(path: Path) -> bool:
    """Whether the file holds JSON lines."""
    return path.name.endswith(LINES)


def data_files(path: Path) -> list[Path]:
    """The file, or all JSON lines and Parquet files of the folder in order of their paths.

    Raises:
        SourceMissingError: There is no such file, or the folder holds none.
        UsageError: The file has another format.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if is_lines(file) or file.suffix == ".parquet")
        if not files:
            raise SourceMissingError(f"{path}: no Parquet or JSON lines file in the folder")
        return files
    if not path.exists():
        raise SourceMissingError(f"{path}: no such file or folder")
    if not is_lines(path) and path.suffix != ".parquet":
        raise UsageError(f"{path}: expected a .jsonl, .jsonl.gz or .parquet file, or a folder of these")
    return [path]


def read_texts(path: Path, fields: Sequence[str]) -> Iterator[TextRows]:
    """The rows of a file; the texts of several fields or list members are joined by line feeds.

    Args:
        path: JSON lines or Parquet.
        fields: Paths such as `prompt` or `messages[].content`.

    Raises:
        SourceFormatError: The file or a line can't be parsed.
        UsageError: A field isn't in the file.
    """
    missing = set(fields)
    rows = 0
    for batch in _from_lines(path, fields) if is_lines(path) else _from_parquet(path, fields):
        missing -= batch.seen
        rows += len(batch.texts)
        yield batch
    if missing and rows:
        raise UsageError(
            f"{path}: no text at {', '.join(sorted(missing))}; name a field of strings with --field"
        )


def open_lines(path: Path, mode: str = "rb") -> IO[bytes]:
    """The file's lines as bytes, packed or not."""
    return cast("IO[bytes]", gzip.open(path, mode) if path.name.endswith(".gz") else path.open(mode))


def numbered_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Each line that isn't blank, parsed, with its number from 1.

    Raises:
        SourceFormatError: A line is no JSON object, or the file can't be unpacked.
    """
    try:
        with open_lines(path) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _parsed(line, path, number)
    except (EOFError, gzip.BadGzipFile) as error:
        raise SourceFormatError(f"{path}: can't be unpacked ({error}); get the file again") from error


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    if number == 1:
        line = line.removeprefix(b"\xef\xbb\xbf")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        message = f"{path}:{number}: no JSON ({error}); `mensrea validate` lists all such lines"
        raise SourceFormatError(message) from error
    if not isinstance(record, dict):
        raise SourceFormatError(f"{path}:{number}: found {type(record).__name__}, expected a JSON object")
    return cast("dict[str, Any]", record)


def _from_lines(path: Path, fields: Sequence[str]) -> Iterator[TextRows]:
    steps = {field: field.replace("[]", ".[]").split(".") for field in fields}
    seen: set[str] = set()
    texts: list[str | None] = []
    ids: list[str | None] = []
    numbers: list[int] = []
    for number, record in numbered_records(path):
        found: list[str] = []
        for field, names in steps.items():
            for value in _values(record, names):
                seen.add(field)
                found += [value] if isinstance(value, str) else []
        texts.append("\n".join(found) if found else None)
        identifier = record.get("id")
        ids.append(None if identifier is None else str(identifier))
        numbers.append(number)
        if len(texts) == ROWS:
            yield TextRows(texts, ids, numbers, frozenset(seen))
            texts, ids, numbers = [], [], []
    yield TextRows(texts, ids, numbers, frozenset(seen))


def _values(value: Any, names: Sequence[str]) -> Iterator[Any]:
    """What stands at a path: strings and nulls; anything else is no text."""
    if not names:
        if value is None or isinstance(value, str):
            yield value
    elif names[0] == "[]":
        for member in cast("list[Any]", value) if isinstance(value, list) else []:
            yield from _values(member, names[1:])
    elif isinstance(value, dict) and names[0] in value:
        yield from _values(value[names[0]], names[1:])


def _from_parquet(path: Path, fields: Sequence[str]) -> Iterator[TextRows]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceFormatError(f"{path}: can't be read as Parquet ({error})") from error
    with file:
        names = set(file.schema_arrow.names)
        wanted = {field.replace("[]", ".").split(".")[0] for field in fields}
        if absent := sorted(wanted - names):
            listed = ", ".join(sorted(names))
            raise UsageError(f"{path}: no column {', '.join(absent)}; the columns are {listed}")
        for batch in file.iter_batches(ROWS, columns=sorted((wanted | {"id"}) & names)):
            rows = Batch(batch)
            texts, seen = row_texts(rows, fields)
            ids = batch.column("id").to_pylist() if "id" in names else [None] * len(rows)
            yield TextRows(texts, [None if one is None else str(one) for one in ids], None, frozenset(seen))


def row_texts(batch: Batch, fields: Sequence[str]) -> tuple[list[str | None], set[str]]:
    """One text a row, as `read_texts` joins them, and the fields that are columns of strings."""
    found: list[list[str]] = [[] for _ in range(len(batch))]
    seen: set[str] = set()
    for field in fields:
        column = batch.column(field)
        if column is None or not _is_text(column.values.type):
            continue
        seen.add(field)
        for row, value in zip(column.rows.tolist(), cast("Any", column.values).to_pylist(), strict=True):
            found[row] += [] if value is None else [value]
    return ["\n".join(values) if values else None for values in found], seen


def _is_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))

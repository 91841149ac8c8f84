"""Reading upstream files, with errors that name the file, the row and the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from ..errors import SourceFormatError

Record = Mapping[str, Any]
T = TypeVar("T")
_PARQUET_BATCH = 1_000
_MOST_SHOWN = 40


def read_json(path: Path) -> Any:
    """A whole JSON file.

    Raises:
        SourceFormatError: It isn't JSON, or isn't UTF-8; the message has the line.
    """
    data = path.read_bytes()
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        message = f"{path}:{error.lineno}: not valid JSON ({error.msg}); fetch the file again"
        raise SourceFormatError(message) from error


def read_jsonl(path: Path) -> Iterator[tuple[str, Record]]:
    """The records of a JSON Lines file with their places (`file:line`); blank lines are skipped.

    Raises:
        SourceFormatError: A line isn't a JSON object; the message has its number.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            where = f"{path.name}:{number}"
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                message = f"{path}:{number}: not valid JSON ({error.msg}); fetch the file again"
                raise SourceFormatError(message) from error
            yield where, expect_record(record, where)


def read_records(path: Path) -> Iterator[tuple[str, Record]]:
    """The records of a JSON file that holds one array of objects, with their places (`file[index]`)."""
    records = expect(read_json(path), list, path.name, "")
    for index, record in enumerate(cast("list[Any]", records)):
        where = f"{path.name}[{index}]"
        yield where, expect_record(record, where)


def read_parquet(path: Path) -> Iterator[tuple[str, Record]]:
    """The rows of a Parquet file with their places (`file[row]`), a batch in memory at a time.

    Raises:
        SourceFormatError: It isn't Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_PARQUET_BATCH):
                for record in batch.to_pylist():
                    yield f"{path.name}[{row}]", record
                    row += 1
    except UnicodeDecodeError as error:
        message = f"{path}: holds text that isn't UTF-8 ({error.reason}); fetch the file again"
        raise SourceFormatError(message) from error
    except (pa.ArrowException, OSError) as error:
        message = f"{path}: not a whole Parquet file ({str(error).splitlines()[0]}); fetch the file again"
        raise SourceFormatError(message) from error


def read_any(paths: Sequence[str]) -> Iterator[tuple[str, Record]]:
    """The records of files one after another, by their suffix: `.jsonl`, `.json` or `.parquet`.

    Raises:
        SourceFormatError: A file has another suffix, or can't be read.
    """
    readers = {".jsonl": read_jsonl, ".json": read_records, ".parquet": read_parquet}
    for path in paths:
        suffix = Path(path).suffix
        if suffix not in readers:
            message = f"{path}: found suffix {suffix!r}, expected one of {', '.join(readers)}"
            raise SourceFormatError(message)
        yield from readers[suffix](Path(path))


def expect_record(value: object, where: str) -> Record:
    """The value, which must be a JSON object."""
    return cast("Record", expect(value, dict, where, ""))


def expect(value: object, kind: type[T], where: str, field: str) -> T:
    """The value, which must be of this type.

    Raises:
        SourceFormatError: It isn't; the message names place, field, what was found and expected.
    """
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return cast("T", float(value))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind in {int, float}):
        place = f"{where}: {field}" if field else where
        message = f"{place}: found {_shown(value)}, expected {_JSON_NAMES.get(kind, kind.__name__)}"
        raise SourceFormatError(message)
    return value


def member(record: Record, field: str, kind: type[T], where: str) -> T:
    """A required member of a record, of this type.

    Raises:
        SourceFormatError: It is missing, or of another type.
    """
    if field not in record:
        message = f"{where}: {field}: missing; the record has {', '.join(record) or 'nothing'}"
        raise SourceFormatError(message)
    return expect(record[field], kind, where, field)


def optional(record: Record, field: str, kind: type[T], where: str) -> T | None:
    """A member of a record that may be absent or null.

    Raises:
        SourceFormatError: It is there, and of another type.
    """
    value = record.get(field)
    return None if value is None else expect(value, kind, where, field)


_JSON_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    list: "an array",
    dict: "an object",
}


def _shown(value: object) -> str:
    if value is None:
        return "null"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + '…'}"

"""A format of rows that a JSON Schema describes, as JSON lines and as Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ..errors import ResponseError
from ..schemas import Field, RowSchema
from .line_files import chunks, is_parquet, write_whole
from .row_columns import column_of, parquet_column, refuse_others
from .row_rules import Rule, check

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

Row = Mapping[str, Any]
Where = Callable[[int], str]


class RowFormat:
    """A kind of row that users' files hold.

    Attributes:
        schema: Its schema; columns are in that order.
    """

    def __init__(self, name: str, rules: Callable[[], Sequence[Rule]] = tuple) -> None:
        """Load the schema.

        Args:
            name: The kind of row, as in `<name>.schema.json` beside this module.
            rules: Makes what holds beyond the schema.

        Raises:
            SchemaError: The schema has no columnar form.
        """
        path = Path(__file__).parent / f"{name}.schema.json"
        self.schema = RowSchema(name, "row", json.loads(path.read_bytes()))
        self._properties: Mapping[str, Mapping[str, Any]] = self.schema.document["properties"]
        self._rules = rules

    def read(self, path: Path) -> pl.DataFrame:
        """The rows of a file of JSON lines (also packed) or of Parquet, told by its first bytes.

        Returns:
            The columns of the schema. Columns of any JSON hold its text, with sorted keys.

        Raises:
            ResponseError: The file can't be read, or a row breaks the schema; the message has its place.
        """
        return self._read_parquet(path) if is_parquet(path) else self._read_lines(path)

    def frame(self, rows: Iterable[Row], where: Where) -> pl.DataFrame:
        """Rows in memory as a table like that of a file.

        Args:
            rows: A property that is left out is its default, or null where null is allowed.
            where: The place of a row by its number, from 0, for messages.

        Raises:
            ResponseError: A row breaks the schema.
        """
        return self._checked([self._table(list(rows), where)], where)

    def write(self, path: Path, frame: pl.DataFrame) -> None:
        """Write rows whole or not at all, as Parquet or as JSON lines by the suffix.

        Raises:
            StorageError: The file can't be written.
        """
        if path.suffix == ".parquet":
            write_whole(path, [_parquet_bytes(frame, self._types)])
        else:
            fragments = self._json_names()
            rows = frame.iter_rows(named=True)
            write_whole(path, (orjson.dumps(_embedded(row, fragments)) + b"\n" for row in rows))

    def rows(self, frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """The rows of a table with any JSON decoded."""
        names = self._json_names()
        for row in frame.iter_rows(named=True):
            for name in names:
                if row[name] is not None:
                    row[name] = orjson.loads(row[name])
            yield row

    def _read_lines(self, path: Path) -> pl.DataFrame:
        tables: list[pa.Table] = []
        numbers: list[int] = []
        for first, lines in chunks(path):
            rows, kept = parsed(path, first, lines)
            tables.append(self._table(rows, Places(path, kept)))
            numbers += kept
        return self._checked(tables, Places(path, numbers))

    def _table(self, rows: Sequence[Any], where: Where) -> pa.Table:
        import pyarrow as pa

        columns = [
            column_of(field, self._properties[field.name], kind, rows, where) for field, kind in self._typed
        ]
        refuse_others(rows, self.schema.columns, where)
        return pa.Table.from_arrays(columns, schema=self._types)

    def _read_parquet(self, path: Path) -> pl.DataFrame:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.ParquetFile(path).read()
        except (pa.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise ResponseError(
                f"{path}: not a whole Parquet file ({reason}); copy or fetch it again"
            ) from error
        refuse_others([table.column_names], self.schema.columns, lambda _: str(path))
        columns = [
            parquet_column(field, self._properties[field.name], kind, table, str(path))
            for field, kind in self._typed
        ]
        made = pa.Table.from_arrays(columns, schema=self._types)
        return self._checked([made], lambda row: f"{path} row {row}")

    def _checked(self, tables: Sequence[pa.Table], where: Where) -> pl.DataFrame:
        import polars as pl
        import pyarrow as pa

        table = pa.concat_tables(tables) if tables else self._types.empty_table()
        frame = pl.DataFrame(table)
        check(frame, self.schema.fields, self._properties, self._rules(), where)
        return frame

    @cached_property
    def _types(self) -> pa.Schema:
        from ..schemas.arrow import storage_schema

        return storage_schema(self.schema)

    @cached_property
    def _typed(self) -> list[tuple[Field, pa.DataType]]:
        return list(zip(self.schema.fields, self._types.types, strict=True))

    def _json_names(self) -> list[str]:
        return [field.name for field in self.schema.fields if field.kind == "json"]


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of a file that rows are from."""

    path: Path
    numbers: Sequence[int]

    def __call__(self, row: int) -> str:
        """The place of a row by its number, from 0."""
        return f"{self.path}:{self.numbers[row]}"


def parsed(path: Path, first: int, lines: Sequence[bytes]) -> tuple[list[Any], Sequence[int]]:
    """The JSON values of lines that aren't blank, and the lines' numbers.

    Args:
        path: Their file, for messages.
        first: The number of the first line.
        lines: The lines.

    Raises:
        ResponseError: One is no JSON.
    """
    try:
        return list(map(orjson.loads, lines)), range(first, first + len(lines))
    except orjson.JSONDecodeError:
        kept = [index for index, line in enumerate(lines) if not line.isspace()]
    return [_value(f"{path}:{first + at}", lines[at]) for at in kept], [first + at for at in kept]


def _value(where: str, line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ResponseError(f"{where}: not valid JSON ({error.msg}); expected one object a line") from error


def _embedded(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return row | {name: orjson.Fragment(row[name]) for name in names if row[name] is not None}


def _parquet_bytes(frame: pl.DataFrame, types: pa.Schema) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(frame.to_arrow().cast(types), sink, compression="zstd")
    return sink.getvalue().to_pybytes()

"""From what a builder produces to validated Arrow tables."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import orjson
import pyarrow as pa

from ..errors import RowError
from ..schemas import Field, RowSchema
from ..schemas.arrow import arrow_schema, storage_schema
from ..validation.findings import Finding
from ..validation.rows import RowValidator

Item = Mapping[str, Any] | pa.Table | Finding
BATCH_ROWS = 1_000
_MOST_ERRORS_SHOWN = 3
# What a value that the schema allows and its column can't hold raises: a number too large for its
# width, half a surrogate pair.
_UNFIT = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError, orjson.JSONEncodeError)


class Assembler:
    """Turns rows (dictionaries or tables) into tables of the release's schema, a batch at a time.

    Dictionaries are validated before Arrow sees them, since Arrow drops extra keys and fills
    missing ones with nulls. Columns that have one value in every row (`source`, `canary`) are
    added to whole tables: a builder leaves them out of its rows.
    """

    def __init__(self, schema: RowSchema, constants: Mapping[str, Any]) -> None:
        """Prepare for one config.

        Args:
            schema: The schema of its rows.
            constants: Values that every row carries and that the builder doesn't give.
        """
        self._constants = {key: value for key, value in constants.items() if key in schema.columns}
        self._validator = RowValidator(schema, without=tuple(self._constants))
        self._storage = storage_schema(schema)
        self._final = arrow_schema(schema)
        self._given = [field for field in self._storage if field.name not in self._constants]
        # Every row has an id and something to identify: two columns at least, so always a tuple.
        self._values = itemgetter(*(field.name for field in self._given))
        self._encoders = {field.name: _encoder(field) for field in schema.fields if field.contains("json")}

    def tables(self, items: Iterable[Item]) -> Iterator[pa.Table | Finding]:
        """Tables of about a thousand rows, and the findings in between, in the order given.

        Raises:
            RowError: Rows violate the schema; the message shows the first and counts the rest.
        """
        rows: list[Mapping[str, Any]] = []
        for item in items:
            if type(item) is dict:
                rows.append(item)
                if len(rows) == BATCH_ROWS:
                    yield self._from_rows(rows)
                    rows = []
            elif isinstance(item, Finding):
                yield item
            elif isinstance(item, pa.Table):
                if rows:
                    yield self._from_rows(rows)
                    rows = []
                yield self._from_table(item)
            else:
                rows.append(dict(item))
        if rows:
            yield self._from_rows(rows)

    def _from_rows(self, rows: list[Mapping[str, Any]]) -> pa.Table:
        self._refuse(rows)
        # Column by column is three times as fast as `Table.from_pylist`.
        columns = zip(self._given, zip(*map(self._values, rows), strict=True), strict=True)
        try:
            arrays = [self._array(field, values) for field, values in columns]
        except _UNFIT as error:
            raise RowError(self._conversion_message(rows, error)) from error
        return self._finish(pa.Table.from_arrays(arrays, names=[field.name for field in self._given]))

    def _array(self, field: pa.Field, values: Iterable[Any]) -> pa.Array:
        encode = self._encoders.get(field.name)
        return pa.array(values if encode is None else [encode(value) for value in values], field.type)

    def _conversion_message(self, rows: list[Mapping[str, Any]], error: Exception) -> str:
        for row in rows:
            for field in self._given:
                try:
                    self._array(field, [row[field.name]])
                except _UNFIT as cause:
                    return f"row {row['id']}: {field.name}: {cause}, expected {field.type}"
        return str(error)

    def _from_table(self, table: pa.Table) -> pa.Table:
        expected = [field.name for field in self._given]
        if set(table.column_names) != set(expected):
            message = f"the table has columns {table.column_names}, expected {expected}"
            raise RowError(message)
        for batch in table.to_batches(BATCH_ROWS):
            self._refuse(batch.to_pylist())
        return self._finish(table)

    def _refuse(self, rows: list[Mapping[str, Any]]) -> None:
        findings = self._validator.check(rows)
        if findings:
            shown = "; ".join(str(finding) for finding in findings[:_MOST_ERRORS_SHOWN])
            more = len(findings) - _MOST_ERRORS_SHOWN
            message = f"rows violate the schema: {shown}" + (f" (and {more} more)" if more > 0 else "")
            raise RowError(message)

    def _finish(self, table: pa.Table) -> pa.Table:
        for name, value in self._constants.items():
            table = table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))
        table = table.select(self._storage.names)
        if self._encoders:
            from datasets.table import table_cast

            return table_cast(table.cast(self._storage), self._final)
        return table.cast(self._storage).replace_schema_metadata(self._final.metadata)


@contextmanager
def paused_gc() -> Generator[None]:
    """Pause the cyclic collector, which costs half the time of building rows and finds nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _encoder(field: Field) -> Callable[[Any], Any]:
    if field.kind == "json":
        return _to_json
    if field.kind == "list":
        encode = _encoder(field.children[0])
        return lambda values: values if values is None else [encode(value) for value in values]
    if field.kind == "struct":
        encoders = {child.name: _encoder(child) for child in field.children}
        return lambda value: value if value is None else {key: encoders[key](value[key]) for key in encoders}
    return lambda value: value


def _to_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()

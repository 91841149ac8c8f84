"""Batches of Arrow rows against a JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..report import KeywordPlan
from .checks import Check
from .compiler import Compiler
from .context import Context
from .kinds import refuse_foreign
from .plain import viewless, without_views
from .row_by_row import RowByRow, converter
from .sink import Sink
from .values import Mask, Root, Values
from .violations import BatchResult


class TableChecker:
    """A JSON Schema (draft 2020-12) compiled for the columns of a table.

    A row is the object that `to_pylist` gives, with JSON columns decoded. Verdicts and places are those of
    `jsonschema`'s `iter_errors`; patterns are ECMA-262's, as the standard recommends. What can't be
    computed over columns goes to `jsonschema-rs`, for the column that needs it; `plan` says what went where.
    """

    def __init__(
        self,
        schema: Mapping[str, Any] | bool,  # noqa: FBT001  # a schema may be a boolean
        columns: pa.Schema,
        *,
        resources: Mapping[str, Any] | None = None,
        base_uri: str = "",
        formats: bool = False,
        null_is_absent: bool = False,
    ) -> None:
        """Compile.

        Args:
            schema: The schema of a row.
            columns: The columns and types of every batch to come.
            resources: Other schemas by URI, for `$ref`; nothing is fetched.
            base_uri: The schema's own URI, if it has no `$id`.
            formats: Whether `format` asserts; it annotates otherwise, as the standard has it.
            null_is_absent: Whether a null member of an object stands for one that isn't there.

        Raises:
            SchemaError: It is no JSON Schema, refers to what isn't there, or speaks of a column whose
                values JSON doesn't have.
        """
        self._row = without_views(pa.struct(list(columns)))
        self._context = Context(schema, resources or {}, base_uri, formats, null_is_absent)
        _ = self._context.whole
        self._check = self._compiled(schema)

    def _compiled(self, schema: Mapping[str, Any] | bool) -> Check:  # noqa: FBT001
        if self._context.needs_resolver:
            refuse_foreign(self._row, "")
            self._context.note_all("row by row")
            convert = converter(self._row, null_is_absent=self._context.null_is_absent)
            return RowByRow(self._context.whole, convert)
        check = Compiler(self._context).schema(schema, "", self._row, "")
        # What no column came to: the types have decided it.
        self._context.note_below("", schema, "constant")
        return check

    @property
    def plan(self) -> Sequence[KeywordPlan]:
        """Which keyword runs where."""
        return self._context.plan

    def check(self, batch: pa.RecordBatch, most: int) -> BatchResult:
        """All violations of a batch, counted; the first `most` in full."""
        sink = Sink(batch.num_rows, most)
        self._check.tell(_values(batch), sink)
        return sink.result()

    def invalid(self, batch: pa.RecordBatch) -> Mask:
        """The rows of a batch that break the schema."""
        mask = self._check.fails(_values(batch))
        return np.zeros(batch.num_rows, np.bool_) if mask is None else mask


def _values(batch: pa.RecordBatch) -> Values:
    return Values(viewless(batch.to_struct_array()), Root())

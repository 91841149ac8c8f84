"""Rules on what the fields of a row say about each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from ...errors import SchemaError, UsageError
from ..findings import Finding, Severity
from ..inputs.batch import Batch, Indices
from .base import Rule
from .keys import comparable

pc = cast("Any", pyarrow.compute)
Mask = npt.NDArray[np.bool_]
JsonSchema = Mapping[str, Any]

_OPERATORS = {
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_ONE = ("not", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf")
_WHEN, _THEN = 0, 1


class _Checker(Protocol):
    def invalid(self, batch: pa.RecordBatch) -> Mask: ...


class CrossField(Rule):
    """A row whose fields contradict each other.

    Two forms: `when` and `then`, JSON Schemas of the row, of which the second must hold where the first
    does; or `left`, `operator` and `right`, a comparison of two fields, or of their lengths as
    `len(field)`, for the rows that fit `when` if it is given. A comparison with null holds.
    """

    name: ClassVar[str] = "cross-field"
    severity: ClassVar[Severity] = "error"

    def __init__(
        self,
        when: JsonSchema | None = None,
        then: JsonSchema | None = None,
        *,
        left: str = "",
        operator: str = "",
        right: str = "",
        message: str = "",
    ) -> None:
        """Take one of the forms.

        Args:
            when: A JSON Schema of the row: which rows are meant; none for all.
            then: A JSON Schema of the row: what must hold for them.
            left: A field, or `len(field)`: elements of a list, characters of a text.
            operator: One of `==`, `!=`, `<`, `<=`, `>`, `>=`.
            right: As `left`.
            message: What a finding says; a form of words made from the rule if empty.

        Raises:
            ValueError: The forms are mixed, incomplete, or name an unknown operator.
        """
        is_comparison = bool(left or operator or right)
        if is_comparison == (then is not None):
            raise ValueError("expected then, or left, operator and right")
        if is_comparison and not (left and right and operator in _OPERATORS):
            raise ValueError(f"expected left, right, and an operator out of {' '.join(_OPERATORS)}")
        if "[]" in left + right:
            raise ValueError("left and right take one value a row; [] gives several")
        self._when = when
        self._then = then
        self._operands = (left, right)
        self._operator = operator
        self._message = message
        self._compiled: tuple[pa.Schema, Sequence[_Checker]] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that the schemas or the comparison name."""
        names = [*_names(self._when), *_names(self._then)]
        names += [_path(operand) for operand in self._operands if operand]
        return tuple(dict.fromkeys(names))

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """A finding for each row that contradicts itself; none where a column is missing."""
        if any(batch.column(name) is None for name in self.columns):
            return ()
        return self._compared(batch) if self._then is None else self._implied(batch, self._then)

    def _implied(self, batch: Batch, then: JsonSchema) -> Iterator[Finding]:
        field = next(iter(_names(then)), "")
        message = self._message or "the row fits `when`, but not `then`"
        broken = self._invalid(batch, _THEN) & self._is_meant(batch)
        for row in np.flatnonzero(broken).tolist():
            yield self.finding(message, batch, row, field)

    def _compared(self, batch: Batch) -> Iterator[Finding]:
        (left, rows), (right, other_rows) = (_operand(batch, each) for each in self._operands)
        shared, ours, theirs = np.intersect1d(rows, other_rows, assume_unique=True, return_indices=True)
        left, right = left.take(pa.array(ours)), right.take(pa.array(theirs))
        try:
            holds = _OPERATORS[self._operator](left, right)
        except pa.ArrowNotImplementedError as error:
            names = " and ".join(self._operands)
            raise UsageError(f"{self.name}: {names} can't be compared: {left.type}, {right.type}") from error
        broken = ~np.asarray(pc.fill_null(holds, True)) & self._is_meant(batch)[shared]  # noqa: FBT003
        for index in np.flatnonzero(broken).tolist():
            found = f"{self._shown(0, left, index)}, expected {self._operator} {self._shown(1, right, index)}"
            row = int(shared[index])
            yield self.finding(self._message or found, batch, row, _path(self._operands[0]))

    def _shown(self, side: int, values: Any, index: int) -> str:
        return f"{self._operands[side]} = {values[index].as_py()!r}"

    def _is_meant(self, batch: Batch) -> Mask:
        if self._when is None:
            return np.ones(len(batch), np.bool_)
        return ~self._invalid(batch, _WHEN)

    def _invalid(self, batch: Batch, number: int) -> Mask:
        """Which rows break one of the schemas; checkers are kept while the columns stay the same."""
        if self._compiled is None or not self._compiled[0].equals(batch.table.schema):
            from ..checker.table import TableChecker

            arrow = batch.table.schema
            schemas = ({} if each is None else each for each in (self._when, self._then))
            try:
                self._compiled = (arrow, [TableChecker(each, arrow) for each in schemas])
            except SchemaError as error:
                raise UsageError(f"{self.name}: when or then: {error}") from error
        return self._compiled[1][number].invalid(batch.table)


def _names(schema: JsonSchema | None) -> Iterator[str]:
    """The properties of the row that a schema speaks of."""
    if not isinstance(schema, Mapping):
        return
    yield from schema.get("properties", ())
    yield from schema.get("required", ())
    for key in _ONE:
        yield from _names(schema.get(key))
    for key in _SEVERAL:
        for each in schema.get(key, ()):
            yield from _names(each)


def _path(operand: str) -> str:
    return operand.removeprefix("len(").removesuffix(")") if operand.startswith("len(") else operand


def _operand(batch: Batch, operand: str) -> tuple[Any, Indices]:
    """The values of one side of a comparison, and their rows."""
    path = _path(operand)
    column = batch.column(path)
    if column is None:
        raise UsageError(f"cross-field: no column {path}")
    if path == operand:
        return comparable(column.values, path), column.rows
    kind = column.values.type
    if pa.types.is_struct(kind) or not (pa.types.is_nested(kind) or "string" in str(kind)):
        raise UsageError(f"cross-field: {operand}: found {kind}, expected a list or a text")
    length = pc.list_value_length if pa.types.is_nested(kind) else pc.utf8_length
    return length(column.values).cast(pa.int64()), column.rows


RULES: tuple[type[Rule], ...] = (CrossField,)

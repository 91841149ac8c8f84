"""JSON lines as Arrow columns: the fast path, for lines of which the columns say exactly what the text says.

In these columns null means that the member is absent, and nothing else. A line goes the slow way,
through `json_lines.parse_block`, if it isn't one object from its first byte to its last, holds `null`,
repeats a key, has another type than its column, holds a number that isn't finite or that a double
doesn't hold exactly, or is nested deep.
A double such as 2.0 may stand for the integer 2: JSON Schema doesn't tell them apart.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.json

from .json_lines import Indices, LineBlock
from .json_values import deeper_than

pc = cast("Any", pyarrow.compute)
pj = cast("Any", pyarrow.json)
Mask = npt.NDArray[np.bool_]

_NULL = re.compile(rb"[:\[,][ \t\r]*null(?=[ \t\r]*[,\]}])")
_TWO_OBJECTS = re.compile(rb"\}[ \t\r]*\{")
_ROW = re.compile(r" in row (\d+)$")
_UNEXPECTED = "unexpected field"
# Deeper lines may have errors that only the row engine words.
_DEEPEST = 255
# An irregular file isn't worth reading as columns.
_LEAST_TRIES = 16
_LINES_A_TRY = 50
_HINT_DEPTH = 16
_EXACT = 2.0**53
_OPEN, _CLOSE, _NEWLINE, _CARRIAGE = b"{}\n\r"
_SCALARS = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


@dataclass(frozen=True, slots=True)
class ArrowBlock:
    """Rows of a block as columns.

    Attributes:
        batch: The rows that are exact; null means absent.
        positions: The position in the block of each of these rows, from 0, ascending.
        slow: The positions of the lines to be parsed one by one, ascending.
        schema: The explicit types that worked, for the file's next block.
    """

    batch: pa.RecordBatch
    positions: Indices
    slow: Indices
    schema: pa.Schema


def as_arrow(block: LineBlock, schema: pa.Schema | None = None) -> ArrowBlock | None:
    """The block's regular lines as columns; None if too few are regular. Pure; may run in threads.

    Args:
        block: Lines.
        schema: Types of columns, where known; others are inferred from the block.
    """
    kept = _candidates(block)
    read = _Attempt(block, kept, pa.schema([]) if schema is None else schema).read() if kept.any() else None
    if read is None:
        return None
    batch, positions, explicit = read
    exact = _exact_rows(batch)
    if not exact.all():
        batch, positions = batch.filter(pa.array(exact)), positions[exact]
    slow = np.setdiff1d(np.arange(block.lines, dtype=np.int64), positions, assume_unique=True)
    return ArrowBlock(batch, positions, slow, explicit)


def _drop_undecodable(block: LineBlock, kept: Mask) -> None:
    data, start = block.data, 0
    while start < len(data):
        try:
            codecs.utf_8_decode(memoryview(data)[start:], "strict", True)  # noqa: FBT003 - it takes no names
        except UnicodeDecodeError as error:
            at = int(np.searchsorted(block.starts, start + error.start, side="right")) - 1
            kept[at] = False
            start = int(block.starts[at + 1])
        else:
            return


def _candidates(block: LineBlock) -> Mask:
    """Which lines are an object from their first byte to their last, without null, and not nested deep."""
    data = block.data
    values = np.frombuffer(data, np.uint8)
    starts, ends = block.starts[:-1], block.starts[1:] - 1
    if not data.endswith(b"\n"):
        ends[-1] += 1
    last = ends - 1
    if b"\r" in data:
        last = np.where(values[last] == _CARRIAGE, last - 1, last)
    kept = (last > starts) & (values[starts] == _OPEN) & (values[last] == _CLOSE)
    if b"\0" in data:
        kept[[at for at in range(block.lines) if b"\0" in block.line(at)]] = False
    if _holds_null(data):
        found = np.fromiter((match.start() for match in _NULL.finditer(data)), np.int64)
        kept[np.searchsorted(starts, found, side="right") - 1] = False
    if not data.isascii():
        _drop_undecodable(block, kept)
    return kept


def _holds_null(data: bytes) -> bool:
    """Whether `null` is anywhere; four times as fast as `in`, and without the interpreter's lock."""
    word = int.from_bytes(b"null", "little")
    shifts = range(min(4, max(len(data) - 3, 0)))
    views = (np.frombuffer(data, "<u4", (len(data) - shift) // 4, shift) for shift in shifts)
    return any(bool((view == word).any()) for view in views)


def _is_shallow(block: LineBlock) -> Mask:
    """Lines that Arrow's reader may see: it recurses, and one nested 20 000 deep ends the process."""
    shallow = np.ones(block.lines, np.bool_)
    if np.diff(block.starts).max() <= 2 * _DEEPEST:
        return shallow
    opening = np.flatnonzero((np.frombuffer(block.data, np.uint8) & 0xDF) == ord("["))
    counts = np.diff(np.searchsorted(opening, block.starts))
    for at in np.flatnonzero(counts > _DEEPEST):
        shallow[at] = not deeper_than(block.line(int(at)), _DEEPEST)
    return shallow


class _Attempt:
    """Reads lines piece by piece: up to the next line that Arrow objects to, and on after it."""

    def __init__(self, block: LineBlock, kept: Mask, schema: pa.Schema) -> None:
        self.block = block
        self.kept = np.flatnonzero(kept).astype(np.int64)
        self.schema = schema
        # With every column known nothing is deeper than the types, since Arrow stops at what isn't theirs.
        self.infers = not len(schema)
        self.tables: list[pa.Table] = []
        self.positions: list[Indices] = []

    def read(self) -> tuple[pa.RecordBatch, Indices, pa.Schema] | None:
        rest = self._shallow(self.kept) if self.infers else self.kept
        tries = _LEAST_TRIES + len(rest) // _LINES_A_TRY
        while len(rest) and tries:
            tries -= 1
            rest = self._step(rest)
        return self._joined()

    def _step(self, lines: Indices) -> Indices:
        """Read lines as far as they go; what is left to read."""
        try:
            table = _read(self._text(lines), self.schema, infers=self.infers)
        except (pa.ArrowException, ValueError, OverflowError) as error:
            return self._after(lines, str(error))
        if table.num_rows != len(lines):
            single = np.array([_TWO_OBJECTS.search(self.block.line(int(at))) is None for at in lines])
            return lines[:0] if single.all() else lines[single]
        plain = _replaced(table.schema, pa.types.is_temporal, pa.string())
        if plain != table.schema:  # text was taken for a time
            self.schema = _with_text(self.schema, table.schema, plain)
            return lines
        # Tables without columns can't be put together: they lose their rows.
        if table.num_columns or len(lines) == len(self.kept):
            self.tables.append(table)
            self.positions.append(lines)
        return lines[:0]

    def _after(self, lines: Indices, complaint: str) -> Indices:
        """What is left to read after a complaint, once the lines before the one complained of are read."""
        if not self.infers and complaint.endswith(_UNEXPECTED):
            self.infers = True
            return self._shallow(lines)
        found = _ROW.search(complaint)
        if found is not None and int(found[1]) < len(lines):
            row = int(found[1])
            left = self._step(lines[:row]) if row else lines[:0]
            # Lines that don't go through even so are left to be read one by one.
            return lines[row + 1 :] if not len(left) else np.concatenate([left, lines[row + 1 :]])
        looser = _replaced(self.schema, pa.types.is_integer, pa.float64())
        if looser == self.schema:
            return lines[:0]
        self.schema = looser
        # What was read with the narrower types is read again, so that all lines have the same.
        again = np.concatenate([*self.positions, lines])
        self.tables.clear()
        self.positions.clear()
        return again

    def _shallow(self, lines: Indices) -> Indices:
        return lines[_is_shallow(self.block)[lines]]

    def _joined(self) -> tuple[pa.RecordBatch, Indices, pa.Schema] | None:
        if not self.tables:
            return None
        if len(self.tables) == 1:
            return _batch(self.tables[0]), self.positions[0], self.schema
        try:
            table = pa.concat_tables(self.tables, promote_options="permissive")
        except pa.ArrowException:
            return None
        return _batch(table), np.concatenate(self.positions), self.schema

    def _text(self, lines: Indices) -> bytes | memoryview:
        block = self.block
        first, last = int(lines[0]), int(lines[-1])
        if last - first + 1 == len(lines):
            return memoryview(block.data)[block.starts[first] : block.starts[last + 1]]
        gaps = np.flatnonzero(np.diff(lines) != 1)
        firsts = lines[np.append(0, gaps + 1)]
        lasts = lines[np.append(gaps, len(lines) - 1)] + 1
        runs = zip(block.starts[firsts].tolist(), block.starts[lasts].tolist(), strict=True)
        return b"".join(block.data[start:end] for start, end in runs)


def _batch(table: pa.Table) -> pa.RecordBatch:
    """The table as one batch; rows without any column need the detour."""
    if table.num_columns:
        return table.combine_chunks().to_batches()[0]
    return pa.RecordBatch.from_struct_array(pa.array([{}] * table.num_rows, pa.struct([])))


def _read(text: bytes | memoryview, schema: pa.Schema, *, infers: bool) -> pa.Table:
    behaviour = "infer" if infers else "error"
    return pj.read_json(
        pa.BufferReader(text),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior=behaviour),
    )


def _replaced(schema: pa.Schema, test: Any, by: pa.DataType) -> pa.Schema:
    """The schema with another type for those that pass the test, at any depth."""
    return pa.schema([field.with_type(_replace(field.type, test, by)) for field in schema])


def _replace(kind: Any, test: Any, by: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_replace(kind.value_type, test, by)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_replace(field.type, test, by)) for field in kind])
    return by if test(kind) else kind


def _with_text(explicit: pa.Schema, seen: pa.Schema, plain: pa.Schema) -> pa.Schema:
    """The explicit schema, and the columns in which text was taken for a time."""
    fields = {field.name: field for field in explicit}
    fields |= {new.name: new for old, new in zip(seen, plain, strict=True) if old != new}
    return pa.schema(list(fields.values()))


def _exact_rows(batch: pa.RecordBatch) -> Mask:
    """Which rows hold only doubles below 2^53, which are what was written to the last digit of an integer."""
    exact = np.ones(batch.num_rows, np.bool_)
    rows = np.arange(batch.num_rows, dtype=np.int64)
    waiting: list[tuple[Any, Indices]] = [(column, rows) for column in batch.columns]
    while waiting:
        values, owners = waiting.pop()
        if pa.types.is_struct(values.type):
            waiting.extend((field, owners) for field in values.flatten())
        elif pa.types.is_list(values.type):
            lengths = np.asarray(pc.fill_null(pc.list_value_length(values), 0), np.int64)
            waiting.append((values.flatten(), np.repeat(owners, lengths)))
        elif pa.types.is_floating(values.type):
            numbers = np.asarray(pc.fill_null(values, 0.0))
            small = np.abs(numbers) < _EXACT
            if not small.all():
                exact[owners[~small]] = False
    return exact


def arrow_hint(schema: Mapping[str, Any] | bool) -> pa.Schema:  # noqa: FBT001 - a schema may be a boolean
    """The Arrow types that a JSON Schema makes plain; what isn't plain is left out, and inferred."""
    kind = _Hints(schema).kind(schema, 0) if isinstance(schema, Mapping) else None
    fields = cast("Any", kind) if kind is not None and pa.types.is_struct(kind) else ()
    return pa.schema(list(fields))


class _Hints:
    """Types of subschemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def kind(self, schema: Any, depth: int) -> pa.DataType | None:
        if not isinstance(schema, Mapping) or depth > _HINT_DEPTH:
            return None
        target = self._target(schema.get("$ref"))
        if target is not None:
            return self.kind(target, depth + 1)
        name = _type_name(schema)
        if name == "array":
            items = None if "prefixItems" in schema else self.kind(schema.get("items"), depth + 1)
            return None if items is None else pa.list_(items)
        if name == "object":
            return self._struct(schema.get("properties"), depth)
        return _SCALARS.get(name)

    def _struct(self, properties: Any, depth: int) -> pa.DataType | None:
        if not isinstance(properties, Mapping):
            return None
        kinds = {name: self.kind(member, depth + 1) for name, member in properties.items()}
        fields = [pa.field(name, kind) for name, kind in kinds.items() if kind is not None]
        return pa.struct(fields) if fields else None

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        node: Any = self.document
        for token in reference[2:].split("/"):
            name = token.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, Mapping) else None
        return node


def _type_name(schema: Mapping[str, Any]) -> str:
    """The one type besides null that the schema allows, or empty."""
    declared = schema.get("type")
    if isinstance(declared, list):
        others = [name for name in declared if name != "null"]
        declared = others[0] if len(others) == 1 else None
    if declared is None and ("enum" in schema or "const" in schema):
        options = [schema["const"]] if "const" in schema else schema["enum"]
        texts = isinstance(options, list) and all(
            isinstance(option, str) for option in options if option is not None
        )
        declared = "string" if texts and options else None
    return declared if isinstance(declared, str) else ""
